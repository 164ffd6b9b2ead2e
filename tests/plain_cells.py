"""Complexes as plain dictionaries, and the textbook reduction of their boundaries, in plain Python."""

import itertools

import numpy as np


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
