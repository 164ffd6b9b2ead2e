"""Planes through the parameters of a model, by the ways in which their directions are chosen."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._wording import counted
from morsebar.networks.directions import Shapes, filter_normalised, leading_eigenvectors, principal_axes
from morsebar.networks.plane import MOST_DIRECTIONS, LossPlane, check_center, check_rows
from morsebar.networks.results import name_of
from morsebar.sampling import check_choice, check_count

Ways: TypeAlias = Literal["random", "hessian", "principal", "solutions"]

_NEEDS: Final = {"random": "shapes", "principal": "trajectory", "solutions": "solutions"}

# Part of the extent of a trajectory, or of solutions, that the box has more on each side.
_MARGIN = 0.25


def loss_plane(
    objective: Callable[[Any], ArrayLike],
    center: ArrayLike,
    directions: Ways | ArrayLike = "random",
    d: int | None = None,
    *,
    bounds: float | ArrayLike | None = None,
    seed: int = 0,
    shapes: Shapes | None = None,
    trajectory: ArrayLike | None = None,
    solutions: ArrayLike | None = None,
) -> LossPlane:
    """Restrict an objective of many parameters to a plane of one to four dimensions, for `landscape`.

    Parameters
    ----------
    objective : callable
        Takes parameter vectors (n, D) and returns n values, as a `LossSurface` does.
    center : (D,) array
        The parameter vector at the origin of the plane: the end of training, say.
    directions : "random", "hessian", "principal", "solutions" or (d, D) array
        - ``"random"``: independent Gaussian directions, filter-normalised as in Li et al., "Visualizing the
          loss landscape of neural nets" (arXiv:1712.09913): each filter of a direction is scaled to the
          length of the same filter of the center. A filter is ``tensor[i]`` of a weight tensor of two or more
          dimensions: what leads into one unit. Tensors of one dimension, biases and the parameters of batch
          norm, stay as they are in the center. A step of 1 changes weights by as much as they are. Where
          weights are stored inputs first, as flax does, a filter is what leads out of one unit instead.
        - ``"hessian"``: orthonormal eigenvectors of the Hessian matrix at the center with the largest
          eigenvalues, by Lanczos (`scipy.sparse.linalg.eigsh`) on products with it. The entry of each that is
          largest in absolute value is positive.
        - ``"principal"``: orthonormal principal axes of `trajectory` around the center, with signs likewise.
        - ``"solutions"``: the affine plane through the center and `solutions`. Coordinates are barycentric:
          the center is at 0, solution i where coordinate i is 1 and the others are 0.
        - an array: its rows, as they are.
    d : int, optional
        How many directions, 1 to 4: by default 2; of an array or of solutions as many as there are.
    bounds : float or (d, 2) array, optional
        The box of the plane; a number r stands for [-r, r] on every axis. By default 1, or, of principal axes
        and solutions, the box that holds trajectory or solutions and the center, with a quarter of its width
        added on every side.
    seed : int
        Of random directions and of the vector that Lanczos starts from.
    shapes : sequence of tuple of int, optional
        The shapes of the parameter tensors in their order, for random directions: by default those of the
        objective. ``[(1, D)]`` makes all parameters one filter.
    trajectory : (m, D) array
        Parameter vectors passed in training, for principal axes.
    solutions : (d, D) array
        Other parameter vectors, for the plane through them.

    Returns
    -------
    LossPlane
        With what is known of its directions: `eigenvalues`, `explained_variance`, `coordinate_names`.

    Raises
    ------
    ValueError
        For arguments that are not as above, that are missing or have no part in the directions asked for; for
        random directions without shapes, the Hessian matrix of an objective without `hessian_vector_product`
        or with products that are not finite; for directions that are zero or linearly dependent.
    RuntimeError
        If Lanczos does not converge.

    Notes
    -----
    Minima of the plane need not be minima of the objective, and barriers on the plane are at least as high as
    those of the objective: beside the plane there may be lower ways.

    Random directions and those between solutions take O(d D) time, principal axes O(m^2 D) for m < D points,
    eigenvectors some tens to hundreds of products with the Hessian matrix and memory for 20 vectors.

    Examples
    --------
    >>> import numpy as np
    >>> import morsebar as mb
    >>> x = np.linspace(-2, 2, 9)
    >>> mlp = mb.networks.MLP((1, 2, 1), "tanh", biases="none", data=(x, np.sin(2 * x)), l2=0.01)
    >>> best = np.array([2.1, -0.5, 1.6, 2.6])
    >>> plane = mb.networks.loss_plane(mlp, best, "solutions", solutions=[best[[1, 0, 3, 2]]])
    >>> plane
    LossPlane(MLP 1-2-1 through 2 solutions, 4 parameters)
    >>> land = mb.landscape(plane, n_samples=1001, sampler="grid")
    >>> len(land.barcode), plane.lift(land.minimum_points).shape
    (2, (2, 4))
    >>> mb.networks.loss_plane(mlp, best, "hessian").eigenvalues.shape
    (2,)
    """
    if not callable(objective):
        raise ValueError(f"objective: expected a callable, got {objective!r}")
    at = check_center(center, objective)
    given = {"shapes": shapes, "trajectory": trajectory, "solutions": solutions}
    if not isinstance(directions, str):
        _refuse_others(given, None, "an array of directions")
        rows = check_rows("directions", directions, len(at))
        _check_number(d, len(rows), "directions")
        return LossPlane(objective, at, rows, _box(bounds, len(rows)))
    check_choice("directions", directions, Ways)
    _refuse_others(given, _NEEDS.get(directions), f"directions={directions!r}")
    name = name_of(objective)
    if directions == "solutions":
        others = check_rows("solutions", _needed("solutions", solutions), len(at))
        _check_number(d, len(others), "solutions")
        offsets = others - at
        for i, offset in enumerate(offsets):
            if not offset.any():
                raise ValueError(f"solutions[{i}]: got the center, expected another parameter vector")
        return LossPlane(
            objective,
            at,
            offsets,
            _box(bounds, len(others), np.eye(len(others))),
            name=f"{name} through {len(others) + 1} solutions",
            coordinate_names=[f"part of solution {i}" for i in range(1, len(others) + 1)],
        )
    d = 2 if d is None else check_count("d", d)
    most = min(MOST_DIRECTIONS, len(at))
    if d > most:
        raise ValueError(f"d: got {d}, expected at most {most} for {counted(len(at), 'parameter')}")
    numbers = range(1, d + 1)
    check_count("seed", seed, lowest=0)
    if directions == "random":
        return LossPlane(
            objective,
            at,
            filter_normalised(at, _shapes_of(objective, shapes), d, seed),
            _box(bounds, d),
            name=f"{name} along {counted(d, 'random direction')}",
            coordinate_names=[f"random direction {i}" for i in numbers],
        )
    if directions == "hessian":
        method = getattr(objective, "hessian_vector_product", None)
        if method is None:
            raise ValueError(f"objective: got {name}, expected an objective with hessian_vector_product")
        eigenvalues, rows = leading_eigenvectors(partial(method, at), len(at), d, seed)
        return LossPlane(
            objective,
            at,
            rows,
            _box(bounds, d),
            name=f"{name} along {counted(d, 'eigenvector')} of its Hessian matrix",
            coordinate_names=[
                f"eigenvector {i}, eigenvalue {value:.3g}"
                for i, value in zip(numbers, eigenvalues, strict=True)
            ],
            eigenvalues=eigenvalues,
        )
    offsets = check_rows("trajectory", _needed("trajectory", trajectory), len(at)) - at
    rows, shares = principal_axes(offsets, d)
    return LossPlane(
        objective,
        at,
        rows,
        _box(bounds, d, offsets @ rows.T),
        name=f"{name} along {counted(d, 'principal axis', 'principal axes')} of training",
        coordinate_names=[
            f"principal axis {i}, {100 * share:.0f} % of the variance"
            for i, share in zip(numbers, shares, strict=True)
        ],
        explained_variance=shares,
    )


def _refuse_others(given: Mapping[str, object], taken: str | None, way: str) -> None:
    """Refuse arguments that have no part in the way asked for."""
    for name, value in given.items():
        if value is not None and name != taken:
            raise ValueError(f"{name}: expected None with {way}")


def _needed(name: str, rows: ArrayLike | None) -> ArrayLike:
    if rows is None:
        raise ValueError(f"{name}: got None, expected parameter vectors (m, D)")
    return rows


def _check_number(d: int | None, number: int, name: str) -> None:
    if d is not None and d != number:
        raise ValueError(f"d: got {d} with {number} {name}, expected None or as many")


def _shapes_of(objective: object, shapes: Shapes | None) -> Shapes:
    found = getattr(objective, "shapes", None) if shapes is None else shapes
    if found is None:
        raise ValueError(
            f"shapes: got None for {name_of(objective)}, which has no shapes of its own, expected those of "
            f"its parameter tensors; [(1, D)] makes all D parameters one filter"
        )
    try:
        return tuple(tuple(check_count("shapes", side, lowest=0) for side in shape) for shape in found)
    except TypeError:
        raise ValueError(f"shapes: expected a sequence of tuples of int, got {found!r}") from None


def _box(bounds: float | ArrayLike | None, d: int, held: NDArray[np.float64] | None = None) -> ArrayLike:
    """Return the box asked for, or one that holds the origin and other coordinates (m, d)."""
    if bounds is None and held is not None:
        low, high = held.min(axis=0, initial=0.0), held.max(axis=0, initial=0.0)
        margins = _MARGIN * (high - low)
        return np.column_stack([low - margins, high + margins])
    box = np.asarray(1.0 if bounds is None else bounds)
    if box.ndim == 0 and box.dtype.kind in "iuf":
        return np.array([[-float(box), float(box)]] * d)
    return box
