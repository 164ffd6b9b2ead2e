"""Complexes that a Morse complex is made on: grids, flag complexes of graphs, explicit simplices."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._arrays import (
    MOST_VERTICES,
    FloatArray,
    ReadOnlyArrays,
    check_vertex_count,
    is_integer,
    read_only,
)
from morsebar.any_graph import AnyGraph, GraphLike, any_graph, check_shape
from morsebar.graph import Graph, Grid, Specification

#: Connectivities of a grid that has cells.
Cells: TypeAlias = Literal["axis", "freudenthal"]
#: The shortest circle that is a complex.
_SHORTEST_CIRCLE = 3
#: A clique of more vertices has more faces than can be numbered.
_MOST_DIMENSION = 64
#: Grids of more axes have no cells here.
MOST_AXES = 4


@dataclass(frozen=True, repr=False)
class FlagComplex:
    """All cliques of a graph, up to a dimension: the flag complex, also called clique complex.

    Parameters
    ----------
    graph
        What :func:`merge_tree` takes for a graph, except None: a :class:`Grid`, :class:`Lattice`,
        :class:`KnnGraph`, :class:`Graph`, an (n, k) table of neighbours, a scipy sparse matrix, a networkx
        graph.
    max_dimension
        The largest dimension of a simplex: cliques of up to `max_dimension` + 1 vertices. Bars of this degree
        see no death, so they are those of the skeleton.

    Raises
    ------
    ValueError
        If the graph is none, or its edges have levels of their own: a cell enters with its highest vertex. If
        `max_dimension` is not an integer of at least 1.

    Notes
    -----
    Nothing is built here: cliques are found vertex by vertex where they are needed.

    Examples
    --------
    >>> import morsebar as mb
    >>> square = mb.Graph.from_edges([[0, 1], [1, 2], [2, 3], [3, 0]], 4)
    >>> form = mb.morse_complex([0.0, 1.0, 2.0, 3.0], mb.FlagComplex(square)).canonical_form()
    >>> form.barcodes[1].diagram
    array([[ 3., inf]])
    """

    graph: AnyGraph
    max_dimension: int

    def __init__(self, graph: GraphLike, max_dimension: int = 2) -> None:
        if not is_integer(max_dimension) or max_dimension < 1:
            raise ValueError(f"max_dimension is {max_dimension!r}, expected an integer of at least 1")
        if graph is None:
            raise ValueError("graph is None, expected a graph: see merge_tree")
        known = any_graph(graph)
        if isinstance(known, Graph) and known.levels is not None:
            raise ValueError(
                "graph has edges with levels of their own, expected a graph without: a simplex of a flag "
                "complex enters with its highest vertex"
            )
        object.__setattr__(self, "graph", known)
        object.__setattr__(self, "max_dimension", int(max_dimension))

    @property
    def n_vertices(self) -> int:
        """The number of vertices."""
        return self.graph.n_vertices

    @property
    def dimension(self) -> int:
        """The largest dimension that a cell can have."""
        return self.max_dimension

    def specification(self, values: FloatArray) -> Specification:
        """Return the complex as the core takes it."""
        return ("flag", self.graph.specification(values), min(self.max_dimension, _MOST_DIMENSION))

    def __repr__(self) -> str:
        return f"FlagComplex({self.graph!r}, max_dimension={self.max_dimension})"


@dataclass(frozen=True, eq=False, repr=False)
class SimplicialComplex(ReadOnlyArrays):
    """Simplices that are given, and all their faces.

    Parameters
    ----------
    simplices
        An (m, k) integer array, each row the vertices of a simplex, such as ``scipy.spatial.Delaunay(points)
        .simplices``; or a list of simplices of any length each. Order and repetition do not matter.
    n_vertices
        The number of vertices; by default one more than the largest number. Vertices that are in no simplex
        are cells of their own.

    Raises
    ------
    ValueError
        Naming the simplex that repeats a vertex or has one that is negative or out of range; for another
        shape or dtype.
    OverflowError
        For more than 2^32 - 1 vertices.

    Attributes
    ----------
    n_vertices
        The number of vertices.
    tables
        Of every dimension k = 1, 2, ... the simplices: (m_k, k + 1) uint32, vertices rising in every row,
        rows sorted.

    Notes
    -----
    O(s log s) for s simplices, faces included.

    Examples
    --------
    >>> import morsebar as mb
    >>> triangle = mb.SimplicialComplex([[0, 1, 2], [2, 3]])
    >>> triangle
    SimplicialComplex(4 vertices, 4 edges, 1 of dimension 2)
    >>> triangle.tables[0].tolist()
    [[0, 1], [0, 2], [1, 2], [2, 3]]
    >>> mb.morse_complex([0.0, 1.0, 3.0, 2.0], triangle).canonical_form().barcodes[0].diagram
    array([[ 0., inf],
           [ 2.,  3.]])
    """

    n_vertices: int
    tables: tuple[NDArray[np.uint32], ...]

    def __init__(self, simplices: ArrayLike | Iterable[Sequence[int]], n_vertices: int | None = None) -> None:
        given = _by_length(simplices)
        largest = max((int(rows.max(initial=-1)) for _, rows in given.values()), default=-1)
        if n_vertices is None:
            n_vertices = largest + 1
        elif not is_integer(n_vertices) or n_vertices < 0:
            raise ValueError(f"n_vertices is {n_vertices!r}, expected a non-negative integer")
        check_vertex_count(n_vertices, "simplices" if largest >= MOST_VERTICES else "n_vertices")
        for places, rows in given.values():
            _check_rows(places, rows, int(n_vertices))
        object.__setattr__(self, "n_vertices", int(n_vertices))
        object.__setattr__(self, "tables", _closed(given))

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state | {"tables": tuple(map(read_only, state["tables"]))})

    @property
    def dimension(self) -> int:
        """The largest dimension of a simplex."""
        return len(self.tables)

    @cached_property
    def graph(self) -> Graph:
        """The vertices and edges."""
        return Graph.from_edges(self.tables[0] if self.tables else [], self.n_vertices)

    def specification(self, values: FloatArray) -> Specification:
        """Return the complex as the core takes it."""
        return ("simplicial", self.n_vertices, list(self.tables))

    def __repr__(self) -> str:
        counts = [f"{len(table):,} of dimension {k}" for k, table in enumerate(self.tables[1:], start=2)]
        edges = [f"{len(table):,} edges" for table in self.tables[:1]]
        return f"SimplicialComplex({', '.join([f'{self.n_vertices:,} vertices', *edges, *counts])})"


#: What a Morse complex of values can be made on.
AnyComplex: TypeAlias = Grid | FlagComplex | SimplicialComplex


def any_complex(given: AnyComplex | None, values: FloatArray) -> AnyComplex:
    """Recognise a complex and check it against the shape of the values; None is the array's own grid.

    Raises
    ------
    ValueError
        If it is none; for a grid without cells: of connectivity "full", of more than four axes, or with a
        periodic axis of less than three vertices.
    """
    if given is None:
        if values.ndim == 0:
            raise ValueError("values is a single number, expected an array of at least one dimension")
        given = Grid(values.shape)
    if isinstance(given, Grid):
        _check_grid(given)
        check_shape(values, given, "complex")
    elif isinstance(given, FlagComplex):
        check_shape(values, given.graph, "complex")
    elif not isinstance(given, SimplicialComplex):
        raise ValueError(
            f"complex is of type {type(given).__name__}, expected None, Grid, FlagComplex or "
            f"SimplicialComplex; a graph becomes one by FlagComplex(graph)"
        )
    elif values.shape != (given.n_vertices,):
        raise ValueError(
            f"values has shape {values.shape}, expected {(given.n_vertices,)}: one value per vertex of "
            f"complex"
        )
    return given


def dimension_of(given: AnyComplex) -> int:
    """Return the largest dimension of a cell, whether there is one or not."""
    return given.ndim if isinstance(given, Grid) else given.dimension


def graph_of(given: AnyComplex) -> AnyGraph:
    """Return the graph of vertices and edges."""
    return given if isinstance(given, Grid) else given.graph


def _check_grid(grid: Grid) -> None:
    if grid.connectivity == "full":
        raise ValueError(
            "complex is a grid of connectivity 'full', which has no cells; expected 'axis' (cubes) or "
            "'freudenthal' (simplices)"
        )
    if grid.ndim > MOST_AXES:
        raise ValueError(f"complex is a grid of {grid.ndim} axes, expected at most {MOST_AXES}")
    for axis, (size, periodic) in enumerate(zip(grid.shape, grid.periodic, strict=True)):
        if periodic and size < _SHORTEST_CIRCLE:
            raise ValueError(
                f"complex is a grid whose axis {axis} is periodic with {size} vertices, expected at least "
                f"{_SHORTEST_CIRCLE}: a shorter circle has no cells of its own"
            )


def _by_length(
    simplices: ArrayLike | Iterable[Sequence[int]],
) -> dict[int, tuple[NDArray[Any], NDArray[Any]]]:
    """Return simplices by their number of vertices: where they stood, and a table of their vertices."""
    if isinstance(simplices, np.ndarray):
        if simplices.size == 0:
            return {}
        if simplices.ndim != 2:
            raise ValueError(
                f"simplices has shape {simplices.shape}, expected (m, k), or a list of simplices"
            )
        return {simplices.shape[1]: (np.arange(len(simplices)), _integers(simplices, "simplices"))}
    try:
        rows = [tuple(simplex) for simplex in cast("Iterable[Sequence[int]]", simplices)]
    except TypeError:
        raise ValueError(
            f"simplices is of type {type(simplices).__name__}, expected an (m, k) integer array or a list of "
            f"simplices, each a sequence of vertices"
        ) from None
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    if (lengths == 0).any():
        raise ValueError(f"simplices[{int(np.argmin(lengths))}] has no vertices, expected at least one")
    grouped = {}
    for length in np.unique(lengths).tolist():
        places = np.flatnonzero(lengths == length)
        table = np.array([rows[place] for place in places])
        grouped[length] = (places, _integers(table, f"simplices[{places[0]}]"))
    return grouped


def _integers(table: NDArray[Any], name: str) -> NDArray[Any]:
    if table.dtype.kind not in "iu":
        raise ValueError(f"{name} has dtype {table.dtype}, expected integers: numbers of vertices")
    return table


def _check_rows(places: NDArray[Any], rows: NDArray[Any], n: int) -> None:
    """Refuse vertices that are not there, and repeated ones, naming the first such simplex."""
    ordered = np.sort(rows, axis=1)
    outside = (ordered[:, 0] < 0) | (ordered[:, -1] >= n)
    repeated = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
    wrong = np.flatnonzero(outside | repeated)
    if wrong.size:
        first = wrong[0]
        what = (
            f"names a vertex that is not there, expected 0 to {n - 1}"
            if outside[first]
            else "repeats a vertex, expected distinct ones"
        )
        raise ValueError(f"simplices[{places[first]}] = {tuple(rows[first].tolist())} {what}")


def _closed(given: dict[int, tuple[NDArray[Any], NDArray[Any]]]) -> tuple[NDArray[np.uint32], ...]:
    """Return the simplices with all their faces of dimension 1 and more, by dimension."""
    tables: list[NDArray[np.uint32]] = []
    faces = np.empty((0, max(given, default=1)), dtype=np.uint32)
    for length in range(max(given, default=1), 1, -1):
        if length in given:
            faces = np.concatenate([faces, np.sort(given[length][1], axis=1).astype(np.uint32)])
        table = _sorted_unique(faces)
        tables.append(read_only(table))
        faces = np.concatenate([np.delete(table, corner, axis=1) for corner in range(length)])
    return tuple(reversed(tables))


def _sorted_unique(rows: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the distinct rows in lexicographic order."""
    rows = rows[np.lexsort(rows.T[::-1])]
    distinct = np.ones(len(rows), dtype=bool)
    distinct[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return rows[distinct]
