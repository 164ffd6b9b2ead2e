"""Losses on planes through the parameters of a model, and how training went there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from morsebar._extras import require
from morsebar.plots.landscapes import draw_curve
from morsebar.plots.maps import draw_map
from morsebar.plots.marks import BELOW, mark_critical
from morsebar.plots.standing_out import numbers, rule
from morsebar.plots.style import INK, FloatArray, axes_for, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from morsebar.landscape import Landscape
    from morsebar.networks import LossPlane

__all__ = ["loss_plane"]

#: Marks of the points of a trajectory; more would run into one another.
_MOST_POINTS = 200
#: Of the first and the last point; yellow of the Okabe-Ito palette, beside which numbered discs stay legible.
_START: dict[str, Any] = {"marker": "^", "markersize": 9, "markerfacecolor": "white"}
_END: dict[str, Any] = {"marker": "*", "markersize": 21, "markerfacecolor": "#F0E442"}


def loss_plane(
    land: Landscape, plane: LossPlane, ax: Axes | None = None, *, trajectory: ArrayLike | None = None
) -> Axes:
    """Draw the landscape of a loss on a plane of one or two dimensions, and a training trajectory on it.

    Contours, or in one dimension the curve, and marks of minima and saddles are those of
    `morsebar.plots.landscape`; the labels of the axes say what the directions are. Each point of the
    trajectory is drawn where the plane is nearest to it (`LossPlane.project`), in one dimension at the loss
    there. The legend says how far from the plane the trajectory gets: what is far from the plane may have
    quite another loss.

    Parameters
    ----------
    land : Landscape
        What to draw: ``morsebar.landscape(plane, ...)``.
    plane : LossPlane
        What was sampled.
    ax : Axes, optional
        Where to draw; by default a new figure.
    trajectory : (m, D) array, optional
        Parameter vectors passed in training, in their order.

    Returns
    -------
    Axes

    Raises
    ------
    ImportError
        If matplotlib is missing (extra `plot`).
    ValueError
        If the plane has more than two dimensions, or not as many as the landscape; if the trajectory is not
        an (m, D) array of finite numbers, or has no points.

    Examples
    --------
    >>> import numpy as np
    >>> import morsebar as mb
    >>> from matplotlib.figure import Figure
    >>> from morsebar import plots
    >>> x = np.linspace(-2, 2, 9)
    >>> mlp = mb.networks.MLP((1, 2, 1), "tanh", biases="none", data=(x, np.sin(2 * x)), l2=0.01)
    >>> theta = [np.array([1.0, -1.0, 1.0, 2.0])]
    >>> for _ in range(100):
    ...     theta.append(theta[-1] - 0.1 * mlp.value_and_gradient(theta[-1:])[1][0])
    >>> plane = mb.networks.loss_plane(mlp, theta[-1], "principal", trajectory=theta)
    >>> land = mb.landscape(plane, n_samples=2500, sampler="grid")
    >>> ax = plots.loss_plane(land, plane, Figure().subplots(), trajectory=theta)
    >>> ax.get_xlabel()
    'principal axis 1, 95 % of the variance'
    """
    if plane.d not in (1, 2):
        raise ValueError(
            f"plane: got {plane.d} dimensions, expected 1 or 2; plot_projection and plot_profile draw "
            f"landscapes of more"
        )
    if land.d != plane.d:
        raise ValueError(f"land: got dimension {land.d}, expected that of the plane, {plane.d}")
    places = None if trajectory is None else _project(plane, trajectory)
    ax = axes_for(ax, figsize=(6.8, 5.6), layout="constrained")
    if plane.d == 2:
        draw_map(ax, land, numbers(land.barcode))
        ax.set(xlabel=plane.coordinate_names[0], ylabel=plane.coordinate_names[1])
    else:
        draw_curve(ax, land)
        ax.set(xlabel=plane.coordinate_names[0], ylabel="loss")
    keys = [] if places is None else _draw_trajectory(ax, *places)
    titled(ax, land.name or plane.name, rule(land.barcode))
    ax.legend(handles=[*mark_critical(ax, land), *keys], **BELOW)
    return ax


def _project(plane: LossPlane, trajectory: ArrayLike) -> tuple[FloatArray, float]:
    """Return where a trajectory is in the picture, (m, 2), and how far from the plane it gets."""
    rows = np.asarray(trajectory)
    if rows.ndim != 2 or rows.shape[1] != len(plane.center) or not len(rows):
        raise ValueError(f"trajectory: got shape {rows.shape}, expected (m, {len(plane.center)}) and m > 0")
    coordinates, distances = plane.project(rows)
    far = np.flatnonzero(~np.isfinite(distances))
    if len(far):
        raise ValueError(f"trajectory[{far[0]}]: got numbers that are not finite")
    if plane.d == 1:
        coordinates = np.column_stack([coordinates, plane(coordinates)])
    return coordinates, float(distances.max())


def _draw_trajectory(ax: Axes, places: FloatArray, distance: float) -> list[Line2D]:
    """Draw a trajectory within the limits of a picture; return the keys of a legend."""
    effects = require("matplotlib.patheffects", "plot")
    halo = [effects.withStroke(linewidth=3.6, foreground="white")]
    limits = ax.get_xlim(), ax.get_ylim()
    line: dict[str, Any] = {"color": INK, "linewidth": 1.5, "path_effects": halo}
    dots: dict[str, Any] = {"marker": "o", "markersize": 3.6} if len(places) <= _MOST_POINTS else {}
    label = f"trajectory, at most {distance:.2g} off the plane"
    ax.plot(*places.T, **line, **dots, label=label, gid="trajectory", zorder=4)
    ends: dict[str, Any] = {"color": INK, "markeredgewidth": 1.0, "linestyle": ""}
    # Below the discs of minima, whose numbers stay legible.
    ax.plot(*places[:1].T, **ends, **_START, label="its start", gid="start", zorder=5.5)
    ax.plot(*places[-1:].T, **ends, **_END, label="its end", gid="end", zorder=5.5)
    ax.set(xlim=limits[0], ylim=limits[1])
    return list(ax.lines[-3:])
