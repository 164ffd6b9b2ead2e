"""Numbers that describe a landscape, by hand and by law."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import morsebar as mb

# Minima 0, 2, 4, 6 of value 0, 1, 2, 4; 4 dies into 2 at 3, 2 into 0 at 5, 6 into 0 at 6.
VALUES = [0.0, 5.0, 1.0, 3.0, 2.0, 6.0, 4.0, 9.0, 10.0]


def line(values, **options):
    values = np.asarray(values, dtype=np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mb.ThinSampleWarning)
        points = np.arange(float(len(values)))
        return mb.Landscape.from_samples(points, values, graph=mb.Grid(len(values)), **options)


def entropy(*parts):
    return -sum(part / sum(parts) * math.log(part / sum(parts)) for part in parts)


def test_by_hand():
    assert line(VALUES).features(min_persistence=0) == pytest.approx(
        {
            "n_samples": 9,
            "d": 1,
            "n_components": 1,
            "n_bars": 4,
            "n_minima": 4,
            "threshold": 0.0,
            "lowest": 0.0,
            "value_range": 10.0,
            "barrier_mean": 7 / 3,
            "barrier_std": math.sqrt((1 + 16 + 4) / 3 - (7 / 3) ** 2),
            "barrier_median": 2.0,
            "barrier_max": 4.0,
            "depth_std": math.sqrt(21 / 4 - (7 / 4) ** 2),
            "persistence_entropy": entropy(1, 4, 2),
            "smad": 7 / 3,
            "smad_weighted": (1 * 2 + 4 * 2 + 2 * 3) / 9 / 3,
            "roughness": 0.7,
            "basin_lowest": 2 / 9,
            "basin_largest": 3 / 9,
            "basin_std": math.sqrt((4 + 4 + 4 + 9) / 81 / 4 - (1 / 4) ** 2),
            "basin_entropy": entropy(2, 2, 2, 3),
            "escape_mean": (1 * 2 + 4 * 2 + 2 * 3) / 9,
            "escape_max": 4.0,
            "n_funnels": 2,  # 2 and 0
            "funnel_lowest": 5 / 9,  # basins of 0 and 6
            "funnel_barrier": 4.0,
        }
    )


def test_cut_by_persistence():
    # 4 (barrier 1) passes to 2, which is then no bottom: its lowest pass leads to 0.
    found = line(VALUES).features(min_persistence=1)
    assert (found["n_bars"], found["n_minima"], found["threshold"]) == (4, 3, 1.0)
    assert found["barrier_mean"] == 3.0
    assert found["escape_mean"] == pytest.approx((4 * 4 + 2 * 3) / 9)
    assert (found["n_funnels"], found["funnel_lowest"], found["funnel_barrier"]) == (1, 1.0, 0.0)
    assert found["smad"] == pytest.approx(7 / 3)  # of all bars


def test_a_staircase_of_minima_is_one_funnel_and_two_valleys_are_two():
    down = line([4, 5, 3, 4, 2, 3, 1, 2, 0]).features(min_persistence=0)
    assert (down["n_minima"], down["n_funnels"], down["funnel_lowest"]) == (5, 1, 1.0)
    two = line([2, 3, 0, 3.5, 9, 3, 1, 3.5, 2]).features(min_persistence=0)
    assert (two["n_minima"], two["n_funnels"], two["funnel_barrier"]) == (4, 2, 8.0)


def test_one_minimum_and_none():
    one = line([3.0, 2.0, 1.0, 2.0]).features()
    assert (one["n_minima"], one["n_funnels"], one["basin_lowest"]) == (1, 1, 1.0)
    for name in (
        "barrier_mean",
        "barrier_max",
        "persistence_entropy",
        "smad",
        "escape_mean",
        "basin_entropy",
    ):
        assert one[name] == 0.0
        assert math.copysign(1.0, one[name]) == 1.0
    none = line([math.inf, math.inf]).features()
    assert list(none) == list(one)
    assert (none["n_samples"], none["n_minima"], none["n_funnels"]) == (2, 0, 0)
    assert math.isnan(none["lowest"])
    assert math.isnan(none["barrier_mean"])
    assert line([2.0, 2.0]).features()["roughness"] == 0.0


def test_components_and_samples_outside_the_domain():
    found = line([0.0, 1.0, math.inf, 4.0, 2.0, 3.0, 3.0]).features()
    assert (found["n_components"], found["n_minima"], found["n_funnels"]) == (2, 2, 2)
    assert (found["basin_lowest"], found["basin_largest"]) == (2 / 6, 4 / 6)
    assert found["funnel_barrier"] == found["escape_mean"] == 0.0


@pytest.mark.parametrize("wrong", [-1.0, math.nan, "1"])
def test_a_threshold_that_makes_no_sense(wrong):
    with pytest.raises(ValueError, match="min_persistence: expected a number of at least 0, got"):
        line(VALUES).features(min_persistence=wrong)


def test_what_stands_out_by_default():
    land = mb.landscape(mb.objectives.himmelblau, n_samples=20_000, sampler="uniform", n_neighbors=8)
    found = land.features()
    assert found["n_minima"] == 4 < found["n_bars"]
    assert found["threshold"] == land.barcode.threshold()
    assert found["barrier_mean"] == pytest.approx((104.0 + 67.7 + 13.3) / 3, rel=0.01)
    assert 0.25 < found["basin_lowest"] <= found["basin_largest"] < 0.5


@given(st.permutations(range(17)))
def test_funnels_are_those_of_the_barriers(values):
    land = line(values)
    minima = land.barcode.minima
    levels = land.tree.barrier(minima[:, None], minima[None, :])
    np.fill_diagonal(levels, np.inf)

    def bottom(at):
        """Go over the lowest pass to the lowest minimum there, as long as that leads down."""
        beyond = levels[at] <= levels[at].min()
        target = min(np.flatnonzero(beyond), key=lambda i: values[minima[i]], default=at)
        return bottom(target) if values[minima[target]] < values[minima[at]] else at

    bottoms = [bottom(at) for at in range(len(minima))] if len(minima) > 1 else [0]
    found = land.features(min_persistence=0)
    assert found["n_funnels"] == len(set(bottoms))
    reached = land.tree.basins()
    inside = [np.mean(reached == minima[at]) for at, end in enumerate(bottoms) if end == bottoms[0]]
    assert found["funnel_lowest"] == pytest.approx(sum(inside))


@given(st.lists(st.integers(0, 6), min_size=1, max_size=25), st.integers(-10, 10))
def test_laws(values, exponent):
    found = line(values).features(min_persistence=0)
    bars = line(values).barcode
    assert found["n_minima"] == len(bars)
    assert 1 <= found["n_funnels"] <= max(1, len(bars) - 1)
    assert found["barrier_mean"] <= found["barrier_max"] <= found["value_range"]
    assert found["basin_lowest"] <= found["funnel_lowest"] + 1e-12
    assert 0.0 <= found["basin_entropy"] <= math.log(len(bars)) + 1e-12
    assert found["escape_mean"] <= found["escape_max"]
    assert found["smad"] == found["barrier_mean"]
    scale = 2.0**exponent
    scaled = line(np.array(values) * scale).features(min_persistence=0)
    for name in ("barrier_mean", "smad_weighted", "escape_mean", "funnel_barrier", "value_range"):
        assert scaled[name] == scale * found[name]
    for name in ("roughness", "persistence_entropy", "basin_entropy", "n_funnels", "funnel_lowest"):
        assert scaled[name] == found[name]
