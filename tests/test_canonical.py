import copy
import itertools
import math
import pickle

import gudhi
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_cells import cubes, kuhn, naive_pairs, pairs_of, simplices
from scipy import ndimage, sparse

import morsebar as mb
from morsebar import _core

PRIMES = [2, 3, 101]
RING = np.array([[1.0, 2.0, 1.5], [2.0, 9.0, 2.5], [1.0, 3.0, 1.0]])
PLANE = ([0.0, 1.0, 2.0], [0, 1, 2], [[0, 0, 0], [0, 0, 2], [0, 0, 0]])
#: The projective plane with six vertices.
SIX = [
    *([0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 5], [0, 1, 5]),
    *([1, 2, 4], [2, 3, 5], [1, 3, 4], [2, 4, 5], [1, 3, 5]),
]


def levels(outside=True):
    return st.sampled_from([-1.5, -0.0, 0.0, 1.0, 2.0, *([np.inf] if outside else [])])


@st.composite
def grids(draw, connectivity):
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    periodic = [size > 2 and draw(st.booleans()) for size in shape]
    n = math.prod(shape)
    values = np.array(draw(st.lists(levels(), min_size=n, max_size=n)))
    return values, mb.Grid(shape, connectivity, periodic)


@st.composite
def flags(draw):
    n = draw(st.integers(1, 9))
    pairs = list(itertools.combinations(range(n), 2))
    edges = draw(st.lists(st.sampled_from(pairs), max_size=24)) if pairs else []
    return np.array(draw(st.lists(levels(), min_size=n, max_size=n))), n, edges, draw(st.integers(1, 3))


@st.composite
def simplicials(draw):
    n = draw(st.integers(1, 9))
    sets = st.sets(st.integers(0, n - 1), min_size=1, max_size=4)
    return np.array(draw(st.lists(levels(), min_size=n, max_size=n))), n, draw(st.lists(sets, max_size=8))


def cliques(n, edges, dimension):
    joined = {frozenset(edge) for edge in edges}
    return [
        subset
        for size in range(1, dimension + 2)
        for subset in itertools.combinations(range(n), size)
        if all(frozenset(pair) in joined for pair in itertools.combinations(subset, 2))
    ]


def check(values, complex_, cells, prime):
    """The fast way, the textbook on the Morse complex, and the textbook on all cells agree."""
    cx = mb.morse_complex(values, complex_)
    fast = cx.canonical_form(prime)
    assert (np.diff(fast.pairs[:, 0]) > 0).all()
    assert sorted(fast.pairs[fast.pairs >= 0].tolist()) == list(range(len(cx)))
    assert pairs_of(fast) == naive_pairs(values.ravel(), cells, prime)
    textbook, _ = _core.naive_canonical_form(*cx._columns(0, False, 1), prime, False)
    assert fast.pairs.tolist() == textbook.tolist()
    assert cx.canonical_form(prime, basis=True).pairs.tolist() == fast.pairs.tolist()
    check_minima(fast, values)


def check_minima(form, values):
    """Degree 0 is the barcode of the merge tree, bit for bit, with the cells beside it."""
    cx, bars = form.complex, form.barcodes[0]
    graph = cx.complex if isinstance(cx.complex, mb.Grid) else cx.complex.graph
    expected = mb.merge_tree(values, graph).barcode()
    for name in ("diagram", "minima", "saddles", "parents", "sizes", "mean_heights", "on_boundary"):
        assert getattr(bars, name).tobytes() == getattr(expected, name).tobytes()
    assert (bars.value_range, bars.noise_floor) == (expected.value_range, expected.noise_floor) or not len(
        bars
    )
    assert (cx.vertices[bars.birth_cells] == bars.minima).all()
    assert (np.append(cx.vertices, -1)[bars.death_cells] == bars.saddles).all()


# Pairs


@given(grids("axis"), st.sampled_from(PRIMES))
def test_pairs_on_cubes(function, prime):
    values, grid = function
    check(values, grid, cubes(grid.shape, grid.periodic), prime)


@given(grids("freudenthal"), st.sampled_from(PRIMES))
def test_pairs_on_kuhn_triangulations(function, prime):
    values, grid = function
    check(values, grid, simplices(kuhn(grid.shape, grid.periodic), math.prod(grid.shape)), prime)


@given(flags(), st.sampled_from(PRIMES))
def test_pairs_on_flag_complexes(function, prime):
    values, n, edges, dimension = function
    complex_ = mb.FlagComplex(mb.Graph.from_edges(edges, n), dimension)
    check(values, complex_, simplices(cliques(n, edges, dimension), n), prime)


@given(simplicials(), st.sampled_from(PRIMES))
def test_pairs_on_explicit_simplices(function, prime):
    values, n, given_simplices = function
    complex_ = mb.SimplicialComplex([list(simplex) for simplex in given_simplices], n)
    check(values, complex_, simplices(given_simplices, n), prime)


@pytest.mark.parametrize("sigma", [0.0, 1.0, 2.0])
def test_bars_on_cubes_are_those_of_gudhi(sigma):
    values = ndimage.gaussian_filter(np.random.default_rng(3).standard_normal((14, 15, 16)), sigma)
    other = gudhi.CubicalComplex(vertices=values)
    other.persistence()
    form = mb.morse_complex(values).canonical_form(11)
    for degree in range(3):
        expected = other.persistence_intervals_in_dimension(degree).reshape(-1, 2)
        expected = expected[expected[:, 0] < expected[:, 1]]
        found = form.barcodes[degree].diagram
        assert found[np.lexsort(found.T)].tolist() == expected[np.lexsort(expected.T)].tolist()


def test_bars_of_a_torus():
    for shape, betti in (((5, 6), [1, 2, 1]), ((3, 4, 5), [1, 3, 3, 1])):
        for connectivity in ("axis", "freudenthal"):
            values = np.random.default_rng(4).random(shape)
            form = mb.morse_complex(values, mb.Grid(shape, connectivity, True)).canonical_form()
            assert [bars.n_essential for bars in form.barcodes] == betti


# The projective plane


@pytest.mark.parametrize(("field", "essential"), [(2, [1, 1, 1]), (3, [1, 0, 0]), ("rational", [1, 0, 0])])
def test_the_projective_plane(field, essential):
    rng = np.random.default_rng(5)
    plane = mb.SimplicialComplex(SIX)
    # The flag complex of the barycentric subdivision: cells are joined to their faces.
    cells = [frozenset(cell) for cell in simplices(SIX)]
    edges = [(i, j) for i, a in enumerate(cells) for j, b in enumerate(cells) if a < b]
    subdivided = mb.FlagComplex(mb.Graph.from_edges(edges, len(cells)))
    assert len(cells) == 31
    for cx in (
        mb.MorseComplex(*PLANE),
        mb.morse_complex(rng.random(6), plane),
        mb.morse_complex(rng.random(31), subdivided),
    ):
        assert cx.euler_characteristic == 1
        form = cx.canonical_form(field)
        assert [bars.n_essential for bars in form.barcodes] == essential
        assert cx.canonical_form(field, basis=True).pairs.tolist() == form.pairs.tolist()


def test_bars_of_a_given_complex():
    form = mb.MorseComplex(*PLANE).canonical_form(3)
    minima, loops, nothing = form.barcodes
    assert isinstance(minima, mb.MinimaBarcode)
    assert minima.diagram.tolist() == [[0.0, math.inf]]
    assert minima.minima.tolist() == minima.birth_cells.tolist() == [0]
    assert minima.saddles.tolist() == minima.parents.tolist() == minima.sizes.tolist() == [-1]
    assert np.isnan(minima.mean_heights).all()
    assert loops[0] == mb.CellBar(1.0, 2.0, 1, birth_cell=1, death_cell=2, birth_vertex=-1, death_vertex=-1)
    assert (len(nothing), nothing.degree, nothing.value_range) == (0, 2, (0.0, 2.0))


def test_bars_of_length_zero_are_pairs_only():
    circle = mb.MorseComplex(
        [0.0, 1.0, 1.0, 1.0], [0, 0, 1, 1], [[0, 0, 1, 1], [0, 0, -1, -1]] + [[0] * 4] * 2
    )
    form = circle.canonical_form()
    assert form.pairs.tolist() == [[0, -1], [1, 2], [3, -1]]
    assert [bars.diagram.tolist() for bars in form.barcodes] == [[[0.0, math.inf]], [[1.0, math.inf]]]


def test_the_order_of_a_given_complex_does_not_matter():
    cx = mb.morse_complex(ndimage.gaussian_filter(np.random.default_rng(6).standard_normal((20, 20)), 1.5))
    shuffle = np.random.default_rng(7).permutation(len(cx))
    given_complex = mb.MorseComplex(cx.values[shuffle], cx.degrees[shuffle], cx.boundary[shuffle][:, shuffle])
    expected = [bars.diagram.tolist() for bars in cx.canonical_form(5).barcodes]
    assert [bars.diagram.tolist() for bars in given_complex.canonical_form(5).barcodes] == expected
    check_basis(given_complex, 5)


def test_a_boundary_whose_boundary_is_not_zero():
    cx = mb.MorseComplex([0.0, 1.0, 2.0], [0, 1, 2], [[0, 2, 0], [0, 0, 3], [0, 0, 0]])
    assert len(cx.canonical_form(2).pairs) == 2
    assert len(cx.canonical_form(3).pairs) == 2
    for field in (5, "rational"):
        for basis in (False, True):
            with pytest.raises(ValueError, match="boundary"):
                cx.canonical_form(field, basis)


# Fields


@pytest.mark.parametrize(
    "field", [0, 1, 4, -2, 2**31, 2_147_483_649, 2147483647 - 2, 2.0, True, None, "real", "2", [2]]
)
@pytest.mark.parametrize("basis", [False, True])
def test_what_is_no_field(field, basis):
    with pytest.raises(ValueError, match=r"field is .*, expected a prime below 2\*\*31, or 'rational'"):
        mb.morse_complex(RING).canonical_form(field, basis)


@pytest.mark.parametrize("field", [2, np.int64(3), 2_147_483_647, "rational"])
def test_fields(field):
    form = mb.morse_complex(RING).canonical_form(field)
    assert form.field == field
    assert form.barcodes[1].diagram.tolist() == [[3.0, 9.0]]


# The change of basis


def check_basis(cx, field):
    """D T = T C for the canonical C of the pairs; T is invertible, in filtration order upper triangular."""
    form = cx.canonical_form(field, basis=True)
    prime = 0 if field == "rational" else int(field)
    m = len(cx)
    births, deaths = form.pairs[form.pairs[:, 1] >= 0].T
    canonical = sparse.csc_array((np.ones(len(births), np.int64), (births, deaths)), shape=(m, m))
    difference = (cx.boundary @ form.basis - form.basis @ canonical).toarray()
    assert not (difference % prime if prime else difference).any()
    ordered = form.basis.toarray()[np.ix_(form.order, form.order)]
    assert not np.tril(ordered, -1).any()
    assert np.diagonal(ordered).all()
    assert form.basis.dtype == np.int64
    if prime:
        assert (form.basis.data > 0).all()
        assert (form.basis.data < prime).all()
    return form


@given(simplicials(), st.sampled_from([2, 3, 101, 2_147_483_647, "rational"]))
def test_the_change_of_basis(function, field):
    values, n, given_simplices = function
    check_basis(mb.morse_complex(values, mb.SimplicialComplex(list(map(list, given_simplices)), n)), field)


def test_the_change_of_basis_is_inverted_by_multiplication_too():
    cx = mb.morse_complex(RING)
    form = check_basis(cx, 3)
    inverse = np.rint(np.linalg.inv(form.basis.toarray()) * round(np.linalg.det(form.basis.toarray())))
    scale = pow(round(np.linalg.det(form.basis.toarray())), -1, 3)
    canonical = np.zeros((9, 9))
    for birth, death in form.pairs[form.pairs[:, 1] >= 0]:
        canonical[birth, death] = 1
    assert (scale * inverse @ cx.boundary.toarray() @ form.basis.toarray() % 3 == canonical).all()


def test_no_basis_unless_asked_for():
    form = mb.morse_complex(RING).canonical_form()
    assert form.basis is None
    with pytest.raises(ValueError, match=r"no change of basis, ask for one by canonical_form\(basis=True\)"):
        form.cycle(0)


def test_a_basis_beyond_int64():
    # The last column meets all the others, and has thirds of thirds of its entry to take from them.
    n = 80
    boundary = np.zeros((2 * n, 2 * n), dtype=np.int64)
    for k in range(n - 1):
        boundary[[k, k + 1], n + k] = 1, 3
    boundary[n - 1, 2 * n - 1] = 1
    cx = mb.MorseComplex([0.0] * n + [1.0] * n, [0] * n + [1] * n, boundary)
    assert len(cx.canonical_form("rational").pairs) == n
    check_basis(cx, 7)
    with pytest.raises(OverflowError, match=r"has an entry of \d+ bits, expected at most 63"):
        cx.canonical_form("rational", basis=True)


# Representatives


def in_order(vertices):
    """The sign of the permutation that sorts vertices, and the sorted ones."""
    swaps = sum(u > v for u, v in itertools.combinations(vertices, 2))
    return (-1) ** swaps, tuple(sorted(vertices))


def as_chain(terms, prime):
    """The sum of simplices with coefficients, as {sorted vertices: coefficient}."""
    total = {}
    for vertices, x in terms:
        sign, cell = in_order(vertices)
        total[cell] = (total.get(cell, 0) + sign * x) % prime
    return {cell: x for cell, x in total.items() if x}


def terms_of(chain):
    return zip(chain.vertices.tolist(), chain.cell_coefficients.tolist(), strict=True)


def boundary_of(chain, prime):
    """The boundary of a chain of simplices."""
    terms = [
        (vertices[:i] + vertices[i + 1 :], (-1) ** i * x)
        for vertices, x in terms_of(chain)
        for i in range(len(vertices))
    ]
    return as_chain(terms, prime)


@pytest.mark.parametrize("prime", PRIMES)
def test_cycles_have_no_boundary_and_chains_end_them(prime):
    values = ndimage.gaussian_filter(np.random.default_rng(8).standard_normal((9, 10)), 1)
    grid = mb.Grid(values.shape, "freudenthal", periodic=[True, False])
    cx = mb.morse_complex(values, grid)
    form = cx.canonical_form(prime, basis=True)
    columns = form.basis.toarray()
    for birth, death in form.pairs.tolist():
        cycle = form.cycle(birth)
        assert cycle.critical[-1] == birth
        assert columns[:, birth][cycle.critical].tolist() == cycle.coefficients.tolist()
        assert np.count_nonzero(columns[:, birth]) == len(cycle.critical)
        assert values.ravel()[cycle.vertices].max() == cx.values[birth]
        if cx.degrees[birth] > 0:
            assert boundary_of(cycle, prime) == {}
        if death >= 0:
            chain = form.chain(death)
            assert chain.critical[-1] == death
            assert values.ravel()[chain.vertices].max() == cx.values[death]
            assert boundary_of(chain, prime) == as_chain(terms_of(cycle), prime)


def test_a_loop_around_a_summit():
    form = mb.morse_complex(RING).canonical_form(basis=True)
    bar = form.barcodes[1][0]
    loop, disc = form.cycle(bar.birth_cell), form.chain(bar.death_cell)
    assert loop.vertices.shape == (8, 2)
    assert set(loop.vertices.ravel()) == set(range(9)) - {4}
    assert disc.vertices.shape == (4, 4)
    assert loop.cell_coefficients.tolist() == [1] * 8
    assert not loop.vertices.flags.writeable


def test_chains_of_a_given_complex_are_its_own_cells():
    chain = mb.MorseComplex(*PLANE).canonical_form("rational", basis=True).chain(2)
    assert chain.critical.tolist() == chain.cells.tolist() == [2]
    assert chain.coefficients.tolist() == chain.cell_coefficients.tolist()
    assert chain.vertices.shape == (1, 0)


@pytest.mark.parametrize("cell", [-1, 9, 2.0, None, 8])
def test_cycles_of_what_gives_no_birth(cell):
    form = mb.morse_complex(RING).canonical_form(basis=True)
    with pytest.raises(ValueError, match=r"birth_cell is .*, which gives birth to no bar"):
        form.cycle(cell)
    if cell != 8:
        with pytest.raises(ValueError, match=r"death_cell is .*, which ends no bar"):
            form.chain(cell)


# Text, tables, copies


def test_text():
    assert repr(mb.morse_complex(RING).canonical_form(basis=True)) == (
        "CanonicalForm over Z/2: 9 critical cells, 5 pairs, with the change of basis\n"
        "  degree 0  4 bars, 1 essential: [1, inf), [1, 2.5), [1, 2), [1.5, 2)\n"
        "  degree 1  1 bar: [3, 9)\n"
        "  degree 2  0 bars"
    )
    assert repr(mb.MorseComplex(*PLANE).canonical_form("rational")).startswith(
        "CanonicalForm over the rationals: 3 critical cells, 2 pairs\n"
    )


def test_to_pandas():
    form = mb.morse_complex(RING).canonical_form()
    frame = form.to_pandas()
    assert frame.columns.tolist() == [
        *("degree", "birth", "death", "persistence"),
        *("birth_cell", "death_cell", "birth_vertex", "death_vertex"),
    ]
    assert frame["degree"].tolist() == [0, 0, 0, 0, 1]
    assert frame["birth_vertex"].tolist()[:4] == form.barcodes[0].minima.tolist()
    assert frame["death_vertex"].tolist()[:4] == form.barcodes[0].saddles.tolist()
    assert frame["persistence"].tolist()[-1] == 6.0
    assert frame["death_cell"].tolist()[0] == frame["death_vertex"].tolist()[0] == -1
    assert len(mb.morse_complex(np.zeros((0, 3))).canonical_form().to_pandas()) == 0


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda form: pickle.loads(pickle.dumps(form))])
def test_copies(clone):
    form = mb.morse_complex(RING).canonical_form(3, basis=True)
    again = clone(form)
    assert repr(again) == repr(form)
    assert again.pairs.tolist() == form.pairs.tolist()
    assert (again.basis != form.basis).nnz == 0
    assert not again.pairs.flags.writeable
    assert not again.basis.data.flags.writeable
    assert again.cycle(0).vertices.tolist() == form.cycle(0).vertices.tolist()


def test_values_of_single_precision_stay_what_they_are():
    values = np.random.default_rng(9).random((12, 13), dtype=np.float32)
    form = mb.morse_complex(values).canonical_form()
    assert set(form.barcodes[1].births) <= set(values.astype(np.float64).ravel())
    assert form.barcodes[1].noise_floor == pytest.approx(8 * 2.0**-23, rel=0.1)


def test_progress(capsys):
    form = mb.morse_complex(RING, progress=True).canonical_form(progress=True)
    assert form.pairs.tolist() == mb.morse_complex(RING).canonical_form().pairs.tolist()
    assert mb.morse_complex(RING).canonical_form(basis=True, progress=True).basis is not None
    assert "discrete gradient" in capsys.readouterr().err


def test_entries_that_do_not_fit_and_ragged_lists_are_refused():
    twice = sparse.coo_array(([2**62, 2**62], ([0, 0], [1, 1])), shape=(2, 2))
    with pytest.raises(ValueError, match="boundary has entries of one place that add up"):
        mb.MorseComplex([0.0, 1.0], [0, 1], twice)
    with pytest.raises(ValueError, match="boundary is no array"):
        mb.MorseComplex([0.0, 1.0], [0, 1], [[0], [0, 1]])
