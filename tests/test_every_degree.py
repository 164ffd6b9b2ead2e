"""Bars of every degree against GUDHI, product rules, surfaces, and functions whose bars are known."""

from itertools import combinations, product

import numpy as np
import pytest
from plain_cells import kuhn, simplices
from scipy.spatial import Delaunay

import morsebar as mb
from morsebar import _core

gudhi = pytest.importorskip("gudhi")

PRIMES = (2, 3, 101)
ROUNDS = 2000


def by_degree(form):
    """The bars of positive length of every degree, as sorted lists of pairs."""
    return [sorted(map(tuple, bars.diagram.tolist())) for bars in form.barcodes]


def bars_over(cx, prime):
    return by_degree(cx.canonical_form(prime, n_jobs=1))


def betti(cx, field, degrees):
    """The numbers of essential bars of so many degrees."""
    counts = [bars.n_essential for bars in cx.canonical_form(field).barcodes]
    return tuple(counts[:degrees] + [0] * (degrees - len(counts)))


# Random values: few levels make plateaus and ties, floats make neither


def random_values(rng, n):
    kind = rng.integers(6)
    if kind == 0:
        return rng.standard_normal(n)
    if kind == 1:
        return rng.standard_normal(n).astype(np.float32)
    values = rng.integers(0, (1, 2, 4, 12)[kind - 2], n) - 1.0
    if rng.integers(4) == 0:
        values[rng.random(n) < 0.2] = np.inf
    return values


def random_shape(rng, d, sides):
    """Sizes of axes, and which of them are periodic."""
    shape = tuple(int(n) for n in rng.integers(1, sides[d] + 1, d))
    return shape, [bool(n >= 3 and rng.integers(3) == 0) for n in shape]


# The same complexes in GUDHI


def gudhi_bars(complex_, degrees, **options):
    found = [[] for _ in range(degrees)]
    for degree, bar in complex_.persistence(min_persistence=0, **options):
        if bar[0] < np.inf:
            found[degree].append(bar)
    return [sorted(bars) for bars in found]


def simplex_tree(values, simplices):
    """The lower-star filtration of simplices and their faces."""
    tree = gudhi.SimplexTree()
    for simplex in simplices:
        tree.insert(simplex, filtration=-1e300)
    for v, value in enumerate(values.tolist()):
        tree.insert([v])
        tree.assign_filtration([v], value)
    tree.make_filtration_non_decreasing()
    return tree


# What holds of every complex


def check_degree_zero(cx, form, tree, message):
    """Pairs of degree 0, and everything a barcode of minima says, are those of the merge tree."""
    births, deaths = form.pairs[cx.degrees[form.pairs[:, 0]] == 0].T
    all_bars = tree.barcode(min_persistence=-1)
    saddles = np.append(cx.vertices, -1)[deaths]
    expected = sorted(zip(all_bars.minima.tolist(), all_bars.saddles.tolist(), strict=True))
    assert sorted(zip(cx.vertices[births].tolist(), saddles.tolist(), strict=True)) == expected, message
    found, bars = form.barcodes[0], tree.barcode()
    for name in ("diagram", "minima", "saddles", "parents", "sizes", "mean_heights", "on_boundary"):
        assert getattr(found, name).tobytes() == getattr(bars, name).tobytes(), (name, message)
    assert (cx.vertices[found.birth_cells] == bars.minima).all(), message
    assert (np.append(cx.vertices, -1)[found.death_cells] == bars.saddles).all(), message


def check(values, complex_, graph, peer, message, **options):
    """Compare with GUDHI and the textbook reduction over every field, and degree 0 with the merge tree."""
    cx = mb.morse_complex(values, complex_, n_jobs=1)
    matrix = cx._columns(0, False, 1)
    for prime in PRIMES:
        form = cx.canonical_form(prime, n_jobs=1)
        found = by_degree(form)
        expected = gudhi_bars(peer, len(found), homology_coeff_field=prime, **options)
        assert found == expected, (prime, message)
        textbook, _ = _core.naive_canonical_form(*matrix, prime, False)
        assert textbook.tobytes() == form.pairs.tobytes(), (prime, message)
    check_degree_zero(cx, form, mb.merge_tree(values, graph, n_jobs=1), message)


def test_cubical_grids():
    rng = np.random.default_rng(1)
    for round_ in range(ROUNDS):
        d = 1 + round_ % 4
        shape, periodic = random_shape(rng, d, (0, 20, 6, 4, 3))
        values = random_values(rng, int(np.prod(shape))).reshape(shape)
        if any(periodic):
            peer = gudhi.PeriodicCubicalComplex(vertices=values, periodic_dimensions=periodic)
        else:
            peer = gudhi.CubicalComplex(vertices=values)
        grid = mb.Grid(shape, periodic=periodic)
        check(values, grid, grid, peer, (round_, shape, periodic, values.tolist()))


def test_freudenthal_grids():
    rng = np.random.default_rng(2)
    for round_ in range(ROUNDS):
        d = 1 + round_ % 4
        shape, periodic = random_shape(rng, d, (0, 20, 5, 3, 2 + (round_ % 64 == 3)))
        values = random_values(rng, int(np.prod(shape)))
        peer = simplex_tree(values, kuhn(shape, periodic))
        grid = mb.Grid(shape, "freudenthal", periodic)
        message = (round_, shape, periodic, values.tolist())
        check(values, grid, grid, peer, message, persistence_dim_max=True)


def test_flag_complexes():
    rng = np.random.default_rng(3)
    for round_ in range(ROUNDS):
        n, dimension = int(rng.integers(1, 14)), int(rng.integers(1, 5))
        values = random_values(rng, n)
        edges = rng.integers(0, n, (int(rng.integers(0, 5 * n)), 2))
        peer = simplex_tree(values, [list(edge) for edge in edges.tolist() if edge[0] != edge[1]])
        peer.expansion(dimension)
        graph = mb.Graph.from_edges(edges, n)
        message = (round_, dimension, edges.tolist(), values.tolist())
        check(values, mb.FlagComplex(graph, dimension), graph, peer, message, persistence_dim_max=True)


def test_explicit_complexes():
    rng = np.random.default_rng(4)
    for round_ in range(ROUNDS):
        n = int(rng.integers(1, 12))
        values = random_values(rng, n)
        simplices = [
            rng.permutation(n)[: rng.integers(1, 6)].tolist() for _ in range(int(rng.integers(0, 40)))
        ]
        peer = simplex_tree(values, simplices)
        graph = mb.Graph.from_edges([edge for simplex in simplices for edge in combinations(simplex, 2)], n)
        message = (round_, simplices, values.tolist())
        complex_ = mb.SimplicialComplex(simplices, n)
        check(values, complex_, graph, peer, message, persistence_dim_max=True)


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize(
    ("connectivity", "shape"),
    [("axis", (9, 8, 10)), ("axis", (5, 5, 6, 5)), ("freudenthal", (6, 7, 6)), ("freudenthal", (5, 5, 5, 5))],
)
def test_larger_grids_have_bars_of_every_degree(connectivity, shape, periodic):
    rng = np.random.default_rng(5)
    grid = mb.Grid(shape, connectivity, periodic)
    for levels in (5, 10**6):
        values = rng.integers(0, levels, shape).astype(float)
        if connectivity == "axis":
            peer = gudhi.PeriodicCubicalComplex(vertices=values, periodic_dimensions=grid.periodic)
            options = {}
        else:
            peer = simplex_tree(values.ravel(), kuhn(shape, grid.periodic))
            options = {"persistence_dim_max": True}
        some = all(bars_over(mb.morse_complex(values, grid), 2)[: len(shape)])
        assert some or levels == 5, "plateaus may have no voids"
        check(values, grid, grid, peer, (levels, periodic), **options)


@pytest.mark.parametrize(("d", "n"), [(2, 400), (3, 150), (4, 50)])
@pytest.mark.parametrize("levels", [None, 6], ids=["distinct", "ties"])
def test_delaunay_triangulations(d, n, levels):
    rng = np.random.default_rng(d)
    simplices = Delaunay(rng.random((n, d))).simplices
    values = rng.random(n) if levels is None else rng.integers(0, levels, n).astype(float)
    complex_ = mb.SimplicialComplex(simplices)
    peer = simplex_tree(values, simplices.tolist())
    check(values, complex_, complex_.graph, peer, "", persistence_dim_max=True)
    assert betti(mb.morse_complex(values, complex_), 2, d + 1) == (1, *[0] * d)


# Separable sums


def axis_bars(values, periodic):
    """Bars by degree of a function on a path or a circle, by a sorted union-find."""
    order = sorted(range(len(values)), key=lambda v: (values[v], v))
    parent, bars = {}, []

    def find(v):
        while parent[v] != v:
            v = parent[v]
        return v

    for v in order:
        parent[v] = v
        for u in (v - 1, v + 1):
            u = u % len(values) if periodic else u
            if u in parent and find(u) != find(v):
                old, new = sorted((find(u), find(v)), key=lambda w: (values[w], w))
                parent[new] = old
                bars.append((values[new], values[v]))
    bars.append((values[order[0]], np.inf))
    return [bars, [(values[order[-1]], np.inf)] if periodic else []]


def kunneth(first, second):
    """Bars by degree of the sum of two functions on a product, without those of length zero."""
    bars = [[] for _ in range(len(first) + len(second))]
    for p, q in product(range(len(first)), range(len(second))):
        for (a, b), (c, d) in product(first[p], second[q]):
            bars[p + q].append((a + c, min(a + d, b + c)))
            bars[p + q + 1].append((max(a + d, b + c), b + d))
    return [[(birth, death) for birth, death in lot if birth < death] for lot in bars]


@pytest.mark.parametrize(("d", "side", "rounds"), [(1, 60, 100), (2, 16, 100), (3, 9, 60), (4, 6, 30)])
def test_separable_sums_on_cubical_grids(d, side, rounds):
    rng = np.random.default_rng(d)
    for round_ in range(rounds):
        shape, periodic = random_shape(rng, d, {d: side})
        # Integers, so that sums are exact.
        factors = [rng.integers(0, 10, n).astype(float) for n in shape]
        values = sum(np.ix_(*factors))
        expected = [[(0.0, np.inf)]]
        for factor, wraps in zip(factors, periodic, strict=True):
            expected = kunneth(expected, axis_bars(factor.tolist(), wraps))
        expected = [sorted(bars) for bars in expected]
        assert not any(expected[d + 1 :])
        cx = mb.morse_complex(values, mb.Grid(shape, periodic=periodic))
        for prime in PRIMES:
            assert bars_over(cx, prime) == expected[: d + 1], (round_, prime, factors, periodic)


# Surfaces and other spaces

#: The projective plane on 6 vertices: half an icosahedron.
PROJECTIVE_PLANE = [
    [0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 5], [0, 1, 5],
    [1, 2, 4], [2, 3, 5], [1, 3, 4], [2, 4, 5], [1, 3, 5],
]  # fmt: skip


def test_the_projective_plane_as_a_given_complex():
    boundary = np.zeros((3, 3), dtype=int)
    boundary[1, 2] = 2
    plane = mb.MorseComplex([0.0, 1.0, 2.0], [0, 1, 2], boundary)
    assert bars_over(plane, 2) == [[(0, np.inf)], [(1, np.inf)], [(2, np.inf)]]
    for field in (3, 101, "rational"):
        assert bars_over(plane, field) == [[(0, np.inf)], [(1, 2)], []]


def test_the_projective_plane_as_simplices_and_as_a_flag_complex():
    rng = np.random.default_rng(0)
    faces = sorted(simplices(PROJECTIVE_PLANE), key=lambda face: (len(face), face))
    assert [sum(len(face) == k for face in faces) for k in (1, 2, 3)] == [6, 15, 10]
    inclusions = [
        (i, j) for (i, a), (j, b) in combinations(enumerate(faces), 2) if set(a) < set(b) or set(b) < set(a)
    ]
    subdivision = mb.FlagComplex(mb.Graph.from_edges(inclusions, len(faces)), 2)
    assert subdivision.n_vertices == 31
    triangulation = mb.SimplicialComplex(PROJECTIVE_PLANE)
    for complex_ in (triangulation, subdivision):
        for _ in range(20):
            cx = mb.morse_complex(rng.integers(0, 9, complex_.n_vertices), complex_)
            assert cx.euler_characteristic == 1
            assert betti(cx, 2, 3) == (1, 1, 1)
            for field in (3, 101, "rational"):
                assert betti(cx, field, 3) == (1, 0, 0)
                assert sum(map(len, cx.canonical_form(field).barcodes)) >= 1


def klein_bottle(n, m):
    """Triangles of an n by m sheet whose ends along the first axis are joined upside down."""

    def vertex(i, j):
        return (i % n) * m + (j if i < n else -j) % m

    squares = product(range(n), range(m))
    corners = [(vertex(i, j), vertex(i + 1, j), vertex(i, j + 1), vertex(i + 1, j + 1)) for i, j in squares]
    return [triangle for a, b, c, d in corners for triangle in ((a, b, d), (a, c, d))]


def test_the_klein_bottle():
    rng = np.random.default_rng(0)
    bottle = mb.SimplicialComplex(klein_bottle(5, 4))
    assert [len(table) for table in bottle.tables] == [60, 40]
    for _ in range(20):
        cx = mb.morse_complex(rng.integers(0, 9, 20), bottle)
        assert betti(cx, 2, 3) == (1, 2, 1)
        for field in (3, 101, "rational"):
            assert betti(cx, field, 3) == (1, 1, 0)


@pytest.mark.parametrize("d", [1, 2, 3, 4, 5])
def test_spheres(d):
    rng = np.random.default_rng(d)
    sphere = mb.SimplicialComplex(list(combinations(range(d + 2), d + 1)))
    poles = [(2 * axis, 2 * axis + 1) for axis in range(d + 1)]
    octahedron = mb.Graph.from_edges(
        [edge for a, b in combinations(poles, 2) for edge in product(a, b)], 2 * d + 2
    )
    for complex_ in (sphere, mb.FlagComplex(octahedron, d)):
        for field in (*PRIMES, "rational"):
            cx = mb.morse_complex(rng.integers(0, 4, complex_.n_vertices), complex_)
            assert betti(cx, field, d + 1) == (1, *[0] * (d - 1), 1)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((7,), (1, 1)), ((5, 6), (1, 2, 1)), ((3, 5, 4), (1, 3, 3, 1)), ((3, 3, 4, 3), (1, 4, 6, 4, 1))],
)
@pytest.mark.parametrize("connectivity", ["axis", "freudenthal"])
def test_tori(shape, expected, connectivity):
    rng = np.random.default_rng(0)
    for field in (*PRIMES, "rational"):
        values = rng.integers(0, 6, shape)
        cx = mb.morse_complex(values, mb.Grid(shape, connectivity, periodic=True))
        assert cx.euler_characteristic == 0
        assert betti(cx, field, len(shape) + 1) == expected


@pytest.mark.parametrize("connectivity", ["axis", "freudenthal"])
def test_a_height_on_the_torus(connectivity):
    angle = 2 * np.pi * np.arange(40) / 40
    values = (np.cos(angle)[:, None] * 2 + np.cos(angle)).round(9)
    form = mb.morse_complex(values, mb.Grid(values.shape, connectivity, periodic=True)).canonical_form()
    assert by_degree(form) == [[(-3, np.inf)], [(-1, np.inf), (1, np.inf)], [(3, np.inf)]]
