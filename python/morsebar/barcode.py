"""Bars of any degree as read-only arrays: the class behind every barcode.

A bar of degree k is a feature of the sublevel sets, of dimension k, that is born at one critical value and
dies at another (Barannikov et al., arXiv:1912.00043). Everything here reads arrays that exist already; bars
of minima come from `MergeTree.barcode`, those of all degrees from `MorseComplex.canonical_form`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, Self, SupportsIndex, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from morsebar._extras import require
from morsebar._wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from morsebar.distances import DistanceKind

__all__ = ["Bar", "Barcode"]

Selector: TypeAlias = slice | Sequence[int] | Sequence[bool] | NDArray[np.bool_] | NDArray[np.integer]

NoiseSource: TypeAlias = Literal["rounding", "sampling"]

_LISTED_BARS = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: when a feature of the sublevel sets is born, and when it dies.

    Parameters
    ----------
    birth, death : values; death is inf for an essential bar.

    Examples
    --------
    >>> import morsebar as mb
    >>> bar = mb.Bar(1.0, 3.0)
    >>> bar.persistence, bar.is_essential
    (2.0, False)
    """

    birth: float
    death: float

    @property
    def persistence(self) -> float:
        """Death - birth: of a minimum, how high one must climb to leave it."""
        return self.death - self.birth

    @property
    def is_essential(self) -> bool:
        """Whether the bar never dies."""
        return self.death == math.inf


@dataclass(frozen=True, eq=False, repr=False)
class Barcode:
    """Bars of one degree, longest first, ties by birth, then by the vertex or cell that gives birth.

    What holds in every degree; `MinimaBarcode` and `CellBarcode` say more of each bar.

    Parameters
    ----------
    diagram : (n, 2) float64, birth and death of every bar; the death of an essential bar is inf.
    degree : the degree of the bars: 0 for minima.
    birth_cells, death_cells : (n,) int64, critical cells of a Morse complex that give birth and death, -1
        where the bar is essential; None for bars that do not come from a Morse complex.
    value_range : lowest and highest value inside the domain, (nan, nan) where the domain is empty.
    noise_floor : persistences at or below it are noise.
    noise_source : what that noise is: ``"rounding"``, or ``"sampling"`` where a landscape has judged which
        bars its sampling can have made, see `Landscape.barcode`.
    selection : the rule that chose these bars, None where they were not chosen by `significant`.

    Notes
    -----
    All arrays are read-only and C-contiguous. `bars[i]` is a `Bar`; `bars[mask]`, `bars[indices]` and
    `bars[start:stop]` are barcodes, in the order asked for.

    Examples
    --------
    >>> import numpy as np
    >>> import morsebar as mb
    >>> bars = mb.Barcode(np.array([[0.0, 5.0], [1.0, 4.0], [2.0, 2.5]]), degree=1)
    >>> bars[1].persistence
    3.0
    >>> bars
    Barcode of degree 1: 3 bars, none essential
      births     0 to 2
      stand out  2 bars: persistence > 1.2 (largest gap in log-persistence)
      finite     [0, 5), [1, 4), [2, 2.5)
    """

    diagram: NDArray[np.float64]
    degree: int = field(default=0, kw_only=True)
    birth_cells: NDArray[np.int64] | None = field(default=None, kw_only=True)
    death_cells: NDArray[np.int64] | None = field(default=None, kw_only=True)
    value_range: tuple[float, float] = field(default=(math.nan, math.nan), kw_only=True)
    noise_floor: float = field(default=0.0, kw_only=True)
    noise_source: NoiseSource = field(default="rounding", kw_only=True)
    selection: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Make every array read-only and contiguous."""
        for name, array in self._arrays().items():
            # A view: the caller's own array stays writable.
            frozen = np.ascontiguousarray(array).view()
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()  # pickles forget that arrays are read-only

    def _arrays(self) -> dict[str, NDArray[np.generic]]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}

    @property
    def births(self) -> NDArray[np.float64]:
        """(n,) value at which every bar is born."""
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
    def n_essential(self) -> int:
        """Number of bars that never die: the Betti number of the domain in this degree."""
        return int(np.count_nonzero(np.isinf(self.deaths)))

    @property
    def _names(self) -> NDArray[np.int64]:
        """(n,) what breaks ties between bars of equal birth and length."""
        return np.arange(len(self)) if self.birth_cells is None else self.birth_cells

    def __len__(self) -> int:
        """Return the number of bars."""
        return len(self.diagram)

    def __iter__(self) -> Iterator[Bar]:
        """Iterate over the bars as `Bar` objects."""
        return (Bar(birth, death) for birth, death in self.diagram.tolist())

    @overload
    def __getitem__(self, index: int | np.integer) -> Bar: ...
    @overload
    def __getitem__(self, index: Selector) -> Self: ...
    def __getitem__(self, index: int | np.integer | Selector) -> Bar | Self:
        """Return one bar, or the barcode of the bars chosen by a slice, a mask or indices."""
        return self._bar(index) if isinstance(index, int | np.integer) else self._take(index)

    def _bar(self, index: int | np.integer) -> Bar:
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} is out of range for a barcode of {len(self)} bars")
        return next(iter(self._take([int(index)])))

    def _take(self, selector: Selector) -> Self:
        if not isinstance(selector, slice):
            selector = np.asarray(selector)
            if selector.ndim != 1:
                raise IndexError(f"bars are indexed by one dimension, got an index of shape {selector.shape}")
            if selector.size == 0 and selector.dtype != bool:
                selector = selector.astype(np.intp)
        # Masks of the wrong length and indices that are not integers are numpy's own IndexError.
        return replace(self, **{name: array[selector] for name, array in self._arrays().items()})  # type: ignore[arg-type]  # one dict for fields of several types

    def _rule(self) -> tuple[float, str]:
        if self.noise_source == "sampling":
            return self.noise_floor, f"persistence > {self.noise_floor:.12g} (noise floor of the sampling)"
        gap = _widest_gap(self.persistence[np.isfinite(self.deaths)], self.noise_floor)
        if gap is None:
            floor = self.noise_floor
            return floor, f"persistence > {floor:.2g} (noise floor: no gap)"
        threshold = _round_within(*gap)
        shown = repr(threshold).removesuffix(".0")
        return threshold, f"persistence > {shown} (largest gap in log-persistence)"

    def threshold(self) -> float:
        """Return the persistence strictly above which a bar is significant.

        Where the noise floor is that of a sampling, as in `Landscape.barcode`, it is the threshold: every
        longer bar is significant, however their lengths differ, and there is no gap to be found.

        Elsewhere nothing is known of the noise but the rounding, and the lengths themselves must tell. The
        finite bars longer than `noise_floor` are sorted by the logarithm of their persistence; the
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
        The gap is a heuristic for one clear difference between true minima and those of noise. It fails

        - when every bar is real and their lengths differ: the widest gap then parts the deeper minima from
          the shallower (a fine grid of a smooth function, above all with only two or three finite bars);
        - when one accidental bar is far shorter than all the others: the gap above it wins and nearly
          everything is significant (the shortest of many random lengths is ten times shorter than the next
          one in about one case in ten);
        - when lengths spread evenly over many scales (random fields, fractal functions): the widest gap is
          an accident.

        How the noise floor of a sampling fails is said at `Landscape.barcode`. Look at the sorted
        persistences where it matters, and pass `min_persistence`, `top` or `min_size` to
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

    def significant(self, *, min_persistence: float | None = None, top: int | None = None) -> Self:
        """Return the bars that stand out; without arguments by the rule of `threshold`.

        A bar stays if it meets every criterion given. Essential bars always stay.

        Parameters
        ----------
        min_persistence : float, optional
            Keep bars strictly longer than this.
        top : int, optional
            Keep the first `top` bars, counted from the longest over all bars of this barcode, essential ones
            included (and never dropped, even if there are more than `top`).

        Returns
        -------
        Barcode, in the same order, whose `selection` states the rule and its value.

        Raises
        ------
        ValueError
            If `min_persistence` is not a number or NaN, or `top` is not a non-negative integer.

        Examples
        --------
        >>> import numpy as np
        >>> import morsebar as mb
        >>> bars = mb.Barcode(np.array([[0.0, np.inf], [1.0, 4.0], [2.0, 2.5]]), degree=2)
        >>> bars.significant(top=2).diagram.tolist(), bars.significant(top=2).selection
        ([[0.0, inf], [1.0, 4.0]], 'top 2')
        """
        return self._select(min_persistence, top, [])

    def _select(
        self,
        min_persistence: float | None,
        top: int | None,
        criteria: list[tuple[NDArray[np.bool_], str]],
    ) -> Self:
        """Return the bars that meet every criterion; other `criteria` are masks, each with its rule."""
        keep = np.ones(len(self), dtype=np.bool_)
        rules = []
        if min_persistence is None and top is None and not criteria:
            threshold, rule = self._rule()
            keep &= self.persistence > threshold
            rules.append(rule)
        if min_persistence is not None:
            if not isinstance(min_persistence, Real) or math.isnan(min_persistence):
                raise ValueError(f"min_persistence: expected a number, got {min_persistence!r}")
            keep &= self.persistence > min_persistence
            rules.append(f"persistence > {min_persistence:.12g}")
        for mask, rule in criteria:
            keep &= mask
            rules.append(rule)
        if top is not None:
            longest = np.lexsort((self._names, self.births, -self.persistence))
            keep[longest[_count("top", top) :]] = False
            rules.append(f"top {top}")
        selection = " and ".join(rules if self.selection is None else [self.selection, *rules])
        return replace(self._take(keep | np.isinf(self.deaths)), selection=selection)

    def distance(self, other: Barcode, kind: DistanceKind = "bottleneck", *, order: float = 1.0) -> float:
        """Return how far apart two barcodes are, by the best way to match their bars.

        Two bars are as far apart as their births or their deaths are, whichever differ more; a bar may also
        be matched to nothing, at half its length. Essential bars are matched among themselves, in the order
        of their births. The bottleneck distance is the largest cost in the best matching, the Wasserstein
        distance of order p the p-th root of the sum of the p-th powers of the costs.

        Method: of finite bars GUDHI's bottleneck distance (Efrat, Itai & Katz 2001; Kerber, Morozov &
        Nigmetov 2017), and its Wasserstein distance by optimal transport (Lacombe, Cuturi & Oudot 2018).

        Parameters
        ----------
        other : Barcode
            Of the same degree.
        kind : "bottleneck" or "wasserstein"
        order : float
            The p of the Wasserstein distance, at least 1.

        Returns
        -------
        float
            In the units of the values; inf if the numbers of essential bars differ.

        Raises
        ------
        ValueError
            If `other` is not a barcode of the same degree, `kind` is something else, or `order` is below 1.
        ImportError
            If gudhi, or POT for "wasserstein", is missing (extra `distance`).

        Notes
        -----
        The bottleneck distance of the barcodes of two functions on one graph is at most the largest
        difference of their values (Cohen-Steiner, Edelsbrunner & Harer 2007); it is exact up to rounding.
        O(n^1.5 log^2 n) time for "bottleneck"; O(n^3) time and O(n^2) memory for "wasserstein": compare the
        `significant` bars where there are many.

        Examples
        --------
        >>> import morsebar as mb
        >>> bars = mb.merge_tree([0.0, 3.0, 1.0]).barcode()
        >>> other = mb.merge_tree([0.25, 3.5, 1.0]).barcode()
        >>> round(bars.distance(other), 9), round(bars.distance(other, "wasserstein"), 9)
        (0.5, 0.75)
        """
        from morsebar import distances

        if not isinstance(other, Barcode) or other.degree != self.degree:
            got = f"degree {other.degree}" if isinstance(other, Barcode) else repr(other)
            raise ValueError(f"other: expected a barcode of degree {self.degree}, got {got}")
        return distances.distance(self.diagram, other.diagram, kind, order)

    def to_pandas(self) -> DataFrame:
        """Return a pandas DataFrame, one row a bar, in the order of the barcode.

        Its `to_csv` and `to_parquet` write files.

        Returns
        -------
        DataFrame with columns degree, birth, death, persistence, and what else is known of each bar, as the
        subclass says; `frame.attrs["selection"]` is the rule that chose the bars, or None.

        Raises
        ------
        ImportError
            If pandas is missing (extra `pandas`).

        Examples
        --------
        >>> import numpy as np
        >>> import morsebar as mb
        >>> mb.Barcode(np.array([[0.0, 5.0]]), degree=1).to_pandas().values.tolist()
        [[1.0, 0.0, 5.0, 5.0]]
        """
        pandas = require("pandas", "pandas")
        frame: DataFrame = pandas.DataFrame(self._columns())
        frame.attrs["selection"] = self.selection
        return frame

    def _columns(self) -> dict[str, NDArray[Any]]:
        """Return the columns of the table."""
        return {
            "degree": np.full(len(self), self.degree),
            "birth": self.births,
            "death": self.deaths,
            "persistence": self.persistence,
        }

    def plot(self, ax: Axes | None = None, *, max_bars: int = 200) -> Axes:
        """Draw the bars, sorted by birth, over the axis of values: see `morsebar.plots.barcode`."""
        from morsebar import plots

        return plots.barcode(self, ax, max_bars=max_bars)

    def plot_persistence(self, ax: Axes | None = None) -> Axes:
        """Draw how many bars are longer than a threshold: see `morsebar.plots.persistence_curve`."""
        from morsebar import plots

        return plots.persistence_curve(self, ax)

    def __repr__(self) -> str:
        """Say how many bars there are, which stand out, and the longest."""
        n = len(self)
        lines = [self._head()]
        if not math.isnan(self.value_range[0]):
            lines.append(f"values     {_span(*self.value_range)}")
        if n == 0:
            return "\n  ".join(lines if self.selection is None else [*lines, f"selected   {self.selection}"])
        lines.append(f"births     {_span(self.births.min(), self.births.max())}")
        if self.selection is None:
            chosen = self.significant()
            lines.append(f"stand out  {counted(len(chosen), 'bar')}: {chosen.selection}")
        else:
            lines.append(f"selected   {self.selection}")
        lines += self._remarks()
        essential = np.isinf(self.deaths)
        for name, which in (("essential", essential), ("finite", ~essential)):
            if which.any():
                lines.append(f"{name:<9}  {_listed(self.diagram[which])}")
        return "\n  ".join(lines)

    def _head(self) -> str:
        """Return the first line of the repr."""
        essential = f"{self.n_essential:,}" if self.n_essential else "none"
        return f"Barcode of degree {self.degree}: {counted(len(self), 'bar')}, {essential} essential"

    def _remarks(self) -> list[str]:
        """Return lines of the repr that only some barcodes have."""
        return []


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


def _span(low: float, high: float) -> str:
    return f"{low:.6g} to {high:.6g}"


def _listed(diagram: NDArray[np.float64]) -> str:
    shown = [f"[{birth:.5g}, {death:.5g})" for birth, death in diagram[:_LISTED_BARS].tolist()]
    return ", ".join([*shown, "..."] if len(diagram) > _LISTED_BARS else shown)
