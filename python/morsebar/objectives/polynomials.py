"""Polynomials of several variables: the camels, Goldstein-Price, Himmelblau, Rosenbrock, Zakharov."""

from itertools import pairwise

import numpy as np

from morsebar.objectives.formula import DIXON_SZEGO, JAMIL_YANG, VIRTUAL_LIBRARY, Coupled, Definition, Floats


def goldstein_price(x: Floats) -> Floats:
    """P(x + y) Q(2 x - 3 y).

    P(s) = 1 + (s + 1)^2 (19 - 14 s + 3 s^2), Q(t) = 30 + t^2 (18 - 16 t + 3 t^2).
    """
    first, second, _, _ = _goldstein_price_factors(x)
    return first * second


def goldstein_price_gradient(x: Floats) -> Floats:
    """Partial derivatives of `goldstein_price`."""
    first, second, s, t = _goldstein_price_factors(x)
    by_s: Floats = 12.0 * (s + 1.0) * (s - 1.0) * (s - 2.0) * second
    by_t: Floats = 12.0 * t * (t - 1.0) * (t - 3.0) * first
    return np.stack((by_s + 2.0 * by_t, by_s - 3.0 * by_t))


def _goldstein_price_factors(x: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    u, v = x
    s: Floats = u + v
    t: Floats = 2.0 * u - 3.0 * v
    first: Floats = 1.0 + (s + 1.0) * (s + 1.0) * (19.0 + (3.0 * s - 14.0) * s)
    second: Floats = 30.0 + t * t * (18.0 + (3.0 * t - 16.0) * t)
    return first, second, s, t


def himmelblau(x: Floats) -> Floats:
    """(x^2 + y - 11)^2 + (x + y^2 - 7)^2."""
    u, v = x
    first: Floats = u * u + v - 11.0
    second: Floats = u + v * v - 7.0
    return first * first + second * second


def himmelblau_gradient(x: Floats) -> Floats:
    """Partial derivatives of `himmelblau`."""
    u, v = x
    first: Floats = u * u + v - 11.0
    second: Floats = u + v * v - 7.0
    return np.stack((4.0 * u * first + 2.0 * second, 2.0 * first + 4.0 * v * second))


def rosenbrock(x: Floats) -> Floats:
    """Sum over successive coordinates of 100 (y - x^2)^2 + (1 - x)^2."""
    total: Floats = np.zeros_like(x[0])
    for u, v in pairwise(x):
        bend, slope = v - u * u, 1.0 - u
        total += 100.0 * (bend * bend) + slope * slope
    return total


def rosenbrock_gradient(x: Floats) -> Floats:
    """Partial derivatives of `rosenbrock`."""
    total: Floats = np.zeros_like(x)
    bend = x[1:] - x[:-1] * x[:-1]
    total[:-1] = -400.0 * bend * x[:-1] - 2.0 * (1.0 - x[:-1])
    total[1:] += 200.0 * bend
    return total


def six_hump_camel(x: Floats) -> Floats:
    """(4 - 2.1 x^2 + x^4 / 3) x^2 + x y + (4 y^2 - 4) y^2."""
    u, v = x
    uu, vv = u * u, v * v
    value: Floats = (4.0 - 2.1 * uu + uu * uu / 3.0) * uu + u * v + (4.0 * vv - 4.0) * vv
    return value


def six_hump_camel_gradient(x: Floats) -> Floats:
    """Partial derivatives of `six_hump_camel`."""
    u, v = x
    uu = u * u
    return np.stack((((2.0 * uu - 8.4) * uu + 8.0) * u + v, u + (16.0 * v * v - 8.0) * v))


def three_hump_camel(x: Floats) -> Floats:
    """(2 - 1.05 x^2 + x^4 / 6) x^2 + x y + y^2."""
    u, v = x
    uu = u * u
    value: Floats = (2.0 - 1.05 * uu + uu * uu / 6.0) * uu + u * v + v * v
    return value


def three_hump_camel_gradient(x: Floats) -> Floats:
    """Partial derivatives of `three_hump_camel`."""
    u, v = x
    uu = u * u
    return np.stack((((uu - 4.2) * uu + 4.0) * u + v, u + 2.0 * v))


def zakharov(x: Floats) -> Floats:
    """|x|^2 + s^2 + s^4, where s = sum i x_i / 2."""
    squares, s = np.zeros_like(x[0]), np.zeros_like(x[0])
    for i, u in enumerate(x, start=1):
        squares += u * u
        s += 0.5 * i * u
    ss = s * s
    value: Floats = squares + ss + ss * ss
    return value


def zakharov_gradient(x: Floats) -> Floats:
    """Partial derivatives of `zakharov`."""
    s = np.zeros_like(x[0])
    for i, u in enumerate(x, start=1):
        s += 0.5 * i * u
    by_s: Floats = (2.0 + 4.0 * s * s) * s
    return np.stack([2.0 * u + 0.5 * i * by_s for i, u in enumerate(x, start=1)])


DEFINITIONS = {
    "goldstein_price": Definition(
        lambda d: Coupled(goldstein_price, goldstein_price_gradient),
        box=((-2.0, 2.0), (-2.0, 2.0)),
        minimisers=((0.0, -1.0),),
        minimum_value=3.0,
        citation="A. A. Goldstein, J. F. Price, On descent from local minima, Mathematics of Computation 25 "
        "(1971), 569-574; box: " + DIXON_SZEGO,
    ),
    "himmelblau": Definition(
        lambda d: Coupled(himmelblau, himmelblau_gradient),
        box=((-5.0, 5.0), (-5.0, 5.0)),
        minimisers=(
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.2831859912861696),
            (3.5844283403304917, -1.8481265269644036),
        ),
        minimum_value=0.0,
        citation="D. M. Himmelblau, Applied Nonlinear Programming, McGraw-Hill, 1972",
    ),
    "rosenbrock": Definition(
        lambda d: Coupled(rosenbrock, rosenbrock_gradient),
        box=((-5.0, 10.0),),
        minimisers=((1.0,),),
        minimum_value=0.0,
        citation="H. H. Rosenbrock, An automatic method for finding the greatest or least value of a "
        "function, The Computer Journal 3 (1960), 175-184; box: " + VIRTUAL_LIBRARY,
        smallest_d=2,
    ),
    "six_hump_camel": Definition(
        lambda d: Coupled(six_hump_camel, six_hump_camel_gradient),
        box=((-3.0, 3.0), (-2.0, 2.0)),
        minimisers=((0.08984201310031806, -0.7126564030207396), (-0.08984201310031806, 0.7126564030207396)),
        minimum_value=-1.0316284534898774,
        citation="L. C. W. Dixon, G. P. Szego, The global optimisation problem: an introduction, in: "
        + DIXON_SZEGO,
    ),
    "three_hump_camel": Definition(
        lambda d: Coupled(three_hump_camel, three_hump_camel_gradient),
        box=((-2.0, 2.0), (-2.0, 2.0)),
        minimisers=((0.0, 0.0),),
        minimum_value=0.0,
        citation="F. H. Branin, Widely convergent method for finding multiple solutions of simultaneous "
        "nonlinear equations, IBM Journal of Research and Development 16 (1972), 504-522; box: the part of "
        "the usual [-5, 5]^2 that holds the three wells",
    ),
    "zakharov": Definition(
        lambda d: Coupled(zakharov, zakharov_gradient),
        box=((-5.0, 10.0),),
        minimisers=((0.0,),),
        minimum_value=0.0,
        citation=JAMIL_YANG,
        smallest_d=1,
    ),
}
