"""The file of a report: what is in it, and how it is written. `test_report_page` opens it in a browser."""

import base64
import hashlib
import json
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

import morsebar as mb
from morsebar.cli import main
from morsebar.report import payload as payload_module

TYPES = {"Float64Array": "<f8", "Float32Array": "<f4", "Uint32Array": "<u4", "Uint8Array": "|u1"}
HOSTILE = "</script><script>alert(1)</script><!-- \"'&amp; \u2028 {{style}}"


class Page(HTMLParser):
    """Scripts, policy, and the text of title and heading."""

    def __init__(self, text):
        super().__init__()
        self.scripts, self.texts, self.policy = [], {}, None
        self.inside = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.inside = tag
        if tag == "script":
            self.scripts.append([attributes, ""])
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, text):
        if self.inside == "script":
            self.scripts[-1][1] += text
        elif self.inside is not None:
            self.texts[self.inside] = self.texts.get(self.inside, "") + text

    @property
    def data(self):
        return unpacked(json.loads(self.scripts[0][1]))


def unpacked(content):
    if isinstance(content, list):
        return [unpacked(item) for item in content]
    if not isinstance(content, dict):
        return content
    if "base64" in content:
        return np.frombuffer(base64.b64decode(content["base64"]), dtype=TYPES[content["type"]])
    return {key: unpacked(value) for key, value in content.items()}


def written(land, path):
    assert land.report(path) == path
    return Page(path.read_text(encoding="utf-8"))


def plain(name="wells", seed=0, n=3000, d=2):
    points = np.random.default_rng(seed).uniform(-3, 3, (n, d))
    values = np.cos(3 * points).sum(axis=1) + (points**2).sum(axis=1) / 20
    return mb.Landscape.from_samples(points, values, bounds=[(-3, 3)] * d, n_neighbors=8 * d, name=name)


def with_islands():
    """Two components, a masked vertex, and minima of length zero."""
    values = np.array([[0.0, 2.0, np.nan, 1.0], [3.0, 1.0, np.inf, 1.0], [0.5, 4.0, np.inf, 1.0]])
    points = np.array([[i, j] for i in range(3) for j in range(4)], dtype=float)
    return mb.Landscape.from_samples(points, values, graph=mb.Grid((3, 4)), nan="mask")


# What is in the file


@pytest.mark.parametrize("land", [plain(), with_islands()], ids=["wells", "islands"])
def test_bars_are_those_of_the_barcode(land, tmp_path):
    data = written(land, tmp_path / "page.html").data
    bars, found = land.barcode, data["bars"]
    np.testing.assert_array_equal(np.column_stack([found["birth"], found["death"]]), bars.diagram)
    np.testing.assert_array_equal(found["minimum"], bars.minima)
    np.testing.assert_array_equal(found["saddle"].astype(np.int32), bars.saddles)
    np.testing.assert_array_equal(found["size"], bars.sizes)
    np.testing.assert_array_equal(found["height"], bars.mean_heights)
    np.testing.assert_array_equal(found["boundary"], bars.on_boundary)
    essential = bars.saddles < 0
    np.testing.assert_array_equal(bars.minima[found["parent"]][~essential], bars.parents[~essential])
    np.testing.assert_array_equal(found["parent"][essential], np.flatnonzero(essential))
    np.testing.assert_array_equal(
        data["minimumPoints"].reshape(-1, land.d), land.minimum_points.astype(np.float32)
    )
    np.testing.assert_array_equal(
        data["saddlePoints"].reshape(-1, land.d), land.saddle_points.astype(np.float32)
    )
    assert data["threshold"] == bars.threshold()
    assert data["rule"] == bars.significant().selection


@pytest.mark.parametrize("land", [plain(), plain(d=3, n=20_000), with_islands()], ids=["d2", "d3", "islands"])
def test_samples_of_a_branch_are_as_many_as_its_size(land, tmp_path):
    data = written(land, tmp_path / "page.html").data
    counts = np.bincount(data["scene"]["points"]["bar"], minlength=len(land.barcode))
    for bar in range(len(land.barcode) - 1, -1, -1):
        assert counts[bar] == land.barcode.sizes[bar]
        if land.barcode.saddles[bar] >= 0:
            counts[data["bars"]["parent"][bar]] += counts[bar]


def test_only_the_longest_bars_of_very_many(tmp_path, monkeypatch):
    land = plain()
    assert len(land.barcode) > 5
    monkeypatch.setattr(payload_module, "MAX_BARS", 5)
    data = written(land, tmp_path / "page.html").data
    assert (data["nBars"], data["nMinima"]) == (5, len(land.barcode))
    np.testing.assert_array_equal(data["bars"]["minimum"], land.barcode.minima[:5])
    owner = data["scene"]["points"]["bar"]
    assert np.bincount(owner).tolist() == [
        np.count_nonzero(land.tree.cut(n_bars=5) == minimum) for minimum in land.barcode.minima[:5]
    ]


def test_run_and_versions_are_told(tmp_path):
    land = mb.landscape(mb.objectives.himmelblau, n_samples=900, sampler="sobol", random_state=7)
    data = written(land, tmp_path / "page.html").data
    run = dict(data["run"])
    assert run["Random state"] == "7"
    assert run["Sampler"] == "sobol"
    assert run["Box"] == "[-5, 5]^2"
    assert run["Evaluations"] == "900"
    assert run["Suggested cut"] == land.barcode.significant().selection
    assert {"morsebar", "Python", "numpy", "scipy", "plotly.js"} == set(dict(data["versions"]))


def test_contours_are_quantiles_of_the_function(tmp_path):
    land = mb.landscape(mb.objectives.himmelblau, n_samples=40_000)
    contours = written(land, tmp_path / "page.html").data["scene"]["contours"]
    x, y, z = contours["x"], contours["y"], contours["z"].reshape(len(contours["y"]), len(contours["x"]))
    values = mb.objectives.himmelblau(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(float))
    ranks = np.argsort(np.argsort(values)) / (values.size - 1)
    assert np.quantile(np.abs(z.ravel() - ranks), 0.98) < 0.03


def test_outside_of_the_domain_there_are_no_contours(tmp_path):
    def disc(points):
        radius = np.hypot(*points.T)
        return np.where(radius < 1, radius, np.inf)

    land = mb.landscape(disc, [(-2, 2)] * 2, n_samples=20_000)
    contours = written(land, tmp_path / "page.html").data["scene"]["contours"]
    inside = np.hypot(*np.meshgrid(contours["x"], contours["y"])) < 1
    known = np.isfinite(contours["z"].reshape(inside.shape))
    assert np.mean(known == inside) > 0.98


def test_the_curve_keeps_its_lowest_and_highest_points(tmp_path):
    t = np.linspace(0, 1, 50_001)
    values = np.sin(900 * t)
    values[30_011], values[40_001] = -5.0, 5.0
    land = mb.Landscape.from_samples(t, values, graph=mb.Grid(len(t)))
    curve = written(land, tmp_path / "page.html").data["scene"]["curve"]
    assert len(curve["x"]) <= 5000
    assert (curve["y"].min(), curve["y"].max()) == (-5.0, 5.0)
    assert (np.diff(curve["x"]) > 0).all()


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_samples(n, tmp_path):
    land = mb.Landscape.from_samples(np.zeros((n, 2)), np.arange(n, dtype=float), graph=mb.Grid(n))
    assert written(land, tmp_path / "page.html").data["nBars"] == min(n, 1)


# Order of the leaves


def crossings(order, births, deaths, parents):
    """Pairs of a horizontal line, at the death of a bar, and the upright line of another that it crosses."""
    found = 0
    for bar, parent in enumerate(parents):
        between = sorted((order[bar], order[parent]))
        for other in range(len(parents)):
            upright = births[other] < deaths[bar] < deaths[other]
            found += upright and between[0] < order[other] < between[1]
    return found


@pytest.mark.filterwarnings("ignore::morsebar.noise.ThinSampleWarning")
@pytest.mark.parametrize("seed", range(5))
def test_branches_do_not_cross(seed, tmp_path):
    values = np.random.default_rng(seed).normal(size=(12, 9)).cumsum(axis=seed % 2)
    points = np.stack(np.meshgrid(np.arange(12.0), np.arange(9.0), indexing="ij"), axis=-1).reshape(-1, 2)
    land = mb.Landscape.from_samples(points, values, graph=mb.Grid((12, 9)))
    bars = written(land, tmp_path / "page.html").data["bars"]
    order, n = bars["leaf"], len(bars["leaf"])
    assert sorted(order) == list(range(n))
    # Whatever threshold the reader chooses, the longest are kept.
    for kept in (n, n // 2):
        parts = (bars[name][:kept] for name in ("birth", "death", "parent"))
        assert crossings(order[:kept], *parts) == 0


def test_the_lowest_minimum_hangs_in_the_middle(tmp_path):
    # Barriers rise to both sides: every minimum joins the lowest one.
    values = np.repeat([4.0, 8.0, 2.0, 6.0, 0.0, 5.0, 1.0, 7.0, 3.0], 9)
    land = mb.Landscape.from_samples(np.arange(81.0), values, graph=mb.Grid(81))
    leaves = written(land, tmp_path / "page.html").data["bars"]["leaf"]
    assert len(leaves) == 5
    assert leaves[0] == 2


# Texts of users


def test_texts_of_users_are_escaped(tmp_path):
    land = plain(name=HOSTILE)
    page = written(land, tmp_path / "page.html")
    assert len(page.scripts) == 3
    assert page.texts["h1"] == HOSTILE
    assert page.texts["title"].startswith(HOSTILE)
    assert page.data["name"] == HOSTILE


def test_nothing_else_runs_and_nothing_is_fetched(tmp_path):
    page = written(plain(), tmp_path / "page.html")
    assert page.scripts[0][0]["type"] == "application/json"
    hashes = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for _, text in page.scripts[1:]
    ]
    assert all("src" not in attributes for attributes, _ in page.scripts)
    assert page.policy.endswith(f"script-src 'sha256-{hashes[0]}' 'sha256-{hashes[1]}'")
    assert page.policy.startswith("default-src 'none';")


# Writing


def test_the_same_landscape_gives_the_same_bytes(tmp_path):
    assert (
        plain().report(tmp_path / "a.html").read_bytes() == plain().report(tmp_path / "b.html").read_bytes()
    )


def test_a_failure_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "no space left")))
    with pytest.raises(OSError, match="no space left"):
        plain().report(path)
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]
    assert path.read_text() == "old"


def test_places_that_cannot_be_written_to(tmp_path):
    land = plain()
    with pytest.raises(FileNotFoundError, match=r"path: there is no folder '.*none'"):
        land.report(tmp_path / "none" / "page.html")
    with pytest.raises(ValueError, match="path: expected a regular file"):
        land.report(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(FileNotFoundError, match="path: there is no folder"):
        land.report(tmp_path / "file" / "page.html")


def test_without_plotly_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(ImportError, match=re.escape("pip install 'morsebar[report]'")):
        plain().report(tmp_path / "page.html")


def test_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["run", "himmelblau", "--samples", "900", "--report", "out.html"]) == 0
    assert Page((tmp_path / "out.html").read_text(encoding="utf-8")).texts["h1"] == "himmelblau"
    assert main(["run", "himmelblau", "--samples", "900", "--degrees", "0", "--report", "grid.html"]) == 0
    assert (tmp_path / "grid.html").exists()
    assert main(["run", "himmelblau", "--samples", "900", "--report", "none/out.html"]) == 2
    assert "there is no folder" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    assert main(["run", "himmelblau", "--samples", "900", "--report", "out.html"]) == 2
    assert "morsebar[report]" in capsys.readouterr().err
