"""Gallagher's Gaussian peaks as BBOB defines them (its functions 21 and 22), peaks drawn by this library.

The construction and its distributions are those of N. Hansen, S. Finck, R. Ros, A. Auger, Real-parameter
black-box optimization benchmarking 2009: noiseless functions definitions, INRIA RR-6829. The random numbers
are not: COCO's own instances are `bbob(21)` and `bbob(22)`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from morsebar.objectives.formula import Definition, Floats

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class _Shape:
    """What tells the two functions apart: number of peaks, reach of the places, conditioning of the first."""

    n_peaks: int
    reach: float
    first_condition: float


MANY = _Shape(n_peaks=101, reach=5.0, first_condition=1e3)
FEW = _Shape(n_peaks=21, reach=4.9, first_condition=1e6)


@dataclass(frozen=True)
class Gallagher:
    """T(10 - max_i h_i exp(-(x - y_i)' R' C_i R (x - y_i) / 2d))^2 + sum max(0, |x_j| - 5)^2.

    Peaks y_i have heights h_i, R rotates, C_i is diagonal, T is BBOB's oscillation; the first peak has the
    value 0. All numbers are drawn once for a shape and a dimension.
    """

    shape: _Shape
    gradient: None = None

    def __call__(self, x: Floats, /) -> Floats:
        """Values (m,)."""
        peaks = drawn(self.shape, len(x))
        turned = _turned(peaks.rotation, x)
        highest: Floats = np.zeros_like(x[0])
        for height, centre, stretch in zip(peaks.heights, peaks.centres, peaks.stretches, strict=True):
            total: Floats = np.zeros_like(x[0])
            for u, c, s in zip(turned, centre, stretch, strict=True):
                total += s * np.square(u - c)
            np.maximum(highest, height * np.exp(-total / (2.0 * len(x))), out=highest)
        value = np.square(_oscillation(10.0 - highest))
        for u in x:
            value += np.square(np.maximum(np.abs(u) - 5.0, 0.0))
        return value


@dataclass(frozen=True)
class Peaks:
    """Numbers of one Gallagher function, the best peak first; centres are rotated, places are not."""

    heights: list[float]
    places: FloatArray
    centres: list[list[float]]
    stretches: list[list[float]]
    rotation: list[list[float]]


@lru_cache(maxsize=64)
def drawn(shape: _Shape, d: int) -> Peaks:
    """Draw the peaks of a shape in d dimensions, always the same."""
    n = shape.n_peaks
    uniform = _stream(n)
    places = shape.reach * (2.0 * uniform(n * d).reshape(n, d) - 1.0)
    places[0] *= 0.8
    conditions = 1e3 ** (2.0 * np.arange(n - 1) / (n - 2))
    conditions = np.append(shape.first_condition, conditions[np.argsort(uniform(n - 1))])
    # Every peak has its own order of the axes.
    powers = np.argsort(uniform(n * d).reshape(n, d)) / (2.0 * (d - 1))
    stretches = conditions[:, None] ** powers / conditions[:, None] ** 0.25
    rotation = _rotation(uniform, d).tolist()
    return Peaks(
        heights=[10.0, *np.linspace(1.1, 9.1, n - 1).tolist()],
        places=places,
        centres=_turned(rotation, places.T).T.tolist(),
        stretches=stretches.tolist(),
        rotation=rotation,
    )


def _stream(seed: int) -> Callable[[int], FloatArray]:
    """Numbers in [0, 1) from the raw stream of PCG64, which numpy promises not to change."""
    generator = np.random.PCG64(seed)
    return lambda n: np.ldexp((generator.random_raw(n) >> np.uint64(11)).astype(np.float64), -53)


def _rotation(uniform: Callable[[int], FloatArray], d: int) -> FloatArray:
    """Orthogonal matrix, uniformly distributed: Gram-Schmidt on normal numbers (Box-Muller)."""
    radius, angle = np.sqrt(-2.0 * np.log1p(-uniform(d * d))), 2.0 * math.pi * uniform(d * d)
    q, r = np.linalg.qr((radius * np.cos(angle)).reshape(d, d))
    rotation: FloatArray = q * np.sign(np.diag(r))
    return rotation


def _turned(rotation: list[list[float]], x: Floats) -> Floats:
    """Product of a matrix with coordinates (d, m), added in order."""
    turned: Floats = np.zeros_like(x)
    for row, numbers in zip(turned, rotation, strict=True):
        for u, number in zip(x, numbers, strict=True):
            row += number * u
    return turned


def _oscillation(x: Floats) -> Floats:
    """T of BBOB for numbers that are not negative: exp(t + 0.049 (sin 10 t + sin 7.9 t)) with t = log x."""
    t = np.log(np.where(x > 0, x, np.ones_like(x)))
    oscillating: Floats = np.exp(t + 0.049 * (np.sin(10.0 * t) + np.sin(7.9 * t)))
    return oscillating * (x > 0)


def _highest_peak(d: int, shape: _Shape) -> FloatArray:
    return drawn(shape, d).places[:1]


_GALLAGHER = (
    "M. Gallagher, B. Yuan, A general-purpose tunable landscape generator, IEEE Transactions on Evolutionary "
    "Computation 10 (2006), 590-603; form and distributions: N. Hansen, S. Finck, R. Ros, A. Auger, "
    "Real-parameter black-box optimization benchmarking 2009: noiseless functions definitions, INRIA "
    "RR-6829, f{fid}; peaks drawn by this library"
)

DEFINITIONS = {
    name: Definition(
        lambda d, shape=shape: Gallagher(shape),  # type: ignore[misc]
        box=((-5.0, 5.0),),
        minimisers=partial(_highest_peak, shape=shape),
        minimum_value=0.0,
        citation=_GALLAGHER.format(fid=fid),
        smallest_d=2,
    )
    for name, shape, fid in (("gallagher101", MANY, 21), ("gallagher21", FEW, 22))
}
