"""Pictures of landscapes: a curve or a map beside the barcode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from morsebar._extras import require
from morsebar.graph import Grid
from morsebar.plots.barcodes import MAX_LABELS, Numbers, check, draw_bars, numbers, value_limits
from morsebar.plots.style import INK, LONG, SADDLE, FloatArray, layout, mark_minimum, mark_saddle, shades

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import ContourSet

    from morsebar.landscape import Landscape
    from morsebar.minima_barcode import MinimaBarcode

__all__ = ["landscape"]

AxesArray: TypeAlias = NDArray[np.object_]

_MAX_POINTS = 20_000
_MAX_SIDE = 400
_N_LEVELS = 16


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
    check(land.barcode, color_by, max_bars)
    d = land.points.shape[1]
    if ax is None:
        _, ax = require("matplotlib.pyplot", "plot").subplots(**layout(d))
    axes = np.atleast_1d(np.asarray(ax, dtype=np.object_)).ravel()
    expected = 2 if d in (1, 2) else 1
    if len(axes) != expected:
        raise ValueError(f"ax: expected {expected} Axes for a landscape of dimension {d}, got {len(axes)}")
    labels = numbers(land.barcode) if expected == 2 else {}
    if d == 1:
        _draw_curve(axes[0], land)
    elif d == 2:
        _draw_map(axes[0], land, labels)
    draw_bars(axes[-1], land.barcode, labels, color_by=color_by, max_bars=max_bars, upright=d == 1)
    if expected == 2:
        _mark_critical(axes[0], land, labels)
    if d == 1:
        axes[1].set_ylim(axes[0].get_ylim())
    return axes


def _mark_critical(ax: Axes, land: Landscape, labels: Numbers) -> None:
    """Mark the numbered minima and saddles; bars that die at one saddle share its mark."""
    bars = land.barcode
    minima, saddles = land.minimum_points, land.saddle_points
    if minima.shape[1] == 1:
        minima, saddles = np.column_stack([minima, bars.births]), np.column_stack([saddles, bars.deaths])
    dying: dict[int, list[int]] = {}
    for bar in labels:
        mark_minimum(ax, minima[bar], labels[bar])
        if bars.saddles[bar] >= 0:
            dying.setdefault(int(bars.saddles[bar]), []).append(bar)
    for there in dying.values():
        mark_saddle(ax, saddles[there[0]], ", ".join(labels[bar] for bar in there))
    keys = [
        ax.plot([], [], "o", color="white", markeredgecolor=INK, markersize=8, label="minimum")[0],
        ax.plot([], [], "D", color=SADDLE, markeredgecolor="white", markersize=6, label="saddle")[0],
    ]
    above: dict[str, Any] = {"loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": 2}
    ax.legend(handles=keys, **above, frameon=False, borderaxespad=0.2, columnspacing=1, handletextpad=0.1)
    name = getattr(land, "name", None) or "landscape"
    ax.set_title(f"{name}\n{len(land.points):,} vertices", loc="left", fontsize=10, color=INK)


def _draw_curve(ax: Axes, land: Landscape) -> None:
    order = np.argsort(land.points[:, 0], kind="stable")
    x, values = land.points[order, 0], land.values[order].astype(np.float64)
    values[~np.isfinite(values)] = np.nan
    kept = _outline(values)
    ax.plot(x[kept], values[kept], color=LONG, linewidth=1.4, gid="curve", zorder=2)
    ax.set(xlabel="$x_1$", ylabel="value")
    ax.spines[["top", "right"]].set_visible(False)
    if len(land.barcode):
        # Walls that tower over all saddles are cut off, so that the wells stay visible.
        low, high = value_limits(land.barcode)
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


def _draw_map(ax: Axes, land: Landscape, labels: Numbers) -> None:
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    if land.bounds is not None:
        ax.set(xlim=land.bounds[0], ylim=land.bounds[1])
    x, y, values = _samples(land)
    if not values.count():
        return
    levels = np.unique(np.quantile(values.compressed(), np.linspace(0, 1, _N_LEVELS + 1)))
    if len(levels) == 1:
        levels = np.array([levels[0] - 0.5, levels[0] + 0.5])
    style: dict[str, Any] = {"levels": levels, "colors": shades(len(levels) - 1)}
    lines: dict[str, Any] = {
        "levels": _distinct_levels(land.barcode, labels, values),
        "colors": INK,
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
            ax.scatter(x, y, s=8, color=LONG, gid="points")
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


def _distinct_levels(bars: MinimaBarcode, labels: Numbers, values: np.ma.MaskedArray) -> FloatArray:
    """Return the deaths of the numbered bars inside the range of values; of very near ones the lowest.

    None where there are more bars than numbers: the lines of many small wells would hide the map.
    """
    low = bars.births.min(initial=np.inf)
    deaths = np.sort(bars.deaths[list(labels)])[: None if len(labels) < MAX_LABELS else 0]
    deaths = deaths[(deaths > values.min()) & (deaths < values.max())]
    steps = np.round(50 * (deaths - low) / (deaths.max(initial=low) - low))
    _, first = np.unique(steps, return_index=True)
    return np.asarray(deaths[first])
