"""What benches/observations.py says of its runs: a table, verdicts and a figure."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from observation_rule import Interval, Judgement, Verdict, interval, judge, together
from observation_runs import (
    INSERTED,
    L2,
    LENGTH,
    MANY,
    REDUCED,
    SIZE,
    WAYS,
    Plan,
    Run,
    Store,
    architecture,
    n_hidden_weights,
    n_weights,
    tasks,
)

# Observation 1: bars end below this share of the maximum, and of the median, of the loss over the box.
SMALL = 0.1

# Observation 2: what lies lower in the second network than in the first.
DEEPER = (((2,), (2, 2)), ((2, 2), (2, 2, 2)), ((3,), (3, 3)), ((3, 2), (3, 2, 2)))
WIDER = (((2,), (3,)), ((2, 2), (3, 2)), ((3, 2), (3, 3)), ((2, 2, 2), (3, 2, 2)))

COLORS = {MANY: "#4477aa", REDUCED: "#228833", INSERTED: "#cc6677"}
LABELS = {
    MANY: "(a) uniform points, k = 4d",
    REDUCED: "(b) last layer minimised",
    INSERTED: "(c) descended minima inserted",
}

Quantity = Callable[[Run], float]


@dataclass(frozen=True)
class Case:
    """One line of a table of verdicts."""

    name: str
    judgement: Judgement


@dataclass(frozen=True)
class Observation:
    """A claim, and how it stands with each network or pair of networks."""

    claim: str
    cases: tuple[Case, ...]

    @property
    def verdict(self) -> Verdict:
        return together(case.judgement.verdict for case in self.cases)


class Results:
    """All runs of a folder, and the descents."""

    def __init__(self, plan: Plan, store: Store) -> None:
        self.plan = plan
        done = [task for task in tasks(plan) if store.has(task)]
        self.total = sum(1 for _ in tasks(plan))
        self.done = len(done)
        self.runs: list[Run] = []
        self.descents: dict[tuple[tuple[int, ...], float, int], dict] = {}
        for task in done:
            results = store.read(task)
            if task.kind == "descents":
                self.descents[task.cell.widths, task.cell.l2, task.cell.seed] = results[0]
            else:
                self.runs += [_run(result) for result in results]

    @cached_property
    def ranges(self) -> dict[tuple[tuple[int, ...], float, int], tuple[float, float]]:
        """Median and maximum of the loss over the box, from the largest uniform sample of each network."""
        found: dict[tuple[tuple[int, ...], float, int], tuple[float, float]] = {}
        for run in sorted(self.runs, key=lambda run: run.n):
            if run.way == MANY:
                found[run.widths, run.l2, run.seed] = run.median, run.maximum
        return found

    def to_median(self, run: Run) -> float:
        return run.highest / self.ranges[run.widths, run.l2, run.seed][0]

    def to_maximum(self, run: Run) -> float:
        return run.highest / self.ranges[run.widths, run.l2, run.seed][1]

    def above_descended(self, run: Run) -> float:
        return run.lowest - self.descents[run.widths, run.l2, run.seed]["lowest"]

    def sizes(self, widths: tuple[int, ...], way: str) -> tuple[int, int]:
        """Thin and dense sample of a way."""
        m = n_hidden_weights(widths)
        if way == REDUCED and m in self.plan.axes:
            thin, dense = self.plan.axes[m]
            return thin**m, dense**m
        return self.plan.sizes

    def measured(
        self, widths: tuple[int, ...], l2: float, quantity: Quantity
    ) -> dict[str, tuple[dict[int, float], dict[int, float]]]:
        """For every way the quantity by seed, of the thin and of the dense sample."""
        found = {}
        for way in WAYS:
            thin, dense = (
                {
                    run.seed: quantity(run)
                    for run in self.runs
                    if (run.widths, run.l2, run.way, run.n) == (widths, l2, way, n)
                    and (widths, l2, run.seed) in self.ranges
                }
                for n in self.sizes(widths, way)
            )
            found[way] = thin, dense
        return found

    def judged(self, by_way: dict[str, tuple[dict[int, float], dict[int, float]]], bound: float) -> Judgement:
        """Apply the rule to the seeds that have all runs."""
        seeds = set.intersection(*(set(level) for levels in by_way.values() for level in levels))
        thin, dense = (
            {way: [levels[i][seed] for seed in sorted(seeds)] for way, levels in by_way.items()}
            for i in (0, 1)
        )
        return judge(dense, thin, bound)


def _run(result: dict) -> Run:
    values = {field.name: result[field.name] for field in fields(Run)}
    return Run(**{**values, "widths": tuple(values["widths"])})


def observations(results: Results) -> list[Observation]:
    """All claims, judged."""
    small = [
        Observation(
            f"1: bars end below {SMALL:.0%} of the {what} of the loss over the box",
            tuple(
                Case(
                    f"{architecture(widths)}, l2 = {l2:g}",
                    results.judged(results.measured(widths, l2, quantity), SMALL),
                )
                for widths in results.plan.networks
                for l2 in L2
            ),
        )
        for what, quantity in (("maximum", results.to_maximum), ("median", results.to_median))
    ]
    lower = [
        Observation(f"{number}: {what} lowers {end}", tuple(_changes(results, pairs, quantity)))
        for number, what, pairs in (("2a", "depth", DEEPER), ("2b", "width", WIDER))
        for end, quantity in (
            ("the median birth", lambda run: run.births[2]),
            ("the highest death", lambda run: run.highest),
        )
    ]
    return small + lower


def _changes(
    results: Results, pairs: Iterable[tuple[tuple[int, ...], tuple[int, ...]]], quantity: Quantity
) -> Iterator[Case]:
    """Judge differences between two networks of the same seed."""
    for one, other in pairs:
        if one not in results.plan.networks or other not in results.plan.networks:
            continue
        for l2 in L2:
            before, after = (results.measured(widths, l2, quantity) for widths in (one, other))
            differences = {
                way: tuple(
                    {seed: high[seed] - low[seed] for seed in low.keys() & high.keys()}
                    for low, high in zip(before[way], after[way], strict=True)
                )
                for way in WAYS
            }
            name = f"{architecture(one)} to {architecture(other)}, l2 = {l2:g}"
            yield Case(name, results.judged(differences, 0.0))


def table(results: Results) -> Iterator[str]:
    """Lines of Markdown: a row for every network, l2, way and sample size."""
    yield (
        "| network | d | l2 | way | n | seeds | lowest | above descended | bars | births: 25, 50, 75 % | "
        "deaths: 25, 50, 75 % | highest death | of any size | median loss | maximum loss | "
        "highest / median | highest / maximum | samples per minimum |"
    )
    yield "|---|--:|--:|---|--:|" + "--:|" * 13
    for widths in results.plan.networks:
        for l2 in L2:
            for way in WAYS:
                here = [run for run in results.runs if (run.widths, run.l2, run.way) == (widths, l2, way)]
                for n in sorted({run.n for run in here}):
                    yield _row(results, [run for run in here if run.n == n])


def _row(results: Results, runs: Sequence[Run]) -> str:
    first = runs[0]
    ranges = [results.ranges[run.widths, run.l2, run.seed] for run in runs]
    cells = [
        architecture(first.widths),
        str(n_weights(first.widths)),
        f"{first.l2:g}",
        first.way,
        f"{first.n:,}",
        str(len(runs)),
        _shown(run.lowest for run in runs),
        _shown(results.above_descended(run) for run in runs),
        _shown(run.counted for run in runs),
        ", ".join(_shown(run.births[i] for run in runs) for i in (1, 2, 3)),
        ", ".join(_shown(run.deaths[i] for run in runs if run.deaths) for i in (1, 2, 3)),
        _shown(run.highest for run in runs),
        _shown(run.highest_any for run in runs),
        _shown(median for median, _ in ranges),
        _shown(maximum for _, maximum in ranges),
        _shown(results.to_median(run) for run in runs),
        _shown(results.to_maximum(run) for run in runs),
        _shown(run.samples_per_minimum for run in runs),
    ]
    return "| " + " | ".join(cells) + " |"


def _shown(numbers: Iterable[float]) -> str:
    """Give the mean over the seeds and its 95 % interval."""
    kept = [number for number in numbers if math.isfinite(number)]
    return "" if not kept else shown(interval(kept))


def shown(found: Interval) -> str:
    mean = f"{found.mean:.3g}" if abs(found.mean) < 1000 else f"{found.mean:.0f}"
    return mean if not math.isfinite(found.half) else f"{mean} ± {found.half:.2g}"


def report(results: Results) -> Iterator[str]:
    """All of it, as lines of Markdown."""
    judged = observations(results)
    yield f"{results.done} of {results.total} tasks are done.\n"
    yield (
        f"Bars count if they are longer than {LENGTH:g} and have more than {SIZE} vertices, or are those of "
        "inserted minima. Means over the seeds ± 95 % intervals. Ways: (a) uniform points in the box with k "
        "nearest neighbours; (b) the last layer minimised in the same box, on grids and lattices; (c) as "
        "(a), k = 4d, with descended minima inserted. *Above descended* is how far the lowest value is above "
        "the lowest descended minimum in the box. Median and maximum are those of the loss over the box, in "
        "the largest uniform sample.\n"
    )
    yield "## Verdicts\n"
    for observation in judged:
        yield f"- Observation {observation.claim}: **{observation.verdict}**"
    yield ""
    for observation in judged:
        yield f"### {observation.claim}\n"
        yield "| case | " + " | ".join(WAYS) + " | effect | error of sampling | verdict |"
        yield "|---|" + "--:|" * (len(WAYS) + 2) + "---|"
        for case in observation.cases:
            found = case.judgement
            cells = [shown(found.dense[way]) if way in found.dense else "" for way in WAYS]
            numbers = [f"{found.effect:.2g}", f"{found.error:.2g}", str(found.verdict)]
            yield f"| {case.name} | " + " | ".join(cells + numbers) + " |"
        yield ""
    yield "## Runs\n"
    yield from table(results)


def figure(results: Results, path: Path) -> None:
    """Draw the bars of the dense samples of all seeds, side by side, over the range of the loss."""
    import matplotlib.pyplot as plt
    from matplotlib.lines import Line2D

    networks = results.plan.networks
    drawn, axes = plt.subplots(
        len(L2), 1, figsize=(2.2 + 1.5 * len(networks), 8), sharex=True, layout="constrained"
    )
    for ax, l2 in zip(axes, L2, strict=True):
        for place, widths in enumerate(networks):
            ranges = [span for (w, weight, _), span in results.ranges.items() if (w, weight) == (widths, l2)]
            if not ranges:
                continue
            medians, maxima = zip(*ranges, strict=True)
            lowest = min(run.lowest for run in results.runs if (run.widths, run.l2) == (widths, l2))
            ax.fill_between([place - 0.42, place + 0.42], lowest, np.mean(maxima), color="0.93", lw=0)
            ax.plot([place - 0.42, place + 0.42], [np.mean(medians)] * 2, color="0.4", ls="--", lw=1)
            for side, way in enumerate(COLORS):
                bars = [
                    bar
                    for run in results.runs
                    if (run.widths, run.l2, run.way) == (widths, l2, way)
                    and run.n == results.sizes(widths, way)[1]
                    for bar in run.bars
                ]
                _draw(ax, sorted(bars, key=lambda bar: bar[0]), place - 0.27 + 0.27 * side, COLORS[way])
        ax.set_yscale("log")
        ax.set_ylabel("loss")
        ax.set_title(f"l2 = {l2:g}", loc="left")
        ax.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlim(-0.6, len(networks) - 0.4)
    axes[-1].set_xticks(range(len(networks)), [f"{architecture(w)}\nd = {n_weights(w)}" for w in networks])
    handles = [Line2D([], [], color=COLORS[way], lw=2, label=LABELS[way]) for way in COLORS]
    handles += [
        Line2D([], [], color="0.3", ls="", marker=".", label="global minimum of a seed"),
        Line2D([], [], color="0.4", ls="--", lw=1, label="median over the box"),
        Line2D([], [], color="0.9", lw=8, label="range over the box"),
    ]
    drawn.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    drawn.savefig(path, dpi=150)
    plt.close(drawn)


def _draw(ax, bars: Sequence[tuple[float, float | None]], center: float, color: str) -> None:
    """Draw bars upright, from the lowest birth to the highest, and a dot for one that does not end."""
    if not bars:
        return
    places = center + np.linspace(-0.11, 0.11, len(bars))
    for place, (birth, death) in zip(places, bars, strict=True):
        if death is None:
            ax.plot([place], [birth], ".", color=color, ms=4, mec="0.2", mew=0.4, zorder=3)
        else:
            ax.plot([place, place], [birth, death], color=color, lw=0.5)
