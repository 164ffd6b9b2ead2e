"""Gallagher's peaks: what the definition of BBOB says of them, and that the draw never changes."""

import numpy as np
import pytest
import textbook

from morsebar import objectives
from morsebar.objectives.gallagher import FEW, MANY, drawn

SHAPES = {"gallagher21": FEW, "gallagher101": MANY}

every_size = pytest.mark.parametrize("d", [2, 3, 7])
every_shape = pytest.mark.parametrize("name", SHAPES)


@every_size
@every_shape
def test_the_draw_is_what_bbob_defines(name, d):
    shape = SHAPES[name]
    peaks = drawn(shape, d)
    n = int(name.removeprefix("gallagher"))
    assert peaks.places.shape == (n, d)
    assert peaks.heights == pytest.approx([10.0, *(1.1 + 8.0 * i / (n - 2) for i in range(n - 1))])
    assert np.abs(peaks.places).max() <= (5.0 if n == 101 else 4.9)
    assert np.abs(peaks.places[0]).max() <= (4.0 if n == 101 else 3.92)
    np.testing.assert_allclose(np.array(peaks.rotation) @ np.transpose(peaks.rotation), np.eye(d), atol=1e-14)
    stretches = np.array(peaks.stretches)
    # Of diagonals from a^-1/4 to a^1/4 the ends give the conditioning a.
    conditions = (stretches.max(axis=1) / stretches.min(axis=1)) ** 2
    np.testing.assert_allclose(conditions, (stretches.max(axis=1)) ** 4)
    assert conditions[0] == pytest.approx(1e3 if n == 101 else 1e6)
    np.testing.assert_allclose(np.sort(conditions[1:]), 1000.0 ** (2.0 * np.arange(n - 1) / (n - 2)))
    if d == 2:
        # Peaks point along either axis, and lie in every quadrant.
        assert 0.2 < (stretches[:, 0] < stretches[:, 1]).mean() < 0.8
        assert len(np.unique(np.sign(peaks.places), axis=0)) == 4


@every_size
@every_shape
def test_peaks_that_no_other_hides_are_local_minima(name, d):
    objective, peaks = objectives.get(name, d), drawn(SHAPES[name], d)
    own = np.array([textbook.oscillation(10.0 - height) ** 2 for height in peaks.heights])
    values = objective(peaks.places)
    assert (values <= own * (1 + 1e-12)).all()
    visible = np.flatnonzero(np.isclose(values, own, rtol=1e-12))
    assert visible[0] == 0
    assert len(visible) > 3
    step = np.random.default_rng(0).normal(size=(50, d))
    for peak in visible:
        near = objective(peaks.places[peak] + 1e-5 * step / np.linalg.norm(step, axis=1, keepdims=True))
        assert (near > values[peak]).all()


def test_the_draw_never_changes():
    np.testing.assert_allclose(drawn(FEW, 2).places[1], [2.0560516660025665, -4.0268408453623525], rtol=1e-12)
    np.testing.assert_allclose(drawn(MANY, 2).places[1], [2.8480541196997713, 0.9127818522941178], rtol=1e-12)
    np.testing.assert_allclose(
        drawn(FEW, 2).rotation[0], [-0.9948529856481989, 0.10132885545028045], rtol=1e-9
    )
