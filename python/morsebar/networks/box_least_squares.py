"""Small linear least squares with bounds on the unknowns, many at once."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from morsebar.networks.least_squares import Factors, FloatArray, factorise
from morsebar.networks.passes import fold

Flags: TypeAlias = NDArray[np.bool_]

# Sets of free unknowns that are tried for every unknown. Some problems need a handful; only rounding, where a
# bound holds with a multiplier of zero, can ask for more, and then any of the sets is right but for rounding.
_STEPS = 20


def solve_in_box(factors: Factors, solution: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Minimisers in a box, by an active-set method.

    Unknowns are free or at a bound. Each step minimises over the free ones and goes there, or as far as the
    first bound on the way, which then holds; where the minimum is reached, a bound whose multiplier has the
    wrong sign is let go, the first one, so that no set comes twice (Stark & Parker, "Bounded-variable least
    squares: an algorithm and applications", Computational Statistics 10, 1995; Bland's rule). The steps are
    least squares themselves, and as accurate.

    Parameters
    ----------
    factors : Factors
        Of n problems with m unknowns and o targets.
    solution : (m, o, n)
        Their minimisers without bounds.
    lower, upper : (m, o)
        The box.

    Returns
    -------
    (m, o, n) array, in the box.
    """
    m, o, n = solution.shape
    inside = np.clip(solution, lower[..., np.newaxis], upper[..., np.newaxis])
    roots = np.sqrt(factors.squares)
    triangle = np.zeros((m, m, n))
    for j in range(m):
        triangle[j, j] = roots[j]
        triangle[j, j + 1 :] = factors.triangle[j, j + 1 :] * roots[j]
    for target in range(o):
        outside = (inside[:, target] != solution[:, target]).any(axis=0)
        if outside.any():
            inside[:, target, outside] = _descend(
                triangle[..., outside],
                factors.coefficients[:, target, outside] * roots[:, outside],
                solution[:, target, outside],
                lower[:, target, np.newaxis],
                upper[:, target, np.newaxis],
            )
    return inside


def _descend(
    triangle: FloatArray, right: FloatArray, solution: FloatArray, lower: FloatArray, upper: FloatArray
) -> FloatArray:
    """Minimise |triangle v - right|^2 over boxes, (m, m, n) and (m, n), from the unbounded solution on."""
    m = len(solution)
    found = np.clip(solution, lower, upper)
    free = found == solution
    open_ = np.arange(solution.shape[1])
    for _ in range(_STEPS * (m + 1)):
        if len(open_) == 0:
            break
        of, at, loose = triangle[..., open_], found[:, open_], free[:, open_]
        left = right[:, open_] - _product(of, at)
        step = _step(of, left, loose)
        to_bound = np.where(step < 0, lower - at, upper - at)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = np.where(loose & (step != 0), to_bound / step, np.inf)
        first = ratios.argmin(axis=0)
        stopped = ratios.min(axis=0) < 1
        at += np.minimum(ratios.min(axis=0), 1) * step
        np.clip(at, lower, upper, out=at)
        hit = (np.arange(m)[:, np.newaxis] == first) & stopped
        at = np.where(hit, np.where(step < 0, lower, upper), at)
        loose &= ~hit
        wrong = _wrong_bounds(of, right[:, open_], at, loose, lower, upper) & ~stopped
        release = np.cumsum(wrong, axis=0) == 1
        loose |= release & wrong
        found[:, open_], free[:, open_] = at, loose
        open_ = open_[stopped | wrong.any(axis=0)]
    return found


def _step(triangle: FloatArray, left: FloatArray, free: Flags) -> FloatArray:
    """Minimise over steps of the free unknowns; the others have a row of their own that makes theirs zero."""
    m, n = left.shape
    table = np.zeros((m + 1, 2 * m, n))
    for j in range(m):
        table[j, :m] = triangle[:, j] * free[j]
        table[j, m + j] = ~free[j]
    table[m, :m] = left
    steps: FloatArray = factorise(table, m).solve()[:, 0]
    return steps


def _wrong_bounds(
    triangle: FloatArray,
    right: FloatArray,
    at: FloatArray,
    free: Flags,
    lower: FloatArray,
    upper: FloatArray,
) -> Flags:
    """Mark unknowns (m, n) at a bound that the residual falls away from by more than rounding."""
    pull = _product(triangle.transpose(1, 0, 2), right - _product(triangle, at))
    sizes = np.abs(triangle)
    noise = _product(sizes.transpose(1, 0, 2), np.abs(right) + _product(sizes, np.abs(at)))
    noise *= 8 * len(at) * np.finfo(float).eps
    wrong: Flags = ~free & (((at == lower) & (pull > noise)) | ((at == upper) & (pull < -noise)))
    return wrong


def _product(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """Multiply matrices (m, m, n) with vectors (m, n), summing in one order whatever n is."""
    return np.asarray(fold((matrices * vectors).transpose(1, 0, 2)), dtype=np.float64)
