import csv
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

import morsebar as mb
from morsebar.cli import main

ROW = re.compile(r"^ *(\d+)(\*?) +(\S+) +(\S+) +(\S+) +(\d+)(?: +(\(.*?\)) +(\(.*?\)|-))?$")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current directory; modules imported from it are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) == str(tmp_path / f"{name}.py"):
            del sys.modules[name]


@pytest.fixture
def run(capsys):
    """Run the command: exit code, output, errors."""

    def call(*words):
        code = main(list(words))
        return code, *capsys.readouterr()

    return call


def numbers(text):
    return [float(word) for word in text.strip("()").split(",")]


def table(output):
    """Rows of the printed table whose coordinates are on the same line."""
    return [match.groups() for line in output.splitlines() if (match := ROW.match(line))]


def program(*words, **options):
    return subprocess.run(
        [sys.executable, "-m", "morsebar", *words], capture_output=True, text=True, timeout=120, **options
    )


def written(folder, name, body):
    (folder / f"{name}.py").write_text(f"import numpy as np\n\n{body}\n")


# Results


def test_the_table_holds_the_bars_that_stand_out(run):
    code, output, errors = run("run", "himmelblau", "--samples", "1e4")
    land = mb.landscape(mb.objectives.himmelblau, n_samples=10_000)
    chosen = land.barcode.significant()
    assert (code, errors) == (0, "")
    assert output.startswith(repr(land))
    assert f"\n{len(chosen)} of {len(land.barcode)} bars: {chosen.selection}\n" in output
    rows = table(output)
    assert len(rows) == len(chosen)
    for number, (row, bar) in enumerate(zip(rows, chosen, strict=True), start=1):
        assert int(row[0]) == number
        heights = [float(height) for height in row[2:5]]
        assert heights == pytest.approx([bar.birth, bar.death, bar.persistence], rel=1e-5)
        assert int(row[5]) == bar.size
        assert numbers(row[6]) == pytest.approx(land.points[bar.minimum], abs=1e-3)
        if bar.is_essential:
            assert row[7] == "-"
        else:
            assert numbers(row[7]) == pytest.approx(land.points[bar.saddle], abs=1e-3)


def test_columns_are_aligned(run):
    _, output, _ = run("run", "himmelblau", "--samples", "1e4", "--top", "4")
    lines = output.splitlines()
    header = next(line for line in lines if line.startswith("#"))
    rows = [line for line in lines if ROW.match(line)]
    assert len(rows) == 4
    assert {line.index("(") for line in rows} == {header.index("minimum")}
    assert {line[header.index("saddle")] for line in rows} == {"-", "("}
    assert all(line[header.index("size") + len("size")] == " " for line in rows)


def test_many_variables_go_on_lines_of_their_own(run):
    code, output, _ = run("run", "rastrigin", "--dim", "10", "--samples", "500", "--top", "3")
    lines = output.splitlines()
    assert code == 0
    assert max(map(len, lines)) <= 100
    rows = [place for place, line in enumerate(lines) if ROW.match(line)]
    assert len(rows) == 3
    text = " ".join(lines[rows[0] :])
    assert len(re.findall("minimum +\\(", text)) == 3
    assert all(len(numbers(found)) == 10 for found in re.findall(r"\((.*?)\)", text))


def test_many_bars_are_cut_unless_asked_for(run):
    words = ["run", "rastrigin", "--samples", "40000", "--sampler", "grid"]
    land = mb.landscape(mb.objectives.rastrigin, n_samples=40_000, sampler="grid")
    assert len(land.barcode) == 121
    _, output, _ = run(*words, "--top", "77")
    assert len(table(output)) == 77
    assert "77 of 121 bars: top 77" in output
    n_significant = len(land.barcode.significant())
    _, output, _ = run(*words)
    assert len(table(output)) == min(50, n_significant)
    assert (f"and {n_significant - 50} more" in output) == (n_significant > 50)


def test_minima_on_the_boundary_are_starred(run, folder):
    written(folder, "slope", "def f(p):\n    return p[:, 0]")
    _, output, _ = run("run", "slope:f", "--bounds", "0,1", "--samples", "100")
    assert [row[1] for row in table(output)] == ["*"]
    assert output.splitlines()[-1] == "* minimum on the boundary of the box"
    written(folder, "bowl", "def f(p):\n    return p[:, 0] ** 2")
    _, output, _ = run("run", "bowl:f", "--bounds", "-1,1", "--samples", "100")
    assert [row[1] for row in table(output)] == [""]
    assert "*" not in output


@pytest.mark.parametrize("sampler", ["uniform", "lattice"])
def test_the_csv_holds_every_bar_exactly(run, folder, sampler):
    words = ["--samples", "2000", "--sampler", sampler, "--seed", "3", "--csv", "bars.csv"]
    assert run("run", "six_hump_camel", *words)[0] == 0
    land = mb.landscape(mb.objectives.six_hump_camel, n_samples=2000, sampler=sampler, random_state=3)
    bars = land.barcode
    with open(folder / "bars.csv", newline="") as file:
        header, *rows = csv.reader(file)
    columns = [
        bars.minima,
        bars.saddles,
        bars.parents,
        bars.births,
        bars.deaths,
        bars.persistence,
        bars.sizes,
        bars.mean_heights,
        bars.on_boundary,
        *land.minimum_points.T,
        *land.saddle_points.T,
    ]
    assert header == [
        *("minimum", "saddle", "parent", "birth", "death", "persistence", "size", "mean_height"),
        *("on_boundary", "minimum_x1", "minimum_x2", "saddle_x1", "saddle_x2"),
    ]
    assert len(rows) == len(bars) > len(bars.significant())
    found = np.array(rows, dtype=np.float64)
    assert np.array_equal(found, np.column_stack(columns).astype(np.float64), equal_nan=True)
    assert os.listdir(folder) == ["bars.csv"]


@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("SVG", b"<?xml"), ("pdf", b"%PDF")])
@pytest.mark.parametrize("d", ["1", "2", "3"])
def test_the_picture(run, folder, d, suffix, magic):
    path = folder / f"out.{suffix}"
    path.write_text("old")
    code, _, errors = run("run", "styblinski-tang", "--dim", d, "--samples", "1e3", "--plot", str(path))
    assert (code, errors) == (0, "")
    assert path.read_bytes().startswith(magic)
    assert os.listdir(folder) == [path.name]


def test_the_same_command_prints_the_same(run):
    words = ["run", "ackley", "--samples", "3000", "--sampler", "uniform", "--top", "9"]
    first = run(*words, "--jobs", "1")
    assert first[0] == 0
    assert run(*words, "--jobs", "2", "--seed", "0", "--no-progress") == first
    assert run(*words, "--seed", "1") != first


def test_functions(run):
    code, output, errors = run("functions")
    assert (code, errors) == (0, "")
    lines = output.splitlines()
    assert lines[0].split() == ["name", "dimension", "box", "source"]
    assert [line.split()[0] for line in lines if not line.startswith(" ")][1:] == list(mb.objectives.names())
    assert re.search(r"^rosenbrock +2 or more +\[-5, 10\]\^2 +H. H. Rosenbrock", output, re.MULTILINE)
    assert re.search(r"^rastrigin +any ", output, re.MULTILINE)
    assert re.search(r"^six_hump_camel +2 +\[-3, 3\] x \[-2, 2\] ", output, re.MULTILINE)
    assert max(map(len, lines)) <= 100


def test_version(run):
    code, output, _ = run("--version")
    assert code == 0
    assert re.fullmatch(r"morsebar \d+\.\d+.*\n", output)


@pytest.mark.parametrize(
    "words", [["--help"], ["run", "--help"], ["image", "--help"], ["functions", "--help"]]
)
def test_help(run, words):
    code, output, errors = run(*words)
    assert (code, errors) == (0, "")
    assert output.startswith("usage: morsebar")


def test_a_thin_sample_is_warned_of(run):
    code, output, errors = run("run", "rastrigin", "--dim", "4", "--samples", "2000")
    assert code == 0
    assert errors.startswith("morsebar: warning: 2000 samples with 30 neighbours each have ")
    assert "believable " in output


# Boxes


@pytest.mark.parametrize(
    ("words", "box"),
    [
        (["himmelblau", "--bounds", "-5,5", "-4,4"], "[-5, 5] x [-4, 4]"),
        (["--bounds", "-5,5", "-4,4", "himmelblau"], "[-5, 5] x [-4, 4]"),
        (["--bounds", "-5,5", "-4,4", "--seed", "1", "himmelblau"], "[-5, 5] x [-4, 4]"),
        (["himmelblau", "--bounds=-5,5", "--bounds=-4,4"], "[-5, 5] x [-4, 4]"),
        (["himmelblau", "--bounds", "-5,5", "--bounds", "-4,4"], "[-5, 5] x [-4, 4]"),
        (["himmelblau", "--bounds", "-1,1"], "[-1, 1]^2"),
        (["himmelblau", "--bounds", "-.5,5e-1"], "[-0.5, 0.5]^2"),
        (["himmelblau"], "[-5, 5]^2"),
        (["rastrigin", "--bounds", "-1,1", "--dim", "3"], "[-1, 1]^3"),
        (["rastrigin", "--bounds", "-1,1", "0,1", "0,2"], "[-1, 1] x [0, 1] x [0, 2]"),
        (["rastrigin", "--dim", "1"], "[-5.12, 5.12]"),
        (["boxed:f"], "[0, 1] x [0, 2]"),
        (["boxed:f", "--bounds", "-3,3"], "[-3, 3]"),
        (["boxed:f", "--bounds", "-3,3", "--dim", "2"], "[-3, 3]^2"),
        (["boxed:holder.f", "--bounds", "-3,3"], "[-3, 3]"),
    ],
)
def test_boxes(run, folder, words, box):
    body = "def f(p):\n    return (p**2).sum(axis=1)\n\n\nf.bounds = [(0, 1), (0, 2)]\n\n\n"
    written(folder, "boxed", body + "class holder:\n    f = staticmethod(lambda p: (p**2).sum(axis=1))")
    code, output, errors = run("run", *words, "--samples", "5000")
    assert (code, errors) == (0, "")
    assert f"\n  box        {box}\n" in output


@pytest.mark.parametrize(("text", "n"), [("1e3", 1000), ("1000", 1000), ("1_000", 1000), ("2.5e2", 250)])
def test_samples(run, text, n):
    _, output, _ = run("run", "himmelblau", "--sampler", "uniform", "--samples", text)
    assert f" {n:,} samples" in output


# Bars of all degrees


def tables(output):
    """The printed tables by degree: the header of each, and its rows of words."""
    found = {}
    for line in output.splitlines():
        if match := re.fullmatch(r"degree (\d+): (.*)", line):
            found[int(match[1])] = (match[2], [])
        elif found and re.match(r" *\d+\*? +[-\d]", line):
            found[max(found)][1].append(line.split())
    return found


def saved(path):
    with open(path, newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def test_bars_of_all_degrees(run, folder):
    words = ["--bounds", "-2,2", "-1.5,1.5", "--samples", "1e4", "--csv", "bars.csv", "--plot", "a.png"]
    code, output, errors = run("run", "six_hump_camel", "--degrees", "all", *words)
    land = mb.landscape(
        mb.objectives.six_hump_camel, [(-2, 2), (-1.5, 1.5)], n_samples=10_000, sampler="grid"
    )
    form = mb.morse_complex(land.values.reshape(land.graph.shape)).canonical_form()
    assert (code, errors) == (0, "")
    assert output.startswith(repr(land) + "\n\ndegree 0: ")
    found = tables(output)
    assert list(found) == [0, 1, 2]
    for degree in (0, 1):
        chosen = form.barcodes[degree].significant()
        assert found[degree][0] == f"{len(chosen)} of {len(form.barcodes[degree])} bars: {chosen.selection}"
        heights = [[float(word) for word in row[1:4]] for row in found[degree][1]]
        expected = np.column_stack([chosen.diagram, chosen.persistence])
        assert heights == [pytest.approx(row, rel=1e-5) for row in expected.tolist()]
    assert found[2] == ("no bars", [])
    header, rows = saved(folder / "bars.csv")
    frame = form.to_pandas()
    assert header[:6] == ["degree", "birth", "death", "persistence", "birth_vertex", "death_vertex"]
    assert header[6:] == ["birth_x1", "birth_x2", "death_x1", "death_x2"]
    assert np.array([row[:6] for row in rows], float).tolist() == frame[header[:6]].to_numpy(float).tolist()
    assert [float(x) for x in rows[-1][8:]] == land.points[int(rows[-1][5])].tolist()
    assert rows[0][8:] == ["", ""]
    assert (folder / "a.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(os.listdir(folder)) == ["a.png", "bars.csv"]


def test_bars_of_some_degrees(run, folder):
    words = ["--dim", "3", "--samples", "27000", "--sampler", "grid", "--top", "2"]
    code, output, _ = run(
        "run", "rastrigin", "--degrees", "2,0,2", *words, "--csv", "a.csv", "--plot", "a.pdf"
    )
    assert code == 0
    assert {degree: len(rows) for degree, (_, rows) in tables(output).items()} == {0: 2, 2: 2}
    assert {row[0] for row in saved(folder / "a.csv")[1]} == {"0", "2"}
    assert (folder / "a.pdf").exists()


def test_a_curve_in_all_degrees(run, folder):
    code, output, _ = run("run", "rastrigin", "--dim", "1", "--degrees", "all", "--plot", "a.svg")
    assert code == 0
    assert tables(output)[1] == ("no bars", [])


# Pictures


def ring():
    values = np.array([[1, 2, 1], [2, 9, 2], [1, 2, 1]])
    return np.kron(values, np.ones((2, 2), int)).astype(np.uint8)


def test_an_array(run, folder):
    np.save(folder / "ring.npy", ring())
    code, output, errors = run("image", "ring.npy", "--plot", "a.png", "--csv", "a.csv")
    assert (code, errors) == (0, "")
    lines = output.splitlines()
    assert lines[0] == "ring.npy: 6 x 6 vertices"
    assert lines[1] == "  critical   4, 4, 1 cells by degree, Euler characteristic 1"
    found = tables(output)
    assert found[0][1][0][1:5] == ["1", "inf", "inf", "36"]
    assert [row[1:4] for row in found[1][1]] == [["2", "9", "7"]]
    assert found[2] == ("no bars", [])
    header, rows = saved(folder / "a.csv")
    assert header[6:] == ["birth_index_0", "birth_index_1", "death_index_0", "death_index_1"]
    at = np.array([int(word) for word in rows[-1][8:]])
    assert ring()[tuple(at)] == 9
    assert np.ravel_multi_index(tuple(at), (6, 6)) == int(rows[-1][5])


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "LA", "I;16", "1"])
def test_pictures_are_read_as_luminance(run, folder, mode):
    picture = Image.fromarray(ring() * 20)
    if mode == "I;16":
        picture = Image.fromarray(ring().astype(np.uint16) * 20)
    elif mode == "1":
        picture = Image.fromarray(ring() > 1)
    else:
        picture = picture.convert(mode)
    picture.save(folder / "ring.png")
    code, output, errors = run("image", "ring.png", "--degrees", "1")
    assert (code, errors) == (0, "")
    expected = ["1", "1", "0"] if mode == "1" else ["40", "180", "140"]
    rows = tables(output)[1][1]
    assert [row[1:4] for row in rows] == ([] if mode == "1" else [expected])


def test_luminance_of_colours(run, folder):
    colours = np.zeros((1, 3, 3), np.uint8)
    colours[0, range(3), range(3)] = 100
    Image.fromarray(colours).save(folder / "a.png")
    _, output, _ = run("image", "a.png", "--degrees", "0", "--top", "9")
    assert [row[1:4] for row in tables(output)[0][1]] == [
        ["11.4", "inf", "inf"],
        ["29.9", "58.7", "28.8"],
    ]


def test_superlevel_sets(run, folder):
    np.save(folder / "ring.npy", 9 - ring())
    _, output, _ = run("image", "ring.npy", "--superlevel", "--csv", "a.csv", "--plot", "a.png")
    assert output.startswith("ring.npy: 6 x 6 vertices, superlevel sets\n")
    assert " maximum " in output
    found = tables(output)
    assert found[0][1][0][1:4] == ["8", "-inf", "inf"]
    assert [row[1:4] for row in found[1][1]] == [["7", "0", "7"]]
    assert saved(folder / "a.csv")[1][-1][1:4] == ["7.0", "0.0", "7.0"]


@pytest.mark.parametrize("connectivity", ["axis", "freudenthal"])
def test_periodic_pictures(run, folder, connectivity):
    np.save(folder / "torus.npy", np.zeros((4, 5)))
    _, output, _ = run("image", "torus.npy", "--periodic", "--connectivity", connectivity)
    assert [len(rows) for _, rows in tables(output).values()] == [1, 2, 1]


@pytest.mark.parametrize("shape", [(0,), (0, 3), (1, 1), (5,), (3, 1, 4), (2, 2, 2, 2)])
def test_arrays_of_any_shape(run, folder, shape):
    np.save(folder / "a.npy", np.zeros(shape))
    code, output, errors = run("image", "a.npy", "--plot", "a.png", "--csv", "a.csv")
    assert (code, errors) == (0, "")
    assert len(tables(output)) == len(shape) + 1


def test_values_of_a_picture_that_cannot_be_used(run, folder):
    np.save(folder / "a.npy", np.array([0.0, np.nan]))
    code, _, errors = run("image", "a.npy")
    assert code == 1
    assert errors.startswith("morsebar: error: values[1] is NaN")


def test_a_picture_without_pillow(run, folder, monkeypatch):
    Image.fromarray(ring()).save(folder / "ring.png")
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    code, output, errors = run("image", "ring.png")
    assert (code, output) == (2, "")
    assert "morsebar[image]" in errors


# Wrong arguments


@pytest.mark.parametrize(
    ("name", "content", "words", "message"),
    [
        ("a.npy", np.zeros((2,) * 5), [], "a.npy: complex is a grid of 5 axes, expected at most 4"),
        ("a.npy", np.float64(3.0), [], "a.npy: shape is (), expected one or more"),
        ("a.npy", np.array(["x"]), [], "a.npy has dtype <U1, expected float32"),
        ("a.npy", np.array([2**60]), [], "a.npy[0] is 1152921504606846976, beyond 2**53"),
        (
            "a.npy",
            np.zeros((3, 2)),
            ["--periodic"],
            "axis 1 is periodic with 2 vertices, expected at least 3",
        ),
        ("a.npy", np.zeros((3, 2)), ["--degrees", "3"], "--degrees: expected at most 2, the number of axes"),
        ("a.npy", np.zeros((3, 2)), ["--degrees", "-1"], "argument --degrees: expected"),
        ("a.npy", np.zeros((3, 2)), ["--connectivity", "full"], "invalid choice: 'full'"),
        ("a.npy", np.zeros((3, 2)), ["--plot", "a.xyz"], "--plot: expected one of the suffixes"),
        ("a.npy", b"no array", [], "a.npy is not an array of numbers that numpy saved"),
        ("a.npy", b"", [], "a.npy is not an array of numbers that numpy saved"),
        ("a.png", b"no picture", [], "a.png is not a picture that can be read"),
        ("b.png", b"", [], "there is no file a.png"),
    ],
)
def test_wrong_pictures(run, folder, name, content, words, message):
    path = folder / name
    path.write_bytes(content) if isinstance(content, bytes) else np.save(path, content)
    code, output, errors = run("image", "a.png" if name == "b.png" else name, *words)
    assert (code, output) == (2, "")
    assert message in errors
    assert os.listdir(folder) == [name]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "the following arguments are required"),
        (["walk"], "invalid choice: 'walk'"),
        (["run"], "the following arguments are required: NAME"),
        (["run", "nowhere"], "got 'nowhere', expected one of ackley"),
        (["run", "himmelblau", "--samples", "0.5"], "argument --samples: expected a whole number"),
        (["run", "himmelblau", "--samples", "-3"], "argument --samples: expected a whole number"),
        (["run", "himmelblau", "--samples", "nan"], "argument --samples: expected a whole number"),
        (["run", "himmelblau", "--samples", "inf"], "argument --samples: expected a whole number"),
        (["run", "himmelblau", "--samples", "many"], "argument --samples: expected a whole number"),
        (["run", "himmelblau", "--samples", "0"], "at least 1, got '0'"),
        (["run", "himmelblau", "--samples", "3", "--sampler", "grid"], "n_samples: expected at least 4"),
        (["run", "himmelblau", "--top", "0"], "argument --top"),
        (["run", "himmelblau", "--seed", "-1"], "argument --seed"),
        (["run", "himmelblau", "--jobs", "0"], "argument --jobs"),
        (["run", "himmelblau", "--neighbors", "0"], "argument --neighbors"),
        (["run", "himmelblau", "--neighbors", "4", "--sampler", "grid"], "n_neighbors: "),
        (["run", "himmelblau", "--sampler", "dice"], "invalid choice: 'dice'"),
        (["run", "himmelblau", "--dim", "3"], "got 3 for himmelblau"),
        (["run", "himmelblau", "--bounds", "5,-5"], "bounds: expected finite lo < hi"),
        (["run", "himmelblau", "--bounds", "0,inf"], "bounds: expected finite lo < hi"),
        (["run", "himmelblau", "--bounds", "nan,1"], "bounds: expected finite lo < hi"),
        (["run", "himmelblau", "--bounds", "-a,b"], "argument --bounds: expected two numbers"),
        (["run", "himmelblau", "--bounds", "1,2,3"], "argument --bounds: expected two numbers"),
        (["run", "himmelblau", "--bounds", "7"], "argument --bounds: expected two numbers"),
        (["run", "himmelblau", "--bounds"], "argument --bounds: expected one argument"),
        (["run", "himmelblau", "--bounds", "0,1", "0,1", "0,1"], "got 3 for himmelblau"),
        (["run", "rastrigin", "--dim", "3", "--bounds", "0,1", "0,1"], "expected 3 intervals"),
        (["run", "nomodule:f", "--bounds", "0,1"], "no module named 'nomodule'"),
        (["run", "json.nomodule:f", "--bounds", "0,1"], "no module named 'json.nomodule'"),
        (["run", "math:nothing", "--bounds", "0,1"], "module 'math' has no 'nothing'"),
        (["run", "math:pi", "--bounds", "0,1"], "math:pi is not a function but of type float"),
        (["run", "math:sin"], "math:sin has no box of its own"),
        (["run", ":f", "--bounds", "0,1"], "expected a name or module:function, got ':f'"),
        (["run", "math:", "--bounds", "0,1"], "expected a name or module:function, got 'math:'"),
        (["run", "a/b.py:f", "--bounds", "0,1"], "expected a name or module:function"),
        (["run", "himmelblau", "--plot", "picture"], "--plot: expected one of the suffixes"),
        (["run", "himmelblau", "--plot", "picture.xyz"], "--plot: expected one of the suffixes"),
        (["run", "himmelblau", "--plot", "nowhere/a.png"], "there is no folder"),
        (["run", "himmelblau", "--plot", "."], "is not a file"),
        (["run", "himmelblau", "--csv", "nowhere/a.csv"], "there is no folder"),
        (["run", "himmelblau", "--degrees", "0,x"], "argument --degrees: expected 'all' or degrees K,K,..."),
        (["run", "himmelblau", "--degrees", ""], "argument --degrees: expected 'all' or degrees K,K,..."),
        (
            ["run", "himmelblau", "--degrees", "0,3"],
            "--degrees: expected at most 2, the number of axes, got 3",
        ),
        (["run", "rastrigin", "--dim", "5", "--degrees", "all"], "a function of at most 4 variables, got 5"),
        (["run", "himmelblau", "--degrees", "1", "--sampler", "sobol"], "expected --sampler grid, got sobol"),
        (["image"], "the following arguments are required: FILE"),
        (["run", "himmelblau", "--csv", os.devnull], "is not a file"),
    ],
)
def test_wrong_arguments(run, folder, words, message):
    code, output, errors = run(*words)
    assert code == 2
    assert output == ""
    assert message in errors
    assert "Traceback" not in errors
    assert os.listdir(folder) == []


@pytest.mark.parametrize("option", [["--plot", "a.xyz"], ["--plot", "no/a.png"], ["--csv", "no/a.csv"]])
def test_targets_are_checked_before_the_work(run, folder, option):
    written(folder, "counted", "def f(p):\n    open('called', 'w').close()\n    return p[:, 0]")
    assert run("run", "counted:f", "--bounds", "0,1", "--samples", "9", *option)[0] == 2
    assert not (folder / "called").exists()


def test_a_picture_without_matplotlib(run, folder, monkeypatch):
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    code, output, errors = run("run", "himmelblau", "--plot", "a.png")
    assert (code, output) == (2, "")
    assert "morsebar[plot]" in errors


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that refuses this user")
def test_a_folder_that_is_not_writable(run, folder):
    (folder / "closed").mkdir(mode=0o500)
    code, _, errors = run("run", "himmelblau", "--csv", "closed/a.csv")
    assert code == 2
    assert "is not writable" in errors


# Failures of the run


def test_the_objectives_exception_is_shown_with_its_own_frames(run, folder):
    written(folder, "broken", "def g(p):\n    return 1 / 0\n\n\ndef f(p):\n    return g(p)")
    (folder / "bars.csv").write_text("old")
    words = ["run", "broken:f", "--bounds", "0,1", "--samples", "9", "--csv", "bars.csv", "--plot", "a.png"]
    code, output, errors = run(*words)
    assert (code, output) == (1, "")
    assert errors.rstrip().endswith("ZeroDivisionError: division by zero")
    frames = re.findall(r'File "(.*?)", line \d+, in (\w+)', errors)
    assert frames == [(str(folder / "broken.py"), "f"), (str(folder / "broken.py"), "g")]
    assert (folder / "bars.csv").read_text() == "old"
    assert not (folder / "a.png").exists()


@pytest.mark.parametrize("body", ["1 / 0", "import surely_not_installed", "def f(:"])
def test_a_module_that_fails_when_imported(run, folder, body):
    written(folder, "failing", body)
    code, output, errors = run("run", "failing:f", "--bounds", "0,1")
    assert (code, output) == (1, "")
    assert "failing.py" in errors
    assert "importlib" not in errors
    assert re.search("^(ZeroDivisionError|ModuleNotFoundError|SyntaxError): ", errors, re.MULTILINE)


@pytest.mark.parametrize(
    ("body", "message"),
    [("return p[:, 0] * np.nan", "nan"), ("return p", "objective"), ("return 'high'", "objective")],
)
def test_values_that_cannot_be_used(run, folder, body, message):
    written(folder, "useless", f"def f(p):\n    {body}")
    code, output, errors = run("run", "useless:f", "--bounds", "0,1", "0,1", "--samples", "16")
    assert (code, output) == (1, "")
    assert errors.startswith("morsebar: error: ")
    assert message in errors.lower()
    assert errors.count("\n") == 1


def test_an_interrupted_objective(run, folder):
    written(folder, "stopped", "def f(p):\n    raise KeyboardInterrupt")
    code, output, errors = run("run", "stopped:f", "--bounds", "0,1", "--samples", "9")
    assert (code, output, errors) == (130, "", "morsebar: error: interrupted\n")


def test_the_path_of_imports_is_as_before(run, folder):
    written(folder, "plain", "def f(p):\n    return p[:, 0]")
    before = list(sys.path)
    assert run("run", "plain:f", "--bounds", "0,1", "--samples", "9")[0] == 0
    assert sys.path == before


# As a program


def test_as_a_program(folder):
    written(folder, "mine", "def f(p):\n    return (p**2).sum(axis=1)")
    words = ["--bounds", "-5,5", "-5,5", "--samples", "100", "--plot", "out.png", "--csv", "out.csv"]
    done = program("run", "mine:f", *words, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(table(done.stdout)) == 1
    assert sorted(path.name for path in folder.glob("out.*")) == ["out.csv", "out.png"]
    assert program("run", "nowhere").returncode == 2
    assert program("functions").stdout.count("\n") > 10


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c(folder):
    written(folder, "slow", "import time\n\n\ndef f(p):\n    open('called', 'w').close()\n    time.sleep(60)")
    words = ["run", "slow:f", "--bounds", "0,1", "--samples", "9"]
    process = subprocess.Popen(
        [sys.executable, "-m", "morsebar", *words], cwd=folder, stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 60
        while not (folder / "called").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert errors == "morsebar: error: interrupted\n"


@pytest.mark.skipif(os.name == "nt", reason="pipes of a Unix shell")
def test_a_reader_that_leaves(folder):
    written(folder, "waits", "import time\n\n\ndef f(p):\n    time.sleep(0.5)\n    return p[:, 0]")
    words = ["run", "waits:f", "--bounds", "0,1", "--samples", "9"]
    process = subprocess.Popen(
        [sys.executable, "-m", "morsebar", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 1
