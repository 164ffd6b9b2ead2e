"""Formulas of the benchmark functions.

A function of several coupled coordinates takes an array of shape (d, m), a row an axis, and returns m values.
Of a separable one, f(x) = sum g(x_i), only the term g and its derivative are given; they act elementwise.
All keep the floating-point type of their input: Python floats as constants do not widen a float32 array.
"""

import math
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating]

TWO_PI = 2.0 * math.pi


def himmelblau(x: Floats) -> Floats:
    """(x^2 + y - 11)^2 + (x + y^2 - 7)^2."""
    u, v = x
    first: Floats = u * u + v - 11.0
    second: Floats = u + v * v - 7.0
    return first * first + second * second


def three_hump_camel(x: Floats) -> Floats:
    """(2 - 1.05 x^2 + x^4 / 6) x^2 + x y + y^2."""
    u, v = x
    uu = u * u
    value: Floats = (2.0 - 1.05 * uu + uu * uu / 6.0) * uu + u * v + v * v
    return value


def six_hump_camel(x: Floats) -> Floats:
    """(4 - 2.1 x^2 + x^4 / 3) x^2 + x y + (4 y^2 - 4) y^2."""
    u, v = x
    uu, vv = u * u, v * v
    value: Floats = (4.0 - 2.1 * uu + uu * uu / 3.0) * uu + u * v + (4.0 * vv - 4.0) * vv
    return value


def rosenbrock(x: Floats) -> Floats:
    """Sum over successive coordinates of 100 (y - x^2)^2 + (1 - x)^2."""
    total: Floats = np.zeros_like(x[0])
    for u, v in pairwise(x):
        bend, slope = v - u * u, 1.0 - u
        total += 100.0 * (bend * bend) + slope * slope
    return total


def ackley(x: Floats) -> Floats:
    """-20 exp(-0.2 sqrt(mean x_i^2)) - exp(mean cos 2 pi x_i) + 20 + e."""
    squares, cosines = np.zeros_like(x[0]), np.zeros_like(x[0])
    for u in x:
        squares += u * u
        cosines += np.cos(TWO_PI * u)
    # expm1 keeps the value exact near the minimum, where the four terms of the formula cancel.
    bowl: Floats = -20.0 * np.expm1(-0.2 * np.sqrt(squares / len(x)))
    ripples: Floats = math.e - np.exp(cosines / len(x))
    return bowl + ripples


def rastrigin_term(x: Floats) -> Floats:
    """x^2 - 10 cos 2 pi x + 10."""
    ripples: Floats = 10.0 - 10.0 * np.cos(TWO_PI * x)
    return x * x + ripples


def rastrigin_slope(x: Floats) -> Floats:
    """Evaluate the derivative of `rastrigin_term`."""
    ripples: Floats = 10.0 * TWO_PI * np.sin(TWO_PI * x)
    return 2.0 * x + ripples


def alpine01_inside(x: Floats) -> Floats:
    """Evaluate x sin x + 0.1 x, whose absolute value is the term."""
    return x * (np.sin(x) + 0.1)


def alpine01_slope(x: Floats) -> Floats:
    """Evaluate the derivative of `alpine01_inside`."""
    return np.sin(x) + 0.1 + x * np.cos(x)


def schwefel26_term(x: Floats) -> Floats:
    """418.9828872724338 - x sin sqrt |x|."""
    return 418.9828872724338 - x * np.sin(np.sqrt(np.abs(x)))


def schwefel26_slope(x: Floats) -> Floats:
    """Evaluate the derivative of `schwefel26_term`."""
    root = np.sqrt(np.abs(x))
    return -np.sin(root) - 0.5 * root * np.cos(root)


def styblinski_tang_term(x: Floats) -> Floats:
    """(x^4 - 16 x^2 + 5 x) / 2."""
    xx = x * x
    return 0.5 * ((xx - 16.0) * xx + 5.0 * x)


def styblinski_tang_slope(x: Floats) -> Floats:
    """Evaluate the derivative of `styblinski_tang_term`."""
    return (2.0 * x * x - 16.0) * x + 2.5


def egg_crate_term(x: Floats) -> Floats:
    """x^2 + 25 sin^2 x."""
    sine = np.sin(x)
    return x * x + 25.0 * (sine * sine)


def egg_crate_slope(x: Floats) -> Floats:
    """Evaluate the derivative of `egg_crate_term`."""
    ripples: Floats = 25.0 * np.sin(2.0 * x)
    return 2.0 * x + ripples
