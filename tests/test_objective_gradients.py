"""Gradients of the benchmark functions, against finite differences."""

import numpy as np
import pytest

from morsebar import objectives

UNKNOWN = ("bukin6", "eggholder", "gallagher101", "gallagher21")


def exists(name, d):
    try:
        return objectives.get(name, d).d == d
    except ValueError:
        return False


KNOWN = [
    (name, d)
    for name in objectives.names()
    if name not in UNKNOWN
    for d in (1, 2, 3, 4, 6)
    if exists(name, d)
]
every_function = pytest.mark.parametrize(("name", "d"), KNOWN)


def sample(objective, n):
    low, high = objective.bounds.T
    return np.random.default_rng(5).uniform(low, high, size=(n, objective.d))


@every_function
def test_gradients_are_the_limit_of_differences(name, d):
    objective = objectives.get(name, d)
    points = np.concatenate((sample(objective, 300), objective.minima[:3] + 0.01))
    h = 1e-5 * np.ptp(objective.bounds[0]) / 10
    gradient = objective.gradient(points)
    # The error of the fourth-order difference, at corners that of the first-order one.
    expected = np.empty_like(points)
    for axis, step in enumerate(h * np.eye(d)):
        one = objective(points + step) - objective(points - step)
        two = objective(points + 2 * step) - objective(points - 2 * step)
        expected[:, axis] = (8 * one - two) / (12 * h)
    scale = np.abs(expected).max()
    error = np.abs(gradient - expected)
    assert np.quantile(error, 0.98) < 1e-6 * scale
    assert np.median(error) < 1e-7 * scale


@every_function
def test_gradients_keep_the_type_of_the_points(name, d):
    objective = objectives.get(name, d)
    points = sample(objective, 200).astype(np.float32)
    single, double = objective.gradient(points), objective.gradient(points.astype(np.float64))
    assert single.dtype == np.float32
    assert double.dtype == np.float64
    assert single.shape == double.shape == (200, d)
    error = np.abs(single - double)
    assert np.quantile(error, 0.98) <= 1e-3 * np.abs(double).max() + 1e-37
    whole = np.ones((1, d), dtype=np.int64)
    np.testing.assert_array_equal(objective.gradient(whole), objective.gradient(whole.astype(float)))


@every_function
def test_a_gradient_does_not_depend_on_its_batch(name, d):
    objective = objectives.get(name, d)
    points = sample(objective, (1 << 15) // d + 77)
    gradients = objective.gradient(points)
    for part in (slice(0, 1), slice(3, 10), slice(None, None, 7)):
        np.testing.assert_array_equal(objective.gradient(points[part]), gradients[part])
    np.testing.assert_array_equal(objective.gradient(np.asfortranarray(points)), gradients)
    assert objective.gradient(points[:0]).shape == (0, d)


@every_function
def test_gradients_vanish_at_minima_and_are_finite_at_corners(name, d):
    objective = objectives.get(name, d)
    at_minima = objective.gradient(objective.minima[:64])
    if name != "alpine01":  # its zeros are corners known to rounding: the sign is that of the rounding
        scale = np.abs(objective.gradient(sample(objective, 100))).max()
        assert np.abs(at_minima).max() < 1e-9 * max(scale, 1.0)
    corners = np.array([[0.0] * d, [0.0] * (d - 1) + [1.0]])
    for dtype in (np.float32, np.float64):
        assert np.isfinite(objective.gradient(corners.astype(dtype))).all()


@pytest.mark.parametrize("name", UNKNOWN)
def test_gradients_that_are_not_known(name):
    with pytest.raises(
        ValueError, match=f"gradient: got {name}, expected a function whose gradient is known"
    ):
        objectives.get(name).gradient(np.zeros((1, 2)))


def test_bad_points():
    with pytest.raises(ValueError, match=r"points: got shape \(2,\), expected \(n, 2\)"):
        objectives.himmelblau.gradient(np.zeros(2))
    with pytest.raises(ValueError, match="points: got dtype complex128"):
        objectives.himmelblau.gradient(np.zeros((1, 2), dtype=complex))
