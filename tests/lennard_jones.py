"""Minima and transition states of a Lennard-Jones cluster, found from nothing but the potential.

Energies in units of the depth of the pair potential, lengths in units of sigma. Minima by L-BFGS from random
starts and from what transition states lead to; transition states by eigenvector following (Cerjan & Miller,
J. Chem. Phys. 75, 2800, 1981) out of every minimum along its softest vibrations; what they connect by
steepest descent on both sides. Run as a script it writes min.data and ts.data:

    python tests/lennard_jones.py 7 folder
"""

import argparse
import pathlib

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

#: Energies, and sorted distances, nearer than this are of one stationary point.
SAME_ENERGY, SAME_DISTANCES = 1e-6, 1e-3
LONGEST_STEP = 0.1
#: Vibrations to follow out of a minimum, the softest.
N_MODES = 9


def energy_and_gradient(x):
    points = x.reshape(-1, 3)
    i, j = np.triu_indices(len(points), 1)
    steps = points[i] - points[j]
    squares = np.einsum("ij,ij->i", steps, steps)
    sixth = squares**-3
    pulls = (-24 * (2 * sixth**2 - sixth) / squares)[:, None] * steps
    gradient = np.zeros_like(points)
    np.add.at(gradient, i, pulls)
    np.add.at(gradient, j, -pulls)
    return 4 * float(np.sum(sixth**2 - sixth)), gradient.ravel()


def hessian(x):
    points = x.reshape(-1, 3)
    n = len(points)
    steps = points[:, None] - points[None]
    squares = np.einsum("ijk,ijk->ij", steps, steps) + np.eye(n)
    sixth = squares**-3
    slope = -24 * (2 * sixth**2 - sixth) / squares  # V'(r) / r
    bend = 96 * (7 * sixth**2 - 2 * sixth) / squares**2  # (V''(r) - V'(r) / r) / r^2
    blocks = -bend[..., None, None] * steps[..., :, None] * steps[..., None, :]
    blocks -= slope[..., None, None] * np.eye(3)
    blocks[np.arange(n), np.arange(n)] = 0
    blocks[np.arange(n), np.arange(n)] = -blocks.sum(axis=1)
    return blocks.transpose(0, 2, 1, 3).reshape(3 * n, 3 * n)


def vibrations(x):
    """Eigenvalues and eigenvectors of the Hessian, translations and rotations left out."""
    points = x.reshape(-1, 3) - x.reshape(-1, 3).mean(axis=0)
    axes = np.eye(3)
    rigid = [np.tile(axis, len(points)) for axis in axes]
    rigid += [np.cross(axis, points).ravel() for axis in axes]
    basis, _ = np.linalg.qr(np.array(rigid).T)
    values, vectors = np.linalg.eigh(hessian(x) + 1e5 * basis @ basis.T)
    return values[:-6], vectors[:, :-6]


def distances(x):
    points = x.reshape(-1, 3)
    i, j = np.triu_indices(len(points), 1)
    return np.sort(np.linalg.norm(points[i] - points[j], axis=1))


def relax(x):
    """The minimum below a configuration; None where a cluster falls apart."""
    found = minimize(
        energy_and_gradient, x, jac=True, method="L-BFGS-B", options={"gtol": 1e-9, "ftol": 1e-15}
    )
    x = found.x
    for _ in range(5):
        _, gradient = energy_and_gradient(x)
        values, vectors = vibrations(x)
        if values[0] <= 1e-3:
            return None
        x = x - vectors @ ((vectors.T @ gradient) / values)
    return x if np.abs(energy_and_gradient(x)[1]).max() < 1e-8 else None


def climb(x, mode, n_steps=150):
    """Follow one mode uphill and all others downhill to a transition state; None if there is none."""
    direction = None
    for _ in range(n_steps):
        _, gradient = energy_and_gradient(x)
        values, vectors = vibrations(x)
        if np.abs(gradient).max() < 1e-10:
            return (x, vectors[:, 0]) if values[0] < -1e-2 and values[1] > 1e-2 else None
        # The mode that looks most like the last one, until it is the lowest.
        if direction is not None:
            mode = int(np.argmax(np.abs(vectors.T @ direction)))
        direction = vectors[:, mode]
        slopes = vectors.T @ gradient
        steps = -2 * slopes / (np.abs(values) * (1 + np.sqrt(1 + (2 * slopes / values) ** 2)))
        steps[mode] = -steps[mode]
        step = vectors @ steps
        x = x + step * min(1.0, LONGEST_STEP / np.abs(step).max())
        if distances(x)[-1] > 3 * len(x) ** (1 / 3):
            return None
    return None


def fall(x, push):
    """The minimum at the foot of the path of steepest descent."""

    def flat(_, x):
        return np.linalg.norm(energy_and_gradient(x)[1]) - 1e-2

    flat.terminal, flat.direction = True, -1
    path = solve_ivp(
        lambda _, x: -energy_and_gradient(x)[1],
        (0, 50),
        x + push,
        method="LSODA",
        rtol=1e-6,
        atol=1e-8,
        events=flat,
    )
    return relax(path.y[:, -1])


class Known:
    """Stationary points found so far, told apart by energy and sorted distances."""

    def __init__(self):
        self.points, self.energies, self.distances = [], [], []

    def add(self, x):
        """Return the number of a point, and whether it is new."""
        energy, apart = energy_and_gradient(x)[0], distances(x)
        for known in np.flatnonzero(np.abs(np.array(self.energies) - energy) < SAME_ENERGY):
            if np.abs(self.distances[known] - apart).max() < SAME_DISTANCES:
                return int(known), False
        self.points.append(x)
        self.energies.append(energy)
        self.distances.append(apart)
        return len(self.points) - 1, True


def stationary_points(n_atoms, n_starts, random_state=0):
    """Energies of minima (m,) and of transition states (t,), and the minima that these connect (t, 2)."""
    generator = np.random.default_rng(random_state)
    minima, states, pairs = Known(), Known(), []
    for _ in range(n_starts):
        start = relax(generator.uniform(-1, 1, 3 * n_atoms) * n_atoms ** (1 / 3))
        if start is not None:
            minima.add(start)
    at = 0
    while at < len(minima.points):  # grows as transition states lead to new minima
        x = minima.points[at]
        at += 1
        _, vectors = vibrations(x)
        for mode in range(min(N_MODES, vectors.shape[1])):
            for sign in (-0.1, 0.1):
                found = climb(x + sign * vectors[:, mode], mode)
                if found is None:
                    continue
                top, downhill = found
                _, new = states.add(top)
                if new:
                    feet = [fall(top, push * downhill) for push in (-0.02, 0.02)]
                    assert all(foot is not None for foot in feet)
                    pairs.append([minima.add(foot)[0] for foot in feet])
    return np.array(minima.energies), np.array(states.energies), np.array(pairs).reshape(-1, 2)


def write(folder, minima, states, pairs):
    """Write min.data and ts.data, what is not known as 1."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{energy!r} 1 1 1 1 1\n" for energy in minima.tolist())
    (folder / "min.data").write_text(rows)
    rows = [
        f"{level!r} 1 1 {u} {v} 1 1 1\n" for level, (u, v) in zip(states.tolist(), pairs + 1, strict=True)
    ]
    (folder / "ts.data").write_text("".join(rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("n_atoms", type=int)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--starts", type=int, default=100)
    arguments = parser.parse_args()
    found = stationary_points(arguments.n_atoms, arguments.starts)
    write(arguments.folder, *found)
    print(f"{len(found[0])} minima, {len(found[1])} transition states")
