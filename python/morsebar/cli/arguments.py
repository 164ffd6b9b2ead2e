"""The arguments that commands share, and how their words are read."""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

from morsebar.cli.errors import UsageError

#: Degrees asked for.
Degrees: TypeAlias = tuple[int, ...] | Literal["all"]


def add_output(command: argparse.ArgumentParser) -> None:
    """Add the arguments that say what is printed and saved."""
    add = command.add_argument
    add("--jobs", type=whole(1), metavar="J", help="number of threads (default: all)")
    add("--plot", type=Path, metavar="FILE", help="save a picture; its suffix names the format")
    add("--csv", type=Path, metavar="FILE", help="save all bars, with the places where they begin and end")
    add("--top", type=whole(1), metavar="N", help="print the N longest bars, not those that stand out")
    add("--no-progress", action="store_true", help="no progress bar")


def shows_progress(args: argparse.Namespace) -> bool:
    """Whether to draw progress bars: where someone looks on, and can."""
    return not args.no_progress and sys.stderr.isatty() and find_spec("tqdm") is not None


def bind_bounds(argv: Sequence[str]) -> list[str]:
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


def interval(text: str) -> tuple[float, float]:
    """Read two numbers LO,HI."""
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected two numbers LO,HI, got {text!r}") from None
    return low, high


def whole(lowest: int) -> Callable[[str], int]:
    """Return what reads a whole number of at least `lowest`, written as 1e6 perhaps."""

    def read(text: str) -> int:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not number.is_integer() or number < lowest:
            raise argparse.ArgumentTypeError(f"expected a whole number of at least {lowest}, got {text!r}")
        return int(number)

    return read


def degrees(text: str) -> Degrees:
    """Read `all` or degrees K,K,..."""
    if text == "all":
        return "all"
    words = text.split(",")
    if not all(word.isdecimal() for word in words):
        raise argparse.ArgumentTypeError(f"expected 'all' or degrees K,K,..., got {text!r}")
    return tuple(sorted(set(map(int, words))))


def check_degrees(asked: Degrees, dimension: int) -> tuple[int, ...]:
    """Return the degrees asked for.

    Raises
    ------
    UsageError
        If there are no such degrees.
    """
    if asked == "all":
        return tuple(range(dimension + 1))
    if asked[-1] > dimension:
        raise UsageError(f"--degrees: expected at most {dimension}, the number of axes, got {asked[-1]}")
    return asked
