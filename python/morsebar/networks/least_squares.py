"""Small linear least squares, many at once, one problem beside the other.

Arrays are (columns, rows, problems): the last axis is the long, contiguous one, and every operation is
elementwise, so that what a problem gets does not depend on those solved with it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from morsebar.networks.passes import fold

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Factors:
    """A = Q R with orthogonal columns in Q and ones on the diagonal of R, and what is left of the targets.

    Attributes
    ----------
    triangle : (m, m, n)
        R above its diagonal; what is on it and below is not set.
    squares : (m, n)
        Squared norms of the columns of Q.
    coefficients : (m, o, n)
        Targets in terms of the columns of Q.
    residuals : (o, n)
        Squared norm of what is orthogonal to them.
    """

    triangle: FloatArray
    squares: FloatArray
    coefficients: FloatArray
    residuals: FloatArray

    def solve(self) -> FloatArray:
        """Minimisers (m, o, n), by back substitution."""
        solution = self.coefficients.copy()
        for j in range(len(solution) - 2, -1, -1):
            for k in range(j + 1, len(solution)):
                solution[j] -= self.triangle[j, k] * solution[k]
        return solution

    def squares_of(self, steps: FloatArray) -> FloatArray:
        """How much steps (m, o, n) away from the minimisers add to the squared norm of the residual."""
        added = np.zeros_like(self.residuals)
        for j, along in enumerate(steps):
            change = along.copy()
            for k in range(j + 1, len(steps)):
                change += self.triangle[j, k] * steps[k]
            added += self.squares[j] * change**2
        return added


def factorise(table: FloatArray, m: int) -> Factors:
    """Prepare the least squares of A v = y, by the modified Gram-Schmidt process.

    It is as stable for least squares as Householder's reflections, if the targets are orthogonalised like
    columns (Björck, "Solving linear least squares problems by Gram-Schmidt orthogonalization", BIT 7, 1967).
    The residual is what remains of the targets and not a difference of squares.

    Parameters
    ----------
    table : (m + o, rows, n)
        The columns of A, none of them zero or a combination of others, then o targets. Used up.
    m : int
        How many columns A has.
    """
    o, n = len(table) - m, table.shape[2]
    triangle = np.empty((m, m, n))
    squares = np.empty((m, n))
    coefficients = np.empty((m, o, n))
    for j in range(m):
        column, rest = table[j], table[j + 1 :]
        squares[j] = _sum_rows((column * column)[np.newaxis])[0]
        shares = _sum_rows(column * rest) / squares[j]
        rest -= shares[:, np.newaxis] * column
        triangle[j, j + 1 :] = shares[: m - j - 1]
        coefficients[j] = shares[m - j - 1 :]
    left = table[m:]
    return Factors(triangle, squares, coefficients, _sum_rows(left * left))


def _sum_rows(terms: FloatArray) -> FloatArray:
    """Sum (columns, rows, n) over the rows, in one order whatever n is; uses the terms up."""
    return np.asarray(fold(terms.transpose(1, 0, 2)), dtype=np.float64)
