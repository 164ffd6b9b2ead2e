"""The door into the core: Ctrl-C, exceptions, forks, panics, and the interpreter lock."""

import multiprocessing
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import morsebar as mb
from morsebar import _core

SETTING = """
n = 10_000_000
rng = np.random.default_rng(0)
values = rng.random(n)
"""
# One vertex in seventeen is a minimum.
LONG_CALL = f"""{SETTING}
table = rng.integers(0, n, (n, 8), dtype=np.int32)
call = lambda: mb.merge_tree(values, table)
"""
# One vertex in three is a minimum.
MANY_MINIMA = f"""{SETTING}
table = rng.permutation(n).astype(np.int32)[:, None]
call = lambda: mb.merge_tree(values, table)
"""
LONG_SEARCH = """
points = np.random.default_rng(0).random((1_000_000, 5))
call = lambda: mb.knn_graph(points, 12, n_jobs=2)
"""
LONG_GRADIENT = """
values = np.random.default_rng(0).random((80, 80, 80))
grid = mb.Grid(values.shape, "freudenthal")
call = lambda: mb.morse_complex(values, grid, n_jobs=2)
"""
LONG_FORM = """
cx = mb.morse_complex(np.random.default_rng(0).random((90, 90, 90)), n_jobs=2)
call = lambda: cx.canonical_form(3, n_jobs=2)
"""
LONG_BASIS = """
cx = mb.morse_complex(np.random.default_rng(0).random((1000, 1000)), n_jobs=2)
cx.boundary
call = lambda: cx.canonical_form("rational", basis=True)
"""

INTERRUPTED = """
import signal, threading, time, os
import numpy as np
import morsebar as mb
{call}
def seconds():
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
# The shorter of two: other load must not make a call seem long that is done before it is interrupted.
whole = min(seconds(), seconds())
for fraction in {fractions}:
    sent = []
    def interrupt():
        time.sleep(whole * fraction)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=interrupt).start()
    try:
        call()
    except KeyboardInterrupt:
        print("interrupted after", time.perf_counter() - sent[0], "of", whole)
    else:
        print("finished")
print("bars", len(mb.merge_tree([0.0, 3.0, 1.0]).barcode()))
"""


def seconds_until_interrupted(call, fractions):
    """Interrupt a call at fractions of its time, in a process of its own in which the next call must work."""
    script = INTERRUPTED.format(call=call, fractions=fractions)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    *interruptions, last = run.stdout.splitlines()
    assert len(interruptions) == len(fractions)
    assert all(line.startswith("interrupted after") for line in interruptions), run.stdout
    assert last == "bars 2"
    return [float(line.split()[2]) for line in interruptions]


@pytest.mark.parametrize(
    ("call", "fractions"),
    [
        (LONG_CALL, (0.2, 0.45, 0.7)),
        (MANY_MINIMA, (0.3, 0.45, 0.55, 0.7)),
        (LONG_SEARCH, (0.2, 0.45, 0.7)),
        (LONG_GRADIENT, (0.3, 0.6)),
        (LONG_FORM, (0.2, 0.4, 0.6)),
        (LONG_BASIS, (0.3, 0.6)),
    ],
    ids=["merge_tree", "many minima", "knn_graph", "morse_complex", "canonical_form", "basis"],
)
def test_ctrl_c_returns_within_a_second_and_the_next_call_works(call, fractions):
    assert max(seconds_until_interrupted(call, fractions)) < 1.0


NOISE = np.random.default_rng(0).random((40, 40, 40))
CUBES = ("grid", NOISE.shape, "axis", (False, False, False))
GRADIENT = mb.morse_complex(NOISE)._gradient
COLUMNS = GRADIENT.boundary(0, 2, None)
DEGREES = GRADIENT.critical()["degrees"]
#: Calls into the core that tell a callable of their progress.
TELLING = {
    "merge_tree": lambda progress: _core.merge_tree(NOISE.ravel(), CUBES, False, 2, progress),
    "discrete_gradient": lambda progress: _core.discrete_gradient(NOISE.ravel(), CUBES, False, 2, progress),
    "boundary": lambda progress: GRADIENT.boundary(0, 2, progress),
    "pairs": lambda progress: GRADIENT.pairs(3, 2, progress),
    "canonical_pairs": lambda progress: _core.canonical_pairs(*COLUMNS, DEGREES, 3, 2, progress),
}
every_telling = pytest.mark.parametrize("call", TELLING.values(), ids=TELLING)


@every_telling
def test_an_exception_of_the_progress_callable_comes_out_unchanged(call):
    class OddError(Exception):
        pass

    odd = OddError("as it is")

    def progress(done, expected):
        assert 0 <= done <= expected
        raise odd

    with pytest.raises(OddError) as caught:
        call(progress)
    assert caught.value is odd


@every_telling
def test_progress_grows_to_what_is_expected(call):
    seen = []
    call(lambda done, expected: seen.append((done, expected)))
    assert seen == sorted(seen)
    done, expected = seen[-1]
    assert done == expected > 0


def test_an_exception_while_progress_is_drawn_comes_out(monkeypatch):
    import tqdm.auto

    def failing(self, n):
        raise OSError("the terminal is gone")

    monkeypatch.setattr(tqdm.auto.tqdm, "update", failing)
    with pytest.raises(OSError, match="the terminal is gone"):
        mb.merge_tree(np.zeros(100_000), progress=True)
    with pytest.raises(OSError, match="the terminal is gone"):
        mb.knn_graph(np.random.default_rng(0).random((20_000, 2)), 4, progress=True)


def test_no_threads_are_left_behind():
    tasks = "/proc/self/task"
    threads, before = set(threading.enumerate()), len(os.listdir(tasks)) if os.path.isdir(tasks) else None
    tree = mb.merge_tree(np.random.default_rng(0).random((100, 100)), n_jobs=3)
    tree.basins(n_jobs=3)
    mb.knn_graph(np.random.default_rng(0).random((20_000, 2)), 4, n_jobs=3)
    assert set(threading.enumerate()) <= threads
    deadline = time.monotonic() + 5  # threads of the core end by themselves, a moment later
    while before is not None and len(os.listdir(tasks)) > before:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _in_child(queue):
    queue.put(len(mb.merge_tree([0.0, 3.0, 1.0], n_jobs=2).barcode()))


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_fork_after_a_call_does_not_hang():
    values = np.random.default_rng(0).random((500, 500))
    mb.merge_tree(values, n_jobs=2)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(queue,), daemon=True)
    child.start()
    assert queue.get(timeout=30) == 2
    child.join(timeout=30)
    assert child.exitcode == 0


def test_a_panic_becomes_a_runtime_error():
    one, pair = np.zeros(1, dtype=np.uint32), np.array([[0, 7]], dtype=np.uint32)
    with pytest.raises(RuntimeError, match=r"a bug in morsebar .* Please report it"):
        _core.barriers(np.zeros(1), one, np.array([0xFFFFFFFF], dtype=np.uint32), np.array([np.inf]), pair, 2)
    assert len(mb.merge_tree([0.0, 3.0, 1.0]).barcode()) == 2


def test_the_interpreter_runs_on_during_a_call():
    values = np.random.default_rng(0).random(3_000_000)
    longest, stop = [0.0], threading.Event()

    def watch():
        last = time.perf_counter()
        while not stop.is_set():
            time.sleep(0.001)
            now = time.perf_counter()
            longest[0] = max(longest[0], now - last)
            last = now

    grid = ("grid", values.shape, "axis", (False,))
    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    for _ in range(3):
        _core.merge_tree(values, grid, False, 1, None)
    whole = time.perf_counter() - start
    stop.set()
    watcher.join()
    # Had the lock been held, the watcher would have stood still for a whole call, a third of the time.
    assert longest[0] < whole / 6


def test_progress_is_drawn(capsys):
    mb.merge_tree(np.zeros((100, 100)), progress=True)
    assert "merge tree" in capsys.readouterr().err


def test_progress_without_tqdm_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match=r"pip install 'morsebar\[progress\]'"):
        mb.merge_tree(np.zeros(3), progress=True)


def test_a_mistaken_number_of_threads_starts_few():
    assert len(mb.merge_tree([0.0, 3.0, 1.0], n_jobs=10**9).barcode()) == 2
