"""Pictures of barcodes and landscapes with matplotlib (extra `plot`).

Every function draws into the Axes it is given, or into a new pyplot figure where none is, and returns
Axes. Nothing is shown, saved or set globally.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from morsebar._extras import require
from morsebar.graph import Grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import ContourSet

    from morsebar.barcode import Barcode
    from morsebar.landscape import Landscape

__all__ = ["barcode", "landscape"]

AxesArray: TypeAlias = NDArray[np.object_]
FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]
Labels: TypeAlias = dict[int, str]

# Blue and vermillion of the Okabe-Ito palette, and greys: told apart with any colour vision.
_LONG, _SHORT, _SADDLE, _INK = "#0072B2", "#B4B4B4", "#D55E00", "#333333"
_MAX_LABELS = 12
_MAX_POINTS = 20_000
_MAX_SIDE = 400
_N_LEVELS = 16


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
        If `color_by` is something else, or `max_bars` below 1.

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
    _check(color_by, max_bars)
    if ax is None:
        _, ax = require("matplotlib.pyplot", "plot").subplots(**layout(0))
    assert ax is not None
    _draw_bars(ax, bars, {}, color_by=color_by, max_bars=max_bars)
    return ax


def landscape(
    land: Landscape,
    ax: Axes | Sequence[Axes] | AxesArray | None = None,
    *,
    color_by: Literal["size"] | None = None,
    max_bars: int = 200,
) -> AxesArray:
    """Draw a landscape: its graph (d = 1) or its contours (d = 2), and its barcode beside it.

    The minima that stand out are numbered from the longest bar on, the first twelve of them, in both
    panels; diamonds mark the saddles where they die. In one dimension the bars stand upright and share the
    axis of values. In two dimensions the contour levels are quantiles of the values, so that steep walls
    do not hide the wells; dark lines mark the levels of the saddles, unless more stand out than can be
    numbered. Above two dimensions only the barcode is drawn. Large samples are thinned, always in the same
    way.

    Parameters
    ----------
    land : Landscape
        What to draw.
    ax : Axes or a sequence of two Axes, optional
        Where to draw: two Axes for d <= 2, one above; by default a new figure.
    color_by : "size", optional
        As for `barcode`.
    max_bars : int
        As for `barcode`.

    Returns
    -------
    array of Axes
        Of shape (2,), graph and barcode, for d <= 2; of shape (1,) above.

    Raises
    ------
    ImportError
        If matplotlib is missing (extra `plot`).
    ValueError
        If `ax` does not hold as many Axes as are drawn; as for `barcode`.

    Examples
    --------
    >>> import morsebar as mb
    >>> from matplotlib.figure import Figure
    >>> land = mb.landscape(mb.objectives.himmelblau, n_samples=1000, sampler="grid")
    >>> land.plot(Figure().subplots(1, 2)).shape
    (2,)
    """
    _check(color_by, max_bars)
    d = land.points.shape[1]
    if ax is None:
        _, ax = require("matplotlib.pyplot", "plot").subplots(**layout(d))
    axes = np.atleast_1d(np.asarray(ax, dtype=np.object_)).ravel()
    expected = 2 if d in (1, 2) else 1
    if len(axes) != expected:
        raise ValueError(f"ax: expected {expected} Axes for a landscape of dimension {d}, got {len(axes)}")
    labels = _labels(land.barcode) if expected == 2 else {}
    if d == 1:
        _draw_curve(axes[0], land)
    elif d == 2:
        _draw_map(axes[0], land, labels)
    _draw_bars(axes[-1], land.barcode, labels, color_by=color_by, max_bars=max_bars, upright=d == 1)
    if expected == 2:
        _mark_critical(axes[0], land, labels)
    if d == 1:
        axes[1].set_ylim(axes[0].get_ylim())
    return axes


def layout(d: int) -> dict[str, Any]:
    """Return the arguments of `subplots` that suit a landscape of dimension d."""
    if d not in (1, 2):
        return {"figsize": (6.4, 4.0), "layout": "constrained"}
    return {"ncols": 2, "figsize": (10.4, 4.4), "layout": "constrained", "width_ratios": [6, 5]}


def _check(color_by: str | None, max_bars: int) -> None:
    if color_by not in (None, "size"):
        raise ValueError(f"color_by: expected None or 'size', got {color_by!r}")
    if max_bars < 1:
        raise ValueError(f"max_bars: expected at least 1, got {max_bars}")


def _standing_out(bars: Barcode) -> BoolArray:
    if bars.selection is not None:
        return np.ones(len(bars), dtype=np.bool_)
    return np.isinf(bars.deaths) | (bars.persistence > bars.threshold())


def _labels(bars: Barcode) -> Labels:
    """Return the numbers of the bars that stand out, longest first: index of the bar -> label."""
    chosen = np.flatnonzero(_standing_out(bars))[:_MAX_LABELS]
    return {int(bar): str(number) for number, bar in enumerate(chosen, start=1)}


def _title(bars: Barcode) -> str:
    if bars.selection is not None:
        head, rule = f"{len(bars):,} minima selected", bars.selection
    else:
        chosen = bars.significant()
        head, rule = f"{len(chosen):,} of {len(bars):,} minima stand out", str(chosen.selection)
    return "\n".join([head, *textwrap.wrap(rule, 54)])


def _value_limits(bars: Barcode) -> tuple[float, float]:
    """Return the lowest birth and the highest finite death; where nothing dies, the highest value."""
    deaths = bars.deaths[np.isfinite(bars.deaths)]
    low = float(bars.births.min())
    high = float(deaths.max()) if deaths.size else bars.value_range[1]
    return (low, high) if high > low else (low, low + 1.0)


def _rows(wide: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return centre and height of every row; the wide ones get as much room as all others, or more."""
    n_wide = int(np.count_nonzero(wide))
    heights = np.where(wide, max(1.0, (len(wide) - n_wide) / max(n_wide, 1)), 1.0)
    return np.cumsum(heights) - heights / 2, heights


def _draw_bars(
    ax: Axes, bars: Barcode, labels: Labels, *, color_by: str | None, max_bars: int, upright: bool = False
) -> None:
    collections = require("matplotlib.collections", "plot")
    longest = np.lexsort((bars.minima, bars.births, -bars.persistence))[:max_bars]
    drawn = longest[np.lexsort((bars.minima[longest], bars.births[longest]))]
    ax.set_title(_title(bars), loc="left", fontsize=10, color=_INK)
    _label_bar_axes(ax, len(drawn), len(bars), upright)
    if not len(drawn):
        ax.set_xticks([])
        ax.set_yticks([])
        return
    births, deaths, is_long = bars.births[drawn], bars.deaths[drawn], _standing_out(bars)[drawn]
    essential = np.isinf(deaths)
    low, high = _value_limits(bars[drawn])
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
    colors = _colors(ax, bars.sizes[drawn], is_long, color_by)
    for name, which, layer in (("short", ~is_long, 2), ("long", is_long, 3)):
        lines = collections.LineCollection(
            segments[which], linewidths=widths[which], colors=colors[which], gid=name, zorder=layer
        )
        ax.add_collection(lines, autolim=False)
    tips = segments[essential, 1]
    style: dict[str, Any] = {"marker": "^" if upright else ">", "c": colors[essential], "gid": "essential"}
    ax.scatter(tips[:, 0], tips[:, 1], s=42, zorder=4, **style)
    for row in np.flatnonzero(numbered):
        _mark_minimum(ax, segments[row, 0], labels[int(drawn[row])])
        if not essential[row]:
            _mark_saddle(ax, segments[row, 1], "")
    margins = low - 0.06 * (high - low), high + 0.11 * (high - low)
    rows = -0.02 * heights.sum(), 1.02 * heights.sum()
    ax.set(xlim=rows if upright else margins, ylim=margins if upright else rows)


def _label_bar_axes(ax: Axes, n_drawn: int, n_bars: int, upright: bool) -> None:
    stack = "minima, lowest on the left" if upright else "minima, lowest at the bottom"
    if n_drawn < n_bars:
        stack += f"\n({n_drawn:,} longest of {n_bars:,} drawn)"
    ax.set(xlabel=stack if upright else "value", ylabel="value" if upright else stack)
    (ax.set_xticks if upright else ax.set_yticks)([])
    ax.spines[["top", "right", "bottom" if upright else "left"]].set_visible(False)


def _colors(ax: Axes, sizes: NDArray[np.int64], is_long: BoolArray, color_by: str | None) -> FloatArray:
    colors = require("matplotlib.colors", "plot")
    if color_by is None:
        return np.array([colors.to_rgba(_LONG if long else _SHORT) for long in is_long])
    norm = colors.LogNorm(1, max(2, int(sizes.max())))
    scale = require("matplotlib.cm", "plot").ScalarMappable(norm, "viridis_r")
    ax.figure.colorbar(scale, ax=ax, label="size (vertices)")
    return np.asarray(scale.to_rgba(sizes), dtype=np.float64)


def _mark_minimum(ax: Axes, place: FloatArray, label: str) -> None:
    x, y = place.tolist()
    ax.scatter([x], [y], s=95, c="white", edgecolors=_INK, linewidths=0.9, gid="minimum", zorder=6)
    ax.annotate(label, (x, y), ha="center", va="center_baseline", fontsize=7, color=_INK, zorder=7)


def _mark_saddle(ax: Axes, place: FloatArray, label: str) -> None:
    x, y = place.tolist()
    ax.scatter(
        [x], [y], s=34, c=_SADDLE, marker="D", edgecolors="white", linewidths=0.8, gid="saddle", zorder=5
    )
    halo = require("matplotlib.patheffects", "plot").withStroke(linewidth=2.5, foreground="white")
    style: dict[str, Any] = {"fontsize": 8, "color": _INK, "path_effects": [halo], "zorder": 7}
    ax.annotate(label, (x, y), xytext=(5, 4), textcoords="offset points", **style)


def _mark_critical(ax: Axes, land: Landscape, labels: Labels) -> None:
    """Mark the numbered minima and saddles; bars that die at one saddle share its mark."""
    bars = land.barcode
    minima, saddles = land.minimum_points, land.saddle_points
    if minima.shape[1] == 1:
        minima, saddles = np.column_stack([minima, bars.births]), np.column_stack([saddles, bars.deaths])
    dying: dict[int, list[int]] = {}
    for bar in labels:
        _mark_minimum(ax, minima[bar], labels[bar])
        if bars.saddles[bar] >= 0:
            dying.setdefault(int(bars.saddles[bar]), []).append(bar)
    for there in dying.values():
        _mark_saddle(ax, saddles[there[0]], ", ".join(labels[bar] for bar in there))
    keys = [
        ax.plot([], [], "o", color="white", markeredgecolor=_INK, markersize=8, label="minimum")[0],
        ax.plot([], [], "D", color=_SADDLE, markeredgecolor="white", markersize=6, label="saddle")[0],
    ]
    above: dict[str, Any] = {"loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": 2}
    ax.legend(handles=keys, **above, frameon=False, borderaxespad=0.2, columnspacing=1, handletextpad=0.1)
    name = getattr(land, "name", None) or "landscape"
    ax.set_title(f"{name}\n{len(land.points):,} vertices", loc="left", fontsize=10, color=_INK)


def _draw_curve(ax: Axes, land: Landscape) -> None:
    order = np.argsort(land.points[:, 0], kind="stable")
    x, values = land.points[order, 0], land.values[order].astype(np.float64)
    values[~np.isfinite(values)] = np.nan
    kept = _outline(values)
    ax.plot(x[kept], values[kept], color=_LONG, linewidth=1.4, gid="curve", zorder=2)
    ax.set(xlabel="$x_1$", ylabel="value")
    ax.spines[["top", "right"]].set_visible(False)
    if len(land.barcode):
        # Walls that tower over all saddles are cut off, so that the wells stay visible.
        low, high = _value_limits(land.barcode)
        top = min(float(np.nanmax(values)), high + 0.6 * (high - low))
        ax.set_ylim(low - 0.09 * (high - low), max(top, high) + 0.11 * (high - low))


def _outline(values: FloatArray) -> NDArray[np.intp]:
    """Return indices of lowest and highest value in each of many chunks: the curve looks the same."""
    chunk = -(-len(values) // (_MAX_POINTS // 8))
    if chunk <= 2:
        return np.arange(len(values))
    starts = np.arange(0, len(values), chunk)
    full = np.full(len(starts) * chunk, np.nan)
    full[: len(values)] = values
    rows = full.reshape(-1, chunk)
    lowest = np.where(np.isnan(rows), np.inf, rows).argmin(axis=1)
    highest = np.where(np.isnan(rows), -np.inf, rows).argmax(axis=1)
    return np.unique(np.concatenate([starts + lowest, starts + highest]))


def _draw_map(ax: Axes, land: Landscape, labels: Labels) -> None:
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    if land.bounds is not None:
        ax.set(xlim=land.bounds[0], ylim=land.bounds[1])
    x, y, values = _samples(land)
    if not values.count():
        return
    levels = np.unique(np.quantile(values.compressed(), np.linspace(0, 1, _N_LEVELS + 1)))
    if len(levels) == 1:
        levels = np.array([levels[0] - 0.5, levels[0] + 0.5])
    style: dict[str, Any] = {"levels": levels, "colors": _shades(len(levels) - 1)}
    lines: dict[str, Any] = {
        "levels": _distinct_levels(land.barcode, labels, values),
        "colors": _INK,
        "linewidths": 0.6,
    }
    filled: ContourSet
    if values.ndim == 2:
        filled = ax.contourf(x, y, values, **style)
        if lines["levels"].size:
            ax.contour(x, y, values, **lines)
    else:
        try:
            mesh = require("matplotlib.tri", "plot").Triangulation(x, y)
        except (RuntimeError, ValueError):
            # Fewer than three points, or all on one line: nothing to interpolate between.
            ax.scatter(x, y, s=8, color=_LONG, gid="points")
            return
        filled = ax.tricontourf(mesh, values, **style)
        if lines["levels"].size:
            ax.tricontour(mesh, values, **lines)
    scale = ax.figure.colorbar(filled, ax=ax, spacing="uniform", ticks=levels[::4], format="%.3g")
    scale.set_label("value")
    scale.outline.set_visible(False)


def _samples(land: Landscape) -> tuple[FloatArray, FloatArray, np.ma.MaskedArray]:
    """Return x, y and values: matrices for a grid at least two wide, else vectors of the points inside."""
    values = np.ma.masked_invalid(land.values.astype(np.float64))
    x, y = land.points.T
    shape = land.graph.shape if isinstance(land.graph, Grid) else (0,)
    if len(shape) == 2 and min(shape) > 1:
        thin = tuple(slice(None, None, -(-side // _MAX_SIDE)) for side in shape)
        return x.reshape(shape)[thin], y.reshape(shape)[thin], values.reshape(shape)[thin]
    kept = np.flatnonzero(~np.ma.getmaskarray(values))
    if len(kept) > _MAX_POINTS:
        # At random, since every so-many-th point of a regular sample may lie on a few lines.
        kept = np.random.default_rng(0).choice(kept, _MAX_POINTS, replace=False)
    return x[kept], y[kept], values[kept]


def _distinct_levels(bars: Barcode, labels: Labels, values: np.ma.MaskedArray) -> FloatArray:
    """Return the deaths of the numbered bars inside the range of values; of very near ones the lowest.

    None where there are more bars than numbers: the lines of many small wells would hide the map.
    """
    low = bars.births.min(initial=np.inf)
    deaths = np.sort(bars.deaths[list(labels)])[: None if len(labels) < _MAX_LABELS else 0]
    deaths = deaths[(deaths > values.min()) & (deaths < values.max())]
    steps = np.round(50 * (deaths - low) / (deaths.max(initial=low) - low))
    _, first = np.unique(steps, return_index=True)
    return np.asarray(deaths[first])


def _shades(n: int) -> FloatArray:
    shades = require("matplotlib", "plot").colormaps["GnBu_r"](np.linspace(0.08, 0.98, n))
    return np.asarray(shades, dtype=np.float64)
