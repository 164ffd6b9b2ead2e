"""Numbers that describe a landscape as a whole, as exploratory landscape analysis asks for them."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from morsebar.landscape import Landscape
    from morsebar.minima_barcode import MinimaBarcode

__all__ = ["features"]


def features(land: Landscape, *, min_persistence: float | None = None) -> dict[str, float]:
    """Describe a landscape by numbers, in the sense of exploratory landscape analysis (Mersmann et al. 2011).

    Unless said otherwise a *minimum* is one whose bar stands out, a *barrier* the persistence of its bar,
    which is the height to climb from there to anything lower, and a *basin* the samples from which always
    going to the lowest neighbour ends in the minimum; basins of minima that do not stand out belong to the
    nearest ancestor that does. Shares are parts of the samples inside the domain.

    Parameters
    ----------
    land : Landscape
        What to describe.
    min_persistence : float, optional
        Bars strictly longer than this stand out; by default ``land.barcode.threshold()``.

    Returns
    -------
    dict of int and float, always with the same keys in the same order
        Counts and the rule:

        - ``n_samples``, ``d``, ``n_components``.
        - ``n_bars``: all bars of positive length. ``n_minima``: those that stand out, and essential ones.
        - ``threshold``: the persistence above which they do.
        - ``lowest``, ``value_range``: the lowest value, and highest minus lowest.

        Barriers, of the minima that are not essential (Barannikov et al., arXiv:1912.00043):

        - ``barrier_mean``, ``barrier_std``, ``barrier_median``, ``barrier_max``.
        - ``depth_std``: standard deviation of the values of all minima.
        - ``persistence_entropy``: -sum p log p over p = barrier / sum of barriers, in nats (Chintakunta et
          al. 2015; stable by Atienza et al., arXiv:1803.08304).

        Roughness, of all bars of positive length that are not essential:

        - ``smad``: the saddle-minimum average distance of Landscaper, their mean persistence;
          ``smad_weighted``: the mean of persistence times the share of the basin (Chen et al.,
          arXiv:2602.07135). Basins are then those of all these minima.
        - ``roughness``: the sum of their persistences over ``value_range``: the total persistence
          (Cohen-Steiner et al. 2010) of the values scaled to [0, 1].

        Sizes of the basins (cell mapping features of Kerschke et al. 2014 ask the same of coarser cells):

        - ``basin_lowest``: the share of the basin of the lowest minimum, which is how often a local search
          from a random sample succeeds. ``basin_largest``, ``basin_std``: of all shares.
        - ``basin_entropy``: -sum s log s over the shares s, in nats; log ``n_minima`` if all are equal.

        Escapability, in the sense of Barannikov et al., "Loss barcode" (arXiv:2012.15834): how high one must
        climb to reach something lower.

        - ``escape_mean``: the mean over samples of the barrier of the minimum they descend to, 0 for
          essential ones. ``escape_max``: the highest barrier.

        Funnels. From a minimum one goes over the lowest pass out of it, if that leads to a lower minimum, and
        on from there; where it leads to a higher one, the minimum is the bottom of a funnel (monotonic
        sequences of Berry & Breitengraser-Kunz 1995; Wales, "Energy Landscapes", 2003). In the merge tree
        the bottoms are the minima that survive their first merge, and the essential ones.

        - ``n_funnels``: the number of bottoms. ``funnel_lowest``: the share of the basins in the funnel of
          the lowest minimum.
        - ``funnel_barrier``: the highest barrier of a bottom: the price of starting in the wrong funnel.

        Means, maxima and entropies of nothing are 0. Without any sample in the domain all that are not counts
        are NaN.

    Raises
    ------
    ValueError
        If `min_persistence` is not a number or negative.

    Notes
    -----
    O(n log n + E) for n samples and E arcs: descents are followed twice. Everything in units of the values
    changes with their scale; divide by ``value_range`` to compare functions. What depends on the samples
    (``n_bars``, ``smad``, ``roughness``) counts the false minima, too.

    Examples
    --------
    >>> import morsebar as mb
    >>> found = mb.landscape(mb.objectives.himmelblau).features()
    >>> found["n_minima"], found["n_funnels"], round(found["barrier_max"])
    (4, 1, 104)
    >>> round(found["basin_lowest"], 2), round(found["escape_mean"])
    (0.27, 45)
    """
    if min_persistence is not None and (not isinstance(min_persistence, Real) or not min_persistence >= 0):
        raise ValueError(f"min_persistence: expected a number of at least 0, got {min_persistence!r}")
    bars = land.barcode
    threshold = bars.threshold() if min_persistence is None else float(min_persistence)
    # Parents of bars longer than a length are longer, too.
    chosen = bars.significant(min_persistence=threshold)
    low, high = bars.value_range
    found: dict[str, float] = {
        "n_samples": land.n_samples,
        "d": land.d,
        "n_components": bars.n_components,
        "n_bars": len(bars),
        "n_minima": len(chosen),
        "threshold": threshold,
        "lowest": low,
        "value_range": high - low,
    }
    numbers = _barriers(chosen)
    every, shares = _basin_shares(land, bars, 0.0), _basin_shares(land, chosen, threshold)
    numbers |= _roughness(bars, every, high - low) | _basins(chosen, shares)
    numbers |= _escapes(chosen, shares) | _funnels(chosen, shares)
    if not len(bars):
        numbers = {name: 0 if name == "n_funnels" else math.nan for name in numbers}
    return found | numbers


def _basin_shares(land: Landscape, bars: MinimaBarcode, min_persistence: float) -> NDArray[np.float64]:
    """Return the part of the samples in the basin of every bar."""
    reached = land.tree.basins(min_persistence)
    counts = np.bincount(reached[reached >= 0], minlength=land.n_samples)[bars.minima]
    return np.asarray(counts / max(1, counts.sum()))


def _barriers(bars: MinimaBarcode) -> dict[str, float]:
    barriers = _finite(bars)
    return {
        "barrier_mean": _mean(barriers),
        "barrier_std": float(np.std(barriers)) if len(barriers) else 0.0,
        "barrier_median": float(np.median(barriers)) if len(barriers) else 0.0,
        "barrier_max": float(barriers.max(initial=0.0)),
        "depth_std": float(np.std(bars.births)) if len(bars) else 0.0,
        "persistence_entropy": _entropy(barriers),
    }


def _roughness(bars: MinimaBarcode, shares: NDArray[np.float64], width: float) -> dict[str, float]:
    lengths = _finite(bars)
    return {
        "smad": _mean(lengths),
        "smad_weighted": _mean(lengths * shares[np.isfinite(bars.deaths)]),
        # Without width there is no finite bar.
        "roughness": float(lengths.sum() / width) if width > 0.0 else 0.0,
    }


def _basins(bars: MinimaBarcode, shares: NDArray[np.float64]) -> dict[str, float]:
    return {
        "basin_lowest": float(shares[_lowest(bars)].sum()),
        "basin_largest": float(shares.max(initial=0.0)),
        "basin_std": float(np.std(shares)) if len(shares) else 0.0,
        "basin_entropy": _entropy(shares),
    }


def _escapes(bars: MinimaBarcode, shares: NDArray[np.float64]) -> dict[str, float]:
    barriers = _finite(bars)
    return {
        "escape_mean": float(shares[np.isfinite(bars.deaths)] @ barriers),
        "escape_max": float(barriers.max(initial=0.0)),
    }


def _funnels(bars: MinimaBarcode, shares: NDArray[np.float64]) -> dict[str, float]:
    essential = np.isinf(bars.deaths)
    is_bottom = essential | np.isin(bars.minima, bars.parents)
    # What dies in its first merge meets there a component whose oldest minimum is its parent, a bottom.
    bottoms = np.where(is_bottom, bars.minima, bars.parents)
    lowest = bars.minima[_lowest(bars)]
    return {
        "n_funnels": int(np.count_nonzero(is_bottom)),
        "funnel_lowest": float(shares[np.isin(bottoms, lowest)].sum()),
        "funnel_barrier": float(bars.persistence[is_bottom & ~essential].max(initial=0.0)),
    }


def _lowest(bars: MinimaBarcode) -> NDArray[np.intp]:
    """Return the index of the lowest minimum, as an array; of equal ones the first vertex."""
    return np.lexsort((bars.minima, bars.births))[:1]


def _finite(bars: MinimaBarcode) -> NDArray[np.float64]:
    return bars.persistence[np.isfinite(bars.deaths)]


def _mean(numbers: NDArray[np.float64]) -> float:
    return float(numbers.mean()) if len(numbers) else 0.0


def _entropy(weights: NDArray[np.float64]) -> float:
    """Return the entropy of weights, in nats, once they are scaled to the sum 1."""
    positive = weights[weights > 0.0]
    parts = positive / positive.sum()
    # Rounding could leave -0.0 or less for a single weight.
    return max(0.0, float(-(parts * np.log(parts)).sum()))
