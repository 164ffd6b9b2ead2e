"""Numbers for a page: typed arrays as base64, and JSON that is safe inside a script element."""

import base64
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["packed", "script_json"]

# The typed array of JavaScript for each type of numpy; little-endian, as every browser is.
_TYPED_ARRAYS = {"<f8": "Float64Array", "<f4": "Float32Array", "<u4": "Uint32Array", "|u1": "Uint8Array"}
# A script element ends at "</script", wherever that stands; "<!--" and U+2028 have meanings of their own.
_ESCAPES = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"})


def packed(array: NDArray[Any], kind: str) -> dict[str, str]:
    """Return an array as the name of its JavaScript type and base64.

    Parameters
    ----------
    array : of any shape, written in C order
    kind : ``"<f8"``, ``"<f4"``, ``"<u4"`` or ``"|u1"``; -1 becomes 0xFFFFFFFF in ``"<u4"``

    Returns
    -------
    dict with the keys ``type`` and ``base64``

    Examples
    --------
    >>> import numpy as np
    >>> packed(np.array([1, -1]), "<u4")
    {'type': 'Uint32Array', 'base64': 'AQAAAP////8='}
    """
    with np.errstate(over="ignore"):
        data = np.ascontiguousarray(array).astype(kind)
    return {"type": _TYPED_ARRAYS[kind], "base64": base64.b64encode(data.tobytes()).decode("ascii")}


def script_json(content: object) -> str:
    """Return JSON that can stand inside a script element, whatever the texts in it say.

    Raises
    ------
    ValueError
        For NaN and infinities, which JSON does not have.

    Examples
    --------
    >>> script_json({"name": "</script>"})
    '{"name":"\\\\u003c/script\\\\u003e"}'
    """
    return json.dumps(content, allow_nan=False, separators=(",", ":")).translate(_ESCAPES)
