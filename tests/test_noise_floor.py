"""The noise floor of a sampling, by which the bars of a landscape stand out."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import morsebar as mb
from morsebar.noise import judge_noise

UNIT = [(0.0, 1.0)] * 2


def bars_of(lengths, sizes, noise_floor=0.0):
    """Bars of these lengths and sizes, and one essential bar."""
    lengths, sizes = np.array([math.inf, *lengths]), np.array([1000, *sizes], dtype=np.int64)
    order = np.argsort(-lengths, kind="stable")
    n = len(lengths)
    return mb.MinimaBarcode(
        diagram=np.column_stack([np.zeros(n), lengths[order]]),
        minima=np.arange(n),
        saddles=np.arange(n),
        parents=np.zeros(n, dtype=np.int64),
        sizes=sizes[order],
        mean_heights=np.zeros(n),
        on_boundary=np.zeros(n, dtype=bool),
        noise_floor=noise_floor,
    )


def kept(lengths, sizes, noise_floor=0.0):
    """Lengths of the finite bars that stand out."""
    bars = judge_noise(bars_of(lengths, sizes, noise_floor))
    return bars.significant().persistence[1:].tolist()


# The rule


@pytest.mark.parametrize(
    ("lengths", "sizes", "expected"),
    [
        ([], [], []),
        ([9.0, 5.0, 0.01], [90, 50, 9], [9.0, 5.0, 0.01]),  # none is small: no gap is looked for
        ([9.0, 5.0, 0.01], [90, 50, 8], [9.0, 5.0]),
        ([9.0, 5.0, 4.9], [90, 50, 1], [9.0, 5.0]),  # however narrow the gap
        ([3.0, 2.0, 1.0], [1, 1, 1], []),
        ([9.0, 3.0, 2.0, 1.0], [1, 20, 20, 20], [9.0, 3.0, 2.0, 1.0]),  # a long small bar does no harm
        ([9.0, 3.0, 2.0, 1.0], [20, 1, 20, 1], [9.0, 3.0, 2.0]),  # one wrong either way: the lowest floor
        ([9.0, 2.0, 2.0, 2.0], [20, 1, 1, 20], [9.0]),  # equal lengths go together
        ([9.0, 2.0, 2.0, 2.0], [20, 1, 20, 20], [9.0, 2.0, 2.0, 2.0]),
    ],
)
def test_which_bars_stand_out(lengths, sizes, expected):
    assert kept(lengths, sizes) == expected


def test_rounding_is_noise_however_large_the_component():
    assert kept([5.0, 1e-9, 1e-10], [90, 90, 90], noise_floor=1e-9) == [5.0]
    assert kept([5.0, 1e-10], [90, 1], noise_floor=1e-9) == [5.0]


def test_the_floor_is_between_noise_and_the_next_bar_and_at_most_twice_the_noise():
    assert judge_noise(bars_of([9.0, 4.0], [90, 1])).noise_floor == 6.0
    assert judge_noise(bars_of([900.0, 4.0], [90, 1])).noise_floor == 8.0
    assert judge_noise(bars_of([4.0], [1])).noise_floor == 8.0


positive = st.floats(min_value=1e-300, max_value=1e300)


@given(st.lists(st.tuples(positive, st.integers(1, 30)), max_size=30))
def test_no_other_threshold_parts_the_kinds_better(bars):
    lengths, small = np.array([length for length, _ in bars]), np.array([size <= 8 for _, size in bars])
    judged = judge_noise(bars_of(lengths, [size for _, size in bars]))

    def wrong(threshold):
        return sum((lengths > threshold) == small)

    floors = [0.0, *lengths.tolist()]
    assert judged.threshold() == judged.noise_floor
    assert wrong(judged.threshold()) == min(map(wrong, floors))
    lowest = min(floor for floor in floors if wrong(floor) == wrong(judged.threshold()))
    assert (lengths > judged.threshold()).sum() == (lengths > lowest).sum()
    stated = float(judged.significant().selection.split()[2])
    assert stated == judged.threshold()


# Functions whose minima are known


@pytest.mark.parametrize("sampler", ["lattice", "grid", "uniform"])
@pytest.mark.parametrize("n_samples", [20_000, 100_000])
@pytest.mark.parametrize(
    ("name", "n_minima"),
    [("himmelblau", 4), ("six_hump_camel", 6), ("three_hump_camel", 3), ("rastrigin", 121)],
)
def test_every_minimum_stands_out(name, n_minima, n_samples, sampler):
    land = mb.landscape(mb.objectives.get(name, d=2), n_samples=n_samples, sampler=sampler)
    assert len(land.barcode.significant()) == n_minima


@pytest.mark.parametrize("sampler", ["lattice", "grid", "uniform", "sobol"])
@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_one_minimum(d, sampler):
    slope, center = np.linspace(1.0, 2.0, d), np.linspace(0.3, 0.6, d)
    functions = (
        lambda x: x @ slope,
        lambda x: (x - center) ** 2 @ slope,
        lambda x: np.zeros(len(x)),
    )
    for function in functions:
        land = mb.landscape(function, [(0.0, 1.0)] * d, n_samples=20_000, sampler=sampler)
        assert len(land.barcode.significant()) == 1


@pytest.mark.parametrize("seed", range(4))
def test_minima_that_scattered_samples_make_are_cut(seed):
    options = {"n_samples": 50_000, "sampler": "uniform", "n_neighbors": 10, "random_state": seed}
    land = mb.landscape(mb.objectives.himmelblau, **options)
    assert len(land.barcode) > 10
    assert land.barcode.significant().deaths[1:] == pytest.approx([104.0, 67.7, 13.3], rel=0.03)


def test_minima_in_a_narrow_oblique_valley_of_a_grid_are_cut():
    land = mb.landscape(
        lambda x: (x[:, 0] + 0.6 * x[:, 1]) ** 2 + 1e-2 * x[:, 1] ** 2,
        [(-1.0, 1.0)] * 2,
        n_samples=10_000,
        sampler="grid",
    )
    assert len(land.barcode) > 10
    assert len(land.barcode.significant()) == 1


def test_noise_of_the_values_is_cut_where_the_wells_are_deeper():
    noise = np.random.default_rng(0)

    def rough(points):
        return mb.objectives.himmelblau(points) + noise.normal(0.0, 2.0, len(points))

    land = mb.landscape(rough, mb.objectives.himmelblau.bounds, n_samples=20_000)
    assert len(land.barcode) > 10
    assert len(land.barcode.significant()) == 4


def test_most_minima_of_independent_values_are_cut():
    noise = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mb.ThinSampleWarning)
        land = mb.landscape(lambda points: noise.random(len(points)), UNIT, n_samples=20_000)
    assert len(land.barcode) > 1000
    assert len(land.barcode.significant()) < 0.2 * len(land.barcode)


# Where the rule is shown


def test_the_rule_and_its_value_are_shown():
    land = mb.landscape(mb.objectives.himmelblau, n_samples=20_000, sampler="uniform", n_neighbors=8)
    bars = land.barcode
    rule = f"persistence > {bars.threshold():g} (noise floor of the sampling)"
    assert bars.noise_source == "sampling"
    assert bars.threshold() == bars.noise_floor
    assert f"stand out  4: {rule}" in repr(land)
    assert f"stand out  4 bars: {rule}" in repr(bars)
    assert f"selected   {rule}" in repr(bars.significant())
    assert bars.significant().to_pandas().attrs["selection"] == rule


def test_the_tree_keeps_the_rule_of_the_gap():
    land = mb.landscape(mb.objectives.himmelblau, n_samples=20_000)
    assert land.tree.barcode().noise_source == "rounding"
    assert "largest gap" in land.tree.barcode().significant().selection
    assert land.tree.barcode().diagram.tolist() == land.barcode.diagram.tolist()


def test_data_evaluated_elsewhere_and_refined_edges():
    points = np.random.default_rng(0).uniform(-5.0, 5.0, (20_000, 2))
    land = mb.Landscape.from_samples(points, mb.objectives.himmelblau(points))
    assert len(land.barcode.significant()) == 4
    land = mb.landscape(mb.objectives.himmelblau, n_samples=10_000, refine_edges=True)
    assert isinstance(land.graph, mb.Graph)
    assert len(land.barcode.significant()) == 4
