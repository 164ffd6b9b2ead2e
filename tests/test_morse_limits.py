"""Morse complexes at their limits: degenerate functions, thin grids, odd arrays, huge numbers of paths."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

import morsebar as mb
from morsebar import Grid

inf, nan = np.inf, np.nan
both_grids = pytest.mark.parametrize("connectivity", ["axis", "freudenthal"])


def everything(cx, n_jobs=None):
    """All arrays of a Morse complex and of its canonical forms, one by one."""
    yield from (cx.values, cx.degrees, cx.vertices, cx.cells)
    yield from (cx.boundary.indptr, cx.boundary.indices, cx.boundary.data)
    for field in (2, 3, "rational"):
        form = cx.canonical_form(field, n_jobs=n_jobs)
        yield form.pairs
        for bars in form.barcodes:
            yield from (bars.diagram, bars.birth_cells, bars.death_cells)
    form = cx.canonical_form(3, basis=True, n_jobs=n_jobs)
    yield from (form.basis.indptr, form.basis.indices, form.basis.data)
    for birth, death in form.pairs[:20].tolist():
        chains = [form.cycle(birth)] + ([form.chain(death)] if death >= 0 else [])
        for chain in chains:
            yield from (chain.critical, chain.coefficients, chain.cells, chain.cell_coefficients)
            yield chain.vertices
    for line in cx.separatrices():
        yield np.array([line.critical, line.extremum, *line.vertices])
    parts = cx.segmentation(n_jobs=n_jobs)
    yield parts.minima
    if parts.maxima is not None:
        yield parts.maxima


def assert_same_bits(first, second, n_jobs=None):
    for a, b in zip(everything(first), everything(second, n_jobs), strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        assert a.tobytes() == b.tobytes()


# Degenerate functions


def diagrams(values, complex_=None, field=2):
    return [
        sorted(bars.diagram.tolist())
        for bars in mb.morse_complex(values, complex_).canonical_form(field).barcodes
    ]


@both_grids
@pytest.mark.parametrize("shape", [(6,), (5, 4), (4, 3, 5), (3, 4, 2, 3)])
def test_constant_functions(shape, connectivity):
    d = len(shape)
    plain = mb.morse_complex(np.full(shape, 7), Grid(shape, connectivity))
    assert plain.n_critical == (1, *[0] * d)
    torus = Grid([n + 1 for n in shape], connectivity, periodic=True)
    cx = mb.morse_complex(np.zeros(torus.shape), torus)
    bars = [sorted(bars.diagram.tolist()) for bars in cx.canonical_form().barcodes]
    assert bars == [
        [[0.0, inf]] * count for count in [(1, 1), (1, 2, 1), (1, 3, 3, 1), (1, 4, 6, 4, 1)][d - 1]
    ]


@both_grids
def test_products_of_squares(connectivity):
    """Lowest on two lines that cross, and no smaller anywhere: one bar, whatever the plateaus."""
    x = np.linspace(-1, 1, 41)
    for values in (
        np.multiply.outer(x**2, x**2),
        np.multiply.outer(np.multiply.outer(x**2, x**2), x[:9] ** 2),
    ):
        found = diagrams(values, Grid(values.shape, connectivity))
        assert found == [[[values.min(), inf]]] + [[]] * values.ndim
        # Upside down the pieces between the lines are separate, and no two of them join below zero.
        turned = diagrams(-values, Grid(values.shape, connectivity))
        assert len(turned[0]) == 4
        assert sum(map(len, turned[1:])) == 0


@both_grids
@pytest.mark.parametrize(
    "thin", [(9, 1, 7), (1, 9, 7), (9, 7, 1), (1, 9, 1, 7), (63, 1), (1, 63), (1, 1, 1, 63)]
)
def test_grids_one_vertex_thick_are_grids_of_fewer_axes(thin, connectivity):
    values = np.random.default_rng(0).integers(0, 9, thin)
    flat = np.squeeze(values)
    first, second = (mb.morse_complex(v, Grid(v.shape, connectivity)) for v in (values, flat))
    for name in ("values", "degrees", "vertices"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()
    assert (first.boundary != second.boundary).nnz == 0
    for field in (2, 3):
        forms = first.canonical_form(field), second.canonical_form(field)
        assert forms[0].pairs.tolist() == forms[1].pairs.tolist()
    assert not any(map(len, first.canonical_form().barcodes[flat.ndim :]))


EMPTY = [
    ([], None),
    (np.zeros((3, 0)), None),
    (np.zeros((0, 2, 0, 1)), None),
    (np.zeros((0, 3)), Grid((0, 3), "freudenthal", [False, True])),
    ([], mb.FlagComplex(mb.Graph.from_edges([], 0))),
    ([], mb.FlagComplex(np.zeros((0, 4), int), 4)),
    ([], mb.SimplicialComplex([])),
    ([nan, inf], Grid(2)),
    ([nan, nan, inf], mb.FlagComplex([[1], [2], [0]])),
    ([inf] * 3, mb.SimplicialComplex([[0, 1, 2]])),
    (np.full((3, 3), inf), Grid((3, 3), "freudenthal", periodic=True)),
]


@pytest.mark.parametrize(("values", "complex_"), EMPTY, ids=repr)
def test_nothing_in_the_domain(values, complex_):
    cx = mb.morse_complex(values, complex_, nan="mask")
    assert len(cx) == cx.euler_characteristic == cx.boundary.nnz == 0
    for field in (2, 3, "rational"):
        for basis in (False, True):
            form = cx.canonical_form(field, basis=basis)
            assert form.pairs.shape == (0, 2)
            assert all(bars.diagram.shape == (0, 2) for bars in form.barcodes)
            assert len(form.to_pandas()) == 0
            assert repr(form).startswith("CanonicalForm over")
    assert cx.separatrices() == []
    assert (cx.segmentation().minima == -1).all()
    assert len(cx.segmentation().minima) == np.size(values)
    assert "0 critical cells" in repr(cx)


# Arrays of other layouts and types


@both_grids
@pytest.mark.parametrize("shape", [(211,), (16, 13), (7, 5, 6), (4, 3, 5, 3)])
def test_the_layout_of_an_array_does_not_matter(shape, connectivity):
    values = np.random.default_rng(1).integers(-50, 50, shape)
    grid = Grid(shape, connectivity)
    cx = mb.morse_complex(values, grid)
    padded = np.zeros([2 * n + 1 for n in shape])
    window = padded[tuple(slice(1, None, 2) for _ in shape)]
    window[...] = values
    backwards = np.flip(np.flip(values).copy())
    layouts = [
        np.asfortranarray(values.astype(float)),
        window,
        backwards,
        values.ravel(),
        values.astype(np.float32),
        values.astype(np.float16),
        values.astype(np.int8),
        values.astype(">f8"),
        values.tolist(),
    ]
    for layout in layouts:
        assert_same_bits(cx, mb.morse_complex(layout, grid))


def test_values_of_single_precision_are_compared_as_they_are():
    values = np.random.default_rng(2).random((9, 9))
    single = mb.morse_complex(values.astype(np.float32))
    assert_same_bits(single, mb.morse_complex(values.astype(np.float32).astype(float)))
    assert set(single.values.tolist()) <= set(values.astype(np.float32).astype(float).ravel().tolist())


COMPLEXES = [
    (Grid(40), (40,)),
    (Grid((9, 8), periodic=[True, False]), (9, 8)),
    (Grid((6, 7), "freudenthal", [False, True]), (6, 7)),
    (Grid((4, 3, 5), periodic=True), (4, 3, 5)),
    (Grid((3, 3, 3, 3), "freudenthal"), (3, 3, 3, 3)),
    (mb.FlagComplex(Grid((5, 6), "full"), 3), (5, 6)),
    (mb.FlagComplex(mb.knn_graph(np.random.default_rng(0).random((60, 3)), 6), 3), (60,)),
    (
        mb.SimplicialComplex(
            np.random.default_rng(0).permuted(np.tile(np.arange(9), (14, 1)), axis=1)[:, :4]
        ),
        (9,),
    ),
]
every_complex = pytest.mark.parametrize(("complex_", "shape"), COMPLEXES, ids=repr)


@every_complex
def test_masked_vertices_are_as_good_as_infinite_ones(complex_, shape):
    rng = np.random.default_rng(3)
    for _ in range(5):
        values = rng.integers(0, 9, shape).astype(float)
        hidden = rng.random(shape) < 0.3
        values[hidden] = nan
        infinite = np.where(hidden, inf, values)
        some = np.where(hidden & (rng.random(shape) < 0.5), inf, values)
        cx = mb.morse_complex(infinite, complex_)
        assert not hidden.ravel()[cx.vertices].any()
        for masked in (values, some):
            assert_same_bits(cx, mb.morse_complex(masked, complex_, nan="mask"))


@every_complex
def test_the_same_bits_for_any_number_of_threads_and_after_a_pickle(complex_, shape):
    values = np.random.default_rng(4).integers(0, 9, shape)
    cx = mb.morse_complex(values, complex_, n_jobs=1)
    for n_jobs in (2, 7):
        assert_same_bits(cx, mb.morse_complex(values, complex_, n_jobs=n_jobs), n_jobs)
    assert_same_bits(cx, pickle.loads(pickle.dumps(cx)))
    form = cx.canonical_form(101, basis=True)
    copy = pickle.loads(pickle.dumps(form))
    assert copy.pairs.tobytes() == form.pairs.tobytes()
    assert (copy.basis != form.basis).nnz == 0
    for bars, others in zip(form.barcodes, copy.barcodes, strict=True):
        assert bars.diagram.tobytes() == others.diagram.tobytes()
        for birth in bars.birth_cells[:3]:
            assert form.cycle(birth).vertices.tobytes() == copy.cycle(birth).vertices.tobytes()


@pytest.mark.parametrize("seed", range(8))
def test_any_numbering_of_a_given_complex(seed):
    """The Morse complex of a function, its cells shuffled and given by hand, has the same bars."""
    rng = np.random.default_rng(seed)
    cx = mb.morse_complex(rng.integers(0, 40, (5, 5, 5)))
    cells = rng.permutation(len(cx))
    given = mb.MorseComplex(cx.values[cells], cx.degrees[cells], cx.boundary[:, cells][cells, :])
    for field in (2, 3, 2**31 - 1, "rational"):
        expected = [sorted(bars.diagram.tolist()) for bars in cx.canonical_form(field).barcodes]
        for basis in (False, True):
            found = [
                sorted(bars.diagram.tolist()) for bars in given.canonical_form(field, basis=basis).barcodes
            ]
            # A complex that is given has no degrees above those of its cells.
            assert found == expected[: given.dimension + 1]
            assert not any(expected[given.dimension + 1 :])


# Numbers of paths


def telescope(doublings):
    """A disc whose rim is wound twice around a circle, that twice around the next one, and so on.

    Vertices are numbered from the last circle up. By this height there is one critical cell in degrees 0, 1
    and 2, and the boundary of the last is 2^doublings times the second.
    """
    simplices = [(i, (i + 1) % 6) for i in range(6)]
    ring, n = list(range(6)), 6
    for _ in range(doublings):
        # A triangle on a hexagon, each of its edges on two; and a hexagon wound twice around the triangle.
        triangle, n = list(range(n, n + 3)), n + 3
        for j in range(3):
            low, middle, high = ring[2 * j - 1], ring[2 * j], ring[2 * j + 1]
            at, to = triangle[j], triangle[(j + 1) % 3]
            simplices += [(at, low, middle), (at, middle, high), (at, to, high)]
        ring, n = list(range(n, n + 6)), n + 6
        for j in range(6):
            at, to = triangle[j % 3], triangle[(j + 1) % 3]
            simplices += [(ring[j], at, to), (ring[j], ring[(j + 1) % 6], to)]
    simplices += [(n, ring[j], ring[(j + 1) % 6]) for j in range(6)]
    return mb.SimplicialComplex(simplices)


@pytest.mark.parametrize("doublings", [0, 1, 2, 31, 32, 62])
def test_numbers_of_paths_that_fit(doublings):
    complex_ = telescope(doublings)
    cx = mb.morse_complex(np.arange(complex_.n_vertices), complex_)
    assert cx.n_critical == (1, 1, 1)
    assert abs(cx.boundary).toarray().tolist() == [[0, 0, 0], [0, 0, 2**doublings], [0, 0, 0]]
    form = cx.canonical_form("rational", basis=True)
    assert form.pairs.tolist() == [[0, -1], [1, 2]]
    assert set(np.abs(form.cycle(1).cell_coefficients).tolist()) == {2**doublings}
    assert np.abs(form.chain(2).cell_coefficients).max() == 2**doublings


@pytest.mark.parametrize("doublings", [63, 64, 65, 1000])
def test_numbers_of_paths_beyond_64_bits(doublings):
    complex_ = telescope(doublings)
    cx = mb.morse_complex(np.arange(complex_.n_vertices), complex_)
    assert cx.n_critical == (1, 1, 1)
    with pytest.raises(OverflowError, match=r"critical cell 2 .* has a coefficient beyond 64 bits"):
        _ = cx.boundary
    top = complex_.n_vertices - 1
    assert diagrams(cx.function, complex_, 2) == [[[0.0, inf]], [[5.0, inf]], [[top, inf]]]
    for prime in (3, 101, 2**31 - 1):
        assert diagrams(cx.function, complex_, prime) == [[[0.0, inf]], [[5.0, top]], []]
        form = cx.canonical_form(prime, basis=True)
        assert form.chain(2).critical.tolist() == [2]
        assert form.cycle(1).coefficients.tolist() == [pow(2, doublings, prime)]


# Memory

SHORT_OF_MEMORY = """
import resource
import numpy as np
import morsebar as mb
values = np.zeros((70, 70, 70, 70), dtype=np.float32)
pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + 300 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    mb.morse_complex(values, n_jobs=2)
except MemoryError as error:
    print(error)
print(len(mb.merge_tree([0.0, 3.0, 1.0], n_jobs=1).barcode()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_too_little_memory_is_an_error_and_the_next_call_works():
    run = subprocess.run([sys.executable, "-c", SHORT_OF_MEMORY], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    first, last = run.stdout.splitlines()
    assert first == "not enough memory: 384160000 bytes were asked for at once"
    assert last == "2"
