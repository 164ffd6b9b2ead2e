"""Tables that commands print and save."""

import csv
import io
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from morsebar.barcode import Barcode
from morsebar.minima_barcode import MinimaBarcode

#: Characters in a line.
WIDTH = 100
#: Bars printed unless more are asked for.
MAX_ROWS = 50


def print_bars(
    bars: Barcode,
    names: tuple[str, str],
    places: tuple[Sequence[str], Sequence[str]],
    n_bars: int,
    *,
    sign: float = 1.0,
) -> None:
    """Print one row a bar; where places would make it too wide, they follow on lines of their own.

    Parameters
    ----------
    bars : the bars to print.
    names : what begins and what ends a bar.
    places : where they are, one text a bar each.
    n_bars : how many bars there are to print, of which these are the first.
    sign : -1 for bars of the negated values.
    """
    minima = bars if isinstance(bars, MinimaBarcode) else None
    stars = ["*" if star else " " for star in minima.on_boundary] if minima is not None else [" "] * len(bars)
    rows: list[tuple[str, ...]] = [("# ", "birth", "death", "persistence", *(["size"] if minima else []))]
    for number, (bar, star) in enumerate(zip(bars, stars, strict=True), start=1):
        heights = (f"{height + 0.0:.6g}" for height in (sign * bar.birth, sign * bar.death, bar.persistence))
        rows.append((f"{number}{star}", *heights))
    if minima is not None:
        rows = [rows[0], *((*row, str(size)) for row, size in zip(rows[1:], minima.sizes, strict=True))]
    texts = [names, *zip(*places, strict=True)]
    right = ">" * len(rows[0])
    lines = aligned([(*row, *text) for row, text in zip(rows, texts, strict=True)], right + "<<")
    if max(map(len, lines)) > WIDTH:
        header, *narrow = aligned(rows, right)
        lines = [header]
        for line, text in zip(narrow, zip(*places, strict=True), strict=True):
            lines += [line, *(part for both in zip(names, text, strict=True) for part in _indented(*both))]
    print("\n".join(lines))
    if len(bars) < n_bars:
        print(f"and {n_bars - len(bars):,} more: --top prints as many as you ask for, --csv saves all")
    if "*" in stars:
        print(f"* {names[0]} on the boundary of the box")


def aligned(rows: Sequence[Sequence[str]], alignments: str) -> list[str]:
    """Return rows as lines, columns aligned to the left (<) or right (>)."""
    columns = []
    for column, alignment in zip(zip(*rows, strict=True), alignments, strict=True):
        width = max(map(len, column))
        columns.append([f"{cell:{alignment}{width}}" for cell in column])
    return ["  ".join(row).rstrip() for row in zip(*columns, strict=True)]


def _indented(name: str, place: str) -> list[str]:
    return textwrap.wrap(place, WIDTH, initial_indent=f"    {name:<9}", subsequent_indent=" " * 14)


def as_csv(columns: Mapping[str, NDArray[Any]]) -> bytes:
    """Return columns as comma-separated values; floats as the shortest text that reads back to the same."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))
    return text.getvalue().encode()
