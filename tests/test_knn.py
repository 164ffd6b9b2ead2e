"""Graphs of nearest neighbours against brute force."""

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
    graph = mb.knn_graph(np.zeros((30, 2), dtype=np.float32), 4)
    assert (graph.indices != np.arange(30)[:, None]).all()
    assert graph.distances.dtype == np.float32


def test_far_neighbours_are_cut():
    graph = mb.knn_graph([[0.0], [1.0], [5.0]], 2, max_distance=1.5)
    assert graph.indices.tolist() == [[1, -1], [0, -1], [-1, -1]]
    assert mb.merge_tree([0.0, 1.0, 2.0], graph).n_components == 2


def test_threads_and_progress_change_nothing(capsys):
    points = np.random.default_rng(0).random((5000, 3))
    expected = mb.knn_graph(points, 6, n_jobs=1, progress=True)
    assert "nearest neighbours" in capsys.readouterr().err
    for n_jobs in (2, 7):
        found = mb.knn_graph(points, 6, n_jobs=n_jobs)
        np.testing.assert_array_equal(found.indices, expected.indices)
        np.testing.assert_array_equal(found.distances, expected.distances)


def test_shapes_of_a_hand_made_graph_are_checked():
    with pytest.raises(ValueError, match=r"indices has shape \(2, 1\), distances \(2, 2\)"):
        mb.KnnGraph(np.zeros((2, 1), int), np.zeros((2, 2)))
