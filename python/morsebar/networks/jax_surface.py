"""Any loss written in jax."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike

from morsebar._arrays import point_row, read_only
from morsebar._extras import require
from morsebar._wording import counted
from morsebar.networks.batches import Batch, batches
from morsebar.networks.blocks import filled_blocks
from morsebar.networks.coordinate_names import coordinate_names
from morsebar.networks.surface import LossSurface
from morsebar.objectives.formula import Floats

if TYPE_CHECKING:
    import jax

# Bytes that the vectors of a block may need together if no operations are fused, and most vectors of one.
_BLOCK_BYTES = 1 << 23
_LARGEST_BLOCK = 1024


class JaxSurface(LossSurface):
    """A loss written in jax, as a function of the parameters in one vector; made by `from_jax`.

    Attributes
    ----------
    parameters : (d,) array, read-only
        The parameters given.
    parameter_names : tuple of str
        Where the arrays of parameters stand in their tree, in the order of the coordinates: ``layers[0].w``.
    shapes : tuple of tuples of int
        Their shapes.
    chunk_size : int
        Parameter vectors evaluated together.

    See Also
    --------
    from_jax : what is evaluated, and how.
    """

    def __init__(
        self,
        loss: Callable[..., jax.Array],
        params: Any,  # noqa: ANN401  # a tree of any kind
        data: Sequence[Batch] | None,
        bounds: ArrayLike | None,
        name: str,
    ) -> None:
        jax = require("jax", "jax")
        self._jax: Final = jax
        # Precision is the caller's choice now, not when points are evaluated.
        self._x64: Final = bool(jax.config.jax_enable_x64)
        arrays, structure = _check_params(jax, params)
        self.parameter_names: Final = tuple(arrays)
        self.shapes: Final = tuple(tuple(array.shape) for array in arrays.values())
        tree = jax.tree_util.tree_unflatten(structure, arrays.values())
        flat, self._unravel = require("jax.flatten_util", "jax").ravel_pytree(tree)
        super().__init__(name, len(flat), bounds=bounds)
        self.parameters: Final[Floats] = read_only(np.array(flat))
        self._loss: Final = loss
        # Without data there is one batch, of nothing.
        self._batches: Final = (
            [()] if data is None else [tuple(_array(jax, part) for part in batch) for batch in data]
        )
        sizes = [len(batch[0]) for batch in self._batches if batch]
        self._n_samples: Final = sum(sizes)
        self._shares: Final = [size / self._n_samples for size in sizes] or [1.0]
        needed = max(self._check_batch(flat, batch) for batch in self._batches) + 4 * flat.nbytes
        self.chunk_size: Final = max(1, min(_LARGEST_BLOCK, _BLOCK_BYTES // needed))
        axes = (0, *(None for _ in self._batches[0]))
        self._batched_values: Final = jax.jit(jax.vmap(self._loss_at, axes))
        self._batched_gradients: Final = jax.jit(jax.vmap(jax.value_and_grad(self._loss_at), axes))
        self._product: Final = jax.jit(self._product_at)

    def __reduce__(self) -> tuple[Callable[..., JaxSurface], tuple[object, ...]]:
        """Pickle what is compiled as what it is compiled from."""
        params = self._jax.tree_util.tree_map(np.asarray, self.unravel(self.parameters))
        data = [tuple(map(np.asarray, batch)) for batch in self._batches] if self._n_samples else None
        return _restored, (self._x64, self._loss, params, data, self.bounds, self.name)

    def __repr__(self) -> str:
        """Name the loss, count parameters and samples, and name the type."""
        samples = ""
        if self._n_samples:
            samples = f", {counted(self._n_samples, 'sample')}"
        if len(self._batches) > 1:
            samples += f" in {len(self._batches):,} batches"
        return f"JaxSurface({self.name}, {counted(self.d, 'parameter')}, {self.parameters.dtype}{samples})"

    @cached_property
    def coordinate_names(self) -> tuple[str, ...]:
        """Place and index of every parameter: ``layers[0].w[1,2]``."""
        return coordinate_names(self.parameter_names, self.shapes)

    def unravel(self, point: ArrayLike) -> Any:  # noqa: ANN401  # a tree of any kind
        """Give a parameter vector the form of the parameters.

        Parameters
        ----------
        point : (d,) array
            One parameter vector, as `landscape` finds them.

        Returns
        -------
        pytree
            Of the structure, shapes and type of the parameters given to `from_jax`.

        Raises
        ------
        ValueError
            If `point` has another shape, or does not hold real numbers.
        """
        vector = self._cast(point_row(point, self.d))
        with self._jax.enable_x64(self._x64):
            return self._unravel(self._jax.numpy.array(vector))

    def _values(self, rows: Floats) -> Floats:
        values = np.zeros(len(rows), self.parameters.dtype)
        with self._jax.enable_x64(self._x64):
            for block, filled in filled_blocks(self._cast(rows), self.chunk_size):
                n = block.stop - block.start
                for share, batch in zip(self._shares, self._batches, strict=True):
                    values[block] += np.asarray(self._batched_values(filled, *batch) * share)[:n]
        return values

    def _values_and_gradients(self, rows: Floats) -> tuple[Floats, Floats]:
        dtype = self.parameters.dtype
        values, gradients = np.zeros(len(rows), dtype), np.zeros(rows.shape, dtype)
        with self._jax.enable_x64(self._x64):
            for block, filled in filled_blocks(self._cast(rows), self.chunk_size):
                n = block.stop - block.start
                for share, batch in zip(self._shares, self._batches, strict=True):
                    found, slopes = self._batched_gradients(filled, *batch)
                    values[block] += np.asarray(found * share)[:n]
                    gradients[block] += np.asarray(slopes * share)[:n]
        return values, gradients

    def _hessian_vector_products(self, row: Floats, vectors: Floats) -> Floats:
        point, directions = self._cast(row), self._cast(vectors)
        products = np.zeros_like(directions)
        with self._jax.enable_x64(self._x64):
            for product, direction in zip(products, directions, strict=True):
                for share, batch in zip(self._shares, self._batches, strict=True):
                    product += np.asarray(self._product(point, direction, *batch) * share)
        return products

    def _loss_at(self, row: Any, *batch: Any) -> Any:  # noqa: ANN401  # tracers of jax
        """Loss of one parameter vector (d,) on a batch."""
        return self._jax.numpy.asarray(self._loss(self._unravel(row), *batch)).astype(row.dtype)

    def _product_at(self, row: Any, vector: Any, *batch: Any) -> Any:  # noqa: ANN401  # tracers of jax
        """Differentiate the gradient backwards: some functions have no forward derivative."""
        _, pull_back = self._jax.vjp(lambda at: self._jax.grad(self._loss_at)(at, *batch), row)
        return pull_back(vector)[0]

    def _cast(self, rows: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return rows.astype(self.parameters.dtype, copy=False)

    def _check_batch(self, flat: Any, batch: tuple[Any, ...]) -> int:  # noqa: ANN401
        """Refuse a loss that is no real number; count the bytes of everything its evaluation computes."""
        jax = self._jax

        def loss(row: Any) -> Any:  # noqa: ANN401  # tracers of jax
            return self._loss(self._unravel(row), *batch)

        try:
            traced, out = jax.make_jaxpr(loss, return_shape=True)(flat)
        except Exception as error:
            described = ", ".join(f"{part.dtype}{list(part.shape)}" for part in batch)
            error.add_note(f"raised by the loss of parameters and {described or 'nothing else'}")
            raise
        if not isinstance(out, jax.ShapeDtypeStruct):
            raise ValueError(f"loss: got {type(out).__name__}, expected a number, an array of shape ()")
        if out.shape != ():
            raise ValueError(f"loss: got shape {out.shape}, expected (): a mean over samples")
        if not jax.numpy.issubdtype(out.dtype, jax.numpy.floating):
            raise ValueError(f"loss: got dtype {out.dtype}, expected a floating-point number")
        return _bytes_of(traced.jaxpr)


def from_jax(
    loss: Callable[..., jax.Array],
    params: Any,  # noqa: ANN401  # a tree of any kind
    data: Batch | Iterable[Batch] | None = None,
    *,
    batch_size: int | None = None,
    bounds: ArrayLike | None = None,
    name: str | None = None,
) -> JaxSurface:
    """Make a loss written in jax a function of its parameters in one vector.

    Parameters
    ----------
    loss : callable
        ``loss(params, inputs, targets)``, or ``loss(params)`` without data: a scalar, the mean over the
        samples of the batch. Anything that ``jax.jit``, ``jax.vmap`` and ``jax.grad`` take.
    params : pytree
        Of arrays that are all float32 or all float64. They give the coordinates, in the order of
        ``jax.flatten_util.ravel_pytree``, and are ``parameters`` of the surface.
    data : (inputs, targets), or an iterable of such batches, optional
        Arrays of jax or numpy whose first axis is the sample. The batches are taken once. The value of a
        parameter vector is the mean over all samples: that of the batches, weighted by their numbers of
        samples.
    batch_size : int, optional
        Samples evaluated together, by default all of them; not for data that comes in batches.
    bounds : (d, 2) array, optional
        A box of parameter vectors, for `landscape`.
    name : str, optional
        Title of pictures, by default the name of the function.

    Returns
    -------
    JaxSurface
        Computes in the type that jax gives the parameters: float32, unless they are float64 and
        ``jax_enable_x64`` is set when the surface is made. Values, gradients and products are of that type,
        those of float64 points, too. Settings of jax stay as they are.

    Raises
    ------
    ValueError
        For arguments that are not as above; for a loss that is no scalar, by its shape. What the loss raises
        comes out unchanged.
    ImportError
        If jax is missing (extra `jax`).

    Notes
    -----
    Points are evaluated by ``jax.vmap`` in blocks of one size, the last of them filled up, so that nothing is
    compiled twice; a block has at most 1024 vectors, fewer where the arrays that the loss computes for them
    would need more than 8 MiB. The first call compiles, and so does the first for gradients, for products
    with the Hessian matrix, and for a batch of another size. The products are the exact derivative of
    gradients (Pearlmutter, "Fast exact multiplication by the Hessian", 1994).

    NaN losses are returned as they are; `landscape` names the point, or leaves it out with ``nan="mask"``.

    A surface can be pickled if the loss and the kind of tree can.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import morsebar as mb
    >>> def loss(params, x, y):
    ...     outputs = params["v"] @ jnp.tanh(jnp.outer(params["w"], x))
    ...     return jnp.mean((outputs - y) ** 2) + 1e-2 * sum(jnp.sum(p**2) for p in params.values())
    >>> x = jnp.linspace(-1, 1, 21)
    >>> surface = mb.networks.from_jax(loss, {"w": jnp.ones(1), "v": jnp.ones(1)}, (x, jnp.tanh(2 * x)))
    >>> surface
    JaxSurface(loss, 2 parameters, float32, 21 samples)
    >>> surface.coordinate_names
    ('v[0]', 'w[0]')
    >>> land = mb.landscape(surface, [(-4, 4), (-4, 4)], n_samples=10_000)
    >>> land.minimum_points.round(1).tolist()
    [[1.2, 1.3], [-1.2, -1.3]]
    >>> sorted(surface.unravel(land.minimum_points[0]))
    ['v', 'w']
    """
    jax = require("jax", "jax")
    if not callable(loss):
        raise ValueError(f"loss: expected a callable, got {loss!r}")
    taken = None
    if data is not None:
        taken = batches(data, (jax.Array, np.ndarray), "arrays of jax or numpy", batch_size)
    elif batch_size is not None:
        raise ValueError(f"batch_size: got {batch_size!r} without data, expected None")
    if name is None:
        name = getattr(loss, "__name__", "loss").replace("<lambda>", "loss")
    return JaxSurface(loss, params, taken, bounds, name)


def _restored(x64: bool, *arguments: Any) -> JaxSurface:  # noqa: ANN401  # those of JaxSurface
    with require("jax", "jax").enable_x64(x64):
        return JaxSurface(*arguments)


def _array(jax: Any, given: Any) -> Any:  # noqa: ANN401  # a module, arrays of jax or numpy
    """Copy data into an array of jax, which makes 32 bits of integers of 64 without a word."""
    array = jax.numpy.array(given)
    if isinstance(given, np.ndarray) and given.dtype.kind in "iu" and not np.array_equal(array, given):
        raise ValueError(f"data: got integers beyond {array.dtype}, expected jax_enable_x64 to be set")
    return array


def _check_params(jax: Any, params: Any) -> tuple[dict[str, Any], Any]:  # noqa: ANN401  # a module, a tree
    """Return the arrays by where they stand, and the structure of the tree."""
    found, structure = jax.tree_util.tree_flatten_with_path(params)
    arrays: dict[str, Any] = {}
    for path, leaf in found:
        name = _name(jax, path)
        try:
            array = jax.numpy.asarray(leaf)
        except TypeError:
            raise ValueError(f"params: got {name} of type {type(leaf).__name__}, expected an array") from None
        if array.dtype not in (np.float32, np.float64):
            raise ValueError(f"params: got {name} of {array.dtype}, expected float32 or float64")
        arrays[name] = array
        first, dtype = next((name, array.dtype) for name, array in arrays.items())
        if array.dtype != dtype:
            raise ValueError(f"params: got {first} of {dtype} and {name} of {array.dtype}, expected one type")
    if sum(array.size for array in arrays.values()) == 0:
        raise ValueError("params: got no numbers, expected at least one")
    return arrays, structure


def _name(jax: Any, path: tuple[Any, ...]) -> str:  # noqa: ANN401  # a module, keys of jax
    """Write a path in a tree as Python would, names of dictionaries as attributes: ``layers[0].w``."""
    parts = []
    for key in path:
        plain = isinstance(key, jax.tree_util.DictKey) and isinstance(key.key, str) and key.key.isidentifier()
        parts.append(f".{key.key}" if plain else jax.tree_util.keystr((key,)))
    return "".join(parts).removeprefix(".") or "params"


def _bytes_of(jaxpr: Any) -> int:  # noqa: ANN401  # of jax
    """Sum the sizes of what a traced function computes, calls of other functions included."""
    total = 0
    for equation in jaxpr.eqns:
        total += sum(out.aval.size * out.aval.dtype.itemsize for out in equation.outvars)
        for value in equation.params.values():
            for part in value if isinstance(value, tuple | list) else (value,):
                inner = getattr(part, "jaxpr", part)
                if hasattr(inner, "eqns"):
                    total += _bytes_of(inner)
    return total
