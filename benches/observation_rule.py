"""The rule by which an observation counts as supported, fixed before any run.

A quantity is claimed to be below a bound. It is measured over several seeds, in several ways, each with a
thin sample and with a dense one.

error
    What sampling does to the mean over the seeds: the largest change from the thin sample to the dense one
    of any way, or the largest difference between two ways, whichever is more.
effect
    The distance of the bound from the mean over the ways, with dense samples.
undecided
    If the error is not smaller than the effect; or if ways disagree on the side of the bound, or the 95 %
    interval over the seeds of one of them holds it.
supported
    Otherwise, if all intervals are below the bound; and not supported, if all are above.

A claim about several cases is supported if it is in all of them, and not supported if it is not in one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.stats import t as student


class Verdict(StrEnum):
    SUPPORTED = "supported"
    NOT_SUPPORTED = "not supported"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Interval:
    """A mean and what is within 95 % confidence of it, by Student's t; all numbers if there is one alone."""

    mean: float
    half: float

    @property
    def low(self) -> float:
        return self.mean - self.half

    @property
    def high(self) -> float:
        return self.mean + self.half


@dataclass(frozen=True)
class Judgement:
    """A verdict and what it rests on."""

    verdict: Verdict
    effect: float
    error: float
    dense: Mapping[str, Interval]


def interval(numbers: Sequence[float]) -> Interval:
    n = len(numbers)
    if n == 0:
        return Interval(np.nan, np.inf)
    mean = float(np.mean(numbers))
    if n == 1:
        return Interval(mean, np.inf)
    return Interval(mean, float(student.ppf(0.975, n - 1) * np.std(numbers, ddof=1) / np.sqrt(n)))


def judge(
    dense: Mapping[str, Sequence[float]], thin: Mapping[str, Sequence[float]], bound: float
) -> Judgement:
    """Say whether a quantity is below a bound; both mappings go from ways to a number for every seed."""
    if dense.keys() != thin.keys():
        raise ValueError(f"thin: got ways {sorted(thin)}, expected {sorted(dense)}")
    intervals = {way: interval(numbers) for way, numbers in dense.items()}
    if not all(dense.values()) or not all(thin.values()) or not dense:
        return Judgement(Verdict.UNDECIDED, np.nan, np.nan, intervals)
    means = [each.mean for each in intervals.values()]
    changes = [abs(intervals[way].mean - float(np.mean(numbers))) for way, numbers in thin.items()]
    error = max(*changes, max(means) - min(means))
    effect = abs(bound - float(np.mean(means)))
    verdict = Verdict.UNDECIDED
    if error < effect:
        if all(each.high < bound for each in intervals.values()):
            verdict = Verdict.SUPPORTED
        elif all(each.low > bound for each in intervals.values()):
            verdict = Verdict.NOT_SUPPORTED
    return Judgement(verdict, effect, error, intervals)


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Join the verdicts on several cases."""
    found = list(verdicts)
    if Verdict.NOT_SUPPORTED in found:
        return Verdict.NOT_SUPPORTED
    if found and set(found) == {Verdict.SUPPORTED}:
        return Verdict.SUPPORTED
    return Verdict.UNDECIDED
