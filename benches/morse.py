"""Barcodes of every degree: morsebar against cripser and GUDHI on the same inputs, all answers compared.

    python benches/morse.py                # the whole table, an hour or more on two cores
    python benches/morse.py --only 128^3   # inputs whose name holds this
    python benches/morse.py --quick        # small inputs, every answer compared, under a minute

Standard output is Markdown. Times are medians of calls that take turns; a method that takes more than a
minute is called once, in a process of its own, where also the peak memory of every method is measured: the
peak of the resident set during the first call, less the resident set before it. One that takes longer than
`--patience` is stopped, and named. Exits with 1 if two methods disagree: bars of positive length are to be
the same in every degree, number for number.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from cell_peers import (
    CRIPSER_1,
    CRIPSER_2,
    CUBE_PEERS,
    CUBICAL,
    MORSEBAR,
    PHASES,
    CellAnswer,
    CellPeer,
    flag_peers,
)
from compare import GOALS_HEADER, Goal, MismatchError, machine
from inputs import Cloud, Field, say
from measure import Case, alone, in_turn, warm_up

LONG = 60.0  # seconds after which a method is not called again

LITERATURE = """\
From the literature, on another machine and on other fields: TTK's Discrete Morse Sandwich (Guillou, Vidal &
Tierny, IEEE TVCG 2023, arXiv:2206.13932) on the 36 fields of 192^3 of its benchmark package, Kuhn
triangulations of the grids: median 54.6 s (34.9 to 104.2) with 1 thread, 8.0 s (5.9 to 15.4) with 16, the
largest both times for white noise; CubicalRipser on 35 of them median 32.9 s (16.8 to 224.0), on white noise
more than 900 s. Source: `plots/results_3D.json` of github.com/pierre-guillou/pdiags_bench (commit f4c096a),
fields `*_order_impl`, seconds `prec` + `pers`."""


@dataclass(frozen=True)
class Flags:
    """The flag complex of a cloud's table, over Z/prime; only bars below its dimension are asked for."""

    cloud: Cloud
    max_dimension: int
    prime: int = 2

    @property
    def name(self) -> str:
        c = self.cloud
        n = f"{c.n:.0e}".replace("e+0", "e")
        return f"flags of {n} points, d = {c.d}, k = {c.k}, dimension {self.max_dimension}, Z/{self.prime}"

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        return self.cloud.load()


@dataclass
class Result:
    """What was seen on one input, by method."""

    case: Case
    n: int
    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    extra: dict[str, int | None] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    n_critical: tuple[int, ...] = ()
    phases: list[tuple[float, ...]] = field(default_factory=list)

    def ratio(self, over: CellPeer) -> float | None:
        """Time of morsebar over that of another."""
        a, b = (self.seconds.get(peer.name) for peer in (MORSEBAR, over))
        return None if a is None or b is None else a / b

    def bytes_a_vertex(self, name: str) -> float | None:
        extra = self.extra.get(name)
        return None if extra is None else extra / self.n

    def rows(self) -> Iterator[str]:
        """Lines of the table, fastest method first."""
        mine = self.seconds.get(MORSEBAR.name)
        for name, seconds in sorted(self.seconds.items(), key=lambda item: item[1]):
            ratio = "" if mine is None else f"{seconds / mine:.2f}"
            memory = "" if self.bytes_a_vertex(name) is None else f"{self.bytes_a_vertex(name):.0f}"
            yield f"| {self.case.name} | {name} | {seconds:.3g} | {self.calls[name]} | {ratio} | {memory} |"
        for name, reason in self.skipped.items():
            yield f"| {self.case.name} | {name} | {reason} | | | |"

    def phase_row(self) -> str:
        """The line of the table of morsebar's phases."""
        counts = ", ".join(f"{count:,}" for count in self.n_critical)
        phases = " | ".join(f"{seconds:.3g}" for seconds in np.median(self.phases, axis=0))
        return f"| {self.case.name} | {self.n:,} | {counts} | {phases} |"


HEADER = """\
| input | method | seconds | calls | / morsebar | memory, bytes a vertex |
|---|---|--:|--:|--:|--:|"""
PHASES_HEADER = f"""\
| input | vertices | critical cells by degree | {" | ".join(f"{phase}, s" for phase in PHASES)} |
|---|--:|---|{"--:|" * len(PHASES)}"""


@dataclass(frozen=True)
class Plan:
    """How often methods are called, how long one waits, and whether each has a process of its own."""

    repeats: int
    patience: float
    fresh: bool = True


def run(case: Case, peers: list[CellPeer], plan: Plan) -> Result:
    """Measure all methods on one input; every answer is compared with the first."""
    say(case.name)
    values, table = case.load()
    result = Result(case, values.size)
    expected: dict[str, CellAnswer] = {}

    def check(name: str, answer: CellAnswer) -> None:
        if not expected:
            expected[name] = answer
        for other, right in expected.items():
            if difference := answer.disagreement(right):
                raise MismatchError(f"{case.name}: {name} and {other}: {difference}")
        if answer.phases:
            result.n_critical = answer.n_critical
            result.phases.append(answer.phases)

    calls: dict[str, Callable[[], object]] = {}
    for peer in peers:
        if peer.is_missing:
            result.skipped[peer.name] = f"{peer.needs} is not installed"
            continue
        if plan.fresh:
            try:
                once = alone(peer, case, plan.patience)
            except TimeoutError:
                result.skipped[peer.name] = f"stopped after {plan.patience:.0f} s"
                continue
            say(f"    {peer.name}: {once.seconds:.3g} s")
            result.extra[peer.name] = once.extra
            check(peer.name, once.answer)
            if not peer.repeat or once.seconds > LONG:
                result.seconds[peer.name], result.calls[peer.name] = once.seconds, 1
                continue
            warm_up(peer)
        calls[peer.name] = partial(peer.run, values, table)
    if MORSEBAR.name in calls:
        result.phases.clear()  # of the call in a process of its own: those that take turns are what counts
    result.seconds |= in_turn(calls, plan.repeats, check)
    result.calls |= dict.fromkeys(calls, plan.repeats)
    return result


LIMITS = {
    (128, 3): [(CRIPSER_1, 0.35, 0.2), (CRIPSER_2, 0.35, 0.2), (CUBICAL, 0.06, None)],
    (200, 3): [(CUBICAL, 0.04, None)],
    (2000, 2): [(CRIPSER_1, 0.25, None), (CRIPSER_2, 0.25, None)],
    (40, 4): [(CRIPSER_1, 0.35, None), (CRIPSER_2, 0.35, None)],
}


def goals(result: Result) -> Iterator[Goal]:
    """Goals that hold for this input: white noise and flag complexes are only reported."""
    case = result.case
    if not isinstance(case, Field) or case.kind == "white noise":
        return
    for peer, limit, aim in LIMITS.get((case.side, case.d), []):
        yield Goal(f"morsebar / {peer.name}", result.ratio(peer), limit, aim)
    if (case.side, case.d) == (200, 3):
        yield Goal("morsebar, bytes a vertex over the input", result.bytes_a_vertex(MORSEBAR.name), 40)


def inputs(quick: bool) -> Iterator[tuple[Case, list[CellPeer]]]:
    """Pinned inputs, and what is measured on them."""
    sides = {2: [200], 3: [32], 4: [10]} if quick else {2: [2000], 3: [128, 200], 4: [40]}
    for d, lengths in sides.items():
        for side in lengths:
            for kind in Field.KINDS:
                yield Field(kind, side, d), CUBE_PEERS
    for n, d, k in ((5000, 2, 8), (2000, 3, 12)) if quick else ((10**5, 2, 8), (5 * 10**4, 3, 12)):
        for max_dimension in (2, 3):
            flags = Flags(Cloud(n, d, k, "random"), max_dimension)
            yield flags, flag_peers(max_dimension, 2)
    yield replace(flags, prime=3), flag_peers(flags.max_dimension, 3)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small inputs only")
    parser.add_argument("--only", default="", help="only inputs whose name holds this")
    parser.add_argument("--repeats", type=int, default=5, help="calls per method (default: 5)")
    parser.add_argument(
        "--patience", type=float, default=900, help="seconds to wait for a method (default: 900)"
    )
    options = parser.parse_args()
    print(machine(("morsebar", "numpy", "scipy", "gudhi", "cripser")))
    print("\n" + LITERATURE + "\n\n" + HEADER, flush=True)
    results = []
    try:
        for case, peers in inputs(options.quick):
            if options.only in case.name:
                # A fresh process takes a second: quickly, only the first input has one.
                fresh = not (options.quick and results)
                plan = Plan(1 if options.quick else options.repeats, options.patience, fresh)
                results.append(run(case, peers, plan))
                print(*results[-1].rows(), sep="\n", flush=True)
    except MismatchError as mismatch:
        print(f"\nMISMATCH {mismatch}")
        return 1
    print("\nAll methods gave the same bars in every degree.\n\n" + PHASES_HEADER)
    print(*(result.phase_row() for result in results if result.phases), sep="\n")
    if wanted := [(result.case.name, goal) for result in results for goal in goals(result)]:
        print("\n" + GOALS_HEADER)
        for name, goal in wanted:
            print(f"| {name} " + goal.row())
    return 0


if __name__ == "__main__":
    sys.exit(main())
