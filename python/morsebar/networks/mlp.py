"""Squared loss of dense networks, for many parameter vectors at once."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._arrays import point_rows, read_only
from morsebar._wording import counted
from morsebar.networks.activations import ACTIVATIONS
from morsebar.networks.backpropagation import Backpropagation
from morsebar.networks.jitted_mlp import JittedMLP
from morsebar.networks.layers import Biases, check_fixed_biases, layers, parameter_names, parameter_shapes
from morsebar.networks.passes import LEAF, Passes, fold, sum_leaves
from morsebar.networks.surface import LossSurface
from morsebar.objectives.formula import Floats
from morsebar.sampling import check_choice, check_count

# Bytes of an array (units, samples, networks): a few of them stay in a cache of the second level.
_CACHED_BYTES = 1 << 17

# From this product of samples and parameters on, matrix products of one network after the other are faster.
_LARGE = 100_000

# Outputs of the widest layer that one network has at a time, to stay in cache, and multiplications of its
# largest layer: up to so many OpenBLAS leaves to one thread, while several lose much where cores are busy.
_PIECE_OUTPUTS = 1 << 16
_PIECE_PRODUCTS = 1 << 18
_SMALLEST_PIECE = 32


class MLP(LossSurface):
    """Mean squared error of a dense network on data, as a function of its parameters.

    The loss of parameters theta is the mean over the samples of |network(x) - y|^2, summed over the outputs,
    plus l2 |theta|^2. Parameters are ordered layer by layer: the weight matrix row after row, a row for each
    unit of the next layer as in ``torch.nn.Linear``, then the biases if they are free.

    Parameters
    ----------
    widths : sequence of int
        Units of each layer, inputs and outputs included: (1, 2, 2, 1) has two hidden layers.
    activation : "relu", "tanh", "sigmoid", "softplus" or "identity"
        What hidden units apply; outputs apply nothing.
    data : (x, y)
        Inputs (N, widths[0]) and targets (N, widths[-1]); with one unit (N,) will do.
    biases : "free", "fixed" or "none"
        Whether units have biases that are parameters, or hidden units have given ones and outputs none.
    fixed_biases : array of as many numbers as there are hidden units, optional
        The given ones, layer by layer.
    l2 : float
        Weight of the sum of squares of the parameters.
    bounds : (d, 2) array, optional
        A box of parameter vectors, for `landscape`.

    Attributes
    ----------
    widths, activation, biases, fixed_biases, l2, data
        As given; x and y are (N, units) float64 arrays, read-only.
    layers : tuple of Layer
        Where the weights and biases lie in a parameter vector.
    shapes : tuple of tuple of int
        Shapes of the weight matrices and of the vectors of biases that are parameters, in their order.

    Raises
    ------
    ValueError
        For arguments that are not as above.

    Notes
    -----
    Gradients are those of backpropagation, and products with the Hessian matrix their exact derivative; at
    the corner of relu derivatives count as 0, as in torch and jax.

    A value takes O(N d) time. Small networks on few samples, N d < 100 000, are evaluated together, every
    operation on a block of parameter vectors that stays in cache; larger ones one after the other, by matrix
    products. Either way memory does not grow with the number of points, beside that of the results.

    Examples
    --------
    >>> import numpy as np
    >>> from morsebar.networks import MLP
    >>> x = np.linspace(-1, 1, 5)
    >>> mlp = MLP((1, 2, 1), biases="none", data=(x, np.abs(x)))
    >>> mlp
    MLP(1-2-1, relu, 4 parameters, biases none, l2=0, 5 samples)
    >>> mlp.coordinate_names
    ('W1[0,0]', 'W1[1,0]', 'W2[0,0]', 'W2[0,1]')
    >>> mlp([[1, -1, 1, 1], [0, 0, 0, 0]])
    array([0. , 0.5])
    """

    def __init__(
        self,
        widths: Sequence[int],
        activation: str = "relu",
        *,
        data: tuple[ArrayLike, ArrayLike],
        biases: Biases = "free",
        fixed_biases: ArrayLike | None = None,
        l2: float = 0.0,
        bounds: ArrayLike | None = None,
    ) -> None:
        self.widths: Final = _check_widths(widths)
        if activation not in tuple(ACTIVATIONS):
            raise ValueError(
                f"activation: expected one of {', '.join(map(repr, ACTIVATIONS))}, got {activation!r}"
            )
        self.activation: Final = activation
        check_choice("biases", biases, Biases)
        self.biases: Final = biases
        self.fixed_biases: Final = check_fixed_biases(self.widths, biases, fixed_biases)
        self.layers: Final = layers(self.widths, biases, self.fixed_biases)
        self.shapes: Final = parameter_shapes(self.layers)
        if np.shape(l2) != () or np.asarray(l2).dtype.kind not in "biuf" or not 0 <= l2 < np.inf:
            raise ValueError(f"l2: expected a finite number of at least 0, got {l2!r}")
        self.l2: Final = float(l2)
        self.data: Final = _check_data(data, self.widths)
        names = parameter_names(self.layers)
        super().__init__(f"MLP {self._shape()}", len(names), names, bounds)

    def __reduce__(self) -> tuple[Callable[[], "MLP"], tuple[()]]:
        """Pickle through the constructor: arrays restored from a pickle alone would be writeable."""
        return partial(
            type(self),
            self.widths,
            self.activation,
            data=self.data,
            biases=self.biases,
            fixed_biases=self.fixed_biases,
            l2=self.l2,
            bounds=self.bounds,
        ), ()

    def __repr__(self) -> str:
        """Widths, activation, and what else is needed to make it again but the data."""
        return (
            f"MLP({self._shape()}, {self.activation}, {counted(self.d, 'parameter')}, "
            f"biases {self.biases}, l2={self.l2:g}, {counted(len(self.data[0]), 'sample')})"
        )

    def _shape(self) -> str:
        return "-".join(map(str, self.widths))

    def predict(self, points: ArrayLike, x: ArrayLike | None = None) -> Floats:
        """Evaluate networks.

        Parameters
        ----------
        points : (n, d) array
            Their parameters.
        x : (N, widths[0]) array, optional
            Inputs, by default those of the data; with one unit (N,) will do.

        Returns
        -------
        (n, N, widths[-1]) array
            Of the floating-point type of the points.
        """
        return self._run(points, x, -1)

    def hidden(self, points: ArrayLike) -> Floats:
        """Evaluate the units that feed the outputs, (n, N, widths[-2]), on the inputs of the data."""
        return self._run(points, None, -2)

    def jitted(self) -> JittedMLP:
        """Compile the loss with jax, for the same numbers but for rounding.

        Returns
        -------
        JittedMLP
            A loss surface like this one.

        Raises
        ------
        ImportError
            If jax is missing (extra `jax`).
        """
        return JittedMLP(self)

    def split(self, points: ArrayLike) -> list[tuple[Floats, Floats | None]]:
        """Weights (n, outputs, inputs) and biases (n, outputs), if they have any, of each layer.

        Fixed biases are repeated for every point.
        """
        rows = point_rows(points, self.d)
        parts: list[tuple[Floats, Floats | None]] = []
        for layer in self.layers:
            weights = rows[:, layer.weights].reshape(len(rows), layer.n_outputs, layer.n_inputs)
            biases = None
            if layer.biases is not None:
                biases = rows[:, layer.biases]
            elif layer.fixed_biases is not None:
                biases = np.tile(layer.fixed_biases.astype(rows.dtype), (len(rows), 1))
            parts.append((weights, biases))
        return parts

    def _values(self, rows: Floats) -> Floats:
        return self._evaluate(rows, gradients=None)

    def _values_and_gradients(self, rows: Floats) -> tuple[Floats, Floats]:
        gradients = np.empty(rows.shape, rows.dtype)
        return self._evaluate(rows, gradients), gradients

    def _evaluate(self, rows: Floats, gradients: Floats | None) -> Floats:
        """Return values of the rows, and fill in their gradients."""
        n_samples, number = len(self.data[0]), rows.dtype.type
        squares = self._squares_one_by_one if n_samples * self.d >= _LARGE else self._squares_together
        values = np.empty(len(rows), rows.dtype)
        with np.errstate(all="ignore"):
            for block in self._blocks(len(rows), rows.dtype):
                columns = np.ascontiguousarray(rows[block].T)
                slopes = None if gradients is None else np.zeros_like(columns)
                losses = squares(columns, slopes) / number(n_samples)
                if self.l2 > 0:
                    losses += number(self.l2) * fold(columns * columns)
                values[block] = losses
                if gradients is not None and slopes is not None:
                    slopes /= number(n_samples)
                    slopes += number(2 * self.l2) * columns
                    gradients[block] = slopes.T
        return values

    def _squares_together(self, columns: Floats, slopes: Floats | None) -> Floats:
        """Sum squares over the samples for parameter vectors (d, n), and add the gradients to `slopes`."""
        x, y = self.data
        targets = _padded(y, columns.dtype)
        squares = np.zeros(columns.shape[1], columns.dtype)
        for samples, inputs, passes in self._sweep(columns, x):
            residuals = passes.outputs[-1]
            np.subtract(residuals, targets[:, samples], out=residuals)
            # Samples that only fill the last leaf have no loss.
            residuals[:, max(0, len(x) - samples.start) :] = 0
            for leaf in sum_leaves(fold(residuals * residuals)[np.newaxis])[:, 0]:
                np.add(squares, leaf, out=squares)
            if slopes is not None:
                np.multiply(residuals, 2, out=residuals)
                sums = np.empty((residuals.shape[1] // LEAF, *columns.shape), columns.dtype)
                passes.backward(inputs, sums)
                for leaf in sums:
                    np.add(slopes, leaf, out=slopes)
        return squares

    def _squares_one_by_one(self, columns: Floats, slopes: Floats | None) -> Floats:
        """Do the same by matrix products, whose rounding must not depend on where a vector lies."""
        squares = np.zeros(columns.shape[1], columns.dtype)
        for i, column in enumerate(columns.T):
            for network in self._networks(column.copy()):
                squares[i] += network.loss()
                if slopes is not None:
                    slopes[:, i] += network.gradient()
        return squares

    def _hessian_vector_products(self, row: Floats, vectors: Floats) -> Floats:
        products = np.zeros_like(vectors)
        with np.errstate(all="ignore"):
            for network in self._networks(row):
                for product, vector in zip(products, vectors, strict=True):
                    product += network.product(vector)
            products /= row.dtype.type(len(self.data[0]))
            products += row.dtype.type(2 * self.l2) * vectors
        return products

    def _networks(self, row: Floats) -> Iterator[Backpropagation]:
        """Run one network on the data, piece by piece."""
        largest = max(layer.n_inputs * layer.n_outputs for layer in self.layers)
        piece = min(_PIECE_OUTPUTS // max(self.widths), _PIECE_PRODUCTS // largest)
        piece = max(piece, _SMALLEST_PIECE)
        for start in range(0, len(self.data[0]), piece):
            x, y = (array[start : start + piece].astype(row.dtype, copy=False) for array in self.data)
            yield Backpropagation(self.layers, ACTIVATIONS[self.activation], row, x, y)

    def _run(self, points: ArrayLike, x: ArrayLike | None, layer: int) -> Floats:
        rows = point_rows(points, self.d)
        samples = self.data[0] if x is None else _check_samples("x", x, self.widths[0])
        out = np.empty((len(rows), len(samples), self.widths[layer]), rows.dtype)
        with np.errstate(all="ignore"):
            for block in self._blocks(len(rows), rows.dtype):
                columns: Floats = np.ascontiguousarray(rows[block].T)
                for piece, inputs, passes in self._sweep(columns, samples):
                    # A network without hidden layers feeds its outputs from its inputs.
                    found = [inputs, *passes.outputs][layer]
                    part = out[block, piece]
                    part[:] = found[:, : part.shape[1]].transpose(2, 1, 0)
        return out

    def _sweep(self, columns: Floats, x: NDArray[np.float64]) -> Iterator[tuple[slice, Floats, Passes]]:
        """Pass forward over the samples (N, units), piece by piece, with whole leaves."""
        inputs = _padded(x, columns.dtype)
        piece = self._piece(columns.shape[1], columns.dtype)
        passes = None
        for start in range(0, inputs.shape[1], piece):
            samples = slice(start, min(start + piece, inputs.shape[1]))
            if passes is None or samples.stop - start < piece:
                passes = Passes(self.layers, ACTIVATIONS[self.activation], columns, samples.stop - start)
            passes.forward(inputs[:, samples])
            yield samples, inputs[:, samples], passes

    def _blocks(self, n: int, dtype: np.dtype[np.floating]) -> Iterator[slice]:
        """Cut points into blocks whose passes over one leaf stay in cache."""
        step = max(1, self._cached(dtype) // LEAF)
        return (slice(start, start + step) for start in range(0, n, step))

    def _piece(self, n: int, dtype: np.dtype[np.floating]) -> int:
        """Count the samples, in whole leaves, that n networks take together and stay in cache."""
        return LEAF * max(1, self._cached(dtype) // (LEAF * n))

    def _cached(self, dtype: np.dtype[np.floating]) -> int:
        return _CACHED_BYTES // (dtype.itemsize * max(self.widths))


def _padded(samples: NDArray[np.float64], dtype: np.dtype[np.floating]) -> Floats:
    """Lay out samples (N, units) as (units, whole leaves, 1), the last of them repeated."""
    n_samples, units = samples.shape
    padded = np.empty((units, -(-n_samples // LEAF) * LEAF, 1), dtype)
    padded[:, :n_samples, 0] = samples.T
    padded[:, n_samples:] = padded[:, n_samples - 1 : n_samples]
    return padded


def _check_widths(widths: Sequence[int]) -> tuple[int, ...]:
    try:
        checked = tuple(check_count("widths", width) for width in widths)
    except TypeError:
        checked = ()
    if len(checked) < 2:
        raise ValueError(f"widths: expected two positive integers or more, got {widths!r}")
    return checked


def _check_data(
    data: tuple[ArrayLike, ArrayLike], widths: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    try:
        x, y = data
    except (TypeError, ValueError):
        raise ValueError("data: expected a pair (x, y) of inputs and targets") from None
    inputs = _check_samples("data: x", x, widths[0])
    targets = _check_samples("data: y", y, widths[-1])
    if len(inputs) != len(targets):
        raise ValueError(f"data: got {len(inputs)} inputs and {len(targets)} targets, expected as many")
    if len(inputs) == 0:
        raise ValueError("data: got no samples, expected at least one")
    return inputs, targets


def _check_samples(name: str, samples: ArrayLike, units: int) -> NDArray[np.float64]:
    array = np.asarray(samples)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name}: got dtype {array.dtype}, expected real numbers")
    if array.ndim == 1 and units == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2 or array.shape[1] != units:
        raise ValueError(f"{name}: got shape {array.shape}, expected (N, {units})")
    array = np.array(array, dtype=np.float64, order="C")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: got numbers that are not finite")
    return read_only(array)
