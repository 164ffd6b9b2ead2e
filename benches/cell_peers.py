"""Morsebar and its peers for the bars of every degree, each as one function `(values, table) -> CellAnswer`.

A grid is its array of values, with the values on vertices and no table. For a flag complex `values` is an
array of any shape and `table` the (n, k) table of neighbours over its flat indices, directed, -1 as padding:
the complex is that of its union graph.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import numpy as np

N_JOBS = 2


@dataclass(frozen=True)
class CellAnswer:
    """Bars by degree, each (m, 2) in any order; what only morsebar tells: critical cells and seconds."""

    diagrams: tuple[np.ndarray, ...]
    n_critical: tuple[int, ...] = ()
    phases: tuple[float, ...] = ()

    def disagreement(self, other: "CellAnswer") -> str | None:
        """Say what differs between the bars of positive length of two answers."""
        for degree, pair in enumerate(zip(self.diagrams, other.diagrams, strict=True)):
            a, b = map(_canonical, pair)
            if len(a) != len(b):
                return f"degree {degree} has {len(a)} and {len(b)} bars"
            if len(at := np.flatnonzero((a != b).any(axis=1))):
                first, other = a[at[0]].tolist(), b[at[0]].tolist()
                return f"degree {degree} differs in {len(at)} bars, the first {first} and {other}"
        return None


def _canonical(diagram: np.ndarray) -> np.ndarray:
    """Bars of positive length by (birth, death)."""
    kept = diagram[diagram[:, 0] < diagram[:, 1]]
    return kept[np.lexsort((kept[:, 1], kept[:, 0]))]


PHASES = ("gradient", "pairs", "bars")


def morsebar_cubes(values, table):
    """Morsebar on the cubes of the grid."""
    return _of_morsebar(values, None, values.ndim + 1, 2)


def morsebar_flags(values, table, n_degrees, field):
    """Morsebar on the cliques of up to `n_degrees` + 1 vertices."""
    return _of_morsebar(values.ravel(), lambda mb: mb.FlagComplex(table, n_degrees), n_degrees, field)


def _of_morsebar(values, cells, n_degrees, field):
    import morsebar as mb

    start = time.perf_counter()
    cx = mb.morse_complex(values, None if cells is None else cells(mb), n_jobs=N_JOBS)
    gradient = time.perf_counter()
    form = cx.canonical_form(field, n_jobs=N_JOBS)
    pairs = time.perf_counter()
    diagrams = tuple(bars.diagram for bars in form.barcodes[:n_degrees])
    phases = gradient - start, pairs - gradient, time.perf_counter() - pairs
    return CellAnswer(diagrams, cx.n_critical, phases)


def cripser_cubes(values, table, n_threads):
    """CubicalRipser's V-construction: voxels are vertices."""
    import cripser

    found = cripser.compute_ph(values, filtration="V", maxdim=values.ndim - 1, n_threads=n_threads)
    diagrams = tuple(found[found[:, 0] == degree, 1:3] for degree in range(values.ndim + 1))
    for diagram in diagrams:
        diagram[diagram[:, 1] == np.finfo(np.float64).max, 1] = np.inf
    return CellAnswer(diagrams)


def gudhi_cubes(values, table):
    """GUDHI's cubical complex with the values on vertices."""
    import gudhi

    grid = gudhi.CubicalComplex(vertices=values)
    grid.compute_persistence(homology_coeff_field=2, min_persistence=0)
    return CellAnswer(_of_gudhi(grid, values.ndim + 1))


def gudhi_flags(values, table, n_degrees, field):
    """The cliques of up to `n_degrees` + 1 vertices in GUDHI's simplex tree, each as high as its vertices."""
    import gudhi

    heights = values.ravel().astype(np.float64)
    n, k = table.shape
    arcs = np.stack([np.repeat(np.arange(n, dtype=np.int32), k), table.ravel()])
    arcs = arcs[:, (arcs[1] >= 0) & (arcs[0] != arcs[1])]
    tree = gudhi.SimplexTree()
    # Vertices as int64: GUDHI 3.13 gives a view of int32 infinite values.
    tree.insert_batch(np.arange(n)[None], heights)
    tree.insert_batch(arcs, heights[arcs].max(axis=0))
    tree.expansion(n_degrees)
    # Cells of the highest degree are left out, which is right only if they are those of degree `n_degrees`.
    every = tree.dimension() < n_degrees
    tree.compute_persistence(homology_coeff_field=field, min_persistence=0, persistence_dim_max=every)
    return CellAnswer(_of_gudhi(tree, n_degrees))


def _of_gudhi(complex_, n_degrees):
    of_degree = complex_.persistence_intervals_in_dimension
    return tuple(np.reshape(of_degree(degree), (-1, 2)) for degree in range(n_degrees))


@dataclass(frozen=True)
class CellPeer:
    """A method, what it needs installed, and whether one is to wait for it more than once."""

    name: str
    run: Callable[[np.ndarray, np.ndarray | None], CellAnswer]
    needs: str
    repeat: bool = True

    @property
    def is_missing(self) -> bool:
        return find_spec(self.needs) is None


MORSEBAR = CellPeer("morsebar", morsebar_cubes, "morsebar")
CRIPSER_1 = CellPeer("cripser, 1 thread", partial(cripser_cubes, n_threads=1), "cripser")
CRIPSER_2 = CellPeer("cripser, 2 threads", partial(cripser_cubes, n_threads=2), "cripser")
CUBICAL = CellPeer("GUDHI CubicalComplex", gudhi_cubes, "gudhi", repeat=False)
CUBE_PEERS = [MORSEBAR, CRIPSER_1, CRIPSER_2, CUBICAL]


def flag_peers(max_dimension: int, field: int) -> list[CellPeer]:
    """Methods for the bars below `max_dimension` of a flag complex, over Z/field."""
    settings = {"n_degrees": max_dimension, "field": field}
    return [
        CellPeer(MORSEBAR.name, partial(morsebar_flags, **settings), "morsebar"),
        CellPeer("GUDHI SimplexTree", partial(gudhi_flags, **settings), "gudhi"),
    ]
