"""Bad input and odd input: one table of every case and its message."""

import re

import networkx as nx
import numpy as np
import pytest
from scipy import sparse

import morsebar as mb

nan, inf = np.nan, np.inf
line = [[1], [0]]


def tree(*arguments, **options):
    return lambda: mb.merge_tree(*arguments, **options)


def edges(*arguments, **options):
    return lambda: mb.Graph.from_edges(*arguments, **options)


def knn(*arguments, **options):
    return lambda: mb.knn_graph(*arguments, **options)


def levels(values, ends, at):
    return lambda: mb.merge_tree(values, mb.Graph.from_edges(ends, len(values), at))


BAD = [
    (tree([0.0, nan, nan]), 'values[1] is NaN; pass nan="mask" to leave such vertices out of the domain'),
    (
        tree([0.0, -inf]),
        "values[1] is -inf, expected finite values (or +inf for vertices outside the domain)",
    ),
    (tree([nan, -inf], nan="mask"), "values[1] is -inf, expected finite values"),
    (tree([0.0], nan="drop"), "nan is 'drop', expected 'raise' or 'mask'"),
    (tree([2**53 + 1, 0]), "values[0] is 9007199254740993, beyond 2**53"),
    (tree([0, -(2**53) - 1]), "values[1] is -9007199254740993, beyond 2**53"),
    (tree(np.array([2**63], dtype=np.uint64)), "values[0] is 9223372036854775808, beyond 2**53"),
    (tree(np.zeros(2, dtype=np.longdouble)), "values has dtype float128, expected float32, float64"),
    (tree([1j]), "values has dtype complex128, expected float32, float64"),
    (tree(np.array([1, None])), "values has dtype object, expected float32, float64"),
    (tree(["1"]), "values has dtype <U1, expected float32, float64"),
    (tree(3.0), "values is a single number, expected an array of at least one dimension"),
    (tree([0.0], line), "values has shape (1,), expected (2,): one value per vertex of graph"),
    (tree([[0.0, 1.0]], line), "values has shape (1, 2), expected (2,): one value per vertex of graph"),
    (
        tree([0.0] * 6, mb.Grid((2, 2))),
        "values has shape (6,), expected (4,) or (2, 2): one value per vertex",
    ),
    (
        tree([0.0, 1.0], [[1.0], [0.0]]),
        "graph is an array of shape (2, 1) and dtype float64, expected a table of",
    ),
    (
        tree([0.0, 1.0], [1, 0]),
        "graph is an array of shape (2,) and dtype int64, expected a table of neighbours",
    ),
    (tree([0.0, 1.0], [[1, 0], [0, 2]]), "graph row 1, entry 1: 2 is not a vertex, expected 0 to 2 - 1"),
    (tree([0.0, 1.0], [[1], [-2]]), "graph row 1, entry 0: -2 is not a vertex, expected 0 to 2 - 1"),
    (tree([0.0, inf], [[1], [9]]), "graph row 1, entry 0: 9 is not a vertex, expected 0 to 2 - 1"),
    (tree([0.0, 1.0], np.array([[1], [7]], np.uint8)), "graph row 1, entry 0: 7 is not a vertex"),
    (tree([0.0], sparse.csr_array((1, 2))), "graph is a sparse matrix of shape (1, 2), expected square"),
    (tree([0.0], nx.path_graph(2)), "values has shape (1,), expected (2,): one value per vertex of graph"),
    (tree([0.0], n_jobs=0), "n_jobs is 0, expected a positive integer, or None or -1 for all cores"),
    (tree([0.0], n_jobs=-2), "n_jobs is -2, expected a positive integer"),
    (tree([0.0], n_jobs=True), "n_jobs is True, expected a positive integer"),
    (tree([0.0], n_jobs=1.5), "n_jobs is 1.5, expected a positive integer"),
    (lambda: mb.Grid(()), "shape is (), expected one or more non-negative integers, one per axis"),
    (lambda: mb.Grid((2, -1)), "shape is (2, -1), expected one or more non-negative integers"),
    (lambda: mb.Grid((2.5,)), "shape is (2.5,), expected one or more non-negative integers"),
    (lambda: mb.Grid(2, "diagonal"), "connectivity is 'diagonal', expected 'axis', 'freudenthal' or 'full'"),
    (
        lambda: mb.Grid((2, 2), periodic=[True] * 3),
        "periodic is [True, True, True], expected a bool, or 2 of them",
    ),
    (
        tree(np.zeros((1,) * 13), mb.Grid((1,) * 13, "full")),
        "connectivity Full gives too many neighbours in 13",
    ),
    (edges([0, 1], 2), "edges has shape (2,) and dtype int64, expected (m, 2) integers"),
    (edges([[0.0, 1.0]], 2), "edges has shape (1, 2) and dtype float64, expected (m, 2) integers"),
    (edges([[0, 1], [1, 2]], 2), "edges[1] = (1, 2) names a vertex that is not there, expected 0 to 2 - 1"),
    (edges([[0, -1]], 2), "edges[0] = (0, -1) names a vertex that is not there, expected 0 to 2 - 1"),
    (edges([[0, 1]], -1), "n_vertices is -1, expected a non-negative integer"),
    (edges([[0, 1]], 2, [1.0, 2.0]), "values has shape (2,), expected (1,), one level per edge"),
    (
        levels([0.0, 2.0], [[0, 1]], [1.0]),
        "the level of edges[0] = (0, 1) is 1, expected at least the values of both",
    ),
    (
        levels([0.0, 2.0], [[0, 1]], [nan]),
        "the level of edges[0] = (0, 1) is NaN, expected at least the values",
    ),
    (knn([0.0, 1.0], 1), "points has shape (2,), expected (n, d)"),
    (knn([[0.0], [nan]], 1), "points[1] is [nan], expected finite coordinates"),
    (knn([[0.0], [1.0]], 2), "n_neighbors is 2, expected 1 to 1 for points of shape (2, 1)"),
    (knn([[0.0], [1.0]], 0), "n_neighbors is 0, expected 1 to 1"),
    (knn([[0.0], [1.0]], True), "n_neighbors is True, expected an integer"),
    (knn([[0.0], [1.0]], 1, max_distance=0), "max_distance is 0, expected a positive number"),
    (lambda: mb.merge_tree([0.0]).barrier(0, 1), "v has 1, which is not a vertex; expected 0 to 0"),
    (lambda: mb.merge_tree([0.0]).barrier(-1, 0), "u has -1, which is not a vertex; expected 0 to 0"),
    (
        lambda: mb.merge_tree([0.0]).barrier(0.0, 0),
        "u has dtype float64, expected integers: numbers of vertices",
    ),
    (lambda: mb.merge_tree([0.0]).path([0], [0]), "u and v are arrays, expected two vertices"),
    (lambda: mb.merge_tree([0.0]).barcode(nan), "min_persistence is NaN, expected a number"),
    (lambda: mb.merge_tree([0.0]).basins(nan), "min_persistence is NaN, expected a number"),
]


@pytest.mark.parametrize(("call", "message"), BAD, ids=[message[:48] for _, message in BAD])
def test_bad_input_gets_its_message(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_too_many_vertices_overflow():
    with pytest.raises(OverflowError, match="4294967296 vertices"):
        mb.Grid((2**16, 2**16))
    with pytest.raises(OverflowError, match="n_vertices is 4294967296"):
        mb.Graph.from_edges([[0, 1]], 2**32)


EMPTY = [None, mb.Grid(0), mb.Grid((3, 0)), np.zeros((0, 3), int), mb.Graph.from_edges([], 0), nx.Graph()]


@pytest.mark.parametrize("graph", EMPTY, ids=repr)
def test_empty_input_gives_an_empty_barcode(graph):
    empty = mb.merge_tree([], graph)
    bars = empty.barcode()
    assert bars.diagram.shape == (0, 2)
    assert len(empty.labels) == len(empty.basins()) == len(empty.cut()) == 0
    assert empty.n_components == 0
    assert "0 bars" in repr(bars)
    assert bars.threshold() == 0.0


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, bool, np.int8, np.uint32, np.int64])
def test_one_point_of_any_exact_type(kind):
    bars = mb.merge_tree(np.ones(1, dtype=kind)).barcode()
    assert bars.diagram.tolist() == [[1.0, inf]]
    assert bars.sizes.tolist() == [1]


def test_all_equal():
    bars = mb.merge_tree(np.zeros((50, 60))).barcode()
    assert (bars.minima.tolist(), bars.sizes.tolist()) == ([0], [3000])


def test_infinity_and_masked_nan_are_outside():
    values = np.array([0.0, inf, 1.0, nan, 2.0], dtype=np.float32)
    bars = mb.merge_tree(values, nan="mask").barcode()
    assert bars.minima.tolist() == [0, 2, 4]
    assert bars.n_components == 3
    assert bars.value_range == (0.0, 2.0)


def test_negative_zero_is_zero():
    assert mb.merge_tree([0.0, -0.0, 0.0]).barcode(-1).minima.tolist() == [0]


def test_the_callers_arrays_are_left_alone():
    values, table = np.array([0.0, 2.0, 1.0]), np.array([[1, -1], [2, 0], [1, 1]], dtype=np.int32)
    before = values.copy(), table.copy()
    made = mb.merge_tree(values, table)
    made.barcode()
    assert values.flags.writeable
    assert table.flags.writeable
    np.testing.assert_array_equal(values, before[0])
    np.testing.assert_array_equal(table, before[1])
    with pytest.raises(ValueError, match="read-only"):
        made.branches[0] = 1
