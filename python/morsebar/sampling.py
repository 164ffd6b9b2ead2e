"""Sample points in a box and evaluate an objective on them, batch by batch."""

import operator
import pickle
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from multiprocessing import get_context
from typing import Literal, SupportsIndex, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._arrays import exact_values, progress_bar, thread_count

FloatArray: TypeAlias = NDArray[np.float64]
ValueArray: TypeAlias = NDArray[np.float32] | NDArray[np.float64]
Objective: TypeAlias = Callable[[FloatArray], ArrayLike]
RandomState: TypeAlias = int | np.random.Generator | None
Sampler: TypeAlias = Literal["auto", "lattice", "uniform", "sobol", "lhs", "grid"]
NanPolicy: TypeAlias = Literal["raise", "mask"]

# A batch of this many coordinates (8 MiB) keeps the temporaries of an objective small and its calls few.
_BATCH_COORDINATES = 2**20
_LARGEST_BATCH = 2**16
_LARGEST_SCALAR_BATCH = 1024
_SHOWN_ITEMS = 6


def check_count(name: str, value: SupportsIndex, lowest: int = 1) -> int:
    """Return `value` as an int, or raise a ValueError that names the argument `name`."""
    try:
        count = operator.index(value)
    except TypeError:
        count = lowest - 1
    if count < lowest:
        raise ValueError(f"{name}: expected an integer of at least {lowest}, got {value!r}")
    return count


def check_choice(name: str, value: str, choices: object) -> None:
    """Raise a ValueError unless `value` is one of the strings of the literal type `choices`."""
    allowed = get_args(choices)
    if value not in allowed:
        raise ValueError(f"{name}: expected one of {', '.join(map(repr, allowed))}, got {value!r}")


def check_bounds(bounds: ArrayLike) -> FloatArray:
    """Return the box as a (d, 2) array of finite rows ``lo < hi``; one pair ``(lo, hi)`` has d = 1."""
    try:
        box = np.array(bounds, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"bounds: expected numbers of shape (d, 2), got {bounds!r}") from None
    if box.shape == (2,):
        box = box[np.newaxis]
    if box.ndim != 2 or box.shape[0] == 0 or box.shape[1] != 2:
        raise ValueError(f"bounds: expected shape (d, 2) or one pair (lo, hi), got shape {box.shape}")
    for row, (lo, hi) in enumerate(box):
        # The width must be finite too: points are scaled by it.
        if not lo < hi or not np.isfinite(float(hi) - float(lo)):
            raise ValueError(f"bounds: expected finite lo < hi in row {row}, got ({lo}, {hi})")
    return box


def check_points(points: ArrayLike) -> FloatArray:
    """Return points as an (n, d) array of finite float64; (n,) numbers are points of d = 1."""
    array = np.asarray(points)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"points: expected real numbers, got {array.dtype}")
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"points: expected shape (n, d), or (n,) for d = 1, got {np.shape(points)}")
    array = np.ascontiguousarray(array, dtype=np.float64)
    bad = ~np.isfinite(array).all(axis=1)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(f"points: expected finite coordinates, got {format_point(array[row])} in row {row}")
    return array


def check_inside(points: FloatArray, box: FloatArray) -> None:
    """Raise a ValueError that names the first point outside the closed box."""
    if points.shape[1] != len(box):
        raise ValueError(f"bounds: expected shape ({points.shape[1]}, 2), got {box.shape}")
    outside = ((points < box[:, 0]) | (points > box[:, 1])).any(axis=1)
    if outside.any():
        row = int(outside.argmax())
        raise ValueError(f"points: expected all inside bounds, got {format_point(points[row])} in row {row}")


def grid_shape(n_samples: int, d: int) -> tuple[int, ...]:
    """Return the shape (m, ..., m) of the largest grid of d equal axes with at most `n_samples` vertices."""
    m = round(n_samples ** (1 / d))
    while m**d > n_samples:
        m -= 1
    while (m + 1) ** d <= n_samples:
        m += 1
    if m < 2:
        raise ValueError(
            f"n_samples: expected at least {2**d}, two points an axis of a grid of d = {d}, got {n_samples}; "
            "other samplers need less"
        )
    return (m,) * d


def grid_points(bounds: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Return the vertices of a grid that includes both ends of every axis, (n, d), last axis fastest."""
    d = len(shape)
    points = np.empty((*shape, d))
    for axis, ((lo, hi), m) in enumerate(zip(bounds, shape, strict=True)):
        points[..., axis] = np.linspace(lo, hi, m).reshape((m,) + (1,) * (d - 1 - axis))
    return points.reshape(-1, d)


def scattered_points(
    sampler: Sampler, bounds: FloatArray, n_samples: int, random_state: int | np.random.Generator
) -> FloatArray:
    """Draw `n_samples` points in the box: ``"uniform"``, ``"sobol"`` (scrambled) or ``"lhs"``.

    ``"lhs"`` is a Latin hypercube. Sobol points are the first `n_samples` of one scrambled sequence: their
    balance is best when `n_samples` is a power of two, any other number is allowed.

    Returns
    -------
    points : (n_samples, d) float64, inside the closed box.
    """
    # Imported here because it takes longer than the rest of the package together.
    from scipy.stats import qmc

    generator = np.random.default_rng(random_state)
    d = len(bounds)
    if sampler == "uniform":
        points = generator.random((n_samples, d))
    elif sampler == "lhs":
        points = np.ascontiguousarray(qmc.LatinHypercube(d, seed=generator).random(n_samples))
    else:
        engine = qmc.Sobol(d, seed=generator)
        # The first draw of scipy's engine must be a power of two; what follows it continues the sequence.
        first = 1 << (n_samples.bit_length() - 1)
        points = np.empty((n_samples, d))
        points[:first] = engine.random(first)
        if first < n_samples:
            points[first:] = engine.random(n_samples - first)
    return stretch(points, bounds)


def stretch(points: FloatArray, bounds: FloatArray) -> FloatArray:
    """Map points of the unit cube to the box, in place; what is 0 or 1 becomes an end of the box exactly."""
    lo, hi = bounds.T
    at_end = points == 1.0
    points *= hi - lo
    points += lo
    np.copyto(points, hi, where=at_end)
    # Rounding may leave the box by one unit in the last place.
    return np.clip(points, lo, hi, out=points)


def format_point(point: FloatArray) -> str:
    """Return coordinates for a message or a repr; of many only the first."""
    return f"({join_shortened(', ', [f'{x:.6g}' for x in point])})"


def join_shortened(separator: str, items: list[str]) -> str:
    """Join strings, the first six followed by an ellipsis where there are more."""
    return separator.join(items if len(items) <= _SHOWN_ITEMS else [*items[:_SHOWN_ITEMS], "..."])


def format_box(box: FloatArray) -> str:
    """Name a box, ``[-5, 5]^2`` where all sides are equal."""
    sides = [f"[{lo:.6g}, {hi:.6g}]" for lo, hi in box]
    if len(sides) > 1 and len(set(sides)) == 1:
        return f"{sides[0]}^{len(sides)}"
    return join_shortened(" x ", sides)


def evaluate(
    objective: Objective,
    points: FloatArray,
    *,
    nan: NanPolicy = "raise",
    batch_size: int | None = None,
    vectorized: bool = True,
    progress: bool = False,
    n_jobs: int | None = None,
) -> ValueArray:
    """Evaluate `objective` on every point.

    Parameters
    ----------
    objective : callable
        Takes points and returns values; the array it is given is its own.
    points : (n, d) float64
        At least one.
    nan : "raise" or "mask"
        Whether a NaN is an error or is kept. +inf is always kept, -inf is always an error.
    batch_size : int, optional
        Points evaluated between two steps of the progress bar. By default 65536, fewer when d > 16, so that
        a batch stays below 8 MiB; without `vectorized` a 64th of a worker's share, at most 1024.
    vectorized : bool
        Whether the objective takes (b, d) points and returns (b,) values, always in the calling thread, or
        takes one point (d,) and returns a number.
    progress : bool
        Show a bar, with tqdm.
    n_jobs : int, optional
        Without `vectorized`: more than one evaluates in a pool of that many processes, which need the
        objective pickled; -1 takes one for each core. None and 1 evaluate in this process.

    Returns
    -------
    values : (n,) float32 or float64
        In the precision of the objective; integers and booleans become float64, float16 becomes float32.

    Raises
    ------
    ValueError
        For results of another shape or type than expected, or that change type between batches, and for an
        objective that a pool cannot pickle. What the objective raises comes out unchanged.
    """
    n, d = points.shape
    cores = thread_count(n_jobs)
    workers = 1 if vectorized or n_jobs is None else cores
    if batch_size is not None:
        size = check_count("batch_size", batch_size)
    elif vectorized:
        size = max(1, min(_LARGEST_BATCH, _BATCH_COORDINATES // d))
    else:
        size = max(1, min(_LARGEST_SCALAR_BATCH, n // (64 * workers)))
    batches = (points[start : start + size] for start in range(0, n, size))

    values: ValueArray = np.empty(0)
    start = 0
    with (
        progress_bar(progress, "objective", "point") as update,
        closing(_results(objective, batches, vectorized, workers)) as results,
    ):
        for result in results:
            if start == 0:
                values = np.empty(n, result.dtype)
            elif result.dtype != values.dtype:
                raise ValueError(
                    f"objective: expected {values.dtype} as for the samples before, "
                    f"got {result.dtype} for the batch at sample {start}"
                )
            stop = start + len(result)
            _check_values(result, points[start:stop], start, nan)
            values[start:stop] = result
            if update:
                update(stop, n)
            start = stop
    return values


def _results(
    objective: Objective, batches: Iterable[FloatArray], vectorized: bool, workers: int
) -> Generator[ValueArray, None, None]:
    """Yield the values of each batch in order; a generator, so that closing it ends the pool."""
    if workers > 1:
        yield from _results_of_pool(objective, batches, workers)
        return
    evaluate_batch = _evaluate_vectorized if vectorized else _evaluate_points
    for batch in batches:
        yield evaluate_batch(objective, batch)


def _evaluate_vectorized(objective: Objective, points: FloatArray) -> ValueArray:
    result = np.asarray(objective(points.copy()))
    if result.shape != (len(points),):
        raise ValueError(
            f"objective: expected shape ({len(points)},) for points of shape {points.shape}, "
            f"got {result.shape}; an objective of one point needs vectorized=False"
        )
    return exact_values(result, "objective(points)")


def _evaluate_points(objective: Objective, points: FloatArray) -> ValueArray:
    results = [np.asarray(objective(point.copy())) for point in points]
    for result in results:
        if result.shape != ():
            raise ValueError(
                f"objective: expected a number for a point of shape {points[0].shape}, "
                f"got shape {result.shape}; an objective of many points needs vectorized=True"
            )
    return exact_values(np.array(results), "objective(point)")


def _check_values(values: ValueArray, points: FloatArray, start: int, nan: NanPolicy) -> None:
    bad = np.isneginf(values)
    if nan == "raise":
        bad |= np.isnan(values)
    if not bad.any():
        return
    i = int(bad.argmax())
    where = f"at sample {start + i}, the point {format_point(points[i])}"
    if np.isnan(values[i]):
        raise ValueError(f"objective: got nan {where}; nan='mask' leaves such points out of the domain")
    raise ValueError(f"objective: expected finite values, or +inf outside the domain, got -inf {where}")


def _results_of_pool(
    objective: Objective, batches: Iterable[FloatArray], workers: int
) -> Iterator[ValueArray]:
    try:
        payload = pickle.dumps(objective)
    except Exception as error:
        raise ValueError(f"objective: cannot be pickled ({error}); {_PICKLE_ADVICE}") from error
    context = get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(payload,))
    pending: deque[Future[ValueArray]] = deque()
    try:
        for batch in batches:
            pending.append(pool.submit(_evaluate_in_worker, batch))
            # Workers stay busy while the memory of waiting batches stays bounded.
            if len(pending) >= 4 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BrokenProcessPool as error:
        _kill(pool)
        raise RuntimeError(
            "a worker process ended before it returned its values: either the objective ended it, or the "
            "script has no `if __name__ == '__main__':` around its work, which n_jobs > 1 needs"
        ) from error
    except BaseException:
        _kill(pool)
        raise
    pool.shutdown()


def _kill(pool: ProcessPoolExecutor) -> None:
    # An orderly shutdown waits for the evaluations that run, which may take minutes each.
    processes = list((pool._processes or {}).values())
    for process in processes:
        process.terminate()
    pool.shutdown(cancel_futures=True)
    for process in processes:
        process.join()


_PICKLE_ADVICE = (
    "a pool needs an objective defined at the top level of an importable module; "
    "otherwise pass n_jobs=1, or a vectorized objective"
)

# Set once in each worker process. The objective is unpickled with the first batch, because an error there
# reaches the caller, while an error in an initializer only breaks the pool.
_payload = b""
_worker_objective: Objective | None = None


def _start_worker(payload: bytes) -> None:
    global _payload
    _payload = payload
    # Ctrl-C in a terminal reaches every process of the group; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _evaluate_in_worker(points: FloatArray) -> ValueArray:
    global _worker_objective
    if _worker_objective is None:
        try:
            _worker_objective = pickle.loads(_payload)
        except Exception as error:
            raise ValueError(
                f"objective: cannot be loaded by a worker ({error}); {_PICKLE_ADVICE}"
            ) from error
    try:
        return _evaluate_points(_worker_objective, points)
    except Exception as error:
        _check_picklable(error)
        raise


def _check_picklable(error: Exception) -> None:
    """Replace an exception that cannot reach the parent, where it would only break the pool."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        raise RuntimeError(f"objective raised {type(error).__name__}: {error}") from None
