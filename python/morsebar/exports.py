"""The merge tree in the forms of other libraries: the work behind the methods of that name."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from morsebar._arrays import NONE
from morsebar._extras import require

if TYPE_CHECKING:
    import networkx as nx

    from morsebar.merge_tree import MergeTree


def to_networkx(tree: "MergeTree") -> "nx.DiGraph[Any]":
    """Return the tree as a networkx graph, see `MergeTree.to_networkx`."""
    graph = require("networkx", "networkx").DiGraph()
    births, deaths, sizes = tree.births.tolist(), tree.deaths.tolist(), tree.sizes.tolist()
    minima, parents = tree.minima.tolist(), tree.parents.tolist()
    if tree.saddle_edges is None:
        saddles: list[Any] = tree.saddles.tolist()
    else:
        saddles = [tuple(edge) for edge in tree.saddle_edges.tolist()]
    for minimum, birth, death, size in zip(minima, births, deaths, sizes, strict=True):
        graph.add_node(minimum, kind="minimum", value=birth, size=size, persistence=death - birth)
    top: list[Any] = list(minima)
    # By rising death, so that `top` is the highest node so far of a bar's component.
    for bar in reversed(range(len(minima))):
        if parents[bar] == NONE:
            continue
        saddle = saddles[bar]
        graph.add_node(saddle, kind="saddle", value=deaths[bar])
        for member in (bar, parents[bar]):
            if top[member] != saddle:
                graph.add_edge(top[member], saddle)
        top[parents[bar]] = saddle
    return graph


def to_linkage(tree: "MergeTree") -> NDArray[np.float64]:
    """Return the tree as a scipy linkage matrix, see `MergeTree.to_linkage`."""
    if tree.n_components != 1:
        raise ValueError(
            f"graph has {tree.n_components} components, expected one: a linkage has a single root"
        )
    m = len(tree.minima)
    order = np.argsort(tree.minima)
    leaf_of_bar = np.empty(m, dtype=np.int64)
    leaf_of_bar[order[np.searchsorted(tree.minima, tree.barcode(-1).minima, sorter=order)]] = np.arange(m)
    cluster, count = leaf_of_bar.tolist(), [1] * m
    parents, deaths = tree.parents.tolist(), tree.deaths.tolist()
    lowest = float(tree.births.min())
    rows = []
    for step, bar in enumerate(reversed(range(1, m))):
        up = parents[bar]
        count[up] += count[bar]
        rows.append((cluster[bar], cluster[up], deaths[bar] - lowest, count[up]))
        cluster[up] = m + step
    return np.array(rows, dtype=np.float64).reshape(-1, 4)
