"""Pictures of barcodes: one line a bar over the axis of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from morsebar._extras import require
from morsebar.minima_barcode import MinimaBarcode
from morsebar.plots.marks import mark_minimum, mark_saddle
from morsebar.plots.standing_out import Numbers, noun, rule, standing_out, value_limits
from morsebar.plots.style import LONG, SHORT, BoolArray, FloatArray, axes_for, layout, scale, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from morsebar.barcode import Barcode

__all__ = ["barcode"]


def barcode(
    bars: Barcode,
    ax: Axes | None = None,
    *,
    color_by: Literal["size"] | None = None,
    max_bars: int = 200,
) -> Axes:
    """Draw one horizontal line per bar over the axis of values, stacked by birth, the lowest at the bottom.

    Essential bars end in an arrow. Bars that stand out, by `Barcode.significant` or because `bars` is such
    a selection already, are thick and get more room than the others; the title says how many they are
    and by which rule. Of more than `max_bars` bars the longest are drawn, and the label of the vertical
    axis says so.

    Parameters
    ----------
    bars : Barcode
        The bars to draw.
    ax : Axes, optional
        Where to draw; by default a new figure.
    color_by : "size", optional
        Colour every bar by the number of its vertices, on a logarithmic scale with a colour bar.
    max_bars : int
        Draw at most that many bars.

    Returns
    -------
    Axes
        The Axes drawn into.

    Raises
    ------
    ImportError
        If matplotlib is missing (extra `plot`).
    ValueError
        If `color_by` is something else, or sizes are not known; if `max_bars` is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> import morsebar as mb
    >>> from matplotlib.figure import Figure
    >>> bars = mb.merge_tree(np.array([3.0, 0.0, 4.0, 1.0, 2.5, 2.0, 6.0])).barcode()
    >>> ax = bars.plot(Figure().subplots())
    >>> print(ax.get_title(loc="left"))
    2 of 3 minima stand out
    persistence > 1.2 (largest gap in log-persistence)
    """
    check(bars, color_by, max_bars)
    ax = axes_for(ax, **layout(0))
    draw_bars(ax, bars, {}, color_by=color_by, max_bars=max_bars)
    return ax


def check(bars: Barcode, color_by: str | None, max_bars: int) -> None:
    """Refuse options that make no sense for these bars."""
    if color_by not in (None, "size"):
        raise ValueError(f"color_by: expected None or 'size', got {color_by!r}")
    if color_by is not None:
        if not isinstance(bars, MinimaBarcode):
            raise ValueError(f"color_by: bars of degree {bars.degree} have no sizes")
        bars._check_sizes("color_by")
    if max_bars < 1:
        raise ValueError(f"max_bars: expected at least 1, got {max_bars}")


def _rows(wide: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return centre and height of every row; the wide ones get as much room as all others, or more."""
    n_wide = int(np.count_nonzero(wide))
    heights = np.where(wide, max(1.0, (len(wide) - n_wide) / max(n_wide, 1)), 1.0)
    return np.cumsum(heights) - heights / 2, heights


def draw_bars(
    ax: Axes, bars: Barcode, labels: Numbers, *, color_by: str | None, max_bars: int, upright: bool = False
) -> None:
    """Draw the bars into Axes; those with a label get its number and a diamond where they die."""
    collections = require("matplotlib.collections", "plot")
    longest = np.lexsort((bars._names, bars.births, -bars.persistence))[:max_bars]
    drawn = longest[np.lexsort((bars._names[longest], bars.births[longest]))]
    titled(ax, None, rule(bars))
    _label_bar_axes(ax, len(drawn), bars, upright)
    if not len(drawn):
        ax.set_xticks([])
        ax.set_yticks([])
        return
    births, deaths, is_long = bars.births[drawn], bars.deaths[drawn], standing_out(bars)[drawn]
    essential = np.isinf(deaths)
    low, high = value_limits(bars[drawn])
    # Arrows end beyond the last death: they cannot be taken for bars that die there.
    ends = np.where(essential, high + 0.08 * (high - low), deaths)
    numbered = np.isin(drawn, list(labels))
    centres, heights = _rows(numbered if labels else is_long)
    segments = np.stack([np.column_stack([births, centres]), np.column_stack([ends, centres])], axis=1)
    if upright:
        segments = segments[:, :, ::-1]
    extent = ax.get_window_extent()
    points_a_unit = 72 / ax.figure.dpi * (extent.width if upright else extent.height) / heights.sum()
    # Lines thinner than half a point vanish, thicker than five look like boxes.
    widths = np.clip(0.6 * heights * points_a_unit, np.where(is_long, 0.8, 0.4), np.where(is_long, 5.0, 2.5))
    colors = _colors(ax, bars[drawn], is_long, color_by)
    for name, which, layer in (("short", ~is_long, 2), ("long", is_long, 3)):
        lines = collections.LineCollection(
            segments[which], linewidths=widths[which], colors=colors[which], gid=name, zorder=layer
        )
        # Else thin lines fall on whole pixels, and gaps between them come and go.
        lines.set_snap(False)
        ax.add_collection(lines, autolim=False)
    tips = segments[essential, 1]
    style: dict[str, Any] = {"marker": "^" if upright else ">", "c": colors[essential], "gid": "essential"}
    ax.scatter(tips[:, 0], tips[:, 1], s=42, zorder=4, **style)
    for row in np.flatnonzero(numbered):
        mark_minimum(ax, segments[row, 0], labels[int(drawn[row])])
        if not essential[row]:
            mark_saddle(ax, segments[row, 1], "")
    margins = low - 0.06 * (high - low), high + 0.11 * (high - low)
    rows = -0.02 * heights.sum(), 1.02 * heights.sum()
    ax.set(xlim=rows if upright else margins, ylim=margins if upright else rows)


def _label_bar_axes(ax: Axes, n_drawn: int, bars: Barcode, upright: bool) -> None:
    stack = f"{noun(bars)}, lowest {'on the left' if upright else 'at the bottom'}"
    if n_drawn < len(bars):
        stack += f"\n({n_drawn:,} longest of {len(bars):,} drawn)"
    ax.set(xlabel=stack if upright else "value", ylabel="value" if upright else stack)
    (ax.set_xticks if upright else ax.set_yticks)([])
    ax.spines[["top", "right", "bottom" if upright else "left"]].set_visible(False)


def _colors(ax: Axes, bars: Barcode, is_long: BoolArray, color_by: str | None) -> FloatArray:
    colors = require("matplotlib.colors", "plot")
    if color_by is None or not isinstance(bars, MinimaBarcode):
        return np.array([colors.to_rgba(LONG if long else SHORT) for long in is_long])
    norm = colors.LogNorm(1, max(2, int(bars.sizes.max())))
    shades = require("matplotlib.cm", "plot").ScalarMappable(norm, scale(is_size=True))
    ax.figure.colorbar(shades, ax=ax, label="size (vertices)")
    return np.asarray(shades.to_rgba(bars.sizes), dtype=np.float64)
