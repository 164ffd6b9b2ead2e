"""Forward and backward passes of a block of dense networks, one parameter vector beside the other.

Arrays here are (units, samples, networks): the last axis is the long, contiguous one, and every operation is
elementwise, in place. No matrix product is taken, because its rounding depends on the size of the batch.
"""

from collections.abc import Sequence

import numpy as np

from morsebar.networks.activations import Activation
from morsebar.networks.layers import Layer
from morsebar.objectives.formula import Floats

#: Samples that are summed together before anything else is. A constant, so that the order of a sum, and its
#: rounding with it, depends on the number of samples alone.
LEAF = 8


class Passes:
    """Buffers for the passes of a block of networks over a piece of the samples.

    Parameters
    ----------
    layers : sequence of Layer
        The affine maps.
    activation : Activation
        What follows each of them but the last.
    columns : (d, n) array
        Parameter vectors, one a column.
    n_samples : int
        Samples in a piece, a multiple of `LEAF`.
    """

    def __init__(
        self, layers: Sequence[Layer], activation: Activation, columns: Floats, n_samples: int
    ) -> None:
        self._layers = layers
        self._activation = activation
        n = columns.shape[1]
        self._weights = [
            columns[layer.weights].reshape(layer.n_outputs, layer.n_inputs, 1, n) for layer in layers
        ]
        self._biases = [_biases(layer, columns) for layer in layers]
        shape = (max(max(layer.n_inputs, layer.n_outputs) for layer in layers), n_samples, n)
        self._scratch = np.empty(shape, columns.dtype)
        self.outputs = [np.empty((layer.n_outputs, *shape[1:]), columns.dtype) for layer in layers]

    def forward(self, x: Floats) -> None:
        """Fill `outputs`, of each layer what follows its activation, for samples (n_inputs, n_samples, 1)."""
        inputs = x
        for number, z in enumerate(self.outputs):
            scratch = self._scratch[: len(z)]
            weights, biases = self._weights[number], self._biases[number]
            np.multiply(inputs[0], weights[:, 0], out=z)
            for i in range(1, len(inputs)):
                np.multiply(inputs[i], weights[:, i], out=scratch)
                np.add(z, scratch, out=z)
            if biases is not None:
                np.add(z, biases, out=z)
            if number < len(self.outputs) - 1:
                self._activation.apply(z, scratch)
            inputs = z

    def backward(self, x: Floats, sums: Floats) -> None:
        """Turn derivatives of a loss by the outputs into those by the parameters, summed leaf by leaf.

        After `forward`, the last of `outputs` holds the derivative of each sample's loss by the outputs.
        `sums` (n_samples / LEAF, d, n) receives the derivatives by the parameters; `outputs` are used up.
        """
        for number in range(len(self._layers) - 1, -1, -1):
            layer, delta = self._layers[number], self.outputs[number]
            inputs = x if number == 0 else self.outputs[number - 1]
            scratch = self._scratch[: len(delta)]
            into = sums[:, layer.weights].reshape(len(sums), layer.n_outputs, layer.n_inputs, -1)
            for i in range(layer.n_inputs):
                np.multiply(delta, inputs[i], out=scratch)
                into[:, :, i] = sum_leaves(scratch)
            if layer.biases is not None:
                np.copyto(scratch, delta)
                sums[:, layer.biases] = sum_leaves(scratch)
            if number > 0:
                self._pass_on(number, delta, inputs)

    def _pass_on(self, number: int, delta: Floats, inputs: Floats) -> None:
        """Replace the outputs of the layer below by the derivatives of the loss by what it activates."""
        weights = self._weights[number]
        below = np.empty_like(inputs)
        scratch = self._scratch[: len(inputs)]
        np.multiply(weights[0], delta[0], out=below)
        for o in range(1, len(delta)):
            np.multiply(weights[o], delta[o], out=scratch)
            np.add(below, scratch, out=below)
        self._activation.slope(inputs, scratch)
        np.multiply(below, scratch, out=below)
        self.outputs[number - 1] = below


def sum_leaves(terms: Floats) -> Floats:
    """Sum (units, samples, n) over each leaf of samples, to (samples / LEAF, units, n); uses the terms up."""
    units, n_samples, n = terms.shape
    leaves = terms.reshape(units, n_samples // LEAF, LEAF, n).transpose(2, 1, 0, 3)
    return fold(leaves)


def fold(terms: Floats) -> Floats:
    """Sum over the first axis, half upon half, whatever the layout of the other axes; uses the terms up."""
    m = len(terms)
    while m > 1:
        half = m // 2
        np.add(terms[:half], terms[m - half : m], out=terms[:half])
        m -= half
    total: Floats = terms[0]
    return total


def _biases(layer: Layer, columns: Floats) -> Floats | None:
    if layer.biases is not None:
        return columns[layer.biases][:, np.newaxis]
    if layer.fixed_biases is not None:
        fixed: Floats = np.asarray(layer.fixed_biases, dtype=columns.dtype)
        return fixed[:, np.newaxis, np.newaxis]
    return None
