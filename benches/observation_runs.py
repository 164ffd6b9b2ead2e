"""What benches/observations.py measures: tasks that each take seconds to minutes, kept as files when done."""

import json
import os
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.spatial import KDTree

import morsebar as mb
from morsebar.networks import MLP, LossSurface, descend, minimise_last_layer, paper

NETWORKS = ((2,), (3,), (2, 2), (3, 2), (3, 3), (2, 2, 2), (3, 2, 2))
L2 = (1e-3, 1e-2)

# A bar is counted if it is longer than this, and if its component has more than so many vertices: smaller
# ones can be those of false minima. Bars of minima found by descent are true, however small.
LENGTH = 1e-2
SIZE = 8

DESCENTS = 100
# Points on the straight line between two minima.
ON_LINE = 15

# From so many dimensions on a neighbour that is missed is replaced by one at most 1 + EPS times as far away:
# of 1e5 points in 15 dimensions 99 % are found, in a fraction of the time.
APPROXIMATE_FROM = 10
EPS = 0.5

QUANTILES = (0, 0.25, 0.5, 0.75, 1)

# Bars that are kept of a run, for the figure.
KEPT = 30

# Ways: (a) uniform points with few and with many neighbours, (b) last layer minimised, (c) minima inserted.
FEW, MANY, REDUCED, INSERTED = "a, k = 2d", "a, k = 4d", "b", "c"
WAYS = (FEW, MANY, REDUCED, INSERTED)

# Files of other numbers than these are not mixed with ours.
PROTOCOL = {"length": LENGTH, "size": SIZE, "descents": DESCENTS, "eps": EPS, "on_line": ON_LINE}


@dataclass(frozen=True)
class Plan:
    """Networks, seeds and sample sizes, thin and dense; vertices of an axis in two and three dimensions."""

    networks: tuple[tuple[int, ...], ...]
    seeds: int
    sizes: tuple[int, int]
    axes: dict[int, tuple[int, int]]
    # Of networks with so many parameters all seeds, or one, are sampled with so many points too.
    largest: int | None = None
    largest_all: int = 6
    largest_one: int = 8


WHOLE = Plan(NETWORKS, 10, (10**5, 10**6), {2: (401, 801), 3: (81, 161)}, 10**7)
QUICK = Plan(((2,), (3,), (2, 2), (3, 2)), 2, (2000, 20_000), {2: (51, 101), 3: (17, 33)})


@dataclass(frozen=True)
class Cell:
    """A network of the paper: hidden widths, seed of the biases, weight of the squares."""

    widths: tuple[int, ...]
    seed: int
    l2: float

    @property
    def name(self) -> str:
        return f"{architecture(self.widths)}_l2-{self.l2:g}_seed-{self.seed}"

    @cached_property
    def mlp(self) -> MLP:
        return paper(self.widths, self.seed, self.l2)


@dataclass(frozen=True)
class Task:
    """What is done at a time: descents, or a sample of the loss or of its minimum over the last layer."""

    cell: Cell
    kind: str
    n: int

    @property
    def name(self) -> str:
        return f"{self.cell.name}_{self.kind}-{self.n}"


@dataclass(frozen=True)
class Run:
    """Bars of a sample, and where the values of the loss lie.

    `births` and `deaths` are quantiles over the bars that count, deaths of those that die. `highest` is the
    highest death, or the lowest value where nothing dies; `highest_any` that of all bars of such length,
    however few vertices they have. `maximum` and `median` are those of the sampled values. `bars` are the
    longest that count, the longest first; None is a death that does not come.
    """

    widths: tuple[int, ...]
    seed: int
    l2: float
    way: str
    n: int
    d: int
    neighbors: str
    lowest: float
    counted: int
    births: list[float]
    deaths: list[float]
    highest: float
    highest_any: float
    maximum: float
    median: float
    samples_per_minimum: float
    bars: list[tuple[float, float | None]]
    seconds: float


def architecture(widths: tuple[int, ...]) -> str:
    return "-".join(map(str, widths))


def tasks(plan: Plan) -> Iterator[Task]:
    """All tasks, seed by seed, the largest samples last; descents come before what needs them."""
    cells = [Cell(w, seed, l2) for seed in range(plan.seeds) for w in plan.networks for l2 in L2]
    for cell in cells:
        yield Task(cell, "descents", DESCENTS)
        for level, n in enumerate(plan.sizes):
            yield Task(cell, "sample", n)
            m = n_hidden_weights(cell.widths)
            yield Task(cell, "reduced", plan.axes[m][level] ** m if m in plan.axes else n)
    if plan.largest is not None:
        for cell in cells:
            d = n_weights(cell.widths)
            if d <= plan.largest_all or (d <= plan.largest_one and cell.seed == 0):
                yield Task(cell, "sample", plan.largest)


def n_hidden_weights(widths: tuple[int, ...]) -> int:
    """Weights before the last layer."""
    return sum(a * b for a, b in zip((1, *widths[:-1]), widths, strict=True))


def n_weights(widths: tuple[int, ...]) -> int:
    return n_hidden_weights(widths) + widths[-1]


class Store:
    """Results of tasks as files of a folder, each written in one step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, task: Task) -> Path:
        return self.folder / f"{task.name}.json"

    def has(self, task: Task) -> bool:
        return self.path(task).exists()

    def read(self, task: Task) -> list[dict]:
        content = json.loads(self.path(task).read_text())
        if content["protocol"] != PROTOCOL:
            raise ValueError(f"{self.path(task)}: got {content['protocol']}, expected {PROTOCOL}")
        return content["results"]

    def write(self, task: Task, results: list[dict]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        new = self.path(task).with_suffix(".new")
        new.write_text(json.dumps({"protocol": PROTOCOL, "results": results}))
        os.replace(new, self.path(task))


def perform(task: Task, store: Store) -> None:
    """Do a task and keep its results."""
    if task.kind == "descents":
        store.write(task, [descents(task.cell)])
    elif task.kind == "reduced":
        store.write(task, [asdict(reduced(task.cell, task.n))])
    else:
        (found,) = store.read(Task(task.cell, "descents", DESCENTS))
        # Of the largest samples the neighbours of further points would take too long.
        minima = np.array(found["points"]) if task.n <= WHOLE.sizes[1] else None
        store.write(task, [asdict(run) for run in sampled(task.cell, task.n, minima)])


class InBox(LossSurface):
    """A loss on a box around zero, at half-widths times the sines of the coordinates.

    They reach every point of the box and none outside, so that the minima are those of the loss on the box,
    those on its faces included.
    """

    def __init__(self, surface: LossSurface) -> None:
        super().__init__(f"{surface.name} in a box", surface.d)
        self.surface = surface
        self.half_widths = surface.bounds[:, 1]

    def lift(self, rows: np.ndarray) -> np.ndarray:
        return self.half_widths * np.sin(rows)

    def _values(self, rows: np.ndarray) -> np.ndarray:
        return self.surface(self.lift(rows))

    def _values_and_gradients(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, gradients = self.surface.value_and_gradient(self.lift(rows))
        return values, gradients * self.half_widths * np.cos(rows)


def descents(cell: Cell) -> dict:
    """Minima of the loss on the box, from uniform points."""
    box = InBox(cell.mlp)
    starts = np.random.default_rng([cell.seed, DESCENTS]).uniform(-1, 1, (DESCENTS, box.d))
    minima, values = descend(box, np.arcsin(starts))
    points = box.lift(minima)
    on_faces = (np.abs(points) > box.half_widths * (1 - 1e-6)).any(axis=1)
    return {
        "half_width": float(box.half_widths[0]),
        "points": points.tolist(),
        "lowest": float(values.min()),
        "on_faces": int(np.count_nonzero(on_faces)),
    }


def sampled(cell: Cell, n: int, minima: np.ndarray | None) -> Iterator[Run]:
    """(a) and (c): uniform points, their nearest neighbours, and minima put among them."""
    mlp, (lo, hi) = cell.mlp, cell.mlp.bounds.T
    d, start = mlp.d, time.perf_counter()
    cube = np.random.default_rng([cell.seed, n]).random((n, d), dtype=np.float32)
    graph = mb.knn_graph(cube, 4 * d, eps=0.0 if d < APPROXIMATE_FROM else EPS, reorder=True)
    neighbors = f"{graph.method}, recall {graph.recall(cube):.3f}"
    points = lo + (hi - lo) * cube[graph.order].astype(np.float64)
    values = mlp(points)
    shared = time.perf_counter() - start
    for way, k in ((FEW, 2 * d), (MANY, 4 * d)):
        start = time.perf_counter()
        near = mb.KnnGraph(
            np.ascontiguousarray(graph.indices[:, :k]),
            np.ascontiguousarray(graph.distances[:, :k]),
            order=graph.order,
        ).join_components(cube)
        bars = mb.merge_tree(values, near).barcode()
        yield _run(cell, way, n, d, neighbors, bars, values, start - shared)
    if minima is not None:
        start = time.perf_counter()
        between, table = with_minima(graph.indices, points, minima, hi - lo)
        births = mlp(minima)
        # Descents that end on a kink can stop just short of a minimum: a line must not find it for them.
        lower_ends = np.minimum(*births[np.stack(np.triu_indices(len(minima), 1))]).repeat(ON_LINE)
        every = np.concatenate((values, births, np.maximum(mlp(between), lower_ends)))
        bars = mb.merge_tree(every, table).barcode()
        yield _run(cell, INSERTED, n, d, neighbors, bars, values, start - shared, len(minima))


def with_minima(
    indices: np.ndarray, points: np.ndarray, minima: np.ndarray, widths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Join minima to their nearest points, and to each other along straight lines.

    Returns points on the lines, and the table of neighbours of all: given points, minima, points on lines.
    An edge from one minimum to another would hop over the barrier between them.
    """
    (n, k), m = indices.shape, len(minima)
    tree = KDTree(points / widths, balanced_tree=False, compact_nodes=False)
    _, nearest = tree.query(minima / widths, k, workers=-1)
    one, other = np.triu_indices(m, 1)
    shares = (np.arange(1, ON_LINE + 1) / (ON_LINE + 1))[:, np.newaxis]
    between = (1 - shares) * minima[one, np.newaxis] + shares * minima[other, np.newaxis]
    numbers = n + m + np.arange(len(one) * ON_LINE).reshape(-1, ON_LINE)
    lines = np.column_stack((n + one, numbers, n + other))
    rows = np.full((numbers.size, k), -1, dtype=indices.dtype)
    rows[:, 0], rows[:, 1] = lines[:, :-2].ravel(), lines[:, 2:].ravel()
    return between.reshape(-1, points.shape[1]), np.concatenate(
        (indices, nearest.astype(indices.dtype), rows)
    )


def reduced(cell: Cell, n: int) -> Run:
    """(b): the minimum over the last layer, in the same box, on a grid or a lattice."""
    start, mlp = time.perf_counter(), cell.mlp
    m = n_hidden_weights(cell.widths)
    h = minimise_last_layer(mlp, box=mlp.bounds[m:])
    if m <= 3:
        shape = (round(n ** (1 / m)),) * m
        axes = [np.linspace(lo, hi, k) for (lo, hi), k in zip(h.bounds, shape, strict=True)]
        values = h(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, m))
        bars = mb.merge_tree(values.reshape(shape), mb.Grid(shape, "freudenthal")).barcode()
        neighbors = "Freudenthal grid"
    else:
        with warnings.catch_warnings():
            # How many samples there are for a minimum is in the table.
            warnings.simplefilter("ignore", mb.ThinSampleWarning)
            land = mb.landscape(h, sampler="lattice", n_samples=n, random_state=cell.seed)
        values, bars, neighbors = land.values, land.tree.barcode(), "lattice"
    return _run(cell, REDUCED, n, m, neighbors, bars, values, start)


def _run(
    cell: Cell,
    way: str,
    n: int,
    d: int,
    neighbors: str,
    bars: mb.Barcode,
    values: np.ndarray,
    start: float,
    n_inserted: int = 0,
) -> Run:
    """Summarise bars; vertices beyond those of the values are inserted minima, and then points on lines."""
    assert np.count_nonzero(np.isinf(bars.deaths)) == 1, f"{cell.name}, {way}, {n}: expected one component"
    long = bars.persistence > LENGTH
    sampled = bars.minima < len(values)
    counted = long & np.where(sampled, bars.sizes > SIZE, bars.minima < len(values) + n_inserted)
    births, deaths = bars.births[counted], bars.deaths[counted]
    dying = deaths[np.isfinite(deaths)]
    lowest = float(bars.births.min())
    every = bars.deaths[long & sampled & np.isfinite(bars.deaths)]
    return Run(
        widths=cell.widths,
        seed=cell.seed,
        l2=cell.l2,
        way=way,
        n=n,
        d=d,
        neighbors=neighbors,
        lowest=lowest,
        counted=len(births),
        births=np.quantile(births, QUANTILES).tolist(),
        deaths=np.quantile(dying, QUANTILES).tolist() if len(dying) else [],
        highest=float(dying.max(initial=lowest)),
        highest_any=float(every.max(initial=lowest)),
        maximum=float(values.max()),
        median=float(np.median(values)),
        samples_per_minimum=len(values) / len(bars),
        bars=[
            (birth, death if np.isfinite(death) else None)
            for birth, death in zip(births[:KEPT].tolist(), deaths[:KEPT].tolist(), strict=True)
        ],
        seconds=time.perf_counter() - start,
    )
