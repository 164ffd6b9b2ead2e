"""Reports in a browser: how large they are, how fast they are written, open, and follow the slider.

    python benches/report.py            # 5 to 100,000 minima, half a minute; needs Chromium and its driver
    python benches/report.py --quick    # the two smaller ones

Loading is from the start of navigation until every picture and the table are drawn. The slider is moved from
one end to the other, and each time runs from its event until the frame after the one that shows the answer:
the median and the longest of 21. What is checked: after every move as many bars are kept, listed and drawn,
up to 5,000, as `significant` keeps at that threshold, and the console is silent.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from chromium import chromium, many_minima, missing
from compare import GOALS_HEADER, Goal, machine

import morsebar as mb

MOST_MARKS = 5000
MOVES = 21
# Moves the slider, and answers when the browser has painted what follows.
MOVE = """
const [step, done] = arguments;
const slider = document.getElementById("slider");
const start = performance.now();
slider.value = step;
slider.dispatchEvent(new Event("input"));
requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(() => done([
    performance.now() - start,
    document.getElementById("threshold").value,
    document.getElementById("table").ariaRowCount - 1,
    [...document.querySelectorAll("#tree .shapelayer path")]
        .filter((path) => path.style.strokeDasharray === "")
        .reduce((n, path) => n + path.getAttribute("d").split("M").length - 1, 0),
]))));
"""


def wells(half_side: float) -> mb.Landscape:
    """Rastrigin's function: a well at every integer point of a square."""

    def rastrigin(points: np.ndarray) -> np.ndarray:
        return (points**2 + 10 * (1 - np.cos(2 * np.pi * points))).sum(axis=1)

    return mb.landscape(rastrigin, [(-half_side, half_side)] * 2, n_samples=300_000)


def measure(driver, land: mb.Landscape, folder: str) -> tuple[float, float, float, list[float]]:
    """Megabytes, seconds of writing and of loading, milliseconds of every move of the slider."""
    bars = land.barcode
    start = time.perf_counter()
    path = land.report(Path(folder, "page.html"))
    writing = time.perf_counter() - start
    driver.get(path.as_uri())
    loading = (
        driver.execute_script("return performance.getEntriesByName('morsebar:ready')[0].startTime") / 1000
    )
    moves = []
    for step in np.linspace(1000, 0, MOVES).round().astype(int).tolist():
        milliseconds, threshold, listed, drawn = driver.execute_async_script(MOVE, step)
        kept = len(bars.significant(min_persistence=float(threshold)))
        assert listed == kept, (step, threshold, listed, kept)
        assert drawn == min(kept, MOST_MARKS), (step, drawn, kept)
        moves.append(milliseconds)
    assert listed == len(bars)
    complaints = driver.get_log("browser")
    assert complaints == [], complaints
    return path.stat().st_size / 1e6, writing, loading, moves


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="without the 100,000 minima")
    quick = parser.parse_args().quick
    if (reason := missing()) is not None:
        print(reason, file=sys.stderr)
        return 1
    lands = [wells(1.2), wells(11.2)] + ([] if quick else [many_minima()])
    print(machine(("morsebar", "numpy", "plotly")))
    print("\n" + GOALS_HEADER, flush=True)
    for land in lands:
        # A browser of its own: it keeps compiled scripts.
        with chromium() as driver, tempfile.TemporaryDirectory() as folder:
            megabytes, writing, loading, moves = measure(driver, land, folder)
        for goal in (
            Goal("megabytes", megabytes, 20),
            Goal("seconds to write", writing, 5),
            Goal("seconds to open", loading, 5),
            Goal("slider, median, ms", statistics.median(moves), 200),
            Goal("slider, longest, ms", max(moves), 200),
        ):
            print(f"| {len(land.barcode):,} minima " + goal.row(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
