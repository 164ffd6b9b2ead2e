"""The functions of COCO through ioh, against ioh itself."""

import pickle
import sys

import numpy as np
import pytest

import morsebar as mb
from morsebar import objectives


@pytest.mark.ioh
@pytest.mark.parametrize("fid", range(1, 25))
def test_values_and_optimum_are_those_of_ioh(fid):
    import ioh

    for instance, d in ((1, 2), (3, 5)):
        objective = objectives.bbob(fid, instance, d)
        problem = ioh.get_problem(fid, instance, d, ioh.ProblemClass.BBOB)
        points = np.random.default_rng(fid).uniform(-5, 5, (200, d))
        values = objective(points)
        np.testing.assert_array_equal(values, [problem(point.tolist()) for point in points])
        assert objective.d == d
        np.testing.assert_array_equal(objective.bounds, [[-5.0, 5.0]] * d)
        np.testing.assert_allclose(objective.minima, [problem.optimum.x])
        np.testing.assert_allclose(objective(objective.minima), objective.minimum_value, rtol=1e-12)
        assert values.min() > objective.minimum_value
        assert problem.meta_data.name in objective.name


@pytest.mark.ioh
def test_instances_differ_and_copies_do_not():
    points = np.random.default_rng(0).uniform(-5, 5, (50, 3))
    first, second = objectives.bbob(21, d=3), objectives.bbob(21, instance=2, d=3)
    assert (first(points) != second(points)).any()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(first))(points), first(points))
    single = first(points.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, first(points), rtol=1e-3)
    with pytest.raises(ValueError, match="gradient: got bbob f21 Gallagher101, instance 1"):
        first.gradient(points)
    with pytest.raises(ValueError, match="exact_barcode: got bbob f21"):
        first.exact_barcode()


@pytest.mark.ioh
def test_bars_of_function_3_are_the_product_of_those_along_its_axes():
    """Its oscillation and asymmetry act on every coordinate alone."""
    objective = objectives.bbob(3)
    axis = np.linspace(-5, 5, 401)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    values = objective(np.column_stack((x.ravel(), y.ravel()))).reshape(x.shape)
    factors = [values[:, 0], values[0] - values[0, 0]]
    expected = objectives.product_barcode([mb.merge_tree(factor).barcode().diagram for factor in factors])
    bars = mb.merge_tree(values).barcode(min_persistence=1e-9).diagram
    expected = expected[expected[:, 1] - expected[:, 0] > 1e-9]
    assert len(bars) == len(expected) > 100
    for end in (0, 1):
        np.testing.assert_allclose(np.sort(bars[:, end]), np.sort(expected[:, end]), rtol=1e-12)
    assert objective.minimum_value < bars.min() < objective.minimum_value + 0.5


@pytest.mark.ioh
def test_a_landscape_of_gallaghers_peaks():
    objective = objectives.bbob(22)
    land = mb.landscape(objective, n_samples=40_000)
    assert land.name == "bbob f22 Gallagher21, instance 1"
    assert 1 < len(land.barcode.significant()) <= 21, "at most one minimum for every peak"
    assert np.abs(land.minimum_points[0] - objective.minima[0]).max() < 0.1


@pytest.mark.ioh
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "fid: got 0, expected an integer from 1 to 24"),
        ((25,), "fid: got 25, expected an integer from 1 to 24"),
        (("sphere",), "fid: got 'sphere', expected an integer from 1 to 24"),
        ((1, 0), "instance: got 0, expected an integer >= 1"),
        ((1, 1.5), "instance: got 1.5, expected an integer >= 1"),
        ((1, 1, 1), "d: got 1, expected an integer >= 2"),
    ],
)
def test_bad_numbers(arguments, message):
    with pytest.raises(ValueError, match=message):
        objectives.bbob(*arguments)


def test_without_ioh(monkeypatch):
    from morsebar.objectives.bbob import _load

    monkeypatch.setitem(sys.modules, "ioh", None)
    _load.cache_clear()
    with pytest.raises(ImportError, match=r"ioh is needed here: pip install 'morsebar\[ioh\]'"):
        objectives.bbob(1)
