import copy
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, sparse

import morsebar as mb

RING = np.array([[1.0, 2.0, 1.5], [2.0, 9.0, 2.5], [1.0, 3.0, 1.0]])


@st.composite
def functions_on_complexes(draw):
    """Values with many ties, some outside, on a complex of any kind."""
    kind = draw(st.sampled_from(["axis", "freudenthal", "flag", "simplicial"]))
    if kind in ("axis", "freudenthal"):
        shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
        periodic = [size > 2 and draw(st.booleans()) for size in shape]
        complex_ = mb.Grid(shape, kind, periodic)
    else:
        n = draw(st.integers(1, 9))
        pairs = list(itertools.combinations(range(n), 2))
        if kind == "flag":
            edges = draw(st.lists(st.sampled_from(pairs), max_size=20)) if pairs else []
            complex_ = mb.FlagComplex(mb.Graph.from_edges(edges, n), draw(st.integers(1, 3)))
        else:
            sets = st.sets(st.integers(0, n - 1), min_size=1, max_size=4)
            complex_ = mb.SimplicialComplex(list(map(list, draw(st.lists(sets, max_size=8)))), n)
    n = complex_.n_vertices
    levels = st.sampled_from([-1.5, -0.0, 0.0, 1.0, 2.0, np.inf])
    return np.array(draw(st.lists(levels, min_size=n, max_size=n))), complex_


def composed(cx):
    """The largest entry of the boundary of a boundary."""
    return abs(cx.boundary @ cx.boundary).max() if len(cx) else 0


# From values


@given(functions_on_complexes())
def test_laws(function):
    values, complex_ = function
    cx = mb.morse_complex(values, complex_)
    assert composed(cx) == 0
    assert sum(cx.n_critical) == len(cx) == len(cx.values)
    assert (cx.values == values[cx.vertices]).all()
    i, j = cx.boundary.nonzero()
    assert (cx.degrees[i] == cx.degrees[j] - 1).all()
    assert (i < j).all()
    assert (np.diff(cx.values) >= 0).all()
    n_bars = [
        np.count_nonzero(cx.degrees[cx.canonical_form().pairs[:, 0]] == k) for k in range(len(cx.n_critical))
    ]
    assert all(bars <= count for bars, count in zip(n_bars, cx.n_critical, strict=True))


@given(functions_on_complexes())
def test_cells_begin_at_their_highest_vertex(function):
    values, complex_ = function
    cx = mb.morse_complex(values, complex_)
    for i in range(len(cx)):
        vertices = cx.cell_vertices(i)
        assert max(vertices, key=lambda v: (values[v], v)) == cx.vertices[i]
        cubical = isinstance(complex_, mb.Grid) and complex_.connectivity == "axis"
        assert len(vertices) == (2 ** cx.degrees[i] if cubical else cx.degrees[i] + 1)


def test_a_ring():
    cx = mb.morse_complex(RING)
    assert cx.n_critical == (4, 4, 1)
    assert cx.euler_characteristic == 1
    assert cx.dimension == 2
    assert cx.degrees.dtype == cx.vertices.dtype == cx.cells.dtype == np.int64
    assert cx.values.tolist() == sorted(cx.values)
    assert cx.vertices[-1] == 4
    assert sorted(cx.cell_vertices(8).tolist())[-1] in (4, 5, 7, 8)


@pytest.mark.parametrize("i", [-1, 9, 1.0, None])
def test_cells_that_are_none(i):
    with pytest.raises(ValueError, match="expected a critical cell: 0 to 8"):
        mb.morse_complex(RING).cell_vertices(i)


def test_the_boundary_by_degree():
    cx = mb.morse_complex(RING)
    parts = cx.boundaries
    assert [part.shape for part in parts] == [(0, 4), (4, 4), (4, 1)]
    assert cx.boundary.dtype == np.int64
    assert isinstance(cx.boundary, sparse.csc_array)
    ones, twos = np.flatnonzero(cx.degrees == 1), np.flatnonzero(cx.degrees == 2)
    assert (parts[2].toarray() == cx.boundary.toarray()[np.ix_(ones, twos)]).all()
    assert (parts[1] @ parts[2]).nnz == 0 or abs(parts[1] @ parts[2]).max() == 0
    # Every edge has two ends of opposite sign, or meets one minimum twice.
    assert (np.asarray(parts[1].sum(axis=0)) == 0).all()


@pytest.mark.parametrize(
    ("values", "complex_", "n_critical"),
    [
        ([], None, (0, 0)),
        ([5.0], None, (1, 0)),
        (np.zeros((4, 1, 3)), None, (1, 0, 0, 0)),
        (np.zeros((0, 4)), None, (0, 0, 0)),
        (np.zeros((5, 5)), None, (1, 0, 0)),
        (np.zeros((4, 4)), mb.Grid((4, 4), periodic=True), (1, 2, 1)),
        (np.zeros((3, 3, 3)), mb.Grid((3, 3, 3), periodic=True), (1, 3, 3, 1)),
        (np.zeros((3, 3, 3)), mb.Grid((3, 3, 3), "freudenthal", periodic=True), (1, 3, 3, 1)),
        (np.full((3, 3), np.inf), None, (0, 0, 0)),
        ([True, False, True], None, (1, 0)),
    ],
)
def test_degenerate_functions(values, complex_, n_critical):
    cx = mb.morse_complex(values, complex_)
    assert cx.n_critical == n_critical
    assert len(cx.canonical_form().barcodes) == len(n_critical)


def test_a_function_with_crossing_valleys():
    axis = np.linspace(-1, 1, 41)
    cx = mb.morse_complex(np.outer(axis**2, axis**2))
    form = cx.canonical_form()
    assert cx.euler_characteristic == 1
    assert form.barcodes[0].diagram.tolist() == [[0.0, np.inf]]
    assert [len(bars) for bars in form.barcodes[1:]] == [0, 0]


def test_nan_and_infinite_values():
    values = RING.copy()
    values[1, 1] = np.nan
    with pytest.raises(ValueError, match=r"values\[4\] is NaN"):
        mb.morse_complex(values)
    masked = mb.morse_complex(values, nan="mask")
    assert masked.n_critical == (4, 4, 0)
    assert masked.canonical_form().barcodes[1].diagram.tolist() == [[3.0, np.inf]]
    values[1, 1] = np.inf
    assert mb.morse_complex(values).canonical_form().pairs.tolist() == masked.canonical_form().pairs.tolist()
    with pytest.raises(ValueError, match="inf"):
        mb.morse_complex([0.0, -np.inf])
    with pytest.raises(ValueError, match="nan is 'drop', expected 'raise' or 'mask'"):
        mb.morse_complex([0.0], nan="drop")
    with pytest.raises(ValueError, match="dtype complex128"):
        mb.morse_complex([1j])


def test_the_same_for_any_number_of_threads():
    values = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((40, 41, 9)), 1.5)

    def everything(n_jobs):
        cx = mb.morse_complex(values, n_jobs=n_jobs)
        form = cx.canonical_form(n_jobs=n_jobs)
        parts = cx.segmentation(n_jobs=n_jobs)
        arrays = (cx.values, cx.degrees, cx.vertices, cx.cells, cx.boundary.data, cx.boundary.indices)
        return [array.tolist() for array in (*arrays, form.pairs, parts.minima, parts.maxima)]

    first = everything(1)
    assert everything(2) == first
    assert everything(7) == first


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda cx: pickle.loads(pickle.dumps(cx))])
@pytest.mark.parametrize("asked", [False, True])
def test_copies_make_their_gradient_again(clone, asked):
    cx = mb.morse_complex(RING)
    if asked:
        assert cx.boundary.nnz
    again = clone(cx)
    assert repr(again) == repr(cx)
    assert not again.values.flags.writeable
    assert not again.boundary.data.flags.writeable
    assert (again.boundary != cx.boundary).nnz == 0
    assert again.canonical_form().pairs.tolist() == cx.canonical_form().pairs.tolist()
    assert again.cell_vertices(8).tolist() == cx.cell_vertices(8).tolist()
    assert len(again.separatrices()) == len(cx.separatrices())


def test_text():
    assert repr(mb.morse_complex(RING)) == (
        "MorseComplex: 9 critical cells, Euler characteristic 1\n"
        "  values    1 to 9\n"
        "  degree 0  4 cells\n"
        "  degree 1  4 cells\n"
        "  degree 2  1 cell\n"
        "  on        Grid(shape=(3, 3), connectivity='axis', periodic=(False, False))"
    )


# Lines and labels


@pytest.mark.parametrize("connectivity", ["axis", "freudenthal"])
def test_separatrices_go_down_and_up(connectivity):
    values = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal((30, 34)), 2)
    cx = mb.morse_complex(values, mb.Grid(values.shape, connectivity))
    flat, lines = values.ravel(), cx.separatrices()
    saddles = np.flatnonzero(cx.degrees == 1)
    assert sorted({line.critical for line in lines}) == saddles.tolist()
    down = [line for line in lines if line.extremum >= 0 and cx.degrees[line.extremum] == 0]
    assert np.bincount([line.critical for line in down])[saddles].tolist() == [2] * len(saddles)
    for line in down:
        assert line.vertices[-1] == cx.vertices[line.extremum]
        assert (np.diff(flat[line.vertices]) < 0).all()
    up = [line for line in lines if line.extremum >= 0 and cx.degrees[line.extremum] == 2]
    assert up
    for line in up:
        assert line.vertices[-1] == cx.vertices[line.extremum]
    # The boundary of a saddle is what its two lines lead to.
    for saddle in saddles:
        ends = [line.extremum for line in down if line.critical == saddle]
        column = cx.boundary[:, [saddle]].toarray().ravel()
        assert set(np.flatnonzero(column)) == (set(ends) if ends[0] != ends[1] else set())


def test_separatrices_of_some_cells():
    cx = mb.morse_complex(RING)
    assert {line.critical for line in cx.separatrices([5, 4])} == {4, 5}
    assert [line.critical for line in cx.separatrices(5)] == [5] * len(cx.separatrices([5]))
    assert cx.separatrices([]) == []


@pytest.mark.parametrize(
    ("critical", "message"),
    [
        ([9], "critical has 9, which is not a critical cell; expected 0 to 8"),
        ([-1], "critical has -1, which is not a critical cell"),
        ([0], "critical has 0, of degree 0, expected 1"),
        ([8], "critical has 8, of degree 2, expected 1"),
        ([0.5], "expected integers"),
    ],
)
def test_separatrices_of_what_is_no_saddle(critical, message):
    with pytest.raises(ValueError, match=message):
        mb.morse_complex(RING).separatrices(critical)


def test_labels():
    values = ndimage.gaussian_filter(np.random.default_rng(2).standard_normal((30, 34)), 2)
    cx = mb.morse_complex(values)
    parts = cx.segmentation()
    minima, maxima = (np.flatnonzero(cx.degrees == degree) for degree in (0, 2))
    assert parts.minima.shape == parts.maxima.shape == (values.size,)
    assert (parts.minima[cx.vertices[minima]] == minima).all()
    assert set(parts.minima) == set(minima)
    assert set(parts.maxima) - {-1} == set(maxima)
    assert (cx.values[parts.minima] <= values.ravel()).all()
    of_simplices = mb.morse_complex(values, mb.Grid(values.shape, "freudenthal")).segmentation()
    assert of_simplices.maxima.shape == (values.size, 2)
    assert mb.morse_complex([0.0, 1.0], mb.FlagComplex(mb.Grid(2))).segmentation().maxima is None


def test_labels_outside_the_domain():
    parts = mb.morse_complex([0.0, np.inf, 1.0]).segmentation()
    assert parts.minima.tolist() == [0, -1, 1]


# Given by the boundary


PLANE = ([0.0, 1.0, 2.0], [0, 1, 2], [[0, 0, 0], [0, 0, 2], [0, 0, 0]])


@pytest.mark.parametrize("make", [np.array, sparse.csr_array, sparse.csc_matrix, sparse.coo_array, list])
def test_a_boundary_of_any_kind(make):
    cx = mb.MorseComplex(PLANE[0], PLANE[1], make(PLANE[2]))
    assert cx.boundary.toarray().tolist() == PLANE[2]
    assert cx.boundary.dtype == np.int64
    assert cx.n_critical == (1, 1, 1)
    assert cx.euler_characteristic == 1
    assert cx.vertices.tolist() == cx.cells.tolist() == [-1, -1, -1]
    assert not cx.boundary.data.flags.writeable


def test_stored_zeros_and_repeated_entries():
    entries = sparse.coo_array(([1, 1, 0], ([1, 1, 0], [2, 2, 2])), shape=(3, 3))
    assert mb.MorseComplex(PLANE[0], PLANE[1], entries).boundary.toarray().tolist() == PLANE[2]


def test_the_callers_matrix_stays_what_it_is():
    matrix = sparse.csc_array(np.array(PLANE[2]))
    mb.MorseComplex(PLANE[0], PLANE[1], matrix)
    matrix.data[0] = 7
    assert matrix.data.tolist() == [7]


def test_filtration_order_of_a_given_complex():
    cx = mb.MorseComplex([1.0, 1.0, 0.0, 1.0], [1, 0, 0, 0], np.zeros((4, 4), int))
    assert cx.order.tolist() == [2, 1, 3, 0]


@pytest.mark.parametrize(
    ("values", "degrees", "boundary", "message"),
    [
        ([0.0, np.nan], [0, 1], np.zeros((2, 2), int), r"values\[1\] is nan, expected a finite number"),
        ([0.0, np.inf], [0, 1], np.zeros((2, 2), int), r"values\[1\] is inf, expected a finite number"),
        ([[0.0]], [0], [[0]], r"values has shape \(1, 1\), expected \(m,\)"),
        ([0.0, 1.0], [0], np.zeros((2, 2), int), r"degrees has shape \(1,\) .*, expected \(2,\) integers"),
        ([0.0, 1.0], [0.0, 1.0], np.zeros((2, 2), int), "degrees has .* dtype float64, expected"),
        ([0.0, 1.0], [0, -1], np.zeros((2, 2), int), r"degrees\[1\] is -1, expected 0 to 255"),
        ([0.0, 1.0], [0, 1000], np.zeros((2, 2), int), r"degrees\[1\] is 1000, expected 0 to 255"),
        ([0.0, 1.0], [0, 1], np.zeros((2, 3), int), r"boundary has shape \(2, 3\)"),
        ([0.0, 1.0], [0, 1], np.zeros((2, 2)), "boundary has .* dtype float64, expected"),
        ([0.0, 1.0], [0, 1], sparse.csr_array((2, 2)), "boundary has .* dtype float64, expected"),
        ([0.0, 1.0], [0, 1], "x", "boundary has shape"),
        ([0.0, 1.0], [0, 1], np.array([[0, 2**63], [0, 0]], np.uint64), "at most 2\\*\\*63 - 1"),
        (
            [0.0, 1.0],
            [0, 2],
            [[0, 3], [0, 0]],
            r"boundary\[0, 1\] is 3, but cell 0 has degree 0 and cell 1 degree 2, expected degrees that drop",
        ),
        (
            [2.0, 1.0],
            [0, 1],
            [[0, 1], [0, 0]],
            r"boundary\[0, 1\] is 1, but cell 0 has value 2.0 and cell 1 only 1.0",
        ),
    ],
)
def test_complexes_that_are_none(values, degrees, boundary, message):
    with pytest.raises(ValueError, match=message):
        mb.MorseComplex(values, degrees, boundary)


def test_a_complex_of_nothing():
    cx = mb.MorseComplex([], [], [])
    assert (len(cx), cx.n_critical, cx.euler_characteristic, cx.dimension) == (0, (0,), 0, 0)
    assert repr(cx) == "MorseComplex: 0 critical cells, Euler characteristic 0\n  degree 0  0 cells"
    assert len(cx.canonical_form().pairs) == 0


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda cx: pickle.loads(pickle.dumps(cx))])
def test_copies_of_a_given_complex(clone):
    again = clone(mb.MorseComplex(*PLANE))
    assert again.boundary.toarray().tolist() == PLANE[2]
    assert not again.values.flags.writeable
    assert not again.boundary.data.flags.writeable
    assert len(again.canonical_form(3).pairs) == 2


def test_attributes_cannot_be_set():
    for cx in (mb.MorseComplex(*PLANE), mb.morse_complex(RING)):
        with pytest.raises(AttributeError):
            cx.values = np.zeros(3)
        with pytest.raises(ValueError, match="read-only"):
            cx.values[0] = 1.0
