"""Graphs of nearest neighbours."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree

from morsebar._arrays import (
    FloatArray,
    ReadOnlyArrays,
    exact_values,
    progress_bar,
    read_only,
    thread_count,
)
from morsebar.graph import Specification, neighbor_table

#: Points asked for at a time, so that progress moves and Ctrl-C is seen.
_CHUNK = 1 << 12


@dataclass(frozen=True, eq=False, repr=False)
class KnnGraph(ReadOnlyArrays):
    """The nearest neighbours of every point, the point itself left out.

    Attributes
    ----------
    indices
        (n, k) integers, nearest first, padded by -1.
    distances
        (n, k) floats, padded by inf.

    Raises
    ------
    ValueError
        For another shape or dtype.

    Examples
    --------
    >>> import morsebar as mb
    >>> mb.knn_graph([[0.0], [1.0], [3.0]], 2)
    KnnGraph(3 points, 2 neighbours each)
    """

    indices: NDArray[Any]
    distances: FloatArray

    def __post_init__(self) -> None:
        indices = neighbor_table(self.indices, "indices")
        distances = exact_values(self.distances, "distances")
        if indices.shape != distances.shape:
            raise ValueError(
                f"indices has shape {indices.shape}, distances {distances.shape}, expected (n, k) twice"
            )
        object.__setattr__(self, "indices", indices)
        object.__setattr__(self, "distances", read_only(distances))

    @property
    def n_vertices(self) -> int:
        """The number of points."""
        return len(self.indices)

    @property
    def n_neighbors(self) -> int:
        """The number of neighbours of a point."""
        return int(self.indices.shape[1])

    def specification(self, values: FloatArray) -> Specification:
        """Return the graph as the core takes it."""
        return ("table", self.indices)

    def _to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what :meth:`_from_arrays` needs to make this graph again."""
        return {"indices": self.indices, "distances": self.distances}

    @classmethod
    def _from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "KnnGraph":
        """Make the graph of :meth:`_to_arrays`."""
        return cls(arrays["indices"], arrays["distances"])

    def __repr__(self) -> str:
        return f"KnnGraph({self.n_vertices} points, {self.n_neighbors} neighbours each)"


def knn_graph(
    points: ArrayLike,
    n_neighbors: int,
    *,
    max_distance: float | None = None,
    progress: bool = False,
    n_jobs: int | None = None,
) -> KnnGraph:
    """Find the nearest neighbours of every point, by Euclidean distance.

    Method: a k-d tree (Friedman, Bentley & Finkel 1977). A point is left out of its own row by its number;
    among its own copies it is still told apart.

    Parameters
    ----------
    points
        Shape (n, d), finite. Distances are measured in them as they are: scale the axes first.
    n_neighbors
        Neighbours of each point, 1 to n - 1.
    max_distance
        Neighbours further away are cut, and the row padded.
    progress
        Draw a progress bar (needs tqdm, the extra ``progress``).
    n_jobs
        Threads; None or -1 for all cores.

    Returns
    -------
    KnnGraph

    Raises
    ------
    ValueError
        For another shape or dtype, a coordinate that is not finite (the row is named), and for `n_neighbors`
        out of range.

    Notes
    -----
    O(n k log n) in low dimension; towards O(n^2) as the dimension grows.

    Examples
    --------
    >>> import morsebar as mb
    >>> mb.knn_graph([[0.0], [1.0], [3.0]], 1).indices
    array([[1],
           [0],
           [1]], dtype=int32)
    """
    coordinates = exact_values(points, "points")
    if coordinates.ndim != 2:
        raise ValueError(f"points has shape {coordinates.shape}, expected (n, d)")
    n, d = coordinates.shape
    bad = ~np.isfinite(coordinates).all(axis=1)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(f"points[{row}] is {coordinates[row].tolist()}, expected finite coordinates")
    if isinstance(n_neighbors, bool) or not isinstance(n_neighbors, int | np.integer):
        raise ValueError(f"n_neighbors is {n_neighbors!r}, expected an integer")
    if not 1 <= n_neighbors < n or d == 0:
        raise ValueError(
            f"n_neighbors is {n_neighbors}, expected 1 to {n - 1} for points of shape {coordinates.shape}"
        )
    if max_distance is not None and not max_distance > 0:
        raise ValueError(f"max_distance is {max_distance!r}, expected a positive number")
    threads = thread_count(n_jobs)
    # A power of two brings the coordinates to [-1, 1], exactly, so that no square is too large or too small.
    exponent = int(np.frexp(np.abs(coordinates).max())[1])
    scaled = np.ldexp(coordinates.astype(np.float64, copy=False), -exponent)
    tree = KDTree(scaled)
    kind = np.int32 if n < 2**31 else np.int64
    indices = np.empty((n, n_neighbors), dtype=kind)
    distances = np.empty((n, n_neighbors), dtype=coordinates.dtype)

    def find(start: int) -> int:
        rows = np.arange(start, min(n, start + _CHUNK))
        answer = tree.query(scaled[rows], k=n_neighbors + 1)
        found_distances, found = np.asarray(answer[0]), np.asarray(answer[1])
        keep = found != rows[:, None]
        # A point hidden among more copies of itself than were asked for is not there: drop the last.
        keep[keep.all(axis=1), -1] = False
        indices[rows] = found[keep].reshape(len(rows), n_neighbors)
        with np.errstate(over="ignore"):  # a distance beyond the largest number is inf
            distances[rows] = np.ldexp(found_distances[keep], exponent).reshape(len(rows), n_neighbors)
        return start + len(rows)

    # Threads of our own, not the tree's: those would run on in freed memory after Ctrl-C.
    pool = ThreadPoolExecutor(threads)
    with progress_bar(progress, "nearest neighbours", "point") as update:
        try:
            for future in [pool.submit(find, start) for start in range(0, n, _CHUNK)]:
                done = future.result()
                if update:
                    update(done, n)
        finally:
            pool.shutdown(cancel_futures=True)
    if max_distance is not None:
        far = distances > max_distance
        indices[far], distances[far] = -1, np.inf
    return KnnGraph(indices, distances)
