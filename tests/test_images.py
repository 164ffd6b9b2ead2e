"""Pictures look as they did: each is compared with the one in `tests/pictures`.

What is drawn may change, on purpose. To renew the pictures, and then look at them::

    MORSEBAR_RENEW_PICTURES=1 python -m pytest tests/test_images.py

Fonts are those that matplotlib brings along, unhinted. With the version of matplotlib that drew the pictures
(they name it) no place may differ. Other versions draw and place glyphs a little otherwise: with them a small
part of a picture may. The last tests show that changes of what is drawn are seen.
"""

import os
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from scipy.ndimage import gaussian_filter

import morsebar as mb
from morsebar import plots
from morsebar.plots import barcodes, marks

FOLDER = Path(__file__).parent / "pictures"
RENEW = bool(os.environ.get("MORSEBAR_RENEW_PICTURES"))
DPI = 50
#: Differences, of 255, that rounding on another machine may make.
ROUNDING = 30.0
#: Part of a picture that may differ by more with another version of matplotlib; 0.014 between 3.10 and 3.11.
OTHER_GLYPHS = 0.025


def landscape(name, d=None, **options):
    function = mb.objectives.get(name) if d is None else mb.objectives.get(name, d=d)
    return mb.landscape(function, **options)


@cache
def himmelblau():
    return landscape("himmelblau", n_samples=10_000, sampler="uniform", n_neighbors=8)


@cache
def eggholder():
    return landscape("eggholder", n_samples=250_000, sampler="grid")


def complex_of_himmelblau():
    x = np.linspace(-5.0, 5.0, 51)
    points = np.stack(np.meshgrid(x, x, indexing="ij"), axis=-1).reshape(-1, 2)
    return mb.morse_complex(mb.objectives.himmelblau(points).reshape(51, 51))


def loss_plane(ax):
    x = np.linspace(-2, 2, 9)
    mlp = mb.networks.MLP((1, 2, 1), "tanh", biases="none", data=(x, np.sin(2 * x)), l2=0.01)
    ends = np.array([[2.1, -0.5, 1.6, 2.6], [-0.5, 2.1, 2.6, 1.6], [-2.1, -0.5, -1.6, 2.6]])
    plane = mb.networks.loss_plane(mlp, ends[0], "solutions", solutions=ends[1:])
    trajectory = plane.lift([[0.6, 0.1], [0.3, 0.0], [0.1, -0.1], [0.0, 0.0]])
    trajectory[0, 0] += 1.0
    land = mb.landscape(plane, n_samples=10_000, sampler="grid")
    return plots.loss_plane(land, plane, ax, trajectory=trajectory)


def morse_complex(ax):
    cx = complex_of_himmelblau()
    return cx.plot(ax, form=cx.canonical_form(basis=True), bounds=[(-5.0, 5.0)] * 2)


#: Name of a picture: its size in inches, kind of its Axes, and what draws into them.
PICTURES = {
    "barcode": ((6.4, 4.0), {}, lambda ax: himmelblau().barcode.plot(ax)),
    "barcode-by-size": ((6.4, 4.0), {}, lambda ax: eggholder().barcode.plot(ax, color_by="size")),
    "diagram": ((5.2, 5.0), {}, lambda ax: complex_of_himmelblau().canonical_form().plot(ax)),
    "disconnectivity": ((8.0, 5.0), {}, lambda ax: eggholder().plot_disconnectivity(ax)),
    "disconnectivity-levels": (
        (8.0, 5.0),
        {},
        lambda ax: eggholder().plot_disconnectivity(
            ax, levels=10, color_by="value", max_leaves=30, order="depth"
        ),
    ),
    "landscape-1d": (
        (10.4, 4.4),
        {"ncols": 2},
        lambda ax: landscape("rastrigin", 1, n_samples=2000).plot(ax),
    ),
    "landscape-2d": (
        (10.4, 4.4),
        {"ncols": 2, "width_ratios": [6, 5]},
        lambda ax: himmelblau().plot(ax),
    ),
    "loss-plane": ((6.8, 5.6), {}, loss_plane),
    "morse-complex": ((6.4, 5.0), {}, morse_complex),
    "persistence-curve": ((6.4, 4.0), {}, lambda ax: himmelblau().barcode.plot_persistence(ax)),
    "profile": ((6.4, 4.0), {}, lambda ax: eggholder().plot_profile(ax)),
    "projection": (
        (6.8, 5.2),
        {},
        lambda ax: landscape("styblinski_tang", 4, n_samples=20_000, sampler="grid").plot_projection(ax),
    ),
    "surface": ((7.2, 6.0), {"subplot_kw": {"projection": "3d"}}, lambda ax: himmelblau().plot_surface(ax)),
    "tree": ((6.6, 5.2), {}, lambda ax: eggholder().plot_tree(ax)),
}


def draw(name, path):
    size, kind, draw_into = PICTURES[name]
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({"font.family": "DejaVu Sans", "text.hinting": "none"})
        figure = Figure(figsize=size, dpi=DPI)
        # A layout that looks at texts would move everything by pixels from version to version.
        margins = {"left": 0.12, "right": 0.97, "bottom": 0.2, "top": 0.84, "wspace": 0.3}
        draw_into(figure.subplots(**kind))
        figure.subplots_adjust(**margins)
        figure.savefig(path, dpi=DPI, pil_kwargs={"optimize": True})


def version_of(picture):
    """The version of matplotlib, without its last number, that drew a picture."""
    return picture.info["Software"].removeprefix("Matplotlib version").split(",")[0].rsplit(".", 1)[0]


def differences(first, second):
    """The largest difference between two pictures, and the part that differs by more than 10, smoothed."""
    sharp = [np.asarray(picture.convert("RGB"), dtype=float) for picture in (first, second)]
    assert sharp[0].shape == sharp[1].shape

    def difference(sigma):
        return np.abs(np.subtract(*(gaussian_filter(x, (sigma, sigma, 0)) for x in sharp))).max(axis=2)

    return difference(1).max(), np.mean(difference(2) > 10.0)


def is_alike(name, path):
    """Whether a picture looks as the kept one does."""
    kept, new = Image.open(FOLDER / f"{name}.png"), Image.open(path)
    largest, part = differences(kept, new)
    return largest <= ROUNDING if version_of(kept) == version_of(new) else part <= OTHER_GLYPHS


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_look_as_they_did(name, tmp_path):
    path = FOLDER / f"{name}.png" if RENEW else tmp_path / f"{name}.png"
    draw(name, path)
    assert is_alike(name, path), f"{path} differs from {FOLDER / path.name}"


def test_there_are_no_other_pictures_and_they_are_small():
    files = list(FOLDER.iterdir())
    assert sorted(file.name for file in files) == sorted(f"{name}.png" for name in PICTURES)
    assert sum(file.stat().st_size for file in files) < 400_000


def test_other_colours_are_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(barcodes, "LONG", "#009E73")
    draw("barcode", tmp_path / "barcode.png")
    assert not is_alike("barcode", tmp_path / "barcode.png")
    # With any version.
    assert (
        differences(Image.open(FOLDER / "barcode.png"), Image.open(tmp_path / "barcode.png"))[1]
        > OTHER_GLYPHS
    )


@pytest.mark.parametrize("name", ["landscape-1d", "landscape-2d", "tree", "profile"])
def test_other_marks_are_seen(name, tmp_path, monkeypatch):
    monkeypatch.setattr(marks, "SADDLE", "#CC79A7")
    draw(name, tmp_path / f"{name}.png")
    draw_now = tmp_path / "now.png"
    monkeypatch.undo()
    draw(name, draw_now)
    assert differences(Image.open(draw_now), Image.open(tmp_path / f"{name}.png"))[0] > ROUNDING
