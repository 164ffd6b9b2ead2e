"""Marks of minima and saddles: discs and diamonds, with their numbers wherever there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from morsebar._extras import require
from morsebar._wording import counted
from morsebar.plots.standing_out import MAX_LABELS, standing_out
from morsebar.plots.style import INK, SADDLE, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from morsebar.landscape import Landscape

__all__ = [
    "BELOW",
    "MAX_MARKED",
    "Room",
    "mark_critical",
    "mark_minima",
    "mark_minimum",
    "mark_saddle",
    "mark_saddles",
]

#: Minima with a mark; more would hide what is below.
MAX_MARKED = 500

#: In points: half the width of a disc, with a little air; width and height of a digit of a label.
_DISC = 5.5
_DIGIT = (5.2, 7.5)
#: Where the label of a saddle begins, beside its mark.
_BESIDE = (5.0, 4.0)
#: As near to the edge of Axes, in parts of them, marks may reach over it.
_EDGE = 0.03

#: A legend below a picture, where it does not meet the title.
BELOW: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.11), "ncols": 3, "frameon": False}


class Room:
    """Boxes on paper, none of which covers another.

    Parameters
    ----------
    ax : Axes, plane or 3-D, whose limits do not change any more.
    """

    def __init__(self, ax: Axes) -> None:
        self._ax = ax
        self._boxes: list[tuple[float, float, float, float]] = []
        figure = ax.figure.canvas.figure
        engine = figure.get_layout_engine()
        if engine is not None:
            # It decides how large the Axes are.
            engine.execute(figure)

    def on_paper(self, places: FloatArray) -> FloatArray:
        """Return where places are, (n, 2), in points."""
        if self._ax.name == "3d":
            project = require("mpl_toolkits.mplot3d.proj3d", "plot").proj_transform
            axes: Any = self._ax
            places = np.column_stack(project(*places.T, axes.get_proj())[:2])
        return np.asarray(self._ax.transData.transform(places)) * (72 / self._ax.figure.dpi)

    def take(self, left: float, bottom: float, right: float, top: float) -> bool:
        """Take a box, unless it covers another or is nowhere."""
        is_free = bool(np.isfinite([left, bottom, right, top]).all()) and all(
            right <= a or c <= left or top <= b or d <= bottom for a, b, c, d in self._boxes
        )
        if is_free:
            self._boxes.append((left, bottom, right, top))
        return is_free


def mark_critical(ax: Axes, land: Landscape) -> list[Line2D]:
    """Mark the minima of a landscape that stand out, and their saddles; return the keys of a legend.

    On a curve and on 3-D Axes the last coordinate is the value.
    """
    bars = land.barcode
    is_chosen = standing_out(bars)
    chosen = np.flatnonzero(is_chosen)[:MAX_MARKED]
    minima, saddles = land.minimum_points[chosen], land.saddle_points[chosen]
    if land.d == 1 or ax.name == "3d":
        minima, saddles = (
            np.column_stack([minima, bars.births[chosen]]),
            np.column_stack([saddles, bars.deaths[chosen]]),
        )
    room = Room(ax)
    mark_minima(ax, minima, room)
    mark_saddles(ax, saddles, room)
    total = int(np.count_nonzero(is_chosen))
    n_saddles = len(np.unique(bars.saddles[chosen][bars.saddles[chosen] >= 0]))
    all_of_them = counted(total, "minimum", "minima")
    return [
        _key("o", "white", INK, all_of_them if total == len(chosen) else f"{len(chosen):,} of {all_of_them}"),
        _key("D", SADDLE, "white", counted(n_saddles, "saddle", "saddles")),
    ]


def _key(marker: str, face: str, edge: str, label: str) -> Line2D:
    line = require("matplotlib.lines", "plot").Line2D
    key: Line2D = line([], [], linestyle="", marker=marker, color=face, markeredgecolor=edge, label=label)
    return key


def mark_minima(ax: Axes, places: FloatArray, room: Room, *, others: bool = True) -> None:
    """Mark minima by discs, the first twelve of them with their numbers, from 1 on.

    Those that would cover the disc of another, and all after the twelfth, are small discs without a number,
    or nothing where `others` is false.
    """
    paper = room.on_paper(places[:MAX_LABELS])
    numbered = [i for i, (x, y) in enumerate(paper) if room.take(x - _DISC, y - _DISC, x + _DISC, y + _DISC)]
    small = np.setdiff1d(np.flatnonzero(np.isfinite(places).all(axis=1)), numbered)
    if others and len(small):
        area = float(np.clip(2000 / len(small), 8, 26))
        style: dict[str, Any] = {"c": "white", "edgecolors": INK, "linewidths": 0.7}
        _scatter(ax, places[small], s=area, gid="minima", zorder=5, **style)
    for i in numbered:
        mark_minimum(ax, places[i], str(i + 1))


def mark_saddles(ax: Axes, places: FloatArray, room: Room, *, others: bool = True) -> None:
    """Mark saddles by diamonds, the first twelve of them with the numbers of the bars that die there.

    Rows of NaN stand for no saddle. A number that would cover another is left out; those after the twelfth
    are small diamonds without a number, or nothing where `others` is false.
    """
    is_there = np.asarray(np.isfinite(places).all(axis=1))
    dying: dict[tuple[float, ...], list[str]] = {}
    for i in np.flatnonzero(is_there[:MAX_LABELS]).tolist():
        dying.setdefault(tuple(places[i].tolist()), []).append(str(i + 1))
    small = MAX_LABELS + np.flatnonzero(is_there[MAX_LABELS:])
    if others and len(small):
        area = float(np.clip(2000 / len(small), 5, 16))
        style: dict[str, Any] = {"marker": "D", "c": SADDLE, "edgecolors": "white", "linewidths": 0.5}
        _scatter(ax, places[small], s=area, gid="saddles", zorder=4, **style)
    for place, labels in dying.items():
        label = ", ".join(labels)
        x, y = room.on_paper(np.array([place]))[0] + _BESIDE
        width, height = _DIGIT[0] * len(label), _DIGIT[1]
        mark_saddle(ax, np.array(place), label if room.take(x, y, x + width, y + height) else "")


def mark_minimum(ax: Axes, place: FloatArray, label: str) -> None:
    """Mark a minimum by a disc with its number."""
    _scatter(ax, place[None], s=95, c="white", edgecolors=INK, linewidths=0.9, gid="minimum", zorder=6)
    _write(ax, place, label, (0.0, 0.0), ha="center", va="center_baseline", fontsize=7, color=INK, zorder=7)


def mark_saddle(ax: Axes, place: FloatArray, label: str) -> None:
    """Mark a saddle by a diamond, its numbers beside it."""
    style: dict[str, Any] = {"marker": "D", "c": SADDLE, "edgecolors": "white", "linewidths": 0.8}
    _scatter(ax, place[None], s=34, gid="saddle", zorder=5, **style)
    if label:
        halo = require("matplotlib.patheffects", "plot").withStroke(linewidth=2.5, foreground="white")
        _write(ax, place, label, _BESIDE, fontsize=8, color=INK, path_effects=[halo], zorder=7)


def _scatter(ax: Axes, places: FloatArray, **style: Any) -> None:  # noqa: ANN401  # of marks
    """Draw marks; those on the edge of a plane are seen whole."""
    if ax.name == "3d":
        space: Any = ax
        space.scatter(*places.T, depthshade=False, **style)
        return
    at = ax.transAxes.inverted().transform(ax.transData.transform(places))
    on_edge = (np.abs(at - 0.5) > 0.5 - _EDGE).any(axis=1)
    for which, is_clipped in ((~on_edge, True), (on_edge, False)):
        if which.any():
            x, y = places[which].T
            ax.scatter(x, y, clip_on=is_clipped, **style)


def _write(
    ax: Axes,
    place: FloatArray,
    label: str,
    shift: tuple[float, float],
    **style: Any,  # noqa: ANN401  # of a text
) -> None:
    """Write at a place, shifted by some points."""
    if ax.name == "3d":
        transforms = require("matplotlib.transforms", "plot")
        x, y = shift
        moved = transforms.ScaledTranslation(x / 72, y / 72, ax.figure.dpi_scale_trans)
        space: Any = ax
        space.text(*place, label, transform=ax.transData + moved, **style)
    else:
        # Unlike a text, a note disappears where its place is out of sight.
        x, y = place.tolist()
        ax.annotate(label, (x, y), xytext=shift, textcoords="offset points", **style)
