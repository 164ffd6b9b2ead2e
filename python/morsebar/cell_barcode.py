"""The barcode of a Morse complex in a degree above 0: every bar by its two critical cells.

The pairs come from Barannikov's canonical form, see `MorseComplex.canonical_form`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from morsebar.barcode import Bar, Barcode, Selector

__all__ = ["CellBar", "CellBarcode"]


@dataclass(frozen=True, slots=True)
class CellBar(Bar):
    """One bar of a Morse complex: the critical cells that give birth and death to a cycle.

    Parameters
    ----------
    birth, death : their values; death is inf for an essential bar.
    degree : the degree of the cycle, and of the birth cell; the death cell's is one more.
    birth_cell, death_cell : critical cells of the complex; the death cell is -1 for an essential bar.
    birth_vertex, death_vertex : the vertices that give the values; -1 where there is none.

    Examples
    --------
    >>> import numpy as np
    >>> import morsebar as mb
    >>> ring = np.array([[1.0, 2.0, 1.0], [2.0, 9.0, 2.0], [1.0, 2.0, 1.0]])
    >>> bar = mb.morse_complex(ring).canonical_form().barcodes[1][0]
    >>> bar.degree, bar.birth, bar.death, bar.death_vertex
    (1, 2.0, 9.0, 4)
    """

    degree: int
    birth_cell: int
    death_cell: int
    birth_vertex: int
    death_vertex: int


@dataclass(frozen=True, eq=False, repr=False)
class CellBarcode(Barcode):
    """Bars of one degree above 0 of a Morse complex, longest first, ties by birth, then by birth cell.

    Parameters
    ----------
    diagram : (n, 2) float64, birth and death of every bar; the death of an essential bar is inf.
    birth_vertices, death_vertices : (n,) int64, the vertices that give birth and death their values; -1 where
        the bar is essential, and for complexes given by their boundary, which have no vertices.
    birth_cells, death_cells : (n,) int64, critical cells of the Morse complex; -1 where the bar is essential.
    degree, value_range, noise_floor, noise_source, selection : see `Barcode`.

    Notes
    -----
    All arrays are read-only and C-contiguous. `bars[i]` is a `CellBar`; `bars[mask]`, `bars[indices]` and
    `bars[start:stop]` are barcodes, in the order asked for.

    Examples
    --------
    >>> import numpy as np
    >>> import morsebar as mb
    >>> ring = np.array([[1.0, 2.0, 1.0], [2.0, 9.0, 2.0], [1.0, 2.0, 1.0]])
    >>> mb.morse_complex(ring).canonical_form().barcodes[1]
    Barcode of degree 1: 1 bar, none essential
      values     1 to 9
      births     2 to 2
      stand out  1 bar: persistence > 1.6e-14 (noise floor: no gap)
      finite     [2, 9)
    """

    birth_vertices: NDArray[np.int64]
    death_vertices: NDArray[np.int64]
    birth_cells: NDArray[np.int64] = field(kw_only=True)
    death_cells: NDArray[np.int64] = field(kw_only=True)

    def __iter__(self) -> Iterator[CellBar]:
        """Iterate over the bars as `CellBar` objects."""
        columns = (self.birth_cells, self.death_cells, self.birth_vertices, self.death_vertices)
        rows = zip(self.diagram.tolist(), *(column.tolist() for column in columns), strict=True)
        for (birth, death), *rest in rows:
            yield CellBar(birth, death, self.degree, *rest)

    @overload
    def __getitem__(self, index: int | np.integer) -> CellBar: ...
    @overload
    def __getitem__(self, index: Selector) -> Self: ...
    def __getitem__(self, index: int | np.integer | Selector) -> Bar | Self:
        """Return one bar, or the barcode of the bars chosen by a slice, a mask or indices."""
        return super().__getitem__(index)

    def _columns(self) -> dict[str, NDArray[Any]]:
        return super()._columns() | {
            "birth_cell": self.birth_cells,
            "death_cell": self.death_cells,
            "birth_vertex": self.birth_vertices,
            "death_vertex": self.death_vertices,
        }
