"""Planes through parameters: their directions by hand, values at lifted points, derivatives, errors."""

import pickle
import re
import tracemalloc

import numpy as np
import pytest

import morsebar as mb
from morsebar.networks import MLP, LossPlane, LossSurface, loss_plane

dimensions = pytest.mark.parametrize("d", [1, 2, 3, 4])


def network(widths=(3, 4, 2), activation="tanh", **options):
    rng = np.random.default_rng(5)
    data = rng.normal(size=(11, widths[0])), rng.normal(size=(11, widths[-1]))
    return MLP(widths, activation, data=data, l2=0.01, **options)


def point(mlp, seed=0):
    return np.random.default_rng(seed).normal(size=mlp.d)


def spread(plane, n=25, seed=1):
    return np.random.default_rng(seed).uniform(-1, 1, (n, plane.d))


class Quadratic(LossSurface):
    """Half of x'Ax, for a symmetric matrix A."""

    def __init__(self, matrix, dtype=np.float64):
        super().__init__("quadratic", len(matrix))
        self.matrix = matrix
        self.dtype = dtype

    def _values(self, rows):
        return 0.5 * np.einsum("ni,ij,nj->n", rows, self.matrix, rows)

    def _values_and_gradients(self, rows):
        return self._values(rows), rows @ self.matrix

    def _hessian_vector_products(self, row, vectors):
        return (vectors @ self.matrix).astype(self.dtype)


def symmetric(eigenvalues, seed=3):
    n = len(eigenvalues)
    axes, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))
    return (axes * eigenvalues) @ axes.T, axes.T


# What a plane is


@dimensions
def test_values_are_those_of_the_objective_at_lifted_points(d):
    mlp = network()
    plane = loss_plane(mlp, point(mlp), "random", d)
    t = spread(plane)
    lifted = plane.lift(t)
    np.testing.assert_allclose(lifted, plane.center + t @ plane.directions, rtol=0, atol=1e-14)
    np.testing.assert_array_equal(plane(t), mlp(lifted))
    single = t.astype(np.float32)
    assert plane.lift(single).dtype == plane(single).dtype == np.float32
    np.testing.assert_allclose(plane(single), plane(t), rtol=1e-5)


@dimensions
def test_derivatives_are_the_limit_of_differences(d):
    mlp = network()
    plane = loss_plane(mlp, point(mlp), "random", d)
    t = spread(plane, 6)
    values, gradients = plane.value_and_gradient(t)
    np.testing.assert_array_equal(values, plane(t))
    h = 1e-4
    steps = h * np.eye(d)
    expected = np.stack([(plane(t + e) - plane(t - e)) / (2 * h) for e in steps], axis=1)
    np.testing.assert_allclose(gradients, expected, rtol=1e-6, atol=1e-6)
    matrix = plane.hessian_vector_product(t[0], np.eye(d))
    slopes = [plane.value_and_gradient(np.stack([t[0] + e, t[0] - e]))[1] for e in steps]
    expected = np.stack([(up - down) / (2 * h) for up, down in slopes])
    np.testing.assert_allclose(matrix, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(
        matrix, LossSurface._hessian_vector_products(plane, t[0], np.eye(d)), atol=1e-7
    )


def test_projection_is_by_least_squares():
    mlp = network()
    plane = LossPlane(
        mlp, point(mlp), point(mlp, 1) + [[0.0], [1.0], [2.0]] * np.eye(mlp.d)[:3], [(-1, 1)] * 3
    )
    t = spread(plane)
    coordinates, distances = plane.project(plane.lift(t))
    np.testing.assert_allclose(coordinates, t, atol=1e-12)
    np.testing.assert_allclose(distances, 0, atol=1e-12)
    elsewhere = np.random.default_rng(2).normal(size=(9, mlp.d))
    coordinates, distances = plane.project(elsewhere)
    expected = np.linalg.lstsq(plane.directions.T, (elsewhere - plane.center).T)[0].T
    np.testing.assert_allclose(coordinates, expected, atol=1e-12)
    np.testing.assert_allclose(distances, np.linalg.norm(elsewhere - plane.lift(expected), axis=1))
    assert plane.project(np.empty((0, mlp.d)))[0].shape == (0, 3)


def test_memory_does_not_grow_with_the_number_of_points():
    width = 20_000
    seen = []

    def first_squares(points):
        seen.append(points.shape[0])
        return (points[:, :10] ** 2).sum(axis=1)

    plane = LossPlane(first_squares, np.zeros(width), np.ones((1, width)), [(-1, 1)])
    t = np.linspace(-1, 1, 2001)[:, None]
    tracemalloc.start()
    values = plane(t)
    plane.project(plane.lift(t[:3]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # All parameter vectors at once would be 320 MB.
    assert peak < 100e6
    assert sum(seen) == 2001
    assert len(seen) > 5
    np.testing.assert_allclose(values, 10 * t[:, 0] ** 2)
    np.testing.assert_array_equal(plane(t[700:703]), values[700:703])
    assert plane(np.empty((0, 1))).shape == (0,)


def test_any_callable_is_an_objective():
    def squares(points):
        return [int(row @ row) for row in points]

    plane = LossPlane(squares, [0, 0, 1], [[1, 0, 0], [0, 2, 0]], [(-1, 1), (-2, 2)])
    assert plane([[1.0, 1.0]]).tolist() == [6.0]
    assert repr(plane) == "LossPlane(squares along 2 directions, 3 parameters)"
    with pytest.raises(ValueError, match="objective: got squares, expected an objective with value_and_grad"):
        plane.value_and_gradient([[1.0, 1.0]])
    with pytest.raises(ValueError, match="objective: got squares, expected an objective with value_and_grad"):
        plane.hessian_vector_product([1.0, 1.0], [1.0, 1.0])
    # Differences of gradients, where there are no products.
    plane = LossPlane(squares, np.zeros(2), np.eye(2), [(-1, 1)] * 2)
    squares.value_and_gradient = lambda points: ((points**2).sum(axis=1), 2 * points)
    np.testing.assert_allclose(plane.hessian_vector_product([1.0, 1.0], np.eye(2)), 2 * np.eye(2), atol=1e-8)


def test_derivatives_of_benchmark_functions():
    himmelblau = mb.objectives.himmelblau
    plane = loss_plane(himmelblau, [3.0, 2.0], [[1.0, 0.0], [1.0, 2.0]])
    values, gradients = plane.value_and_gradient([[0.0, 0.0], [1.0, -1.0]])
    np.testing.assert_array_equal(values, himmelblau([[3.0, 2.0], [3.0, 0.0]]))
    right = himmelblau.gradient([[3.0, 2.0], [3.0, 0.0]]) @ plane.directions.T
    np.testing.assert_allclose(gradients, right, rtol=1e-14)
    # At its minimum himmelblau has the Hessian matrix [[74, 20], [20, 34]].
    products = plane.hessian_vector_product([0.0, 0.0], np.eye(2))
    expected = plane.directions @ [[74, 20], [20, 34]] @ plane.directions.T
    np.testing.assert_allclose(products, expected, rtol=1e-6)


def test_derivatives_of_another_shape_or_type_are_refused():
    class Sum:
        shapes = ((1, 3),)

        def __init__(self, derivatives):
            self.derivatives = derivatives

        def __call__(self, points):
            return points.sum(axis=1)

        def value_and_gradient(self, points):
            return self(points), self.derivatives(points)

        def hessian_vector_product(self, point, vectors):
            return self.derivatives(vectors)

    center, directions = [1.0, 2.0, 3.0], [[0.5, 0.5, 0.0], [0.0, 0.25, 0.5]]
    # Of integers no slope is cut off.
    ones = loss_plane(Sum(lambda rows: np.ones(rows.shape, int).tolist()), center, directions)
    assert ones.value_and_gradient([[0.0, 0.0]])[1].tolist() == [[1.0, 0.75]]
    assert ones.hessian_vector_product([0.0, 0.0], [1.0, 0.0]).tolist() == [1.0, 0.75]
    for derivatives, shape in (
        (lambda rows: rows[:, :1], "(2, 1), expected (2, 3)"),
        (lambda rows: rows[0], "(3,), expected (2, 3)"),
    ):
        plane = loss_plane(Sum(derivatives), center, directions)
        with pytest.raises(ValueError, match=re.escape(f"objective: got gradients of shape {shape}")):
            plane.value_and_gradient(np.zeros((2, 2)))
        products = f"objective: got products with the Hessian matrix of shape {shape}"
        with pytest.raises(ValueError, match=re.escape(products)):
            plane.hessian_vector_product([0.0, 0.0], np.eye(2))
    with pytest.raises(ValueError, match=r"products with the Hessian matrix of shape \(3, 1\), expected"):
        loss_plane(Sum(lambda rows: rows[:, :1]), center, "hessian")
    with pytest.raises(ValueError, match="objective: gradients has dtype complex128"):
        loss_plane(Sum(lambda rows: rows * 1j), center).value_and_gradient([[0.0, 0.0]])


def test_planes_are_pickled_and_cannot_be_changed():
    mlp = network()
    plane = loss_plane(mlp, point(mlp), "hessian", bounds=[(-1, 2), (0, 3)])
    again = pickle.loads(pickle.dumps(plane))
    t = spread(plane)
    np.testing.assert_array_equal(again(t), plane(t))
    for surface in (plane, again):
        for array in (surface.center, surface.directions, surface.bounds, surface.eigenvalues):
            with pytest.raises(ValueError, match="read-only"):
                array[:] = 0.0
    assert again.coordinate_names == plane.coordinate_names
    center = point(mlp)
    plane = LossPlane(mlp, center, np.eye(mlp.d)[:1], [(-1, 1)])
    center[:] = 0.0
    np.testing.assert_array_equal(plane.center, point(mlp))


# Directions


def test_random_directions_are_normalised_filter_by_filter():
    mlp = network((3, 4, 2))
    assert mlp.shapes == ((4, 3), (4,), (2, 4), (2,))
    center = point(mlp)
    plane = loss_plane(mlp, center, seed=7)
    drawn = np.random.default_rng(7).standard_normal((2, mlp.d))
    for direction, gaussian in zip(plane.directions, drawn, strict=True):
        expected, start = np.zeros(mlp.d), 0
        for n_filters, length in ((4, 3), (4, 0), (2, 4), (2, 0)):
            for _ in range(n_filters):
                if length == 0:
                    start += 1
                    continue
                squares = sum(center[i] ** 2 for i in range(start, start + length))
                of_direction = sum(gaussian[i] ** 2 for i in range(start, start + length))
                for i in range(start, start + length):
                    expected[i] = gaussian[i] * (squares / of_direction) ** 0.5
                start += length
        np.testing.assert_allclose(direction, expected, rtol=1e-13)
    np.testing.assert_array_equal(plane.bounds, [(-1, 1), (-1, 1)])
    assert plane.coordinate_names == ("random direction 1", "random direction 2")
    assert plane.name == "MLP 3-4-2 along 2 random directions"


def test_filters_of_tensors_of_many_dimensions():
    center = np.arange(1.0, 30.0)
    plane = loss_plane(np.sum, center, shapes=[(2, 3, 2, 2), (), (2,), (1, 2)])
    for direction in plane.directions:
        for here in (slice(0, 12), slice(12, 24), slice(27, 29)):
            assert np.linalg.norm(direction[here]) == pytest.approx(np.linalg.norm(center[here]))
        assert not direction[24:27].any()
    whole = loss_plane(np.sum, center, shapes=[(1, 29)])
    np.testing.assert_allclose(np.linalg.norm(whole.directions, axis=1), np.linalg.norm(center))
    # A filter of zeros has no length to scale to.
    center[:12] = 0.0
    plane = loss_plane(np.sum, center, shapes=[(2, 12), (5,)])
    assert not plane.directions[:, :12].any()


@pytest.mark.parametrize("way", ["random", "hessian"])
def test_directions_are_those_of_their_seed(way):
    mlp = network((3, 8, 4))
    planes = [loss_plane(mlp, point(mlp), way, 3, seed=seed) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(planes[0].directions, planes[1].directions)
    if way == "random":
        assert np.abs(planes[0].directions - planes[2].directions).max() > 0.1
    else:
        # They are what they are, wherever Lanczos starts.
        np.testing.assert_allclose(planes[0].directions, planes[2].directions, atol=1e-6)


@pytest.mark.parametrize("n", [6, 40, 300])
@dimensions
def test_hessian_directions_of_a_quadratic_are_its_eigenvectors(n, d):
    eigenvalues = np.concatenate([[9.0, 5.0, 4.0, 2.5], np.linspace(-20, 1, n - 4)])
    matrix, axes = symmetric(eigenvalues)
    plane = loss_plane(Quadratic(matrix), np.full(n, 0.3), "hessian", d)
    np.testing.assert_allclose(plane.eigenvalues, eigenvalues[:d], rtol=1e-8)
    signs = [np.sign(axis[np.abs(axis).argmax()]) for axis in axes[:d]]
    np.testing.assert_allclose(plane.directions, axes[:d] * np.reshape(signs, (-1, 1)), atol=1e-6)
    assert plane.coordinate_names[0] == "eigenvector 1, eigenvalue 9"
    single = loss_plane(Quadratic(matrix, np.float32), np.full(n, 0.3), "hessian", d)
    np.testing.assert_allclose(single.directions, plane.directions, atol=1e-3)


def test_all_directions_of_few_parameters():
    matrix, _ = symmetric(np.array([3.0, 1.0]))
    plane = loss_plane(Quadratic(matrix), np.zeros(2), "hessian")
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(plane.eigenvalues, [3.0, 1.0])


def test_lanczos_that_does_not_converge():
    class Chain(LossSurface):
        """A chain of springs: the largest of its eigenvalues are all but equal."""

        def _values(self, rows):
            return 0.5 * (np.diff(rows, axis=1) ** 2).sum(axis=1)

        def _values_and_gradients(self, rows):
            return self._values(rows), -np.diff(np.diff(rows, axis=1), prepend=0, append=0, axis=1)

        def _hessian_vector_products(self, row, vectors):
            return self._values_and_gradients(vectors)[1]

    with pytest.raises(
        RuntimeError, match="of 2 eigenvectors of the Hessian matrix converged in 300 restarts"
    ):
        loss_plane(Chain("chain", 5000), np.zeros(5000), "hessian")


@dimensions
def test_principal_axes_are_those_of_a_decomposition(d):
    mlp = network()
    steps = np.random.default_rng(4).normal(size=(12, mlp.d)) * np.linspace(3, 0, 12)[:, None]
    trajectory = point(mlp) + steps.cumsum(axis=0)
    center = trajectory[-1]
    plane = loss_plane(mlp, center, "principal", d, trajectory=trajectory)
    _, lengths, axes = np.linalg.svd(trajectory - center)
    np.testing.assert_allclose(np.abs((plane.directions * axes[:d]).sum(axis=1)), 1.0)
    shares = lengths**2 / (lengths**2).sum()
    np.testing.assert_allclose(plane.explained_variance, shares[:d])
    assert plane.coordinate_names[0] == f"principal axis 1, {100 * shares[0]:.0f} % of the variance"
    # What is explained is what does not stay off the plane.
    coordinates, distances = plane.project(trajectory)
    left = (distances**2).sum() / ((trajectory - center) ** 2).sum()
    assert shares[:d].sum() == pytest.approx(1 - left)
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    np.testing.assert_allclose(plane.bounds[:, 0], low - 0.25 * (high - low))
    np.testing.assert_allclose(plane.bounds[:, 1], high + 0.25 * (high - low))


@dimensions
def test_a_plane_through_solutions_has_them_as_vertices(d):
    mlp = network()
    center, others = point(mlp), np.array([point(mlp, i) for i in range(1, d + 1)])
    plane = loss_plane(mlp, center, "solutions", solutions=others)
    vertices = plane.lift(np.concatenate([np.zeros((1, d)), np.eye(d)]))
    np.testing.assert_allclose(vertices, [center, *others], atol=1e-14)
    np.testing.assert_allclose(plane.lift(np.full((1, d), 1 / (d + 1)))[0], vertices.mean(axis=0))
    np.testing.assert_array_equal(plane.bounds, [(-0.25, 1.25)] * d)
    assert plane.name == f"MLP 3-4-2 through {d + 1} solutions"


def test_a_number_of_any_type_bounds_a_plane():
    mlp = network()
    for number in (3, 3.0, np.uint8(3), np.float32(3)):
        assert loss_plane(mlp, point(mlp), bounds=number).bounds.tolist() == [[-3, 3], [-3, 3]]


def test_given_directions_are_taken_as_they_are():
    mlp = network()
    rows = 3 * np.eye(mlp.d)[:2]
    plane = loss_plane(mlp, point(mlp), rows, bounds=2)
    np.testing.assert_array_equal(plane.directions, rows)
    np.testing.assert_array_equal(plane.bounds, [(-2, 2)] * 2)
    np.testing.assert_array_equal(
        loss_plane(mlp, point(mlp), rows, bounds=[(0, 1), (2, 3)]).bounds[1], (2, 3)
    )


# Landscapes


def test_minima_of_a_landscape_are_lifted():
    x = np.linspace(-2, 2, 9)
    mlp = MLP((1, 2, 1), "tanh", biases="none", data=(x, np.sin(2 * x)), l2=0.01)
    best = np.array([2.1, -0.5, 1.6, 2.6])
    plane = loss_plane(mlp, best, "solutions", solutions=[best[[1, 0, 3, 2]]])
    land = mb.landscape(plane, n_samples=1001, sampler="grid")
    assert land.name == plane.name
    # The two copies are alike, and so is the way from either to the other.
    assert len(land.barcode) == 2
    lifted = plane.lift(land.minimum_points)
    np.testing.assert_array_equal(mlp(lifted), land.barcode.births)
    np.testing.assert_allclose(lifted[0], lifted[1][[1, 0, 3, 2]], atol=1e-2)


# Models


@pytest.mark.torch
def test_planes_of_a_torch_model():
    import torch

    torch.manual_seed(0)
    layers = torch.nn.Conv2d(1, 2, 3), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.Linear(8, 3)
    model = torch.nn.Sequential(*layers).double()
    data = torch.randn(20, 1, 4, 4).double(), torch.randint(3, (20,))
    surface = mb.networks.from_torch(model, torch.nn.functional.cross_entropy, data)
    center = surface.parameters
    plane = loss_plane(surface, center, "random", 3)
    for direction in plane.directions:
        kernels = direction[:18].reshape(2, 9), center[:18].reshape(2, 9)
        np.testing.assert_allclose(*(np.linalg.norm(kernel, axis=1) for kernel in kernels))
        rows = direction[20:44].reshape(3, 8), center[20:44].reshape(3, 8)
        np.testing.assert_allclose(*(np.linalg.norm(row, axis=1) for row in rows))
        assert not direction[18:20].any()
        assert not direction[44:].any()
    t = spread(plane)
    np.testing.assert_allclose(plane(t), [plain(model, surface, row, data) for row in plane.lift(t)])
    curved = loss_plane(surface, center, "hessian")
    matrix = surface.hessian_vector_product(center, np.eye(surface.d))
    np.testing.assert_allclose(curved.eigenvalues, np.linalg.eigvalsh(matrix)[:-3:-1], rtol=1e-7)
    products = curved.eigenvalues[:, None] * curved.directions
    np.testing.assert_allclose(curved.directions @ matrix, products, atol=1e-5)
    np.testing.assert_allclose(
        curved.hessian_vector_product([0.0, 0.0], np.eye(2)), np.diag(curved.eigenvalues), atol=1e-6
    )


def plain(model, surface, row, data):
    import torch

    surface.load(row)
    return torch.nn.functional.cross_entropy(model(data[0]), data[1]).item()


@pytest.mark.jax
def test_planes_of_a_jitted_network():
    mlp = network()
    jitted = mlp.jitted()
    assert jitted.shapes == mlp.shapes
    planes = [loss_plane(surface, point(mlp), "random", 3) for surface in (mlp, jitted)]
    np.testing.assert_array_equal(planes[0].directions, planes[1].directions)
    np.testing.assert_allclose(planes[0](spread(planes[0])), planes[1](spread(planes[0])), rtol=1e-12)


# Errors


def test_bad_directions_and_centers_are_refused():
    mlp = network((1, 2, 1))
    center = np.arange(1.0, 8.0)
    eye = np.eye(7)
    nan = eye[:2].copy()
    nan[1, 3] = np.nan
    for directions, words in (
        (eye[0], "directions: got shape (7,), expected (n, 7)"),
        (eye[:, :3], "directions: got shape (7, 3), expected (n, 7)"),
        (eye[:0], "directions: got 0, expected 1 to 4"),
        (eye[:5], "directions: got 5, expected 1 to 4"),
        (nan, "directions[1]: got numbers that are not finite"),
        ([eye[0], 0 * eye[0]], "directions[1]: got zeros, expected a direction"),
        ([eye[0], -1e-9 * eye[0]], "directions: got 2 of rank 1, expected linearly independent directions"),
        ([eye[0], eye[1], eye[0] + eye[1]], "directions: got 3 of rank 2"),
        ("curved", "directions: expected one of 'random', 'hessian', 'principal', 'solutions', got 'curved'"),
    ):
        with pytest.raises(ValueError, match=re.escape(words)):
            loss_plane(mlp, center, directions)
    # Far apart in length, but independent.
    assert loss_plane(mlp, center, [eye[0], 1e-9 * eye[1]]).d == 2
    assert loss_plane(mlp, center, [1e200 * eye[0], 1e-200 * eye[1]]).d == 2
    with pytest.raises(ValueError, match="center: got no weights but zeros"):
        loss_plane(mlp, 0 * center)
    for wrong, words in (
        (np.ones((1, 7)), "center: got shape (1, 7), expected (7,)"),
        (center[:2], "center: got shape (2,), expected (7,)"),
        ([], "center: got shape (0,), expected (7,)"),
        (center + 1j, "center: got dtype complex128"),
        ([*center[:-1], np.inf], "center: got numbers that are not finite"),
    ):
        with pytest.raises(ValueError, match=re.escape(words)):
            loss_plane(mlp, wrong)
    with pytest.raises(ValueError, match=r"center: got shape \(1, 7\), expected \(D,\)"):
        loss_plane(np.sum, np.ones((1, 7)), eye[:2])
    for directions in (eye[:2], "random"):
        with pytest.raises(ValueError, match="objective: expected a callable, got 3"):
            loss_plane(3, center, directions)
    with pytest.raises(ValueError, match=r"objective: got shape \(\) for 2 points, expected \(2,\)"):
        loss_plane(np.sum, center, eye[:2])(eye[:2, :2])


def test_bad_arguments_are_refused():
    mlp = network((1, 2, 1))
    center, eye = np.arange(1.0, 8.0), np.eye(7)
    for arguments, options, words in (
        (("random", 0), {}, "d: expected an integer of at least 1, got 0"),
        (("random", 5), {}, "d: got 5, expected at most 4 for 7 parameters"),
        ((eye[:2], 3), {}, "d: got 3 with 2 directions, expected None or as many"),
        (("solutions", 3), {"solutions": eye[:2]}, "d: got 3 with 2 solutions, expected None or as many"),
        (("random",), {"seed": -1}, "seed: expected an integer of at least 0, got -1"),
        (("random",), {"bounds": -1}, "bounds: expected finite lo < hi in row 0, got (1.0, -1.0)"),
        (("random",), {"bounds": [(0, 1)]}, "bounds: got shape (1, 2), expected (2, 2)"),
        (("random",), {"bounds": "wide"}, "bounds: expected numbers of shape (d, 2)"),
        (("random",), {"shapes": [(2, 1), (2,)]}, "shapes: got 4 parameters in all, expected 7"),
        (("random",), {"shapes": [(-7, -1)]}, "shapes: expected an integer of at least 0, got -7"),
        (("random",), {"shapes": [(7,)]}, "center: got no weights but zeros in tensors of two"),
        (("random",), {"shapes": 7}, "shapes: expected a sequence of tuples of int, got 7"),
        (("random",), {"shapes": [7]}, "shapes: expected a sequence of tuples of int, got [7]"),
        (("random",), {"trajectory": eye}, "trajectory: expected None with directions='random'"),
        (("hessian",), {"shapes": [(1, 7)]}, "shapes: expected None with directions='hessian'"),
        ((eye[:2],), {"solutions": eye}, "solutions: expected None with an array of directions"),
        (("principal",), {}, "trajectory: got None, expected parameter vectors (m, D)"),
        (("principal",), {"trajectory": eye[0]}, "trajectory: got shape (7,), expected (n, 7)"),
        (
            ("principal",),
            {"trajectory": [center, center + 1]},
            "trajectory: got points that span 1 dimensions",
        ),
        (("principal",), {"trajectory": [center]}, "trajectory: got points that span 0 dimensions"),
        (("principal",), {"trajectory": np.empty((0, 7))}, "trajectory: got points that span 0 dimensions"),
        (("solutions",), {}, "solutions: got None, expected parameter vectors (m, D)"),
        (("solutions",), {"solutions": [eye[0], center]}, "solutions[1]: got the center, expected another"),
    ):
        with pytest.raises(ValueError, match=re.escape(words)):
            loss_plane(mlp, center, *arguments, **options)
    with pytest.raises(ValueError, match="shapes: got None for sum, which has no shapes of its own"):
        loss_plane(np.sum, center)
    with pytest.raises(
        ValueError, match="objective: got sum, expected an objective with hessian_vector_product"
    ):
        loss_plane(np.sum, center, "hessian")
    with pytest.raises(
        ValueError, match="objective: got products with the Hessian matrix at the center that"
    ):
        loss_plane(Quadratic(np.full((50, 50), np.nan)), np.zeros(50), "hessian")
    with pytest.raises(ValueError, match=r"eigenvalues: got shape \(1,\), expected \(2,\)"):
        LossPlane(mlp, center, eye[:2], [(-1, 1)] * 2, eigenvalues=[1.0])
