"""Where the weights and biases of a dense network lie in its parameter vector."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._arrays import read_only

Biases: TypeAlias = Literal["free", "fixed", "none"]


@dataclass(frozen=True)
class Layer:
    """One affine map of a dense network.

    Attributes
    ----------
    n_inputs, n_outputs : int
        Units it leads from and to.
    weights : slice
        Where its matrix (n_outputs, n_inputs) lies in the parameter vector, row after row.
    biases : slice or None
        Where its biases lie there, if they are parameters.
    fixed_biases : (n_outputs,) float64 array or None
        Its biases, if they are given numbers.
    """

    n_inputs: int
    n_outputs: int
    weights: slice
    biases: slice | None = None
    fixed_biases: NDArray[np.float64] | None = None

    def weights_of(self, row: Any) -> Any:  # noqa: ANN401  # of numpy or a tracer of jax
        """Return the matrix (n_outputs, n_inputs) in a parameter vector (d,)."""
        return row[self.weights].reshape(self.n_outputs, self.n_inputs)

    def biases_of(self, row: Any) -> Any:  # noqa: ANN401
        """Return the biases (n_outputs,) that go with a parameter vector (d,), or None."""
        if self.biases is not None:
            return row[self.biases]
        return None if self.fixed_biases is None else self.fixed_biases.astype(row.dtype)


def layers(
    widths: tuple[int, ...], biases: Biases, fixed_biases: NDArray[np.float64] | None
) -> tuple[Layer, ...]:
    """Lay out the layers one after the other, each with its weights before its biases."""
    made: list[Layer] = []
    start = first_unit = 0
    for n_inputs, n_outputs in pairwise(widths):
        weights = slice(start, start + n_inputs * n_outputs)
        start = weights.stop
        free = fixed = None
        if biases == "free":
            free = slice(start, start + n_outputs)
            start = free.stop
        elif fixed_biases is not None and len(made) < len(widths) - 2:
            fixed = fixed_biases[first_unit : first_unit + n_outputs]
            first_unit += n_outputs
        made.append(Layer(n_inputs, n_outputs, weights, free, fixed))
    return tuple(made)


def parameter_names(layers: tuple[Layer, ...]) -> list[str]:
    """Name the parameters in order: ``W2[0,1]`` leads from unit 1 to unit 0 of the second layer."""
    names = []
    for number, layer in enumerate(layers, start=1):
        names += [f"W{number}[{o},{i}]" for o in range(layer.n_outputs) for i in range(layer.n_inputs)]
        if layer.biases is not None:
            names += [f"b{number}[{o}]" for o in range(layer.n_outputs)]
    return names


def parameter_shapes(layers: tuple[Layer, ...]) -> tuple[tuple[int, ...], ...]:
    """Return the shapes of the matrices of weights and the free biases, in order."""
    shapes: list[tuple[int, ...]] = []
    for layer in layers:
        shapes.append((layer.n_outputs, layer.n_inputs))
        if layer.biases is not None:
            shapes.append((layer.n_outputs,))
    return tuple(shapes)


def check_fixed_biases(
    widths: tuple[int, ...], biases: Biases, fixed_biases: ArrayLike | None
) -> NDArray[np.float64] | None:
    """Return the given biases of hidden units, read-only, if there are to be any.

    Raises
    ------
    ValueError
        If they are not one finite number for every hidden unit with ``biases="fixed"``, or None without it.
    """
    if biases != "fixed":
        if fixed_biases is not None:
            raise ValueError(f"fixed_biases: got numbers with biases={biases!r}, expected None")
        return None
    n_hidden = sum(widths[1:-1])
    if fixed_biases is None:
        raise ValueError(f"fixed_biases: got None with biases='fixed', expected shape ({n_hidden},)")
    try:
        numbers = np.array(fixed_biases, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"fixed_biases: expected {n_hidden} real numbers, got {fixed_biases!r}") from None
    if numbers.shape != (n_hidden,):
        raise ValueError(
            f"fixed_biases: got shape {numbers.shape}, expected ({n_hidden},), one for every hidden unit"
        )
    if not np.isfinite(numbers).all():
        raise ValueError("fixed_biases: got numbers that are not finite")
    return read_only(numbers)
