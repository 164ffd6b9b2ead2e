"""Barcodes and trees go into other libraries as they come, and say the same there."""

import io

import gudhi
import numpy as np
import pandas as pd
import persim
import pytest
from gudhi.representations import Entropy, PersistenceImage
from scipy.cluster import hierarchy
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import squareform

import morsebar as mb


@pytest.fixture(scope="module")
def bars():
    return mb.landscape(mb.objectives.egg_crate, n_samples=20_000).barcode.significant()


@pytest.fixture(scope="module")
def other():
    return mb.landscape(mb.objectives.himmelblau, n_samples=20_000).barcode.significant()


def finite(barcode):
    return barcode.diagram[np.isfinite(barcode.deaths)]


def test_diagrams_in_gudhi_and_persim(bars, other):
    expected = gudhi.bottleneck_distance(finite(bars), finite(other))
    assert expected > 1
    assert persim.bottleneck(finite(bars), finite(other)) == pytest.approx(expected, abs=1e-9)
    # Essential bars are matched with one another, and are all that differs if the rest is the same.
    assert bars.distance(other) == pytest.approx(max(expected, abs(bars.births[0] - other.births[0])))
    assert gudhi.bottleneck_distance(bars.diagram, other.diagram) == pytest.approx(bars.distance(other))


def test_diagrams_in_gudhi_representations(bars):
    lengths = np.diff(finite(bars), axis=1)[:, 0]
    shares = lengths / lengths.sum()
    entropy = Entropy(mode="scalar", normalized=False).fit_transform([finite(bars)])
    assert entropy[0, 0] == pytest.approx(-(shares * np.log(shares)).sum())
    image = PersistenceImage(bandwidth=5, resolution=[8, 8]).fit_transform([finite(bars)])
    assert image.shape == (1, 64)
    assert image.max() > 0


@pytest.mark.parametrize("file", ["csv", "parquet"])
def test_tables_come_back_from_files(bars, file):
    frame = bars.to_pandas()
    if file == "csv":
        back = pd.read_csv(io.StringIO(frame.to_csv(index=False)))
    else:
        stored = io.BytesIO()
        frame.to_parquet(stored)
        back = pd.read_parquet(stored)
        assert back.attrs["selection"] == frame.attrs["selection"]
    pd.testing.assert_frame_equal(back, frame, rtol=1e-15)


def test_dendrogram_of_a_linkage():
    rng = np.random.default_rng(0)
    tree = mb.merge_tree(rng.standard_normal((40, 40)))
    linkage = tree.to_linkage()
    leaves = hierarchy.dendrogram(linkage, no_plot=True)["leaves"]
    minima = tree.barcode(min_persistence=-1).minima
    assert sorted(leaves) == list(range(len(minima)))
    # Heights at which leaves join are barriers between minima, above the lowest value.
    heights = squareform(hierarchy.cophenet(linkage))
    for one, two in rng.integers(0, len(minima), (50, 2)):
        if one != two:
            barrier = tree.barrier(int(minima[one]), int(minima[two]))
            assert heights[one, two] == pytest.approx(barrier - tree.births.min(), abs=1e-12)


def test_networkx_tree_holds_every_minimum_and_saddle():
    tree = mb.merge_tree(np.random.default_rng(1).standard_normal((30, 30)))
    graph = tree.to_networkx()
    kinds = pd.Series(dict(graph.nodes(data="kind")))
    assert sorted(kinds.index[kinds == "minimum"]) == sorted(tree.minima)
    assert sorted(kinds.index[kinds == "saddle"]) == sorted(set(tree.saddles[tree.saddles >= 0]))
    for low, high in graph.edges:
        assert graph.nodes[low]["value"] <= graph.nodes[high]["value"]


def test_spanning_trees_of_scipy_die_at_the_same_heights():
    # Single linkage: points born at 0 die at the edges of a minimal spanning tree.
    points = np.random.default_rng(2).standard_normal((60, 3))
    lengths = np.linalg.norm(points[:, np.newaxis] - points, axis=2)
    rows, columns = np.triu_indices(60, 1)
    edges = np.column_stack((rows, columns))
    graph = mb.Graph.from_edges(edges, 60, lengths[rows, columns])
    bars = mb.merge_tree(np.zeros(60), graph).barcode()
    np.testing.assert_allclose(
        np.sort(bars.deaths[np.isfinite(bars.deaths)]), np.sort(minimum_spanning_tree(lengths).data)
    )
