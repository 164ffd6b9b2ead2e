"""The command `morsebar functions`: what is known by name."""

import argparse
import textwrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from morsebar import objectives
from morsebar.cli.tables import WIDTH, aligned


def add_command(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to the parser."""
    command = commands.add_parser("functions", help="list the functions known by name")
    command.set_defaults(command=_functions)


def _functions(args: argparse.Namespace) -> None:
    rows = [("name", "dimension", "box", "source")]
    for name in objectives.names():
        known = objectives.get(name)
        source = known.citation.partition(";")[0]
        rows.append((name, _dimensions(name), _format_box(known.bounds), source))
    indent = sum(max(map(len, column)) + 2 for column in list(zip(*rows, strict=True))[:3])
    for line in aligned(rows, "<<<<"):
        print(textwrap.fill(line, WIDTH, subsequent_indent=" " * indent))


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


def _format_box(bounds: NDArray[np.float64]) -> str:
    sides = [f"[{low:g}, {high:g}]" for low, high in bounds.tolist()]
    return f"{sides[0]}^{len(sides)}" if len(sides) > 1 and len(set(sides)) == 1 else " x ".join(sides)
