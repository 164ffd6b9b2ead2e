"""Merge trees over surfaces: a function of two variables in relief, its minima and passes on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from morsebar._extras import require
from morsebar.plots.maps import quantile_levels
from morsebar.plots.marks import mark_critical
from morsebar.plots.mesh import regular_mesh
from morsebar.plots.standing_out import value_limits
from morsebar.plots.style import SADDLE, FloatArray, shades, titled
from morsebar.plots.trees import lowest_paths, path_key, tree_title

if TYPE_CHECKING:
    from mpl_toolkits.mplot3d import Axes3D

    from morsebar.landscape import Landscape

__all__ = ["surface"]

#: Points of the surface along each axis.
_SIDE = 201
_N_COLORS = 256
#: From where light comes, in the unit cube; and how bright what lies in the shadow is.
_LIGHT, _SHADOW = (-0.5, -0.4, 0.77), 0.55
#: Height of the box beside its sides.
_ASPECT = (4.0, 4.0, 2.4)


def surface(land: Landscape, ax: Axes3D | None = None) -> Axes3D:
    """Draw a landscape of two dimensions as a surface, its merge tree on it.

    Minima, saddles and the lowest paths between them lie on the surface at their values: which ones, and
    their numbers, are those of `morsebar.plots.merge_tree`. They are drawn also where a hill would hide them.
    Colours are those of the map, quantiles of the values. Walls that tower over all saddles are cut off, and
    the label of the axis of values says where. Large grids are thinned, and scattered samples interpolated,
    to 201 points an axis.

    Parameters
    ----------
    land : Landscape
        What to draw, of dimension 2.
    ax : Axes3D, optional
        Where to draw, as ``figure.add_subplot(projection="3d")`` makes it; by default a new figure. Turned by
        ``ax.view_init``, numbers keep their places and may come to cover one another.

    Returns
    -------
    Axes3D

    Raises
    ------
    ImportError
        If matplotlib is missing (extra `plot`).
    ValueError
        If the landscape is not two-dimensional, its samples have no area, or `ax` has no third axis.

    Examples
    --------
    >>> import morsebar as mb
    >>> from matplotlib.figure import Figure
    >>> land = mb.landscape(mb.objectives.himmelblau, n_samples=2500)
    >>> ax = land.plot_surface(Figure().add_subplot(projection="3d"))
    >>> ax.get_zlabel()
    'value, cut off at 166.4'
    """
    if land.d != 2:
        raise ValueError(f"land: expected a landscape of dimension 2, got {land.d}")
    if ax is not None and ax.name != "3d":
        raise ValueError(f"ax: expected Axes with projection '3d', got {ax.name!r}")
    mesh = regular_mesh(land, _SIDE)
    if mesh is None or not len(land.barcode):
        raise ValueError("land: expected samples that fill an area, got none, or all on a line")
    if ax is None:
        figure = require("matplotlib.pyplot", "plot").figure(figsize=(7.2, 6.0), layout="constrained")
        ax = figure.add_subplot(projection="3d")
    assert ax is not None
    low, high = value_limits(land.barcode)
    highest = float(land.values[np.isfinite(land.values)].max())
    top = min(highest, high + 0.6 * (high - low))
    # Else hills are drawn over what lies on them.
    ax.computed_zorder = False
    ax.set(
        xlabel="$x_1$", ylabel="$x_2$", zlabel="value" if top == highest else f"value, cut off at {top:.4g}"
    )
    ax.set(xlim=_ends(mesh[0]), ylim=_ends(mesh[1]), zlim=(low, max(top, np.nextafter(low, np.inf))))
    ax.set_box_aspect(_ASPECT)
    ax.view_init(elev=48, azim=-60)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_pane_color((1.0, 1.0, 1.0, 0.0))
    ax.grid(visible=False)
    _draw_relief(ax, mesh, land, top)
    halo = require("matplotlib.patheffects", "plot").withStroke(linewidth=3.2, foreground="white")
    for vertices in lowest_paths(land):
        places = np.column_stack([land.points[vertices], land.values[vertices]])
        ax.plot(*places.T, color=SADDLE, linewidth=1.7, path_effects=[halo], gid="path", zorder=3)
    titled(ax, land.name or "landscape", tree_title(land))
    keys = [*mark_critical(ax, land), path_key()]
    ax.legend(handles=keys, loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=3, frameon=False)
    return ax


def _ends(x: FloatArray) -> tuple[float, float]:
    return float(x[0]), float(x[-1])


def _draw_relief(
    ax: Axes3D, mesh: tuple[FloatArray, FloatArray, FloatArray], land: Landscape, top: float
) -> None:
    x, y, values = mesh
    levels = quantile_levels(np.ma.masked_invalid(land.values.astype(np.float64)))
    colors = shades(_N_COLORS)[
        np.nan_to_num(np.interp(values, levels, np.linspace(0, _N_COLORS - 1, len(levels)))).astype(np.intp)
    ]
    heights = np.minimum(values, top)
    # Normals in the box that is seen, whatever the units of the axes.
    low = np.nanmin(heights)
    scaled = _ASPECT[2] * (heights - low) / max(top - low, 1e-300)
    across, along = np.gradient(scaled, _ASPECT[0] / (len(x) - 1), _ASPECT[1] / (len(y) - 1))
    light = np.array(_LIGHT) / np.linalg.norm(_LIGHT)
    brightness = (light[2] - light[0] * across - light[1] * along) / np.sqrt(1.0 + across**2 + along**2)
    colors[..., :3] *= (_SHADOW + (1.0 - _SHADOW) * np.clip(brightness, 0.0, 1.0))[..., None]
    style: dict[str, Any] = {"shade": False, "linewidth": 0, "antialiased": False}
    ax.plot_surface(
        *np.meshgrid(x, y, indexing="ij"),
        heights,
        facecolors=colors,
        rcount=len(x),
        ccount=len(y),
        # As polygons it would be some MB of a vector format.
        rasterized=True,
        gid="surface",
        zorder=1,
        **style,
    )
