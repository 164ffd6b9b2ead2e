"""Minima and their numbers as the literature gives them."""

import numpy as np
import pytest
from scipy.optimize import minimize

import morsebar as mb
from morsebar import objectives

LIBRARY = "S. Surjanovic, D. Bingham, Virtual Library of Simulation Experiments"
GAVANA = "A. Gavana, Global Optimization Benchmarks and AMPGO, 2013"
MCS = "W. Huyer, A. Neumaier, Global optimization by multilevel coordinate search, 1999, and its program"
SHGO = "S. C. Endres, in the documentation of scipy.optimize.shgo"
VANARET = (
    "C. Vanaret et al., Certified global minima for a benchmark of difficult optimization problems, 2020"
)

# Name, dimension, value, one minimiser, source. Digits are those of the source.
PUBLISHED = [
    ("ackley", 3, "0", [0, 0, 0], LIBRARY),
    ("alpine01", 2, "0", [0, 0], GAVANA),
    ("bukin6", 2, "0", [-10, 1], LIBRARY),
    ("cross_in_tray", 2, "-2.062611870822739", [1.349406608602084, -1.349406608602084], GAVANA),
    ("drop_wave", 2, "-1", [0, 0], LIBRARY),
    ("easom", 2, "-1", [np.pi, np.pi], LIBRARY),
    ("egg_crate", 2, "0", [0, 0], GAVANA),
    ("eggholder", 2, "-959.64066272085051", [512, 404.23180542], SHGO),
    ("goldstein_price", 2, "3", [0, -1], LIBRARY),
    ("griewank", 4, "0", [0, 0, 0, 0], LIBRARY),
    ("hartmann3", 3, "-3.8627821478", [0.11461292, 0.55564907, 0.85254697], GAVANA),
    (
        "hartmann6",
        6,
        "-3.32236801141551",
        [0.20168952, 0.15001069, 0.47687398, 0.27533243, 0.31165162, 0.65730054],
        GAVANA,
    ),
    ("himmelblau", 2, "0", [3, 2], GAVANA),
    ("holder_table", 2, "-19.20850256788675", [8.055023472141116, 9.664590028909654], GAVANA),
    ("langermann", 2, "-5.1621259", [2.00299219, 1.006096], GAVANA),
    ("levy", 3, "0", [1, 1, 1], LIBRARY),
    ("lunacek", 3, "0", [2.5, 2.5, 2.5], "M. Lunacek, D. Whitley, A. Sutton, PPSN X, 2008"),
    ("michalewicz", 2, "-1.8013034", [2.20, 1.57], VANARET),
    ("michalewicz", 5, "-4.6876582", None, VANARET),
    ("michalewicz", 10, "-9.6601517", None, VANARET),
    ("rastrigin", 2, "0", [0, 0], LIBRARY),
    ("rosenbrock", 5, "0", [1, 1, 1, 1, 1], LIBRARY),
    ("schaffer2", 2, "0", [0, 0], LIBRARY),
    ("schaffer4", 2, "0.292579", [0, 1.25313], LIBRARY),
    ("schwefel26", 2, "0", [420.9687, 420.9687], LIBRARY),
    ("shekel5", 4, "-10.1531996790582", [4, 4, 4, 4], MCS),
    ("shekel7", 4, "-10.4029405668187", [4, 4, 4, 4], MCS),
    ("shekel10", 4, "-10.5364098166920", [4, 4, 4, 4], MCS),
    ("six_hump_camel", 2, "-1.031628", [0.08984, -0.71266], GAVANA),
    ("styblinski_tang", 1, "-39.16616570377142", [-2.903534018185960], GAVANA),
    ("three_hump_camel", 2, "0", [0, 0], LIBRARY),
    ("wavy", 2, "0", [0, 0], GAVANA),
    ("xin_she_yang04", 2, "-1", [0, 0], GAVANA),
    ("zakharov", 3, "0", [0, 0, 0], LIBRARY),
]


def last_digit(text):
    """One unit in the last place that is given."""
    return 10.0 ** -len(text.partition(".")[2]) if "." in text else 0.0


@pytest.mark.parametrize(
    ("name", "d", "value", "minimiser"), [row[:4] for row in PUBLISHED], ids=lambda x: str(x)[:20]
)
def test_published_minima(name, d, value, minimiser):
    objective = objectives.get(name, d)
    # To a millionth, or in the last of fewer digits, which may have been cut off.
    assert abs(objective.minimum_value - float(value)) <= max(1e-6, last_digit(value))
    if minimiser is not None:
        # Shekel's are near the place of the deepest well, Michalewicz's is given to two digits.
        reach = {"shekel": 1e-3, "michal": 1e-2}.get(name[:6], 1e-4)
        assert np.abs(objective.minima - minimiser).max(axis=1).min() <= reach


def test_every_minimum_is_published_but_the_drawn_ones():
    published = {row[0] for row in PUBLISHED}
    assert set(objectives.names()) - published == {"gallagher101", "gallagher21"}


@pytest.mark.parametrize(
    ("name", "d"),
    [(name, objectives.get(name).d) for name in objectives.names() if name not in ("bukin6", "eggholder")]
    + [("michalewicz", 10), ("levy", 4), ("lunacek", 5), ("griewank", 5)],
)
def test_minimum_values_hold_to_a_millionth_nearby(name, d):
    objective = objectives.get(name, d)
    if objective.formula.gradient is None:
        polished = minimize(lambda x: objective(x[None])[0], objective.minima[0], method="Nelder-Mead")
    else:
        polished = minimize(
            lambda x: objective(x[None])[0],
            objective.minima[0],
            jac=lambda x: objective.gradient(x[None])[0],
            method="L-BFGS-B",
            bounds=objective.bounds,
        )
    assert abs(polished.fun - objective.minimum_value) < 1e-6


# Numbers of local minima


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("himmelblau", 4),  # D. M. Himmelblau, Applied Nonlinear Programming, 1972
        ("six_hump_camel", 6),  # L. C. W. Dixon, G. P. Szego (eds.), Towards Global Optimisation 2, 1978
        ("three_hump_camel", 3),  # LIBRARY
        ("zakharov", 1),  # LIBRARY: no local minima except the global one
    ],
)
def test_number_of_minima_on_a_grid(name, count):
    land = mb.landscape(objectives.get(name), n_samples=160_801, sampler="grid")
    assert len(land.barcode) == count
    assert not land.barcode.on_boundary.any()


def test_goldstein_price_has_four_minima():
    """A.-R. Hedar, Test functions for unconstrained global optimization, Kyoto University.

    Grids have false ones in its narrow curved valleys, which are shallow.
    """
    land = mb.landscape(objectives.goldstein_price, n_samples=160_801, sampler="grid")
    bars = land.barcode
    long = np.flatnonzero(bars.persistence > 1.0)
    np.testing.assert_allclose(np.sort(bars.births[long]), [3.0, 30.0, 84.0, 840.0], atol=1e-9)
    found = {tuple(place) for place in land.minimum_points[long].round(9).tolist()}
    assert found == {(0.0, -1.0), (-0.6, -0.4), (1.8, 0.2), (1.2, 0.8)}


@pytest.mark.parametrize("m", [5, 7, 10])
def test_shekel_has_as_many_minima_as_places(m):
    """S. Surjanovic, D. Bingham: m local minima, and A.-R. Hedar likewise."""
    land = mb.landscape(objectives.get(f"shekel{m}"), n_samples=100_000)
    assert len(land.barcode) == m
    places = np.array(objectives.get(f"shekel{m}").formula.places)
    distance = np.linalg.norm(land.minimum_points[:, None] - places, axis=2)
    assert sorted(distance.argmin(axis=1)) == list(range(m))
    assert distance.min(axis=1).max() < 1.0


def stationary_minima(objective, starts, seed):
    """Places where descents from random points end, each once, if the gradient vanishes there."""
    found = []
    low, high = objective.bounds.T
    for start in np.random.default_rng(seed).uniform(low, high, (starts, objective.d)):
        end = minimize(
            lambda x: objective(x[None])[0],
            start,
            jac=lambda x: objective.gradient(x[None])[0],
            method="L-BFGS-B",
            bounds=objective.bounds,
            options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 3000},
        )
        stationary = np.abs(objective.gradient(end.x[None])).max() < 1e-3
        if stationary and all(np.abs(end.x - x).max() > 1e-2 for x in found):
            found.append(end.x)
    return found


@pytest.mark.parametrize(("d", "count"), [(2, 1), (3, 1), (4, 2), (6, 2)])
def test_rosenbrock_has_two_minima_from_four_dimensions_on(d, count):
    """Y.-W. Shang, Y.-H. Qiu, A note on the extended Rosenbrock function, Evol. Comput. 14 (2006)."""
    found = stationary_minima(objectives.get("rosenbrock", d), starts=40, seed=d)
    assert len(found) == count
    for place in found:
        assert np.abs(np.abs(place) - 1.0).max() < 1.0
        assert (place[0] < 0) == (not np.allclose(place, 1.0, atol=1e-4))


def test_griewank_has_191_minima_on_a_line():
    """H. Cho, F. Olivera, S. D. Guikema, Applied Mathematics and Computation 204 (2008), 694-701."""
    land = mb.landscape(objectives.get("griewank", 1), n_samples=200_001, sampler="grid")
    assert np.count_nonzero(~land.barcode.on_boundary) == 191
