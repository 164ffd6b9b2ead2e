"""Edges that hop over a barrier: found by looking at the middle of every edge along which bars die."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from morsebar import _core
from morsebar._arrays import thread_count
from morsebar.graph import Graph
from morsebar.merge_tree import MergeTree, merge_tree
from morsebar.sampling import FloatArray, NanPolicy, ValueArray

__all__ = ["refine_edges"]


def refine_edges(
    tree: MergeTree,
    points: FloatArray,
    evaluate: Callable[[FloatArray], ValueArray],
    *,
    nan: NanPolicy,
    progress: bool,
    n_jobs: int | None,
) -> tuple[MergeTree, int]:
    """Raise the edges along which bars die to the function's value in their middle, until none is unchecked.

    An edge of a sampled graph stands for the straight line between its ends, on which the function may be
    higher than at both. A bar dies where some edges that lead down from one vertex join its component to
    another: each of them is evaluated at its midpoint and enters the sublevel set at the highest of the three
    values. With these levels the tree is built again, and where its bars then die is looked at, too, until
    every one dies along edges that were evaluated.

    Parameters
    ----------
    tree : the merge tree of the samples, on a graph without levels.
    points : (n, d) the samples.
    evaluate : gives the values of points (m, d), (m,); NaN and +inf where the function is not defined.
    nan, progress, n_jobs : as for `merge_tree`.

    Returns
    -------
    tree : with a `Graph` of edges and levels; ``saddle_edges`` names the edge along which a bar dies. Without
        any finite bar, the tree given.
    n_evaluations : how many midpoints were evaluated.

    Notes
    -----
    All edges are listed, at about 30 bytes each. One merge tree a round; there are as many rounds as vertices
    at a barrier are, one after the other, the lowest from which it is hopped over.
    """
    values, graph = tree.values.reshape(-1), tree.graph
    assert graph is not None  # only pickling leaves it out
    if not np.isfinite(tree.deaths).any():
        return tree, 0
    edges = _core.edges(values, graph.specification(values), thread_count(n_jobs))
    ends = values[edges]
    # A masked end takes its edges out of the domain.
    ends[np.isnan(ends)] = np.inf
    levels = ends.max(axis=1)
    # In the total order, of equal ends the one of higher number is the upper.
    upper = np.where(ends[:, 0] > ends[:, 1], edges[:, 0], edges[:, 1])
    # Edges are sorted by their ends: the place of an edge is found by its number.
    numbers = _number(edges, len(values))
    checked = np.zeros(len(edges), dtype=bool)
    n_evaluations = 0
    while True:
        known = Graph.from_edges(edges, len(values), values=levels)
        tree = merge_tree(values, known, nan=nan, progress=progress, n_jobs=n_jobs)
        assert tree.saddle_edges is not None  # since edges have levels
        dying = tree.saddle_edges[tree.saddle_edges[:, 0] >= 0]
        places = np.searchsorted(numbers, _number(np.sort(dying, axis=1), len(values)))
        # A bar that dies along a raised edge dies there alone.
        at_vertex = upper[places[levels[places] == values[upper[places]]]]
        is_saddle = np.zeros(len(values), dtype=bool)
        is_saddle[at_vertex] = True
        unchecked = np.flatnonzero(is_saddle[upper] & ~checked)
        if len(unchecked) == 0:
            return tree, n_evaluations
        checked[unchecked] = True
        middles = evaluate(points[edges[unchecked]].mean(axis=1))
        n_evaluations += len(unchecked)
        middles = np.where(np.isnan(middles), np.inf, middles)
        levels = levels.astype(np.result_type(levels, middles), copy=False)
        levels[unchecked] = np.maximum(levels[unchecked], middles)


def _number(edges: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Give every edge a number, the order of which is that of their ends."""
    numbers: NDArray[np.int64] = edges[:, 0] * n + edges[:, 1]
    return numbers
