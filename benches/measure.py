"""Time and peak memory of a method on an input."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from memory import peak_since, reset_peak


class Case(Protocol):
    """An input: pickled as its parameters, loaded where it is needed."""

    @property
    def name(self) -> str: ...

    def load(self) -> tuple[np.ndarray, np.ndarray | None]: ...


class Method(Protocol):
    """A function of what a case loads."""

    @property
    def run(self) -> Callable[[np.ndarray, np.ndarray | None], object]: ...


@dataclass(frozen=True)
class Alone:
    """One run in a process of its own; `extra` is the peak of the resident set above the inputs, in bytes."""

    seconds: float
    extra: int | None
    answer: object


def alone(peer: Method, case: Case, patience: float | None = None) -> Alone:
    """Run the method once in a fresh process; TimeoutError if it takes more seconds than `patience`."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        try:
            return process.submit(_alone, peer, case).result(patience)
        except TimeoutError:
            for child in multiprocessing.active_children():
                child.terminate()
            raise


def _alone(peer: Method, case: Case) -> Alone:
    warm_up(peer)
    values, table = case.load()
    before = reset_peak()
    start = time.perf_counter()
    answer = peer.run(values, table)
    seconds = time.perf_counter() - start
    return Alone(seconds, peak_since(before), answer)


def warm_up(peer: Method) -> None:
    """Import, compile and touch whatever the first call of a method needs."""
    values = np.random.default_rng(0).random((4, 4, 4))
    table = np.random.default_rng(0).integers(0, 64, (64, 3), dtype=np.int32)
    for dtype in (np.float32, np.float64):
        peer.run(values.astype(dtype), table)


def in_turn(
    calls: dict[str, Callable[[], object]], repeats: int, check: Callable[[str, object], None]
) -> dict[str, float]:
    """Median seconds of each call; they take turns, so that a drift of the machine meets all of them.

    `check` sees what every call returned, outside of its time.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            start = time.perf_counter()
            returned = call()
            seconds[name].append(time.perf_counter() - start)
            check(name, returned)
    return {name: float(np.median(taken)) for name, taken in seconds.items()}
