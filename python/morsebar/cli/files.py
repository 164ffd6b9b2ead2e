"""Files that a command writes: checked before the work, complete or not there after it."""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from morsebar._extras import require
from morsebar._files import replacing
from morsebar.cli.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def check_targets(plot: Path | None, table: Path | None, report: Path | None = None) -> None:
    """Refuse paths that cannot be written to, pictures of an unknown format, and reports without plotly.

    Raises
    ------
    UsageError
    """
    for path in (plot, table, report):
        if path is not None:
            _check_target(path)
    if plot is not None:
        _check_picture(plot)
    if report is not None:
        try:
            require("plotly.offline", "report")
        except ImportError as error:
            raise UsageError(f"--report: {error}") from None


def _check_target(path: Path) -> None:
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise UsageError(f"{path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise UsageError(f"{path}: the folder {folder} is not writable")


def _check_picture(path: Path) -> None:
    try:
        figure = require("matplotlib.figure", "plot").Figure()
    except ImportError as error:
        raise UsageError(f"--plot: {error}") from None
    known = sorted(figure.canvas.get_supported_filetypes())
    if path.suffix[1:].lower() not in known:
        raise UsageError(f"--plot: expected one of the suffixes {', '.join(known)}, got {str(path)!r}")


def save_picture(path: Path, figure: "Figure") -> None:
    """Write a picture in the format that the suffix names."""
    content = io.BytesIO()
    figure.savefig(content, format=path.suffix[1:].lower(), dpi=150, bbox_inches="tight")
    replace(path, content.getvalue())


def replace(path: Path, content: bytes) -> None:
    """Write a file beside its destination and move it there: what was there stays until all is written."""
    with replacing(path) as file:
        file.write(content)
