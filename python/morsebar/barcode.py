"""The barcode of local minima: one bar per minimum, longest first, as read-only arrays.

A bar is born at the value of its minimum and dies at the saddle where its sublevel component meets an
older one (Barannikov et al., arXiv:1912.00043). Everything here reads arrays that exist already; the
barcode itself comes from `MergeTree.barcode`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from numbers import Real
from typing import TYPE_CHECKING, Literal, SupportsIndex, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from morsebar._extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

__all__ = ["Bar", "Barcode"]

Selector: TypeAlias = slice | Sequence[int] | Sequence[bool] | NDArray[np.bool_] | NDArray[np.integer]

_LISTED_BARS = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a minimum, its depth, and where its component meets an older one.

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

    birth: float
    death: float
    minimum: int
    saddle: int
    parent: int
    size: int
    mean_height: float
    on_boundary: bool

    @property
    def persistence(self) -> float:
        """Death - birth: how high one must climb from the minimum to leave it."""
        return self.death - self.birth

    @property
    def is_essential(self) -> bool:
        """Whether the bar never dies: its minimum is the lowest of a connected component."""
        return self.death == math.inf


@dataclass(frozen=True, eq=False, repr=False)
class Barcode:
    """Bars of local minima, longest first, ties by birth, then by minimum.

    Parameters
    ----------
    diagram : (n, 2) float64, birth and death of every bar; the death of an essential bar is inf.
    minima, saddles, parents : (n,) int64 vertex ids, -1 where there is none.
    sizes : (n,) int64, vertices of the component just before it dies, the saddle not counted.
    mean_heights : (n,) float64, mean of value - birth over these vertices.
    on_boundary : (n,) bool, whether the minimum lies on the boundary of the sampled box.
    saddle_edges : (n, 2) int64, the edge at which a bar dies, for graphs whose edges carry levels; else None.
    value_range : lowest and highest value inside the domain, (nan, nan) where the domain is empty.
    noise_floor : persistences at or below it are rounding.
    selection : the rule that chose these bars, None where they were not chosen by `significant`.

    Notes
    -----
    All arrays are read-only and C-contiguous. `bars[i]` is a `Bar`; `bars[mask]`, `bars[indices]` and
    `bars[start:stop]` are barcodes, in the order asked for.

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
    """

    diagram: NDArray[np.float64]
    minima: NDArray[np.int64]
    saddles: NDArray[np.int64]
    parents: NDArray[np.int64]
    sizes: NDArray[np.int64]
    mean_heights: NDArray[np.float64]
    on_boundary: NDArray[np.bool_]
    saddle_edges: NDArray[np.int64] | None = None
    value_range: tuple[float, float] = (math.nan, math.nan)
    noise_floor: float = 0.0
    selection: str | None = None

    def __post_init__(self) -> None:
        """Make every array read-only and contiguous."""
        for name, array in self._arrays().items():
            # A view: the caller's own array stays writable.
            frozen = np.ascontiguousarray(array).view()
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)

    def __reduce__(self) -> tuple[type[Barcode], tuple[object, ...]]:
        """Pickle through the constructor, which sets the read-only flag that numpy's pickles lose."""
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    def _arrays(self) -> dict[str, NDArray[np.generic]]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}

    @property
    def births(self) -> NDArray[np.float64]:
        """(n,) value of every minimum."""
        return self.diagram[:, 0]

    @property
    def deaths(self) -> NDArray[np.float64]:
        """(n,) value at which every bar dies, inf for essential bars."""
        return self.diagram[:, 1]

    @property
    def persistence(self) -> NDArray[np.float64]:
        """(n,) death - birth, inf for essential bars."""
        with np.errstate(over="ignore"):
            return self.deaths - self.births

    @property
    def n_components(self) -> int:
        """Number of essential bars: one per connected component of the domain."""
        return int(np.count_nonzero(np.isinf(self.deaths)))

    def __len__(self) -> int:
        """Return the number of bars."""
        return len(self.diagram)

    def __iter__(self) -> Iterator[Bar]:
        """Iterate over the bars as `Bar` objects."""
        columns = (self.minima, self.saddles, self.parents, self.sizes, self.mean_heights, self.on_boundary)
        rows = zip(self.diagram.tolist(), *(column.tolist() for column in columns), strict=True)
        for (birth, death), *rest in rows:
            yield Bar(birth, death, *rest)

    @overload
    def __getitem__(self, index: int | np.integer) -> Bar: ...
    @overload
    def __getitem__(self, index: Selector) -> Barcode: ...
    def __getitem__(self, index: int | np.integer | Selector) -> Bar | Barcode:
        """Return one bar, or the barcode of the bars chosen by a slice, a mask or indices."""
        if isinstance(index, int | np.integer):
            if not -len(self) <= index < len(self):
                raise IndexError(f"index {index} is out of range for a barcode of {len(self)} bars")
            return next(iter(self._take([int(index)])))
        return self._take(index)

    def _take(self, selector: Selector) -> Barcode:
        if not isinstance(selector, slice):
            selector = np.asarray(selector)
            if selector.ndim != 1:
                raise IndexError(f"bars are indexed by one dimension, got an index of shape {selector.shape}")
            if selector.size == 0 and selector.dtype != bool:
                selector = selector.astype(np.intp)
        # Masks of the wrong length and indices that are not integers are numpy's own IndexError.
        return replace(self, **{name: array[selector] for name, array in self._arrays().items()})  # type: ignore[arg-type]  # one dict for fields of several types

    def _rule(self) -> tuple[float, str]:
        gap = _widest_gap(self.persistence[np.isfinite(self.deaths)], self.noise_floor)
        if gap is None:
            floor = self.noise_floor
            return floor, f"persistence > {floor:.2g} (noise floor: no gap)"
        threshold = _round_within(*gap)
        shown = repr(threshold).removesuffix(".0")
        return threshold, f"persistence > {shown} (largest gap in log-persistence)"

    def threshold(self) -> float:
        """Return the persistence strictly above which a bar is significant.

        The finite bars longer than `noise_floor` are sorted by the logarithm of their persistence; the
        widest gap between neighbours separates long bars from short ones. Of equal gaps the one between
        the longer bars counts. The result lies in that gap: its geometric middle, rounded to as few decimal
        digits as keep it there (two at least), so that the printed value selects the same bars.

        Two lengths that differ by no more than `noise_floor` are equal: there is no gap between them. Where
        there is no gap at all (no finite bar above the floor, a single one, or all of one length) the
        result is `noise_floor`: every bar above it is significant.

        Returns
        -------
        float
            A persistence, in the units of the values.

        Notes
        -----
        The rule is a heuristic for one clear gap between true minima and those that sampling makes. It fails

        - when every bar is real and their lengths differ: the widest gap then parts the deeper minima from
          the shallower (a fine grid of a smooth function, above all with only two or three finite bars);
        - when one accidental bar is far shorter than all the others: the gap above it wins and nearly
          everything is significant (the shortest of many random lengths is ten times shorter than the next
          one in about one case in ten);
        - when lengths spread evenly over many scales (random fields, fractal functions): the widest gap is
          an accident.

        Look at the sorted persistences where it matters, and pass `min_persistence`, `top` or `min_size` to
        `significant`.

        O(n log n) time, O(n) for bars in their usual order.

        Examples
        --------
        >>> import numpy as np
        >>> import morsebar as mb
        >>> mb.merge_tree(np.array([0.0, 9.0, 1.0, 8.0, 2.0, 2.01, 2.0, 8.0])).barcode().threshold()
        0.24
        """
        return self._rule()[0]

    def significant(
        self, *, min_persistence: float | None = None, top: int | None = None, min_size: int | None = None
    ) -> Barcode:
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
        Barcode, in the same order, whose `selection` states the rule and its value.

        Raises
        ------
        ValueError
            If `min_persistence` is not a number or NaN, or `top` or `min_size` is not a non-negative integer.

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
        keep = np.ones(len(self), dtype=np.bool_)
        rules = []
        if min_persistence is None and top is None and min_size is None:
            threshold, rule = self._rule()
            keep &= self.persistence > threshold
            rules.append(rule)
        if min_persistence is not None:
            if not isinstance(min_persistence, Real) or math.isnan(min_persistence):
                raise ValueError(f"min_persistence: expected a number, got {min_persistence!r}")
            keep &= self.persistence > min_persistence
            rules.append(f"persistence > {min_persistence:.12g}")
        if min_size is not None:
            keep &= self.sizes >= _count("min_size", min_size)
            rules.append(f"size >= {min_size}")
        if top is not None:
            longest = np.lexsort((self.minima, self.births, -self.persistence))
            keep[longest[_count("top", top) :]] = False
            rules.append(f"top {top}")
        selection = " and ".join(rules if self.selection is None else [self.selection, *rules])
        return replace(self._take(keep | np.isinf(self.deaths)), selection=selection)

    def to_pandas(self) -> DataFrame:
        """Return a pandas DataFrame, one row a bar, in the order of the barcode.

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
        pandas = require("pandas", "pandas")
        frame: DataFrame = pandas.DataFrame(
            {
                "minimum": self.minima,
                "saddle": self.saddles,
                "parent": self.parents,
                "birth": self.births,
                "death": self.deaths,
                "persistence": self.persistence,
                "size": self.sizes,
                "mean_height": self.mean_heights,
            }
        )
        frame.attrs["selection"] = self.selection
        return frame

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

    def __repr__(self) -> str:
        """Say how many bars there are, which stand out, and the longest."""
        n, components = len(self), self.n_components
        lines = [f"Barcode: {_counted(n, 'bar')}, {_counted(components, 'component')}"]
        if not math.isnan(self.value_range[0]):
            lines.append(f"values     {_span(*self.value_range)}")
        if n == 0:
            return "\n  ".join(lines if self.selection is None else [*lines, f"selected   {self.selection}"])
        lines.append(f"births     {_span(self.births.min(), self.births.max())}")
        if self.selection is None:
            chosen = self.significant()
            lines.append(f"stand out  {_counted(len(chosen), 'bar')}: {chosen.selection}")
        else:
            lines.append(f"selected   {self.selection}")
        if boundary := int(np.count_nonzero(self.on_boundary)):
            lines.append(f"boundary   {_counted(boundary, 'minimum', 'minima')}")
        essential = np.isinf(self.deaths)
        for name, which in (("essential", essential), ("finite", ~essential)):
            if which.any():
                lines.append(f"{name:<9}  {_listed(self.diagram[which])}")
        return "\n  ".join(lines)


def _widest_gap(lengths: NDArray[np.float64], noise_floor: float) -> tuple[float, float] | None:
    """Return the two lengths at the widest gap, the shorter first, or None where there is no gap."""
    # The difference of two finite values may overflow; a logarithm of inf would make gaps of nan.
    lengths = np.minimum(lengths[lengths > noise_floor], np.finfo(np.float64).max)
    lengths = np.sort(lengths, kind="stable")[::-1]
    gaps = np.where(lengths[:-1] - lengths[1:] > noise_floor, -np.diff(np.log2(lengths)), 0.0)
    if not (gaps > 0.0).any():
        return None
    widest = int(np.argmax(gaps))
    return float(lengths[widest + 1]), float(lengths[widest])


def _round_within(low: float, high: float) -> float:
    """Return the geometric middle with the fewest decimal digits (two at least) that keep low <= x < high."""
    middle = math.sqrt(low) * math.sqrt(high)
    for digits in range(2, 18):
        rounded = float(f"{middle:.{digits}g}")
        if low <= rounded < high:
            return rounded
    return low


def _count(name: str, value: SupportsIndex) -> int:
    try:
        count = operator.index(value)
    except TypeError:
        count = -1
    if count < 0:
        raise ValueError(f"{name}: expected an integer of at least 0, got {value!r}")
    return count


def _unravel(vertices: NDArray[np.int64], shape: Sequence[int]) -> NDArray[np.int64]:
    shape = tuple(shape)
    highest = int(vertices.max(initial=-1))
    if highest >= math.prod(shape):
        raise ValueError(f"shape: expected a grid that holds vertex {highest}, got {shape}")
    indices = np.full((len(vertices), len(shape)), -1, dtype=np.int64)
    exists = vertices >= 0
    indices[exists] = np.column_stack(np.unravel_index(vertices[exists], shape))
    return indices


def _counted(n: int, one: str, many: str | None = None) -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _span(low: float, high: float) -> str:
    return f"{low:.6g} to {high:.6g}"


def _listed(diagram: NDArray[np.float64]) -> str:
    shown = [f"[{birth:.5g}, {death:.5g})" for birth, death in diagram[:_LISTED_BARS].tolist()]
    return ", ".join([*shown, "..."] if len(diagram) > _LISTED_BARS else shown)
