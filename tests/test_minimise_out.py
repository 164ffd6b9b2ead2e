"""Variables minimised out by a solver: the same barcode where the problem is convex, refused where not."""

import pickle
import tracemalloc

import numpy as np
import pytest

import morsebar as mb
from morsebar.networks import MLP, InnerMinimum, LossSurface, minimise_last_layer, minimise_out

BOX = [(-2.0, 2.0), (-3.0, 3.0)]


def quartic(w):
    return (w**2 - 1) ** 2 + w / 4


def f(points):
    """A quartic in w with two minima, and a parabola in v around a curve that depends on w."""
    w, v = points.T
    return quartic(w) + (1 + w**2) * (v - np.sin(3 * w)) ** 2


def curve(w):
    return np.sin(3 * w)


class Valley(LossSurface):
    """The same with u beside w: coordinates u, v, w, with f = f(w, v) + (u - v)^2, named."""

    def __init__(self):
        super().__init__("valley", 3, ["u", "v", "w"], [(-3, 3), (-3, 3), (-2, 2)])

    def _values(self, rows):
        u, v, w = rows.T
        return f(np.column_stack((w, v))) + (u - v) ** 2

    def _values_and_gradients(self, rows):
        u, v, w = rows.T
        off, slope = v - np.sin(3 * w), 1 + w**2
        by_w = 4 * w * (w**2 - 1) + 0.25 + 2 * w * off**2 - 6 * slope * off * np.cos(3 * w)
        return self._values(rows), np.column_stack((2 * (u - v), 2 * slope * off - 2 * (u - v), by_w))


def valley_solver(w):
    return np.column_stack((curve(w), curve(w)))


def test_what_is_left_is_the_quartic():
    h = minimise_out(f, curve, BOX, over=[1])
    w = np.linspace(-2, 2, 101)[:, np.newaxis]
    np.testing.assert_allclose(h(w), quartic(w[:, 0]), rtol=1e-15)
    np.testing.assert_array_equal(h.lift(w), np.column_stack((w, curve(w))))
    assert h.bounds.tolist() == [[-2, 2]]
    unnamed = minimise_out(lambda points: f(points), curve, BOX, over=[1])
    assert unnamed.name == "objective, 1 of 2 variables minimised"
    assert (h.name, h.coordinate_names, h.over.tolist()) == ("f, 1 of 2 variables minimised", ("x0",), [1])
    rng = np.random.default_rng(0)
    assert (f(np.column_stack((w, rng.uniform(-3, 3, 101)))) >= h(w)).all()


def test_both_barcodes_are_known():
    # Turning points of the quartic are the roots of 4 w^3 - 4 w + 1/4.
    left, top, right = (quartic(w) for w in sorted(np.roots([4, 0, -4, 0.25]).real))
    bars = [[left, np.inf], [right, top]]
    h = minimise_out(f, curve, BOX, over=[1])
    np.testing.assert_allclose(mb.landscape(h, n_samples=100_001).barcode.diagram, bars, atol=1e-7)
    full = mb.landscape(f, BOX, sampler="grid", n_samples=1501**2).barcode.significant(min_persistence=0.1)
    np.testing.assert_allclose(full.diagram, bars, atol=3e-3)


@pytest.mark.parametrize("over", [["u", "v"], [0, 1], [-3, -2], ["u", 1], np.array([0, 1])])
def test_coordinates_by_number_and_by_name(over):
    h = minimise_out(Valley(), valley_solver, over=over)
    assert h.coordinate_names == ("w",)
    w = np.linspace(-2, 2, 11)[:, np.newaxis]
    np.testing.assert_allclose(h(w), quartic(w[:, 0]), atol=1e-14)
    np.testing.assert_array_equal(h.lift(w), np.column_stack((curve(w), curve(w), w)))


def test_the_order_is_that_of_the_solver():
    def bowl(points):
        return ((points - [1.0, 2.0, 0.0]) ** 2).sum(axis=1)

    h = minimise_out(bowl, lambda w: np.tile([2.0, 1.0], (len(w), 1)), [(-3, 3)] * 3, over=[1, 0])
    assert h.lift([[5.0]]).tolist() == [[1.0, 2.0, 5.0]]
    assert h([[5.0]]) == [25.0]


def best_of_zakharov(x):
    """Roots of the derivative by y, 2 y + 2 s + 4 s^3 with s = x / 2 + y, by Newton's method."""
    y = -x / 4
    for _ in range(50):
        s = x / 2 + y
        y = y - (2 * y + 2 * s + 4 * s**3) / (4 + 12 * s**2)
    return y


def test_gradients_are_those_at_the_minimiser():
    h = minimise_out(Valley(), valley_solver, over=["u", "v"])
    w = np.linspace(-2, 2, 11)[:, np.newaxis]
    values, gradients = h.value_and_gradient(w)
    np.testing.assert_array_equal(values, h(w))
    np.testing.assert_allclose(gradients, 4 * w * (w**2 - 1) + 0.25, atol=1e-12)
    np.testing.assert_allclose(h.hessian_vector_product([0.5], [1.0]), [12 * 0.25 - 4], rtol=1e-6)
    zakharov = mb.objectives.get("zakharov", d=2)
    # x^2 + y^2 + s^2 + s^4 with s = x / 2 + y is convex; for x = 0 the best y is 0.
    none = minimise_out(zakharov, best_of_zakharov, over=[1])
    np.testing.assert_allclose(none.value_and_gradient([[0.0]])[1], [[0.0]], atol=1e-12)
    point = none.lift([[2.0]])
    np.testing.assert_array_equal(none.value_and_gradient([[2.0]])[1], zakharov.gradient(point)[:, :1])
    with pytest.raises(ValueError, match="objective: got f, expected an objective with value_and_gradient"):
        minimise_out(f, curve, BOX, over=[1]).value_and_gradient([[0.0]])


def test_the_last_layer_is_minimised_to_the_same():
    x = np.linspace(-2, 2, 15)
    mlp = MLP((1, 2, 1), "tanh", data=(x, np.sin(3 * x)), l2=1e-2, bounds=[(-3, 3)] * 7)
    last = minimise_last_layer(mlp)
    h = minimise_out(mlp, lambda w: last.lift(w)[:, 4:], over=["W2[0,0]", "W2[0,1]", "b2[0]"])
    points = np.random.default_rng(0).uniform(-3, 3, (50, 4))
    np.testing.assert_allclose(h(points), last(points), rtol=1e-12)
    np.testing.assert_allclose(
        h.value_and_gradient(points)[1], last.value_and_gradient(points)[1], atol=1e-12
    )
    # In a box the solver has to know of it.
    box = [(-3, 3)] * 4 + [(-0.1, 0.2)] * 3
    boxed = minimise_last_layer(mlp, box=box[4:])
    minimise_out(mlp, lambda w: boxed.lift(w)[:, 4:], box, over=[4, 5, 6])
    with pytest.raises(ValueError, match="solver: expected the minimiser for"):
        minimise_out(mlp, lambda w: np.clip(last.lift(w)[:, 4:], -0.1, 0.2), box, over=[4, 5, 6])


def test_quasi_convex_is_enough():
    def edge(points):
        w, v = points.T
        return quartic(w) + np.sqrt(np.abs(v - w))

    h = minimise_out(edge, lambda w: w, BOX, over=[1])
    w = np.linspace(-2, 2, 9)[:, np.newaxis]
    np.testing.assert_allclose(h(w), quartic(w[:, 0]))


def test_infinity_is_outside_the_domain():
    def half(points):
        return np.where(points[:, 1] < 0, np.inf, f(points))

    h = minimise_out(half, lambda w: np.maximum(curve(w), 0), BOX, over=[1])
    assert np.isfinite(h(np.linspace(-2, 2, 9)[:, np.newaxis])).all()

    def hole(points):
        return np.where(np.abs(points[:, 1] - 1) < 0.5, np.inf, points[:, 1] ** 2)

    with pytest.raises(ValueError, match=r"objective: not convex .* inf at"):
        minimise_out(hole, np.zeros_like, BOX, over=[1])


@pytest.mark.parametrize(
    "term",
    [
        lambda w, v: (v**2 - 1) ** 2,  # two wells
        lambda w, v: v**2 + 2 * np.cos(6 * v),  # many
        lambda w, v: -(v**2),
        lambda w, v: np.sin(v),
        lambda w, v: np.where(w > 1.5, (v**2 - 4) ** 2, v**2),  # for some w only
        lambda w, v: np.minimum((v - 2) ** 2, (v + 2) ** 2 + 0.1),
    ],
)
def test_what_is_not_convex_is_refused(term):
    def objective(points):
        w, v = points.T
        return term(w, v) + w**2

    def best(w):
        v = np.linspace(-3, 3, 601)
        values = np.broadcast_to(term(w, v), (len(w), 601))
        return v[values.argmin(axis=1)][:, np.newaxis]

    with pytest.raises(
        ValueError, match=r"objective: not convex in the variables .* for the others \(.*\): "
    ):
        minimise_out(objective, best, BOX, over=[1])


def test_what_is_convex_along_rays_from_the_minimiser_alone_is_refused():
    def star(points):
        return np.sqrt(np.abs(points[:, 1:])).sum(axis=1) + points[:, 0] ** 2

    with pytest.raises(ValueError, match="objective: not convex in the variables"):
        minimise_out(star, lambda w: np.zeros((len(w), 2)), [(-1, 1)] * 3, over=[1, 2])


@pytest.mark.parametrize("error", [1e-2, -1e-2, 1.0])
def test_a_solver_that_errs_is_refused(error):
    message = r"solver: expected the minimiser for \(.*\), got \(.*\) of value .*, but \(.*\) has"
    with pytest.raises(ValueError, match=message):
        minimise_out(f, lambda w: curve(w) + error, BOX, over=[1])
    with pytest.raises(ValueError, match=message):
        # For few w only.
        minimise_out(f, lambda w: curve(w) + error * (w > 1.8), BOX, over=[1])


def test_a_solver_may_err_by_the_tolerance():
    def nearly(w):
        return curve(w) + 1e-3

    with pytest.raises(ValueError, match="solver: expected the minimiser"):
        minimise_out(f, nearly, BOX, over=[1])
    h = minimise_out(f, nearly, BOX, over=[1], tolerance=1e-5)
    w = np.linspace(-2, 2, 11)[:, np.newaxis]
    np.testing.assert_allclose(h(w), quartic(w[:, 0]), atol=1e-5)


def test_functions_far_from_zero_and_single_precision():
    minimise_out(lambda points: f(points) + 1e9, curve, BOX, over=[1])
    minimise_out(lambda points: f(points) * 1e-200, curve, BOX, over=[1])
    minimise_out(lambda points: f(points).astype(np.float32), curve, BOX, over=[1])
    h = minimise_out(f, curve, BOX, over=[1])
    w = np.linspace(-2, 2, 11, dtype=np.float32)[:, np.newaxis]
    assert h(w).dtype == h.lift(w).dtype == np.float32
    np.testing.assert_allclose(h(w), quartic(w[:, 0].astype(float)), rtol=1e-5, atol=1e-6)
    assert h(np.empty((0, 1))).shape == (0,)
    assert h.lift(np.empty((0, 1))).shape == (0, 2)


def test_the_check_takes_bounded_memory():
    d, seen = 3000, []

    def squares(points):
        seen.append(len(points))
        return (points**2).sum(axis=1)

    tracemalloc.start()
    try:
        minimise_out(squares, np.zeros_like, [(-1, 1)] * d, over=range(d // 2))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(seen) == 200 * 54
    assert peak < 160e6


def test_the_check_is_seeded():
    seen = []

    def solver(w):
        seen.append(w.copy())
        return curve(w)

    for seed in (0, 0, 1):
        minimise_out(f, solver, BOX, over=[1], random_state=seed, n_checks=17)
    assert seen[0].shape == (17, 1)
    np.testing.assert_array_equal(seen[0], seen[1])
    assert (seen[0] != seen[2]).all()


def test_a_solver_may_write_into_what_it_is_given():
    def solver(w):
        best = curve(w)
        w[:] = np.nan
        return best

    h = minimise_out(f, solver, BOX, over=[1])
    w = np.array([[0.5]])
    assert h(w) == quartic(0.5)
    assert w == [[0.5]]


def test_an_objective_may_write_into_what_it_is_given():
    valley = Valley()

    class Writing:
        def __call__(self, points):
            values = valley(points)
            points[:] = np.nan
            return values

        def value_and_gradient(self, points):
            return self(points.copy()), valley.value_and_gradient(points)[1] + 0 * self(points)[:, np.newaxis]

    h, expected = (minimise_out(g, valley_solver, valley.bounds, over=[0, 1]) for g in (Writing(), valley))
    w = np.linspace(-1, 1, 5)[:, np.newaxis]
    for found, right in zip(h.value_and_gradient(w), expected.value_and_gradient(w), strict=True):
        np.testing.assert_array_equal(found, right)


def test_gradients_of_another_shape_are_refused():
    class Function:
        def __init__(self, gradient):
            self.gradient = gradient

        def __call__(self, points):
            return f(points)

    h = minimise_out(Function(lambda points: np.zeros((1, 2))), curve, BOX, over=[1])
    with pytest.raises(ValueError, match=r"objective: got gradients of shape \(1, 2\), expected \(3, 2\)"):
        h.value_and_gradient(np.zeros((3, 1)))


def test_nan_is_refused():
    with pytest.raises(ValueError, match=r"objective: expected finite values.* got nan at the point"):
        minimise_out(lambda points: points[:, 1] * np.nan, np.zeros_like, BOX, over=[1])
    with pytest.raises(ValueError, match="got -inf at the point"):
        minimise_out(lambda points: np.full(len(points), -np.inf), np.zeros_like, BOX, over=[1])
    with pytest.raises(ValueError, match=r"solver: expected finite numbers, got \(nan\) at \("):
        minimise_out(f, lambda w: np.where(w > 1, np.nan, curve(w)), BOX, over=[1])

    # Later, too: the check has not seen this one.
    def solver(w):
        return np.where(w == 5, np.inf, curve(w))

    h = minimise_out(f, solver, BOX, over=[1])
    with pytest.raises(ValueError, match=r"solver: expected finite numbers, got \(inf\) at \(5\)"):
        h([[0.0], [5.0]])


def test_pickles_and_repr():
    h = minimise_out(Valley(), valley_solver, over=["u", "v"])
    copy = pickle.loads(pickle.dumps(h))
    assert isinstance(copy, InnerMinimum)
    w = np.linspace(-2, 2, 9)[:, np.newaxis]
    np.testing.assert_array_equal(copy(w), h(w))
    assert repr(minimise_out(f, curve, BOX, over=[1])).startswith("InnerMinimum(<function f at ")
    assert repr(h).endswith(", over=[0, 1])")
    assert h.name == "valley, 2 of 3 variables minimised"
    for array in (h.over, copy.over):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"objective": 3}, "objective: expected a callable, got 3"),
        ({"solver": None}, "solver: expected a callable, got None"),
        ({"bounds": None}, r"bounds: expected shape \(d \+ k, 2\), got None for an objective without bounds"),
        ({"bounds": [(1, 0)] * 2}, "bounds: expected finite lo < hi in row 0"),
        ({"objective": Valley()}, r"bounds: got shape \(2, 2\), expected \(3, 2\)"),
        ({"over": []}, r"over: expected a sequence of numbers or names of coordinates, got \[\]"),
        ({"over": "x1"}, "over: expected a sequence of numbers or names of coordinates, got 'x1'"),
        ({"over": 1}, "over: expected a sequence of numbers or names of coordinates, got 1"),
        ({"over": ["v"]}, "over: expected names of coordinates, or numbers from -2 to 1, got 'v'"),
        ({"over": [2]}, "over: expected names of coordinates, or numbers from -2 to 1, got 2"),
        ({"over": [0.5]}, "over: expected names of coordinates, or numbers from -2 to 1, got 0.5"),
        ({"over": [1, -1]}, r"over: expected every coordinate once, got \[1, -1\]"),
        ({"over": [0, 1]}, "over: got all 2 coordinates, expected some to be left"),
        ({"n_checks": 0}, "n_checks: expected an integer of at least 1, got 0"),
        ({"tolerance": None}, "tolerance: expected a number from 0 to 1, got None"),
        ({"tolerance": -1}, "tolerance: expected a number from 0 to 1, got -1"),
        ({"random_state": -1}, "random_state: expected an integer of at least 0, got -1"),
        (
            {"solver": lambda w: w[:, 0]},
            r"solver: expected real numbers of shape \(200, 1\) for points of shape \(200, 1\), got "
            r"float64 of shape \(200,\)",
        ),
        ({"solver": lambda w: w.astype(complex)}, r"solver: expected real numbers of .*, got complex128"),
        (
            {"objective": lambda points: points},
            r"objective: got shape \(10800, 2\) for 10800 points, expected \(10800,\)",
        ),
    ],
)
def test_bad_arguments(arguments, message):
    good = {"objective": f, "solver": curve, "bounds": BOX, "over": [1]}
    with pytest.raises(ValueError, match=message):
        minimise_out(**(good | arguments))


def test_bad_points():
    h = minimise_out(f, curve, BOX, over=[1])
    for call in (h, h.lift):
        with pytest.raises(ValueError, match=r"points: got shape \(2,\), expected \(n, 1\)"):
            call(np.zeros(2))
