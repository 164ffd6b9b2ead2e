"""The loss of a dense network compiled by jax."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from morsebar._extras import require
from morsebar.networks.blocks import filled_blocks
from morsebar.networks.surface import LossSurface
from morsebar.objectives.formula import Floats

if TYPE_CHECKING:
    from morsebar.networks.mlp import MLP

# Outputs of units that the networks of a block have together.
_BLOCK_OUTPUTS = 1 << 17
_LARGEST_BLOCK = 1024


class JittedMLP(LossSurface):
    """An `MLP` compiled by jax (extra `jax`): the same function, but for rounding.

    `MLP.jitted` makes it. The first call compiles, for about a second, and so does the first for gradients,
    for products with the Hessian matrix, and in another precision. float64 points are evaluated in float64,
    whatever ``jax_enable_x64`` says.

    Attributes
    ----------
    mlp : MLP
        The function in numpy.
    shapes : tuple of tuple of int
        Those of the MLP.

    Notes
    -----
    Points are evaluated in blocks of one size, the last of them filled up, so that nothing is compiled twice
    and the value of a point does not depend on the points beside it.

    Examples
    --------
    >>> import numpy as np
    >>> from morsebar.networks import MLP
    >>> x = np.linspace(-1, 1, 5)
    >>> jitted = MLP((1, 2, 1), biases="none", data=(x, np.abs(x))).jitted()
    >>> jitted([[1, -1, 1, 1], [0, 0, 0, 0]])
    array([0. , 0.5])
    """

    def __init__(self, mlp: "MLP") -> None:
        super().__init__(mlp.name, mlp.d, mlp.coordinate_names, mlp.bounds)
        self.mlp: Final = mlp
        self.shapes: Final = mlp.shapes
        self._jax: Final = require("jax", "jax")
        jax = self._jax
        self._batched_values: Final = jax.jit(jax.vmap(self._loss))
        self._batched_gradients: Final = jax.jit(jax.vmap(jax.value_and_grad(self._loss)))
        self._product: Final = jax.jit(
            lambda row, vector: jax.jvp(jax.grad(self._loss), (row,), (vector,))[1]
        )
        outputs = len(mlp.data[0]) * max(mlp.widths[1:])
        self._block: Final = max(1, min(_LARGEST_BLOCK, _BLOCK_OUTPUTS // outputs))

    def __reduce__(self) -> tuple[type["JittedMLP"], tuple["MLP"]]:
        """Pickle what is compiled as what it is compiled from."""
        return type(self), (self.mlp,)

    def __repr__(self) -> str:
        """Name what is compiled."""
        return f"{self.mlp!r}.jitted()"

    def _loss(self, row: Any) -> Any:  # noqa: ANN401  # tracers of jax
        """Loss of one parameter vector (d,)."""
        jax, layers = self._jax, self.mlp.layers
        x, y = (array.astype(row.dtype) for array in self.mlp.data)
        outputs = x.T
        for layer in layers:
            # In full precision on devices that would round factors to fewer bits, too.
            outputs = jax.numpy.matmul(layer.weights_of(row), outputs, precision="highest")
            biases = layer.biases_of(row)
            if biases is not None:
                outputs = outputs + biases[:, np.newaxis]
            if layer is not layers[-1]:
                outputs = getattr(jax.nn, self.mlp.activation)(outputs)
        loss = ((outputs - y.T) ** 2).sum() / row.dtype.type(len(x))
        return loss + row.dtype.type(self.mlp.l2) * (row**2).sum()

    def _values(self, rows: Floats) -> Floats:
        values = np.empty(len(rows), rows.dtype)
        with self._jax.enable_x64(True):
            for block, filled in filled_blocks(rows, self._block):
                found = self._batched_values(filled)
                values[block] = found[: block.stop - block.start]
        return values

    def _values_and_gradients(self, rows: Floats) -> tuple[Floats, Floats]:
        values, gradients = np.empty(len(rows), rows.dtype), np.empty(rows.shape, rows.dtype)
        with self._jax.enable_x64(True):
            for block, filled in filled_blocks(rows, self._block):
                found, found_gradients = self._batched_gradients(filled)
                values[block] = found[: block.stop - block.start]
                gradients[block] = found_gradients[: block.stop - block.start]
        return values, gradients

    def _hessian_vector_products(self, row: Floats, vectors: Floats) -> Floats:
        products = np.empty_like(vectors)
        with self._jax.enable_x64(True):
            for product, vector in zip(products, vectors, strict=True):
                product[:] = self._product(row, vector)
        return products
