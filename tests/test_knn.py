"""Graphs of nearest neighbours against brute force."""

import pickle

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
    assert repr(graph) == "KnnGraph(2 points, 1 neighbours each)"
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
