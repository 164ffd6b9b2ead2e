"""Morsebar and its peers, each as one function `(values, table) -> Answer`.

`values` is an array of any shape, `table` the (n, k) int32 neighbour table over its flat indices, directed,
with -1 as padding. A peer answers for the union graph of the table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from math import inf

import kernels
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

N_JOBS = 2


@dataclass(frozen=True)
class Answer:
    """Bars in any order: diagram (m, 2); vertices (-1: none) and sizes (m,) where the method gives them."""

    diagram: np.ndarray
    minima: np.ndarray | None = None
    saddles: np.ndarray | None = None
    parents: np.ndarray | None = None
    sizes: np.ndarray | None = None

    def canonical(self) -> "Answer":
        """Give the bars of positive length, by minimum where it is known and else by (birth, death)."""
        keys = [self.diagram[:, 1], self.diagram[:, 0]]
        order = np.lexsort(keys if self.minima is None else [self.minima])
        order = order[self.diagram[order, 0] < self.diagram[order, 1]]
        return Answer(*(None if column is None else column[order] for column in self._columns()))

    def _columns(self) -> tuple[np.ndarray | None, ...]:
        return self.diagram, self.minima, self.saddles, self.parents, self.sizes

    def disagreement(self, other: "Answer") -> str | None:
        """Say what differs between two answers, among the columns that both give."""
        if all(map(np.array_equal, self._columns(), other._columns())):
            return None
        a, b = self.canonical(), other.canonical()
        if not np.array_equal(_sorted_rows(a.diagram), _sorted_rows(b.diagram)):
            return f"bars differ ({len(a.diagram)} and {len(b.diagram)} of positive length)"
        for name in ("minima", "saddles", "parents", "sizes"):
            x, y = getattr(a, name), getattr(b, name)
            if x is not None and y is not None and not np.array_equal(x, y):
                return f"{name} differ"
        return None


def _sorted_rows(diagram: np.ndarray) -> np.ndarray:
    return diagram[np.lexsort((diagram[:, 1], diagram[:, 0]))]


def morsebar_table(values, table):
    """Morsebar on the table."""
    import morsebar as mb

    return _from_barcode(mb.merge_tree(values.ravel(), table, n_jobs=N_JOBS).barcode())


def morsebar_grid(values, table):
    """Morsebar on the implicit grid of the array (the table is not used)."""
    import morsebar as mb

    return _from_barcode(mb.merge_tree(values, n_jobs=N_JOBS).barcode())


def morsebar_naive(values, table):
    """Morsebar's specification in Rust: serial, the edges sorted by their upper ends."""
    from morsebar import MergeTree, _core
    from morsebar.graph import Table

    values, graph = values.ravel(), Table.from_array(table)
    arrays = _core.naive_merge_tree(values, graph.specification(values), False)
    nowhere = np.zeros(len(arrays["minima"]), dtype=bool)
    return _from_barcode(MergeTree(values, graph, on_boundary=nowhere, **arrays).barcode())


def _from_barcode(bars) -> Answer:
    return Answer(bars.diagram, bars.minima, bars.saddles, bars.parents, bars.sizes)


def numba_union_find(values, table):
    """Sort, bucket the arcs by upper end, sweep."""
    values = values.ravel()
    order, rank = _order_and_rank(values)
    return _from_ranks(values, order, *kernels.sweep(*kernels.bucket_by_upper_end(rank, table)))


def scipy_spanning_tree(values, table):
    """Spanning tree by `minimum_spanning_tree` with ranks as weights; its n - 1 edges are then swept."""
    values = values.ravel()
    n, k = table.shape
    order, rank = _order_and_rank(values)
    weights = np.maximum(rank[:, None], rank[table]) + 1.0  # zero would mean: no edge
    graph = csr_array((weights.ravel(), table.ravel(), np.arange(0, n * k + 1, k, dtype=np.int32)), (n, n))
    forest = minimum_spanning_tree(graph, overwrite=True).tocoo()
    upper = forest.data.astype(np.int32) - 1
    lower = np.minimum(rank[forest.row], rank[forest.col])[np.argsort(upper)]
    ends = np.cumsum(np.bincount(upper, minlength=n)).astype(np.uint32)
    return _from_ranks(values, order, *kernels.sweep(ends, lower))


def _order_and_rank(values):
    """Vertices in the total order (value, id), and the inverse permutation; both int32."""
    order = np.argsort(values, kind="stable").astype(np.int32)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return order, rank


def _from_ranks(values, order, minima, saddles, parents, sizes):
    dies = saddles >= 0
    saddles, parents = (np.where(dies, order[ranks], -1) for ranks in (saddles, parents))
    minima = order[minima]
    diagram = np.empty((len(minima), 2))
    diagram[:, 0] = values[minima]
    diagram[:, 1] = np.where(dies, values[saddles], inf)
    return Answer(diagram, minima, saddles, parents, sizes)


def pure_python(values, table):
    """Sorted union-find on lists: the specification."""
    heights = values.ravel().tolist()
    n = len(heights)
    order = sorted(range(n), key=heights.__getitem__)
    rank = [0] * n
    for r, u in enumerate(order):
        rank[u] = r
    lower = [[] for _ in range(n)]
    for u, row in enumerate(table.tolist()):
        for v in row:
            if v >= 0 and rank[v] != rank[u]:
                low, high = (u, v) if rank[u] < rank[v] else (v, u)
                lower[high].append(low)
    parent = list(range(n))
    size = [1] * n

    def find(x):
        while parent[x] != x:
            parent[x] = x = parent[parent[x]]
        return x

    bars = []
    for u in order:
        roots = {find(v) for v in lower[u]}
        if roots:
            oldest = min(roots, key=rank.__getitem__)
            roots.remove(oldest)
            for root in roots:
                bars.append((heights[root], heights[u], root, u, oldest, size[root]))
                parent[root] = oldest
                size[oldest] += size[root]
            parent[u] = oldest
            size[oldest] += 1
    bars += [(heights[u], inf, u, -1, -1, size[u]) for u in range(n) if parent[u] == u]
    births, deaths, *columns = zip(*bars, strict=True)
    return Answer(np.column_stack([births, deaths]), *map(np.array, columns))


def gudhi_simplex_tree(values, table):
    """Persistence of the lower-star filtration in GUDHI's simplex tree; bars only."""
    import gudhi

    heights = values.ravel().astype(np.float64)
    n, k = table.shape
    arcs = np.stack([np.repeat(np.arange(n, dtype=np.int32), k), table.ravel()])
    arcs = arcs[:, arcs[1] >= 0]
    tree = gudhi.SimplexTree()
    tree.insert_batch(np.arange(n)[None], heights)
    tree.insert_batch(arcs, heights[arcs].max(axis=0))
    tree.compute_persistence(min_persistence=0)
    return Answer(tree.persistence_intervals_in_dimension(0))


def gudhi_tomato(values, table):
    """GUDHI's ToMATo with -values as density; bars only. It wants a symmetric graph: scipy makes it."""
    from gudhi.clustering.tomato import Tomato

    heights = values.ravel().astype(np.float64)
    n, k = table.shape
    ones = np.ones(n * k, np.int8)
    graph = csr_array((ones, table.ravel(), np.arange(0, n * k + 1, k, dtype=np.int32)), (n, n))
    graph = (graph + graph.T).tocsr()
    rows = np.split(graph.indices, graph.indptr[1:-1])
    found = Tomato(graph_type="manual", density_type="manual").fit(rows, weights=-heights)
    essential = np.column_stack([found.max_weight_per_cc_, np.full(len(found.max_weight_per_cc_), -inf)])
    return Answer(-np.concatenate([found.diagram_.reshape(-1, 2), essential]))


def gudhi_cubical(values, table):
    """GUDHI's cubical complex with the values on vertices; it computes every degree. Bars only."""
    import gudhi

    grid = gudhi.CubicalComplex(vertices=values)
    grid.compute_persistence(min_persistence=0)
    return Answer(grid.persistence_intervals_in_dimension(0))


def cripser_degree_zero(values, table):
    """CubicalRipser's V-construction (voxels are vertices), degree 0; bars and minima."""
    import cripser

    found = cripser.computePH(values, maxdim=0, n_threads=N_JOBS)
    diagram = found[:, 1:3].copy()
    diagram[diagram[:, 1] == np.finfo(np.float64).max, 1] = inf
    minima = np.ravel_multi_index(found[:, 3:6].astype(np.int64).T, values.shape)
    return Answer(diagram, minima)


@dataclass(frozen=True)
class Peer:
    """A method: what it needs installed, and the most table entries it is asked to read (None: any)."""

    name: str
    run: Callable[[np.ndarray, np.ndarray], Answer]
    needs: str
    most_arcs: int | None = None
    repeat: bool = False

    def reason_to_skip(self, n_arcs: int) -> str | None:
        """Say why this peer does not run on a table of so many entries, if it does not."""
        if find_spec(self.needs) is None:
            return f"{self.needs} is not installed"
        if self.most_arcs is not None and n_arcs > self.most_arcs:
            return "skipped: slow at this size"
        return None


MORSEBAR_TABLE = Peer("morsebar", morsebar_table, "morsebar", repeat=True)
MORSEBAR_GRID = Peer("morsebar, grid", morsebar_grid, "morsebar", repeat=True)
NAIVE = Peer("morsebar's naive twin", morsebar_naive, "morsebar", repeat=True)
NUMBA = Peer("numba union-find", numba_union_find, "numba", repeat=True)
CRIPSER = Peer("cripser, degree 0", cripser_degree_zero, "cripser", repeat=True)
SCIPY = Peer("scipy minimum_spanning_tree", scipy_spanning_tree, "scipy", most_arcs=40_000_000)
PYTHON = Peer("pure Python", pure_python, "numpy", most_arcs=8_000_000)
SIMPLEX_TREE = Peer("GUDHI SimplexTree", gudhi_simplex_tree, "gudhi", most_arcs=8_000_000)
TOMATO = Peer("GUDHI ToMATo", gudhi_tomato, "gudhi", most_arcs=8_000_000)
CUBICAL = Peer("GUDHI CubicalComplex", gudhi_cubical, "gudhi", most_arcs=1_000_000)
