"""A merge tree cut down to its longest bars, and what was cut: nothing disappears without being counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from morsebar._arrays import NONE
from morsebar._wording import counted
from morsebar.plots.style import FloatArray

if TYPE_CHECKING:
    from morsebar.merge_tree import MergeTree

__all__ = ["SimplifiedTree", "simplified_tree"]

Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class SimplifiedTree:
    """The longest bars of a merge tree, and the others by the bar that they were cut from.

    Parameters
    ----------
    bars : (m,) the kept bars, longest first: indices into ``tree.barcode()``.
    births, deaths, sizes : (m,) as those of a barcode.
    parents : (m,) the parent of every kept bar, an index into these arrays, -1 where essential.
    owners : (c,) for every cut bar the nearest kept bar that it was cut from, an index into these arrays.
    cut_births, cut_deaths : (c,)
    n_zero : bars of persistence zero, which are nowhere here.
    """

    bars: Ints
    births: FloatArray
    deaths: FloatArray
    sizes: NDArray[np.int64]
    parents: Ints
    owners: Ints
    cut_births: FloatArray
    cut_deaths: FloatArray
    n_zero: int

    @property
    def n_cut(self) -> NDArray[np.int64]:
        """(m,) how many bars were cut from every kept one."""
        return np.bincount(self.owners, minlength=len(self.bars)).astype(np.int64)

    def caption(self) -> list[str]:
        """Return how many minima are left, how many were cut and at which persistence, as lines of text."""
        kept, cut = len(self.bars), len(self.owners)
        components = int(np.count_nonzero(self.parents < 0))
        head = counted(kept + cut, "minimum", "minima")
        if cut:
            head = f"{kept:,} of {head} drawn"
        lines = [head + (f", {components:,} components" if components > 1 else "")]
        if cut:
            highest = float((self.cut_deaths - self.cut_births).max())
            lines.append(f"shaded fans: {cut:,} cut, of persistence at most {highest:.4g}")
        if self.n_zero:
            lines.append(f"{self.n_zero:,} of persistence zero not drawn")
        return lines


def simplified_tree(tree: MergeTree, min_persistence: float, max_leaves: int | None) -> SimplifiedTree:
    """Keep the bars longer than a persistence, of these the longest `max_leaves`, and always essential ones.

    Both rules keep with every bar its parent, so that what is cut are whole branches.

    Notes
    -----
    O(m log m).
    """
    essential = tree.parents == NONE
    positive = tree._longer_than(0.0)
    order = np.flatnonzero(positive)
    order = order[np.lexsort((tree.minima[order], tree.births[order], -tree._lengths[order]))]
    is_kept = tree._longer_than(min_persistence)[order]
    if max_leaves is not None:
        is_kept &= np.cumsum(is_kept) <= max_leaves
    is_kept |= essential[order]
    bars = np.flatnonzero(is_kept)
    kept, cut = order[is_kept], order[~is_kept]
    mask = np.zeros(len(essential), dtype=np.bool_)
    mask[kept] = True
    place = np.full(len(mask) + 1, -1, dtype=np.intp)
    place[kept] = np.arange(len(kept))
    owners = place[tree._nearest_kept(mask)[cut]] if len(cut) else np.empty(0, dtype=np.intp)
    return SimplifiedTree(
        bars=bars,
        births=tree.births[kept],
        deaths=tree.deaths[kept],
        sizes=tree.sizes[kept],
        # Parents of kept bars are kept: they are born lower and die higher.
        parents=place[np.minimum(tree.parents[kept], len(mask))],
        owners=owners,
        cut_births=tree.births[cut],
        cut_deaths=tree.deaths[cut],
        n_zero=int(len(mask) - np.count_nonzero(positive)),
    )
