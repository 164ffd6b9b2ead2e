"""Losses of dense networks with the last layer minimised out exactly."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._arrays import point_rows, read_only
from morsebar.networks.box_least_squares import solve_in_box
from morsebar.networks.layers import parameter_shapes
from morsebar.networks.least_squares import factorise
from morsebar.networks.mlp import MLP
from morsebar.networks.passes import fold
from morsebar.networks.surface import LossSurface
from morsebar.objectives.formula import Floats
from morsebar.sampling import check_bounds

# Bytes of the hidden units of a block of networks.
_BLOCK_BYTES = 1 << 19


class LastLayerMinimum(LossSurface):
    """Least loss over the last layer of a network, by the layers before; `minimise_last_layer` makes it.

    Attributes
    ----------
    mlp : MLP
        The network.
    box : (k, 2) float64 array, read-only, or None
        Lower and upper ends of the last layer's parameters, if they are bounded.
    shapes : tuple of tuple of int
        The shapes of the weight matrices and free biases before the last layer.
    """

    def __init__(self, mlp: MLP, bounds: ArrayLike | None = None, box: ArrayLike | None = None) -> None:
        if not isinstance(mlp, MLP):
            raise ValueError(f"mlp: got {type(mlp).__name__}, expected an MLP")
        if len(mlp.layers) < 2:
            raise ValueError(f"mlp: got {mlp!r}, expected hidden layers")
        if mlp.l2 == 0:
            raise ValueError("mlp: got l2=0, expected l2 > 0: without it there may be no minimum")
        self.mlp: Final = mlp
        d = mlp.layers[-1].weights.start
        if bounds is None and mlp.bounds is not None:
            bounds = mlp.bounds[:d]
        super().__init__(f"{mlp.name}, last layer minimised", d, mlp.coordinate_names[:d], bounds)
        self.shapes: Final = parameter_shapes(mlp.layers[:-1])
        self.box: Final = None if box is None else _last_box(box, mlp.d - d)

    def __repr__(self) -> str:
        """Say which network it is of."""
        within = "" if self.box is None else ", last layer in a box"
        return f"LastLayerMinimum({self.mlp!r}, {self.d} of its parameters{within})"

    def lift(self, points: ArrayLike) -> Floats:
        """Full parameter vectors: the points with the best last layer that goes with them.

        Parameters
        ----------
        points : (n, d) array
            Taken as by a call.

        Returns
        -------
        (n, mlp.d) array
            Of the floating-point type that values would have.

        Raises
        ------
        ValueError
            If `points` is not an (n, d) array of real numbers.
        """
        rows = point_rows(points, self.d)
        lifted = np.empty((len(rows), self.mlp.d), rows.dtype)
        lifted[:, : self.d] = rows
        for block, _, last in self._solve(rows):
            lifted[block, self.d :] = last
        return lifted

    def _values(self, rows: Floats) -> Floats:
        values = np.empty(len(rows), rows.dtype)
        for block, losses, _ in self._solve(rows):
            values[block] = losses
        return values

    def _values_and_gradients(self, rows: Floats) -> tuple[Floats, Floats]:
        values = np.empty(len(rows), rows.dtype)
        gradients = np.empty(rows.shape, rows.dtype)
        for block, losses, last in self._solve(rows):
            full = np.concatenate((rows[block], last), axis=1, dtype=np.float64)
            values[block] = losses
            gradients[block] = self.mlp.value_and_gradient(full)[1][:, : self.d]
        return values, gradients

    def _solve(self, rows: Floats) -> Iterator[tuple[slice, NDArray[np.float64], NDArray[np.float64]]]:
        """Yield blocks of rows, their values and their best last layers (n, k), all in float64."""
        y, layer = self.mlp.data[1], self.mlp.layers[-1]
        n_samples, m = len(y), layer.n_inputs + (layer.biases is not None)
        size = max(1, _BLOCK_BYTES // (8 * (m + layer.n_outputs) * (n_samples + m)))
        for start in range(0, len(rows), size):
            block = slice(start, start + size)
            points = np.zeros((len(rows[block]), self.mlp.d))
            points[:, : self.d] = rows[block]
            with np.errstate(all="ignore"):
                losses, last = self._solve_block(points, m)
            yield block, losses, last

    def _solve_block(
        self, points: NDArray[np.float64], m: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Solve the ridge regressions on the m hidden units, constant included, of vectors (n, mlp.d)."""
        y, layer, l2 = self.mlp.data[1], self.mlp.layers[-1], self.mlp.l2
        n_samples, width = len(y), layer.n_inputs
        table = np.zeros((m + layer.n_outputs, n_samples + m, len(points)))
        table[:width, :n_samples] = self.mlp.hidden(points).transpose(2, 1, 0)
        table[width:m, :n_samples] = 1
        table[m:, :n_samples] = y.T[:, :, np.newaxis]
        table[np.arange(m), n_samples + np.arange(m)] = np.sqrt(n_samples * l2)
        factors = factorise(table, m)
        best = solution = factors.solve()
        squares = factors.residuals
        if self.box is not None:
            lower, upper = (self._unknowns(ends[np.newaxis])[..., 0] for ends in self.box.T)
            best = solve_in_box(factors, solution, lower, upper)
            squares = squares + factors.squares_of(best - solution)
        hidden = points[:, : self.d].T
        losses = fold(squares) / n_samples + l2 * fold(hidden * hidden)
        weights, biases = (
            part.transpose(2, 1, 0).reshape(len(points), -1) for part in np.split(best, [width])
        )
        return losses, np.concatenate((weights, biases), axis=1)

    def _unknowns(self, last: NDArray[np.float64]) -> NDArray[np.float64]:
        """Lay out last layers (n, k) as the unknowns (m, outputs, n) of the regressions."""
        layer = self.mlp.layers[-1]
        n_weights = layer.n_inputs * layer.n_outputs
        weights = last[:, :n_weights].reshape(len(last), layer.n_outputs, layer.n_inputs)
        biases = last[:, n_weights:].reshape(len(last), layer.n_outputs, -1)
        return np.concatenate((weights, biases), axis=2).transpose(2, 1, 0)


def minimise_last_layer(
    mlp: MLP, *, bounds: ArrayLike | None = None, box: ArrayLike | None = None
) -> LastLayerMinimum:
    """Minimise the last layer of a network out: a loss surface in fewer dimensions with the same barcode.

    For hidden weights w the loss f(w, v) is a strictly convex quadratic in the last layer v, a ridge
    regression of the targets on the hidden units. Its least value h(w) = min_v f(w, v) has the same bars as
    f, in every degree.

    Parameters
    ----------
    mlp : MLP
        A network with hidden layers and l2 > 0.
    bounds : (d, 2) array, optional
        A box of hidden weights, for `landscape`; by default that of the network.
    box : (k, 2) array, optional
        Lower and upper ends of the last layer's parameters, within which it is minimised; by default it is
        free. For the loss on a box of all parameters, ``mlp.bounds[d:]``.

    Returns
    -------
    LastLayerMinimum
        A loss surface of the d parameters before the last layer, in their order and with their names. Its
        method `lift` gives the full parameter vectors.

    Raises
    ------
    ValueError
        For a network without hidden layers or with l2 = 0, and for bounds or a box of another shape.

    Notes
    -----
    The regressions of a block of points are solved together by the modified Gram-Schmidt process on the
    hidden units and a multiple of the unit matrix, which no small l2 and no hidden units that are equal, or
    zero throughout, make less accurate than a dense solver; in a box, bounds are handled by an active-set
    method. With m hidden units in the last of the hidden layers, constant included, and N samples a value
    takes O(N m^2) time beside that of the hidden units. Memory does not grow with the number of points,
    beside that of the results.

    Gradients are those of f at the minimiser (the envelope theorem), and exact.

    Everything is computed in float64: float32 points give values rounded to float32.

    Values are NaN where the squares of hidden units overflow.

    Examples
    --------
    >>> import numpy as np
    >>> import morsebar as mb
    >>> x = np.linspace(-3, 3, 31)
    >>> mlp = mb.networks.MLP((1, 2, 1), "tanh", biases="none", data=(x, np.sin(2 * x)), l2=0.01,
    ...                       bounds=[(-4, 4)] * 4)
    >>> h = mb.networks.minimise_last_layer(mlp)
    >>> h.coordinate_names
    ('W1[0,0]', 'W1[1,0]')
    >>> w = np.array([[1.0, -2.0]])
    >>> h.lift(w).round(3)
    array([[ 1.   , -2.   , -2.347, -2.006]])
    >>> np.allclose(h(w), mlp(h.lift(w)))
    True

    Units may change places and signs: eight minima are copies of one, with the deepest bars.

    >>> land = mb.landscape(h)
    >>> bars = land.barcode.significant(min_persistence=0.1)
    >>> len(bars), bars.births.round(3).tolist()
    (8, [0.257, 0.257, 0.257, 0.257, 0.257, 0.257, 0.257, 0.257])
    """
    return LastLayerMinimum(mlp, bounds, box)


def _last_box(box: ArrayLike, k: int) -> NDArray[np.float64]:
    try:
        checked = check_bounds(box)
    except ValueError as error:
        raise ValueError(str(error).replace("bounds", "box", 1)) from None
    if len(checked) != k:
        raise ValueError(f"box: got shape {checked.shape}, expected ({k}, 2)")
    return read_only(checked)
