"""Graphs of nearest neighbours."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar import _core
from morsebar._arrays import (
    FloatArray,
    ReadOnlyArrays,
    exact_values,
    is_integer,
    progress_bar,
    read_only,
    thread_count,
)
from morsebar.graph import Specification, neighbor_table

Method: TypeAlias = Literal["auto", "exact", "approximate"]

#: Up to this many points, and up to this intrinsic dimension, "auto" is exact. A cube of 8 dimensions
#: measures 6.3, one of 10 dimensions 7.6: most of their points are near the boundary.
_FEW_POINTS = 20_000
_MOST_DIMENSIONS_OF_EXACT = 7.0
#: Up to this intrinsic dimension, that of a cube of about 13, the tree is sooner done than descent.
_MOST_DIMENSIONS_OF_TREE = 9.5
#: Finds more than 98 % of the neighbours of uniform points.
_EPS = 0.5


@dataclass(frozen=True, eq=False, repr=False)
class KnnGraph(ReadOnlyArrays):
    """The nearest neighbours of every point, the point itself left out.

    Attributes
    ----------
    indices
        (n, k) integers, nearest first, padded by -1.
    distances
        (n, k) floats, padded by inf.
    order
        (n,) integers, of a graph made with ``reorder=True``: vertex i is the point ``order[i]``. Else None.
    extra_edges
        (m, 2) integers: edges beside the table, between places that hold more copies of a point than a row
        holds neighbours, and from `join_components`. `merge_tree` uses them.
    method
        How the neighbours were found.

    Raises
    ------
    ValueError
        For another shape or dtype.

    Examples
    --------
    >>> import morsebar as mb
    >>> mb.knn_graph([[0.0], [1.0], [3.0]], 2)
    KnnGraph(3 points, 2 neighbours each, exact)
    """

    indices: NDArray[Any]
    distances: FloatArray
    order: NDArray[Any] | None = None
    extra_edges: NDArray[Any] | None = None
    method: str = "given"

    def __post_init__(self) -> None:
        indices = neighbor_table(self.indices, "indices")
        distances = exact_values(self.distances, "distances")
        if indices.shape != distances.shape:
            raise ValueError(
                f"indices has shape {indices.shape}, distances {distances.shape}, expected (n, k) twice"
            )
        edges = np.asarray([] if self.extra_edges is None else self.extra_edges)
        edges = edges if edges.size else np.empty((0, 2), dtype=np.int64)
        if edges.ndim != 2 or edges.shape[1] != 2 or edges.dtype.kind not in "iu":
            raise ValueError(
                f"extra_edges has shape {edges.shape} and dtype {edges.dtype}, expected (m, 2) integers"
            )
        wrong = ((edges < 0) | (edges >= len(indices))).any(axis=1)
        if wrong.any():
            first = int(wrong.argmax())
            raise ValueError(
                f"extra_edges[{first}] is {edges[first].tolist()}, expected two of the {len(indices)} points"
            )
        if self.order is not None:
            order = np.asarray(self.order)
            if order.shape != (len(indices),) or order.dtype.kind not in "iu":
                raise ValueError(
                    f"order has shape {order.shape} and dtype {order.dtype}, expected "
                    f"({len(indices)},) integers"
                )
            object.__setattr__(self, "order", read_only(order))
        object.__setattr__(self, "indices", indices)
        object.__setattr__(self, "distances", read_only(distances))
        object.__setattr__(self, "extra_edges", read_only(edges.astype(np.int64)))

    @property
    def n_vertices(self) -> int:
        """The number of points."""
        return len(self.indices)

    @property
    def n_neighbors(self) -> int:
        """The number of neighbours of a point."""
        return int(self.indices.shape[1])

    def specification(self, values: FloatArray) -> Specification:
        """Return the graph as the core takes it."""
        if len(self._edges) == 0:
            return ("table", self.indices)
        return ("joined", self.indices, self._edges.astype(np.uint32))

    @property
    def _edges(self) -> NDArray[Any]:
        assert self.extra_edges is not None  # since __post_init__
        return self.extra_edges

    def recall(
        self,
        points: ArrayLike,
        *,
        n_samples: int = 500,
        random_state: int | np.random.Generator = 0,
        n_jobs: int | None = None,
    ) -> float:
        """Estimate which share of the neighbours found are among the nearest indeed.

        Method: all distances from a random sample of the points. A neighbour counts if it is no further away
        than the true one of the last place of its row; padding is left out.

        Parameters
        ----------
        points
            Shape (n, d): what the graph was made of, in the order it was given.
        n_samples
            Points looked at, at most.
        random_state
            Seed of the sample.
        n_jobs
            Threads; None or -1 for all cores.

        Returns
        -------
        float, 0 to 1.

        Raises
        ------
        ValueError
            For points of another shape or dtype than the graph was made of.

        Notes
        -----
        O(n d) for each point looked at.

        Examples
        --------
        >>> import numpy as np
        >>> import morsebar as mb
        >>> points = np.random.default_rng(0).random((1000, 3))
        >>> mb.knn_graph(points, 8).recall(points)
        1.0
        """
        coordinates = self._own_points(points)
        if not is_integer(n_samples) or n_samples < 1:
            raise ValueError(f"n_samples is {n_samples!r}, expected a positive integer")
        generator = np.random.default_rng(random_state)
        rows = generator.choice(self.n_vertices, size=min(int(n_samples), self.n_vertices), replace=False)
        queries = rows if self.order is None else self.order[rows]
        found = self.distances[rows]
        found[self.indices[rows] == -1] = np.nan
        return _core.recall(coordinates, queries.astype(np.uint32), found, thread_count(n_jobs))

    def join_components(self, points: ArrayLike, *, n_jobs: int | None = None) -> "KnnGraph":
        """Join the components of the graph by edges between their closest pairs of points.

        Method: every component but the largest is joined to the nearest point outside, until there is one
        (Borůvka 1926): the edges are those of a minimum spanning tree of the components. Ties fall to the
        pair with the lower numbers.

        Parameters
        ----------
        points
            Shape (n, d): what the graph was made of, in the order it was given.
        n_jobs
            Threads; None or -1 for all cores.

        Returns
        -------
        KnnGraph
            With these edges among its ``extra_edges``, and their number in its ``method``; the graph itself
            if it is connected.

        Raises
        ------
        ValueError
            For points of another shape or dtype than the graph was made of.

        Notes
        -----
        O(n k), and where there are several components a search of the nearest neighbours of all points but
        those of the largest, a few times.

        Examples
        --------
        >>> import morsebar as mb
        >>> points = [[0.0], [1.0], [5.0], [6.0]]
        >>> mb.knn_graph(points, 1).join_components(points).extra_edges
        array([[1, 2]])
        """
        coordinates = self._own_points(points)
        if self.order is not None:
            coordinates = coordinates[self.order]
        arcs = self._edges.astype(np.uint32)
        found = _core.bridges(coordinates, self.indices, arcs, thread_count(n_jobs))
        if len(found) == 0:
            return self
        pairs = f"{len(found)} closest pair{'' if len(found) == 1 else 's'}"
        return replace(
            self,
            extra_edges=np.concatenate([self._edges, found]),
            method=f"{self.method}, components joined by {pairs}",
        )

    def _own_points(self, points: ArrayLike) -> FloatArray:
        """Check that points may be those that the graph was made of."""
        coordinates = _coordinates(points)
        if len(coordinates) != self.n_vertices or coordinates.dtype != self.distances.dtype:
            raise ValueError(
                f"points has shape {coordinates.shape} and dtype {coordinates.dtype}, expected "
                f"({self.n_vertices}, d) and {self.distances.dtype}, as the graph was made of"
            )
        return coordinates

    def _to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what :meth:`_from_arrays` needs to make this graph again."""
        arrays = {
            "indices": self.indices,
            "distances": self.distances,
            "extra_edges": self._edges,
            "method": np.asarray(self.method),
        }
        return arrays if self.order is None else arrays | {"order": self.order}

    @classmethod
    def _from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "KnnGraph":
        """Make the graph of :meth:`_to_arrays`; older files hold indices and distances alone."""
        rest: dict[str, Any] = {name: arrays[name] for name in ("order", "extra_edges") if name in arrays}
        if "method" in arrays:
            rest["method"] = str(arrays["method"])
        return cls(arrays["indices"], arrays["distances"], **rest)

    def __repr__(self) -> str:
        """Say how large it is and how it was found."""
        extra = f", {len(self._edges)} edges beside" if len(self._edges) else ""
        ordered = "" if self.order is None else ", reordered"
        return (
            f"KnnGraph({self.n_vertices} points, {self.n_neighbors} neighbours each, {self.method}"
            f"{ordered}{extra})"
        )


def _coordinates(points: ArrayLike) -> FloatArray:
    coordinates = exact_values(points, "points")
    if coordinates.ndim != 2:
        raise ValueError(f"points has shape {coordinates.shape}, expected (n, d)")
    return coordinates


def knn_graph(
    points: ArrayLike,
    n_neighbors: int,
    *,
    method: Method = "auto",
    eps: float | None = None,
    max_distance: float | None = None,
    reorder: bool = False,
    random_state: int = 0,
    progress: bool = False,
    n_jobs: int | None = None,
) -> KnnGraph:
    """Find the nearest neighbours of every point, by Euclidean distance.

    Method: a tree of full leaves, searched one leaf of points at a time (after Friedman, Bentley & Finkel
    1977). Exact means: the squared distance is the sum over the axes, in order, in the type of the points,
    after one exact scaling by a power of two; ties fall to the lower number. In many dimensions
    nearest-neighbour descent (Dong, Moses & Li 2011) finds most of them in less time. Either is the same for
    any number of threads and on any machine.

    Parameters
    ----------
    points
        Shape (n, d), finite, float32 or float64 (others are converted exactly). Distances are measured in
        them as they are: scale the axes first.
    n_neighbors
        Neighbours of each point, 1 to n - 1.
    method
        ``"exact"``; ``"approximate"``: the tree with `eps` up to about 13 dimensions, descent above;
        ``"auto"``: exact up to 20,000 points or 8 dimensions, else approximate. Above 8 coordinates what
        counts is the intrinsic dimension, estimated on a sample (Levina & Bickel 2004). The repr of the
        result says what was chosen.
    eps
        For the tree: a neighbour that is missed is replaced by one at most 1 + eps times as far away. By
        default 0.5 where the tree is chosen to be approximate, which finds 98 % of the neighbours of uniform
        points and more. Not for ``"exact"``.
    max_distance
        Neighbours further away are cut, and the row padded: for points that fill a cube of side 1, a few
        times n^(-1/d) removes the edges that jump over gaps.
    reorder
        Number the vertices along the tree, so that neighbours in space are neighbours in memory: vertex i is
        the point ``order[i]`` of the result, and ties fall to the lower vertex. Merge trees are then several
        times faster.
    random_state
        Seed of the descent.
    progress
        Draw a progress bar (needs tqdm, the extra ``progress``).
    n_jobs
        Threads; None or -1 for all cores.

    Returns
    -------
    KnnGraph

    Raises
    ------
    ValueError
        For another shape or dtype, a coordinate that is not finite (the row is named), and for arguments out
        of range.

    Notes
    -----
    About O(n (log n + k)) in few dimensions, towards O(n^2) in many. Memory besides the result: about 2 d
    numbers and 16 bytes a point; descent takes 4 k words a point.

    Where a point has k copies or more, its row holds nothing else. Such places are joined, through the lowest
    number there, to the k nearest other places: see ``extra_edges``.

    Examples
    --------
    >>> import morsebar as mb
    >>> mb.knn_graph([[0.0], [1.0], [3.0]], 1).indices
    array([[1],
           [0],
           [1]], dtype=int32)
    """
    coordinates = _coordinates(points)
    n, d = coordinates.shape
    if not is_integer(n_neighbors):
        raise ValueError(f"n_neighbors is {n_neighbors!r}, expected an integer")
    if n < 2 or d == 0:
        raise ValueError(
            f"points has shape {coordinates.shape}, expected at least two points of one axis or more"
        )
    if not 1 <= n_neighbors < n:
        raise ValueError(
            f"n_neighbors is {n_neighbors}, expected 1 to {n - 1} for points of shape {coordinates.shape}"
        )
    if method not in get_args(Method):
        raise ValueError(f"method is {method!r}, expected 'auto', 'exact' or 'approximate'")
    if eps is not None and not 0 <= eps < np.inf:
        raise ValueError(f"eps is {eps!r}, expected a number of at least 0")
    if eps is not None and method == "exact":
        raise ValueError(f"eps is {eps!r}, expected None for method='exact'")
    if max_distance is not None and not max_distance > 0:
        raise ValueError(f"max_distance is {max_distance!r}, expected a positive number")
    if not is_integer(random_state) or random_state < 0:
        raise ValueError(f"random_state is {random_state!r}, expected a non-negative integer")
    threads = thread_count(n_jobs)
    chosen, chosen_eps = _choose(coordinates, method, eps, threads)
    far = np.inf if max_distance is None else float(max_distance)
    with progress_bar(progress, "nearest neighbours", "point") as update:
        if chosen_eps is None:
            seed = int(random_state) % 2**64
            found = _core.nn_descent(coordinates, int(n_neighbors), seed, far, reorder, threads, update)
        else:
            found = _core.knn(coordinates, int(n_neighbors), far, chosen_eps, reorder, threads, update)
    return KnnGraph(
        found["indices"],
        found["distances"],
        found["order"] if reorder else None,
        found["extra_edges"],
        chosen,
    )


def _choose(
    coordinates: FloatArray, method: Method, eps: float | None, threads: int
) -> tuple[str, float | None]:
    """Say what is done, and give the eps of the tree, or None for the descent."""
    n, d = coordinates.shape
    if method == "exact":
        return "exact", 0.0
    if eps is not None:
        return (f"tree with eps = {eps:g}", float(eps)) if eps > 0 else ("exact", 0.0)
    if method == "auto" and (n <= _FEW_POINTS or d <= 8):
        return "exact", 0.0
    dimension = _core.intrinsic_dimension(coordinates, threads)
    measured = f" (intrinsic dimension about {dimension:.1f})"
    if method == "auto" and dimension <= _MOST_DIMENSIONS_OF_EXACT:
        return "exact" + measured, 0.0
    if dimension <= _MOST_DIMENSIONS_OF_TREE:
        return f"tree with eps = {_EPS:g}{measured}", _EPS
    return "descent" + measured, None
