"""Disconnectivity graphs of small Lennard-Jones clusters, from stationary points that are found here."""

import io
import pathlib
import subprocess
import sys

import lennard_jones
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

import morsebar as mb

mpl.use("Agg")

#: Numbers of minima: Tsai & Jordan, J. Phys. Chem. 97, 11227 (1993). Lowest energies: Wales & Doye,
#: J. Phys. Chem. A 101, 5111 (1997).
SEVEN = [-16.505384, -15.935043, -15.593211, -15.533060]
LOWEST_OF_EIGHT, NUMBER_OF_EIGHT = -19.821489, 8


@pytest.fixture(scope="module")
def clusters():
    return {n: lennard_jones.stationary_points(n, n_starts=20) for n in (7, 8)}


@pytest.fixture
def trees(clusters, tmp_path):
    trees = {}
    for n, found in clusters.items():
        lennard_jones.write(tmp_path / str(n), *found)
        names = tmp_path / str(n) / "min.data", tmp_path / str(n) / "ts.data"
        trees[n] = mb.merge_tree(*mb.read_stationary_points(*names))
    return trees


def test_derivatives_of_the_potential():
    x = np.random.default_rng(0).uniform(-1, 1, 12) * 1.5
    step = 1e-6 * np.eye(12)
    slopes = [
        lennard_jones.energy_and_gradient(x + s)[0] - lennard_jones.energy_and_gradient(x - s)[0]
        for s in step
    ]
    gradient = lennard_jones.energy_and_gradient(x)[1]
    np.testing.assert_allclose(np.array(slopes) / 2e-6, gradient, rtol=1e-5, atol=1e-5 * abs(gradient).max())
    bends = [
        lennard_jones.energy_and_gradient(x + s)[1] - lennard_jones.energy_and_gradient(x - s)[1]
        for s in step
    ]
    hessian = lennard_jones.hessian(x)
    np.testing.assert_allclose(np.array(bends) / 2e-6, hessian, rtol=1e-5, atol=1e-5 * abs(hessian).max())


def test_the_minima_are_the_known_ones(clusters):
    assert np.sort(clusters[7][0]) == pytest.approx(SEVEN, abs=1e-6)
    assert len(clusters[8][0]) == NUMBER_OF_EIGHT
    assert clusters[8][0].min() == pytest.approx(LOWEST_OF_EIGHT, abs=1e-6)


@pytest.mark.parametrize("n", [7, 8])
def test_barriers_are_lowest_passes_over_transition_states(clusters, trees, n):
    minima, states, pairs = clusters[n]
    passes = np.full((len(minima), len(minima)), np.inf)
    np.fill_diagonal(passes, minima)
    for level, (u, v) in zip(states, pairs, strict=True):
        if u != v:
            passes[u, v] = passes[v, u] = min(passes[u, v], level)
    for k in range(len(minima)):
        passes = np.minimum(passes, np.maximum(passes[:, k, None], passes[None, k]))
    every = np.arange(len(minima))
    assert trees[n].n_components == 1
    assert trees[n].barrier(every[:, None], every[None]).tolist() == passes.tolist()


@pytest.mark.parametrize("n", [7, 8])
def test_the_picture_is_a_funnel_with_the_global_minimum_in_the_middle(trees, n):
    bars = trees[n].barcode()
    ax = trees[n].plot_disconnectivity()
    (lines,) = (artist for artist in ax.findobj() if artist.get_gid() == "branches")
    ends = np.array(lines.get_segments())
    assert (ends[:, 0, 1] == bars.births).all()
    # Every other minimum falls straight into the funnel: none has branches of its own.
    assert (bars.parents[1:] == bars.minima[0]).all()
    left, right = (np.count_nonzero(sign * (ends[:, 0, 0] - ends[0, 0, 0]) > 0) for sign in (-1, 1))
    assert abs(left - right) <= 1
    ax.figure.savefig(io.BytesIO(), format="png")
    plt.close(ax.figure)


def test_the_script_writes_both_files(tmp_path):
    script = pathlib.Path(lennard_jones.__file__)
    command = [sys.executable, str(script), "5", str(tmp_path / "five"), "--starts", "3"]
    # Five atoms have one minimum: the trigonal bipyramid.
    assert "1 minima" in subprocess.run(command, check=True, capture_output=True, text=True).stdout
    values, _ = mb.read_stationary_points(tmp_path / "five" / "min.data", tmp_path / "five" / "ts.data")
    assert values == pytest.approx([-9.103852], abs=1e-6)
