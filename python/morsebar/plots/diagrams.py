"""Persistence diagrams: every bar a point, birth to the right, death upwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from morsebar.plots.style import INK, SHORT, FloatArray, axes_for, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from morsebar.canonical import CanonicalForm

__all__ = ["persistence_diagram"]

#: Colour and marker of every degree, those of the Okabe-Ito palette; the last one for all that follow.
_DEGREES = (("#0072B2", "o"), ("#D55E00", "D"), ("#009E73", "^"), ("#CC79A7", "s"), ("#333333", "P"))
#: With more bars of a degree most marks overlap.
_MANY_BARS = 2000
#: More marks than these are an image also in vector formats, of some 100 bytes each else.
_MAX_MARKS = 20_000


def persistence_diagram(form: CanonicalForm, ax: Axes | None = None) -> Axes:
    """Draw the bars of all degrees of a canonical form as points: birth to the right, death upwards.

    Degrees differ in colour and marker. The longer a bar, the farther its point from the diagonal; essential
    bars lie on a dashed line above all others, marked as infinity. Of a degree without bars the legend says
    so.

    Parameters
    ----------
    form : CanonicalForm
        Whose bars to draw.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes
        The Axes drawn into.

    Raises
    ------
    ImportError
        If matplotlib is missing (extra `plot`).

    Examples
    --------
    >>> import morsebar as mb
    >>> from matplotlib.figure import Figure
    >>> form = mb.morse_complex([[1, 2, 1], [2, 9, 2], [1, 2, 1]]).canonical_form()
    >>> ax = form.plot(Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['degree 0: 4', 'degree 1: 1', 'degree 2: none']
    """
    ax = axes_for(ax, figsize=(5.2, 5.0), layout="constrained")
    diagrams = [bars.diagram for bars in form.barcodes]
    low, high, infinity = _limits(np.concatenate(diagrams))
    ax.plot([low, high], [low, high], color=SHORT, linewidth=1.0, gid="diagonal", zorder=1)
    ax.fill_between([low, high], low, [low, high], color=SHORT, alpha=0.15, linewidth=0, zorder=0)
    if any(bars.n_essential for bars in form.barcodes):
        ax.axhline(infinity, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), gid="infinity", zorder=1)
        style: dict[str, Any] = {"xytext": (4, 0), "textcoords": "offset points", "va": "center"}
        ax.annotate("∞", (1, infinity), xycoords=("axes fraction", "data"), color=INK, **style)
    for degree, diagram in enumerate(diagrams):
        color, marker = _DEGREES[min(degree, len(_DEGREES) - 1)]
        ax.scatter(
            diagram[:, 0],
            np.minimum(diagram[:, 1], infinity),
            s=_area(len(diagram)),
            c=color,
            marker=marker,
            edgecolors="white",
            # Where marks overlap their edges would be all that is seen.
            linewidths=0.4 if len(diagram) <= _MANY_BARS else 0.0,
            label=f"degree {degree}: {len(diagram):,}" if len(diagram) else f"degree {degree}: none",
            gid=f"degree {degree}",
            rasterized=len(diagram) > _MAX_MARKS,
            # Few bars of a high degree would vanish under many of degree 0.
            zorder=3 + degree,
        )
    ax.set(xlabel="birth", ylabel="death", xlim=(low, high), ylim=(low, infinity + 0.06 * (high - low)))
    ax.set_aspect("equal")
    ax.spines[["top", "right"]].set_visible(False)
    over = "the rationals" if form.field == "rational" else f"Z/{form.field}"
    titled(ax, None, [f"bars over {over}"])
    ax.legend(loc="lower right", frameon=False, handletextpad=0.2)
    return ax


def _limits(diagram: FloatArray) -> tuple[float, float, float]:
    """Return the ends of both axes, and the height of the essential bars."""
    finite = diagram[np.isfinite(diagram)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    width = high - low if high > low else 1.0
    return low - 0.05 * width, high + 0.05 * width, high + 0.13 * width


def _area(n: int) -> float:
    """Return the area of a mark where there are n."""
    return float(np.clip(4000 / max(n, 1), 2, 42))
