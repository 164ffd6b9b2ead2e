"""Barcodes of the paper's smallest networks with the last layer minimised out, and of samples of all weights.

    python benches/reduction.py                          # everything, half an hour or so on two cores
    python benches/reduction.py --quick                  # one seed, coarse grids, under a minute
    python benches/reduction.py --picture reduction.png  # and draw the samples beside the exact bars

Standard output is Markdown. l2 is 1e-3 throughout; seeds are those of `morsebar.networks.paper`. Bars are
those longer than 0.01.

Reduced
    h(w) = min_v f(w, v) on Freudenthal grids of |w| <= 4, and the bottleneck distance of its barcode to that
    on a grid of half the step.
Samples
    A lattice of all four weights of network (2), |w| <= 4 and |v| <= 9, which holds the best v for every w.
    In the sample the place of a bar of h is the lowest point whose w is in the branch of the bar. Its value
    is an upper bound of the birth, since f(w, v) >= h(w). The death is the lowest barrier of the sample
    between that point and the one of any older bar: too high where samples are thin, too low where an edge
    hops a ridge. Where it is not above the birth the bar is not seen: a dot in the picture. False bars are
    those of the sample beyond the bars seen.
Boxes
    On a box of all weights f has the bars of the minimum over the v of the box, which is not that over all v.
    The bars are looked for in the free minimum and in a sample of the box, as above; shown are those whose
    birth is more than 0.01 lower in the free minimum.

Exits with 1 if the bars of h move by more than they may between the grids, if their deaths leave the stated
interval, if a birth in a sample is too low, or if births do not come closer with larger samples.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from compare import MismatchError, machine
from inputs import say

import morsebar as mb
from morsebar.networks import MLP, LossSurface, minimise_last_layer, paper

L2 = 1e-3
HALF_WIDTH = 4.0
LAST_HALF_WIDTH = 9.0
SHORTEST = 1e-2
# Points of a grid that are evaluated together.
BATCH = 1 << 18


@dataclass(frozen=True)
class Case:
    """A network, points an axis of its coarser grid, seeds, how far both grids may differ, and all deaths."""

    hidden: tuple[int, ...]
    coarse: int
    seeds: tuple[int, ...]
    tolerance: float
    deaths: tuple[float, float]

    @property
    def fine(self) -> int:
        return 2 * self.coarse - 1


CASES = (
    Case((2,), 1601, tuple(range(10)), 1e-3, (0.46, 0.71)),
    Case((3,), 161, (0, 1, 2), 1e-2, (0.40, 0.62)),
)
QUICK_CASES = (
    Case((2,), 401, (0,), 1e-2, (0.46, 0.71)),
    Case((3,), 41, (0,), 0.06, (0.40, 0.62)),
)
SAMPLES = (10**4, 10**5, 10**6)
# In its box the best v of several minima does not lie.
SMALL_BOX_SEED = 3


def on_grid(surface: LossSurface, m: int) -> mb.MergeTree:
    """Merge tree of a surface on the Freudenthal grid of m points an axis that spans its bounds."""
    shape = (m,) * surface.d
    axes = [np.linspace(low, high, m) for low, high in surface.bounds]
    values = np.empty(m**surface.d)
    for start in range(0, len(values), BATCH):
        stop = min(start + BATCH, len(values))
        places = np.unravel_index(np.arange(start, stop), shape)
        points = np.column_stack([axis[place] for axis, place in zip(axes, places, strict=True)])
        values[start:stop] = surface(points)
    return mb.merge_tree(values, mb.Grid(shape, "freudenthal"))


def reduced(case: Case) -> Iterator[str]:
    """Rows of the table of reduced barcodes."""
    shape = f"1-{'-'.join(map(str, case.hidden))}-1"
    for seed in case.seeds:
        say(f"{shape}, seed {seed}")
        net = paper(case.hidden, seed=seed, l2=L2)
        d = minimise_last_layer(net).d
        h = minimise_last_layer(net, bounds=[(-HALF_WIDTH, HALF_WIDTH)] * d)
        began = time.perf_counter()
        coarse, fine = (on_grid(h, m).barcode() for m in (case.coarse, case.fine))
        seconds = time.perf_counter() - began
        distance = coarse.distance(fine)
        if distance > case.tolerance:
            raise MismatchError(f"{shape}, seed {seed}: the grids differ by {distance}")
        bars = fine.significant(min_persistence=SHORTEST)
        deaths = bars.deaths[np.isfinite(bars.deaths)]
        low, high = case.deaths
        if len(deaths) and not low <= deaths.min() <= deaths.max() <= high:
            raise MismatchError(f"{shape}, seed {seed}: deaths {deaths}, expected {low} to {high}")
        spread = f"{deaths.min():.4f} to {deaths.max():.4f}" if len(deaths) else "none"
        yield (
            f"| {shape} | {seed} | {case.coarse}, {case.fine} | {len(bars)} | {bars.births[0]:.4f} "
            f"| {spread} | {distance:.1e} | {seconds:.0f} |"
        )


@dataclass(frozen=True)
class Bars:
    """The bars of h on a grid, oldest first, and where in the plane of w they are.

    Attributes
    ----------
    diagram : (n, 2) array
        Births and deaths.
    box : (2, 2) array
        What the grid spans.
    branches : (m, m) array
        Of every vertex of the grid, the number of the bar it belongs to.
    """

    diagram: np.ndarray
    box: np.ndarray
    branches: np.ndarray

    @classmethod
    def of(cls, h: LossSurface, m: int) -> "Bars":
        tree = on_grid(h, m)
        bars = tree.barcode().significant(min_persistence=SHORTEST)
        order = np.argsort(bars.births)
        rank = np.empty(m * m, int)
        rank[bars.minima[order]] = np.arange(len(bars))
        return cls(bars.diagram[order], h.bounds, rank[tree.cut(min_persistence=SHORTEST)].reshape(m, m))

    def seen_in(self, tree: mb.MergeTree, w: np.ndarray) -> np.ndarray:
        """Births and deaths of these bars in a tree on points above w (n, 2), NaN where there are none."""
        m = len(self.branches)
        low, high = self.box.T
        rows, columns = np.rint((w - low) / (high - low) * (m - 1)).astype(int).T
        branches = self.branches[rows, columns]
        lowest: list[int] = []
        found = np.full(self.diagram.shape, np.nan)
        for i in range(len(found)):
            inside = np.flatnonzero(branches == i)
            if len(inside) > 0:
                place = int(inside[tree.values[inside].argmin()])
                found[i] = tree.values[place], np.min(tree.barrier(lowest, place), initial=np.inf)
                lowest.append(place)
        return found


@dataclass(frozen=True)
class Sample:
    """How a sample of all weights sees the bars of h."""

    n: int
    found: np.ndarray
    n_long: int

    @classmethod
    def of(cls, full: LossSurface, exact: Bars, n: int) -> "Sample":
        say(f"{n} samples")
        land = mb.landscape(full, n_samples=n)
        n_long = len(land.barcode.significant(min_persistence=SHORTEST))
        return cls(n, exact.seen_in(land.tree, land.points[:, :2]), n_long)

    def row(self, exact: np.ndarray) -> str:
        births = self.found[:, 0] - exact[:, 0]
        deaths = self.found[1:, 1] - exact[1:, 1]
        # Where birth and death are equal the place belongs to the component of an older one.
        seen = self.found[:, 0] < self.found[:, 1]
        n_seen = int(seen.sum())
        return (
            f"| {self.n:,} | {n_seen} of {len(exact)} | {self.n_long - n_seen} | {births[0]:+.4f} "
            f"| {np.nanmean(births):+.4f} | {np.nanmin(deaths):+.4f} to {np.nanmax(deaths):+.4f} |"
        )


def samples(m: int, sizes: tuple[int, ...]) -> tuple[Bars, list[Sample]]:
    """Look for the bars of h in samples of a box that holds the best v for every w."""
    net = paper((2,), seed=0, l2=L2)
    box = np.array([(-HALF_WIDTH, HALF_WIDTH)] * 2 + [(-LAST_HALF_WIDTH, LAST_HALF_WIDTH)] * 2)
    full = MLP((1, 2, 1), data=net.data, biases="fixed", fixed_biases=net.fixed_biases, l2=L2, bounds=box)
    h = minimise_last_layer(full)
    last = h.lift(np.stack(np.meshgrid(*[np.linspace(*ends, 401) for ends in h.bounds]), -1).reshape(-1, 2))
    if (np.abs(last[:, 2:]) > LAST_HALF_WIDTH).any():
        raise MismatchError("samples: argmin_v leaves the box")
    exact = Bars.of(h, m)
    seen = [Sample.of(full, exact, n) for n in sizes]
    errors = [sample.found[:, 0] - exact.diagram[:, 0] for sample in seen]
    # h is lower between the points of its grid.
    if any((error < -1e-3).any() for error in errors):
        raise MismatchError(f"samples: births are too low: {errors}")
    means = [np.nanmean(error) for error in errors]
    if means != sorted(means, reverse=True):
        raise MismatchError(f"samples: births do not come closer: {means}")
    return exact, seen


def boxes(m: int, n: int) -> Iterator[str]:
    """Rows that compare the minimum in the paper's box, the free one and a sample of the box."""
    net = paper((2,), seed=SMALL_BOX_SEED, l2=L2)
    exact = Bars.of(minimise_last_layer(net, box=net.bounds[2:]), m)
    axis = np.linspace(*net.bounds[0], m)
    w = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    free = exact.seen_in(on_grid(minimise_last_layer(net), m), w)
    sample = Sample.of(net, exact, n).found
    moves = free[:, 0] < exact.diagram[:, 0] - SHORTEST
    if (free[:, 0] > exact.diagram[:, 0]).any() or not moves.any():
        raise MismatchError(f"boxes: births of the free minimum {free}, in the box {exact.diagram}")
    if (sample[:, 0] < exact.diagram[:, 0] - 1e-3).any():
        raise MismatchError(f"boxes: births of the sample {sample}, in the box {exact.diagram}")
    rows = {"v in the box": exact.diagram, "all v": free, f"{n:,} samples of the box": sample}
    for name, diagram in rows.items():
        moved = ", ".join(f"[{birth:.4f}, {death:.4f})" for birth, death in diagram[moves])
        yield f"| {name} | {moved} |"


def draw(exact: np.ndarray, seen: list[Sample], path: str) -> None:
    """Draw every bar of h beside those of the samples."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    shown = {"exact: minimum over v": exact} | {f"{sample.n:,} samples": sample.found for sample in seen}
    levels = np.concatenate([*shown.values()])
    # The essential bar has no death: it is drawn as high as the axes go.
    low, high = np.nanmin(levels), np.nanmax(levels[np.isfinite(levels)])
    top = high + 0.05 * (high - low)
    width = 0.8 / len(shown)
    for number, (name, bars) in enumerate(shown.items()):
        x = np.arange(len(bars)) + width * (number - (len(shown) - 1) / 2)
        colour = "black" if number == 0 else f"C{number - 1}"
        axes.vlines(x, bars[:, 0], np.minimum(bars[:, 1], top), colour, linewidth=5, label=name)
        axes.plot(x, bars[:, 0], "o", color=colour, markersize=5)
    for i, bar in enumerate(exact):
        axes.hlines(bar[bar < top], i - 0.45, i + 0.45, "black", linewidth=0.8, linestyle="dotted")
    axes.set_xticks(range(len(exact)), [f"bar {i + 1}" for i in range(len(exact))])
    axes.set_ylim(low - 0.05 * (high - low), top)
    axes.set_ylabel("loss")
    axes.set_title("Network 1-2-1: the bars, and where samples of all four weights see them")
    axes.legend(loc="upper right")
    figure.savefig(path, dpi=120)


REDUCED_HEADER = """\
| network | seed | grids | bars | lowest | deaths | distance | seconds |
|---|--:|---|--:|--:|---|--:|--:|"""
SAMPLES_HEADER = """\
| samples | bars seen | false bars | lowest birth, error | births, mean error | deaths, errors |
|--:|---|--:|--:|--:|---|"""
BOXES_HEADER = """\
| minimum over | bars that move |
|---|---|"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one seed, coarse grids")
    parser.add_argument("--picture", metavar="FILE", help="draw samples and exact bars into this file")
    options = parser.parse_args()
    # Of samples that are too thin is what this is about.
    warnings.simplefilter("ignore", mb.ThinSampleWarning)
    print(machine(("morsebar", "numpy")), flush=True)
    try:
        print("\n" + REDUCED_HEADER, flush=True)
        for case in QUICK_CASES if options.quick else CASES:
            for row in reduced(case):
                print(row, flush=True)
        exact, seen = samples(401 if options.quick else 1601, SAMPLES[:2] if options.quick else SAMPLES)
        rows = [sample.row(exact.diagram) for sample in seen]
        print("\n" + SAMPLES_HEADER, *rows, sep="\n", flush=True)
        print("\n" + BOXES_HEADER, flush=True)
        for row in boxes(201 if options.quick else 801, 10**5 if options.quick else 10**6):
            print(row, flush=True)
    except MismatchError as mismatch:
        print(f"\nMISMATCH {mismatch}")
        return 1
    if options.picture is not None:
        draw(exact.diagram, seen, options.picture)
    print("\nAll answers are right.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
