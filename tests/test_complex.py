import pickle

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_cells import simplices
from scipy import sparse
from scipy.spatial import Delaunay

import morsebar as mb

# Explicit simplices


def tables(complex_):
    return [table.tolist() for table in complex_.tables]


@given(st.lists(st.sets(st.integers(0, 8), min_size=1, max_size=5), max_size=12))
def test_faces_are_those_of_the_specification(given_simplices):
    complex_ = mb.SimplicialComplex([list(simplex) for simplex in given_simplices])
    expected = [cell for cell in simplices(given_simplices) if len(cell) > 1]
    by_size = {}
    for cell in sorted(expected):
        by_size.setdefault(len(cell), []).append(list(cell))
    assert tables(complex_) == [by_size[size] for size in sorted(by_size)]
    assert complex_.n_vertices == max((max(simplex) for simplex in given_simplices), default=-1) + 1
    assert complex_.dimension == max((len(simplex) for simplex in given_simplices), default=1) - 1


def test_order_and_repetition_do_not_matter():
    once = mb.SimplicialComplex([[0, 1, 2], [2, 3]])
    again = mb.SimplicialComplex([(3, 2), (2, 0, 1), [1, 0], (2,), np.array([1, 2, 0])])
    assert tables(once) == tables(again)
    assert once.tables[0].dtype == np.uint32
    assert not once.tables[0].flags.writeable


def test_a_triangulation_by_scipy():
    points = np.random.default_rng(0).random((60, 3))
    complex_ = mb.SimplicialComplex(Delaunay(points).simplices)
    counts = [60, *map(len, complex_.tables)]
    assert complex_.dimension == 3
    assert counts[0] - counts[1] + counts[2] - counts[3] == 1
    assert mb.morse_complex(points[:, 0], complex_).euler_characteristic == 1


def test_vertices_in_no_simplex():
    complex_ = mb.SimplicialComplex([[0, 1]], n_vertices=4)
    assert complex_.n_vertices == 4
    assert mb.morse_complex([0.0, 1.0, 2.0, 3.0], complex_).n_critical == (3, 0)


@pytest.mark.parametrize("empty", [[], np.empty((0, 3), dtype=int)])
def test_no_simplices(empty):
    complex_ = mb.SimplicialComplex(empty)
    assert (complex_.n_vertices, complex_.dimension, complex_.tables) == (0, 0, ())
    assert repr(complex_) == "SimplicialComplex(0 vertices)"
    assert mb.morse_complex([], complex_).n_critical == (0,)


@pytest.mark.parametrize(
    ("given_simplices", "n_vertices", "message"),
    [
        ([[0, 1], [2, 3, 2]], None, r"simplices\[1\] = \(2, 3, 2\) repeats a vertex"),
        (np.array([[0, 1], [4, 4]]), None, r"simplices\[1\] = \(4, 4\) repeats a vertex"),
        ([[0, 1, 2], [0, -1]], None, r"simplices\[1\] = \(0, -1\) names a vertex that is not there"),
        ([[0, 1], [5, 2]], 5, r"simplices\[1\] = \(5, 2\) names a vertex that is not there, expected 0 to 4"),
        ([[0, 1], []], None, r"simplices\[1\] has no vertices"),
        ([[0, 1], [0.5, 2, 3]], None, r"simplices\[1\] has dtype float64, expected integers"),
        (np.ones((2, 2)), None, "simplices has dtype float64, expected integers"),
        (np.arange(3), None, r"simplices has shape \(3,\), expected \(m, k\)"),
        ([0, 1, 2], None, "simplices is of type list, expected"),
        (7, None, "simplices is of type int, expected"),
        ([[0, 1]], -1, "n_vertices is -1, expected a non-negative integer"),
        ([[0, 1]], 2.0, "n_vertices is 2.0, expected a non-negative integer"),
    ],
)
def test_simplices_that_are_none(given_simplices, n_vertices, message):
    with pytest.raises(ValueError, match=message):
        mb.SimplicialComplex(given_simplices, n_vertices)


def test_too_many_vertices():
    with pytest.raises(OverflowError, match="simplices has 4294967297 vertices"):
        mb.SimplicialComplex([[0, 2**32]])
    with pytest.raises(OverflowError, match="n_vertices has 5000000000 vertices"):
        mb.SimplicialComplex([[0, 1]], n_vertices=5_000_000_000)


# Flag complexes


@pytest.mark.parametrize(
    "graph",
    [
        nx.cycle_graph(4),
        nx.to_scipy_sparse_array(nx.cycle_graph(4)),
        sparse.csr_matrix(nx.to_scipy_sparse_array(nx.cycle_graph(4))),
        np.array([[1, 3], [2, 0], [3, 1], [0, 2]]),
        mb.Graph.from_edges([[0, 1], [1, 2], [2, 3], [3, 0]], 4),
        mb.Grid(4, periodic=True),
    ],
    ids=lambda graph: type(graph).__name__,
)
def test_what_a_flag_complex_takes(graph):
    form = mb.morse_complex([0.0, 2.0, 1.0, 3.0], mb.FlagComplex(graph)).canonical_form()
    assert form.barcodes[0].diagram.tolist() == [[0.0, np.inf], [1.0, 2.0]]
    assert form.barcodes[1].diagram.tolist() == [[3.0, np.inf]]
    assert len(form.barcodes) == 3


def test_flag_complexes_of_neighbours_and_lattices():
    points = np.random.default_rng(1).random((200, 2))
    for graph in (mb.knn_graph(points, 6), mb.Lattice(200, 2)):
        cx = mb.morse_complex(points[:, 0], mb.FlagComplex(graph))
        bars = mb.merge_tree(points[:, 0], graph).barcode()
        assert cx.canonical_form().barcodes[0].diagram.tolist() == bars.diagram.tolist()


@pytest.mark.parametrize("max_dimension", [0, -1, 1.5, "2", True])
def test_dimensions_that_make_no_sense(max_dimension):
    with pytest.raises(ValueError, match=r"max_dimension is .*, expected an integer of at least 1"):
        mb.FlagComplex(mb.Grid(3), max_dimension)


def test_graphs_that_have_no_flag_complex():
    with pytest.raises(ValueError, match="graph is None"):
        mb.FlagComplex(None)
    with pytest.raises(ValueError, match="levels of their own"):
        mb.FlagComplex(mb.Graph.from_edges([[0, 1]], 2, values=[3.0]))
    with pytest.raises(ValueError, match="graph is an array of shape"):
        mb.FlagComplex([0.5])


# Any complex


@pytest.mark.parametrize(
    ("complex_", "shape", "message"),
    [
        (mb.Grid((3, 3), "full"), (3, 3), "connectivity 'full', which has no cells"),
        (mb.Grid(5, "full"), (5,), "connectivity 'full', which has no cells"),
        (mb.Grid((2,) * 5), (2,) * 5, "a grid of 5 axes, expected at most 4"),
        (mb.Grid((5, 2), periodic=True), (5, 2), "axis 1 is periodic with 2 vertices, expected at least 3"),
        (mb.Grid((1, 5), "freudenthal", periodic=[True, False]), (1, 5), "axis 0 is periodic with 1 "),
        (mb.Grid((3, 4)), (4, 3), r"values has shape \(4, 3\), expected \(12,\) or \(3, 4\)"),
        (mb.FlagComplex(mb.Grid((3, 4))), (5,), r"values has shape \(5,\), expected \(12,\) or \(3, 4\)"),
        (mb.SimplicialComplex([[0, 1]]), (3,), r"values has shape \(3,\), expected \(2,\)"),
        (
            mb.Graph.from_edges([[0, 1]], 2),
            (2,),
            r"of type Graph, expected None, Grid, .* FlagComplex\(graph\)",
        ),
        ("grid", (2,), "of type str, expected None, Grid"),
        (None, (), "values is a single number"),
    ],
)
def test_what_is_no_complex(complex_, shape, message):
    with pytest.raises(ValueError, match=message):
        mb.morse_complex(np.zeros(shape), complex_)


def test_values_of_a_grid_may_be_flat():
    values = np.random.default_rng(2).random((5, 6))
    flat = mb.morse_complex(values.ravel(), mb.Grid((5, 6)))
    assert flat.canonical_form().pairs.tolist() == mb.morse_complex(values).canonical_form().pairs.tolist()


@pytest.mark.parametrize(
    ("complex_", "text"),
    [
        (
            mb.FlagComplex(mb.Grid(3), 1),
            "FlagComplex(Grid(shape=(3,), connectivity='axis', periodic=(False,)), max_dimension=1)",
        ),
        (
            mb.SimplicialComplex([[0, 1, 2, 3]]),
            "SimplicialComplex(4 vertices, 6 edges, 4 of dimension 2, 1 of dimension 3)",
        ),
    ],
)
def test_text_and_pickles(complex_, text):
    assert repr(complex_) == text
    again = pickle.loads(pickle.dumps(complex_))
    assert repr(again) == text
    values = np.arange(complex_.n_vertices, dtype=float)
    pairs = [mb.morse_complex(values, each).canonical_form().pairs.tolist() for each in (complex_, again)]
    assert pairs[0] == pairs[1]


def test_pickled_tables_stay_read_only():
    again = pickle.loads(pickle.dumps(mb.SimplicialComplex([[0, 1, 2]])))
    assert not any(table.flags.writeable for table in again.tables)
