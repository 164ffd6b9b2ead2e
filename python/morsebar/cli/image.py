"""The command `morsebar image`: the bars of an array, or of a picture, as a grid."""

import argparse
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from morsebar._arrays import FloatArray, exact_values
from morsebar._extras import require
from morsebar.cli.arguments import add_output, check_degrees, degrees, shows_progress
from morsebar.cli.errors import UsageError
from morsebar.cli.files import check_targets, save_picture
from morsebar.cli.forms import picture, print_degrees, save_degrees
from morsebar.complex import Cells, any_complex
from morsebar.gradient import GradientMorseComplex, morse_complex
from morsebar.graph import Grid

#: Red, green and blue in a thousandth of grey (ITU-R BT.601): equal parts stay what they are.
_LUMINANCE = (299, 587, 114)


def add_command(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to the parser."""
    command = commands.add_parser(
        "image", allow_abbrev=False, help="print the bars of an array or a picture, as a function on a grid"
    )
    command.set_defaults(command=_image)
    add = command.add_argument
    add(
        "file",
        type=Path,
        metavar="FILE",
        help="an array of one to four axes (.npy), or a picture (.png, ...): colours are read as luminance",
    )
    add(
        "--degrees",
        type=degrees,
        default="all",
        metavar="K,K",
        help="print bars of these degrees (default: all)",
    )
    add("--superlevel", action="store_true", help="bars of superlevel sets: maxima, from the highest down")
    add("--periodic", action="store_true", help="every axis closes into a circle")
    add(
        "--connectivity",
        choices=get_args(Cells),
        default="axis",
        help="cells: cubes (axis) or the simplices of the Kuhn triangulation (default: %(default)s)",
    )
    add_output(command)


def _image(args: argparse.Namespace) -> None:
    check_targets(args.plot, args.csv)
    values = _read(args.file)
    if args.superlevel:
        values = -values
    try:
        grid = Grid(values.shape, args.connectivity, args.periodic)
        any_complex(grid, values)
    except ValueError as error:
        raise UsageError(f"{args.file}: {error}") from None
    chosen = check_degrees(args.degrees, grid.ndim)
    cx = morse_complex(values, grid, progress=shows_progress(args), n_jobs=args.jobs)
    form = cx.canonical_form(progress=shows_progress(args), n_jobs=args.jobs)
    barcodes = [form.barcodes[degree] for degree in chosen]
    print(_head(args, cx))
    sign = -1.0 if args.superlevel else 1.0
    print_degrees(barcodes, lambda vertices: _places(vertices, grid.shape), form, args.top, sign=sign)
    if args.csv is not None:
        indices = np.unravel_index(np.arange(values.size), grid.shape)
        coordinates = {f"index_{axis}": index for axis, index in enumerate(indices)}
        save_degrees(args.csv, barcodes, form, coordinates, sign=sign)
    if args.plot is not None:
        title = f"{args.file.name}, negated" if args.superlevel else args.file.name
        save_picture(args.plot, picture(form, cx, title))


def _head(args: argparse.Namespace, cx: GradientMorseComplex) -> str:
    """Return what is said of the picture, the values as they are in the file."""
    lines = [f"{args.file.name}: {' x '.join(map(str, cx.function.shape))} vertices"]
    if args.superlevel:
        lines[0] += ", superlevel sets"
    counts = ", ".join(f"{count:,}" for count in cx.n_critical)
    lines.append(f"critical   {counts} cells by degree, Euler characteristic {cx.euler_characteristic}")
    return "\n  ".join(lines)


def _places(vertices: NDArray[np.int64], shape: tuple[int, ...]) -> list[str]:
    """Return indices of vertices, aligned; "-" for vertex -1."""
    at = np.stack(np.unravel_index(np.maximum(vertices, 0), shape), axis=-1)
    widths = [len(str(max(size - 1, 0))) for size in shape]
    texts = [", ".join(f"{i:>{width}}" for i, width in zip(row, widths, strict=True)) for row in at.tolist()]
    return [
        f"({text})" if vertex >= 0 else "-" for text, vertex in zip(texts, vertices.tolist(), strict=True)
    ]


def _read(path: Path) -> FloatArray:
    """Return the array of a file."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    array = _read_array(path) if path.suffix.lower() == ".npy" else _read_picture(path)
    try:
        return exact_values(array, str(path))
    except ValueError as error:
        raise UsageError(error) from None


def _read_array(path: Path) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except (ValueError, EOFError):
        raise UsageError(f"{path} is not an array of numbers that numpy saved") from None
    return array


def _read_picture(path: Path) -> NDArray[Any]:
    try:
        library = require("PIL.Image", "image")
    except ImportError as error:
        raise UsageError(str(error)) from None
    try:
        with library.open(path) as picture:
            if picture.mode in ("1", "L", "I", "F") or picture.mode.startswith("I;16"):
                return np.array(picture)
            if picture.mode in ("LA", "La"):
                return np.array(picture.getchannel(0))
            colours = np.array(picture.convert("RGB"))
    except (OSError, ValueError, SyntaxError, library.DecompressionBombError) as error:
        raise UsageError(f"{path} is not a picture that can be read: {error}") from None
    return np.asarray(colours.astype(np.int64) @ _LUMINANCE / 1000)
