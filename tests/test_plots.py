import io
import math
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure

import morsebar as mb
import morsebar.plots

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


def make(lengths, births, sizes=None):
    lengths, births = np.asarray(lengths, dtype=float), np.asarray(births, dtype=float)
    n = len(lengths)
    order = np.lexsort((births, -lengths))
    lengths, births = lengths[order], births[order]
    finite, vertices = np.isfinite(lengths), np.arange(n, dtype=np.int64)
    sizes = np.ones(n, np.int64) if sizes is None else np.asarray(sizes)[order]
    high = float((births + lengths)[finite].max(initial=1.0)) + 1.0
    return mb.MinimaBarcode(
        np.column_stack([births, births + lengths]),
        vertices,
        np.where(finite, vertices, -1),
        np.where(finite, 0, -1),
        sizes,
        np.zeros(n),
        np.zeros(n, bool),
        value_range=(float(births.min(initial=np.inf)), high) if n else (math.nan, math.nan),
    )


def many(n):
    """Eight bars that stand out among n."""
    generator = np.random.default_rng(0)
    long = [math.inf, *generator.uniform(2.0, 6.0, 7)]
    return make([*long, *generator.uniform(1e-3, 1e-1, n - 8)], [-1.0, *generator.random(n - 1)])


def parts(ax, gid):
    return [artist for artist in ax.findobj() if artist.get_gid() == gid]


def lines(ax):
    """Segments of all bars, (n, 2, 2), lowest row first, and how many of them are long."""
    short, long = parts(ax, "short"), parts(ax, "long")
    assert len(short) == len(long) == 1
    segments = [segment for part in (*short, *long) for segment in part.get_segments()]
    segments.sort(key=lambda segment: segment[0, 1])
    return np.array(segments), len(long[0].get_segments())


def texts(ax):
    return [text.get_text() for text in ax.texts]


def render(ax):
    ax.figure.savefig(io.BytesIO(), format="png", dpi=60)


# Barcodes


def test_one_segment_per_bar_sorted_by_birth():
    bars = make([math.inf, 4.0, 3.0, 0.1], [-1.0, 0.0, 2.0, 1.0])
    ax = bars.plot()
    segments, n_long = lines(ax)
    assert segments[:, 0, 0].tolist() == [-1.0, 0.0, 1.0, 2.0]
    assert segments[1:, 1, 0].tolist() == [4.0, 1.1, 5.0]
    assert (segments[:, 0, 1] == segments[:, 1, 1]).all()
    assert (np.diff(segments[:, 0, 1]) > 0).all()
    assert n_long == 3
    render(ax)


def test_essential_bars_end_in_arrows_beyond_the_last_death():
    ax = make([math.inf, math.inf, 4.0], [0.0, 0.5, 1.0]).plot()
    (tips,) = parts(ax, "essential")
    assert (tips.get_offsets()[:, 0] > 5.0).all()
    assert len(tips.get_offsets()) == 2
    assert (tips.get_offsets()[:, 0] < ax.get_xlim()[1]).all()


def test_title_states_the_rule():
    bars = make([math.inf, 4.0, 3.0, 0.1], [-1.0, 0.0, 2.0, 1.0])
    expected = "3 of 4 minima stand out\npersistence > 0.55 (largest gap in log-persistence)"
    assert bars.plot().get_title(loc="left") == expected
    chosen = bars.significant(min_persistence=3.5)
    assert chosen.plot().get_title(loc="left") == "2 minima selected\npersistence > 3.5"
    assert lines(chosen.plot())[1] == 2


@pytest.mark.parametrize(("n", "drawn"), [(10, 10), (200, 200), (201, 200), (100_000, 200)])
def test_many_bars_are_cut_to_the_longest_and_the_axis_says_so(n, drawn):
    bars = many(n)
    ax = bars.plot()
    segments, n_long = lines(ax)
    assert len(segments) == drawn
    assert n_long == 8
    lengths = segments[1:, 1, 0] - segments[1:, 0, 0]
    assert np.sort(lengths) == pytest.approx(np.sort(bars.persistence[1:drawn]))
    note = f"({drawn:,} longest of {n:,} drawn)"
    assert (note in ax.get_ylabel()) == (drawn < n)
    render(ax)


def test_max_bars():
    assert len(lines(many(100).plot(max_bars=20))[0]) == 20
    assert len(lines(many(100).plot(max_bars=1))[0]) == 1


def test_long_bars_get_room_between_many_short_ones():
    segments, _ = lines(many(200).plot())
    rows = segments[:, 0, 1]
    long = (segments[:, 1, 0] - segments[:, 0, 0]) > 1.0
    height = rows.max()
    assert np.diff(rows)[long[:-1]].min() > height / 40


@pytest.mark.parametrize(
    "bars",
    [
        make([], []),
        make([math.inf], [2.0]),
        make([math.inf, math.inf], [2.0, 2.0]),
        make([1.0, 1.0], [0.0, 0.0]),
        make([math.inf, 1e-300], [0.0, 0.0]),
        make([math.inf, 1e9], [-1e9, 5.0]),
    ],
)
@pytest.mark.parametrize("color_by", [None, "size"])
def test_few_bars(bars, color_by):
    ax = bars.plot(color_by=color_by)
    assert len(ax.findobj(LineCollection)) == (2 if len(bars) else 0)
    render(ax)


def test_color_by_size_has_a_colour_bar_on_a_logarithmic_scale():
    bars = make([math.inf, 4.0, 0.1], [0.0, 1.0, 2.0], sizes=[1000, 10, 1])
    ax = bars.plot(color_by="size")
    _, scale = ax.figure.axes
    assert scale.get_ylabel() == "size (vertices)"
    assert scale.get_yscale() == "log"
    assert scale.get_ylim() == pytest.approx((1.0, 1000.0))
    (long,) = parts(ax, "long")
    (short,) = parts(ax, "short")
    assert len({tuple(color) for color in [*long.get_colors(), *short.get_colors()]}) == 3
    render(ax)


def test_an_axes_that_is_given_is_used_and_no_pyplot_figure_made():
    ax = Figure().subplots()
    assert many(20).plot(ax) is ax
    assert plt.get_fignums() == []


def test_a_new_figure_is_one_of_pyplot():
    ax = many(20).plot()
    assert plt.get_fignums() == [ax.figure.number]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"color_by": "birth"}, "color_by: expected None or 'size', got 'birth'"),
        ({"max_bars": 0}, "max_bars: expected at least 1, got 0"),
    ],
)
def test_options_that_make_no_sense(options, message):
    with pytest.raises(ValueError, match=message):
        many(20).plot(**options)


def test_bars_of_a_degree_above_zero():
    bars = mb.Barcode(np.array([[0.0, 5.0], [1.0, 4.0], [2.0, 2.25]]), degree=1)
    ax = bars.plot(max_bars=2)
    assert ax.get_title(loc="left").startswith("2 of 3 bars of degree 1 stand out\n")
    assert ax.get_ylabel() == "bars of degree 1, lowest at the bottom\n(2 longest of 3 drawn)"
    with pytest.raises(ValueError, match="color_by: bars of degree 1 have no sizes"):
        mb.plots.barcode(bars, color_by="size")
    render(ax)


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"morsebar\[plot\]"):
        many(20).plot()


# Landscapes


def quartic(points):
    t = points[:, 0]
    return t**4 - t**2 + t / 10


def test_a_curve_beside_upright_bars_on_one_axis_of_values():
    land = mb.landscape(quartic, [(-1.5, 1.5)], n_samples=1501, sampler="grid")
    curve_ax, bar_ax = axes = land.plot()
    assert axes.shape == (2,)
    (curve,) = parts(curve_ax, "curve")
    assert curve.get_xydata() == pytest.approx(np.column_stack([land.points[:, 0], land.values]))
    assert curve_ax.get_ylim() == bar_ax.get_ylim()
    assert texts(curve_ax) == ["1", "2", "2"]
    assert texts(bar_ax)[:2] == ["1", "2"]
    segments = np.array(parts(bar_ax, "long")[0].get_segments())
    assert (segments[:, 0, 0] == segments[:, 1, 0]).all()
    assert segments[:, 0, 1] == pytest.approx(land.barcode.births)
    assert segments[1, 1, 1] == pytest.approx(0.002506, abs=1e-5)
    marks = np.array([mark.get_offsets()[0] for mark in parts(curve_ax, "minimum")])
    assert marks == pytest.approx(np.column_stack([land.minimum_points[:, 0], land.barcode.births]))
    (saddle,) = parts(curve_ax, "saddle")
    assert saddle.get_offsets()[0].tolist() == pytest.approx(
        [land.saddle_points[1, 0], land.barcode.deaths[1]]
    )
    render(curve_ax)


def test_a_curve_of_many_points_keeps_its_lowest_and_highest():
    land = mb.landscape(mb.objectives.get("rastrigin", d=1), n_samples=200_000, sampler="grid")
    ax, _ = land.plot()
    x, y = parts(ax, "curve")[0].get_xydata().T
    assert len(x) < 10_000
    assert (np.diff(x) > 0).all()
    assert (y.min(), y.max()) == (land.values.min(), land.values.max())
    assert set(land.barcode.births) <= set(y)


def check_map(land, ax):
    """The numbered minima and saddles of a map are those of the bars that stand out."""
    chosen = land.barcode.significant()
    count = min(12, len(chosen))
    marks = np.array([mark.get_offsets()[0] for mark in parts(ax, "minimum")])
    assert marks == pytest.approx(land.points[chosen.minima[:count]])
    saddles = {tuple(land.points[vertex]) for vertex in chosen.saddles[:count] if vertex >= 0}
    assert {tuple(mark.get_offsets()[0]) for mark in parts(ax, "saddle")} == saddles
    assert texts(ax)[:count] == [str(number) for number in range(1, count + 1)]
    assert np.array([ax.get_xlim(), ax.get_ylim()]) == pytest.approx(land.bounds)


@pytest.mark.parametrize("sampler", ["grid", "uniform"])
@pytest.mark.parametrize("name", ["himmelblau", "six_hump_camel", "rosenbrock"])
def test_a_map_beside_the_bars(name, sampler):
    land = mb.landscape(mb.objectives.get(name), n_samples=2500, sampler=sampler)
    map_ax, bar_ax = land.plot()
    check_map(land, map_ax)
    numbers = [text for text in texts(bar_ax) if text]
    assert numbers == sorted(numbers, key=lambda number: land.barcode.births[int(number) - 1])
    assert map_ax.get_title(loc="left") == f"{name}\n2,500 vertices"
    render(map_ax)


def test_lines_mark_the_levels_of_the_saddles_unless_there_are_too_many():
    def levels(name):
        land = mb.landscape(mb.objectives.get(name), n_samples=10_000, sampler="grid")
        _, *lines = land.plot()[0].findobj(ContourSet)
        return land.barcode.significant(), [level for line in lines for level in line.levels]

    chosen, drawn = levels("egg_crate")
    assert len(chosen) == 9
    assert drawn == pytest.approx(sorted({27.57, 37.06}), rel=1e-2)
    chosen, drawn = levels("rastrigin")
    assert len(chosen) > 12
    assert drawn == []


def test_a_map_of_a_grid_has_its_first_axis_to_the_right():
    land = mb.landscape(
        lambda p: (p[:, 0] - 3.0) ** 2 + (p[:, 1] + 0.5) ** 2,
        [(0.0, 4.0), (-1.0, 1.0)],
        n_samples=900,
        sampler="grid",
    )
    ax, _ = land.plot()
    lowest = parts(ax, "minimum")[0].get_offsets()[0]
    assert lowest.tolist() == pytest.approx([3.0, -0.5], abs=0.15)
    innermost = next(path for path in ax.collections[0].get_paths() if len(path.vertices))
    assert innermost.vertices.mean(axis=0) == pytest.approx([3.0, -0.5], abs=0.2)


def test_large_samples_are_thinned_and_always_alike():
    generator = np.random.default_rng(0)
    points = generator.random((50_000, 2))
    land = mb.Landscape.from_samples(points, points.sum(axis=1), bounds=[(0, 1), (0, 1)], n_neighbors=6)

    def outlines():
        ax, _ = land.plot()
        return np.concatenate([path.vertices for path in ax.collections[0].get_paths()])

    first = outlines()
    assert len(first) < 50_000
    assert np.array_equal(first, outlines())


@pytest.mark.parametrize(
    "points",
    [
        np.column_stack([np.linspace(0, 1, 20), np.linspace(0, 2, 20)]),
        np.array([[0.0, 0.0], [1.0, 1.0]]),
        np.array([[0.5, 0.5]]),
    ],
)
def test_points_without_an_inside_are_drawn_as_points(points):
    land = mb.Landscape.from_samples(points, np.arange(len(points), dtype=float))
    ax, _ = land.plot()
    assert len(parts(ax, "points")[0].get_offsets()) == len(points)
    render(ax)


def test_constant_values_and_vertices_outside_the_domain():
    constant = mb.landscape(lambda p: np.ones(len(p)), [(0, 1), (0, 1)], n_samples=100, sampler="grid")
    render(constant.plot()[0])

    def ring(points):
        radius = np.hypot(*points.T)
        return np.where(radius < 0.3, np.inf, radius)

    for sampler in ("grid", "uniform"):
        holed = mb.landscape(ring, [(-1, 1), (-1, 1)], n_samples=1600, sampler=sampler)
        render(holed.plot()[0])


def test_above_two_dimensions_only_the_bars_are_drawn():
    land = mb.landscape(mb.objectives.get("styblinski_tang", d=3), n_samples=8000)
    axes = land.plot()
    assert axes.shape == (1,)
    assert len(lines(axes[0])[0]) == min(200, len(land.barcode))
    ax = Figure().subplots()
    assert land.plot(ax)[0] is ax


def test_axes_that_are_given_are_used():
    land = mb.landscape(mb.objectives.himmelblau, n_samples=900)
    pair = Figure().subplots(1, 2)
    assert list(land.plot(pair)) == list(pair)
    assert plt.get_fignums() == []
    with pytest.raises(ValueError, match="ax: expected 2 Axes for a landscape of dimension 2, got 1"):
        land.plot(pair[0])


# Persistence diagrams


def form_of(values, complex_=None, **options):
    return mb.morse_complex(values, complex_).canonical_form(**options)


def test_a_persistence_diagram_of_all_degrees():
    values = np.random.default_rng(0).random((12, 13, 5))
    form = form_of(values)
    ax = form.plot()
    for degree, bars in enumerate(form.barcodes):
        (marks,) = parts(ax, f"degree {degree}")
        assert marks.get_offsets()[:, 0].tolist() == bars.births.tolist()
        finite = np.isfinite(bars.deaths)
        assert marks.get_offsets()[finite, 1].tolist() == bars.deaths[finite].tolist()
    (line,) = parts(ax, "infinity")
    infinity = line.get_ydata()[0]
    assert values.max() < infinity < ax.get_ylim()[1]
    assert parts(ax, "degree 0")[0].get_offsets()[0, 1] == infinity
    styles = [parts(ax, f"degree {degree}")[0] for degree in range(3)]
    assert len({tuple(marks.get_facecolor()[0]) for marks in styles}) == 3
    assert len({marks.get_paths()[0].vertices.tobytes() for marks in styles}) == 3
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == [f"degree {degree}: {len(bars) or 'none'}" for degree, bars in enumerate(form.barcodes)]
    assert ax.get_title(loc="left") == "bars over Z/2"
    render(ax)


@pytest.mark.parametrize(
    "form",
    [
        form_of(np.zeros((0, 3))),
        form_of([4.0]),
        form_of(np.zeros((3, 3)), mb.Grid((3, 3), periodic=True)),
        mb.MorseComplex(*([0.0], [6], [[0]])).canonical_form("rational"),
    ],
)
def test_persistence_diagrams_of_few_bars(form):
    ax = Figure().subplots()
    assert form.plot(ax) is ax
    assert plt.get_fignums() == []
    render(ax)


# Morse complexes


def wells():
    x, y = np.meshgrid(np.linspace(-2, 2, 41), np.linspace(-1.5, 1.5, 31), indexing="ij")
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (-4 + 4 * y**2) * y**2


@pytest.mark.parametrize("connectivity", ["axis", "freudenthal"])
def test_a_morse_complex_over_its_function(connectivity):
    cx = mb.morse_complex(wells(), mb.Grid((41, 31), connectivity))
    form = cx.canonical_form(basis=True)
    ax = cx.plot(form=form)
    for degree, name in enumerate(("minimum", "saddle", "maximum")):
        (marks,) = parts(ax, name)
        expected = np.column_stack(np.unravel_index(cx.vertices[cx.degrees == degree], (41, 31)))
        assert marks.get_offsets().tolist() == expected.tolist()
    (down,), (up,) = parts(ax, "descent"), parts(ax, "ascent")
    assert len(down.get_segments()) == sum(
        len(line.vertices) - 1
        for line in cx.separatrices()
        if line.extremum >= 0 and cx.degrees[line.extremum] == 0
    )
    assert len(up.get_segments()) > 0
    cycles = parts(ax, "cycle")
    assert len(cycles) == len(form.barcodes[1].significant()) == 2
    for drawn, bar in zip(cycles, form.barcodes[1], strict=True):
        segments = np.array(drawn.get_segments())
        assert len(segments) == len(form.cycle(bar.birth_cell).cells)
        # Every place is met an even number of times: a closed curve.
        _, counts = np.unique(segments.reshape(-1, 2), axis=0, return_counts=True)
        assert (counts % 2 == 0).all()
    assert ax.findobj(ContourSet)
    render(ax)


def test_coordinates_and_pictures():
    cx = mb.morse_complex(wells())
    lowest = np.array(np.unravel_index(cx.vertices[0], (41, 31)))
    (marks,) = parts(cx.plot(bounds=[(-2, 2), (-1.5, 1.5)]), "minimum")
    assert marks.get_offsets()[0].tolist() == pytest.approx(lowest / [10, 10] - [2, 1.5])
    ax = cx.plot(as_image=True)
    (marks,) = parts(ax, "minimum")
    assert marks.get_offsets()[0].tolist() == lowest[::-1].tolist()
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 30), (40, 0))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("axis 1", "axis 0")
    render(ax)


def test_some_bars_without_lines():
    cx = mb.morse_complex(wells())
    form = cx.canonical_form(basis=True)
    ax = cx.plot(Figure().subplots(), form=form, bars=form.barcodes[1][:1], separatrices=False)
    assert len(parts(ax, "cycle")) == 1
    assert parts(ax, "descent") == []


def test_lines_of_many_cells_are_left_out():
    cx = mb.morse_complex(np.random.default_rng(0).random((60, 60)))
    assert len(cx) > 2000
    assert parts(cx.plot(), "descent") == []
    assert parts(cx.plot(separatrices=True), "descent") != []


def test_what_lies_outside_and_around():
    values = wells()
    values[10:14, 10:14] = np.inf
    render(mb.morse_complex(values).plot())
    torus = mb.morse_complex(wells(), mb.Grid((41, 31), periodic=True))
    ax = torus.plot(form=torus.canonical_form(basis=True))
    for drawn in (*parts(ax, "descent"), *parts(ax, "ascent"), *parts(ax, "cycle")):
        assert np.abs(np.diff(np.array(drawn.get_segments()), axis=1)).max() <= 1
    render(ax)
    render(mb.morse_complex(np.full((3, 3), np.inf)).plot())
    render(mb.morse_complex(np.zeros((3, 3))).plot())


@pytest.mark.parametrize(
    ("values", "complex_"),
    [
        (np.zeros(4), None),
        (np.zeros((2, 2, 2)), None),
        (np.zeros((1, 5)), None),
        (np.zeros(2), mb.SimplicialComplex([[0, 1]])),
    ],
)
def test_complexes_that_are_no_map(values, complex_):
    with pytest.raises(ValueError, match="expected a grid of two axes, at least two wide each"):
        mb.morse_complex(values, complex_).plot()


def test_options_of_a_map_that_make_no_sense():
    cx = mb.morse_complex(wells())
    plain, form = cx.canonical_form(), cx.canonical_form(basis=True)
    for options, message in (
        ({"bars": form.barcodes[1]}, "bars: expected a form as well"),
        ({"form": plain}, r"form: expected one with its change of basis"),
        ({"form": form, "bars": form.barcodes[0]}, "bars: expected bars of degree 1 of the form, got .* 0"),
        ({"bounds": [(0, 1)]}, "bounds: expected two intervals lo < hi"),
        ({"bounds": [(0, 1), (1, 1)]}, "bounds: expected two intervals lo < hi"),
    ):
        with pytest.raises(ValueError, match=message):
            cx.plot(**options)
