"""Morse complexes: critical cells with values and degrees, and the boundary between them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from morsebar import _core
from morsebar._arrays import exact_values, read_only, read_only_matrix
from morsebar._wording import counted
from morsebar.canonical import CanonicalForm, FieldLike, canonical_form
from morsebar.graph import SparseMatrix

if TYPE_CHECKING:
    from morsebar.minima_barcode import MinimaBarcode

Columns = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
Progress = Callable[[int, int], None] | None

#: Coefficients of a boundary, in absolute value.
_LARGEST_SUM = 2.0**62
#: A degree is a byte.
_MOST_DEGREE = 255


@dataclass(frozen=True, init=False, eq=False, repr=False)
class MorseComplex:
    """A Morse complex: critical cells, each with a value and a degree, and the boundary between them.

    Made from the values of a function by :func:`morse_complex`, or given here: the critical points of a
    smooth function, say, with the signed numbers of gradient lines between them.

    Parameters
    ----------
    values
        (m,): the value of every cell.
    degrees
        (m,) integers: its degree, the index of the critical point.
    boundary
        (m, m) integers, a scipy sparse matrix or an array: entry (i, j) is the coefficient of cell i in the
        boundary of cell j.

    Raises
    ------
    ValueError
        For another shape or dtype; NaN or an infinite value; an entry between cells whose degrees do not
        differ by one; a cell whose value is less than that of a cell in its boundary. Numbers of the cells
        are named. That the boundary of a boundary is zero depends on the field, and is checked by
        :meth:`canonical_form`.

    Attributes
    ----------
    values
        (m,) float64.
    degrees
        (m,) int64.
    vertices
        (m,) int64: the vertex that gives the value; -1 for a complex given by its boundary.
    cells
        (m,) int64: the cell of the original complex; -1 for a complex given by its boundary.

    Examples
    --------
    The projective plane, of one cell in each degree: over Z/2 all three live forever, over Z/3 two of them
    cancel.

    >>> import morsebar as mb
    >>> plane = mb.MorseComplex([0.0, 1.0, 2.0], [0, 1, 2], [[0, 0, 0], [0, 0, 2], [0, 0, 0]])
    >>> plane.canonical_form(field=2)
    CanonicalForm over Z/2: 3 critical cells, 3 pairs
      degree 0  1 bar, 1 essential: [0, inf)
      degree 1  1 bar, 1 essential: [1, inf)
      degree 2  1 bar, 1 essential: [2, inf)
    >>> plane.canonical_form(field=3)
    CanonicalForm over Z/3: 3 critical cells, 2 pairs
      degree 0  1 bar, 1 essential: [0, inf)
      degree 1  1 bar: [1, 2)
      degree 2  0 bars
    """

    values: NDArray[np.float64]
    degrees: NDArray[np.int64]
    vertices: NDArray[np.int64]
    cells: NDArray[np.int64]

    def __init__(self, values: ArrayLike, degrees: ArrayLike, boundary: "ArrayLike | SparseMatrix") -> None:
        levels = _checked_values(values)
        kinds = _checked_degrees(degrees, len(levels))
        matrix = _checked_matrix(boundary, len(levels))
        _check_entries(levels, kinds, matrix)
        none = np.full(len(levels), -1)
        self._set(values=levels, degrees=kinds, vertices=none, cells=none, _boundary=matrix)

    def _set(self, **attributes: Any) -> None:  # noqa: ANN401  # whatever the attributes are
        """Set attributes, arrays read-only."""
        for name, value in attributes.items():
            if isinstance(value, np.ndarray):
                value = read_only(value)
            elif sparse.issparse(value):
                read_only_matrix(value)
            self.__dict__[name] = value

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self._set(**state)  # pickles forget that arrays are read-only

    def __len__(self) -> int:
        """Return the number of critical cells."""
        return len(self.values)

    @property
    def dimension(self) -> int:
        """The largest degree there can be."""
        return int(self.degrees.max(initial=0))

    @property
    def boundary(self) -> "sparse.csc_array[Any]":
        """(m, m) ``scipy.sparse.csc_array`` of int64: (i, j) is the coefficient of i in the boundary of j."""
        matrix: sparse.csc_array[Any] = self.__dict__["_boundary"]
        return matrix

    @property
    def boundaries(self) -> "tuple[sparse.csc_array[Any], ...]":
        """The boundary by degree: entry k has a row for every cell of degree k - 1, a column for k.

        Cells keep their order. Entry 0 has no rows.
        """
        of_degree = [np.flatnonzero(self.degrees == degree) for degree in range(self.dimension + 1)]
        below = [np.empty(0, dtype=np.int64), *of_degree]
        return tuple(
            self.boundary[:, columns][rows, :] for rows, columns in zip(below, of_degree, strict=False)
        )

    @property
    def n_critical(self) -> tuple[int, ...]:
        """The number of cells of every degree, up to the dimension."""
        return tuple(np.bincount(self.degrees, minlength=self.dimension + 1).tolist())

    @property
    def euler_characteristic(self) -> int:
        """The alternating sum of the numbers of cells: that of the complex the values live on."""
        return sum(count if degree % 2 == 0 else -count for degree, count in enumerate(self.n_critical))

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """(m,) int64: the cells in filtration order: by value, then degree, then number."""
        return read_only(np.lexsort((self.degrees, self.values)).astype(np.int64))

    def canonical_form(
        self,
        field: FieldLike = 2,
        basis: bool = False,
        *,
        progress: bool = False,
        n_jobs: int | None = None,
    ) -> CanonicalForm:
        """Return Barannikov's canonical form over a field: the bars of every degree.

        Method: the boundary is reduced in parallel (Morozov & Nigmetov, "Towards lockfree persistent
        homology", 2020) with clearing (Chen & Kerber, "Persistent homology computation with a twist", 2011);
        over Z/p, for a complex made from values, only in the degrees between: degree 0 needs no matrix, only
        a union-find over the minima that the gradient leads to from critical edges, and on grids the highest
        but one the same over maxima. With a basis the reduction is serial. The pairs are unique: the same
        for any number of threads.

        Parameters
        ----------
        field
            A prime below 2^31, or ``"rational"``: exact fractions.
        basis
            Whether to compute the change of basis, and with it representatives: see :class:`CanonicalForm`.
        progress
            Draw a progress bar (needs tqdm, the extra ``progress``).
        n_jobs
            Threads; None or -1 for all cores.

        Returns
        -------
        CanonicalForm

        Raises
        ------
        ValueError
            If `field` is neither; naming the cells, if a boundary has a boundary that is not zero over it.
        OverflowError
            Over the rationals, if the basis needs entries of the boundary, or has some of its own, that do
            not fit int64.

        Notes
        -----
        O(m^3) at worst for m critical cells, close to linear on most functions.

        Examples
        --------
        >>> import morsebar as mb
        >>> ring = mb.morse_complex([[1.0, 2.0, 1.0], [2.0, 9.0, 2.0], [1.0, 2.0, 1.0]])
        >>> ring.canonical_form().barcodes[1].diagram
        array([[2., 9.]])
        """
        return canonical_form(self, field, basis, progress, n_jobs)

    def _check(self, prime: int) -> None:
        """Refuse a boundary whose boundary is not zero over a field."""
        _core.check_boundary(*_csc(self.boundary), prime)

    def _columns(self, prime: int, progress: bool, n_jobs: int | None) -> Columns:
        """Return the boundary in filtration order, by columns, and the degrees."""
        ordered = self.boundary[:, self.order][self.order, :]
        ordered.sort_indices()
        return *_csc(ordered), self.degrees[self.order]

    def _pairs(self, prime: int, threads: int, update: Progress) -> NDArray[np.int64]:
        pairs = _core.canonical_pairs(*self._columns(prime, False, threads), prime, threads, update)
        return self._numbered(pairs)

    def _numbered(self, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return pairs of places in filtration order as pairs of cells, rising by birth."""
        cells = np.append(self.order, np.int64(-1))[pairs]
        return cells[np.argsort(cells[:, 0])]

    def _lift(
        self, critical: NDArray[np.int64], coefficients: NDArray[np.int64], prime: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return a chain in cells of the original complex, their coefficients, and their vertices."""
        return critical, coefficients, np.empty((len(critical), 0), dtype=np.int64)

    def _minima_barcode(self) -> "MinimaBarcode | None":
        """Return the bars of degree 0 of the merge tree, None where there are no vertices."""
        return None

    def _scale(self) -> tuple[tuple[float, float], float]:
        """Return lowest and highest value, and what is noise."""
        if len(self.values) == 0:
            return (np.nan, np.nan), 0.0
        low, high = float(self.values.min()), float(self.values.max())
        # A difference of two values, each rounded a few times.
        return (low, high), 8 * float(np.finfo(np.float64).eps) * max(abs(low), abs(high))

    def __repr__(self) -> str:
        lines = [
            f"MorseComplex: {counted(len(self), 'critical cell')}, "
            f"Euler characteristic {self.euler_characteristic}"
        ]
        if len(self):
            lines.append(f"values    {self.values.min():.6g} to {self.values.max():.6g}")
        lines += [
            f"degree {degree}  {counted(count, 'cell')}" for degree, count in enumerate(self.n_critical)
        ]
        return "\n  ".join([*lines, *self._remarks()])

    def _remarks(self) -> list[str]:
        """Return lines of the repr that only some complexes have."""
        return []


def _checked_values(values: ArrayLike) -> NDArray[np.float64]:
    levels = exact_values(values).astype(np.float64)
    if levels.ndim != 1:
        raise ValueError(f"values has shape {levels.shape}, expected (m,), one value per cell")
    wrong = np.flatnonzero(~np.isfinite(levels))
    if wrong.size:
        raise ValueError(f"values[{wrong[0]}] is {levels[wrong[0]]}, expected a finite number")
    return levels


def _checked_degrees(degrees: ArrayLike, m: int) -> NDArray[np.int64]:
    kinds = np.asarray(degrees)
    if kinds.shape != (m,) or (kinds.size and kinds.dtype.kind not in "iu"):
        raise ValueError(
            f"degrees has shape {kinds.shape} and dtype {kinds.dtype}, expected ({m},) integers, one "
            f"per value"
        )
    wrong = np.flatnonzero((kinds < 0) | (kinds > _MOST_DEGREE))
    if wrong.size:
        raise ValueError(f"degrees[{wrong[0]}] is {kinds[wrong[0]]}, expected 0 to {_MOST_DEGREE}")
    return kinds.astype(np.int64)


def _checked_matrix(boundary: "ArrayLike | SparseMatrix", m: int) -> "sparse.csc_array[Any]":
    if sparse.issparse(boundary):
        entries = sparse.coo_array(boundary)
    else:
        try:
            array = np.asarray(boundary)
        except ValueError as error:
            raise ValueError(f"boundary is no array: {error}; expected ({m}, {m}) integers") from None
        if array.size == 0:
            array = array.reshape(0, 0).astype(np.int64)
        if array.ndim != 2 or array.dtype.kind not in "biu":
            raise ValueError(
                f"boundary has shape {array.shape} and dtype {array.dtype}, expected ({m}, {m}) integers"
            )
        entries = sparse.coo_array(array)
    if entries.shape != (m, m) or entries.dtype.kind not in "biu":
        raise ValueError(
            f"boundary has shape {entries.shape} and dtype {entries.dtype}, expected ({m}, {m}) integers"
        )
    if entries.dtype.kind == "u" and (entries.data > np.iinfo(np.int64).max).any():
        raise ValueError(f"boundary has an entry of {entries.data.max()}, expected at most 2**63 - 1")
    rows, columns = entries.coords
    matrix = sparse.csc_array((entries.data.astype(np.int64), (rows, columns)), shape=(m, m))
    # Entries of one place are added; float64 sees where their sum does not fit.
    sums = sparse.csc_array((np.abs(entries.data.astype(np.float64)), (rows, columns)), shape=(m, m))
    if (sums.data > _LARGEST_SUM).any():
        raise ValueError("boundary has entries of one place that add up to more than 2**62, expected less")
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return matrix


def _check_entries(
    values: NDArray[np.float64], degrees: NDArray[np.int64], matrix: "sparse.csc_array[Any]"
) -> None:
    """Refuse entries between the wrong degrees, and faces that come after their coface."""
    rows, columns = matrix.indices, np.repeat(np.arange(len(values)), np.diff(matrix.indptr))
    wrong = np.flatnonzero(degrees[rows] != degrees[columns] - 1)
    if wrong.size:
        i, j, entry = rows[wrong[0]], columns[wrong[0]], matrix.data[wrong[0]]
        raise ValueError(
            f"boundary[{i}, {j}] is {entry}, but cell {i} has degree {degrees[i]} and cell {j} degree "
            f"{degrees[j]}, expected degrees that drop by one"
        )
    wrong = np.flatnonzero(values[rows] > values[columns])
    if wrong.size:
        i, j, entry = rows[wrong[0]], columns[wrong[0]], matrix.data[wrong[0]]
        raise ValueError(
            f"boundary[{i}, {j}] is {entry}, but cell {i} has value {values[i]} and cell {j} only "
            f"{values[j]}, expected a boundary that is no higher"
        )


def _csc(
    matrix: "sparse.csc_array[Any]",
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the arrays of a matrix as the core takes them."""
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data
