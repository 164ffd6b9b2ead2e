"""Which bars stand out, and by which rule: what pictures mark and say."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from morsebar._wording import counted
from morsebar.plots.style import BoolArray

if TYPE_CHECKING:
    from morsebar.barcode import Barcode

__all__ = ["MAX_LABELS", "Numbers", "noun", "numbers", "rule", "standing_out", "value_limits"]

Numbers: TypeAlias = dict[int, str]

#: Bars with a number.
MAX_LABELS = 12


def standing_out(bars: Barcode) -> BoolArray:
    """Return which bars stand out: all, where they were chosen already."""
    if bars.selection is not None:
        return np.ones(len(bars), dtype=np.bool_)
    return np.isinf(bars.deaths) | (bars.persistence > bars.threshold())


def numbers(bars: Barcode) -> Numbers:
    """Return the numbers of the bars that stand out, longest first: index of the bar -> label."""
    chosen = np.flatnonzero(standing_out(bars))[:MAX_LABELS]
    return {int(bar): str(number) for number, bar in enumerate(chosen, start=1)}


def noun(bars: Barcode) -> str:
    """Return what bars are called."""
    return f"bars of degree {bars.degree}" if bars.degree else "minima"


def rule(bars: Barcode) -> list[str]:
    """Return, as lines, how many bars stand out and by which rule."""
    names = ("minimum", "minima") if bars.degree == 0 else (f"bar of degree {bars.degree}", noun(bars))
    if bars.selection is not None:
        head, by = f"{counted(len(bars), *names)} selected", bars.selection
    else:
        chosen = bars.significant()
        head, by = f"{len(chosen):,} of {len(bars):,} {names[1]} stand out", str(chosen.selection)
    return [head, *textwrap.wrap(by, 54)]


def value_limits(bars: Barcode) -> tuple[float, float]:
    """Return the lowest birth and the highest finite death; where nothing dies, the highest value."""
    deaths = bars.deaths[np.isfinite(bars.deaths)]
    low = float(bars.births.min())
    high = float(deaths.max()) if deaths.size else bars.value_range[1]
    return (low, high) if high > low else (low, low + 1.0)
