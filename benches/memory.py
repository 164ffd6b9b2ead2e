"""Peak of the resident set of this process."""

import ctypes
from pathlib import Path

CLEAR_REFS = Path("/proc/self/clear_refs")
STATUS = Path("/proc/self/status")
_M_MMAP_THRESHOLD = -3
_LARGE = 1 << 17


def return_what_is_freed() -> None:
    """Have malloc give every large block back when it is freed.

    It does so at first, but keeps larger and larger blocks the longer a process runs. Later calls use them
    again and would seem to need less.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


def reset_peak() -> int | None:
    """Set the peak of the resident set to its present size, and give that in bytes (None without /proc).

    What malloc keeps for later is given back first: a call that reused it would seem to need nothing.
    """
    if not CLEAR_REFS.exists():
        return None
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
    CLEAR_REFS.write_text("5")
    return _resident("VmRSS")


def peak_since(before: int | None) -> int | None:
    """Bytes by which the peak exceeds what `reset_peak` gave, None if it gave that."""
    return None if before is None else _resident("VmHWM") - before


def _resident(field: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field + ":"))
    return int(line.split()[1]) * 1024
