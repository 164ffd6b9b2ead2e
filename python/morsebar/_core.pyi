"""The compiled core of morsebar."""

from collections.abc import Callable
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

__version__: str

class _Tree(TypedDict):
    branches: NDArray[np.uint32]
    minima: NDArray[np.int64]
    saddles: NDArray[np.int64]
    parents: NDArray[np.uint32]
    deaths: NDArray[np.float64]
    sizes: NDArray[np.int64]
    mean_heights: NDArray[np.float64]
    saddle_edges: NDArray[np.int64] | None

_Values = NDArray[np.float32] | NDArray[np.float64]
_Progress = Callable[[int, int], None] | None

def merge_tree(
    values: _Values, graph: tuple[Any, ...], mask_nan: bool, n_jobs: int, progress: _Progress
) -> _Tree: ...
def naive_merge_tree(values: _Values, graph: tuple[Any, ...], mask_nan: bool) -> _Tree: ...
def basins(
    values: _Values, graph: tuple[Any, ...], n_jobs: int, progress: _Progress
) -> NDArray[np.uint32]: ...
def path(values: _Values, graph: tuple[Any, ...], u: int, v: int, level: float) -> NDArray[np.int64]: ...
def barriers(
    values: _Values,
    branches: NDArray[np.uint32],
    parents: NDArray[np.uint32],
    deaths: NDArray[np.float64],
    pairs: NDArray[np.uint32],
    n_jobs: int,
) -> NDArray[np.float64]: ...
