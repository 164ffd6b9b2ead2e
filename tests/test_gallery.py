"""The page of pictures that `morsebar functions --gallery` writes."""

import dataclasses
import html.parser
import os
import sys

import pytest
from PIL import Image

from morsebar import objectives
from morsebar.cli import gallery, main


class Page(html.parser.HTMLParser):
    """What a page refers to, and whether every element that is opened is closed."""

    VOID = ("br", "img", "meta")

    def __init__(self, text):
        super().__init__()
        self.open, self.targets, self.links, self.ids, self.words, self.tags = [], [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append(tag)
        self.targets += [attributes["src"]] if "src" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []
        self.ids += [attributes["id"]] if "id" in attributes else []
        assert tag != "img" or attributes["alt"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*words):
        code = main(["functions", *words])
        return code, *capsys.readouterr()

    return call


def test_a_gallery(run, tmp_path):
    code, output, errors = run("HumpCamel6", "alpine01", "hartmann3", "alpine1", "--gallery", "out")
    assert (code, errors) == (0, "")
    assert output == f"{os.path.join('out', 'index.html')}: 3 functions\n"
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    names = ["six_hump_camel", "alpine01", "hartmann3"]
    assert page.ids == names
    assert page.links == [f"#{name}" for name in names]
    assert page.targets == [f"{name}{end}.png" for name in names for end in ("", "_graph")]
    assert "://" not in text
    assert "script" not in page.tags
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"index.html", *page.targets}
    for target in page.targets:
        with Image.open(tmp_path / "out" / target) as picture:
            assert picture.width > 400
            assert len(picture.convert("RGB").getcolors(1 << 24)) > 20
    said = " ".join(page.words)
    for name in names:
        assert objectives.get(name).citation in said


def test_an_empty_folder_is_filled_and_stays_itself(run, tmp_path):
    (tmp_path / "out").mkdir(mode=0o750)
    before = (tmp_path / "out").stat()
    assert run("easom", "--gallery", "out")[0] == 0
    after = (tmp_path / "out").stat()
    assert (before.st_ino, before.st_mode) == (after.st_ino, after.st_mode)
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_functions_of_too_many_minima_are_said_to_be_thinly_sampled(run, tmp_path):
    assert run("griewank", "--gallery", "out")[0] == 0
    assert "minima may be missing" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_texts_are_escaped(tmp_path):
    evil = '<script>alert("1")</script>&'
    function = dataclasses.replace(objectives.himmelblau, name="f<b>", citation=evil)
    gallery.write_gallery(tmp_path / "out", [function])
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert evil in page.words
    assert page.ids == ["f<b>"]


def test_nothing_is_left_where_writing_fails(run, tmp_path, monkeypatch):
    def full(path, content):
        if path.name == "index.html":
            raise OSError("no space left on device")
        path.write_bytes(content)

    monkeypatch.setattr(gallery, "replace", full)
    code, output, errors = run("easom", "--gallery", "out")
    assert (code, output, errors) == (1, "", "morsebar: error: no space left on device\n")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "old").mkdir()
    assert run("easom", "--gallery", "old")[0] == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "old"]
    assert list((tmp_path / "old").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--gallery", "full"], "--gallery: full is not empty"),
        (["--gallery", "file"], "--gallery: file is not a folder"),
        (["--gallery", "gone/out"], "--gallery: gone/out: there is no folder"),
        (["nosuch", "--gallery", "out"], "name: got 'nosuch', expected one of ackley"),
        (["nosuch"], "name: got 'nosuch', expected one of ackley"),
    ],
)
def test_wrong_arguments(run, tmp_path, words, message):
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    code, output, errors = run(*words)
    assert (code, output) == (2, "")
    assert message in errors
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that refuses this user")
def test_a_folder_that_is_not_writable(run, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    for target in ("closed", "closed/out"):
        code, _, errors = run("--gallery", target)
        assert code == 2
        assert "is not writable" in errors


def test_without_matplotlib(run, monkeypatch):
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    code, _, errors = run("--gallery", "out")
    assert code == 2
    assert "morsebar[plot]" in errors


def test_a_table_of_some(run):
    code, output, _ = run("shekel7", "lunacek", "zakharov")
    assert code == 0
    lines = [line.split()[:2] for line in output.splitlines() if not line.startswith(" ")]
    assert lines == [["name", "dimension"], ["shekel7", "4"], ["lunacek", "2"], ["zakharov", "any"]]
