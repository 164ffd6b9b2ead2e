"""Functions with some of their variables minimised out by a solver."""

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from morsebar._arrays import is_integer, point_rows, read_only
from morsebar.networks.inner_check import check_inner_problem
from morsebar.networks.results import checked_values, name_of, values_and_gradients
from morsebar.networks.surface import LossSurface
from morsebar.objectives.formula import Floats
from morsebar.sampling import check_bounds, check_count, format_point

Solver: TypeAlias = Callable[[Any], ArrayLike]


class InnerMinimum(LossSurface):
    """Least values of a function over some of its variables, by the others; `minimise_out` makes it.

    Attributes
    ----------
    objective : callable
        The function, of points (n, d + k).
    solver : callable
        What finds the best k variables for points (n, d).
    over : (k,) int64 array, read-only
        Which coordinates of the function are minimised out, in the order of the solver.
    """

    def __init__(
        self,
        objective: Callable[[Any], ArrayLike],
        solver: Solver,
        bounds: NDArray[np.float64],
        over: NDArray[np.int64],
        names: Sequence[str],
    ) -> None:
        self.objective: Final = objective
        self.solver: Final = solver
        self.over: Final = read_only(over)
        self._kept: Final = read_only(np.setdiff1d(np.arange(len(bounds)), over))
        super().__init__(
            f"{name_of(objective)}, {len(over)} of {len(bounds)} variables minimised",
            len(self._kept),
            [names[i] for i in self._kept],
            bounds[self._kept],
        )

    def __repr__(self) -> str:
        """Say what is minimised over what."""
        return f"InnerMinimum({self.objective!r}, over={self.over.tolist()})"

    def lift(self, points: ArrayLike) -> Floats:
        """Full points: the given ones with the best of the other variables that go with them.

        Parameters
        ----------
        points : (n, d) array
            Taken as by a call.

        Returns
        -------
        (n, d + k) array
            Of the floating-point type that values would have.

        Raises
        ------
        ValueError
            If `points` is not an (n, d) array of real numbers, or the solver returns something else than an
            (n, k) array of finite ones.
        """
        rows = point_rows(points, self.d)
        full = np.empty((len(rows), self.d + len(self.over)), rows.dtype)
        full[:, self._kept] = rows
        full[:, self.over] = self._best(rows)
        return full

    def _values(self, rows: Floats) -> Floats:
        values = self.values_of(self.lift(rows))
        return values.astype(rows.dtype, copy=False)

    def _values_and_gradients(self, rows: Floats) -> tuple[Floats, Floats]:
        values, gradients = values_and_gradients(self.objective, self.lift(rows))
        return (
            values.astype(rows.dtype, copy=False),
            gradients[:, self._kept].astype(rows.dtype, copy=False),
        )

    def values_of(self, full: Floats) -> Floats:
        """Values (n,) of full points (n, d + k), checked to be such."""
        return checked_values(self.objective(full), len(full))

    def _best(self, rows: Floats) -> Floats:
        """Ask the solver, and check what it says."""
        shape = (len(rows), len(self.over))
        if len(rows) == 0:
            return np.empty(shape, rows.dtype)
        answer = np.asarray(self.solver(rows.copy()))
        if answer.shape != shape or answer.dtype.kind not in "biuf":
            raise ValueError(
                f"solver: expected real numbers of shape {shape} for points of shape {rows.shape}, "
                f"got {answer.dtype} of shape {answer.shape}"
            )
        bad = ~np.isfinite(answer).all(axis=1)
        if bad.any():
            i = int(bad.argmax())
            raise ValueError(
                f"solver: expected finite numbers, got {format_point(answer[i])} at {format_point(rows[i])}"
            )
        best: Floats = answer.astype(rows.dtype, copy=False)
        return best


def minimise_out(
    objective: Callable[[Any], ArrayLike],
    solver: Solver,
    bounds: ArrayLike | None = None,
    *,
    over: Sequence[int | str],
    n_checks: int = 200,
    tolerance: float = 1e-9,
    random_state: int = 0,
) -> InnerMinimum:
    """Minimise variables out in which a function is convex: fewer dimensions, the same barcode.

    If f(w, v) is continuous, and quasi-convex in v for every w, then h(w) = inf_v f(w, v) has the same bars
    as f, in every degree: a sublevel set of f lies over that of h, and over each point it is convex. Local
    minima of h are those of f if the minimiser is unique and depends continuously on w.

    Convexity cannot be proved from values, but it can be refuted. For a sample of w drawn in the box, f is
    evaluated along segments between the solver's v and others drawn in the box, and between these; where it
    rises and falls again, or falls below the solver's value, the problem is refused.

    Parameters
    ----------
    objective : callable
        Takes points (n, d + k) and returns their values (n,): any loss surface or objective.
    solver : callable
        Takes points (n, d), the coordinates that are kept in their order, and returns the best v (n, k).
    bounds : (d + k, 2) array, optional
        A box of full points; by default that of the objective. The check draws from it, and its rows of w
        are the box of the result. The solver may go beyond the rows of v: if these are bounds of f, it must
        return the minimiser within them.
    over : sequence of k int or str
        Coordinates that are minimised out, in the order in which the solver returns them: their numbers, from
        the end if negative, or their names, if the objective has ``coordinate_names``.
    n_checks : int
        How many w are checked.
    tolerance : float
        By how much a value may be wrong, as a share of the largest seen for its w: an iterative solver needs
        some.
    random_state : int
        Seed of the check.

    Returns
    -------
    InnerMinimum
        A loss surface of the d variables that are left. Its method `lift` gives the full points.

    Raises
    ------
    ValueError
        If the inner problem is seen not to be quasi-convex, or the solver not to solve it, naming w; for NaN;
        and for other arguments than above.

    Notes
    -----
    The check takes 54 evaluations of f for every w, in blocks of 16 MiB of points. A call takes one of the
    solver and one of f.

    Gradients are those of f at the minimiser (the envelope theorem). They are there if the objective has
    `value_and_gradient` or `gradient`, and right where the minimiser is unique.

    Examples
    --------
    >>> import numpy as np
    >>> import morsebar as mb
    >>> def f(points):
    ...     w, v = points.T
    ...     return (w**2 - 1) ** 2 + w / 4 + (1 + w**2) * (v - np.sin(3 * w)) ** 2
    >>> h = mb.networks.minimise_out(f, lambda w: np.sin(3 * w), [(-2, 2), (-3, 3)], over=[1])
    >>> mb.landscape(h, n_samples=10_001).barcode.diagram.round(3).tolist()
    [[-0.254, inf], [0.246, 1.008]]
    >>> h.lift([[-1.0]]).round(3)
    array([[-1.   , -0.141]])

    What has two minima over v for some w is refused:

    >>> mb.networks.minimise_out(f, np.sign, [(-2, 2), (-3, 3)], over=[0])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: objective: not convex in the variables minimised out, for the others (...): ...
    """
    if not callable(objective):
        raise ValueError(f"objective: expected a callable, got {objective!r}")
    if not callable(solver):
        raise ValueError(f"solver: expected a callable, got {solver!r}")
    if bounds is None:
        bounds = getattr(objective, "bounds", None)
    if bounds is None:
        raise ValueError("bounds: expected shape (d + k, 2), got None for an objective without bounds")
    box = check_bounds(bounds)
    names = getattr(objective, "coordinate_names", None) or [f"x{i}" for i in range(len(box))]
    if len(names) != len(box):
        raise ValueError(f"bounds: got shape {box.shape}, expected ({len(names)}, 2)")
    if not (isinstance(tolerance, Real) and 0 <= tolerance < 1):
        raise ValueError(f"tolerance: expected a number from 0 to 1, got {tolerance!r}")
    minimum = InnerMinimum(objective, solver, box, _coordinates(over, list(names)), names)
    check_inner_problem(
        minimum,
        box,
        check_count("n_checks", n_checks),
        tolerance,
        check_count("random_state", random_state, lowest=0),
    )
    return minimum


def _coordinates(over: Sequence[int | str], names: list[str]) -> NDArray[np.int64]:
    """Numbers of the coordinates that are minimised out."""
    d = len(names)
    if isinstance(over, str) or np.ndim(over) != 1 or len(over) == 0:
        raise ValueError(f"over: expected a sequence of numbers or names of coordinates, got {over!r}")
    found = []
    for item in over:
        if item in names:
            found.append(names.index(str(item)))
        elif is_integer(item) and -d <= int(item) < d:
            found.append(int(item) % d)
        else:
            raise ValueError(
                f"over: expected names of coordinates, or numbers from {-d} to {d - 1}, got {item!r}"
            )
    if len(set(found)) != len(found):
        raise ValueError(f"over: expected every coordinate once, got {over!r}")
    if len(found) == d:
        raise ValueError(f"over: got all {d} coordinates, expected some to be left")
    return np.array(found)
