"""What all pictures share: colours, marks of critical points, the size of a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from morsebar._extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]

#: Marks nearer than this, in points, cover one another.
_NEAREST_MARKS = 6.0

# Blue and vermillion of the Okabe-Ito palette, and greys: told apart with any colour vision.
LONG, SHORT, SADDLE, INK = "#0072B2", "#B4B4B4", "#D55E00", "#333333"


def layout(d: int) -> dict[str, Any]:
    """Return the arguments of `subplots` that suit a landscape of dimension d."""
    if d not in (1, 2):
        return {"figsize": (6.4, 4.0), "layout": "constrained"}
    return {"ncols": 2, "figsize": (10.4, 4.4), "layout": "constrained", "width_ratios": [6, 5]}


def mark_minimum(ax: Axes, place: FloatArray, label: str) -> None:
    """Mark a minimum by a disc with its number."""
    x, y = place.tolist()
    ax.scatter([x], [y], s=95, c="white", edgecolors=INK, linewidths=0.9, gid="minimum", zorder=6)
    ax.annotate(label, (x, y), ha="center", va="center_baseline", fontsize=7, color=INK, zorder=7)


def mark_saddle(ax: Axes, place: FloatArray, label: str) -> None:
    """Mark a saddle by a diamond, its numbers beside it."""
    x, y = place.tolist()
    ax.scatter(
        [x], [y], s=34, c=SADDLE, marker="D", edgecolors="white", linewidths=0.8, gid="saddle", zorder=5
    )
    halo = require("matplotlib.patheffects", "plot").withStroke(linewidth=2.5, foreground="white")
    style: dict[str, Any] = {"fontsize": 8, "color": INK, "path_effects": [halo], "zorder": 7}
    ax.annotate(label, (x, y), xytext=(5, 4), textcoords="offset points", **style)


def apart(ax: Axes, places: FloatArray) -> list[int]:
    """Return which of some places are so far from those before that marks do not cover one another."""
    scale = 72 / ax.figure.dpi
    pixels = ax.transData.transform(places) * scale
    kept: list[int] = []
    for i, place in enumerate(pixels):
        # NaN, which stands for no place, is never kept.
        if np.isfinite(place).all() and (np.hypot(*(pixels[kept] - place).T) >= _NEAREST_MARKS).all():
            kept.append(i)
    return kept


def shades(n: int) -> FloatArray:
    """Return n colours of a map, from low to high values."""
    shades = require("matplotlib", "plot").colormaps["GnBu_r"](np.linspace(0.08, 0.98, n))
    return np.asarray(shades, dtype=np.float64)
