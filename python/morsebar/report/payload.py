"""What a report says: the bars as packed arrays, the run in words."""

import platform
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from morsebar._core import __version__
from morsebar.landscape import Landscape
from morsebar.minima_barcode import MinimaBarcode
from morsebar.plots.branch_layout import branch_layout
from morsebar.report.pack import packed
from morsebar.report.scene import indices_of, scene
from morsebar.sampling import format_box

__all__ = ["MAX_BARS", "payload"]

#: Bars in a report; the longest are kept.
MAX_BARS = 200_000
_MAX_COORDINATES = 10


def payload(land: Landscape, plotly_version: str) -> dict[str, Any]:
    """Return everything that the script of a report needs.

    Parameters
    ----------
    land : Landscape
    plotly_version : the version of plotly.js, to be shown

    Returns
    -------
    dict of plain texts, finite numbers, lists, dicts and packed arrays

    Notes
    -----
    About 60 + 8 d bytes a bar (d up to ten) and 16 a sample, of at most 100,000 samples, as base64.

    Examples
    --------
    >>> import morsebar as mb
    >>> content = payload(mb.landscape(mb.objectives.himmelblau, n_samples=2500), "4.1.1")
    >>> content["nBars"], content["run"][0]
    (4, ('Dimension', '2'))
    """
    every = land.barcode
    bars = every[:MAX_BARS]
    parents = indices_of(bars.parents, bars.minima)
    parents = np.where(parents < 0, np.arange(len(bars)), parents)
    d = min(land.d, _MAX_COORDINATES)
    finite = bars.deaths[np.isfinite(bars.deaths)]
    low = float(bars.births.min(initial=np.inf)) if len(bars) else 0.0
    high = float(finite.max()) if finite.size else (bars.value_range[1] if len(bars) else 1.0)
    return {
        "name": land.name or "landscape",
        "d": land.d,
        "nBars": len(bars),
        "nMinima": len(every),
        "nSamples": land.n_samples,
        "values": [low, high if high > low else low + 1.0],
        "threshold": every.threshold(),
        "rule": every.significant().selection,
        "bars": {
            "birth": packed(bars.births, "<f8"),
            "death": packed(bars.deaths, "<f8"),
            "minimum": packed(bars.minima, "<u4"),
            "saddle": packed(bars.saddles, "<u4"),
            "parent": packed(parents, "<u4"),
            "size": packed(bars.sizes, "<u4"),
            "height": packed(bars.mean_heights, "<f8"),
            "boundary": packed(bars.on_boundary, "|u1"),
            "leaf": packed(_leaves(bars, parents), "<u4"),
        },
        "nCoordinates": d,
        "minimumPoints": packed(land.minimum_points[: len(bars), :d], "<f4"),
        "saddlePoints": packed(land.saddle_points[: len(bars), :d], "<f4"),
        "scene": scene(land, bars),
        "run": _run(land),
        "versions": _versions(plotly_version),
    }


def _leaves(bars: MinimaBarcode, parents: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the place of every minimum from left to right, whatever bars are left out from the end."""
    every = np.arange(len(bars))
    layout = branch_layout(
        bars.births,
        bars.deaths,
        np.where(parents == every, -1, parents),
        sizes=bars.sizes,
        slots=np.ones(len(bars)),
        slant=0.0,
    )
    places = np.empty_like(every)
    places[np.argsort(layout.x)] = every
    return places


def _run(land: Landscape) -> list[tuple[str, str]]:
    """Return the parameters of the run and what was found, in words."""
    bars = land.barcode
    rows = [("Dimension", f"{land.d}"), ("Samples", f"{land.n_samples:,}"), ("Sampler", land.sampler)]
    if land.bounds is not None:
        rows.append(("Box", format_box(land.bounds)))
    if land.random_state is not None:
        rows.append(("Random state", f"{land.random_state}"))
    if land.n_evaluations:
        rows.append(("Evaluations", f"{land.n_evaluations:,}"))
    rows += [
        ("Graph", repr(land.graph)),
        ("Type of values", f"{land.values.dtype}"),
        ("Components", f"{bars.n_components:,}"),
        ("Minima", f"{len(bars):,}, {np.count_nonzero(bars.on_boundary):,} of them on the boundary"),
    ]
    if len(bars):
        low, high = bars.value_range
        false = land.expected_false_minima
        rows += [
            ("Values", f"{low:.6g} to {high:.6g}"),
            ("Noise floor", f"{bars.noise_floor:.3g}"),
            ("Suggested cut", str(bars.significant().selection)),
            ("Samples a minimum", f"{land.samples_per_minimum:,.0f}"),
            (
                "False minima expected",
                "not known" if false is None else f"about {false:.3g}, away from faces",
            ),
        ]
    return rows


def _versions(plotly_version: str) -> list[tuple[str, str]]:
    return [
        ("morsebar", __version__),
        ("Python", platform.python_version()),
        ("numpy", np.__version__),
        ("scipy", scipy.__version__),
        ("plotly.js", plotly_version),
    ]
