"""Distances between barcodes: GUDHI's for finite bars, births in order for essential ones."""

from __future__ import annotations

import math
from numbers import Real
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from morsebar._extras import require

__all__ = ["DistanceKind", "distance"]

DistanceKind: TypeAlias = Literal["bottleneck", "wasserstein"]


def distance(
    first: NDArray[np.float64], second: NDArray[np.float64], kind: DistanceKind, order: float
) -> float:
    """Return the distance of two diagrams, see `Barcode.distance`.

    Parameters
    ----------
    first, second : (n, 2) and (m, 2), births and deaths
    kind : "bottleneck" or "wasserstein"
    order : the p of the Wasserstein distance

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For another kind, or an order that is not a number of at least 1.
    ImportError
        If gudhi, or POT for "wasserstein", is missing (extra `distance`).

    Examples
    --------
    >>> import numpy as np
    >>> from morsebar.distances import distance
    >>> distance(np.array([[0.0, np.inf], [1.0, 4.0]]), np.array([[0.5, np.inf]]), "bottleneck", 1.0)
    1.5
    """
    if kind not in get_args(DistanceKind):
        raise ValueError(f"kind: expected 'bottleneck' or 'wasserstein', got {kind!r}")
    if not isinstance(order, Real) or not 1.0 <= order < math.inf:
        raise ValueError(f"order: expected a number of at least 1, got {order!r}")
    (finite, births), (other_finite, other_births) = _parts(first), _parts(second)
    if len(births) != len(other_births):
        return math.inf
    # On a line the matching in order is the best one for every order, and costs are those of the births.
    shifts = np.abs(births - other_births)
    if kind == "bottleneck":
        bottleneck = require("gudhi", "distance").bottleneck_distance(finite, other_finite)
        return float(max(bottleneck, shifts.max(initial=0.0)))
    require("ot", "distance")
    wasserstein = require("gudhi.wasserstein", "distance").wasserstein_distance(
        finite, other_finite, order=order, internal_p=np.inf
    )
    return float(np.linalg.norm(np.append(shifts, wasserstein), ord=order))


def _parts(diagram: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the finite bars of a diagram, and the sorted births of the essential ones."""
    essential = np.isinf(diagram[:, 1])
    return diagram[~essential], np.sort(diagram[essential, 0])
