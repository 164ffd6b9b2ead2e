"""What objectives are called and return, checked before anything is made of it."""

from collections.abc import Callable
from typing import Any

from numpy.typing import ArrayLike

from morsebar._arrays import exact_values
from morsebar.objectives.formula import Floats


def checked_values(values: ArrayLike, n: int) -> Floats:
    """Return the values of n points as float32 or float64.

    Raises
    ------
    ValueError
        If they are not n real numbers.
    """
    array = exact_values(values, "objective(points)")
    if array.shape != (n,):
        raise ValueError(f"objective: got shape {array.shape} for {n} points, expected ({n},)")
    return array


def checked_rows(rows: ArrayLike, shape: tuple[int, ...], what: str) -> Floats:
    """Return gradients, or products with the Hessian matrix, as float32 or float64.

    Raises
    ------
    ValueError
        If they are not real numbers of this shape; `what` says which they are.
    """
    array = exact_values(rows, f"objective: {what}")
    if array.shape != shape:
        raise ValueError(f"objective: got {what} of shape {array.shape}, expected {shape}")
    return array


def values_and_gradients(objective: Callable[[Any], ArrayLike], points: Floats) -> tuple[Floats, Floats]:
    """Return the values (n,) and gradients (n, D) of points, which the objective may write into.

    Raises
    ------
    ValueError
        If the objective has neither `value_and_gradient` nor `gradient`, or returns something else.
    """
    shape = points.shape
    if hasattr(objective, "value_and_gradient"):
        values, gradients = objective.value_and_gradient(points)
    elif hasattr(objective, "gradient"):
        values, gradients = objective(points.copy()), objective.gradient(points)
    else:
        raise ValueError(
            f"objective: got {name_of(objective)}, expected an objective with value_and_gradient or gradient"
        )
    return checked_values(values, shape[0]), checked_rows(gradients, shape, "gradients")


def name_of(objective: object) -> str:
    """Return what an objective is called in titles."""
    name = getattr(objective, "name", None) or getattr(objective, "__name__", None)
    return name if isinstance(name, str) and name != "<lambda>" else "objective"
