import numpy as np
import pytest
from conftest import functions_on_tables
from hypothesis import given
from hypothesis import strategies as st

import morsebar as mb

MINIMA = "-3.0 1.0 1 1 1 1\n-2.0 1.5 2 1 1 1\n-1.0 2.0 1 1 1 1\n"


@pytest.fixture
def files(tmp_path):
    def write(minima, states):
        (tmp_path / "min.data").write_text(minima)
        (tmp_path / "ts.data").write_text(states)
        return tmp_path / "min.data", tmp_path / "ts.data"

    return write


def test_the_lowest_transition_state_between_two_minima_counts(files):
    states = "0.5 9.0 1 1 2 1 1 1\n\n0.25 9.0 1 2 1 1 1 1\n-0.5 9.0 1 3 3 1 1 1\n 1D0 9.0 1 3 2 1 1 1\n"
    values, graph = mb.read_stationary_points(*files(MINIMA, states))
    assert values.tolist() == [-3.0, -2.0, -1.0]
    assert graph.edges.tolist() == [[0, 1], [1, 2]]
    assert graph.levels.tolist() == [0.25, 1.0]
    tree = mb.merge_tree(values, graph)
    assert tree.barrier([0, 0], [1, 2]).tolist() == [0.25, 1.0]


def test_files_of_topsearch_count_from_zero(files):
    values, graph = mb.read_stationary_points(*files("0 -3.0\n1 -2.0\n", "1 0  0.50000\n0 0 0.25\n"))
    assert values.tolist() == [-3.0, -2.0]
    assert (graph.edges.tolist(), graph.levels.tolist()) == ([[0, 1]], [0.5])


def test_files_without_rows(files):
    values, graph = mb.read_stationary_points(*files("", ""))
    assert mb.merge_tree(values, graph).barcode().diagram.shape == (0, 2)
    values, graph = mb.read_stationary_points(*files(MINIMA, "\n"))
    assert mb.merge_tree(values, graph).n_components == 3


@pytest.mark.parametrize(
    ("minima", "states", "message"),
    [
        ("1.0 2.0 1 1\n", "", r"min\.data, line 1: expected 6 columns of a minimum \(or 2 .*\), got 4"),
        (MINIMA + "1 2\n", "", r"min\.data, line 4: expected 6 columns as above, got 2"),
        ("low 1 1 1 1 1\n", "", r"min\.data, line 1: expected a finite energy, got 'low'"),
        ("nan 1 1 1 1 1\n", "", r"min\.data, line 1: expected a finite energy, got 'nan'"),
        ("0 1.0\n2 1.0\n", "", r"min\.data, line 2: expected minimum number 1, got 2"),
        (MINIMA, "1.0 1 1 1 2\n", r"ts\.data, line 1: expected 8 columns of a transition state .*, got 5"),
        (MINIMA, "\n1.0 1 1 0 2 1 1 1\n", r"ts\.data, line 2: expected minima from 1 to 3, got 0"),
        (MINIMA, "1.0 1 1 1 4 1 1 1\n", r"ts\.data, line 1: expected minima from 1 to 3, got 4"),
        (MINIMA, "0 3 1.0\n", r"ts\.data, line 1: expected minima from 0 to 2, got 3"),
        (MINIMA, "1.0 1 1 1 2.5 1 1 1\n", r"ts\.data, line 1: expected the number of a minimum, got '2.5'"),
        (
            MINIMA,
            "-2.5 1 1 1 2 1 1 1\n",
            r"line 1: the transition state at -2.5 lies below minimum 2 at -2.0",
        ),
        (MINIMA, "inf 1 1 1 2 1 1 1\n", r"ts\.data, line 1: expected a finite energy, got 'inf'"),
    ],
)
def test_errors_name_file_and_line(files, minima, states, message):
    with pytest.raises(ValueError, match=message):
        mb.read_stationary_points(*files(minima, states))


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"min\.data"):
        mb.read_stationary_points(tmp_path / "min.data", tmp_path / "ts.data")


def assert_reads_back(tree, folder, kind, min_persistence=0.0):
    names = folder / "min.data", folder / "ts.data"
    vertices = mb.write_stationary_points(tree, *names, min_persistence=min_persistence, format=kind)
    values, graph = mb.read_stationary_points(*names)
    assert values.tolist() == tree.births[[list(tree.minima).index(v) for v in vertices]].tolist()
    again, bars = mb.merge_tree(values, graph), tree.barcode(min_persistence)
    assert again.barcode().diagram.tolist() == bars.diagram.tolist()
    assert vertices[again.barcode().minima].tolist() == bars.minima.tolist()
    every = np.arange(min(len(values), 50))
    barriers = again.barrier(every[:, None], every[None])
    assert barriers.tolist() == tree.barrier(vertices[every][:, None], vertices[every][None]).tolist()


@pytest.mark.parametrize("kind", ["pathsample", "topsearch"])
@given(functions_on_tables(outside=True), st.sampled_from([0.0, 1.0]))
def test_bars_are_read_as_they_were_written(tmp_path_factory, kind, function, min_persistence):
    values, table = function
    tree = mb.merge_tree(values, table, nan="mask")
    assert_reads_back(tree, tmp_path_factory.mktemp("files"), kind, min_persistence)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_digits_are_kept(tmp_path, dtype):
    values = np.random.default_rng(0).standard_normal((60, 60)).astype(dtype)
    assert_reads_back(mb.merge_tree(values), tmp_path, "pathsample")


def test_what_is_read_is_written_again_alike(files, tmp_path):
    states = "0.5 9.0 1 1 2 1 1 1\n0.75 9.0 1 2 3 1 1 1\n0.875 9.0 1 1 3 1 1 1\n"
    tree = mb.merge_tree(*mb.read_stationary_points(*files(MINIMA, states)))
    assert_reads_back(tree, tmp_path, "topsearch")


def test_an_unknown_format(tmp_path):
    with pytest.raises(ValueError, match="format: expected one of 'pathsample', 'topsearch', got 'pele'"):
        mb.write_stationary_points(mb.merge_tree([0.0]), tmp_path / "a", tmp_path / "b", format="pele")
    assert list(tmp_path.iterdir()) == []
