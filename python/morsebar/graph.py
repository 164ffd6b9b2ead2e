"""Graphs that a function can live on: regular grids, tables of neighbours, and sparse graphs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from morsebar._arrays import (
    MOST_VERTICES,
    FloatArray,
    ReadOnlyArrays,
    check_vertex_count,
    exact_values,
    is_integer,
    read_only,
)

Connectivity: TypeAlias = Literal["axis", "freudenthal", "full"]
#: What the core is told about a graph: a tuple that begins with the kind.
Specification: TypeAlias = tuple[Any, ...]


class SparseMatrix(Protocol):
    """What is asked of a scipy sparse matrix or array, of any format."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""

    def tocsr(self) -> "sparse.csr_array[Any] | sparse.csr_matrix[Any]":
        """Return the matrix as compressed sparse rows."""


@dataclass(frozen=True)
class Grid:
    """A regular grid of any dimension, vertices numbered in C order. Nothing is stored but the shape.

    Parameters
    ----------
    shape
        The number of vertices along every axis; a single integer for one axis.
    connectivity
        ``"axis"``: one step along one axis, 2d neighbours. ``"freudenthal"``: the edges of the Freudenthal
        (Kuhn) triangulation, 2(2^d - 1). ``"full"``: at most one step along every axis, 3^d - 1.
    periodic
        Whether an axis closes into a circle: one bool for all axes, or one per axis.

    Raises
    ------
    ValueError
        If there is no axis, a size is negative, `periodic` has another length, or the connectivity is not one
        of the three.
    OverflowError
        If there are more than 2^32 - 1 vertices.

    Examples
    --------
    >>> import morsebar as mb
    >>> mb.Grid((3, 4), periodic=[True, False])
    Grid(shape=(3, 4), connectivity='axis', periodic=(True, False))
    >>> mb.merge_tree([0.0, 2.0, 1.0, 3.0], mb.Grid(4, periodic=True)).barcode().diagram
    array([[ 0., inf],
           [ 1.,  2.]])
    """

    shape: tuple[int, ...]
    connectivity: Connectivity
    periodic: tuple[bool, ...]

    def __init__(
        self,
        shape: int | Sequence[int],
        connectivity: Connectivity = "axis",
        periodic: bool | Sequence[bool] = False,
    ) -> None:
        sizes = np.atleast_1d(np.asarray(shape))
        if sizes.ndim != 1 or sizes.size == 0 or sizes.dtype.kind not in "iu" or (sizes < 0).any():
            raise ValueError(f"shape is {shape!r}, expected one or more non-negative integers, one per axis")
        if connectivity not in ("axis", "freudenthal", "full"):
            raise ValueError(f"connectivity is {connectivity!r}, expected 'axis', 'freudenthal' or 'full'")
        around = np.atleast_1d(np.asarray(periodic))
        if around.dtype != bool or around.ndim != 1 or around.size not in (1, sizes.size):
            raise ValueError(
                f"periodic is {periodic!r}, expected a bool, or {sizes.size} of them, one per axis"
            )
        check_vertex_count(prod(sizes.tolist()), f"shape {shape!r}")
        object.__setattr__(self, "shape", tuple(sizes.tolist()))
        object.__setattr__(self, "connectivity", connectivity)
        object.__setattr__(self, "periodic", tuple(np.broadcast_to(around, sizes.shape).tolist()))

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def n_vertices(self) -> int:
        """The number of vertices."""
        return prod(self.shape)

    @property
    def n_neighbors(self) -> int:
        """The number of neighbours of a vertex inside the grid."""
        d = self.ndim
        steps: dict[Connectivity, int] = {"axis": 2 * d, "freudenthal": 2 * (2**d - 1), "full": 3**d - 1}
        return steps[self.connectivity]

    def on_boundary(self, vertices: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which vertices are first or last on an axis that is not periodic.

        Parameters
        ----------
        vertices
            Numbers of vertices, shape (m,).

        Examples
        --------
        >>> import morsebar as mb
        >>> mb.Grid((3, 3)).on_boundary([4, 5])
        array([False,  True])
        """
        on_boundary = np.zeros(len(vertices), dtype=bool)
        if len(vertices):
            at = np.unravel_index(vertices, self.shape)
            for coordinate, size, periodic in zip(at, self.shape, self.periodic, strict=True):
                if not periodic:
                    on_boundary |= (coordinate == 0) | (coordinate == size - 1)
        return on_boundary

    def specification(self, values: FloatArray) -> Specification:
        """Return the graph as the core takes it."""
        return ("grid", self.shape, self.connectivity, self.periodic)

    def _to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what :meth:`_from_arrays` needs to make this grid again."""
        return {
            "shape": np.asarray(self.shape, dtype=np.int64),
            "connectivity": np.asarray(self.connectivity),
            "periodic": np.asarray(self.periodic),
        }

    @classmethod
    def _from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Grid":
        """Make the grid of :meth:`_to_arrays`."""
        connectivity: Any = str(arrays["connectivity"])
        return cls(arrays["shape"].tolist(), connectivity, arrays["periodic"].tolist())


def neighbor_table(table: ArrayLike, name: str) -> NDArray[Any]:
    """Check a table of neighbours; int32, uint32 and int64 are borrowed, other integers are widened.

    Raises
    ------
    ValueError
        For another shape or dtype.
    OverflowError
        For more than 2^32 - 1 rows.
    """
    array = np.asarray(table)
    if array.ndim != 2 or array.dtype.kind not in "iu":
        raise ValueError(
            f"{name} is an array of shape {array.shape} and dtype {array.dtype}, expected a table of "
            f"neighbours: (n, k) integers"
        )
    check_vertex_count(len(array), name)
    if array.dtype.newbyteorder("=") not in (np.int32, np.uint32, np.int64):
        # Small integers fit int32; what is too large for int64 becomes negative, and is refused as such.
        array = array.astype(np.int64 if array.dtype.itemsize == 8 else np.int32)
    return read_only(array.astype(array.dtype.newbyteorder("="), copy=False))


@dataclass(frozen=True, eq=False, repr=False)
class Table(ReadOnlyArrays):
    """A table of neighbours as the caller gave it: (n, k) int32, uint32 or int64, padded by -1."""

    indices: NDArray[Any]

    @classmethod
    def from_array(cls, table: ArrayLike) -> "Table":
        """Check a table, see :func:`neighbor_table`."""
        return cls(neighbor_table(table, "graph"))

    @property
    def n_vertices(self) -> int:
        """The number of vertices."""
        return len(self.indices)

    def specification(self, values: FloatArray) -> Specification:
        """Return the graph as the core takes it."""
        return ("table", self.indices)

    def _to_arrays(self) -> dict[str, NDArray[Any]]:
        return {"indices": self.indices}

    @classmethod
    def _from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Table":
        return cls(read_only(arrays["indices"]))

    def __repr__(self) -> str:
        """Say how large it is."""
        n, k = self.indices.shape
        return f"Table({n} vertices, {k} neighbours each)"


@dataclass(frozen=True, eq=False, repr=False)
class Graph(ReadOnlyArrays):
    """A sparse graph; made by :meth:`from_edges`, or from a scipy matrix or a networkx graph.

    Arcs in one direction stand for edges. With `levels`, every edge enters the sublevel set at a level of its
    own.

    Attributes
    ----------
    n_vertices
        The number of vertices.
    indptr, indices
        Compressed sparse rows, if edges have no levels of their own.
    edges, levels
        (m, 2) int64 and (m,) float, if they have.
    """

    n_vertices: int
    indptr: NDArray[Any] | None = None
    indices: NDArray[Any] | None = None
    edges: NDArray[np.int64] | None = None
    levels: FloatArray | None = None

    @classmethod
    def from_edges(cls, edges: ArrayLike, n_vertices: int, values: ArrayLike | None = None) -> "Graph":
        """Make a graph from its edges.

        Parameters
        ----------
        edges
            Shape (m, 2), integers: the two ends of every edge. Self-loops and repetitions are ignored.
        n_vertices
            The number of vertices.
        values
            Shape (m,): the level of each edge, at least the values of both ends (checked by
            :func:`merge_tree`). A bar then dies at the level of an edge: ``bars.saddles`` is its upper end,
            ``bars.saddle_edges`` the edge.

        Raises
        ------
        ValueError
            For another shape or dtype, and for an edge that names a vertex that is not there.

        Notes
        -----
        O(n + m). Levels of an edge are dealt with by subdividing it.

        Examples
        --------
        >>> import morsebar as mb
        >>> path = mb.Graph.from_edges([[0, 1], [1, 2]], 3)
        >>> mb.merge_tree([0.0, 5.0, 1.0], path).barcode().diagram
        array([[ 0., inf],
               [ 1.,  5.]])
        >>> path = mb.Graph.from_edges([[0, 1], [1, 2]], 3, values=[5.0, 7.0])
        >>> bars = mb.merge_tree([0.0, 5.0, 1.0], path).barcode()
        >>> bars.diagram[1], bars.saddle_edges[1]
        (array([1., 7.]), array([1, 2]))
        """
        if not is_integer(n_vertices) or n_vertices < 0:
            raise ValueError(f"n_vertices is {n_vertices!r}, expected a non-negative integer")
        if n_vertices > MOST_VERTICES:
            raise OverflowError(f"n_vertices is {n_vertices}, expected at most {MOST_VERTICES}")
        ends = np.asarray(edges)
        if ends.size == 0:
            ends = ends.reshape(0, 2).astype(np.int64)
        if ends.ndim != 2 or ends.shape[1] != 2 or ends.dtype.kind not in "iu":
            raise ValueError(f"edges has shape {ends.shape} and dtype {ends.dtype}, expected (m, 2) integers")
        wrong = ((ends < 0) | (ends >= n_vertices)).any(axis=1)
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            raise ValueError(
                f"edges[{first}] = ({ends[first, 0]}, {ends[first, 1]}) names a vertex that is not there, "
                f"expected 0 to {n_vertices} - 1"
            )
        if values is not None:
            levels = exact_values(values)
            if levels.shape != (len(ends),):
                raise ValueError(
                    f"values has shape {levels.shape}, expected ({len(ends)},), one level per edge"
                )
            return cls(int(n_vertices), edges=read_only(ends.astype(np.int64)), levels=read_only(levels))
        stored = np.ones(len(ends), dtype=bool)
        return cls.from_sparse(
            sparse.coo_array((stored, (ends[:, 0], ends[:, 1])), shape=(n_vertices, n_vertices))
        )

    @classmethod
    def from_sparse(cls, matrix: SparseMatrix) -> "Graph":
        """Make a graph from a scipy sparse matrix: every stored entry is an edge, zeros included.

        Raises
        ------
        ValueError
            If the matrix is not square.
        OverflowError
            For more than 2^32 - 1 rows.
        """
        if len(matrix.shape) != 2 or matrix.shape[0] != matrix.shape[1]:
            raise ValueError(f"graph is a sparse matrix of shape {matrix.shape}, expected square: (n, n)")
        check_vertex_count(matrix.shape[0], "graph")
        rows = matrix.tocsr()
        # One type for both arrays; scipy may leave them different.
        kind = np.int32 if rows.indptr.dtype == rows.indices.dtype == np.int32 else np.int64
        indptr, indices = (np.ascontiguousarray(array, dtype=kind) for array in (rows.indptr, rows.indices))
        return cls(rows.shape[0], indptr=read_only(indptr), indices=read_only(indices))

    def specification(self, values: FloatArray) -> Specification:
        """Return the graph as the core takes it; levels and values must be of one type."""
        if self.levels is None:
            return ("csr", self.indptr, self.indices)
        return ("edges", self.edges, self.levels.astype(values.dtype, copy=False))

    def _to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what :meth:`_from_arrays` needs to make this graph again."""
        names = ("indptr", "indices") if self.levels is None else ("edges", "levels")
        return {"n_vertices": np.asarray(self.n_vertices)} | {name: getattr(self, name) for name in names}

    @classmethod
    def _from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Graph":
        """Make the graph of :meth:`_to_arrays`."""
        rest = {name: read_only(array) for name, array in arrays.items() if name != "n_vertices"}
        return cls(int(arrays["n_vertices"]), **rest)

    def __repr__(self) -> str:
        if self.edges is not None:
            return f"Graph({self.n_vertices} vertices, {len(self.edges)} edges with levels)"
        return f"Graph({self.n_vertices} vertices, {0 if self.indices is None else len(self.indices)} arcs)"
