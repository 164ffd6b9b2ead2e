"""The minimum merge tree: from values on a graph to bars, branches, barriers and paths."""

import copy
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar import _core, exports
from morsebar._arrays import (
    NONE,
    FloatArray,
    check_vertex_count,
    exact_values,
    progress_bar,
    read_only,
    thread_count,
    vertex_ids,
)
from morsebar.any_graph import AnyGraph, GraphLike, any_graph, check_shape
from morsebar.barcode import _count
from morsebar.graph import Graph, Grid
from morsebar.lattice import Lattice
from morsebar.minima_barcode import MinimaBarcode

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes

    from morsebar.plots.branch_colors import ColorBy

#: Arrays of a tree besides its values and graph, in the order of the core: see :class:`MergeTree`.
_ARRAYS = (
    "branches",
    "minima",
    "saddles",
    "parents",
    "deaths",
    "sizes",
    "mean_heights",
    "saddle_edges",
    "on_boundary",
)


def merge_tree(
    values: ArrayLike,
    graph: "GraphLike | None" = None,
    *,
    nan: Literal["raise", "mask"] = "raise",
    progress: bool = False,
    n_jobs: int | None = None,
) -> "MergeTree":
    """Build the minimum merge tree of a function on the vertices of a graph.

    Method: contraction along descents and a lock-free triplet merge tree (Smirnov & Morozov, "Triplet merge
    trees", 2017), over the total order ``(f(u), u)``. The same result for any number of threads, order of
    neighbours and direction of arcs.

    Parameters
    ----------
    values
        One value per vertex: shape (n,), or any shape for a grid. float32 and float64 are compared as they
        are; float16, bool and integers are converted exactly. A vertex at ``+inf`` is outside the domain.
    graph
        ``None``: `values` is an array, its grid with axis neighbours. Else a :class:`Grid`,
        :class:`Lattice`, :class:`KnnGraph`, :class:`Graph`, an (n, k) integer table of neighbours padded by
        -1, a scipy sparse (n, n) matrix (every stored entry is an edge, zero included), or a networkx graph
        (vertices numbered in the order of ``list(graph)``). An arc in one direction is an edge.
    nan
        ``"raise"``: NaN is an error. ``"mask"``: such vertices are outside the domain.
    progress
        Draw a progress bar (needs tqdm, the extra ``progress``).
    n_jobs
        Threads; None or -1 for all cores.

    Returns
    -------
    MergeTree

    Raises
    ------
    ValueError
        Naming the argument, what came and what was expected: NaN, -inf, a dtype that cannot be held exactly,
        wrong shape, a neighbour that is not a vertex (row and entry are named).
    OverflowError
        For more than 2^32 - 1 vertices.

    Notes
    -----
    Time O(n log n + E) for E arcs, O(E log E) at worst. Memory besides input and result: 20 bytes for each of
    the m roots of the contraction, m << n for anything but noise.

    Examples
    --------
    >>> import morsebar as mb
    >>> tree = mb.merge_tree([0.0, 3.0, 1.0, 2.0, 0.5])
    >>> tree.barcode().diagram
    array([[0. ,  inf],
           [0.5, 3. ],
           [1. , 2. ]])
    >>> tree.barrier(0, 2), tree.path(0, 2)
    (3.0, array([0, 1, 2]))
    """
    if nan not in ("raise", "mask"):
        raise ValueError(f"nan is {nan!r}, expected 'raise' or 'mask'")
    threads = thread_count(n_jobs)
    if not isinstance(values, np.ndarray):
        values = np.asarray(values)
    check_vertex_count(values.size, "values")
    values = exact_values(values)
    if graph is None:
        if values.ndim == 0:
            raise ValueError("values is a single number, expected an array of at least one dimension")
        graph = Grid(values.shape)
    graph = any_graph(graph)
    check_shape(values, graph)
    if isinstance(graph, Graph) and graph.levels is not None and graph.levels.dtype != values.dtype:
        values = values.astype(np.float64)  # exact, and then of one type with the levels
    flat = values.reshape(-1)
    with progress_bar(progress, "merge tree") as update:
        arrays = _core.merge_tree(flat, graph.specification(values), nan == "mask", threads, update)
    minima = arrays["minima"]
    on_boundary = graph.on_boundary(minima) if isinstance(graph, Grid) else np.zeros(len(minima), dtype=bool)
    return MergeTree(values, graph, on_boundary=on_boundary, **arrays)


@dataclass(frozen=True, eq=False, repr=False)
class MergeTree:
    """The minimum merge tree of a function: its bars, and the branch of every vertex.

    Made by :func:`merge_tree`. All arrays are read-only; the tree keeps references to values and graph.
    Pickles leave out a graph that is stored as arrays, unless ``dataclasses.replace(tree,
    pickle_graph=True)`` is pickled.

    Attributes
    ----------
    values
        The values, in the shape given.
    graph
        The graph, None after unpickling if it was left out.
    branches
        (n,) uint32: of every vertex x the bar, by index, of the oldest minimum of its component of {f <=
        f(x)}; 0xFFFFFFFF outside the domain.
    minima, saddles
        (m,) int64 vertices; -1 for the saddle of an essential bar. Essential bars come first, then the others
        by falling death; :meth:`barcode` sorts them by length.
    parents
        (m,) uint32: the bar, by index, of the oldest minimum of the component that forms at the saddle;
        0xFFFFFFFF where essential.
    deaths
        (m,) float64.
    sizes, mean_heights, on_boundary, saddle_edges
        Of the bars, as in :class:`MinimaBarcode`.
    """

    values: FloatArray
    graph: AnyGraph | None
    branches: NDArray[np.uint32]
    minima: NDArray[np.int64]
    saddles: NDArray[np.int64]
    parents: NDArray[np.uint32]
    deaths: NDArray[np.float64]
    sizes: NDArray[np.int64]
    mean_heights: NDArray[np.float64]
    saddle_edges: NDArray[np.int64] | None
    on_boundary: NDArray[np.bool_]
    pickle_graph: bool = False

    def __post_init__(self) -> None:
        for name in ("values", *_ARRAYS):
            array = getattr(self, name)
            object.__setattr__(self, name, None if array is None else read_only(array))

    @property
    def n_vertices(self) -> int:
        """The number of vertices, those outside the domain included."""
        return len(self.branches)

    @property
    def n_components(self) -> int:
        """The number of connected components of the domain, one essential bar each."""
        return int(np.count_nonzero(self.parents == NONE))

    @cached_property
    def births(self) -> NDArray[np.float64]:
        """The value of every minimum, (m,) float64."""
        return read_only(self.values.reshape(-1)[self.minima].astype(np.float64))

    @cached_property
    def value_range(self) -> tuple[float, float]:
        """The lowest and highest value inside the domain; NaN twice if it is empty."""
        if len(self.minima) == 0:
            return (np.nan, np.nan)
        highest = self.values.max()
        if not np.isfinite(highest):
            highest = self.values.max(where=self.values < np.inf, initial=-np.inf)
        return (float(self.births.min()), float(highest))

    @property
    def noise_floor(self) -> float:
        """Persistences at or below it are rounding: a difference of two values, each rounded a few times."""
        low, high = self.value_range
        largest = max(abs(low), abs(high)) if len(self.minima) else 0.0
        return 8 * float(np.finfo(self.values.dtype).eps) * largest

    @cached_property
    def _lengths(self) -> NDArray[np.float64]:
        """The persistence of every bar, (m,); inf where it is beyond the largest number, too."""
        with np.errstate(over="ignore"):
            return self.deaths - self.births

    def barcode(self, min_persistence: float = 0.0) -> MinimaBarcode:
        """Return the bars longer than a length, longest first, ties by birth, then by minimum.

        Parameters
        ----------
        min_persistence
            Keep bars strictly longer than this: 0 drops bars of length zero, -1 keeps them. Essential bars
            are always kept.

        Returns
        -------
        MinimaBarcode

        Raises
        ------
        ValueError
            If `min_persistence` is not a number.

        Notes
        -----
        O(m log m).

        Examples
        --------
        >>> import morsebar as mb
        >>> tree = mb.merge_tree([0.0, 3.0, 1.0, 2.0, 0.5])
        >>> tree.barcode(min_persistence=1.0).minima
        array([0, 4])
        """
        kept = np.flatnonzero(self._longer_than(min_persistence))
        kept = kept[np.lexsort((self.minima[kept], self.births[kept], -self._lengths[kept]))]
        return MinimaBarcode(
            diagram=np.column_stack((self.births[kept], self.deaths[kept])),
            minima=self.minima[kept],
            saddles=self.saddles[kept],
            parents=self._vertices_of_bars(self.parents[kept]),
            sizes=self.sizes[kept],
            mean_heights=self.mean_heights[kept],
            on_boundary=self.on_boundary[kept],
            saddle_edges=None if self.saddle_edges is None else self.saddle_edges[kept],
            value_range=self.value_range,
            noise_floor=self.noise_floor,
        )

    def _longer_than(self, min_persistence: float) -> NDArray[np.bool_]:
        """Return which bars are strictly longer than a length, essential ones always."""
        if not isinstance(min_persistence, Real) or np.isnan(min_persistence):
            raise ValueError(f"min_persistence is {min_persistence!r}, expected a number")
        return (self._lengths > min_persistence) | (self.parents == NONE)

    def _vertices_of_bars(self, bars: NDArray[Any]) -> NDArray[np.int64]:
        """Return the minima of bars, -1 for none."""
        vertices = np.append(self.minima, np.int64(-1))
        named: NDArray[np.int64] = vertices[np.minimum(bars, len(self.minima))]
        return named

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """The branch of every vertex, (n,) int64, named by its minimum; -1 outside the domain.

        The branch of x belongs to the oldest minimum of the component of {f <= f(x)} that contains x.
        """
        return read_only(self._vertices_of_bars(self.branches))

    def _nearest_kept(self, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return every bar's nearest kept ancestor, itself if kept; essential bars are always kept."""
        bars = np.arange(len(kept))
        target = np.where(kept | (self.parents == NONE), bars, self.parents)
        while True:
            further = target[target]
            if np.array_equal(further, target):
                return target
            target = further

    def cut(
        self, *, min_persistence: float | None = None, n_bars: int | None = None, min_size: int | None = None
    ) -> NDArray[np.int64]:
        """Label every vertex by the kept bar it belongs to; cancelled bars pass to the nearest kept ancestor.

        Parameters
        ----------
        min_persistence, n_bars, min_size
            Which bars are kept, as `min_persistence`, `top` and `min_size` of
            :meth:`MinimaBarcode.significant`: all that meet every criterion given, and always the essential
            ones; without any, those above :meth:`MinimaBarcode.threshold`.

        Returns
        -------
        (n,) int64
            The minimum of the bar, -1 outside the domain.

        Raises
        ------
        ValueError
            As :meth:`MinimaBarcode.significant`.

        Notes
        -----
        O(n + m log m).

        Examples
        --------
        >>> import morsebar as mb
        >>> tree = mb.merge_tree([0.0, 3.0, 1.0, 2.0, 0.5])
        >>> tree.cut(n_bars=2)
        array([0, 0, 4, 4, 4])
        """
        if n_bars is not None:
            n_bars = _count("n_bars", n_bars)
        bars = self.barcode(min_persistence=-1)
        chosen = bars.significant(min_persistence=min_persistence, top=n_bars, min_size=min_size)
        kept = np.isin(self.minima, chosen.minima)
        target = self._vertices_of_bars(self._nearest_kept(kept))
        return np.append(target, np.int64(-1))[np.minimum(self.branches, len(self.minima))]

    def basins(
        self, min_persistence: float = 0.0, *, progress: bool = False, n_jobs: int | None = None
    ) -> NDArray[np.int64]:
        """Label every vertex by the minimum reached by always going to the lowest neighbour.

        Basins of bars no longer than `min_persistence` pass to the nearest kept ancestor. A basin is where
        descent ends; a branch (:attr:`labels`) is what belongs to a bar.

        Parameters
        ----------
        min_persistence
            As in :meth:`barcode`.
        progress, n_jobs
            As in :func:`merge_tree`.

        Returns
        -------
        (n,) int64
            The minimum, -1 outside the domain.

        Raises
        ------
        ValueError
            If `min_persistence` is not a number, or the graph was left out when the tree was pickled.

        Notes
        -----
        O(n log n + E).

        Examples
        --------
        >>> import morsebar as mb
        >>> mb.merge_tree([0.0, 5.0, 1.0, 2.0]).basins()
        array([0, 0, 2, 2])
        """
        kept = self._longer_than(min_persistence)
        graph = self._kept_graph()
        with progress_bar(progress, "basins") as update:
            reached = _core.basins(
                self.values.reshape(-1), graph.specification(self.values), thread_count(n_jobs), update
            )
        # The branch of a minimum is its own bar.
        target = self._vertices_of_bars(self._nearest_kept(kept))
        of_minimum = np.append(target, np.int64(-1))
        inside = reached != NONE
        bars = np.full(len(reached), len(self.minima), dtype=np.uint32)
        bars[inside] = self.branches[reached[inside]]
        return of_minimum[bars]

    @overload
    def barrier(self, u: int, v: int) -> float: ...
    @overload
    def barrier(self, u: ArrayLike, v: ArrayLike) -> float | NDArray[np.float64]: ...
    def barrier(self, u: ArrayLike, v: ArrayLike) -> float | NDArray[np.float64]:
        """Return the least level at which two vertices are in one component: the lowest pass between them.

        Parameters
        ----------
        u, v
            Vertices, or arrays of them that broadcast.

        Returns
        -------
        float or array of float64
            A level, not a height: ``barrier(u, u)`` is f(u). ``inf`` for vertices of different components,
            NaN where one is outside the domain.

        Raises
        ------
        ValueError
            If one is not a vertex.

        Notes
        -----
        A lowest common ancestor: O(m) to prepare, then O(log m) a pair.

        Examples
        --------
        >>> import morsebar as mb
        >>> mb.merge_tree([0.0, 3.0, 1.0]).barrier([0, 1, 2], 0)
        array([0., 3., 3.])
        """
        ends = np.broadcast_arrays(vertex_ids(u, self.n_vertices, "u"), vertex_ids(v, self.n_vertices, "v"))
        pairs = np.stack([end.reshape(-1) for end in ends], axis=1)
        levels = _core.barriers(
            self.values.reshape(-1), self.branches, self.parents, self.deaths, pairs, thread_count(None)
        )
        return float(levels[0]) if ends[0].ndim == 0 else levels.reshape(ends[0].shape)

    def path(self, u: int, v: int) -> NDArray[np.int64]:
        """Return a path from `u` to `v` no higher than their barrier, as short as such a path can be.

        Parameters
        ----------
        u, v
            Vertices.

        Returns
        -------
        (length,) int64
            Vertices from `u` to `v`, both included, neighbours one after another; empty if there is no path.
            It is the same whatever the order of neighbours in the graph.

        Raises
        ------
        ValueError
            If one is not a vertex, or the graph was left out when the tree was pickled.

        Notes
        -----
        Breadth-first search, O(n + E log n).

        Examples
        --------
        >>> import morsebar as mb
        >>> mb.merge_tree([[0.0, 9.0, 0.0], [1.0, 2.0, 1.0]]).path(0, 2)
        array([0, 3, 4, 5, 2])
        """
        graph = self._kept_graph()
        level = self.barrier(u, v)
        if np.ndim(level) != 0:
            raise ValueError("u and v are arrays, expected two vertices")
        return _core.path(
            self.values.reshape(-1), graph.specification(self.values), int(u), int(v), float(level)
        )

    def _kept_graph(self) -> AnyGraph:
        if self.graph is None:
            raise ValueError(
                "the graph was left out when this tree was pickled; give it back with "
                "dataclasses.replace(tree, graph=...)"
            )
        return self.graph

    def to_networkx(self) -> "nx.DiGraph[Any]":
        """Return the tree as a networkx graph: leaves are minima, inner nodes saddles, edges go up.

        Nodes are vertices (or edges, as pairs, where a bar dies at an edge with a level of its own), with the
        attributes ``kind`` (``"minimum"`` or ``"saddle"``) and ``value``; minima also have ``size`` and
        ``persistence``.

        Raises
        ------
        ImportError
            If networkx is not installed (the extra ``networkx``).

        Notes
        -----
        O(m).

        Examples
        --------
        >>> import morsebar as mb
        >>> sorted(mb.merge_tree([0.0, 3.0, 1.0]).to_networkx().edges)
        [(0, 1), (2, 1)]
        """
        return exports.to_networkx(self)

    def to_linkage(self) -> NDArray[np.float64]:
        """Return the tree as a scipy linkage matrix of the minima.

        Leaf i is the minimum of bar i of ``barcode(min_persistence=-1)``; the height of a merge is the value
        of the saddle minus the global minimum.

        Returns
        -------
        (m - 1, 4) float64

        Raises
        ------
        ValueError
            If there are several components, or none.

        Notes
        -----
        O(m log m).

        Examples
        --------
        >>> import morsebar as mb
        >>> mb.merge_tree([0.0, 3.0, 1.0]).to_linkage()
        array([[1., 0., 3., 2.]])
        """
        return exports.to_linkage(self)

    def plot_disconnectivity(
        self,
        ax: "Axes | None" = None,
        *,
        order: Literal["size", "depth"] = "size",
        color_by: "ColorBy" = None,
        levels: int | ArrayLike | None = None,
        min_persistence: float = 0.0,
        max_leaves: int | None = 50,
    ) -> "Axes":
        """Draw the disconnectivity graph: see :func:`morsebar.plots.disconnectivity`."""
        from morsebar import plots

        return plots.disconnectivity(
            self,
            ax,
            order=order,
            color_by=color_by,
            levels=levels,
            min_persistence=min_persistence,
            max_leaves=max_leaves,
        )

    def _to_arrays(self) -> dict[str, NDArray[Any]]:
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        return {name: array for name, array in arrays.items() if array is not None}

    @classmethod
    def _from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], values: FloatArray, graph: AnyGraph | None
    ) -> "MergeTree":
        return cls(values, graph, **{name: arrays.get(name) for name in _ARRAYS})  # type: ignore[arg-type]  # by name

    def __getstate__(self) -> dict[str, Any]:
        stored_as_arrays = self.graph is not None and not isinstance(self.graph, Grid | Lattice)
        left_out = stored_as_arrays and not self.pickle_graph
        fields = {name: getattr(self, name) for name in ("values", "graph", *_ARRAYS, "pickle_graph")}
        return fields | ({"graph": None} if left_out else {})

    def __copy__(self) -> "MergeTree":
        """Return a tree on the same arrays; unlike a pickle it keeps the graph."""
        return dataclasses.replace(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> "MergeTree":
        """Return a tree on arrays of its own; unlike a pickle it keeps the graph."""
        fields = {name: copy.deepcopy(getattr(self, name), memo) for name in ("values", "graph", *_ARRAYS)}
        return dataclasses.replace(self, **fields)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()  # pickles forget that arrays are read-only

    def __repr__(self) -> str:
        bars = self.barcode()
        zero = len(self.minima) - len(bars)
        components = f"{self.n_components:,} component" + ("s" if self.n_components != 1 else "")
        return (
            f"MergeTree: {self.n_vertices:,} vertices, {len(self.minima):,} minima"
            + (f" ({zero:,} of persistence zero)" if zero else "")
            + f", {components}, on {self.graph or 'a graph left out of the pickle'}\n"
            + "\n".join("  " + line for line in repr(bars).splitlines())
        )
