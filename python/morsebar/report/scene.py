"""The map of a report: where the samples, minima and saddles lie, in one plane."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from morsebar.landscape import Landscape
from morsebar.minima_barcode import MinimaBarcode
from morsebar.plots.mesh import regular_mesh
from morsebar.report.pack import packed

__all__ = ["scene"]

FloatArray: TypeAlias = NDArray[np.float64]

_MAX_POINTS = 100_000
_MAX_CURVE_CHUNKS = 2_400
_SIDE = 121
_N_LEVELS = 16


def scene(land: Landscape, bars: MinimaBarcode) -> dict[str, Any]:
    """Return the map of a landscape as plain texts and packed arrays.

    In one dimension it is the graph of the function, in two dimensions its contours, above the projection
    on the two principal axes of the minima. Contour levels are quantiles of the values. Of large samples a
    random choice is kept, in random order, always the same.

    Parameters
    ----------
    land : Landscape
    bars : the bars of the report, longest first; samples of other bars count to their nearest ancestor here

    Returns
    -------
    dict
        ``axes``: two titles; ``ranges``: two pairs; ``points``: ``x``, ``y`` and ``bar``, the index of the
        bar; ``minima``, ``saddles``: ``x`` and ``y``; ``curve`` or ``contours`` for d = 1 and d = 2.

    Examples
    --------
    >>> import morsebar as mb
    >>> land = mb.landscape(mb.objectives.himmelblau, n_samples=2500)
    >>> scene(land, land.barcode)["axes"]
    ['x1', 'x2']
    """
    inside = np.flatnonzero(np.isfinite(land.values))
    rng = np.random.default_rng(0)
    chosen = rng.permutation(inside) if len(inside) <= _MAX_POINTS else rng.choice(inside, _MAX_POINTS, False)
    project, axes = _projection(land, bars)
    places = {
        "points": project(land.points[chosen], land.values[chosen]),
        "minima": project(land.points[bars.minima], bars.births),
        # Essential bars have no saddle: theirs is never drawn.
        "saddles": project(land.points[bars.saddles.clip(min=0)], bars.deaths),
    }
    content: dict[str, Any] = {
        name: {"x": packed(xy[:, 0], "<f4"), "y": packed(xy[:, 1], "<f4")} for name, xy in places.items()
    }
    content["points"]["bar"] = packed(_owners(land, bars, chosen), "<u4")
    content |= {"axes": axes, "ranges": _ranges(land, bars, places)}
    if land.d == 1:
        content["curve"] = _curve(land)
    elif land.d == 2 and (contours := _contours(land)) is not None:
        content["contours"] = contours
    return content


class _Plane:
    """From points and values to the plane of the map."""

    def __init__(self, center: FloatArray, scale: FloatArray, directions: FloatArray) -> None:
        self.center, self.scale, self.directions = center, scale, directions

    def __call__(self, points: FloatArray, values: NDArray[Any]) -> FloatArray:
        if points.shape[1] == 1:
            return np.column_stack([points[:, 0], values.astype(np.float64)])
        placed: FloatArray = (points - self.center) / self.scale @ self.directions
        return placed


def _projection(land: Landscape, bars: MinimaBarcode) -> tuple[_Plane, list[str]]:
    d = land.d
    identity = _Plane(np.zeros(d), np.ones(d), np.eye(d, min(d, 2)))
    if d == 1:
        return identity, ["x1", "value"]
    long = bars.significant()
    minima = land.points[(long if len(long) > 2 else bars).minima]
    if d == 2 or len(minima) < 3:
        return identity, ["x1", "x2"]
    # Axes may have different units: they are compared by the width of the box.
    box = np.column_stack([minima.min(axis=0), minima.max(axis=0)]) if land.bounds is None else land.bounds
    width = box[:, 1] - box[:, 0]
    width[width == 0.0] = 1.0
    center = minima.mean(axis=0)
    _, spread, directions = np.linalg.svd((minima - center) / width, full_matrices=False)
    if not spread[0] > 0.0:
        return identity, ["x1", "x2"]
    # Singular vectors have no sign of their own: the largest entry is made positive.
    rows = directions[:2]
    rows = rows * np.sign(rows[np.arange(2), np.abs(rows).argmax(axis=1)])[:, None]
    share = spread**2 / np.sum(spread**2)
    titles = [f"principal axis {i + 1} of the minima ({share[i]:.0%} of variance)" for i in range(2)]
    return _Plane(center, width, rows.T), titles


def _owners(land: Landscape, bars: MinimaBarcode, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the bar, by index, of every chosen sample."""
    every = land.barcode
    owner = indices_of(land.tree.cut(min_persistence=0.0)[chosen], every.minima)
    above = indices_of(every.parents, every.minima)
    # Bars left out are the shortest, and a parent is never shorter than its child.
    while (owner >= len(bars)).any():
        owner = np.where(owner >= len(bars), above[owner], owner)
    return owner


def indices_of(vertices: NDArray[np.int64], minima: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the index of every vertex among the minima, -1 for vertex -1."""
    order = np.argsort(minima)
    found = order[np.searchsorted(minima, vertices, sorter=order).clip(max=len(minima) - 1)]
    return np.where(vertices < 0, -1, found)


def _ranges(land: Landscape, bars: MinimaBarcode, places: dict[str, FloatArray]) -> list[list[float]]:
    if land.d == 2 and land.bounds is not None:
        return [[float(low), float(high)] for low, high in land.bounds]
    points = places["points"] if len(places["points"]) else np.zeros((1, 2))
    low, high = points.min(axis=0), points.max(axis=0)
    if land.d == 1 and len(bars):
        # Walls that tower over all saddles are cut off, so that the wells stay visible.
        deaths = bars.deaths[np.isfinite(bars.deaths)]
        low[1] = bars.births.min()
        top = float(deaths.max(initial=low[1]))
        if top > low[1]:
            high[1] = min(float(high[1]), top + 0.6 * (top - low[1]))
    margin = np.where(high > low, 0.04 * (high - low), 0.5)
    ranges: list[list[float]] = np.column_stack([low - margin, high + margin]).tolist()
    return ranges


def _curve(land: Landscape) -> dict[str, Any]:
    """Return lowest and highest point in each of many chunks along the axis: the curve looks the same."""
    order = np.argsort(land.points[:, 0], kind="stable")
    x, values = land.points[order, 0], land.values[order].astype(np.float64)
    values[~np.isfinite(values)] = np.nan
    chunk = -(-len(x) // _MAX_CURVE_CHUNKS)
    if chunk > 2:
        starts = np.arange(0, len(x), chunk)
        full = np.full(len(starts) * chunk, np.nan)
        full[: len(values)] = values
        rows = full.reshape(-1, chunk)
        lowest = np.where(np.isnan(rows), np.inf, rows).argmin(axis=1)
        highest = np.where(np.isnan(rows), -np.inf, rows).argmax(axis=1)
        kept = np.unique(np.concatenate([starts + lowest, starts + highest]))
        x, values = x[kept], values[kept]
    return {"x": packed(x, "<f8"), "y": packed(values, "<f8")}


def _contours(land: Landscape) -> dict[str, Any] | None:
    """Return values on a regular mesh as quantiles, and the values of some quantiles; None without area."""
    mesh = regular_mesh(land, _SIDE)
    if mesh is None:
        return None
    x, y, values = mesh
    known = np.isfinite(values)
    if not known.any():
        return None
    levels = np.quantile(values[known], np.linspace(0, 1, _N_LEVELS + 1))
    # np.interp needs rising levels: of equal ones the last counts.
    rising = np.append(np.diff(levels) > 0, True)
    quantiles = np.full(values.shape, np.nan)
    quantiles[known] = np.interp(values[known], levels[rising], np.linspace(0, 1, _N_LEVELS + 1)[rising])
    return {
        "x": packed(x, "<f4"),
        "y": packed(y, "<f4"),
        "z": packed(quantiles.T, "<f4"),
        "levels": [f"{level:.3g}" for level in levels[::4]],
        "is_smooth": _is_smooth(quantiles),
    }


def _is_smooth(quantiles: FloatArray) -> bool:
    """Whether neighbours on the mesh differ by less than a level: else contours would be everywhere."""
    steps = np.concatenate([np.diff(quantiles, axis=axis).ravel() for axis in (0, 1)])
    steps = np.abs(steps[np.isfinite(steps)])
    return bool(steps.mean() < 1 / _N_LEVELS) if steps.size else True
