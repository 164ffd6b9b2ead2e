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


def morse(*arguments, **options):
    return lambda: mb.morse_complex(*arguments, **options)


def edges(*arguments, **options):
    return lambda: mb.Graph.from_edges(*arguments, **options)


def knn(*arguments, **options):
    return lambda: mb.knn_graph(*arguments, **options)


def tampered(**arrays):
    """A tree on a scipy matrix of two vertices whose arrays somebody has replaced."""

    def call():
        matrix = sparse.csr_array(([1.0, 1.0], ([0, 1], [1, 0])), shape=(2, 2))
        for name, array in arrays.items():
            setattr(matrix, name, np.array(array, dtype=np.int32))
        mb.merge_tree([0.0, 1.0], matrix)

    return call


def levels(values, ends, at):
    return lambda: mb.merge_tree(values, mb.Graph.from_edges(ends, len(values), at))


BAD = [
    (tree([0.0, nan, nan]), 'values[1] is NaN; pass nan="mask" to leave such vertices out of the domain'),
    (
        tree([0.0, -inf]),
        "values[1] is -inf, expected finite values (or +inf for vertices outside the domain)",
    ),
    (tree([[0.0, 1.0], [2.0, nan]]), "values[3] is NaN; pass nan="),
    (tree(np.array([0.0, nan], dtype=np.float16)), "values[1] is NaN; pass nan="),
    (tree([nan, -inf], nan="mask"), "values[1] is -inf, expected finite values"),
    (tree([0.0], nan="drop"), "nan is 'drop', expected 'raise' or 'mask'"),
    (tree([2**53 + 1, 0]), "values[0] is 9007199254740993, beyond 2**53"),
    (tree([0, -(2**53) - 1]), "values[1] is -9007199254740993, beyond 2**53"),
    (tree(np.array([2**63], dtype=np.uint64)), "values[0] is 9223372036854775808, beyond 2**53"),
    (tree([[0, 0], [0, 2**53 + 1]]), "values[3] is 9007199254740993, beyond 2**53"),
    (tree(np.zeros(2, dtype=np.longdouble)), "values has dtype float128, expected float32, float64"),
    (tree([1j]), "values has dtype complex128, expected float32, float64"),
    (tree(np.array([1, None])), "values has dtype object, expected float32, float64"),
    (tree(["1"]), "values has dtype <U1, expected float32, float64"),
    (tree(None), "values has dtype object, expected float32, float64"),
    (
        tree(np.array(["2026-01-01"], dtype="M8[D]")),
        "values has dtype datetime64[D], expected float32, float64",
    ),
    (tree(np.ma.array([0.0, 1.0], mask=[0, 1])), "values is a masked array, expected a plain one"),
    (morse([0.0, nan]), 'values[1] is NaN; pass nan="mask" to leave such vertices out of the domain'),
    (morse([[0.0, 1.0], [2.0, -inf]]), "values[3] is -inf, expected finite values"),
    (morse([0.0], nan="drop"), "nan is 'drop', expected 'raise' or 'mask'"),
    (morse([2**53 + 1, 0]), "values[0] is 9007199254740993, beyond 2**53"),
    (morse(3.0), "values is a single number, expected an array of at least one dimension"),
    (morse([0.0], n_jobs=0), "n_jobs is 0, expected a positive integer, or None or -1 for all cores"),
    (morse([0.0, 1.0], line), "complex is of type list, expected None, Grid, FlagComplex or Simplicial"),
    (
        morse([0.0, 1.0], mb.FlagComplex([[1], [2]])),
        "graph row 1, entry 0: 2 is not a vertex, expected 0 to 2 - 1",
    ),
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
    (
        tree([0.0, 1.0], [[True], [False]]),
        "graph is an array of shape (2, 1) and dtype bool, expected a table",
    ),
    (
        tree([0.0, 1.0], "table"),
        "graph is an array of shape () and dtype <U5, expected a table of neighbours",
    ),
    (tree(0.0, [[0]]), "values has shape (), expected (1,): one value per vertex of graph"),
    (tree([0.0, 1.0], [[1, 0], [0, 2]]), "graph row 1, entry 1: 2 is not a vertex, expected 0 to 2 - 1"),
    (tree([0.0, 1.0], [[1], [-2]]), "graph row 1, entry 0: -2 is not a vertex, expected 0 to 2 - 1"),
    (tree([0.0, inf], [[1], [9]]), "graph row 1, entry 0: 9 is not a vertex, expected 0 to 2 - 1"),
    (tree([0.0, 1.0], np.array([[1], [7]], np.uint8)), "graph row 1, entry 0: 7 is not a vertex"),
    (
        tree([0.0, 1.0], np.array([[1], [2**32 - 2]], np.uint32)),
        "graph row 1, entry 0: 4294967294 is not a vertex",
    ),
    (
        tree([0.0, 1.0], np.array([[1], [2**32 - 1]], np.int64)),
        "graph row 1, entry 0: 4294967295 is not a vertex",
    ),
    (
        tree([0.0, 1.0], np.array([[1], [2**32]], np.int64)),
        "graph row 1, entry 0: 4294967296 is not a vertex",
    ),
    (tree([0.0, 1.0], mb.KnnGraph([[1], [3]], np.ones((2, 1)))), "graph row 1, entry 0: 3 is not a vertex"),
    (tampered(indices=[1, 5]), "graph row 1, entry 0: 5 is not a vertex, expected 0 to 2 - 1"),
    (tampered(indptr=[0, 3, 2]), "graph indptr[2] is 2, expected at least 3"),
    (tree([0.0], sparse.csr_array((1, 2))), "graph is a sparse matrix of shape (1, 2), expected square"),
    (tree([0.0], nx.path_graph(2)), "values has shape (1,), expected (2,): one value per vertex of graph"),
    (tree([0.0], n_jobs=0), "n_jobs is 0, expected a positive integer, or None or -1 for all cores"),
    (tree([0.0], n_jobs=-2), "n_jobs is -2, expected a positive integer"),
    (tree([0.0], n_jobs=True), "n_jobs is True, expected a positive integer"),
    (tree([0.0], n_jobs=1.5), "n_jobs is 1.5, expected a positive integer"),
    (tree([0.0], n_jobs="2"), "n_jobs is '2', expected a positive integer"),
    (lambda: mb.merge_tree([0.0]).basins(n_jobs=0), "n_jobs is 0, expected a positive integer"),
    (lambda: mb.Grid(()), "shape is (), expected one or more non-negative integers, one per axis"),
    (lambda: mb.Grid((2, -1)), "shape is (2, -1), expected one or more non-negative integers"),
    (lambda: mb.Grid((2.5,)), "shape is (2.5,), expected one or more non-negative integers"),
    (lambda: mb.Grid(True), "shape is True, expected one or more non-negative integers"),
    (lambda: mb.Grid([[1, 2]]), "shape is [[1, 2]], expected one or more non-negative integers"),
    (lambda: mb.Grid((2, 2), periodic=1), "periodic is 1, expected a bool, or 2 of them, one per axis"),
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
    (edges(np.zeros((1, 3), int), 2), "edges has shape (1, 3) and dtype int64, expected (m, 2) integers"),
    (edges([[True, False]], 2), "edges has shape (1, 2) and dtype bool, expected (m, 2) integers"),
    (edges([[0, 1]], 2.0), "n_vertices is 2.0, expected a non-negative integer"),
    (edges([[0, 1]], True), "n_vertices is True, expected a non-negative integer"),
    (edges([[0, 1]], 2, [[1.0]]), "values has shape (1, 1), expected (1,), one level per edge"),
    (edges([[0, 1]], 2, [2**53 + 1]), "values[0] is 9007199254740993, beyond 2**53"),
    (
        levels([0.0, 2.0, 1.0], [[0, 2], [1, 0]], [1.0, -inf]),
        "the level of edges[1] = (1, 0) is -inf, expected",
    ),
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
    (
        lambda: mb.KnnGraph(np.zeros((2, 1), int), np.zeros((2, 2))),
        "indices has shape (2, 1), distances (2, 2)",
    ),
    (
        lambda: mb.KnnGraph(np.zeros((2, 1)), np.zeros((2, 1))),
        "indices is an array of shape (2, 1) and dtype float64",
    ),
    (knn([[1j], [2.0]], 1), "points has dtype complex128, expected float32, float64"),
    (knn([[0.0, 1.0], [inf, 2.0]], 1), "points[1] is not finite, expected finite coordinates"),
    (knn([[0.0], [1.0]], 1.0), "n_neighbors is 1.0, expected an integer"),
    (knn(np.zeros((3, 0)), 1), "points has shape (3, 0), expected at least two points of one axis"),
    (knn([[0.0], [1.0]], 1, max_distance=nan), "max_distance is nan, expected a positive number"),
    (knn([[0.0], [1.0]], 1, n_jobs=0), "n_jobs is 0, expected a positive integer"),
    (knn([0.0, 1.0], 1), "points has shape (2,), expected (n, d)"),
    (knn([[0.0], [nan]], 1), "points[1] is not finite, expected finite coordinates"),
    (knn([[0.0], [1.0]], 2), "n_neighbors is 2, expected 1 to 1 for points of shape (2, 1)"),
    (knn([[0.0], [1.0]], 0), "n_neighbors is 0, expected 1 to 1"),
    (knn([[0.0], [1.0]], True), "n_neighbors is True, expected an integer"),
    (knn([[0.0], [1.0]], 1, method="fast"), "method is 'fast', expected 'auto', 'exact' or 'approximate'"),
    (knn([[0.0], [1.0]], 1, eps=-1), "eps is -1, expected a number of at least 0"),
    (knn([[0.0], [1.0]], 1, eps=nan), "eps is nan, expected a number of at least 0"),
    (knn([[0.0], [1.0]], 1, eps=0.5, method="exact"), "eps is 0.5, expected None for method='exact'"),
    (knn([[0.0], [1.0]], 1, random_state=-1), "random_state is -1, expected a non-negative integer"),
    (
        lambda: mb.KnnGraph([[1], [0]], np.ones((2, 1)), extra_edges=[[0, 2]]),
        "extra_edges[0] is [0, 2], expected two of the 2 points",
    ),
    (
        lambda: mb.KnnGraph([[1], [0]], np.ones((2, 1)), order=[0]),
        "order has shape (1,) and dtype int64, expected (2,) integers",
    ),
    (
        lambda: mb.knn_graph([[0.0], [1.0]], 1).recall([[0.0]]),
        "points has shape (1, 1) and dtype float64, expected (2, d) and float64",
    ),
    (
        lambda: mb.knn_graph([[0.0], [1.0]], 1).recall([[0.0], [1.0]], n_samples=0),
        "n_samples is 0, expected a positive integer",
    ),
    (knn([[0.0], [1.0]], 1, max_distance=0), "max_distance is 0, expected a positive number"),
    (lambda: mb.merge_tree([0.0]).barrier(0, 1), "v has 1, which is not a vertex; expected 0 to 0"),
    (lambda: mb.merge_tree([0.0]).barrier(-1, 0), "u has -1, which is not a vertex; expected 0 to 0"),
    (
        lambda: mb.merge_tree([0.0]).barrier(0.0, 0),
        "u has dtype float64, expected integers: numbers of vertices",
    ),
    (lambda: mb.merge_tree([0.0]).path([0], [0]), "u and v are arrays, expected two vertices"),
    (
        lambda: mb.merge_tree([0.0]).barrier(2**32, 0),
        "u has 4294967296, which is not a vertex; expected 0 to 0",
    ),
    (lambda: mb.merge_tree([0.0]).path(0, 1), "v has 1, which is not a vertex; expected 0 to 0"),
    (
        lambda: mb.merge_tree([0.0]).path(0.0, 0),
        "u has dtype float64, expected integers: numbers of vertices",
    ),
    (lambda: mb.merge_tree([0.0]).barcode(nan), "min_persistence is nan, expected a number"),
    (lambda: mb.merge_tree([0.0]).barcode(None), "min_persistence is None, expected a number"),
    (lambda: mb.merge_tree([0.0]).basins(nan), "min_persistence is nan, expected a number"),
    (lambda: mb.merge_tree([0.0]).cut(min_persistence=nan), "min_persistence: expected a number, got nan"),
    (lambda: mb.merge_tree([0.0]).cut(n_bars=-1), "n_bars: expected an integer of at least 0, got -1"),
    (lambda: mb.merge_tree([0.0]).cut(n_bars=1.5), "n_bars: expected an integer of at least 0, got 1.5"),
    (lambda: mb.merge_tree([0.0]).cut(min_size=-1), "min_size: expected an integer of at least 0, got -1"),
    (lambda: mb.merge_tree([]).to_linkage(), "graph has 0 components, expected one"),
]


@pytest.mark.parametrize(("call", "message"), BAD, ids=[message[:60] for _, message in BAD])
def test_bad_input_gets_its_message(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def many(value, *shape):
    """An array of one number in memory, and of any shape."""
    return np.broadcast_to(value, shape)


TOO_MANY = [
    (
        lambda: mb.Grid((2**16, 2**16)),
        "shape (65536, 65536) has 4294967296 vertices, expected at most 4294967295",
    ),
    (lambda: mb.Grid((2**40, 2**40)), "has 1208925819614629174706176 vertices"),
    (edges([[0, 1]], 2**32), "n_vertices is 4294967296, expected at most 4294967295"),
    # Refused before they are copied, which would take 16 GiB and more.
    (tree(many(np.float32(0), 2**16, 2**16)), "values has 4294967296 vertices, expected at most 4294967295"),
    (tree(many(np.int8(0), 2**32), mb.Grid(2)), "values has 4294967296 vertices"),
    (morse(many(np.float32(0), 2**16, 2**16)), "values has 4294967296 vertices"),
    (tree([0.0], many(np.int8(0), 2**32, 1)), "graph has 4294967296 vertices"),
    (tree([0.0], sparse.coo_array((2**32, 2**32))), "graph has 4294967296 vertices"),
]


@pytest.mark.parametrize(("call", "message"), TOO_MANY, ids=[message[:60] for _, message in TOO_MANY])
def test_too_many_vertices_overflow(call, message):
    with pytest.raises(OverflowError, match=re.escape(message)):
        call()


EMPTY = [
    None,
    mb.Grid(0),
    mb.Grid((3, 0)),
    np.zeros((0, 3), int),
    np.zeros((0, 0), np.uint32),
    mb.Graph.from_edges([], 0),
    mb.Graph.from_edges([], 0, []),
    mb.KnnGraph(np.zeros((0, 2), int), np.zeros((0, 2))),
    sparse.csr_array((0, 0)),
    nx.Graph(),
]


@pytest.mark.parametrize("graph", EMPTY, ids=repr)
def test_empty_input_gives_an_empty_barcode(graph):
    empty = mb.merge_tree([], graph)
    bars = empty.barcode()
    assert bars.diagram.shape == (0, 2)
    assert len(empty.labels) == len(empty.basins()) == len(empty.cut()) == 0
    assert empty.n_components == 0
    assert empty.basins().dtype == empty.labels.dtype == np.int64
    assert empty.to_networkx().number_of_nodes() == 0
    assert "0 bars" in repr(bars)
    assert "0 vertices" in repr(empty)
    assert bars.threshold() == 0.0


def test_no_vertex_in_the_domain_gives_an_empty_barcode():
    outside = mb.merge_tree([nan, inf, nan], nan="mask")
    assert outside.barcode().diagram.shape == (0, 2)
    assert outside.labels.tolist() == outside.basins().tolist() == outside.cut().tolist() == [-1, -1, -1]
    assert np.isnan(outside.barrier(0, 1))
    assert len(outside.path(1, 1)) == 0


ONE = [None, mb.Grid(1), [[-1]], [[0]], mb.Graph.from_edges([], 1), sparse.eye_array(1), nx.empty_graph(1)]


@pytest.mark.parametrize("graph", ONE, ids=repr)
def test_one_point_on_any_graph(graph):
    one = mb.merge_tree([5.0], graph)
    assert one.barcode(min_persistence=-1).diagram.tolist() == [[5.0, inf]]
    assert one.labels.tolist() == one.basins().tolist() == one.path(0, 0).tolist() == [0]
    assert one.barrier(0, 0) == 5.0
    assert one.to_linkage().shape == (0, 4)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, bool, np.int8, np.uint32, np.int64])
def test_one_point_of_any_exact_type(kind):
    bars = mb.merge_tree(np.ones(1, dtype=kind)).barcode()
    assert bars.diagram.tolist() == [[1.0, inf]]
    assert bars.sizes.tolist() == [1]


def test_other_types_of_numbers_are_exact():
    for values in (
        np.array([0, 3, 1], dtype=">f8"),
        np.array([0, 3, 1], dtype=">f4"),
        np.array([0, 3, 1], dtype=np.float16),
        np.array([0, 3, 1], dtype=np.uint64),
        np.array([[0, 9], [3, 9], [1, 9]])[:, 0],
        np.array([1, 3, 0])[::-1],
        [0, 3, 1],
    ):
        assert mb.merge_tree(values).barcode().diagram.tolist() == [[0.0, inf], [1.0, 3.0]]
    assert mb.merge_tree([False, True, False]).barcode().diagram.tolist() == [[0.0, inf], [0.0, 1.0]]
    exact = np.array([2**53, -(2**53), 2**53 - 1])
    assert mb.merge_tree(exact).barcode().diagram.tolist() == [[-(2.0**53), inf]]
    close = np.array([1.0, 1.0 + 2**-52, 1.0])
    assert len(mb.merge_tree(close).barcode()) == 2
    assert len(mb.merge_tree(close.astype(np.float32)).barcode()) == 1


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
