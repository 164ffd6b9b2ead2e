"""benches/observations.py: its rule on made-up numbers, its graphs, and runs that are interrupted."""

import json
import math

import numpy as np
import observations
import pytest
from observation_report import Results, report
from observation_rule import Verdict, interval, judge, together
from observation_runs import (
    DESCENTS,
    L2,
    NETWORKS,
    QUICK,
    WHOLE,
    Cell,
    InBox,
    Plan,
    Store,
    descents,
    n_weights,
    tasks,
    with_minima,
)

import morsebar as mb

SUPPORTED, NOT_SUPPORTED, UNDECIDED = Verdict.SUPPORTED, Verdict.NOT_SUPPORTED, Verdict.UNDECIDED


def around(mean, spread=0.01):
    """Four seeds with this mean."""
    return [mean - spread, mean + spread, mean - spread, mean + spread]


def test_intervals_are_those_of_student():
    found = interval([1.0, 2.0, 3.0, 4.0])
    # 3.182 standard errors with three degrees of freedom.
    assert found.mean == 2.5
    assert found.half == pytest.approx(3.18245 * math.sqrt(5 / 3) / 2, rel=1e-5)
    assert (found.low, found.high) == (2.5 - found.half, 2.5 + found.half)


def test_one_seed_says_nothing():
    assert interval([1.0]).half == np.inf
    assert judge({"a": [0.0]}, {"a": [0.0]}, 1.0).verdict == UNDECIDED
    assert judge({"a": []}, {"a": []}, 1.0).verdict == UNDECIDED
    assert judge({}, {}, 1.0).verdict == UNDECIDED
    assert judge({"a": around(0.0), "b": []}, {"a": around(0.0), "b": []}, 1.0).verdict == UNDECIDED


def test_a_clear_quantity_is_supported():
    found = judge({"a": around(0.2), "b": around(0.3)}, {"a": around(0.25), "b": around(0.3)}, 1.0)
    assert found.verdict == SUPPORTED
    assert found.effect == pytest.approx(0.75)
    assert found.error == pytest.approx(0.1)
    assert found.dense["a"].mean == pytest.approx(0.2)


def test_a_clear_quantity_on_the_other_side_is_not_supported():
    assert judge({"a": around(1.8)}, {"a": around(1.7)}, 1.0).verdict == NOT_SUPPORTED


@pytest.mark.parametrize(
    ("dense", "thin"),
    [
        # The denser sample changes it by more than the distance of the bound.
        ({"a": around(0.8)}, {"a": around(1.3)}),
        ({"a": around(0.8)}, {"a": around(0.3)}),
        # One way differs from the other by more than that.
        ({"a": around(0.1), "b": around(0.9)}, {"a": around(0.1), "b": around(0.9)}),
        ({"a": around(0.5), "b": around(1.2)}, {"a": around(0.5), "b": around(1.2)}),
        # Seeds disagree.
        ({"a": [0.0, 2.0, 0.1, 1.2]}, {"a": [0.0, 2.0, 0.1, 1.2]}),
        # The error equals the effect.
        ({"a": [0.5, 0.5]}, {"a": [1.0, 1.0]}),
    ],
)
def test_what_sampling_hides_is_undecided(dense, thin):
    assert judge(dense, thin, 1.0).verdict == UNDECIDED


def test_an_error_just_below_the_effect_decides():
    assert judge({"a": [0.5, 0.5]}, {"a": [0.99, 0.99]}, 1.0).verdict == SUPPORTED


def test_one_interval_on_the_bound_is_undecided():
    wide = [0.5, 1.0, 0.7, 0.6]
    assert interval(wide).low < 0.9 < interval(wide).high
    narrow = around(0.69)
    found = judge({"a": wide, "b": narrow}, {"a": wide, "b": narrow}, 0.9)
    assert found.error < found.effect
    assert found.verdict == UNDECIDED


def test_both_samples_are_of_the_same_ways():
    with pytest.raises(ValueError, match=r"thin: got ways \['b'\], expected \['a'\]"):
        judge({"a": [1.0]}, {"b": [1.0]}, 0.0)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([SUPPORTED, SUPPORTED], SUPPORTED),
        ([SUPPORTED, UNDECIDED], UNDECIDED),
        ([SUPPORTED, UNDECIDED, NOT_SUPPORTED], NOT_SUPPORTED),
        ([], UNDECIDED),
    ],
)
def test_several_cases_together(verdicts, expected):
    assert together(verdicts) == expected


def test_every_network_is_run_with_one_seed_before_the_next():
    plan = list(tasks(WHOLE))
    assert len(set(plan)) == len(plan)
    first = plan[: len(NETWORKS) * len(L2) * 5]
    assert {(task.cell.widths, task.cell.l2) for task in first} == {(w, l2) for w in NETWORKS for l2 in L2}
    assert {task.cell.seed for task in first} == {0}
    assert {task.cell.seed for task in plan} == set(range(10))
    largest = [task for task in plan if task.kind == "sample" and task.n == 10**7]
    assert plan[-len(largest) :] == largest
    assert len([task for task in largest if task.cell.widths in ((2,), (3,))]) == 40
    assert {n_weights(task.cell.widths) for task in largest} == {4, 6, 8}
    assert {task.cell.widths for task in tasks(QUICK)} <= set(NETWORKS)


def test_inserted_minima_are_joined_to_samples_and_by_lines():
    def wells(points):
        return np.minimum(*(((points - center) ** 2).sum(axis=1) for center in ([1.0, 0.0], [-1.0, 0.0])))

    points = np.random.default_rng(0).uniform(-2, 2, (200, 2))
    minima = np.array([[1.0, 0.0], [-1.0, 0.0]])
    graph = mb.knn_graph(points, 8)
    between, table = with_minima(graph.indices, points, minima, np.array([4.0, 4.0]))
    np.testing.assert_allclose(between, np.column_stack((np.linspace(1, -1, 17)[1:-1], np.zeros(15))))
    np.testing.assert_array_equal(table[:200], graph.indices)
    for row, minimum in zip(table[200:202], minima, strict=True):
        nearest = np.argsort(((points - minimum) ** 2).sum(axis=1))[:8]
        assert set(row) == set(nearest)
    line = [200, *range(202, 217), 201]
    np.testing.assert_array_equal(table[202:, :2], np.column_stack((line[:-2], line[2:])))
    assert (table[202:, 2:] == -1).all()
    # Samples as high as can be: the way from one well to the other is the line.
    values = np.concatenate((np.full(200, 9.0), wells(minima), wells(between)))
    bars = mb.merge_tree(values, table).barcode()
    assert bars.minima[:2].tolist() == [200, 201]
    assert bars.deaths[1] == 1.0


def test_descents_end_in_minima_of_the_box():
    cell = Cell((2,), 3, 1e-3)
    found = descents(cell)
    half_width = cell.mlp.bounds[0, 1]
    points = np.array(found["points"])
    assert points.shape == (DESCENTS, 4)
    assert np.abs(points).max() <= half_width == found["half_width"]
    values = cell.mlp(points)
    assert values.min() == pytest.approx(found["lowest"], rel=1e-12)
    # With these biases the box ends before the lowest minimum does.
    assert 0 < found["on_faces"] < DESCENTS
    around = np.random.default_rng(0).normal(0, 1e-3, (300, 4))
    for point, value in zip(points, values, strict=True):
        assert cell.mlp((point + around).clip(-half_width, half_width)).min() > value - 1e-4


def test_gradients_in_a_box_are_those_of_differences():
    box = InBox(Cell((2,), 0, 1e-2).mlp)
    rows = np.random.default_rng(0).uniform(-3, 3, (20, 4))
    values, gradients = box.value_and_gradient(rows)
    np.testing.assert_array_equal(values, box(rows))
    for axis in range(4):
        step = 1e-6 * np.eye(4)[axis]
        np.testing.assert_allclose(
            gradients[:, axis], (box(rows + step) - box(rows - step)) / 2e-6, rtol=1e-4, atol=1e-5
        )


def test_a_run_that_is_interrupted_goes_on(tmp_path, monkeypatch):
    plan = Plan(((2,), (3,)), 1, (300, 3000), {2: (11, 21), 3: (7, 13)})
    performed = []

    def perform(task, store):
        if len(performed) == 7:
            performed.append(None)
            raise KeyboardInterrupt
        performed.append(task)
        real(task, store)

    real = observations.perform
    monkeypatch.setattr(observations, "perform", perform)
    store = Store(tmp_path / "runs")
    with pytest.raises(KeyboardInterrupt):
        observations.run_all(plan, store)
    part = Results(plan, store)
    assert (part.done, part.total) == (7, 20)
    # A part of the runs can be reported.
    assert sum("**undecided**" in line for line in report(part)) == 6
    observations.run_all(plan, store)
    performed.remove(None)
    assert performed == list(tasks(plan))
    results = Results(plan, store)
    observations.check(results)
    assert {run.way for run in results.runs} == {"a, k = 2d", "a, k = 4d", "b", "c"}
    assert len(results.runs) == 4 * (3 + 1) * 2
    observations.figure(results, tmp_path / "bars.png")
    assert (tmp_path / "bars.png").stat().st_size > 10_000
    # A minimum over the last layer is below the losses it is taken of, and close to descended minima.
    for run in results.runs:
        if run.way == "b" and run.n in (21**2, 13**3):
            assert -0.01 < results.above_descended(run) < 0.1


def test_runs_of_another_protocol_are_refused(tmp_path):
    plan = Plan(((2,),), 1, (300, 3000), {2: (11, 21)})
    store = Store(tmp_path)
    task = next(tasks(plan))
    store.write(task, [])
    assert store.read(task) == []
    content = json.loads(store.path(task).read_text())
    store.path(task).write_text(json.dumps({**content, "protocol": {"length": 1}}))
    with pytest.raises(ValueError, match=r"got \{'length': 1\}, expected"):
        store.read(task)
