"""Pictures of landscapes: a curve or a map beside the barcode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from morsebar._extras import require
from morsebar.plots.barcodes import check, draw_bars
from morsebar.plots.maps import draw_map
from morsebar.plots.marks import BELOW, mark_critical
from morsebar.plots.standing_out import numbers, rule, value_limits
from morsebar.plots.style import LONG, FloatArray, layout, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from morsebar.landscape import Landscape

__all__ = ["draw_curve", "landscape"]

AxesArray: TypeAlias = NDArray[np.object_]

#: Pieces of a curve, of each of which the lowest and the highest point are drawn.
_MAX_CHUNKS = 2500


def landscape(
    land: Landscape,
    ax: Axes | Sequence[Axes] | AxesArray | None = None,
    *,
    color_by: Literal["size"] | None = None,
    max_bars: int = 200,
) -> AxesArray:
    """Draw a landscape: its graph (d = 1) or its contours (d = 2), and its barcode beside it.

    Discs mark the minima that stand out, the first 500 of them, and diamonds the saddles where they die. They
    are numbered from the longest bar on, the first twelve of them, in both panels; a disc or number that
    would cover another is left out. In one dimension the bars stand upright and share the
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
        draw_curve(axes[0], land)
    elif d == 2:
        draw_map(axes[0], land, labels)
    draw_bars(axes[-1], land.barcode, labels, color_by=color_by, max_bars=max_bars, upright=d == 1)
    if d == 1:
        axes[1].set_ylim(axes[0].get_ylim())
    name = getattr(land, "name", None) or "landscape"
    if expected == 2:
        titled(axes[0], name, [f"{len(land.points):,} vertices"], 44)
        keys = mark_critical(axes[0], land)
        axes[0].legend(handles=keys, **BELOW)
    else:
        titled(axes[0], name, rule(land.barcode))
    return axes


def draw_curve(ax: Axes, land: Landscape) -> None:
    """Draw the graph of a landscape of one dimension."""
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
    chunk = -(-len(values) // _MAX_CHUNKS)
    if chunk <= 2:
        return np.arange(len(values))
    starts = np.arange(0, len(values), chunk)
    full = np.full(len(starts) * chunk, np.nan)
    full[: len(values)] = values
    rows = full.reshape(-1, chunk)
    lowest = np.where(np.isnan(rows), np.inf, rows).argmin(axis=1)
    highest = np.where(np.isnan(rows), -np.inf, rows).argmax(axis=1)
    return np.unique(np.concatenate([starts + lowest, starts + highest]))
