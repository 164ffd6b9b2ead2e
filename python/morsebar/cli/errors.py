"""What may go wrong on the command line, and how it is told."""

import importlib
import sys
import traceback
from pathlib import Path

#: Frames of these files are not shown to users.
_COMMANDS = str(Path(__file__).parent)


class UsageError(Exception):
    """Arguments that cannot work; nothing has been computed."""


class ForeignError(Exception):
    """Raised from the exception of a user's code, to set it apart from those of this package."""


def print_traceback(error: ForeignError) -> None:
    """Print the user's exception with the frames of the user's code."""
    cause = error.__cause__
    assert cause is not None
    frames = cause.__traceback__
    while frames is not None and _is_scaffold(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    traceback.print_exception(type(cause), cause, frames, file=sys.stderr)


def _is_scaffold(filename: str) -> bool:
    return filename == importlib.__file__ or filename.startswith((_COMMANDS, "<frozen importlib"))
