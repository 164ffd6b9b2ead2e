"""Landscapes of many dimensions, seen along the axes on which their minima differ most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from morsebar._extras import require
from morsebar.plots.marks import Room, mark_minima
from morsebar.plots.standing_out import rule, standing_out
from morsebar.plots.style import SADDLE, SHORT, BoolArray, FloatArray, axes_for, scale, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from morsebar.landscape import Landscape

__all__ = ["principal_axes", "projection"]

#: More links from minima to saddles and parents would hide the minima.
_MOST_LINKS = 200
_MAX_POINTS = 4000


def projection(land: Landscape, ax: Axes | None = None, *, max_bars: int = 5000) -> Axes:
    """Draw the minima of a landscape on their first two principal axes.

    The axes are those along which the minima that stand out differ most (principal component analysis of
    their coordinates, in the box scaled to the unit cube); samples fill the box and have no such axes. Minima
    are coloured by value; lines lead from each over its saddle, a diamond, to its parent, for up to 200
    bars. The first twelve are numbered as in `land.plot()`, but those that would cover another. Behind them
    are samples below the highest saddle drawn. What is near here may be far in the other dimensions: the
    labels of the axes say how much of the spread of the minima they show.

    Parameters
    ----------
    land : Landscape
        What to draw, of dimension 2 or more.
    ax : Axes, optional
        Where to draw; by default a new figure.
    max_bars : int
        Draw at most that many minima, those of the longest bars; the title says so.

    Returns
    -------
    Axes

    Raises
    ------
    ImportError
        If matplotlib is missing (extra `plot`).
    ValueError
        If the landscape has one dimension, or `max_bars` is below 1.

    Examples
    --------
    >>> import morsebar as mb
    >>> from matplotlib.figure import Figure
    >>> land = mb.landscape(mb.objectives.get("styblinski_tang", d=4), n_samples=20_000)
    >>> ax = land.plot_projection(Figure().subplots())
    >>> ax.get_xlabel().split(",")[0]
    'principal axis 1'
    """
    if land.d < 2:
        raise ValueError(f"land: expected a landscape of dimension 2 or more, got {land.d}")
    if max_bars < 1:
        raise ValueError(f"max_bars: expected at least 1, got {max_bars}")
    ax = axes_for(ax, figsize=(6.8, 5.2), layout="constrained")
    bars = land.barcode[standing_out(land.barcode)]
    drawn = bars[np.lexsort((bars.minima, bars.births, -bars.persistence))[:max_bars]]
    lines = rule(land.barcode)
    if len(drawn) < len(bars):
        lines[0] += f", {len(drawn):,} drawn"
    titled(ax, land.name or "landscape", lines)
    ax.set(xlabel="principal axis 1", ylabel="principal axis 2")
    ax.spines[["top", "right"]].set_visible(False)
    if not len(drawn):
        return ax
    low, width = _box(land)
    center, axes, shares = principal_axes((land.points[bars.minima] - low) / width)
    for number, (name, share) in enumerate(zip(("x", "y"), shares, strict=True), start=1):
        ax.set(
            **{f"{name}label": f"principal axis {number}, {100 * share:.0f} % of the spread of the minima"}
        )

    def project(vertices: NDArray[np.int64]) -> FloatArray:
        return np.asarray(((land.points[vertices] - low) / width - center) @ axes.T)

    deaths = drawn.deaths[np.isfinite(drawn.deaths)]
    # Where none dies, all of them.
    below = np.flatnonzero(
        land.values <= deaths.max(initial=-np.inf if len(deaths) else drawn.value_range[1])
    )
    if len(below) > _MAX_POINTS:
        # At random, since every so-many-th point of a regular sample may lie on a few lines.
        below = np.sort(np.random.default_rng(0).choice(below, _MAX_POINTS, replace=False))
    behind: dict[str, Any] = {"linewidths": 0, "gid": "samples", "zorder": 1, "rasterized": True}
    x, y = project(below).T
    ax.scatter(x, y, s=2, c="#DDDDDD", **behind)
    places = project(drawn.minima)
    if len(drawn) <= _MOST_LINKS:
        _draw_links(ax, places, project(drawn.saddles), project(drawn.parents), drawn.saddles >= 0)
    size = float(np.clip(6000 / len(drawn), 6, 60))
    # The lowest on top, however many there are.
    top = np.argsort(-drawn.births)
    style: dict[str, Any] = {"cmap": scale(), "edgecolors": "white", "linewidths": 0.4, "gid": "minima"}
    marks = ax.scatter(places[top, 0], places[top, 1], s=size, c=drawn.births[top], zorder=4, **style)
    if np.ptp(drawn.births) > 0.0:
        ax.figure.colorbar(marks, ax=ax, label="value of the minimum").outline.set_visible(False)
    mark_minima(ax, places, Room(ax), others=False)
    return ax


def _draw_links(
    ax: Axes, minima: FloatArray, saddles: FloatArray, parents: FloatArray, dies: BoolArray
) -> None:
    segments = np.stack([minima, saddles, parents], axis=1)[dies]
    lines = require("matplotlib.collections", "plot").LineCollection
    ax.add_collection(lines(segments, colors=SHORT, linewidths=0.8, gid="links", zorder=2))
    x, y = saddles[dies].T
    area = float(np.clip(2000 / max(len(x), 1), 6, 30))
    ax.scatter(
        x, y, s=area, c=SADDLE, marker="D", edgecolors="white", linewidths=0.4, gid="saddles", zorder=3
    )


def _box(land: Landscape) -> tuple[FloatArray, FloatArray]:
    """Return the lower ends and the widths of the box, or of the smallest that holds the points."""
    low, high = (land.points.min(axis=0), land.points.max(axis=0)) if land.bounds is None else land.bounds.T
    width = high - low
    return low, np.where(width > 0.0, width, 1.0)


def principal_axes(points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the mean of points, their first two principal axes, and what share of the variance these have.

    Axes point to where their largest coordinate is positive. Where points differ along fewer than two axes,
    any others follow, with a share of 0.

    Examples
    --------
    >>> import numpy as np
    >>> from morsebar.plots.projections import principal_axes
    >>> mean, axes, shares = principal_axes(np.array([[0.0, 0.0, 1.0], [0.0, 4.0, 1.0], [2.0, 2.0, 1.0]]))
    >>> mean.round(2).tolist(), np.abs(axes).round(2).tolist(), shares.round(2).tolist()
    ([0.67, 2.0, 1.0], [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], [0.75, 0.25])
    """
    center = points.mean(axis=0)
    _, spreads, axes = np.linalg.svd(points - center, full_matrices=True)
    variances = np.zeros(max(2, len(axes)))
    variances[: len(spreads)] = spreads**2
    axes = axes[:2]
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(2), largest])[:, None]
    return center, axes, variances[:2] / max(float(variances.sum()), 1e-300)
