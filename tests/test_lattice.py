"""Lattices: points, neighbours by definition, trees on them, and landscapes sampled by them."""

import copy
import pickle
from math import gcd

import numpy as np
import pytest
from conftest import bars_of

import morsebar as mb

SIZES = [(1, 1), (1, 4), (2, 3), (9, 1), (300, 2), (400, 3), (350, 4), (500, 6), (300, 9), (200, 15)]


def unclipped(lattice):
    """The points before they are spread and clipped, by definition."""
    z = [pow(lattice.generator, power, lattice.n) for power in range(lattice.d)]
    return (np.outer(np.arange(lattice.n), z) / lattice.n + lattice.shift) % 1


@pytest.mark.parametrize(("n", "d"), SIZES)
@pytest.mark.parametrize("seed", [None, 3])
def test_points_by_definition(n, d, seed):
    lattice = mb.Lattice(n, d, clamp=False, random_state=seed)
    points = lattice.points()
    assert points.shape == (n, d)
    assert points.dtype == np.float64
    # Near 0 and 1 rounding may take the definition around the circle.
    off = np.abs(points - unclipped(lattice))
    assert np.minimum(off, 1 - off).max() < 1e-12
    assert points.min() >= 0
    assert points.max() < 1
    assert (np.diff(points[:, 0]) > 0).all()
    assert n < 3 or gcd(lattice.generator, n) == 1


@pytest.mark.parametrize("clamp", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parts_are_slices_of_the_whole(clamp, dtype):
    lattice = mb.Lattice(100_000, 3, clamp=clamp, random_state=1)
    points = lattice.points(dtype=dtype)
    assert points.dtype == dtype
    for start, stop in [(0, 0), (0, 1), (5, 40_000), (99_999, 100_000), (40_000, 100_000)]:
        np.testing.assert_array_equal(lattice.points(start, stop, dtype=dtype), points[start:stop])
    np.testing.assert_array_equal(lattice.points(70_000, dtype=dtype), points[70_000:])
    np.testing.assert_allclose(points, lattice.points(), atol=6e-8)


def test_single_precision_stays_below_one():
    lattice = mb.Lattice(2**32 - 2, 2, random_state=0, clamp=False)
    last = lattice.points(lattice.n - 5, dtype=np.float32)
    assert (last[:, 0] == np.nextafter(np.float32(1), np.float32(0))).all()


def test_clamped_points_lie_on_the_faces():
    for n, d in [(1000, 1), (1000, 2), (20_000, 3), (5000, 5)]:
        lattice = mb.Lattice(n, d, clamp=True, random_state=2)
        points = lattice.points()
        margin = 0.7 * n ** (-1 / d)
        expected = np.clip(unclipped(lattice) * (1 + 2 * margin) - margin, 0, 1)
        np.testing.assert_allclose(points, expected, atol=1e-9)
        share = margin / (1 + 2 * margin)
        for face in (0.0, 1.0):
            np.testing.assert_allclose((points == face).mean(axis=0), share, atol=1.5 / n)
    assert mb.Lattice(10, 4).clamp
    assert not mb.Lattice(10, 5).clamp
    assert mb.Lattice(10, 2, clamp=True) != mb.Lattice(10, 2, clamp=False)


@pytest.mark.parametrize(("n", "d"), [size for size in SIZES if size[1] > 4 or size[0] < 9])
def test_neighbors_are_the_nearest_points(n, d):
    lattice = mb.Lattice(n, d, random_state=4)
    points = unclipped(lattice)
    for i in {0, n // 2, n - 1}:
        distances = np.delete(np.linalg.norm(points - points[i], axis=1), i)
        found = lattice.neighbors(i)
        assert found.dtype == np.int64
        assert len(found) == min(n - 1, lattice.n_neighbors) == len(set(found.tolist()))
        assert i not in found
        near = np.linalg.norm(points[found] - points[i], axis=1)
        np.testing.assert_allclose(near, np.sort(distances)[: len(found)], atol=1e-9)


def test_neighbors_in_the_plane_are_those_across_the_sides_of_the_cell():
    lattice = mb.Lattice(400, 2, 6, clamp=False)
    points = lattice.points()
    for i in np.flatnonzero(np.abs(points - 0.5).max(axis=1) < 0.3):
        away = points - points[i]
        others = np.delete(away, i, axis=0)
        found = away[lattice.neighbors(i)]
        assert len(found) == 6
        for step in found:
            # The middle of the step is nearest to its ends.
            distances = np.sort(np.linalg.norm(others - step / 2, axis=1))
            assert distances[0] == pytest.approx(np.linalg.norm(step / 2))
            assert distances[1] > distances[0] * (1 + 1e-9)


@pytest.mark.parametrize(("n", "d"), SIZES)
def test_tables_hold_the_neighbors(n, d):
    lattice = mb.Lattice(n, d, clamp=True, random_state=5)
    graph = lattice.to_knn_graph()
    assert graph.indices.shape == graph.distances.shape == (n, lattice.n_neighbors)
    assert graph.indices.dtype == np.int32
    scale = 1 + 1.4 * n ** (-1 / d)
    points = unclipped(lattice) * scale
    for i in range(0, n, max(1, n // 17)):
        found = lattice.neighbors(i)
        np.testing.assert_array_equal(graph.indices[i, : len(found)], found)
        assert (graph.indices[i, len(found) :] == -1).all()
        assert (graph.distances[i, len(found) :] == np.inf).all()
        away = np.linalg.norm(points[found] - points[i], axis=1)
        np.testing.assert_allclose(graph.distances[i, : len(found)], away, atol=1e-9)


@pytest.mark.parametrize(("n", "d"), [*SIZES, (30_000, 3), (20_000, 7)])
def test_trees_are_those_of_the_table(n, d):
    lattice = mb.Lattice(n, d, random_state=6)
    values = np.round(np.sin(9 * lattice.points()).sum(axis=1), 2)
    tree, expected = mb.merge_tree(values, lattice), mb.merge_tree(values, lattice.to_knn_graph())
    assert bars_of(tree) == bars_of(expected)
    np.testing.assert_array_equal(tree.branches, expected.branches)
    np.testing.assert_array_equal(tree.basins(), expected.basins())
    np.testing.assert_array_equal(tree.path(0, n - 1), expected.path(0, n - 1))
    assert tree.n_components == 1
    for jobs in (1, 2, 7):
        assert bars_of(mb.merge_tree(values, lattice, n_jobs=jobs)) == bars_of(tree)


def test_a_bowl_has_one_minimum():
    # Steps that leave the cube are made up for by longer ones, so that faces and corners add no minima.
    for n, d in [(20_000, 2), (20_000, 3), (20_000, 4)]:
        for seed in range(3):
            lattice = mb.Lattice(n, d, random_state=seed)
            assert len(mb.merge_tree(((lattice.points() - 0.3) ** 2).sum(axis=1), lattice).barcode()) == 1


def test_default_neighbors():
    expected = {1: 2, 2: 16, 3: 14, 4: 30, 5: 40, 10: 80, 15: 120}
    assert {d: mb.Lattice(10_007, d).n_neighbors for d in expected} == expected


def test_steps_are_those_of_a_point_in_the_middle():
    lattice = mb.Lattice(5000, 3, clamp=False)
    steps = lattice.steps()
    points = lattice.points()
    middle = np.abs(points - 0.5).max(axis=1).argmin()
    np.testing.assert_allclose(steps, points[lattice.neighbors(middle)] - points[middle], atol=1e-12)
    np.testing.assert_allclose(steps[::2], -steps[1::2], atol=0)


def test_lattices_are_values():
    lattice = mb.Lattice(100, 3, 14, random_state=7)
    assert lattice == mb.Lattice(np.int64(100), np.int32(3), random_state=np.random.default_rng(7))
    assert lattice != mb.Lattice(100, 3)
    for other in (
        copy.copy(lattice),
        copy.deepcopy(lattice),
        pickle.loads(pickle.dumps(lattice)),
        mb.Lattice._from_arrays(lattice._to_arrays()),
    ):
        assert other == lattice
        assert hash(other) == hash(lattice)
        np.testing.assert_array_equal(other.points(), lattice.points())
    assert lattice.shift.shape == (3,)
    assert 0 <= lattice.shift[0] < 1 / 100
    assert not lattice.shift.flags.writeable
    assert repr(lattice) == (
        f"Lattice(n=100, d=3, n_neighbors=14, clamp=True, generator={lattice.generator}, shifted)"
    )
    assert mb.Lattice(100, 3).shift.tolist() == [0, 0, 0]
    tree = mb.merge_tree(lattice.points().sum(axis=1), lattice)
    assert pickle.loads(pickle.dumps(tree)).graph == lattice


BAD = [
    ((0, 2), {}, ValueError, "n is 0, expected a positive integer"),
    ((2.0, 2), {}, ValueError, "n is 2.0, expected a positive integer"),
    ((True, 2), {}, ValueError, "n is True, expected a positive integer"),
    ((2**32 - 1, 2), {}, OverflowError, "n is 4294967295, expected at most 4294967294"),
    ((9, 0), {}, ValueError, "d is 0, expected an integer from 1 to 15"),
    ((9, 16), {}, ValueError, "d is 16, expected an integer from 1 to 15"),
    ((9, "2"), {}, ValueError, "d is '2', expected an integer from 1 to 15"),
    ((9, 2, 5), {}, ValueError, "n_neighbors is 5, expected an even number of at least 4: whole pairs"),
    ((9, 2, 2), {}, ValueError, "n_neighbors is 2, expected an even number of at least 4: whole pairs"),
    ((9, 2, -2), {}, ValueError, "n_neighbors is -2, expected an even number of at least 4"),
    ((9, 2, 4.0), {}, ValueError, "n_neighbors is 4.0, expected an even number of at least 4"),
    (
        (30, 5, 20),
        {},
        ValueError,
        "n_neighbors is 20, but the first 20 steps of the lattice of n = 30, d = 5",
    ),
    ((9, 2), {"clamp": 1}, ValueError, "clamp is 1, expected a bool or None"),
    ((9, 2), {"random_state": -1}, ValueError, "random_state is -1, expected a non-negative integer"),
    ((9, 2), {"random_state": "a"}, ValueError, "random_state is 'a', expected a non-negative integer"),
]


@pytest.mark.parametrize(("arguments", "options", "error", "message"), BAD)
def test_bad_lattices(arguments, options, error, message):
    with pytest.raises(error) as caught:
        mb.Lattice(*arguments, **options)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda lattice: lattice.points(-1), "start is -1, expected an integer from 0 to 9"),
        (lambda lattice: lattice.points(0, 10), "stop is 10, expected an integer from 0 to 9"),
        (lambda lattice: lattice.points(0.0), "start is 0.0, expected an integer from 0 to 9"),
        (lambda lattice: lattice.points(4, 3), "start is 4, expected at most 3, which is stop"),
        (lambda lattice: lattice.points(dtype=int), "dtype is int64, expected float32 or float64"),
        (lambda lattice: lattice.neighbors(9), "i is 9, expected an integer from 0 to 8"),
        (lambda lattice: lattice.neighbors(-1), "i is -1, expected an integer from 0 to 8"),
        (
            lambda lattice: mb.merge_tree([0.0], lattice),
            "values has shape (1,), expected (9,): one value per",
        ),
    ],
)
def test_bad_questions(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        call(mb.Lattice(9, 2))
    assert str(caught.value).startswith(message)


def wells(points):
    return np.cos(11 * points).sum(axis=1)


def test_landscapes_on_lattices():
    box = np.array([(-3.0, 0.1), (2.0, 9.7)])
    land = mb.landscape(wells, box, n_samples=5000, sampler="lattice", random_state=8)
    assert land.graph == mb.Lattice(5000, 2, random_state=8)
    assert (land.sampler, land.random_state, land.n_evaluations) == ("lattice", 8, 5000)
    unit = land.graph.points()
    np.testing.assert_allclose(land.points, box[:, 0] + unit * np.diff(box).T, rtol=1e-14)
    for axis, (lo, hi) in enumerate(box):
        np.testing.assert_array_equal(land.points[:, axis] == lo, unit[:, axis] == 0)
        np.testing.assert_array_equal(land.points[:, axis] == hi, unit[:, axis] == 1)
    assert land.tree.n_components == 1
    half_spacing = 0.5 / np.sqrt(5000)
    near = (np.minimum(unit, 1 - unit).min(axis=1) <= half_spacing)[land.barcode.minima]
    np.testing.assert_array_equal(land.barcode.on_boundary, near)
    assert near.any()
    assert not near.all()
    again = pickle.loads(pickle.dumps(land))
    assert again.graph == land.graph


def test_options_of_landscapes_on_lattices(tmp_path):
    land = mb.landscape(
        wells, [(0, 1)] * 2, n_samples=900, sampler="lattice", n_neighbors=8, clamp=False, random_state=None
    )
    assert (land.graph.n_neighbors, land.graph.clamp) == (8, False)
    assert land.graph == mb.Lattice(900, 2, 8, False, land.random_state)
    land.save(tmp_path / "land.npz")
    again = mb.load(tmp_path / "land.npz")
    assert again.graph == land.graph
    np.testing.assert_array_equal(again.barcode.diagram, land.barcode.diagram)
    np.testing.assert_array_equal(again.tree.path(0, 899), land.tree.path(0, 899))
    drawn = mb.landscape(
        wells, [(0, 1)], n_samples=50, sampler="lattice", random_state=np.random.default_rng(0)
    )
    assert drawn.random_state is None
    assert drawn.graph == mb.Lattice(50, 1, random_state=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sampler": "sobol", "clamp": True}, "clamp: expected None for sampler 'sobol', got True"),
        ({"sampler": "grid", "clamp": False}, "clamp: expected None for sampler 'grid', got False"),
        ({"sampler": "lattice", "clamp": 2}, "clamp is 2, expected a bool or None"),
        ({"sampler": "lattice", "n_neighbors": 5}, "n_neighbors is 5, expected an even number"),
        ({"sampler": "lattice", "random_state": -1}, "random_state: expected an integer of at least 0"),
        (
            {"sampler": "lattice", "bounds": [(0, 1)] * 16},
            "bounds: expected at most 15 axes for a lattice, got 16",
        ),
    ],
)
def test_bad_options_of_landscapes(options, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        mb.landscape(**({"objective": wells, "bounds": [(0, 1)] * 2, "n_samples": 100} | options))
    assert str(caught.value).startswith(message)


def test_quadratic_basins_have_as_many_minima_as_the_law_says():
    # Away from the faces a point x is a minimum of x'Ax if 2 x'Av <= v'Av for all steps v: a convex cell,
    # and the expected number of minima over random shifts is its volume over that of a cell of the lattice.
    lattice = mb.Lattice(1009, 2, 4, clamp=False)
    angle = 0.6
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    form = turn @ np.diag([1.0, 60.0]) @ turn.T
    centre = int(np.abs(lattice.points() - 0.5).max(axis=1).argmin())
    steps = lattice.points()[lattice.neighbors(centre)] - lattice.points()[centre]
    side = np.linspace(-0.5, 0.5, 2001)[:-1]
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    inside = (2 * grid @ form @ steps.T <= np.einsum("ij,jk,ik->i", steps, form, steps)).all(axis=1)
    expected = inside.mean() * lattice.n
    found = []
    for seed in range(400):
        shifted = mb.Lattice(1009, 2, 4, clamp=False, random_state=seed)
        away = shifted.points() - 0.5
        tree = mb.merge_tree(np.einsum("ij,jk,ik->i", away, form, away), shifted)
        found.append((np.abs(away[tree.minima]) < 0.3).all(axis=1).sum())
    assert expected > 1.5
    assert np.mean(found) == pytest.approx(expected, abs=4 * np.std(found) / 20)
