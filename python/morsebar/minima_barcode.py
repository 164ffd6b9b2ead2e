"""The barcode of local minima: one bar per minimum, longest first, as read-only arrays.

A bar is born at the value of its minimum and dies at the saddle where its sublevel component meets an
older one (Barannikov et al., arXiv:1912.00043). The bars come from `MergeTree.barcode`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import numpy as np
from numpy.typing import NDArray

from morsebar._wording import counted
from morsebar.barcode import Bar, Barcode, Selector, _count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

__all__ = ["MinimaBarcode", "MinimumBar"]


@dataclass(frozen=True, slots=True)
class MinimumBar(Bar):
    """One bar of a minimum: its depth, and where its component meets an older one.

    Parameters
    ----------
    birth, death : value of the minimum and of the saddle; death is inf for an essential bar.
    minimum, saddle, parent : vertex ids; saddle and parent are -1 for an essential bar. The parent is the
        oldest minimum of the component that forms at the saddle.
    size : number of vertices of the component just before it dies, the saddle not counted.
    mean_height : mean of value - birth over these vertices.
    on_boundary : whether the minimum lies on the boundary of the sampled box.

    Examples
    --------
    >>> import morsebar as mb
    >>> bar = mb.merge_tree([0.0, 3.0, 1.0]).barcode()[1]
    >>> bar.minimum, bar.saddle, bar.persistence, bar.is_essential
    (2, 1, 2.0, False)
    """

    minimum: int
    saddle: int
    parent: int
    size: int
    mean_height: float
    on_boundary: bool


@dataclass(frozen=True, eq=False, repr=False)
class MinimaBarcode(Barcode):
    """Bars of local minima, longest first, ties by birth, then by minimum.

    Parameters
    ----------
    diagram : (n, 2) float64, birth and death of every bar; the death of an essential bar is inf.
    minima, saddles, parents : (n,) int64 vertex ids, -1 where there is none.
    sizes : (n,) int64, vertices of the component just before it dies, the saddle not counted.
    mean_heights : (n,) float64, mean of value - birth over these vertices.
    on_boundary : (n,) bool, whether the minimum lies on the boundary of the sampled box.
    saddle_edges : (n, 2) int64, the edge at which a bar dies, for graphs whose edges carry levels; else None.
    degree, birth_cells, death_cells, value_range, noise_floor, noise_source, selection : see `Barcode`.

    Notes
    -----
    All arrays are read-only and C-contiguous. `bars[i]` is a `MinimumBar`; `bars[mask]`, `bars[indices]` and
    `bars[start:stop]` are barcodes, in the order asked for.

    A Morse complex given by its boundary has no vertices: `minima` and `saddles` are then the numbers of its
    cells, and what is not known is -1 (`parents`, `sizes`) or NaN (`mean_heights`).

    Births and deaths are values at `minima` and `saddles`, so their gradient with respect to the values is
    one at these vertices and zero elsewhere, wherever the pairing is locally constant (Gameiro, Hiraoka &
    Obayashi 2016; Carrière et al., arXiv:2010.08356). Torch and jax find it if they index the values
    themselves, which are detached only to build the tree; ``dies`` leaves out the essential bars:

    .. code-block:: python

        bars = mb.merge_tree(values.detach().numpy()).barcode()
        dies = bars.saddles >= 0
        barriers = values[bars.saddles[dies]] - values[bars.minima[dies]]
        barriers.sum().backward()

    Examples
    --------
    >>> import numpy as np
    >>> import morsebar as mb
    >>> bars = mb.merge_tree(np.array([3.0, 0.0, 4.0, 1.0, 2.5, 2.0, 6.0])).barcode()
    >>> bars.diagram.tolist()
    [[0.0, inf], [1.0, 4.0], [2.0, 2.5]]
    >>> bars.minima.tolist(), bars.saddles.tolist(), bars.parents.tolist()
    ([1, 3, 5], [-1, 2, 4], [-1, 1, 3])
    >>> bars[1].persistence
    3.0
    >>> bars
    Barcode: 3 bars, 1 component
      values     0 to 6
      births     0 to 2
      stand out  2 bars: persistence > 1.2 (largest gap in log-persistence)
      essential  [0, inf)
      finite     [1, 4), [2, 2.5)

    The gradient of the sum of all barriers:

    >>> dies = bars.saddles >= 0
    >>> gradient = np.zeros(7)
    >>> np.add.at(gradient, bars.saddles[dies], 1.0)
    >>> np.add.at(gradient, bars.minima[dies], -1.0)
    >>> gradient.tolist()
    [0.0, 0.0, 1.0, -1.0, 1.0, -1.0, 0.0]
    """

    minima: NDArray[np.int64]
    saddles: NDArray[np.int64]
    parents: NDArray[np.int64]
    sizes: NDArray[np.int64]
    mean_heights: NDArray[np.float64]
    on_boundary: NDArray[np.bool_]
    saddle_edges: NDArray[np.int64] | None = None

    @property
    def n_components(self) -> int:
        """Number of essential bars: one per connected component of the domain."""
        return self.n_essential

    @property
    def _names(self) -> NDArray[np.int64]:
        return self.minima

    def __iter__(self) -> Iterator[MinimumBar]:
        """Iterate over the bars as `MinimumBar` objects."""
        columns = (self.minima, self.saddles, self.parents, self.sizes, self.mean_heights, self.on_boundary)
        rows = zip(self.diagram.tolist(), *(column.tolist() for column in columns), strict=True)
        for (birth, death), *rest in rows:
            yield MinimumBar(birth, death, *rest)

    @overload
    def __getitem__(self, index: int | np.integer) -> MinimumBar: ...
    @overload
    def __getitem__(self, index: Selector) -> Self: ...
    def __getitem__(self, index: int | np.integer | Selector) -> Bar | Self:
        """Return one bar, or the barcode of the bars chosen by a slice, a mask or indices."""
        return super().__getitem__(index)

    def significant(
        self, *, min_persistence: float | None = None, top: int | None = None, min_size: int | None = None
    ) -> Self:
        """Return the bars that stand out; without arguments by the rule of `threshold`.

        A bar stays if it meets every criterion given. Essential bars always stay.

        Parameters
        ----------
        min_persistence : float, optional
            Keep bars strictly longer than this.
        top : int, optional
            Keep the first `top` bars, counted from the longest over all bars of this barcode, essential ones
            included (and never dropped, even if there are more than `top`).
        min_size : int, optional
            Keep bars of at least that many vertices.

        Returns
        -------
        MinimaBarcode, in the same order, whose `selection` states the rule and its value.

        Raises
        ------
        ValueError
            If `min_persistence` is not a number or NaN, or `top` or `min_size` is not a non-negative integer;
            if sizes are asked for that are not known.

        Examples
        --------
        >>> import numpy as np
        >>> import morsebar as mb
        >>> bars = mb.merge_tree(np.array([0.0, 9.0, 1.0, 8.0, 2.0, 2.01, 2.0, 8.0])).barcode()
        >>> bars.significant().selection
        'persistence > 0.24 (largest gap in log-persistence)'
        >>> bars.significant(top=2, min_size=1).minima.tolist()
        [0, 2]
        """
        criteria = []
        if min_size is not None:
            least = _count("min_size", min_size)
            self._check_sizes("min_size")
            criteria.append((self.sizes >= least, f"size >= {min_size}"))
        return self._select(min_persistence, top, criteria)

    def _check_sizes(self, name: str) -> None:
        if (self.sizes < 0).any():
            raise ValueError(f"{name}: the sizes of these bars are not known, their complex has no vertices")

    def to_pandas(self) -> DataFrame:
        """Return a pandas DataFrame, one row a bar, in the order of the barcode.

        Its `to_csv` and `to_parquet` write files.

        Returns
        -------
        DataFrame with columns minimum, saddle, parent, birth, death, persistence, size, mean_height;
        `frame.attrs["selection"]` is the rule that chose the bars, or None.

        Raises
        ------
        ImportError
            If pandas is missing (extra `pandas`).

        Examples
        --------
        >>> import numpy as np
        >>> import morsebar as mb
        >>> frame = mb.merge_tree(np.array([0.0, 9.0, 1.0, 8.0])).barcode().to_pandas()
        >>> frame[["minimum", "saddle", "parent", "persistence"]].values.tolist()
        [[0.0, -1.0, -1.0, inf], [2.0, 1.0, 0.0, 8.0]]
        """
        return super().to_pandas()

    def _columns(self) -> dict[str, NDArray[Any]]:
        return {
            "minimum": self.minima,
            "saddle": self.saddles,
            "parent": self.parents,
            "birth": self.births,
            "death": self.deaths,
            "persistence": self.persistence,
            "size": self.sizes,
            "mean_height": self.mean_heights,
        }

    def unravel(self, shape: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return grid indices of the minima and the saddles.

        Parameters
        ----------
        shape : sequence of int
            Shape of the grid whose C-order flat indices the vertices are.

        Returns
        -------
        minima, saddles : (n, len(shape)) int64
            Rows of -1 where a bar has no saddle.

        Raises
        ------
        ValueError
            If a vertex lies outside a grid of this shape.

        Examples
        --------
        >>> import numpy as np
        >>> import morsebar as mb
        >>> values = np.array([[0.0, 5.0, 1.0], [6.0, 7.0, 8.0]])
        >>> minima, saddles = mb.merge_tree(values).barcode().unravel(values.shape)
        >>> minima.tolist(), saddles.tolist()
        ([[0, 0], [0, 2]], [[-1, -1], [0, 1]])
        """
        return _unravel(self.minima, shape), _unravel(self.saddles, shape)

    def plot(
        self, ax: Axes | None = None, *, color_by: Literal["size"] | None = None, max_bars: int = 200
    ) -> Axes:
        """Draw the bars, sorted by birth, over the axis of values: see `morsebar.plots.barcode`."""
        from morsebar import plots

        return plots.barcode(self, ax, color_by=color_by, max_bars=max_bars)

    def _head(self) -> str:
        return f"Barcode: {counted(len(self), 'bar')}, {counted(self.n_components, 'component')}"

    def _remarks(self) -> list[str]:
        boundary = int(np.count_nonzero(self.on_boundary))
        return [f"boundary   {counted(boundary, 'minimum', 'minima')}"] if boundary else []


def _unravel(vertices: NDArray[np.int64], shape: Sequence[int]) -> NDArray[np.int64]:
    shape = tuple(shape)
    highest = int(vertices.max(initial=-1))
    if highest >= math.prod(shape):
        raise ValueError(f"shape: expected a grid that holds vertex {highest}, got {shape}")
    indices = np.full((len(vertices), len(shape)), -1, dtype=np.int64)
    exists = vertices >= 0
    indices[exists] = np.column_stack(np.unravel_index(vertices[exists], shape))
    return indices
