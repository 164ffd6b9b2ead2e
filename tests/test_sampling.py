"""Points of every sampler, and batched evaluation in this process and in a pool."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from morsebar.sampling import (
    check_bounds,
    evaluate,
    grid_points,
    grid_shape,
    scattered_points,
)

BOX = np.array([[-2.0, 3.0], [10.0, 10.5], [-1e6, 1e-3]])
SCATTERED = ["uniform", "sobol", "lhs"]
POINTS = np.random.default_rng(7).uniform(-1, 1, (37, 2))


def sphere(points):
    return np.square(points).sum(axis=1)


def sphere_of_one(point):
    return float(np.square(point).sum())


def fails(point):
    raise LookupError(f"no value at {point.size} coordinates")


class StubbornError(Exception):
    def __init__(self, what, where):
        super().__init__(f"{what} in {where}")


def fails_stubbornly(point):
    raise StubbornError("trouble", "paradise")


def ends_its_process(point):
    os._exit(3)


def sleeps(point):
    time.sleep(120)
    return 0.0


def fails_first_then_sleeps(point):
    if point[0] == POINTS[0, 0]:
        raise LookupError("the first point")
    return sleeps(point)


class OnlyHere:
    """Pickles in the parent, cannot be loaded in a worker."""

    parent = os.getpid()

    def __call__(self, point):
        return 0.0

    def __reduce__(self):
        return (_load_only_here, (os.getpid(),))


def _load_only_here(pid):
    if os.getpid() != pid:
        raise AttributeError("no such attribute here")
    return OnlyHere()


# Boxes


def test_bounds_are_a_float_box():
    box = check_bounds([(-1, 1), (0, 2)])
    assert box.dtype == np.float64
    assert box.tolist() == [[-1.0, 1.0], [0.0, 2.0]]
    assert check_bounds((-1, 1)).tolist() == [[-1.0, 1.0]]


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ([(0, 1), (2, 2)], r"bounds: expected finite lo < hi in row 1, got \(2.0, 2.0\)"),
        ([(1, 0)], r"bounds: expected finite lo < hi in row 0, got \(1.0, 0.0\)"),
        ([(0, np.nan)], "in row 0"),
        ([(0, 1), (0, np.inf)], "in row 1"),
        ([(-1.7e308, 1.7e308)], "in row 0"),
        ([(0, 1, 2)], r"bounds: expected shape \(d, 2\) or one pair \(lo, hi\), got shape \(1, 3\)"),
        (3, r"got shape \(\)"),
        ([], r"got shape \(0,\)"),
        (np.zeros((0, 2)), r"got shape \(0, 2\)"),
        ([(0, 1), (2,)], "bounds: expected numbers of shape"),
        ([("a", "b")], "bounds: expected numbers of shape"),
        ("himmelblau", "bounds: expected numbers of shape"),
    ],
)
def test_bad_bounds(bounds, message):
    with pytest.raises(ValueError, match=message):
        check_bounds(bounds)


# Samplers


@pytest.mark.parametrize("sampler", SCATTERED)
@pytest.mark.parametrize("n", [1, 2, 64, 1000])
def test_scattered_points_fill_the_box(sampler, n):
    points = scattered_points(sampler, BOX, n, 0)
    assert points.shape == (n, 3)
    assert points.dtype == np.float64
    assert points.flags.c_contiguous
    assert np.all(points >= BOX[:, 0])
    assert np.all(points <= BOX[:, 1])
    if n == 1000:
        scaled = (points - BOX[:, 0]) / np.ptp(BOX, axis=1)
        np.testing.assert_allclose(scaled.mean(axis=0), 0.5, atol=0.05)
        np.testing.assert_allclose(scaled.var(axis=0), 1 / 12, atol=0.02)


@pytest.mark.parametrize("sampler", SCATTERED)
def test_seeds_decide_the_points(sampler):
    points = scattered_points(sampler, BOX, 100, 5)
    np.testing.assert_array_equal(points, scattered_points(sampler, BOX, 100, 5))
    np.testing.assert_array_equal(points, scattered_points(sampler, BOX, 100, np.random.default_rng(5)))
    assert not np.any(points == scattered_points(sampler, BOX, 100, 6))


def test_sobol_points_continue_one_sequence():
    longest = scattered_points("sobol", BOX, 128, 0)
    for n in (1, 3, 64, 100):
        np.testing.assert_array_equal(scattered_points("sobol", BOX, n, 0), longest[:n])


def test_a_latin_hypercube_has_one_point_a_stratum():
    points = scattered_points("lhs", np.array([[0.0, 1.0]] * 4), 50, 0)
    assert np.all(np.sort(np.ceil(points * 50), axis=0) == np.arange(1, 51)[:, np.newaxis])


@given(n=st.integers(2, 10**12), d=st.integers(1, 12))
def test_a_grid_is_the_largest_that_fits(n, d):
    if 2**d > n:
        with pytest.raises(ValueError, match=rf"n_samples: expected at least {2**d}, .* d = {d}, got {n};"):
            grid_shape(n, d)
        return
    shape = grid_shape(n, d)
    assert len(shape) == d
    assert len(set(shape)) == 1
    assert shape[0] ** d <= n < (shape[0] + 1) ** d


def test_grid_points_are_in_c_order_and_include_the_faces():
    box = np.array([[0.0, 2.0], [-1.0, 0.0]])
    points = grid_points(box, (3, 2))
    assert points.tolist() == [[0, -1], [0, 0], [1, -1], [1, 0], [2, -1], [2, 0]]
    x, y = np.meshgrid(np.linspace(0, 2, 5), np.linspace(-1, 0, 4), indexing="ij")
    np.testing.assert_array_equal(grid_points(box, (5, 4)), np.column_stack([x.ravel(), y.ravel()]))


# Evaluation in this process


@pytest.mark.parametrize("vectorized", [True, False])
@pytest.mark.parametrize("batch_size", [None, 1, 5, 36, 37, 38, np.int64(10)])
def test_batches_do_not_change_the_values(vectorized, batch_size):
    objective = sphere if vectorized else sphere_of_one
    values = evaluate(objective, POINTS, batch_size=batch_size, vectorized=vectorized)
    np.testing.assert_array_equal(values, sphere(POINTS))


def test_batches_have_the_asked_size():
    sizes = []

    def objective(points):
        sizes.append(points.shape)
        return points[:, 0]

    evaluate(objective, POINTS, batch_size=16)
    assert sizes == [(16, 2), (16, 2), (5, 2)]
    sizes.clear()
    evaluate(objective, np.zeros((3000, 1024)))
    assert sizes == [(1024, 1024), (1024, 1024), (952, 1024)]


def test_an_objective_owns_the_points_it_gets():
    def destructive(points):
        points *= 0.0
        return points[..., 0]

    points = POINTS.copy()
    points.flags.writeable = False
    assert not evaluate(destructive, points).any()
    assert not evaluate(destructive, points, vectorized=False).any()
    np.testing.assert_array_equal(points, POINTS)


@pytest.mark.parametrize(
    ("returned", "kept"),
    [
        (np.float64, np.float64),
        (np.float32, np.float32),
        (np.float16, np.float32),
        (">f8", np.float64),
        (">f4", np.float32),
        (np.int64, np.float64),
        (np.uint8, np.float64),
        (bool, np.float64),
    ],
)
@pytest.mark.parametrize("vectorized", [True, False])
def test_types_of_values(returned, kept, vectorized):
    def objective(points):
        return np.asarray(100 * points[..., 0]).astype(returned)

    points = np.abs(POINTS)
    values = evaluate(objective, points, batch_size=10, vectorized=vectorized)
    assert values.dtype == kept
    np.testing.assert_array_equal(values, objective(points).astype(kept))


def test_lists_and_python_numbers_are_welcome():
    assert evaluate(lambda points: points[:, 0].tolist(), POINTS).dtype == np.float64
    values = evaluate(lambda point: 1 if point[0] > 0 else 0.5, POINTS, vectorized=False)
    np.testing.assert_array_equal(values, np.where(POINTS[:, 0] > 0, 1, 0.5))


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (lambda p: p[:, 0].astype(complex), r"objective\(points\) has dtype complex128, expected float32"),
        (lambda p: p[:, 0].astype(object), "has dtype object"),
        (lambda p: p[:, 0].astype(np.longdouble), r"has dtype (float128|longdouble)"),
        (lambda p: p[:, 0].astype(str), "has dtype <U32"),
        (lambda p: [None] * len(p), "has dtype object"),
        (lambda p: np.full(len(p), 2**53 + 1), r"\[0\] is 9007199254740993, beyond 2\*\*53"),
        (lambda p: np.full(len(p), np.iinfo(np.int64).min), r"beyond 2\*\*53"),
        (lambda p: np.full(len(p), 2**63, np.uint64), r"beyond 2\*\*53"),
        (
            lambda p: p[:, :1],
            r"objective: expected shape \(20,\) for points of shape \(20, 2\), got \(20, 1\)",
        ),
        (lambda p: 0.0, r"got \(\); .* needs vectorized=False"),
        (lambda p: p[:-1, 0], r"got \(19,\)"),
        (
            lambda p: np.zeros(len(p), np.float64 if len(p) == 20 else np.float32),
            "expected float64 as for the samples before, got float32 for the batch at sample 20",
        ),
    ],
)
def test_unfit_results(objective, message):
    with pytest.raises(ValueError, match=message):
        evaluate(objective, POINTS, batch_size=20)


def test_unfit_results_for_one_point():
    with pytest.raises(
        ValueError,
        match=r"expected a number .* shape \(2,\), got shape \(1,\); .*vectorized=True",
    ):
        evaluate(lambda point: point[:1], POINTS, vectorized=False)
    with pytest.raises(ValueError, match="has dtype object"):
        evaluate(lambda point: None, POINTS, vectorized=False)


def test_the_largest_exact_integers_pass():
    values = evaluate(lambda p: np.where(p[:, 0] > 0, 2**53, -(2**53)), POINTS)
    assert set(values) == {-(2.0**53), 2.0**53}


@pytest.mark.parametrize("vectorized", [True, False])
def test_nan_names_the_point_unless_masked(vectorized):
    points = np.array([[0.0, 0.0], [0.25, -1.5], [1.0, 1.0], [0.25, 3.0]])

    def objective(points):
        return np.where(points[..., 0] == 0.25, np.nan, points[..., 0])

    with pytest.raises(ValueError, match=r"objective: got nan at sample 1, the point \(0.25, -1.5\)"):
        evaluate(objective, points, batch_size=1, vectorized=vectorized)
    values = evaluate(objective, points, nan="mask", batch_size=3, vectorized=vectorized)
    np.testing.assert_array_equal(values, [0.0, np.nan, 1.0, np.nan])


def test_infinities():
    def objective(points):
        return np.where(points[:, 0] > 0, np.inf, -points[:, 0])

    assert np.isposinf(evaluate(objective, POINTS)).sum() == (POINTS[:, 0] > 0).sum()
    first = int(np.argmax(POINTS[:, 0] > 0))
    for nan in ("raise", "mask"):
        with pytest.raises(ValueError, match=f"got -inf at sample {first}, the point"):
            evaluate(lambda points: -objective(points), POINTS, nan=nan, batch_size=3)


@pytest.mark.parametrize("batch_size", [0, -1, 2.0, "all"])
def test_bad_batch_size(batch_size):
    with pytest.raises(ValueError, match="batch_size: expected an integer of at least 1"):
        evaluate(sphere, POINTS, batch_size=batch_size)


@pytest.mark.parametrize("vectorized", [True, False])
def test_exceptions_come_out_unchanged(vectorized):
    raised = KeyboardInterrupt("stop") if vectorized else LookupError("lost")

    def objective(points):
        raise raised

    with pytest.raises(type(raised)) as caught:
        evaluate(objective, POINTS, vectorized=vectorized)
    assert caught.value is raised


def test_vectorized_objectives_run_in_the_calling_thread():
    threads = set()

    def objective(points):
        threads.add(threading.get_ident())
        return points[:, 0]

    evaluate(objective, POINTS, batch_size=4, n_jobs=4)
    assert threads == {threading.get_ident()}


def test_progress_counts_points(capsys):
    pytest.importorskip("tqdm")
    evaluate(sphere, POINTS, batch_size=10, progress=True)
    assert "37.0/37.0" in capsys.readouterr().err
    evaluate(sphere, POINTS)
    assert capsys.readouterr().err == ""


# Evaluation in a pool


@pytest.fixture
def no_children():
    yield
    assert multiprocessing.active_children() == []


@pytest.mark.usefixtures("no_children")
def test_a_pool_gives_the_serial_values():
    for batch_size in (None, 5):
        values = evaluate(sphere_of_one, POINTS, batch_size=batch_size, vectorized=False, n_jobs=2)
        np.testing.assert_array_equal(values, sphere(POINTS))


@pytest.mark.usefixtures("no_children")
@pytest.mark.parametrize(
    ("objective", "error", "message"),
    [
        (fails, LookupError, "^'?no value at 2 coordinates'?$"),
        (fails_stubbornly, RuntimeError, "^objective raised StubbornError: trouble in paradise$"),
        (ends_its_process, RuntimeError, "a worker process ended .* `if __name__ == '__main__':`"),
        (OnlyHere(), ValueError, r"objective: cannot be loaded .*no such attribute here.*top level"),
        (fails_first_then_sleeps, LookupError, "the first point"),
    ],
)
def test_errors_of_a_pool(objective, error, message):
    start = time.monotonic()
    with pytest.raises(error, match=message):
        evaluate(objective, POINTS, batch_size=1, vectorized=False, n_jobs=2)
    assert time.monotonic() - start < 60


@pytest.mark.usefixtures("no_children")
def test_an_objective_that_cannot_be_pickled():
    with pytest.raises(
        ValueError, match=r"objective: cannot be pickled .*top level of an importable module.*n_jobs=1"
    ):
        evaluate(lambda point: 0.0, POINTS, vectorized=False, n_jobs=2)


@pytest.mark.usefixtures("no_children")
def test_a_bad_value_ends_the_pool():
    with pytest.raises(ValueError, match="got nan at sample 0"):
        evaluate(sphere_of_one, np.full((200_000, 20), np.nan), batch_size=1000, vectorized=False, n_jobs=2)


@pytest.mark.usefixtures("no_children")
@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="sends itself a signal")
def test_ctrl_c_ends_the_pool_at_once():
    sent = []

    def interrupt():
        sent.append(time.monotonic())
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    timer = threading.Timer(3.0, interrupt)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            evaluate(sleeps, POINTS, batch_size=1, vectorized=False, n_jobs=2)
    finally:
        timer.cancel()
    assert time.monotonic() - sent[0] < 3


def run_script(folder, lines):
    script = folder / "script.py"
    script.write_text("\n".join(lines))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    return done.stderr.strip().splitlines()[-1]


def test_scripts_need_a_guard(tmp_path):
    script = [
        "import numpy as np",
        "from morsebar.sampling import evaluate",
        "def one(point):",
        "    return point[0]",
    ]
    work = "evaluate(one, np.zeros((9, 2)), vectorized=False, n_jobs=2)"
    assert run_script(tmp_path, [*script, work]).startswith("RuntimeError: a worker process ended")
    guarded = [*script, "if __name__ == '__main__':", f"    raise SystemExit(str({work}.sum()))"]
    assert run_script(tmp_path, guarded) == "0.0"


@pytest.mark.parametrize("n_jobs", [0, -2, 1.5])
def test_bad_n_jobs(n_jobs):
    with pytest.raises(ValueError, match=r"n_jobs is .*, expected a positive integer"):
        evaluate(sphere_of_one, POINTS, vectorized=False, n_jobs=n_jobs)
