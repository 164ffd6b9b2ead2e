"""A function sampled on a box, with the merge tree of its samples and the coordinates of what it finds."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar import sampling
from morsebar._arrays import read_only
from morsebar.barcode import Barcode
from morsebar.graph import Grid
from morsebar.knn import KnnGraph, knn_graph
from morsebar.merge_tree import AnyGraph, MergeTree, merge_tree
from morsebar.sampling import FloatArray, NanPolicy, Objective, RandomState, Sampler

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Landscape", "landscape"]

_MOST_VERTICES = 2**32 - 1


@dataclass(frozen=True, eq=False, repr=False)
class Landscape:
    """Samples of a function, their graph and their merge tree; made by `landscape` or `from_samples`.

    Parameters
    ----------
    points : (n, d) float64, the samples; vertex i of graph and tree is ``points[i]``.
    values : (n,) values of the samples, as they came; NaN and +inf lie outside the domain.
    graph : which samples are neighbours.
    tree : the merge tree of the values on that graph.
    bounds : (d, 2) float64, the sampled box, or None where it is not known.
    sampler : how the points were drawn; ``"given"`` for data that was evaluated elsewhere.
    random_state : the seed of the points; None where there was none, or a generator that cannot be repeated.
    name : name of the objective, where it has one.
    n_evaluations : how many points the objective was evaluated on here.

    Notes
    -----
    The arrays are read-only.

    Examples
    --------
    >>> import morsebar as mb
    >>> land = mb.landscape(mb.objectives.himmelblau, n_samples=90_000)
    >>> land.minimum_points.round(1).tolist()
    [[3.0, 2.0], [-3.8, -3.3], [-2.8, 3.1], [3.6, -1.9]]
    >>> land
    Landscape of himmelblau: d = 2, 90,000 samples, 1 component
      box        [-5, 5]^2
      sampler    grid, 90,000 evaluations
      graph      Grid(shape=(300, 300), connectivity='axis', periodic=(False, False))
      values     0.00469522 to 890
      lowest     0.00469522 at (2.99331, 1.98997)
      minima     4
      stand out  3: persistence > 30 (largest gap in log-persistence)
    """

    points: FloatArray
    values: NDArray[Any]
    graph: AnyGraph
    tree: MergeTree
    bounds: FloatArray | None = None
    sampler: str = "given"
    random_state: int | None = None
    name: str | None = None
    n_evaluations: int = 0

    def __post_init__(self) -> None:
        """Make every array read-only, and give a tree that was pickled without its graph the graph again."""
        for field in fields(self):
            array = getattr(self, field.name)
            if isinstance(array, np.ndarray):
                # Values of a grid may come in its shape.
                flat = array.reshape(-1) if field.name == "values" else array
                object.__setattr__(self, field.name, read_only(flat))
        if self.tree.graph is None:
            object.__setattr__(self, "tree", replace(self.tree, graph=self.graph))

    def __reduce__(self) -> tuple[type[Landscape], tuple[object, ...]]:
        """Pickle through the constructor: arrays restored from a pickle alone would be writable."""
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    @classmethod
    def from_samples(
        cls,
        points: ArrayLike,
        values: ArrayLike,
        *,
        graph: object = None,
        bounds: ArrayLike | None = None,
        n_neighbors: int | None = None,
        nan: NanPolicy = "raise",
        progress: bool = False,
        n_jobs: int | None = None,
        name: str | None = None,
    ) -> Landscape:
        """Make a landscape of data that is evaluated already.

        Parameters
        ----------
        points : (n, d), or (n,) for d = 1
            Finite coordinates, converted to float64. Points may repeat.
        values : (n,), or the shape of the grid where `graph` is one
            Value of each point.
        graph : anything `merge_tree` takes, optional
            Which points are neighbours; by default the nearest ones.
        bounds : (d, 2), or one pair for d = 1, optional
            The box that was sampled. Distances are measured in the box scaled to the unit cube, and minima
            near its faces are flagged. By default distances are measured in the smallest box that holds the
            points, and nothing is flagged.
        n_neighbors : int, optional
            Nearest neighbours of each point, without itself; by default 4 d (n - 1 if that is less): 4 d
            keeps true minima, 8 d removes false ones.
        nan, progress, n_jobs
            As for `merge_tree`.
        name : str, optional
            What the values are, for titles.

        Returns
        -------
        Landscape, with ``sampler`` "given".

        Raises
        ------
        ValueError
            For arrays that do not fit together, coordinates that are not finite or lie outside `bounds`, and
            for whatever `merge_tree` refuses.

        Notes
        -----
        The time of `knn_graph`, unless a graph is given, and of `merge_tree`. Arrays whose type is right are
        not copied: do not change them while the landscape is in use.

        Nearest neighbours may leave gaps, and then several components, each with an essential bar: in
        clustered data, and on a line wherever points lie close on either side of a gap. Points on a line
        are better sorted and given ``graph=mb.Grid(n)``.

        Examples
        --------
        >>> import numpy as np
        >>> import morsebar as mb
        >>> points = np.random.default_rng(0).uniform(-5, 5, (20_000, 2))
        >>> values = mb.objectives.himmelblau(points)
        >>> land = mb.Landscape.from_samples(points, values, n_neighbors=16)
        >>> land.minimum_points[:4].round(1).tolist()
        [[-2.8, 3.1], [-3.8, -3.3], [3.0, 2.0], [3.6, -1.9]]
        >>> t = np.sort(points[:, 0])
        >>> land = mb.Landscape.from_samples(t, np.cos(t), graph=mb.Grid(len(t)))
        >>> land.barcode.diagram.round(3).tolist()
        [[-1.0, inf], [-1.0, 1.0]]
        """
        points = sampling.check_points(points)
        n = len(points)
        box = None if bounds is None else sampling.check_bounds(bounds)
        if box is not None:
            sampling.check_inside(points, box)
        values = np.asarray(values)
        of_grid = isinstance(graph, Grid) and values.shape == graph.shape
        if values.size != n or not (values.ndim == 1 or of_grid):
            raise ValueError(f"values: expected shape ({n},), one for each point, got {values.shape}")
        if graph is None:
            graph = _nearest_neighbors(points, box, n_neighbors, progress=progress, n_jobs=n_jobs)
        elif n_neighbors is not None:
            raise ValueError(f"n_neighbors: expected None beside a graph, got {n_neighbors}")
        tree = merge_tree(values, graph, nan=nan, progress=progress, n_jobs=n_jobs)
        # Only a tree that has been pickled may lack its graph.
        assert tree.graph is not None
        return cls(points, tree.values, tree.graph, _flag_boundary(tree, points, box), box, name=name)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.points)

    @property
    def d(self) -> int:
        """Number of coordinates of a sample."""
        return int(self.points.shape[1])

    @cached_property
    def barcode(self) -> Barcode:
        """The bars of positive length, longest first."""
        return self.tree.barcode()

    @property
    def minimum_points(self) -> FloatArray:
        """(n_bars, d) coordinates of the minimum of every bar of `barcode`."""
        return self.points[self.barcode.minima]

    @property
    def saddle_points(self) -> FloatArray:
        """(n_bars, d) coordinates of the saddle of every bar of `barcode`, rows of NaN for essential bars."""
        saddles = self.barcode.saddles
        coordinates = np.full((len(saddles), self.d), np.nan)
        coordinates[saddles >= 0] = self.points[saddles[saddles >= 0]]
        return coordinates

    def plot(
        self,
        ax: Axes | Sequence[Axes] | NDArray[np.object_] | None = None,
        *,
        color_by: Literal["size"] | None = None,
        max_bars: int = 200,
    ) -> NDArray[np.object_]:
        """Draw graph or contours (d <= 2) and the barcode beside them: see `morsebar.plots.landscape`."""
        from morsebar import plots

        return plots.landscape(self, ax, color_by=color_by, max_bars=max_bars)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the landscape to exactly this path, an npz archive that `load` reads back without loss.

        An existing file is replaced in one step: whatever goes wrong, it is there, old or new, complete.
        """
        from morsebar import storage

        storage.save(self, path)

    def __repr__(self) -> str:
        """Say what was sampled, how, and what stands out."""
        bars = self.barcode
        title = "Landscape" if self.name is None else f"Landscape of {self.name}"
        counts = f"{_counted(self.n_samples, 'sample')}, {_counted(bars.n_components, 'component')}"
        lines = [f"{title}: d = {self.d}, {counts}"]
        if self.bounds is not None:
            lines.append(f"box        {_format_box(self.bounds)}")
        lines.append(f"sampler    {self._provenance()}")
        lines.append(f"graph      {self.graph!r}")
        if len(bars) > 0:
            low, high = bars.value_range
            lowest = self.points[bars.minima[0]]
            chosen = bars.significant()
            lines.append(f"values     {low:.6g} to {high:.6g}")
            lines.append(f"lowest     {bars.births[0]:.6g} at {sampling.format_point(lowest)}")
            boundary = int(np.count_nonzero(bars.on_boundary))
            lines.append(
                f"minima     {len(bars):,}" + (f", {boundary:,} on the boundary" if boundary else "")
            )
            lines.append(f"stand out  {len(chosen):,}: {chosen.selection}")
        return "\n  ".join(lines)

    def _provenance(self) -> str:
        seed = "" if self.random_state is None else f", random_state {self.random_state}"
        evaluations = f", {_counted(self.n_evaluations, 'evaluation')}" if self.n_evaluations else ""
        return f"{self.sampler}{seed}{evaluations}"


def landscape(
    objective: Objective,
    bounds: ArrayLike | None = None,
    *,
    n_samples: int = 100_000,
    sampler: Sampler = "auto",
    n_neighbors: int | None = None,
    nan: NanPolicy = "raise",
    random_state: RandomState = 0,
    batch_size: int | None = None,
    vectorized: bool = True,
    progress: bool = False,
    n_jobs: int | None = None,
) -> Landscape:
    """Sample an objective on a box and find its minima, their depths and the saddles that lead out.

    Points are drawn in the box, evaluated, joined to their neighbours, and swept into a merge tree, as in
    Barannikov et al., "Barcodes as summary of objective function's topology" (arXiv:1912.00043).

    Parameters
    ----------
    objective : callable
        Takes points (b, d) float64 and returns their values (b,), float32 or float64; integers become
        float64. It may return +inf outside its domain.
    bounds : (d, 2), or one pair for d = 1, optional
        The box, a row (lo, hi) for each axis; by default ``objective.bounds``.
    n_samples : int
        Number of points; of a grid the most it may have.
    sampler : ``"auto"``, ``"grid"``, ``"sobol"``, ``"lhs"`` or ``"uniform"``
        - ``"grid"``: the largest grid of equally many points an axis, ends included, that has at most
          `n_samples` points, in C order, with the neighbours along the axes. It samples the faces of the
          box and needs no neighbour search. For d <= 3 its saddles are mostly more accurate than those of
          as many scattered points, but a narrow valley oblique to the axes breaks into false minima.
        - ``"sobol"``: a scrambled Sobol sequence, ``"lhs"``: a Latin hypercube, ``"uniform"``: independent
          uniform points; each joined to its `n_neighbors` nearest.
        - ``"auto"``: the grid for d <= 3 unless `n_neighbors` is given, Sobol points otherwise. Above d = 3
          a grid has few points an axis and misses what lies between them.
    n_neighbors : int, optional
        Nearest neighbours of each point, without itself, measured in the box scaled to the unit cube; not
        for grids. By default 4 d (n - 1 if that is less): 4 d keeps true minima, 8 d removes false ones.
    nan : ``"raise"`` or ``"mask"``
        Whether a NaN is an error that names the point, or leaves the point out of the domain.
    random_state : int, numpy Generator or None
        Seed of the points. None draws a seed, which the result records.
    batch_size : int, optional
        Points evaluated in one call of the objective; by default 65536, fewer when d > 16.
    vectorized : bool
        False for an objective that takes one point (d,) and returns a number.
    progress : bool
        Show progress bars (extra `progress`).
    n_jobs : int, optional
        Threads for graph and tree, by default all. A vectorized objective runs in the calling thread
        whatever `n_jobs` is. Without `vectorized`, more than one evaluates in that many processes, which
        need an objective that can be pickled and a script guarded by ``if __name__ == "__main__":``; by
        default points are then evaluated one after the other in this process.

    Returns
    -------
    Landscape

    Raises
    ------
    ValueError
        For arguments or results of the objective that are not as above. Exceptions of the objective come
        out unchanged.

    Notes
    -----
    Beside the evaluations, O(n d) memory and the time of `knn_graph` and `merge_tree`. Scattered points may
    fall into several components, each with an essential bar, above all for d = 1 and with few neighbours;
    the repr says how many.

    Examples
    --------
    >>> import morsebar as mb
    >>> def quartic(points):
    ...     t = points[:, 0]
    ...     return t**4 - t**2 + t / 10
    >>> land = mb.landscape(quartic, (-1.2, 1.2), n_samples=10_001)
    >>> land.barcode.diagram.round(4).tolist()
    [[-0.3219, inf], [-0.1806, 0.0025]]
    >>> land.minimum_points.round(2).tolist()
    [[-0.73], [0.68]]
    """
    if not callable(objective):
        raise ValueError(f"objective: expected a callable, got {objective!r}")
    if bounds is None:
        bounds = getattr(objective, "bounds", None)
    if bounds is None:
        raise ValueError("bounds: expected shape (d, 2), got None for an objective without bounds of its own")
    box = sampling.check_bounds(bounds)
    sampling.check_choice("nan", nan, NanPolicy)
    n = sampling.check_count("n_samples", n_samples)
    if n > _MOST_VERTICES:
        raise OverflowError(f"n_samples: expected at most 2**32 - 1, got {n}")
    chosen = sampling.choose_sampler(sampler, len(box), n_neighbors)
    points, grid, seed = _sample(chosen, box, n, n_neighbors, random_state)
    values = sampling.evaluate(
        objective,
        points,
        nan=nan,
        batch_size=batch_size,
        vectorized=vectorized,
        progress=progress,
        n_jobs=n_jobs,
    )
    graph = grid or _nearest_neighbors(points, box, n_neighbors, progress=progress, n_jobs=n_jobs)
    tree = merge_tree(values, graph, nan=nan, progress=progress, n_jobs=n_jobs)
    return Landscape(
        points,
        values,
        graph,
        _flag_boundary(tree, points, box),
        box,
        sampler=chosen,
        random_state=seed,
        name=_name_of(objective),
        n_evaluations=len(points),
    )


def _sample(
    sampler: Sampler, box: FloatArray, n: int, n_neighbors: int | None, random_state: RandomState
) -> tuple[FloatArray, Grid | None, int | None]:
    """Return points, their grid if they have one, and the seed that draws them again if there is one."""
    if sampler == "grid":
        if n_neighbors is not None:
            raise ValueError(f"n_neighbors: expected None for a grid, got {n_neighbors}")
        shape = sampling.grid_shape(n, len(box))
        return sampling.grid_points(box, shape), Grid(shape), None
    # Refused here and not after minutes of evaluation.
    _count_neighbors(n_neighbors, n, len(box))
    if isinstance(random_state, np.random.Generator):
        return sampling.scattered_points(sampler, box, n, random_state), None, None
    if random_state is None:
        random_state = secrets.randbits(64)
    seed = sampling.check_count("random_state", random_state, lowest=0)
    return sampling.scattered_points(sampler, box, n, seed), None, seed


def _name_of(objective: object) -> str | None:
    name = getattr(objective, "name", None) or getattr(objective, "__name__", None)
    return name if isinstance(name, str) and name != "<lambda>" else None


def _count_neighbors(n_neighbors: int | None, n: int, d: int) -> int:
    if n_neighbors is None:
        return max(0, min(4 * d, n - 1))
    k = sampling.check_count("n_neighbors", n_neighbors)
    if k > n - 1:
        raise ValueError(f"n_neighbors: expected at most {n - 1} for {n} points, got {k}")
    return k


def _nearest_neighbors(
    points: FloatArray, box: FloatArray | None, n_neighbors: int | None, *, progress: bool, n_jobs: int | None
) -> KnnGraph:
    n, d = points.shape
    k = _count_neighbors(n_neighbors, n, d)
    if k == 0:
        return KnnGraph(np.empty((n, 0), dtype=np.int32), np.empty((n, 0)))
    if box is None:
        box = np.column_stack([points.min(axis=0), points.max(axis=0)])
    return knn_graph(_in_unit_cube(points, box), k, progress=progress, n_jobs=n_jobs)


def _in_unit_cube(points: FloatArray, box: FloatArray) -> FloatArray:
    # Halves, because the width of a box may overflow.
    lo, hi = 0.5 * box.T
    width = hi - lo
    # An axis on which all points agree has no width and no say in distances.
    width[width == 0.0] = 1.0
    scaled: FloatArray = 0.5 * points
    scaled -= lo
    scaled /= width
    return scaled


def _flag_boundary(tree: MergeTree, points: FloatArray, box: FloatArray | None) -> MergeTree:
    """Flag minima within half of the mean spacing n^(-1/d) of a face of the box scaled to the unit cube."""
    if box is None or isinstance(tree.graph, Grid) or len(points) == 0:
        return tree
    n, d = points.shape
    scaled = _in_unit_cube(points[tree.minima], box)
    distance = np.minimum(scaled, 1 - scaled).min(axis=1)
    return replace(tree, on_boundary=distance <= 0.5 * n ** (-1 / d))


def _format_box(box: FloatArray) -> str:
    sides = [f"[{lo:.6g}, {hi:.6g}]" for lo, hi in box]
    if len(sides) > 1 and len(set(sides)) == 1:
        return f"{sides[0]}^{len(sides)}"
    return sampling.join_shortened(" x ", sides)


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
