"""Separable functions, f(x) = sum g_i(x_i): each term g_i and its derivative, elementwise."""

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from morsebar.objectives.formula import JAMIL_YANG, TWO_PI, VIRTUAL_LIBRARY, Definition, Floats
from morsebar.objectives.separable import SeparableSum, Term


def alpine01_inside(x: Floats) -> Floats:
    """Evaluate x sin x + 0.1 x, whose absolute value is the term."""
    return x * (np.sin(x) + 0.1)


def alpine01_slope(x: Floats) -> Floats:
    """Evaluate the derivative of `alpine01_inside`."""
    return np.sin(x) + 0.1 + x * np.cos(x)


def _alpine01_zeros() -> tuple[tuple[float, ...], ...]:
    """Zeros of x (sin x + 0.1) in [-10, 10]."""
    angle = math.asin(0.1)
    turns = [TWO_PI * k for k in range(-2, 3)]
    zeros = [0.0, *(t - angle for t in turns), *(t + math.pi + angle for t in turns)]
    return tuple((x,) for x in sorted(zeros) if abs(x) <= 10.0)


def egg_crate_term(x: Floats) -> Floats:
    """x^2 + 25 sin^2 x."""
    sine = np.sin(x)
    return x * x + 25.0 * (sine * sine)


def egg_crate_slope(x: Floats) -> Floats:
    """Evaluate the derivative of `egg_crate_term`."""
    ripples: Floats = 25.0 * np.sin(2.0 * x)
    return 2.0 * x + ripples


def levy_term(x: Floats, first: bool, last: bool) -> Floats:
    """(w - 1)^2 (1 + 10 sin^2 (pi w + 1)) with w = 1 + (x - 1) / 4; other ends.

    The first axis has sin^2 pi w besides, and the last one sin^2 2 pi w for 10 sin^2 (pi w + 1).
    """
    v: Floats = 0.25 * (x - 1.0)
    sine = np.sin(TWO_PI * v) if last else np.sin(math.pi * v + (math.pi + 1.0))
    value: Floats = v * v * (1.0 + (1.0 if last else 10.0) * (sine * sine))
    if first:
        end = np.sin(math.pi * v)
        value = value + end * end
    return value


def levy_slope(x: Floats, first: bool, last: bool) -> Floats:
    """Evaluate the derivative of `levy_term`."""
    v: Floats = 0.25 * (x - 1.0)
    # w = v + 1; a is the phase, b its derivative, c the amplitude.
    a, b, c = (TWO_PI * v, TWO_PI, 1.0) if last else (math.pi * v + (math.pi + 1.0), math.pi, 10.0)
    sine = np.sin(a)
    slope: Floats = 2.0 * v * (1.0 + c * (sine * sine)) + v * v * (b * c * np.sin(2.0 * a))
    if first:
        slope = slope + math.pi * np.sin(TWO_PI * v)
    return 0.25 * slope


def michalewicz_term(x: Floats, axis: int) -> Floats:
    """-sin x sin^20 (i x^2 / pi) for axis i = 1, 2, ..."""
    sine = np.sin(axis / math.pi * (x * x))
    fourth = np.square(sine * sine)
    value: Floats = -np.sin(x) * (np.square(np.square(fourth)) * fourth)
    return value


def michalewicz_slope(x: Floats, axis: int) -> Floats:
    """Evaluate the derivative of `michalewicz_term`."""
    phase: Floats = axis / math.pi * (x * x)
    sine = np.sin(phase)
    square = sine * sine
    nineteenth = np.square(np.square(np.square(square))) * square * sine
    turning: Floats = 40.0 * axis / math.pi * x * np.cos(phase)
    slope: Floats = -(np.cos(x) * sine + np.sin(x) * turning) * nineteenth
    return slope


def michalewicz_minimiser(d: int) -> NDArray[np.float64]:
    """Minimiser on d axes, (1, d): on each the lower of the two dips next to pi / 2.

    A dip lies near i x^2 / pi = pi / 2 + k pi. Newton's method on the slope over sin^19 starts there.
    """
    i = np.arange(1.0, d + 1.0)
    below = np.floor(i / 4.0 - 0.5)
    dips = np.stack([np.clip(k, 0.0, i - 1.0) for k in (below, below + 1.0)])
    x = math.pi * np.sqrt((dips + 0.5) / i)
    for _ in range(8):
        phase, rate = i / math.pi * x * x, 2.0 * i / math.pi * x
        slope = np.cos(x) * np.sin(phase) + 20.0 * rate * np.sin(x) * np.cos(phase)
        bend = (
            (20.0 * 2.0 * i / math.pi) * np.sin(x) * np.cos(phase)
            - (1.0 + 20.0 * rate * rate) * np.sin(x) * np.sin(phase)
            + 21.0 * rate * np.cos(x) * np.cos(phase)
        )
        x = x - slope / bend
    depth = np.sin(x) * np.sin(i / math.pi * x * x) ** 20
    minimiser: NDArray[np.float64] = np.where(depth[0] >= depth[1], x[0], x[1])[None]
    return minimiser


def rastrigin_term(x: Floats) -> Floats:
    """x^2 - 10 cos 2 pi x + 10."""
    ripples: Floats = 10.0 - 10.0 * np.cos(TWO_PI * x)
    return x * x + ripples


def rastrigin_slope(x: Floats) -> Floats:
    """Evaluate the derivative of `rastrigin_term`."""
    ripples: Floats = 10.0 * TWO_PI * np.sin(TWO_PI * x)
    return 2.0 * x + ripples


def schwefel26_term(x: Floats) -> Floats:
    """418.9828872724338 - x sin sqrt |x|."""
    return 418.9828872724338 - x * np.sin(np.sqrt(np.abs(x)))


def schwefel26_slope(x: Floats) -> Floats:
    """Evaluate the derivative of `schwefel26_term`."""
    root = np.sqrt(np.abs(x))
    return -np.sin(root) - 0.5 * root * np.cos(root)


def styblinski_tang_term(x: Floats) -> Floats:
    """(x^4 - 16 x^2 + 5 x) / 2."""
    xx = x * x
    return 0.5 * ((xx - 16.0) * xx + 5.0 * x)


def styblinski_tang_slope(x: Floats) -> Floats:
    """Evaluate the derivative of `styblinski_tang_term`."""
    return (2.0 * x * x - 16.0) * x + 2.5


def wavy_term(x: Floats, d: int) -> Floats:
    """(1 - cos 10 x exp(-x^2 / 2)) / d."""
    value: Floats = (1.0 - np.cos(10.0 * x) * np.exp(-0.5 * (x * x))) / d
    return value


def wavy_slope(x: Floats, d: int) -> Floats:
    """Evaluate the derivative of `wavy_term`."""
    phase: Floats = 10.0 * x
    slope: Floats = (10.0 * np.sin(phase) + x * np.cos(phase)) * np.exp(-0.5 * (x * x)) / d
    return slope


def _levy(d: int) -> SeparableSum:
    ends = [(i == 0, i == d - 1) for i in range(d)]
    return SeparableSum(
        tuple(
            Term(partial(levy_term, first=first, last=last), partial(levy_slope, first=first, last=last))
            for first, last in ends
        )
    )


def _michalewicz(d: int) -> SeparableSum:
    return SeparableSum(
        tuple(
            Term(partial(michalewicz_term, axis=i), partial(michalewicz_slope, axis=i))
            for i in range(1, d + 1)
        )
    )


def _same(term: Term, d: int) -> SeparableSum:
    return SeparableSum((term,) * d)


DEFINITIONS = {
    "alpine01": Definition(
        partial(_same, Term(alpine01_inside, alpine01_slope, absolute=True)),
        box=((-10.0, 10.0),),
        minimisers=_alpine01_zeros(),
        minimum_value=0.0,
        citation="S. Rahnamayan, H. R. Tizhoosh, M. M. A. Salama, A novel population initialization method "
        "for accelerating evolutionary algorithms, Computers & Mathematics with Applications 53 (2007), "
        "1605-1614",
        smallest_d=1,
    ),
    "egg_crate": Definition(
        partial(_same, Term(egg_crate_term, egg_crate_slope)),
        box=((-5.0, 5.0), (-5.0, 5.0)),
        minimisers=((0.0,),),
        minimum_value=0.0,
        citation=JAMIL_YANG,
    ),
    "levy": Definition(
        _levy,
        box=((-10.0, 10.0),),
        minimisers=((1.0,),),
        minimum_value=0.0,
        citation="A. V. Levy, A. Montalvo, The tunneling algorithm for the global minimization of functions, "
        "SIAM Journal on Scientific and Statistical Computing 6 (1985), 15-29; separable form and box: "
        + VIRTUAL_LIBRARY,
        smallest_d=1,
    ),
    "michalewicz": Definition(
        _michalewicz,
        box=((0.0, math.pi),),
        minimisers=michalewicz_minimiser,
        minimum_value=None,
        citation="Z. Michalewicz, Genetic Algorithms + Data Structures = Evolution Programs, Springer, 1992; "
        "steepness m = 10: " + VIRTUAL_LIBRARY,
        smallest_d=1,
    ),
    "rastrigin": Definition(
        partial(_same, Term(rastrigin_term, rastrigin_slope)),
        box=((-5.12, 5.12),),
        minimisers=((0.0,),),
        minimum_value=0.0,
        citation="L. A. Rastrigin, Systems of Extremal Control, Nauka, 1974 (in Russian); in d dimensions: "
        "H. Muehlenbein, M. Schomisch, J. Born, Parallel Computing 17 (1991), 619-632",
        smallest_d=1,
    ),
    "schwefel26": Definition(
        partial(_same, Term(schwefel26_term, schwefel26_slope)),
        box=((-500.0, 500.0),),
        minimisers=((420.968746359982,),),
        minimum_value=0.0,
        citation="H.-P. Schwefel, Numerical Optimization of Computer Models, Wiley, 1981, problem 2.26",
        smallest_d=1,
    ),
    "styblinski_tang": Definition(
        partial(_same, Term(styblinski_tang_term, styblinski_tang_slope)),
        box=((-5.0, 5.0),),
        minimisers=((-2.903534027771177,),),
        minimum_value=-39.16616570377141,
        citation="M. A. Styblinski, T.-S. Tang, Experiments in nonconvex optimization: stochastic "
        "approximation with function smoothing and simulated annealing, Neural Networks 3 (1990), 467-483",
        smallest_d=1,
    ),
    "wavy": Definition(
        lambda d: _same(Term(partial(wavy_term, d=d), partial(wavy_slope, d=d)), d),
        box=((-math.pi, math.pi),),
        minimisers=((0.0,),),
        minimum_value=0.0,
        citation="P. Courrieu, The Hyperbell algorithm for global optimization: a random walk using Cauchy "
        "densities, Journal of Global Optimization 10 (1997), 37-55; k = 10 and box: " + JAMIL_YANG,
        smallest_d=1,
    ),
}
