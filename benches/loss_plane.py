"""The loss of a convolutional torch model on a plane of its Hessian matrix, and its barcode, answers checked.

    python benches/loss_plane.py            # 201 x 201 points, some minutes on two cores
    python benches/loss_plane.py --quick    # 41 x 41 points, half a minute

Standard output is Markdown. Needs torch and scikit-learn, whose 1797 digits are the data: two convolutions
and two dense layers, 10,858 parameters, are trained on all of them by SGD from a pinned seed. Timed are the
two eigenvectors of the Hessian matrix with the largest eigenvalues, and the landscape of the loss of all
digits on their plane; training is not. There the loss has one minimum, however far one looks (12 to 100).

The peer is a plain loop: each parameter vector is written into the model, which is then evaluated without
gradients. It takes every so-many-th point of the grid, in turns with morsebar on the same points.

What is checked: training has succeeded; directions are orthonormal and products with the Hessian matrix are
multiples of them, to 1e-2; losses of the loop are those of morsebar to 1e-4, relative; minima of the barcode,
lifted to parameters, have the losses that the barcode says. Exits with 1 if not.
"""

import argparse
import sys
import time
from dataclasses import dataclass

import numpy as np
import torch
from compare import GOALS_HEADER, Goal, MismatchError, machine
from inputs import SEED, say
from measure import in_turn
from sklearn.datasets import load_digits
from torch.nn.functional import cross_entropy

import morsebar as mb
from morsebar.networks import LossPlane, TorchSurface, from_torch, loss_plane

SIDE, QUICK_SIDE = 201, 41
# About the length of the trained parameters.
RADIUS = 12.0
EPOCHS = 15
SUBSET = 400
MINE, PLAIN = "morsebar", "a plain loop"


@dataclass(frozen=True)
class Digits:
    """Images (1797, 1, 8, 8) of handwritten digits, and what they show."""

    inputs: torch.Tensor
    targets: torch.Tensor

    @classmethod
    def load(cls) -> "Digits":
        images, targets = load_digits(return_X_y=True)
        return cls(torch.tensor(images / 16, dtype=torch.float32).reshape(-1, 1, 8, 8), torch.tensor(targets))

    def trained(self) -> torch.nn.Module:
        """A model with pinned parameters before training, on batches in a pinned order."""
        torch.manual_seed(SEED)
        model = torch.nn.Sequential(
            torch.nn.Conv2d(1, 8, 3, stride=2, padding=1),
            torch.nn.ReLU(),
            torch.nn.Conv2d(8, 16, 3),
            torch.nn.ReLU(),
            torch.nn.Flatten(),
            torch.nn.Linear(64, 128),
            torch.nn.ReLU(),
            torch.nn.Linear(128, 10),
        )
        descent = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
        for _ in range(EPOCHS):
            for batch in torch.randperm(len(self.inputs)).split(64):
                descent.zero_grad()
                cross_entropy(model(self.inputs[batch]), self.targets[batch]).backward()
                descent.step()
        return model


@torch.no_grad()
def plain_losses(model: torch.nn.Module, digits: Digits, parameters: np.ndarray) -> np.ndarray:
    losses = []
    for vector in torch.from_numpy(parameters):
        torch.nn.utils.vector_to_parameters(vector, model.parameters())
        losses.append(cross_entropy(model(digits.inputs), digits.targets).item())
    return np.array(losses)


def check_plane(surface: TorchSurface, plane: LossPlane) -> None:
    trained = surface([plane.center])[0]
    if not trained < 0.1:
        raise MismatchError(f"the loss is {trained:.3g} after training")
    if not np.allclose(plane.directions @ plane.directions.T, np.eye(plane.d), rtol=0, atol=1e-4):
        raise MismatchError("directions are not orthonormal")
    products = surface.hessian_vector_product(plane.center, plane.directions)
    expected = plane.eigenvalues[:, None] * plane.directions
    if (np.linalg.norm(products - expected, axis=1) > 1e-2 * plane.eigenvalues).any():
        raise MismatchError("directions are no eigenvectors of the Hessian matrix")


def check_minima(surface: TorchSurface, plane: LossPlane, land: mb.Landscape) -> None:
    lowest = land.barcode.minima[:20]
    if not np.allclose(surface(plane.lift(land.points[lowest])), land.values[lowest], rtol=1e-4):
        raise MismatchError("minima have other losses than the barcode says")


class Answers:
    """Losses that must agree."""

    def __init__(self) -> None:
        self.first: np.ndarray | None = None

    def check(self, name: str, losses: np.ndarray) -> None:
        if self.first is None:
            self.first = losses
        elif not np.allclose(losses, self.first, rtol=1e-4, atol=1e-6):
            raise MismatchError(f"{name}: losses differ")


def run(side: int) -> float:
    """Seconds of directions and landscape together."""
    digits = Digits.load()
    say("training")
    model = digits.trained()
    data = digits.inputs, digits.targets
    surface = from_torch(model, cross_entropy, data, name="digits")
    say("directions")
    start = time.perf_counter()
    plane = loss_plane(surface, surface.parameters, "hessian", bounds=RADIUS)
    of_directions = time.perf_counter() - start
    check_plane(surface, plane)
    say(f"{side} x {side} points")
    start = time.perf_counter()
    land = mb.landscape(plane, n_samples=side * side, sampler="grid")
    bars = land.barcode
    of_landscape = time.perf_counter() - start
    check_minima(surface, plane, land)
    print(f"{surface!r}, eigenvalues {plane.eigenvalues[0]:.3g} and {plane.eigenvalues[1]:.3g}.", end=" ")
    print(f"Bars, the longest first: {bars.diagram[:4].round(3).tolist()}.\n")
    some = land.points[:: max(1, len(land.points) // SUBSET)]
    lifted = plane.lift(some.astype(np.float32))
    say(PLAIN)
    calls = {
        MINE: lambda: plane(some.astype(np.float32)),
        PLAIN: lambda: plain_losses(model, digits, lifted),
    }
    seconds = in_turn(calls, 3, Answers().check)
    print("| what | seconds |\n|---|--:|")
    print(f"| two eigenvectors of the Hessian matrix | {of_directions:.3g} |")
    print(f"| {len(land.points):,} losses and their barcode | {of_landscape:.3g} |")
    for name, taken in seconds.items():
        print(f"| {name}, {len(some)} losses | {taken:.3g} |", flush=True)
    print(f"\nThe loop takes {seconds[PLAIN] / seconds[MINE]:.2f} times as long as morsebar.")
    return of_directions + of_landscape


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer points")
    options = parser.parse_args()
    print(machine(("morsebar", "numpy", "torch", "scikit-learn")) + "\n")
    try:
        total = run(QUICK_SIDE if options.quick else SIDE)
    except MismatchError as mismatch:
        print(f"\nMISMATCH {mismatch}")
        return 1
    print("\nAll answers are right.")
    if not options.quick:
        print("\n" + GOALS_HEADER)
        print("| digits " + Goal("Hessian plane and its barcode, seconds", total, 180).row())
    return 0


if __name__ == "__main__":
    sys.exit(main())
