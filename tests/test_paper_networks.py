"""The networks of the paper: their sizes, numbers and boxes, and the counts of the grid network."""

import math
import pickle

import numpy as np
import pytest

import morsebar as mb
from morsebar.networks import descend, paper, paper_grid

SIZES = {(2,): 4, (3,): 6, (2, 2): 8, (3, 2): 11, (3, 3): 15, (2, 2, 2): 12, (3, 2, 2): 15}


@pytest.fixture(scope="module")
def grid():
    return paper_grid()


@pytest.mark.parametrize(("hidden_widths", "d"), SIZES.items())
def test_the_numbers_of_parameters_are_those_of_the_paper(hidden_widths, d, monkeypatch):
    # The box does not matter here, and takes its time.
    monkeypatch.setattr("morsebar.networks.paper_networks._half_width", lambda *network: 2.5)
    mlp = paper(hidden_widths, seed=3, l2=1e-2)
    assert (mlp.d, mlp.widths, mlp.activation, mlp.biases) == (d, (1, *hidden_widths, 1), "relu", "fixed")
    assert mlp.l2 == 1e-2
    np.testing.assert_array_equal(mlp.bounds, [[-2.5, 2.5]] * d)
    biases = np.random.default_rng(3).uniform(-1, 1, sum(hidden_widths))
    np.testing.assert_array_equal(mlp.fixed_biases, biases)


def test_a_loss_by_hand():
    mlp = paper((2,), seed=1, l2=0.25)
    b = np.random.default_rng(1).uniform(-1, 1, 2).tolist()
    w, v = [0.5, -2.0], [1.5, 0.75]
    total = 0.0
    for k in range(101):
        x = -math.pi + 2 * math.pi * k / 100
        g = 0.31 * math.sin(-x) - 0.72 * math.sin(-2 * x) - 0.21 * math.cos(x) + 0.89 * math.cos(2 * x)
        y = sum(v[i] * max(w[i] * x + b[i], 0) for i in range(2))
        total += (y - g) ** 2 / 101
    total += 0.25 * sum(t * t for t in w + v)
    np.testing.assert_allclose(mlp([w + v]), [total], rtol=1e-13)


def test_the_box_leaves_a_quarter_of_the_minima_outside():
    mlp = paper((2,), seed=3)
    starts = np.random.default_rng(0).normal(0, 2, (300, 4))
    minima, values = descend(mlp, starts)
    # A few end with dead units, at zero weights.
    alive = values < mlp(np.zeros((1, 4))) - 1e-4
    largest = np.abs(minima[alive][:100]).max(axis=1)
    np.testing.assert_allclose(mlp.bounds[:, 1], np.quantile(largest, 0.75), rtol=1e-12)
    assert 0 < np.count_nonzero(~alive) < 100
    np.testing.assert_array_equal(mlp.bounds[:, 0], -mlp.bounds[:, 1])
    # Weights are smaller where they cost more, and other biases are another network.
    assert 0 < paper((2,), seed=3, l2=1e-2).bounds[0, 1] < mlp.bounds[0, 1]
    assert paper((2,)).bounds[0, 1] != mlp.bounds[0, 1]


def test_a_landscape_of_a_network_of_the_paper():
    mlp = paper((2,), l2=1e-2)
    land = mb.landscape(mlp, n_samples=100_000)
    lowest = descend(mlp, land.minimum_points[:5])[1].min()
    assert lowest < land.barcode.births[0] < lowest + 0.02


def test_most_minima_of_the_grid_network_are_those_of_the_grid(grid):
    assert grid.values.shape == (30, 36, 20, 10, 10)
    assert grid.values.dtype == np.float32
    assert grid.values.flags.c_contiguous
    bars = mb.merge_tree(grid.values).barcode()
    assert len(bars) == 677
    span = float(grid.values.max()) - float(grid.values.min())
    # The longest is that of the lowest minimum, which never dies.
    assert np.count_nonzero(bars.persistence > 0.02 * span) == 1
    assert bars.persistence[1] < 0.002 * span
    counts = {
        connectivity: len(mb.merge_tree(grid.values, mb.Grid(grid.values.shape, connectivity)).barcode())
        for connectivity in ("freudenthal", "full")
    }
    assert counts == {"freudenthal": 33, "full": 8}


def test_values_of_the_grid_network_are_those_of_plain_loops(grid):
    x = np.linspace(-np.pi, np.pi, 50)
    np.testing.assert_array_equal(grid.x, x)
    target = [
        -1.5 - 0.31 * math.sin(t) + 0.72 * math.sin(2 * t) - 0.21 * math.cos(t) + 0.89 * math.cos(2 * t)
        for t in x
    ]
    np.testing.assert_allclose(grid.y, target, rtol=1e-13)
    rng = np.random.default_rng(0)
    for index in zip(*(rng.integers(0, n, 50) for n in grid.values.shape), strict=True):
        b1, b2, v1, v2, c = (axis[i] for axis, i in zip(grid.axes, index, strict=True))
        squares = [
            (v1 * max(1.5 * t + b1, 0) + v2 * max(1.5 * t + b2, 0) + c - y) ** 2
            for t, y in zip(x, target, strict=True)
        ]
        np.testing.assert_allclose(grid.values[index], np.mean(squares), rtol=1e-6)


def test_the_grid_is_pickled_read_only(grid):
    copy = pickle.loads(pickle.dumps(grid))
    np.testing.assert_array_equal(copy.values, grid.values)
    assert repr(copy) == repr(grid)
    for each in (grid, copy):
        for array in (each.values, each.x, each.y, *each.axes):
            assert not array.flags.writeable


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden_widths": ()}, r"hidden_widths: expected one positive integer or more, got \(\)"),
        ({"hidden_widths": 2}, "hidden_widths: expected one positive integer or more, got 2"),
        ({"hidden_widths": (2, 0)}, "hidden_widths: expected an integer of at least 1, got 0"),
        ({"seed": -1}, "seed: expected an integer of at least 0, got -1"),
        ({"l2": -1e-3}, "l2: expected a finite number of at least 0, got -0.001"),
        (
            {"hidden_widths": (1,), "l2": 10.0},
            r"l2, seed: got 10 and 0, with which 0 of 2000 descents of \(1,\) end lower than zero weights",
        ),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        paper(**{"hidden_widths": (2,), **arguments})
