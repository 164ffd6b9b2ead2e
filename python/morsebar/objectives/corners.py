"""Functions of two variables with corners: Bukin 6, cross-in-tray, eggholder, Holder table."""

import math

import numpy as np

from morsebar.objectives.formula import VIRTUAL_LIBRARY, Coupled, Definition, Floats, over


def bukin6(x: Floats) -> Floats:
    """100 sqrt |y - x^2 / 100| + |x + 10| / 100."""
    u, v = x
    value: Floats = 100.0 * np.sqrt(np.abs(v - 0.01 * (u * u))) + 0.01 * np.abs(u + 10.0)
    return value


def cross_in_tray(x: Floats) -> Floats:
    """-0.0001 (|sin x sin y exp |100 - r / pi|| + 1)^0.1."""
    return -0.0001 * _cross_in_tray_tenth(x)[0]


def cross_in_tray_gradient(x: Floats) -> Floats:
    """Partial derivatives of `cross_in_tray`; 0 in place of those of a |.| at 0."""
    u, v = x
    tenth, inside, product, radius = _cross_in_tray_tenth(x)
    outward: Floats = np.sign(radius / math.pi - 100.0) / math.pi * over(np.abs(product), radius)
    sign = np.sign(product)
    by_u: Floats = sign * np.cos(u) * np.sin(v) + outward * u
    by_v: Floats = sign * np.sin(u) * np.cos(v) + outward * v
    gradient: Floats = -0.00001 * tenth / inside * np.stack((by_u, by_v))
    return gradient


def _cross_in_tray_tenth(x: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """(p e^a + 1)^0.1 as e^(a / 10) (p + e^-a)^0.1: e^100 is no float32. And p + e^-a, p but its sign, r."""
    u, v = x
    radius = np.sqrt(u * u + v * v)
    exponent: Floats = np.abs(100.0 - radius / math.pi)
    product: Floats = np.sin(u) * np.sin(v)
    inside: Floats = np.abs(product) + np.exp(-exponent)
    tenth: Floats = np.exp(0.1 * exponent) * np.power(inside, 0.1)
    return tenth, inside, product, radius


def eggholder(x: Floats) -> Floats:
    """-(y + 47) sin sqrt |y + x / 2 + 47| - x sin sqrt |x - y - 47|."""
    u, v = x
    w: Floats = v + 47.0
    value: Floats = -w * np.sin(np.sqrt(np.abs(0.5 * u + w))) - u * np.sin(np.sqrt(np.abs(u - w)))
    return value


def holder_table(x: Floats) -> Floats:
    """-|sin x cos y exp |1 - r / pi||."""
    u, v = x
    exponent: Floats = np.abs(1.0 - np.sqrt(u * u + v * v) / math.pi)
    value: Floats = -np.abs(np.sin(u) * np.cos(v) * np.exp(exponent))
    return value


def holder_table_gradient(x: Floats) -> Floats:
    """Partial derivatives of `holder_table`; 0 in place of those of a |.| at 0."""
    u, v = x
    radius = np.sqrt(u * u + v * v)
    stretched: Floats = radius / math.pi - 1.0
    product: Floats = np.sin(u) * np.cos(v)
    outward: Floats = np.sign(stretched) / math.pi * over(np.abs(product), radius)
    sign = np.sign(product)
    by_u: Floats = sign * np.cos(u) * np.cos(v) + outward * u
    by_v: Floats = outward * v - sign * np.sin(u) * np.sin(v)
    gradient: Floats = -np.exp(np.abs(stretched)) * np.stack((by_u, by_v))
    return gradient


def _mirrored(x: float, y: float) -> tuple[tuple[float, float], ...]:
    """Return a point and its images in both axes."""
    return ((x, y), (x, -y), (-x, y), (-x, -y))


_MISHRA = (
    "S. K. Mishra, Some new test functions for global optimization and performance of repulsive particle "
    "swarm method, MPRA paper 2718, 2006; box: " + VIRTUAL_LIBRARY
)
_BOX = ((-10.0, 10.0), (-10.0, 10.0))

DEFINITIONS = {
    "bukin6": Definition(
        lambda d: Coupled(bukin6),
        box=((-15.0, -5.0), (-3.0, 3.0)),
        minimisers=((-10.0, 1.0),),
        minimum_value=0.0,
        citation="A. D. Bukin, New minimization strategy for non-smooth functions, preprint 97-79, Budker "
        "Institute of Nuclear Physics, Novosibirsk, 1997",
    ),
    "cross_in_tray": Definition(
        lambda d: Coupled(cross_in_tray, cross_in_tray_gradient),
        box=_BOX,
        minimisers=_mirrored(1.3494066171539108, 1.3494066171539108),
        minimum_value=-2.0626118708227369,
        citation=_MISHRA,
    ),
    "eggholder": Definition(
        lambda d: Coupled(eggholder),
        box=((-512.0, 512.0), (-512.0, 512.0)),
        minimisers=((512.0, 404.23180511375781),),
        minimum_value=-959.6406627208508,
        citation="D. Whitley, K. Mathias, S. Rana, J. Dzubera, Evaluating evolutionary algorithms, "
        "Artificial Intelligence 85 (1996), 245-276; box: " + VIRTUAL_LIBRARY,
    ),
    "holder_table": Definition(
        lambda d: Coupled(holder_table, holder_table_gradient),
        box=_BOX,
        minimisers=_mirrored(8.0550234757365634, 9.6645900192412729),
        minimum_value=-19.208502567886732,
        citation=_MISHRA,
    ),
}
