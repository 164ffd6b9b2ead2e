"""The order of minima along the horizontal axis of a disconnectivity graph."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["leaf_order"]


def leaf_order(deaths: NDArray[np.float64], parents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of every minimum, from left to right, such that no two branches cross.

    Branches that join a minimum low stand next to it, those that join high stand outside them, each on the
    side with fewer minima: a minimum stands near the middle of all that joins it, the global minimum near
    the middle of its component. Leaving out bars from the end keeps what is left free of crossings. The
    graphs are those of Becker and Karplus (J. Chem. Phys. 106, 1997).

    Parameters
    ----------
    deaths : (n,) value at which every bar dies, inf where it is essential
    parents : (n,) index of the bar that each joins, its own where it is essential; lower than its own
        elsewhere

    Returns
    -------
    (n,) int64, a permutation

    Notes
    -----
    O(n log n).

    Examples
    --------
    >>> import numpy as np
    >>> leaf_order(np.array([np.inf, 5.0, 4.0, 2.0]), np.array([0, 0, 0, 1])).tolist()
    [2, 1, 3, 0]
    """
    n = len(deaths)
    parent = parents.tolist()
    sizes = [1] * n
    for bar in range(n - 1, -1, -1):
        if parent[bar] != bar:
            sizes[parent[bar]] += sizes[bar]
    first, last = [0] * n, [0] * n
    used_left, used_right = [0] * n, [0] * n
    start = 0
    # By falling death: every bar comes after its parent and after those that must stand outside it.
    for bar in np.argsort(-deaths, kind="stable").tolist():
        above = parent[bar]
        if above == bar:
            first[bar] = start
            start += sizes[bar]
        elif used_left[above] <= used_right[above]:
            first[bar] = first[above]
            first[above] += sizes[bar]
            used_left[above] += sizes[bar]
        else:
            last[above] -= sizes[bar]
            first[bar] = last[above]
            used_right[above] += sizes[bar]
        last[bar] = first[bar] + sizes[bar]
    return np.array(first, dtype=np.int64)
