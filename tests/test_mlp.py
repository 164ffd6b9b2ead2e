"""Losses of dense networks: against a plain twin, finite differences, torch and jax."""

import math
import pickle
import sys
from itertools import pairwise

import numpy as np
import pytest

import morsebar as mb
from morsebar.networks import MLP, LossSurface

ACTIVATIONS = ("relu", "tanh", "sigmoid", "softplus", "identity")
BIASES = ("free", "fixed", "none")
# Samples fill no leaf, one, or several with some left over; the last network is a large one.
SHAPES = (
    ((1, 1), 1),
    ((3, 2), 8),
    ((1, 2, 2, 1), 7),
    ((2, 3, 4, 2), 33),
    ((1, 2, 2, 2, 1), 101),
    ((3, 40, 20, 2), 130),
)

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS)
every_biases = pytest.mark.parametrize("biases", BIASES)
every_shape = pytest.mark.parametrize(("widths", "n_samples"), SHAPES)


def network(widths, n_samples, activation="relu", biases="free", l2=0.01, seed=0, **others):
    rng = np.random.default_rng(seed)
    data = rng.normal(size=(n_samples, widths[0])), rng.normal(size=(n_samples, widths[-1]))
    fixed = rng.uniform(-1, 1, sum(widths[1:-1])) if biases == "fixed" else None
    return MLP(widths, activation, data=data, biases=biases, fixed_biases=fixed, l2=l2, **others)


def parameters(mlp, n, seed=1, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=(n, mlp.d)).astype(dtype)


def activated(name, z):
    if name == "relu":
        return max(z, 0.0)
    if name == "tanh":
        return math.tanh(z)
    if name == "sigmoid":
        return 1 / (1 + math.exp(-z))
    if name == "softplus":
        return math.log(1 + math.exp(z))
    return z


def naive_outputs(mlp, theta, sample):
    """What every layer returns for one parameter vector and one sample, in plain loops."""
    rest, fixed = theta.tolist(), [] if mlp.fixed_biases is None else mlp.fixed_biases.tolist()
    units, layers = [float(number) for number in sample], []
    for layer in range(1, len(mlp.widths)):
        width, last = mlp.widths[layer], layer == len(mlp.widths) - 1
        rows = [[rest.pop(0) for _ in units] for _ in range(width)]
        if mlp.biases == "free":
            shifts = [rest.pop(0) for _ in range(width)]
        elif mlp.biases == "fixed" and not last:
            shifts = [fixed.pop(0) for _ in range(width)]
        else:
            shifts = [0.0] * width
        z = [
            sum(weight * unit for weight, unit in zip(row, units, strict=True)) + shift
            for row, shift in zip(rows, shifts, strict=True)
        ]
        units = z if last else [activated(mlp.activation, number) for number in z]
        layers.append(units)
    assert not rest
    assert not fixed
    return layers


def naive_loss(mlp, theta):
    x, y = mlp.data
    total = 0.0
    for sample, target in zip(x, y, strict=True):
        outputs = naive_outputs(mlp, theta, sample)[-1]
        total += sum((a - float(b)) ** 2 for a, b in zip(outputs, target, strict=True))
    return total / len(x) + mlp.l2 * sum(float(t) ** 2 for t in theta)


@every_activation
@every_biases
@every_shape
def test_values_are_those_of_plain_loops(widths, n_samples, activation, biases):
    mlp = network(widths, n_samples, activation, biases)
    points = parameters(mlp, 4)
    expected = [naive_loss(mlp, theta) for theta in points]
    np.testing.assert_allclose(mlp(points), expected, rtol=1e-12)
    single = mlp(points.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, rtol=2e-5)


@every_activation
@every_biases
@every_shape
def test_gradients_are_the_limit_of_differences(widths, n_samples, activation, biases):
    mlp = network(widths, n_samples, activation, biases)
    points = parameters(mlp, 3)
    values, gradients = mlp.value_and_gradient(points)
    np.testing.assert_array_equal(values, mlp(points))
    assert gradients.shape == points.shape
    axes = np.random.default_rng(2).permutation(mlp.d)[:30]
    h = 1e-5
    for axis in axes:
        step = np.zeros(mlp.d)
        step[axis] = h
        one, two = (mlp(points + t * step) - mlp(points - t * step) for t in (1, 2))
        # Where a unit of relu switches within the steps they are off by a little.
        expected = (8 * one - two) / (12 * h)
        np.testing.assert_allclose(gradients[:, axis], expected, rtol=1e-4, atol=1e-5 * values.max())
        if activation != "relu":
            np.testing.assert_allclose(gradients[:, axis], expected, rtol=1e-8, atol=1e-9 * values.max())
    single_values, single = mlp.value_and_gradient(points.astype(np.float32))
    assert single_values.dtype == single.dtype == np.float32
    np.testing.assert_allclose(single, gradients, rtol=1e-3, atol=1e-4 * np.abs(gradients).max())


@every_activation
@every_biases
@every_shape
def test_products_with_the_hessian_are_the_limit_of_differences(widths, n_samples, activation, biases):
    mlp = network(widths, n_samples, activation, biases)
    point, *vectors = parameters(mlp, 4)
    vectors = np.array(vectors)
    products = mlp.hessian_vector_product(point, vectors)
    expected = LossSurface._hessian_vector_products(mlp, point, vectors)
    tolerance = 1e-3 if activation == "relu" else 1e-8
    np.testing.assert_allclose(products, expected, rtol=0, atol=tolerance * np.abs(expected).max())
    np.testing.assert_array_equal(mlp.hessian_vector_product(point, vectors[0]), products[0])
    # A Hessian matrix is symmetric and a product linear.
    symmetric = vectors @ products.T
    np.testing.assert_allclose(symmetric, symmetric.T, rtol=1e-10, atol=1e-10 * np.abs(symmetric).max())
    sums = mlp.hessian_vector_product(point, 2 * vectors[0] - vectors[1])
    np.testing.assert_allclose(sums, 2 * products[0] - products[1], atol=1e-12 * np.abs(products).max())
    single = mlp.hessian_vector_product(point.astype(np.float32), vectors)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, products, rtol=0, atol=1e-4 * np.abs(products).max())


@every_activation
@every_shape
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_point_does_not_depend_on_its_batch(widths, n_samples, activation, dtype):
    mlp = network(widths, n_samples, activation)
    # More points than one block of the smallest networks holds.
    n = 40 if n_samples == 130 else 5000
    points = parameters(mlp, n, dtype=dtype)
    values, gradients = mlp.value_and_gradient(points)
    np.testing.assert_array_equal(mlp(points), values)
    parts = (
        slice(0, 1),
        slice(3, 10),
        slice(1, 2),
        slice(None, None, 7),
        slice(n - 5, n - 4),
        slice(n - 29, n),
    )
    for part in parts:
        part_values, part_gradients = mlp.value_and_gradient(points[part])
        np.testing.assert_array_equal(part_values, values[part])
        np.testing.assert_array_equal(part_gradients, gradients[part])
        np.testing.assert_array_equal(mlp(points[part]), values[part])
    fortran_values, fortran_gradients = mlp.value_and_gradient(np.asfortranarray(points))
    np.testing.assert_array_equal(fortran_values, values)
    np.testing.assert_array_equal(fortran_gradients, gradients)
    # Rows at addresses that are aligned in every way there is.
    wide = np.zeros((n, mlp.d + 3), dtype)
    for shift in range(4):
        wide[:, shift : shift + mlp.d] = points
        np.testing.assert_array_equal(mlp(wide[:, shift : shift + mlp.d]), values)
    np.testing.assert_array_equal(mlp(points[::-1]), values[::-1])


@every_shape
def test_no_points(widths, n_samples):
    mlp = network(widths, n_samples)
    none = np.empty((0, mlp.d), np.float32)
    values, gradients = mlp.value_and_gradient(none)
    assert values.shape == mlp(none).shape == (0,)
    assert gradients.shape == (0, mlp.d)
    assert values.dtype == gradients.dtype == np.float32
    assert mlp.predict(none).shape == (0, n_samples, widths[-1])
    assert mlp.hidden(none).shape == (0, n_samples, widths[-2])
    assert [weights.shape for weights, _ in mlp.split(none)] == [(0, b, a) for a, b in pairwise(widths)]
    assert mlp.hessian_vector_product(np.zeros(mlp.d), np.empty((0, mlp.d))).shape == (0, mlp.d)


@every_activation
@every_biases
@every_shape
def test_outputs_and_hidden_units_are_those_of_plain_loops(widths, n_samples, activation, biases):
    mlp = network(widths, n_samples, activation, biases)
    points = parameters(mlp, 2)
    layers = [[naive_outputs(mlp, theta, sample) for sample in mlp.data[0]] for theta in points]
    outputs = [[found[-1] for found in samples] for samples in layers]
    np.testing.assert_allclose(mlp.predict(points), outputs, rtol=1e-11, atol=1e-12)
    hidden = (
        [[found[-2] for found in samples] for samples in layers] if len(widths) > 2 else [mlp.data[0]] * 2
    )
    np.testing.assert_allclose(mlp.hidden(points), hidden, rtol=1e-11, atol=1e-12)
    residuals = mlp.predict(points) - mlp.data[1]
    squares = (residuals**2).sum(axis=2).mean(axis=1) + mlp.l2 * (points**2).sum(axis=1)
    np.testing.assert_allclose(mlp(points), squares, rtol=1e-12)
    np.testing.assert_allclose(mlp.predict(points, mlp.data[0][2:3]), mlp.predict(points)[:, 2:3], rtol=1e-14)
    assert mlp.predict(points.astype(np.float32)).dtype == np.float32


def test_outputs_at_other_inputs():
    mlp = network((1, 2, 1), 5)
    points = parameters(mlp, 3000)
    x = np.linspace(-2, 2, 501)
    outputs = mlp.predict(points, x)
    assert outputs.shape == (3000, 501, 1)
    np.testing.assert_array_equal(outputs, mlp.predict(points, x[:, np.newaxis]))
    np.testing.assert_array_equal(outputs[5:7], mlp.predict(points[5:7], x))


@every_biases
def test_the_layout_of_parameters(biases):
    mlp = network((2, 3, 1), 4, biases=biases)
    weights = [f"W1[{o},{i}]" for o in range(3) for i in range(2)], [f"W2[0,{i}]" for i in range(3)]
    shifts = ([f"b1[{o}]" for o in range(3)], ["b2[0]"]) if biases == "free" else ([], [])
    assert list(mlp.coordinate_names) == weights[0] + shifts[0] + weights[1] + shifts[1]
    point = np.arange(mlp.d, dtype=np.float32)
    (first, first_biases), (second, second_biases) = mlp.split(point[np.newaxis])
    assert first.dtype == second.dtype == np.float32
    np.testing.assert_array_equal(first, [[[0, 1], [2, 3], [4, 5]]])
    if biases == "free":
        np.testing.assert_array_equal(first_biases, [[6, 7, 8]])
        np.testing.assert_array_equal(second, [[[9, 10, 11]]])
        np.testing.assert_array_equal(second_biases, [[12]])
    else:
        np.testing.assert_array_equal(second, [[[6, 7, 8]]])
        assert second_biases is None
    if biases == "fixed":
        np.testing.assert_array_equal(first_biases, [mlp.fixed_biases.astype(np.float32)])
    if biases == "none":
        assert first_biases is None


def test_networks_are_large_from_some_number_of_samples_on():
    small, large = (network((2, 4, 1), n, seed=3) for n in (5000, 7000))
    assert small.d * 5000 < 100_000 <= large.d * 7000
    for mlp in (small, large):
        points = parameters(mlp, 3)
        twice = MLP((2, 4, 1), data=tuple(np.concatenate((a, a)) for a in mlp.data), l2=0.01)
        for one, other in zip(mlp.value_and_gradient(points), twice.value_and_gradient(points), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)
        np.testing.assert_allclose(
            mlp.hessian_vector_product(points[0], points[1]),
            twice.hessian_vector_product(points[0], points[1]),
            rtol=1e-10,
        )


def test_many_samples_are_taken_piece_by_piece():
    mlp = network((1, 3, 1), 100_000, "tanh")
    points = parameters(mlp, 2)
    residuals = mlp.predict(points) - mlp.data[1]
    squares = (residuals**2).mean(axis=(1, 2)) + mlp.l2 * (points**2).sum(axis=1)
    np.testing.assert_allclose(mlp(points), squares, rtol=1e-12)


@every_activation
def test_overflow_is_no_loss_and_no_warning(activation):
    mlp = network((1, 2, 2, 1), 9, activation)
    points = np.zeros((3, mlp.d))
    points[0] = 1e300
    points[1] = -1e300
    points[2] = np.nan
    values, gradients = mlp.value_and_gradient(points)
    assert not np.isfinite(values).any()
    assert np.isnan(values[2])
    assert gradients.shape == (3, mlp.d)
    np.testing.assert_array_equal(mlp(points), values)
    big = network((1, 2, 1), 9, activation, l2=0.0)
    assert np.isfinite(big(np.full((1, big.d), 800.0))).all()
    if activation in ("tanh", "sigmoid"):
        assert np.isfinite(big.value_and_gradient(np.full((2, big.d), -1e100))[0]).all()


def test_integers_and_half_precision():
    mlp = network((1, 2, 1), 9)
    whole = np.arange(-7, 7).reshape(2, 7)
    np.testing.assert_array_equal(mlp(whole), mlp(whole.astype(float)))
    assert mlp(whole).dtype == np.float64
    assert mlp(whole.astype(np.float16)).dtype == np.float32
    assert mlp(whole.tolist()).dtype == np.float64


def test_the_corner_of_relu_is_flat():
    mlp = MLP((1, 1, 1), biases="none", data=([[1.0]], [[2.0]]))
    values, gradients = mlp.value_and_gradient([[0.0, 3.0]])
    np.testing.assert_array_equal(values, [4.0])
    np.testing.assert_array_equal(gradients, [[0.0, 0.0]])


def test_a_network_by_hand():
    # 2 tanh(3 x) - 1 at x = 1: residual 2 tanh 3 - 1 - 5.
    mlp = MLP((1, 1, 1), "tanh", data=([1.0], [5.0]), l2=0.5)
    loss = (2 * math.tanh(3) - 6) ** 2 + 0.5 * (9 + 4 + 1)
    np.testing.assert_allclose(mlp([[3.0, 0.0, 2.0, -1.0]]), [loss], rtol=1e-15)
    assert mlp.coordinate_names == ("W1[0,0]", "b1[0]", "W2[0,0]", "b2[0]")


def test_pickles_and_read_only_arrays():
    mlp = network((2, 3, 1), 20, biases="fixed", bounds=[(-1, 1)] * 9)
    copy = pickle.loads(pickle.dumps(mlp))
    points = parameters(mlp, 5)
    np.testing.assert_array_equal(copy(points), mlp(points))
    assert repr(copy) == repr(mlp)
    for surface in (mlp, copy):
        for array in (surface.bounds, *surface.data, surface.fixed_biases, surface.layers[0].fixed_biases):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1


def test_the_data_are_copied():
    x, y = np.zeros((3, 1)), np.ones(3)
    mlp = MLP((1, 1), data=(x, y))
    before = mlp([[1.0, 0.0]])
    x += 1
    y += 1
    np.testing.assert_array_equal(mlp([[1.0, 0.0]]), before)
    assert mlp.data[1].shape == (3, 1)


def test_repr_and_names():
    mlp = network((1, 2, 2, 2, 1), 101, biases="fixed", l2=1e-3)
    assert repr(mlp) == "MLP(1-2-2-2-1, relu, 12 parameters, biases fixed, l2=0.001, 101 samples)"
    assert repr(network((3, 1), 1, l2=0)).endswith("l2=0, 1 sample)")
    assert mlp.name == "MLP 1-2-2-2-1"
    assert (mlp.widths, mlp.activation, mlp.biases, mlp.l2, mlp.d) == (
        (1, 2, 2, 2, 1),
        "relu",
        "fixed",
        1e-3,
        12,
    )
    assert mlp.bounds is None


def test_a_landscape_of_a_network():
    x = np.linspace(-1, 1, 9)
    mlp = MLP((1, 1, 1), "tanh", data=(x, np.tanh(2 * x)), biases="none", l2=1e-4, bounds=[(-4, 4)] * 2)
    land = mb.landscape(mlp, n_samples=10_000)
    assert land.name == "MLP 1-1-1"
    # The sign may be moved from one weight to the other: two minima of one value.
    assert len(land.barcode.significant()) == 2
    lowest = land.minimum_points[:2]
    np.testing.assert_allclose(np.abs(lowest), [[2.0, 1.0]] * 2, atol=0.2)
    assert lowest[0, 0] * lowest[1, 0] < 0
    with pytest.raises(ValueError, match="objective without bounds of its own"):
        mb.landscape(MLP((1, 1), data=(x, x)))
    assert mb.landscape(MLP((1, 1), data=(x, x)), [(-2, 2)] * 2, n_samples=500).d == 2


class Quartic(LossSurface):
    """Sum of t^4 / 12, whose Hessian matrix is diagonal, with t^2 on it."""

    def _values(self, rows):
        return (rows**4).sum(axis=1) / 12

    def _values_and_gradients(self, rows):
        return self._values(rows), rows**3 / 3


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-9), (np.float32, 2e-4)])
def test_products_by_differences_of_gradients(dtype, tolerance):
    surface = Quartic("quartic", 3)
    point = np.array([1.0, -2.0, 0.5], dtype)
    vectors = np.array([[1.0, 0.0, 0.0], [1e-6, 2e-6, 3e-6], [1e6, -1e6, 0.0], [0.0, 0.0, 0.0]])
    products = surface.hessian_vector_product(point, vectors)
    assert products.dtype == dtype
    expected = vectors * point.astype(float) ** 2
    scale = np.abs(expected).max(axis=1, keepdims=True) + (vectors == 0).all(axis=1, keepdims=True)
    assert np.abs((products - expected) / scale).max() < tolerance
    np.testing.assert_array_equal(products[3], 0)
    far = surface.hessian_vector_product(point * dtype(1e3), vectors[0])
    np.testing.assert_allclose(far, [1e6, 0, 0], rtol=10 * tolerance, atol=1e-3)


def test_surfaces_name_their_coordinates():
    assert Quartic("quartic", 3).coordinate_names == ("x0", "x1", "x2")
    assert Quartic("quartic", 2, ["a", "b"], [(0, 1), (0, 2)]).bounds.tolist() == [[0, 1], [0, 2]]
    with pytest.raises(ValueError, match="coordinate_names: got 1, expected 2"):
        Quartic("quartic", 2, ["a"])
    with pytest.raises(ValueError, match="d: expected an integer of at least 1, got 0"):
        Quartic("quartic", 0)
    with pytest.raises(TypeError, match="abstract"):
        LossSurface("nothing", 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"widths": (1,)}, r"widths: expected two positive integers or more, got \(1,\)"),
        ({"widths": 3}, "widths: expected two positive integers or more, got 3"),
        ({"widths": (1, 0, 1)}, "widths: expected an integer of at least 1, got 0"),
        ({"widths": (1, 2.5, 1)}, "widths: expected an integer of at least 1, got 2.5"),
        ({"activation": "gelu"}, "activation: expected one of 'relu', .*, got 'gelu'"),
        ({"biases": "some"}, "biases: expected one of 'free', 'fixed', 'none', got 'some'"),
        ({"biases": "fixed"}, r"fixed_biases: got None with biases='fixed', expected shape \(2,\)"),
        ({"biases": "fixed", "fixed_biases": [1.0]}, r"fixed_biases: got shape \(1,\), expected \(2,\)"),
        ({"biases": "fixed", "fixed_biases": "ab"}, "fixed_biases: expected 2 real numbers, got 'ab'"),
        ({"activation": ["relu"]}, r"activation: expected one of 'relu', .*, got \['relu'\]"),
        ({"biases": "fixed", "fixed_biases": [1.0, np.nan]}, "fixed_biases: got numbers that are not finite"),
        ({"fixed_biases": [1.0, 2.0]}, "fixed_biases: got numbers with biases='free', expected None"),
        ({"l2": -1.0}, "l2: expected a finite number of at least 0, got -1.0"),
        ({"l2": np.nan}, "l2: expected a finite number"),
        ({"l2": [1.0]}, "l2: expected a finite number"),
        ({"l2": "much"}, "l2: expected a finite number of at least 0, got 'much'"),
        ({"data": np.zeros(3)}, r"data: expected a pair \(x, y\)"),
        ({"data": (np.zeros((3, 2)), np.zeros(3))}, r"data: x: got shape \(3, 2\), expected \(N, 1\)"),
        ({"data": (np.zeros(3), np.zeros((3, 2)))}, r"data: y: got shape \(3, 2\), expected \(N, 1\)"),
        ({"data": (np.zeros(3), np.zeros(4))}, "data: got 3 inputs and 4 targets, expected as many"),
        ({"data": ([], [])}, "data: got no samples, expected at least one"),
        ({"data": (["a"], [1.0])}, "data: x: got dtype <U1, expected real numbers"),
        ({"data": ([np.inf], [1.0])}, "data: x: got numbers that are not finite"),
        ({"bounds": [(0, 1)]}, r"bounds: got shape \(1, 2\), expected \(7, 2\)"),
        ({"bounds": [(1, 0)] * 7}, "bounds: expected finite lo < hi in row 0"),
    ],
)
def test_bad_arguments(arguments, message):
    good = {"widths": (1, 2, 1), "data": (np.zeros(3), np.zeros(3))}
    with pytest.raises(ValueError, match=message):
        MLP(**(good | arguments))


def test_one_is_singular():
    mlp = MLP((1, 1), data=([1.0], [2.0]), biases="none")
    assert repr(mlp) == "MLP(1-1, relu, 1 parameter, biases none, l2=0, 1 sample)"


def test_bad_points():
    mlp = network((1, 2, 1), 3)
    for call in (mlp, mlp.value_and_gradient, mlp.predict, mlp.hidden, mlp.split):
        with pytest.raises(ValueError, match=r"points: got shape \(7,\), expected \(n, 7\)"):
            call(np.zeros(7))
        with pytest.raises(ValueError, match="points: got dtype complex128, expected float32"):
            call(np.zeros((1, 7), complex))
        with pytest.raises(ValueError, match="points: got a masked array, expected a plain one"):
            call(np.ma.zeros((1, 7)))
    for at, vectors, name in (
        (np.ma.zeros(7), np.zeros(7), "point"),
        (np.zeros(7), np.ma.zeros(7), "vectors"),
    ):
        with pytest.raises(ValueError, match=f"{name}: got a masked array"):
            mlp.hessian_vector_product(at, vectors)
    with pytest.raises(ValueError, match=r"point: got shape \(1, 7\), expected \(7,\)"):
        mlp.hessian_vector_product(np.zeros((1, 7)), np.zeros(7))
    with pytest.raises(ValueError, match=r"vectors: got shape \(6,\), expected \(7,\) or \(m, 7\)"):
        mlp.hessian_vector_product(np.zeros(7), np.zeros(6))
    with pytest.raises(ValueError, match="vectors: got dtype"):
        mlp.hessian_vector_product(np.zeros(7), np.zeros(7, complex))
    with pytest.raises(ValueError, match=r"x: got shape \(3, 2\), expected \(N, 1\)"):
        mlp.predict(np.zeros((1, 7)), np.zeros((3, 2)))


def torch_loss(mlp, dtype):
    """The loss as torch would have it: Linear layers, filled from the parameter vector in their own order."""
    import torch

    nn = torch.nn
    # Above its threshold torch takes softplus for linear.
    kinds = {
        "relu": nn.ReLU(),
        "tanh": nn.Tanh(),
        "sigmoid": nn.Sigmoid(),
        "softplus": nn.Softplus(threshold=40),
        "identity": nn.Identity(),
    }
    modules = []
    for layer in mlp.layers:
        has_biases = layer.biases is not None or layer.fixed_biases is not None
        modules.append(nn.Linear(layer.n_inputs, layer.n_outputs, bias=has_biases, dtype=dtype))
        modules.append(kinds[mlp.activation])
    model = nn.Sequential(*modules[:-1])
    for module, layer in zip(modules[::2], mlp.layers, strict=True):
        if layer.fixed_biases is not None:
            module.bias.data = torch.tensor(layer.fixed_biases, dtype=dtype)
            module.bias.requires_grad = False
    free = [parameter for parameter in model.parameters() if parameter.requires_grad]
    x, y = (torch.tensor(array, dtype=dtype) for array in mlp.data)

    def loss(theta):
        nn.utils.vector_to_parameters(torch.tensor(theta, dtype=dtype), free)
        model.zero_grad()
        total = ((model(x) - y) ** 2).sum(dim=1).mean() + mlp.l2 * sum((p**2).sum() for p in free)
        total.backward()
        return total.item(), torch.cat([p.grad.ravel() for p in free]).numpy()

    return loss


@pytest.mark.torch
@every_activation
@every_biases
@every_shape
def test_torch_agrees(widths, n_samples, activation, biases):
    import torch

    mlp = network(widths, n_samples, activation, biases)
    points = parameters(mlp, 3)
    for dtype, theirs, rtol in ((np.float64, torch.float64, 1e-12), (np.float32, torch.float32, 1e-5)):
        values, gradients = mlp.value_and_gradient(points.astype(dtype))
        expected = [torch_loss(mlp, theirs)(theta) for theta in points.astype(dtype)]
        np.testing.assert_allclose(values, [value for value, _ in expected], rtol=rtol)
        expected_gradients = np.array([gradient for _, gradient in expected])
        error = np.abs(gradients - expected_gradients).max()
        assert error <= 10 * rtol * np.abs(expected_gradients).max()


@pytest.mark.jax
@pytest.mark.parametrize(
    ("shape", "activation", "biases"),
    [(3, activation, "free") for activation in ACTIVATIONS]
    + [(3, "relu", "fixed"), (3, "relu", "none"), (5, "tanh", "fixed")],
)
def test_jitted_networks_are_the_same(shape, activation, biases):
    mlp = network(*SHAPES[shape], activation, biases)
    jitted = mlp.jitted()
    assert (jitted.name, jitted.d, jitted.coordinate_names) == (mlp.name, mlp.d, mlp.coordinate_names)
    points = parameters(mlp, 50)
    values, gradients = mlp.value_and_gradient(points)
    found, found_gradients = jitted.value_and_gradient(points)
    assert found.dtype == found_gradients.dtype == np.float64
    np.testing.assert_allclose(found, values, rtol=1e-12)
    assert np.abs(found_gradients - gradients).max() <= 1e-11 * np.abs(gradients).max()
    single = jitted(points.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, values, rtol=1e-5)
    products = jitted.hessian_vector_product(points[0], points[1:3])
    expected = mlp.hessian_vector_product(points[0], points[1:3])
    np.testing.assert_allclose(products, expected, rtol=0, atol=1e-11 * np.abs(expected).max())


@pytest.mark.jax
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_point_of_a_jitted_network_does_not_depend_on_its_batch(dtype):
    jitted = network((1, 2, 2, 2, 1), 101).jitted()
    points = parameters(jitted, 1500, dtype=dtype)
    values, gradients = jitted.value_and_gradient(points)
    np.testing.assert_array_equal(jitted(points[3:700]), jitted(points)[3:700])
    for part in (slice(0, 1), slice(3, 10), slice(None, None, 7), slice(1400, None)):
        part_values, part_gradients = jitted.value_and_gradient(points[part])
        np.testing.assert_array_equal(part_values, values[part])
        np.testing.assert_array_equal(part_gradients, gradients[part])
    assert jitted(points[:0]).shape == (0,)
    assert jitted.value_and_gradient(points[:0])[1].shape == (0, jitted.d)


@pytest.mark.jax
def test_jitted_networks_in_use():
    import jax

    mlp = network((1, 1, 1), 9, "tanh", bounds=[(-3, 3)] * 4)
    jitted = mlp.jitted()
    copy = pickle.loads(pickle.dumps(jitted))
    points = parameters(mlp, 5)
    np.testing.assert_array_equal(copy(points), jitted(points))
    assert repr(copy) == f"{mlp!r}.jitted()"
    # The caller's own setting stays what it is.
    assert jax.numpy.ones(1).dtype == np.float32
    bars, expected = (mb.landscape(surface, n_samples=5000).barcode.diagram for surface in (jitted, mlp))
    np.testing.assert_allclose(bars, expected, rtol=1e-9)
    with pytest.raises(ValueError, match=r"points: got shape \(4,\), expected \(n, 4\)"):
        jitted(np.zeros(4))


def test_a_jitted_network_without_jax(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"jax is needed here: pip install 'morsebar\[jax\]'"):
        network((1, 1), 2).jitted()
