"""Merge trees in the plane: minima, the saddles where they die, and the lowest paths that lead there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from morsebar._extras import require
from morsebar.plots.barcodes import MAX_LABELS, _title, numbers
from morsebar.plots.landscapes import _draw_map, _mark_critical
from morsebar.plots.style import INK, SADDLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from morsebar.landscape import Landscape

__all__ = ["merge_tree"]


def merge_tree(land: Landscape, ax: Axes | None = None) -> Axes:
    """Draw the merge tree of a landscape of two dimensions over its contours.

    A path leads from every minimum that stands out over its saddle to its parent, the older minimum that it
    joins there, never higher than the saddle (`MergeTree.path`): these minimax paths are the edges of the
    tree. No path between the two stays lower. Minima and saddles are marked, and numbered from the longest
    bar on, the first twelve of them. Contours are those of `morsebar.plots.landscape`.

    Parameters
    ----------
    land : Landscape
        What to draw, of dimension 2.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    ImportError
        If matplotlib is missing (extra `plot`).
    ValueError
        If the landscape is not two-dimensional.

    Examples
    --------
    >>> import morsebar as mb
    >>> from matplotlib.figure import Figure
    >>> land = mb.landscape(mb.objectives.himmelblau, n_samples=2500)
    >>> ax = land.plot_tree(Figure().subplots())
    >>> sum(line.get_gid() == "path" for line in ax.lines)  # two halves of three
    6
    """
    if land.d != 2:
        raise ValueError(
            f"land: expected a landscape of dimension 2, got {land.d}; plot_projection and plot_profile draw "
            f"landscapes of more dimensions"
        )
    if ax is None:
        _, ax = require("matplotlib.pyplot", "plot").subplots(figsize=(6.6, 5.2), layout="constrained")
    assert ax is not None
    bars, labels = land.barcode, numbers(land.barcode)
    _draw_map(ax, land, labels)
    halo = require("matplotlib.patheffects", "plot").withStroke(linewidth=3.4, foreground="white")
    for bar in labels:
        if bars.saddles[bar] < 0:
            continue
        # Two halves: a path between the minima may be no higher and yet miss the saddle.
        saddle = int(bars.saddles[bar])
        down = (land.tree.path(saddle, int(end)) for end in (bars.minima[bar], bars.parents[bar]))
        for vertices in down:
            x, y = land.points[vertices].T
            ax.plot(x, y, color=SADDLE, linewidth=1.8, path_effects=[halo], gid="path", zorder=4)
    _mark_critical(ax, land, labels)
    keys = [
        ax.plot([], [], "o", color="white", markeredgecolor=INK, markersize=8, label="minimum")[0],
        ax.plot([], [], "D", color=SADDLE, markeredgecolor="white", markersize=6, label="saddle")[0],
        ax.plot([], [], color=SADDLE, linewidth=1.8, label="minimax path")[0],
    ]
    # Below, where it does not meet the title.
    ax.legend(handles=keys, loc="upper center", bbox_to_anchor=(0.5, -0.11), ncols=3, frameon=False)
    lines = _title(bars).split("\n")
    if len(labels) == MAX_LABELS:
        lines[0] += f", {MAX_LABELS} drawn"
    ax.set_title("\n".join([land.name or "landscape", *lines]), loc="left", fontsize=10, color=INK)
    return ax
