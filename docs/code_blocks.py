"""The code of a page of the documentation: found, run in order, its output compared with the page's.

A page is a script. Its blocks run in one namespace and one empty folder:

- ``python``: run; the value of a last expression is shown, as in a notebook. Prompts (``>>>``) are doctests.
- ``python file="name.py"``: written to that file and not run.
- ``sh``: every line is a call of ``morsebar`` and runs as one. Other commands stand in ``console`` blocks,
  which do not run.
- ``text`` right after one of these: what it prints, ``...`` standing for anything. No such block, no output.

Behind the name of the language may stand:

- ``picture="words"``: the block leaves one figure of matplotlib, described by these words to those who do not
  see it.
- ``attach="path"``: a file or folder that the block writes becomes part of the site.
- ``output="built"``: the output differs from version to version: it is not compared but shown as it is.

``markers: torch jax`` between ``---`` lines at the top of a page names what the page needs beyond the extra
`docs`.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt

COMPARED = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

_FENCED = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)(?P<options>[^\n`]*)\n(?P<source>.*?)^(?P=indent)```$", re.M | re.S
)
_OPTION = re.compile(r'(\w+)="([^"]*)"')
_FRONT_MATTER = re.compile(r"\A---\n(?P<lines>.*?)^---\n", re.M | re.S)
_OPTIONS = {"python": {"picture", "attach", "file"}, "sh": {"attach", "output"}}


class PageError(Exception):
    """A block is not as it should be, fails, or prints something else than the page says."""


@dataclass(frozen=True)
class Block:
    """One block that runs, and what the page says it prints.

    Parameters
    ----------
    start, end : where it stands in the text of the page, expected output included.
    line : line of its first fence.
    language : "python" or "sh".
    source, expected : code and output; None where the page shows no output.
    options : what stands behind the name of the language.
    fenced : code and output as they stand in the page, without options.
    """

    start: int
    end: int
    line: int
    language: str
    source: str
    expected: str | None
    options: dict[str, str]
    fenced: str


@dataclass(frozen=True)
class Result:
    """What a block left: its output, its picture as PNG, and the files it attaches by their paths."""

    output: str
    picture: bytes | None
    files: dict[str, bytes]


def markers(text: str) -> list[str]:
    """Return what the front matter of a page says it needs."""
    front = _FRONT_MATTER.match(text)
    if front is None:
        return []
    found = re.search(r"^markers: *(.*)$", front["lines"], re.M)
    return found[1].split() if found else []


def blocks(text: str) -> list[Block]:
    """Return the blocks of a page that run, in order."""
    found: list[Block] = []
    matches = list(_FENCED.finditer(text))
    for i, match in enumerate(matches):
        language = match["language"]
        if language not in _OPTIONS:
            continue
        line = text.count("\n", 0, match.start()) + 1
        options = dict(_OPTION.findall(match["options"]))
        if _OPTION.sub("", match["options"]).strip() or not options.keys() <= _OPTIONS[language]:
            raise PageError(f"line {line}: expected options of {language} blocks, got {match['options']!r}")
        indent = match["indent"]
        fenced = text[match.start() : match.end()].replace(match["options"], "", 1)
        expected, end = None, match.end()
        if i + 1 < len(matches) and matches[i + 1]["language"] == "text":
            shown = matches[i + 1]
            if not text[end : shown.start()].strip():
                expected = _dedent(shown["source"], indent)
                fenced += text[end : shown.end()]
                end = shown.end()
        source = _dedent(match["source"], indent)
        found.append(Block(match.start(), end, line, language, source, expected, options, fenced))
    return found


def titled(block: Block) -> str:
    """Return code and output as they stand in the page, with the name of its file where it has one."""
    if "file" not in block.options:
        return block.fenced
    return block.fenced.replace("```python", f'```python title="{block.options["file"]}"', 1)


def unrun(text: str) -> str:
    """Return a page whose code does not run, without the options of its blocks, which Markdown refuses."""
    pieces, end = [], 0
    for block in blocks(text):
        pieces += [text[end : block.start], titled(block)]
        end = block.end
    return "".join([*pieces, text[end:]])


def run(text: str, name: str, folder: Path) -> Iterator[tuple[Block, Result]]:
    """Run the blocks of a page one after another.

    Parameters
    ----------
    text : the page.
    name : its path, for messages.
    folder : an empty one; the current directory while a block runs.

    Yields
    ------
    Block, Result

    Raises
    ------
    PageError
        Naming page and line: for a block that prints something else than the page says or leaves no picture
        where it promised one. What Python code raises comes out as it is.
    """
    matplotlib.use("Agg")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    try:
        for block in blocks(text):
            where = f"{name}, line {block.line}"
            with contextlib.chdir(folder):
                output = _run(block, name, where, namespace)
            # Prompts compare for themselves.
            if not block.source.startswith(">>>") and block.options.get("output") != "built":
                _compare(block.expected or "", output, where)
            yield block, Result(output, _picture(block, where), _files(block, folder, where))
    finally:
        plt.close("all")


def _dedent(source: str, indent: str) -> str:
    return "".join(line.removeprefix(indent) for line in source.splitlines(keepends=True))


def _run(block: Block, name: str, where: str, namespace: dict[str, Any]) -> str:
    if "file" in block.options:
        Path(block.options["file"]).write_text(block.source)
        return ""
    if block.language == "sh":
        return "".join(_call(line, where) for line in block.source.splitlines())
    if block.source.startswith(">>>"):
        return _prompts(block, name, namespace)
    return _execute("\n" * block.line + block.source, name, namespace)


def _call(line: str, where: str) -> str:
    """Run one line of the shell, a call of morsebar."""
    program, *words = shlex.split(line, comments=True) or [""]
    if program != "morsebar":
        raise PageError(f"{where}: expected a call of morsebar, got {line!r}")
    done = subprocess.run(
        [sys.executable, "-m", "morsebar", *words],
        capture_output=True,
        text=True,
        # The width of a terminal, not of whoever builds the site.
        env={**os.environ, "COLUMNS": "100"},
        check=False,
    )
    if done.returncode:
        raise PageError(f"{where}: {line!r} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def _prompts(block: Block, name: str, namespace: dict[str, Any]) -> str:
    test = doctest.DocTestParser().get_doctest(block.source, {}, name, name, block.line)
    test.globs = namespace
    said = io.StringIO()
    failed = doctest.DocTestRunner(optionflags=COMPARED).run(test, out=said.write, clear_globs=False).failed
    if failed:
        raise PageError(said.getvalue())
    return ""


def _execute(source: str, name: str, namespace: dict[str, Any]) -> str:
    """Run Python; the value of a last expression is printed."""
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, name, "exec"), namespace)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), name, "eval"), namespace)
            if value is not None:
                print(repr(value))
    return printed.getvalue()


def _compare(expected: str, output: str, where: str) -> None:
    checker = doctest.OutputChecker()
    if not checker.check_output(expected, output, COMPARED):
        example = doctest.Example("", expected)
        raise PageError(f"{where}: {checker.output_difference(example, output, COMPARED)}")


def _picture(block: Block, where: str) -> bytes | None:
    if "picture" not in block.options:
        return None
    if len(plt.get_fignums()) != 1:
        raise PageError(f"{where}: expected one figure, got {len(plt.get_fignums())}")
    image = io.BytesIO()
    # Contours of many samples are far smaller as PNG than as SVG.
    plt.gcf().savefig(image, format="png", dpi=160)
    plt.close("all")
    return image.getvalue()


def _files(block: Block, folder: Path, where: str) -> dict[str, bytes]:
    if "attach" not in block.options:
        return {}
    root = folder / block.options["attach"]
    paths = sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else [root]
    if not paths or not all(path.is_file() for path in paths):
        raise PageError(f"{where}: there is no {block.options['attach']}")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
