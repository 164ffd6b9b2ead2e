"""Changes of basis and representatives: chains of the Morse complex, and of the cells it stands for."""

import numpy as np
import pytest
from scipy import sparse

import morsebar as mb

FIELDS = (2, 3, 101, 2**31 - 1, "rational")
ROUNDS = 400

every_kind = pytest.mark.parametrize("kind", ["axis", "freudenthal", "flag", "simplicial"])


def random_morse_complex(rng, kind):
    """The Morse complex of a small function with many ties, on one kind of complex."""
    if kind in ("axis", "freudenthal"):
        d = int(rng.integers(1, 5))
        side = {"axis": (0, 16, 7, 4, 3), "freudenthal": (0, 16, 5, 4, 2)}[kind][d]
        shape = rng.integers(1, side + 1, d).tolist()
        complex_ = mb.Grid(shape, kind, [n >= 3 and bool(rng.integers(3) == 0) for n in shape])
    elif kind == "flag":
        shape = int(rng.integers(1, 14))
        edges = rng.integers(0, shape, (int(rng.integers(0, 5 * shape)), 2))
        complex_ = mb.FlagComplex(mb.Graph.from_edges(edges, shape), int(rng.integers(1, 5)))
    else:
        shape = int(rng.integers(1, 14))
        simplices = [rng.permutation(shape)[: rng.integers(1, 6)].tolist() for _ in range(12)]
        complex_ = mb.SimplicialComplex(simplices, shape)
    values = rng.integers(0, (2, 5, 100)[rng.integers(3)], shape).astype(float)
    if rng.integers(4) == 0:
        values[rng.random(shape) < 0.1] = np.inf
    return mb.morse_complex(values, complex_, n_jobs=1)


def order_of(field):
    """The number of elements of a field, 0 for the rationals."""
    return 0 if field == "rational" else field


def check_basis(form):
    """D T = T C for the canonical C of the pairs; T upper triangular in filtration order, and invertible."""
    prime, basis, boundary = order_of(form.field), form.basis, form.complex.boundary
    m = len(form.complex)
    births, deaths = form.pairs[form.pairs[:, 1] >= 0].T
    assert sorted([*form.pairs[:, 0], *deaths]) == list(range(m))
    canonical = sparse.csc_array((np.ones(len(births), np.int64), (births, deaths)), shape=(m, m))
    if prime:
        assert (basis.data > 0).all()
        assert (basis.data < prime).all()
    reach = np.abs(boundary).sum(axis=1).max() if m else 0
    assert int(reach) * int(np.abs(basis.data).max(initial=0)) < 2**63, "else the product means nothing"
    difference = (boundary @ basis - basis @ canonical).data
    assert not (difference % prime if prime else difference).any()
    place = np.empty(m, dtype=np.int64)
    place[form.order] = np.arange(m)
    entries = basis.tocoo()
    rows, columns = entries.coords
    assert (place[rows] <= place[columns]).all()
    assert np.count_nonzero((rows == columns) & (entries.data != 0)) == m


# Chains as {cell: coefficient}


def reduced(chain, prime):
    return {cell: y for cell, x in chain.items() if (y := x % prime if prime else x)}


def morse_chain(chain):
    return dict(zip(chain.critical.tolist(), chain.coefficients.tolist(), strict=True))


def morse_boundary(cx, chain, prime):
    total = {}
    matrix = cx.boundary
    for cell, x in morse_chain(chain).items():
        column = slice(*matrix.indptr[[cell, cell + 1]])
        for face, y in zip(matrix.indices[column].tolist(), matrix.data[column].tolist(), strict=True):
            total[face] = total.get(face, 0) + x * y
    return reduced(total, prime)


def oriented(vertices, cubical):
    """A cell as a key, and the sign of its orientation against that of the key."""
    if cubical:
        return tuple(vertices), 1
    swaps = sum(u > v for i, u in enumerate(vertices) for v in vertices[i + 1 :])
    return tuple(sorted(vertices)), (-1) ** swaps


def faces(vertices, cubical):
    """The facets of a cell, as vertices in the order of their orientation, with signs.

    Bit i of a corner of a cube tells whether it is one step along the i-th of the cube's axes.
    """
    if not cubical:
        return [(vertices[:i] + vertices[i + 1 :], (-1) ** i) for i in range(len(vertices)) if vertices[1:]]
    return [
        ([v for corner, v in enumerate(vertices) if corner >> axis & 1 == end], (-1) ** (axis + 1 - end))
        for axis in range(len(vertices).bit_length() - 1)
        for end in (0, 1)
    ]


def cell_chain(chain, cubical, prime):
    total = {}
    for vertices, x in zip(chain.vertices.tolist(), chain.cell_coefficients.tolist(), strict=True):
        key, sign = oriented(vertices, cubical)
        assert key not in total, "a cell occurs once"
        total[key] = sign * x
    return reduced(total, prime)


def cell_boundary(chain, cubical, prime):
    total = {}
    for vertices, x in zip(chain.vertices.tolist(), chain.cell_coefficients.tolist(), strict=True):
        for face, y in faces(vertices, cubical):
            key, sign = oriented(face, cubical)
            total[key] = total.get(key, 0) + x * y * sign
    return reduced(total, prime)


def check_highest(chain, values, cell, vertices):
    """A critical cell is the highest of a chain: by vertices from the highest down."""
    assert chain.critical[-1] == cell

    def place(cell):
        return sorted(((values[v], v) for v in cell), reverse=True)

    assert max(map(place, chain.vertices.tolist())) == place(vertices)


@every_kind
def test_random_complexes(kind):
    rng = np.random.default_rng(0)
    for round_ in range(ROUNDS):
        cx = random_morse_complex(rng, kind)
        field = FIELDS[round_ % len(FIELDS)]
        form = cx.canonical_form(field, basis=True, n_jobs=1)
        check_basis(form)
        assert form.pairs.tobytes() == cx.canonical_form(field, n_jobs=1).pairs.tobytes()
        prime, cubical, values = order_of(field), kind == "axis", cx.function.ravel().tolist()
        for birth, death in form.pairs.tolist():
            cycle = form.cycle(birth)
            check_highest(cycle, values, birth, cx.cell_vertices(birth).tolist())
            assert morse_boundary(cx, cycle, prime) == {}
            assert cell_boundary(cycle, cubical, prime) == {}
            if death >= 0:
                chain = form.chain(death)
                check_highest(chain, values, death, cx.cell_vertices(death).tolist())
                assert morse_boundary(cx, chain, prime) == reduced(morse_chain(cycle), prime)
                assert cell_boundary(chain, cubical, prime) == cell_chain(cycle, cubical, prime)


def edges_around(squares, coefficients, n):
    """The boundary of a chain of squares on a grid of n vertices, as coefficients of edges u n + v."""
    low, first, second, high = squares.T
    ends = np.concatenate([first * n + high, low * n + second, second * n + high, low * n + first])
    edges, place = np.unique(ends, return_inverse=True)
    total = np.zeros(len(edges), dtype=np.int64)
    np.add.at(total, place, np.concatenate([coefficients, -coefficients, -coefficients, coefficients]))
    return edges, total


def test_six_hump_camel():
    """Two rings around the summits, as bars, as loops of edges, and as the discs that fill them."""
    shape = (2000, 1500)
    x, y = np.linspace(-2, 2, shape[0])[:, None], np.linspace(-1.5, 1.5, shape[1])
    values = (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + 4 * (y**2 - 1) * y**2
    cx = mb.morse_complex(values)
    forms = {field: cx.canonical_form(field, basis=True) for field in (2, 3, "rational")}
    for field, form in forms.items():
        check_basis(form)
        assert form.pairs.tobytes() == cx.canonical_form(field).pairs.tobytes() == forms[2].pairs.tobytes()

    def largest_error(point, reach):
        """Of a vertex so many steps from a critical point; a hundredth is for higher derivatives."""
        (a, b), (u, v) = point, reach * np.array([4 / (shape[0] - 1), 3 / (shape[1] - 1)])
        second = abs(8 - 25.2 * a**2 + 10 * a**4), abs(48 * b**2 - 8)
        return 1.01 * (second[0] * u**2 / 2 + u * v + second[1] * v**2 / 2)

    # The grid has a vertex within half a step of a summit, along each axis; edges pass a saddle within one.
    errors = largest_error((1.296070, 0.605084), 1.0), largest_error((1.230230, 0.162335), 0.5)
    assert max(errors) < 1e-4
    bars = forms[2].barcodes[1]
    long = bars[bars.persistence > 0.1]
    assert len(long) == 2
    np.testing.assert_allclose(long.births, 2.229471, rtol=0, atol=errors[0] + 5e-7)
    np.testing.assert_allclose(long.deaths, 2.496295, rtol=0, atol=errors[1] + 5e-7)

    # What a summit ends is a loop around it.
    form, n = forms["rational"], values.size
    for bar in long:
        loop, disc = form.cycle(bar.birth_cell), form.chain(bar.death_cell)
        assert values.ravel()[loop.vertices].max() == bar.birth
        assert values.ravel()[disc.vertices].max() == bar.death
        assert cell_boundary(loop, True, 0) == {}
        edges, coefficients = edges_around(disc.vertices, disc.cell_coefficients, n)
        by_number = np.argsort(loop.vertices @ [n, 1])
        np.testing.assert_array_equal(edges[coefficients != 0], (loop.vertices @ [n, 1])[by_number])
        np.testing.assert_array_equal(coefficients[coefficients != 0], loop.cell_coefficients[by_number])
        steps = np.stack(np.unravel_index(loop.vertices, shape)) - np.reshape(
            np.unravel_index(bar.death_vertex, shape), (2, 1, 1)
        )
        (x0, x1), (y0, y1) = steps[0].T, steps[1].T
        turns = np.arctan2(x0 * y1 - x1 * y0, x0 * x1 + y0 * y1) * loop.cell_coefficients
        np.testing.assert_allclose(abs(turns.sum()), 2 * np.pi)
