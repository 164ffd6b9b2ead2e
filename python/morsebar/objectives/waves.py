"""Coupled functions full of ripples: Ackley, drop-wave, Easom, Griewank, Lunacek, Schaffer, Xin-She Yang."""

import math

import numpy as np

from morsebar.objectives.formula import (
    JAMIL_YANG,
    TWO_PI,
    VIRTUAL_LIBRARY,
    Coupled,
    Definition,
    Floats,
    over,
)


def ackley(x: Floats) -> Floats:
    """-20 exp(-0.2 sqrt(mean x_i^2)) - exp(mean cos 2 pi x_i) + 20 + e."""
    radius, cosine = _ackley_means(x)
    # expm1 keeps the value exact near the minimum, where the four terms of the formula cancel.
    bowl: Floats = -20.0 * np.expm1(-0.2 * radius)
    ripples: Floats = math.e - np.exp(cosine)
    return bowl + ripples


def ackley_gradient(x: Floats) -> Floats:
    """Partial derivatives of `ackley`."""
    radius, cosine = _ackley_means(x)
    outward: Floats = over(4.0 / len(x) * np.exp(-0.2 * radius), radius)
    ripples: Floats = TWO_PI / len(x) * np.exp(cosine)
    return np.stack([outward * u + ripples * np.sin(TWO_PI * u) for u in x])


def _ackley_means(x: Floats) -> tuple[Floats, Floats]:
    """Root mean square of the coordinates, and mean cosine."""
    squares, cosines = np.zeros_like(x[0]), np.zeros_like(x[0])
    for u in x:
        squares += u * u
        cosines += np.cos(TWO_PI * u)
    return np.sqrt(squares / len(x)), cosines / len(x)


def drop_wave(x: Floats) -> Floats:
    """-(1 + cos 12 r) / (r^2 / 2 + 2)."""
    u, v = x
    square: Floats = u * u + v * v
    crest: Floats = 1.0 + np.cos(12.0 * np.sqrt(square))
    return -crest / (0.5 * square + 2.0)


def drop_wave_gradient(x: Floats) -> Floats:
    """Partial derivatives of `drop_wave`."""
    u, v = x
    square: Floats = u * u + v * v
    radius = np.sqrt(square)
    bowl: Floats = 0.5 * square + 2.0
    crest: Floats = 1.0 + np.cos(12.0 * radius)
    outward: Floats = (over(12.0 * np.sin(12.0 * radius), radius) + crest / bowl) / bowl
    return outward * x


def easom(x: Floats) -> Floats:
    """-cos x cos y exp(-(x - pi)^2 - (y - pi)^2)."""
    u, v = x
    a, b = u - math.pi, v - math.pi
    value: Floats = -np.cos(u) * np.cos(v) * np.exp(-(a * a + b * b))
    return value


def easom_gradient(x: Floats) -> Floats:
    """Partial derivatives of `easom`."""
    u, v = x
    a, b = u - math.pi, v - math.pi
    well = np.exp(-(a * a + b * b))
    by_u: Floats = well * np.cos(v) * (np.sin(u) + 2.0 * a * np.cos(u))
    by_v: Floats = well * np.cos(u) * (np.sin(v) + 2.0 * b * np.cos(v))
    return np.stack((by_u, by_v))


def griewank(x: Floats) -> Floats:
    """1 + |x|^2 / 4000 - prod cos(x_i / sqrt i)."""
    squares, product = np.zeros_like(x[0]), np.ones_like(x[0])
    for i, u in enumerate(x, start=1):
        squares += u * u
        product *= np.cos(u / math.sqrt(i))
    value: Floats = squares / 4000.0 + (1.0 - product)
    return value


def griewank_gradient(x: Floats) -> Floats:
    """Partial derivatives of `griewank`."""
    roots = [math.sqrt(i) for i in range(1, len(x) + 1)]
    cosines = [np.cos(u / root) for u, root in zip(x, roots, strict=True)]
    # The product of all cosines but one: of those before it, and of those after it.
    others = np.ones_like(x)
    for i in range(1, len(x)):
        others[i] = others[i - 1] * cosines[i - 1]
    after = np.ones_like(x[0])
    for i in reversed(range(len(x))):
        others[i] *= after
        after = after * cosines[i]
    return np.stack(
        [
            u / 2000.0 + np.sin(u / root) / root * other
            for u, root, other in zip(x, roots, others, strict=True)
        ]
    )


def lunacek(x: Floats) -> Floats:
    """min(sum (x_i - a)^2, d + s sum (x_i - b)^2) + 10 sum (1 - cos 2 pi (x_i - a)), a = 2.5."""
    steepness, second = _lunacek_constants(len(x))
    near, far, ripples = np.zeros_like(x[0]), np.zeros_like(x[0]), np.zeros_like(x[0])
    for u in x:
        near += np.square(u - 2.5)
        far += np.square(u - second)
        ripples += 1.0 - np.cos(TWO_PI * (u - 2.5))
    value: Floats = np.minimum(near, len(x) + steepness * far) + 10.0 * ripples
    return value


def lunacek_gradient(x: Floats) -> Floats:
    """Partial derivatives of `lunacek`; between the funnels, those of the first one."""
    steepness, second = _lunacek_constants(len(x))
    near, far = np.zeros_like(x[0]), np.zeros_like(x[0])
    for u in x:
        near += np.square(u - 2.5)
        far += np.square(u - second)
    funnel: Floats = np.where(
        near <= len(x) + steepness * far, 2.0 * (x - 2.5), 2.0 * steepness * (x - second)
    )
    ripples: Floats = 10.0 * TWO_PI * np.sin(TWO_PI * (x - 2.5))
    return funnel + ripples


def _lunacek_constants(d: int) -> tuple[float, float]:
    """Steepness and centre of the second funnel."""
    steepness = 1.0 - 1.0 / (2.0 * math.sqrt(d + 20.0) - 8.2)
    return steepness, -math.sqrt((2.5**2 - 1.0) / steepness)


def schaffer2(x: Floats) -> Floats:
    """1/2 + (sin^2(x^2 - y^2) - 1/2) / (1 + (x^2 + y^2) / 1000)^2."""
    u, v = x
    sine = np.sin((u - v) * (u + v))
    value: Floats = 0.5 + (sine * sine - 0.5) / np.square(1.0 + 0.001 * (u * u + v * v))
    return value


def schaffer2_gradient(x: Floats) -> Floats:
    """Partial derivatives of `schaffer2`."""
    u, v = x
    phase = (u - v) * (u + v)
    sine = np.sin(phase)
    return _schaffer_gradient(x, sine * sine, np.sin(2.0 * phase))


def schaffer4(x: Floats) -> Floats:
    """1/2 + (cos^2(sin(x^2 - y^2)) - 1/2) / (1 + (x^2 + y^2) / 1000)^2."""
    u, v = x
    cosine = np.cos(np.sin((u - v) * (u + v)))
    value: Floats = 0.5 + (cosine * cosine - 0.5) / np.square(1.0 + 0.001 * (u * u + v * v))
    return value


def schaffer4_gradient(x: Floats) -> Floats:
    """Partial derivatives of `schaffer4`."""
    u, v = x
    phase = (u - v) * (u + v)
    sine = np.sin(phase)
    cosine = np.cos(sine)
    return _schaffer_gradient(x, cosine * cosine, -np.sin(2.0 * sine) * np.cos(phase))


def _schaffer_gradient(x: Floats, wave: Floats, slope: Floats) -> Floats:
    """Partial derivatives from the wave, a function of x^2 - y^2, and its derivative."""
    u, v = x
    bowl: Floats = 1.0 + 0.001 * (u * u + v * v)
    inward: Floats = 0.004 * (wave - 0.5) / bowl
    square = bowl * bowl
    return np.stack(((2.0 * slope - inward) * u, (-2.0 * slope - inward) * v)) / square


def xin_she_yang04(x: Floats) -> Floats:
    """(sum sin^2 x_i - exp(-|x|^2)) exp(-sum sin^2 sqrt |x_i|)."""
    sines, well, envelope = _xin_she_yang04_parts(x)
    return (sines - well) * envelope


def xin_she_yang04_gradient(x: Floats) -> Floats:
    """Partial derivatives of `xin_she_yang04`."""
    sines, well, envelope = _xin_she_yang04_parts(x)
    root = np.sqrt(np.abs(x))
    fading: Floats = np.sign(x) * over(0.5 * np.sin(2.0 * root), root)
    slope: Floats = np.sin(2.0 * x) + 2.0 * x * well - (sines - well) * fading
    return slope * envelope


def _xin_she_yang04_parts(x: Floats) -> tuple[Floats, Floats, Floats]:
    sines, squares, roots = np.zeros_like(x[0]), np.zeros_like(x[0]), np.zeros_like(x[0])
    for u in x:
        sines += np.square(np.sin(u))
        squares += u * u
        roots += np.square(np.sin(np.sqrt(np.abs(u))))
    return sines, np.exp(-squares), np.exp(-roots)


_SCHAFFER = (
    "J. D. Schaffer, R. A. Caruana, L. J. Eshelman, R. Das, A study of control parameters affecting online "
    "performance of genetic algorithms for function optimization, Proc. 3rd International Conference on "
    "Genetic Algorithms, 1989, 51-60; this form: S. K. Mishra, Some new test functions for global "
    "optimization and performance of repulsive particle swarm method, MPRA paper 2718, 2006; box: "
    + VIRTUAL_LIBRARY
)
# Where Schaffer 4 is lowest on an axis.
_Y = 1.2531318314637332

DEFINITIONS = {
    "ackley": Definition(
        lambda d: Coupled(ackley, ackley_gradient),
        box=((-32.768, 32.768),),
        minimisers=((0.0,),),
        minimum_value=0.0,
        citation="D. H. Ackley, A Connectionist Machine for Genetic Hillclimbing, Kluwer, 1987; "
        "in d dimensions: T. Baeck, H.-P. Schwefel, Evolutionary Computation 1 (1993), 1-23",
        smallest_d=1,
    ),
    "drop_wave": Definition(
        lambda d: Coupled(drop_wave, drop_wave_gradient),
        box=((-5.12, 5.12), (-5.12, 5.12)),
        minimisers=((0.0, 0.0),),
        minimum_value=-1.0,
        citation="M. Molga, C. Smutnicki, Test functions for optimization needs, 2005; box: "
        + VIRTUAL_LIBRARY,
    ),
    "easom": Definition(
        lambda d: Coupled(easom, easom_gradient),
        box=((-100.0, 100.0), (-100.0, 100.0)),
        minimisers=((math.pi, math.pi),),
        minimum_value=-1.0,
        citation="E. E. Easom, A survey of global optimization techniques, M. Eng. thesis, University of "
        "Louisville, 1990; box: " + VIRTUAL_LIBRARY,
    ),
    "griewank": Definition(
        lambda d: Coupled(griewank, griewank_gradient),
        box=((-600.0, 600.0),),
        minimisers=((0.0,),),
        minimum_value=0.0,
        citation="A. O. Griewank, Generalized descent for global optimization, Journal of Optimization "
        "Theory and Applications 34 (1981), 11-39",
        smallest_d=1,
    ),
    "lunacek": Definition(
        lambda d: Coupled(lunacek, lunacek_gradient),
        box=((-5.12, 5.12),),
        minimisers=((2.5,),),
        minimum_value=0.0,
        citation="M. Lunacek, D. Whitley, A. Sutton, The impact of global structure on search, in: Parallel "
        "Problem Solving from Nature - PPSN X, LNCS 5199, Springer, 2008, 498-507 (double Rastrigin)",
        smallest_d=2,
    ),
    "schaffer2": Definition(
        lambda d: Coupled(schaffer2, schaffer2_gradient),
        box=((-100.0, 100.0), (-100.0, 100.0)),
        minimisers=((0.0, 0.0),),
        minimum_value=0.0,
        citation=_SCHAFFER,
    ),
    "schaffer4": Definition(
        lambda d: Coupled(schaffer4, schaffer4_gradient),
        box=((-100.0, 100.0), (-100.0, 100.0)),
        minimisers=((0.0, _Y), (0.0, -_Y), (_Y, 0.0), (-_Y, 0.0)),
        minimum_value=0.29257863203598055,
        citation=_SCHAFFER,
    ),
    "xin_she_yang04": Definition(
        lambda d: Coupled(xin_she_yang04, xin_she_yang04_gradient),
        box=((-10.0, 10.0),),
        minimisers=((0.0,),),
        minimum_value=-1.0,
        citation="X.-S. Yang, Engineering Optimization: An Introduction with Metaheuristic Applications, "
        "Wiley, 2010; number and box: " + JAMIL_YANG,
        smallest_d=1,
    ),
}
