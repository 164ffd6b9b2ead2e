"""What arrays and arguments must be before they reach the core."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._extras import require

FloatArray = NDArray[np.float32] | NDArray[np.float64]

#: Integers up to this size are float64 exactly.
LARGEST_EXACT = 2**53

#: Vertices are numbered by 32 bits, of which the largest number stands for "none".
MOST_VERTICES = 2**32 - 1

#: More threads than this are never started: they could only be a mistake.
MOST_THREADS = 256

#: Stands for "none" in arrays of uint32.
NONE = 0xFFFFFFFF


def exact_values(values: ArrayLike, name: str = "values") -> FloatArray:
    """Return values as float32 or float64, of the same shape, C-contiguous, and without changing any of them.

    float32 and float64 stay what they are; float16 becomes float32; bool and integers become float64, those
    of 64 bits only if every one of them is exact. No copy is made of what is right already.

    Raises
    ------
    ValueError
        For any other type, for an integer beyond 2^53, and for a masked array.
    """
    if isinstance(values, np.ma.MaskedArray):
        # Taken as an array it would lose its mask without a word.
        raise ValueError(f"{name} is a masked array, expected a plain one: fill it, as with filled(np.nan)")
    array = np.asarray(values)
    kind, size = array.dtype.kind, array.dtype.itemsize
    target: type[np.float32] | type[np.float64]
    if kind == "f" and size in (2, 4):
        target = np.float32
    elif (kind == "f" and size == 8) or kind == "b" or (kind in "iu" and size <= 4):
        target = np.float64
    elif kind in "iu":
        inexact = array > LARGEST_EXACT
        if kind == "i":
            inexact |= array < -LARGEST_EXACT
        if inexact.any():
            first = int(np.flatnonzero(inexact)[0])
            raise ValueError(
                f"{name}[{first}] is {int(array.ravel()[first])}, beyond 2**53, where float64 does not hold "
                f"every integer; expected |value| <= 2**53"
            )
        target = np.float64
    elif array.size == 0 and kind in "fO":
        target = np.float64
    else:
        raise ValueError(
            f"{name} has dtype {array.dtype}, expected float32, float64, or what they hold exactly: float16, "
            f"bool, integers"
        )
    # A single number must stay one: ascontiguousarray makes it an array.
    return cast("FloatArray", np.asarray(array, dtype=target, order="C"))


def point_rows(points: ArrayLike, d: int, name: str = "points") -> FloatArray:
    """Return points as float32 or float64 rows of d coordinates, in any memory layout.

    float16 becomes float32, bool and integers become float64; others are not copied.

    Raises
    ------
    ValueError
        If `points` is not an (n, d) array of real numbers, or a masked array.
    """
    if isinstance(points, np.ma.MaskedArray):
        raise ValueError(f"{name}: got a masked array, expected a plain one")
    array = np.asarray(points)
    if array.ndim != 2 or array.shape[1] != d:
        raise ValueError(f"{name}: got shape {array.shape}, expected (n, {d})")
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "f" and size <= 4:
        return array.astype(np.float32, copy=False)
    if kind in "biu" or (kind == "f" and size == 8):
        return array.astype(np.float64, copy=False)
    raise ValueError(f"{name}: got dtype {array.dtype}, expected float32, float64 or integers")


def point_row(point: ArrayLike, d: int) -> FloatArray:
    """Return one point (d,) of float32 or float64 coordinates, as `point_rows` does.

    Raises
    ------
    ValueError
        If `point` is not a (d,) array of real numbers.
    """
    array = np.asanyarray(point)
    if array.shape != (d,):
        raise ValueError(f"point: got shape {array.shape}, expected ({d},)")
    row: FloatArray = point_rows(array[np.newaxis], d, "point")[0]
    return row


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a contiguous view that cannot be written to; the caller's own array stays writable."""
    view = np.ascontiguousarray(array).reshape(array.shape).view()
    view.setflags(write=False)
    return view


def read_only_matrix(matrix: Any) -> None:  # noqa: ANN401  # scipy's, of any format
    """Make the arrays of a compressed sparse matrix read-only, in place."""
    for array in (matrix.data, matrix.indices, matrix.indptr):
        array.setflags(write=False)


class ReadOnlyArrays:
    """What keeps the arrays of a frozen dataclass read-only through copies and pickles, which forget it."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            self.__dict__[name] = read_only(value) if isinstance(value, np.ndarray) else value


def vertex_ids(vertices: ArrayLike, n: int, name: str) -> NDArray[np.uint32]:
    """Check vertex numbers against the number of vertices.

    Raises
    ------
    ValueError
        If they are not integers, or one is not in 0 .. n - 1.
    """
    array = np.asarray(vertices)
    if array.dtype.kind not in "iu" and array.size > 0:
        raise ValueError(f"{name} has dtype {array.dtype}, expected integers: numbers of vertices")
    numbers = array if array.size else array.astype(np.uint32)
    wrong = (numbers < 0) | (numbers >= n)
    if wrong.any():
        first = numbers[wrong].ravel()[0]
        raise ValueError(f"{name} has {first}, which is not a vertex; expected 0 to {n - 1}")
    return numbers.astype(np.uint32)


def check_vertex_count(n: int, what: str) -> None:
    """Refuse more vertices than can be numbered, before anything of their number is allocated.

    Raises
    ------
    OverflowError
    """
    if n > MOST_VERTICES:
        raise OverflowError(f"{what} has {n} vertices, expected at most {MOST_VERTICES}")


def is_integer(value: object) -> bool:
    """Whether this is an integer, of Python or numpy; a bool is none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def thread_count(n_jobs: int | None) -> int:
    """Return the number of threads that `n_jobs` asks for: all usable cores for None and -1.

    Raises
    ------
    ValueError
        For anything else that is not a positive integer.
    """
    if n_jobs is None or n_jobs == -1:
        affinity = getattr(os, "sched_getaffinity", None)
        return len(affinity(0)) if affinity else (os.cpu_count() or 1)
    if not is_integer(n_jobs) or n_jobs < 1:
        raise ValueError(f"n_jobs is {n_jobs!r}, expected a positive integer, or None or -1 for all cores")
    return min(int(n_jobs), MOST_THREADS)


@contextmanager
def progress_bar(
    progress: bool, description: str, unit: str = "vertex"
) -> Iterator[Callable[[int, int], None] | None]:
    """Give what the core calls with (done, expected), drawn by tqdm; None when no progress is wanted."""
    if not progress:
        yield None
        return
    tqdm = require("tqdm.auto", "progress").tqdm
    with tqdm(desc=description, unit=unit, unit_scale=True, total=0) as bar:

        def update(done: int, expected: int) -> None:
            bar.total = expected
            bar.update(done - bar.n)

        yield update
