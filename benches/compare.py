"""Morsebar against its peers, all on the same inputs, with all answers compared.

    python benches/compare.py            # the whole table; the first time, minutes more for the inputs
    python benches/compare.py --quick    # small inputs, every answer compared, under a minute

Standard output is Markdown. Times are medians of calls that take turns; a method that is run once is timed
in a process of its own, where also the peak memory of every method is measured: the peak of the resident set
during the first call, less the resident set before it. Exits with 1 if two methods disagree.
"""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from inputs import Chain, Cloud, Field, Grid, RisingChain, say
from measure import Case, alone, in_turn, warm_up
from peers import (
    CRIPSER,
    CUBICAL,
    MORSEBAR_GRID,
    MORSEBAR_TABLE,
    NAIVE,
    NUMBA,
    PYTHON,
    SCIPY,
    SIMPLEX_TREE,
    TOMATO,
    Answer,
    Peer,
)

ARGSORT = "np.argsort(values)"
BYTES_PER_BAR = 7 * 8 + 1  # diagram, minimum, saddle, parent, size, mean height, on_boundary


class MismatchError(Exception):
    """Two methods gave different bars."""


@dataclass
class Result:
    """What was seen on one input, by method."""

    case: Case
    table_bytes: int
    n: int
    seconds: dict[str, float] = field(default_factory=dict)
    extra: dict[str, int | None] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    n_bars: int = 0

    def ratio(self, method: Peer | str, over: Peer | str) -> float | None:
        """Time of one method over that of another."""
        a, b = (self.seconds.get(m if isinstance(m, str) else m.name) for m in (method, over))
        return None if a is None or b is None else a / b

    def scratch(self, peer: Peer) -> float | None:
        """Peak memory over input and barcode, relative to 10 % of the table and 4 bytes a vertex."""
        extra = self.extra.get(peer.name)
        if extra is None:
            return None
        return (extra - BYTES_PER_BAR * self.n_bars) / (0.1 * self.table_bytes + 4 * self.n)


def run(case: Case, peers: list[Peer], repeats: int) -> Result:
    """Measure all methods on one input; every answer is compared, the first ones with each other."""
    say(case.name)
    values, table = case.load()
    result = Result(case, table.nbytes, values.size)
    answers: dict[str, Answer] = {}
    calls: dict[str, Callable[[], object]] = {ARGSORT: lambda: np.argsort(values.ravel())}

    def check(name: str, answer: object, expected: str) -> None:
        if isinstance(answer, Answer) and (difference := answer.disagreement(answers[expected])):
            raise MismatchError(f"{case.name}: {name} and {expected}: {difference}")

    for peer in peers:
        reason = peer.reason_to_skip(table.size)
        if reason is not None:
            result.skipped[peer.name] = reason
            continue
        once = alone(peer, case)
        say(f"    {peer.name}: {once.seconds:.3g} s")
        result.extra[peer.name] = once.extra
        answers[peer.name] = once.answer
        check(peer.name, once.answer, next(iter(answers)))
        if peer.repeat:
            warm_up(peer)
            calls[peer.name] = lambda peer=peer: peer.run(values, table)
        else:
            result.seconds[peer.name] = once.seconds
    if MORSEBAR_TABLE.name in answers:
        result.n_bars = len(answers[MORSEBAR_TABLE.name].diagram)
    result.seconds |= in_turn(calls, repeats, lambda name, answer: check(name, answer, name))
    return result


@dataclass(frozen=True)
class Goal:
    """A number to reach: at most `limit` (at least, if `at_least`); `aim` is what one hopes for."""

    text: str
    seen: float | None
    limit: float
    aim: float | None = None
    at_least: bool = False

    def row(self) -> str:
        sign = ">=" if self.at_least else "<="
        aim = "" if self.aim is None else f"{sign} {self.aim:g}"
        seen = "–" if self.seen is None else f"{self.seen:.3g}"
        return f"| {self.text} | {sign} {self.limit:g} | {aim} | {seen} | {self.verdict()} |"

    def verdict(self) -> str:
        if self.seen is None:
            return "not measured"

        def reached(bound: float) -> bool:
            return self.seen >= bound if self.at_least else self.seen <= bound

        if not reached(self.limit):
            return "missed"
        return "met, and the aim" if self.aim is not None and reached(self.aim) else "met"


def clouds(quick: bool, repeats: int) -> Iterator[tuple[Result, list[Goal]]]:
    """Neighbour tables of uniform points."""
    sizes = [(10**4, 2, 8), (3000, 6, 24)] if quick else CLOUD_SIZES
    peers = [MORSEBAR_TABLE, NUMBA, SCIPY, PYTHON, TOMATO, SIMPLEX_TREE]
    for n, d, k in sizes:
        for order in ("random", "spatial"):
            result = run(Cloud(n, d, k, order), peers, repeats)
            yield result, cloud_goals(result)


CLOUD_SIZES = [(10**5, 2, 8), (10**6, 2, 8), (10**7, 2, 8), (10**6, 6, 24), (10**6, 10, 40)]


def cloud_goals(result: Result) -> list[Goal]:
    """Goals that hold for this cloud."""
    cloud = result.case
    over_argsort = result.ratio(MORSEBAR_TABLE, ARGSORT)
    faster = result.ratio(NUMBA, MORSEBAR_TABLE)
    goals = {
        (10**7, 2, "random"): [
            Goal("morsebar / argsort", over_argsort, 1.6, 1.2),
            Goal("numba / morsebar", faster, 6, at_least=True),
        ],
        (10**7, 2, "spatial"): [Goal("morsebar / argsort", over_argsort, 0.9, 0.5)],
        (10**6, 6, "random"): [Goal("numba / morsebar", faster, 5, 8, at_least=True)],
        (10**6, 10, "random"): [Goal("numba / morsebar", faster, 4, 8, at_least=True)],
    }.get((cloud.n, cloud.d, cloud.order), [])
    memory = Goal(
        "extra memory over input and barcode / (10 % of the table + 4 bytes a vertex)",
        result.scratch(MORSEBAR_TABLE),
        1,
    )
    return [*goals, memory] if cloud.n >= 10**6 else goals


def grids(quick: bool, repeats: int) -> Iterator[tuple[Result, list[Goal]]]:
    """Three-dimensional grids with axis neighbours."""
    peers = [MORSEBAR_GRID, CRIPSER, NUMBA, CUBICAL, PYTHON]
    for kind in Field.KINDS:
        result = run(Grid(kind, 24 if quick else 200), peers, repeats)
        goals = [
            Goal("morsebar / cripser", result.ratio(MORSEBAR_GRID, CRIPSER), 0.1),
            Goal("morsebar, seconds", result.seconds.get(MORSEBAR_GRID.name), 0.5),
        ]
        yield result, goals if kind != "white noise" else []


def chain(quick: bool, repeats: int) -> Iterator[tuple[Result, list[Goal]]]:
    """A chain of nested merges, as a table and as a one-dimensional grid."""
    peers = [MORSEBAR_TABLE, MORSEBAR_GRID, NUMBA, NAIVE, PYTHON]
    result = run(Chain(10**4 if quick else 10**7), peers, repeats)
    pairs = [(mine, twin) for twin in (NAIVE, NUMBA) for mine in (MORSEBAR_TABLE, MORSEBAR_GRID)]
    yield result, [Goal(f"{mine.name} / {twin.name}", result.ratio(mine, twin), 1.5) for mine, twin in pairs]


def rising_chain(quick: bool, repeats: int) -> Iterator[tuple[Result, list[Goal]]]:
    """The hard family of the triplet merge tree."""
    peers = [MORSEBAR_TABLE, NUMBA, NAIVE, PYTHON]
    for order in RisingChain.ORDERS:
        result = run(RisingChain(2000 if quick else 10**5, order), peers, repeats)
        goals = [Goal(f"morsebar / {p.name}", result.ratio(MORSEBAR_TABLE, p), 3) for p in (NUMBA, NAIVE)]
        yield result, goals


SECTIONS = {"clouds": clouds, "grids": grids, "chain": chain, "rising-chain": rising_chain}
HEADER = """\
| input | method | seconds | / argsort | / morsebar | extra memory, MiB |
|---|---|--:|--:|--:|--:|"""
GOALS_HEADER = """\
| input | what | goal | aim | seen | verdict |
|---|---|--:|--:|--:|---|"""


def rows(result: Result) -> Iterator[str]:
    """Lines of the table for one input, fastest method first."""
    mine = next((name for name in (MORSEBAR_TABLE.name, MORSEBAR_GRID.name) if name in result.seconds), "")
    for name, seconds in sorted(result.seconds.items(), key=lambda item: item[1]):
        extra = result.extra.get(name)
        memory = "" if extra is None else f"{extra / 2**20:.1f}"
        ratios = [result.ratio(name, over) for over in (ARGSORT, mine)]
        cells = ["" if ratio is None else f"{ratio:.2f}" for ratio in ratios]
        yield f"| {result.case.name} | {name} | {seconds:.3g} | {cells[0]} | {cells[1]} | {memory} |"
    for name, reason in result.skipped.items():
        yield f"| {result.case.name} | {name} | {reason} | | | |"


PACKAGES = ("morsebar", "numpy", "scipy", "numba", "gudhi", "cripser")


def machine(packages: tuple[str, ...] = PACKAGES) -> str:
    """Describe where the numbers come from."""

    def line(package: str) -> str:
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            return f"no {package}"

    versions = ", ".join(map(line, packages))
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {versions}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small inputs only")
    parser.add_argument("--only", choices=SECTIONS, help="run one section")
    parser.add_argument("--repeats", type=int, default=5, help="calls per method (default: 5)")
    options = parser.parse_args()
    print(machine() + "\n\n" + HEADER, flush=True)
    goals = []
    try:
        for name, section in SECTIONS.items():
            if options.only in (None, name):
                for result, wanted in section(options.quick, options.repeats):
                    print(*rows(result), sep="\n", flush=True)
                    goals += [(result.case.name, goal) for goal in wanted]
    except MismatchError as mismatch:
        print(f"\nMISMATCH {mismatch}")
        return 1
    print("\nAll methods gave the same bars.")
    if goals and not options.quick:
        print("\n" + GOALS_HEADER)
        for case, goal in goals:
            print(f"| {case} " + goal.row())
    return 0


if __name__ == "__main__":
    sys.exit(main())
