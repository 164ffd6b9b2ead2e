"""Values on a regular mesh: of a grid some of its rows, of scattered samples means of the nearest."""

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
    """Return means of the nearest samples, the nearer the weightier; NaN where the nearest is outside."""
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
    distances, nearest = cKDTree((points - low) / (high - low)).query(places, k=min(4, len(points)))
    distances, found = np.reshape(distances, (len(places), -1)), values[nearest].reshape(len(places), -1)
    inside = np.isfinite(found)
    weights = inside / np.maximum(distances, 1e-9) ** 2
    means = (weights * np.where(inside, found, 0.0)).sum(axis=1)
    means[inside[:, 0]] /= weights[inside[:, 0]].sum(axis=1)
    means[~inside[:, 0]] = np.nan
    x, y = low[:, None] + t * (high - low)[:, None]
    return x, y, means.reshape(side, side)
