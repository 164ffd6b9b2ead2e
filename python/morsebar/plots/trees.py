"""Merge trees in the plane: minima, the saddles where they die, and the lowest paths that lead there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from morsebar._extras import require
from morsebar.plots.maps import draw_map
from morsebar.plots.marks import BELOW, mark_critical
from morsebar.plots.standing_out import MAX_LABELS, numbers, rule, standing_out
from morsebar.plots.style import SADDLE, axes_for, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from morsebar.landscape import Landscape

__all__ = ["lowest_paths", "merge_tree", "path_key", "tree_title"]


def merge_tree(land: Landscape, ax: Axes | None = None) -> Axes:
    """Draw the merge tree of a landscape of two dimensions over its contours.

    A path leads from a minimum over its saddle to its parent, the older minimum that it joins there, never
    higher than the saddle (`MergeTree.path`): these minimax paths are the edges of the tree. No path between
    the two stays lower. Drawn are those of the twelve longest bars that stand out, whose marks have numbers.
    Marks and contours are those of `morsebar.plots.landscape`.

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
    ax = axes_for(ax, figsize=(6.6, 5.2), layout="constrained")
    draw_map(ax, land, numbers(land.barcode))
    halo = require("matplotlib.patheffects", "plot").withStroke(linewidth=3.4, foreground="white")
    for vertices in lowest_paths(land):
        x, y = land.points[vertices].T
        ax.plot(x, y, color=SADDLE, linewidth=1.8, path_effects=[halo], gid="path", zorder=3)
    titled(ax, land.name or "landscape", tree_title(land))
    ax.legend(handles=[*mark_critical(ax, land), path_key()], **BELOW)
    return ax


def lowest_paths(land: Landscape) -> Iterator[NDArray[np.int64]]:
    """Yield the paths of the numbered bars, each as two halves, from the saddle to either minimum.

    A path between the minima may be no higher and yet miss the saddle.
    """
    bars = land.barcode
    for bar in numbers(bars):
        if (saddle := int(bars.saddles[bar])) >= 0:
            for end in (bars.minima[bar], bars.parents[bar]):
                yield land.tree.path(saddle, int(end))


def path_key() -> Line2D:
    """Return the key of the paths in a legend."""
    key: Line2D = require("matplotlib.lines", "plot").Line2D(
        [], [], color=SADDLE, linewidth=1.8, label="minimax paths"
    )
    return key


def tree_title(land: Landscape) -> list[str]:
    """Return how many bars stand out and by which rule, and how many paths are drawn if not all."""
    first, *others = rule(land.barcode)
    if standing_out(land.barcode).sum() > MAX_LABELS:
        first += f", paths of {MAX_LABELS} drawn"
    return [first, *others]
