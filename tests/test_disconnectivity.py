import io
import itertools

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

import morsebar as mb
from morsebar.plots.branch_layout import branch_layout, joined_at
from morsebar.plots.simplified_tree import simplified_tree

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(autouse=True)
def _global_settings_stay():
    before = mpl.rcParams.copy()
    yield
    assert mpl.rcParams == before


def tree_of(minima, joins):
    """A merge tree of isolated minima and the joins (level, one, other) between them."""
    edges = [(u, v) for _, u, v in joins]
    graph = mb.Graph.from_edges(edges, len(minima), values=[float(level) for level, _, _ in joins])
    return mb.merge_tree(np.array(minima, dtype=float), graph)


@st.composite
def trees(draw):
    """Merge trees with many equal barriers, and several components."""
    n = draw(st.integers(1, 14))
    minima = draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))
    level = st.integers(9, 13)
    joins = [(draw(level), u, draw(st.integers(0, u - 1))) for u in range(1, n) if draw(st.integers(0, 7))]
    return tree_of(minima, joins)


def noise(n, seed=0):
    """A rough bowl on a grid, with a minimum for every nine vertices or so."""
    x = np.linspace(-1, 1, n)
    return mb.merge_tree(np.random.default_rng(seed).standard_normal((n, n)) + 2 * (x**2 + x[:, None] ** 2))


def lay_out(tree, levels=None, order="size", slots=None, slant=0.5, sizes=None):
    simple = simplified_tree(tree, 0.0, None)
    tops, parents = joined_at(simple.deaths, simple.parents, levels)
    slots = np.ones(len(simple.bars)) if slots is None else slots
    layout = branch_layout(
        simple.births,
        tops,
        parents,
        sizes=simple.sizes if sizes is None else sizes,
        slots=slots,
        slant=slant,
        order=order,
    )
    return simple, layout


def parts(ax, gid):
    return [artist for artist in ax.findobj() if artist.get_gid() == gid]


def branches(ax):
    (collection,) = parts(ax, "branches")
    return np.array(collection.get_segments())


def caption(ax):
    return ax.get_title(loc="left").split("\n")


def render(ax):
    ax.figure.savefig(io.BytesIO(), format="png", dpi=60)


# Layout


def strictly_cross(a, b):
    """Whether two segments have a point in common that is not an end of one of them."""

    def turn(p, q, r):
        value = (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
        return 0 if abs(value) < 1e-9 else np.sign(value)

    ends = turn(*a, b[0]), turn(*a, b[1]), turn(*b, a[0]), turn(*b, a[1])
    if ends[0] * ends[1] < 0 and ends[2] * ends[3] < 0:
        return True
    if any(ends):
        return False
    # On one line: more than a point in common?
    axis = int(abs(a[1][0] - a[0][0]) < abs(a[1][1] - a[0][1]))
    (a0, a1), (b0, b1) = sorted(p[axis] for p in a), sorted(p[axis] for p in b)
    return min(a1, b1) - max(a0, b0) > 1e-9


def assert_nothing_crosses(lines):
    segments = [
        (start, end) for line in lines for start, end in itertools.pairwise(line) if (start != end).any()
    ]
    for i, one in enumerate(segments):
        for other in segments[:i]:
            assert not strictly_cross(one, other)


@given(
    trees(),
    st.sampled_from(["size", "depth"]),
    st.sampled_from([None, [11.5, 13.0], [10.5, 12.0]]),
    st.integers(0, 99),
)
def test_no_two_branches_cross_or_cover_each_other(tree, order, levels, seed):
    # Shoulders so high that all would cross something if they could.
    sizes = np.random.default_rng(seed).integers(1, 9, len(tree.barcode()))
    steps = None if levels is None else np.array(levels)
    simple, layout = lay_out(tree, steps, order, slant=20.0, sizes=sizes)
    assert_nothing_crosses(layout.polylines(simple.births, 21.0))


def test_shoulders_that_pass_over_nearer_branches_are_flatter():
    births = np.array([0.0, 9.5, 9.5, 1.0])
    tops, parents = np.array([np.inf, 10.0, 10.0, 10.0]), np.array([-1, 0, 0, 0])
    sizes = np.array([9, 5, 4, 1])
    layout = branch_layout(births, tops, parents, sizes=sizes, slots=np.ones(4), slant=2.0)
    assert layout.x.tolist() == [0.0, 1.0, -1.0, 2.0]
    # Above the minimum of the branch in between, not under it.
    assert 9.5 < 10.0 - (10.0 - layout.shoulders[3]) * layout.x[1] / layout.x[3] < 10.0


def test_shoulders_pass_over_all_that_hangs_on_nearer_branches():
    births = np.array([0.0, 1.0, 2.0, 2.0, 8.9, 8.9, 8.9, 8.9])
    tops, parents = np.array([np.inf, 10, 10, 10, 9, 9, 9, 9]), np.array([-1, 0, 0, 0, 1, 1, 1, 1])
    sizes, slots = np.array([9, 8, 7, 6, 1, 1, 1, 1]), np.array([1.0, 1, 8, 1, 1, 1, 1, 1])
    layout = branch_layout(births, tops, parents, sizes=sizes, slots=slots, slant=2.0)
    assert layout.x[3] > layout.rights[1] > layout.x[1] > 0
    assert_nothing_crosses(layout.polylines(births, 11.0))


@given(trees(), st.sampled_from(["size", "depth"]))
def test_every_branch_lies_in_the_interval_of_its_parent_beside_its_siblings(tree, order):
    generator = np.random.default_rng(0)
    slots = generator.integers(4, 13, len(simplified_tree(tree, 0.0, None).bars)) / 4
    _, layout = lay_out(tree, order=order, slots=slots)
    x, lefts, rights = layout.x, layout.lefts, layout.rights
    half = slots / 2
    assert (lefts <= x - half).all()
    assert (x + half <= rights).all()
    for parent in (-1, *range(len(x))):
        below = np.flatnonzero(layout.parents == parent)
        intervals = [(lefts[bar], rights[bar]) for bar in below]
        if parent >= 0:
            assert all(lefts[parent] <= lefts[bar] and rights[bar] <= rights[parent] for bar in below)
            intervals.append((x[parent] - half[parent], x[parent] + half[parent]))
        intervals.sort()
        for (_, end), (start, _) in itertools.pairwise(intervals):
            assert end <= start
    # No room is wasted.
    assert rights.max() - lefts.min() == slots.sum()


@given(trees())
def test_branches_join_their_parent_at_their_barrier(tree):
    simple, layout = lay_out(tree)
    joined = layout.parents >= 0
    assert (layout.tops == simple.deaths).all()
    assert (joined == np.isfinite(simple.deaths)).all()
    assert (layout.shoulders[joined] < layout.tops[joined]).all()
    assert (layout.shoulders[joined] >= simple.births[joined]).all()
    # On the stem of the parent, which goes on above.
    parents = layout.parents[joined]
    assert (layout.tops[joined] <= layout.shoulders[parents]).all()
    assert (simple.births[parents] <= simple.births[joined]).all()


@given(trees(), st.lists(st.integers(9, 18), min_size=1, max_size=4, unique=True).map(sorted))
def test_levels_group_minima_as_thresholds_do(tree, levels):
    """Two minima hang together below a level iff the barrier between them is not above it."""
    simple, layout = lay_out(tree, np.array(levels, dtype=float))
    names = tree.barcode().minima
    n = len(names)
    for level in levels:
        group = np.arange(n)
        for _ in range(n):
            up = (layout.parents[group] >= 0) & (layout.tops[group] <= level)
            group = np.where(up, layout.parents[group], group)
        together = group[:, None] == group[None]
        expected = tree.barrier(names[:, None], names[None]) <= level
        assert (together == expected)[np.ix_(*[simple.births <= level] * 2)].all()


def test_the_global_minimum_stands_in_the_middle_of_a_funnel():
    n = 101
    minima = np.arange(n) * 0.1
    tree = tree_of(minima, [(20 + i, i, 0) for i in range(1, n)])
    for order in ("size", "depth"):
        _, layout = lay_out(tree, order=order)
        assert layout.x[0] == 0.0
        assert (layout.lefts.min(), layout.rights.max()) == (-50.5, 50.5)
        # Lower barriers stand nearer, on both sides.
        for side in (layout.x < 0, layout.x > 0):
            by_distance = np.argsort(np.abs(layout.x[side]))
            assert (np.diff(layout.tops[side][by_distance]) > 0).all()


def test_order_by_size_or_depth_at_one_level():
    # Vertex 1 is shallow with three vertices below its barrier, vertex 4 deep and alone, vertex 5 between.
    minima = [0.0, 3.0, 4.0, 4.0, 1.0, 2.0]
    joins = [(5, 1, 2), (5, 1, 3), (9, 0, 1), (9, 0, 4), (9, 0, 5)]
    tree = tree_of(minima, joins)
    names = tree.barcode().minima.tolist()
    for order, inner in (("size", {1, 4}), ("depth", {4, 5})):
        _, layout = lay_out(tree, order=order)
        hanging = [bar for bar in range(len(names)) if layout.tops[bar] == 9.0]
        sides = {}
        for bar in sorted(hanging, key=lambda bar: abs(layout.x[bar])):
            sides.setdefault(layout.x[bar] > 0, []).append(names[bar])
        assert {side[0] for side in sides.values()} == inner


def test_components_stand_side_by_side_the_lowest_in_the_middle():
    tree = tree_of([1.0, 0.0, 2.0, 5.0, 4.0], [(9, 3, 4)])
    simple, layout = lay_out(tree)
    assert np.count_nonzero(layout.parents < 0) == 4
    roots = np.flatnonzero(layout.parents < 0)
    by_place = roots[np.argsort(layout.x[roots])]
    assert (layout.rights[by_place][:-1] <= layout.lefts[by_place][1:]).all()
    lowest = int(np.argmin(simple.births))
    assert lowest not in (by_place[0], by_place[-1])
    ax = tree.plot_disconnectivity()
    assert caption(ax) == ["5 minima, 4 components"]
    assert (branches(ax)[roots, :, 0] == layout.x[roots, None]).all()


@pytest.mark.parametrize("levels", [None, 3])
def test_a_chain_of_a_million_merges_is_laid_out_without_recursion(levels):
    m = 1_000_000
    births, deaths = np.arange(m, dtype=float), 2.0 * m - np.arange(m)
    deaths[0] = np.inf
    parents = np.arange(m) - 1
    steps = None if levels is None else np.linspace(0, 2 * m, levels + 1)[1:]
    tops, joined = joined_at(deaths, parents, steps)
    layout = branch_layout(
        births, tops, joined, sizes=np.arange(m, 0, -1), slots=np.ones(m), slant=0.5, order="size"
    )
    assert layout.rights.max() - layout.lefts.min() == m
    assert len(np.unique(layout.x)) == m


# Simplification


@given(trees(), st.sampled_from([0.0, 3.0, 5.0, 50.0]), st.sampled_from([1, 3, None]))
def test_what_is_cut_is_counted_where_it_hung(tree, min_persistence, max_leaves):
    simple = simplified_tree(tree, min_persistence, max_leaves)
    bars = tree.barcode()
    kept = set(simple.bars.tolist())
    place = {int(vertex): i for i, vertex in enumerate(bars.minima)}
    essential = bars.parents < 0
    expected = [i for i in range(len(bars)) if bars.persistence[i] > min_persistence][:max_leaves]
    assert kept == set(expected) | set(np.flatnonzero(essential).tolist())
    counts = dict.fromkeys(simple.bars.tolist(), 0)
    for i in range(len(bars)):
        at = i
        while at not in kept:
            at = place[int(bars.parents[at])]
        counts[at] += at != i
    assert simple.n_cut.tolist() == [counts[bar] for bar in simple.bars.tolist()]
    assert (simple.births == bars.births[simple.bars]).all()
    for i, bar in enumerate(simple.bars.tolist()):
        up = simple.parents[i]
        assert (up < 0) == essential[bar]
        assert up < 0 or bars.minima[simple.bars[up]] == bars.parents[bar]


def test_the_caption_says_what_was_cut():
    tree = tree_of([0.0, 1.0, 2.0, 3.0], [(10, 0, 1), (6, 1, 2), (3.5, 2, 3)])
    assert caption(tree.plot_disconnectivity()) == ["4 minima"]
    ax = tree.plot_disconnectivity(min_persistence=4)
    assert caption(ax) == ["2 of 4 minima drawn", "shaded fans: 2 cut, of persistence at most 4"]
    ax = tree.plot_disconnectivity(max_leaves=3)
    assert caption(ax) == ["3 of 4 minima drawn", "shaded fans: 1 cut, of persistence at most 0.5"]
    assert [text.get_text() for text in parts(ax, "number")] == ["1"]
    (fans,) = parts(ax, "fans")
    (outline,) = (path.vertices for path in fans.get_paths())
    # It hung on the bar of 2.0, between 3.0 and 3.5.
    assert (outline[:, 1].min(), outline[:, 1].max()) == (3.0, 3.5)
    (stem,) = (line[0, 0] for line in branches(ax) if line[0, 1] == 2.0)
    assert outline[:, 0].mean() == pytest.approx(stem)


def test_the_caption_names_levels_and_what_stays_apart():
    tree = tree_of([0.0, 1.0, 2.0], [(10, 0, 1), (6, 1, 2)])
    assert caption(tree.plot_disconnectivity(levels=5))[1] == "barriers raised to 5 levels from 2 to 10"
    ax = tree.plot_disconnectivity(levels=[7.0, 9.0])
    assert caption(ax)[1] == "barriers raised to 2 levels from 7 to 9; 1 above, not joined"
    assert caption(tree.plot_disconnectivity(levels=[12.0]))[1] == "barriers raised to 12"


def test_bars_of_length_zero_are_told():
    tree = mb.merge_tree([1.0, 1.0, 0.0])
    assert len(tree.minima) == 2
    assert caption(tree.plot_disconnectivity()) == ["1 minimum", "1 of persistence zero not drawn"]


# Pictures


def test_lines_end_at_the_values_of_minima_and_at_barriers():
    tree = mb.merge_tree([0.0, 9.0, 1.0, 8.0, 2.0, 2.5, 2.1, 8.5, 3.0])
    bars = tree.barcode()
    lines = branches(tree.plot_disconnectivity())
    assert lines[:, 0, 1].tolist() == bars.births.tolist()
    assert lines[1:, 2, 1].tolist() == bars.deaths[1:].tolist()
    place = {int(vertex): x for vertex, x in zip(bars.minima, lines[:, 0, 0], strict=True)}
    assert lines[1:, 2, 0].tolist() == [place[int(parent)] for parent in bars.parents[1:]]


@pytest.mark.parametrize(
    "tree",
    [
        mb.merge_tree([]),
        mb.merge_tree([np.inf, np.inf]),
        mb.merge_tree([2.0]),
        mb.merge_tree([2.0, 2.0, 2.0]),
        mb.merge_tree([1.0, 2.0, 3.0]),
        mb.merge_tree([1.0, 1.0], np.empty((2, 0), dtype=np.int32)),
        mb.merge_tree(np.array([0.0, 3.0, 1.0], dtype=np.float32)),
        mb.merge_tree([0.0, 1e-300, 0.0]),
        mb.merge_tree([-1e300, 1e300, 0.0]),
    ],
)
@pytest.mark.parametrize("options", [{}, {"levels": 4}, {"color_by": "size"}, {"color_by": "value"}])
def test_few_minima(tree, options):
    ax = tree.plot_disconnectivity(**options)
    assert len(parts(ax, "branches")) == (len(tree.minima) > 0)
    assert caption(ax)[0].startswith(f"{len(tree.barcode()):,} minim")
    render(ax)


@pytest.mark.parametrize("options", [{}, {"max_leaves": None}, {"max_leaves": None, "levels": 30}])
def test_a_hundred_thousand_minima(options):
    tree = noise(720)
    assert len(tree.barcode()) > 1e5
    ax = tree.plot_disconnectivity(**options)
    render(ax)
    assert len(branches(ax)) == (len(tree.barcode()) if "max_leaves" in options else 50)


@pytest.mark.parametrize("n", [40, 100, 400])
@pytest.mark.parametrize("color_by", [None, "size"])
def test_numbers_do_not_overlap_and_are_those_of_all_cut_bars(n, color_by):
    tree = noise(n)
    ax = tree.plot_disconnectivity(color_by=color_by)
    render(ax)
    texts = parts(ax, "number")
    boxes = [text.get_window_extent() for text in texts]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])
        assert box.y0 >= ax.get_window_extent().y0
    assert sum(int(text.get_text().replace(",", "")) for text in texts) == len(tree.barcode()) - 50


def test_more_fans_than_room_for_numbers_is_told():
    ax = noise(300).plot_disconnectivity(min_persistence=1.5, max_leaves=None)
    render(ax)
    (fans,) = parts(ax, "fans")
    written = len(parts(ax, "number"))
    assert written < len(fans.get_paths())
    assert (
        ax.get_xlabel()
        == f"minima (of {len(fans.get_paths()):,} fans {written:,} have room for their number)"
    )


def test_colors_by_groups_numbers_size_and_value():
    tree = tree_of([0.0, 1.0, 2.0, 3.0], [(10, 0, 1), (9, 0, 2), (9.5, 0, 3)])

    def colors(color_by):
        ax = tree.plot_disconnectivity(color_by=color_by)
        render(ax)
        (collection,) = parts(ax, "branches")
        return collection.get_colors(), ax.figure.axes[1]

    shades, bar = colors(["a", "b", "a", "b"])
    assert (shades[0] == shades[2]).all()
    assert (shades[1] == shades[3]).all()
    assert (shades[0] != shades[1]).any()
    assert [label.get_text() for label in bar.get_yticklabels()] == ["a", "b"]
    shades, bar = colors(np.array([0.0, 0.5, 1.0, np.nan]))
    assert len(np.unique(shades, axis=0)) == 4
    assert bar.get_ylim() == (0.0, 1.0)
    shades, bar = colors("size")
    assert (bar.get_ylabel(), bar.get_yscale()) == ("size (vertices)", "log")
    shades, bar = colors("value")
    assert (bar.get_ylabel(), bar.get_ylim()) == ("value of the minimum", (0.0, 3.0))
    assert len(np.unique(shades, axis=0)) == 4


def test_many_groups_share_a_grey():
    tree = tree_of(range(10), [(20 + i, 0, i) for i in range(1, 10)])
    ax = tree.plot_disconnectivity(color_by=np.arange(10) // 2 * (np.arange(10) > 1) + np.arange(10))
    labels = [label.get_text() for label in ax.figure.axes[1].get_yticklabels()]
    assert len(labels) == 7
    assert labels[-1] == "4 other groups"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": "birth"}, "order: expected one of 'size', 'depth', got 'birth'"),
        ({"min_persistence": -1}, "min_persistence: expected a number of at least 0, got -1"),
        ({"min_persistence": np.nan}, "min_persistence: expected a number of at least 0, got nan"),
        ({"max_leaves": 0}, "max_leaves: expected an integer of at least 1, got 0"),
        ({"color_by": "birth"}, "color_by: expected None, 'size', 'value' or an array, got 'birth'"),
        ({"color_by": [1, 2]}, r"color_by: expected shape \(3,\), one entry for every bar .*, got \(2,\)"),
        (
            {"color_by": [1j, 2j, 3j]},
            "color_by: expected numbers or groups, got an array of dtype complex128",
        ),
        ({"levels": 0}, "levels: expected an integer of at least 1, got 0"),
        ({"levels": [2.0, 1.0]}, "levels: expected None, an integer or rising finite numbers"),
        ({"levels": []}, "levels: expected None, an integer or rising finite numbers"),
        ({"levels": "ten"}, "levels: expected None, an integer or rising finite numbers, got 'ten'"),
    ],
)
def test_options_that_make_no_sense(options, message):
    tree = mb.merge_tree([0.0, 3.0, 1.0, 3.0, 2.0])
    with pytest.raises(ValueError, match=message):
        tree.plot_disconnectivity(**options)
    assert plt.get_fignums() == []


def test_an_axes_that_is_given_is_used_also_in_a_part_of_a_figure():
    tree = mb.merge_tree([0.0, 3.0, 1.0])
    ax = Figure().subplots()
    assert tree.plot_disconnectivity(ax) is ax
    ax = Figure().subfigures(1, 2)[0].subplots()
    assert tree.plot_disconnectivity(ax, max_leaves=1) is ax
    render(tree.plot_disconnectivity())
    assert len(plt.get_fignums()) == 1


def test_a_landscape_names_itself():
    land = mb.landscape(mb.objectives.himmelblau, n_samples=10_000)
    ax = land.plot_disconnectivity(color_by="value", levels=12, order="depth")
    assert caption(ax)[:2] == ["himmelblau", "4 minima"]
    assert len(branches(ax)) == 4


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_vector_output(kind):
    ax = noise(60).plot_disconnectivity(color_by="size")
    stream = io.BytesIO()
    ax.figure.savefig(stream, format=kind)
    assert stream.tell() > 1000
