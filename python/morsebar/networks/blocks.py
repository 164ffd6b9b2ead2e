"""Blocks of points of one size, for functions that are compiled for a size."""

from collections.abc import Iterator

import numpy as np

from morsebar.objectives.formula import Floats


def filled_blocks(rows: Floats, size: int) -> Iterator[tuple[slice, Floats]]:
    """Cut rows (n, d) into blocks (size, d), and say which rows each holds; the last repeats its last row."""
    for start in range(0, len(rows), size):
        block = slice(start, min(start + size, len(rows)))
        part = rows[block]
        yield block, np.pad(part, ((0, size - len(part)), (0, 0)), mode="edge")
