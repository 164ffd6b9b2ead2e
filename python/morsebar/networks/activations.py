"""Activations of dense networks, with derivatives written in terms of what they return."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from morsebar.objectives.formula import Floats


@dataclass(frozen=True)
class Activation:
    """A function of one number, applied to whole arrays in place.

    Attributes
    ----------
    name : str
        The name that `ACTIVATIONS` knows it by.
    apply : callable
        ``apply(z, scratch)`` replaces z by its values; `scratch` is an array of the same shape.
    scale_by_slope : callable
        ``scale_by_slope(delta, a, scratch)`` multiplies `delta` in place by the derivative where the value is
        `a`. All these functions are monotone, so the value tells the derivative.
    """

    name: str
    apply: Callable[[Floats, Floats], None]
    scale_by_slope: Callable[[Floats, Floats, Floats], None]


def _relu(z: Floats, scratch: Floats) -> None:
    np.maximum(z, 0, out=z)


def _scale_relu(delta: Floats, a: Floats, scratch: Floats) -> None:
    # At the corner the derivative counts as 0, as in torch and jax.
    np.multiply(delta, a > 0, out=delta)


def _tanh(z: Floats, scratch: Floats) -> None:
    np.tanh(z, out=z)


def _scale_tanh(delta: Floats, a: Floats, scratch: Floats) -> None:
    np.multiply(a, a, out=scratch)
    np.subtract(1, scratch, out=scratch)
    np.multiply(delta, scratch, out=delta)


def _sigmoid(z: Floats, scratch: Floats) -> None:
    # exp may overflow to infinity, whose reciprocal is the right answer.
    np.negative(z, out=z)
    np.exp(z, out=z)
    np.add(z, 1, out=z)
    np.reciprocal(z, out=z)


def _scale_sigmoid(delta: Floats, a: Floats, scratch: Floats) -> None:
    np.subtract(1, a, out=scratch)
    np.multiply(scratch, a, out=scratch)
    np.multiply(delta, scratch, out=delta)


def _softplus(z: Floats, scratch: Floats) -> None:
    # log(1 + exp z) = max(z, 0) + log(1 + exp(-|z|)) does not overflow.
    np.abs(z, out=scratch)
    np.negative(scratch, out=scratch)
    np.exp(scratch, out=scratch)
    np.log1p(scratch, out=scratch)
    np.maximum(z, 0, out=z)
    np.add(z, scratch, out=z)


def _scale_softplus(delta: Floats, a: Floats, scratch: Floats) -> None:
    # The derivative exp z / (1 + exp z) is 1 - exp(-a).
    np.negative(a, out=scratch)
    np.expm1(scratch, out=scratch)
    np.negative(scratch, out=scratch)
    np.multiply(delta, scratch, out=delta)


def _identity(z: Floats, scratch: Floats) -> None:
    pass


def _scale_identity(delta: Floats, a: Floats, scratch: Floats) -> None:
    pass


#: The activations by name.
ACTIVATIONS = {
    activation.name: activation
    for activation in (
        Activation("relu", _relu, _scale_relu),
        Activation("tanh", _tanh, _scale_tanh),
        Activation("sigmoid", _sigmoid, _scale_sigmoid),
        Activation("softplus", _softplus, _scale_softplus),
        Activation("identity", _identity, _scale_identity),
    )
}
