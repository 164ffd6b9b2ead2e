"""Persistence curves: how many bars are longer than a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from morsebar._extras import require
from morsebar.plots.standing_out import noun, rule
from morsebar.plots.style import INK, LONG, SADDLE, FloatArray, axes_for, layout, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from morsebar.barcode import Barcode

__all__ = ["persistence_curve"]

#: Above, the number of bars is drawn on a logarithmic axis.
_MANY_BARS = 50
#: Steps smaller than this part of an axis are not seen.
_RESOLUTION = 2000
#: Over fewer powers of ten, twos and fives are written, too.
_FEW_DECADES = 3
#: A threshold this far below the shortest bar is written at the edge: an axis down to it would be empty.
_FAR = 30.0


def persistence_curve(bars: Barcode, ax: Axes | None = None) -> Axes:
    """Draw how many bars are longer than a threshold, over all thresholds, and mark the suggested one.

    The curve counts the bars with a persistence above x, essential ones at every x, over a logarithmic axis.
    A plateau is a range of thresholds that all keep the same bars: noise falls steeply, true minima leave
    steps. The dashed line is the threshold of `Barcode.threshold`, with the number of bars that it keeps; the
    title says by which rule. Bars that were chosen already have none.

    Parameters
    ----------
    bars : Barcode
        The bars to count.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    ImportError
        If matplotlib is missing (extra `plot`).

    Examples
    --------
    >>> import numpy as np
    >>> import morsebar as mb
    >>> from matplotlib.figure import Figure
    >>> bars = mb.merge_tree(np.random.default_rng(0).random((30, 30))).barcode()
    >>> ax = bars.plot_persistence(Figure().subplots())
    >>> ax.get_xscale(), ax.get_yscale()
    ('log', 'log')
    """
    ax = axes_for(ax, **layout(0))
    lengths = bars.persistence[np.isfinite(bars.deaths)]
    # What overflows is as long as can be; bars without length are longer than no threshold.
    lengths = np.sort(np.minimum(lengths[lengths > 0.0], np.finfo(np.float64).max))
    titled(ax, None, rule(bars))
    ax.set(
        xlabel="persistence",
        ylabel=f"{noun(bars)} with a longer bar" if bars.degree == 0 else f"longer {noun(bars)}",
    )
    ax.spines[["top", "right"]].set_visible(False)
    n = len(lengths) + bars.n_essential
    ticker = require("matplotlib.ticker", "plot")
    if n > _MANY_BARS:
        ax.set(yscale="log", ylim=(0.7, 1.6 * n))
    else:
        ax.set_ylim(0.0, 1.12 * max(n, 1))
        ax.yaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    if not len(lengths):
        ax.set_xticks([])
        ax.axhline(bars.n_essential, color=LONG, linewidth=1.6, gid="curve")
        return ax
    threshold = bars.threshold() if bars.selection is None else None
    is_far = threshold is not None and threshold < lengths[0] / _FAR
    marks = lengths if threshold is None or is_far or threshold <= 0.0 else np.append(lengths, threshold)
    with np.errstate(over="ignore"):
        low, high = max(marks.min() / 2.0, 5e-324), min(2.0 * marks.max(), np.finfo(np.float64).max)
    steps = np.concatenate([[low], lengths, [high]])
    counts = n - np.concatenate([[0], np.arange(1, len(lengths) + 1), [len(lengths)]])
    seen = _seen(steps, counts)
    ax.set(xscale="log", xlim=(low, high))
    if np.log10(high) - np.log10(low) < _FEW_DECADES:
        ax.xaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.xaxis.set_major_formatter(ticker.FormatStrFormatter("%.4g"))
    ax.xaxis.set_minor_formatter(ticker.NullFormatter())
    ax.step(steps[seen], counts[seen], where="post", color=LONG, linewidth=1.6, gid="curve", zorder=3)
    if threshold is not None:
        _mark_threshold(ax, low if is_far or threshold <= 0.0 else threshold, threshold, bars)
    return ax


def _seen(steps: FloatArray, counts: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the indices of the steps that can be told apart."""
    places = np.column_stack([np.log2(steps), np.log2(np.maximum(counts, 1))])
    places -= places.min(axis=0)
    pixels = np.round(_RESOLUTION * places / np.maximum(places.max(axis=0), 1e-300))
    changes = (np.diff(pixels, axis=0) != 0.0).any(axis=1)
    return np.flatnonzero(np.append(True, changes) | np.append(changes, True))


def _mark_threshold(ax: Axes, at: float, threshold: float, bars: Barcode) -> None:
    """Mark the threshold where it is, or at the left edge of the axis where that is far below all bars."""
    kept = len(bars.significant())
    is_inside = at == threshold
    label = f"{kept:,} above {threshold:.3g}" if is_inside else f"← {kept:,} above {threshold:.3g}"
    if is_inside:
        ax.axvspan(ax.get_xlim()[0], at, color="#EEEEEE", linewidth=0, gid="noise", zorder=0)
        ax.axvline(at, color=SADDLE, linestyle="--", linewidth=1.2, gid="threshold", zorder=2)
    # Below the curve, which falls: on the left where there is room.
    low, high = np.log(ax.get_xlim())
    on_right = np.log(at) - low < 0.3 * (high - low)
    halo = require("matplotlib.patheffects", "plot").withStroke(linewidth=2.5, foreground="white")
    ax.annotate(
        label,
        (at, 0.04),
        xycoords=("data", "axes fraction"),
        xytext=(5 if on_right else -5, 0),
        textcoords="offset points",
        ha="left" if on_right else "right",
        va="bottom",
        fontsize=9,
        color=INK,
        path_effects=[halo],
        zorder=5,
    )
