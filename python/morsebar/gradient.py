"""Gradient Morse complexes: from the values of a function on a complex to its critical cells."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from morsebar import _core
from morsebar._arrays import (
    FloatArray,
    ReadOnlyArrays,
    check_vertex_count,
    exact_values,
    is_integer,
    progress_bar,
    read_only,
    read_only_matrix,
    thread_count,
)
from morsebar.canonical import RATIONAL
from morsebar.complex import AnyComplex, any_complex, dimension_of, graph_of
from morsebar.graph import Grid
from morsebar.merge_tree import MergeTree, merge_tree
from morsebar.morse import Columns, MorseComplex, Progress, _csc

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from morsebar.barcode import Barcode
    from morsebar.canonical import CanonicalForm
    from morsebar.minima_barcode import MinimaBarcode


def morse_complex(
    values: ArrayLike,
    complex: AnyComplex | None = None,  # noqa: A002  # the word for it
    *,
    nan: Literal["raise", "mask"] = "raise",
    progress: bool = False,
    n_jobs: int | None = None,
) -> "GradientMorseComplex":
    """Build the gradient Morse complex of a function on the vertices of a complex.

    Method: a discrete gradient of the lower-star filtration, vertex by vertex (Robins, Wood & Sheppard,
    "Theory and algorithms for constructing discrete Morse complexes from grayscale digital images", 2011),
    over the total order ``(f(u), u)``. The same result for any number of threads.

    Parameters
    ----------
    values
        One value per vertex: shape (n,), or any shape for a grid; types as for :func:`merge_tree`. A cell
        enters with its highest vertex; one with a vertex at ``+inf`` is outside the domain.
    complex
        ``None``: `values` is an array, the cubes of its grid. Else a :class:`Grid` of one to four axes
        (connectivity ``"axis"``: cubes; ``"freudenthal"``: the Kuhn triangulation; a periodic axis needs at
        least three vertices), a :class:`FlagComplex`, or a :class:`SimplicialComplex`.
    nan
        ``"raise"``: NaN is an error. ``"mask"``: such vertices are outside the domain.
    progress
        Draw a progress bar (needs tqdm, the extra ``progress``).
    n_jobs
        Threads, also of what is computed later, when first asked for; None or -1 for all cores.

    Returns
    -------
    GradientMorseComplex

    Raises
    ------
    ValueError
        As :func:`merge_tree`; for what is no complex, as a grid of connectivity ``"full"``.
    OverflowError
        For more than 2^32 - 1 vertices, or more cells than can be numbered.

    Notes
    -----
    Linear in the number of cells. On grids cells are not stored: one byte each at most.

    Examples
    --------
    >>> import morsebar as mb
    >>> cx = mb.morse_complex([[1.0, 2.0, 1.5], [2.0, 9.0, 2.5], [1.0, 3.0, 1.0]])
    >>> cx.n_critical
    (4, 4, 1)
    >>> cx.canonical_form().barcodes[1].diagram
    array([[3., 9.]])
    """
    if nan not in ("raise", "mask"):
        raise ValueError(f"nan is {nan!r}, expected 'raise' or 'mask'")
    threads = thread_count(n_jobs)
    if not isinstance(values, np.ndarray):
        values = np.asarray(values)
    check_vertex_count(values.size, "values")
    values = exact_values(values)
    known = any_complex(complex, values)
    with progress_bar(progress, "discrete gradient") as update:
        gradient = _discrete_gradient(values, known, nan, threads, update)
    return GradientMorseComplex(values, known, nan, gradient, n_jobs)


def _discrete_gradient(
    values: FloatArray, known: AnyComplex, nan: str, threads: int, update: Progress
) -> "_core.Gradient":
    specification = known.specification(values)
    return _core.discrete_gradient(values.reshape(-1), specification, nan == "mask", threads, update)


@dataclass(frozen=True, eq=False)
class Separatrix(ReadOnlyArrays):
    """A V-path from a critical cell to a minimum or a maximum: a line of steepest descent or ascent.

    Attributes
    ----------
    critical
        The critical cell where it begins.
    extremum
        The critical cell of the minimum or maximum where it ends; -1 where it leaves the grid.
    vertices
        (l,) int64: the vertices along it, from the critical cell's own to that of the extremum.

    Examples
    --------
    >>> import morsebar as mb
    >>> down, _ = mb.morse_complex([0.0, 1.0, 3.0, 2.0]).separatrices([2])
    >>> down.extremum, down.vertices.tolist()
    (0, [2, 1, 0])
    """

    critical: int
    extremum: int
    vertices: NDArray[np.int64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "vertices", read_only(self.vertices))


@dataclass(frozen=True, eq=False)
class Segmentation(ReadOnlyArrays):
    """Where descents and ascents end: the Morse-Smale segmentation by minima and by maxima.

    Attributes
    ----------
    minima
        (n,) int64: of every vertex the critical cell of the minimum that descent along the gradient leads to;
        -1 outside the domain.
    maxima
        int64: of every top cell of a grid the critical cell of the maximum that ascent leads to, -1 outside
        the grid or the domain, and where ascent leaves the grid. By the lowest corner of the cell: (n,) for
        cubes, (n, d!) for the simplices of a Kuhn triangulation. None where the complex is no grid.

    Examples
    --------
    >>> import morsebar as mb
    >>> parts = mb.morse_complex([0.0, 2.0, 1.0, 3.0, 0.5]).segmentation()
    >>> parts.minima.tolist()
    [0, 0, 2, 1, 1]
    """

    minima: NDArray[np.int64]
    maxima: NDArray[np.int64] | None

    def __post_init__(self) -> None:
        self.__setstate__(dict(self.__dict__))


@dataclass(frozen=True, init=False, eq=False, repr=False)
class GradientMorseComplex(MorseComplex):
    """The Morse complex of a function on a complex, by a discrete gradient; made by :func:`morse_complex`.

    Critical cells are numbered in filtration order: by highest vertex in the total order, and those of one
    vertex by their other vertices, from the highest down. The boundary counts V-paths with their signs.
    Pickles leave the gradient out; it is made again where it is needed.

    Attributes
    ----------
    function
        The values of the function, in the shape given.
    complex
        The complex.
    nan
        What was done with NaN.
    values, degrees, vertices, cells
        Of the critical cells, see :class:`MorseComplex`.

    Examples
    --------
    >>> import morsebar as mb
    >>> cx = mb.morse_complex([0.0, 3.0, 1.0, 4.0, 2.0])
    >>> cx
    MorseComplex: 5 critical cells, Euler characteristic 1
      values    0 to 4
      degree 0  3 cells
      degree 1  2 cells
      on        Grid(shape=(5,), connectivity='axis', periodic=(False,))
    >>> cx.boundary.toarray().tolist()
    [[0, 0, 0, -1, 0], [0, 0, 0, 1, -1], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]
    """

    function: FloatArray
    complex: AnyComplex
    nan: Literal["raise", "mask"]
    _n_jobs: int | None

    def __init__(
        self,
        function: FloatArray,
        complex: AnyComplex,  # noqa: A002  # the word for it
        nan: Literal["raise", "mask"],
        gradient: "_core.Gradient",
        n_jobs: int | None,
    ) -> None:
        critical = gradient.critical()
        vertices = critical["vertices"]
        self._set(
            function=function,
            complex=complex,
            nan=nan,
            _gradient=gradient,
            _n_jobs=n_jobs,
            values=function.reshape(-1)[vertices].astype(np.float64),
            degrees=critical["degrees"].astype(np.int64),
            vertices=vertices,
            cells=critical["cells"],
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("_gradient", "_tree")}

    @cached_property
    def _gradient(self) -> "_core.Gradient":
        """Of a complex that comes from a pickle; else it is there from the start."""
        return _discrete_gradient(self.function, self.complex, self.nan, thread_count(self._n_jobs), None)

    @cached_property
    def _tree(self) -> MergeTree:
        return merge_tree(self.function, graph_of(self.complex), nan=self.nan, n_jobs=self._n_jobs)

    @property
    def dimension(self) -> int:
        """The largest dimension of a cell of the complex."""
        return dimension_of(self.complex)

    @property
    def boundary(self) -> "sparse.csc_array[Any]":
        """(m, m) ``scipy.sparse.csc_array`` of int64: (i, j) is the signed number of V-paths from j to i.

        Computed when first asked for.

        Raises
        ------
        OverflowError
            Naming the cells, if a number of V-paths does not fit int64.
        """
        return self._count_paths(progress=False, n_jobs=self._n_jobs)

    def _count_paths(self, progress: bool, n_jobs: int | None) -> "sparse.csc_array[Any]":
        if "_boundary" not in self.__dict__:
            with progress_bar(progress, "boundary", unit="cell") as update:
                indptr, rows, entries = self._gradient.boundary(0, thread_count(n_jobs), update)
            matrix = sparse.csc_array((entries, rows, indptr), shape=(len(self), len(self)))
            matrix.sort_indices()
            read_only_matrix(matrix)
            self.__dict__["_boundary"] = matrix
        return super().boundary

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """(m,) int64: the cells in filtration order, which is that of their numbers."""
        return read_only(np.arange(len(self)))

    def cell_vertices(self, i: int) -> NDArray[np.int64]:
        """Return the vertices of a critical cell, in the order of its orientation.

        Parameters
        ----------
        i
            The number of the critical cell.

        Raises
        ------
        ValueError
            If there is no such cell.

        Examples
        --------
        >>> import morsebar as mb
        >>> mb.morse_complex([0.0, 3.0, 1.0]).cell_vertices(2)
        array([1, 2])
        """
        if not is_integer(i) or not 0 <= i < len(self):
            raise ValueError(f"i is {i!r}, expected a critical cell: 0 to {len(self) - 1}")
        return self._gradient.cell_vertices(self.cells[[i]])[1]

    def separatrices(self, critical: ArrayLike | None = None) -> list[Separatrix]:
        """Return the V-paths between critical cells and extrema, as lines of vertices.

        From every critical cell of degree 1 two lines lead down to minima; on a grid of d axes two lead from
        every critical cell of degree d - 1 up to maxima, where they do not leave the grid.

        Parameters
        ----------
        critical
            The critical cells to begin at; by default all of these degrees.

        Returns
        -------
        list of Separatrix
            By critical cell, in the order asked for.

        Raises
        ------
        ValueError
            If one is not a critical cell of such a degree.

        Notes
        -----
        Linear in the total length of the lines.

        Examples
        --------
        >>> import morsebar as mb
        >>> cx = mb.morse_complex([[1.0, 2.0, 1.5], [2.0, 9.0, 2.5], [1.0, 3.0, 1.0]])
        >>> [(line.extremum, line.vertices.tolist()) for line in cx.separatrices([4])]
        [(0, [1, 0]), (3, [1, 2]), (8, [1, 4])]
        """
        allowed = [1, self.dimension - 1] if isinstance(self.complex, Grid) else [1]
        if critical is None:
            starts = np.flatnonzero(np.isin(self.degrees, allowed))
        else:
            starts = self._checked_cells(critical, allowed)
        begin, end, indptr, vertices = self._gradient.separatrices(self.function.reshape(-1), starts)
        lines = np.split(vertices, indptr[1:-1]) if len(begin) else []
        return [Separatrix(*line) for line in zip(begin.tolist(), end.tolist(), lines, strict=True)]

    def _checked_cells(self, critical: ArrayLike, allowed: list[int]) -> NDArray[np.int64]:
        given = np.atleast_1d(np.asarray(critical))
        if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
            raise ValueError(f"critical has shape {given.shape} and dtype {given.dtype}, expected integers")
        wrong = (given < 0) | (given >= len(self))
        if wrong.any():
            raise ValueError(
                f"critical has {given[wrong][0]}, which is not a critical cell; expected 0 to {len(self) - 1}"
            )
        starts = given.astype(np.int64)
        wrong = ~np.isin(self.degrees[starts], allowed)
        if wrong.any():
            first = starts[wrong][0]
            degrees = " or ".join(map(str, dict.fromkeys(allowed)))
            raise ValueError(f"critical has {first}, of degree {self.degrees[first]}, expected {degrees}")
        return starts

    def segmentation(self, *, n_jobs: int | None = None) -> Segmentation:
        """Return which minimum descent leads to from every vertex, and on grids which maximum ascent.

        Parameters
        ----------
        n_jobs
            Threads; None or -1 for all cores.

        Returns
        -------
        Segmentation

        Notes
        -----
        O(n log n) for n vertices. From a vertex the gradient goes to its lowest neighbour, so `minima` are
        the basins of :meth:`MergeTree.basins`, named by critical cells.

        Examples
        --------
        >>> import morsebar as mb
        >>> mb.morse_complex([0.0, 2.0, 1.0]).segmentation().minima.tolist()
        [0, 0, 1]
        """
        minima, maxima = self._gradient.labels(thread_count(n_jobs))
        if maxima is not None and len(maxima) != len(minima):
            maxima = maxima.reshape(len(minima), -1)
        return Segmentation(minima, maxima)

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        form: "CanonicalForm | None" = None,
        bars: "Barcode | None" = None,
        separatrices: bool | None = None,
        bounds: ArrayLike | None = None,
        as_image: bool = False,
    ) -> "Axes":
        """Draw a complex on a 2-D grid over its function: see `morsebar.plots.morse_complex`."""
        from morsebar import plots

        return plots.morse_complex(
            self, ax, form=form, bars=bars, separatrices=separatrices, bounds=bounds, as_image=as_image
        )

    def _check(self, prime: int) -> None:
        """Nothing to check: the boundary of a boundary is zero."""

    def _columns(self, prime: int, progress: bool, n_jobs: int | None) -> Columns:
        if prime == 0 or "_boundary" in self.__dict__:
            return *_csc(self._count_paths(progress, n_jobs)), self.degrees
        # Counted modulo the prime there is no number of paths that does not fit.
        with progress_bar(progress, "boundary", unit="cell") as update:
            return *self._gradient.boundary(prime, thread_count(n_jobs), update), self.degrees

    def _pairs(self, prime: int, threads: int, update: Progress) -> NDArray[np.int64]:
        if prime == RATIONAL:
            return super()._pairs(prime, threads, update)
        return self._gradient.pairs(prime, threads, update)

    def _lift(
        self, critical: NDArray[np.int64], coefficients: NDArray[np.int64], prime: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        column = np.array([0, len(critical)], dtype=np.int64)
        _, cells, entries = self._gradient.lift(
            column, critical, coefficients, prime, thread_count(self._n_jobs)
        )
        _, vertices = self._gradient.cell_vertices(cells)
        return cells, entries, vertices.reshape(len(cells), -1) if len(cells) else np.empty((0, 0), np.int64)

    def _minima_barcode(self) -> "MinimaBarcode":
        return self._tree.barcode()

    def _scale(self) -> tuple[tuple[float, float], float]:
        return self._tree.value_range, self._tree.noise_floor

    def _remarks(self) -> list[str]:
        return [f"on        {self.complex}"]
