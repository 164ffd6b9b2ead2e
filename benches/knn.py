"""Graphs of nearest neighbours: morsebar against its peers on the same points, with all answers checked.

    python benches/knn.py            # the whole table, 15 minutes on two cores
    python benches/knn.py --quick    # small inputs, all answers checked, under 20 s

Standard output is Markdown. Methods take turns, up to `--repeats` times each or until one has taken 10 s;
medians are compared. All of them give distances. Peers also return the point itself, which is taken off
outside of their time. Those that are approximate get more work until their recall is 0.98.

What is checked: for a sample of the points, exact distances of morsebar are those of brute force, number for
number, and so are the neighbours; exact distances of peers are the same for all points, but for rounding;
distances of approximate methods are those of the points they name. Exits with 1 if not.

The peak memory of morsebar is that of the resident set in a fresh process, over input and output.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
from compare import GOALS_HEADER, Goal, MismatchError, machine
from inputs import SEED, say
from measure import in_turn
from memory import peak_since, reset_peak
from scipy.spatial import KDTree

import morsebar as mb

RECALL = 0.98
SAMPLE = 200
LONG = 10.0  # seconds after which a method has no further turn


@dataclass(frozen=True)
class Points:
    """A cloud of one of `KINDS`, in random order or along the tree of morsebar ("kd")."""

    kind: str
    n: int
    d: int
    k: int
    dtype: str = "float32"
    order: str = "random"

    @property
    def name(self) -> str:
        return (
            f"{self.kind}, n = {self.n:.0e}, d = {self.d}, k = {self.k}, {self.dtype}, {self.order}".replace(
                "e+0", "e"
            )
        )

    def load(self) -> np.ndarray:
        points = KINDS[self.kind](np.random.default_rng(SEED), self.n, self.d).astype(self.dtype)
        return points if self.order == "random" else points[mb.knn_graph(points, 1, reorder=True).order]


def clustered(rng, n, d):
    """A hundred clusters of very different sizes."""
    centers, widths = rng.random((100, d)), 10.0 ** rng.uniform(-4, -1, (100, 1))
    label = rng.integers(0, 100, n)
    return centers[label] + widths[label] * rng.standard_normal((n, d))


def manifold(rng, n, d):
    """A smooth surface of three dimensions."""
    return np.sin(rng.random((n, 3)) @ rng.uniform(-3, 3, (3, d)) + rng.uniform(0, 6, d))


def integers(rng, n, d):
    """Places on a grid, about four points on each."""
    return rng.integers(0, max(2, round((n / 4) ** (1 / d))), (n, d))


KINDS = {
    "uniform": lambda rng, n, d: rng.random((n, d)),
    "gaussian": lambda rng, n, d: rng.standard_normal((n, d)),
    "clustered": clustered,
    "3-d manifold": manifold,
    "integer grid": integers,
}


class Answer(NamedTuple):
    """Rows of k neighbours, or of k + 1 with the point itself; row i is of point `order[i]`."""

    indices: np.ndarray
    distances: np.ndarray
    order: np.ndarray | None = None


@dataclass(frozen=True)
class Method:
    name: str
    run: Callable[[np.ndarray, int], Answer]
    package: str = "morsebar"
    exact: bool = False


def morsebar(points, k, method="exact", reorder=False):
    graph = mb.knn_graph(points, k, method=method, reorder=reorder)
    return Answer(graph.indices, graph.distances, graph.order)


def scipy_tree(points, k):
    distances, indices = KDTree(points).query(points, k + 1, workers=-1)
    return Answer(indices, distances)


def sklearn_neighbors(points, k):
    from sklearn.neighbors import NearestNeighbors

    distances, indices = NearestNeighbors(n_neighbors=k + 1, n_jobs=-1).fit(points).kneighbors(points)
    return Answer(indices, distances)


def nn_descent(points, k, m, n_iters):
    from pynndescent import NNDescent

    work = {"n_trees": 8, "max_candidates": m, "n_iters": n_iters, "delta": 1e-5}
    return Answer(*NNDescent(points, n_neighbors=k + 1, n_jobs=-1, random_state=SEED, **work).neighbor_graph)


def hnsw(points, k, m):
    import hnswlib

    index = hnswlib.Index("l2", points.shape[1])
    index.init_index(len(points), M=m, ef_construction=5 * m, random_seed=0)
    index.add_items(points)
    index.set_ef(3 * k // 2)
    indices, squares = index.knn_query(points, k + 1)
    return Answer(indices.astype(np.int64), np.sqrt(squares))


EXACT = Method("morsebar", morsebar, exact=True)
REORDERED = Method("morsebar, reorder", partial(morsebar, reorder=True), exact=True)
APPROXIMATE = Method("morsebar, approximate", partial(morsebar, method="approximate"))
SCIPY = Method("scipy", scipy_tree, "scipy", exact=True)
SKLEARN = Method("scikit-learn", sklearn_neighbors, "sklearn", exact=True)
# Approximate peers, the least work first: tried until the recall is enough.
DESCENTS = [
    Method(
        f"pynndescent, {m} candidates, {rounds} rounds",
        partial(nn_descent, m=m, n_iters=rounds),
        "pynndescent",
    )
    for m, rounds in ((15, 3), (20, 3), (30, 6), (60, 12))
]
WORLDS = [Method(f"hnswlib, M = {m}", partial(hnsw, m=m), "hnswlib") for m in (12, 16, 24, 32)]
LADDERS = [DESCENTS, WORLDS]


class Truth:
    """Neighbours of some of the points by brute force, nearest first, ties by number.

    Squared distances are sums over the axes, in order, in the type of the points, as morsebar defines them.
    """

    def __init__(self, points: np.ndarray, k: int) -> None:
        self.columns = np.ascontiguousarray(points.T)
        self.rows = np.random.default_rng(SEED).choice(len(points), min(SAMPLE, len(points)), replace=False)
        self.indices = np.empty((len(self.rows), k), np.int64)
        self.squares = np.empty((len(self.rows), k), points.dtype)
        for at, row in enumerate(self.rows):
            squares = self.squares_from(row)
            squares[row] = np.inf
            near = np.flatnonzero(squares <= np.partition(squares, k - 1)[k - 1])
            self.indices[at] = near[np.argsort(squares[near], kind="stable")[:k]]
            self.squares[at] = squares[self.indices[at]]

    def squares_from(self, row: int, ids: np.ndarray | slice = slice(None)) -> np.ndarray:
        squares = np.zeros_like(self.columns[0, ids])
        for column in self.columns:
            difference = column[ids] - column[row]
            squares += difference * difference
        return squares

    def check_own(self, answer: Answer) -> None:
        """Exact answers of morsebar hold the same numbers."""
        at = self.rows if answer.order is None else np.argsort(answer.order)[self.rows]
        if not np.array_equal(answer.distances[at], np.sqrt(self.squares)):
            raise MismatchError("distances are not those of brute force")
        if answer.order is None and not np.array_equal(answer.indices[at], self.indices):
            raise MismatchError("neighbours are not those of brute force")

    def recall(self, answer: Answer) -> float:
        """Share of the neighbours found that are no further away than the last true one."""
        k, right = self.indices.shape[1], 0
        for row, last in zip(self.rows, self.squares[:, -1], strict=True):
            others = np.flatnonzero(answer.indices[row] != row)[:k]
            ids = answer.indices[row, others]
            squares = self.squares_from(row, ids)
            if len(np.unique(ids)) < k or not np.allclose(
                answer.distances[row, others] ** 2, squares, 1e-4, 0
            ):
                raise MismatchError("distances are not those of the points named")
            right += np.count_nonzero(squares <= last)
        return right / self.indices.size


@dataclass
class Result:
    """What was seen on one input, by method."""

    case: Points
    seconds: dict[str, list[float]] = field(default_factory=dict)
    recall: dict[str, float] = field(default_factory=dict)
    memory: dict[str, float | None] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def median(self, method: str) -> float | None:
        return float(np.median(self.seconds[method])) if method in self.seconds else None

    def ratio(self, method: str, over: str | None) -> float | None:
        return self.median(method) / self.median(over) if over in self.seconds else None

    def equal_recall(self, package: str) -> str | None:
        """The fastest of a package that finds enough."""
        names = [
            name for name, recall in self.recall.items() if name.startswith(package) and recall >= RECALL
        ]
        return min(names, key=self.median, default=None)

    def rows(self) -> Iterator[str]:
        """Lines of the table, fastest method first."""
        for name in sorted(self.seconds, key=self.median):
            recall = f"{self.recall[name]:.4f}" if name in self.recall else "exact"
            seconds = f"{self.median(name):.3g} | {min(self.seconds[name]):.3g} | {len(self.seconds[name])}"
            memory = "" if self.memory.get(name) is None else f"{self.memory[name]:.0f}"
            rest = f"{self.ratio(name, EXACT.name):.2f} | {recall} | {memory}"
            yield f"| {self.case.name} | {name} | {seconds} | {rest} |"
        for name in self.skipped:
            yield f"| {self.case.name} | {name} | not installed | | | | | |"


HEADER = """\
| input | method | seconds | fastest | calls | / morsebar | recall | memory, % of output |
|---|---|--:|--:|--:|--:|--:|--:|"""


def run(
    case: Points, methods: list[Method], ladders: list[list[Method]], repeats: int, memory: bool
) -> Result:
    """Measure all methods on one input; every answer is checked."""
    say(case.name)
    points = case.load()
    truth, result = Truth(points, case.k), Result(case)
    exact = morsebar(points, case.k).distances if SCIPY in methods else None
    rounding = (case.d + 4) * np.finfo(case.dtype).eps

    def call(methods: list[Method]) -> None:
        by_name = {method.name: method for method in methods}

        def check(name: str, answer: Answer) -> None:
            try:
                if by_name[name].package == "morsebar" and by_name[name].exact:
                    truth.check_own(answer)
                elif not by_name[name].exact:
                    result.recall[name] = truth.recall(answer)
                elif not np.allclose(answer.distances[:, 1:], exact, rounding, 0):
                    raise MismatchError("distances are not those of morsebar")
            except MismatchError as mismatch:
                raise MismatchError(f"{case.name}: {name}: {mismatch}") from None

        calls = {name: partial(method.run, points, case.k) for name, method in by_name.items()}
        for name, seconds in in_turn(calls, 1, check).items():
            say(f"    {name}: {seconds:.3g} s")
            result.seconds.setdefault(name, []).append(seconds)

    def installed(methods: list[Method]) -> list[Method]:
        result.skipped += sorted({m.package for m in methods if find_spec(m.package) is None})
        present = [m for m in methods if find_spec(m.package) is not None]
        for method in present:
            method.run(points[: 20 * case.k], case.k)
        return present

    present = installed(methods)
    for _ in range(repeats):
        call([m for m in present if sum(result.seconds.get(m.name, [])) < LONG])
    for ladder in map(installed, ladders):
        for method in ladder:
            call([method])
            if result.recall[method.name] >= RECALL:
                break
    for method in present:
        if memory and method.package == "morsebar":
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
                result.memory[method.name] = process.submit(memory_alone, case, method).result()
    return result


def memory_alone(case: Points, method: Method) -> float | None:
    """Peak over input and output, in percent of the output."""
    points = case.load()
    method.run(points[: 20 * case.k], case.k)
    before = reset_peak()
    answer = method.run(points, case.k)
    extra = peak_since(before)
    output = sum(part.nbytes for part in answer if part is not None)
    return None if extra is None else 100 * (extra - output) / output


def goals(result: Result) -> list[Goal]:
    """Goals that hold for this input: a million uniform points."""
    case = result.case
    if (case.kind, case.n, case.dtype, case.order) != ("uniform", 10**6, "float32", "random"):
        return []
    memory = [Goal(f"memory of {name}, % of output", seen, 60) for name, seen in result.memory.items()]
    seconds = result.median(EXACT.name)
    if case.d == 10:
        peer = result.equal_recall("pynndescent")
        return [
            Goal("morsebar, seconds", seconds, 40),
            Goal("morsebar, approximate, seconds", result.median(APPROXIMATE.name), 10),
            Goal("morsebar, approximate, recall", result.recall[APPROXIMATE.name], RECALL, at_least=True),
            Goal(f"morsebar, approximate / {peer}", result.ratio(APPROXIMATE.name, peer), 0.3),
            *memory,
        ]
    limit = {2: 0.15, 3: 0.22, 6: 1.9}[case.d]
    ratio = Goal("morsebar / scipy", result.ratio(EXACT.name, SCIPY.name), 0.06)
    return [ratio, Goal("morsebar, seconds", seconds, limit), *memory]


def inputs(quick: bool) -> Iterator[tuple[Points, list[Method], list[list[Method]]]]:
    """Pinned clouds, and what is measured on them."""
    n = 20_000 if quick else 10**6
    for d, k in ((2, 8), (3, 12), (6, 24)):
        yield Points("uniform", n, d, k), [EXACT, REORDERED, SCIPY, SKLEARN], []
        yield Points("uniform", n, d, k, order="kd"), [EXACT, SCIPY], []
    for kind in ("gaussian", "clustered", "integer grid"):
        yield Points(kind, n, 3, 12), [EXACT, SCIPY, SKLEARN], []
    for kind in ("uniform", "integer grid"):
        yield Points(kind, n, 3, 12, "float64"), [EXACT, SCIPY], []
    yield Points("3-d manifold", n, 10, 12), [EXACT, SCIPY, SKLEARN], []
    yield Points("clustered", max(n // 10, 20_000), 50, 40), [EXACT, APPROXIMATE], LADDERS
    yield Points("uniform", n, 10, 40), [EXACT, APPROXIMATE], LADDERS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small inputs only")
    parser.add_argument("--repeats", type=int, default=5, help="calls per method (default: 5)")
    options = parser.parse_args()
    print(machine(("morsebar", "numpy", "scipy", "scikit-learn", "pynndescent", "hnswlib")))
    print("\n" + HEADER, flush=True)
    wanted = []
    try:
        for at, (case, methods, ladders) in enumerate(inputs(options.quick)):
            # A fresh process takes a second: quickly, only the first input has one.
            memory = not options.quick or at == 0
            result = run(case, methods, ladders, 1 if options.quick else options.repeats, memory)
            print(*result.rows(), sep="\n", flush=True)
            wanted += [(case.name, goal) for goal in goals(result)]
    except MismatchError as mismatch:
        print(f"\nMISMATCH {mismatch}")
        return 1
    print("\nAll answers are right.")
    if wanted:
        print("\n" + GOALS_HEADER)
        for name, goal in wanted:
            print(f"| {name} " + goal.row())
    return 0


if __name__ == "__main__":
    sys.exit(main())
