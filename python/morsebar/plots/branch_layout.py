"""Where the branches of a disconnectivity graph lie: arrays in, arrays out, nothing drawn.

Every bar is one branch: a stem that hangs from the level where the bar joins its parent down to its
minimum, and a slanted shoulder that leads from the top of the stem to the stem of the parent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from morsebar.plots.style import FloatArray

__all__ = ["BranchLayout", "branch_layout", "joined_at"]

Order = Literal["size", "depth"]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class BranchLayout:
    """Places of branches.

    Parameters
    ----------
    x : (m,) where the stem of every branch stands.
    lefts, rights : (m,) the interval that a branch and all that hangs on it has for itself.
    tops : (m,) the level where a branch joins its parent, inf for those that join none.
    shoulders : (m,) the level where its stem ends and its shoulder begins; inf where there is none.
    parents : (m,) the branch it joins, -1 for none.
    """

    x: FloatArray
    lefts: FloatArray
    rights: FloatArray
    tops: FloatArray
    shoulders: FloatArray
    parents: Ints

    def polylines(self, births: FloatArray, highest: float) -> FloatArray:
        """Return every branch as (m, 3, 2) points: minimum, end of its stem, place on the stem of its parent.

        Branches without a parent end at the level `highest`.
        """
        joined = self.parents >= 0
        ends = np.where(joined, self.shoulders, highest)
        x_of_parent = np.where(joined, self.x[self.parents], self.x)
        tops = np.where(joined, self.tops, highest)
        columns = [self.x, births, self.x, ends, x_of_parent, tops]
        return np.stack(columns, axis=1).reshape(-1, 3, 2)


def joined_at(deaths: FloatArray, parents: Ints, levels: FloatArray | None = None) -> tuple[FloatArray, Ints]:
    """Return the level at which every branch joins another, and which one.

    Parameters
    ----------
    deaths : (m,), inf where there is no parent.
    parents : (m,) indices into these arrays, -1 where there is none.
    levels : rising levels, optional
        Then branches are joined at the first level that is not below their death, and not at all above the
        last one: the classic picture (Becker & Karplus, J. Chem. Phys. 106, 1495, 1997). By default they
        are joined at their deaths.

    Returns
    -------
    tops, parents : (m,)
        Whatever meets at one level meets at once: a parent goes on above the top of its branches.

    Notes
    -----
    O(m log m), by pointer jumping.
    """
    tops = deaths
    if levels is not None:
        tops = np.append(levels, np.inf)[np.searchsorted(levels, deaths)]
    parents = np.where(np.isinf(tops), -1, parents)
    # Of a chain of branches that join at one level, each joins the first that goes on above it.
    bars = np.arange(len(parents))
    target = np.where((parents >= 0) & (tops[parents] == tops), parents, bars)
    while True:
        further = target[target]
        if np.array_equal(further, target):
            return tops, parents[target]
        target = further


def branch_layout(
    births: FloatArray,
    tops: FloatArray,
    parents: Ints,
    *,
    sizes: NDArray[np.int64],
    slots: FloatArray,
    slant: float,
    order: Order = "size",
) -> BranchLayout:
    """Lay out branches so that none crosses another.

    On every stem the branches are taken by falling size (or rising minimum), and each goes to the side that
    is the narrower so far: so the lowest minimum of each component comes to stand near its middle. Of those
    on one side the ones that join at lower levels stand nearer to the stem; of those that join at one level
    the larger (or deeper). Components stand side by side, the one of the lowest minimum in the middle.

    Parameters
    ----------
    births, tops, parents : (m,)
        Value of the minimum, and what `joined_at` returns. A parent comes before its branches.
    sizes : (m,)
        What is large with `order` "size".
    slots : (m,)
        Width that every stem has for itself.
    slant : float
        Height of a shoulder. It is less where it would else meet a branch below it.
    order : "size" or "depth"

    Returns
    -------
    BranchLayout

    Notes
    -----
    O(m log m) for sorting, the rest O(m); nothing recurses.
    """
    m = len(births)
    if m == 0:
        nothing = np.empty(0)
        return BranchLayout(nothing, nothing, nothing, nothing, nothing, np.empty(0, dtype=np.intp))
    keys = (births, -sizes) if order == "size" else (-sizes, births)
    first = np.lexsort(keys)  # ties by position
    rank = np.empty(m, dtype=np.intp)
    rank[first] = np.arange(m)
    # Components hang, for their places only, on the one of the lowest minimum.
    roots = np.flatnonzero(parents < 0)
    root = roots[np.argmin(births[roots])]
    hung = np.where(parents < 0, root, parents)
    hung[root] = -1

    # Whatever joins a stem above, all that hangs there lies in its interval.
    falling = _parents_first(tops, root)
    spans = _spans(slots, hung, falling)
    is_right, extents = _sides(slots, hung, spans, first)
    inner = np.lexsort((rank, tops, is_right, hung))[1:]  # the root, whose parent is -1, comes first
    offsets = _offsets(slots, hung, spans, is_right, extents, inner)
    x = _descended(offsets, hung)
    x -= x[root]
    shoulders = _shoulders(births, tops, hung, x, is_right, inner, slant)
    shoulders[parents < 0] = np.inf
    # Other components beside the first are not part of it.
    others = roots[roots != root]
    for side in (0, 1):
        extents[side, root] -= spans[others[is_right[others] == side]].sum()
    return BranchLayout(x, x - extents[0], x + extents[1], tops, shoulders, parents)


def _parents_first(tops: FloatArray, root: np.intp) -> Ints:
    """Return an order in which every parent precedes its branches."""
    heights = tops.copy()
    heights[root] = np.inf
    others = np.flatnonzero(np.arange(len(tops)) != root)
    return np.concatenate([[root], others[np.argsort(-heights[others], kind="stable")]])


def _spans(slots: FloatArray, hung: Ints, falling: Ints) -> FloatArray:
    """Return the width of every branch with all that hangs on it."""
    widths, up = slots.tolist(), hung.tolist()
    for bar in falling[:0:-1].tolist():
        widths[up[bar]] += widths[bar]
    return np.array(widths)


def _sides(
    slots: FloatArray, hung: Ints, spans: FloatArray, first: Ints
) -> tuple[NDArray[np.bool_], FloatArray]:
    """Return which branches stand on the right of their parent, and how far each reaches to both sides."""
    half = (0.5 * slots).tolist()
    left, right = half.copy(), half.copy()
    widths, up = spans.tolist(), hung.tolist()
    is_right = [False] * len(up)
    for bar in first.tolist():
        stem = up[bar]
        if stem < 0:
            continue
        if right[stem] <= left[stem]:
            is_right[bar] = True
            right[stem] += widths[bar]
        else:
            left[stem] += widths[bar]
    return np.array(is_right), np.array([left, right])


def _offsets(
    slots: FloatArray,
    hung: Ints,
    spans: FloatArray,
    is_right: NDArray[np.bool_],
    extents: FloatArray,
    inner: Ints,
) -> FloatArray:
    """Return how far every stem stands from that of its parent: in the order `inner`, nearer ones first."""
    offsets = np.zeros(len(slots))
    if not len(inner):
        return offsets
    up, right = hung[inner], is_right[inner]
    before = np.concatenate([[0.0], np.cumsum(spans[inner])])[:-1]
    starts = np.concatenate([[True], (up[1:] != up[:-1]) | (right[1:] != right[:-1])])
    before -= before[starts][np.cumsum(starts) - 1]
    gap = 0.5 * slots[up] + before
    offsets[inner] = np.where(right, gap + extents[0, inner], -gap - extents[1, inner])
    return offsets


def _descended(offsets: FloatArray, hung: Ints) -> FloatArray:
    """Return the sum of offsets from the root down to every branch, by pointer jumping."""
    total, up = np.append(offsets, 0.0), np.append(hung, -1)
    while (up >= 0).any():
        total = total + total[up]
        up = up[up]
    return total[:-1]


def _shoulders(
    births: FloatArray,
    tops: FloatArray,
    hung: Ints,
    x: FloatArray,
    is_right: NDArray[np.bool_],
    inner: Ints,
    slant: float,
) -> FloatArray:
    """Return the level where every shoulder begins, such that it stays above whatever it passes."""
    joints = np.full(len(births), -np.inf)
    joined = np.isfinite(tops) & (hung >= 0)
    np.maximum.at(joints, hung[joined], tops[joined])
    contents = np.maximum(births, joints)
    shoulders = np.full(len(births), np.inf)
    up, right, level, place = hung.tolist(), is_right.tolist(), tops.tolist(), x.tolist()
    joint, content = joints.tolist(), contents.tolist()
    side, previous, room, slope = (-1, False), -np.inf, slant, np.inf
    for bar in inner.tolist():
        top, stem = level[bar], up[bar]
        if top == np.inf:
            continue
        if (stem, right[bar]) != side or top != previous:
            # What joined the stem on this side before lies below its level.
            room = min(slant, top - previous) if (stem, right[bar]) == side else slant
            side, previous, slope = (stem, right[bar]), top, np.inf
        distance = abs(place[bar] - place[stem])
        end = max(top - min(room, slope * distance), content[bar])
        shoulders[bar] = end
        # Those of the same level that stand further out pass above: flatter, and over all that hangs here.
        room, slope = min(room, top - joint[bar]), 0.9 * (top - end) / distance
    return shoulders
