"""Barcodes of the functions that the benchmark of faithfulness knows exactly, above all of the wells."""

import gudhi
import known_functions as known
import numpy as np
import pytest
from conftest import naive_bars
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

import morsebar as mb


def lowest_pass(distance, heights, curvatures):
    """The level at which two balls touch, by bisection."""
    low = max(heights)

    def overlap(t):
        return np.sqrt((t - np.array(heights)) / np.array(curvatures)).sum() - distance

    if overlap(low) >= 0:
        return low
    return brentq(overlap, low, low + max(curvatures) * distance**2, xtol=1e-15, rtol=1e-14)


@given(st.integers(1, 12), st.integers(1, 5), st.floats(0.0, 2.0), st.integers(0, 2**32 - 1))
def test_wells_are_single_linkage_of_the_lowest_passes(n, d, spread, seed):
    generator = np.random.default_rng(seed)
    centres = generator.random((n, d))
    heights = generator.uniform(0.0, spread, n)
    curvatures = generator.choice([1.0, 1.0, generator.uniform(0.1, 10.0)], n)
    # A vertex in the middle of every edge holds its level.
    pairs = [(i, j) for j in range(n) for i in range(j)]
    values, edges = heights.tolist(), []
    for i, j in pairs:
        distance = np.linalg.norm(centres[i] - centres[j])
        edges += [(i, len(values)), (j, len(values))]
        values.append(lowest_pass(distance, heights[[i, j]], curvatures[[i, j]]))
    expected = []
    for minimum, saddle, *_ in naive_bars(values, edges):
        death = values[saddle] if saddle >= 0 else np.inf
        if death - values[minimum] > 1e-12:
            expected.append((values[minimum], death))
    found = known.wells_barcode(centres, heights, curvatures)
    found = found[found[:, 1] - found[:, 0] > 1e-12]
    np.testing.assert_allclose(sorted(found.tolist()), sorted(expected), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("d", "per_axis"), [(1, 200_001), (2, 801), (3, 81)])
def test_grids_approach_the_wells(d, per_axis):
    generator = np.random.default_rng(d)
    centres = generator.random((12, d))
    heights = generator.uniform(0.0, 0.02, 12)
    curvatures = generator.uniform(1.0, 4.0, 12)
    exact = known.wells_barcode(centres, heights, curvatures)
    # No finite bar reaches beyond the top, so cutting values there changes none; below it no slope is
    # steeper than 2 sqrt(c (top - h)). By stability, bars of the piecewise linear interpolation on the
    # Freudenthal triangulation are then off by at most slope times diameter.
    top = exact[np.isfinite(exact)].max()
    axes = np.meshgrid(*[np.linspace(0, 1, per_axis)] * d, indexing="ij")
    points = np.stack(axes, axis=-1).reshape(-1, d)
    values = np.minimum(known.lowest_paraboloid(points, centres, heights, curvatures), top)
    bars = mb.merge_tree(values, mb.Grid((per_axis,) * d, "freudenthal")).barcode()
    bound = 2 * np.sqrt(4.0 * top) * np.sqrt(d) / (per_axis - 1)
    assert bound < 0.3 * top
    assert gudhi.bottleneck_distance(exact, bars.diagram) <= bound


@pytest.mark.parametrize("d", [2, 3])
def test_minima_have_the_values_of_the_births(d):
    functions = [known.wells(d, 0), known.linear(d, 0), known.quadratic(d, 100, 0)]
    functions += [known.separable(name, d) for name in known.SEPARABLE]
    for function in functions:
        births = np.sort(function.barcode[:, 0])
        # Those of separable functions lie on a fine grid.
        np.testing.assert_allclose(np.sort(function(function.minima)), births, rtol=0, atol=1e-4)
        assert np.ptp(function(function.minima)) < function.value_range
