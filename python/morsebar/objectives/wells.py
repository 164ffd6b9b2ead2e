"""Sums of wells at given places: Hartmann, Langermann, Shekel."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from morsebar.objectives.formula import DIXON_SZEGO, Definition, Floats


@dataclass(frozen=True)
class Wells:
    """Sum over places p of h(s, c), where s = sum_j w_j (x_j - p_j)^2.

    Every place has its own weights w and constant c; `slope` is the derivative of h by s.
    """

    places: tuple[tuple[float, ...], ...]
    weights: tuple[tuple[float, ...], ...]
    constants: tuple[float, ...]
    profile: Callable[[Floats, float], Floats]
    slope: Callable[[Floats, float], Floats]

    def __call__(self, x: Floats, /) -> Floats:
        """Values (m,)."""
        total: Floats = np.zeros_like(x[0])
        for place, weight, constant in zip(self.places, self.weights, self.constants, strict=True):
            total += self.profile(_distance(x, place, weight), constant)
        return total

    def gradient(self, x: Floats) -> Floats:
        """Partial derivatives (d, m)."""
        total: Floats = np.zeros_like(x)
        for place, weight, constant in zip(self.places, self.weights, self.constants, strict=True):
            slope = self.slope(_distance(x, place, weight), constant)
            for row, u, p, w in zip(total, x, place, weight, strict=True):
                row += slope * (2.0 * w * (u - p))
        return total


def _distance(x: Floats, place: tuple[float, ...], weight: tuple[float, ...]) -> Floats:
    """Weighted squared distance from a place."""
    total: Floats = np.zeros_like(x[0])
    for u, p, w in zip(x, place, weight, strict=True):
        total += w * np.square(u - p)
    return total


def hartmann_profile(s: Floats, height: float) -> Floats:
    """-c exp(-s)."""
    return -height * np.exp(-s)


def hartmann_slope(s: Floats, height: float) -> Floats:
    """Evaluate the derivative of `hartmann_profile`."""
    return height * np.exp(-s)


def langermann_profile(s: Floats, height: float) -> Floats:
    """-c exp(-s / pi) cos pi s."""
    value: Floats = -height * np.exp(-s / math.pi) * np.cos(math.pi * s)
    return value


def langermann_slope(s: Floats, height: float) -> Floats:
    """Evaluate the derivative of `langermann_profile`."""
    wave: Floats = np.cos(math.pi * s) / math.pi + math.pi * np.sin(math.pi * s)
    slope: Floats = height * np.exp(-s / math.pi) * wave
    return slope


def shekel_profile(s: Floats, width: float) -> Floats:
    """-1 / (s + c)."""
    return -1.0 / (s + width)


def shekel_slope(s: Floats, width: float) -> Floats:
    """Evaluate the derivative of `shekel_profile`."""
    slope: Floats = 1.0 / np.square(s + width)
    return slope


def _hartmann(
    places: tuple[tuple[float, ...], ...], weights: tuple[tuple[float, ...], ...]
) -> Callable[[int], Wells]:
    return lambda d: Wells(places, weights, (1.0, 1.2, 3.0, 3.2), hartmann_profile, hartmann_slope)


def _shekel(m: int) -> Callable[[int], Wells]:
    places, widths = _SHEKEL_PLACES[:m], _SHEKEL_WIDTHS[:m]
    return lambda d: Wells(places, ((1.0,) * 4,) * m, widths, shekel_profile, shekel_slope)


_HARTMANN = (
    "J. K. Hartman, Some experiments in global optimization, Naval Research Logistics Quarterly 20 (1973), "
    "569-576; constants: " + DIXON_SZEGO
)
_HARTMANN3_PLACES = (
    (0.3689, 0.1170, 0.2673),
    (0.4699, 0.4387, 0.7470),
    (0.1091, 0.8732, 0.5547),
    (0.03815, 0.5743, 0.8828),
)
_HARTMANN3_WEIGHTS = ((3.0, 10.0, 30.0), (0.1, 10.0, 35.0), (3.0, 10.0, 30.0), (0.1, 10.0, 35.0))
_HARTMANN6_PLACES = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)
_HARTMANN6_WEIGHTS = (
    (10.0, 3.0, 17.0, 3.5, 1.7, 8.0),
    (0.05, 10.0, 17.0, 0.1, 8.0, 14.0),
    (3.0, 3.5, 1.7, 10.0, 17.0, 8.0),
    (17.0, 8.0, 0.05, 10.0, 0.1, 14.0),
)
_LANGERMANN_PLACES = ((3.0, 5.0), (5.0, 2.0), (2.0, 1.0), (1.0, 4.0), (7.0, 9.0))
_SHEKEL = (
    "J. Shekel, Test functions for multimodal search techniques, Proc. 5th Annual Princeton Conference on "
    "Information Science and Systems, 1971, 354-359; constants: " + DIXON_SZEGO
)
_SHEKEL_PLACES = (
    (4.0, 4.0, 4.0, 4.0),
    (1.0, 1.0, 1.0, 1.0),
    (8.0, 8.0, 8.0, 8.0),
    (6.0, 6.0, 6.0, 6.0),
    (3.0, 7.0, 3.0, 7.0),
    (2.0, 9.0, 2.0, 9.0),
    (5.0, 5.0, 3.0, 3.0),
    (8.0, 1.0, 8.0, 1.0),
    (6.0, 2.0, 6.0, 2.0),
    (7.0, 3.6, 7.0, 3.6),
)
_SHEKEL_WIDTHS = (0.1, 0.2, 0.2, 0.4, 0.4, 0.6, 0.3, 0.7, 0.5, 0.5)

DEFINITIONS = {
    "hartmann3": Definition(
        _hartmann(_HARTMANN3_PLACES, _HARTMANN3_WEIGHTS),
        box=((0.0, 1.0),) * 3,
        minimisers=((0.11461433858967198, 0.55564884997185693, 0.85254695352086578),),
        minimum_value=-3.8627821478207553,
        citation=_HARTMANN,
    ),
    "hartmann6": Definition(
        _hartmann(_HARTMANN6_PLACES, _HARTMANN6_WEIGHTS),
        box=((0.0, 1.0),) * 6,
        minimisers=(
            (
                0.20168951100670542,
                0.15001069182345797,
                0.47687397422189699,
                0.27533243049405607,
                0.31165161660011324,
                0.65730053406562031,
            ),
        ),
        minimum_value=-3.3223680114155148,
        citation=_HARTMANN,
    ),
    "langermann": Definition(
        lambda d: Wells(
            _LANGERMANN_PLACES,
            ((1.0, 1.0),) * 5,
            (1.0, 2.0, 5.0, 2.0, 3.0),
            langermann_profile,
            langermann_slope,
        ),
        box=((0.0, 10.0), (0.0, 10.0)),
        minimisers=((2.0029921199344654, 1.0060959402921885),),
        minimum_value=-5.162126159963982,
        citation="H. Bersini, M. Dorigo, S. Langerman, G. Seront, L. Gambardella, Results of the first "
        "international contest on evolutionary optimisation, Proc. IEEE International Conference on "
        "Evolutionary Computation, 1996, 611-615; constants and sign: A. Gavana, Global Optimization "
        "Benchmarks and AMPGO, 2013",
    ),
    "shekel10": Definition(
        _shekel(10),
        box=((0.0, 10.0),) * 4,
        minimisers=((4.0007465315920467, 4.000592934138532, 3.9996633980403223, 3.9995098005868076),),
        minimum_value=-10.536409816692043,
        citation=_SHEKEL,
    ),
    "shekel5": Definition(
        _shekel(5),
        box=((0.0, 10.0),) * 4,
        minimisers=((4.0000371528196762, 4.0001332765915601, 4.0000371528196762, 4.0001332765915601),),
        minimum_value=-10.153199679058228,
        citation=_SHEKEL,
    ),
    "shekel7": Definition(
        _shekel(7),
        box=((0.0, 10.0),) * 4,
        minimisers=((4.0005729161858233, 4.0006893661853042, 3.9994897088591506, 3.9996061588586315),),
        minimum_value=-10.402940566818661,
        citation=_SHEKEL,
    ),
}
