import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import morsebar as mb

ARRAYS = ("diagram", "minima", "saddles", "parents", "sizes", "mean_heights", "on_boundary")


def make(lengths, births=None, *, sizes=None, **options):
    """Bars of these lengths, in the order of a barcode; bar i has minimum 2 i and saddle 2 i + 1."""
    lengths = np.asarray(lengths, dtype=np.float64)
    n = len(lengths)
    births = np.zeros(n) if births is None else np.asarray(births, dtype=np.float64)
    sizes = np.arange(n, 0, -1) if sizes is None else np.asarray(sizes)
    order = np.lexsort((births, -lengths))
    lengths, births, sizes = lengths[order], births[order], sizes[order]
    finite = np.isfinite(lengths)
    vertices = 2 * np.arange(n, dtype=np.int64)
    return mb.MinimaBarcode(
        diagram=np.column_stack([births, births + lengths]),
        minima=vertices,
        saddles=np.where(finite, vertices + 1, -1),
        parents=np.where(finite, 0, -1),
        sizes=sizes.astype(np.int64),
        mean_heights=np.linspace(0.0, 1.0, n),
        on_boundary=np.zeros(n, dtype=bool),
        **options,
    )


def rows(bars):
    return [bars.minima.tolist(), bars.diagram.tolist(), bars.sizes.tolist()]


# Arrays


def test_arrays_are_read_only_contiguous_and_leave_the_callers_writable():
    diagram = np.asfortranarray([[0.0, np.inf], [1.0, 3.0]])
    minima = np.array([4, 2])
    bars = mb.MinimaBarcode(
        diagram, minima, np.array([-1, 7]), np.array([-1, 4]), np.array([5, 2]), np.ones(2), np.zeros(2, bool)
    )
    for name in ARRAYS:
        array = getattr(bars, name)
        assert not array.flags.writeable
        assert array.flags.c_contiguous
    minima[0] = 9
    with pytest.raises(ValueError, match="read-only"):
        bars.births[0] = 1.0


def test_columns():
    bars = make([math.inf, 2.0, 0.5], [0.0, 1.0, 3.0])
    assert bars.births.tolist() == [0.0, 1.0, 3.0]
    assert bars.deaths.tolist() == [math.inf, 3.0, 3.5]
    assert bars.persistence.tolist() == [math.inf, 2.0, 0.5]
    assert bars.n_components == 1
    assert len(bars) == 3


def test_persistence_that_overflows_is_long_and_not_essential():
    huge = np.finfo(float).max
    bars = mb.MinimaBarcode(
        np.array([[-huge, np.inf], [-huge, huge], [0.0, 1.0]]),
        *(np.array([0, 1, 2]),) * 4,
        np.zeros(3),
        np.zeros(3, bool),
    )
    assert bars.n_components == 1
    assert bars.persistence.tolist() == [math.inf, math.inf, 1.0]
    assert len(bars.significant()) == 2
    assert math.isfinite(bars.threshold())


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda bars: pickle.loads(pickle.dumps(bars))])
def test_copies_and_pickles_stay_read_only(clone):
    bars = make([math.inf, 2.0], value_range=(0.0, 5.0), noise_floor=1e-9, selection="top 2")
    again = clone(bars)
    assert rows(again) == rows(bars)
    assert (again.value_range, again.noise_floor, again.selection) == ((0.0, 5.0), 1e-9, "top 2")
    assert not again.diagram.flags.writeable


# Indexing


def test_one_bar():
    bars = make([math.inf, 2.0], [-1.0, 0.5])
    bar = bars[1]
    assert bar == mb.MinimumBar(
        birth=0.5, death=2.5, minimum=2, saddle=3, parent=0, size=1, mean_height=1.0, on_boundary=False
    )
    assert bar.persistence == 2.0
    assert not bar.is_essential
    assert bars[0].is_essential
    assert bars[0].persistence == math.inf
    assert bars[-1] == bars[np.int64(1)] == bar
    assert list(bars) == [bars[0], bars[1]]
    assert [type(value) for value in (bar.birth, bar.minimum, bar.on_boundary)] == [float, int, bool]


@pytest.mark.parametrize("index", [2, -3, np.int64(7)])
def test_index_out_of_range(index):
    with pytest.raises(IndexError, match=f"index {index} is out of range for a barcode of 2 bars"):
        make([math.inf, 2.0])[index]


@pytest.mark.parametrize(
    ("selector", "minima"),
    [
        (slice(1, None), [2, 4]),
        (slice(None, None, -1), [4, 2, 0]),
        ([True, False, True], [0, 4]),
        (np.array([True, False, True]), [0, 4]),
        ([2, 0], [4, 0]),
        (np.array([-1]), [4]),
        ([], []),
        (np.zeros(3, bool), []),
    ],
)
def test_selectors(selector, minima):
    bars = make([math.inf, 2.0, 1.0], saddle_edges=np.array([[-1, -1], [1, 2], [3, 4]]), noise_floor=0.25)
    chosen = bars[selector]
    assert isinstance(chosen, mb.Barcode)
    assert chosen.minima.tolist() == minima
    assert chosen.diagram.shape == (len(minima), 2)
    assert chosen.saddle_edges.shape == (len(minima), 2)
    assert chosen.noise_floor == 0.25


@pytest.mark.parametrize("selector", [[True], np.ones((3, 1), bool), [[0]], np.array([0.5]), [3]])
def test_selectors_that_do_not_fit(selector):
    with pytest.raises(IndexError):
        make([math.inf, 2.0, 1.0])[selector]


# The rule


@pytest.mark.parametrize(
    ("lengths", "n_significant"),
    [
        ([math.inf, 5.0, 4.0, 0.1, 0.09], 3),
        ([math.inf, 5.0, 0.1], 2),
        ([math.inf, math.inf, 5.0, 0.1], 3),
        ([5.0, 4.0, 0.1], 2),
        ([math.inf, 8.0, 4.0, 2.0], 2),  # equal gaps: the one between the longer bars
        ([math.inf, 5e-324, 1e300], 2),
        ([math.inf, 1.0, np.nextafter(0.5, 1), 0.5], 2),
    ],
)
def test_the_widest_gap(lengths, n_significant):
    bars = make(lengths)
    chosen = bars.significant()
    assert rows(chosen) == rows(bars[:n_significant])
    assert chosen.selection == f"persistence > {bars.threshold():g} (largest gap in log-persistence)"


@pytest.mark.parametrize(
    ("lengths", "n_significant"),
    [
        ([], 0),
        ([math.inf], 1),
        ([math.inf, math.inf], 2),
        ([math.inf, 1e-12, 1e-13], 1),  # all rounding
        ([math.inf, 3.0], 2),  # a single finite bar has no gap
        ([math.inf, 3.0, 1e-12], 2),
        ([math.inf, 3.0, 3.0, 3.0], 4),  # equal lengths
        ([math.inf, 3.0 + 1e-10, 3.0], 3),  # equal up to rounding
    ],
)
def test_no_gap_means_the_noise_floor(lengths, n_significant):
    bars = make(lengths, noise_floor=1e-9)
    assert bars.threshold() == 1e-9
    assert rows(bars.significant()) == rows(bars[:n_significant])
    assert bars.significant().selection == "persistence > 1e-09 (noise floor: no gap)"


positive = st.floats(min_value=1e-300, max_value=1e300)


@given(st.lists(positive, max_size=30), st.sampled_from([0.0, 1e-9, 1.0]))
def test_threshold_lies_in_the_widest_gap(lengths, noise_floor):
    bars = make([math.inf, *lengths], noise_floor=noise_floor)
    threshold = bars.threshold()
    above = np.sort([length for length in lengths if length > noise_floor])
    gaps = np.diff(np.log2(above))
    gaps[np.diff(above) <= noise_floor] = 0.0
    if gaps.size and gaps.max() > 0:
        upper = max(np.flatnonzero(gaps == gaps.max())) + 1
        assert above[upper - 1] <= threshold < above[upper]
    else:
        assert threshold == noise_floor


@given(st.lists(positive, max_size=30))
def test_the_stated_value_gives_the_same_bars(lengths):
    bars = make([math.inf, *lengths])
    chosen = bars.significant()
    stated = float(chosen.selection.split()[2])
    assert rows(bars.significant(min_persistence=stated)) == rows(chosen)


@given(st.lists(positive, max_size=20), st.randoms(use_true_random=False))
def test_threshold_does_not_depend_on_the_order_of_the_bars(lengths, random):
    bars = make(lengths)
    order = random.sample(range(len(bars)), len(bars))
    assert bars[order].threshold() == bars.threshold()


@given(st.lists(st.floats(1e-3, 1e3), max_size=20), st.integers(-20, 20))
def test_scaling_the_values_keeps_the_choice(lengths, exponent):
    bars = make([math.inf, *lengths])
    scaled = make([math.inf, *(length * 2.0**exponent for length in lengths)])
    assert len(scaled.significant()) == len(bars.significant())


# Criteria


def test_criteria_are_joined_by_and():
    bars = make([math.inf, 5.0, 4.0, 3.0], sizes=[1, 10, 2, 10])
    assert bars.significant(min_persistence=3.0).minima.tolist() == [0, 2, 4]
    assert bars.significant(min_size=10).minima.tolist() == [0, 2, 6]
    assert bars.significant(top=3).minima.tolist() == [0, 2, 4]
    chosen = bars.significant(min_persistence=3.5, top=3, min_size=10)
    assert chosen.minima.tolist() == [0, 2]
    assert chosen.selection == "persistence > 3.5 and size >= 10 and top 3"
    assert bars.significant(min_size=10).significant(top=2).selection == "size >= 10 and top 2"


def test_essential_bars_stay():
    bars = make([math.inf, math.inf, 5.0], sizes=[1, 1, 9])
    for criteria in ({"top": 0}, {"top": 1}, {"min_size": 10}, {"min_persistence": math.inf}):
        assert bars.significant(**criteria).n_components == 2
        assert len(bars.significant(**criteria)) == 2
    assert len(bars.significant(top=3)) == 3
    assert len(bars.significant(top=99)) == 3


def test_top_counts_from_the_longest_in_any_order():
    bars = make([math.inf, 5.0, 4.0, 3.0])[[3, 1, 0, 2]]
    assert bars.significant(top=2).minima.tolist() == [2, 0]


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({"top": -1}, "top: expected an integer of at least 0, got -1"),
        ({"top": 2.0}, "top: expected an integer of at least 0, got 2.0"),
        ({"top": math.nan}, "top: expected an integer of at least 0, got nan"),
        ({"min_size": -5}, "min_size: expected an integer of at least 0, got -5"),
        ({"min_size": 0.5}, "min_size: expected an integer of at least 0, got 0.5"),
        ({"min_size": "9"}, "min_size: expected an integer of at least 0, got '9'"),
        ({"min_persistence": math.nan}, "min_persistence: expected a number, got nan"),
        ({"min_persistence": "1"}, "min_persistence: expected a number, got '1'"),
    ],
)
def test_criteria_that_make_no_sense(criteria, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make([math.inf, 1.0]).significant(**criteria)


def test_numpy_scalars_are_criteria():
    bars = make([math.inf, 5.0, 4.0])
    assert bars.significant(top=np.int64(2), min_persistence=np.float32(4.5)).minima.tolist() == [0, 2]


# Text and tables


def test_repr():
    bars = make(
        [math.inf, 178.25, 104.0, 67.5, 0.5, 0.25],
        [0.5, 1.0, 2.0, 3.0, 4.0, 400.0],
        value_range=(0.5, 890.0),
    )
    assert repr(bars) == (
        "Barcode: 6 bars, 1 component\n"
        "  values     0.5 to 890\n"
        "  births     0.5 to 400\n"
        "  stand out  4 bars: persistence > 5.8 (largest gap in log-persistence)\n"
        "  essential  [0.5, inf)\n"
        "  finite     [1, 179.25), [2, 106), [3, 70.5), [4, 4.5), ..."
    )
    assert repr(bars.significant()) == (
        "Barcode: 4 bars, 1 component\n"
        "  values     0.5 to 890\n"
        "  births     0.5 to 3\n"
        "  selected   persistence > 5.8 (largest gap in log-persistence)\n"
        "  essential  [0.5, inf)\n"
        "  finite     [1, 179.25), [2, 106), [3, 70.5)"
    )


def test_repr_of_few_bars():
    assert repr(make([])) == "Barcode: 0 bars, 0 components"
    assert repr(make([math.inf], value_range=(0.0, 1.0), noise_floor=1e-15)) == (
        "Barcode: 1 bar, 1 component\n"
        "  values     0 to 1\n"
        "  births     0 to 0\n"
        "  stand out  1 bar: persistence > 1e-15 (noise floor: no gap)\n"
        "  essential  [0, inf)"
    )
    empty = make([math.inf, 1.0])[:0].significant()
    assert repr(empty) == "Barcode: 0 bars, 0 components\n  selected   persistence > 0 (noise floor: no gap)"


def test_repr_of_many_bars_is_short():
    generator = np.random.default_rng(0)
    bars = make([math.inf] * 1000 + generator.random(999_000).tolist())
    lines = repr(bars).splitlines()
    assert lines[0] == "Barcode: 1,000,000 bars, 1,000 components"
    assert len(lines) <= 8
    assert max(map(len, lines)) <= 100


def test_repr_counts_minima_on_the_boundary():
    bars = make([math.inf, 2.0])
    on_boundary = np.array([False, True])
    flagged = mb.MinimaBarcode(
        **{name: getattr(bars, name) for name in ARRAYS} | {"on_boundary": on_boundary}
    )
    assert "  boundary   1 minimum\n" in repr(flagged)
    assert "boundary" not in repr(bars)


def test_to_pandas():
    frame = make([math.inf, 2.0, 0.5], [0.0, 1.0, 3.0]).to_pandas()
    assert frame.columns.tolist() == [
        "minimum",
        "saddle",
        "parent",
        "birth",
        "death",
        "persistence",
        "size",
        "mean_height",
    ]
    assert frame["minimum"].tolist() == [0, 2, 4]
    assert frame["saddle"].tolist() == [-1, 3, 5]
    assert frame["death"].tolist() == [math.inf, 3.0, 3.5]
    assert frame["size"].dtype == np.int64
    assert frame.attrs["selection"] is None


def test_to_pandas_states_the_rule():
    bars = make([math.inf, 2.0, 0.1])
    assert bars.significant().to_pandas().attrs["selection"] == bars.significant().selection
    assert len(make([]).to_pandas()) == 0


# Grid indices


def test_unravel():
    minima, saddles = make([math.inf, 3.0, 2.0]).unravel((2, 3))
    assert minima.tolist() == [[0, 0], [0, 2], [1, 1]]
    assert saddles.tolist() == [[-1, -1], [1, 0], [1, 2]]
    assert minima.dtype == saddles.dtype == np.int64


def test_unravel_of_nothing():
    minima, saddles = make([]).unravel((2, 3, 4))
    assert minima.shape == saddles.shape == (0, 3)


def test_unravel_in_a_shape_too_small():
    with pytest.raises(ValueError, match=r"shape: expected a grid that holds vertex 4, got \(2, 2\)"):
        make([math.inf, 3.0, 2.0]).unravel((2, 2))


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.data())
def test_unravel_inverts_ravel(shape, data):
    n = math.prod(shape)
    minima = np.array(data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=8)))
    k = len(minima)
    bars = mb.MinimaBarcode(
        np.zeros((k, 2)), minima, minima[::-1], minima, np.ones(k, int), np.zeros(k), np.zeros(k, bool)
    )
    first, second = bars.unravel(shape)
    assert np.ravel_multi_index(tuple(first.T), shape).tolist() == minima.tolist()
    assert np.ravel_multi_index(tuple(second.T), shape).tolist() == minima[::-1].tolist()


# With the engine


def test_bars_of_a_merge_tree():
    values = np.array([3.0, 0.0, 4.0, 1.0, 2.5, 2.0, 6.0])
    bars = mb.merge_tree(values).barcode()
    assert bars.value_range == (0.0, 6.0)
    assert 0.0 <= bars.noise_floor < 1e-9
    assert bars.significant().minima.tolist() == [1, 3]
    assert [bar.persistence for bar in bars] == [math.inf, 3.0, 0.5]


def test_egg_crate_has_eight_bars_of_one_length():
    axis = np.linspace(-5.0, 5.0, 401)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    values = x**2 + y**2 + 25.0 * (np.sin(x) ** 2 + np.sin(y) ** 2)
    bars = mb.merge_tree(values).barcode()
    assert len(bars.significant(min_persistence=10.0)) == 9
    assert bars.significant(top=9).persistence[1:] == pytest.approx(18.082, rel=1e-3)


# Other degrees


def loops(**options):
    """Three bars of degree 1; the last one is essential."""
    return mb.CellBarcode(
        np.array([[0.0, 5.0], [1.0, 1.5], [2.0, np.inf]]),
        birth_vertices=np.array([10, 11, 12]),
        death_vertices=np.array([20, 21, -1]),
        birth_cells=np.array([3, 4, 6]),
        death_cells=np.array([8, 5, -1]),
        degree=1,
        **options,
    )


def test_every_barcode_is_one():
    assert isinstance(loops(), mb.Barcode)
    assert isinstance(make([math.inf]), mb.Barcode)
    assert isinstance(loops()[0], mb.Bar)
    assert isinstance(make([math.inf])[0], mb.Bar)
    assert make([math.inf]).degree == 0


def test_bars_of_cells():
    bars = loops()
    assert bars[0] == mb.CellBar(
        birth=0.0, death=5.0, degree=1, birth_cell=3, death_cell=8, birth_vertex=10, death_vertex=20
    )
    assert [bar.is_essential for bar in bars] == [False, False, True]
    assert bars.n_essential == 1
    assert isinstance(bars[1:], mb.CellBarcode)
    assert bars[[2, 0]].birth_cells.tolist() == [6, 3]
    assert bars[1:].death_vertices.tolist() == [21, -1]
    assert bars.significant(top=2).birth_cells.tolist() == [3, 6]
    assert bars.significant(min_persistence=1.0).selection == "persistence > 1"
    with pytest.raises(IndexError, match="index 3 is out of range for a barcode of 3 bars"):
        bars[3]


def test_bars_of_cells_as_text_and_table():
    assert repr(loops(value_range=(0.0, 9.0))) == (
        "Barcode of degree 1: 3 bars, 1 essential\n"
        "  values     0 to 9\n"
        "  births     0 to 2\n"
        "  stand out  2 bars: persistence > 1.6 (largest gap in log-persistence)\n"
        "  essential  [2, inf)\n"
        "  finite     [0, 5), [1, 1.5)"
    )
    frame = loops().significant(top=2).to_pandas()
    assert frame.columns.tolist() == [
        *("degree", "birth", "death", "persistence"),
        *("birth_cell", "death_cell", "birth_vertex", "death_vertex"),
    ]
    assert frame["death_cell"].tolist() == [8, -1]
    assert frame.attrs["selection"] == "top 2"


def test_bars_of_which_only_births_and_deaths_are_known():
    bars = mb.Barcode(np.array([[0.0, np.inf], [1.0, 4.0]]), degree=2)
    assert bars[1] == mb.Bar(1.0, 4.0)
    assert list(bars) == [mb.Bar(0.0, math.inf), mb.Bar(1.0, 4.0)]
    assert bars.birth_cells is None
    assert bars[1:].birth_cells is None
    assert bars.to_pandas().columns.tolist() == ["degree", "birth", "death", "persistence"]
    assert repr(mb.Barcode(np.zeros((0, 2)), degree=2)) == "Barcode of degree 2: 0 bars, none essential"


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda bars: pickle.loads(pickle.dumps(bars))])
def test_copies_of_bars_of_cells(clone):
    again = clone(loops(noise_floor=0.5))
    assert again[0] == loops()[0]
    assert (again.degree, again.noise_floor) == (1, 0.5)
    assert not again.birth_cells.flags.writeable


def test_sizes_that_are_not_known():
    bars = mb.MinimaBarcode(
        np.array([[0.0, np.inf], [1.0, 4.0]]),
        minima=np.array([0, 1]),
        saddles=np.array([-1, 2]),
        parents=np.full(2, -1),
        sizes=np.full(2, -1),
        mean_heights=np.full(2, np.nan),
        on_boundary=np.zeros(2, bool),
    )
    for ask in (lambda: bars.significant(min_size=2), lambda: bars.plot(color_by="size")):
        with pytest.raises(ValueError, match="the sizes of these bars are not known"):
            ask()
    with pytest.raises(TypeError):
        loops().significant(min_size=2)
