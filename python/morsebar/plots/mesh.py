"""Values on a regular mesh: of a grid some of its rows, of scattered samples planes through the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy.spatial import cKDTree

from morsebar.graph import Grid
from morsebar.plots.style import FloatArray

if TYPE_CHECKING:
    from morsebar.landscape import Landscape

__all__ = ["Mesh", "regular_mesh"]

Mesh: TypeAlias = tuple[FloatArray, FloatArray, FloatArray]

#: Samples that are looked at; of more, some by lot, always the same.
_MAX_POINTS = 100_000
#: Samples that make a value, and how much a plane through them is flattened.
_NEAREST, _SLACK = 8, 1e-2


def regular_mesh(land: Landscape, side: int) -> Mesh | None:
    """Return the values of a landscape of two dimensions on a mesh with parallel axes.

    Parameters
    ----------
    land : Landscape
    side : int
        Points along each axis; at most that many of a grid.

    Returns
    -------
    x (k,), y (m,), values (k, m)
        Rising places and values there, NaN outside the domain; None where the samples have no area.

    Examples
    --------
    >>> import morsebar as mb
    >>> from morsebar.plots.mesh import regular_mesh
    >>> x, y, values = regular_mesh(mb.landscape(mb.objectives.himmelblau, n_samples=2500), 21)
    >>> x[[0, -1]].tolist(), values.shape
    ([-5.0, 5.0], (21, 21))
    """
    return _of_grid(land, side) if isinstance(land.graph, Grid) else _of_points(land, side)


def _of_grid(land: Landscape, side: int) -> Mesh | None:
    assert isinstance(land.graph, Grid)
    shape = land.graph.shape
    if len(shape) != 2 or min(shape) < 2:
        return None
    thin = tuple(np.unique(np.linspace(0, m - 1, min(m, side)).round().astype(int)) for m in shape)
    values = land.values.reshape(shape)[np.ix_(*thin)].astype(np.float64)
    points = land.points.reshape(*shape, 2)
    x, y = points[thin[0], 0, 0], points[0, thin[1], 1]
    # Samples that were given may lie anywhere, whatever their graph is.
    if (np.diff(x) <= 0).any() or (np.diff(y) <= 0).any():
        return None
    return x, y, np.where(np.isfinite(values), values, np.nan)


def _of_points(land: Landscape, side: int) -> Mesh | None:
    """Return local planes through the nearest samples; NaN where the nearest is outside."""
    n = land.n_samples
    kept = (
        np.arange(n) if n <= _MAX_POINTS else np.random.default_rng(0).choice(n, _MAX_POINTS, replace=False)
    )
    points, values = land.points[kept], land.values[kept].astype(np.float64)
    if n == 0:
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    if not (high > low).all():
        return None
    t = np.linspace(0, 1, side)
    places = np.stack(np.meshgrid(t, t, indexing="ij"), axis=-1).reshape(-1, 2)
    scaled = (points - low) / (high - low)
    _, nearest = cKDTree(scaled).query(places, k=min(_NEAREST, len(points)))
    nearest = np.reshape(nearest, (len(places), -1))
    found = values[nearest]
    inside = np.isfinite(found)
    found = np.where(inside, found, 0.0)
    offsets = scaled[nearest] - places[:, None]
    weights = inside / np.maximum((offsets**2).sum(axis=2), 1e-18)
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)
    # Of the plane that fits the nearest samples best, the nearer the weightier, the value at the place.
    center, mean = (weights[:, :, None] * offsets).sum(axis=1), (weights * found).sum(axis=1)
    offsets -= center[:, None]
    moments = np.einsum("ij,ijk,ijl->ikl", weights, offsets, offsets)
    # Samples may lie on a line, or a hair from it: no slope across it then.
    moments += (_SLACK * np.trace(moments, axis1=1, axis2=2) + 1e-300)[:, None, None] * np.eye(2)
    slopes = np.linalg.solve(moments, np.einsum("ij,ijk,ij->ik", weights, offsets, found)[:, :, None])
    fitted = mean - (center * slopes[:, :, 0]).sum(axis=1)
    lowest, highest = (
        np.where(inside, found, np.inf).min(axis=1),
        np.where(inside, found, -np.inf).max(axis=1),
    )
    fitted = np.where(inside[:, 0], np.clip(fitted, lowest, np.maximum(lowest, highest)), np.nan)
    x, y = low[:, None] + t * (high - low)[:, None]
    return x, y, fitted.reshape(side, side)
