"""Graphs of nearest neighbours against brute force."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import morsebar as mb


@given(st.integers(2, 40), st.integers(1, 5), st.integers(0, 10**6), st.booleans())
def test_distances_equal_brute_force(n, d, seed, ties):
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 3, (n, d)).astype(float) if ties else rng.random((n, d))
    k = int(rng.integers(1, n))
    graph = mb.knn_graph(points, k)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_allclose(graph.distances, np.sort(distances, axis=1)[:, :k], atol=1e-12)
    assert (graph.indices != np.arange(n)[:, None]).all()
    assert all(len(set(row)) == k for row in graph.indices.tolist())
    np.testing.assert_allclose(
        np.take_along_axis(distances, graph.indices, axis=1), graph.distances, atol=1e-12
    )


def test_many_copies_of_a_point():
    points = np.concatenate([np.zeros((30, 2)), np.ones((2, 2))])
    graph = mb.knn_graph(points, 4)
    assert (graph.indices != np.arange(32)[:, None]).all()
    assert all(len(set(row)) == 4 for row in graph.indices.tolist())
    assert (graph.distances[:30] == 0).all()
    np.testing.assert_allclose(graph.distances[30:], [[0, *[2**0.5] * 3]] * 2)


def test_distances_are_of_the_type_of_the_points():
    for kind, expected in ((np.float32, np.float32), (np.float16, np.float32), (float, float), (int, float)):
        graph = mb.knn_graph(np.array([[0], [1], [3]], dtype=kind), 1)
        assert graph.distances.dtype == expected
        assert graph.distances.tolist() == [[1.0], [1.0], [2.0]]


@pytest.mark.parametrize("scale", [1e300, 1e-300, 2.0**-1060, 1.0])
def test_scale_does_not_matter(scale):
    graph = mb.knn_graph(np.array([[0.0], [1.0], [-2.0]]) * scale, 2)
    assert graph.indices.tolist() == [[1, 2], [0, 2], [0, 1]]
    assert graph.distances.tolist() == [[scale, 2 * scale], [scale, 3 * scale], [2 * scale, 3 * scale]]


def test_a_distance_beyond_the_largest_number_is_infinite():
    graph = mb.knn_graph(np.array([[0.0], [2e38], [-3e38]], dtype=np.float32), 2)
    assert graph.indices.tolist() == [[1, 2], [0, 2], [0, 1]]
    assert np.isinf(graph.distances[1:, 1]).all()


def test_all_others_can_be_neighbours():
    assert mb.knn_graph([[0.0], [5.0]], 1).indices.tolist() == [[1], [0]]
    assert mb.knn_graph([[0.0], [5.0], [7.0]], 2).indices.tolist() == [[1, 2], [2, 0], [1, 0]]


def test_far_neighbours_are_cut():
    graph = mb.knn_graph([[0.0], [1.0], [5.0]], 2, max_distance=1.5)
    assert graph.indices.tolist() == [[1, -1], [0, -1], [-1, -1]]
    assert graph.distances.tolist() == [[1.0, np.inf], [1.0, np.inf], [np.inf, np.inf]]
    assert mb.merge_tree([0.0, 1.0, 2.0], graph).n_components == 2
    assert mb.knn_graph([[0.0], [1.0]], 1, max_distance=1.0).indices.tolist() == [[1], [0]]


def test_threads_and_progress_change_nothing(capsys):
    points = np.random.default_rng(0).integers(0, 9, (10_000, 3)).astype(float)  # many ties
    expected = mb.knn_graph(points, 6, n_jobs=1, progress=True)
    assert "nearest neighbours" in capsys.readouterr().err
    for n_jobs in (2, 7):
        found = mb.knn_graph(points, 6, n_jobs=n_jobs)
        np.testing.assert_array_equal(found.indices, expected.indices)
        np.testing.assert_array_equal(found.distances, expected.distances)


def test_a_hand_made_graph_of_any_integers():
    for kind in (np.int8, np.uint16, np.int32, np.uint32, np.int64, np.uint64):
        graph = mb.KnnGraph(np.array([[1], [0]], dtype=kind), np.ones((2, 1)))
        assert mb.merge_tree([0.0, 1.0], graph).n_components == 1
    graph = mb.KnnGraph([[1], [-1]], [[1], [np.inf]])
    assert (graph.n_vertices, graph.n_neighbors) == (2, 1)
    assert repr(graph) == "KnnGraph(2 points, 1 neighbours each, given)"
    assert mb.merge_tree([0.0, 1.0], pickle.loads(pickle.dumps(graph))).n_components == 1


def test_the_callers_arrays_stay_writable():
    points, indices, distances = np.array([[0.0], [1.0]]), np.array([[1], [0]]), np.ones((2, 1))
    mb.knn_graph(points, 1)
    graph = mb.KnnGraph(indices, distances)
    assert points.flags.writeable
    assert indices.flags.writeable
    assert distances.flags.writeable
    assert not graph.indices.flags.writeable
    assert not graph.distances.flags.writeable


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(("d", "k"), [(1, 4), (2, 8), (6, 65), (20, 3)])
def test_ties_fall_to_the_lower_number(kind, d, k):
    points = np.random.default_rng(d).integers(0, 3, (300, d)).astype(kind)
    squares = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    np.fill_diagonal(squares, np.inf)
    expected = np.argsort(squares, axis=1, kind="stable")[:, :k]
    graph = mb.knn_graph(points, k)
    assert (graph.indices == expected).all()
    assert (graph.distances == np.sqrt(np.take_along_axis(squares, expected, axis=1))).all()


def test_layout_of_the_points_does_not_matter():
    points = np.random.default_rng(0).random((500, 6))
    expected = mb.knn_graph(points[:, ::2].copy(), 5)
    for same in (points[:, ::2], np.asfortranarray(points[:, ::2]), points[:, ::2].tolist()):
        graph = mb.knn_graph(same, 5, n_jobs=7)
        assert (graph.indices == expected.indices).all()
        assert (graph.distances == expected.distances).all()


def test_a_reordered_graph_is_the_graph_of_the_moved_points():
    points = np.random.default_rng(0).random((3000, 2))
    moved = mb.knn_graph(points, 8, reorder=True)
    assert sorted(moved.order) == list(range(3000))
    plain = mb.knn_graph(points[moved.order], 8)
    assert (moved.indices == plain.indices).all()
    assert (moved.distances == plain.distances).all()
    assert plain.order is None
    # Along the tree, most neighbours are near in memory.
    assert np.median(np.abs(moved.indices - np.arange(3000)[:, None])) < 100
    assert not moved.order.flags.writeable
    assert "reordered" in repr(moved)
    assert moved.recall(points) == 1.0
    again = pickle.loads(pickle.dumps(moved))
    assert (again.order == moved.order).all()
    assert not again.order.flags.writeable


def test_places_with_many_copies_are_joined_to_others():
    rng = np.random.default_rng(0)
    places = rng.random((50, 2))
    points = np.repeat(places, 20, axis=0)
    rng.shuffle(points)
    graph = mb.knn_graph(points, 6)
    assert (graph.distances == 0).all()
    lowest = {tuple(point): int(np.flatnonzero((points == point).all(axis=1))[0]) for point in places}
    of_places = mb.knn_graph(np.array(list(lowest)), 6)
    numbers = np.array(list(lowest.values()))
    expected = {(numbers[u], numbers[v]) for u in range(50) for v in of_places.indices[u]}
    assert {tuple(edge) for edge in graph.extra_edges.tolist()} == expected
    assert "300 edges beside" in repr(graph)
    tree = mb.merge_tree(points[:, 0], graph)
    assert tree.n_components == mb.merge_tree(places[:, 0], mb.knn_graph(places, 6)).n_components
    # Through the edges beside the table too, a path is a path of edges.
    path = tree.path(0, int(np.argmax(points[:, 0])))
    edges = {frozenset(edge) for edge in graph.extra_edges.tolist()}
    edges |= {frozenset((u, v)) for u, row in enumerate(graph.indices.tolist()) for v in row}
    assert all(frozenset(pair) in edges for pair in pairwise(path.tolist()))
    moved = mb.knn_graph(points, 6, reorder=True)
    assert len(moved.extra_edges) == 300
    assert mb.merge_tree(points[moved.order, 0], moved).n_components == tree.n_components


def test_copies_further_away_than_allowed_are_not_joined():
    points = np.repeat([[0.0], [1.0], [10.0]], 5, axis=0)
    assert len(mb.knn_graph(points, 2).extra_edges) == 6
    assert mb.knn_graph(points, 2, max_distance=2.0).extra_edges.tolist() == [[0, 5], [5, 0]]
    assert len(mb.knn_graph(np.zeros((9, 2)), 3).extra_edges) == 0


def test_approximate_neighbours():
    points = np.random.default_rng(0).random((30_000, 10), dtype=np.float32)
    exact = mb.knn_graph(points, 20, method="exact")
    assert exact.recall(points) == 1.0
    tree = mb.knn_graph(points, 20)
    assert tree.method.startswith("tree with eps = 0.5 (intrinsic dimension about ")
    assert 0.97 < tree.recall(points) < 1.0
    wide = mb.knn_graph(points, 20, eps=1.0)
    assert wide.method == "tree with eps = 1"
    assert wide.recall(points) < tree.recall(points)
    assert mb.knn_graph(points, 20, eps=0.0).method == "exact"
    # The estimate counts the points that are right, over all of them.
    right = (tree.distances <= exact.distances[:, -1:]).mean()
    assert tree.recall(points, n_samples=30_000) == pytest.approx(right)


def test_descent_above_thirteen_dimensions():
    points = np.random.default_rng(0).standard_normal((21_000, 24)).astype(np.float32)
    graph = mb.knn_graph(points, 15)
    assert graph.method.startswith("descent (intrinsic dimension about ")
    assert graph.recall(points) > 0.9
    assert (graph.indices >= 0).all()
    assert (graph.indices != np.arange(21_000)[:, None]).all()
    assert all(len(set(row)) == 15 for row in graph.indices.tolist())
    differences = points[:, None].astype(float) - points[graph.indices]
    np.testing.assert_allclose(graph.distances, np.linalg.norm(differences, axis=2), rtol=1e-5)
    assert (np.diff(graph.distances, axis=1) >= 0).all()
    one = mb.knn_graph(points, 15, n_jobs=1)
    assert (one.indices == graph.indices).all()
    assert (mb.knn_graph(points, 15, random_state=1).indices != graph.indices).any()
    moved = mb.knn_graph(points, 15, reorder=True, max_distance=5.0)
    assert moved.recall(points) > 0.9
    assert (moved.distances[moved.indices >= 0] <= 5.0).all()


def test_what_counts_is_the_intrinsic_dimension():
    rng = np.random.default_rng(0)
    flat = rng.random((25_000, 3)) @ rng.standard_normal((3, 10))
    graph = mb.knn_graph(flat, 4)
    assert graph.method.startswith("exact (intrinsic dimension about ")
    dimension = float(graph.method.removeprefix("exact (intrinsic dimension about ").removesuffix(")"))
    assert 2.4 < dimension < 3.3
    assert mb.knn_graph(np.zeros((25_000, 10)), 2).method == "exact (intrinsic dimension about 0.0)"


def test_components_are_joined_by_their_closest_pairs():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.random((200, 2)) + offset for offset in ([0, 0], [3, 0], [3, 4])])
    graph = mb.knn_graph(points, 4)
    assert mb.merge_tree(points[:, 0], graph).n_components >= 3
    joined = graph.join_components(points)
    assert mb.merge_tree(points[:, 0], joined).n_components == 1
    assert joined.method.startswith("exact, components joined by ")
    assert joined.join_components(points) is joined
    # One of the edges is the shortest between the first cloud and the others.
    distances = np.linalg.norm(points[:200, None] - points[None, 200:], axis=2)
    u, v = np.unravel_index(distances.argmin(), distances.shape)
    assert [u, v + 200] in joined.extra_edges.tolist()
    moved = mb.knn_graph(points, 4, reorder=True)
    ends = np.sort(moved.order[moved.join_components(points).extra_edges], axis=1)
    assert {tuple(edge) for edge in ends.tolist()} == {tuple(edge) for edge in joined.extra_edges.tolist()}
