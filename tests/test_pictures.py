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
    gaps = 0.02 * n * (len(pieces) - 1)
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
    for draw in (himmelblau.plot_profile, himmelblau.plot_tree, himmelblau.plot_projection):
        assert draw().figure is plt.gcf()
    assert himmelblau.barcode.plot_persistence().figure is plt.gcf()
