"""The objective that a user names: how it is found, and how its exceptions are told from ours."""

import importlib
import operator
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from morsebar import objectives, sampling
from morsebar.cli.errors import ForeignError, UsageError
from morsebar.sampling import FloatArray


class Watched:
    """An objective that knows whether it has been called, and whose exceptions are set apart."""

    def __init__(self, objective: Callable[[FloatArray], Any], name: str) -> None:
        self._objective = objective
        self.name = getattr(objective, "name", name)
        self.called = False

    def __call__(self, points: FloatArray) -> Any:  # noqa: ANN401  # whatever the user's function returns
        """Call the objective."""
        self.called = True
        try:
            return self._objective(points)
        except Exception as error:
            raise ForeignError from error


@contextmanager
def importing_from_here() -> Iterator[None]:
    """Let modules of the current directory be imported, as `python` itself does."""
    before = list(sys.path)
    sys.path.insert(0, os.getcwd())
    try:
        yield
    finally:
        sys.path[:] = before


def resolve(
    name: str, intervals: list[tuple[float, float]] | None, d: int | None
) -> tuple[Callable[[FloatArray], Any], FloatArray]:
    """Return the objective and its box.

    Raises
    ------
    UsageError
        If there is no such objective, or the box is none for it.
    ForeignError
        If its module fails when imported.
    """
    if d is None and intervals is not None and len(intervals) > 1:
        d = len(intervals)
    objective: Callable[[FloatArray], Any]
    if ":" in name:
        objective = _import(name)
        own = getattr(objective, "bounds", None)
    else:
        try:
            known = objectives.get(name, d=d)
        except ValueError as error:
            raise UsageError(f"{error}, or module:function") from None
        objective, own, d = known, known.bounds, known.d
    chosen = own if intervals is None else intervals
    if chosen is None:
        raise UsageError(f"--bounds: {name} has no box of its own, expected one interval an axis")
    try:
        box = sampling.check_bounds(chosen)
    except ValueError as error:
        raise UsageError(error) from None
    if intervals is not None and len(box) == 1 and d is not None:
        box = np.repeat(box, d, axis=0)
    if d is not None and len(box) != d:
        raise UsageError(f"--bounds: expected {d} intervals for {d} variables, got {len(box)}")
    return objective, box


def _import(name: str) -> Callable[[FloatArray], Any]:
    module_name, _, path = name.partition(":")
    if not all(part.isidentifier() for part in [*module_name.split("."), *path.split(".")]):
        raise UsageError(f"expected a name or module:function, got {name!r}")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and f"{module_name}.".startswith(f"{error.name}."):
            raise UsageError(f"no module named {module_name!r} here or installed") from None
        raise ForeignError from error
    try:
        found = operator.attrgetter(path)(module)
    except AttributeError:
        raise UsageError(f"module {module_name!r} has no {path!r}") from None
    if not callable(found):
        raise UsageError(f"{name} is not a function but of type {type(found).__name__}")
    return found  # type: ignore[no-any-return]  # callable, and nothing more is known
