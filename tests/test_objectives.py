import copy
import dataclasses
import math
import pickle
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar

from morsebar import objectives
from morsebar.objectives.separable import interval_barcode

FIXED = ("egg_crate", "himmelblau", "six_hump_camel", "three_hump_camel")
SEPARABLE = ("alpine01", "egg_crate", "rastrigin", "schwefel26", "styblinski_tang")
KINKED = ("ackley", "alpine01")  # not differentiable at their minima
DIMENSIONS = [(name, d) for name in objectives.names() for d in (1, 2, 3, 5)]
DIMENSIONS = [(name, d) for name, d in DIMENSIONS if d == 2 or name not in FIXED]
DIMENSIONS.remove(("rosenbrock", 1))

every_function = pytest.mark.parametrize("name", objectives.names())
every_dimension = pytest.mark.parametrize(("name", "d"), DIMENSIONS)
every_separable = pytest.mark.parametrize("name", SEPARABLE)


def naive(name, x):
    """The textbook formula at one point."""
    d = len(x)
    match name:
        case "ackley":
            square, cosine = sum(t * t for t in x) / d, sum(math.cos(2 * math.pi * t) for t in x) / d
            return -20 * math.exp(-0.2 * math.sqrt(square)) - math.exp(cosine) + 20 + math.e
        case "alpine01":
            return sum(abs(t * math.sin(t) + 0.1 * t) for t in x)
        case "egg_crate":
            return x[0] ** 2 + x[1] ** 2 + 25 * (math.sin(x[0]) ** 2 + math.sin(x[1]) ** 2)
        case "himmelblau":
            return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2
        case "rastrigin":
            return 10 * d + sum(t**2 - 10 * math.cos(2 * math.pi * t) for t in x)
        case "rosenbrock":
            return sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(d - 1))
        case "schwefel26":
            return 418.9828872724338 * d - sum(t * math.sin(math.sqrt(abs(t))) for t in x)
        case "six_hump_camel":
            return (
                4 * x[0] ** 2 - 2.1 * x[0] ** 4 + x[0] ** 6 / 3 + x[0] * x[1] - 4 * x[1] ** 2 + 4 * x[1] ** 4
            )
        case "styblinski_tang":
            return sum(t**4 - 16 * t**2 + 5 * t for t in x) / 2
        case "three_hump_camel":
            return 2 * x[0] ** 2 - 1.05 * x[0] ** 4 + x[0] ** 6 / 6 + x[0] * x[1] + x[1] ** 2


def sample(objective, n, seed=0):
    low, high = objective.bounds.T
    return np.random.default_rng(seed).uniform(low, high, size=(n, objective.d))


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


# Names and construction


def test_names_are_sorted_and_are_attributes():
    assert len(objectives.names()) == 10
    assert list(objectives.names()) == sorted(objectives.names())
    for name in objectives.names():
        assert getattr(objectives, name).name == name
        assert getattr(objectives, name).d == 2
        assert name in objectives.__all__


def test_spelling_of_names():
    spellings = {
        "himmelblau": ["Himmelblau", " HIMMELBLAU "],
        "three_hump_camel": ["Three-Hump Camel", "threehumpcamel", "humpcamel3"],
        "six_hump_camel": ["HumpCamel6"],
        "schwefel26": ["Schwefel 2.26", "schwefel-26"],
        "alpine01": ["alpine1"],
    }
    for name, others in spellings.items():
        assert {objectives.get(other).name for other in others} == {name}


def test_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match=r"name: got 'nosuch', expected one of ackley, .*three_hump_camel"):
        objectives.get("nosuch")


@pytest.mark.parametrize(
    ("name", "d", "expected"),
    [
        ("himmelblau", 3, "d: got 3 for himmelblau, expected 2 or None"),
        ("egg_crate", 1, "d: got 1 for egg_crate, expected 2 or None"),
        ("rastrigin", 0, "d: got 0 for rastrigin, expected an integer >= 1"),
        ("rastrigin", 2.5, "d: got 2.5 for rastrigin, expected an integer >= 1"),
        ("rosenbrock", 1, "d: got 1 for rosenbrock, expected an integer >= 2"),
    ],
)
def test_wrong_dimension(name, d, expected):
    with pytest.raises(ValueError, match=expected):
        objectives.get(name, d)


BOXES = {
    "ackley": [[-32.768, 32.768]] * 2,
    "alpine01": [[-10, 10]] * 2,
    "egg_crate": [[-5, 5]] * 2,
    "himmelblau": [[-5, 5]] * 2,
    "rastrigin": [[-5.12, 5.12]] * 2,
    "rosenbrock": [[-5, 10]] * 2,
    "schwefel26": [[-500, 500]] * 2,
    "six_hump_camel": [[-3, 3], [-2, 2]],
    "styblinski_tang": [[-5, 5]] * 2,
    "three_hump_camel": [[-2, 2]] * 2,
}


def test_boxes():
    assert {name: objectives.get(name).bounds.tolist() for name in objectives.names()} == BOXES


@every_dimension
def test_fields(name, d):
    objective = objectives.get(name, d)
    assert objective.d == d
    assert objective.bounds.shape == (d, 2)
    assert objective.minima.shape[1] == d
    assert len(objective.citation) > 30
    for array in (objective.bounds, objective.minima, objective.minimisers):
        assert array.dtype == np.float64
        assert array.flags.c_contiguous
        assert not array.flags.writeable
    with pytest.raises(dataclasses.FrozenInstanceError):
        objective.d = 7


@every_function
@pytest.mark.parametrize("clone", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_are_whole(name, clone):
    objective = objectives.get(name)
    twin = clone(objective)
    points = sample(objective, 50)
    assert repr(twin) == repr(objective)
    assert not twin.bounds.flags.writeable
    np.testing.assert_array_equal(twin(points), objective(points))
    np.testing.assert_array_equal(twin.minima, objective.minima)


def test_repr():
    assert (
        repr(objectives.get("rastrigin", 3))
        == "Objective('rastrigin', d=3, box=[-5.12, 5.12]^3, minimum=0, separable)"
    )
    assert (
        repr(objectives.six_hump_camel)
        == "Objective('six_hump_camel', d=2, box=[-3, 3] x [-2, 2], minimum=-1.031628453)"
    )


# Values


@every_dimension
def test_values_are_the_textbook_formula(name, d):
    objective = objectives.get(name, d)
    points = sample(objective, 200)
    expected = [naive(name, row) for row in points.tolist()]
    scale = np.abs(expected).max()
    np.testing.assert_allclose(objective(points), expected, rtol=1e-12, atol=1e-13 * scale)


@every_function
def test_floating_point_type_is_kept(name):
    objective = objectives.get(name)
    points = sample(objective, 300)
    double, single = objective(points), objective(points.astype(np.float32))
    assert double.dtype == np.float64
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, rtol=1e-3, atol=1e-5 * np.abs(double).max())
    assert objective(points.astype(np.float16)).dtype == np.float32
    assert objective(points.astype(">f8")).dtype == np.float64
    for dtype in (np.int8, np.int64, np.uint16, np.bool_):
        whole = np.array([[0, 1], [1, 1]], dtype=dtype)
        values = objective(whole)
        assert values.dtype == np.float64
        np.testing.assert_array_equal(values, objective(whole.astype(float)))


@every_dimension
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_value_does_not_depend_on_its_batch_or_layout(name, d, dtype):
    objective = objectives.get(name, d)
    points = sample(objective, (1 << 15) // d + 77).astype(dtype)
    untouched = points.copy()
    values = objective(points)
    for part in (slice(0, 1), slice(3, 10), slice(5, None), slice(None, None, 7)):
        np.testing.assert_array_equal(objective(points[part]), values[part])
    np.testing.assert_array_equal(objective(np.asfortranarray(points)), values)
    np.testing.assert_array_equal(objective(points[::-1]), values[::-1])
    np.testing.assert_array_equal(points, untouched)


@every_function
def test_no_points_and_lists(name):
    objective = objectives.get(name)
    assert objective(np.empty((0, 2))).shape == (0,)
    assert objective(np.empty((0, 2), dtype=np.float32)).dtype == np.float32
    np.testing.assert_array_equal(objective([[1, 1]]), objective(np.ones((1, 2))))


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.zeros(2), r"points: got shape \(2,\), expected \(n, 2\)"),
        (np.zeros((4, 3)), r"points: got shape \(4, 3\), expected \(n, 2\)"),
        (np.zeros((2, 2, 2)), r"points: got shape \(2, 2, 2\), expected \(n, 2\)"),
        (0.5, r"points: got shape \(\), expected \(n, 2\)"),
        (np.zeros((1, 2), dtype=complex), "points: got dtype complex128, expected float32"),
        (np.zeros((1, 2), dtype=object), "points: got dtype object, expected float32"),
        (np.array([["a", "b"]]), "points: got dtype <U1, expected float32"),
    ],
)
def test_bad_points(points, message):
    with pytest.raises(ValueError, match=message):
        objectives.himmelblau(points)


# Minima


@every_dimension
def test_minima_have_the_minimum_value(name, d):
    objective = objectives.get(name, d)
    low, high = objective.bounds.T
    assert ((low <= objective.minima) & (objective.minima <= high)).all()
    np.testing.assert_allclose(objective(objective.minima), objective.minimum_value, rtol=1e-12, atol=1e-11)


@every_dimension
def test_minima_are_local_minima(name, d):
    objective = objectives.get(name, d)
    rng = np.random.default_rng(1)
    for minimum in objective.minima[:64]:
        for radius in (1e-5, 1e-3, 1e-2):
            step = rng.normal(size=(200, d))
            near = minimum + radius * step / np.linalg.norm(step, axis=1, keepdims=True)
            assert (
                objective(near) >= objective.minimum_value - 1e-12 * (1 + abs(objective.minimum_value))
            ).all()


@pytest.mark.parametrize(("name", "d"), [(name, d) for name, d in DIMENSIONS if name not in KINKED])
def test_minima_are_stationary(name, d):
    objective = objectives.get(name, d)
    h = 1e-5
    for minimum in objective.minima:
        steps = h * np.eye(d)
        gradient = (objective(minimum + steps) - objective(minimum - steps)) / (2 * h)
        # The position of a minimum is known to the gradient over the curvature.
        curvature = (
            objective(minimum + 1e3 * steps) + objective(minimum - 1e3 * steps) - 2 * objective(minimum[None])
        ) / (1e3 * h) ** 2
        assert (curvature > 0).all()
        assert np.abs(gradient / curvature).max() < 1e-6


@every_dimension
def test_nothing_lower_in_the_box(name, d):
    objective = objectives.get(name, d)
    assert objective(sample(objective, 100_000)).min() >= objective.minimum_value


@every_function
def test_descents_find_no_other_global_minimum(name):
    objective = objectives.get(name)
    found = 0
    for start in sample(objective, 40, seed=3):
        end = minimize(
            lambda x: objective(x[None])[0],
            start,
            method="Nelder-Mead",
            bounds=objective.bounds,
            options={"xatol": 1e-6, "fatol": 1e-10},
        )
        assert end.fun >= objective.minimum_value - 1e-12
        if end.fun < objective.minimum_value + 1e-6:
            found += 1
            assert np.linalg.norm(objective.minima - end.x, axis=1).min() < 2e-3
    assert found or name in ("ackley", "rastrigin", "schwefel26")


@pytest.mark.parametrize(
    ("name", "d", "count"),
    [
        ("himmelblau", 2, 4),
        ("six_hump_camel", 2, 2),
        ("alpine01", 1, 8),
        ("alpine01", 3, 512),
        ("rastrigin", 80, 1),
    ],
)
def test_number_of_minima(name, d, count):
    minima = objectives.get(name, d).minima
    assert minima.shape == (count, d)
    assert len(np.unique(minima, axis=0)) == count


def test_too_many_minima():
    with pytest.raises(ValueError, match=r"minima: got 8\^12 points of alpine01, expected at most 50000000"):
        _ = objectives.get("alpine01", 12).minima


# Bars of one axis


@every_separable
def test_interval_bars_are_the_limit_of_dense_grids(name):
    objective = objectives.get(name)
    low, high = objective.bounds[0]
    exact = np.sort(finite(interval_barcode(objective.formula, low, high)), axis=0)
    errors = []
    for n in (2_000, 20_000):
        bars = finite(path_bars(objective.formula.term(np.linspace(low, high, n)).tolist()))
        assert bars.shape == exact.shape
        errors.append(np.abs(np.sort(bars, axis=0) - exact).max())
    assert errors[1] < 0.2 * errors[0]
    assert errors[1] < 1e-3 * (high - low)


@every_separable
def test_interval_bars_end_in_critical_values_to_rounding(name):
    objective = objectives.get(name)
    term, (low, high) = objective.formula.term, objective.bounds[0]
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
    exact = interval_barcode(objective.formula, low, high)
    if name == "alpine01":
        np.testing.assert_array_equal(exact[:, 0], 0.0)
        exact = exact[:, 1:]
    ends = exact[np.isfinite(exact)]
    distance = np.abs(ends[:, None] - np.array(critical)).min(axis=1)
    assert distance.max() <= 1e-12 * ends.max()


def test_interval_bars_count_the_boundary():
    # x sin sqrt |x| still grows outward at -500.
    schwefel = interval_barcode(objectives.schwefel26.formula, -500.0, 500.0)
    edge = float(objectives.get("schwefel26", 1)([[-500.0]])[0])
    assert len(schwefel) == 8
    assert edge in schwefel[:, 0]
    # A monotone stretch has one bar, from its lower end.
    rastrigin = objectives.rastrigin.formula
    np.testing.assert_array_equal(
        interval_barcode(rastrigin, 0.1, 0.2), [[rastrigin.term(np.array(0.1)), np.inf]]
    )


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
    axis = interval_barcode(objective.formula, *objective.bounds[0])
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
        assert len(long) == len(expected) > 0
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
