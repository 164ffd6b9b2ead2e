"""Maps of functions of two variables: filled contours at quantiles of the values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from morsebar._extras import require
from morsebar.graph import Grid
from morsebar.plots.standing_out import MAX_LABELS, Numbers
from morsebar.plots.style import INK, LONG, FloatArray, shades

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from morsebar.landscape import Landscape
    from morsebar.minima_barcode import MinimaBarcode

__all__ = ["draw_map", "fill_contours", "quantile_levels"]

_MAX_POINTS = 20_000
_MAX_SIDE = 400
_N_LEVELS = 16
#: Contours of more vertices are an image also in vector formats, of some MB else.
_MAX_VERTICES = 100_000


def draw_map(ax: Axes, land: Landscape, labels: Numbers) -> None:
    """Draw the contours of a landscape, and lines at the levels where its numbered bars die."""
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    if land.bounds is not None:
        ax.set(xlim=land.bounds[0], ylim=land.bounds[1])
    x, y, values = _samples(land)
    if not values.count():
        return
    lines: dict[str, Any] = {
        "levels": _distinct_levels(land.barcode, labels, values),
        "colors": INK,
        "linewidths": 0.6,
    }
    if values.ndim == 2:
        fill_contours(ax, x, y, values)
        if lines["levels"].size:
            ax.contour(x, y, values, **lines)
        return
    try:
        mesh = require("matplotlib.tri", "plot").Triangulation(x, y)
    except (RuntimeError, ValueError):
        # Fewer than three points, or all on one line: nothing to interpolate between.
        ax.scatter(x, y, s=8, color=LONG, gid="points")
        return
    fill_contours(ax, mesh, None, values)
    if lines["levels"].size:
        ax.tricontour(mesh, values, **lines)


def fill_contours(
    ax: Axes,
    x: Any,  # noqa: ANN401  # a matrix, or a Triangulation without y
    y: FloatArray | None,
    values: np.ma.MaskedArray,
) -> None:
    """Fill the contours of values, with a colour bar."""
    levels = quantile_levels(values)
    style: dict[str, Any] = {"levels": levels, "colors": shades(len(levels) - 1)}
    filled = ax.tricontourf(x, values, **style) if y is None else ax.contourf(x, y, values, **style)
    vertices = sum(np.shape(path.vertices)[0] for path in filled.get_paths())
    if vertices > _MAX_VERTICES:
        # Before matplotlib 3.11 contours themselves could not be told so.
        ax.set_rasterization_zorder(filled.get_zorder() + 0.1)
    bar = ax.figure.colorbar(filled, ax=ax, spacing="uniform", ticks=levels[::4], format="%.4g")
    bar.set_label("value")
    bar.outline.set_visible(False)


def quantile_levels(values: np.ma.MaskedArray) -> FloatArray:
    """Return rising levels with equally many values between them, at least two."""
    levels = np.unique(np.quantile(values.compressed(), np.linspace(0, 1, _N_LEVELS + 1)))
    return levels if len(levels) > 1 else np.array([levels[0] - 0.5, levels[0] + 0.5])


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
