"""The paper's two observations about the losses of small networks, tested.

    python benches/observations.py                       # all runs, hours on two cores; may be interrupted
    python benches/observations.py --quick               # few networks, small samples, under two minutes
    python benches/observations.py --report              # what the finished runs say
    python benches/observations.py --folder DIRECTORY    # where they are kept

Barannikov et al. (arXiv:1912.00043) saw that (1) the bars of local minima lie in a small lower part of the
range of the loss, and that (2) greater depth (a) and width (b) lower them. Their networks, `networks.paper`,
are sampled here with ten seeds of the biases and two weights of the squares, in three ways:

(a) their protocol: uniform points in the box, 1e5 and 1e6 of them, 1e7 for few parameters, each joined to
    its 2d and 4d nearest ones, approximately from d = 10 on;
(b) the last layer minimised out, in the same box: the same barcode in fewer dimensions, on grids with
    Freudenthal neighbours in two and three dimensions and on lattices above;
(c) as (a), with minima inserted that descents within the box from 100 of its points end in. Their births
    are exact, but for kinks. They are joined to their 4d nearest samples, and to each other by straight
    lines of 15 points.

None is exact about deaths: a thin sample misses the lowest way over a barrier, and an edge hops over one. So
runs are made with thin and with dense samples, and `observation_rule.py` says what may be concluded from
what they agree on. Observation 1 is tested against the maximum of the loss over the box, as in the paper, and
against its median: the maximum is that of some corner of the box, and hardly anything is above 10 % of it.

A run is kept in the folder as soon as it is finished, and is not repeated. Standard output is Markdown; it is
kept too, as `observations.md`, beside `observations.json`, all runs, and `observations.png`, their bars.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from inputs import say
from observation_report import Results, figure, observations, report
from observation_runs import FEW, INSERTED, MANY, QUICK, WHOLE, Plan, Store, perform, tasks


def run_all(plan: Plan, store: Store) -> None:
    """Do what is not done yet."""
    left = [task for task in tasks(plan) if not store.has(task)]
    start, done = time.perf_counter(), 0
    # Tasks of one network share it: its box takes some seconds.
    for cell, group in groupby(left, key=lambda task: task.cell):
        for task in group:
            before = time.perf_counter()
            perform(task, store)
            done += 1
            now = time.perf_counter()
            say(f"{done}/{len(left)} {task.name}: {now - before:.1f} s, {now - start:.0f} s in all")
        cell.__dict__.pop("mlp", None)


def check(results: Results) -> None:
    """Assert what must hold of every run: bars end above where they begin, and what was inserted is there."""
    for run in results.runs:
        assert all(death is None or death > birth >= run.lowest for birth, death in run.bars), run
        assert run.lowest <= run.highest <= run.highest_any or run.way == INSERTED, run
        if run.way == INSERTED:
            twins = [
                other.lowest
                for other in results.runs
                if (other.widths, other.l2, other.seed, other.n) == (run.widths, run.l2, run.seed, run.n)
                and other.way in (FEW, MANY)
            ]
            descended = results.descents[run.widths, run.l2, run.seed]["lowest"]
            assert len(twins) == 2, run
            assert run.lowest == min(descended, *twins), run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few networks, small samples")
    parser.add_argument("--report", action="store_true", help="run nothing: report what is in the folder")
    parser.add_argument("--folder", type=Path, help="by default observations, or observations-quick, here")
    arguments = parser.parse_args()
    plan = QUICK if arguments.quick else WHOLE
    folder = arguments.folder or Path("observations-quick" if arguments.quick else "observations")
    store = Store(folder / "runs")
    if not arguments.report:
        run_all(plan, store)
    results = Results(plan, store)
    if not results.ranges:
        say(f"{folder}: no network has been sampled yet")
        return 1
    check(results)
    text = "\n".join(report(results))
    print(text)
    (folder / "observations.md").write_text(text + "\n")
    everything = {
        "verdicts": {each.claim: each.verdict for each in observations(results)},
        "runs": [asdict(run) for run in results.runs],
    }
    (folder / "observations.json").write_text(json.dumps(everything))
    figure(results, folder / "observations.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
