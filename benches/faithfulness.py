"""How faithful sampled barcodes are: functions with known barcodes, by sampler, dimension and sample size.

    python benches/faithfulness.py --quick                              # small, checks laws, under 20 s
    python benches/faithfulness.py --dimensions 2 3 --sizes 1e5         # a part of the table
    python benches/faithfulness.py --samplers "*(default)" "default*"   # the default, and with edges refined
    python benches/faithfulness.py --json faithfulness.json             # all of it, and every single run

Standard output is Markdown, one table for each dimension and size. Functions are in `known_functions.py`.
Seed s draws the sample (or shifts the lattice) and the random functions; numbers are means over the seeds.
What is counted, for each function:

false
    Every minimum found (a bar of positive length) is credited to the nearest true minimum. The first one
    credited to it finds it, any further is false.
missed
    True minima that no found minimum is credited to. So found = true + false - missed.
error
    The bottleneck distance between the bars found and the exact ones, in percent of the range of the
    function. It pairs bars so that the largest difference of two births or two deaths is least; a bar
    without partner counts half its length, so that only long bars matter.

A sample point is a false minimum if all its neighbours happen to be higher. Among uniform points k nearest
neighbours lie in independent directions, each higher with probability 1/2 where the function is nearly
linear: n 2^-k false minima would be expected. Points are joined also to those that count them among their
nearest, so it is rather 0.4 n 2^-k in two dimensions, and less in more. No function escapes this floor. Near
a face that the function descends to there are more. In a point-symmetric neighbourhood, as in grids and
lattices, v and -v are never both higher on a linear function: false minima are left to faces, and to valleys
too narrow for the points. `Landscape.expected_false_minima` is shown beside what was found; graphs with
levels have none.

Every graph is connected: scattered samples are joined where nearest neighbours leave gaps, and a lattice with
fewer neighbours than lead everywhere is refused. `ThinSampleWarning` is silenced: what is true is known here.

"Edges refined" is the default with `refine_edges=True`. It is not run above 100,000 samples, where it takes
up to minutes and gigabytes for each function. Every other sampler is run at every size; the neighbours of a
million points take up to half a minute of one core. Functions are left out where samples are too few.
"""

import argparse
import json
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from functools import cache
from importlib.metadata import version
from pathlib import Path

import gudhi
import known_functions as known
import numpy as np
from inputs import say
from known_functions import Known
from memory import peak_since, reset_peak, return_what_is_freed
from scipy.spatial import KDTree

import morsebar as mb

DIMENSIONS = (2, 3, 4, 6, 8, 10)
SIZES = (10**4, 10**5, 10**6)
SEEDS = 5
# Below this a function is left out: most of its minima cannot be seen.
SAMPLES_PER_MINIMUM = 5
VORONOI_DIMENSIONS = (2, 3, 4)
MOST_REFINED = 10**5
# Fewer expected false minima are not shown.
LEAST_EXPECTED = 0.05
REFINED = "default, edges refined"
# With 10,000 samples or more the clamped lattice in two dimensions finds exactly their minima.
EXACT_ON_LATTICE = ("rastrigin", "styblinski_tang")
# What a mean over the seeds should not exceed with 100,000 samples.
CLAIMS = (
    (3, "lattice, clamped, k = 14", "rastrigin", "false", 0),
    (3, "lattice, clamped, k = 14", "rastrigin", "missed", 0),
    (3, "lattice, clamped, k = 14", "linear", "false", 0),
    (3, "lattice, clamped, k = 14", "wells", "false", 0),
    (4, "lattice, k = 30", "styblinski_tang", "false", 0),
    (4, "lattice, k = 30", "quadratic 100", "false", 0.2),
)


@dataclass(frozen=True)
class Sampler:
    """A way to sample the cube and to join the samples; `n_neighbors` is None where it is not chosen."""

    kind: str
    n_neighbors: int | None = None

    @property
    def name(self) -> str:
        return self.kind if self.n_neighbors is None else f"{self.kind}, k = {self.n_neighbors}"

    def landscape(self, function: Known, n: int, seed: int) -> mb.Landscape:
        """Sample the function."""
        settings: dict[str, object] = {"sampler": self.kind.split(",")[0], "n_neighbors": self.n_neighbors}
        if self.kind.startswith("lattice"):
            settings["clamp"] = self.kind == "lattice, clamped"
        if self.kind == REFINED:
            settings = {"refine_edges": True}
        land = mb.landscape(function, [(0.0, 1.0)] * function.d, n_samples=n, random_state=seed, **settings)
        if self.kind != "grid, Freudenthal":
            return land
        return resample(land, mb.Grid(land.graph.shape, "freudenthal"), function)


def resample(land: mb.Landscape, graph: object, function: Known) -> mb.Landscape:
    """Another function, or another graph, on the same points."""
    return mb.Landscape.from_samples(land.points, function(land.points), graph=graph, bounds=land.bounds)


def samplers(d: int) -> list[Sampler]:
    """All samplers that make sense in a dimension."""
    counts = [4 * d, 8 * d]
    voronoi = [2 * (2**d - 1)] if d in VORONOI_DIMENSIONS else []
    lattices = [
        Sampler(kind, k) for kind in ("lattice", "lattice, clamped") for k in sorted(counts + voronoi)
    ]
    return [
        *(Sampler("uniform", k) for k in sorted(counts + voronoi)),
        *(Sampler("sobol", k) for k in counts),
        Sampler("grid, axis"),
        Sampler("grid, Freudenthal"),
        *lattices,
        *([] if default(d) in lattices else [default(d)]),
        Sampler(REFINED),
    ]


@cache
def default(d: int) -> Sampler:
    """Ask the package for the sampler that it takes by default."""
    land = mb.landscape(known.linear(d, 0), [(0.0, 1.0)] * d, n_samples=1000)
    clamped = getattr(land.graph, "clamp", False)
    return Sampler(f"{land.sampler}, clamped" if clamped else land.sampler, land.graph.n_neighbors)


def label(sampler: Sampler, d: int) -> str:
    return f"{sampler.name} (default)" if sampler == default(d) else sampler.name


@dataclass(frozen=True)
class Run:
    """One function on one sample.

    `expected` is `Landscape.expected_false_minima`. `seconds` and `mib` are those of `mb.landscape`: of this
    function for the default and with edges refined, which takes `extra` evaluations, else of the linear one.
    """

    d: int
    n: int
    sampler: str
    seed: int
    function: str
    true: int
    found: int
    false: int
    missed: int
    expected: float | None
    error: float
    extra: int
    seconds: float
    mib: float | None


def functions(d: int, n: int, seed: int) -> list[Known]:
    """Functions whose minima n points can show; the linear one, the quickest, comes first."""
    chosen = [known.linear(d, seed), *(known.quadratic(d, c, seed) for c in known.CONDITIONS)]
    chosen.append(known.wells(d, seed))
    chosen += [known.separable(name, d) for name in known.SEPARABLE if not too_many(name, d, n)]
    if d in known.REFERENCE_GRIDS:
        chosen.append(known.rotated_schwefel(d, seed))
    return chosen


def too_many(name: str, d: int, n: int) -> bool:
    return known.count_of_separable(name, d) * SAMPLES_PER_MINIMUM > n


def runs(sampler: Sampler, d: int, n: int, seed: int) -> Iterator[Run]:
    """All functions on one sample."""
    land = None
    for function in functions(d, n, seed):
        if land is None or sampler in (default(d), Sampler(REFINED)):
            before = reset_peak()
            start = time.perf_counter()
            land = sampler.landscape(function, n, seed)
            seconds = time.perf_counter() - start
            peak = peak_since(before)
            mib = None if peak is None else peak / 2**20
        else:
            land = resample(land, land.graph, function)
        bars = land.barcode
        credited = len(np.unique(KDTree(function.minima).query(land.minimum_points)[1]))
        yield Run(
            d=d,
            n=n,
            sampler=sampler.name,
            seed=seed,
            function=function.name,
            true=len(function.minima),
            found=len(bars),
            false=len(bars) - credited,
            missed=len(function.minima) - credited,
            expected=land.expected_false_minima,
            error=100.0 * gudhi.bottleneck_distance(function.barcode, bars.diagram) / function.value_range,
            extra=land.n_evaluations - n if sampler.kind == REFINED else 0,
            seconds=seconds,
            mib=mib,
        )


def skipped(sampler: Sampler, n: int) -> str | None:
    """Why a sampler is not run at a size."""
    if sampler.kind == REFINED and n > MOST_REFINED:
        return "not run: up to minutes and gigabytes for each function"
    return None


def table(results: list[Run], d: int, n: int) -> Iterator[str]:
    """Lines of Markdown for one dimension and size."""
    names = list(dict.fromkeys(run.function for run in results))
    yield f"### d = {d}, n = {n:,}\n"
    left_out = [name for name in known.SEPARABLE if too_many(name, d, n)]
    for name in left_out:
        count = known.count_of_separable(name, d)
        yield f"Left out: {name}, {count:,} minima, fewer than {SAMPLES_PER_MINIMUM} samples for each.\n"
    if d not in known.REFERENCE_GRIDS:
        yield "Left out: rotated schwefel26, whose reference is a fine grid.\n"
    yield "| sampler | " + " | ".join(map(heading(results), names)) + " | s | MiB |"
    yield "|---|" + "--:|" * (len(names) + 2)
    for sampler in samplers(d):
        mine = [run for run in results if run.sampler == sampler.name]
        if mine:
            columns = [cell([run for run in mine if run.function == name]) for name in names]
            columns += cost(mine)
            yield f"| {label(sampler, d)} | " + " | ".join(columns) + " |"
        elif reason := skipped(sampler, n):
            yield f"| {sampler.name} | {reason} |" + " |" * (len(names) + 1)
    yield ""


def cost(mine: list[Run]) -> list[str]:
    """Seconds and MiB of the linear function, in which the samplers differ alone."""
    linear = [run for run in mine if run.function == "linear"]
    peaks = [run.mib for run in linear if run.mib is not None]
    return [f"{np.mean([run.seconds for run in linear]):.2g}", f"{np.mean(peaks):.0f}" if peaks else ""]


def refinement(results: list[Run], d: int, n: int) -> Iterator[str]:
    """Lines of Markdown: what refining the edges of the default does to each function with several minima."""
    both = [[run for run in results if run.sampler == name] for name in (default(d).name, REFINED)]
    if not all(both):
        return
    yield f"Edges refined, d = {d}, n = {n:,}: default -> refined\n"
    yield "| function | false | missed | error, % | extra evaluations | s |"
    yield "|---|--:|--:|--:|--:|--:|"
    for name in dict.fromkeys(run.function for run in both[0] if run.true > 1):
        old, new = ([run for run in half if run.function == name] for half in both)
        extra = short(np.mean([run.extra for run in new]))
        changes = {
            what: " -> ".join(f"{np.mean([getattr(run, what) for run in half]):.3g}" for half in (old, new))
            for what in ("false", "missed", "error", "seconds")
        }
        columns = [changes["false"], changes["missed"], changes["error"], extra, changes["seconds"]]
        yield f"| {name} | " + " | ".join(columns) + " |"
    yield ""


def summary(results: list[Run]) -> Iterator[str]:
    """Rows of the condensed table, one for each dimension, size and sampler."""
    keys = dict.fromkeys((run.d, run.n, run.sampler) for run in results)
    for d, n, name in keys:
        mine = [run for run in results if (run.d, run.n, run.sampler) == (d, n, name)]
        seeds = len({run.seed for run in mine})
        single = [run for run in mine if run.true == 1]
        several = [run for run in mine if run.true > 1]
        missed = 100.0 * sum(run.missed for run in several) / sum(run.true for run in several)
        columns = [
            label(next(sampler for sampler in samplers(d) if sampler.name == name), d),
            short(sum(run.false for run in single) / seeds),
            short(sum(run.false for run in several) / seeds),
            f"{missed:.2g}",
            f"{np.mean([run.error for run in several]):.2g}",
            *cost(mine),
        ]
        yield f"| {d} | {n:,} | " + " | ".join(columns) + " |"


def heading(results: list[Run]) -> Callable[[str], str]:
    def of(name: str) -> str:
        true = np.mean([run.true for run in results if run.function == name])
        return name if true == 1 else f"{name} ({true:.0f})"

    return of


def cell(mine: list[Run]) -> str:
    """Give false minima, their spread and those expected; missed ones and error if minima are several."""
    false = [run.false for run in mine]
    spread = f" ± {short(np.std(false))}" if len(mine) > 1 else ""
    text = short(np.mean(false)) + spread
    expected = [run.expected for run in mine if run.expected is not None]
    if expected and np.mean(expected) >= LEAST_EXPECTED:
        text += f" [{short(np.mean(expected))}]"
    if all(run.true == 1 for run in mine):
        return text
    missed = np.mean([run.missed for run in mine])
    errors = [run.error for run in mine]
    return f"{text} / {short(missed)} / {np.mean(errors):.2g} %"


def short(x: float) -> str:
    return f"{x:.0f}" if x >= 10 or x == round(x) else f"{x:.1f}"


def check_laws(results: list[Run]) -> None:
    """Assert what must hold of every run, and of means over runs.

    On a grid a linear function has one minimum: every vertex but one corner has a lower neighbour along an
    axis. A separable function on an axis grid has as many minima as the product of its sampled terms. To
    refine edges raises some of them and no vertex: what was a minimum remains one.
    """
    default_runs = {(run.seed, run.function): run for run in results if run.sampler == default(run.d).name}
    for run in results:
        assert run.found == run.true + run.false - run.missed, run
        # It would be infinite if samples fell into several components.
        assert np.isfinite(run.error), run
        if run.sampler.startswith("grid") and run.function == "linear":
            assert run.false == 0, run
        if run.sampler == "grid, axis" and run.function in known.SEPARABLE:
            assert run.false == 0, run
        if run.sampler.startswith("lattice, clamped") and run.d == 2 and run.function in EXACT_ON_LATTICE:
            assert run.false == run.missed == 0, run
        if run.sampler == REFINED and default_runs:
            before = default_runs[run.seed, run.function]
            assert run.found >= before.found, (before, run)
            assert run.missed <= before.missed, (before, run)
        if run.sampler.startswith(("uniform", "sobol")):
            assert np.isclose(run.expected, run.n * 2.0 ** -int(run.sampler.split(" = ")[1])), run
    if results[0].d != 2:
        return
    for name in {run.sampler for run in results if run.sampler.startswith("uniform")}:
        mean, floor = (mean_of(results, what, name, "quadratic 1") for what in ("false", "expected"))
        if floor > 10:
            assert 0.2 * floor < mean < 0.6 * floor, (name, mean, floor)


def mean_of(results: list[Run], what: str, sampler: str, function: str) -> float:
    """Mean over the seeds of one column of one cell; nan if it was not run."""
    seen = [getattr(run, what) for run in results if (run.sampler, run.function) == (sampler, function)]
    return float(np.mean(seen)) if seen else float("nan")


def claims(results: list[Run]) -> Iterator[str]:
    """Rows of the table of claims, all of them about 100,000 samples."""
    here = [run for run in results if run.n == 10**5]
    for d, sampler, function, what, limit in CLAIMS:
        seen = mean_of([run for run in here if run.d == d], what, sampler, function)
        if not np.isnan(seen):
            yield verdict(f"d = {d}, {sampler}: {function}, {what}", limit, seen)
    for d, k in ((2, 8), (3, 12)):
        for function in ("schwefel26", "rotated schwefel26"):
            errors = [
                mean_of([run for run in here if run.d == d], "error", f"{kind}, k = {k}", function)
                for kind in ("lattice, clamped", "uniform")
            ]
            if not np.isnan(errors).any():
                text = f"d = {d}, k = {k}: {function}, error of the clamped lattice / that of uniform points"
                yield verdict(text, 0.5, errors[0] / errors[1])


def verdict(text: str, limit: float, seen: float) -> str:
    return f"| {text} | <= {limit:g} | {seen:.2g} | {'met' if seen <= limit else 'missed'} |"


def machine() -> str:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    packages = ", ".join(f"{name} {version(name)}" for name in ("morsebar", "numpy", "scipy", "gudhi"))
    cores = f"{usable} of {os.cpu_count()} cores"
    return f"{cores}, {platform.machine()}, Python {platform.python_version()}, {packages}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="d = 2 and 3, 10,000 samples, two seeds")
    parser.add_argument("--dimensions", type=int, nargs="+", default=DIMENSIONS)
    parser.add_argument("--sizes", type=lambda text: int(float(text)), nargs="+", default=SIZES)
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"how many (default: {SEEDS})")
    parser.add_argument(
        "--samplers", nargs="+", default=["*"], metavar="PATTERN", help="as 'uniform*' or '*(default)'"
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every run")
    options = parser.parse_args()
    if options.quick:
        options.dimensions, options.sizes, options.seeds = (2, 3), (10**4,), 2
    return_what_is_freed()
    warnings.simplefilter("ignore", mb.ThinSampleWarning)
    print(machine(), LEGEND, sep="\n\n", flush=True)
    everything = []
    for d in options.dimensions:
        for n in options.sizes:
            results = []
            for sampler in samplers(d):
                wanted = any(fnmatch(label(sampler, d), pattern) for pattern in options.samplers)
                if skipped(sampler, n) or not wanted:
                    continue
                say(f"d = {d}, n = {n}: {sampler.name}")
                for seed in range(options.seeds):
                    results += runs(sampler, d, n, seed)
            check_laws(results)
            print(*table(results, d, n), *refinement(results, d, n), sep="\n", flush=True)
            everything += results
    print(SUMMARY, *summary(everything), "", sep="\n")
    rows = list(claims(everything))
    if rows:
        print("| claim, n = 100,000 | limit | seen | verdict |", "|---|--:|--:|---|", *rows, sep="\n")
    if options.json:
        options.json.write_text(json.dumps([asdict(run) for run in everything], indent=1))
    return 0


LEGEND = """\
A cell: false minima ± standard deviation [those expected of the graph, if any] / missed minima / error of
the bars in percent of the range; where there is one true minimum, false minima alone. In brackets after a
function: its number of minima. Seconds and MiB are those of `mb.landscape` of the linear function.
"""

SUMMARY = """\
### Summary

False minima are summed over the functions with one minimum (linear, quadratic) and over the rest. Of the
rest: missed minima in percent of all true ones, and the mean error of the bars in percent of the range.

| d | n | sampler | false, one minimum | false, the rest | missed, % | error, % | s | MiB |
|--:|--:|---|--:|--:|--:|--:|--:|--:|"""

if __name__ == "__main__":
    sys.exit(main())
