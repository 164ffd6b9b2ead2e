"""Exact barcodes of separable objectives, against grids, plain reductions and counting laws."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from morsebar import objectives
from morsebar.objectives.separable import interval_barcode

SEPARABLE = (
    "alpine01", "egg_crate", "levy", "michalewicz", "rastrigin", "schwefel26", "styblinski_tang", "wavy",
)  # fmt: skip

every_separable = pytest.mark.parametrize("name", SEPARABLE)
every_term = pytest.mark.parametrize(
    ("name", "axis"), [(name, 0) for name in SEPARABLE] + [("levy", 1), ("levy", 2), ("michalewicz", 2)]
)


def on_axis(name, axis):
    """The term of an axis in as many dimensions as there are, at most three, and its interval."""
    objective = objectives.get(name) if name == "egg_crate" else objectives.get(name, 3)
    return objective.formula.terms[axis], *objective.bounds[axis].tolist()


def path_bars(values):
    """Sorted union-find along a path: the bars of positive length, one row each."""
    parent, bars = {}, []

    def find(v):
        while parent[v] != v:
            parent[v] = v = parent[parent[v]]
        return v

    order = sorted(range(len(values)), key=lambda v: (values[v], v))
    for v in order:
        parent[v] = v
        for u in (v - 1, v + 1):
            if u in parent and find(u) != find(v):
                old, new = sorted((find(u), find(v)), key=lambda w: (values[w], w))
                parent[new] = old
                bars.append((values[new], values[v]))
    bars.append((values[order[0]], np.inf))
    return np.array([bar for bar in bars if bar[0] < bar[1]], dtype=float)


def cubical_bars(factors):
    """Bars by degree of the lower-star filtration of f(i, j, ..) = sum of factors, by matrix reduction mod 2.

    Even coordinates of a cell are vertices of its axis, odd ones edges.
    """
    heights = [
        [max(g[c // 2], g[(c + 1) // 2]) for c in range(2 * len(g) - 1)]
        for g in factors
    ]  # fmt: skip
    cells = list(product(*(range(len(h)) for h in heights)))
    level = {cell: sum(h[c] for h, c in zip(heights, cell, strict=True)) for cell in cells}
    degree = {cell: sum(c % 2 for c in cell) for cell in cells}
    cells.sort(key=lambda cell: (level[cell], degree[cell], cell))
    index = {cell: i for i, cell in enumerate(cells)}
    owner, paired, bars = {}, set(), [[] for _ in range(len(factors) + 1)]
    for j, cell in enumerate(cells):
        faces = [(*cell[:k], c + s, *cell[k + 1 :]) for k, c in enumerate(cell) if c % 2 for s in (-1, 1)]
        column = {index[face] for face in faces}
        while column and max(column) in owner:
            column ^= owner[max(column)]
        if column:
            i = max(column)
            owner[i] = column
            paired |= {i, j}
            bars[degree[cells[i]]].append((level[cells[i]], level[cell]))
    for j, cell in enumerate(cells):
        if j not in paired:
            bars[degree[cell]].append((level[cell], np.inf))
    return [sorted(bar for bar in rows if bar[0] < bar[1]) for rows in bars]


def as_multiset(bars):
    return sorted(map(tuple, bars.tolist()))


def finite(bars):
    """Bars with a large number for the essential death, so that differences can be taken."""
    return np.nan_to_num(bars, posinf=1e6)


# Bars of one axis


@every_term
def test_interval_bars_are_the_limit_of_dense_grids(name, axis):
    term, low, high = on_axis(name, axis)
    exact = np.sort(finite(interval_barcode(term, low, high)), axis=0)
    errors = []
    for n in (2_000, 20_000):
        bars = finite(path_bars(term(np.linspace(low, high, n)).tolist()))
        assert bars.shape == exact.shape
        errors.append(np.abs(np.sort(bars, axis=0) - exact).max())
    assert errors[1] < 0.2 * errors[0]
    assert errors[1] < 1e-3 * (high - low)


@every_term
def test_interval_bars_end_in_critical_values_to_rounding(name, axis):
    term, low, high = on_axis(name, axis)
    x = np.linspace(low, high, 20_001)
    y = term(x)
    critical = [float(y[0]), float(y[-1])]
    for sign in (1, -1):
        dips = 1 + np.flatnonzero((sign * y[1:-1] <= sign * y[:-2]) & (sign * y[1:-1] <= sign * y[2:]))
        for i in dips:
            polished = minimize_scalar(
                lambda t, sign=sign: float(sign * term(np.array([t]))[0]),
                bounds=(x[i - 1], x[i + 1]),
                method="bounded",
                options={"xatol": 1e-10},
            )
            critical.append(sign * polished.fun)
    exact = interval_barcode(term, low, high)
    if name == "alpine01":
        np.testing.assert_array_equal(exact[:, 0], 0.0)
        exact = exact[:, 1:]
    ends = exact[np.isfinite(exact)]
    distance = np.abs(ends[:, None] - np.array(critical)).min(axis=1)
    assert distance.max() <= 1e-12 * np.abs(ends).max()


def test_interval_bars_count_the_boundary():
    # x sin sqrt |x| still grows outward at -500.
    schwefel = interval_barcode(objectives.schwefel26.formula.terms[0], -500.0, 500.0)
    edge = float(objectives.get("schwefel26", 1)([[-500.0]])[0])
    assert len(schwefel) == 8
    assert edge in schwefel[:, 0]
    # A monotone stretch has one bar, from its lower end.
    rastrigin = objectives.rastrigin.formula.terms[0]
    np.testing.assert_array_equal(interval_barcode(rastrigin, 0.1, 0.2), [[rastrigin(np.array(0.1)), np.inf]])


# Bars of the sum


@pytest.mark.parametrize(
    ("name", "d", "count"),
    [
        ("rastrigin", 1, 11),
        ("rastrigin", 2, 121),
        ("rastrigin", 3, 1331),
        ("alpine01", 3, 512),
        ("styblinski_tang", 1, 2),
        ("styblinski_tang", 7, 128),
        ("egg_crate", 2, 25),
        # d! and, on every axis, k + 1 for even k = 10: S. Surjanovic, D. Bingham, Virtual Library of
        # Simulation Experiments; P. Courrieu, J. Global Optimization 10 (1997), 37-55.
        ("michalewicz", 2, 2),
        ("michalewicz", 3, 6),
        ("michalewicz", 5, 120),
        ("wavy", 1, 11),
        ("wavy", 2, 121),
    ],
)
def test_number_of_bars(name, d, count):
    bars = objectives.get(name, d).exact_barcode()
    assert bars.shape == (count, 2)
    assert bars.dtype == np.float64
    assert np.isinf(bars[:, 1]).sum() == 1
    np.testing.assert_allclose(bars[0, 0], objectives.get(name, d).minimum_value, rtol=1e-12, atol=1e-12)


def test_egg_crate():
    bars = objectives.egg_crate.exact_barcode()
    long = [[0.0, np.inf]] + [[9.488197, 27.570363]] * 4 + [[18.976394, 37.05856]] * 4
    np.testing.assert_allclose(bars[:9], long, atol=1e-6)
    assert (bars[9:, 1] - bars[9:, 0]).max() < 0.2


@pytest.mark.parametrize("degree", [0, 1, 2])
@every_separable
def test_longest_first_ties_by_birth(name, degree):
    bars = objectives.get(name).exact_barcode(degree)
    persistence = bars[:, 1] - bars[:, 0]
    assert (persistence > 0).all()
    np.testing.assert_array_equal(np.lexsort((bars[:, 0], -persistence)), np.arange(len(bars)))


@pytest.mark.parametrize("d", [1, 2, 3, 4])
@every_separable
def test_euler_characteristic_and_number_of_critical_cells(name, d):
    objective = objectives.get(name)
    axis = interval_barcode(objective.formula.terms[0], *objective.bounds[0])
    diagrams = [objectives.product_barcode([axis] * d, degree) for degree in range(d + 1)]
    assert diagrams[d].shape == (0, 2)
    essential = [int(np.isinf(bars[:, 1]).sum()) for bars in diagrams]
    assert sum((-1) ** p * count for p, count in enumerate(essential)) == 1
    # A product cell is critical if all its factors are; m bars of one axis make 2 m - 1 critical cells.
    assert sum(2 * len(bars) for bars in diagrams) - 1 == (2 * len(axis) - 1) ** d
    for degree in range(d):
        vertices, edges = len(axis), len(axis) - 1
        cells = math.comb(d, degree) * vertices ** (d - degree) * edges**degree
        born = len(diagrams[degree])
        died = len(diagrams[degree - 1]) - essential[degree - 1] if degree else 0
        assert born + died == cells


@every_separable
def test_exact_bars_are_the_limit_of_cubical_grids(name):
    gudhi = pytest.importorskip("gudhi")
    objective = objectives.get(name)
    axes = [np.linspace(low, high, 501) for low, high in objective.bounds]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    grid = gudhi.CubicalComplex(vertices=objective(points).reshape(501, 501))
    grid.compute_persistence()
    scale = np.ptp(objective(points))
    for degree in (0, 1):
        bars = grid.persistence_intervals_in_dimension(degree)
        exact = objective.exact_barcode(degree)
        long, expected = (finite(x[x[:, 1] - x[:, 0] > 0.02 * scale]) for x in (bars, exact))
        assert len(long) == len(expected)
        # Michalewicz has one well on the first of two axes, so no loop.
        assert len(long) > 0 or (name, degree) == ("michalewicz", 1)
        np.testing.assert_allclose(np.sort(long, axis=0), np.sort(expected, axis=0), atol=0.02 * scale)


@pytest.mark.parametrize("name", [name for name in objectives.names() if name not in SEPARABLE])
def test_no_exact_bars_of_coupled_functions(name):
    with pytest.raises(ValueError, match=f"exact_barcode: got {name}, expected a separable function"):
        objectives.get(name).exact_barcode()


# The product rule

small_factors = st.lists(st.lists(st.integers(-9, 9), min_size=1, max_size=5), min_size=1, max_size=3)


@given(small_factors)
@settings(max_examples=150, deadline=None)
def test_product_of_sampled_factors_is_the_cubical_barcode_in_every_degree(factors):
    diagrams = [path_bars(g) for g in factors]
    expected = cubical_bars(factors)
    for degree, bars in enumerate(expected):
        assert as_multiset(objectives.product_barcode(diagrams, degree)) == bars


integer_bars = st.lists(st.tuples(st.integers(-20, 20), st.integers(1, 20)), min_size=0, max_size=6)
one_component = integer_bars.map(
    lambda bars: np.array([(-21, np.inf), *((a, a + length) for a, length in bars)], dtype=float)
)


@given(st.lists(one_component, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_lowest_and_highest_degree_in_closed_form(factors):
    d = len(factors)
    lowest = [
        (sum(b for b, _ in bars), sum(b for b, _ in bars) + min(e - b for b, e in bars))
        for bars in product(*(factor.tolist() for factor in factors))
    ]
    assert as_multiset(objectives.product_barcode(factors)) == sorted(lowest)
    if d > 1:
        # Upside down, so to speak: in the highest degree deaths add.
        highest = [
            (sum(e for _, e in bars) - min(e - b for b, e in bars), sum(e for _, e in bars))
            for bars in product(*(factor[np.isfinite(factor[:, 1])].tolist() for factor in factors))
        ]
        assert as_multiset(objectives.product_barcode(factors, degree=d - 1)) == sorted(highest)
    assert objectives.product_barcode(factors, degree=d).shape == (0, 2)


@given(st.lists(one_component, min_size=2, max_size=4), st.integers(0, 3))
@settings(max_examples=50, deadline=None)
def test_order_of_factors_does_not_matter(factors, degree):
    bars = objectives.product_barcode(factors, degree)
    assert as_multiset(bars) == as_multiset(objectives.product_barcode(factors[::-1], degree))


def test_several_components_and_one_factor():
    two = np.array([[0.0, np.inf], [1.0, np.inf], [2.0, 5.0]])
    np.testing.assert_array_equal(
        objectives.product_barcode([two, two])[:4], [[0, np.inf], [1, np.inf], [1, np.inf], [2, np.inf]]
    )
    np.testing.assert_array_equal(objectives.product_barcode([two]), two)
    assert objectives.product_barcode([two, np.empty((0, 2))]).shape == (0, 2)


@pytest.mark.parametrize(
    ("factors", "degree", "message"),
    [
        ([np.zeros(3)], 0, r"factors\[0\]: got shape \(3,\), expected \(n, 2\)"),
        ([[[0, 1]], [[0, 1, 2]]], 0, r"factors\[1\]: got shape \(1, 3\), expected \(n, 2\)"),
        ([[[0, 1], [2, 1]]], 0, r"factors\[0\]: got \[2.0, 1.0\) in row 1, expected a finite birth"),
        ([[[0, np.nan]]], 0, r"factors\[0\]: got \[0.0, nan\) in row 0"),
        ([[[-np.inf, 0]]], 0, r"factors\[0\]: got \[-inf, 0.0\) in row 0"),
        ([[[0, np.inf]]], -1, "degree: got -1, expected 0 or more"),
    ],
)
def test_bad_factors(factors, degree, message):
    with pytest.raises(ValueError, match=message):
        objectives.product_barcode(factors, degree)


def test_too_many_bars_are_refused_before_work():
    rastrigin = objectives.get("rastrigin", 30)
    for degree in (0, 15, 29):
        with pytest.raises(ValueError, match=r"factors: got \d+ bars of degree .* expected at most 50000000"):
            rastrigin.exact_barcode(degree)
