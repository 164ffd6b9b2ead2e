"""From a function to its barcode, whole, and the merge tree of a lattice against that of its table.

    python benches/landscape.py            # a million samples and more, a minute
    python benches/landscape.py --quick    # small, all answers checked

Seconds are the least of three runs. Beside the whole time stands what is left without the function's own.
What is checked: every bar is born at the value of the function at its minimum and dies at that at its saddle,
there is one component, and the camel has its three known bars; a lattice and its table have the same bars.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
from compare import GOALS_HEADER, Goal, machine
from inputs import SEED, alpine01
from memory import peak_since, reset_peak, return_what_is_freed

import morsebar as mb

REPEATS = 3


def camel(points: np.ndarray) -> np.ndarray:
    """Three-hump camel."""
    x, y = points.T
    return (2 - 1.05 * x**2 + x**4 / 6) * x**2 + x * y + y**2


def timed(function: Callable, half_side: float, d: int, n: int, **settings: object) -> tuple[float, float]:
    """Seconds of a landscape and its barcode, whole and beyond the function."""
    best = (np.inf, np.inf)
    for _ in range(REPEATS):
        own = 0.0

        def watched(points: np.ndarray) -> np.ndarray:
            nonlocal own
            start = time.perf_counter()
            values = function(points)
            own += time.perf_counter() - start
            return values

        start = time.perf_counter()
        land = mb.landscape(watched, [(-half_side, half_side)] * d, n_samples=n, **settings)
        bars = land.barcode
        whole = time.perf_counter() - start
        best = min(best[0], whole), min(best[1], whole - own)
    finite = np.isfinite(bars.deaths)
    assert bars.n_components == 1
    # Functions may round otherwise in batches of another size.
    np.testing.assert_allclose(function(land.minimum_points), bars.births, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(function(land.saddle_points[finite]), bars.deaths[finite], rtol=1e-12)
    if function is camel:
        expected = [[0, np.inf], [0.298638, 0.877362], [0.298638, 0.877362]]
        np.testing.assert_allclose(bars.diagram, expected, atol=2e-3)
    return best


def lattice_and_table(n: int) -> tuple[float, float, float | None]:
    """Seconds of both merge trees, and what the lattice needs beyond values and bars, bytes a point."""
    lattice = mb.Lattice(n, 3, 14, random_state=SEED)
    values = alpine01(lattice.points(dtype=np.float32) * 20 - 10).astype(np.float32)
    table = lattice.to_knn_graph().indices
    seconds = {"lattice": np.inf, "table": np.inf}
    trees = {}
    extra = None
    for _ in range(REPEATS):
        for name, graph in (("lattice", lattice), ("table", table)):
            # What the tree before holds is given back first, to be counted again.
            trees.pop(name, None)
            before = reset_peak()
            start = time.perf_counter()
            trees[name] = mb.merge_tree(values, graph)
            trees[name].barcode()
            seconds[name] = min(seconds[name], time.perf_counter() - start)
            if name == "lattice":
                extra = peak_since(before)
    assert (trees["lattice"].barcode().diagram == trees["table"].barcode().diagram).all()
    return seconds["lattice"], seconds["table"], None if extra is None else extra / n


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small samples only")
    quick = parser.parse_args().quick
    return_what_is_freed()
    # Alpine has more minima than such samples can show.
    warnings.simplefilter("ignore", mb.ThinSampleWarning)
    print(machine(("morsebar", "numpy")))
    million = 20_000 if quick else 1_000_000
    scattered = {"sampler": "uniform", "n_neighbors": 40}
    print("\n" + GOALS_HEADER, flush=True)
    for name, function, half_side, d, n, settings, limit in (
        ("alpine01, lattice", alpine01, 10, 3, million, {}, 0.5),
        ("alpine01, lattice", alpine01, 10, 10, million, {}, 4),
        ("alpine01, uniform, k = 40", alpine01, 10, 10, million, scattered, 12),
        ("three-hump camel, lattice", camel, 2, 2, 10 * million, {}, 3),
    ):
        whole, beyond = timed(function, half_side, d, n, **settings)
        goal = (
            Goal("seconds", whole, limit)
            if function is camel
            else Goal("seconds beyond the function", beyond, limit)
        )
        print(f"| {name}, d = {d}, n = {n:.0e} " + goal.row(), flush=True)
    implicit, stored, extra = lattice_and_table(10 * million)
    name = f"| merge tree, d = 3, k = 14, n = {10 * million:.0e} "
    print(name + Goal("lattice / its table, seconds", implicit / stored, 1.3).row())
    print(name + Goal("lattice, bytes a point beyond values", extra, 10).row())
    return 0


if __name__ == "__main__":
    sys.exit(main())
