"""The benchmark functions by name: their boxes, minima and sources."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import SupportsIndex

import numpy as np

from morsebar.objectives import functions as fn
from morsebar.objectives.objective import Objective
from morsebar.objectives.separable import SeparableSum


@dataclass(frozen=True)
class _Definition:
    """What makes an `Objective` in any dimension.

    A box of one interval is that interval on every axis; `smallest_d` is then the least dimension, and
    otherwise 0: the dimension is fixed by the box. Of separable functions minimisers and minimum value are
    those of the term on one axis; for others a minimiser of one coordinate has that coordinate on every axis.
    """

    formula: Callable[[fn.Floats], fn.Floats]
    box: tuple[tuple[float, float], ...]
    minimisers: tuple[tuple[float, ...], ...]
    minimum_value: float
    citation: str
    smallest_d: int = 0


def _alpine01_zeros() -> tuple[tuple[float, ...], ...]:
    """Zeros of x (sin x + 0.1) in [-10, 10]."""
    angle = math.asin(0.1)
    turns = [2.0 * math.pi * k for k in range(-2, 3)]
    zeros = [0.0, *(t - angle for t in turns), *(t + math.pi + angle for t in turns)]
    return tuple((x,) for x in sorted(zeros) if abs(x) <= 10.0)


_CATALOGUE = {
    "ackley": _Definition(
        fn.ackley,
        box=((-32.768, 32.768),),
        minimisers=((0.0,),),
        minimum_value=0.0,
        citation="D. H. Ackley, A Connectionist Machine for Genetic Hillclimbing, Kluwer, 1987; "
        "in d dimensions: T. Baeck, H.-P. Schwefel, Evolutionary Computation 1 (1993), 1-23",
        smallest_d=1,
    ),
    "alpine01": _Definition(
        SeparableSum(fn.alpine01_inside, fn.alpine01_slope, absolute=True),
        box=((-10.0, 10.0),),
        minimisers=_alpine01_zeros(),
        minimum_value=0.0,
        citation="S. Rahnamayan, H. R. Tizhoosh, M. M. A. Salama, A novel population initialization method "
        "for accelerating evolutionary algorithms, Computers & Mathematics with Applications 53 (2007), "
        "1605-1614",
        smallest_d=1,
    ),
    "egg_crate": _Definition(
        SeparableSum(fn.egg_crate_term, fn.egg_crate_slope),
        box=((-5.0, 5.0), (-5.0, 5.0)),
        minimisers=((0.0,),),
        minimum_value=0.0,
        citation="M. Jamil, X.-S. Yang, A literature survey of benchmark functions for global optimisation "
        "problems, Int. J. Mathematical Modelling and Numerical Optimisation 4 (2013), 150-194",
    ),
    "himmelblau": _Definition(
        fn.himmelblau,
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
    "rastrigin": _Definition(
        SeparableSum(fn.rastrigin_term, fn.rastrigin_slope),
        box=((-5.12, 5.12),),
        minimisers=((0.0,),),
        minimum_value=0.0,
        citation="L. A. Rastrigin, Systems of Extremal Control, Nauka, 1974 (in Russian); in d dimensions: "
        "H. Muehlenbein, M. Schomisch, J. Born, Parallel Computing 17 (1991), 619-632",
        smallest_d=1,
    ),
    "rosenbrock": _Definition(
        fn.rosenbrock,
        box=((-5.0, 10.0),),
        minimisers=((1.0,),),
        minimum_value=0.0,
        citation="H. H. Rosenbrock, An automatic method for finding the greatest or least value of a "
        "function, The Computer Journal 3 (1960), 175-184; box: S. Surjanovic, D. Bingham, Virtual Library "
        "of Simulation Experiments, Simon Fraser University",
        smallest_d=2,
    ),
    "schwefel26": _Definition(
        SeparableSum(fn.schwefel26_term, fn.schwefel26_slope),
        box=((-500.0, 500.0),),
        minimisers=((420.968746359982,),),
        minimum_value=0.0,
        citation="H.-P. Schwefel, Numerical Optimization of Computer Models, Wiley, 1981, problem 2.26",
        smallest_d=1,
    ),
    "six_hump_camel": _Definition(
        fn.six_hump_camel,
        box=((-3.0, 3.0), (-2.0, 2.0)),
        minimisers=((0.08984201310031806, -0.7126564030207396), (-0.08984201310031806, 0.7126564030207396)),
        minimum_value=-1.0316284534898774,
        citation="L. C. W. Dixon, G. P. Szego, The global optimisation problem: an introduction, "
        "in: Towards Global Optimisation 2, North-Holland, 1978, 1-15",
    ),
    "styblinski_tang": _Definition(
        SeparableSum(fn.styblinski_tang_term, fn.styblinski_tang_slope),
        box=((-5.0, 5.0),),
        minimisers=((-2.903534027771177,),),
        minimum_value=-39.16616570377141,
        citation="M. A. Styblinski, T.-S. Tang, Experiments in nonconvex optimization: stochastic "
        "approximation with function smoothing and simulated annealing, Neural Networks 3 (1990), 467-483",
        smallest_d=1,
    ),
    "three_hump_camel": _Definition(
        fn.three_hump_camel,
        box=((-2.0, 2.0), (-2.0, 2.0)),
        minimisers=((0.0, 0.0),),
        minimum_value=0.0,
        citation="F. H. Branin, Widely convergent method for finding multiple solutions of simultaneous "
        "nonlinear equations, IBM Journal of Research and Development 16 (1972), 504-522; box: the part of "
        "the usual [-5, 5]^2 that holds the three wells",
    ),
}

_ALIASES = {
    "alpine1": "alpine01",
    "humpcamel3": "three_hump_camel",
    "humpcamel6": "six_hump_camel",
    "schwefel2.26": "schwefel26",
}


def names() -> tuple[str, ...]:
    """Names of the benchmark functions, in alphabetical order.

    Examples
    --------
    >>> import morsebar as mb
    >>> mb.objectives.names()
    ('ackley', 'alpine01', 'egg_crate', 'himmelblau', 'rastrigin', 'rosenbrock', 'schwefel26',
     'six_hump_camel', 'styblinski_tang', 'three_hump_camel')
    """
    return tuple(_CATALOGUE)


def get(name: str, d: SupportsIndex | None = None) -> Objective:
    """Benchmark function by name.

    Parameters
    ----------
    name : str
        One of `names()`. Case, hyphens, underscores and spaces are ignored; alpine1, humpcamel3, humpcamel6
        and schwefel2.26 are known too.
    d : int, optional
        Dimension, 2 if not given. Functions of two variables only take no other: egg_crate, himmelblau and
        the camels. Rosenbrock needs d >= 2.

    Returns
    -------
    Objective

    Raises
    ------
    ValueError
        If there is no such function, or not in this dimension.

    Examples
    --------
    >>> import morsebar as mb
    >>> mb.objectives.get("Styblinski-Tang", d=3)
    Objective('styblinski_tang', d=3, box=[-5, 5]^3, minimum=-117.4984971, separable)
    """
    canonical = _BY_KEY.get(_key(name))
    if canonical is None:
        raise ValueError(f"name: got {name!r}, expected one of {', '.join(names())}")
    definition = _CATALOGUE[canonical]
    dimension = _dimension(canonical, definition, d)
    separable = isinstance(definition.formula, SeparableSum)
    minimisers = np.array(definition.minimisers)
    return Objective(
        name=canonical,
        d=dimension,
        bounds=np.broadcast_to(definition.box, (dimension, 2)),
        minimum_value=definition.minimum_value * (dimension if separable else 1),
        citation=definition.citation,
        formula=definition.formula,
        minimisers=minimisers if separable else np.broadcast_to(minimisers, (len(minimisers), dimension)),
    )


def _key(name: str) -> str:
    return str(name).lower().translate(str.maketrans("", "", "-_ "))


_BY_KEY = {_key(name): name for name in _CATALOGUE} | _ALIASES


def _dimension(name: str, definition: _Definition, d: SupportsIndex | None) -> int:
    """Return the dimension asked for, if the function has it."""
    if d is None:
        return 2
    fixed = len(definition.box) if definition.smallest_d == 0 else None
    expected = f"{fixed} or None" if fixed else f"an integer >= {definition.smallest_d}"
    try:
        dimension = operator.index(d)
    except TypeError:
        raise ValueError(f"d: got {d!r} for {name}, expected {expected}") from None
    if dimension != fixed if fixed else dimension < definition.smallest_d:
        raise ValueError(f"d: got {dimension} for {name}, expected {expected}")
    return dimension
