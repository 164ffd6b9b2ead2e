"""The loss of one dense network, its gradient and its curvature, by matrix products."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from morsebar.networks.activations import Activation
from morsebar.networks.layers import Layer
from morsebar.objectives.formula import Floats


class Backpropagation:
    """The sum over samples of |network(x) - y|^2 at one parameter vector, and its derivatives there.

    Parameters
    ----------
    layers : sequence of Layer
        The affine maps.
    activation : Activation
        What follows each of them but the last.
    row : (d,) array
        The parameter vector.
    x, y : (N, units) arrays
        The samples, of the floating-point type of `row`.
    """

    def __init__(
        self, layers: Sequence[Layer], activation: Activation, row: Floats, x: Floats, y: Floats
    ) -> None:
        self._layers = layers
        self._activation = activation
        self._weights = [layer.weights_of(row) for layer in layers]
        # What each layer takes.
        self._inputs = [x]
        for layer, weights in zip(layers, self._weights, strict=True):
            z: Floats = self._inputs[-1] @ weights.T
            biases = layer.biases_of(row)
            if biases is not None:
                z += biases
            if layer is not layers[-1]:
                activation.apply(z, np.empty_like(z))
                self._inputs.append(z)
        self._residuals: Floats = z - y

    def loss(self) -> np.floating:
        """Sum the squares."""
        total: np.floating = np.square(self._residuals).sum()
        return total

    def gradient(self) -> Floats:
        """Differentiate the sum, to (d,) partial derivatives."""
        return self._by_parameters(
            [delta.T @ inputs for delta, inputs in zip(self._deltas, self._inputs, strict=True)],
            self._deltas,
        )

    def product(self, vector: Floats) -> Floats:
        """Multiply the Hessian matrix (d, d) by a vector (d,).

        This is the derivative of the gradient along the vector (Pearlmutter 1994, "Fast exact multiplication
        by the Hessian"): exact, in about the time of two gradients.
        """
        # Dotted quantities are derivatives along the vector.
        dotted_weights = [layer.weights_of(vector) for layer in self._layers]
        dotted_inputs = [np.zeros_like(self._inputs[0])]
        for number, layer in enumerate(self._layers):
            dotted = self._inputs[number] @ dotted_weights[number].T
            dotted += dotted_inputs[number] @ self._weights[number].T
            if layer.biases is not None:
                dotted += vector[layer.biases]
            if number < len(self._slopes):
                dotted_inputs.append(dotted * self._slopes[number])
        dotted_deltas = [2 * dotted]
        for number in range(len(self._slopes), 0, -1):
            by_outputs = dotted_deltas[0] @ self._weights[number]
            by_outputs += self._deltas[number] @ dotted_weights[number]
            by_outputs *= self._slopes[number - 1]
            # The second derivative of the activation times that of what it was applied to.
            bends = np.empty_like(self._inputs[number])
            self._activation.bend(self._inputs[number], bends)
            bends *= dotted_inputs[number]
            by_outputs += bends * (self._deltas[number] @ self._weights[number])
            dotted_deltas.insert(0, by_outputs)
        return self._by_parameters(
            [
                dotted_delta.T @ inputs + delta.T @ dotted_input
                for dotted_delta, inputs, delta, dotted_input in zip(
                    dotted_deltas, self._inputs, self._deltas, dotted_inputs, strict=True
                )
            ],
            dotted_deltas,
        )

    @cached_property
    def _slopes(self) -> list[Floats]:
        """Derivatives of the activation that made the inputs of each layer but the first."""
        slopes = []
        for inputs in self._inputs[1:]:
            slopes.append(np.empty_like(inputs))
            self._activation.slope(inputs, slopes[-1])
        return slopes

    @cached_property
    def _deltas(self) -> list[Floats]:
        """Derivatives of the sum by what each layer returns, before it is activated."""
        deltas: list[Floats] = [2 * self._residuals]
        for number in range(len(self._slopes), 0, -1):
            delta = deltas[0] @ self._weights[number]
            delta *= self._slopes[number - 1]
            deltas.insert(0, delta)
        return deltas

    def _by_parameters(self, by_weights: list[Floats], by_outputs: list[Floats]) -> Floats:
        """Join the derivatives by the weights with those by the biases, which are sums over samples."""
        parts = []
        for layer, matrix, rows in zip(self._layers, by_weights, by_outputs, strict=True):
            parts.append(matrix.ravel())
            if layer.biases is not None:
                parts.append(rows.sum(axis=0))
        return np.concatenate(parts)
