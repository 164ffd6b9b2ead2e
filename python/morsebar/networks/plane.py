"""A loss on a plane through parameter vectors, as a surface of few coordinates."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._arrays import point_rows, read_only
from morsebar._wording import counted
from morsebar.networks.results import checked_rows, checked_values, name_of, values_and_gradients
from morsebar.networks.surface import LossSurface
from morsebar.objectives.formula import Floats

MOST_DIRECTIONS = 4

# Bytes of the parameter vectors that are made at a time.
_BLOCK_BYTES = 1 << 25


class LossPlane(LossSurface):
    """An objective restricted to a plane of one to four dimensions, as a function of coordinates on it.

    Coordinates t stand for the parameter vector ``center + t @ directions``. `loss_plane` chooses directions;
    this class takes any.

    Parameters
    ----------
    objective : callable
        Takes parameter vectors (n, D) and returns n values, as a `LossSurface` does.
    center : (D,) array
        The parameter vector at the origin of the plane.
    directions : (d, D) array
        What a step of 1 along each coordinate adds, taken as they are; d is 1 to 4.
    bounds : (d, 2) array
        A box of coordinates, for `landscape`.
    name : str, optional
        By default that of the objective and how many directions there are.
    coordinate_names : sequence of d str, optional
        What the directions are called in pictures.
    eigenvalues, explained_variance : (d,) array, optional
        What is known of the directions, see below.

    Attributes
    ----------
    objective : callable
        As given.
    center : (D,) float64 array, read-only
    directions : (d, D) float64 array, read-only
    eigenvalues : (d,) float64 array, read-only, or None
        Of the Hessian matrix at the center, where the directions are its eigenvectors.
    explained_variance : (d,) float64 array, read-only, or None
        The share of the squared distances of a trajectory from the center along each direction, where they
        are its principal axes.

    Raises
    ------
    ValueError
        For arguments that are not as above, that are not finite, and for directions that are zero or linearly
        dependent; when called, if the objective returns anything but a real number for each parameter vector.

    Notes
    -----
    Values are those of the objective, and of its floating-point type. Parameter vectors have the type of the
    coordinates, float32 or float64, and are made in blocks of 32 MiB: n of them at once would be n D numbers.
    A value depends on its own coordinates only, if that is so of the objective. Derivatives are those of the
    objective by the chain rule, from its `value_and_gradient` or `gradient`, with differences of gradients
    where it has no products with its Hessian matrix.

    Examples
    --------
    >>> import numpy as np
    >>> import morsebar as mb
    >>> from morsebar.networks import LossPlane
    >>> def squares(points):
    ...     return (points**2).sum(axis=1)
    >>> plane = LossPlane(squares, [1.0, 0.0, 0.0], [[1, 0, 0], [0, 1, 1]], [(-2, 2), (-2, 2)])
    >>> plane
    LossPlane(squares along 2 directions, 3 parameters)
    >>> plane([[0.0, 0.0], [1.0, 1.0]])
    array([1., 6.])
    >>> plane.lift([[1.0, 1.0]])
    array([[2., 1., 1.]])
    >>> coordinates, distances = plane.project([[2.0, 2.0, 0.0]])
    >>> coordinates.round(6), distances.round(6)
    (array([[1., 1.]]), array([1.414214]))
    """

    def __init__(
        self,
        objective: Callable[[Any], ArrayLike],
        center: ArrayLike,
        directions: ArrayLike,
        bounds: ArrayLike,
        *,
        name: str | None = None,
        coordinate_names: Sequence[str] | None = None,
        eigenvalues: ArrayLike | None = None,
        explained_variance: ArrayLike | None = None,
    ) -> None:
        if not callable(objective):
            raise ValueError(f"objective: expected a callable, got {objective!r}")
        self.objective: Final = objective
        self.center: Final = check_center(center, objective)
        self.directions: Final = _check_directions(directions, len(self.center))
        d = len(self.directions)
        if coordinate_names is None:
            coordinate_names = [f"direction {i}" for i in range(1, d + 1)]
        if name is None:
            name = f"{name_of(objective)} along {counted(d, 'direction')}"
        super().__init__(name, d, coordinate_names, bounds)
        self.eigenvalues: Final = _check_numbers("eigenvalues", eigenvalues, d)
        self.explained_variance: Final = _check_numbers("explained_variance", explained_variance, d)
        self._block: Final = max(1, _BLOCK_BYTES // (8 * len(self.center)))

    def __repr__(self) -> str:
        """Name the plane, and say of how many parameters."""
        return f"LossPlane({self.name}, {counted(len(self.center), 'parameter')})"

    def lift(self, points: ArrayLike) -> Floats:
        """Parameter vectors of points on the plane.

        Parameters
        ----------
        points : (n, d) array
            Coordinates.

        Returns
        -------
        (n, D) array
            Of the floating-point type of the points.

        Raises
        ------
        ValueError
            If `points` is not an (n, d) array of real numbers.
        """
        return self._lift(point_rows(points, self.d))

    def project(self, parameters: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Coordinates of the points on the plane that are nearest to parameter vectors.

        Parameters
        ----------
        parameters : (n, D) array
            Parameter vectors, of a training trajectory for example.

        Returns
        -------
        coordinates : (n, d) float64 array
            By least squares.
        distances : (n,) float64 array
            Euclidean distances of the parameter vectors from these points.

        Raises
        ------
        ValueError
            If `parameters` is not an (n, D) array of real numbers.

        Notes
        -----
        O(n D d) time and memory for a block of parameter vectors, beside the results.
        """
        rows = point_rows(parameters, len(self.center), "parameters")
        orthonormal, triangle = np.linalg.qr(self.directions.T)
        coordinates, distances = np.empty((len(rows), self.d)), np.empty(len(rows))
        for block in self._blocks(len(rows)):
            offsets = rows[block] - self.center
            coordinates[block] = np.linalg.solve(triangle, (offsets @ orthonormal).T).T
            distances[block] = np.linalg.norm(offsets - coordinates[block] @ self.directions, axis=1)
        return coordinates, distances

    def _lift(self, rows: Floats) -> Floats:
        # Sums in one order, unlike those of a matrix product, whose rounding depends on the other rows.
        lifted = np.tile(self.center.astype(rows.dtype), (len(rows), 1))
        for coordinates, direction in zip(rows.T, self.directions.astype(rows.dtype), strict=True):
            lifted += coordinates[:, np.newaxis] * direction
        return lifted

    def _values(self, rows: Floats) -> Floats:
        parts = [
            checked_values(self.objective(self._lift(rows[block])), len(rows[block]))
            for block in self._blocks(len(rows))
        ]
        return np.concatenate(parts) if parts else np.empty(0, rows.dtype)

    def _values_and_gradients(self, rows: Floats) -> tuple[Floats, Floats]:
        values, gradients = [np.empty(0, rows.dtype)], [np.empty((0, self.d), rows.dtype)]
        for block in self._blocks(len(rows)):
            found, slopes = values_and_gradients(self.objective, self._lift(rows[block]))
            values.append(found)
            gradients.append(self._along(slopes))
        start = 1 if len(rows) else 0
        return np.concatenate(values[start:]), np.concatenate(gradients[start:])

    def _hessian_vector_products(self, row: Floats, vectors: Floats) -> Floats:
        method = getattr(self.objective, "hessian_vector_product", None)
        if method is None:
            return super()._hessian_vector_products(row, vectors)
        at = self._lift(row[np.newaxis])[0]
        lifted = vectors @ self.directions.astype(row.dtype)
        shape = lifted.shape
        products = checked_rows(method(at, lifted), shape, "products with the Hessian matrix")
        return self._along(products).astype(row.dtype, copy=False)

    def _along(self, gradients: Floats) -> Floats:
        """Return how much gradients (n, D) rise along each direction, (n, d)."""
        slopes = np.empty((len(gradients), self.d), gradients.dtype)
        for i, direction in enumerate(self.directions.astype(gradients.dtype)):
            slopes[:, i] = (gradients * direction).sum(axis=1)
        return slopes

    def _blocks(self, n: int) -> Iterator[slice]:
        return (slice(start, start + self._block) for start in range(0, n, self._block))


def check_center(center: ArrayLike, objective: object) -> NDArray[np.float64]:
    """Return a parameter vector (D,) of an objective, finite, as float64, read-only.

    Raises
    ------
    ValueError
        If it is not one, or of another length than the objective's own D, if that is known.
    """
    array = np.asarray(center)
    d = getattr(objective, "d", None)
    if array.ndim != 1 or array.size == 0 or (isinstance(d, int) and array.size != d):
        raise ValueError(f"center: got shape {array.shape}, expected ({d if isinstance(d, int) else 'D'},)")
    checked: NDArray[np.float64] = check_rows("center", array[np.newaxis], array.size)[0]
    return checked


def check_rows(name: str, rows: ArrayLike, width: int) -> NDArray[np.float64]:
    """Return rows (n, width) of finite numbers as float64, read-only and a copy.

    Raises
    ------
    ValueError
        If they are not such, naming the row.
    """
    array = point_rows(rows, width, name).astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if bad.size:
        where = f"{name}[{bad[0]}]" if len(array) > 1 else name
        raise ValueError(f"{where}: got numbers that are not finite")
    return read_only(array)


def _check_directions(directions: ArrayLike, width: int) -> NDArray[np.float64]:
    rows = check_rows("directions", directions, width)
    if not 1 <= len(rows) <= MOST_DIRECTIONS:
        raise ValueError(f"directions: got {len(rows)}, expected 1 to {MOST_DIRECTIONS}")
    largest = np.abs(rows).max(axis=1)
    if not largest.all():
        raise ValueError(f"directions[{int(largest.argmin())}]: got zeros, expected a direction")
    # Squares of what is scaled neither overflow nor vanish.
    rank = int(np.linalg.matrix_rank(rows / largest[:, np.newaxis]))
    if rank < len(rows):
        raise ValueError(
            f"directions: got {len(rows)} of rank {rank}, expected linearly independent directions"
        )
    return rows


def _check_numbers(name: str, numbers: ArrayLike | None, d: int) -> NDArray[np.float64] | None:
    if numbers is None:
        return None
    array = np.array(numbers, dtype=np.float64)
    if array.shape != (d,):
        raise ValueError(f"{name}: got shape {array.shape}, expected ({d},)")
    return read_only(array)
