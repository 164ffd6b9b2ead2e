"""Losses written in jax: against dense networks, plain calls, finite differences, and what is refused."""

import pickle
import sys
from itertools import pairwise

import numpy as np
import pytest

import morsebar as mb
from morsebar.networks import MLP, LossSurface, from_jax

pytestmark = pytest.mark.jax


def x64(on=True):
    import jax

    return jax.enable_x64(on)


def in_precision(dtype):
    return x64(dtype == "float64")


def dense_loss(activation):
    import jax

    def loss(params, x, y):
        for i, layer in enumerate(params):
            x = x @ layer["w"].T + layer["b"]
            if i < len(params) - 1:
                x = getattr(jax.nn, activation)(x)
        return ((x - y) ** 2).sum(axis=1).mean()

    return loss


def dense(widths, dtype="float64", seed=0):
    """Parameters and 33 samples of a dense network, in numpy."""
    rng = np.random.default_rng(seed)
    params = [
        # Named so that the weights come first, as in MLP, although dictionaries are sorted.
        {"b": rng.normal(size=b).astype(dtype), "w": rng.normal(size=(b, a)).astype(dtype)}
        for a, b in pairwise(widths)
    ]
    data = tuple(rng.normal(size=(33, units)).astype(dtype) for units in (widths[0], widths[-1]))
    return params, data


def as_mlp(surface, mlp):
    """Where the coordinates of a dense surface stand in parameter vectors of an MLP."""
    places = {name: i for i, name in enumerate(mlp.coordinate_names)}
    return [places[_mlp_name(name)] for name in surface.coordinate_names]


def _mlp_name(name):
    layer, rest = name.removeprefix("[").split("].")
    kind, index = rest.split("[")
    return f"{kind.replace('w', 'W')}{int(layer) + 1}[{index}"


def convolution_loss(params, images, labels):
    import jax
    import jax.numpy as jnp

    x = jax.lax.conv(images, params["conv"]["w"], (1, 1), "SAME") + params["conv"]["b"][:, None, None]
    x = jnp.tanh(x).reshape(len(x), -1)
    scores = jax.nn.log_softmax(x @ params["out"])
    return -jnp.take_along_axis(scores, labels[:, None], axis=1).mean()


def convolution():
    rng = np.random.default_rng(0)
    params = {
        "conv": {"w": rng.normal(size=(3, 1, 3, 3)), "b": rng.normal(size=3)},
        "out": rng.normal(size=(48, 4)),
    }
    return params, (rng.normal(size=(20, 1, 4, 4)), np.arange(20) % 4)


def points_near(surface, n, seed=2, dtype=np.float64):
    return (surface.parameters + np.random.default_rng(seed).normal(size=(n, surface.d))).astype(dtype)


@pytest.mark.parametrize(
    ("widths", "activation"),
    [((1, 1), "relu"), ((1, 2, 2, 1), "relu"), ((2, 3, 4, 2), "tanh"), ((1, 3, 1), "softplus")],
)
def test_dense_networks_are_those_of_numpy(widths, activation):
    for dtype, rtol in (("float64", 1e-12), ("float32", 1e-5)):
        params, data = dense(widths, dtype)
        with in_precision(dtype):
            surface = from_jax(dense_loss(activation), params, data)
        mlp = MLP(widths, activation, data=data)
        order = as_mlp(surface, mlp)
        assert sorted(order) == list(range(surface.d))
        points = points_near(surface, 50)
        theirs = np.empty_like(points)
        theirs[:, order] = points
        theirs = theirs.astype(dtype)
        values, gradients = surface.value_and_gradient(points)
        assert values.dtype == gradients.dtype == surface(points).dtype == np.dtype(dtype)
        expected, expected_gradients = mlp.value_and_gradient(theirs)
        np.testing.assert_allclose(values, expected, rtol=rtol)
        np.testing.assert_allclose(surface(points), values, rtol=rtol / 10)
        scale = np.abs(expected_gradients).max(axis=1, keepdims=True)
        assert (np.abs(gradients - expected_gradients[:, order]) <= 10 * rtol * scale).all()
        products = surface.hessian_vector_product(points[0], points[1:4])
        expected_products = mlp.hessian_vector_product(theirs[0], theirs[1:4])[:, order]
        assert products.dtype == np.dtype(dtype)
        assert np.abs(products - expected_products).max() <= 100 * rtol * np.abs(expected_products).max()


def test_convolutional_networks_are_those_of_plain_jax():
    import jax

    params, data = convolution()
    with x64():
        surface = from_jax(convolution_loss, params, data)
    assert surface.shapes == ((3,), (3, 1, 3, 3), (48, 4))
    assert surface.parameter_names == ("conv.b", "conv.w", "out")
    assert surface.coordinate_names[3 + 5] == "conv.w[0,0,1,2]"
    assert surface.coordinate_names[-1] == "out[47,3]"
    points = points_near(surface, 5)
    values, gradients = surface.value_and_gradient(points)
    with x64():
        for point, value, gradient in zip(points, values, gradients, strict=True):
            expected, tree = jax.value_and_grad(convolution_loss)(surface.unravel(point), *data)
            np.testing.assert_allclose(value, expected, rtol=1e-12)
            flat = jax.flatten_util.ravel_pytree(tree)[0]
            np.testing.assert_allclose(gradient, flat, atol=1e-12 * np.abs(gradient).max())
    vectors = np.random.default_rng(3).normal(size=(2, surface.d))
    products = surface.hessian_vector_product(points[0], vectors)
    differences = LossSurface._hessian_vector_products(surface, points[0], vectors)
    np.testing.assert_allclose(products, differences, atol=1e-7 * np.abs(products).max())
    np.testing.assert_array_equal(surface.hessian_vector_product(points[0], vectors[1]), products[1])


def test_gradients_are_the_limit_of_differences():
    params, data = dense((2, 3, 1))
    with x64():
        surface = from_jax(dense_loss("tanh"), params, data)
    points = points_near(surface, 3)
    _, gradients = surface.value_and_gradient(points)
    h = 1e-6
    for axis in range(surface.d):
        step = h * np.eye(surface.d)[axis]
        expected = (surface(points + step) - surface(points - step)) / (2 * h)
        np.testing.assert_allclose(gradients[:, axis], expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-13), ("float32", 1e-5)])
def test_batches_blocks_and_layouts_change_rounding_only(dtype, rtol, monkeypatch):
    import morsebar.networks.jax_surface as module

    params, (x, y) = dense((2, 5, 3), dtype)
    loss = dense_loss("tanh")
    with in_precision(dtype):
        whole = from_jax(loss, params, (x, y))
        others = [
            from_jax(loss, params, [x, y], batch_size=10),
            from_jax(loss, params, ((x[i : i + 20], y[i : i + 20]) for i in (0, 20))),
        ]
        monkeypatch.setattr(module, "_BLOCK_BYTES", 100_000)
        others.append(from_jax(loss, params, (x, y)))
    assert others[-1].chunk_size < 50 < whole.chunk_size
    points = points_near(whole, 100, dtype=dtype)
    values, gradients = whole.value_and_gradient(points)
    for surface in others:
        found, found_gradients = surface.value_and_gradient(points)
        np.testing.assert_allclose(found, values, rtol=rtol)
        np.testing.assert_allclose(surface(points), values, rtol=rtol)
        np.testing.assert_allclose(found_gradients, gradients, atol=rtol * np.abs(gradients).max())
        products = surface.hessian_vector_product(points[0], points[1])
        expected = whole.hessian_vector_product(points[0], points[1])
        np.testing.assert_allclose(products, expected, atol=10 * rtol * np.abs(expected).max())
    assert repr(others[0]).endswith(f"{dtype}, 33 samples in 4 batches)")
    values = whole(points)
    np.testing.assert_array_equal(whole(points), values)
    np.testing.assert_array_equal(whole(np.asfortranarray(points)), values)
    for part in (slice(None, None, -1), slice(None, None, 3), slice(5, 6)):
        np.testing.assert_allclose(whole(points[part]), values[part], rtol=rtol)


def test_no_points():
    params, data = dense((1, 2, 1), "float32")
    surface = from_jax(dense_loss("relu"), params, data)
    none = np.empty((0, surface.d))
    values, gradients = surface.value_and_gradient(none)
    assert values.shape == surface(none).shape == (0,)
    assert gradients.shape == (0, surface.d)
    assert values.dtype == gradients.dtype == np.float32
    assert surface.hessian_vector_product(surface.parameters, none).shape == (0, surface.d)


def test_large_losses_are_evaluated_in_small_blocks():
    import jax

    params, (x, y) = dense((1, 50, 50, 1), "float32")
    loss = dense_loss("tanh")
    small = from_jax(loss, params, (x, y))
    for function in (loss, jax.jit(loss), jax.checkpoint(loss)):
        large = from_jax(function, params, (np.tile(x, (300, 1)), np.tile(y, (300, 1))))
        assert large.chunk_size == 1 < small.chunk_size


def test_precision_is_that_of_the_parameters_when_the_surface_is_made():
    import jax

    params, data = dense((1, 2, 1))
    single = from_jax(dense_loss("tanh"), params, data)
    with x64():
        double = from_jax(dense_loss("tanh"), params, data)
        assert single(np.zeros((1, 7))).dtype == np.float32
        mixed = from_jax(dense_loss("tanh"), *dense((1, 2, 1), "float32")[:1], data)
        assert mixed(np.zeros((1, 7))).dtype == np.float32
    point = double.parameters
    assert (single.parameters.dtype, point.dtype) == (np.float32, np.float64)
    assert double([point]).dtype == double.value_and_gradient([point])[1].dtype == np.float64
    assert double.hessian_vector_product(point, point).dtype == np.float64
    assert jax.tree_util.tree_leaves(double.unravel(point))[0].dtype == np.float64
    np.testing.assert_allclose(single([point]), double([point]), rtol=1e-5)
    assert double([point]) != double([point.astype(np.float32)])
    # The caller's own setting stays what it is.
    assert jax.numpy.ones(1).dtype == np.float32


def test_parameters_come_back_as_they_were():
    import jax

    params, data = dense((2, 3, 1), "float32")
    surface = from_jax(dense_loss("tanh"), params, data)
    tree = surface.unravel(surface.parameters)
    assert jax.tree_util.tree_structure(tree) == jax.tree_util.tree_structure(params)
    jax.tree_util.tree_map(np.testing.assert_array_equal, tree, params)
    with pytest.raises(ValueError, match="read-only"):
        surface.parameters[0] = 1
    with pytest.raises(ValueError, match=r"point: got shape \(12,\), expected \(13,\)"):
        surface.unravel(np.zeros(12))
    params[0]["w"] += 1
    jax.tree_util.tree_map(np.testing.assert_array_equal, surface.unravel(surface.parameters), tree)


def test_names_of_coordinates():
    from collections import namedtuple

    layer = namedtuple("layer", "w b")
    params = {"layers": [layer(np.zeros((1, 2)), np.zeros(())), np.zeros(1)], "a b": np.zeros(1), 7: None}
    del params[7]
    surface = from_jax(lambda p: p["layers"][0].w.sum(), params)
    assert surface.coordinate_names == (
        "['a b'][0]",
        "layers[0].w[0,0]",
        "layers[0].w[0,1]",
        "layers[0].b",
        "layers[1][0]",
    )
    assert from_jax(lambda p: (p**2).sum(), np.zeros(2)).coordinate_names == ("params[0]", "params[1]")
    assert from_jax(lambda p: p[1], (1.0, 2.0)).coordinate_names == ("[0]", "[1]")


def test_a_loss_without_data():
    import jax.numpy as jnp

    def rosenbrock(p):
        return (1 - p["x"]) ** 2 + 100 * (p["y"] - p["x"] ** 2) ** 2

    surface = from_jax(rosenbrock, {"x": 0.5, "y": jnp.array(0.5)}, bounds=[(-2, 2), (-1, 3)])
    assert repr(surface) == "JaxSurface(rosenbrock, 2 parameters, float32)"
    values, gradients = surface.value_and_gradient([[1.0, 1.0], [0.0, 1.0]])
    np.testing.assert_allclose(values, [0, 101])
    np.testing.assert_allclose(gradients, [[0, 0], [-2, 200]])
    np.testing.assert_allclose(surface.hessian_vector_product([1.0, 1.0], [1.0, 0.0]), [802, -400])
    land = mb.landscape(surface, n_samples=20_000)
    assert land.name == "rosenbrock"
    assert land.values.dtype == np.float32
    assert len(land.barcode.significant()) == 1


def test_functions_without_forward_derivatives_have_products():
    import jax

    @jax.custom_vjp
    def cube(t):
        return t**3

    cube.defvjp(lambda t: (t**3, t), lambda t, g: (3 * t**2 * g,))
    surface = from_jax(lambda p: cube(p).sum(), np.ones(2, np.float32))
    np.testing.assert_allclose(surface.hessian_vector_product([2.0, 3.0], [1.0, 2.0]), [12, 36])


def test_overflow_is_no_loss_and_no_warning():
    params, data = dense((1, 3, 1), "float32")
    surface = from_jax(dense_loss("relu"), params, data)
    points = np.array([[1e300] * surface.d, [np.nan] * surface.d, [0.0] * surface.d])
    values, gradients = surface.value_and_gradient(points)
    assert not np.isfinite(values[0])
    assert np.isnan(values[1])
    assert np.isfinite(values[2])
    assert np.isfinite(gradients[2]).all()
    np.testing.assert_array_equal(surface(points), values)


def test_nan_losses_are_returned_named_or_masked():
    import jax.numpy as jnp

    def loss(p):
        return jnp.where(p.sum() < 0, jnp.nan, (p**2).sum())

    surface = from_jax(loss, np.ones(2), bounds=[(-2, 2)] * 2)
    values, gradients = surface.value_and_gradient([[-1.0, -1.0], [1.0, 1.0]])
    np.testing.assert_array_equal(np.isnan(values), [True, False])
    np.testing.assert_array_equal(gradients[1], [2.0, 2.0])
    with pytest.raises(
        ValueError, match=r"got nan at sample \d+, the point \(.*\); nan='mask' leaves such points"
    ):
        mb.landscape(surface, n_samples=500)
    land = mb.landscape(surface, n_samples=500, nan="mask")
    masked = np.isnan(land.values)
    np.testing.assert_array_equal(masked, land.points.astype(np.float32).sum(axis=1) < 0)
    assert len(land.barcode) == 1
    assert f"masked     {masked.sum()} samples of value NaN\n" in repr(land)


@pytest.mark.parametrize("precise", [False, True])
def test_pickles(precise):
    params, data = convolution()
    with x64(precise):
        surface = from_jax(convolution_loss, params, data, bounds=[(-1, 1)] * 222, batch_size=6)
    copy = pickle.loads(pickle.dumps(surface))
    points = points_near(surface, 3)
    np.testing.assert_array_equal(copy(points), surface(points))
    np.testing.assert_array_equal(copy.bounds, surface.bounds)
    kind = "float64" if precise else "float32"
    assert (
        repr(copy)
        == repr(surface)
        == (f"JaxSurface(convolution_loss, 222 parameters, {kind}, 20 samples in 4 batches)")
    )
    with pytest.raises((AttributeError, pickle.PicklingError), match=r"local|lambda"):
        pickle.dumps(from_jax(lambda p: p.sum(), np.ones(2)))


def test_the_data_are_copied():
    params, (x, y) = dense((1, 1), "float32")
    surface = from_jax(dense_loss("tanh"), params, (x, y))
    before = surface([surface.parameters])
    x += 1
    y += 1
    np.testing.assert_array_equal(surface([surface.parameters]), before)


def test_bad_losses():
    import jax.numpy as jnp

    params, (x, y) = dense((2, 3, 1), "float32")
    for loss, message in (
        (lambda p, x, y: x[:, 0] * p[0]["b"].sum(), r"loss: got shape \(33,\), expected \(\): a mean over"),
        (lambda p, x, y: (p[0]["b"].sum(), 1), "loss: got tuple, expected a number"),
        (lambda p, x, y: jnp.argmax(p[0]["b"]), "loss: got dtype int32, expected a floating-point number"),
        ("mse", "loss: expected a callable, got 'mse'"),
    ):
        with pytest.raises(ValueError, match=message):
            from_jax(loss, params, (x, y))
    with pytest.raises(TypeError, match="dot_general requires contracting") as caught:
        from_jax(dense_loss("tanh"), params, (y, y))
    assert caught.value.__notes__[-1] == "raised by the loss of parameters and float32[33, 1], float32[33, 1]"
    with pytest.raises(TypeError, match="missing 2 required") as caught:
        from_jax(dense_loss("tanh"), params)
    assert caught.value.__notes__[-1] == "raised by the loss of parameters and nothing else"


def test_bad_parameters():
    single = np.zeros(2, np.float32)
    for params, message in (
        ({"w": single, "name": "dense"}, "params: got name of type str, expected an array"),
        ({"w": single, "n": 3}, "params: got n of int32, expected float32 or float64"),
        ({"w": single.astype(np.float16)}, "params: got w of float16, expected float32 or float64"),
        ({}, "params: got no numbers, expected at least one"),
        (np.zeros((0, 3)), "params: got no numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            from_jax(lambda p: 0.0, params)
    with (
        x64(),
        pytest.raises(ValueError, match=r"params: got \[0\] of float32 and \[1\] of float64, expected one"),
    ):
        from_jax(lambda p: 0.0, [single, np.zeros(2)])


def test_bad_data():
    params, (x, y) = dense((2, 3, 1), "float32")
    loss = dense_loss("tanh")
    for data, message in (
        (
            x,
            r"data: got ndarray, expected a pair \(inputs, targets\) of arrays of jax or numpy",
        ),
        ([], "data: got no batch"),
        ((x, y[:-1]), "data: got 33 inputs and 32 targets, expected as many"),
        (
            [(x, y), (x, y.tolist())],
            "data: batch 1: got targets of type list, expected arrays of jax or numpy",
        ),
        ([(x, y), (x,)], r"data: batch 1: got tuple of 1, expected a pair \(inputs, targets\)"),
    ):
        with pytest.raises(ValueError, match=message):
            from_jax(loss, params, data)
    with pytest.raises(ValueError, match="data: got integers beyond int32, expected jax_enable_x64"):
        from_jax(loss, params, (x, np.full(33, 2**40)))
    with pytest.raises(ValueError, match="batch_size: expected an integer of at least 1, got 0"):
        from_jax(loss, params, (x, y), batch_size=0)
    with pytest.raises(ValueError, match="batch_size: got 4 without data, expected None"):
        from_jax(loss, params, batch_size=4)
    with pytest.raises(ValueError, match=r"bounds: got shape \(1, 2\), expected \(13, 2\)"):
        from_jax(loss, params, (x, y), bounds=[(0, 1)])


def test_bad_points():
    params, data = dense((2, 3, 1), "float32")
    surface = from_jax(dense_loss("tanh"), params, data)
    for call in (surface, surface.value_and_gradient):
        with pytest.raises(ValueError, match=r"points: got shape \(13,\), expected \(n, 13\)"):
            call(surface.parameters)
        with pytest.raises(ValueError, match="points: got dtype complex128"):
            call(np.zeros((1, 13), complex))


def test_without_jax(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"jax is needed here: pip install 'morsebar\[jax\]'"):
        from_jax(None, None)
