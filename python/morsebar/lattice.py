"""Rank-1 lattices: points that fill a cube evenly, and whose neighbours need no search."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from morsebar import _core
from morsebar._arrays import FloatArray, is_integer, read_only, thread_count
from morsebar.graph import Specification
from morsebar.knn import KnnGraph
from morsebar.sampling import RandomState

MOST_AXES = 15
MOST_POINTS = 2**32 - 2
#: Above, points on the faces take too many from the inside.
MOST_CLAMPED = 4
#: Shifts are whole numbers of units of 2^-21 / n.
_UNITS = 2**21
#: With `clamp` the lattice is spread beyond every face by this many mean spacings n^(-1/d).
_MARGIN = 0.7


@lru_cache(maxsize=256)
def _generator(n: int, d: int) -> int:
    """Search the generator of a lattice once."""
    return _core.lattice_generator(n, d, thread_count(None))


@dataclass(frozen=True, repr=False)
class Lattice:
    """A rank-1 (Korobov) lattice in the unit cube. Points and neighbours are computed, not stored.

    Point i is ``frac(i z / n + shift)`` with ``z = (1, a, a^2, ...)`` (Korobov 1959). The generator a is the
    one of about 1000 candidates whose lattice has the longest shortest vector, found by lattice reduction
    (Lenstra, Lenstra & Lovász 1982) and enumeration (Fincke & Pohst 1985), once for every n and d. Points
    are numbered along the first axis.

    The vectors of the lattice are put in an order: for d <= 4 those first that point across a facet of the
    Voronoi cell; then by length. Ties fall by the vector of the pair v, -v that goes forward along the first
    axis, lexicographically, v itself before -v. The neighbours of a point are the first `n_neighbors` in this
    order that stay in the cube, which does not wrap around; there are fewer only where no more exist.

    Parameters
    ----------
    n
        The number of points, 1 to 2^32 - 2.
    d
        The number of axes, 1 to 15.
    n_neighbors
        Neighbours of every point, an even number: whole pairs of opposite steps. By default 2, 16, 14 and 30
        in one to four dimensions, 8 d above, or what it takes more to reach all points.
    clamp
        Sample the faces of the cube, too: spread the lattice over a cube larger by ``0.7 n^(-1/d)`` a side,
        and clip coordinates to [0, 1]. By default for d <= 4. Neighbours are those of the points before they
        are clipped.
    random_state
        Seed, or numpy Generator, of a random shift; along the first axis it is below 1/n. None: no shift.

    Attributes
    ----------
    generator
        The number a.
    units
        The shift as d integers, in units of ``2^-21 / n``.

    Raises
    ------
    ValueError
        For arguments that are not as above, for `n_neighbors` below 2 d or above 4096, and for one whose
        steps lead from a point to only some of the points of the unbounded lattice, unless all n points
        neighbour each other.
    OverflowError
        For more than 2^32 - 2 points.

    Notes
    -----
    The search of the generator takes milliseconds for d <= 3 and well below a second for d = 15. A merge tree
    needs no memory for the graph but some tables, hundreds of kilobytes, a few megabytes above d = 8.

    Examples
    --------
    >>> import morsebar as mb
    >>> lattice = mb.Lattice(5, 2, clamp=False)
    >>> lattice
    Lattice(n=5, d=2, n_neighbors=16, clamp=False, generator=2)
    >>> lattice.points()
    array([[0. , 0. ],
           [0.2, 0.4],
           [0.4, 0.8],
           [0.6, 0.2],
           [0.8, 0.6]])
    >>> lattice.neighbors(0)
    array([1, 3, 2, 4])
    >>> lattice = mb.Lattice(10_000, 3, random_state=0)
    >>> values = ((lattice.points() - 0.4) ** 2).sum(axis=1)
    >>> len(mb.merge_tree(values, lattice).barcode())
    1
    """

    n: int
    d: int
    n_neighbors: int
    clamp: bool
    generator: int
    units: tuple[int, ...]

    def __init__(
        self,
        n: int,
        d: int,
        n_neighbors: int | None = None,
        clamp: bool | None = None,
        random_state: RandomState = None,
    ) -> None:
        if not is_integer(n) or n < 1:
            raise ValueError(f"n is {n!r}, expected a positive integer")
        if n > MOST_POINTS:
            raise OverflowError(f"n is {n}, expected at most {MOST_POINTS}")
        if not is_integer(d) or not 1 <= d <= MOST_AXES:
            raise ValueError(f"d is {d!r}, expected an integer from 1 to {MOST_AXES}")
        if n_neighbors is not None and (not is_integer(n_neighbors) or not 0 <= n_neighbors <= MOST_POINTS):
            raise ValueError(f"n_neighbors is {n_neighbors!r}, expected an even number of at least {2 * d}")
        if clamp is not None and not isinstance(clamp, bool | np.bool_):
            raise ValueError(f"clamp is {clamp!r}, expected a bool or None")
        self._set(
            (int(n), _generator(int(n), int(d)), _random_shift(int(n), int(d), random_state), n_neighbors),
            clamp=d <= MOST_CLAMPED if clamp is None else bool(clamp),
        )

    def _set(self, parameters: tuple[int, int, tuple[int, ...], int | None], clamp: bool) -> None:
        """Set the fields; the number of neighbours is checked, and found if it is None."""
        n, generator, units, _ = parameters
        fields = {"n": n, "d": len(units), "clamp": clamp, "generator": generator, "units": units}
        fields["n_neighbors"] = _core.lattice_n_neighbors(parameters)
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @property
    def n_vertices(self) -> int:
        """The number of points."""
        return self.n

    @property
    def shift(self) -> NDArray[np.float64]:
        """The shift, (d,) float64 in [0, 1), before anything is spread or clipped."""
        return read_only(np.array(self.units, dtype=np.float64) / (self.n * _UNITS))

    @property
    def _margin(self) -> float:
        """How far beyond every face of the unit cube the lattice is spread."""
        return _MARGIN * self.n ** (-1 / self.d) if self.clamp else 0.0

    def points(self, start: int = 0, stop: int | None = None, *, dtype: DTypeLike = np.float64) -> FloatArray:
        """Return the points of a range, in the unit cube.

        Parameters
        ----------
        start, stop
            Points start, ..., stop - 1; by default all.
        dtype
            float64 or float32.

        Returns
        -------
        (stop - start, d) array
            Coordinates in [0, 1), those that would round to 1 in float32 being the number below. With `clamp`
            in [0, 1], exactly 0 and 1 on the faces.

        Raises
        ------
        ValueError
            For a range that is not one of points, or another dtype.

        Notes
        -----
        O((stop - start) d). Parts are the same, bit for bit, as slices of the whole.

        Examples
        --------
        >>> import morsebar as mb
        >>> mb.Lattice(4, 1, clamp=False).points(2, 4).tolist()
        [[0.5], [0.75]]
        """
        stop = self.n if stop is None else stop
        for name, value in (("start", start), ("stop", stop)):
            if not is_integer(value) or not 0 <= value <= self.n:
                raise ValueError(f"{name} is {value!r}, expected an integer from 0 to {self.n}")
        if start > stop:
            raise ValueError(f"start is {start}, expected at most {stop}, which is stop")
        kind = np.dtype(dtype)
        if kind not in (np.float32, np.float64):
            raise ValueError(f"dtype is {kind}, expected float32 or float64")
        single = kind == np.float32
        return _core.lattice_points(self._parameters, start, stop, self._margin, single, thread_count(None))

    def neighbors(self, i: int) -> NDArray[np.int64]:
        """Return the neighbours of a point, in the order in which they are taken.

        A merge tree joins points of which either is a neighbour of the other.

        Parameters
        ----------
        i
            The number of the point.

        Returns
        -------
        (k,) int64
            At most `n_neighbors`, all other points if there are no more.

        Raises
        ------
        ValueError
            If there is no such point.

        Notes
        -----
        Milliseconds, for the tables that are made.

        Examples
        --------
        >>> import morsebar as mb
        >>> mb.Lattice(10, 1).neighbors(0)
        array([1, 2])
        """
        if not is_integer(i) or not 0 <= i < self.n:
            raise ValueError(f"i is {i!r}, expected an integer from 0 to {self.n - 1}")
        indices, _ = _core.lattice_table(self._parameters, i, i + 1, 1)
        return indices[0, : self.n - 1].astype(np.int64)

    def to_knn_graph(self) -> KnnGraph:
        """Return the neighbours of all points as a table, to be looked at.

        Returns
        -------
        KnnGraph
            Rows in the order in which neighbours are taken, which for d <= 4 is not that of distances. int32
            indices for fewer than 2^31 points, padded by -1, uint32 for more. Distances are those in the unit
            cube of the points before they are clipped.

        Notes
        -----
        O(n k d), and 12 bytes an entry.

        Examples
        --------
        >>> import morsebar as mb
        >>> graph = mb.Lattice(4, 1, clamp=False).to_knn_graph()
        >>> graph.indices.tolist(), graph.distances[0].tolist()
        ([[1, 2], [2, 0], [3, 1], [2, 1]], [0.25, 0.5])
        """
        indices, distances = _core.lattice_table(self._parameters, 0, self.n, thread_count(None))
        distances *= 1 + 2 * self._margin
        return KnnGraph(indices.view(np.int32) if self.n < 2**31 else indices, distances)

    def steps(self) -> FloatArray:
        """Return the steps to the neighbours of a point in the middle of the cube.

        Returns
        -------
        (k, d) float64
            In the unit cube, before it is spread and clipped; as many as the point has neighbours.

        Notes
        -----
        O(n d) for up to 65,536 points that are looked at, and the tables that are made, milliseconds.

        Examples
        --------
        >>> import morsebar as mb
        >>> mb.Lattice(100, 1).steps().ravel().tolist()
        [0.01, -0.01]
        """
        count = min(self.n, 2**16)
        start = (self.n - count) // 2
        middle = np.abs(self.points(start, start + count) - 0.5).max(axis=1).argmin()
        i = start + int(middle)
        offsets = self.neighbors(i) - i
        numerators = [
            (offsets * pow(self.generator, axis, self.n) + self.n // 2) % self.n - self.n // 2
            for axis in range(self.d)
        ]
        return np.column_stack(numerators) / self.n

    @property
    def _parameters(self) -> tuple[int, int, tuple[int, ...], int]:
        return (self.n, self.generator, self.units, self.n_neighbors)

    def specification(self, values: FloatArray) -> Specification:
        """Return the graph as the core takes it."""
        return ("lattice", *self._parameters)

    def _to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what :meth:`_from_arrays` needs to make this lattice again."""
        return {
            "size": np.array([self.n, self.n_neighbors, self.generator], dtype=np.int64),
            "clamp": np.array(self.clamp),
            "units": np.array(self.units, dtype=np.int64),
        }

    @classmethod
    def _from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Lattice":
        """Make the lattice of :meth:`_to_arrays`, with the generator that was found then."""
        lattice = cls.__new__(cls)
        n, n_neighbors, generator = arrays["size"].tolist()
        lattice._set((n, generator, tuple(arrays["units"].tolist()), n_neighbors), bool(arrays["clamp"]))
        return lattice

    def __repr__(self) -> str:
        shifted = ", shifted" if any(self.units) else ""
        return (
            f"Lattice(n={self.n}, d={self.d}, n_neighbors={self.n_neighbors}, clamp={self.clamp}, "
            f"generator={self.generator}{shifted})"
        )


def _random_shift(n: int, d: int, random_state: RandomState) -> tuple[int, ...]:
    """Draw a shift, in units; along the first axis less than the distance of two points."""
    if random_state is None:
        return (0,) * d
    if not isinstance(random_state, np.random.Generator) and not (
        is_integer(random_state) and random_state >= 0
    ):
        raise ValueError(
            f"random_state is {random_state!r}, expected a non-negative integer, a numpy Generator or None"
        )
    highest = np.full(d, n * _UNITS)
    highest[0] = _UNITS
    return tuple(np.random.default_rng(random_state).integers(0, highest).tolist())
