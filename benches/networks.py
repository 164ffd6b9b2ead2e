"""Losses of dense networks at many parameter vectors: morsebar against torch and jax, answers checked.

    python benches/networks.py            # the whole table, a few minutes on two cores
    python benches/networks.py --quick    # fewer parameter vectors, under a minute

Standard output is Markdown. Everything is in float64. Methods take turns, `--repeats` times each; medians are
compared. Compiling is left out: every method has run on one block before.

The peers are what one would write with their packages: `torch.func.functional_call` under `torch.vmap`, and
`jax.jit` of `jax.vmap`, both for 4096 parameter vectors of a small network at a time, and few of a large one.
"one by one" is a loop over parameter vectors with matrix products in numpy, timed on a hundredth of them.

What is checked: on a subset, values are those of a twin in plain Python loops, and gradients those of its
central differences; on all points, values and gradients of all methods agree to 1e-6 relative. Exits with 1
if not.
"""

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib.util import find_spec

import numpy as np
from compare import GOALS_HEADER, Goal, MismatchError, machine
from inputs import SEED, say
from measure import in_turn

from morsebar.networks import MLP

MINE, JITTED = "morsebar", "morsebar, jitted"
TOLERANCE = 1e-6
SUBSET = 50
STEP = 1e-5


@dataclass(frozen=True)
class Network:
    """A network with pinned data, and the parameter vectors to evaluate it at."""

    widths: tuple[int, ...]
    activation: str
    n_samples: int
    n: int
    gradients: bool = False

    @property
    def name(self) -> str:
        shape = "-".join(map(str, self.widths))
        what = "values and gradients" if self.gradients else "values"
        return f"{what} of {self.n:,} x {shape} {self.activation} on {self.n_samples}"

    @cached_property
    def mlp(self) -> MLP:
        rng = np.random.default_rng(SEED)
        x = rng.uniform(-np.pi, np.pi, (self.n_samples, self.widths[0]))
        y = np.sin(x @ rng.normal(size=(self.widths[0], self.widths[-1])))
        return MLP(self.widths, self.activation, data=(x, y), l2=1e-3)

    @cached_property
    def points(self) -> np.ndarray:
        return np.random.default_rng(SEED + 1).uniform(-1, 1, (self.n, self.mlp.d))

    @property
    def chunk(self) -> int:
        """Parameter vectors whose outputs take some megabytes."""
        return max(1, min(4096, (1 << 22) // (self.n_samples * max(self.widths))))


# Values, and gradients where they are wanted.
Answer = tuple[np.ndarray, np.ndarray | None]


def morsebar(case: Network) -> Callable[[np.ndarray], Answer]:
    return _surface(case.mlp, case.gradients)


def morsebar_jitted(case: Network) -> Callable[[np.ndarray], Answer]:
    return _surface(case.mlp.jitted(), case.gradients)


def _surface(surface, gradients: bool) -> Callable[[np.ndarray], Answer]:
    return surface.value_and_gradient if gradients else lambda points: (surface(points), None)


def one_by_one(case: Network) -> Callable[[np.ndarray], Answer]:
    """A loop over parameter vectors, values only."""
    x, y = case.mlp.data
    act = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh}[case.activation]

    def loss(point: np.ndarray) -> float:
        outputs, start = x, 0
        for number, (a, b) in enumerate(zip(case.widths[:-1], case.widths[1:], strict=True)):
            outputs = act(outputs) if number else outputs
            outputs = outputs @ point[start : start + a * b].reshape(b, a).T
            start += a * b + b
            outputs = outputs + point[start - b : start]
        return np.square(outputs - y).sum(axis=1).mean() + case.mlp.l2 * (point @ point)

    return lambda points: (np.array([loss(point) for point in points]), None)


def torch_vmap(case: Network) -> Callable[[np.ndarray], Answer]:
    import torch

    modules = []
    for a, b in zip(case.widths[:-1], case.widths[1:], strict=True):
        modules += [
            torch.nn.Linear(a, b, dtype=torch.float64),
            {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[case.activation](),
        ]
    model = torch.nn.Sequential(*modules[:-1])
    shapes = {name: parameter.shape for name, parameter in model.named_parameters()}
    x, y = (torch.tensor(array) for array in case.mlp.data)

    def loss(point):
        parts = point.split([shape.numel() for shape in shapes.values()])
        named = {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}
        outputs = torch.func.functional_call(model, named, (x,))
        return ((outputs - y) ** 2).sum(dim=1).mean() + case.mlp.l2 * (point**2).sum()

    batched = torch.vmap(torch.func.grad_and_value(loss) if case.gradients else loss)

    def run(points: np.ndarray) -> Answer:
        found = []
        for chunk in torch.tensor(points).split(case.chunk):
            with torch.set_grad_enabled(case.gradients):
                found.append(batched(chunk))
        if not case.gradients:
            return torch.cat(found).numpy(), None
        gradients, values = zip(*found, strict=True)
        return torch.cat(values).detach().numpy(), torch.cat(gradients).numpy()

    return run


def jax_vmap(case: Network) -> Callable[[np.ndarray], Answer]:
    import jax

    x, y = case.mlp.data
    act = {"relu": jax.nn.relu, "tanh": jax.numpy.tanh}[case.activation]

    def loss(point):
        outputs, start = x, 0
        for number, (a, b) in enumerate(zip(case.widths[:-1], case.widths[1:], strict=True)):
            outputs = act(outputs) if number else outputs
            outputs = outputs @ point[start : start + a * b].reshape(b, a).T
            start += a * b + b
            outputs = outputs + point[start - b : start]
        return ((outputs - y) ** 2).sum(axis=1).mean() + case.mlp.l2 * (point**2).sum()

    batched = jax.jit(jax.vmap(jax.value_and_grad(loss) if case.gradients else loss))

    def run(points: np.ndarray) -> Answer:
        with jax.enable_x64(True):
            found = [batched(points[i : i + case.chunk]) for i in range(0, len(points), case.chunk)]
        if not case.gradients:
            return np.concatenate(found), None
        values, gradients = zip(*found, strict=True)
        return np.concatenate(values), np.concatenate(gradients)

    return run


@dataclass(frozen=True)
class Method:
    make: Callable[[Network], Callable[[np.ndarray], Answer]]
    package: str = "numpy"


METHODS = {
    MINE: Method(morsebar),
    JITTED: Method(morsebar_jitted, "jax"),
    "torch.vmap": Method(torch_vmap, "torch"),
    "jax.vmap": Method(jax_vmap, "jax"),
}
ONE_BY_ONE = "one by one"


def plain_loss(case: Network, point: list[float]) -> float:
    """The loss in plain loops."""
    x, y = case.mlp.data
    total = 0.0
    for sample, target in zip(x.tolist(), y.tolist(), strict=True):
        units, at = sample, 0
        for number, width in enumerate(case.widths[1:]):
            if number > 0:
                units = [max(unit, 0.0) if case.activation == "relu" else math.tanh(unit) for unit in units]
            weights, shifts = at, at + width * len(units)
            at = shifts + width
            units = [
                point[shifts + o]
                + sum(point[weights + o * len(units) + i] * unit for i, unit in enumerate(units))
                for o in range(width)
            ]
        total += sum((a - b) ** 2 for a, b in zip(units, target, strict=True))
    return total / len(x) + case.mlp.l2 * sum(t * t for t in point)


@dataclass
class Truth:
    """What the first method found, once it has been checked against plain loops on a subset."""

    case: Network
    answer: Answer | None = None

    def check(self, name: str, answer: Answer) -> None:
        values, gradients = answer
        if self.answer is None:
            self._check_plainly(values, gradients)
            self.answer = answer
            return
        expected, expected_gradients = self.answer
        if not np.allclose(values, expected, TOLERANCE, 0):
            raise MismatchError(f"{self.case.name}: {name}: values differ")
        if gradients is not None and expected_gradients is not None:
            error = np.linalg.norm(gradients - expected_gradients, axis=1)
            if (error > TOLERANCE * np.linalg.norm(expected_gradients, axis=1)).any():
                raise MismatchError(f"{self.case.name}: {name}: gradients differ")

    def _check_plainly(self, values: np.ndarray, gradients: np.ndarray | None) -> None:
        case = self.case
        # Plain loops take a microsecond or so for a sample and a parameter.
        count = max(1, min(SUBSET, 2_000_000 // (case.n_samples * case.mlp.d)))
        rng = np.random.default_rng(SEED)
        for i in rng.choice(case.n, count, replace=False):
            point = case.points[i].tolist()
            if not math.isclose(values[i], plain_loss(case, point), rel_tol=TOLERANCE):
                raise MismatchError(f"{case.name}: {MINE}: value {i} is not that of plain loops")
            if gradients is not None:
                direction = rng.normal(size=case.mlp.d)
                direction /= np.linalg.norm(direction)
                ends = [
                    plain_loss(case, (case.points[i] + sign * STEP * direction).tolist()) for sign in (1, -1)
                ]
                slope = (ends[0] - ends[1]) / (2 * STEP)
                # A unit of relu may switch between the two ends.
                if abs(slope - gradients[i] @ direction) > 1e-3 * np.linalg.norm(gradients[i]):
                    raise MismatchError(f"{case.name}: {MINE}: gradient {i} is not that of plain loops")


@dataclass
class Result:
    case: Network
    seconds: dict[str, float]
    skipped: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[str]:
        """Lines of the table, fastest method first."""
        mine = self.seconds[MINE]
        for name, seconds in sorted(self.seconds.items(), key=lambda item: item[1]):
            each = 1e6 * seconds / self.case.n
            yield f"| {self.case.name} | {name} | {seconds:.3g} | {each:.3g} | {seconds / mine:.2f} |"
        for name in self.skipped:
            yield f"| {self.case.name} | {name} | not installed | | |"


HEADER = """\
| input | method | seconds | microseconds each | / morsebar |
|---|---|--:|--:|--:|"""


def run(case: Network, repeats: int) -> Result:
    """Measure all methods on one input; every answer is checked."""
    say(case.name)
    present = {name: method for name, method in METHODS.items() if find_spec(method.package)}
    calls, warm = {}, case.points[: case.chunk]
    for name, method in present.items():
        calls[name] = partial(method.make(case), case.points)
        calls[name].func(warm)
    if case.n % case.chunk:
        # The last chunk of a peer has a shape of its own, which is compiled too.
        for call in calls.values():
            call.func(case.points[: case.n % case.chunk])
    truth = Truth(case)
    seconds = in_turn(calls, repeats, truth.check)
    if not case.gradients:
        few = case.points[: max(1, case.n // 100)]
        taken = in_turn({ONE_BY_ONE: partial(one_by_one(case), few)}, 1, partial(check_few, truth))
        seconds[ONE_BY_ONE] = taken[ONE_BY_ONE] * case.n / len(few)
    return Result(case, seconds, [name for name in METHODS if name not in present])


def check_few(truth: Truth, name: str, answer: Answer) -> None:
    assert truth.answer is not None
    if not np.allclose(answer[0], truth.answer[0][: len(answer[0])], TOLERANCE, 0):
        raise MismatchError(f"{truth.case.name}: {name}: values differ")


def inputs(quick: bool) -> Iterator[Network]:
    """Pinned networks."""
    n = 20_000 if quick else 10**6
    yield Network((1, 2, 2, 2, 1), "relu", 101, n)
    yield Network((1, 2, 2, 2, 1), "relu", 101, n // 10, gradients=True)
    yield Network((1, 3, 3, 1), "tanh", 101, n // 10)
    for gradients in (False, True):
        yield Network((64, 16, 10), "tanh", 1797, 20 if quick else 1000, gradients)


def goals(result: Result) -> Iterator[Goal]:
    """Goals for a million parameter vectors."""
    if result.case.n == 10**6:
        yield Goal("morsebar, seconds", result.seconds[MINE], 20)
        yield Goal("morsebar, jitted, seconds", result.seconds.get(JITTED), 20)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer parameter vectors")
    parser.add_argument("--repeats", type=int, default=3, help="calls per method (default: 3)")
    options = parser.parse_args()
    print(machine(("morsebar", "numpy", "torch", "jax")))
    print("\n" + HEADER, flush=True)
    wanted = []
    try:
        for case in inputs(options.quick):
            result = run(case, 1 if options.quick else options.repeats)
            print(*result.rows(), sep="\n", flush=True)
            wanted += [(case.name, goal) for goal in goals(result)]
    except MismatchError as mismatch:
        print(f"\nMISMATCH {mismatch}")
        return 1
    print("\nAll answers are right.")
    if wanted:
        print("\n" + GOALS_HEADER)
        for name, goal in wanted:
            print(f"| {name} " + goal.row())
    return 0


if __name__ == "__main__":
    sys.exit(main())
