"""Grids by the definition of their neighbours, sparse graphs, and levels of edges."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest
from conftest import assert_same_bars, bars_of, naive_bars
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import morsebar as mb
from morsebar import _core
from morsebar.graph import Table


def grid_edges(shape, connectivity, periodic):
    """The arcs of a grid, by definition."""
    number = np.arange(np.prod(shape)).reshape(shape)
    arcs = []
    for step in np.ndindex(*[3] * len(shape)):
        step = np.array(step) - 1
        taken = {
            "axis": np.count_nonzero(step) == 1,
            "freudenthal": (step >= 0).all() or (step <= 0).all(),
            "full": True,
        }[connectivity]
        for at in np.ndindex(*shape) if taken else ():
            to = np.array(at) + step
            to = np.where(periodic, to % shape, to)
            if ((to >= 0) & (to < shape)).all():
                arcs.append((int(number[at]), int(number[tuple(to)])))
    return arcs


@st.composite
def functions_on_grids(draw):
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    periodic = tuple(draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape))))
    connectivity = draw(st.sampled_from(["axis", "freudenthal", "full"]))
    n = int(np.prod(shape))
    values = draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0, np.inf]), min_size=n, max_size=n))
    return np.array(values).reshape(shape), mb.Grid(shape, connectivity, periodic)


@given(functions_on_grids())
def test_grids_by_the_definition_of_their_neighbours(function):
    values, grid = function
    arcs = grid_edges(grid.shape, grid.connectivity, grid.periodic)
    tree = mb.merge_tree(values, grid)
    assert_same_bars(bars_of(tree), naive_bars(values.ravel().tolist(), arcs))
    assert bars_of(mb.merge_tree(values.ravel(), grid)) == bars_of(tree)
    sparse_tree = mb.merge_tree(values.ravel(), mb.Graph.from_edges(arcs, grid.n_vertices))
    np.testing.assert_array_equal(tree.branches, sparse_tree.branches)
    np.testing.assert_array_equal(tree.basins(), sparse_tree.basins())
    last = grid.n_vertices - 1
    np.testing.assert_array_equal(tree.path(0, last), sparse_tree.path(0, last))


def test_a_grid_of_four_dimensions():
    values = np.random.default_rng(0).integers(0, 5, (3, 2, 4, 3)).astype(np.float32)
    for connectivity in ("axis", "freudenthal", "full"):
        arcs = grid_edges(values.shape, connectivity, (True, False, False, True))
        grid = mb.Grid(values.shape, connectivity, (True, False, False, True))
        tree = mb.merge_tree(values, grid)
        assert_same_bars(bars_of(tree), naive_bars(values.ravel().tolist(), arcs))


def test_no_graph_is_the_grid_of_the_values():
    values = np.random.default_rng(1).random((7, 11))
    tree = mb.merge_tree(values)
    assert tree.graph == mb.Grid((7, 11), "axis", False)
    assert bars_of(tree) == bars_of(mb.merge_tree(values, mb.Grid((7, 11))))


@given(functions_on_grids())
def test_the_boundary_of_a_grid(function):
    values, grid = function
    bars = mb.merge_tree(values, grid).barcode(min_persistence=-1)
    for bar in bars:
        at = np.unravel_index(bar.minimum, grid.shape)
        axes = zip(at, grid.shape, grid.periodic, strict=True)
        assert bar.on_boundary == any(not around and c in (0, size - 1) for c, size, around in axes)
    assert not mb.merge_tree(values.ravel(), np.zeros((values.size, 0), int)).on_boundary.any()


def test_grids_are_values():
    grid = mb.Grid((3, 4), "full", [True, False])
    assert grid == mb.Grid(np.array([3, 4]), "full", (True, False))
    assert hash(grid) == hash(pickle.loads(pickle.dumps(grid)))
    assert (grid.ndim, grid.n_vertices, mb.Grid(5).shape) == (2, 12, (5,))
    assert mb.Grid((2, 2), periodic=True).periodic == (True, True)
    assert repr(grid) == "Grid(shape=(3, 4), connectivity='full', periodic=(True, False))"
    with pytest.raises(dataclasses.FrozenInstanceError):
        grid.shape = (1,)


RING = [[0, 1], [1, 2], [2, 3], [3, 0]]
GRAPHS = {
    "Grid": mb.Grid((2, 2), "full", (True, False)),
    "Lattice": mb.Lattice(4, 2, random_state=0),
    "Table": Table.from_array([[1, 3], [2, -1], [3, -1], [-1, -1]]),
    "Graph": mb.Graph.from_edges(RING, 4),
    "Graph with levels": mb.Graph.from_edges(RING, 4, [2.0, 3.0, 3.0, 2.5]),
    "KnnGraph": mb.knn_graph([[0.0], [1.0], [2.0], [3.0]], 2),
}


def stored_arrays(graph):
    arrays = [getattr(graph, field.name) for field in dataclasses.fields(graph)]
    return [array for array in arrays if isinstance(array, np.ndarray)]


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_graphs_survive_copies_pickles_and_arrays(graph):
    values = np.array([0.0, 2.0, 1.0, 1.0])
    expected = mb.merge_tree(values, graph)
    for other in (
        copy.copy(graph),
        copy.deepcopy(graph),
        pickle.loads(pickle.dumps(graph)),
        type(graph)._from_arrays(graph._to_arrays()),
    ):
        assert repr(other) == repr(graph)
        again = mb.merge_tree(values, other)
        assert bars_of(again) == bars_of(expected)
        assert repr(again) == repr(expected)
        for array in stored_arrays(other):
            assert not array.flags.writeable
            with pytest.raises(ValueError, match="read-only"):
                array.flat[0] = 1


def test_the_callers_arrays_stay_writable():
    ends, levels = np.array(RING), np.array([2.0, 3.0, 3.0, 2.5])
    matrix = sparse.csr_array((np.ones(4), (ends[:, 0], ends[:, 1])), shape=(4, 4))
    mb.Graph.from_edges(ends, 4, levels)
    mb.merge_tree([0.0, 2.0, 1.0, 1.0], matrix)
    for array in (ends, levels, matrix.data, matrix.indices, matrix.indptr):
        assert array.flags.writeable
    assert matrix.data.tolist() == [1.0] * 4


def test_tables_are_borrowed_where_their_type_allows():
    for kind in (np.int32, np.uint32, np.int64):
        table = np.array([[1], [0]], dtype=kind)
        assert np.shares_memory(mb.merge_tree([0.0, 1.0], table).graph.indices, table)


def test_isolated_vertices_are_components():
    bars = mb.merge_tree([3.0, 1.0, 2.0], mb.Graph.from_edges([[2, 2], [0, 1]], 3)).barcode()
    assert bars.minima.tolist() == [1, 2]
    assert bars.sizes.tolist() == [2, 1]
    assert bars.n_components == 2


@given(st.data())
def test_bars_of_edge_levels_by_kruskal(data):
    n = data.draw(st.integers(1, 10))
    values = np.array(data.draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)), dtype=np.float32)
    vertex = st.integers(0, n - 1)
    edges = np.array(data.draw(st.lists(st.tuples(vertex, vertex), max_size=20)), dtype=int).reshape(-1, 2)
    rises = data.draw(st.lists(st.integers(0, 3), min_size=len(edges), max_size=len(edges)))
    levels = values[edges].max(axis=1) + np.array(rises, dtype=float)
    bars = mb.merge_tree(values, mb.Graph.from_edges(edges, n, levels)).barcode()
    up, expected = list(range(n)), []

    def find(u):
        while up[u] != u:
            u = up[u]
        return u

    for e in np.argsort(levels, kind="stable").tolist():
        a, b = find(int(edges[e, 0])), find(int(edges[e, 1]))
        if a != b:
            elder, younger = sorted((a, b), key=lambda u: (values[u], u))
            up[younger] = elder
            expected.append((values[younger], levels[e]))
    expected += [(values[u], np.inf) for u in range(n) if up[u] == u]
    expected = sorted((float(birth), float(death)) for birth, death in expected if birth < death)
    assert sorted(map(tuple, bars.diagram.tolist())) == expected
    for bar in range(len(bars)):
        if bars.saddles[bar] < 0:
            assert bars.saddle_edges[bar].tolist() == [-1, -1]
            continue
        ends = bars.saddle_edges[bar]
        there = (np.sort(edges, axis=1) == ends).all(axis=1) & (levels == bars.deaths[bar])
        assert there.any()
        assert bars.saddles[bar] == max(ends.tolist(), key=lambda u: (values[u], u))


@st.composite
def functions_on_levelled_edges(draw):
    """Values with some outside, edges with levels, some of them infinite, and the level of every pair."""
    n = draw(st.integers(1, 8))
    kinds = st.sampled_from([np.float32, np.float64])
    values = draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, np.inf]), min_size=n, max_size=n))
    values = np.array(values, dtype=draw(kinds))
    vertex = st.integers(0, n - 1)
    edges = np.array(draw(st.lists(st.tuples(vertex, vertex), max_size=14)), dtype=int).reshape(-1, 2)
    rises = draw(st.lists(st.sampled_from([0, 1, 2, np.inf]), min_size=len(edges), max_size=len(edges)))
    levels = (values[edges].max(axis=1) + np.array(rises)).astype(draw(kinds))
    step = np.full((n, n), np.inf)
    for (u, v), level in zip(edges.tolist(), levels.tolist(), strict=True):
        step[u, v] = step[v, u] = min(step[u, v], level)
    np.fill_diagonal(step, values)
    return values, mb.Graph.from_edges(edges, n, levels), step


@given(functions_on_levelled_edges())
def test_barriers_and_paths_over_edge_levels(function):
    values, graph, step = function
    n = len(values)
    tree = mb.merge_tree(values, graph)
    level = step.copy()
    for w in range(n):
        level = np.minimum(level, np.maximum(level[:, [w]], level[[w], :]))
    outside = values == np.inf
    level[outside, :] = level[:, outside] = np.nan
    np.testing.assert_array_equal(tree.barrier(np.arange(n)[:, None], np.arange(n)), level)
    for u in range(n):
        for v in range(n):
            path = tree.path(u, v)
            if level[u, v] < np.inf:
                assert (path[0], path[-1]) == (u, v)
                assert max(step[u, u], *step[path[:-1], path[1:]], step[v, v]) == level[u, v]
            else:
                assert len(path) == 0


@given(functions_on_levelled_edges())
def test_the_naive_twin_over_edge_levels(function):
    values, graph, _ = function
    tree = mb.merge_tree(values, graph, n_jobs=2)
    naive = _core.naive_merge_tree(tree.values, graph.specification(tree.values), False)
    for name, expected in naive.items():
        np.testing.assert_array_equal(getattr(tree, name), expected)
    bars = tree.barcode(min_persistence=-1)
    # Only vertices count, not the edges.
    assert bars.sizes[bars.saddles < 0].sum() == np.count_nonzero(values < np.inf)
    np.testing.assert_array_equal(tree.labels == -1, values == np.inf)
    assert set(tree.basins(-1)) - {-1} == set(bars.minima)
    for bar in bars:
        inside = tree.barrier(bar.minimum, np.arange(len(values))) < bar.death
        assert bar.size >= np.count_nonzero(inside)


@given(st.data())
def test_a_bar_dies_along_an_edge_that_leaves_its_component(data):
    n = data.draw(st.integers(2, 10))
    vertex = st.integers(0, n - 1)
    edges = np.array(data.draw(st.lists(st.tuples(vertex, vertex), min_size=1, max_size=25)))
    # Values and raised levels without ties: components just below a death are clear.
    places = data.draw(st.permutations(range(n)))
    values = np.array(places, dtype=float)
    raised = np.array(data.draw(st.lists(st.booleans(), min_size=len(edges), max_size=len(edges))))
    levels = values[edges].max(axis=1) + raised * (2 * n + np.arange(len(edges)))
    tree = mb.merge_tree(values, mb.Graph.from_edges(edges, n, levels))
    bars = tree.barcode()
    for bar, ends in zip(bars, bars.saddle_edges, strict=True):
        if bar.is_essential:
            continue
        below = tree.barrier(bar.minimum, ends) < bar.death
        assert np.count_nonzero(below) == 1
        assert tree.barrier(bar.parent, ends[~below][0]) <= bar.death
        assert bar.parent != bar.minimum


def test_levels_finer_than_the_type_of_the_values():
    values, level = np.array([0.0, 1.0], dtype=np.float32), 1 + 2.0**-40
    bars = mb.merge_tree(values, mb.Graph.from_edges([[0, 1]], 2, [level])).barcode()
    assert bars.deaths.tolist() == [np.inf, level]
    narrow = mb.Graph.from_edges([[0, 1]], 2, np.array([1.5], dtype=np.float32))
    assert mb.merge_tree(np.array([0.0, 1 + 2.0**-40]), narrow).barcode().deaths[1] == 1.5


def test_levels_give_networkx_nodes_that_are_edges():
    graph = mb.Graph.from_edges([[0, 1], [1, 2]], 3, [5.0, 7.0])
    nodes = mb.merge_tree([0.0, 1.0, 2.0], graph).to_networkx().nodes
    assert set(nodes) == {0, 1, 2, (0, 1), (1, 2)}
    assert nodes[(1, 2)] == {"kind": "saddle", "value": 7.0}
