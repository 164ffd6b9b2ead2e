"""The compiled core of morsebar."""

from collections.abc import Callable
from typing import Any, TypedDict, final

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

class _Knn(TypedDict):
    indices: NDArray[np.int32] | NDArray[np.int64]
    distances: NDArray[np.float32] | NDArray[np.float64]
    order: NDArray[np.uint32]
    extra_edges: NDArray[np.uint32]

_Values = NDArray[np.float32] | NDArray[np.float64]
_Progress = Callable[[int, int], None] | None

def merge_tree(
    values: _Values, graph: tuple[Any, ...], mask_nan: bool, n_jobs: int, progress: _Progress
) -> _Tree: ...
def naive_merge_tree(values: _Values, graph: tuple[Any, ...], mask_nan: bool) -> _Tree: ...
def basins(
    values: _Values, graph: tuple[Any, ...], n_jobs: int, progress: _Progress
) -> NDArray[np.uint32]: ...
def edges(values: _Values, graph: tuple[Any, ...], n_jobs: int) -> NDArray[np.int64]: ...
def path(values: _Values, graph: tuple[Any, ...], u: int, v: int, level: float) -> NDArray[np.int64]: ...
def barriers(
    values: _Values,
    branches: NDArray[np.uint32],
    parents: NDArray[np.uint32],
    deaths: NDArray[np.float64],
    pairs: NDArray[np.uint32],
    n_jobs: int,
) -> NDArray[np.float64]: ...
def knn(
    points: _Values,
    k: int,
    max_distance: float,
    eps: float,
    reorder: bool,
    n_jobs: int,
    progress: _Progress,
) -> _Knn: ...
def nn_descent(
    points: _Values,
    k: int,
    seed: int,
    max_distance: float,
    reorder: bool,
    n_jobs: int,
    progress: _Progress,
) -> _Knn: ...
def spatial_order(points: _Values, n_jobs: int) -> NDArray[np.uint32]: ...
def bridges(
    points: _Values, indices: NDArray[Any], arcs: NDArray[np.uint32], n_jobs: int
) -> NDArray[np.uint32]: ...
def intrinsic_dimension(points: _Values, n_jobs: int) -> float: ...
def recall(points: _Values, queries: NDArray[np.uint32], distances: _Values, n_jobs: int) -> float: ...

# A lattice: (n, generator, shift, n_neighbors).
_Lattice = tuple[int, int, tuple[int, ...], int | None]

def lattice_generator(n: int, d: int, n_jobs: int) -> int: ...
def lattice_n_neighbors(lattice: _Lattice) -> int: ...
def lattice_points(
    lattice: _Lattice, start: int, stop: int, margin: float, single: bool, n_jobs: int
) -> _Values: ...
def lattice_table(
    lattice: _Lattice, start: int, stop: int, n_jobs: int
) -> tuple[NDArray[np.uint32], NDArray[np.float64]]: ...

class _Critical(TypedDict):
    degrees: NDArray[np.uint8]
    vertices: NDArray[np.int64]
    cells: NDArray[np.int64]

#: Compressed columns: pointers, rows, entries.
_Columns = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]

@final
class Gradient:
    def critical(self) -> _Critical: ...
    def cell_vertices(self, cells: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]: ...
    def boundary(self, prime: int, n_jobs: int, progress: _Progress) -> _Columns: ...
    def pairs(self, prime: int, n_jobs: int, progress: _Progress) -> NDArray[np.int64]: ...
    def lift(
        self,
        indptr: NDArray[np.int64],
        indices: NDArray[np.int64],
        data: NDArray[np.int64],
        prime: int,
        n_jobs: int,
    ) -> _Columns: ...
    def separatrices(
        self, values: _Values, critical: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]: ...
    def labels(self, n_jobs: int) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]: ...

def discrete_gradient(
    values: _Values, complex: tuple[Any, ...], mask_nan: bool, n_jobs: int, progress: _Progress
) -> Gradient: ...

# A change of basis: column pointers, rows, and entries, a list where they do not fit.
_Basis = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64] | list[int]]

def canonical_pairs(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int64],
    data: NDArray[np.int64],
    degrees: NDArray[np.uint8] | NDArray[np.int64],
    prime: int,
    n_jobs: int,
    progress: _Progress,
) -> NDArray[np.int64]: ...
def canonical_form(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int64],
    data: NDArray[np.int64],
    degrees: NDArray[np.uint8] | NDArray[np.int64],
    prime: int,
    basis: bool,
) -> tuple[NDArray[np.int64], _Basis | None]: ...
def naive_canonical_form(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int64],
    data: NDArray[np.int64],
    degrees: NDArray[np.uint8] | NDArray[np.int64],
    prime: int,
    basis: bool,
) -> tuple[NDArray[np.int64], _Basis | None]: ...
def check_boundary(
    indptr: NDArray[np.int64], indices: NDArray[np.int64], data: NDArray[np.int64], prime: int
) -> None: ...
