"""Directions in which to look at a loss: random ones, of curvature, of a trajectory."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from morsebar.networks.results import checked_rows
from morsebar.objectives.formula import Floats

Float64s = NDArray[np.float64]
Shapes = Sequence[Sequence[int]]

# Of so few parameters the Hessian matrix itself is made: Lanczos needs about as many products.
_FEW_PARAMETERS = 40
_MOST_RESTARTS = 300


def filter_normalised(center: Float64s, shapes: Shapes, d: int, seed: int) -> Float64s:
    """Draw d Gaussian directions, each of whose filters is as long as that of the center.

    A filter is ``tensor[i]`` of a tensor of two or more dimensions; tensors of one dimension or none, biases
    and scales, do not move: the directions are zero there.

    Raises
    ------
    ValueError
        If the shapes are not those of as many numbers as the center has, or no filter has a length.
    """
    sizes = [math.prod(shape) for shape in shapes]
    if sum(sizes) != len(center):
        raise ValueError(f"shapes: got {sum(sizes)} parameters in all, expected {len(center)}")
    directions = np.random.default_rng(seed).standard_normal((d, len(center)))
    start = 0
    for shape, size in zip(shapes, sizes, strict=True):
        here = slice(start, start + size)
        start += size
        if len(shape) < 2:
            directions[:, here] = 0.0
        elif size > 0:
            wanted = np.linalg.norm(center[here].reshape(shape[0], -1), axis=-1)
            filters = directions[:, here].reshape(d, shape[0], -1)
            filters *= (wanted / np.linalg.norm(filters, axis=-1))[..., np.newaxis]
    if not directions.any():
        raise ValueError(
            "center: got no weights but zeros in tensors of two or more dimensions, whose filters random "
            "directions are scaled to"
        )
    return directions


def leading_eigenvectors(
    product: Callable[[Float64s], Any], size: int, d: int, seed: int
) -> tuple[Float64s, Float64s]:
    """Return the d largest eigenvalues of a symmetric matrix, falling, and their eigenvectors (d, size).

    Parameters
    ----------
    product : callable
        Takes vectors (m, size) and returns the products of the matrix with them.
    size, d, seed : int
        Rows of the matrix, how many eigenvectors, and the seed of the vector that Lanczos starts from.

    Raises
    ------
    RuntimeError
        If Lanczos does not converge.
    ValueError
        If products are not finite, or no products of these vectors.
    """

    def checked(vectors: Float64s) -> Floats:
        products = checked_rows(product(vectors), vectors.shape, "products with the Hessian matrix")
        if not np.isfinite(products).all():
            raise ValueError(
                "objective: got products with the Hessian matrix at the center that are not finite"
            )
        return products

    if size <= _FEW_PARAMETERS:
        values, vectors = np.linalg.eigh(np.asarray(checked(np.eye(size)), dtype=np.float64))
        return values[: -d - 1 : -1], same_signs(vectors.T[: -d - 1 : -1])
    start = np.random.default_rng(seed).standard_normal(size)
    # What rounding of the products allows.
    tolerance = math.sqrt(np.finfo(checked(start[np.newaxis]).dtype).eps)
    matrix = LinearOperator(
        (size, size), matvec=lambda v: checked(v.reshape(1, -1))[0].astype(np.float64), dtype=np.float64
    )
    try:
        values, vectors = eigsh(matrix, d, which="LA", v0=start, tol=tolerance, maxiter=_MOST_RESTARTS)
    except ArpackNoConvergence as error:
        raise RuntimeError(
            f"directions: {len(error.eigenvalues)} of {d} eigenvectors of the Hessian matrix converged in "
            f"{_MOST_RESTARTS} restarts of Lanczos"
        ) from error
    order = np.argsort(-values)
    return values[order], same_signs(vectors.T[order])


def principal_axes(offsets: Float64s, d: int) -> tuple[Float64s, Float64s]:
    """Return the first d principal axes (d, D) of offsets (m, D), and the share of their squares on each.

    Raises
    ------
    ValueError
        If the offsets span less than d dimensions.
    """
    _, lengths, axes = np.linalg.svd(offsets, full_matrices=False)
    rank = int(
        np.count_nonzero(lengths > lengths.max(initial=0.0) * max(offsets.shape) * np.finfo(float).eps)
    )
    if rank < d:
        raise ValueError(
            f"trajectory: got points that span {rank} dimensions around the center, expected at least {d}"
        )
    return same_signs(axes[:d]), lengths[:d] ** 2 / np.sum(lengths**2)


def same_signs(rows: Float64s) -> Float64s:
    """Turn rows so that the entry of each that is largest in absolute value is positive."""
    largest = np.abs(rows).argmax(axis=1)
    turned: Float64s = rows * np.sign(rows[np.arange(len(rows)), largest])[:, np.newaxis]
    return turned
