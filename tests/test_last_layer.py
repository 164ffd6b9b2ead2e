"""Losses with the last layer minimised out: against dense solvers, exact fractions and known barcodes."""

import pickle
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import lsq_linear

import morsebar as mb
from morsebar.networks import MLP, LastLayerMinimum, loss_plane, minimise_last_layer

ACTIVATIONS = ("relu", "tanh", "sigmoid", "softplus", "identity")
BIASES = ("free", "fixed", "none")
SHAPES = (((1, 1, 1), 1), ((1, 2, 1), 7), ((2, 3, 4, 2), 33), ((1, 2, 2, 2, 1), 101), ((3, 5, 16, 3), 40))
BOXED_SHAPES = (*SHAPES[:-1], ((3, 5, 6, 2), 40))

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS)
every_biases = pytest.mark.parametrize("biases", BIASES)
every_shape = pytest.mark.parametrize(("widths", "n_samples"), SHAPES)
every_boxed_shape = pytest.mark.parametrize(("widths", "n_samples"), BOXED_SHAPES)


def network(widths, n_samples, activation="relu", biases="free", l2=0.01, seed=0, **others):
    rng = np.random.default_rng(seed)
    data = rng.normal(size=(n_samples, widths[0])), rng.normal(size=(n_samples, widths[-1]))
    fixed = rng.uniform(-1, 1, sum(widths[1:-1])) if biases == "fixed" else None
    return MLP(widths, activation, data=data, biases=biases, fixed_biases=fixed, l2=l2, **others)


def weights(h, n, seed=1, scale=1.0):
    return scale * np.random.default_rng(seed).normal(size=(n, h.d))


def dense(mlp, w, solve=lambda a, y, output: np.linalg.lstsq(a, y)[0]):
    """Value and last layer for one row of hidden weights, by a solver for a regression with more rows."""
    x, y = mlp.data
    theta = np.concatenate((w, np.zeros(mlp.d - len(w))))
    units = mlp.hidden(theta[np.newaxis])[0]
    if mlp.biases == "free":
        units = np.column_stack((units, np.ones(len(x))))
    m = units.shape[1]
    a = np.vstack((units, np.sqrt(len(x) * mlp.l2) * np.eye(m)))
    columns = [solve(a, np.concatenate((target, np.zeros(m))), o) for o, target in enumerate(y.T)]
    v = np.array(columns)
    loss = np.mean(((units @ v.T - y) ** 2).sum(axis=1)) + mlp.l2 * ((w**2).sum() + (v**2).sum())
    width = mlp.widths[-2]
    return loss, np.concatenate((v[:, :width].ravel(), v[:, width:].ravel()))


@every_activation
@every_biases
@every_shape
def test_a_dense_solver_finds_the_same(widths, n_samples, activation, biases):
    mlp = network(widths, n_samples, activation, biases)
    h = minimise_last_layer(mlp)
    points = weights(h, 20)
    expected = [dense(mlp, w) for w in points]
    np.testing.assert_allclose(h(points), [value for value, _ in expected], rtol=1e-12)
    lifted = h.lift(points)
    np.testing.assert_array_equal(lifted[:, : h.d], points)
    np.testing.assert_allclose(lifted[:, h.d :], [last for _, last in expected], rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(mlp(lifted), h(points), rtol=1e-12)


@every_activation
@every_biases
@every_shape
def test_nothing_is_lower(widths, n_samples, activation, biases):
    mlp = network(widths, n_samples, activation, biases)
    h = minimise_last_layer(mlp)
    points = weights(h, 5)
    values, lifted = h(points), h.lift(points)
    rng = np.random.default_rng(2)
    for size in (1e-3, 1e-1, 1, 10):
        other = lifted.copy()
        other[:, h.d :] += size * rng.normal(size=(5, mlp.d - h.d))
        assert (mlp(other) > values).all()
    # The loss has no slope in the last layer there.
    gradients = mlp.value_and_gradient(lifted)[1]
    assert np.abs(gradients[:, h.d :]).max() < 1e-11 * (1 + np.abs(gradients).max())


@every_activation
@every_biases
@every_boxed_shape
@pytest.mark.parametrize("boxed", [False, True])
def test_gradients_are_the_limit_of_differences(widths, n_samples, activation, biases, boxed):
    mlp = network(widths, n_samples, activation, biases)
    n_last = mlp.layers[-1].n_outputs * (mlp.layers[-1].n_inputs + (biases == "free"))
    h = minimise_last_layer(mlp, box=[(-0.1, 0.3)] * n_last if boxed else None)
    points = weights(h, 3)
    values, gradients = h.value_and_gradient(points)
    np.testing.assert_array_equal(values, h(points))
    step = 1e-5
    for axis in np.random.default_rng(2).permutation(h.d)[:6]:
        e = step * np.eye(h.d)[axis]
        one, two = (h(points + t * e) - h(points - t * e) for t in (1, 2))
        expected = (8 * one - two) / (12 * step)
        # A unit of relu may switch within the steps, or a bound begin to hold.
        loose = activation == "relu" or boxed
        np.testing.assert_allclose(gradients[:, axis], expected, rtol=1e-5, atol=1e-5 if loose else 1e-9)


def test_products_with_the_hessian():
    h = minimise_last_layer(network((1, 2, 2, 1), 15, "tanh"))
    point, vector = weights(h, 2)
    step = 1e-5
    ends = h.value_and_gradient(np.array([point + step * vector, point - step * vector]))[1]
    product = h.hessian_vector_product(point, vector)
    np.testing.assert_allclose(product, (ends[0] - ends[1]) / (2 * step), rtol=1e-5, atol=1e-7)


def exact(mlp, w):
    """Value for one row of hidden weights of a network 1-m-1 of relu without biases, in exact arithmetic."""
    x, y, l2 = (
        [Fraction(t) for t in mlp.data[0][:, 0]],
        [Fraction(t) for t in mlp.data[1][:, 0]],
        Fraction(mlp.l2),
    )
    n, m = len(x), len(w)
    units = [[max(Fraction(a) * t, Fraction(0)) for t in x] for a in w]
    rows = [[sum(p * q for p, q in zip(a, b, strict=True)) for b in [*units, y]] for a in units]
    for i in range(m):
        rows[i][i] += n * l2
    for i in range(m):
        rows[i] = [entry / rows[i][i] for entry in rows[i]]
        for k in range(m):
            if k != i:
                rows[k] = [p - rows[k][i] * q for p, q in zip(rows[k], rows[i], strict=True)]
    v = [row[m] for row in rows]
    residuals = [sum(c * u[s] for c, u in zip(v, units, strict=True)) - y[s] for s in range(n)]
    loss = (
        sum(r * r for r in residuals) / n + l2 * sum(c * c for c in v) + l2 * sum(Fraction(a) ** 2 for a in w)
    )
    return float(loss), [float(c) for c in v]


@pytest.mark.parametrize("l2", [1e-2, 1e-8, 1e-10, 1e-14])
@pytest.mark.parametrize(
    "w",
    [
        (1.0, 2.0, -1.0),  # two units of one shape
        (1.0, 1.0, 1.0),  # the same unit three times
        (1.0, 1.0 + 1e-13, -3.0),
        (0.0, 0.0, 0.0),  # no unit does anything
        (0.0, -1e-9, 1e-9),
        (1e8, 2e8, -1e7),
        (1e5, 1e-5, -1.0),
        (2.0, -2.0, 0.0),
    ],
)
def test_degenerate_hidden_units(w, l2):
    rng = np.random.default_rng(3)
    mlp = MLP((1, 3, 1), data=(rng.normal(size=9), rng.normal(size=9)), biases="none", l2=l2)
    h = minimise_last_layer(mlp)
    value, last = exact(mlp, w)
    np.testing.assert_allclose(h([w]), [value], rtol=1e-13)
    # The last layer is as certain as rounding of the hidden units leaves it; the value does not feel that.
    condition = 1 + np.abs(w).max() / np.sqrt(l2)
    np.testing.assert_allclose(
        h.lift([w])[0, 3:], last, rtol=0, atol=1e-15 * (condition**2 + np.abs(last).max())
    )
    np.testing.assert_allclose(mlp(h.lift([w])), [value], rtol=1e-12)


def test_dead_units_get_no_weight():
    mlp = MLP((1, 2, 1), data=([1.0, 2.0, 3.0], [1.0, 0.0, 2.0]), biases="none", l2=1e-3)
    h = minimise_last_layer(mlp)
    lifted = h.lift([[-1.0, 1.0], [-1.0, -2.0]])
    assert lifted[0, 2] == 0 != lifted[0, 3]
    np.testing.assert_array_equal(lifted[1, 2:], 0)
    np.testing.assert_allclose(h([[-1.0, -2.0]]), [5 / 3 + 5e-3], rtol=1e-15)


@every_boxed_shape
@pytest.mark.parametrize("boxed", [False, True])
def test_a_point_does_not_depend_on_its_batch(widths, n_samples, boxed):
    mlp = network(widths, n_samples, bounds=None)
    h = minimise_last_layer(mlp)
    if boxed:
        h = minimise_last_layer(mlp, box=[(-0.2, 0.3)] * (mlp.d - h.d))
    points = weights(h, 2000 if n_samples < 40 else 300)
    values, gradients = h.value_and_gradient(points)
    np.testing.assert_array_equal(h(points), values)
    for part in (slice(0, 1), slice(3, 10), slice(None, None, 7), slice(-2, None)):
        np.testing.assert_array_equal(h(points[part]), values[part])
        np.testing.assert_array_equal(h.value_and_gradient(points[part])[1], gradients[part])
        np.testing.assert_array_equal(h.lift(points[part]), h.lift(points)[part])
    np.testing.assert_array_equal(h(np.asfortranarray(points)), values)


@pytest.mark.parametrize("boxed", [False, True])
def test_single_precision_is_that_of_double_rounded(boxed):
    mlp = network((1, 3, 1), 9, biases="none")
    h = minimise_last_layer(mlp, box=[(-0.1, 0.1)] * 3 if boxed else None)
    points = weights(h, 50).astype(np.float32)
    values, gradients = h.value_and_gradient(points.astype(float))
    found = h.value_and_gradient(points)
    assert found[0].dtype == found[1].dtype == h.lift(points).dtype == np.float32
    np.testing.assert_array_equal(found[0], values.astype(np.float32))
    np.testing.assert_array_equal(found[1], gradients.astype(np.float32))
    np.testing.assert_array_equal(h.lift(points), h.lift(points.astype(float)).astype(np.float32))


def test_no_points_and_numbers_too_large():
    mlp = network((1, 2, 1), 9)
    h = minimise_last_layer(mlp, box=[(-1, 1)] * 3)
    none = np.empty((0, h.d), np.float32)
    assert h(none).shape == (0,)
    assert h.lift(none).shape == (0, mlp.d)
    assert h.value_and_gradient(none)[1].shape == (0, h.d)
    assert not np.isfinite(h([[1e300] * 4, [np.nan] * 4])).any()
    assert np.isfinite(h([[1e100] * 4])).all()


def boxed_solver(lower, upper):
    def solve(a, y, output):
        m = a.shape[1]
        ends = lower[output * m : output * m + m], upper[output * m : output * m + m]
        return lsq_linear(a, y, ends, method="bvls", tol=1e-15).x

    return solve


@every_biases
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@every_boxed_shape
def test_minima_in_a_box_are_those_of_scipy(widths, n_samples, activation, biases):
    mlp = network(widths, n_samples, activation, biases, l2=1e-4)
    d = mlp.layers[-1].weights.start
    rng, bound = np.random.default_rng(5), False
    # Boxes that hold most of the free minimum, some of it, or none; zero is an end of one.
    for low, high in ((0.6, 0.6), (0.1, 0.1), (-0.2, 0.5), (0.0, 0.4)):
        lower = -low * rng.uniform(0.5, 1, mlp.d - d)
        upper = high * rng.uniform(0.5, 1, mlp.d - d)
        h = minimise_last_layer(mlp, box=np.column_stack((lower, upper)))
        points = weights(h, 12, seed=6)
        free = minimise_last_layer(mlp).lift(points)[:, d:]
        lifted = h.lift(points)
        assert ((lifted[:, d:] >= lower) & (lifted[:, d:] <= upper)).all()
        bound |= ((free < lower) | (free > upper)).any()
        # Of each output first its weights and then its bias.
        outputs, width = mlp.widths[-1], mlp.widths[-2]
        order = np.arange(outputs * width).reshape(outputs, width)
        if biases == "free":
            order = np.column_stack((order, outputs * width + np.arange(outputs)))
        solve = boxed_solver(lower[order.ravel()], upper[order.ravel()])
        expected = [dense(mlp, w, solve) for w in points]
        np.testing.assert_allclose(h(points), [value for value, _ in expected], rtol=1e-10)
        np.testing.assert_allclose(lifted[:, d:], [last for _, last in expected], rtol=1e-7, atol=1e-7)
        np.testing.assert_allclose(mlp(lifted), h(points), rtol=1e-12)
    assert bound


@pytest.mark.parametrize("l2", [1e-2, 1e-6, 1e-10])
@pytest.mark.parametrize("integers", [False, True])
def test_the_minimum_in_a_box_has_multipliers_of_the_right_sign(l2, integers):
    # Equal, proportional and dead units, and targets that put minima on corners exactly.
    rng = np.random.default_rng(7)
    x, y = (rng.integers(-3, 4, 12).astype(float) for _ in range(2))
    mlp = MLP((1, 5, 1), data=(x, y), biases="none", l2=l2)
    for box in ([(-1, 1)] * 5, [(0, 1)] * 5, [(1, 2)] * 5, [(-2, 0), (0, 2), (-1, 1), (0, 3), (-3, 0)]):
        h = minimise_last_layer(mlp, box=box)
        points = rng.integers(-2, 3, (400, 5)).astype(float) if integers else rng.normal(size=(400, 5))
        lifted = h.lift(points)
        slopes = mlp.value_and_gradient(lifted)[1][:, 5:]
        lower, upper = h.box.T
        last = lifted[:, 5:]
        assert ((last >= lower) & (last <= upper)).all()
        tolerance = 1e-11 * (1 + np.abs(points).max() ** 2)
        assert (slopes[last > lower] < tolerance).all()
        assert (slopes[last < upper] > -tolerance).all()
        assert (h(points) >= minimise_last_layer(mlp)(points) * (1 - 1e-14)).all()


def test_a_wide_box_changes_nothing():
    mlp = network((2, 3, 2), 20)
    free = minimise_last_layer(mlp)
    boxed = minimise_last_layer(mlp, box=[(-1e3, 1e3)] * (mlp.d - free.d))
    points = weights(free, 100)
    np.testing.assert_array_equal(boxed(points), free(points))
    np.testing.assert_array_equal(boxed.lift(points), free.lift(points))


# One unit, one sample: f = (v w - c)^2 + l2 (w^2 + v^2), so h = l2 w^2 + c^2 l2 / (w^2 + l2). Both have two
# minima of value l2 (2 c - l2), at w^2 = c - l2, and between them a pass at w = 0 of height c^2.
C, L2 = 1.5, 0.05
BARS = [[L2 * (2 * C - L2), np.inf], [L2 * (2 * C - L2), C**2]]


def test_barcodes_of_a_network_in_closed_form():
    mlp = MLP((1, 1, 1), "identity", data=([1.0], [C]), biases="none", l2=L2, bounds=[(-2.5, 2.5)] * 2)
    h = minimise_last_layer(mlp)
    assert h.bounds.tolist() == [[-2.5, 2.5]]
    land = mb.landscape(h, sampler="grid", n_samples=10_001)
    np.testing.assert_allclose(land.barcode.diagram, BARS, atol=1e-7)
    full = mb.landscape(mlp, sampler="grid", n_samples=1001**2)
    np.testing.assert_allclose(full.barcode.significant().diagram, BARS, atol=1e-3)
    np.testing.assert_allclose(np.abs(h.lift(land.minimum_points)), np.sqrt(C - L2), atol=1e-3)


def test_barcodes_on_a_box_are_those_of_the_minimum_in_the_box():
    # A box that cuts the minima off: v is at most 1/2, and w may grow instead.
    box = [(-4.0, 4.0), (-0.5, 0.5)]
    mlp = MLP((1, 1, 1), "identity", data=([1.0], [C]), biases="none", l2=L2, bounds=box)
    h = minimise_last_layer(mlp, box=box[1:])
    lowest = mb.landscape(h, sampler="grid", n_samples=10_001).barcode.significant().diagram
    full = mb.landscape(mlp, sampler="grid", n_samples=1001**2).barcode.significant().diagram
    # At v = 1/2 a quadratic in w: (w / 2 - c)^2 + l2 (w^2 + 1/4), least C^2 l2 / (l2 + 1/4) + l2 / 4.
    birth = C**2 * L2 / (L2 + 0.25) + L2 / 4
    np.testing.assert_allclose(lowest, [[birth, np.inf], [birth, C**2]], atol=1e-6)
    np.testing.assert_allclose(full, lowest, atol=1e-3)
    free = mb.landscape(minimise_last_layer(mlp), sampler="grid", n_samples=10_001).barcode.significant()
    assert lowest[0, 0] > free.births[0] + 0.1


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_barcodes_of_a_network_on_fine_grids(activation):
    rng = np.random.default_rng(4)
    x = np.linspace(-2, 2, 15)
    mlp = MLP(
        (1, 1, 1),
        activation,
        data=(x, np.sin(3 * x) + 0.3 * rng.normal(size=15)),
        biases="fixed",
        fixed_biases=[0.7],
        l2=1e-3,
        bounds=[(-6, 6), (-4, 4)],
    )
    h = minimise_last_layer(mlp)
    last = h.lift(np.linspace(-6, 6, 1001)[:, np.newaxis])[:, 1]
    assert np.abs(last).max() < 4
    reduced = mb.landscape(h, sampler="grid", n_samples=10_001).barcode
    shape = (1201, 1201)
    points = np.stack(np.meshgrid(*(np.linspace(*ends, 1201) for ends in mlp.bounds), indexing="ij"), axis=-1)
    full = mb.merge_tree(mlp(points.reshape(-1, 2)), mb.Grid(shape, "freudenthal")).barcode(0.001)
    assert len(full) >= 2
    assert full.distance(reduced) < 1e-3


def test_names_pickles_and_repr():
    mlp = network((1, 2, 2, 1), 9, bounds=[(-1, 1)] * 12 + [(-2, 2)] * 1)
    h = minimise_last_layer(mlp)
    assert isinstance(h, LastLayerMinimum)
    assert h.coordinate_names == mlp.coordinate_names[:10]
    assert h.coordinate_names[-1] == "b2[1]"
    np.testing.assert_array_equal(h.bounds, mlp.bounds[:10])
    assert minimise_last_layer(mlp, bounds=[(0, 1)] * 10).bounds.tolist() == [[0, 1]] * 10
    assert minimise_last_layer(network((1, 2, 1), 3)).bounds is None
    assert h.name == "MLP 1-2-2-1, last layer minimised"
    assert h.shapes == ((2, 1), (2,), (2, 2), (2,))
    plane = loss_plane(h, np.ones(10), directions="random", bounds=[(-1, 1)] * 2)
    np.testing.assert_allclose(plane([[0.0, 0.0]]), h(np.ones((1, 10))))
    assert repr(h) == f"LastLayerMinimum({mlp!r}, 10 of its parameters)"
    boxed = minimise_last_layer(mlp, box=[(0, 1)] * 3)
    assert repr(boxed).endswith("10 of its parameters, last layer in a box)")
    points = weights(h, 20)
    for surface in (h, boxed):
        copy = pickle.loads(pickle.dumps(surface))
        np.testing.assert_array_equal(copy(points), surface(points))
    for array in (boxed.box, pickle.loads(pickle.dumps(boxed)).box):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: minimise_last_layer(network((1, 2, 1), 3, l2=0)), "mlp: got l2=0, expected l2 > 0"),
        (lambda: minimise_last_layer(network((2, 1), 3)), r"mlp: got MLP\(2-1, .*\), expected hidden layers"),
        (lambda: minimise_last_layer(len), "mlp: got builtin_function_or_method, expected an MLP"),
        (
            lambda: minimise_last_layer(network((1, 2, 1), 3), bounds=[(0, 1)]),
            r"bounds: got shape \(1, 2\), expected \(4, 2\)",
        ),
        (
            lambda: minimise_last_layer(network((1, 2, 1), 3), box=[(0, 1)]),
            r"box: got shape \(1, 2\), expected \(3, 2\)",
        ),
        (
            lambda: minimise_last_layer(network((1, 2, 1), 3), box=[(1, 1)] * 3),
            "box: expected finite lo < hi in row 0",
        ),
        (
            lambda: minimise_last_layer(network((1, 2, 1), 3)).lift(np.zeros(4)),
            r"points: got shape \(4,\), expected \(n, 4\)",
        ),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
