"""What may be given as a graph, and how it is recognised."""

import sys
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from morsebar._arrays import FloatArray
from morsebar.graph import Graph, Grid, SparseMatrix, Table
from morsebar.knn import KnnGraph
from morsebar.lattice import Lattice

if TYPE_CHECKING:
    import networkx as nx

AnyGraph: TypeAlias = Grid | Lattice | KnnGraph | Graph | Table
#: What may be given as a graph.
GraphLike: TypeAlias = "AnyGraph | ArrayLike | SparseMatrix | nx.Graph[Any]"


def any_graph(graph: GraphLike) -> AnyGraph:
    """Recognise what the caller gave as a graph.

    Raises
    ------
    ValueError
        If it is none.
    OverflowError
        For more than 2^32 - 1 vertices.
    """
    networkx = sys.modules.get("networkx")
    if networkx is not None and isinstance(graph, networkx.Graph):
        if len(graph):
            return Graph.from_sparse(networkx.to_scipy_sparse_array(graph, weight=None, dtype=np.int8))
        return Graph.from_edges([], 0)
    if sparse.issparse(graph):
        return Graph.from_sparse(cast("SparseMatrix", graph))
    if isinstance(graph, Grid | Lattice | KnnGraph | Graph | Table):
        return graph
    return Table.from_array(cast("ArrayLike", graph))


def check_shape(values: FloatArray, graph: AnyGraph, name: str = "graph") -> None:
    """Refuse values that are not one per vertex.

    Raises
    ------
    ValueError
    """
    shapes = [(graph.n_vertices,), *([graph.shape] if isinstance(graph, Grid) else [])]
    if values.shape not in shapes:
        expected = " or ".join(str(shape) for shape in dict.fromkeys(shapes))
        raise ValueError(
            f"values has shape {values.shape}, expected {expected}: one value per vertex of {name}"
        )
