"""Barannikov's canonical form of a Morse complex: pairs, the bars of every degree, the change of basis."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import isqrt, nan
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from morsebar import _core
from morsebar._arrays import (
    ReadOnlyArrays,
    is_integer,
    progress_bar,
    read_only,
    read_only_matrix,
    thread_count,
)
from morsebar._extras import require
from morsebar._wording import counted
from morsebar.barcode import Barcode, _listed
from morsebar.cell_barcode import CellBarcode
from morsebar.minima_barcode import MinimaBarcode

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from morsebar.morse import MorseComplex

#: A prime, or the rational numbers.
FieldLike: TypeAlias = int | Literal["rational"]

#: Fields have fewer elements than this.
_MOST_ELEMENTS = 2**31
#: What the core takes for the rational numbers.
RATIONAL = 0


@dataclass(frozen=True, eq=False)
class Chain(ReadOnlyArrays):
    """A chain of a Morse complex, and what it is in the complex that the values live on.

    Attributes
    ----------
    critical, coefficients
        (k,) int64: critical cells, rising, and their coefficients: 1 .. p - 1 over Z/p, integers over the
        rationals.
    cells, cell_coefficients
        (l,) int64: the cells of the original complex that follow along the gradient, and theirs. Of a
        complex given by its boundary the same as `critical` and `coefficients`.
    vertices
        (l, c) int64: the vertices of each of these cells, in the order of its orientation; c is 0 where there
        are none.

    Examples
    --------
    >>> import morsebar as mb
    >>> form = mb.morse_complex([[1, 2, 1], [2, 9, 2], [1, 2, 1]]).canonical_form(basis=True)
    >>> bar = form.barcodes[1][0]
    >>> loop = form.cycle(bar.birth_cell)
    >>> loop.vertices.shape             # eight edges around the summit
    (8, 2)
    """

    critical: NDArray[np.int64]
    coefficients: NDArray[np.int64]
    cells: NDArray[np.int64]
    cell_coefficients: NDArray[np.int64]
    vertices: NDArray[np.int64]

    def __post_init__(self) -> None:
        self.__setstate__(dict(self.__dict__))


@dataclass(frozen=True, eq=False, repr=False)
class CanonicalForm(ReadOnlyArrays):
    """The canonical form of a Morse complex over a field; made by :meth:`MorseComplex.canonical_form`.

    A filtered complex over a field is, up to an upper triangular change of basis, a sum of cells without
    boundary and of pairs, one the boundary of the other; the pairs are unique (Barannikov, "The framed Morse
    complex and its invariants", 1994). They are the bars of all degrees.

    Attributes
    ----------
    complex
        The Morse complex.
    field
        A prime, or ``"rational"``.
    pairs
        (k, 2) int64: the critical cells of birth and death, rising by birth; the death is -1 where essential.
        Every cell is in one of them. Pairs of equal values are there, too.
    basis
        The change of basis T, (m, m) ``scipy.sparse.csc_array`` of int64, if it was asked for, else None: in
        the order :attr:`order` it is upper triangular and invertible, and D T = T C for the boundary D, where
        C has a 1 for every pair and nothing else. Entries are 0 .. p - 1, over the rationals integers: the
        two columns of a pair are scaled by one number.

    Examples
    --------
    >>> import morsebar as mb
    >>> form = mb.morse_complex([0.0, 3.0, 1.0, 4.0, 2.0]).canonical_form()
    >>> form
    CanonicalForm over Z/2: 5 critical cells, 3 pairs
      degree 0  3 bars, 1 essential: [0, inf), [1, 3), [2, 4)
      degree 1  0 bars
    >>> form.barcodes[0].diagram
    array([[ 0., inf],
           [ 1.,  3.],
           [ 2.,  4.]])
    """

    complex: "MorseComplex"
    field: FieldLike
    pairs: NDArray[np.int64]
    basis: "sparse.csc_array[Any] | None" = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "pairs", read_only(self.pairs))
        if self.basis is not None:
            read_only_matrix(self.basis)

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()  # pickles forget that arrays are read-only

    @property
    def order(self) -> NDArray[np.int64]:
        """(m,) int64: the critical cells in filtration order, the first one first."""
        return self.complex.order

    @cached_property
    def barcodes(self) -> tuple[Barcode, ...]:
        """The bars of positive length by degree, each degree longest first.

        Entry 0 is a :class:`MinimaBarcode`, for a complex made from values that of ``merge_tree(values,
        graph).barcode()`` with birth and death cells; all others are :class:`CellBarcode`. There is an entry
        for every degree up to the dimension of the complex.
        """
        births, deaths = self.pairs.T
        degrees = self.complex.degrees[births]
        return tuple(
            self._minima(births[degrees == 0], deaths[degrees == 0])
            if degree == 0
            else self._cells(degree, births[degrees == degree], deaths[degrees == degree])
            for degree in range(self.complex.dimension + 1)
        )

    def _minima(self, births: NDArray[np.int64], deaths: NDArray[np.int64]) -> MinimaBarcode:
        known = self.complex._minima_barcode()
        if known is not None:
            # Every minimum is a critical cell, and the only one of degree 0 with that vertex.
            vertices = self.complex.vertices[births]
            by_vertex = np.argsort(vertices)
            rows = by_vertex[np.searchsorted(vertices, known.minima, sorter=by_vertex)]
            return replace(known, birth_cells=births[rows], death_cells=deaths[rows])
        births, deaths, options = self._sorted_bars(births, deaths)
        unknown = np.full(len(births), -1)
        return MinimaBarcode(
            minima=births,
            saddles=deaths,
            parents=unknown,
            sizes=unknown,
            mean_heights=np.full(len(births), nan),
            on_boundary=np.zeros(len(births), dtype=bool),
            birth_cells=births,
            death_cells=deaths,
            **options,
        )

    def _cells(self, degree: int, births: NDArray[np.int64], deaths: NDArray[np.int64]) -> CellBarcode:
        births, deaths, options = self._sorted_bars(births, deaths)
        return CellBarcode(
            birth_vertices=self.complex.vertices[births],
            death_vertices=_at(self.complex.vertices, deaths, np.int64(-1)),
            birth_cells=births,
            death_cells=deaths,
            degree=degree,
            **options,
        )

    def _sorted_bars(
        self, births: NDArray[np.int64], deaths: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], dict[str, Any]]:
        """Return the pairs of positive length, longest first, and what else every barcode has."""
        values = self.complex.values
        diagram = np.column_stack([values[births], _at(values, deaths, np.inf)])
        with np.errstate(over="ignore"):
            lengths = diagram[:, 1] - diagram[:, 0]
        kept = np.flatnonzero(lengths > 0.0)
        kept = kept[np.lexsort((births[kept], diagram[kept, 0], -lengths[kept]))]
        value_range, noise_floor = self.complex._scale()
        options = {"diagram": diagram[kept], "value_range": value_range, "noise_floor": noise_floor}
        return births[kept], deaths[kept], options

    def cycle(self, birth_cell: int) -> Chain:
        """Return the cycle that a critical cell gives birth to.

        Parameters
        ----------
        birth_cell
            The birth cell of a bar, as in ``form.barcodes[1].birth_cells``.

        Returns
        -------
        Chain
            Of boundary zero, with `birth_cell` its highest critical cell. It becomes the boundary of
            ``chain(death_cell)`` when the bar dies.

        Raises
        ------
        ValueError
            If the cell is the birth cell of no bar, or the form has no basis.
        OverflowError
            If a coefficient does not fit int64 (over the rationals).

        Examples
        --------
        >>> import morsebar as mb
        >>> form = mb.morse_complex([0.0, 3.0, 1.0]).canonical_form(field=3, basis=True)
        >>> form.cycle(1).vertices.tolist(), form.cycle(1).cell_coefficients.tolist()
        ([[0], [2]], [2, 1])
        """
        return self._chain(birth_cell, 0, "birth_cell", "gives birth to")

    def chain(self, death_cell: int) -> Chain:
        """Return the chain by which a critical cell ends a bar.

        Parameters
        ----------
        death_cell
            The death cell of a bar, as in ``form.barcodes[1].death_cells``.

        Returns
        -------
        Chain
            Its boundary is the cycle of the bar.

        Raises
        ------
        ValueError
            If the cell is the death cell of no bar, or the form has no basis.
        OverflowError
            If a coefficient does not fit int64 (over the rationals).

        Examples
        --------
        >>> import morsebar as mb
        >>> form = mb.morse_complex([0.0, 3.0, 1.0]).canonical_form(basis=True)
        >>> form.chain(2).vertices.tolist()
        [[0, 1], [1, 2]]
        """
        return self._chain(death_cell, 1, "death_cell", "ends")

    def _chain(self, cell: int, column: int, name: str, does: str) -> Chain:
        if self.basis is None:
            raise ValueError("this form has no change of basis, ask for one by canonical_form(basis=True)")
        if not is_integer(cell) or cell < 0 or not (self.pairs[:, column] == cell).any():
            raise ValueError(f"{name} is {cell!r}, which {does} no bar; expected one of pairs[:, {column}]")
        start, stop = self.basis.indptr[[cell, cell + 1]].tolist()
        rows = self.basis.indices[start:stop].astype(np.int64)
        coefficients = self.basis.data[start:stop]
        by_number = np.argsort(rows)
        rows, coefficients = rows[by_number], coefficients[by_number]
        return Chain(rows, coefficients, *self.complex._lift(rows, coefficients, field_order(self.field)))

    def to_pandas(self) -> "DataFrame":
        """Return a pandas DataFrame, one row a bar of positive length, by degree, longest first.

        Returns
        -------
        DataFrame with columns degree, birth, death, persistence, birth_cell, death_cell, birth_vertex,
        death_vertex; -1 where there is none.

        Raises
        ------
        ImportError
            If pandas is missing (extra `pandas`).

        Examples
        --------
        >>> import morsebar as mb
        >>> frame = mb.morse_complex([0.0, 3.0, 1.0]).canonical_form().to_pandas()
        >>> frame[["degree", "birth_vertex", "death_vertex", "persistence"]].values.tolist()
        [[0.0, 0.0, -1.0, inf], [0.0, 2.0, 1.0, 2.0]]
        """
        births, deaths = (
            np.concatenate([getattr(bars, name) for bars in self.barcodes])
            for name in ("birth_cells", "death_cells")
        )
        diagram = np.concatenate([bars.diagram for bars in self.barcodes])
        frame: DataFrame = require("pandas", "pandas").DataFrame(
            {
                "degree": self.complex.degrees[births],
                "birth": diagram[:, 0],
                "death": diagram[:, 1],
                "persistence": np.concatenate([bars.persistence for bars in self.barcodes]),
                "birth_cell": births,
                "death_cell": deaths,
                "birth_vertex": self.complex.vertices[births],
                "death_vertex": _at(self.complex.vertices, deaths, np.int64(-1)),
            }
        )
        return frame

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the persistence diagram of all degrees: see `morsebar.plots.persistence_diagram`."""
        from morsebar import plots

        return plots.persistence_diagram(self, ax)

    def __repr__(self) -> str:
        over = "the rationals" if self.field == "rational" else f"Z/{self.field}"
        head = (
            f"CanonicalForm over {over}: {counted(len(self.complex.values), 'critical cell')}, "
            f"{counted(len(self.pairs), 'pair')}"
            + ("" if self.basis is None else ", with the change of basis")
        )
        lines = [head]
        for bars in self.barcodes:
            essential = f", {bars.n_essential:,} essential" if bars.n_essential else ""
            shown = f": {_listed(bars.diagram)}" if len(bars) else ""
            lines.append(f"degree {bars.degree}  {counted(len(bars), 'bar')}{essential}{shown}")
        return "\n  ".join(lines)


def canonical_form(
    given: "MorseComplex", field: FieldLike, basis: bool, progress: bool, n_jobs: int | None
) -> CanonicalForm:
    """Compute a canonical form, see `MorseComplex.canonical_form`."""
    prime = field_order(field)
    name: FieldLike = "rational" if prime == RATIONAL else prime
    threads = thread_count(n_jobs)
    given._check(prime)
    if not basis:
        with progress_bar(progress, "canonical form", unit="cell") as update:
            return CanonicalForm(given, name, given._pairs(prime, threads, update))
    order = given.order
    indptr, indices, data, degrees = given._columns(prime, progress, n_jobs)
    pairs, columns = _core.canonical_form(indptr, indices, data, degrees, prime, True)
    pairs = given._numbered(pairs)
    assert columns is not None  # they were asked for
    indptr, rows, entries = columns
    if isinstance(entries, list):
        bits = max(entry.bit_length() for entry in entries)
        raise OverflowError(
            f"the change of basis over the rationals has an entry of {bits} bits, expected at most 63: a "
            f"sparse matrix cannot hold it; ask for a prime field, or for no basis"
        )
    m = len(order)
    at = (order[rows], order[np.repeat(np.arange(m), np.diff(indptr))])
    return CanonicalForm(given, name, pairs, sparse.csc_array(sparse.coo_array((entries, at), shape=(m, m))))


def field_order(field: FieldLike) -> int:
    """Return the number of elements of a field, 0 for the rationals.

    Raises
    ------
    ValueError
        If it is neither a prime below 2^31 nor ``"rational"``.
    """
    if isinstance(field, str) and field == "rational":
        return RATIONAL
    if is_integer(field) and 2 <= int(field) < _MOST_ELEMENTS:
        prime = int(field)
        if (prime % np.arange(2, isqrt(prime) + 1)).all():
            return prime
    raise ValueError(f"field is {field!r}, expected a prime below 2**31, or 'rational'")


def _at(array: NDArray[Any], cells: NDArray[np.int64], none: float | np.int64) -> NDArray[Any]:
    """Return the entries of cells, `none` for the cell -1."""
    return np.append(array, none)[cells]
