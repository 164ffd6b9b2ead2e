"""What loss surfaces have in common: values at many points at once, gradients and curvature."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._arrays import ReadOnlyArrays, point_row, point_rows, read_only
from morsebar.objectives.formula import Floats
from morsebar.sampling import check_bounds, check_count


class LossSurface(ReadOnlyArrays, ABC):
    """A loss as a function of the parameters of a model: called with points (n, d), it returns n values.

    A point is one parameter vector. float32 points give float32 values and float64 points float64; float16
    becomes float32, integers and bool become float64. The value of a point does not depend on the points
    evaluated with it. NaN values are returned as they are. Surfaces made by `from_torch` and `from_jax`
    compute in the type of the model, whatever that of the points, and may depend on the other points by
    rounding.

    A subclass implements `_values` and `_values_and_gradients` on checked arrays, and
    `_hessian_vector_products` if it knows better than a difference of gradients.

    Attributes
    ----------
    name : str
        What pictures and landscapes are titled with.
    d : int
        Number of coordinates of a point.
    bounds : (d, 2) float64 array, read-only, or None
        Lower and upper end of a box on every axis. Points outside are evaluated too.

    Raises
    ------
    ValueError
        If names or bounds are not those of d coordinates; when called, if `points` is not an (n, d) array of
        real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from morsebar.networks import LossSurface
    >>> class Saddle(LossSurface):
    ...     def _values(self, rows):
    ...         return rows[:, 0] * rows[:, 1]
    ...
    ...     def _values_and_gradients(self, rows):
    ...         return self._values(rows), rows[:, ::-1]
    >>> saddle = Saddle("saddle", 2, bounds=[(-1, 1), (-1, 1)])
    >>> saddle([[2.0, 3.0]])
    array([6.])
    >>> saddle.hessian_vector_product([0.0, 0.0], [1.0, 2.0]).round(6)
    array([2., 1.])
    """

    def __init__(
        self,
        name: str,
        d: int,
        coordinate_names: Sequence[str] | None = None,
        bounds: ArrayLike | None = None,
    ) -> None:
        self.name: Final = name
        self.d: Final = check_count("d", d)
        if coordinate_names is not None and len(coordinate_names) != d:
            raise ValueError(f"coordinate_names: got {len(coordinate_names)}, expected {d}")
        self._names: Final = None if coordinate_names is None else tuple(coordinate_names)
        self.bounds: Final = None if bounds is None else _box(bounds, d)

    @cached_property
    def coordinate_names(self) -> tuple[str, ...]:
        """What the coordinates are called, d names."""
        return tuple(f"x{i}" for i in range(self.d)) if self._names is None else self._names

    def __call__(self, points: ArrayLike) -> Floats:
        """Values (n,) of points (n, d)."""
        return self._values(point_rows(points, self.d))

    def value_and_gradient(self, points: ArrayLike) -> tuple[Floats, Floats]:
        """Values and gradients at points.

        Parameters
        ----------
        points : (n, d) array
            Taken as by a call.

        Returns
        -------
        values : (n,) array
            The same as those of a call.
        gradients : (n, d) array
            Partial derivatives, of the floating-point type of the values.

        Raises
        ------
        ValueError
            If `points` is not an (n, d) array of real numbers.
        """
        return self._values_and_gradients(point_rows(points, self.d))

    def hessian_vector_product(self, point: ArrayLike, vectors: ArrayLike) -> Floats:
        """Products of the Hessian matrix at a point with vectors.

        Parameters
        ----------
        point : (d,) array
            Where the Hessian matrix is taken.
        vectors : (d,) or (m, d) array
            One vector, or a row for each.

        Returns
        -------
        array of the shape of `vectors`
            In the floating-point type of the values at the point.

        Raises
        ------
        ValueError
            If `point` or `vectors` has another shape, or does not hold real numbers.
        """
        row = point_row(point, self.d)
        directions = np.asanyarray(vectors)
        if directions.ndim not in (1, 2) or directions.shape[-1] != self.d:
            raise ValueError(f"vectors: got shape {directions.shape}, expected ({self.d},) or (m, {self.d})")
        rows: Floats = np.asarray(point_rows(np.atleast_2d(directions), self.d, "vectors"), dtype=row.dtype)
        return self._hessian_vector_products(row, rows).reshape(directions.shape)

    @abstractmethod
    def _values(self, rows: Floats) -> Floats:
        """Values of float32 or float64 rows (n, d)."""

    @abstractmethod
    def _values_and_gradients(self, rows: Floats) -> tuple[Floats, Floats]:
        """Values (n,) and gradients (n, d) of float32 or float64 rows (n, d)."""

    def _hessian_vector_products(self, row: Floats, vectors: Floats) -> Floats:
        """Products with vectors (m, d), of the type of the row (d,), as central differences of gradients.

        The step is eps^(1/3) max(1, |row|) in the direction of the vector, where the errors of rounding and
        of the third derivatives are about equal: some 1e-10 relative in float64, 1e-4 in float32.
        """
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        directions = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
        step = float(np.cbrt(np.finfo(row.dtype).eps)) * max(1.0, float(np.linalg.norm(row)))
        offsets = directions * row.dtype.type(step)
        m = len(vectors)
        _, gradients = self._values_and_gradients(np.concatenate((row + offsets, row - offsets)))
        products: Floats = (gradients[:m] - gradients[m:]) * (lengths / row.dtype.type(2 * step))
        return products


def _box(bounds: ArrayLike, d: int) -> NDArray[np.float64]:
    box = check_bounds(bounds)
    if len(box) != d:
        raise ValueError(f"bounds: got shape {box.shape}, expected ({d}, 2)")
    return read_only(box)
