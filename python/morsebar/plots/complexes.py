"""Pictures of Morse complexes on 2-D grids: critical points and separatrices over the function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._extras import require
from morsebar.graph import Grid
from morsebar.plots.maps import fill_contours
from morsebar.plots.marks import BELOW
from morsebar.plots.standing_out import rule
from morsebar.plots.style import INK, SADDLE, FloatArray, axes_for, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from morsebar.barcode import Barcode
    from morsebar.canonical import CanonicalForm
    from morsebar.gradient import GradientMorseComplex

__all__ = ["morse_complex"]

_MAX_SIDE = 400
#: With more critical cells their lines, and the edges of their marks, would hide the function.
_MANY_CELLS = 2000
#: More marks than these are an image also in vector formats.
_MAX_MARKS = 20_000
#: Representatives drawn at most, and what tells them apart: of the Okabe-Ito palette what the rest leaves.
_CYCLES = ("#CC79A7", "#E69F00", "#F0E442", "#56B4E9")
#: Marker, colour and names of critical points by degree.
_CRITICAL = (
    ("o", "white", "minimum", "minima"),
    ("D", SADDLE, "saddle", "saddles"),
    ("^", INK, "maximum", "maxima"),
)


def morse_complex(
    cx: GradientMorseComplex,
    ax: Axes | None = None,
    *,
    form: CanonicalForm | None = None,
    bars: Barcode | None = None,
    separatrices: bool | None = None,
    bounds: ArrayLike | None = None,
    as_image: bool = False,
) -> Axes:
    """Draw a Morse complex on a 2-D grid over its function.

    Filled contours at quantiles of the values, critical points by degree, at the vertex that gives the
    value, and the separatrices from saddles: white down to minima, dotted up to maxima. With a canonical
    form that has its change of basis also representatives of its longest bars of degree 1: the cycle, as
    edges of the grid; the title says of how many bars, and by which rule they were chosen.

    Parameters
    ----------
    cx : GradientMorseComplex
        On a 2-D `Grid`.
    ax : Axes, optional
        Where to draw; by default a new figure.
    form : CanonicalForm, optional
        Of this complex, computed with `basis=True`.
    bars : Barcode, optional
        Bars of degree 1 of that form, whose cycles to draw; by default `form.barcodes[1].significant()`. The
        first four are drawn.
    separatrices : bool, optional
        Whether to draw separatrices; by default where there are at most 2000 critical cells.
    bounds : (2, 2), optional
        The box that the grid covers, ends included; by default axes count vertices.
    as_image : bool
        Draw the first axis downwards and the second to the right, as pictures are; else the first to the
        right and the second upwards, as coordinates are.

    Returns
    -------
    Axes
        The Axes drawn into.

    Raises
    ------
    ImportError
        If matplotlib is missing (extra `plot`).
    ValueError
        If the complex is not on a grid of two axes, at least two wide each; if `bars` are given without a
        form, or are not bars of degree 1; if the form has no change of basis; if `bounds` are no box.

    Examples
    --------
    >>> import morsebar as mb
    >>> from matplotlib.figure import Figure
    >>> cx = mb.morse_complex([[1, 2, 1], [2, 9, 2], [1, 2, 1]])
    >>> ax = cx.plot(Figure().subplots(), form=cx.canonical_form(basis=True))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['4 minima', '4 saddles', '1 maximum']
    """
    frame = _frame(cx, bounds, as_image)
    chosen = _checked_bars(form, bars)
    ax = axes_for(ax, figsize=(6.4, 5.0), layout="constrained")
    _draw_function(ax, cx.function.reshape(frame.shape).astype(np.float64), frame)
    if separatrices or (separatrices is None and len(cx) <= _MANY_CELLS):
        _draw_separatrices(ax, cx, frame)
    if form is not None and chosen is not None:
        assert chosen.birth_cells is not None
        titled(ax, None, _title(chosen))
        for color, bar in zip(_CYCLES, chosen.birth_cells, strict=False):
            edges = form.cycle(bar).vertices
            # Dark edges: seen on any shade of the function.
            _draw_edges(ax, edges, frame, color=INK, linewidth=3.6, zorder=4)
            _draw_edges(ax, edges, frame, color=color, linewidth=2.2, gid="cycle", zorder=4)
    _mark(ax, cx, frame)
    (left, bottom), (right, top) = frame.places(np.array([0, len(cx.function.ravel()) - 1]))
    ax.set(xlim=(left, right), ylim=(top, bottom) if as_image else (bottom, top))
    names = ["axis 0", "axis 1"] if bounds is None else ["$x_1$", "$x_2$"]
    ax.set(xlabel=names[as_image], ylabel=names[not as_image])
    if as_image:
        ax.set_aspect("equal")
    return ax


@dataclass(frozen=True)
class _Frame:
    """Where the vertices of a grid lie in the picture."""

    shape: tuple[int, int]
    low: FloatArray
    step: FloatArray
    as_image: bool

    def places(self, vertices: NDArray[np.int64]) -> FloatArray:
        """Return x and y of vertices, (..., 2)."""
        at = np.stack(np.unravel_index(vertices, self.shape), axis=-1) * self.step + self.low
        return at[..., ::-1] if self.as_image else at


def _frame(cx: GradientMorseComplex, bounds: ArrayLike | None, as_image: bool) -> _Frame:
    shape = _checked_shape(cx)
    last = np.array(shape) - 1.0
    box = np.column_stack([np.zeros(2), last]) if bounds is None else np.asarray(bounds, dtype=np.float64)
    if box.shape != (2, 2) or not (np.isfinite(box).all() and (box[:, 0] < box[:, 1]).all()):
        raise ValueError(f"bounds: expected two intervals lo < hi, got {bounds!r}")
    return _Frame(shape, box[:, 0], (box[:, 1] - box[:, 0]) / last, as_image)


def _checked_shape(cx: GradientMorseComplex) -> tuple[int, int]:
    shape = cx.complex.shape if isinstance(cx.complex, Grid) else None
    if shape is None or len(shape) != 2 or min(shape) < 2:
        raise ValueError(
            f"the complex is on {cx.complex}, expected a grid of two axes, at least two wide each"
        )
    return shape[0], shape[1]


def _checked_bars(form: CanonicalForm | None, bars: Barcode | None) -> Barcode | None:
    """Return the bars whose cycles are drawn, the first ones."""
    if form is None:
        if bars is not None:
            raise ValueError("bars: expected a form as well, whose change of basis has their cycles")
        return None
    if form.basis is None:
        raise ValueError("form: expected one with its change of basis, by canonical_form(basis=True)")
    chosen = form.barcodes[1].significant() if bars is None else bars
    if chosen.degree != 1 or chosen.birth_cells is None:
        raise ValueError(f"bars: expected bars of degree 1 of the form, got bars of degree {chosen.degree}")
    return chosen


def _title(bars: Barcode) -> list[str]:
    first, *others = rule(bars)
    if len(bars) > len(_CYCLES):
        first += f", cycles of {len(_CYCLES)} drawn"
    return [first, *others]


def _draw_function(ax: Axes, function: FloatArray, frame: _Frame) -> None:
    thin = tuple(slice(None, None, -(-side // _MAX_SIDE)) for side in frame.shape)
    values = np.ma.masked_invalid(function[thin])
    if not values.count():
        return
    vertices = np.arange(function.size).reshape(frame.shape)[thin]
    x, y = np.moveaxis(frame.places(vertices), -1, 0)
    fill_contours(ax, x, y, values)


def _draw_separatrices(ax: Axes, cx: GradientMorseComplex, frame: _Frame) -> None:
    down: list[NDArray[np.int64]] = []
    up: list[NDArray[np.int64]] = []
    for line in cx.separatrices():
        ends = np.column_stack([line.vertices[:-1], line.vertices[1:]])
        falls = line.extremum >= 0 and cx.degrees[line.extremum] == 0
        (down if falls else up).append(ends)
    none = np.empty((0, 2), dtype=np.int64)
    style: dict[str, Any] = {"linewidth": 0.9, "zorder": 3}
    _draw_edges(ax, np.concatenate([none, *down]), frame, color="white", gid="descent", **style)
    _draw_edges(ax, np.concatenate([none, *up]), frame, color=INK, gid="ascent", linestyle=":", **style)


def _draw_edges(
    ax: Axes,
    edges: NDArray[np.int64],
    frame: _Frame,
    **style: Any,  # noqa: ANN401  # of a collection of lines
) -> None:
    """Draw lines between pairs of vertices; those around a periodic axis are left out."""
    ends = np.stack(np.unravel_index(edges, frame.shape), axis=-1)
    near = np.abs(ends[:, 0] - ends[:, 1]).max(axis=1, initial=0) <= 1
    collections = require("matplotlib.collections", "plot")
    lines = collections.LineCollection(frame.places(edges[near]), capstyle="round", **style)
    ax.add_collection(lines, autolim=False)


def _mark(ax: Axes, cx: GradientMorseComplex, frame: _Frame) -> None:
    keys = []
    for degree, (marker, color, name, several) in enumerate(_CRITICAL):
        x, y = frame.places(cx.vertices[cx.degrees == degree]).T
        edge = "white" if degree else INK
        # Many marks must not hide the function.
        area = float(np.clip(20_000 / max(len(cx), 1), 0.3, 46))
        width = 0.8 if len(cx) <= _MANY_CELLS else 0.0
        # Each is some 100 bytes of a vector format.
        many = len(cx) > _MAX_MARKS
        style: dict[str, Any] = {
            "rasterized": many,
            "marker": marker,
            "c": color,
            "edgecolors": edge,
            "gid": name,
        }
        # Those on the boundary are seen whole.
        ax.scatter(x, y, s=area, linewidths=width, clip_on=False, zorder=5 + degree, **style)
        count = cx.n_critical[degree]
        label = f"{count:,} {name if count == 1 else several}"
        keys += ax.plot([], [], marker, color=color, markeredgecolor=color if degree else INK, label=label)
    ax.legend(handles=keys, **BELOW, columnspacing=1, handletextpad=0.1)
