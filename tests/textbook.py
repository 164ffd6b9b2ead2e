"""The benchmark functions as the literature writes them, one point at a time. Plain Python on purpose."""

import math
from itertools import pairwise
from math import cos, exp, pi, sin, sqrt

import numpy as np

from morsebar.objectives import gallagher

SHEKEL_PLACES = [
    [4, 4, 4, 4], [1, 1, 1, 1], [8, 8, 8, 8], [6, 6, 6, 6], [3, 7, 3, 7],
    [2, 9, 2, 9], [5, 5, 3, 3], [8, 1, 8, 1], [6, 2, 6, 2], [7, 3.6, 7, 3.6],
]  # fmt: skip
SHEKEL_WIDTHS = [0.1, 0.2, 0.2, 0.4, 0.4, 0.6, 0.3, 0.7, 0.5, 0.5]
HARTMANN3 = (
    [[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]],
    [[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381.5, 5743, 8828]],
)
HARTMANN6 = (
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ],
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ],
)


def value(name, x):
    """The value at one point, a list of numbers."""
    return globals()[name](*x) if name in TWO_VARIABLES else globals()[name](x)


# Functions of two variables

TWO_VARIABLES = {
    "bukin6", "cross_in_tray", "drop_wave", "easom", "egg_crate", "eggholder", "goldstein_price",
    "himmelblau", "holder_table", "langermann", "schaffer2", "schaffer4", "six_hump_camel",
    "three_hump_camel",
}  # fmt: skip


def bukin6(x, y):
    return 100 * sqrt(abs(y - 0.01 * x**2)) + 0.01 * abs(x + 10)


def cross_in_tray(x, y):
    return -0.0001 * (abs(sin(x) * sin(y) * exp(abs(100 - sqrt(x**2 + y**2) / pi))) + 1) ** 0.1


def drop_wave(x, y):
    return -(1 + cos(12 * sqrt(x**2 + y**2))) / (0.5 * (x**2 + y**2) + 2)


def easom(x, y):
    return -cos(x) * cos(y) * exp(-((x - pi) ** 2) - (y - pi) ** 2)


def egg_crate(x, y):
    return x**2 + y**2 + 25 * (sin(x) ** 2 + sin(y) ** 2)


def eggholder(x, y):
    return -(y + 47) * sin(sqrt(abs(y + x / 2 + 47))) - x * sin(sqrt(abs(x - (y + 47))))


def goldstein_price(x, y):
    first = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    second = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    return first * second


def himmelblau(x, y):
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def holder_table(x, y):
    return -abs(sin(x) * cos(y) * exp(abs(1 - sqrt(x**2 + y**2) / pi)))


def langermann(x, y):
    places = [(3, 5, 1), (5, 2, 2), (2, 1, 5), (1, 4, 2), (7, 9, 3)]
    squares = [((x - a) ** 2 + (y - b) ** 2, c) for a, b, c in places]
    return -sum(c * exp(-s / pi) * cos(pi * s) for s, c in squares)


def schaffer2(x, y):
    return 0.5 + (sin(x**2 - y**2) ** 2 - 0.5) / (1 + 0.001 * (x**2 + y**2)) ** 2


def schaffer4(x, y):
    return 0.5 + (cos(sin(abs(x**2 - y**2))) ** 2 - 0.5) / (1 + 0.001 * (x**2 + y**2)) ** 2


def six_hump_camel(x, y):
    return 4 * x**2 - 2.1 * x**4 + x**6 / 3 + x * y - 4 * y**2 + 4 * y**4


def three_hump_camel(x, y):
    return 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2


# Functions of any number of variables


def ackley(x):
    square, cosine = sum(t * t for t in x) / len(x), sum(cos(2 * pi * t) for t in x) / len(x)
    return -20 * exp(-0.2 * sqrt(square)) - exp(cosine) + 20 + math.e


def alpine01(x):
    return sum(abs(t * sin(t) + 0.1 * t) for t in x)


def griewank(x):
    product = math.prod(cos(t / sqrt(i)) for i, t in enumerate(x, start=1))
    return 1 + sum(t * t for t in x) / 4000 - product


def levy(x):
    w = [1 + (t - 1) / 4 for t in x]
    middle = sum((t - 1) ** 2 * (1 + 10 * sin(pi * t + 1) ** 2) for t in w[:-1])
    return sin(pi * w[0]) ** 2 + middle + (w[-1] - 1) ** 2 * (1 + sin(2 * pi * w[-1]) ** 2)


def lunacek(x):
    d = len(x)
    s = 1 - 1 / (2 * sqrt(d + 20) - 8.2)
    first, second = 2.5, -sqrt((2.5**2 - 1) / s)
    funnels = min(sum((t - first) ** 2 for t in x), d + s * sum((t - second) ** 2 for t in x))
    return funnels + 10 * sum(1 - cos(2 * pi * (t - first)) for t in x)


def michalewicz(x):
    return -sum(sin(t) * sin(i * t**2 / pi) ** 20 for i, t in enumerate(x, start=1))


def rastrigin(x):
    return 10 * len(x) + sum(t**2 - 10 * cos(2 * pi * t) for t in x)


def rosenbrock(x):
    return sum(100 * (v - u**2) ** 2 + (1 - u) ** 2 for u, v in pairwise(x))


def schwefel26(x):
    return 418.9828872724338 * len(x) - sum(t * sin(sqrt(abs(t))) for t in x)


def styblinski_tang(x):
    return sum(t**4 - 16 * t**2 + 5 * t for t in x) / 2


def wavy(x):
    return 1 - sum(cos(10 * t) * exp(-(t**2) / 2) for t in x) / len(x)


def xin_she_yang04(x):
    well = sum(sin(t) ** 2 for t in x) - exp(-sum(t**2 for t in x))
    return well * exp(-sum(sin(sqrt(abs(t))) ** 2 for t in x))


def zakharov(x):
    s = sum(0.5 * i * t for i, t in enumerate(x, start=1))
    return sum(t**2 for t in x) + s**2 + s**4


# Wells at given places


def shekel(x, m):
    wells = zip(SHEKEL_PLACES[:m], SHEKEL_WIDTHS[:m], strict=True)
    return -sum(1 / (sum((t - p) ** 2 for t, p in zip(x, place, strict=True)) + c) for place, c in wells)


def shekel5(x):
    return shekel(x, 5)


def shekel7(x):
    return shekel(x, 7)


def shekel10(x):
    return shekel(x, 10)


def hartmann(x, weights, places):
    total = 0
    for c, weight, place in zip([1, 1.2, 3, 3.2], weights, places, strict=True):
        total -= c * exp(-sum(a * (t - p / 1e4) ** 2 for t, a, p in zip(x, weight, place, strict=True)))
    return total


def hartmann3(x):
    return hartmann(x, *HARTMANN3)


def hartmann6(x):
    return hartmann(x, *HARTMANN6)


def oscillation(x):
    """T_osz of BBOB."""
    if x == 0:
        return 0.0
    t = math.log(abs(x))
    first, second = (10, 7.9) if x > 0 else (5.5, 3.1)
    return math.copysign(exp(t + 0.049 * (sin(first * t) + sin(second * t))), x)


def gallagher_peaks(x, shape):
    """BBOB's formula in matrices, with the peaks that the library draws."""
    peaks = gallagher.drawn(shape, len(x))
    rotation = np.array(peaks.rotation)
    highest = 0
    for height, place, stretch in zip(peaks.heights, peaks.places, peaks.stretches, strict=True):
        away = np.array(x) - place
        form = away @ rotation.T @ np.diag(stretch) @ rotation @ away
        highest = max(highest, height * exp(-form / (2 * len(x))))
    return oscillation(10 - highest) ** 2 + sum(max(0, abs(t) - 5) ** 2 for t in x)


def gallagher21(x):
    return gallagher_peaks(x, gallagher.FEW)


def gallagher101(x):
    return gallagher_peaks(x, gallagher.MANY)
