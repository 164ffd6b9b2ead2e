"""What may be believed: samples for every minimum, how many minima are false, and how long their bars are."""

import warnings
from dataclasses import replace
from math import gamma, pi

import numpy as np

from morsebar.any_graph import AnyGraph
from morsebar.barcode import _round_within
from morsebar.graph import Grid, Table
from morsebar.knn import KnnGraph
from morsebar.lattice import Lattice
from morsebar.merge_tree import MergeTree
from morsebar.minima_barcode import MinimaBarcode

__all__ = ["ThinSampleWarning", "expected_false_minima", "judge_noise", "warn_if_thin"]

#: A sample is thin if there are fewer samples for every minimum than this many times what noise has. Of
#: Rastrigin's function in 2 to 6 dimensions samples that missed many minima had 0.7 to 2.7 times as many,
#: those that found all 1.5 and more.
_THIN = 3
#: Fewer minima than this are no sign of noise.
_FEW_MINIMA = 5
#: A bar of more vertices was not made by sampling. Of smooth functions in 2 to 6 dimensions nearly all false
#: minima had components of 1 to 8 vertices, whatever the number of samples and of neighbours.
_FALSE_SIZE = 8
#: Directions in which the cell of a lattice is measured.
_DIRECTIONS = 20_000


class ThinSampleWarning(UserWarning):
    """There are hardly fewer minima than independent random values would have.

    Given by `landscape` and `Landscape.from_samples` for less than 3 (k + 1) samples for every minimum, on a
    graph of k neighbours each: true minima may then be missing, and others false.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> import morsebar as mb
    >>> noise = np.random.default_rng(0)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     land = mb.landscape(lambda points: noise.random(len(points)), [(0, 1)] * 2, n_samples=1000)
    >>> caught[0].category is mb.ThinSampleWarning
    True
    """


def expected_false_minima(tree: MergeTree, d: int, n_minima: int) -> float | None:
    """Return how many false minima a graph makes of a function without any: see `Landscape`."""
    graph = tree.graph
    if isinstance(graph, KnnGraph):
        return graph.n_vertices * 2.0**-graph.n_neighbors
    if isinstance(graph, Grid):
        return 0.0
    if isinstance(graph, Lattice):
        # Of the minima found, only one in every basin is true.
        return n_minima * max(0.0, 1.0 - 1.0 / _minima_of_a_basin(graph, d))
    return None


def _minima_of_a_basin(lattice: Lattice, d: int) -> float:
    """Return the expected number of minima of an isotropic quadratic: the volume of a cell, in points."""
    has_relevant = d <= 4 and lattice.n_neighbors >= 2 * (2**d - 1)
    if has_relevant or lattice.n <= 2 * lattice.n_neighbors:
        # The steps across the Voronoi cell come first up to d = 4; or there is no inside to speak of.
        return 1.0
    steps = lattice.steps()
    directions = np.random.default_rng(0).standard_normal((_DIRECTIONS, d))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    # In a direction u the cell ends where 2 r (u v) = v v for the first of the steps.
    reach = ((2.0 * directions @ steps.T) / (steps**2).sum(axis=1)).max(axis=1)
    ball = pi ** (0.5 * d) / gamma(0.5 * d + 1.0)
    return float(lattice.n * ball * np.mean(reach ** -float(d)))


def judge_noise(bars: MinimaBarcode) -> MinimaBarcode:
    """Return the bars with the noise floor of their sampling, see `Landscape.barcode`."""
    finite = np.isfinite(bars.deaths)
    # With two digits: what is printed selects the same bars.
    floor = float(f"{bars.noise_floor:.2g}")
    lengths, places = np.unique(bars.persistence[finite], return_inverse=True)
    small = bars.sizes[finite] <= _FALSE_SIZE
    n_small, n_large = (np.bincount(places[which], minlength=len(lengths)) for which in (small, ~small))
    # Bars on the wrong side, if all up to this length are noise; before the first one, if only rounding is.
    wrong = np.concatenate([[0], np.cumsum(n_large)]) + np.append(np.cumsum(n_small[::-1])[::-1], 0)
    wrong[1:][lengths <= floor] = np.iinfo(wrong.dtype).max
    n_noise = int(np.argmin(wrong))
    if n_noise:
        longest = float(lengths[n_noise - 1])
        higher = float(lengths[n_noise]) if n_noise < len(lengths) else np.inf
        floor = _round_within(longest, min(higher, 4.0 * longest))
    return replace(bars, noise_floor=floor, noise_source="sampling")


def warn_if_thin(tree: MergeTree) -> None:
    """Warn if the minima are hardly fewer than those of independent random values."""
    k = _n_neighbors(tree.graph)
    # Bars of positive length, without sorting them.
    n, n_minima = (int(np.count_nonzero(of)) for of in (np.isfinite(tree.values), tree.deaths > tree.births))
    if k is None or n_minima < _FEW_MINIMA or n >= _THIN * (k + 1) * n_minima:
        return
    warnings.warn(
        f"{n} samples with {k} neighbours each have {n_minima} minima, one for every {n / n_minima:.1f}; "
        f"independent random values have one for every {k + 1}, and with less than three times as many "
        f"samples minima may be missing, and others false",
        ThinSampleWarning,
        stacklevel=3,
    )


def _n_neighbors(graph: AnyGraph | None) -> int | None:
    """Return how many neighbours a vertex has, away from faces; None where there is no such number."""
    if isinstance(graph, KnnGraph | Lattice | Grid):
        return graph.n_neighbors
    if isinstance(graph, Table):
        return int(graph.indices.shape[1])
    return None
