"""Descent from many parameter vectors of a loss surface at once."""

from numbers import Real
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._arrays import point_rows
from morsebar.networks.surface import LossSurface
from morsebar.sampling import check_count

__all__ = ["descend"]

Array: TypeAlias = NDArray[np.float64]

# Pairs of steps and changes of the gradient that are remembered of every descent.
_PAIRS = 20

# Numbers of all pairs that are held at a time: more starts are taken block by block.
_HELD = 1 << 24

# A step is long enough if the slope along it has come down to this share, and short enough if the value has
# come down by this share of what the slope promised.
_FLATTER, _LOWER = 0.9, 1e-4

# Halvings of a step before it counts as none.
_TRIALS = 40


def descend(
    surface: LossSurface, starts: ArrayLike, *, max_iterations: int = 1000, tolerance: float = 1e-9
) -> tuple[Array, Array]:
    """Go down from every start to a local minimum, from all of them at once.

    L-BFGS (Liu and Nocedal, Math. Program. 45, 1989) with the bisecting line search of Lewis and Overton
    (Nonsmooth optimization via quasi-Newton methods, Math. Program. 141, 2013), which does not need a
    gradient that is continuous.

    Parameters
    ----------
    surface : LossSurface
        What is minimised. Its bounds, if any, are not heeded.
    starts : (n, d) array
        Where descents begin.
    max_iterations : int
        Most steps from one start.
    tolerance : float
        A descent ends where no partial derivative is larger, and where a step along the gradient lowers the
        value by no more than the rounding of values.

    Returns
    -------
    points : (n, d) float64 array
        Where descents ended, in the order of the starts.
    values : (n,) float64 array
        Their values, never higher than those of the starts.

    Raises
    ------
    ValueError
        For arguments that are not as above, and if a start has no finite value.

    Notes
    -----
    Where a unit of relu switches the gradient jumps, and many minima of such networks lie on these kinks. The
    gradient does not vanish there and tells nothing of how far below the minimum is. A descent that slides
    along a kink may stop short of it: its value is an upper bound of that of the minimum.

    A step takes about one evaluation of the gradient. What is remembered of descents takes 40 d numbers each,
    at most 128 MiB together if d is below 400,000.

    Examples
    --------
    >>> import numpy as np
    >>> from morsebar.networks import MLP, descend
    >>> x = np.linspace(-1, 1, 9)
    >>> mlp = MLP((1, 1, 1), "tanh", data=(x, np.tanh(2 * x)), biases="none", l2=1e-3)
    >>> points, values = descend(mlp, [[1.0, 1.0], [-1.0, -1.0]])
    >>> points.round(2)
    array([[ 1.79,  1.04],
           [-1.79, -1.04]])
    >>> values.round(4)
    array([0.0046, 0.0046])
    """
    if not isinstance(surface, LossSurface):
        raise ValueError(f"surface: got {type(surface).__name__}, expected a LossSurface")
    points = np.array(point_rows(starts, surface.d, "starts"), dtype=np.float64)
    check_count("max_iterations", max_iterations)
    if not (isinstance(tolerance, Real) and 0 < tolerance < np.inf):
        raise ValueError(f"tolerance: expected a positive finite number, got {tolerance!r}")
    values = np.empty(len(points))
    step = max(1, _HELD // (2 * _PAIRS * surface.d))
    for first in range(0, len(points), step):
        block = slice(first, first + step)
        descents = _Descents(surface, points[block])
        infinite = np.flatnonzero(~np.isfinite(descents.values))
        if len(infinite) > 0:
            row, value = first + infinite[0], descents.values[infinite[0]]
            raise ValueError(f"starts: got value {value} in row {row}, expected finite values")
        # Steps may lead where numbers overflow: such points count as too high.
        with np.errstate(all="ignore"):
            descents.run(max_iterations, tolerance)
        points[block], values[block] = descents.points, descents.values
    return points, values


class _Descents:
    """Descents side by side, a row each: all search along their lines at once, and turn when they have."""

    def __init__(self, surface: LossSurface, points: Array) -> None:
        n, d = points.shape
        self.surface = surface
        self.points = points.copy()
        self.values, self.gradients = self._evaluate(points)
        self.n_steps = np.zeros(n, dtype=np.int64)
        # Pairs of every row, in a ring. The weight is one over the product of step and change, or zero.
        self.steps, self.changes = np.zeros((2, n, _PAIRS, d))
        self.weights = np.zeros((n, _PAIRS))
        self.scales = np.zeros(n)
        # Of every line: its direction and slope, the length to try and those known to be too short and too
        # long, how many have been tried, and the farthest point found that is lower.
        self.directions, self.ahead, self.gradients_ahead = np.zeros((3, n, d))
        self.slopes, self.lengths, self.low, self.high, self.values_ahead = np.zeros((5, n))
        self.n_tried = np.zeros(n, dtype=np.int64)

    def run(self, max_iterations: int, tolerance: float) -> None:
        """Go on until all descents have ended."""
        rows = self._turn(np.arange(len(self.points)), tolerance)
        while len(rows) > 0:
            arrived = self._try(rows)
            moved = self._step(rows[arrived])
            moved = moved[self.n_steps[moved] < max_iterations]
            rows = np.concatenate((rows[~arrived], self._turn(moved, tolerance)))

    def _turn(self, rows: NDArray[np.intp], tolerance: float) -> NDArray[np.intp]:
        """Begin new lines, and return the rows whose gradients are not too small for that."""
        rows = rows[np.abs(self.gradients[rows]).max(axis=1) > tolerance]
        self.directions[rows] = self._directions(rows)
        self.slopes[rows] = _dots(self.gradients[rows], self.directions[rows])
        self.lengths[rows], self.low[rows], self.high[rows] = 1.0, 0.0, np.inf
        self.n_tried[rows] = 0
        self.ahead[rows], self.values_ahead[rows] = self.points[rows], self.values[rows]
        self.gradients_ahead[rows] = self.gradients[rows]
        return rows

    def _directions(self, rows: NDArray[np.intp]) -> Array:
        """Minus the inverse Hessian matrix that the remembered pairs make, times the gradient."""
        directions: Array = -self.gradients[rows]
        ages = np.arange(min(int(self.n_steps[rows].max(initial=0)), _PAIRS))
        at = rows[:, np.newaxis], (self.n_steps[rows, np.newaxis] - 1 - ages) % _PAIRS
        steps, changes, weights = self.steps[at], self.changes[at], self.weights[at]
        shares = np.empty((len(ages), len(rows)))
        for i in ages:
            shares[i] = weights[:, i] * _dots(steps[:, i], directions)
            directions -= shares[i, :, np.newaxis] * changes[:, i]
        # Without memory the first step has length 1, or that of the gradient if this is less.
        lengths = np.linalg.norm(directions, axis=1)
        scales = np.where(self.scales[rows] > 0, self.scales[rows], 1 / np.maximum(lengths, 1.0))
        directions *= scales[:, np.newaxis]
        for i in ages[::-1]:
            shares[i] -= weights[:, i] * _dots(changes[:, i], directions)
            directions += shares[i, :, np.newaxis] * steps[:, i]
        return directions

    def _try(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Evaluate one point of every line, and return which lines need no more."""
        lengths, slopes = self.lengths[rows], self.slopes[rows]
        points = self.points[rows] + lengths[:, np.newaxis] * self.directions[rows]
        values, gradients = self._evaluate(points)
        # Written so that what is not a number counts as too high.
        lower = values <= self.values[rows] + _LOWER * lengths * slopes
        flatter = ~(_dots(gradients, self.directions[rows]) < _FLATTER * slopes)
        down, up = rows[lower], rows[~lower]
        self.ahead[down], self.values_ahead[down] = points[lower], values[lower]
        self.gradients_ahead[down] = gradients[lower]
        self.low[down], self.high[up] = lengths[lower], lengths[~lower]
        bounded = np.isfinite(self.high[rows])
        self.lengths[rows] = np.where(bounded, (self.low[rows] + self.high[rows]) / 2, 2 * lengths)
        self.n_tried[rows] += 1
        return (lower & flatter) | (self.n_tried[rows] >= _TRIALS)

    def _evaluate(self, points: Array) -> tuple[Array, Array]:
        values, gradients = self.surface.value_and_gradient(points)
        return np.array(values, dtype=np.float64), np.array(gradients, dtype=np.float64)

    def _step(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Go to the points ahead, and return the rows that may go on."""
        steps, changes = (
            self.ahead[rows] - self.points[rows],
            self.gradients_ahead[rows] - self.gradients[rows],
        )
        gains = self.values[rows] - self.values_ahead[rows]
        blank = self.scales[rows] == 0
        pair = self.n_steps[rows] % _PAIRS
        products, squares = _dots(steps, changes), _dots(changes, changes)
        curved = products > np.finfo(np.float64).eps * np.sqrt(squares * _dots(steps, steps))
        self.steps[rows, pair], self.changes[rows, pair] = steps, changes
        self.weights[rows, pair] = np.divide(1.0, products, out=np.zeros(len(rows)), where=curved)
        self.scales[rows[curved]] = products[curved] / squares[curved]
        self.points[rows], self.values[rows] = self.ahead[rows], self.values_ahead[rows]
        self.gradients[rows] = self.gradients_ahead[rows]
        self.n_steps[rows] += 1
        # Where memory led nowhere the gradient alone is tried next, and where that did not the end is.
        stuck = ~(gains > np.finfo(np.float64).eps * np.maximum(1.0, np.abs(self.values[rows])))
        self.weights[rows[stuck]], self.scales[rows[stuck]] = 0.0, 0.0
        going: NDArray[np.intp] = rows[~(stuck & blank)]
        return going


def _dots(one: Array, other: Array) -> Array:
    products: Array = np.einsum("ij,ij->i", one, other)
    return products
