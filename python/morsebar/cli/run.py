"""The command `morsebar run`: sample a function, print the bars that stand out."""

import argparse
import math
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from morsebar import sampling
from morsebar._extras import require
from morsebar.cli.arguments import (
    add_output,
    check_degrees,
    degrees,
    interval,
    shows_progress,
    whole,
)
from morsebar.cli.errors import UsageError
from morsebar.cli.files import check_targets, replace, save_picture
from morsebar.cli.forms import picture, print_degrees, save_degrees
from morsebar.cli.objective import Watched, importing_from_here, resolve
from morsebar.cli.tables import MAX_ROWS, as_csv, print_bars
from morsebar.complex import MOST_AXES
from morsebar.gradient import morse_complex
from morsebar.graph import Grid
from morsebar.landscape import Landscape
from morsebar.noise import ThinSampleWarning
from morsebar.sampled_landscape import landscape
from morsebar.sampling import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def add_command(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to the parser."""
    command = commands.add_parser(
        "run", allow_abbrev=False, help="sample a function and print the minima that stand out"
    )
    command.set_defaults(command=_run)
    add = command.add_argument
    add(
        "objective",
        metavar="NAME",
        help="a name that `morsebar functions` lists, or module:function: takes points (n, d), returns (n,)",
    )
    add(
        "--bounds",
        type=interval,
        action="append",
        metavar="LO,HI",
        help="the box: one interval an axis, as in --bounds -5,5 0,10; a single one holds for every axis",
    )
    add("--samples", type=whole(1), default=100_000, metavar="N", help="number of points (default: 1e5)")
    add("--sampler", choices=get_args(sampling.Sampler), default="auto", help="default: %(default)s")
    add("--neighbors", type=whole(1), metavar="K", help="nearest neighbours that make the graph")
    add("--dim", type=whole(1), metavar="D", help="number of variables")
    add("--seed", type=whole(0), default=0, metavar="S", help="seed of the points (default: 0)")
    add(
        "--degrees",
        type=degrees,
        metavar="K,K",
        help="print bars of these degrees, or of all; on a grid, of at most 4 variables",
    )
    add("--report", type=Path, metavar="FILE", help="save an interactive report of the minima, one HTML file")
    add_output(command)


def _run(args: argparse.Namespace) -> None:
    check_targets(args.plot, args.csv, args.report)
    with importing_from_here():
        objective, box = resolve(args.objective, args.bounds, args.dim)
        chosen = None if args.degrees is None else _on_grid(args, len(box))
        land = _compute(Watched(objective, args.objective), box, args)
    print(land)
    if chosen is None:
        _show_minima(land, args)
    else:
        _show_degrees(land, chosen, args)
    if args.report is not None:
        land.report(args.report)


def _on_grid(args: argparse.Namespace, d: int) -> tuple[int, ...]:
    """Return the degrees asked for, and set the sampler that they need."""
    if args.sampler not in ("auto", "grid"):
        raise UsageError(f"--degrees: expected --sampler grid, got {args.sampler}")
    if d > MOST_AXES:
        raise UsageError(f"--degrees: expected a function of at most {MOST_AXES} variables, got {d}")
    args.sampler = "grid"
    return check_degrees(args.degrees, d)


def _show_minima(land: Landscape, args: argparse.Namespace) -> None:
    bars = land.barcode
    chosen = bars.significant(top=args.top)
    print()
    print(f"{len(chosen):,} of {len(bars):,} bars: {chosen.selection}")
    print()
    shown = chosen[: MAX_ROWS if args.top is None else None]
    places = (_coordinates(land, shown.minima), _coordinates(land, shown.saddles))
    print_bars(shown, ("minimum", "saddle"), places, len(chosen))
    if args.csv is not None:
        replace(args.csv, _csv(land))
    if args.plot is not None:
        save_picture(args.plot, _picture(land))


def _show_degrees(land: Landscape, chosen: tuple[int, ...], args: argparse.Namespace) -> None:
    assert isinstance(land.graph, Grid)
    cx = morse_complex(
        land.values.reshape(land.graph.shape), land.graph, progress=shows_progress(args), n_jobs=args.jobs
    )
    form = cx.canonical_form(progress=shows_progress(args), n_jobs=args.jobs)
    barcodes = [form.barcodes[degree] for degree in chosen]
    print_degrees(barcodes, lambda vertices: _coordinates(land, vertices), form, args.top)
    if args.csv is not None:
        coordinates = {f"x{i}": x for i, x in enumerate(land.points.T, start=1)}
        save_degrees(args.csv, barcodes, form, coordinates)
    if args.plot is not None:
        save_picture(args.plot, picture(form, cx, land.name or args.objective, bounds=land.bounds))


def _compute(objective: Watched, box: FloatArray, args: argparse.Namespace) -> Landscape:
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ThinSampleWarning)
            land = landscape(
                objective,
                box,
                n_samples=args.samples,
                sampler=args.sampler,
                n_neighbors=args.neighbors,
                random_state=args.seed,
                progress=shows_progress(args),
                n_jobs=args.jobs,
            )
        for warning in caught:
            if issubclass(warning.category, ThinSampleWarning):
                print(f"morsebar: warning: {warning.message}", file=sys.stderr)
            else:
                warnings.showwarning(
                    warning.message, warning.category, warning.filename, warning.lineno, warning.file
                )
        return land
    except (ValueError, OverflowError) as error:
        if objective.called:
            raise
        raise UsageError(error) from None


def _picture(land: Landscape) -> "Figure":
    from morsebar import plots

    options = plots.layout(land.points.shape[1])
    figure_options = {name: options.pop(name) for name in ("figsize", "layout")}
    figure: Figure = require("matplotlib.figure", "plot").Figure(**figure_options)
    land.plot(figure.subplots(**options))
    return figure


def _csv(land: Landscape) -> bytes:
    bars, axes = land.barcode, range(1, land.points.shape[1] + 1)
    columns: dict[str, NDArray[Any]] = {
        "minimum": bars.minima,
        "saddle": bars.saddles,
        "parent": bars.parents,
        "birth": bars.births,
        "death": bars.deaths,
        "persistence": bars.persistence,
        "size": bars.sizes,
        "mean_height": bars.mean_heights,
        "on_boundary": bars.on_boundary.astype(np.int64),
    }
    columns |= {f"minimum_x{i}": land.minimum_points[:, i - 1] for i in axes}
    columns |= {f"saddle_x{i}": land.saddle_points[:, i - 1] for i in axes}
    return as_csv(columns)


def _coordinates(land: Landscape, vertices: NDArray[np.int64]) -> list[str]:
    """Coordinates of vertices, aligned, to 1e-4 of the width of the box or finer; "-" for vertex -1."""
    assert land.bounds is not None
    columns = []
    for x, (low, high) in zip(land.points[vertices].T.tolist(), land.bounds.tolist(), strict=True):
        decimals = max(0, 4 - math.floor(math.log10(high - low)))
        plain = decimals <= 9 and max(-low, high) < 1e7
        # Adding 0.0 turns -0.0 into 0.0.
        texts = [f"{round(value, decimals) + 0.0:.{decimals}f}" if plain else f"{value:.6g}" for value in x]
        width = max(map(len, texts), default=0)
        columns.append([text.rjust(width) for text in texts])
    places = [f"({', '.join(place)})" for place in zip(*columns, strict=True)]
    return [place if vertex >= 0 else "-" for place, vertex in zip(places, vertices.tolist(), strict=True)]
