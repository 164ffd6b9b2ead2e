"""The HTML file of a report: template, styles, scripts and data in one."""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from morsebar._extras import require
from morsebar._files import replacing
from morsebar.report.pack import script_json
from morsebar.report.payload import payload

if TYPE_CHECKING:
    from morsebar.landscape import Landscape

__all__ = ["check_place", "write"]

# In this order: each uses only what stands before it.
_SCRIPTS = ("bars.js", "chart.js", "views.js", "table.js", "page.js")


def write(land: Landscape, path: str | PathLike[str]) -> Path:
    """Write the report of a landscape: see `Landscape.report`.

    Parameters
    ----------
    land : Landscape
    path : str or path
        No suffix is added. An existing file is replaced in one step or left as it was.

    Returns
    -------
    Path

    Raises
    ------
    ImportError
        If plotly is missing (extra `report`).
    OSError
        If the file cannot be written, naming what is missing.
    ValueError
        If something else than a regular file has this path.

    Notes
    -----
    plotly.js is 4.8 MB of the file. The same landscape and versions give the same bytes.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import morsebar as mb
    >>> land = mb.landscape(mb.objectives.himmelblau, n_samples=2500)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write(land, pathlib.Path(folder, "himmelblau.html"))
    ...     print(path.name, path.read_text(encoding="utf-8")[:15])
    himmelblau.html <!doctype html>
    """
    check_place(path)
    document = _document(land).encode("utf-8")
    with replacing(path) as file:
        file.write(document)
    return Path(path)


def check_place(path: str | PathLike[str]) -> None:
    """Refuse a place that cannot be written to, and a missing plotly, before any work is done.

    Raises
    ------
    ImportError, OSError, ValueError
        As `write`.

    Examples
    --------
    >>> check_place("no such folder/report.html")
    Traceback (most recent call last):
    ...
    FileNotFoundError: path: there is no folder 'no such folder' for 'no such folder/report.html'
    """
    require("plotly.offline", "report")
    name = os.fspath(path)
    target = os.path.realpath(name)
    if os.path.exists(target) and not os.path.isfile(target):
        raise ValueError(f"path: expected a regular file, got {name!r}")
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"path: there is no folder {os.path.dirname(name)!r} for {name!r}")
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"path: the folder {folder!r} is not writable, for {name!r}")


def _document(land: Landscape) -> str:
    offline = require("plotly.offline", "report")
    plotly = _closed(offline.get_plotlyjs())
    own = '"use strict";\n' + "\n".join(_asset(name) for name in _SCRIPTS)
    parts = {
        # Nothing but these two scripts runs, and nothing is fetched, whatever else gets into the page.
        "policy": f"default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; "
        f"script-src {_hash(plotly)} {_hash(own)}",
        "title": html.escape(land.name or "landscape"),
        "style": _asset("page.css"),
        "data": script_json(payload(land, offline.get_plotlyjs_version())),
        "plotly": plotly,
        "script": own,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda mark: parts[mark[1]], _asset("page.html"))


def _asset(name: str) -> str:
    return files("morsebar.report").joinpath(name).read_text(encoding="utf-8")


def _closed(script: str) -> str:
    """Return a script without anything that would end its element early."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
