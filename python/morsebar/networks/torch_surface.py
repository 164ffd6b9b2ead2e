"""The loss of any torch model."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike

from morsebar._arrays import point_row, read_only
from morsebar._extras import require
from morsebar._wording import counted
from morsebar.networks.batches import Batch, batches
from morsebar.networks.coordinate_names import coordinate_names
from morsebar.networks.surface import LossSurface
from morsebar.networks.torch_checks import check_batch, check_parameters
from morsebar.objectives.formula import Floats
from morsebar.sampling import check_count

if TYPE_CHECKING:
    import torch

# Bytes that the vectors of a chunk may need together.
_CHUNK_BYTES = 1 << 26

# Vectors that need more than this are evaluated alone: past caches, vmap costs more than what it saves.
_ALONE_BYTES = 5 << 18


class TorchSurface(LossSurface):
    """The loss of a torch module on data, as a function of its parameters; made by `from_torch`.

    Attributes
    ----------
    module : torch.nn.Module
        The one given; evaluation leaves it as it is, `load` sets its parameters.
    parameters : (d,) array, read-only
        The parameters that the module had.
    parameter_names : tuple of str
        Names of the parameter tensors, in the order of the coordinates.
    shapes : tuple of tuples of int
        Their shapes.
    chunk_size : int
        Parameter vectors evaluated together.

    See Also
    --------
    from_torch : what is evaluated, and how.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        data: Sequence[Batch],
        chunk_size: int | None,
        bounds: ArrayLike | None,
        name: str,
    ) -> None:
        torch = require("torch", "torch")
        self._torch: Final = torch
        free = check_parameters(module)
        self.parameter_names: Final = tuple(free)
        self.shapes: Final = tuple(tuple(parameter.shape) for parameter in free.values())
        first = next(iter(free.values()))
        self._dtype: Final = first.dtype
        self._device: Final = first.device
        self._sizes: Final = [parameter.numel() for parameter in free.values()]
        super().__init__(name, sum(self._sizes), bounds=bounds)
        self.module: Final = module
        self._loss: Final = loss
        self._n_samples: Final = sum(len(inputs) for inputs, _ in data)
        with torch.inference_mode(False):
            # What is evaluated stays as it is when the module is trained on or set to another mode.
            self._frozen: Final = copy.deepcopy(module)
            self._data: Final = [
                (inputs.detach().clone(), targets.detach().clone()) for inputs, targets in data
            ]
            flat = torch.cat([parameter.detach().reshape(-1) for parameter in free.values()])
            point = flat.clone().requires_grad_()
            saved = [
                check_batch(self._frozen, partial(self._predict, point), loss, *batch, self._device)
                for batch in self._data
            ]
        self.parameters: Final[Floats] = read_only(flat.cpu().numpy())
        needed = max(saved) + 4 * flat.nbytes
        default = _CHUNK_BYTES // needed if needed <= _ALONE_BYTES else 1
        self.chunk_size: Final = default if chunk_size is None else check_count("chunk_size", chunk_size)
        self._vectorized = self.chunk_size > 1 and self._can_be_vectorized(flat)

    def __reduce__(self) -> tuple[type[TorchSurface], tuple[object, ...]]:
        """Pickle what is evaluated; the module of the copy is a copy as well."""
        arguments = self._frozen, self._loss, self._data, self.chunk_size, self.bounds, self.name
        return type(self), arguments

    def __repr__(self) -> str:
        """Name the module, count parameters and samples, and say how they are evaluated."""
        kind = str(self._dtype).removeprefix("torch.")
        samples = counted(self._n_samples, "sample")
        if len(self._data) > 1:
            samples += f" in {len(self._data):,} batches"
        how = "" if self._vectorized else ", one vector at a time"
        parameters = counted(self.d, "parameter")
        return f"TorchSurface({self.name}, {parameters}, {kind} on {self._device}, {samples}{how})"

    @cached_property
    def coordinate_names(self) -> tuple[str, ...]:
        """Name and index of every parameter: ``conv.weight[0,1,2,3]``."""
        return coordinate_names(self.parameter_names, self.shapes)

    def load(self, point: ArrayLike) -> None:
        """Set the parameters of the module.

        Parameters
        ----------
        point : (d,) array
            One parameter vector, as `landscape` finds them.

        Raises
        ------
        ValueError
            If `point` has another shape, or does not hold real numbers.
        """
        vector = self._tensor(point_row(point, self.d))
        parameters = dict(self.module.named_parameters())
        with self._torch.no_grad():
            for name, values in self._split(vector).items():
                parameters[name].copy_(values)

    def _values(self, rows: Floats) -> Floats:
        values = np.empty(len(rows), self.parameters.dtype)
        for chunk in self._chunks(len(rows)):
            vectors = self._tensor(rows[chunk])
            total = self._torch.zeros_like(vectors[:, 0])
            for batch in self._data:
                total += self._losses(vectors, *batch).detach() * self._share(batch)
            values[chunk] = total.cpu().numpy()
        return values

    def _values_and_gradients(self, rows: Floats) -> tuple[Floats, Floats]:
        torch, dtype = self._torch, self.parameters.dtype
        values, gradients = np.empty(len(rows), dtype), np.empty(rows.shape, dtype)
        with torch.inference_mode(False):
            for chunk in self._chunks(len(rows)):
                vectors = self._tensor(rows[chunk])
                total, slopes = torch.zeros_like(vectors[:, 0]), torch.zeros_like(vectors)
                for batch in self._data:
                    found_slopes, found = self._gradients_and_losses(vectors, *batch)
                    total += found.detach() * self._share(batch)
                    slopes += found_slopes.detach() * self._share(batch)
                values[chunk], gradients[chunk] = total.cpu().numpy(), slopes.cpu().numpy()
        return values, gradients

    def _hessian_vector_products(self, row: Floats, vectors: Floats) -> Floats:
        """Differentiate the gradient backwards, through one graph for all vectors."""
        torch = self._torch
        # Fused kernels of attention have no second derivatives.
        kernels = torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)
        with torch.inference_mode(False), torch.enable_grad(), kernels:
            point, directions = self._tensor(row).requires_grad_(), self._tensor(vectors)
            products = torch.zeros_like(directions)
            for batch in self._data:
                gradient = self._gradient(self._loss_at(point, *batch), point, create_graph=True)
                for product, direction in zip(products, directions, strict=True):
                    slope = self._gradient(gradient @ direction, point, retain_graph=True)
                    product += slope.detach() * self._share(batch)
        found: Floats = products.cpu().numpy()
        return found

    def _predict(self, vector: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        """Evaluate the module, which may write into its inputs, with the parameters of one vector (d,)."""
        return self._torch.func.functional_call(self._frozen, self._split(vector), (inputs.clone(),))

    def _loss_at(self, vector: torch.Tensor, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return self._loss(self._predict(vector, inputs), targets).to(self._dtype)

    def _losses(self, vectors: torch.Tensor, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Losses (n,) of vectors (n, d) on one batch."""
        if self._vectorized:
            return self._torch.vmap(self._loss_at, (0, None, None))(vectors, inputs, targets)
        return self._torch.stack([self._loss_at(vector, inputs, targets) for vector in vectors])

    def _gradients_and_losses(
        self, vectors: torch.Tensor, inputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        torch = self._torch
        if self._vectorized:
            both = torch.vmap(torch.func.grad_and_value(self._loss_at), (0, None, None))
            slopes, losses = both(vectors, inputs, targets)
            return slopes, losses
        slopes, losses = torch.empty_like(vectors), torch.empty_like(vectors[:, 0])
        for i, vector in enumerate(vectors):
            with torch.enable_grad():
                at = vector.clone().requires_grad_()
                loss = self._loss_at(at, inputs, targets)
                slopes[i], losses[i] = self._gradient(loss, at), loss.detach()
        return slopes, losses

    def _gradient(self, value: torch.Tensor, at: torch.Tensor, **options: bool) -> torch.Tensor:
        """Gradient of a scalar; that of a constant is 0."""
        if not value.requires_grad:
            return self._torch.zeros_like(at)
        return self._torch.autograd.grad(value, at, materialize_grads=True, **options)[0]

    def _can_be_vectorized(self, vector: torch.Tensor) -> bool:
        """Whether `vmap` knows all operations, and nothing branches on what depends on parameters."""
        self._vectorized = True
        try:
            self._losses(vector.expand(2, -1), *self._data[0])
            self._gradients_and_losses(vector.expand(2, -1), *self._data[0])
        except Exception:
            # They have been evaluated without it.
            return False
        return True

    def _share(self, batch: Batch) -> float:
        return len(batch[0]) / self._n_samples

    def _split(self, vector: torch.Tensor) -> dict[str, torch.Tensor]:
        parts = zip(self.parameter_names, self.shapes, vector.split(self._sizes), strict=True)
        return {name: part.view(shape) for name, shape, part in parts}

    def _tensor(self, rows: Floats) -> torch.Tensor:
        # A copy, in C order: tensors cannot share all arrays that numpy has.
        with np.errstate(over="ignore"):
            copied = np.array(rows, self.parameters.dtype, order="C")
        return self._torch.from_numpy(copied).to(self._device)

    def _chunks(self, n: int) -> Iterator[slice]:
        return (slice(start, start + self.chunk_size) for start in range(0, n, self.chunk_size))


def from_torch(
    module: torch.nn.Module,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    data: Batch | Iterable[Batch],
    *,
    batch_size: int | None = None,
    chunk_size: int | None = None,
    bounds: ArrayLike | None = None,
    name: str | None = None,
) -> TorchSurface:
    """Make the loss of a torch module on data a function of its parameters.

    The value of a parameter vector is the mean over all samples, that is, the mean of the losses of the
    batches, weighted by their numbers of samples.

    Parameters
    ----------
    module : torch.nn.Module
        Its trainable parameters, all float32 or all float64 and on one device, are the coordinates: in the
        order of ``module.named_parameters()``, row-major, shared ones once. Parameters with
        ``requires_grad=False`` and buffers stay what they are now, and so does the mode of the module: what
        is evaluated is a copy of it, on the device where it is.
    loss : callable
        Takes outputs and targets of a batch to a scalar, the mean over its samples:
        ``torch.nn.functional.cross_entropy``, for example.
    data : (inputs, targets), or an iterable of such batches
        Tensors on the device of the module whose first axis is the sample. They are copied. Of a
        ``DataLoader`` the batches are taken once, so that every call uses the same.
    batch_size : int, optional
        Samples evaluated together, by default all of them; not for data that comes in batches.
    chunk_size : int, optional
        Parameter vectors evaluated together. By default as many as need 64 MiB for parameters, gradients, and
        the activations of the largest batch, or one if it needs more than 1.25 MiB.
    bounds : (d, 2) array, optional
        A box of parameter vectors, for `landscape`.
    name : str, optional
        Title of pictures, by default the name of the module's class.

    Returns
    -------
    TorchSurface
        Computes in the type of the module: values, gradients and products of a float32 module are float32,
        those of float64 points, too.

    Raises
    ------
    ValueError
        For arguments that are not as above; for a part of the module that draws random numbers or changes its
        buffers, as dropout and batch normalisation do before ``module.eval()``, by its path; for a loss that
        is no scalar, by its shape. What module and loss raise comes out unchanged.
    ImportError
        If torch is missing (extra `torch`).

    Notes
    -----
    Vectors are evaluated together by ``torch.vmap``, which is several times as fast as one after the other
    for small models. Large ones, and those that it cannot follow, are evaluated one after the other, and the
    repr says so. Values depend by rounding on `chunk_size`, on the points
    evaluated together, and on whether gradients are asked for. Gradients are those of autograd, and products
    with the Hessian matrix the exact derivative of gradients (Pearlmutter, "Fast exact multiplication by the
    Hessian", 1994), which takes the time of a few gradients and the memory of one vector. They are as
    torch has them: its second derivatives of weight normalisation are wrong, on CPU, as of torch 2.15.

    The loss sees outputs and targets alone: for weight decay let a module around this one return the sum of
    the squares of its parameters beside its outputs. Random numbers of other libraries than torch, and
    modules that remember what they did in attributes of Python, are not noticed.

    NaN losses are returned as they are; `landscape` names the point, or leaves it out with ``nan="mask"``.

    A surface can be pickled if module and loss can.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> import morsebar as mb
    >>> x = torch.linspace(-1, 1, 21, dtype=torch.float64)[:, None]
    >>> model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Tanh()).double()
    >>> surface = mb.networks.from_torch(model, torch.nn.functional.mse_loss, (x, x**3))
    >>> surface
    TorchSurface(Sequential, 2 parameters, float64 on cpu, 21 samples)
    >>> surface.coordinate_names
    ('0.weight[0,0]', '0.bias[0]')
    >>> values, gradients = surface.value_and_gradient([[0.0, 0.5], [1.0, -0.5]])
    >>> gradients.round(3)
    array([[-0.379,  0.727],
           [-0.048, -0.458]])
    >>> land = mb.landscape(surface, [(-4, 4), (-4, 4)], n_samples=10_000)
    >>> land.minimum_points.round(1).tolist()
    [[0.7, 0.0]]
    >>> surface.load(land.minimum_points[0])
    """
    torch = require("torch", "torch")
    if not callable(loss):
        raise ValueError(f"loss: expected a callable, got {loss!r}")
    taken = batches(data, (torch.Tensor,), "torch tensors", batch_size)
    return TorchSurface(module, loss, taken, chunk_size, bounds, name or type(module).__name__)
