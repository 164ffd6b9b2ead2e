"""The pages of the documentation: their code runs and prints what they say, and name all that is public."""

import re
import sys
from pathlib import Path

import pytest
from code_blocks import PageError, blocks, markers, run, unrun

import morsebar as mb
from morsebar import networks, plots

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


def page(path):
    marks = [getattr(pytest.mark, name) for name in markers(path.read_text())]
    return pytest.param(path, marks=marks, id=str(path.relative_to(DOCS)))


@pytest.fixture(autouse=True)
def _precision_of_jax_stays():
    """Take back what a page sets for the rest of its process."""
    yield
    if jax := sys.modules.get("jax"):
        jax.config.update("jax_enable_x64", False)


@pytest.mark.parametrize("path", [page(path) for path in PAGES])
def test_pages_run(path, tmp_path):
    for block, result in run(path.read_text(), str(path), tmp_path):
        assert ("picture" in block.options) == (result.picture is not None)


@pytest.mark.parametrize(
    "framework", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("torch", "jax")]
)
def test_examples_of_the_readme_that_need_a_framework_run(framework):
    readme = (DOCS.parent / "README.md").read_text()
    (block,) = [block for block in blocks(readme) if f"import {framework}" in block.source]
    namespace = {}
    exec(compile(block.source, "README.md", "exec"), namespace)
    assert isinstance(namespace["land"], mb.Landscape)


def test_public_names_have_a_place_in_the_reference():
    said = re.findall(
        r"^::: (\S+)", "\n".join(p.read_text() for p in (DOCS / "reference").glob("*.md")), re.M
    )
    named = {name.rpartition(".")[2] for name in said}
    assert set(mb.__all__) - {"__version__"} <= named
    for module in (networks, plots):
        assert {f"{module.__name__}.{name}" for name in module.__all__} <= set(said)


def test_pictures_have_words():
    for path in PAGES:
        for block in blocks(path.read_text()):
            assert len(block.options.get("picture", "six words or more are there").split()) > 5, path


def results(text, folder):
    return [result for _, result in run(text, "page.md", folder)]


def test_blocks_share_names_and_show_their_last_value(tmp_path):
    text = "```python\nx = 2\n```\nWords.\n\n```python\nprint(x)\nx + 1\n```\n\n```text\n2\n3\n```\n"
    assert [result.output for result in results(text, tmp_path)] == ["", "2\n3\n"]
    assert results("    ```python\n    if 1:\n        1\n    ```\n", tmp_path)[0].output == ""
    assert len(results("```python\n>>> 1 + 1\n2\n\n```\n", tmp_path)) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```python\n1 + 1\n```\n\n```text\n3\n```\n", r"page.md, line 1: Expected:\s+3\s+Got:\s+2"),
        ("Words.\n\n```python\n1 + 1\n```\nWords.\n\n```text\n2\n```\n", "line 3: Expected nothing"),
        ("```python\n>>> 1 + 1\n3\n\n```\n", r"Expected:\s+3\s+Got:\s+2"),
        ("```sh\nls\n```\n", "line 1: expected a call of morsebar, got 'ls'"),
        ("```sh\nmorsebar run nothing\n```\n", "'morsebar run nothing' ended with 2:\nmorsebar: error"),
        ('```python picture="a b"\n1\n```\n', "Expected nothing"),
        ('```python picture="a b"\nx = 1\n```\n', "line 1: expected one figure, got 0"),
        ('```python attach="x.html"\nx = 1\n```\n', r"line 1: there is no x\.html"),
        ('```python pictures="a"\nx = 1\n```\n', "line 1: expected options of python blocks, got"),
    ],
)
def test_what_is_wrong_is_an_error(text, message, tmp_path):
    with pytest.raises(PageError, match=message):
        results(text, tmp_path)


def test_what_the_code_raises_comes_out_with_its_line(tmp_path):
    with pytest.raises(ZeroDivisionError) as caught:
        results("Words.\n\n```python\n\n1 / 0\n```\n", tmp_path)
    assert caught.traceback[-1].lineno + 1 == 5


def test_files_pictures_and_built_output(tmp_path):
    text = (
        '```python file="well.py"\ndef f(points):\n    return (points**2).sum(axis=1)\n```\n'
        '```sh output="built"\nmorsebar run well:f --bounds -1,1 --samples 100 --csv bars.csv\n```\n'
        '```python picture="a line" attach="bars.csv"\nimport matplotlib.pyplot as plt\n'
        "lines = plt.plot([0, 1])\n```\n"
    )
    _, shell, python = results(text, tmp_path)
    assert shell.output.startswith("Landscape of well:f: d = 1")
    assert python.picture.startswith(b"\x89PNG")
    assert set(python.files) == {"bars.csv"}
    assert results(text, tmp_path)[2].picture == python.picture


def test_markers_stand_in_the_front_matter():
    assert markers("---\nmarkers: torch jax\n---\n\n# Title\n") == ["torch", "jax"]
    assert markers("---\ntitle: x\n---\n") == markers("# Title\n\nmarkers: torch\n") == []


def test_pages_that_do_not_run_keep_their_code():
    plain = "Words.\n\n```python\n1 + 1\n```\n\n```text\n2\n```\nWords.\n"
    assert unrun(plain) == plain
    shown = '```python picture="a b"\nx = 1\n```\n\n```python file="x.py"\ny = 1\n```\nWords.\n'
    assert unrun(shown) == '```python\nx = 1\n```\n\n```python title="x.py"\ny = 1\n```\nWords.\n'
