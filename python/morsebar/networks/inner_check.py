"""Evidence against a claim that a function is convex in some variables and minimised in them by a solver."""

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar.objectives.formula import Floats
from morsebar.sampling import format_point

# Where a segment is looked at: close to both ends, too, since a solver that is not exact errs by little.
_PLACES = np.array([0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 1])

# Segments of one w: from the solver's v to each of those drawn, and between pairs of them.
_DRAWN = 4
_STARTS = (0, 0, 0, 0, 1, 3)
_ENDS = (1, 2, 3, 4, 2, 4)

# Bytes of the points of segments that are evaluated at a time.
_BLOCK_BYTES = 1 << 24

# Share of a value that rounding may be wrong by, in units of its last place.
_ROUNDING = 100


class Inner(Protocol):
    """What is checked: an `InnerMinimum`."""

    @property
    def over(self) -> NDArray[np.int64]:
        """Coordinates minimised out."""

    def lift(self, points: ArrayLike) -> Floats:
        """Return full points with the solver's v."""

    def values_of(self, full: Floats) -> Floats:
        """Return values of full points."""


def check_inner_problem(
    inner: Inner, box: NDArray[np.float64], n: int, tolerance: float, random_state: int
) -> None:
    """Refuse a function seen not to be quasi-convex in v, or a solver seen not to minimise it.

    Parameters
    ----------
    inner : InnerMinimum
        Function and solver.
    box : (d + k, 2) array
        Where w and v are drawn.
    n : int
        How many w.
    tolerance : float
        Share of the largest value seen for a w by which its values may be wrong.
    random_state : int
        Seed.

    Raises
    ------
    ValueError
        Naming w and the v that speak against the claim, or a NaN.
    """
    rng = np.random.default_rng(random_state)
    drawn = rng.uniform(box[:, 0], box[:, 1], (n, _DRAWN, len(box)))
    solved = inner.lift(np.delete(drawn[:, 0], inner.over, axis=1))
    step = max(1, _BLOCK_BYTES // (8 * len(_STARTS) * len(_PLACES) * len(box)))
    for start in range(0, n, step):
        block = slice(start, start + step)
        _check_segments(inner, solved[block], drawn[block], tolerance)


def _check_segments(inner: Inner, solved: Floats, drawn: NDArray[np.float64], tolerance: float) -> None:
    """Check points (n, d + k) that the solver made of some w, against v drawn for each (n, m, d + k)."""
    over = inner.over
    points = np.repeat(solved[:, np.newaxis], 1 + _DRAWN, axis=1)
    points[:, 1:, over] = drawn[..., over]
    starts, ends = points[:, _STARTS, np.newaxis], points[:, _ENDS, np.newaxis]
    places = _PLACES[:, np.newaxis]
    segments = starts * (1 - places) + ends * places
    # Not changed by rounding.
    kept = np.delete(np.arange(solved.shape[1]), over)
    segments[..., kept] = solved[:, np.newaxis, np.newaxis, kept]
    values = inner.values_of(segments.reshape(-1, solved.shape[1]).copy()).reshape(segments.shape[:-1])
    _check_numbers(values, segments)
    sizes = np.abs(np.where(np.isfinite(values), values, 0)).max(axis=(1, 2), keepdims=True)
    slack = max(tolerance, _ROUNDING * float(np.finfo(values.dtype).eps)) * sizes
    _check_convexity(values, segments, slack, over)
    _check_minimality(values, segments, slack, over)


def _check_numbers(values: Floats, segments: Floats) -> None:
    bad = np.isnan(values) | np.isneginf(values)
    if bad.any():
        at = tuple(np.argwhere(bad)[0])
        raise ValueError(
            f"objective: expected finite values, or +inf outside the domain, got {values[at]} at the point "
            f"{format_point(segments[at])}"
        )


def _check_convexity(values: Floats, segments: Floats, slack: Floats, over: NDArray[np.int64]) -> None:
    """No value may be above lower ones on both sides of it."""
    before = np.minimum.accumulate(values, axis=2)[..., :-2]
    after = np.minimum.accumulate(values[..., ::-1], axis=2)[..., ::-1][..., 2:]
    wrong = values[..., 1:-1] > np.maximum(before, after) + slack
    if wrong.any():
        w, segment, place = (int(i) for i in np.argwhere(wrong)[0])
        line, along = values[w, segment], segments[w, segment]
        low = int(line[: place + 1].argmin())
        high = place + 2 + int(line[place + 2 :].argmin())
        first, middle, last = (
            f"{line[i]:.6g} at {format_point(along[i, over])}" for i in (low, place + 1, high)
        )
        raise ValueError(
            f"objective: not convex in the variables minimised out, for the others "
            f"{format_point(np.delete(along[0], over))}: {middle} lies between {first} and {last}"
        )


def _check_minimality(values: Floats, segments: Floats, slack: Floats, over: NDArray[np.int64]) -> None:
    """No value on the segments from the solver's v may be lower than the one there."""
    of_solver = slice(0, _DRAWN)
    wrong = values[:, of_solver, :1] > values[:, of_solver] + slack
    if wrong.any():
        w, segment, place = (int(i) for i in np.argwhere(wrong)[0])
        along = segments[w, segment]
        raise ValueError(
            f"solver: expected the minimiser for {format_point(np.delete(along[0], over))}, got "
            f"{format_point(along[0, over])} of value {values[w, segment, 0]:.6g}, but "
            f"{format_point(along[place, over])} has {values[w, segment, place]:.6g}"
        )
