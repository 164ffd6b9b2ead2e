"""The command `morsebar functions`: what is known by name."""

import argparse
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from morsebar import objectives
from morsebar.cli.errors import UsageError
from morsebar.cli.gallery import check_folder, write_gallery
from morsebar.cli.tables import WIDTH, aligned


def add_command(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to the parser."""
    command = commands.add_parser(
        "functions", allow_abbrev=False, help="list the functions known by name, or draw them"
    )
    command.set_defaults(command=_functions)
    add = command.add_argument
    add("names", nargs="*", metavar="NAME", help="only these functions (default: all)")
    add(
        "--gallery",
        type=Path,
        metavar="DIR",
        help="write a page with their pictures, index.html, into a new or empty folder",
    )


def _functions(args: argparse.Namespace) -> None:
    try:
        chosen = [objectives.get(name) for name in args.names or objectives.names()]
    except ValueError as error:
        raise UsageError(error) from None
    # Names may be spelt in several ways.
    chosen = list({known.name: known for known in chosen}.values())
    if args.gallery is None:
        _print_table(chosen)
        return
    check_folder(args.gallery)
    write_gallery(args.gallery, chosen)
    print(f"{args.gallery / 'index.html'}: {len(chosen)} functions")


def _print_table(functions: Sequence[objectives.Objective]) -> None:
    rows = [("name", "dimension", "box", "source")]
    for known in functions:
        source = known.citation.partition(";")[0]
        rows.append((known.name, _dimensions(known), _format_box(known.bounds), source))
    indent = sum(max(map(len, column)) + 2 for column in list(zip(*rows, strict=True))[:3])
    for line in aligned(rows, "<<<<"):
        print(textwrap.fill(line, WIDTH, subsequent_indent=" " * indent))


def _dimensions(known: objectives.Objective) -> str:
    def exists(d: int) -> bool:
        try:
            objectives.get(known.name, d=d)
        except ValueError:
            return False
        return True

    if not exists(known.d + 1):
        return str(known.d)
    return "any" if exists(1) else "2 or more"


def _format_box(bounds: NDArray[np.float64]) -> str:
    sides = [f"[{low:g}, {high:g}]" for low, high in bounds.tolist()]
    return f"{sides[0]}^{len(sides)}" if len(sides) > 1 and len(set(sides)) == 1 else " x ".join(sides)
