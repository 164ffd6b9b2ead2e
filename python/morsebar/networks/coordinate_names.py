"""What the coordinates of a parameter vector are called."""

from collections.abc import Iterable, Sequence

import numpy as np


def coordinate_names(names: Iterable[str], shapes: Iterable[Sequence[int]]) -> tuple[str, ...]:
    """Name the entries of arrays that are laid out one after the other, row-major: ``weight[0,1]``.

    The entry of an array without axes is called what the array is called.
    """
    return tuple(
        name + (f"[{','.join(map(str, index))}]" if index else "")
        for name, shape in zip(names, shapes, strict=True)
        for index in np.ndindex(*shape)
    )
