"""Benchmark functions as objects: a formula together with its box, its minima and its source."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._arrays import point_rows
from morsebar.objectives.formula import Floats, Formula
from morsebar.objectives.separable import SeparableSum, interval_barcode, product_barcode

# Coordinates evaluated together: few enough for the temporaries of a formula to stay in cache.
_BLOCK = 1 << 15
_MAX_COORDINATES = 50_000_000


@dataclass(frozen=True, eq=False, repr=False)
class Objective:
    """A function on a box: called with points (n, d), it returns their n values.

    float32 points give float32 values and float64 points float64; float16 becomes float32, integers and bool
    become float64. The value of a point does not depend on the points evaluated with it. Objectives can be
    pickled, for process pools; `get` makes them by name.

    Attributes
    ----------
    name : str
        The name `get` knows it by.
    d : int
        Number of coordinates of a point.
    bounds : (d, 2) float64 array, read-only
        Lower and upper end of the box on every axis. Points outside are evaluated too.
    minimum_value : float
        Lowest value in the box.
    citation : str
        The source of the function and, where there are several in use, of its box.
    formula : callable
        The function on coordinates (d, m), one row an axis; its attribute `gradient` likewise, or None.
    minimisers : (m, d) float64 array, read-only
        Global minimisers; of a separable function those on each axis, which `minima` combines.

    Raises
    ------
    ValueError
        When called, if `points` is not an (n, d) array of real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> import morsebar as mb
    >>> himmelblau = mb.objectives.himmelblau
    >>> himmelblau
    Objective('himmelblau', d=2, box=[-5, 5]^2, minimum=0)
    >>> himmelblau(np.array([[3.0, 2.0], [0.0, 0.0]]))
    array([  0., 170.])
    >>> himmelblau.minima.round(3)
    array([[ 3.   ,  2.   ],
           [-2.805,  3.131],
           [-3.779, -3.283],
           [ 3.584, -1.848]])
    """

    name: str
    d: int
    bounds: NDArray[np.float64]
    minimum_value: float
    citation: str
    formula: Formula
    minimisers: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Own both arrays, read-only."""
        object.__setattr__(self, "bounds", _frozen(self.bounds))
        object.__setattr__(self, "minimisers", _frozen(self.minimisers))

    def __reduce__(self) -> tuple[type["Objective"], tuple[object, ...]]:
        """Pickle through the constructor: arrays restored from a pickle alone would be writeable."""
        return type(self), tuple(getattr(self, f.name) for f in fields(self))

    def __call__(self, points: ArrayLike) -> Floats:
        """Values (n,) of points (n, d)."""
        rows = point_rows(points, self.d)
        values = np.empty(len(rows), dtype=rows.dtype)
        for block in self._blocks(len(rows)):
            values[block] = self.formula(np.ascontiguousarray(rows[block].T))
        return values

    def gradient(self, points: ArrayLike) -> Floats:
        """Gradients of the function at points, if they are known in closed form.

        Where the function has a corner, the derivative of |t| at t = 0, or of a radius at 0, counts as 0.

        Parameters
        ----------
        points : (n, d) array
            Taken as by a call; nothing is asked of the box.

        Returns
        -------
        (n, d) array
            Partial derivatives, of the floating-point type that the values have.

        Raises
        ------
        ValueError
            If the gradient is not known, as for bukin6, eggholder, the Gallagher functions and BBOB; if
            `points` is not an (n, d) array of real numbers.

        Examples
        --------
        >>> import morsebar as mb
        >>> mb.objectives.himmelblau.gradient([[3.0, 2.0], [0.0, 0.0]])
        array([[  0.,   0.],
               [-14., -22.]])
        """
        partial_derivatives = self.formula.gradient
        if partial_derivatives is None:
            raise ValueError(f"gradient: got {self.name}, expected a function whose gradient is known")
        rows = point_rows(points, self.d)
        gradients = np.empty_like(rows, order="C")
        for block in self._blocks(len(rows)):
            gradients[block] = partial_derivatives(np.ascontiguousarray(rows[block].T)).T
        return gradients

    def _blocks(self, n: int) -> Iterator[slice]:
        step = max(1, _BLOCK // self.d)
        return (slice(start, start + step) for start in range(0, n, step))

    def __repr__(self) -> str:
        """Name, dimension, box, lowest value, and whether exact bars are known."""
        intervals = [f"[{low:g}, {high:g}]" for low, high in self.bounds]
        box = f"{intervals[0]}^{self.d}" if len(set(intervals)) == 1 else " x ".join(intervals)
        exact = ", separable" if isinstance(self.formula, SeparableSum) else ""
        return f"Objective({self.name!r}, d={self.d}, box={box}, minimum={self.minimum_value:.10g}{exact})"

    @cached_property
    def minima(self) -> NDArray[np.float64]:
        """All global minimisers in the box, (m, d), read-only.

        Raises
        ------
        ValueError
            If they have more than 5e7 coordinates: alpine01 has 8^d minimisers.
        """
        if not isinstance(self.formula, SeparableSum):
            return self.minimisers
        m = len(self.minimisers)
        if m**self.d * self.d > _MAX_COORDINATES:
            raise ValueError(
                f"minima: got {m}^{self.d} points of {self.name}, "
                f"expected at most {_MAX_COORDINATES} coordinates in all"
            )
        columns = [
            np.tile(np.repeat(axis, m ** (self.d - 1 - i)), m**i) for i, axis in enumerate(self.minimisers.T)
        ]
        return _frozen(np.column_stack(columns))

    def exact_barcode(self, degree: int = 0) -> NDArray[np.float64]:
        """Exact bars over the box, if the function is separable.

        Every turning point of every term is bracketed and polished to rounding; `product_barcode` combines
        the bars of the axes. Minima on the boundary of the box count.

        Parameters
        ----------
        degree : int
            Degree of homology: 0 for the bars of minima.

        Returns
        -------
        (n, 2) float64 array
            Birth and death, longest first, ties by birth; death = inf for the essential bar.

        Raises
        ------
        ValueError
            If the function is not separable, if `degree` is negative, or if there are more than 5e7 bars.

        Notes
        -----
        The number of bars grows exponentially with d: with m minima on every axis, m^d bars of degree 0.

        Examples
        --------
        >>> import morsebar as mb
        >>> mb.objectives.get("styblinski_tang", d=1).exact_barcode().round(3)
        array([[-39.166,     inf],
               [-25.029,   0.196]])
        """
        if not isinstance(self.formula, SeparableSum):
            raise ValueError(f"exact_barcode: got {self.name}, expected a separable function")
        factors = [
            interval_barcode(term, low, high)
            for term, (low, high) in zip(self.formula.terms, self.bounds.tolist(), strict=True)
        ]
        return product_barcode(factors, degree)


def _frozen(array: ArrayLike) -> NDArray[np.float64]:
    copy = np.array(array, dtype=np.float64, order="C")
    copy.flags.writeable = False
    return copy
