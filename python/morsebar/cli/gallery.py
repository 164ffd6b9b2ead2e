"""A page of pictures of benchmark functions: plain HTML beside its PNG files, no network."""

import io
import os
import warnings
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morsebar import plots
from morsebar._extras import require
from morsebar.cli.errors import UsageError
from morsebar.cli.files import replace
from morsebar.landscape import Landscape
from morsebar.noise import ThinSampleWarning
from morsebar.objectives import Objective
from morsebar.sampled_landscape import landscape

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SAMPLES = 90_000
_DPI = 80

_STYLE = """
:root { color-scheme: light dark; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 84rem; margin: 2rem auto; padding: 0 1rem; }
nav { columns: 10rem; margin-bottom: 2rem; }
nav a { display: block; }
section { border-top: 1px solid var(--line); padding: 1rem 0; }
figure { margin: 0; display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
img { max-width: 100%; height: auto; background: white; }
p { margin: 0.25rem 0 1rem; }
"""


def check_folder(folder: Path) -> None:
    """Refuse a folder that a gallery cannot be written into.

    Raises
    ------
    UsageError
        If it holds files, or cannot be made or written into; or without matplotlib.
    """
    try:
        require("matplotlib.figure", "plot")
    except ImportError as error:
        raise UsageError(f"--gallery: {error}") from None
    if os.path.lexists(folder) and not folder.is_dir():
        raise UsageError(f"--gallery: {folder} is not a folder")
    place = folder.resolve()
    if not place.exists():
        place = place.parent
        if not place.is_dir():
            raise UsageError(f"--gallery: {folder}: there is no folder {place}")
    # Reading tells whether it is empty, writing and searching are for the files.
    if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        raise UsageError(f"--gallery: {folder}: the folder {place} is not writable")
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"--gallery: {folder} is not empty")


def write_gallery(folder: Path, functions: Sequence[Objective]) -> None:
    """Write index.html and the pictures it shows into a new or empty folder, all of them or none.

    Nothing is written before all is drawn; index.html comes last.
    """
    sections: list[str] = []
    files: dict[str, bytes] = {}
    for function in functions:
        section, pictures = _draw(function)
        sections.append(section)
        files |= pictures
    files["index.html"] = _page(functions, sections).encode()
    made = not folder.exists()
    folder.mkdir(exist_ok=True)
    try:
        for name, content in files.items():
            replace(folder / name, content)
    except BaseException:
        for name in files:
            (folder / name).unlink(missing_ok=True)
        if made:
            folder.rmdir()
        raise


def _draw(function: Objective) -> tuple[str, dict[str, bytes]]:
    """Sample a function; return its section of the page, and its pictures by name."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ThinSampleWarning)
        land = landscape(function, n_samples=_SAMPLES, sampler="grid" if function.d <= 2 else "auto")
    notes = [str(warning.message) for warning in caught]
    views = {
        f"{function.name}.png": ("Barcode" if function.d > 2 else "Contours and barcode", _overview(land)),
        f"{function.name}_graph.png": ("Disconnectivity graph", _disconnectivity(land)),
    }
    images = [
        f'<img src="{escape(name)}" alt="{escape(f"{what} of {function.name}")}" loading="lazy">'
        for name, (what, _) in views.items()
    ]
    lines = [
        f'<section id="{escape(function.name)}">',
        f"<h2>{escape(function.name)}</h2>",
        f"<p><code>{escape(repr(function))}</code><br>{escape(function.citation)}</p>",
        f"<figure>{''.join(images)}</figure>",
        *(f"<p>{escape(note)}</p>" for note in notes),
        "</section>",
    ]
    return "\n".join(lines), {name: _png(figure) for name, (_, figure) in views.items()}


def _overview(land: Landscape) -> "Figure":
    options: dict[str, Any] = plots.layout(land.d)
    figure_options = {name: options.pop(name) for name in ("figsize", "layout")}
    figure: Figure = require("matplotlib.figure", "plot").Figure(**figure_options)
    land.plot(figure.subplots(**options))
    return figure


def _disconnectivity(land: Landscape) -> "Figure":
    figure: Figure = require("matplotlib.figure", "plot").Figure(figsize=(5.2, 4.2), layout="constrained")
    land.plot_disconnectivity(figure.subplots())
    return figure


def _png(figure: "Figure") -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=_DPI, bbox_inches="tight")
    return content.getvalue()


def _page(functions: Sequence[Objective], sections: Sequence[str]) -> str:
    links = [f'<a href="#{escape(f.name)}">{escape(f.name)}</a>' for f in functions]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            '<head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<title>morsebar: benchmark functions</title>",
            f"<style>{_STYLE}</style></head>",
            "<body>",
            "<h1>Benchmark functions</h1>",
            f"<nav>{''.join(links)}</nav>",
            *sections,
            "</body>",
            "</html>",
            "",
        ]
    )
