"""What objectives return, checked before anything is made of it."""

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
