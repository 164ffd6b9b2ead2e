"""The door into the core: Ctrl-C, exceptions, forks, panics, and the interpreter lock."""

import multiprocessing
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import morsebar as mb
from morsebar import _core

LONG_CALL = """
import signal, threading, time, os
import numpy as np
import morsebar as mb

n = 10_000_000
values = np.random.default_rng(0).random(n)
table = np.stack([np.random.default_rng(1).permutation(n).astype(np.int32) for _ in range(3)], axis=1)
start = time.perf_counter()
mb.merge_tree(values, table)
whole = time.perf_counter() - start
sent = []
def interrupt():
    time.sleep(whole / 4)
    sent.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
try:
    mb.merge_tree(values, table)
except KeyboardInterrupt:
    print("interrupted after", time.perf_counter() - sent[0], "of", whole)
else:
    print("finished")
print("bars", len(mb.merge_tree([0.0, 3.0, 1.0]).barcode()))
"""


def test_ctrl_c_returns_within_a_second_and_the_next_call_works():
    run = subprocess.run([sys.executable, "-c", LONG_CALL], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    first, second = run.stdout.splitlines()
    assert first.startswith("interrupted after"), first
    assert float(first.split()[2]) < 1.0
    assert second == "bars 2"


def test_an_exception_of_the_progress_callable_comes_out_unchanged():
    class OddError(Exception):
        pass

    odd = OddError("as it is")

    def progress(done, expected):
        assert 0 <= done <= expected
        raise odd

    with pytest.raises(OddError) as caught:
        _core.merge_tree(np.zeros(100_000), ("grid", (100_000,), "axis", (False,)), False, 2, progress)
    assert caught.value is odd


def _in_child(queue):
    queue.put(len(mb.merge_tree([0.0, 3.0, 1.0], n_jobs=2).barcode()))


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_fork_after_a_call_does_not_hang():
    values = np.random.default_rng(0).random((500, 500))
    mb.merge_tree(values, n_jobs=2)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(queue,))
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
