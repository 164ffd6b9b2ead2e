"""Landscapes: from an objective or from samples to bars with coordinates."""

import pickle

import numpy as np
import pytest

import morsebar as mb

UNIT_SQUARE = [(0, 1), (0, 1)]
POINTS = np.random.default_rng(3).uniform(0, 1, (200, 2))
SCATTERED = ["uniform", "sobol", "lhs"]


def three_hump_camel(points):
    x, y = points.T
    return (2 - 1.05 * x**2 + x**4 / 6) * x**2 + x * y + y**2


def egg_crate(points):
    return (points**2 + 25 * np.sin(points) ** 2).sum(axis=1)


def quartic(points):
    t = points[:, 0]
    return t**4 - t**2 + t / 10


def bowl(points):
    return np.square(points - 0.5).sum(axis=1)


def bowl_of_one(point):
    return float(np.square(point - 0.5).sum())


def wells(points):
    return np.sin(9 * points).prod(axis=1) + points[:, 0]


# Known bars


def test_three_hump_camel_on_uniform_points():
    land = mb.landscape(
        three_hump_camel, [(-2, 2), (-2, 2)], n_samples=100_000, sampler="uniform", n_neighbors=6
    )
    bars = land.barcode
    large = bars[np.isfinite(bars.deaths) & (bars.sizes > 1000)]
    assert len(large) == 2
    np.testing.assert_allclose(large.diagram, [[0.298638, 0.877362]] * 2, atol=0.02)
    assert bars.n_components == 1
    assert bars.diagram[0, 0] == pytest.approx(0, abs=1e-3)


def test_three_hump_camel_on_a_grid():
    land = mb.landscape(three_hump_camel, [(-2, 2), (-2, 2)], n_samples=1001**2, sampler="grid")
    assert land.graph == mb.Grid((1001, 1001))
    longest = land.barcode[:3]
    expected = [[0, np.inf], [0.298638, 0.877362], [0.298638, 0.877362]]
    np.testing.assert_allclose(longest.diagram, expected, atol=1e-4)
    np.testing.assert_allclose(land.minimum_points[0], 0, atol=1e-12)
    np.testing.assert_allclose(np.abs(land.minimum_points[1:3]), [[1.7475, 0.8738]] * 2, atol=0.005)
    np.testing.assert_allclose(np.abs(land.saddle_points[1:3]), [[1.0705, 0.5353]] * 2, atol=0.02)


def test_quartic():
    land = mb.landscape(quartic, (-1.2, 1.2), n_samples=10_001)
    np.testing.assert_allclose(land.barcode.diagram, [[-0.321919, np.inf], [-0.180587, 0.002506]], atol=1e-5)
    np.testing.assert_array_equal(np.isnan(land.saddle_points), [[True], [False]])


def test_egg_crate():
    land = mb.landscape(egg_crate, [(-5, 5), (-5, 5)], n_samples=1001**2)
    assert land.sampler == "lattice"
    expected = [[0, np.inf]] + 4 * [[9.488197, 27.570363]] + 4 * [[18.976394, 37.05856]]
    # Equal persistences up to the error of the grid: the order of these bars is an accident.
    longest = land.barcode.diagram[:9]
    np.testing.assert_allclose(longest[np.argsort(longest[:, 0], kind="stable")], expected, atol=0.01)
    assert land.barcode.persistence[9:].max(initial=0) < 10
    assert not land.barcode.on_boundary[:9].any()


# What a landscape holds


@pytest.mark.parametrize("sampler", [*SCATTERED, "grid"])
def test_fields(sampler):
    land = mb.landscape(wells, UNIT_SQUARE, n_samples=2000, sampler=sampler, random_state=4)
    n = 44 * 44 if sampler == "grid" else 2000
    assert (land.n_samples, land.d, land.n_evaluations) == (n, 2, n)
    assert land.points.shape == (n, 2)
    np.testing.assert_array_equal(land.values, wells(land.points))
    assert land.bounds.tolist() == [[0, 1], [0, 1]]
    assert land.sampler == sampler
    assert land.random_state == (None if sampler == "grid" else 4)
    assert land.name == "wells"
    assert land.tree.graph is land.graph
    for array in (land.points, land.values, land.bounds):
        assert not array.flags.writeable
    assert land.barcode is land.barcode
    np.testing.assert_array_equal(land.values[land.barcode.minima], land.barcode.births)
    np.testing.assert_array_equal(wells(land.minimum_points), land.barcode.births)
    finite = np.isfinite(land.barcode.deaths)
    np.testing.assert_array_equal(wells(land.saddle_points[finite]), land.barcode.deaths[finite])
    assert np.isnan(land.saddle_points[~finite]).all()
    again = mb.landscape(wells, UNIT_SQUARE, n_samples=2000, sampler=sampler, random_state=4)
    np.testing.assert_array_equal(again.points, land.points)
    np.testing.assert_array_equal(again.barcode.diagram, land.barcode.diagram)


def test_auto_takes_a_lattice_up_to_fifteen_dimensions():
    for d, k, clamp in ((1, 2, True), (2, 16, True), (3, 14, True), (4, 30, True), (5, 40, False)):
        land = mb.landscape(bowl, [(0, 1)] * d, n_samples=1000, random_state=3)
        assert land.sampler == "lattice"
        assert land.graph == mb.Lattice(1000, d, k, clamp, random_state=3)
    assert mb.landscape(bowl, [(0, 1)] * 16, n_samples=1000).sampler == "sobol"


def test_scattered_points_have_eight_neighbors_an_axis():
    assert mb.landscape(bowl, UNIT_SQUARE, n_samples=100, sampler="lhs").graph.n_neighbors == 16
    assert mb.landscape(bowl, UNIT_SQUARE, n_samples=4, sampler="lhs").graph.n_neighbors == 3
    assert len(mb.landscape(bowl, UNIT_SQUARE, n_samples=1, sampler="lhs").barcode) == 1


@pytest.mark.parametrize("d", [1, 2, 5])
def test_scattered_points_are_in_spatial_order(d):
    land = mb.landscape(bowl, [(-3, 3)] * d, n_samples=5000, sampler="uniform")
    steps = np.abs(land.graph.indices[:, 0] - np.arange(5000))
    assert np.median(steps) < 200  # 1667 at random
    unit = np.random.default_rng(0).random((5000, d))
    drawn = np.sort((unit * 6.0 - 3.0)[:, 0])
    np.testing.assert_allclose(np.sort(land.points[:, 0]), drawn, atol=1e-12)
    np.testing.assert_array_equal(land.values, bowl(land.points))


def test_neighbors_are_measured_in_the_unit_cube():
    def stretched(points):
        return bowl(points / [1, 1000])

    land = mb.landscape(stretched, [(0, 1), (0, 1000)], n_samples=500, sampler="sobol")
    unit = mb.landscape(bowl, UNIT_SQUARE, n_samples=500, sampler="sobol")
    np.testing.assert_array_equal(land.graph.indices, unit.graph.indices)
    given = mb.Landscape.from_samples(POINTS * [1, 1000], bowl(POINTS))
    lo, hi = POINTS.min(axis=0), POINTS.max(axis=0)
    expected = mb.knn_graph((POINTS - lo) / (hi - lo), 16).indices
    np.testing.assert_array_equal(given.graph.indices, expected)
    inside = mb.Landscape.from_samples(POINTS * [1, 1000], bowl(POINTS), bounds=[(0, 1), (0, 1000)])
    np.testing.assert_array_equal(inside.graph.indices, mb.knn_graph(POINTS, 16).indices)


def test_random_states():
    drawn = mb.landscape(bowl, UNIT_SQUARE, n_samples=50, sampler="uniform", random_state=None)
    again = mb.landscape(bowl, UNIT_SQUARE, n_samples=50, sampler="uniform", random_state=drawn.random_state)
    np.testing.assert_array_equal(drawn.points, again.points)
    generator = np.random.default_rng(0)
    first, second = (
        mb.landscape(bowl, UNIT_SQUARE, n_samples=50, sampler="uniform", random_state=generator)
        for _ in range(2)
    )
    assert first.random_state is None
    assert not np.any(first.points == second.points)


def test_the_objective_brings_its_box_and_name():
    objective = mb.objectives.himmelblau
    land = mb.landscape(objective, n_samples=400)
    np.testing.assert_array_equal(land.bounds, objective.bounds)
    assert land.name == "himmelblau"
    assert mb.landscape(objective, UNIT_SQUARE, n_samples=400).bounds.tolist() == [[0, 1], [0, 1]]
    assert mb.landscape(lambda p: p[:, 0], UNIT_SQUARE, n_samples=400).name is None


def test_precision_is_kept():
    land = mb.landscape(lambda p: bowl(p).astype(np.float32), UNIT_SQUARE, n_samples=400)
    assert land.values.dtype == np.float32
    assert land.barcode.diagram.dtype == np.float64
    assert (
        mb.landscape(lambda p: (100 * bowl(p)).astype(int), UNIT_SQUARE, n_samples=400).values.dtype == float
    )


@pytest.mark.parametrize("sampler", ["sobol", "grid"])
def test_scalar_objectives_and_batches_give_the_same_landscape(sampler):
    expected = mb.landscape(bowl, UNIT_SQUARE, n_samples=300, sampler=sampler)
    for options in (
        {"objective": bowl_of_one, "vectorized": False},
        {"objective": bowl, "batch_size": 7},
        {"objective": bowl, "n_jobs": 2},
    ):
        land = mb.landscape(bounds=UNIT_SQUARE, n_samples=300, sampler=sampler, **options)
        np.testing.assert_allclose(land.values, expected.values, rtol=1e-15)
        np.testing.assert_array_equal(land.points, expected.points)


def test_masked_points_are_outside():
    def half(points):
        return np.where(points[:, 0] < 0.5, np.nan, bowl(points))

    for sampler in ("grid", "lhs"):
        with pytest.raises(ValueError, match="objective: got nan at sample"):
            mb.landscape(half, UNIT_SQUARE, n_samples=400, sampler=sampler)
        land = mb.landscape(half, UNIT_SQUARE, n_samples=400, sampler=sampler, nan="mask")
        assert np.all(land.minimum_points[:, 0] >= 0.5)
        masked = (land.points[:, 0] < 0.5).sum()
        assert np.isnan(land.values).sum() == masked
        assert f"\n  masked     {masked} samples of value NaN\n" in repr(land)
    infinite = mb.landscape(
        lambda p: np.where(p[:, 0] < 0.5, np.inf, bowl(p)), UNIT_SQUARE, n_samples=400, sampler="lhs"
    )
    np.testing.assert_array_equal(infinite.barcode.diagram, land.barcode.diagram)
    nothing = mb.landscape(lambda p: np.full(len(p), np.inf), UNIT_SQUARE, n_samples=400)
    assert nothing.barcode.diagram.shape == (0, 2)
    assert nothing.minimum_points.shape == nothing.saddle_points.shape == (0, 2)
    assert "400 samples, 0 components" in repr(nothing)


def test_progress_reaches_every_step(capsys):
    pytest.importorskip("tqdm")
    mb.landscape(bowl, UNIT_SQUARE, n_samples=500, sampler="lhs", progress=True)
    shown = capsys.readouterr().err
    assert all(step in shown for step in ("objective: ", "nearest neighbours: ", "merge tree: "))
    mb.landscape(bowl, UNIT_SQUARE, n_samples=500, sampler="lhs")
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


# Minima on the boundary


def test_boundary_of_scattered_points_is_half_a_spacing_wide():
    n = 400
    points = POINTS[:1].repeat(n, axis=0) * 0 + 0.5
    within = 0.5 * n**-0.5
    points[:4] = [[within * 0.99, 0.5], [0.5, 1 - within * 0.99], [within * 1.01, 0.5], [0.5, 0.5]]
    graph = mb.Graph.from_edges(np.empty((0, 2), dtype=np.int64), n)
    land = mb.Landscape.from_samples(points * [10, 1], np.arange(n), graph=graph, bounds=[(0, 10), (0, 1)])
    assert land.barcode.minima[:4].tolist() == [0, 1, 2, 3]
    assert land.barcode.on_boundary[:5].tolist() == [True, True, False, False, False]
    unknown = mb.Landscape.from_samples(points, np.arange(n), graph=graph)
    assert not unknown.barcode.on_boundary.any()


@pytest.mark.parametrize("sampler", ["grid", "sobol"])
def test_boundary_minima_are_flagged(sampler):
    slope = mb.landscape(lambda p: 10 * p[:, 0] + bowl(p), UNIT_SQUARE, n_samples=900, sampler=sampler)
    assert slope.barcode.on_boundary[0]
    inner = mb.landscape(bowl, UNIT_SQUARE, n_samples=900, sampler=sampler)
    assert not inner.barcode.on_boundary[0]
    assert f"minima     {len(inner.barcode)}" in repr(inner)
    assert "on the boundary" in repr(slope)


# Data evaluated elsewhere


def test_from_samples_equals_landscape():
    land = mb.landscape(wells, UNIT_SQUARE, n_samples=500, sampler="sobol")
    given = mb.Landscape.from_samples(land.points, land.values, bounds=UNIT_SQUARE, name="wells")
    np.testing.assert_array_equal(given.barcode.diagram, land.barcode.diagram)
    np.testing.assert_array_equal(given.barcode.on_boundary, land.barcode.on_boundary)
    assert (given.sampler, given.random_state, given.name, given.n_evaluations) == ("given", None, "wells", 0)


def test_from_samples_leaves_the_data_alone():
    points, values = POINTS.copy(), bowl(POINTS)
    land = mb.Landscape.from_samples(points, values)
    assert points.flags.writeable
    assert values.flags.writeable
    assert not land.points.flags.writeable
    assert not land.values.flags.writeable
    np.testing.assert_array_equal(points, POINTS)


def test_from_samples_takes_one_coordinate_and_lists():
    t = np.linspace(-1.2, 1.2, 4001)
    values = quartic(t[:, np.newaxis])
    land = mb.Landscape.from_samples(t, values, n_neighbors=2)
    np.testing.assert_allclose(land.barcode.diagram, [[-0.321919, np.inf], [-0.180587, 0.002506]], atol=1e-5)
    assert land.points.shape == (4001, 1)
    listed = mb.Landscape.from_samples(t.tolist(), values.tolist(), n_neighbors=2)
    np.testing.assert_array_equal(listed.barcode.diagram, land.barcode.diagram)
    whole = mb.Landscape.from_samples([3, 1, 2], [5, 7, 6])
    assert whole.barcode.diagram.tolist() == [[5, np.inf]]


def test_from_samples_of_a_grid():
    x, y = np.meshgrid(np.linspace(0, 1, 30), np.linspace(0, 1, 20), indexing="ij")
    points = np.column_stack([x.ravel(), y.ravel()])
    values = wells(points)
    grid = mb.Grid((30, 20))
    flat = mb.Landscape.from_samples(points, values, graph=grid)
    shaped = mb.Landscape.from_samples(points, values.reshape(30, 20), graph=grid, bounds=UNIT_SQUARE)
    expected = mb.merge_tree(values.reshape(30, 20)).barcode()
    for land in (flat, shaped):
        assert land.values.shape == (600,)
        np.testing.assert_array_equal(land.barcode.diagram, expected.diagram)
        np.testing.assert_array_equal(land.barcode.on_boundary, expected.on_boundary)
        np.testing.assert_array_equal(land.minimum_points, points[expected.minima])


@pytest.mark.filterwarnings("ignore::morsebar.ThinSampleWarning")
def test_from_samples_of_any_graph():
    ring = np.column_stack([np.arange(200), np.roll(np.arange(200), -1)])
    values = bowl(POINTS)
    land = mb.Landscape.from_samples(POINTS, values, graph=mb.Graph.from_edges(ring, 200))
    table = np.column_stack([np.roll(np.arange(200), 1), np.roll(np.arange(200), -1)])
    by_table = mb.Landscape.from_samples(POINTS, values, graph=table)
    np.testing.assert_array_equal(by_table.barcode.diagram, land.barcode.diagram)
    for made in (land, by_table):
        assert "graph " in repr(made)


@pytest.mark.filterwarnings("ignore::morsebar.ThinSampleWarning")
def test_duplicates_and_flat_axes():
    doubled = np.repeat(POINTS, 2, axis=0)
    land = mb.Landscape.from_samples(doubled, bowl(doubled))
    assert land.barcode.n_components >= 1
    assert land.barcode.births[0] == bowl(POINTS).min()
    flat = np.column_stack([POINTS[:, 0], np.full(200, 3.0)])
    np.testing.assert_array_equal(
        mb.Landscape.from_samples(flat, POINTS[:, 1], n_neighbors=4).graph.indices,
        mb.Landscape.from_samples(POINTS[:, 0], POINTS[:, 1], n_neighbors=4).graph.indices,
    )
    same = mb.Landscape.from_samples(np.full((5, 2), 0.25), np.arange(5.0))
    assert same.barcode.diagram.tolist() == [[0, np.inf]]


def test_wide_data_does_not_overflow():
    t = np.array([-1.7e308, 0.0, 1.7e308])
    land = mb.Landscape.from_samples(t, [0.0, 1.0, 0.5], n_neighbors=1)
    assert land.barcode.diagram.tolist() == [[0, np.inf], [0.5, 1]]


@pytest.mark.parametrize("d", [1, 3])
def test_nothing_and_almost_nothing(d):
    nothing = mb.Landscape.from_samples(np.empty((0, d)), [], bounds=[(0, 1)] * d)
    assert nothing.barcode.diagram.shape == (0, 2)
    assert nothing.minimum_points.shape == (0, d)
    assert f"d = {d}, 0 samples, 0 components" in repr(nothing)
    one = mb.Landscape.from_samples(np.full((1, d), 0.5), [2.0], bounds=[(0, 1)] * d)
    assert one.barcode.diagram.tolist() == [[2, np.inf]]
    assert np.isnan(one.saddle_points).all()
    assert "1 sample, 1 component" in repr(one)


# Telling the user


def test_repr():
    land = mb.landscape(
        mb.objectives.himmelblau, n_samples=40_000, sampler="sobol", n_neighbors=8, random_state=1
    )
    bars = land.barcode
    lines = repr(land).splitlines()
    assert lines[0] == "Landscape of himmelblau: d = 2, 40,000 samples, 1 component"
    assert "box        [-5, 5]^2" in repr(land)
    assert "sampler    sobol, random_state 1, 40,000 evaluations" in repr(land)
    assert f"graph      {land.graph!r}" in repr(land)
    assert f"lowest     {bars.births[0]:.6g} at ({land.minimum_points[0, 0]:.6g}, " in repr(land)
    assert f"minima     {len(bars)}" in repr(land)
    significant = bars.significant()
    assert f"stand out  {len(significant)}: {significant.selection}" in repr(land)


@pytest.mark.filterwarnings("ignore::morsebar.ThinSampleWarning")
def test_components_are_joined_and_counted():
    two = np.concatenate([POINTS, POINTS + 10])
    land = mb.Landscape.from_samples(two, bowl(two), n_neighbors=6)
    assert land.barcode.n_components == 1
    assert len(land.graph.extra_edges) == 1
    u, v = land.graph.extra_edges[0]
    assert (u < 200) != (v < 200)
    assert "components joined by 1 closest pair" in repr(land)
    line = mb.landscape(bowl, (0, 1), n_samples=3000, sampler="uniform", n_neighbors=3)
    assert line.barcode.n_components == 1
    assert "components joined by " in repr(line)
    # A domain that values cut in two is not joined.
    values = np.where(np.abs(POINTS[:, 0] - 0.5) < 0.25, np.inf, bowl(POINTS))
    cut = mb.Landscape.from_samples(POINTS, values, n_neighbors=6)
    assert cut.barcode.n_components > 1
    assert "closest pair" not in repr(cut)
    assert f"200 samples, {cut.barcode.n_components} components" in repr(cut)


def test_samples_per_minimum_and_a_warning_where_they_are_few():
    land = mb.landscape(mb.objectives.himmelblau, n_samples=10_000)
    assert land.samples_per_minimum == 10_000 / len(land.barcode)
    assert mb.Landscape.from_samples(POINTS, np.full(200, np.inf)).samples_per_minimum == 0
    noise = np.random.default_rng(0)
    with pytest.warns(
        mb.ThinSampleWarning, match=r"^5000 samples with 16 neighbours each have \d+ minima, one "
    ):
        thin = mb.landscape(lambda points: noise.random(len(points)), UNIT_SQUARE, n_samples=5000)
    assert thin.samples_per_minimum < 25
    assert f"believable {thin.samples_per_minimum:.0f} samples for every minimum" in repr(thin)
    with pytest.warns(mb.ThinSampleWarning, match="^2500 samples with 4 neighbours each"):
        mb.Landscape.from_samples(np.ones((2500, 2)), noise.random((50, 50)).ravel(), graph=mb.Grid((50, 50)))


def test_expected_false_minima():
    def slope(points):
        return points @ [1.0, 0.3]

    for k in (5, 8):
        found = []
        for seed in range(5):
            land = mb.landscape(
                slope, UNIT_SQUARE, n_samples=20_000, sampler="uniform", n_neighbors=k, random_state=seed
            )
            assert land.expected_false_minima == 20_000 / 2**k
            inside = (np.abs(land.minimum_points - 0.5) < 0.45).all(axis=1)
            found.append(np.count_nonzero(inside))
        # A floor: reversed arcs remove some, faces add some.
        assert 0.1 * 20_000 / 2**k < np.mean(found) < 20_000 / 2**k
    assert mb.landscape(slope, UNIT_SQUARE, n_samples=900, sampler="grid").expected_false_minima == 0
    assert mb.landscape(slope, UNIT_SQUARE, n_samples=900).expected_false_minima == 0
    given = mb.Landscape.from_samples(POINTS, bowl(POINTS), graph=mb.Graph.from_edges([[0, 1]], 200))
    assert given.expected_false_minima is None


def test_expected_false_minima_of_lattices_with_few_neighbors():
    d, n = 6, 200_000

    def cup(points):
        return ((points - 0.5) ** 2).sum(axis=1)

    expected, found = [], []
    for seed in range(20):
        land = mb.landscape(cup, [(0, 1)] * d, n_samples=n, n_neighbors=16, random_state=seed)
        share = land.expected_false_minima / len(land.barcode)
        expected.append(1 / (1 - share) - 1)
        found.append(np.count_nonzero((np.abs(land.minimum_points - 0.5) < 0.35).all(axis=1)) - 1)
    # The excess over one minimum, for one basin.
    assert expected[0] > 0.3
    assert np.mean(found) == pytest.approx(np.mean(expected), rel=0.5)
    many = mb.landscape(cup, [(0, 1)] * d, n_samples=n, n_neighbors=120)
    assert many.expected_false_minima < 0.01
    for k, false in ((8, True), (14, False)):
        land = mb.landscape(cup, [(0, 1)] * 3, n_samples=5000, n_neighbors=k)
        assert (land.expected_false_minima > 0.01) == false


# Edges that hop


def ridge(points):
    """Two valleys with a wall between them that is half as thick as the samples are apart."""
    x = points[:, 0]
    return np.abs(np.abs(x) - 0.5) + 10 * np.exp(-((x / 0.02) ** 2))


@pytest.mark.parametrize("sampler", ["lattice", "uniform", "grid"])
def test_edges_that_hop_over_a_wall_are_found(sampler):
    box = [(-1, 1), (-1, 1)]
    hopping = mb.landscape(ridge, box, n_samples=2500, sampler=sampler)
    land = mb.landscape(ridge, box, n_samples=2500, sampler=sampler, refine_edges=True)
    assert land.barcode.deaths[1] > hopping.barcode.deaths[1] + 1.4
    assert land.n_evaluations > hopping.n_evaluations
    np.testing.assert_array_equal(land.points, hopping.points)
    np.testing.assert_array_equal(land.values, hopping.values)
    assert len(land.graph.edges) == len(mb.Graph.from_edges(land.graph.edges, land.n_samples).indices)
    # Of every bar, the level is the function's at both ends and the middle of the edge where it dies.
    finite = np.isfinite(land.barcode.deaths)
    ends = land.points[land.barcode.saddle_edges[finite]]
    highest = np.maximum(ridge(ends.reshape(-1, 2)).reshape(-1, 2).max(axis=1), ridge(ends.mean(axis=1)))
    np.testing.assert_array_equal(land.barcode.deaths[finite], highest)
    again = pickle.loads(pickle.dumps(land))
    np.testing.assert_array_equal(again.barcode.diagram, land.barcode.diagram)


def test_nothing_is_refined_where_no_bar_dies():
    land = mb.landscape(bowl, UNIT_SQUARE, n_samples=500, refine_edges=True)
    assert land.n_evaluations == 500
    assert isinstance(land.graph, mb.Lattice)


def test_a_thin_sample_is_warned_of_when_refined():
    noise = np.random.default_rng(0)
    with pytest.warns(mb.ThinSampleWarning):
        mb.landscape(lambda points: noise.random(len(points)), UNIT_SQUARE, n_samples=500, refine_edges=True)


def test_refined_edges_of_a_masked_function():
    def half(points):
        values = ridge(points)
        values[points[:, 1] < 0] = np.nan
        return values

    hopping = mb.landscape(half, [(-1, 1), (-1, 1)], n_samples=2500, nan="mask")
    land = mb.landscape(half, [(-1, 1), (-1, 1)], n_samples=2500, nan="mask", refine_edges=True)
    assert land.barcode.deaths[1] > hopping.barcode.deaths[1] + 1
    assert np.isnan(land.values).any()


def test_repr_is_short_in_high_dimension():
    box = [(-1, i + 1) for i in range(50)]
    land = mb.landscape(bowl, box, n_samples=64, sampler="uniform")
    assert "[-1, 1] x [-1, 2] x" in repr(land)
    assert all(len(line) < 120 for line in repr(land).splitlines())


def test_plot_delegates():
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib.figure import Figure

    axes = Figure().subplots(1, 2)
    land = mb.landscape(mb.objectives.himmelblau, n_samples=400)
    assert list(land.plot(axes)) == list(axes)


def test_pickles():
    for land in (
        mb.landscape(wells, UNIT_SQUARE, n_samples=1000),
        mb.landscape(wells, UNIT_SQUARE, n_samples=1000, sampler="lhs"),
    ):
        again = pickle.loads(pickle.dumps(land))
        np.testing.assert_array_equal(again.barcode.diagram, land.barcode.diagram)
        np.testing.assert_array_equal(again.points, land.points)
        assert not again.points.flags.writeable
        assert again.tree.graph is again.graph
        assert repr(again) == repr(land)


# Bad input


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"objective": "himmelblau"}, ValueError, "objective: expected a callable, got 'himmelblau'"),
        ({"bounds": None}, ValueError, r"bounds: expected shape \(d, 2\), got None"),
        ({"bounds": [(0, 0)]}, ValueError, r"bounds: expected finite lo < hi in row 0, got \(0.0, 0.0\)"),
        ({"n_samples": 0}, ValueError, "n_samples: expected an integer of at least 1, got 0"),
        ({"n_samples": 1e3}, ValueError, "n_samples: expected an integer of at least 1, got 1000.0"),
        ({"n_samples": 2**32}, OverflowError, "n_samples: .* got 4294967296"),
        ({"n_samples": 3, "sampler": "grid"}, ValueError, "n_samples: expected at least 4, .*got 3"),
        ({"sampler": "halton"}, ValueError, "sampler: expected one of .* got 'halton'"),
        ({"sampler": "grid", "n_neighbors": 4}, ValueError, "n_neighbors: expected None for a grid, got 4"),
        ({"n_neighbors": 5}, ValueError, "n_neighbors is 5, expected an even number of at least 4"),
        (
            {"sampler": "lhs", "n_neighbors": 0},
            ValueError,
            "n_neighbors: expected an integer of at least 1, got 0",
        ),
        (
            {"sampler": "lhs", "n_neighbors": 100},
            ValueError,
            "n_neighbors: expected at most 99 for 100 points, got 100",
        ),
        ({"nan": "drop"}, ValueError, "nan: expected one of 'raise', 'mask', got 'drop'"),
        (
            {"sampler": "lhs", "random_state": -1},
            ValueError,
            "random_state: expected an integer of at least 0",
        ),
        ({"sampler": "lhs", "random_state": "a"}, ValueError, "random_state: .* got 'a'"),
        ({"n_jobs": 0}, ValueError, r"n_jobs is 0, expected a positive integer"),
        ({"batch_size": 0}, ValueError, "batch_size: expected an integer of at least 1, got 0"),
    ],
)
def test_bad_arguments_of_landscape(options, error, message):
    def never(points):
        raise AssertionError("evaluated before the arguments were checked")

    with pytest.raises(error, match=message):
        mb.landscape(**({"objective": never, "bounds": UNIT_SQUARE, "n_samples": 100} | options))


VALUES = bowl(POINTS)


@pytest.mark.parametrize(
    ("points", "values", "options", "message"),
    [
        (POINTS, VALUES[:-1], {}, r"values: expected shape \(200,\), one for each point, got \(199,\)"),
        (POINTS, VALUES[:, np.newaxis], {}, r"values: expected shape \(200,\), .* got \(200, 1\)"),
        (POINTS, VALUES.reshape(10, 20), {"graph": mb.Grid((20, 10))}, r"values: .* got \(10, 20\)"),
        (POINTS[:, :, np.newaxis], VALUES, {}, r"points: expected shape \(n, d\), .* got \(200, 2, 1\)"),
        (POINTS[:, :0], VALUES, {}, r"points: expected shape \(n, d\), .* got \(200, 0\)"),
        (POINTS.astype(complex), VALUES, {}, "points: expected real numbers, got complex128"),
        ([["a", "b"]], [1.0], {}, "points: expected real numbers, got <U1"),
        ([[0, 1], [2, np.nan]], [1, 2], {}, r"points: .* finite coordinates, got \(2, nan\) in row 1"),
        ([[np.inf], [0]], [1, 2], {}, r"points: .* finite coordinates, got \(inf\) in row 0"),
        (
            POINTS,
            VALUES,
            {"bounds": [(0, 1)]},
            r"bounds: expected shape \(2, 2\), got \(1, 2\)",
        ),
        (
            [[0.5, 0.5], [0.5, 1.5], [2, 0]],
            [1, 2, 3],
            {"bounds": UNIT_SQUARE},
            r"points: expected all inside bounds, got \(0.5, 1.5\) in row 1",
        ),
        (POINTS, VALUES, {"n_neighbors": 200}, "n_neighbors: expected at most 199 for 200 points, got 200"),
        (POINTS, VALUES, {"n_neighbors": 2.5}, "n_neighbors: expected an integer of at least 1, got 2.5"),
        (
            POINTS,
            VALUES,
            {"n_neighbors": 4, "graph": mb.Grid((10, 20))},
            "n_neighbors: expected None beside a graph, got 4",
        ),
        ([[0.5]], [1.0], {"n_neighbors": 1}, "n_neighbors: expected at most 0 for 1 points, got 1"),
        (POINTS, np.where(np.arange(200) == 7, np.nan, VALUES), {}, "7"),
        (POINTS, np.where(np.arange(200) == 7, -np.inf, VALUES), {"nan": "mask"}, "inf"),
    ],
)
def test_bad_samples(points, values, options, message):
    with pytest.raises(ValueError, match=message):
        mb.Landscape.from_samples(points, values, **options)
