"""Functions whose bars are known."""

import numpy as np
import pytest

import morsebar as mb
from morsebar import objectives


def test_three_hump_camel_on_a_grid():
    x, y = np.meshgrid(np.linspace(-2, 2, 3000), np.linspace(-2, 2, 2000), indexing="ij")
    values = ((2 - 1.05 * x**2 + x**4 / 6) * x**2 + x * y + y**2).astype(np.float32)
    tree = mb.merge_tree(values)
    bars = tree.barcode()
    assert len(bars) == 4
    assert sorted(bars.minima) == [379436, 2999000, 3000999, 5620563]
    long = bars[bars.persistence > 0.1]
    np.testing.assert_allclose(long.births, [0, 0.298638, 0.298638], atol=2e-6)
    np.testing.assert_allclose(long.deaths, [np.inf, 0.877362, 0.877362], atol=2e-6)
    assert sorted(long.saddles) == [-1, 1395267, 4604732]
    assert long.sizes.tolist() == [6_000_000, 347355, 347355]


def test_three_hump_camel_on_scattered_points():
    land = mb.landscape(
        objectives.three_hump_camel, [(-2, 2), (-2, 2)], n_samples=100_000, sampler="uniform", n_neighbors=6
    )
    finite = land.barcode[np.isfinite(land.barcode.deaths)]
    assert np.count_nonzero(finite.sizes > 1000) == 2


def test_quartic_in_one_dimension():
    t = np.linspace(-2, 2, 2_000_001)
    bars = mb.merge_tree(t**4 - t**2 + t / 10).barcode()
    expected = [[-0.321919, np.inf], [-0.180587, 0.002506]]
    np.testing.assert_allclose(bars.diagram, expected, atol=1e-6)


def test_egg_crate():
    land = mb.landscape(objectives.egg_crate, n_samples=4_004_001, sampler="grid")
    bars = land.barcode
    inner = bars[~bars.on_boundary]
    expected = [[0, np.inf]] + 4 * [[9.488197, 27.570363]] + 4 * [[18.976394, 37.05856]]
    order = np.lexsort((inner.deaths, inner.births))
    np.testing.assert_allclose(inner.diagram[order], expected, atol=2e-4)
    assert bars[bars.on_boundary].persistence.max() < inner.persistence.min()


def sampled(name, d, per_axis):
    objective = objectives.get(name, d=d)
    axes = [np.linspace(low, high, per_axis) for low, high in objective.bounds]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, d)
    return objective, axes, objective(points).reshape((per_axis,) * d)


NAMES = ["rastrigin", "alpine01", "styblinski_tang", "schwefel26", "levy", "michalewicz", "wavy"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("d", "per_axis"), [(2, 301), (3, 101)])
def test_grids_are_the_product_of_their_sampled_factors(name, d, per_axis):
    objective, axes, values = sampled(name, d, per_axis)
    terms = zip(objective.formula.terms, axes, strict=True)
    factors = [mb.merge_tree(term(axis)).barcode().diagram for term, axis in terms]
    expected = objectives.product_barcode(factors)
    scale = np.abs(values).max()
    bars = mb.merge_tree(values).barcode(min_persistence=1e-10 * scale)
    expected = expected[expected[:, 1] - expected[:, 0] > 1e-10 * scale]
    assert len(bars) == len(expected)
    # Sorted by rounded ends, since equal sums differ in their last bits.
    found, wanted = (a[np.lexsort(np.round(a / scale, 9).T)] for a in (bars.diagram, expected))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9 * scale)


def largest_error(term, axis):
    """How far a sampled extremum of one factor can be from the true one: by curvature, or slope at a kink."""
    step = axis[1] - axis[0]
    x = np.linspace(axis[0], axis[-1], 200_001)
    fine, values = x[1] - x[0], term(x)
    slope = np.diff(values) / fine
    if term.absolute:
        return np.abs(slope).max() * step / 2
    # A tenth more for the third derivative.
    extrema = np.flatnonzero(slope[:-1] * slope[1:] <= 0)
    return (np.abs(np.diff(slope)[extrema]) / fine).max() * step**2 / 8 * 1.1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("d", "per_axis"), [(2, 161), (3, 81)])
def test_grids_approach_the_exact_barcode(name, d, per_axis):
    for steps in (per_axis, 2 * per_axis - 1):
        objective, axes, values = sampled(name, d, steps)
        exact = objective.exact_barcode()
        length = exact[:, 1] - exact[:, 0]
        # Half of the shortest of the long bars: those of at least a tenth of the longest finite one.
        cut = length[length > 0.1 * length[np.isfinite(length)].max()].min() / 2
        exact = exact[length > cut]
        bars = mb.merge_tree(values).barcode(min_persistence=cut)
        assert len(bars) == len(exact)
        births, deaths = np.sort(bars.births), np.sort(bars.deaths[1:])
        error = max(
            np.abs(births - np.sort(exact[:, 0])).max(),
            np.abs(deaths - np.sort(exact[np.isfinite(exact[:, 1]), 1])).max(initial=0),
        )
        # Errors of the factors add; quartered with the step halved where the function is smooth.
        bound = sum(map(largest_error, objective.formula.terms, axes))
        assert error <= bound + 1e-12
