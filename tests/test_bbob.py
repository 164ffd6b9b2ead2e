"""The functions of COCO/BBOB through ioh."""

import pickle

import numpy as np
import pytest

import morsebar as mb

ioh = pytest.importorskip("ioh")


@pytest.mark.parametrize("fid", range(1, 25))
@pytest.mark.parametrize("d", [2, 5])
def test_values_and_minima_are_those_of_ioh(fid, d):
    objective = mb.objectives.bbob(fid, instance=2, d=d)
    points = np.random.default_rng(fid).uniform(-5, 5, (20, d))
    problem = ioh.get_problem(fid, 2, d, ioh.ProblemClass.BBOB)
    assert objective(points).tolist() == [problem(point) for point in points]
    assert objective(points.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(objective(objective.minima), objective.minimum_value, rtol=0, atol=1e-6)
    assert (objective(points) >= objective.minimum_value).all()
    again = pickle.loads(pickle.dumps(objective))
    assert again(points).tolist() == objective(points).tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fid": 0}, "fid: got 0, expected an integer from 1 to 24"),
        ({"fid": 25}, "fid: got 25"),
        ({"fid": 1, "instance": 0}, "instance: got 0"),
        ({"fid": 1, "d": 1}, "d: got 1, expected an integer >= 2"),
        ({"fid": 1.5}, "fid: got 1.5"),
    ],
)
def test_numbers_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        mb.objectives.bbob(**arguments)


def test_landscape_of_gallaghers_peaks():
    land = mb.landscape(mb.objectives.bbob(22), n_samples=40_000)
    assert 1 < len(land.barcode.significant()) <= 21, "at most one minimum for every peak"
    best = np.abs(land.minimum_points[0] - mb.objectives.bbob(22).minima[0])
    assert (best < 0.1).all()
