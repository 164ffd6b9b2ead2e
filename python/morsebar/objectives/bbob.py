"""The noiseless functions of COCO/BBOB, through the package ioh (extra `ioh`)."""

import operator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, SupportsIndex

import numpy as np

from morsebar._extras import require
from morsebar.objectives.formula import Floats
from morsebar.objectives.objective import Objective

_CITATION = (
    "N. Hansen, S. Finck, R. Ros, A. Auger, Real-parameter black-box optimization benchmarking 2009: "
    "noiseless functions definitions, INRIA RR-6829, f{fid}; evaluated by ioh: J. de Nobel, F. Ye, "
    "D. Vermetten, H. Wang, C. Doerr, T. Baeck, IOHexperimenter, Evolutionary Computation 32 (2024), 205-210"
)


def bbob(fid: SupportsIndex, instance: SupportsIndex = 1, d: SupportsIndex = 2) -> Objective:
    """Noiseless function of the BBOB suite of COCO, as the package ioh computes it.

    Parameters
    ----------
    fid : int
        Number of the function, 1 to 24; 21 and 22 are Gallagher's peaks.
    instance : int
        Number of the instance, from 1: it shifts, rotates and lifts the function.
    d : int
        Dimension, at least 2.

    Returns
    -------
    Objective
        On the box [-5, 5]^d, with its known minimum. Values are computed in float64 and then take the type of
        the points. The gradient is not known.

    Raises
    ------
    ImportError
        If ioh is missing (extra `ioh`).
    ValueError
        If a number is out of its range.

    Notes
    -----
    N. Hansen, S. Finck, R. Ros, A. Auger, Real-parameter black-box optimization benchmarking 2009: noiseless
    functions definitions, INRIA RR-6829. Calls share one problem of ioh; they hold the interpreter's lock.

    Examples
    --------
    >>> import morsebar as mb
    >>> sphere = mb.objectives.bbob(1, instance=1, d=2)
    >>> sphere.minima, sphere(sphere.minima)
    (array([[ 0.2528, -1.1568]]), array([79.48]))
    """
    problem = _Problem(_whole("fid", fid, 1, 24), _whole("instance", instance, 1), _whole("d", d, 2))
    known = problem.load()
    return Objective(
        name=f"bbob f{problem.fid} {known.meta_data.name}, instance {problem.instance}",
        d=problem.d,
        bounds=np.tile([-5.0, 5.0], (problem.d, 1)),
        minimum_value=float(known.optimum.y),
        citation=_CITATION.format(fid=problem.fid),
        formula=problem,
        minimisers=np.array([known.optimum.x]),
    )


@dataclass(frozen=True)
class _Problem:
    """A problem of ioh by its numbers: these can be pickled, and it cannot."""

    fid: int
    instance: int
    d: int
    gradient: None = None

    def __call__(self, x: Floats, /) -> Floats:
        """Values (m,) of coordinates (d, m)."""
        values = self.load()(np.ascontiguousarray(x.T, dtype=np.float64))
        return np.asarray(values).astype(x.dtype)

    def load(self) -> Any:  # noqa: ANN401  # a class of ioh, which may be missing
        """Return the problem itself."""
        return _load(self.fid, self.instance, self.d)


@lru_cache(maxsize=64)
def _load(fid: int, instance: int, d: int) -> Any:  # noqa: ANN401
    ioh = require("ioh", "ioh")
    return ioh.get_problem(fid, instance, d, ioh.ProblemClass.BBOB)


def _whole(name: str, number: SupportsIndex, lowest: int, highest: int | None = None) -> int:
    expected = f"an integer >= {lowest}" if highest is None else f"an integer from {lowest} to {highest}"
    try:
        whole = operator.index(number)
    except TypeError:
        raise ValueError(f"{name}: got {number!r}, expected {expected}") from None
    if whole < lowest or (highest is not None and whole > highest):
        raise ValueError(f"{name}: got {whole}, expected {expected}")
    return whole
