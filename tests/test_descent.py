"""Descents on surfaces whose minima are known, and on networks beside scipy."""

import numpy as np
import pytest
from scipy.optimize import minimize

import morsebar as mb
from morsebar.networks import MLP, LossSurface, descend, descent


class Formula(LossSurface):
    """A surface given by a function of (n, d) rows that returns values and gradients."""

    def __init__(self, d, formula):
        super().__init__("formula", d)
        self.formula = formula

    def _values(self, rows):
        return self.formula(rows)[0]

    def _values_and_gradients(self, rows):
        return self.formula(rows)


def network(activation, widths=(1, 3, 2, 1), l2=1e-3):
    x = np.linspace(-3, 3, 41)
    return MLP(widths, activation, data=(x, np.sin(2 * x)), l2=l2)


def starts_of(surface, n=20, scale=1.0):
    return np.random.default_rng(0).normal(0, scale, (n, surface.d))


@pytest.mark.parametrize("d", [1, 3, 30])
def test_a_quadratic_is_minimised(d):
    rng = np.random.default_rng(d)
    curvatures, center = np.geomspace(1, 1e3, d), rng.normal(size=d)

    def quadratic(rows):
        away = rows - center
        return (curvatures * away**2).sum(axis=1) / 2, curvatures * away

    points, values = descend(Formula(d, quadratic), rng.normal(0, 10, (7, d)))
    np.testing.assert_allclose(points, np.tile(center, (7, 1)), rtol=0, atol=1e-6)
    assert values.max() < 1e-13


def test_a_curved_valley_is_followed():
    def rosenbrock(rows):
        x, y = rows.T
        gradients = np.column_stack((-400 * x * (y - x**2) - 2 * (1 - x), 200 * (y - x**2)))
        return 100 * (y - x**2) ** 2 + (1 - x) ** 2, gradients

    points, values = descend(Formula(2, rosenbrock), np.random.default_rng(0).uniform(-2, 2, (50, 2)))
    np.testing.assert_allclose(points, np.ones((50, 2)), atol=1e-7)
    assert values.max() < 1e-14


def test_minima_on_kinks_are_reached():
    def corner(rows):
        # 10 |y - x^2| + (1 - x)^2: the minimum lies on the kink of a curved valley.
        x, y = rows.T
        side = 10 * np.sign(y - x**2)
        gradients = np.column_stack((-2 * x * side - 2 * (1 - x), side))
        return 10 * np.abs(y - x**2) + (1 - x) ** 2, gradients

    starts = np.random.default_rng(0).uniform(-2, 2, (50, 2))
    points, values = descend(Formula(2, corner), starts)
    assert values.max() < 1e-6
    np.testing.assert_allclose(points, np.ones((50, 2)), atol=1e-3)


def test_steps_out_of_the_domain_are_too_long():
    def barrier(rows):
        with np.errstate(invalid="ignore", divide="ignore"):
            return (rows - np.log(rows)).sum(axis=1), 1 - 1 / rows

    points, values = descend(Formula(2, barrier), [[5.0, 0.01], [1e-3, 100.0]])
    np.testing.assert_allclose(points, 1, atol=1e-7)
    np.testing.assert_allclose(values, 2, atol=1e-13)


@pytest.mark.parametrize("activation", ["tanh", "softplus"])
def test_gradients_of_smooth_networks_vanish(activation):
    mlp = network(activation)
    starts = starts_of(mlp, 6)
    points, values = descend(mlp, starts, max_iterations=5000)
    np.testing.assert_array_equal(mlp(points), values)
    assert np.abs(mlp.value_and_gradient(points)[1]).max() < 2e-6
    assert (values < mlp(starts)).all()


def test_networks_of_relu_go_as_low_as_scipy_takes_them():
    mlp = network("relu")
    starts = starts_of(mlp)
    _, values = descend(mlp, starts)

    def loss(row):
        value, gradient = mlp.value_and_gradient(row[np.newaxis])
        return value[0], gradient[0]

    theirs = np.array([minimize(loss, start, jac=True, method="L-BFGS-B").fun for start in starts])
    assert np.mean(values) <= np.mean(theirs)
    assert np.median(values) <= np.median(theirs)


def test_nothing_near_a_minimum_is_much_lower():
    mlp = network("relu", (1, 2, 1), l2=1e-2)
    points, values = descend(mlp, starts_of(mlp))
    around = np.random.default_rng(1).normal(0, 1e-3, (500, mlp.d))
    for point, value in zip(points, values, strict=True):
        assert mlp(point + around).min() > value - 1e-6


def test_values_never_rise():
    mlp = network("relu", l2=0.0)
    starts = starts_of(mlp, 100, 2.0)
    for steps in (1, 3, 30):
        assert (descend(mlp, starts, max_iterations=steps)[1] <= mlp(starts)).all()


def test_a_start_without_slope_stays():
    mlp = MLP((1, 1, 1), "tanh", data=([1.0], [1.0]), biases="none")
    points, values = descend(mlp, [[0.0, 0.0]])
    np.testing.assert_array_equal(points, [[0.0, 0.0]])
    np.testing.assert_array_equal(values, [1.0])


def test_descents_do_not_depend_on_each_other(monkeypatch):
    mlp = network("tanh")
    starts = starts_of(mlp, 9)
    points, values = descend(mlp, starts, max_iterations=50)
    for row in (0, 4):
        alone, value = descend(mlp, starts[row : row + 1], max_iterations=50)
        np.testing.assert_allclose(alone[0], points[row], rtol=1e-6)
        np.testing.assert_allclose(value[0], values[row], rtol=1e-9)
    monkeypatch.setattr(descent, "_HELD", 4 * 2 * 20 * mlp.d)
    by_block, values_by_block = descend(mlp, starts, max_iterations=50)
    np.testing.assert_allclose(by_block, points, rtol=1e-6)
    np.testing.assert_allclose(values_by_block, values, rtol=1e-9)


def test_a_start_of_infinite_slope_stays():
    def root(rows):
        with np.errstate(divide="ignore"):
            return np.sqrt(rows[:, 0]), 0.5 / np.sqrt(rows)

    points, values = descend(Formula(1, root), [[0.0]])
    assert (points.tolist(), values.tolist()) == ([[0.0]], [0.0])


def test_starts_of_other_types_and_none_at_all():
    mlp = network("tanh")
    starts = starts_of(mlp, 3).astype(np.float32)
    kept = starts.copy()
    points, values = descend(mlp, starts, max_iterations=5)
    assert points.dtype == values.dtype == np.float64
    np.testing.assert_array_equal(starts, kept)
    np.testing.assert_array_equal(descend(mlp, starts.astype(np.float64), max_iterations=5)[0], points)
    points, values = descend(mlp, np.empty((0, mlp.d)))
    assert (points.shape, values.shape) == ((0, mlp.d), (0,))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"starts": [[1.0]]}, r"starts: got shape \(1, 1\), expected \(n, 2\)"),
        ({"starts": [[1.0, 1.0], [np.nan, 0.0]]}, "starts: got value nan in row 1, expected finite values"),
        ({"max_iterations": 0}, "max_iterations: expected an integer of at least 1, got 0"),
        ({"tolerance": 0.0}, "tolerance: expected a positive finite number, got 0.0"),
        ({"tolerance": "small"}, "tolerance: expected a positive finite number, got 'small'"),
        ({"tolerance": np.nan}, "tolerance: expected a positive finite number, got nan"),
    ],
)
def test_bad_arguments(arguments, message):
    surface = Formula(2, lambda rows: ((rows**2).sum(axis=1), 2 * rows))
    given = {"starts": [[1.0, 2.0]], **arguments}
    with pytest.raises(ValueError, match=message):
        descend(surface, given.pop("starts"), **given)
    with pytest.raises(ValueError, match="surface: got Objective, expected a LossSurface"):
        descend(mb.objectives.himmelblau, [[1.0, 2.0]])
