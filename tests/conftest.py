"""What several test files share: a plain union-find, random graphs, and Hypothesis profiles."""

import itertools
import os
import signal

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

settings.register_profile(
    "fast", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "fast")


def naive_bars(values, edges):
    """Every bar as (minimum, saddle, parent, size, mean height), by a union-find over sorted vertices.

    `edges` are pairs of vertices; vertices at +inf or NaN are outside. Plain Python on purpose.
    """
    n = len(values)
    inside = [u for u in range(n) if values[u] < np.inf]
    order = sorted(inside, key=lambda u: (values[u], u))
    rank = {u: r for r, u in enumerate(order)}
    neighbors = {u: set() for u in inside}
    for u, v in edges:
        if u != v and u in rank and v in rank:
            neighbors[u].add(v)
            neighbors[v].add(u)
    component, members, bars = {}, {}, []
    for u in order:
        below = {component[v] for v in neighbors[u] if rank[v] < rank[u]}
        oldest = min(below, key=rank.get, default=u)
        joined = {u}
        for minimum in below:
            if minimum != oldest:
                lot = members[minimum]
                heights = [float(values[x]) - float(values[minimum]) for x in lot]
                bars.append((minimum, u, oldest, len(lot), float(np.mean(heights))))
            joined |= members.pop(minimum)
        members[oldest] = joined
        for x in joined:
            component[x] = oldest
    for minimum, lot in members.items():
        heights = [float(values[x]) - float(values[minimum]) for x in lot]
        bars.append((minimum, -1, -1, len(lot), float(np.mean(heights))))
    return sorted(bars)


def bars_of(tree):
    """The bars of a tree in the form of `naive_bars`, those of length zero included."""
    bars = tree.barcode(min_persistence=-1)
    columns = (bars.minima, bars.saddles, bars.parents, bars.sizes, bars.mean_heights)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def assert_same_bars(found, expected):
    assert [bar[:4] for bar in found] == [bar[:4] for bar in expected]
    np.testing.assert_allclose(
        [bar[4] for bar in found], [bar[4] for bar in expected], rtol=1e-12, atol=1e-12
    )


def table_edges(table):
    """The arcs of a table that is padded by -1 or 0xFFFFFFFF."""
    n = len(table)
    return [(u, int(v)) for u, row in enumerate(table) for v in row if 0 <= int(v) < n]


@st.composite
def functions_on_tables(draw, outside=False):
    """Values with many ties and a table with padding, self-loops, duplicates and one-way arcs."""
    n = draw(st.integers(1, 20))
    k = draw(st.integers(0, 4))
    levels = [-1.5, -0.0, 0.0, 1.0, 2.0, 2.0**-30] + ([np.inf, np.nan] if outside else [])
    values = draw(st.lists(st.sampled_from(levels), min_size=n, max_size=n))
    entries = draw(st.lists(st.integers(-1, n - 1), min_size=n * k, max_size=n * k))
    return np.array(values), np.array(entries, dtype=np.int32).reshape(n, k)


def pytest_configure() -> None:
    # Background jobs of a shell, and their children, ignore Ctrl-C, which some tests send.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def cubes(shape, periodic):
    """Every cell of a cubical grid as {cell: {facet: sign}}; a cell is the list of its vertices, sorted."""
    axes = []
    for size, around in zip(shape, periodic, strict=True):
        last = size if around else size - 1
        axes.append([(i,) for i in range(size)] + [(i, (i + 1) % size) for i in range(last)])
    cells = {}

    def vertices(intervals):
        return tuple(sorted(int(np.ravel_multi_index(at, shape)) for at in itertools.product(*intervals)))

    for intervals in itertools.product(*axes):
        facets, sign = {}, 1
        for axis, ends in enumerate(intervals):
            if len(ends) == 2:
                for end, side in ((ends[1], sign), (ends[0], -sign)):
                    facets[vertices((*intervals[:axis], (end,), *intervals[axis + 1 :]))] = side
                sign = -sign
        cells[vertices(intervals)] = facets
    return cells


def simplices(maximal, n_vertices=0, dimension=None):
    """Every simplex with its faces, up to a dimension, as {cell: {facet: sign}}."""
    cells = {(v,) for v in range(n_vertices)}
    for simplex in maximal:
        most = len(simplex) if dimension is None else min(len(simplex), dimension + 1)
        for size in range(1, most + 1):
            cells.update(itertools.combinations(sorted(simplex), size))
    return {
        cell: {cell[:i] + cell[i + 1 :]: (-1) ** i for i in range(len(cell))} if len(cell) > 1 else {}
        for cell in cells
    }


def kuhn(shape, periodic):
    """The top simplices of the Freudenthal triangulation of a grid."""
    tops = []
    for start in np.ndindex(*shape):
        for order in itertools.permutations(range(len(shape))):
            at, chain = list(start), [start]
            for axis in order:
                at[axis] += 1
                if at[axis] == shape[axis]:
                    if not periodic[axis]:
                        break
                    at[axis] = 0
                chain.append(tuple(at))
            tops.append([int(np.ravel_multi_index(point, shape)) for point in chain])
    return tops


def naive_pairs(values, cells, prime):
    """Pairs of the lower-star filtration by the textbook reduction over Z/p, as (degree, birth, death).

    Birth and death are the highest vertices, -1 where essential; pairs of one vertex are left out. `cells` as
    {cell: {facet: sign}}. Plain Python on purpose.
    """
    rank = {v: r for r, v in enumerate(sorted(range(len(values)), key=lambda v: (values[v], v)))}
    inside = {cell: facets for cell, facets in cells.items() if all(values[v] < np.inf for v in cell)}
    falling = {cell: sorted(cell, key=rank.get, reverse=True) for cell in inside}
    order = sorted(inside, key=lambda cell: [rank[v] for v in falling[cell]])
    place = {cell: i for i, cell in enumerate(order)}
    degree = {}
    for cell in order:
        degree[cell] = 1 + max((degree[facet] for facet in inside[cell]), default=-1)
    columns, column_of_low, death_of = [], {}, {}
    for j, cell in enumerate(order):
        column = {place[facet]: sign % prime for facet, sign in inside[cell].items()}
        while column and max(column) in column_of_low:
            low = max(column)
            other = columns[column_of_low[low]]
            factor = -column[low] * pow(other[low], -1, prime)
            for i, x in other.items():
                column[i] = (column.get(i, 0) + factor * x) % prime
            column = {i: x for i, x in column.items() if x}
        columns.append(column)
        if column:
            column_of_low[max(column)] = j
            death_of[max(column)] = j
    dying = set(death_of.values())
    pairs = []
    for i, cell in enumerate(order):
        if i not in dying:
            birth = falling[cell][0]
            death = falling[order[death_of[i]]][0] if i in death_of else -1
            if birth != death:
                pairs.append((degree[cell], birth, death))
    return sorted(pairs)


def pairs_of(form):
    """The pairs of a canonical form in the form of `naive_pairs`."""
    cx = form.complex
    births, deaths = form.pairs.T
    ends = np.append(cx.vertices, -1)[deaths]
    return sorted(zip(cx.degrees[births].tolist(), cx.vertices[births].tolist(), ends.tolist(), strict=True))
