"""What all pictures share: colours, the size of a figure."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from morsebar._extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]

# Blue and vermillion of the Okabe-Ito palette, and greys: told apart with any colour vision.
LONG, SHORT, SADDLE, INK = "#0072B2", "#B4B4B4", "#D55E00", "#333333"


def layout(d: int) -> dict[str, Any]:
    """Return the arguments of `subplots` that suit a landscape of dimension d."""
    if d not in (1, 2):
        return {"figsize": (6.4, 4.0), "layout": "constrained"}
    return {"ncols": 2, "figsize": (10.4, 4.4), "layout": "constrained", "width_ratios": [6, 5]}


def axes_for(ax: Axes | None, **figure: object) -> Axes:
    """Return the Axes to draw into: the given ones, or those of a new figure of pyplot.

    Raises
    ------
    ImportError
        If there are none and matplotlib is missing (extra `plot`).
    """
    if ax is not None:
        return ax
    made: Axes
    _, made = require("matplotlib.pyplot", "plot").subplots(**figure)
    return made


def shades(n: int) -> FloatArray:
    """Return n colours of a map, from low to high values."""
    shades = require("matplotlib", "plot").colormaps["GnBu_r"](np.linspace(0.08, 0.98, n))
    return np.asarray(shades, dtype=np.float64)


def scale(*, is_size: bool = False) -> Colormap:
    """Return the map of numbers to colours: dark is what matters, low values or large sizes.

    Read by every colour vision; the yellow end of the map, which would vanish on white, is left out.
    """
    maps = require("matplotlib", "plot").colormaps
    colors = maps["cividis"](np.linspace(0.0, 0.8, 256))
    made: Colormap = require("matplotlib.colors", "plot").ListedColormap(colors[::-1] if is_size else colors)
    return made.with_extremes(bad=SHORT)


def titled(ax: Axes, name: str | None, lines: list[str], width: int = 60) -> None:
    """Write a title, left above a picture: the name, on as many lines as it needs, and what follows."""
    text = "\n".join([*textwrap.wrap(name or "", width), *lines])
    ax.set_title(text, loc="left", fontsize=10, color=INK)
