"""Persistence curves, profiles, trees over maps and projections."""

import io
import math
import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

import morsebar as mb
from morsebar import plots
from morsebar.plots.mesh import regular_mesh
from morsebar.plots.profiles import profile_curve

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _nothing_is_left_behind():
    before = mpl.rcParams.copy()
    yield
    assert mpl.rcParams == before
    plt.close("all")


def parts(ax, gid):
    return [artist for artist in ax.findobj() if artist.get_gid() == gid]


def render(ax):
    for kind in ("png", "svg", "pdf"):
        ax.figure.savefig(io.BytesIO(), format=kind, dpi=60)


def ax_of(draw):
    ax = Figure(figsize=(6.4, 4.0), layout="constrained").subplots()
    assert draw(ax) is ax
    return ax


@pytest.fixture(scope="module")
def himmelblau():
    return mb.landscape(mb.objectives.himmelblau, n_samples=20_000, sampler="uniform", n_neighbors=8)


@pytest.fixture(scope="module")
def four():
    return mb.landscape(mb.objectives.get("styblinski_tang", d=4), n_samples=20_000, sampler="grid")


@pytest.fixture(scope="module")
def noise():
    generator = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mb.ThinSampleWarning)
        return mb.landscape(lambda x: generator.random(len(x)), [(0.0, 1.0)] * 2, n_samples=40_000)


# Persistence curves


def test_the_curve_counts_longer_bars(himmelblau):
    bars = himmelblau.barcode
    ax = ax_of(bars.plot_persistence)
    (curve,) = parts(ax, "curve")
    x, y = curve.get_data()
    assert curve.get_drawstyle() == "steps-post"
    for at in (x[0], 1e-2, 0.3, 20.0, 80.0, x[-1]):
        assert y[np.searchsorted(x, at, side="right") - 1] == np.count_nonzero(bars.persistence > at)
    assert x[0] < bars.persistence[1:].min() < bars.persistence[1] < x[-1]
    (line,) = parts(ax, "threshold")
    assert set(line.get_xdata()) == {bars.threshold()}
    assert [text.get_text() for text in ax.texts] == [f"4 above {bars.threshold():.3g}"]
    assert str(bars.significant().selection) in ax.get_title(loc="left")
    render(ax)


def test_a_threshold_far_below_is_written_at_the_edge():
    bars = mb.landscape(mb.objectives.himmelblau, n_samples=5000).barcode
    ax = ax_of(bars.plot_persistence)
    assert not parts(ax, "threshold")
    assert [text.get_text() for text in ax.texts] == [f"← 4 above {bars.threshold():.3g}"]
    assert ax.get_xlim()[0] > 1.0
    assert ax.get_yscale() == "linear"


def test_bars_that_were_chosen_have_no_threshold(himmelblau):
    ax = ax_of(himmelblau.barcode.significant(top=10).plot_persistence)
    assert not parts(ax, "threshold")
    assert not ax.texts
    assert ax.get_title(loc="left") == "10 minima selected\ntop 10"


@pytest.mark.parametrize(
    "diagram",
    [
        [],
        [[0.0, math.inf]],
        [[0.0, 1.0]],
        [[0.0, math.inf], [1.0, 1.0]],
        [[0.0, math.inf], [0.0, 5e-324]],
        [[-1e150, 1e150], [0.0, 1.0], [0.0, math.inf]],
        [[0.0, 1.0]] * 60,
    ],
)
@pytest.mark.parametrize("degree", [0, 2])
def test_curves_of_odd_barcodes(diagram, degree):
    bars = mb.Barcode(np.array(diagram, dtype=np.float64).reshape(-1, 2), degree=degree)
    render(ax_of(bars.plot_persistence))


def test_a_curve_of_many_bars_is_small():
    lengths = np.random.default_rng(0).pareto(1.0, 100_000)
    bars = mb.Barcode(np.column_stack([np.zeros(100_000), lengths]))
    (curve,) = parts(ax_of(bars.plot_persistence), "curve")
    x, y = curve.get_data()
    assert len(x) < 10_000
    exact = (lengths[None, :] > x[::500, None]).sum(axis=1)
    assert y[::500] == pytest.approx(exact, rel=0.02, abs=1)


# Profiles


def on_graph(values, edges):
    graph = mb.Graph.from_edges(np.array(edges).reshape(-1, 2), len(values))
    return mb.merge_tree(np.array(values, dtype=np.float64), graph)


def check_curve(tree, bars):
    """A curve has the bars, and every level as much room as samples."""
    curve = profile_curve(tree, bars)
    inside = ~np.isnan(curve.x)
    x = curve.x[inside]
    assert (np.diff(x) >= 0.0).all()
    # Components are divided by gaps.
    pieces = np.split(np.arange(len(curve.x)), np.flatnonzero(~inside))
    found = [mb.merge_tree(curve.y[piece[~np.isnan(curve.y[piece])]]).barcode().diagram for piece in pieces]
    found = np.concatenate([rows for rows in found if len(rows)] or [np.zeros((0, 2))])
    expected = bars.diagram[bars.persistence > 0.0]
    assert sorted(map(tuple, found)) == sorted(map(tuple, expected))
    n = np.count_nonzero(np.isfinite(tree.values))
    gaps = 0.5 * math.ceil(0.04 * n) * (len(pieces) - 1)
    assert x[-1] - x[0] == pytest.approx(n + gaps)
    assert curve.minima[:, 1].tolist() == bars.births.tolist()
    for (at, level), death in zip(curve.saddles, bars.deaths, strict=True):
        assert (math.isnan(at) and death == math.inf) or level == death
    return curve


@st.composite
def trees(draw):
    n = draw(st.integers(1, 25))
    values = draw(st.lists(st.integers(0, 8).map(float), min_size=n, max_size=n))
    edge = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    return on_graph(values, draw(st.lists(edge, max_size=40)))


@given(trees())
def test_a_profile_has_the_bars_of_its_tree(tree):
    check_curve(tree, tree.barcode())
    check_curve(tree, tree.barcode(min_persistence=2.0))


@given(st.permutations(range(15)), st.integers(0, 4))
def test_valleys_are_as_wide_as_components_are_large(values, cut):
    tree = mb.merge_tree(np.array(values, dtype=np.float64))
    bars = tree.barcode(min_persistence=cut)
    curve = check_curve(tree, bars)
    # Every sample takes half a unit on either side of its valley.
    for level in range(15):
        widths = 0.0
        ends = np.flatnonzero(np.diff(np.concatenate([[0], (curve.y <= level).astype(int), [0]])))
        for start, stop in ends.reshape(-1, 2):
            widths += curve.x[stop - 1] - curve.x[start]
        assert widths == pytest.approx(level + 1)


def test_profile_of_a_landscape(himmelblau):
    curve = check_curve(himmelblau.tree, himmelblau.barcode.significant())
    ax = ax_of(himmelblau.plot_profile)
    assert len(parts(ax, "minimum")) == 4
    assert len(parts(ax, "saddle")) == 3
    (line,) = parts(ax, "profile")
    assert line.get_xdata().max() == 1.0
    assert len(line.get_xdata()) == len(curve.x) < 2000
    assert ax.get_xlabel() == "share of the samples"
    assert ax.get_ylim()[1] < 300.0 < himmelblau.values.max()
    assert str(himmelblau.barcode.significant().selection) in ax.get_title(loc="left")
    render(ax)


def test_profile_of_many_valleys(noise):
    n = len(noise.barcode.significant())
    assert n > 200
    ax = ax_of(noise.plot_profile)
    assert ax.get_xlabel() == f"share of the samples\n(200 longest of {n:,} that stand out drawn)"
    render(ax)
    ax = ax_of(lambda ax: noise.plot_profile(ax, max_bars=3))
    assert len(parts(ax, "minimum")) == 3
    check_curve(noise.tree, noise.barcode.significant(top=50))


def test_profiles_of_little():
    for values in ([], [1.0], [2.0, 2.0], [0.0, np.inf, 1.0], [0.0, 3.0, 1.0]):
        tree = mb.merge_tree(np.array(values))
        render(ax_of(lambda ax, tree=tree: plots.profile(tree, tree.barcode(), ax)))
    with pytest.raises(ValueError, match="max_bars: expected at least 1, got 0"):
        plots.profile(tree, tree.barcode(), max_bars=0)


# Trees over maps


def test_paths_lead_over_saddles_to_parents(himmelblau):
    ax = ax_of(himmelblau.plot_tree)
    bars = himmelblau.barcode.significant()
    halves = parts(ax, "path")
    assert len(halves) == 6
    points = {tuple(point): value for point, value in zip(himmelblau.points, himmelblau.values, strict=True)}
    for i, bar in enumerate(range(1, 4)):
        ends = himmelblau.points[[bars.minima[bar], bars.parents[bar]]]
        for half, end in zip(halves[2 * i : 2 * i + 2], ends, strict=True):
            way = np.column_stack(half.get_data())
            assert way[0].tolist() == himmelblau.points[bars.saddles[bar]].tolist()
            assert way[-1].tolist() == end.tolist()
            assert max(points[tuple(place)] for place in way) <= bars.deaths[bar]
    assert len(parts(ax, "minimum")) == 4
    assert len(parts(ax, "saddle")) == 3
    assert ax.get_title(loc="left").splitlines()[0] == "himmelblau"
    render(ax)


def test_trees_of_many_minima_and_of_one(noise):
    ax = ax_of(noise.plot_tree)
    n = len(noise.barcode.significant())
    assert 12 < n < 500
    assert len(parts(ax, "path")) == 22
    assert ax.get_title(loc="left").splitlines()[1].endswith("minima stand out, paths of 12 drawn")
    # Whatever has no number has a mark.
    others = sum(len(marks.get_offsets()) for marks in parts(ax, "minima"))
    assert len(parts(ax, "minimum")) + others == n
    assert ax.get_legend().get_texts()[0].get_text() == f"{n} minima"
    one = mb.landscape(lambda x: (x**2).sum(axis=1), [(-1.0, 1.0)] * 2, n_samples=1000, sampler="grid")
    assert not parts(ax_of(one.plot_tree), "path")


def test_a_tree_needs_two_dimensions(four):
    with pytest.raises(ValueError, match="land: expected a landscape of dimension 2, got 4"):
        four.plot_tree()


# Trees over surfaces


def space():
    return Figure(figsize=(7.2, 6.0), layout="constrained").add_subplot(projection="3d")


def places_of(collection):
    return np.column_stack([np.ma.getdata(x) for x in collection._offsets3d])


def test_a_tree_lies_on_its_surface(himmelblau):
    ax = himmelblau.plot_surface(space())
    bars = himmelblau.barcode.significant()
    minima = np.concatenate([places_of(mark) for mark in parts(ax, "minimum")])
    expected = np.column_stack([himmelblau.points[bars.minima], bars.births])
    assert np.array_equal(np.asarray(minima), expected)
    saddles = np.concatenate([places_of(mark) for mark in parts(ax, "saddle")])
    assert sorted(saddles[:, 2]) == sorted(bars.deaths[1:])
    values = dict(zip(map(tuple, himmelblau.points.tolist()), himmelblau.values.tolist(), strict=True))
    halves = parts(ax, "path")
    assert len(halves) == 6
    for i, half in enumerate(halves):
        x, y, z = half.get_data_3d()
        assert z.tolist() == [values[place] for place in zip(x.tolist(), y.tolist(), strict=True)]
        assert z.max() <= bars.deaths[1 + i // 2]
    top = ax.get_zlim()[1]
    assert bars.deaths[1] < top < himmelblau.values.max()
    assert ax.get_zlabel() == f"value, cut off at {top:.4g}"
    lines = ax.get_title(loc="left").splitlines()
    assert lines == ["himmelblau", f"4 of {len(himmelblau.barcode)} minima stand out", bars.selection]
    render(ax)


def test_surfaces_are_those_of_the_values():
    plane = mb.landscape(lambda x: x @ [1.0, 2.0], [(0.0, 1.0), (-1.0, 1.0)], n_samples=3000, sampler="sobol")
    x, y, values = regular_mesh(plane, 15)
    # Beyond the outermost samples the values are theirs.
    assert values == pytest.approx(x[:, None] + 2.0 * y, abs=0.05)
    assert values[1:-1, 1:-1] == pytest.approx(x[1:-1, None] + 2.0 * y[1:-1], abs=2e-3)
    rows = np.arange(12.0).reshape(3, 4) ** 2
    points = np.stack(np.meshgrid([0.0, 1.0, 4.0], [0.0, 2.0, 3.0, 5.0], indexing="ij"), axis=-1)
    grid = mb.Landscape.from_samples(points.reshape(-1, 2), rows, graph=mb.Grid((3, 4)))
    x, y, values = regular_mesh(grid, 100)
    assert (x.tolist(), y.tolist()) == ([0.0, 1.0, 4.0], [0.0, 2.0, 3.0, 5.0])
    assert np.array_equal(values, rows)
    x, y, values = regular_mesh(grid, 2)
    assert np.array_equal(values, rows[::2, ::3])


def test_surfaces_with_holes_of_many_and_of_few_minima(noise):
    holes = mb.landscape(
        lambda x: np.where((x**2).sum(axis=1) < 0.3, np.inf, np.cos(9 * x).sum(axis=1)),
        [(-1.0, 1.0)] * 2,
        n_samples=2500,
        sampler="grid",
    )
    flat = mb.landscape(lambda x: 0.0 * x[:, 0], [(-1.0, 1.0)] * 2, n_samples=100, sampler="grid")
    for land in (noise, holes, flat):
        ax = land.plot_surface(space())
        others = sum(len(places_of(marks)) for marks in parts(ax, "minima"))
        assert len(parts(ax, "minimum")) + others == len(land.barcode.significant())
        ax.figure.savefig(io.BytesIO(), dpi=40)
    for kind in ("svg", "pdf"):
        ax.figure.savefig(file := io.BytesIO(), format=kind)
        # An image and no polygons.
        assert len(file.getvalue()) < 300_000


def test_surfaces_that_make_no_sense(four, himmelblau):
    with pytest.raises(ValueError, match="land: expected a landscape of dimension 2, got 4"):
        four.plot_surface()
    with pytest.raises(ValueError, match="ax: expected Axes with projection '3d', got 'rectilinear'"):
        himmelblau.plot_surface(Figure().subplots())
    line = mb.Landscape.from_samples([[0.0, 0.0], [1.0, 0.0]], [0.0, 1.0])
    with pytest.raises(ValueError, match="land: expected samples that fill an area"):
        line.plot_surface()


# Losses on planes


def trained():
    """A small network, and the parameters it passes in training."""
    x = np.linspace(-2, 2, 9)
    mlp = mb.networks.MLP((1, 2, 1), "tanh", biases="none", data=(x, np.sin(2 * x)), l2=0.01)
    theta = [np.array([1.0, -1.0, 1.0, 2.0])]
    for _ in range(60):
        theta.append(theta[-1] - 0.1 * mlp.value_and_gradient(theta[-1:])[1][0])
    return mlp, np.array(theta)


@pytest.mark.parametrize("d", [1, 2])
def test_trajectories_on_planes(d):
    mlp, theta = trained()
    copies = [theta[-1][[1, 0, 3, 2]], -theta[-1]]
    plane = mb.networks.loss_plane(mlp, theta[-1], "solutions", solutions=copies[:d])
    land = mb.landscape(plane, n_samples=2500, sampler="grid")
    ax = ax_of(lambda ax: plots.loss_plane(land, plane, ax, trajectory=theta))
    (line,) = parts(ax, "trajectory")
    places = np.column_stack(line.get_data())
    coordinates, distances = plane.project(theta)
    if d == 1:
        np.testing.assert_array_equal(places[:, 1], plane(coordinates))
        assert ax.get_ylabel() == "loss"
    else:
        assert ax.get_ylabel() == "part of solution 2"
        assert (ax.get_xlim(), ax.get_ylim()) == ((-0.25, 1.25), (-0.25, 1.25))
    np.testing.assert_array_equal(places[:, :d], coordinates)
    for gid, which in (("start", 0), ("end", -1)):
        (mark,) = parts(ax, gid)
        np.testing.assert_array_equal(np.column_stack(mark.get_data()), places[[which]])
    assert ax.get_xlabel() == "part of solution 1"
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels[2:] == [f"trajectory, at most {distances.max():.2g} off the plane", "its start", "its end"]
    assert len(parts(ax, "minimum")) == len(land.barcode.significant()) > 1
    assert ax.get_title(loc="left").splitlines()[0] == plane.name
    render(ax)
    assert not parts(ax_of(lambda ax: plots.loss_plane(land, plane, ax)), "trajectory")


def test_planes_that_cannot_be_drawn(four, himmelblau):
    mlp, theta = trained()
    plane = mb.networks.loss_plane(mlp, theta[-1], "hessian", 3)
    with pytest.raises(ValueError, match="plane: got 3 dimensions, expected 1 or 2; plot_projection"):
        plots.loss_plane(four, plane)
    plane = mb.networks.loss_plane(mlp, theta[-1], "hessian")
    with pytest.raises(ValueError, match="land: got dimension 4, expected that of the plane, 2"):
        plots.loss_plane(four, plane)
    for wrong in (theta[0], theta[:0], theta[:, :3]):
        with pytest.raises(ValueError, match=r"trajectory: got shape \(.*\), expected \(m, 4\) and m > 0"):
            plots.loss_plane(himmelblau, plane, trajectory=wrong)
    with pytest.raises(ValueError, match=r"trajectory\[1\]: got numbers that are not finite"):
        plots.loss_plane(himmelblau, plane, trajectory=[[0.0] * 4, [np.nan] * 4])


# Marks


def test_marks_do_not_cover_one_another():
    crowd = mb.landscape(mb.objectives.get("eggholder"), n_samples=60_000, sampler="grid")
    ax = ax_of(crowd.plot_tree)
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert len(boxes) > 12
    for i, first in enumerate(boxes):
        for second in boxes[:i]:
            assert not first.padded(-1.0).overlaps(second.padded(-1.0))
    # Marks at the edge of the box are whole, and minima without a number have small ones.
    total = len(crowd.barcode.significant())
    small = sum(len(marks.get_offsets()) for marks in parts(ax, "minima"))
    assert len(parts(ax, "minimum")) + small == total
    at_edge = [
        mark
        for mark in parts(ax, "minimum")
        if (np.abs(np.asarray(mark.get_offsets())) > 511.0).any() and not mark.get_clip_on()
    ]
    assert at_edge


def test_long_names_are_wrapped():
    def function(x):
        return (x**2).sum(axis=1)

    function.name = "the loss of a network of two layers as its first and second weight change " * 2
    land = mb.landscape(function, [(-1.0, 1.0)] * 2, n_samples=400)
    for draw in (land.plot_tree, land.plot_profile, land.plot_projection, land.plot_disconnectivity):
        lines = ax_of(draw).get_title(loc="left").splitlines()
        assert max(map(len, lines)) <= 70
        assert " ".join(lines).startswith(function.name.strip())


# Projections


def test_projection(four):
    ax = ax_of(four.plot_projection)
    (minima,) = parts(ax, "minima")
    (links,) = parts(ax, "links")
    assert len(minima.get_offsets()) == 16
    assert minima.get_array().tolist() == sorted(four.barcode.births[:16], reverse=True)
    assert len(links.get_segments()) == len(parts(ax, "saddles")[0].get_offsets()) == 15
    # Lines lead from a minimum over its saddle to its parent.
    places = [tuple(place) for place in np.asarray(minima.get_offsets()).round(9)]
    for segment in links.get_segments():
        assert len(segment) == 3
        assert tuple(segment[0].round(9)) in places
        assert tuple(segment[2].round(9)) in places
    render(ax)


def test_axes_are_those_of_the_minima():
    def valleys(x):
        return np.cos(4 * np.pi * x[:, 1]) + ((x[:, [0, 2]] - 0.5) ** 2).sum(axis=1)

    land = mb.landscape(valleys, [(0.0, 1.0)] * 3, n_samples=20_000, sampler="grid")
    ax = ax_of(land.plot_projection)
    assert ax.get_xlabel() == "principal axis 1, 100 % of the spread of the minima"
    assert ax.get_ylabel() == "principal axis 2, 0 % of the spread of the minima"
    x = np.sort(np.asarray(parts(ax, "minima")[0].get_offsets())[:, 0])
    assert x == pytest.approx([-0.25, 0.25], abs=0.03)


def test_projections_of_many_and_of_few(noise):
    n = len(noise.barcode.significant())
    ax = ax_of(noise.plot_projection)
    assert not parts(ax, "links")
    assert len(parts(ax, "minima")[0].get_offsets()) == n
    ax = ax_of(lambda ax: noise.plot_projection(ax, max_bars=100))
    assert ax.get_title(loc="left").splitlines()[1].endswith(", 100 drawn")
    assert len(parts(ax, "links")) == 1
    render(ax)
    one = mb.landscape(lambda x: (x**2).sum(axis=1), [(-1.0, 1.0)] * 3, n_samples=1000, sampler="grid")
    render(ax_of(one.plot_projection))
    empty = mb.Landscape.from_samples(np.zeros((2, 2)), np.array([np.inf, np.inf]))
    render(ax_of(empty.plot_projection))


def test_projections_that_make_no_sense(four):
    with pytest.raises(ValueError, match="max_bars: expected at least 1, got 0"):
        four.plot_projection(max_bars=0)
    line = mb.landscape(lambda x: x[:, 0] ** 2, (-1.0, 1.0), n_samples=100)
    with pytest.raises(ValueError, match="land: expected a landscape of dimension 2 or more, got 1"):
        line.plot_projection()


def test_new_figures(himmelblau):
    kinds = ("profile", "tree", "surface", "projection")
    for draw in (getattr(himmelblau, f"plot_{kind}") for kind in kinds):
        assert draw().figure is plt.gcf()
    assert himmelblau.barcode.plot_persistence().figure is plt.gcf()
