"""What mkdocs calls while it builds the site: the code of every page runs, its pictures go into the page."""

from __future__ import annotations

import html
import importlib.util
import logging
import tempfile
from pathlib import Path, PurePosixPath

from code_blocks import Block, Result, markers, run, titled, unrun
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

log = logging.getLogger("mkdocs.hooks.morsebar")


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Run the blocks of a page, and put behind each what it made."""
    source = PurePosixPath(page.file.src_uri)
    # The lines and markers of the file: mkdocs has cut off its front matter.
    text = Path(page.file.abs_src_path).read_text(encoding="utf-8")
    front = text[: len(text) - len(markdown)] if text.endswith(markdown) else ""
    missing = [name for name in markers(text) if importlib.util.find_spec(name) is None]
    if missing:
        log.info("%s: its code does not run without %s", source, " and ".join(missing))
        note = f"*Built without {' and '.join(missing)}: the pictures of this page are left out.*"
        return f"{note}\n\n{unrun(markdown)}"
    pieces, end = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for i, (block, result) in enumerate(run(front + markdown, str(source), Path(folder))):
            start = block.start - len(front)
            pieces += [markdown[end:start], _shown(block, result)]
            for path, content in _named(block, result, source, i).items():
                files.append(File.generated(config, path, content=content))
            pieces.append(_links(block, result, source, i))
            end = block.end - len(front)
    return "".join([*pieces, markdown[end:]])


def _shown(block: Block, result: Result) -> str:
    """Return code and output as the page shows them."""
    shown = titled(block)
    if "output" in block.options:
        shown += f"\n\n```text\n{result.output}```"
    return shown


def _named(block: Block, result: Result, source: PurePosixPath, i: int) -> dict[str, bytes]:
    """Return the files that a block adds to the site."""
    named = {str(source.parent / path): content for path, content in result.files.items()}
    if result.picture is not None:
        named[str(source.parent / _picture_path(source, i))] = result.picture
    return named


def _links(block: Block, result: Result, source: PurePosixPath, i: int) -> str:
    """Return what stands below a block: its picture, or a link to what it attaches."""
    shown = ""
    if result.picture is not None:
        # Markdown, so that mkdocs checks and moves the path.
        words = html.escape(block.options["picture"])
        shown += f"\n\n![{words}]({_picture_path(source, i)}){{ .picture }}"
    if "attach" in block.options:
        attached = block.options["attach"]
        page = attached if attached in result.files else f"{attached}/index.html"
        shown += f"\n\n[Open {page}]({page}){{ .md-button }}"
    return shown


def _picture_path(source: PurePosixPath, i: int) -> str:
    return f"pictures/{source.stem}_{i}.png"
