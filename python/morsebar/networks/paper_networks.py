"""The networks whose loss surfaces the paper on barcodes of minima shows."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from morsebar._arrays import read_only
from morsebar.networks.descent import descend
from morsebar.networks.mlp import MLP
from morsebar.sampling import check_count

__all__ = ["PaperGrid", "paper", "paper_grid"]

# Of the grid network: the weights of the first layer, and what is added to the target.
_FIRST_WEIGHT = 1.5
_SHIFT = -1.5

# Minima that the box is made of, how far apart their descents start, and the share of them it holds.
_MINIMA = 100
_SPREAD = 2.0
_SHARE = 0.75

# The most starts for so many minima, and how much lower than zero weights is lower: dead networks end there.
_MOST_STARTS = 2000
_LOWER = 1e-4


def paper(hidden_widths: Sequence[int], seed: int = 0, l2: float = 1e-3) -> MLP:
    """Make a network of Barannikov et al. 2019, with its box.

    Dense, relu, one input and one output, trained on the function
    g(x) = 0.31 sin(-x) - 0.72 sin(-2x) - 0.21 cos x + 0.89 cos 2x at x = -pi + 2 pi k / 100, k = 0 .. 100
    (arXiv:1912.00043). The loss is the mean squared error plus l2 times the sum of squares of the weights.

    Parameters
    ----------
    hidden_widths : sequence of int
        Units of the hidden layers. The paper has (2,), (3,), (2, 2), (3, 2), (3, 3), (2, 2, 2), (3, 2, 2).
    seed : int
        Of the biases.
    l2 : float
        Weight of the sum of squares, at least 0.

    Returns
    -------
    MLP
        Its bounds are the box.

    Raises
    ------
    ValueError
        For arguments that are not as above, and if hardly any descent ends lower than the loss of zero
        weights.

    Notes
    -----
    The paper gives the numbers of parameters, 4, 6, 8, 11, 15, 12 and 15. They are those of the weights
    alone: the output has no bias, and biases of hidden units are fixed here, layer by layer, at numbers drawn
    uniformly from [-1, 1] by ``np.random.default_rng(seed)``.

    The paper gives neither l2 nor the box. Here the box is [-r, r]^d, where r is the 0.75 quantile of the
    largest |weight| over 100 minima. `descend` finds them from weights drawn by ``np.random.default_rng(0)``
    from the normal distribution of standard deviation 2; descents that end less than 1e-4 below the loss of
    zero weights, where those end in which no unit of a layer is active any more, do not count. So a quarter
    of these minima lie outside the box, and the lowest may be among them.

    The descents take up to some seconds, once for every network.

    Examples
    --------
    >>> import morsebar as mb
    >>> mlp = mb.networks.paper((2, 2))
    >>> mlp
    MLP(1-2-2-1, relu, 8 parameters, biases fixed, l2=0.001, 101 samples)
    >>> mlp.bounds[0].round(1).tolist()
    [-3.1, 3.1]
    """
    hidden = _check_hidden_widths(hidden_widths)
    seed = check_count("seed", seed, lowest=0)
    half_width = _half_width(hidden, seed, _network(hidden, seed, l2).l2)
    return _network(hidden, seed, l2, half_width)


@dataclass(frozen=True, eq=False, repr=False)
class PaperGrid:
    """Losses of a small network on a grid of its parameters; made by `paper_grid`.

    Attributes
    ----------
    values : float32 array, one axis for each parameter, read-only
        Mean squared errors.
    axes : tuple of float64 arrays, read-only
        What each parameter runs through.
    axis_names : tuple of str
        What the parameters are.
    x, y : (50,) float64 arrays, read-only
        Inputs and targets.
    """

    values: NDArray[np.float32]
    axes: tuple[NDArray[np.float64], ...]
    axis_names: tuple[str, ...]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Make every array read-only."""
        for name in ("values", "x", "y"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        object.__setattr__(self, "axes", tuple(map(read_only, self.axes)))

    def __reduce__(self) -> tuple[type["PaperGrid"], tuple[object, ...]]:
        """Pickle through the constructor: arrays restored from a pickle alone would be writable."""
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    def __repr__(self) -> str:
        """Say how large it is and what its axes are."""
        spans = [
            f"{name} in [{axis[0]:g}, {axis[-1]:g}]"
            for name, axis in zip(self.axis_names, self.axes, strict=True)
        ]
        return f"PaperGrid({' x '.join(map(str, self.values.shape))}, {', '.join(spans)})"


def paper_grid() -> PaperGrid:
    """Evaluate the grid network of the authors' code, 2.16 million parameter vectors.

    The network is y = v1 relu(1.5 x + b1) + v2 relu(1.5 x + b2) + c. Its grid, in this order, is 30 values of
    b1 in [2.2, 8], 36 of b2 in [-4, 3], 20 of v1 in [-2, -0.2], 10 of v2 in [1.1, 2] and 10 of c in
    [-1.5, -0.6], both ends included. The loss is the mean squared error at 50 inputs from -pi to pi.

    Returns
    -------
    PaperGrid
        Its `values` are in C order, for `merge_tree`.

    Notes
    -----
    The targets of that code are a constant and a sum of sines and cosines whose coefficients are not
    published. Here they are those of `paper` less 1.5:
    -1.5 - 0.31 sin x + 0.72 sin 2x - 0.21 cos x + 0.89 cos 2x.

    The loss has a narrow valley oblique to the axes, and most of the minima are those of the grid: steps
    along the axes leave the valley. Of 677 minima none but the lowest has a bar longer than 2 % of the range
    of values. With Freudenthal neighbours 33 are left, and with all neighbours 8.

    Examples
    --------
    >>> import morsebar as mb
    >>> grid = mb.networks.paper_grid()
    >>> grid
    PaperGrid(30 x 36 x 20 x 10 x 10, b1 in [2.2, 8], b2 in [-4, 3], v1 in [-2, -0.2], v2 in [1.1, 2], \
              c in [-1.5, -0.6])
    >>> len(mb.merge_tree(grid.values).barcode())
    677
    >>> len(mb.merge_tree(grid.values, mb.Grid(grid.values.shape, "freudenthal")).barcode())
    33
    """
    x = np.linspace(-np.pi, np.pi, 50)
    y = _target(x) + _SHIFT
    axes = (
        np.linspace(2.2, 8, 30),
        np.linspace(-4, 3, 36),
        np.linspace(-2, -0.2, 20),
        np.linspace(1.1, 2, 10),
        np.linspace(-1.5, -0.6, 10),
    )
    b1, b2, v1, v2, c = axes
    first, second = (np.maximum(_FIRST_WEIGHT * x + b[:, np.newaxis], 0) for b in (b1, b2))
    values = np.empty([len(axis) for axis in axes], dtype=np.float32)
    # Block by block along the first axis. The mean over the inputs of (residual + c)^2 is taken apart.
    for block, unit in zip(values, first, strict=True):
        outputs = v1[:, np.newaxis, np.newaxis] * unit + (
            v2[:, np.newaxis] * second[:, np.newaxis, np.newaxis]
        )
        residuals = outputs - y
        means, squares = residuals.mean(axis=-1), np.square(residuals).mean(axis=-1)
        block[:] = squares[..., np.newaxis] + 2 * c * means[..., np.newaxis] + c**2
    return PaperGrid(values, axes, ("b1", "b2", "v1", "v2", "c"), x, y)


def _check_hidden_widths(hidden_widths: Sequence[int]) -> tuple[int, ...]:
    try:
        checked = tuple(check_count("hidden_widths", width) for width in hidden_widths)
    except TypeError:
        checked = ()
    if len(checked) == 0:
        raise ValueError(f"hidden_widths: expected one positive integer or more, got {hidden_widths!r}")
    return checked


def _target(x: NDArray[np.float64]) -> NDArray[np.float64]:
    target: NDArray[np.float64] = (
        0.31 * np.sin(-x) - 0.72 * np.sin(-2 * x) - 0.21 * np.cos(x) + 0.89 * np.cos(2 * x)
    )
    return target


def _network(hidden_widths: tuple[int, ...], seed: int, l2: float, half_width: float | None = None) -> MLP:
    widths = (1, *hidden_widths, 1)
    x = -np.pi + 2 * np.pi * np.arange(101) / 100
    biases = np.random.default_rng(seed).uniform(-1, 1, sum(hidden_widths))
    d = sum(a * b for a, b in pairwise(widths))
    return MLP(
        widths,
        data=(x, _target(x)),
        biases="fixed",
        fixed_biases=biases,
        l2=l2,
        bounds=None if half_width is None else [(-half_width, half_width)] * d,
    )


@cache
def _half_width(hidden_widths: tuple[int, ...], seed: int, l2: float) -> float:
    mlp = _network(hidden_widths, seed, l2)
    (dead,) = mlp(np.zeros((1, mlp.d)))
    rng, largest = np.random.default_rng(0), np.empty(0)
    for _ in range(0, _MOST_STARTS, _MINIMA):
        minima, values = descend(mlp, rng.normal(0, _SPREAD, (_MINIMA, mlp.d)))
        alive = values < dead - _LOWER
        largest = np.append(largest, np.abs(minima[alive]).max(axis=1))
        if len(largest) >= _MINIMA:
            return float(np.quantile(largest[:_MINIMA], _SHARE))
    raise ValueError(
        f"l2, seed: got {l2:g} and {seed}, with which {len(largest)} of {_MOST_STARTS} descents of "
        f"{hidden_widths} end lower than zero weights, expected {_MINIMA}"
    )
