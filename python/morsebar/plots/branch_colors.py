"""Colours of branches: by what is known of their bars, by numbers of the caller, or by groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._extras import require
from morsebar.plots.simplified_tree import SimplifiedTree
from morsebar.plots.style import LONG, SHORT, FloatArray, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ColorBy", "branch_colors", "check_color_by"]

ColorBy: TypeAlias = Literal["size", "value"] | ArrayLike | None

#: Of the Okabe-Ito palette what is told apart as a thin line on white.
_GROUPS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


def check_color_by(color_by: ColorBy, n_bars: int) -> NDArray[np.generic] | str | None:
    """Return `color_by` with an array as numpy sees it, or refuse it."""
    if color_by is None or (isinstance(color_by, str) and color_by in ("size", "value")):
        return color_by
    array = np.asarray(color_by)
    if array.ndim == 0:
        raise ValueError(f"color_by: expected None, 'size', 'value' or an array, got {color_by!r}")
    if array.shape != (n_bars,):
        raise ValueError(
            f"color_by: expected shape ({n_bars},), one entry for every bar of barcode(), got {array.shape}"
        )
    if array.dtype.kind not in "biufUO":
        raise ValueError(f"color_by: expected numbers or groups, got an array of dtype {array.dtype}")
    return array


def branch_colors(ax: Axes, tree: SimplifiedTree, color_by: NDArray[np.generic] | str | None) -> FloatArray:
    """Return the colour of every branch, (m, 4), and draw the colour bar that explains them."""
    colors = require("matplotlib.colors", "plot")
    m = len(tree.bars)
    if color_by is None or not m:
        return np.tile(np.array(colors.to_rgba(LONG)), (m, 1))
    label, is_size = None, False
    if isinstance(color_by, str):
        is_size = color_by == "size"
        label = "size (vertices)" if is_size else "value of the minimum"
        numbers = np.asarray(tree.sizes if is_size else tree.births, dtype=np.float64)
    elif color_by.dtype.kind != "f":
        return _group_colors(ax, color_by[tree.bars])
    else:
        numbers = color_by[tree.bars].astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    norm = colors.Normalize(low, high if high > low else low + 1.0)
    if is_size:
        norm = colors.LogNorm(1, max(2.0, high))
    shades = require("matplotlib.cm", "plot").ScalarMappable(norm, scale(is_size=is_size))
    ax.figure.colorbar(shades, ax=ax, label=label)
    return np.asarray(shades.to_rgba(np.ma.masked_invalid(numbers)), dtype=np.float64)


def _group_colors(ax: Axes, groups: NDArray[np.generic]) -> FloatArray:
    """Give the largest groups a colour each, and what is left a grey."""
    colors = require("matplotlib.colors", "plot")
    names, numbers, counts = np.unique(groups.astype(str), return_inverse=True, return_counts=True)
    by_size = np.argsort(-counts, kind="stable")
    n_own = len(names) if len(names) <= len(_GROUPS) else len(_GROUPS)
    labels = [str(name) for name in names[by_size[:n_own]]]
    palette = list(_GROUPS[:n_own])
    if n_own < len(names):
        labels.append(
            f"{len(names) - n_own:,} other groups" if len(names) > n_own + 1 else str(names[by_size[-1]])
        )
        palette.append(SHORT)
    position = np.empty(len(names), dtype=np.intp)
    position[by_size] = np.minimum(np.arange(len(names)), len(palette) - 1)
    norm = colors.BoundaryNorm(np.arange(len(palette) + 1) - 0.5, len(palette))
    shades = require("matplotlib.cm", "plot").ScalarMappable(norm, colors.ListedColormap(palette))
    bar = ax.figure.colorbar(shades, ax=ax, ticks=np.arange(len(palette)))
    bar.ax.set_yticklabels([label if len(label) <= 24 else label[:23] + "…" for label in labels])
    bar.ax.tick_params(length=0)
    bar.ax.invert_yaxis()
    bar.outline.set_visible(False)
    return np.array([colors.to_rgba(palette[i]) for i in position[numbers]])
