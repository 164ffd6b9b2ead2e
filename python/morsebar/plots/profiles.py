"""Topological profiles: a landscape of any dimension as a curve with the same valleys, of the same sizes."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from morsebar.plots.marks import Room, mark_minima, mark_saddles
from morsebar.plots.standing_out import rule, standing_out, value_limits
from morsebar.plots.style import LONG, FloatArray, axes_for, layout, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from morsebar.merge_tree import MergeTree
    from morsebar.minima_barcode import MinimaBarcode

__all__ = ["Profile", "profile", "profile_curve"]

#: What is drawn of one side of a valley, at most, and of all of them, about.
_SIDE_POINTS, _ALL_POINTS = 100, 2000
#: Above, lines are thinner.
_MANY = 40

#: A slope, as offsets from the minimum of its valley and values, from the inside out; or another valley.
_Piece: TypeAlias = "tuple[FloatArray, FloatArray] | int"


@dataclass(frozen=True)
class Profile:
    """A curve with the valleys of a merge tree.

    Parameters
    ----------
    x, y : (n,) the curve: samples counted from the left, and values.
    minima : (n_bars, 2) the places of the minima on it, in the order of the bars.
    saddles : (n_bars, 2) the places where two valleys meet, rows of NaN for essential bars.
    """

    x: FloatArray
    y: FloatArray
    minima: FloatArray
    saddles: FloatArray


@dataclass
class _Valley:
    """A component as it grows: how far it reaches to the left and to the right of its minimum."""

    left: float = 0.0
    right: float = 0.0
    pieces: tuple[list[_Piece], list[_Piece]] = field(default_factory=lambda: ([], []))
    #: Where its minimum is: relative to that of its parent, and in the end from the left.
    place: float = 0.0


def profile(
    tree: MergeTree,
    bars: MinimaBarcode,
    ax: Axes | None = None,
    *,
    max_bars: int = 200,
    name: str | None = None,
) -> Axes:
    """Draw a merge tree as a landscape in one dimension: every basin is a valley, as wide as it has samples.

    The idea is that of topological landscapes (Weber, Bremer & Pascucci 2007) and their profiles (Oesterling
    et al. 2013), here with exact heights and widths. The curve has the bars of the tree, and below every
    level as much room as there are samples: a valley is as wide, at each height, as its component is large.
    Valleys meet at their saddles; the shallower one joins the older on the side that is the shorter so far.
    What lies above all saddles rises on both sides; where it towers over them it is cut off. Components of
    the graph stand side by side, divided by gaps.

    Drawn are the bars that stand out, at most the `max_bars` longest of them: the title says which, and the
    label of the horizontal axis how many; valleys that are not drawn belong to the nearest ancestor that is.
    Discs and diamonds mark the minima and saddles of the first twelve, with the numbers of `land.plot()`,
    but those that would cover another mark.

    Parameters
    ----------
    tree : MergeTree
        What to draw.
    bars : MinimaBarcode
        Bars of that tree.
    ax : Axes, optional
        Where to draw; by default a new figure.
    max_bars : int
        Draw at most that many valleys.
    name : str, optional
        What the values are, for the title.

    Returns
    -------
    Axes

    Raises
    ------
    ImportError
        If matplotlib is missing (extra `plot`).
    ValueError
        If `max_bars` is below 1.

    Examples
    --------
    >>> import morsebar as mb
    >>> from matplotlib.figure import Figure
    >>> land = mb.landscape(mb.objectives.get("rastrigin", d=4), n_samples=20_000, sampler="grid")
    >>> ax = land.plot_profile(Figure().subplots())
    >>> ax.get_xlabel()
    'share of the samples'
    """
    if max_bars < 1:
        raise ValueError(f"max_bars: expected at least 1, got {max_bars}")
    ax = axes_for(ax, **layout(0))
    chosen = bars[standing_out(bars)]
    longest = np.lexsort((chosen.minima, chosen.births, -chosen.persistence))[:max_bars]
    drawn = chosen[longest]
    titled(ax, name, rule(bars))
    label = "share of the samples"
    if len(drawn) < len(chosen):
        label += f"\n({len(drawn):,} longest of {len(chosen):,} that stand out drawn)"
    ax.set(xlabel=label, ylabel="value")
    ax.spines[["top", "right"]].set_visible(False)
    if not len(drawn):
        ax.set_xticks([])
        ax.set_yticks([])
        return ax
    curve = profile_curve(tree, drawn)
    width = np.nanmax(curve.x)
    low, high = value_limits(drawn)
    top = min(float(np.nanmax(curve.y)), high + 0.6 * (high - low))
    bottom = low - 0.09 * (high - low)
    shown = curve.x[curve.y <= top] / width
    margin = 0.02 * (shown.max() - shown.min())
    ends = max(0.0, shown.min() - margin), min(1.0, shown.max() + margin)
    ax.set(xlim=ends, ylim=(bottom, max(top, high) + 0.04 * (high - low)))
    ax.fill_between(curve.x / width, curve.y, bottom, color="#DCE9F2", linewidth=0, gid="ground", zorder=1)
    ax.plot(
        curve.x / width,
        curve.y,
        color=LONG,
        linewidth=1.1 if len(drawn) <= _MANY else 0.5,
        gid="profile",
        zorder=2,
    )
    room = Room(ax)
    mark_minima(ax, curve.minima / [width, 1.0], room, others=False)
    mark_saddles(ax, curve.saddles / [width, 1.0], room, others=False)
    return ax


def profile_curve(tree: MergeTree, bars: MinimaBarcode) -> Profile:
    """Lay out the valleys of some bars of a tree.

    Parameters
    ----------
    tree : MergeTree
    bars : MinimaBarcode
        Some of its bars: all longer than some length, essential ones included.

    Returns
    -------
    Profile

    Notes
    -----
    O(n log n) for n samples. Slopes with many samples are thinned, the ends excepted.

    Examples
    --------
    >>> import morsebar as mb
    >>> from morsebar.plots.profiles import profile_curve
    >>> tree = mb.merge_tree([0.0, 3.0, 1.0, 2.0])
    >>> curve = profile_curve(tree, tree.barcode())
    >>> curve.x.tolist()
    [0.0, 0.5, 1.0, 1.5, 1.5, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]
    >>> curve.y.tolist()
    [3.0, 0.0, 0.0, 0.0, 3.0, 2.0, 1.0, 1.0, 1.0, 2.0, 3.0]
    """
    by_minimum = np.argsort(tree.minima)
    # Of each bar its number in the tree, and back, -1 for bars that are left out.
    numbers = by_minimum[np.searchsorted(tree.minima, bars.minima, sorter=by_minimum)]
    places = np.full(len(tree.minima) + 1, -1, dtype=np.int64)
    places[numbers] = np.arange(len(bars))
    kept = places[:-1] >= 0
    targets = np.append(places[tree._nearest_kept(kept)], -1)
    own = _own_values(tree, targets, len(bars))
    n_points = int(np.clip(_ALL_POINTS // max(len(bars), 1), 8, _SIDE_POINTS))
    # What is no parent has the greatest number there is.
    parents = targets[np.minimum(tree.parents[numbers], len(tree.minima))].tolist()
    valleys = [_Valley() for _ in range(len(bars))]
    children: list[list[int]] = [[] for _ in range(len(bars))]
    # A tree numbers its bars by falling death: backwards, a valley is complete before it joins its parent.
    order = np.argsort(-numbers).tolist()
    for bar in order:
        done = 0
        for child in children[bar]:
            until = int(np.searchsorted(own[bar], bars.deaths[child]))
            _grow(valleys[bar], own[bar][done:until], n_points)
            _join(valleys[bar], valleys[child], child)
            done = until
        _grow(valleys[bar], own[bar][done:], n_points)
        if parents[bar] >= 0:
            children[parents[bar]].append(bar)
    # In halves, as everything else is: sums are exact, and places rise.
    start, gap = 0.0, 0.5 * ceil(0.04 * sum(map(len, own)))
    roots = [bar for bar in range(len(bars)) if parents[bar] < 0]
    for root in roots:
        valleys[root].place = start + valleys[root].left
        start = valleys[root].place + valleys[root].right + gap
    for bar in reversed(order):
        if parents[bar] >= 0:
            valleys[bar].place += valleys[parents[bar]].place
    return _assemble(bars, valleys, roots)


def _own_values(tree: MergeTree, targets: NDArray[np.int64], n_bars: int) -> list[FloatArray]:
    """Return the sorted values of the samples that belong to each bar, `targets` of the bars of the tree."""
    target = targets[np.minimum(tree.branches, len(targets) - 1)]
    values = tree.values.reshape(-1).astype(np.float64)
    order = np.lexsort((values, target))
    ends = np.searchsorted(target[order], np.arange(n_bars + 1))
    return [values[order[start:end]] for start, end in pairwise(ends.tolist())]


def _grow(valley: _Valley, values: FloatArray, n_points: int) -> None:
    """Let samples of rising value in, half of each on either side; at most `n_points` are drawn on each."""
    if not len(values):
        return
    seen = np.unique(np.linspace(0, len(values) - 1, n_points).astype(np.intp))
    reach: FloatArray = 0.5 * (seen.astype(np.float64) + 1.0)
    valley.pieces[0].append((-valley.left - reach, values[seen]))
    valley.pieces[1].append((valley.right + reach, values[seen]))
    valley.left += 0.5 * len(values)
    valley.right += 0.5 * len(values)


def _join(valley: _Valley, other: _Valley, number: int) -> None:
    """Put another valley beside one, on the side that is the shorter; its place is relative to the first."""
    if valley.right <= valley.left:
        other.place = valley.right + other.left
        valley.right += other.left + other.right
        valley.pieces[1].append(number)
    else:
        other.place = -valley.left - other.right
        valley.left += other.left + other.right
        valley.pieces[0].append(number)


def _assemble(bars: MinimaBarcode, valleys: list[_Valley], roots: list[int]) -> Profile:
    """Go over the valleys from left to right, without recursion."""
    saddles = np.full((len(bars), 2), np.nan)
    x: list[FloatArray] = []
    y: list[FloatArray] = []

    def emit(xs: FloatArray, ys: FloatArray) -> None:
        x.append(xs)
        y.append(ys)

    def pass_at(at: float, bar: int) -> None:
        saddles[bar] = at, bars.deaths[bar]
        emit(saddles[bar, :1], saddles[bar, 1:])

    for root in roots:
        if x:
            # A gap in the curve.
            emit(np.array([np.nan]), np.array([np.nan]))
        # What is still to be drawn: a valley and how many of its pieces are done, those on the left reversed.
        todo = [(root, 0)]
        while todo:
            bar, done = todo.pop()
            valley = valleys[bar]
            left, right = valley.pieces
            n_left = len(left)
            if 0 < done <= n_left and isinstance(inner := left[n_left - done], int):
                pass_at(valleys[inner].place + valleys[inner].right, inner)
            if done == n_left:
                emit(np.array([valley.place]), bars.births[bar : bar + 1])
            if done == n_left + len(right):
                continue
            todo.append((bar, done + 1))
            on_left = done < n_left
            piece = left[n_left - 1 - done] if on_left else right[done - n_left]
            if not isinstance(piece, int):
                step = -1 if on_left else 1
                emit(valley.place + piece[0][::step], piece[1][::step])
                continue
            if not on_left:
                pass_at(valleys[piece].place - valleys[piece].left, piece)
            todo.append((piece, 0))
    minima = np.column_stack([[valley.place for valley in valleys], bars.births])
    return Profile(np.concatenate(x), np.concatenate(y), minima, saddles)
