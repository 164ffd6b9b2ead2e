"""Products of the Hessian matrix of a dense network's loss with vectors."""

from collections.abc import Sequence

import numpy as np

from morsebar.networks.activations import Activation
from morsebar.networks.layers import Layer
from morsebar.objectives.formula import Floats


class Curvature:
    """The sum over samples of |network(x) - y|^2 at one parameter vector, differentiated twice.

    The derivative of backpropagation along a vector (Pearlmutter 1994, "Fast exact multiplication by the
    Hessian"): exact, in as much time as a few gradients. Relu counts as flat at its corner, so its products
    are those of the smooth piece that the parameters are in.

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
        self._weights = [layer.weights_of(row) for layer in layers]
        # Of each layer: what it takes, and slopes and bends of the activation that made it.
        self._inputs: list[Floats] = [x]
        self._slopes: list[Floats] = []
        self._bends: list[Floats] = []
        for layer, weights in zip(layers, self._weights, strict=True):
            z: Floats = self._inputs[-1] @ weights.T
            biases = layer.biases_of(row)
            if biases is not None:
                z += biases
            if layer is layers[-1]:
                break
            activation.apply(z, np.empty_like(z))
            slopes, bends = np.empty_like(z), np.empty_like(z)
            activation.slope(z, slopes)
            activation.bend(z, bends)
            self._inputs.append(z)
            self._slopes.append(slopes)
            self._bends.append(bends)
        # Derivatives of the loss by what each layer returns, and by what the activation before it does.
        self._deltas = [2 * (z - y)]
        self._activated: list[Floats] = []
        for weights, slopes in zip(self._weights[:0:-1], self._slopes[::-1], strict=True):
            self._activated.insert(0, self._deltas[0] @ weights)
            self._deltas.insert(0, self._activated[0] * slopes)

    def product(self, vector: Floats) -> Floats:
        """Multiply the Hessian matrix (d, d) by a vector (d,)."""
        # The dotted quantities are derivatives along the vector.
        dotted_inputs = [np.zeros_like(self._inputs[0])]
        for number, layer in enumerate(self._layers):
            dotted = self._inputs[number] @ layer.weights_of(vector).T
            dotted += dotted_inputs[number] @ self._weights[number].T
            if layer.biases is not None:
                dotted += vector[layer.biases]
            if number < len(self._slopes):
                dotted_inputs.append(dotted * self._slopes[number])
        dotted_delta = 2 * dotted

        product = np.empty_like(vector)
        for number in range(len(self._layers) - 1, -1, -1):
            layer, delta = self._layers[number], self._deltas[number]
            by_weights = dotted_delta.T @ self._inputs[number] + delta.T @ dotted_inputs[number]
            product[layer.weights] = by_weights.ravel()
            if layer.biases is not None:
                product[layer.biases] = dotted_delta.sum(axis=0)
            if number > 0:
                dotted_activated = dotted_delta @ self._weights[number] + delta @ layer.weights_of(vector)
                slopes, bends = self._slopes[number - 1], self._bends[number - 1]
                dotted_delta = dotted_activated * slopes
                dotted_delta += self._activated[number - 1] * bends * dotted_inputs[number]
        return product
