"""Distances of barcodes, against all matchings of small diagrams, and the laws they obey."""

import itertools
import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import morsebar as mb


def barcode(rows, degree=0):
    return mb.Barcode(np.array(rows, dtype=np.float64).reshape(-1, 2), degree=degree)


def naive(first, second, order):
    """Try every matching; `order` inf is the bottleneck distance."""
    essential = [sorted(b for b, d in rows if d == math.inf) for rows in (first, second)]
    if len(essential[0]) != len(essential[1]):
        return math.inf
    best = math.inf
    finite, other = ([row for row in rows if row[1] < math.inf] for rows in (first, second))
    half = [(d - b) / 2 for b, d in finite]
    other_half = [(d - b) / 2 for b, d in other]
    for births in itertools.permutations(essential[1]):
        fixed = [abs(u - v) for u, v in zip(essential[0], births, strict=True)]
        # A partner of n or more is nothing.
        for partners in itertools.permutations(range(len(other) + len(finite)), len(finite)):
            costs = [*fixed, *(other_half[j] for j in set(range(len(other))) - set(partners))]
            for i, j in enumerate(partners):
                if j < len(other):
                    costs.append(max(abs(finite[i][0] - other[j][0]), abs(finite[i][1] - other[j][1])))
                else:
                    costs.append(half[i])
            best = min(best, np.linalg.norm([0.0, *costs], ord=order))
    return best


bars = st.lists(
    st.tuples(st.integers(0, 8), st.one_of(st.integers(1, 8), st.just(math.inf))).map(
        lambda row: (row[0] / 2, row[0] / 2 + row[1])
    ),
    max_size=4,
)


@given(bars, bars)
def test_distances_are_those_of_the_best_matching(first, second):
    one, other = barcode(first), barcode(second)
    assert one.distance(other) == pytest.approx(naive(first, second, np.inf), rel=1e-9)
    for order in (1.0, 2.0):
        found = one.distance(other, "wasserstein", order=order)
        assert found == pytest.approx(naive(first, second, order), rel=1e-7, abs=1e-7)


def test_by_hand():
    one, other = barcode([(0, math.inf), (1, 4)]), barcode([(0.5, math.inf)])
    assert one.distance(other) == 1.5
    assert one.distance(other, "wasserstein") == 2.0
    assert one.distance(other, "wasserstein", order=2) == pytest.approx(math.hypot(0.5, 1.5))
    assert one.distance(barcode([])) == one.distance(barcode([]), "wasserstein") == math.inf
    assert barcode([]).distance(barcode([])) == 0.0
    crossed = barcode([(3, math.inf), (0, math.inf)])
    assert crossed.distance(barcode([(0.5, math.inf), (3, math.inf)]), "wasserstein") == 0.5


@given(
    st.lists(st.tuples(st.floats(-5.0, 5.0), st.floats(-1.0, 1.0)), min_size=1, max_size=25),
)
def test_bars_move_no_further_than_the_values(rows):
    values, shifts = np.array(rows).T
    one, other = (mb.merge_tree(values + step).barcode() for step in (0.0, shifts))
    bound = np.abs((values + shifts) - values).max()
    assert one.distance(other) <= bound * (1 + 1e-9) + 1e-12
    assert one.distance(other) <= one.distance(other, "wasserstein") + 1e-7
    assert one.distance(other) == pytest.approx(other.distance(one), abs=1e-12)
    assert one.distance(one) < 1e-300  # GUDHI returns the smallest normal number


def test_samples_of_one_function_are_near():
    options = {"n_samples": 20_000}
    himmelblau = mb.landscape(mb.objectives.himmelblau, **options).barcode.significant()
    again = mb.landscape(mb.objectives.himmelblau, random_state=1, **options).barcode.significant()
    assert himmelblau.distance(again) < 1.0 < 10.0 < himmelblau.persistence[1]
    other = mb.landscape(mb.objectives.egg_crate, **options).barcode.significant()
    assert himmelblau.distance(other) > 10.0


def test_arguments_that_make_no_sense():
    one = barcode([(0, 1)])
    with pytest.raises(ValueError, match="other: expected a barcode of degree 0, got degree 1"):
        one.distance(barcode([], degree=1))
    with pytest.raises(ValueError, match=r"other: expected a barcode of degree 0, got array\("):
        one.distance(np.zeros((0, 2)))
    with pytest.raises(ValueError, match="kind: expected 'bottleneck' or 'wasserstein', got 'hausdorff'"):
        one.distance(one, "hausdorff")
    for order in (0.5, math.inf, math.nan, "2"):
        with pytest.raises(ValueError, match="order: expected a number of at least 1, got"):
            one.distance(one, "wasserstein", order=order)


@pytest.mark.parametrize(("module", "kind"), [("gudhi", "bottleneck"), ("ot", "wasserstein")])
def test_a_missing_package_is_named_with_its_extra(monkeypatch, module, kind):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"{module} is needed here: pip install 'morsebar\[distance\]'"):
        barcode([(0, 1)]).distance(barcode([(0, 1)]), kind)


# Gradients through births and deaths


def total(values):
    """Sum of squared barriers, its gradient by index, and the gap between any two values."""
    bars = mb.merge_tree(values).barcode()
    dies = bars.saddles >= 0
    minima, saddles = bars.minima[dies], bars.saddles[dies]
    barriers = values.reshape(-1)[saddles] - values.reshape(-1)[minima]
    assert barriers.tolist() == bars.persistence[dies].tolist()
    gradient = np.zeros(values.size)
    np.add.at(gradient, saddles, 2 * barriers)
    np.add.at(gradient, minima, -2 * barriers)
    return float((barriers**2).sum()), gradient.reshape(values.shape)


@pytest.mark.parametrize("shape", [(30,), (8, 9)])
def test_gradients_by_index_are_those_of_differences(shape):
    generator = np.random.default_rng(0)
    values = generator.permutation(math.prod(shape)).astype(np.float64).reshape(shape)
    value, gradient = total(values)
    assert value > 0.0
    step = 1e-3
    for at in np.ndindex(shape):
        up, down = values.copy(), values.copy()
        up[at] += step
        down[at] -= step
        slope = (total(up)[0] - total(down)[0]) / (2 * step)
        assert slope == pytest.approx(gradient[at], abs=1e-6)


@pytest.mark.torch
def test_gradients_in_torch():
    import torch

    start = np.random.default_rng(0).random(30)
    values = torch.tensor(start, requires_grad=True)
    bars = mb.merge_tree(values.detach().numpy()).barcode()
    dies = bars.saddles >= 0
    barriers = values[bars.saddles[dies]] - values[bars.minima[dies]]
    (barriers**2).sum().backward()
    assert values.grad.numpy() == pytest.approx(total(start)[1])
