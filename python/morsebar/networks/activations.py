"""Activations of dense networks, with derivatives written in terms of what they return."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from morsebar.objectives.formula import Floats


@dataclass(frozen=True)
class Activation:
    """A function of one number, applied to whole arrays.

    All of them are monotone, so that a value tells the derivatives there, and what was activated need not be
    kept. At the corner of relu both derivatives count as 0, as in torch and jax.

    Attributes
    ----------
    name : str
        The name that `ACTIVATIONS` knows it by.
    apply : callable
        ``apply(z, scratch)`` replaces z by its values; `scratch` is an array of the same shape.
    slope : callable
        ``slope(a, out)`` puts the first derivative where the value is `a` into `out`.
    bend : callable
        ``bend(a, out)`` puts the second derivative divided by the first into `out`.
    """

    name: str
    apply: Callable[[Floats, Floats], None]
    slope: Callable[[Floats, Floats], None]
    bend: Callable[[Floats, Floats], None]


def _relu(z: Floats, scratch: Floats) -> None:
    np.maximum(z, 0, out=z)


def _relu_slope(a: Floats, out: Floats) -> None:
    np.greater(a, 0, out=out)


def _no_bend(a: Floats, out: Floats) -> None:
    out.fill(0)


def _tanh(z: Floats, scratch: Floats) -> None:
    np.tanh(z, out=z)


def _tanh_slope(a: Floats, out: Floats) -> None:
    np.multiply(a, a, out=out)
    np.subtract(1, out, out=out)


def _tanh_bend(a: Floats, out: Floats) -> None:
    np.multiply(a, -2, out=out)


def _sigmoid(z: Floats, scratch: Floats) -> None:
    # exp may overflow to infinity, whose reciprocal is the right answer.
    np.negative(z, out=z)
    np.exp(z, out=z)
    np.add(z, 1, out=z)
    np.reciprocal(z, out=z)


def _sigmoid_slope(a: Floats, out: Floats) -> None:
    np.subtract(1, a, out=out)
    np.multiply(out, a, out=out)


def _sigmoid_bend(a: Floats, out: Floats) -> None:
    np.multiply(a, -2, out=out)
    np.add(out, 1, out=out)


def _softplus(z: Floats, scratch: Floats) -> None:
    # log(1 + exp z) = max(z, 0) + log(1 + exp(-|z|)) does not overflow.
    np.abs(z, out=scratch)
    np.negative(scratch, out=scratch)
    np.exp(scratch, out=scratch)
    np.log1p(scratch, out=scratch)
    np.maximum(z, 0, out=z)
    np.add(z, scratch, out=z)


def _softplus_slope(a: Floats, out: Floats) -> None:
    # exp z / (1 + exp z) = 1 - exp(-a)
    np.negative(a, out=out)
    np.expm1(out, out=out)
    np.negative(out, out=out)


def _softplus_bend(a: Floats, out: Floats) -> None:
    np.negative(a, out=out)
    np.exp(out, out=out)


def _identity(z: Floats, scratch: Floats) -> None:
    pass


def _identity_slope(a: Floats, out: Floats) -> None:
    out.fill(1)


#: The activations by name.
ACTIVATIONS = {
    activation.name: activation
    for activation in (
        Activation("relu", _relu, _relu_slope, _no_bend),
        Activation("tanh", _tanh, _tanh_slope, _tanh_bend),
        Activation("sigmoid", _sigmoid, _sigmoid_slope, _sigmoid_bend),
        Activation("softplus", _softplus, _softplus_slope, _softplus_bend),
        Activation("identity", _identity, _identity_slope, _no_bend),
    )
}
