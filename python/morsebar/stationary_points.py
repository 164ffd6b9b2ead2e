"""Minima and transition states as text: ``min.data`` and ``ts.data`` of PATHSAMPLE, pele and TopSearch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from morsebar._arrays import NONE
from morsebar.graph import Graph
from morsebar.sampling import check_choice

if TYPE_CHECKING:
    from morsebar.merge_tree import MergeTree

__all__ = ["Format", "read_stationary_points", "write_stationary_points"]

Format = Literal["pathsample", "topsearch"]
_Path = str | PathLike[str]

#: Columns of a row of minima and of transition states in the files of TopSearch; PATHSAMPLE's have more.
_TOPSEARCH = (2, 3)
_PATHSAMPLE = (6, 8)


def read_stationary_points(min_data: _Path, ts_data: _Path) -> tuple[NDArray[np.float64], Graph]:
    """Read minima and transition states: values and a graph with levels, ready for `merge_tree`.

    Two formats are told apart by their columns:

    - PATHSAMPLE (Wales group), which pele writes, too: a minimum is ``energy, log-product of frequencies,
      order of the point group, Ix, Iy, Iz``; a transition state ``energy, log-product, order, minimum 1,
      minimum 2, Ix, Iy, Iz``, and minima are counted from 1. Only energies and numbers of minima are used.
    - TopSearch: a minimum is ``number, energy``; a transition state ``minimum 1, minimum 2, energy``, and
      minima are counted from 0.

    Parameters
    ----------
    min_data, ts_data : path
        The two files. Empty lines are skipped; exponents may be written with D, as Fortran does.

    Returns
    -------
    values : (n,) float64
        Energies of the minima, in the order of the file.
    graph : Graph
        An edge for every pair of minima that a transition state connects, at the energy of the lowest
        one. Transition states that lead back to one minimum are left out.

    Raises
    ------
    OSError
        If a file cannot be read.
    ValueError
        For a row that is not as above, naming file and line: wrong number of columns, something that is not a
        finite number, a minimum that is not there, a transition state below a minimum that it connects.

    Notes
    -----
    O(n + m log m) for n minima and m transition states.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import morsebar as mb
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     min_data, ts_data = pathlib.Path(folder, "min.data"), pathlib.Path(folder, "ts.data")
    ...     _ = min_data.write_text("-3.0 1.0 1 1 1 1\\n-2.0 1.0 1 1 1 1\\n")
    ...     _ = ts_data.write_text("-1.0 1.0 1 1 2 1 1 1\\n-1.5 1.0 1 2 1 1 1 1\\n")
    ...     values, graph = mb.read_stationary_points(min_data, ts_data)
    >>> mb.merge_tree(values, graph).barcode().diagram
    array([[-3. ,  inf],
           [-2. , -1.5]])
    """
    values = np.array(list(_energies(Path(min_data))), dtype=np.float64)
    pairs, found = [], []
    for u, v, level in _transition_states(Path(ts_data), values.tolist()):
        if u != v:
            pairs.append((min(u, v), max(u, v)))
            found.append(level)
    edges, levels = np.array(pairs, dtype=np.int64).reshape(-1, 2), np.array(found, dtype=np.float64)
    # The lowest of every pair, in the order of the file, which decides ties.
    order = np.lexsort((levels, edges[:, 1], edges[:, 0]))
    is_lowest = np.ones(len(order), dtype=np.bool_)
    is_lowest[1:] = (np.diff(edges[order], axis=0) != 0).any(axis=1)
    kept = np.sort(order[is_lowest])
    return values, Graph.from_edges(edges[kept], len(values), levels[kept])


def write_stationary_points(
    tree: MergeTree,
    min_data: _Path,
    ts_data: _Path,
    *,
    min_persistence: float = 0.0,
    format: Format = "pathsample",  # noqa: A002 (as in numpy and pandas)
) -> NDArray[np.int64]:
    """Write the minima and saddles of a merge tree as minima and transition states.

    One minimum a bar, by rising value; one transition state a finite bar, by rising value, which connects its
    minimum with that of its parent. Read back they have the same bars and barriers; where several bars die at
    one value, which of them is whose parent may differ. Frequencies, point groups and moments of
    inertia are not known here, and written as 1.

    Parameters
    ----------
    tree : MergeTree
        What to write.
    min_data, ts_data : path
        The two files, replaced where they exist.
    min_persistence : float
        Write bars strictly longer than this, and essential ones.
    format : "pathsample" or "topsearch"
        See `read_stationary_points`. TopSearch itself writes five decimals; here all digits are written in
        both formats.

    Returns
    -------
    (k,) int64
        The vertices of the minima, in the order of the file.

    Raises
    ------
    OSError
        If a file cannot be written.
    ValueError
        If `min_persistence` or `format` is not as above.

    Notes
    -----
    O(m log m) for m bars.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import morsebar as mb
    >>> tree = mb.merge_tree([1.0, 3.0, 0.0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     min_data, ts_data = pathlib.Path(folder, "min.data"), pathlib.Path(folder, "ts.data")
    ...     vertices = mb.write_stationary_points(tree, min_data, ts_data)
    ...     print(min_data.read_text() + ts_data.read_text(), end="")
    0.0 1 1 1 1 1
    1.0 1 1 1 1 1
    3.0 1 1 2 1 1 1 1
    >>> vertices
    array([2, 0])
    """
    check_choice("format", format, Format)
    kept = np.flatnonzero(tree._longer_than(min_persistence))
    minima = kept[np.lexsort((tree.minima[kept], tree.births[kept]))]
    number = np.full(len(tree.minima), -1, dtype=np.int64)
    number[minima] = np.arange(len(minima))
    # Bars are numbered by falling death.
    saddles = kept[tree.parents[kept] != NONE][::-1]
    ends = np.column_stack([number[saddles], number[tree.parents[saddles].astype(np.int64)]])
    energies, levels = tree.births[minima].tolist(), tree.deaths[saddles].tolist()
    if format == "topsearch":
        rows = [f"{i} {energy!r}" for i, energy in enumerate(energies)]
        states = [f"{u} {v} {level!r}" for (u, v), level in zip(ends.tolist(), levels, strict=True)]
    else:
        rows = [f"{energy!r} 1 1 1 1 1" for energy in energies]
        states = [
            f"{level!r} 1 1 {u} {v} 1 1 1" for (u, v), level in zip((ends + 1).tolist(), levels, strict=True)
        ]
    for path, lines in ((min_data, rows), (ts_data, states)):
        Path(path).write_text("".join(line + "\n" for line in lines), encoding="ascii", newline="\n")
    return tree.minima[minima]


def _rows(path: Path, kinds: tuple[int, int], what: str) -> Iterator[tuple[str, list[str], bool]]:
    """Yield where a row is, for messages, its columns, and whether it is one of TopSearch."""
    of_topsearch, of_pathsample = kinds
    n_columns = None
    with path.open(encoding="utf-8", errors="replace") as lines:
        for i, line in enumerate(lines, start=1):
            columns = line.split()
            if not columns:
                continue
            where = f"{path}, line {i}"
            if len(columns) != of_topsearch and len(columns) < of_pathsample:
                raise ValueError(
                    f"{where}: expected {of_pathsample} columns of {what} (or {of_topsearch} of TopSearch), "
                    f"got {len(columns)}"
                )
            if n_columns is not None and len(columns) != n_columns:
                raise ValueError(f"{where}: expected {n_columns} columns as above, got {len(columns)}")
            n_columns = len(columns)
            yield where, columns, n_columns == of_topsearch


def _energies(path: Path) -> Iterator[float]:
    for i, (where, columns, of_topsearch) in enumerate(
        _rows(path, (_TOPSEARCH[0], _PATHSAMPLE[0]), "a minimum")
    ):
        if of_topsearch and _integer(where, columns[0]) != i:
            raise ValueError(f"{where}: expected minimum number {i}, got {columns[0]}")
        yield _energy(where, columns[1 if of_topsearch else 0])


def _transition_states(path: Path, energies: Sequence[float]) -> Iterator[tuple[int, int, float]]:
    kinds = (_TOPSEARCH[1], _PATHSAMPLE[1])
    for where, columns, of_topsearch in _rows(path, kinds, "a transition state"):
        level = _energy(where, columns[2 if of_topsearch else 0])
        first = 0 if of_topsearch else 1
        ends = []
        for column in columns[:2] if of_topsearch else columns[3:5]:
            number = _integer(where, column)
            if not first <= number < len(energies) + first:
                raise ValueError(
                    f"{where}: expected minima from {first} to {len(energies) + first - 1}, got {number}"
                )
            if level < energies[number - first]:
                raise ValueError(
                    f"{where}: the transition state at {level!r} lies below minimum {number} "
                    f"at {energies[number - first]!r}"
                )
            ends.append(number - first)
        yield ends[0], ends[1], level


def _energy(where: str, column: str) -> float:
    try:
        energy = float(column.replace("D", "e").replace("d", "e"))
    except ValueError:
        energy = np.nan
    if not np.isfinite(energy):
        raise ValueError(f"{where}: expected a finite energy, got {column!r}")
    return energy


def _integer(where: str, column: str) -> int:
    try:
        return int(column)
    except ValueError:
        raise ValueError(f"{where}: expected the number of a minimum, got {column!r}") from None
