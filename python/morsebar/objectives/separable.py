"""Exact bars of separable functions f(x) = sum g_i(x_i) on a box.

The bars of each term over its interval follow from the term's turning points; the bars of the sum follow from
those by the Kunneth formula for filtered complexes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar.objectives.formula import Floats

Diagram = NDArray[np.float64]

_MAX_BARS = 50_000_000
# Turning points must be further apart than a step. A power of two, so that the scan of an interval symmetric
# about 0 meets 0 itself.
_SCAN_STEPS = 1 << 14


@dataclass(frozen=True)
class Term:
    """One term of a separable function: a smooth function of one variable, or its absolute value."""

    smooth: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    absolute: bool = False

    def __call__(self, x: Floats, /) -> Floats:
        """Values, elementwise."""
        y = self.smooth(x)
        return np.absolute(y) if self.absolute else y

    def derivative(self, x: Floats) -> Floats:
        """Differentiate, elementwise; 0 at the corners of an absolute value."""
        slope = self.slope(x)
        return np.sign(self.smooth(x)) * slope if self.absolute else slope


@dataclass(frozen=True)
class SeparableSum:
    """The formula f(x) = sum g_i(x_i), a term an axis.

    Called with coordinates (d, m), one row an axis, it returns m values.
    """

    terms: tuple[Term, ...]

    def __call__(self, x: Floats, /) -> Floats:
        """Sum over the rows, added in order: a value does not depend on the number of columns."""
        total = self.terms[0](x[0])
        for term, row in zip(self.terms[1:], x[1:], strict=True):
            total = total + term(row)
        return total

    def gradient(self, x: Floats) -> Floats:
        """Partial derivatives (d, m)."""
        return np.stack([term.derivative(row) for term, row in zip(self.terms, x, strict=True)])


def interval_barcode(term: Term, low: float, high: float) -> Diagram:
    """Bars of degree 0 of a term over [low, high]; an end of the interval may be a minimum.

    Between neighbouring candidates (ends, stationary points, corners) the term is monotone, so its bars are
    those of the path through the candidates; a candidate that is no turning point leaves no bar.
    """
    smooth_points = np.concatenate(([low, high], _roots(term.slope, low, high)))
    corners = _roots(term.smooth, low, high) if term.absolute else np.empty(0)
    points = np.concatenate((smooth_points, corners))
    # |h| vanishes exactly where h does; evaluating it at the rounded root would not.
    values = np.concatenate((term(smooth_points), np.zeros(len(corners))))
    return _path_barcode(values[np.argsort(points, kind="stable")].tolist())


def product_barcode(factors: Sequence[ArrayLike], degree: int = 0) -> Diagram:
    """Bars of a sum f(x) = sum g_i(x_i) over a product, from the degree-0 bars of every g_i.

    Kunneth formula for filtered complexes: bars [a, b) of degree p and [c, d) of degree 0 give
    [a + c, min(a + d, b + c)) of degree p and [max(a + d, b + c), b + d) of degree p + 1 (H. Gakhar,
    J. A. Perea, Kunneth formulae in persistent homology, arXiv:1910.05656). So in degree 0 births add, and
    the persistence is the smallest of the factors'. On a grid with axis neighbours the bars of the sampled
    factors give the bars of the sampled sum, to rounding.

    Parameters
    ----------
    factors : sequence of (n_i, 2) arrays
        Birth and death of the bars of every g_i over its own axis; death = inf for essential bars.
    degree : int
        Degree of the bars wanted.

    Returns
    -------
    (n, 2) float64 array
        Bars of positive length, longest first, ties by birth; death = inf for essential bars.

    Raises
    ------
    ValueError
        If a factor is not an (n_i, 2) array of bars with finite births, if `degree` is negative, or if
        more than 5e7 bars would have to be held.

    Notes
    -----
    Time O(n log n) for n bars: n_1 n_2 ... n_d in degree 0, about half the product of the 2 n_i - 1 in all
    degrees together.

    Examples
    --------
    >>> import numpy as np
    >>> import morsebar as mb
    >>> wells = np.array([[0.0, np.inf], [1.0, 3.0]])
    >>> mb.objectives.product_barcode([wells, wells])
    array([[ 0., inf],
           [ 1.,  3.],
           [ 1.,  3.],
           [ 2.,  4.]])
    >>> mb.objectives.product_barcode([wells, wells], degree=1)
    array([[4., 6.]])
    """
    if degree < 0:
        raise ValueError(f"degree: got {degree}, expected 0 or more")
    diagrams = [_checked(factor, position) for position, factor in enumerate(factors)]
    _refuse_explosion(diagrams, degree)

    # A point with f = 0.
    product = [np.array([[0.0, np.inf]])] + [np.empty((0, 2))] * degree
    for used, diagram in enumerate(diagrams, start=1):
        needed = _needed_degrees(degree, len(diagrams) - used)
        product = [
            _product_degree(product, diagram, p) if p in needed else np.empty((0, 2))
            for p in range(degree + 1)
        ]
    return _longest_first(product[degree])


def _roots(function: Callable[[Floats], Floats], low: float, high: float) -> NDArray[np.float64]:
    """Roots of a function in [low, high] at which it changes sign, and scanned points where it vanishes."""
    from scipy.optimize import brentq  # as slow to import as all the rest, and few need it

    x = np.linspace(low, high, _SCAN_STEPS + 1)
    sign = np.sign(function(x))
    brackets = np.flatnonzero(sign[:-1] * sign[1:] < 0)
    precision = 4 * np.finfo(np.float64).eps
    polished = [
        brentq(lambda t: float(function(np.asarray(t))), x[i], x[i + 1], xtol=1e-15, rtol=precision)
        for i in brackets
    ]
    return np.concatenate((x[sign == 0], polished))


def _path_barcode(values: Sequence[float]) -> Diagram:
    """Bars of degree 0 of values along a path, by the sorted union-find and the elder rule."""
    order = sorted(range(len(values)), key=lambda v: (values[v], v))
    rank = {v: position for position, v in enumerate(order)}
    parent: dict[int, int] = {}

    def find(v: int) -> int:
        while parent[v] != v:
            v = parent[v]
        return v

    bars = []
    for v in order:
        parent[v] = v
        for neighbour in {v - 1, v + 1} & parent.keys():
            older, younger = sorted((find(neighbour), find(v)), key=rank.__getitem__)
            if older != younger:
                parent[younger] = older
                bars.append((values[younger], values[v]))
    bars.append((values[order[0]], np.inf))
    return _longest_first(_bars(*np.array(bars).T))


def _product_degree(product: Sequence[Diagram], factor: Diagram, degree: int) -> Diagram:
    """One degree of the Kunneth product of diagrams by degree with a diagram of degree 0."""
    tensor = _tensor(product[degree], factor)
    if degree == 0:
        return tensor
    return np.concatenate((tensor, _torsion(product[degree - 1], factor)))


def _tensor(first: Diagram, second: Diagram) -> Diagram:
    """Bars [a + c, min(a + d, b + c)), over all pairs."""
    (a, b), (c, d) = first.T, second.T
    death = np.add.outer(a, d)
    np.minimum(death, np.add.outer(b, c), out=death)
    return _bars(np.add.outer(a, c), death)


def _torsion(first: Diagram, second: Diagram) -> Diagram:
    """Bars [max(a + d, b + c), b + d), over all pairs of finite bars: an essential one gives none."""
    (a, b), (c, d) = (x[np.isfinite(x[:, 1])].T for x in (first, second))
    birth = np.add.outer(a, d)
    np.maximum(birth, np.add.outer(b, c), out=birth)
    return _bars(birth, np.add.outer(b, d))


def _bars(birth: NDArray[np.float64], death: NDArray[np.float64]) -> Diagram:
    """Bars of positive length as rows; others are empty, or became so by rounding."""
    keep = birth < death
    return np.column_stack((birth[keep], death[keep]))


def _longest_first(bars: Diagram) -> Diagram:
    birth, death = bars.T
    return bars[np.lexsort((birth, birth - death))]


def _checked(factor: ArrayLike, position: int) -> Diagram:
    diagram = np.asarray(factor, dtype=np.float64)
    if diagram.ndim != 2 or diagram.shape[1] != 2:
        raise ValueError(f"factors[{position}]: got shape {diagram.shape}, expected (n, 2)")
    birth, death = diagram.T
    wrong = np.flatnonzero(~(np.isfinite(birth) & (birth <= death)))
    if len(wrong):
        row = int(wrong[0])
        raise ValueError(
            f"factors[{position}]: got [{birth[row]}, {death[row]}) in row {row}, "
            "expected a finite birth and a death not below it"
        )
    return diagram


def _needed_degrees(degree: int, factors_left: int) -> range:
    """Degrees of a partial product that matter: every further factor raises a degree by at most one."""
    return range(max(0, degree - factors_left), degree + 1)


def _refuse_explosion(diagrams: Sequence[Diagram], degree: int) -> None:
    """Count the bars of every partial product before any is made (exact but for bars of length zero)."""
    essential, finite = 1, [0] * (degree + 1)
    for used, diagram in enumerate(diagrams, start=1):
        m = int(np.isfinite(diagram[:, 1]).sum())
        e = len(diagram) - m
        finite = [finite[p] * (e + m) + (finite[p - 1] if p else essential) * m for p in range(degree + 1)]
        essential *= e
        for p in _needed_degrees(degree, len(diagrams) - used):
            bars = finite[p] + (0 if p else essential)
            if bars > _MAX_BARS:
                raise ValueError(
                    f"factors: got {bars} bars of degree {p} from the first {used}, "
                    f"expected at most {_MAX_BARS}"
                )
