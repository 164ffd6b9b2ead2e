"""Laws and oracles of the merge tree, through Python."""

import copy
import dataclasses
import pickle

import gudhi
import networkx as nx
import numpy as np
import pytest
from conftest import assert_same_bars, bars_of, functions_on_tables, naive_bars, table_edges
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.cluster import hierarchy
from scipy.sparse.csgraph import minimum_spanning_tree

import morsebar as mb
from morsebar import _core


def positive_diagram(bars):
    order = np.lexsort((bars.deaths, bars.births))
    return bars.diagram[order]


def wavy(side, seed=0):
    """Values and a table on a torus, in spatial order: many minima, many ties."""
    rng = np.random.default_rng(seed)
    u = np.arange(side * side, dtype=np.int32)
    x, y = u // side, u % side
    values = np.round(np.sin(x * 0.07) * np.sin(y * 0.05) * 64) / 64 - 0.1 * (rng.random(len(u)) < 0.02)
    table = np.stack(
        [x * side + (y + 1) % side, (x + 1) % side * side + y, x * side + (y + 2) % side], axis=1
    )
    return values.astype(np.float32), table.astype(np.int32)


def adjacency(values, edges):
    """The neighbours of every vertex inside the domain."""
    inside = {u for u in range(len(values)) if values[u] < np.inf}
    neighbors = {u: set() for u in inside}
    for u, v in edges:
        if {u, v} <= inside:
            neighbors[u].add(v)
            neighbors[v].add(u)
    return neighbors


def distances_from(start, allowed, neighbors):
    """The least number of steps to every vertex that can be reached through allowed ones."""
    steps, front = {}, {start} & set(allowed)
    while front:
        steps |= dict.fromkeys(front, max(steps.values(), default=-1) + 1)
        front = {v for u in front for v in neighbors[u] if v in allowed and v not in steps}
    return steps


def shuffled(values, table, seed=1):
    name = np.random.default_rng(seed).permutation(len(values)).astype(np.int32)
    renamed_values, renamed_table = np.empty_like(values), np.empty_like(table)
    renamed_values[name] = values
    renamed_table[name] = name[table]
    return renamed_values, renamed_table


@given(functions_on_tables(outside=True))
def test_bars_equal_a_plain_union_find(function):
    values, table = function
    tree = mb.merge_tree(values, table, nan="mask", n_jobs=2)
    expected = naive_bars(values.tolist(), table_edges(table))
    assert_same_bars(bars_of(tree), expected)
    naive = _core.naive_merge_tree(values, ("table", table), True)
    np.testing.assert_array_equal(tree.minima, naive["minima"])
    np.testing.assert_array_equal(tree.saddles, naive["saddles"])
    np.testing.assert_array_equal(tree.parents, naive["parents"])
    np.testing.assert_array_equal(tree.branches, naive["branches"])


@given(functions_on_tables(outside=True))
def test_labels_by_definition(function):
    values, table = function
    neighbors = adjacency(values, table_edges(table))
    labels = mb.merge_tree(values, table, nan="mask").labels
    for x in range(len(values)):
        below = {u for u in neighbors if (values[u], u) <= (values[x], x)}
        component = set(distances_from(x, below, neighbors))
        assert labels[x] == min(component, key=lambda u: (values[u], u), default=-1)


@given(functions_on_tables(), st.sampled_from([np.int8, np.int16, np.int64, np.uint32]))
def test_tables_of_all_kinds_agree(function, kind):
    values, table = function
    expected = bars_of(mb.merge_tree(values, table))
    assert_same_bars(bars_of(mb.merge_tree(values.astype(np.float32), table)), expected)
    assert bars_of(mb.merge_tree(values, table.astype(kind))) == expected
    assert bars_of(mb.merge_tree(values, np.asfortranarray(table))) == expected
    assert bars_of(mb.merge_tree(np.repeat(values, 2)[::2], np.repeat(table, 2, axis=1)[:, ::2])) == expected
    assert bars_of(mb.merge_tree(values, table.astype(table.dtype.newbyteorder(">")))) == expected


@given(functions_on_tables())
def test_sparse_and_networkx_agree_with_tables(function):
    values, table = function
    n, edges = len(values), table_edges(table)
    expected = bars_of(mb.merge_tree(values, table))
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    zeros = np.zeros(len(ends))  # stored zeros are edges
    matrix = sparse.csr_array((zeros, (ends[:, 0], ends[:, 1])), shape=(n, n))
    for form in (matrix, matrix.tocsc(), matrix.tocoo(), sparse.csr_matrix(matrix)):
        assert bars_of(mb.merge_tree(values, form)) == expected
    wide = matrix.copy()
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    assert bars_of(mb.merge_tree(values, wide)) == expected
    assert bars_of(mb.merge_tree(values, mb.Graph.from_edges(ends, n))) == expected
    for kind in (nx.Graph, nx.DiGraph, nx.MultiGraph):
        named = kind()
        named.add_nodes_from(f"vertex {u}" for u in range(n))
        named.add_edges_from((f"vertex {u}", f"vertex {v}", {"weight": 0}) for u, v in edges)
        assert bars_of(mb.merge_tree(values, named)) == expected


@given(functions_on_tables(outside=True))
def test_counting_laws(function):
    values, table = function
    tree = mb.merge_tree(values, table, nan="mask")
    bars = tree.barcode(min_persistence=-1)
    inside = np.flatnonzero(values < np.inf)
    graph = nx.Graph([(u, v) for u, v in table_edges(table) if {u, v} <= set(inside.tolist())])
    graph.add_nodes_from(inside.tolist())
    minima = [u for u in inside.tolist() if all((values[u], u) <= (values[v], v) for v in graph.neighbors(u))]
    assert sorted(bars.minima.tolist()) == minima
    assert tree.n_components == bars.n_components == nx.number_connected_components(graph)
    assert np.count_nonzero(bars.saddles >= 0) == len(bars) - tree.n_components
    assert bars.sizes[bars.saddles < 0].sum() == len(inside)
    np.testing.assert_array_equal(tree.labels == -1, ~(values < np.inf))
    assert (tree.barcode().persistence > 0).all()


def test_bars_may_share_a_saddle():
    star = mb.Graph.from_edges([[3, 0], [3, 1], [3, 2]], 4)
    bars = mb.merge_tree([2.0, 0.0, 1.0, 5.0], star).barcode()
    assert bars.saddles.tolist() == [-1, 3, 3]
    assert bars.parents.tolist() == [-1, 1, 1]


@given(functions_on_tables(), st.randoms(use_true_random=False))
def test_relabelling_and_increasing_maps(function, random):
    values, table = function
    tree = mb.merge_tree(values, table)
    # Increasing in floating point: the level's place, however far apart levels were.
    places = np.unique(values, return_inverse=True)[1].reshape(values.shape)
    for mapped in (np.exp2(places), places - 1e9, values * 4):
        same = mb.merge_tree(mapped, table)
        for name in ("minima", "saddles", "parents", "branches", "sizes"):
            np.testing.assert_array_equal(getattr(tree, name), getattr(same, name))
    name = np.array(random.sample(range(len(values)), len(values)), dtype=np.int32)
    renamed_values, renamed_table = np.empty_like(values), np.empty_like(table)
    renamed_values[name] = values
    renamed_table[name] = np.where(table < 0, -1, name[table])
    renamed = mb.merge_tree(renamed_values, renamed_table)
    np.testing.assert_array_equal(positive_diagram(tree.barcode()), positive_diagram(renamed.barcode()))


@given(functions_on_tables(), st.randoms(use_true_random=False))
def test_relabelling_without_ties_keeps_everything(function, random):
    table = function[1]
    n = len(table)
    values = np.array(random.sample(range(n), n), dtype=np.float32)
    name = np.array(random.sample(range(n), n), dtype=np.int32)
    renamed_values, renamed_table = np.empty_like(values), np.empty_like(table)
    renamed_values[name] = values
    renamed_table[name] = np.where(table < 0, -1, name[table])
    bars, renamed = (
        mb.merge_tree(*one).barcode() for one in ((values, table), (renamed_values, renamed_table))
    )
    for column in ("minima", "saddles", "parents"):
        before = getattr(bars, column)
        np.testing.assert_array_equal(getattr(renamed, column), np.where(before < 0, -1, name[before]))
    np.testing.assert_array_equal(bars.sizes, renamed.sizes)
    np.testing.assert_array_equal(bars.diagram, renamed.diagram)


@pytest.mark.parametrize("seed", range(3))
def test_stability(seed):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((30, 30))
    noise = rng.uniform(-0.1, 0.1, values.shape)
    one, two = mb.merge_tree(values).barcode(), mb.merge_tree(values + noise).barcode()
    assert gudhi.bottleneck_distance(one.diagram, two.diagram) <= np.abs(noise).max() + 1e-12


@pytest.mark.parametrize(("n", "d", "k"), [(60_000, 2, 8), (20_000, 3, 10)])
def test_gudhi_and_spanning_trees_on_larger_graphs(n, d, k):
    points = np.random.default_rng(5).uniform(-1, 1, (n, d))
    values = np.round(np.sin(9 * points).sum(axis=1), 3)
    graph = mb.knn_graph(points, k)
    bars = mb.merge_tree(values, graph).barcode()

    complex_ = gudhi.SimplexTree()
    complex_.insert_batch(np.arange(n)[None], values)
    arcs = np.stack([np.repeat(np.arange(n), k), graph.indices.ravel()])
    complex_.insert_batch(arcs, values[arcs].max(axis=0))
    complex_.compute_persistence(persistence_dim_max=True)
    diagram = complex_.persistence_intervals_in_dimension(0)
    diagram = diagram[diagram[:, 1] > diagram[:, 0]]
    np.testing.assert_array_equal(positive_diagram(bars), diagram[np.lexsort((diagram[:, 1], diagram[:, 0]))])

    # The edges of a minimum spanning forest, by the rank of their upper ends, join what the bars join.
    order = np.lexsort((np.arange(n), values))
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    weights = sparse.csr_array((rank[arcs].max(axis=0) + 1.0, arcs), shape=(n, n))
    forest = minimum_spanning_tree(weights.maximum(weights.T)).tocoo()
    up, expected = list(range(n)), []

    def find(place):
        while up[place] != place:
            up[place] = place = up[up[place]]
        return place

    steps = np.argsort(forest.data, kind="stable")
    for a, b in np.stack([rank[forest.row], rank[forest.col]], axis=1)[steps].tolist():
        elder, younger = sorted((find(a), find(b)))
        up[younger] = elder
        saddle = max(a, b)
        if younger < saddle:
            expected.append((order[younger], order[saddle]))
    every = mb.merge_tree(values, graph).barcode(min_persistence=-1)
    finite = every[every.saddles >= 0]
    assert sorted(zip(finite.minima, finite.saddles, strict=True)) == sorted(expected)


@pytest.mark.parametrize("spatial", [True, False])
def test_identical_bits_for_any_number_of_threads(spatial):
    values, table = wavy(1100)
    if not spatial:
        values, table = shuffled(values, table)

    def fingerprint(n_jobs):
        tree = mb.merge_tree(values, table, n_jobs=n_jobs)
        return [np.asarray(array).tobytes() for array in tree._to_arrays().values()]

    expected = fingerprint(1)
    for n_jobs in (2, 2, 2, 7, 7):
        assert fingerprint(n_jobs) == expected
    naive = _core.naive_merge_tree(values, ("table", table), False)
    tree = mb.merge_tree(values, table[:, ::-1])
    assert tree.saddles.tobytes() == naive["saddles"].tobytes()
    assert tree.branches.tobytes() == naive["branches"].tobytes()
    assert len(tree.minima) > 1000


@given(functions_on_tables(outside=True))
def test_barriers_and_paths(function):
    values, table = function
    n, edges = len(values), table_edges(table)
    tree = mb.merge_tree(values, table, nan="mask")
    # The least maximum over paths, by relaxation.
    level = np.full((n, n), np.inf)
    inside = values < np.inf
    level[inside, inside] = values[inside]
    for u, v in edges:
        if u != v and inside[u] and inside[v]:
            level[u, v] = level[v, u] = max(values[u], values[v])
    for w in range(n):
        level = np.minimum(level, np.maximum(level[:, [w]], level[[w], :]))
    level[~inside, :] = level[:, ~inside] = np.nan
    found = tree.barrier(np.arange(n)[:, None], np.arange(n))
    np.testing.assert_array_equal(found, level)
    neighbors = adjacency(values, edges)
    again = mb.merge_tree(values, table[:, ::-1], nan="mask")
    for u in range(n):
        for v in range(n):
            path = tree.path(u, v)
            if not level[u, v] < np.inf:
                assert len(path) == 0
                continue
            assert (path[0], path[-1]) == (u, v)
            assert values[path].max() == level[u, v]
            assert all(b in neighbors[a] for a, b in zip(path[:-1].tolist(), path[1:].tolist(), strict=True))
            allowed = {w for w in neighbors if values[w] <= level[u, v]}
            assert len(path) - 1 == distances_from(u, allowed, neighbors)[v]
    np.testing.assert_array_equal(tree.path(0, n - 1), again.path(0, n - 1))


def test_barriers_of_numbers_and_arrays():
    tree = mb.merge_tree([[0.0, 3.0, 1.0], [np.inf, np.inf, np.nan], [4.0, 4.0, 4.0]], nan="mask")
    assert type(tree.barrier(0, 2)) is float
    assert tree.barrier(np.int8(0), np.uint64(2)) == 3.0
    assert tree.barrier(2, 2) == 1.0
    assert tree.barrier(0, 6) == np.inf
    assert np.isnan(tree.barrier(5, 5))
    assert np.isnan(tree.barrier(0, 5))
    assert tree.barrier([[0], [1]], [0, 1, 2]).tolist() == [[0.0, 3.0, 3.0], [3.0, 3.0, 3.0]]
    assert tree.barrier([], []).shape == (0,)
    assert tree.barrier(np.zeros((0, 3), dtype=int), 0).shape == (0, 3)
    assert tree.path(np.array(0), np.int32(2)).tolist() == [0, 1, 2]


@given(functions_on_tables())
def test_cuts_and_basins(function):
    values, table = function
    tree = mb.merge_tree(values, table)
    bars = tree.barcode(min_persistence=-1)
    np.testing.assert_array_equal(tree.cut(min_persistence=-1), tree.labels)
    np.testing.assert_array_equal(tree.cut(n_bars=0), tree.labels[tree.cut(n_bars=0)])
    components = np.unique(tree.cut(n_bars=0))
    assert len(components) == tree.n_components
    assert set(tree.cut(n_bars=2)) <= set(bars.minima[: max(2, tree.n_components)].tolist())
    assert set(tree.basins()) == set(tree.barcode().minima)
    np.testing.assert_array_equal(tree.basins(min_persistence=np.inf), tree.cut(n_bars=0))
    assert len(tree.barcode(min_persistence=np.inf)) == tree.n_components


@given(functions_on_tables(outside=True), st.floats(-1, 4), st.integers(0, 5), st.integers(0, 5))
def test_cancelled_bars_pass_to_the_nearest_kept_ancestor(function, length, n_bars, min_size):
    values, table = function
    tree = mb.merge_tree(values, table, nan="mask")
    bars = {bar.minimum: bar for bar in tree.barcode(min_persistence=-1)}
    longest = list(bars)

    def ancestor(minimum, is_kept):
        while minimum >= 0 and not (is_kept(bars[minimum]) or bars[minimum].is_essential):
            minimum = bars[minimum].parent
        return minimum

    for options, is_kept in (
        ({"min_persistence": length}, lambda bar: bar.persistence > length),
        ({"n_bars": n_bars}, lambda bar: bar.minimum in longest[:n_bars]),
        ({"min_size": min_size}, lambda bar: bar.size >= min_size),
    ):
        expected = [ancestor(label, is_kept) for label in tree.labels.tolist()]
        assert tree.cut(**options).tolist() == expected

    # Steepest descent over the symmetrised graph.
    neighbors = adjacency(values, table_edges(table))
    lowest = {u: min({u} | neighbors[u], key=lambda v: (values[v], v)) for u in neighbors}
    bottom = dict.fromkeys(range(len(values)), -1)
    for u in lowest:
        bottom[u] = u
        while lowest[bottom[u]] != bottom[u]:
            bottom[u] = lowest[bottom[u]]
    assert tree.basins(min_persistence=-1).tolist() == list(bottom.values())
    expected = [ancestor(minimum, lambda bar: bar.persistence > length) for minimum in bottom.values()]
    assert tree.basins(min_persistence=length, n_jobs=2).tolist() == expected


def test_linkage_and_networkx():
    values, table = wavy(24, seed=2)
    values = values + np.arange(len(values), dtype=np.float32) * np.float32(1e-6)
    tree = mb.merge_tree(values, table)
    bars = tree.barcode(min_persistence=-1)
    linkage = tree.to_linkage()
    assert hierarchy.is_valid_linkage(linkage)
    hierarchy.dendrogram(linkage, no_plot=True)
    heights = hierarchy.cophenet(linkage) + bars.births.min()
    one, two = np.triu_indices(len(bars), 1)
    np.testing.assert_allclose(heights, tree.barrier(bars.minima[one], bars.minima[two]), atol=1e-12)
    graph = tree.to_networkx()
    assert nx.is_tree(graph.to_undirected())
    leaves = [node for node in graph if graph.in_degree(node) == 0]
    assert sorted(leaves) == sorted(bars.minima)
    assert all(graph.nodes[u]["value"] <= graph.nodes[v]["value"] for u, v in graph.edges)
    with pytest.raises(ValueError, match="graph has 2 components"):
        mb.merge_tree([0.0, np.inf, 1.0]).to_linkage()


def test_pickles_and_copies():
    values, table = wavy(20)
    tree = mb.merge_tree(values, table)
    left_out = pickle.loads(pickle.dumps(tree))
    assert left_out.graph is None
    assert not left_out.branches.flags.writeable
    assert repr(left_out.barcode()) == repr(tree.barcode())
    for call in (lambda: left_out.path(0, 1), left_out.basins):
        with pytest.raises(ValueError, match="left out when this tree was pickled"):
            call()
    kept = pickle.loads(pickle.dumps(dataclasses.replace(tree, pickle_graph=True)))
    np.testing.assert_array_equal(kept.path(0, 100), tree.path(0, 100))
    for array in (kept.values, kept.labels, kept.births, kept.graph.indices, kept.barcode().diagram):
        assert not array.flags.writeable
    grid = pickle.loads(pickle.dumps(mb.merge_tree(np.zeros((3, 4)))))
    assert grid.graph == mb.Grid((3, 4))
    assert grid.path(0, 11).tolist() == mb.merge_tree(np.zeros((3, 4))).path(0, 11).tolist()


def test_copies_keep_the_graph():
    values, table = wavy(20)
    values = values.copy()
    tree = mb.merge_tree(values, table)
    shallow, deep = copy.copy(tree), copy.deepcopy(tree)
    path, barrier = tree.path(0, 100), tree.barrier(0, 100)
    assert shallow.values.base is tree.values.base
    values[:] = 7
    np.testing.assert_array_equal(deep.path(0, 100), path)
    assert deep.barrier(0, 100) == barrier
    assert shallow.graph is tree.graph
    assert not deep.values.flags.writeable
    assert not deep.graph.indices.flags.writeable


def test_repr_tells_counts():
    tree = mb.merge_tree([0.0, 1.0, 0.5], [[1], [2], [-1]])
    assert repr(tree).startswith("MergeTree: 3 vertices, 2 minima, 1 component, on Table(3 vertices, 1 neigh")
    # Vertex 1 is a minimum of the total order, and dies at 2 where it is born.
    star = mb.merge_tree([1.0, 1.0, 1.0], [[2], [2], [-1]])
    assert "2 minima (1 of persistence zero), 1 component," in repr(star)
    assert "2 components" in repr(mb.merge_tree([0.0, np.inf, 1.0]))


def test_the_largest_numbers_do_not_overflow():
    values = np.array([-1e308, 1e308, -1e308, 1.7e308, 0.0])
    tree = mb.merge_tree(values)
    bars = tree.barcode()
    assert bars.minima.tolist() == [0, 2, 4]
    assert bars.saddles.tolist() == [-1, 1, 3]
    assert tree.basins().tolist() == [0, 0, 2, 2, 4]
    assert tree.cut(n_bars=2).tolist() == [0, 0, 2, 0, 0]
    assert "3 bars" in repr(tree)


def test_values_keep_their_shape_and_type():
    for kind in (np.float32, np.float64):
        values = np.arange(12, dtype=kind).reshape(3, 4)
        tree = mb.merge_tree(values)
        assert tree.values.dtype == kind
        assert tree.values.shape == (3, 4)
        assert np.shares_memory(tree.values, values)
        assert tree.n_vertices == 12
        assert tree.value_range == (0.0, 11.0)


def test_a_chain_of_nested_minima_does_not_recurse():
    m = 500_000
    values = np.empty(2 * m)
    values[::2], values[1::2] = (
        -np.arange(m),
        1.0 + np.arange(m),
    )  # minimum i dies at saddle i in minimum i + 1
    tree = mb.merge_tree(values)
    assert len(tree.minima) == m
    assert tree.barcode().parents[-1] == 2
    assert tree.barrier(0, 2 * m - 2) == m - 1.0
    assert len(tree.to_linkage()) == m - 1
