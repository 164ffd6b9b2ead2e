"""What several test files share: a plain union-find, random graphs, and Hypothesis profiles."""

import importlib.util
import os
import shutil
import signal
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

settings.register_profile(
    "fast", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "fast")


def naive_bars(values, edges):
    """Every bar as (minimum, saddle, parent, size, mean height), by a union-find over sorted vertices.

    `edges` are pairs of vertices; vertices at +inf or NaN are outside. Plain Python on purpose.
    """
    n = len(values)
    inside = [u for u in range(n) if values[u] < np.inf]
    order = sorted(inside, key=lambda u: (values[u], u))
    rank = {u: r for r, u in enumerate(order)}
    neighbors = {u: set() for u in inside}
    for u, v in edges:
        if u != v and u in rank and v in rank:
            neighbors[u].add(v)
            neighbors[v].add(u)
    component, members, bars = {}, {}, []
    for u in order:
        below = {component[v] for v in neighbors[u] if rank[v] < rank[u]}
        oldest = min(below, key=rank.get, default=u)
        joined = {u}
        for minimum in below:
            if minimum != oldest:
                lot = members[minimum]
                heights = [float(values[x]) - float(values[minimum]) for x in lot]
                bars.append((minimum, u, oldest, len(lot), float(np.mean(heights))))
            joined |= members.pop(minimum)
        members[oldest] = joined
        for x in joined:
            component[x] = oldest
    for minimum, lot in members.items():
        heights = [float(values[x]) - float(values[minimum]) for x in lot]
        bars.append((minimum, -1, -1, len(lot), float(np.mean(heights))))
    return sorted(bars)


def bars_of(tree):
    """The bars of a tree in the form of `naive_bars`, those of length zero included."""
    bars = tree.barcode(min_persistence=-1)
    columns = (bars.minima, bars.saddles, bars.parents, bars.sizes, bars.mean_heights)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def assert_same_bars(found, expected):
    assert [bar[:4] for bar in found] == [bar[:4] for bar in expected]
    np.testing.assert_allclose(
        [bar[4] for bar in found], [bar[4] for bar in expected], rtol=1e-12, atol=1e-12
    )


def table_edges(table):
    """The arcs of a table that is padded by -1 or 0xFFFFFFFF."""
    n = len(table)
    return [(u, int(v)) for u, row in enumerate(table) for v in row if 0 <= int(v) < n]


@st.composite
def functions_on_tables(draw, outside=False):
    """Values with many ties and a table with padding, self-loops, duplicates and one-way arcs."""
    n = draw(st.integers(1, 20))
    k = draw(st.integers(0, 4))
    levels = [-1.5, -0.0, 0.0, 1.0, 2.0, 2.0**-30] + ([np.inf, np.nan, -np.nan] if outside else [])
    values = draw(st.lists(st.sampled_from(levels), min_size=n, max_size=n))
    entries = draw(st.lists(st.integers(-1, n - 1), min_size=n * k, max_size=n * k))
    return np.array(values), np.array(entries, dtype=np.int32).reshape(n, k)


# Markers of tests that need what not every machine has: how to tell whether it is there.
NEEDS = {
    "chromium": lambda: bool(shutil.which("chromium") and shutil.which("chromedriver")),
    "ioh": lambda: importlib.util.find_spec("ioh") is not None,
    "jax": lambda: importlib.util.find_spec("jax") is not None,
    "sklearn": lambda: importlib.util.find_spec("sklearn") is not None,
    "torch": lambda: importlib.util.find_spec("torch") is not None,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what needs something that is missing, or refuse to run where it may not be left out."""
    required = os.environ.get("MORSEBAR_TEST_NEEDS", "").split()
    missing = [need for need, is_there in NEEDS.items() if not is_there()]
    if lacking := set(required) - (NEEDS.keys() - set(missing)):
        raise pytest.UsageError(f"MORSEBAR_TEST_NEEDS names {', '.join(sorted(lacking))}: not installed")
    for item in items:
        for need in missing:
            if item.get_closest_marker(need):
                item.add_marker(pytest.mark.skip(reason=f"{need} is not installed"))


def pytest_configure() -> None:
    # Background jobs of a shell, and their children, ignore Ctrl-C, which some tests send.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Say at the end how many tests were left out, and for want of what."""
    yield
    reasons = [str(report.longrepr) for report in terminalreporter.getreports("skipped")]
    for need in NEEDS:
        count = sum(f"{need} is not installed" in reason for reason in reasons)
        if count:
            terminalreporter.write_line(f"{count} tests were left out: {need} is not installed")
