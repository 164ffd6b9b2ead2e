"""The sorted union-find in numba: what one writes by hand without morsebar.

Everything happens in rank space: arcs are bucketed by the rank of their upper end, which makes the directed
table the union graph, and the vertices are swept in rank order. Sweeping the buckets is sequential; the only
random reads left are those of the union-find itself. Signed indices are made unsigned where it matters,
because numba tests signed ones for wrap-around.
"""

import numpy as np

try:
    from numba import njit
except ImportError:

    def njit(**_):
        """Leave the function as it is: slow, and still right."""
        return lambda function: function


@njit(cache=True)
def bucket_by_upper_end(rank, table):
    """Sort the arcs of the table by their upper end.

    Gives `ends` (n,), the end of each rank's bucket, and `lower`, the ranks of the lower ends. Negative
    entries are padding; self-loops are left out.
    """
    n, k = table.shape
    ends = np.zeros(n, np.uint32)
    for u in range(n):
        rank_u = rank[u]
        for j in range(k):
            v = table[u, j]
            if v >= 0 and v != u:
                ends[np.uint32(max(rank_u, rank[np.uint32(v)]))] += np.uint32(1)
    total = np.uint32(0)
    for r in range(n):
        count = ends[r]
        ends[r] = total
        total += count
    lower = np.empty(total, np.int32)
    for u in range(n):
        rank_u = rank[u]
        for j in range(k):
            v = table[u, j]
            if v >= 0 and v != u:
                rank_v = rank[np.uint32(v)]
                upper = np.uint32(max(rank_u, rank_v))
                lower[ends[upper]] = min(rank_u, rank_v)
                ends[upper] += np.uint32(1)
    return ends, lower


@njit(cache=True)
def find(parent, x):
    """Root of x, halving the path on the way."""
    while True:
        up = parent[np.uint32(x)]
        if up == x:
            return x
        upper = parent[np.uint32(up)]
        if upper == up:
            return up
        parent[np.uint32(x)] = upper
        x = upper


@njit(cache=True)
def sweep(ends, lower):
    """Join each rank to its lower neighbours, lowest rank first; the root of a component is its minimum.

    Gives minima, saddles, parents (ranks, -1 where none) and sizes, in order of death, essential last.
    """
    n = len(ends)
    parent = np.empty(n, np.int32)
    size = np.zeros(n, np.int32)
    minima, saddles = np.empty(n, np.int32), np.empty(n, np.int32)
    parents, sizes = np.empty(n, np.int32), np.empty(n, np.int32)
    m = 0
    arc = np.int64(0)
    for u in range(n):
        oldest = np.int32(-1)
        first = m
        end = np.int64(ends[u])
        while arc < end:
            up = parent[np.uint32(lower[np.uint64(arc)])]
            arc += 1
            if up == oldest:
                continue
            root = find(parent, up)
            if oldest < 0:
                oldest = root
            elif root != oldest:
                older, younger = min(root, oldest), max(root, oldest)
                parent[younger] = older
                minima[m], saddles[m], sizes[m] = younger, u, size[younger]
                m += 1
                oldest = older
        if oldest < 0:
            oldest = np.int32(u)
        parent[u] = oldest
        size[oldest] += 1 + sizes[first:m].sum()
        parents[first:m] = oldest
    for u in range(n):
        if parent[u] == u:
            minima[m], saddles[m], parents[m], sizes[m] = u, -1, -1, size[u]
            m += 1
    return minima[:m].copy(), saddles[:m].copy(), parents[:m].copy(), sizes[:m].copy()
