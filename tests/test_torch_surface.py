"""Losses of torch models: against dense networks, plain loops, finite differences, and what is refused."""

import pickle
import sys
from itertools import pairwise

import numpy as np
import pytest

import morsebar as mb
from morsebar.networks import MLP, LossSurface, from_torch

pytestmark = pytest.mark.torch


def summed_squares(outputs, targets):
    return ((outputs - targets) ** 2).sum(dim=1).mean()


def first_difference(outputs, targets):
    """A loss that branches on the outputs, which vmap cannot follow."""
    difference = (outputs - targets)[0].sum()
    return difference if difference > 0 else difference**2


def dense(widths, activation="Tanh", dtype="float64", seed=0):
    """A dense module and samples for it."""
    import torch

    layers = []
    generator = torch.Generator().manual_seed(seed)
    for n_inputs, n_outputs in pairwise(widths):
        layers += [torch.nn.Linear(n_inputs, n_outputs), getattr(torch.nn, activation)()]
    module = torch.nn.Sequential(*layers[:-1]).to(getattr(torch, dtype))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return module, samples(33, widths[0], widths[-1], dtype)


def samples(n, n_inputs, n_outputs, dtype="float64"):
    import torch

    rng = np.random.default_rng(1)
    arrays = rng.normal(size=(n, n_inputs)), rng.normal(size=(n, n_outputs))
    return tuple(torch.tensor(array, dtype=getattr(torch, dtype)) for array in arrays)


def convolutional(dtype="float64"):
    """A small network for images of 6 x 6, with convolutions and batch normalisation, and data for it."""
    import torch

    nn = torch.nn
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1),
        nn.BatchNorm2d(3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(27, 4),
    ).to(getattr(torch, dtype))
    images = torch.randn(20, 1, 6, 6, dtype=getattr(torch, dtype))
    module(images)  # gives batch normalisation statistics that are not the first ones
    return module.eval(), (images, torch.arange(20) % 4)


def points_near(surface, n, seed=2, dtype=np.float64):
    return (surface.parameters + np.random.default_rng(seed).normal(size=(n, surface.d))).astype(dtype)


def plain(module, loss, data, point):
    """Value and gradient of one parameter vector, in a copy of the module, without torch.func."""
    import copy

    import torch

    model = copy.deepcopy(module)
    free = [parameter for parameter in model.parameters() if parameter.requires_grad]
    torch.nn.utils.vector_to_parameters(torch.tensor(point, dtype=free[0].dtype), free)
    value = loss(model(data[0]), data[1])
    gradients = torch.autograd.grad(value, free, materialize_grads=True)
    return value.item(), torch.cat([gradient.ravel() for gradient in gradients]).numpy()


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "identity"])
@pytest.mark.parametrize("widths", [(1, 1), (1, 2, 2, 1), (2, 3, 4, 2)])
def test_dense_networks_are_those_of_numpy(widths, activation):
    names = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid", "identity": "Identity"}
    for dtype, rtol in (("float64", 1e-12), ("float32", 1e-5)):
        module, (x, y) = dense(widths, names[activation], dtype)
        surface = from_torch(module, summed_squares, (x, y))
        mlp = MLP(widths, activation, data=(x.numpy(), y.numpy()))
        assert surface.d == mlp.d
        points = points_near(surface, 50)
        values, gradients = surface.value_and_gradient(points)
        assert values.dtype == gradients.dtype == surface(points).dtype == np.dtype(dtype)
        expected, expected_gradients = mlp.value_and_gradient(points.astype(dtype))
        np.testing.assert_allclose(values, expected, rtol=rtol)
        np.testing.assert_array_equal(surface(points), values)
        scale = np.abs(expected_gradients).max(axis=1, keepdims=True)
        assert (np.abs(gradients - expected_gradients) <= 10 * rtol * scale).all()
        products = surface.hessian_vector_product(points[0], points[1:4])
        expected_products = mlp.hessian_vector_product(points[0].astype(dtype), points[1:4])
        assert products.dtype == np.dtype(dtype)
        assert np.abs(products - expected_products).max() <= 100 * rtol * np.abs(expected_products).max()


@pytest.mark.parametrize("loss", ["cross_entropy", "first_difference"])
def test_convolutional_networks_are_those_of_plain_torch(loss):
    import torch

    module, (images, labels) = convolutional()
    if loss == "first_difference":
        function, targets = first_difference, torch.ones(20, 4, dtype=torch.float64)
    else:
        function, targets = torch.nn.functional.cross_entropy, labels
    surface = from_torch(module, function, (images, targets), chunk_size=3)
    assert surface.shapes == ((3, 1, 3, 3), (3,), (3,), (3,), (4, 27), (4,))
    assert surface.coordinate_names[5] == "0.weight[0,0,1,2]"
    assert surface.coordinate_names[-1] == "6.bias[3]"
    assert len(surface.coordinate_names) == surface.d == 27 + 9 + 4 * 27 + 4
    assert repr(surface).endswith(
        "20 samples, one vector at a time)" if loss == "first_difference" else "20 samples)"
    )
    points = points_near(surface, 7)
    values, gradients = surface.value_and_gradient(points)
    np.testing.assert_array_equal(surface(points), values)
    expected = [plain(module, function, (images, targets), point) for point in points]
    np.testing.assert_allclose(values, [value for value, _ in expected], rtol=1e-10)
    np.testing.assert_allclose(
        gradients, [gradient for _, gradient in expected], atol=1e-10 * np.abs(gradients).max()
    )
    vectors = np.random.default_rng(3).normal(size=(2, surface.d))
    products = surface.hessian_vector_product(points[0], vectors)
    differences = LossSurface._hessian_vector_products(surface, points[0], vectors)
    np.testing.assert_allclose(products, differences, atol=1e-6 * np.abs(products).max())
    np.testing.assert_array_equal(surface.hessian_vector_product(points[0], vectors[1]), products[1])


def kinds_of_modules():
    """Modules that vmap follows, and some that it does not, with inputs."""
    import torch

    nn = torch.nn

    class Last(nn.Module):
        def __init__(self, layer, width):
            super().__init__()
            self.layer, self.out = layer, nn.Linear(width, 2)

        def forward(self, x):
            outputs = self.layer(x)
            outputs = outputs[0] if isinstance(outputs, tuple) else outputs
            return self.out(outputs[:, -1] if outputs.ndim == 3 else outputs)

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            context.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(context, slope):
            (x,) = context.saved_tensors
            return 3 * x**2 * slope

    class Cubed(nn.Module):
        def forward(self, x):
            return Cube.apply(x)

    class Slope(nn.Module):
        """A module that differentiates by its inputs."""

        def forward(self, x):
            x = x.detach().clone().requires_grad_()
            return torch.autograd.grad(self.layer(x).sum(), x, create_graph=True)[0]

        def __init__(self):
            super().__init__()
            self.layer = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1))

    torch.manual_seed(0)
    plain = torch.randn(5, 4)
    sequences = torch.randn(5, 6, 4)
    return {
        "attention": (Last(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 4), sequences, True),
        "embedding": (Last(nn.Embedding(7, 3), 3), torch.arange(10).reshape(5, 2) % 7, True),
        "group norm": (
            nn.Sequential(nn.Linear(4, 4), nn.GroupNorm(2, 4), nn.GELU(), nn.Linear(4, 2)),
            plain,
            True,
        ),
        "lstm": (Last(nn.LSTM(4, 3, batch_first=True), 3), sequences, False),
        "own derivative": (Last(nn.Sequential(nn.Linear(4, 3), Cubed()), 3), plain, False),
        "slope": (Last(Slope(), 4), plain, False),
    }


@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.parametrize("kind", ["attention", "embedding", "group norm", "lstm", "own derivative", "slope"])
def test_kinds_of_modules_are_those_of_plain_torch(kind):
    module, inputs, together = kinds_of_modules()[kind]
    module = module.double().eval()
    inputs = inputs.double() if inputs.is_floating_point() else inputs
    data = inputs, samples(5, 1, 2)[1]
    surface = from_torch(module, summed_squares, data)
    assert ("one vector at a time" in repr(surface)) is not together
    points = points_near(surface, 3)
    values, gradients = surface.value_and_gradient(points)
    np.testing.assert_allclose(surface(points), values, rtol=1e-12)
    for point, value, gradient in zip(points, values, gradients, strict=True):
        expected, expected_gradient = plain(module, summed_squares, data, point)
        np.testing.assert_allclose(value, expected, rtol=1e-10)
        np.testing.assert_allclose(gradient, expected_gradient, atol=1e-10 * np.abs(gradient).max())
    vectors = np.random.default_rng(3).normal(size=(2, surface.d))
    products = surface.hessian_vector_product(points[0], vectors)
    differences = LossSurface._hessian_vector_products(surface, points[0], vectors)
    np.testing.assert_allclose(products, differences, atol=1e-5 * np.abs(products).max())


def test_gradients_are_the_limit_of_differences():
    module, data = dense((2, 3, 1))
    surface = from_torch(module, summed_squares, data)
    points = points_near(surface, 3)
    _, gradients = surface.value_and_gradient(points)
    h = 1e-6
    for axis in range(surface.d):
        step = h * np.eye(surface.d)[axis]
        expected = (surface(points + step) - surface(points - step)) / (2 * h)
        np.testing.assert_allclose(gradients[:, axis], expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-13), ("float32", 1e-5)])
def test_chunks_batches_and_layouts_change_rounding_only(dtype, rtol):
    import torch

    module, (x, y) = dense((2, 5, 3), dtype=dtype)
    whole = from_torch(module, summed_squares, (x, y))
    points = points_near(whole, 100, dtype=dtype)
    values, gradients = whole.value_and_gradient(points)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=10)
    others = (
        from_torch(module, summed_squares, (x, y), chunk_size=7),
        from_torch(module, summed_squares, [x, y], chunk_size=1),
        from_torch(module, summed_squares, (x, y), batch_size=10),
        from_torch(module, summed_squares, (x, y), batch_size=1),
        from_torch(module, summed_squares, ((x[i : i + 20], y[i : i + 20]) for i in (0, 20))),
        from_torch(module, summed_squares, loader, chunk_size=64),
    )
    for surface in others:
        found, found_gradients = surface.value_and_gradient(points)
        np.testing.assert_allclose(found, values, rtol=rtol)
        np.testing.assert_allclose(found_gradients, gradients, atol=rtol * np.abs(gradients).max())
        products = surface.hessian_vector_product(points[0], points[1])
        expected = whole.hessian_vector_product(points[0], points[1])
        np.testing.assert_allclose(products, expected, atol=10 * rtol * np.abs(expected).max())
    assert repr(others[-1]).endswith("33 samples in 4 batches)")
    np.testing.assert_array_equal(whole(points), values)
    np.testing.assert_array_equal(whole(np.asfortranarray(points)), values)
    np.testing.assert_allclose(whole(points[::-1]), values[::-1], rtol=rtol)
    np.testing.assert_allclose(whole(points[::3]), values[::3], rtol=rtol)
    np.testing.assert_allclose(whole(points[5:6]), values[5:6], rtol=rtol)
    frozen = points.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(whole(frozen), values)


def test_no_points():
    module, data = dense((1, 2, 1), dtype="float32")
    surface = from_torch(module, summed_squares, data)
    values, gradients = surface.value_and_gradient(np.empty((0, surface.d)))
    assert values.shape == surface(np.empty((0, surface.d))).shape == (0,)
    assert gradients.shape == (0, surface.d)
    assert values.dtype == gradients.dtype == np.float32
    assert surface.hessian_vector_product(surface.parameters, np.empty((0, surface.d))).shape == (
        0,
        surface.d,
    )


def test_chunks_keep_memory_bounded():
    module, data = dense((1, 50, 50, 1), dtype="float32")
    small, large = (
        from_torch(module, summed_squares, tuple(part.repeat(times, 1) for part in data)) for times in (1, 30)
    )
    assert 1 <= large.chunk_size < small.chunk_size / 5
    # What autograd keeps for one vector: the outputs of both hidden layers, before and after the activation.
    kept = 33 * 30 * 100 * 4
    assert large.chunk_size * kept < 1 << 26 < 4 * large.chunk_size * kept


def test_large_models_are_evaluated_one_vector_at_a_time():
    module, data = dense((1, 50, 50, 1))
    many = tuple(part.repeat(300, 1) for part in data)
    surface = from_torch(module, summed_squares, many)
    assert surface.chunk_size == 1
    assert repr(surface).endswith("one vector at a time)")
    points = points_near(surface, 3)
    together = from_torch(module, summed_squares, many, chunk_size=3)
    assert repr(together).endswith("samples)")
    for alone, other in zip(
        surface.value_and_gradient(points), together.value_and_gradient(points), strict=True
    ):
        np.testing.assert_allclose(alone, other, rtol=1e-12, atol=1e-14)


def test_evaluation_leaves_the_module_as_it_is():
    import torch

    module, data = convolutional()
    module[6].weight.grad = torch.ones_like(module[6].weight)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    random_state = torch.get_rng_state()
    surface = from_torch(module, torch.nn.functional.cross_entropy, data)
    surface.value_and_gradient(points_near(surface, 2))
    surface.hessian_vector_product(surface.parameters, surface.parameters)
    assert torch.equal(torch.get_rng_state(), random_state)
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    assert not any(part.training for part in module.modules())
    assert torch.equal(module[6].weight.grad, torch.ones_like(module[6].weight))
    assert module[0].weight.grad is None
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())


@pytest.mark.parametrize("loss", [summed_squares, first_difference])
def test_inference_mode_changes_nothing(loss):
    import torch

    module, data = dense((2, 3, 1))
    surface = from_torch(module, loss, data)
    points = points_near(surface, 5)
    with torch.inference_mode():
        made_there = from_torch(module, loss, tuple(tensor.clone() for tensor in data))
        there = [*surface.value_and_gradient(points), surface.hessian_vector_product(points[0], points)]
    assert np.abs(there[1]).min() > 0
    for other in (surface, made_there):
        here = [*other.value_and_gradient(points), other.hessian_vector_product(points[0], points)]
        for found, expected in zip(there, here, strict=True):
            np.testing.assert_array_equal(found, expected)


def test_a_module_may_write_into_its_inputs():
    import torch

    class Doubled(torch.nn.Module):
        def forward(self, x):
            return x.mul_(2)

    module, data = dense((2, 3, 1))
    points = points_near(from_torch(module, summed_squares, data), 3)
    expected = from_torch(module, summed_squares, (2 * data[0], data[1]))(points)
    surface = from_torch(torch.nn.Sequential(Doubled(), module), summed_squares, data)
    for _ in range(2):
        np.testing.assert_array_equal(surface(points), expected)
        np.testing.assert_allclose(surface.value_and_gradient(points)[0], expected, rtol=1e-14)


def test_weight_decay_by_a_module_around():
    import torch

    class Decayed(torch.nn.Module):
        def __init__(self, module):
            super().__init__()
            self.module = module

        def forward(self, x):
            return self.module(x), sum((parameter**2).sum() for parameter in self.parameters())

    def loss(outputs, targets):
        return summed_squares(outputs[0], targets) + 0.01 * outputs[1]

    module, (x, y) = dense((2, 3, 1))
    surface = from_torch(Decayed(module), loss, (x, y), batch_size=10)
    mlp = MLP((2, 3, 1), "tanh", data=(x.numpy(), y.numpy()), l2=0.01)
    points = points_near(surface, 4)
    for found, expected in zip(
        surface.value_and_gradient(points), mlp.value_and_gradient(points), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_nan_in_a_buffer_is_no_change():
    import torch

    module, data = dense((2, 1))
    values = from_torch(module, summed_squares, data)
    module.register_buffer("unused", torch.tensor([np.nan, np.inf, 1.0]))
    surface = from_torch(module, summed_squares, data)
    np.testing.assert_array_equal(surface([surface.parameters]), values([surface.parameters]))


def test_training_the_module_does_not_change_the_surface():
    import torch

    module, (images, labels) = convolutional()
    surface = from_torch(module, torch.nn.functional.cross_entropy, (images, labels))
    point = surface.parameters.copy()
    value = surface([point])
    np.testing.assert_allclose(
        value, torch.nn.functional.cross_entropy(module(images), labels).item(), rtol=1e-12
    )
    module.train()
    module(images)
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1)
    torch.nn.functional.cross_entropy(module(images), labels).backward()
    optimiser.step()
    images.zero_()
    np.testing.assert_array_equal(surface([point]), value)
    np.testing.assert_array_equal(surface.parameters, point)
    with pytest.raises(ValueError, match="read-only"):
        surface.parameters[0] = 1


def test_points_are_loaded_into_the_module():
    module, (x, y) = dense((2, 3, 1), dtype="float32")
    surface = from_torch(module, summed_squares, (x, y))
    point = points_near(surface, 1)[0]
    surface.load(point)
    np.testing.assert_allclose(summed_squares(module(x), y).item(), surface([point])[0], rtol=1e-6)
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in module.parameters())
    np.testing.assert_array_equal(
        from_torch(module, summed_squares, (x, y)).parameters, point.astype(np.float32)
    )
    with pytest.raises(ValueError, match=r"point: got shape \(12,\), expected \(13,\)"):
        surface.load(np.zeros(12))


def test_only_trainable_parameters_are_coordinates():
    module, data = dense((2, 3, 1))
    module[0].requires_grad_(False)
    surface = from_torch(module, summed_squares, data)
    assert surface.coordinate_names == ("2.weight[0,0]", "2.weight[0,1]", "2.weight[0,2]", "2.bias[0]")
    points = points_near(surface, 3)
    values, gradients = surface.value_and_gradient(points)
    for point, value, gradient in zip(points, values, gradients, strict=True):
        expected = plain(module, summed_squares, data, point)
        np.testing.assert_allclose(value, expected[0], rtol=1e-12)
        np.testing.assert_allclose(gradient, expected[1], rtol=1e-10)


def test_shared_parameters_are_one_coordinate():
    import torch

    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.down = torch.nn.Linear(2, 2, bias=False)
            self.up = torch.nn.Linear(2, 2, bias=False)
            self.up.weight = self.down.weight
            self.scale = torch.nn.Parameter(torch.tensor(2.0))

        def forward(self, x):
            return self.scale * self.up(torch.tanh(self.down(x)))

    module = Tied()
    data = samples(9, 2, 2, "float32")
    surface = from_torch(module, summed_squares, data)
    assert surface.coordinate_names == ("scale", *(f"down.weight[{i},{j}]" for i in (0, 1) for j in (0, 1)))
    point = points_near(surface, 1)[0]
    value, gradient = plain(module, summed_squares, data, point)
    values, gradients = surface.value_and_gradient([point])
    np.testing.assert_allclose(values, [value], rtol=1e-5)
    np.testing.assert_allclose(gradients, [gradient], rtol=1e-4)
    surface.load(point)
    assert module.up.weight is module.down.weight
    np.testing.assert_allclose(module.up.weight.detach().numpy().ravel(), point[1:], rtol=1e-6)


def test_a_loss_that_is_constant_almost_everywhere():
    import torch

    module, (x, _) = dense((2, 3))

    def errors(outputs, labels):
        return (outputs.argmax(dim=1) != labels).float().mean()

    labels = torch.arange(33) % 3
    surface = from_torch(module, errors, (x, labels), batch_size=8)
    values, gradients = surface.value_and_gradient(points_near(surface, 20))
    assert values.dtype == np.float64
    np.testing.assert_allclose(values * 33, np.round(values * 33), atol=1e-4)
    assert len(np.unique(values)) > 3
    np.testing.assert_array_equal(gradients, 0)
    np.testing.assert_array_equal(surface.hessian_vector_product(surface.parameters, surface.parameters), 0)


def test_a_linear_loss_has_no_curvature():
    module, data = dense((2, 2))
    surface = from_torch(module, lambda outputs, targets: (outputs * targets).sum(dim=1).mean(), data)
    np.testing.assert_array_equal(surface.hessian_vector_product(surface.parameters, np.eye(surface.d)), 0)


def test_a_landscape_of_a_module():
    import torch

    x = torch.linspace(-1, 1, 9, dtype=torch.float64)[:, None]
    module = torch.nn.Sequential(
        torch.nn.Linear(1, 1, bias=False), torch.nn.Tanh(), torch.nn.Linear(1, 1, bias=False)
    ).double()
    surface = from_torch(
        module, summed_squares, (x, torch.tanh(2 * x)), bounds=[(-4, 4)] * 2, name="two weights"
    )
    land = mb.landscape(surface, n_samples=10_000)
    mlp = MLP(
        (1, 1, 1), "tanh", biases="none", data=(x.numpy(), np.tanh(2 * x.numpy())), bounds=[(-4, 4)] * 2
    )
    assert land.name == "two weights"
    np.testing.assert_allclose(
        land.barcode.diagram, mb.landscape(mlp, n_samples=10_000).barcode.diagram, rtol=1e-9
    )


def test_single_precision_reaches_the_landscape():
    module, data = dense((1, 1), dtype="float32")
    land = mb.landscape(from_torch(module, summed_squares, data), [(-3, 3)] * 2, n_samples=2000)
    assert land.values.dtype == np.float32
    assert len(land.barcode.significant()) == 1


def test_overflow_is_no_loss_and_no_warning():
    module, data = dense((1, 3, 1), "ReLU", "float32")
    surface = from_torch(module, summed_squares, data)
    points = np.array([[1e300] * surface.d, [np.nan] * surface.d, [0.0] * surface.d])
    values, gradients = surface.value_and_gradient(points)
    assert not np.isfinite(values[0])
    assert np.isnan(values[1])
    assert np.isfinite(values[2])
    assert np.isfinite(gradients[2]).all()
    np.testing.assert_array_equal(surface(points), values)


def nan_on_the_left(outputs, targets):
    return summed_squares(outputs, targets) + 0 * outputs[0, 0].log()


def test_nan_losses_are_returned_named_or_masked():
    import torch

    module = torch.nn.Linear(1, 1, dtype=torch.float64)
    x = torch.ones(3, 1, dtype=torch.float64)
    surface = from_torch(module, nan_on_the_left, (x, x), bounds=[(-2, 2)] * 2)
    np.testing.assert_array_equal(np.isnan(surface([[1.0, 1.0], [-1.0, -1.0]])), [False, True])
    values, gradients = surface.value_and_gradient([[-1.0, -1.0], [1.0, 1.0]])
    assert np.isnan(values[0])
    np.testing.assert_array_equal(gradients[1], [2.0, 2.0])
    with pytest.raises(
        ValueError, match=r"got nan at sample \d+, the point \(.*\); nan='mask' leaves such points"
    ):
        mb.landscape(surface, n_samples=500)
    land = mb.landscape(surface, n_samples=500, nan="mask")
    masked = np.isnan(land.values)
    np.testing.assert_array_equal(masked, land.points.sum(axis=1) < 0)
    assert f"masked     {masked.sum()} samples of value NaN\n" in repr(land)


def test_pickles():
    import torch

    module, data = convolutional("float32")
    surface = from_torch(
        module, torch.nn.functional.cross_entropy, data, bounds=[(-1, 1)] * 148, batch_size=6
    )
    copy = pickle.loads(pickle.dumps(surface))
    points = points_near(surface, 3)
    np.testing.assert_array_equal(copy(points), surface(points))
    np.testing.assert_array_equal(copy.bounds, surface.bounds)
    assert (
        repr(copy)
        == repr(surface)
        == ("TorchSurface(Sequential, 148 parameters, float32 on cpu, 20 samples in 4 batches)")
    )
    copy.load(points[0])
    np.testing.assert_array_equal(surface.parameters, copy.parameters)
    with pytest.raises((AttributeError, pickle.PicklingError), match=r"local|lambda"):
        pickle.dumps(from_torch(module, lambda outputs, targets: outputs.mean(), data))


def modules_in_training_mode():
    import torch

    nn = torch.nn

    class Noisy(nn.Module):
        def forward(self, x):
            return x + torch.randn_like(x)

    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(2, 2)

        def forward(self, x):
            return nn.functional.dropout(self.linear(x), training=self.training)

    class Centred(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mean", torch.zeros(2))

        def forward(self, x):
            if self.training:
                self.mean = x.detach().mean(dim=0)
            return x - self.mean

    linear = nn.Linear(2, 2)
    return {
        r"1 \(Dropout\) draws random numbers": nn.Sequential(linear, nn.Dropout(0.1)),
        r"1\.0 \(RReLU\) draws random numbers": nn.Sequential(linear, nn.Sequential(nn.RReLU())),
        r"0 \(Functional\) draws random numbers": nn.Sequential(Functional()),
        r"1 \(Noisy\) draws random numbers": nn.Sequential(linear, Noisy()),
        r"1 \(BatchNorm1d\) changes its buffer running_mean": nn.Sequential(linear, nn.BatchNorm1d(2)),
        r"0\.1 \(Centred\) changes its buffer mean": nn.Sequential(nn.Sequential(linear, Centred())),
    }


@pytest.mark.parametrize("i", range(6))
def test_modules_that_are_no_functions_are_refused(i):
    import torch

    message, module = list(modules_in_training_mode().items())[i]
    data = samples(5, 2, 2, "float32")
    state = torch.get_rng_state()
    with pytest.raises(ValueError, match=rf"module: {message}.*: call module.eval\(\) first"):
        from_torch(module, summed_squares, data)
    assert torch.equal(torch.get_rng_state(), state)
    if "Noisy" in message:
        with pytest.raises(ValueError, match="draws random numbers"):
            from_torch(module.eval(), summed_squares, data)
    else:
        surface = from_torch(module.eval(), summed_squares, data)
        expected = plain(module, summed_squares, data, surface.parameters)[0]
        np.testing.assert_allclose(surface([surface.parameters]), [expected], rtol=1e-5)


def test_models_and_data_on_two_devices():
    module, (x, y) = dense((2, 3, 1))
    with pytest.raises(ValueError, match="data: got inputs on meta and a module on cpu, expected one device"):
        from_torch(module, summed_squares, (x.to("meta"), y))
    with pytest.raises(
        ValueError, match="data: got targets on cpu and a module on meta, expected one device"
    ):
        from_torch(module.to("meta"), summed_squares, (x.to("meta"), y))
    module, data = dense((2, 3, 1))
    module[2].to("meta")
    with pytest.raises(
        ValueError, match=r"module: got 0.weight on cpu and 2.weight on meta, expected one device"
    ):
        from_torch(module, summed_squares, data)


def test_bad_losses():
    import torch

    module, (x, y) = dense((2, 3, 1))
    with pytest.raises(
        ValueError, match=r"loss: got shape \(33, 1\), expected \(\), the mean over the samples"
    ):
        from_torch(module, lambda outputs, targets: (outputs - targets) ** 2, (x, y))
    with pytest.raises(ValueError, match=r"loss: got shape \(3, 1\), expected \(\)"):
        from_torch(module, lambda outputs, targets: (outputs - targets) ** 2, (x, y), batch_size=3)
    with pytest.raises(ValueError, match=r"loss: got float, expected a tensor of shape \(\)"):
        from_torch(module, lambda outputs, targets: summed_squares(outputs, targets).item(), (x, y))
    with pytest.raises(ValueError, match=r"loss: got torch\.complex128, expected a real number"):
        from_torch(module, lambda outputs, targets: summed_squares(outputs, targets) * 1j, (x, y))
    with pytest.raises(ValueError, match="loss: draws random numbers"):
        from_torch(module, lambda outputs, targets: (outputs * torch.rand(1)).mean(), (x, y))
    with pytest.raises(ValueError, match="loss: expected a callable, got 'mse'"):
        from_torch(module, "mse", (x, y))
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied") as caught:
        from_torch(module, summed_squares, (y, y))
    assert "raised on inputs of shape (33, 1) and type torch.float64" in caught.value.__notes__[0]


def test_bad_modules():
    import torch

    _, data = dense((2, 2))
    linear = torch.nn.Linear(2, 2)
    with pytest.raises(ValueError, match=r"module: got function, expected a torch\.nn\.Module"):
        from_torch(summed_squares, summed_squares, data)
    with pytest.raises(ValueError, match="module: got no parameter with requires_grad=True"):
        from_torch(torch.nn.Linear(2, 2).requires_grad_(False), summed_squares, data)
    with pytest.raises(
        ValueError, match=r"module: got weight of torch\.bfloat16, expected torch\.float32 or"
    ):
        from_torch(torch.nn.Linear(2, 2, dtype=torch.bfloat16), summed_squares, data)
    with pytest.raises(
        ValueError, match=r"module: got 0.weight of torch\.float32 and 1.weight of torch\.float64"
    ):
        from_torch(torch.nn.Sequential(linear, torch.nn.Linear(2, 2).double()), summed_squares, data)


def test_bad_data():
    module, (x, y) = dense((2, 3, 1))
    for data, message in (
        (None, r"data: got NoneType, expected a pair \(inputs, targets\) of torch tensors, or an iterable"),
        (x, "data: got Tensor, expected a pair"),
        ([], "data: got no batch"),
        ((x, y[:-1]), "data: got 33 inputs and 32 targets, expected as many"),
        ((x[:0], y[:0]), "data: got no samples"),
        ((x.numpy(), y), "data: got inputs of type ndarray, expected torch tensors"),
        ([(x, y), x], r"data: batch 1: got Tensor, expected a pair \(inputs, targets\)"),
        ([(x, y), (x, y.numpy())], "data: batch 1: got targets of type ndarray, expected torch tensors"),
        ([(x, y), (x, y, y)], r"data: batch 1: got tuple of 3, expected a pair \(inputs, targets\)"),
        (
            [(x, y), (x, y[0, 0])],
            r"data: batch 1: got targets of shape \(\), expected a first axis of samples",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            from_torch(module, summed_squares, data)
    with pytest.raises(ValueError, match="batch_size: got 4 for data that is not a pair"):
        from_torch(module, summed_squares, [(x, y), (x, y)], batch_size=4)
    for option in ("batch_size", "chunk_size"):
        with pytest.raises(ValueError, match=f"{option}: expected an integer of at least 1, got 0"):
            from_torch(module, summed_squares, (x, y), **{option: 0})
    with pytest.raises(ValueError, match=r"bounds: got shape \(1, 2\), expected \(13, 2\)"):
        from_torch(module, summed_squares, (x, y), bounds=[(0, 1)])


def test_bad_points():
    module, data = dense((2, 3, 1))
    surface = from_torch(module, summed_squares, data)
    for call in (surface, surface.value_and_gradient):
        with pytest.raises(ValueError, match=r"points: got shape \(13,\), expected \(n, 13\)"):
            call(surface.parameters)
        with pytest.raises(ValueError, match="points: got dtype complex128"):
            call(np.zeros((1, 13), complex))
    with pytest.raises(ValueError, match=r"vectors: got shape \(12,\), expected \(13,\) or \(m, 13\)"):
        surface.hessian_vector_product(surface.parameters, np.zeros(12))


def test_without_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"torch is needed here: pip install 'morsebar\[torch\]'"):
        from_torch(None, summed_squares, None)
