"""The benchmark functions by name."""

import operator
from typing import SupportsIndex

import numpy as np

from morsebar.objectives import corners, gallagher, polynomials, sums, waves, wells
from morsebar.objectives.formula import Definition
from morsebar.objectives.objective import Objective
from morsebar.objectives.separable import SeparableSum

_FAMILIES = (corners, gallagher, polynomials, sums, waves, wells)
_CATALOGUE = dict(sorted((name, known) for family in _FAMILIES for name, known in family.DEFINITIONS.items()))

_ALIASES = {
    "alpine1": "alpine01",
    "bukin06": "bukin6",
    "humpcamel3": "three_hump_camel",
    "humpcamel6": "six_hump_camel",
    "lunacekbirastrigin": "lunacek",
    "schaffer02": "schaffer2",
    "schaffer04": "schaffer4",
    "schwefel2.26": "schwefel26",
    "shekel05": "shekel5",
    "shekel07": "shekel7",
    "xinsheyang4": "xin_she_yang04",
}


def names() -> tuple[str, ...]:
    """Names of the benchmark functions, in alphabetical order.

    Examples
    --------
    >>> import morsebar as mb
    >>> len(mb.objectives.names()), mb.objectives.names()[:5]
    (34, ('ackley', 'alpine01', 'bukin6', 'cross_in_tray', 'drop_wave'))
    """
    return tuple(_CATALOGUE)


def get(name: str, d: SupportsIndex | None = None) -> Objective:
    """Benchmark function by name.

    Parameters
    ----------
    name : str
        One of `names()`. Case, hyphens, underscores and spaces are ignored; alpine1, humpcamel3, humpcamel6,
        lunacek_bi_rastrigin, schwefel2.26 and numbers with and without a zero in front are known too.
    d : int, optional
        Dimension; if not given, 2 or the only one there is: functions of two variables such as himmelblau
        take no other, nor do hartmann3, hartmann6 and the shekels (4). Some need d >= 2.

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
    formula = definition.formula(dimension)
    given = definition.minimisers
    minimisers = np.asarray(given(dimension) if callable(given) else given, dtype=np.float64)
    minimisers = np.broadcast_to(minimisers, (len(minimisers), dimension))
    minimum_value = definition.minimum_value
    if minimum_value is None:
        minimum_value = float(formula(minimisers[:1].T)[0])
    elif isinstance(formula, SeparableSum):
        minimum_value *= dimension
    return Objective(
        name=canonical,
        d=dimension,
        bounds=np.broadcast_to(definition.box, (dimension, 2)),
        minimum_value=minimum_value,
        citation=definition.citation,
        formula=formula,
        minimisers=minimisers,
    )


def _key(name: str) -> str:
    return str(name).lower().translate(str.maketrans("", "", "-_ "))


_BY_KEY = {_key(name): name for name in _CATALOGUE} | _ALIASES


def _dimension(name: str, definition: Definition, d: SupportsIndex | None) -> int:
    """Return the dimension asked for, if the function has it."""
    fixed = len(definition.box) if definition.smallest_d == 0 else None
    if d is None:
        return fixed or 2
    expected = f"{fixed} or None" if fixed else f"an integer >= {definition.smallest_d}"
    try:
        dimension = operator.index(d)
    except TypeError:
        raise ValueError(f"d: got {d!r} for {name}, expected {expected}") from None
    if dimension != fixed if fixed else dimension < definition.smallest_d:
        raise ValueError(f"d: got {dimension} for {name}, expected {expected}")
    return dimension
