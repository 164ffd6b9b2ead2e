"""The command `morsebar`: from the name of a function to the table of its minima.

Exit codes: 0 done; 1 the run failed, in the objective or on its values; 2 wrong arguments, nothing was
computed; 130 interrupted.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import io
import math
import operator
import os
import sys
import textwrap
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from morsebar import __version__, objectives, sampling
from morsebar._extras import require
from morsebar.landscape import landscape
from morsebar.noise import ThinSampleWarning

if TYPE_CHECKING:
    from morsebar.barcode import Barcode
    from morsebar.landscape import Landscape

__all__ = ["main"]

FloatArray: TypeAlias = NDArray[np.float64]

_WIDTH = 100
_MAX_ROWS = 50


class _UsageError(Exception):
    """Arguments that cannot work; nothing has been computed."""


class _ForeignError(Exception):
    """Raised from the exception of a user's code, to set it apart from those of this package."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments without the name of the program; by default those of this process.

    Returns
    -------
    int
        0 done, 1 the run failed, 2 wrong arguments, 130 interrupted.

    Examples
    --------
    >>> from morsebar.cli import main
    >>> code = main(["run", "three-hump camel", "--sampler", "grid", "--samples", "1681", "--top", "2"])
    Landscape of three_hump_camel: d = 2, 1,681 samples, 1 component
    ...
    #      birth     death  persistence  size  minimum            saddle
    1          0       inf          inf  1681  (0.0000,  0.0000)  -
    2   0.313223  0.877955     0.564732    89  (1.7000, -0.9000)  (1.1000, -0.6000)
    >>> code
    0
    """
    try:
        args = _parser().parse_args(_bind_bounds(sys.argv[1:] if argv is None else argv))
    except SystemExit as stop:
        return operator.index(stop.code or 0)  # type: ignore[arg-type]  # argparse exits with integers only
    try:
        args.command(args)
        sys.stdout.flush()
    except _UsageError as error:
        return _fail(2, str(error))
    except _ForeignError as error:
        _print_traceback(error)
        return 1
    except KeyboardInterrupt:
        return _fail(130, "interrupted")
    except BrokenPipeError:
        # The reader of a pipe is gone; the interpreter must not complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, OverflowError, MemoryError, OSError) as error:
        return _fail(1, str(error) or type(error).__name__)
    return 0


def _fail(code: int, message: str) -> int:
    print(f"morsebar: error: {message}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="morsebar", description="Find the local minima of a function, how deep each is, and the way out."
    )
    parser.add_argument("--version", action="version", version=f"morsebar {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run", allow_abbrev=False, help="sample a function and print the minima that stand out"
    )
    run.set_defaults(command=_run)
    add = run.add_argument
    add(
        "objective",
        metavar="NAME",
        help="a name that `morsebar functions` lists, or module:function: takes points (n, d), returns (n,)",
    )
    add(
        "--bounds",
        type=_interval,
        action="append",
        metavar="LO,HI",
        help="the box: one interval an axis, as in --bounds -5,5 0,10; a single one holds for every axis",
    )
    add("--samples", type=_whole(1), default=100_000, metavar="N", help="number of points (default: 1e5)")
    add("--sampler", choices=get_args(sampling.Sampler), default="auto", help="default: %(default)s")
    add("--neighbors", type=_whole(1), metavar="K", help="nearest neighbours that make the graph")
    add("--dim", type=_whole(1), metavar="D", help="number of variables")
    add("--seed", type=_whole(0), default=0, metavar="S", help="seed of the points (default: 0)")
    add("--jobs", type=_whole(1), metavar="J", help="number of threads (default: all)")
    add("--plot", type=Path, metavar="FILE", help="save a picture; its suffix names the format")
    add("--csv", type=Path, metavar="FILE", help="save all bars with coordinates of minima and saddles")
    add("--top", type=_whole(1), metavar="N", help="print the N longest bars, not those that stand out")
    add("--no-progress", action="store_true", help="no progress bar")

    functions = commands.add_parser("functions", help="list the functions known by name")
    functions.set_defaults(command=_functions)
    return parser


def _bind_bounds(argv: Sequence[str]) -> list[str]:
    """Write `--bounds -5,5 0,1` as `--bounds=-5,5 --bounds=0,1`.

    Otherwise argparse takes the first for an option, and a name that follows the box for an interval.
    """
    bound: list[str] = []
    in_bounds = False
    for word in argv:
        if in_bounds and "," in word and not word.startswith("--"):
            if bound[-1] == "--bounds":
                bound.pop()
            bound.append(f"--bounds={word}")
        else:
            in_bounds = word == "--bounds"
            bound.append(word)
    return bound


def _interval(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected two numbers LO,HI, got {text!r}") from None
    return low, high


def _whole(lowest: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not number.is_integer() or number < lowest:
            raise argparse.ArgumentTypeError(f"expected a whole number of at least {lowest}, got {text!r}")
        return int(number)

    return whole


def _functions(args: argparse.Namespace) -> None:
    rows = [("name", "dimension", "box", "source")]
    for name in objectives.names():
        known = objectives.get(name)
        source = known.citation.partition(";")[0]
        rows.append((name, _dimensions(name), _format_box(known.bounds), source))
    indent = sum(max(map(len, column)) + 2 for column in list(zip(*rows, strict=True))[:3])
    for line in _aligned(rows, "<<<<"):
        print(textwrap.fill(line, _WIDTH, subsequent_indent=" " * indent))


def _dimensions(name: str) -> str:
    def exists(d: int) -> bool:
        try:
            objectives.get(name, d=d)
        except ValueError:
            return False
        return True

    if not exists(3):
        return "2"
    return "any" if exists(1) else "2 or more"


def _run(args: argparse.Namespace) -> None:
    for path in (args.plot, args.csv):
        if path is not None:
            _check_target(path)
    if args.plot is not None:
        _check_picture(args.plot)
    with _importing_from_here():
        objective, box = _resolve(args.objective, args.bounds, args.dim)
        land = _compute(_Watched(objective, args.objective), box, args)
    bars = land.barcode
    chosen = bars.significant(top=args.top)
    print(land)
    print()
    print(f"{len(chosen):,} of {len(bars):,} bars: {chosen.selection}")
    print()
    _print_bars(land, chosen, len(chosen) if args.top is not None else _MAX_ROWS)
    if args.csv is not None:
        _replace(args.csv, _csv(land).encode())
    if args.plot is not None:
        _replace(args.plot, _picture(land, args.plot.suffix[1:].lower()))


class _Watched:
    """An objective that knows whether it has been called, and whose exceptions are set apart."""

    def __init__(self, objective: Callable[[FloatArray], Any], name: str) -> None:
        self._objective = objective
        self.name = getattr(objective, "name", name)
        self.called = False

    def __call__(self, points: FloatArray) -> Any:  # noqa: ANN401  # whatever the user's function returns
        self.called = True
        try:
            return self._objective(points)
        except Exception as error:
            raise _ForeignError from error


def _compute(objective: _Watched, box: FloatArray, args: argparse.Namespace) -> Landscape:
    visible = not args.no_progress and sys.stderr.isatty() and find_spec("tqdm") is not None
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
                progress=visible,
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
        raise _UsageError(error) from None


@contextmanager
def _importing_from_here() -> Iterator[None]:
    """Let modules of the current directory be imported, as `python` itself does."""
    before = list(sys.path)
    sys.path.insert(0, os.getcwd())
    try:
        yield
    finally:
        sys.path[:] = before


def _resolve(
    name: str, intervals: list[tuple[float, float]] | None, d: int | None
) -> tuple[Callable[[FloatArray], Any], FloatArray]:
    """Return the objective and its box."""
    if d is None and intervals is not None and len(intervals) > 1:
        d = len(intervals)
    objective: Callable[[FloatArray], Any]
    if ":" in name:
        objective = _import(name)
        own = getattr(objective, "bounds", None)
    else:
        try:
            known = objectives.get(name, d=d)
        except ValueError as error:
            raise _UsageError(f"{error}, or module:function") from None
        objective, own, d = known, known.bounds, known.d
    chosen = own if intervals is None else intervals
    if chosen is None:
        raise _UsageError(f"--bounds: {name} has no box of its own, expected one interval an axis")
    try:
        box = sampling.check_bounds(chosen)
    except ValueError as error:
        raise _UsageError(error) from None
    if intervals is not None and len(box) == 1 and d is not None:
        box = np.repeat(box, d, axis=0)
    if d is not None and len(box) != d:
        raise _UsageError(f"--bounds: expected {d} intervals for {d} variables, got {len(box)}")
    return objective, box


def _import(name: str) -> Callable[[FloatArray], Any]:
    module_name, _, path = name.partition(":")
    if not all(part.isidentifier() for part in [*module_name.split("."), *path.split(".")]):
        raise _UsageError(f"expected a name or module:function, got {name!r}")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and f"{module_name}.".startswith(f"{error.name}."):
            raise _UsageError(f"no module named {module_name!r} here or installed") from None
        raise _ForeignError from error
    try:
        found = operator.attrgetter(path)(module)
    except AttributeError:
        raise _UsageError(f"module {module_name!r} has no {path!r}") from None
    if not callable(found):
        raise _UsageError(f"{name} is not a function but of type {type(found).__name__}")
    return found  # type: ignore[no-any-return]  # callable, and nothing more is known


def _print_traceback(error: _ForeignError) -> None:
    """Print the user's exception with the frames of the user's code."""
    cause = error.__cause__
    assert cause is not None
    frames = cause.__traceback__
    while frames is not None and _is_scaffold(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    traceback.print_exception(type(cause), cause, frames, file=sys.stderr)


def _is_scaffold(filename: str) -> bool:
    return filename in (__file__, importlib.__file__) or filename.startswith("<frozen importlib")


def _check_target(path: Path) -> None:
    if path.exists() and not path.is_file():
        raise _UsageError(f"{path} is not a file")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise _UsageError(f"{path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise _UsageError(f"{path}: the folder {folder} is not writable")


def _check_picture(path: Path) -> None:
    try:
        figure = require("matplotlib.figure", "plot").Figure()
    except ImportError as error:
        raise _UsageError(f"--plot: {error}") from None
    known = sorted(figure.canvas.get_supported_filetypes())
    if path.suffix[1:].lower() not in known:
        raise _UsageError(f"--plot: expected one of the suffixes {', '.join(known)}, got {str(path)!r}")


def _replace(path: Path, content: bytes) -> None:
    """Write a file beside its destination and move it there: what was there stays until all is written."""
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _picture(land: Landscape, file_format: str) -> bytes:
    from morsebar import plots

    options = plots.layout(land.points.shape[1])
    figure_options = {name: options.pop(name) for name in ("figsize", "layout")}
    figure = require("matplotlib.figure", "plot").Figure(**figure_options)
    land.plot(figure.subplots(**options))
    content = io.BytesIO()
    figure.savefig(content, format=file_format, dpi=150)
    return content.getvalue()


def _csv(land: Landscape) -> str:
    """All bars as rows; floats as the shortest text that reads back to the same number."""
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
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))
    return text.getvalue()


def _print_bars(land: Landscape, bars: Barcode, max_rows: int) -> None:
    """Print one row a bar; where coordinates would make it too wide, they follow on lines of their own."""
    shown = bars[:max_rows]
    rows: list[tuple[str, ...]] = [("# ", "birth", "death", "persistence", "size")]
    for number, bar in enumerate(shown, start=1):
        star = "*" if bar.on_boundary else " "
        heights = (f"{height:.6g}" for height in (bar.birth, bar.death, bar.persistence))
        rows.append((f"{number}{star}", *heights, f"{bar.size}"))
    minima, saddles = _coordinates(land, shown.minima), _coordinates(land, shown.saddles)
    places = [("minimum", "saddle"), *zip(minima, saddles, strict=True)]
    lines = _aligned([(*row, *place) for row, place in zip(rows, places, strict=True)], ">>>>><<")
    if max(map(len, lines)) > _WIDTH:
        header, *narrow = _aligned(rows, ">>>>>")
        lines = [header]
        for line, minimum, saddle in zip(narrow, minima, saddles, strict=True):
            lines += [line, *_indented("minimum", minimum), *_indented("saddle", saddle)]
    print("\n".join(lines))
    if len(shown) < len(bars):
        print(f"and {len(bars) - len(shown):,} more: --top prints as many as you ask for, --csv saves all")
    if shown.on_boundary.any():
        print("* minimum on the boundary of the box")


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


def _indented(name: str, place: str) -> list[str]:
    return textwrap.wrap(place, _WIDTH, initial_indent=f"    {name:<9}", subsequent_indent=" " * 14)


def _aligned(rows: Sequence[Sequence[str]], alignments: str) -> list[str]:
    columns = []
    for column, alignment in zip(zip(*rows, strict=True), alignments, strict=True):
        width = max(map(len, column))
        columns.append([f"{cell:{alignment}{width}}" for cell in column])
    return ["  ".join(row).rstrip() for row in zip(*columns, strict=True)]


def _format_box(bounds: FloatArray) -> str:
    sides = [f"[{low:g}, {high:g}]" for low, high in bounds.tolist()]
    return f"{sides[0]}^{len(sides)}" if len(sides) > 1 and len(set(sides)) == 1 else " x ".join(sides)
