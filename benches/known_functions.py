"""Functions on the unit cube whose barcode of minima is known, with the places of their minima.

Everything here has the unit cube as its box, so that one sample serves every function of a dimension.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from scipy.stats import qmc, special_ortho_group

import morsebar as mb

WELLS = 64
SEPARABLE = ("rastrigin", "styblinski_tang", "schwefel26")
CONDITIONS = (1, 10, 100)

_LINE_STEPS = 1 << 16
# Points an axis of the grid that stands in for an exact barcode, by dimension.
REFERENCE_GRIDS = {2: 2001, 3: 241}


@dataclass(frozen=True)
class Known:
    """A function on [0, 1]^d: called with points (n, d), it returns their n values.

    `minima` (m, d) are the places of all its minima on the cube, those on the boundary included, `barcode`
    (m, 2) the bars of degree 0, both in orders of their own.
    """

    name: str
    d: int
    formula: Callable[[np.ndarray], np.ndarray]
    minima: np.ndarray
    barcode: np.ndarray

    def __post_init__(self) -> None:
        assert self.minima.shape == (len(self.barcode), self.d)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        return self.formula(points)

    @cached_property
    def value_range(self) -> float:
        """Difference between the lowest value and the highest among the corners and 2^16 Sobol points."""
        corners = np.array(list(itertools.product((0.0, 1.0), repeat=self.d)))
        scattered = qmc.Sobol(self.d, seed=0).random_base2(16)
        highest = max(self(corners).max(), self(scattered).max())
        return float(highest - self.barcode[:, 0].min())


@cache
def separable(name: str, d: int) -> Known:
    """One of the separable functions of `mb.objectives`; the bars follow from the Kunneth formula."""
    objective = mb.objectives.get(name, d=d)
    lows, highs = objective.bounds.T
    axis = _minima_of_term(name)
    minima = np.stack(np.meshgrid(*[axis] * d, indexing="ij"), axis=-1).reshape(-1, d)
    return Known(
        name,
        d,
        lambda points: objective(lows + points * (highs - lows)),
        minima,
        objective.exact_barcode(),
    )


def count_of_separable(name: str, d: int) -> int:
    """Return how many minima a separable function has, without making them."""
    return len(_minima_of_term(name)) ** d


@cache
def _minima_of_term(name: str) -> np.ndarray:
    """Places in [0, 1] of the minima of the term, to 2^-16."""
    line = mb.objectives.get(name, d=1)
    t = np.linspace(0.0, 1.0, _LINE_STEPS + 1)
    low, high = line.bounds[0]
    bars = mb.merge_tree(line((low + t * (high - low))[:, None])).barcode()
    return t[bars.minima]


@cache
def wells(d: int, seed: int) -> Known:
    """64 random paraboloids, f(x) = min_i h_i + c_i |x - p_i|^2: see `wells_barcode` for the bars.

    Centres are uniform in the cube, curvatures uniform in [1, 4], and heights spread over half of what a
    paraboloid of curvature 1 climbs in the mean spacing 64^(-1/d) of the centres.
    """
    generator = np.random.default_rng([seed, 1])
    centres = generator.random((WELLS, d))
    curvatures = generator.uniform(1.0, 4.0, WELLS)
    heights = generator.uniform(0.0, 0.5 * WELLS ** (-2 / d), WELLS)

    def formula(points: np.ndarray) -> np.ndarray:
        return lowest_paraboloid(points, centres, heights, curvatures)

    minima = np.flatnonzero(formula(centres) == heights)
    return Known("wells", d, formula, centres[minima], wells_barcode(centres, heights, curvatures))


def lowest_paraboloid(
    points: np.ndarray, centres: np.ndarray, heights: np.ndarray, curvatures: np.ndarray
) -> np.ndarray:
    """Evaluate min_i h_i + c_i |x - p_i|^2 at points (n, d)."""
    lowest = np.full(len(points), np.inf)
    for centre, height, curvature in zip(centres, heights, curvatures, strict=True):
        steps = points - centre
        np.minimum(lowest, height + curvature * np.einsum("ij,ij->i", steps, steps), out=lowest)
    return lowest


def wells_barcode(centres: np.ndarray, heights: np.ndarray, curvatures: np.ndarray) -> np.ndarray:
    """Exact bars (m, 2) of degree 0 of f(x) = min_i h_i + c_i |x - p_i|^2 on a convex box.

    The centres p_i lie in the box Q. The sublevel set {f <= t} is the union of B_i(t), over i with
    h_i <= t, where B_i(t) is the ball around p_i of radius r_i(t) = sqrt((t - h_i) / c_i), cut with Q. Each
    B_i(t) is convex, so connected, and so the components of the union are those of the graph whose vertices
    are the i with h_i <= t, joined where B_i(t) and B_j(t) meet: neighbours in the graph lie in one
    component, and different components of the graph have unions that are closed, finitely many and disjoint.

    B_i(t) and B_j(t) meet iff r_i(t) + r_j(t) >= |p_i - p_j|. If they meet, this is the triangle inequality.
    If the inequality holds, the segment from p_i to p_j has a point in both balls, and the segment lies in
    Q because Q is convex: cutting with the box changes no pairwise level. Both radii grow with t, so there is
    a least such level t_ij: the lowest pass between two paraboloids lies on the segment.

    Hence the bars of f are those of a graph with vertex values h_i and edge levels t_ij. A vertex whose least
    edge has level h_i, to a lower vertex, gives a bar of length zero: another paraboloid is at most as high
    at p_i, which is then no minimum of f.

    The level: with D = |p_i - p_j| and s the distance from p_i along the segment, the two paraboloids are
    equally high where (c_i - c_j) s^2 + 2 c_j D s + h_i - h_j - c_j D^2 = 0. If neither is the lower one at
    the other's centre there is one root in [0, D]: from a lower value at s = 0 the first rises strictly,
    from a lower value at s = D the second. Then t_ij = h_i + c_i s^2. Otherwise t_ij = max(h_i, h_j), and
    what the formulas below give for s, cut to [0, D], does no harm.
    """
    first, second = np.triu_indices(len(centres), k=1)
    distance = np.linalg.norm(centres[first] - centres[second], axis=1)
    a = curvatures[first] - curvatures[second]
    b = 2.0 * curvatures[second] * distance
    c = heights[first] - heights[second] - curvatures[second] * distance**2
    # The form of the root that does not cancel, and needs no case for a = 0.
    root = np.sqrt(np.maximum(b * b - 4.0 * a * c, 0.0))
    s = np.clip(-2.0 * c / (b + root), 0.0, distance)
    levels = np.maximum(
        heights[first] + curvatures[first] * s**2, np.maximum(heights[first], heights[second])
    )
    edges = np.column_stack((first, second))
    graph = mb.Graph.from_edges(edges, len(centres), values=levels)
    return mb.merge_tree(heights, graph).barcode().diagram


@cache
def quadratic(d: int, condition: float, seed: int) -> Known:
    """(x - c)' R' diag(lambda) R (x - c): random rotation R and centre c, lambda from 1 to the condition."""
    generator = np.random.default_rng([seed, 2])
    centre = generator.uniform(0.2, 0.8, d)
    rotation = special_ortho_group.rvs(d, random_state=generator)
    scales = np.sqrt(np.geomspace(1.0, condition, d))

    def formula(points: np.ndarray) -> np.ndarray:
        steps = (points - centre) @ (rotation.T * scales)
        return np.einsum("ij,ij->i", steps, steps)

    return Known(f"quadratic {condition}", d, formula, centre[None], np.array([[0.0, np.inf]]))


@cache
def linear(d: int, seed: int) -> Known:
    """A linear function of random direction: its one minimum is a corner of the cube."""
    direction = np.random.default_rng([seed, 3]).standard_normal(d)
    corner = (direction < 0).astype(float)
    bars = np.array([[corner @ direction, np.inf]])
    return Known("linear", d, lambda points: points @ direction, corner[None], bars)


@cache
def rotated_schwefel(d: int, seed: int) -> Known:
    """Schwefel 2.26 in randomly rotated coordinates on the box [-500, 500]^d, for d = 2 and 3.

    On the whole space its bars are products, but the box cuts it obliquely, and its minima on the faces and
    the saddles there have no closed form. So bars and minima are those of a fine grid with Freudenthal
    neighbours: 2001 points an axis in two dimensions, 241 in three. Their error is that of the extrema on
    the grid, quadratic in the step: a grid of half as many points an axis is 0.003 % and 0.2 % of the range
    away, so these are off by about 0.001 % and 0.1 %.
    """
    rotation = special_ortho_group.rvs(d, random_state=np.random.default_rng([seed, 4]))
    objective = mb.objectives.get("schwefel26", d=d)

    def formula(points: np.ndarray) -> np.ndarray:
        return objective((1000.0 * points - 500.0) @ rotation)

    m = REFERENCE_GRIDS[d]
    grid = mb.Grid((m,) * d, "freudenthal")
    places = np.linspace(0.0, 1.0, m)
    rest = np.stack(np.meshgrid(*[places] * (d - 1), indexing="ij"), axis=-1).reshape(-1, d - 1)
    values = np.concatenate([formula(np.column_stack((np.full(len(rest), x), rest))) for x in places])
    bars = mb.merge_tree(values, grid).barcode()
    minima = np.column_stack([places[index] for index in np.unravel_index(bars.minima, grid.shape)])
    return Known("rotated schwefel26", d, formula, minima, bars.diagram)
