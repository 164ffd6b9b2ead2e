"""What a benchmark function is made of: its formula, and what makes an `Objective` of it in any dimension.

Formulas take coordinates (d, m), a row an axis, and return m values; gradients return (d, m). All keep the
floating-point type of their input: Python floats as constants do not widen a float32 array. They add in
order, row by row, so that a value does not depend on the number of columns.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating]

TWO_PI = 2.0 * math.pi

# Sources of several functions.
DIXON_SZEGO = "L. C. W. Dixon, G. P. Szego (eds.), Towards Global Optimisation 2, North-Holland, 1978, 1-15"
JAMIL_YANG = (
    "M. Jamil, X.-S. Yang, A literature survey of benchmark functions for global optimisation problems, "
    "Int. J. Mathematical Modelling and Numerical Optimisation 4 (2013), 150-194"
)
VIRTUAL_LIBRARY = (
    "S. Surjanovic, D. Bingham, Virtual Library of Simulation Experiments, Simon Fraser University"
)


class Formula(Protocol):
    """A function of coordinates (d, m), and its gradient where it is known."""

    def __call__(self, x: Floats, /) -> Floats:
        """Values (m,)."""

    @property
    def gradient(self) -> Callable[[Floats], Floats] | None:
        """Maps coordinates to partial derivatives, both (d, m)."""


@dataclass(frozen=True)
class Coupled:
    """The formula of a function that is no sum over its coordinates."""

    values: Callable[[Floats], Floats]
    gradient: Callable[[Floats], Floats] | None = None

    def __call__(self, x: Floats, /) -> Floats:
        """Values (m,)."""
        return self.values(x)


@dataclass(frozen=True)
class Definition:
    """What makes an `Objective` in any dimension.

    A box of one interval is that interval on every axis; `smallest_d` is then the least dimension, and
    otherwise 0: the dimension is fixed by the box. A minimiser of one coordinate has that coordinate on every
    axis. Of separable functions minimisers are those on each axis, in any combination, and the minimum value
    is that of one axis. Without a minimum value it is the value of the first minimiser.
    """

    formula: Callable[[int], Formula]
    box: tuple[tuple[float, float], ...]
    minimisers: tuple[tuple[float, ...], ...] | Callable[[int], NDArray[np.float64]]
    minimum_value: float | None
    citation: str
    smallest_d: int = 0


def over(numerator: Floats, radius: Floats) -> Floats:
    """Quotient where the radius is positive, and 0 where it is 0: a derivative at a tip is set to 0."""
    quotient: Floats = numerator / np.where(radius > 0, radius, np.ones_like(radius))
    return quotient * (radius > 0)
