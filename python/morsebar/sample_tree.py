"""The merge tree of scattered samples: their neighbours, gaps closed, the boundary flagged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from morsebar import sampling
from morsebar.graph import Grid
from morsebar.knn import KnnGraph, knn_graph
from morsebar.merge_tree import MergeTree, merge_tree
from morsebar.sampling import FloatArray, NanPolicy, ValueArray

__all__ = ["count_neighbors", "flag_boundary", "in_unit_cube", "joined", "nearest_neighbors"]


def count_neighbors(n_neighbors: int | None, n: int, d: int) -> int:
    """Return how many neighbours each of n points gets, 8 d unless told."""
    if n_neighbors is None:
        return max(0, min(8 * d, n - 1))
    k = sampling.check_count("n_neighbors", n_neighbors)
    if k > n - 1:
        raise ValueError(f"n_neighbors: expected at most {n - 1} for {n} points, got {k}")
    return k


def nearest_neighbors(
    cube: ValueArray, n_neighbors: int | None, *, progress: bool, n_jobs: int | None
) -> KnnGraph:
    """Join each point to its nearest ones."""
    n, d = cube.shape
    k = count_neighbors(n_neighbors, n, d)
    if k == 0:
        return KnnGraph(np.empty((n, 0), dtype=np.int32), np.empty((n, 0), dtype=cube.dtype))
    return knn_graph(cube, k, progress=progress, n_jobs=n_jobs)


def joined(
    tree: MergeTree, cube: ValueArray, *, nan: NanPolicy, progress: bool, n_jobs: int | None
) -> MergeTree:
    """Join the components of the neighbours of points, should the tree have several."""
    graph = tree.graph
    assert isinstance(graph, KnnGraph)
    if tree.n_components < 2:
        return tree
    whole = graph.join_components(cube, n_jobs=n_jobs)
    if whole is graph:
        return tree
    return merge_tree(tree.values, whole, nan=nan, progress=progress, n_jobs=n_jobs)


def in_unit_cube(points: FloatArray, box: FloatArray | None) -> FloatArray:
    """Scale the box, or the smallest that holds the points, to the unit cube."""
    if box is None:
        if len(points) == 0:
            return points
        box = np.column_stack([points.min(axis=0), points.max(axis=0)])
    # Halves, because the width of a box may overflow.
    lo, hi = 0.5 * box.T
    width = hi - lo
    # An axis on which all points agree has no width and no say in distances.
    width[width == 0.0] = 1.0
    scaled: FloatArray = 0.5 * points
    scaled -= lo
    scaled /= width
    return scaled


def flag_boundary(tree: MergeTree, points: FloatArray, box: FloatArray | None) -> MergeTree:
    """Flag minima within half of the mean spacing n^(-1/d) of a face of the box scaled to the unit cube."""
    if box is None or isinstance(tree.graph, Grid) or len(points) == 0:
        return tree
    n, d = points.shape
    scaled = in_unit_cube(points[tree.minima], box)
    distance = np.minimum(scaled, 1 - scaled).min(axis=1)
    return replace(tree, on_boundary=distance <= 0.5 * n ** (-1 / d))
