"""Disconnectivity graphs: minima hang at their values, branches join at their barriers."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._extras import require
from morsebar.plots.branch_colors import ColorBy, branch_colors, check_color_by
from morsebar.plots.branch_layout import BranchLayout, branch_layout, joined_at
from morsebar.plots.simplified_tree import SimplifiedTree, simplified_tree
from morsebar.plots.style import INK, FloatArray, axes_for, titled
from morsebar.sampling import check_choice, check_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from morsebar.merge_tree import MergeTree

__all__ = ["MAX_LEAVES", "disconnectivity"]

Order = Literal["size", "depth"]

#: As many as can have a number each below them.
MAX_LEAVES = 50
#: Height of a shoulder in parts of the range of values.
_SLANT = 0.05
_NUMBER_SIZE = 6.0
#: As many bars make a fan that fills its room, or the most there are; few make a narrow one.
_WIDE = 20
#: More branches than this are an image also in vector formats.
_MAX_LINES = 10_000
#: Texts are slow to draw; of more fans the largest have numbers.
_MAX_NUMBERS = 200


def disconnectivity(
    tree: MergeTree,
    ax: Axes | None = None,
    *,
    order: Order = "size",
    color_by: ColorBy = None,
    levels: int | ArrayLike | None = None,
    min_persistence: float = 0.0,
    max_leaves: int | None = MAX_LEAVES,
    name: str | None = None,
) -> Axes:
    """Draw the disconnectivity graph of a merge tree.

    A vertical line for every minimum ends at its value; it joins the line of its parent, by a slanted
    shoulder, at the barrier between them (Becker & Karplus, J. Chem. Phys. 106, 1495, 1997; Wales, Miller &
    Walsh, Nature 394, 758, 1998). Positions along the horizontal axis mean nothing: they are chosen such that
    no branches cross, and the global minimum stands in the middle of its branches.

    Bars that are cut are shaded fans around the line they were cut from, the wider at a level the more of
    them are alive there (on a logarithmic scale), with their number below it. The title says how many they
    are and how persistent.

    Parameters
    ----------
    tree : MergeTree
        The tree to draw.
    ax : Axes, optional
        Where to draw; by default a new figure.
    order : "size" or "depth"
        Which branches of a line are placed first, each on its narrower side, and nearer to it where
        several join at one level: the ones of most vertices, or of the lowest minimum.
    color_by : None, "size", "value" or an array with an entry for every bar of ``tree.barcode()``, optional
        Colour every branch by its number of vertices (logarithmic), by the value of its minimum, or by the
        array: floating-point numbers are a scale, anything else (integers, booleans, strings) names groups.
    levels : int or (k,) rising numbers, optional
        The classic picture: branches join at the first of these levels that is not below their barrier. An
        integer is the number of equal steps from the lowest minimum to the highest barrier. Branches
        whose barrier is above the last level stay apart. By default they join at their barriers.
    min_persistence : float
        Draw bars strictly longer than this.
    max_leaves : int or None
        Draw at most that many bars, the longest; None for all. Essential bars are always drawn.
    name : str, optional
        What the values are, for the title.

    Returns
    -------
    Axes
        The Axes drawn into.

    Raises
    ------
    ImportError
        If matplotlib is missing (extra `plot`).
    ValueError
        For arguments that are not as above, named in the message.

    Notes
    -----
    O(m log m) for m bars, without recursion.

    Examples
    --------
    >>> import morsebar as mb
    >>> from matplotlib.figure import Figure
    >>> tree = mb.merge_tree([0.0, 9.0, 1.0, 8.0, 2.0, 2.5, 2.1, 8.0])
    >>> ax = tree.plot_disconnectivity(Figure().subplots(), max_leaves=3)
    >>> print(ax.get_title(loc="left"))
    3 of 4 minima drawn
    shaded fans: 1 cut, of persistence at most 0.4
    """
    check_choice("order", order, Order)
    if not min_persistence >= 0:
        raise ValueError(f"min_persistence: expected a number of at least 0, got {min_persistence!r}")
    if max_leaves is not None:
        max_leaves = check_count("max_leaves", max_leaves)
    simple = simplified_tree(tree, min_persistence, max_leaves)
    colors = check_color_by(color_by, len(simple.bars) + len(simple.owners))
    low, high = _limits(tree, simple)
    steps = _levels(levels, low, high)
    ax = axes_for(ax, figsize=(8.0, 5.0), layout="constrained")
    ax.set(xticks=[], xlabel="minima", ylabel="value")
    ax.spines[["top", "right", "bottom"]].set_visible(False)
    lines = simple.caption()
    if len(simple.bars):
        tops, parents = joined_at(simple.deaths, simple.parents, steps)
        lines += _caption_of_levels(steps, simple, tops)
        _draw(ax, simple, tops, parents, colors, order, steps, (low, high))
    titled(ax, name, lines, 70)
    return ax


def _limits(tree: MergeTree, simple: SimplifiedTree) -> tuple[float, float]:
    """Return the lowest minimum and the highest barrier; where there is none, the highest value."""
    if not len(simple.bars):
        return (0.0, 1.0)
    deaths = np.concatenate([simple.deaths[np.isfinite(simple.deaths)], simple.cut_deaths])
    low = float(simple.births.min())
    high = float(deaths.max()) if len(deaths) else tree.value_range[1]
    high = max(high, float(simple.births.max()))
    return (low, high) if high > low else (low, low + 1.0)


def _levels(levels: int | ArrayLike | None, low: float, high: float) -> FloatArray | None:
    """Return rising levels, or None for exact barriers."""
    if levels is None:
        return None
    if isinstance(levels, Integral):
        return np.linspace(low, high, check_count("levels", int(levels)) + 1)[1:]
    try:
        array = np.asarray(levels, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim != 1 or not len(array) or not np.isfinite(array).all() or (np.diff(array) <= 0).any():
        raise ValueError(f"levels: expected None, an integer or rising finite numbers, got {levels!r}")
    return array


def _caption_of_levels(steps: FloatArray | None, simple: SimplifiedTree, tops: FloatArray) -> list[str]:
    if steps is None:
        return []
    at = (
        f"{len(steps):,} levels from {steps[0]:.4g} to {steps[-1]:.4g}"
        if len(steps) > 1
        else f"{steps[0]:.4g}"
    )
    apart = int(np.count_nonzero(np.isinf(tops) & np.isfinite(simple.deaths)))
    return [f"barriers raised to {at}" + (f"; {apart:,} above, not joined" if apart else "")]


def _draw(
    ax: Axes,
    simple: SimplifiedTree,
    tops: FloatArray,
    parents: NDArray[np.intp],
    color_by: NDArray[np.generic] | str | None,
    order: Order,
    steps: FloatArray | None,
    limits: tuple[float, float],
) -> None:
    collections = require("matplotlib.collections", "plot")
    low, high = limits
    if steps is not None:
        joined = tops[np.isfinite(tops)]
        high = max(high, float(joined.max(initial=high)))
    n_cut = simple.n_cut
    # Wider where most were cut. Multiples of a quarter, so that sums of them are exact.
    slots = 1 + np.floor(8 * np.sqrt(n_cut / max(1, n_cut.max()))) / 4
    slant = _SLANT * (high - low)
    if steps is not None and len(steps) > 1:
        slant = min(2 * slant, float(np.diff(steps).min()))
    layout = branch_layout(
        simple.births, tops, parents, sizes=simple.sizes, slots=slots, slant=slant, order=order
    )
    colors = branch_colors(ax, simple, color_by)
    polylines = layout.polylines(simple.births, high + 0.05 * (high - low))
    left, right = float(layout.lefts.min()), float(layout.rights.max())
    left, right = left - 0.015 * (right - left), right + 0.015 * (right - left)
    ax.set(xlim=(left, right), ylim=(low - 0.04 * (high - low), high + 0.07 * (high - low)))
    ax.figure.canvas.figure.draw_without_rendering()  # constrained layout decides how wide a slot is
    points_a_unit = 72 / ax.figure.dpi * ax.get_window_extent().width / (right - left)
    if steps is not None and len(steps) <= 60:
        ax.hlines(steps, left, right, colors="#E4E4E4", linewidths=0.5, zorder=0, gid="levels")
    ax.add_collection(
        collections.LineCollection(
            polylines,
            linewidths=float(np.clip(0.25 * points_a_unit, 0.25, 1.4)),
            colors=colors,
            capstyle="round",
            joinstyle="round",
            gid="branches",
            zorder=2,
            # Each is some 200 bytes of a vector format.
            rasterized=len(polylines) > _MAX_LINES,
        ),
        autolim=False,
    )
    if n_cut.any():
        fans = _fans(simple, layout, slots)
        faces = colors[n_cut > 0]
        faces[:, 3] = 0.25
        ax.add_collection(
            collections.PolyCollection(fans, facecolors=faces, linewidths=0, gid="fans", zorder=1),
            autolim=False,
        )
        _number(ax, simple, layout.x, n_cut, slots, points_a_unit)


def _fans(simple: SimplifiedTree, layout: BranchLayout, slots: FloatArray) -> FloatArray:
    """Return the outline of the fan of every bar that others were cut from, (n, k, 2).

    A fan reaches from the lowest cut minimum to the highest cut barrier, and its width at a level grows with
    the logarithm of how many cut bars are alive there.
    """
    owners, place = np.unique(simple.owners, return_inverse=True)
    n = len(owners)
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, place, simple.cut_births)
    np.maximum.at(high, place, simple.cut_deaths)
    bins = int(np.clip(20_000 // n, 3, 40))
    height = ((high - low) / bins)[place]
    first = np.minimum(((simple.cut_births - low[place]) / height).astype(np.intp), bins - 1)
    last = np.clip(np.ceil((simple.cut_deaths - low[place]) / height).astype(np.intp), first + 1, bins)
    changes = np.zeros((n, bins + 1))
    np.add.at(changes, (place, first), 1)
    np.add.at(changes, (place, last), -1)
    alive = np.cumsum(changes, axis=1)[:, :bins]
    # Pointed at both ends; within the slot of the bar, that nothing else enters.
    widths = np.zeros((n, bins + 2))
    widths[:, 1:-1] = 0.45 * slots[owners, None] * np.log1p(alive) / np.log1p(max(_WIDE, alive.max()))
    at = np.concatenate([[0.0], np.arange(bins) + 0.5, [bins]]) / bins
    levels = low[:, None] + (high - low)[:, None] * at
    x = layout.x[owners, None]
    sides = [np.stack([x + sign * widths, levels], axis=-1) for sign in (1, -1)]
    return np.concatenate([sides[0], sides[1][:, ::-1]], axis=1)


def _number(
    ax: Axes,
    simple: SimplifiedTree,
    x: FloatArray,
    n_cut: NDArray[np.int64],
    slots: FloatArray,
    points_a_unit: float,
) -> None:
    """Write below every minimum how many bars were cut from it; upright where slots are narrow."""
    fans = np.flatnonzero(n_cut)
    fans = fans[np.argsort(-n_cut[fans], kind="stable")]
    texts = [f"{count:,}" for count in n_cut[fans].tolist()]
    room = slots[fans] * points_a_unit
    flat = all(
        0.62 * _NUMBER_SIZE * len(text) < width for text, width in zip(texts, room.tolist(), strict=True)
    )
    longest = max(len(text) for text in texts) if not flat else 2
    written = [
        (bar, text)
        for bar, text, width in zip(fans.tolist(), texts, room.tolist(), strict=True)
        if flat or width >= _NUMBER_SIZE
    ][:_MAX_NUMBERS]
    for bar, text in written:
        ax.annotate(
            text,
            (x[bar], simple.births[bar]),
            xytext=(0, -3),
            textcoords="offset points",
            ha="center",
            va="top",
            rotation=0 if flat else 90,
            fontsize=_NUMBER_SIZE,
            color=INK,
            gid="number",
        )
    # Room for the numbers below the lowest minimum.
    low, high = ax.get_ylim()
    height = 72 / ax.figure.dpi * ax.get_window_extent().height
    needed = 5 + 0.62 * _NUMBER_SIZE * longest
    share = min(0.4, needed / height)
    bottom = float(simple.births.min())
    ax.set_ylim(min(low, bottom - share / (1 - share) * (high - bottom)), high)
    if len(written) < len(fans):
        ax.set_xlabel(f"minima (of {len(fans):,} fans {len(written):,} have room for their number)")
