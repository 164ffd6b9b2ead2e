"""A function sampled on a box, with the merge tree of its samples and the coordinates of what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar import sampling
from morsebar._arrays import read_only
from morsebar._wording import counted
from morsebar.any_graph import AnyGraph
from morsebar.graph import Grid
from morsebar.merge_tree import MergeTree, merge_tree
from morsebar.minima_barcode import MinimaBarcode
from morsebar.noise import expected_false_minima, judge_noise, warn_if_thin
from morsebar.sample_tree import flag_boundary, in_unit_cube, joined, nearest_neighbors
from morsebar.sampling import FloatArray, NanPolicy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from mpl_toolkits.mplot3d import Axes3D

    from morsebar.plots.branch_colors import ColorBy

__all__ = ["Landscape"]


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
    [[-3.8, -3.3], [-2.8, 3.1], [3.6, -1.9], [3.0, 2.0]]
    >>> land
    Landscape of himmelblau: d = 2, 90,000 samples, 1 component
      box        [-5, 5]^2
      sampler    lattice, random_state 0, 90,000 evaluations
      graph      Lattice(n=90000, d=2, n_neighbors=16, clamp=True, generator=28651, shifted)
      values     0.000838178 to 887.1
      lowest     0.000838178 at (-3.77879, -3.2787)
      minima     4
      stand out  4: persistence > 1.6e-12 (noise floor of the sampling)
      believable 22,500 samples for every minimum, about 0 of them false, away from faces
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
            Nearest neighbours of each point, without itself; by default 8 d (n - 1 if that is less): fewer
            keep more of the true minima of a thin sample, more remove false ones.
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

        Vertices keep the order of the points given. Nearest neighbours may leave gaps, and then several
        components: they are joined by their closest pairs of points (`KnnGraph.join_components`), and the
        repr says how many. Points on a line are better sorted and given ``graph=mb.Grid(n)``.

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
        cube = None
        if graph is None:
            cube = in_unit_cube(points, box)
            graph = nearest_neighbors(cube, n_neighbors, progress=progress, n_jobs=n_jobs)
        elif n_neighbors is not None:
            raise ValueError(f"n_neighbors: expected None beside a graph, got {n_neighbors}")
        tree = merge_tree(values, graph, nan=nan, progress=progress, n_jobs=n_jobs)
        if cube is not None:
            tree = joined(tree, cube, nan=nan, progress=progress, n_jobs=n_jobs)
        # Only a tree that has been pickled may lack its graph.
        assert tree.graph is not None
        land = cls(points, tree.values, tree.graph, flag_boundary(tree, points, box), box, name=name)
        warn_if_thin(land.tree)
        return land

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.points)

    @property
    def d(self) -> int:
        """Number of coordinates of a sample."""
        return int(self.points.shape[1])

    @cached_property
    def barcode(self) -> MinimaBarcode:
        """The bars of positive length, longest first, with the noise floor of the sampling.

        Samples are never quite as dense as their graph pretends, and a sample whose neighbours all happen to
        be higher is a minimum of the graph but none of the function. Its bar dies as soon as the sublevel set
        reaches past these neighbours: whatever the function, the component then has a handful of vertices.
        A component of a true minimum is as large as the samples are dense. So a bar of at most eight vertices
        can be false, and any larger one is not.

        The noise floor is the persistence that parts the two kinds best: as few small bars as possible are
        longer, and as few large ones shorter. Of several that are equally good it is the lowest. If no small
        bar is below it, it is that of rounding, and every bar is significant. Otherwise it lies between the
        longest bar of the noise and the next one, at most at twice the former. `MinimaBarcode.threshold` is
        this floor: among the true minima no gap is looked for. Sizes do not change under increasing maps of
        the values, so neither do the kinds of bars. O(m log m) for m bars.

        The rule fails

        - when the samples are thin, with fewer than some tens for every minimum (in six dimensions and more,
          hundreds): true components are then as small as false ones, and the shorter true bars are cut (see
          `samples_per_minimum`, and `ThinSampleWarning`);
        - when false bars are longer than true ones elsewhere, since one persistence cannot part them: values
          of very different scales, such as those of Rosenbrock's function, whose narrow valley has many;
        - when the values themselves are noisy: that noise also makes some bars of more than eight vertices,
          the longest of which are kept: of 20,000 independent random values every seventh minimum.

        The tree alone knows nothing of a sampling: ``tree.barcode()`` has the floor of rounding, and
        ``tree.cut()`` without arguments the rule of the largest gap.

        Examples
        --------
        >>> import morsebar as mb
        >>> land = mb.landscape(mb.objectives.himmelblau, sampler="uniform", n_neighbors=8)
        >>> len(land.barcode), len(land.barcode.significant())
        (141, 4)
        >>> land.barcode.significant().selection
        'persistence > 9.4 (noise floor of the sampling)'
        """
        return judge_noise(self.tree.barcode())

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

    @property
    def samples_per_minimum(self) -> float:
        """How many samples there are for every minimum; 0 if there is none.

        Independent random values have a minimum for every k + 1 vertices with k neighbours each: of a sample
        with not many more than that for every minimum, little can be believed.
        """
        return float(np.count_nonzero(np.isfinite(self.values)) / max(len(self.barcode), 1))

    @cached_property
    def expected_false_minima(self) -> float | None:
        """How many false minima this graph is expected to make away from the faces; None where not known.

        - Random points: n 2^-k, as a point is lower than all of its k neighbours by chance. Reversed arcs
          halve that, and points near faces, which see neighbours on one side only, add to it: with many
          neighbours they are most of the false minima, and not counted here.
        - Grids and lattices make none of a linear function: with every neighbour they have the opposite one.
          Theirs are in the basins of true minima. In the basin of an isotropic quadratic the expected number
          of minima V is the volume of the cell of all y with ``2 y v <= v v`` for all steps v, divided by
          that of the Voronoi cell; of the minima of `barcode` the share 1 - 1/V is then false. V is one where
          the Voronoi-relevant steps are among the neighbours: for grids, and lattices of d <= 4. Narrow
          valleys have more, and basins near the faces less.
        - Not known for other graphs, those with refined edges among them.
        """
        return expected_false_minima(self.tree, self.d, len(self.barcode))

    def features(self, *, min_persistence: float | None = None) -> dict[str, float]:
        """Describe the landscape by numbers, each explained and cited in `morsebar.features.features`.

        Counts of minima and funnels, barriers, roughness, sizes of basins, escapability, entropies. Bars
        longer than `min_persistence` count as minima, by default those that stand out.
        """
        from morsebar.features import features

        return features(self, min_persistence=min_persistence)

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

    def plot_disconnectivity(
        self,
        ax: Axes | None = None,
        *,
        order: Literal["size", "depth"] = "size",
        color_by: ColorBy = None,
        levels: int | ArrayLike | None = None,
        min_persistence: float = 0.0,
        max_leaves: int | None = 50,
    ) -> Axes:
        """Draw the disconnectivity graph of the tree: see `morsebar.plots.disconnectivity`."""
        from morsebar import plots

        return plots.disconnectivity(
            self.tree,
            ax,
            order=order,
            color_by=color_by,
            levels=levels,
            min_persistence=min_persistence,
            max_leaves=max_leaves,
            name=self.name,
        )

    def plot_profile(self, ax: Axes | None = None, *, max_bars: int = 200) -> Axes:
        """Draw the basins as valleys of a curve, as wide as they are large: see `morsebar.plots.profile`."""
        from morsebar import plots

        return plots.profile(self.tree, self.barcode, ax, max_bars=max_bars, name=self.name)

    def plot_tree(self, ax: Axes | None = None) -> Axes:
        """Draw minima, saddles and paths between them on a map (d = 2): see `morsebar.plots.merge_tree`."""
        from morsebar import plots

        return plots.merge_tree(self, ax)

    def plot_surface(self, ax: Axes3D | None = None) -> Axes3D:
        """Draw that tree over the function as a surface (d = 2): see `morsebar.plots.surface`."""
        from morsebar import plots

        return plots.surface(self, ax)

    def plot_projection(self, ax: Axes | None = None, *, max_bars: int = 5000) -> Axes:
        """Draw minima and saddles on their principal axes (d > 1): see `morsebar.plots.projection`."""
        from morsebar import plots

        return plots.projection(self, ax, max_bars=max_bars)

    def report(self, path: str | PathLike[str]) -> Path:
        """Write an interactive report: one HTML file that needs no network and nothing beside it.

        Barcode or persistence diagram, disconnectivity graph and a map are linked: pointing at a bar shows
        its minimum, saddle and parent, a click marks its branch everywhere. The map is a curve, contours, or
        above two dimensions the samples on the principal axes of the minima. A slider, at first at
        `MinimaBarcode.threshold`, cuts short bars; those kept stand in a table that sorts and filters. At
        most 5,000 marks are drawn in a picture; at most 200,000 bars, the longest, and 100,000 samples, drawn
        by lot, are in the file.

        Parameters
        ----------
        path : str or path
            No suffix is added. An existing file is replaced in one step: whatever goes wrong, it is there,
            old or new, complete.

        Returns
        -------
        Path, the file.

        Raises
        ------
        ImportError
            If plotly is missing (extra `report`).
        OSError
            If the file cannot be written, naming what is missing.
        ValueError
            If something else than a regular file has this path.
        """
        from morsebar import report

        return report.write(self, path)

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
        counts = f"{counted(self.n_samples, 'sample')}, {counted(bars.n_components, 'component')}"
        lines = [f"{title}: d = {self.d}, {counts}"]
        if self.bounds is not None:
            lines.append(f"box        {sampling.format_box(self.bounds)}")
        lines.append(f"sampler    {self._provenance()}")
        lines.append(f"graph      {self.graph!r}")
        masked = int(np.count_nonzero(np.isnan(self.values)))
        if masked:
            lines.append(f"masked     {counted(masked, 'sample')} of value NaN")
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
            lines.append(f"believable {self._believable()}")
        return "\n  ".join(lines)

    def _believable(self) -> str:
        false = self.expected_false_minima
        expected = "" if false is None else f", about {false:.3g} of them false, away from faces"
        return f"{self.samples_per_minimum:,.0f} samples for every minimum{expected}"

    def _provenance(self) -> str:
        seed = "" if self.random_state is None else f", random_state {self.random_state}"
        evaluations = f", {counted(self.n_evaluations, 'evaluation')}" if self.n_evaluations else ""
        return f"{self.sampler}{seed}{evaluations}"
