"""What commands show of bars of all degrees: one table a degree, one file for all."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from morsebar._extras import require
from morsebar.barcode import Barcode
from morsebar.canonical import CanonicalForm
from morsebar.cli.files import replace
from morsebar.cli.tables import MAX_ROWS, as_csv, print_bars
from morsebar.gradient import GradientMorseComplex
from morsebar.sampling import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Grids that can be drawn: of two axes, at least so wide.
_MAP_AXES, _NARROWEST_MAP = 2, 2
#: From vertices to the texts of their places, "-" for vertex -1.
Places: TypeAlias = Callable[[NDArray[np.int64]], list[str]]


def print_degrees(
    barcodes: Sequence[Barcode], places: Places, form: CanonicalForm, top: int | None, *, sign: float = 1.0
) -> None:
    """Print one table a degree: the bars that stand out, or the longest.

    Parameters
    ----------
    barcodes : the bars of the degrees asked for.
    places : what spells the places of vertices.
    form : the form they come from.
    top : how many to print, the longest first; by default those that stand out.
    sign : -1 for bars of the negated values.
    """
    for bars in barcodes:
        print()
        if not len(bars):
            print(f"degree {bars.degree}: no bars")
            continue
        chosen = bars.significant(top=top)
        print(f"degree {bars.degree}: {len(chosen):,} of {len(bars):,} bars: {chosen.selection}")
        shown = chosen[: MAX_ROWS if top is None else None]
        births, deaths = vertices_of(shown, form)
        extremum = "minimum" if sign > 0 else "maximum"
        names = (extremum, "saddle") if bars.degree == 0 else ("born at", "dies at")
        if len(shown):
            print_bars(shown, names, (places(births), places(deaths)), len(chosen), sign=sign)


def save_degrees(
    path: Path,
    barcodes: Sequence[Barcode],
    form: CanonicalForm,
    coordinates: dict[str, NDArray[Any]],
    *,
    sign: float = 1.0,
) -> None:
    """Save the bars of several degrees, with the coordinates of the vertices that begin and end them.

    Parameters
    ----------
    path : where to.
    barcodes : the bars of the degrees asked for.
    form : the form they come from.
    coordinates : by name, of all vertices.
    sign : -1 for bars of the negated values.
    """
    ends = [vertices_of(bars, form) for bars in barcodes]
    births, deaths = (np.concatenate([pair[side] for pair in ends]) for side in (0, 1))
    # Adding 0.0 turns -0.0 into 0.0.
    diagram = sign * np.concatenate([bars.diagram for bars in barcodes]) + 0.0
    columns: dict[str, NDArray[Any]] = {
        "degree": np.repeat([bars.degree for bars in barcodes], [len(bars) for bars in barcodes]),
        "birth": diagram[:, 0],
        "death": diagram[:, 1],
        "persistence": np.concatenate([bars.persistence for bars in barcodes]),
        "birth_vertex": births,
        "death_vertex": deaths,
    }
    for side, vertices in (("birth", births), ("death", deaths)):
        for name, x in coordinates.items():
            # Of no vertex there are no coordinates: an empty field, not a number.
            column = x[vertices].astype(object)
            column[vertices < 0] = ""
            columns[f"{side}_{name}"] = column
    replace(path, as_csv(columns))


def vertices_of(bars: Barcode, form: CanonicalForm) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the vertices that begin and end bars, -1 where essential."""
    vertices = np.append(form.complex.vertices, np.int64(-1))
    return vertices[bars.birth_cells], vertices[bars.death_cells]


def picture(
    form: CanonicalForm, cx: GradientMorseComplex, title: str, *, bounds: FloatArray | None = None
) -> "Figure":
    """Return a figure of the persistence diagram, on two axes beside the complex over its function.

    Parameters
    ----------
    form : the form of the complex.
    cx : the complex.
    title : the name of the function or picture.
    bounds : the box that the grid covers; by default it is a picture, first axis downwards.
    """
    new_figure = require("matplotlib.figure", "plot").Figure
    shape = cx.function.shape
    if len(shape) != _MAP_AXES or min(shape) < _NARROWEST_MAP:
        figure: Figure = new_figure(figsize=(5.2, 5.0), layout="constrained")
        form.plot(figure.subplots())
    else:
        figure = new_figure(figsize=(11.4, 4.8), layout="constrained")
        over, beside = figure.subplots(ncols=2, width_ratios=[6, 5])
        cx.plot(over, bounds=bounds, as_image=bounds is None)
        form.plot(beside)
    figure.suptitle(title, fontsize=11)
    return figure
