"""Landscapes on disk: nothing lost, nothing half written, nothing misread."""

import dataclasses
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

import morsebar as mb

RNG = np.random.default_rng(11)
POINTS = RNG.uniform(0, 1, (60, 2))
EDGES = np.column_stack([np.arange(60), np.roll(np.arange(60), -1)])
VALUES = RNG.uniform(0, 1, 60).astype(np.float32)
LEVELS = VALUES[EDGES].max(axis=1) + np.float32(0.25)
BOX = [(0, 1), (0, 1)]


def waves(points):
    return np.sin(points * 12).sum(axis=1)


LANDSCAPES = {
    "grid": lambda: mb.landscape(waves, BOX, n_samples=400),
    "grid 3d": lambda: mb.landscape(waves, [(0, 1)] * 3, n_samples=400, sampler="grid"),
    "grid of shaped values": lambda: mb.Landscape.from_samples(
        POINTS, VALUES.reshape(6, 10), graph=mb.Grid((6, 10), "full", periodic=True)
    ),
    "refined": lambda: mb.landscape(waves, BOX, n_samples=400, refine_edges=True),
    "copies": lambda: mb.Landscape.from_samples(POINTS[np.arange(60) // 30], VALUES, n_neighbors=4),
    "knn": lambda: mb.landscape(waves, BOX, n_samples=300, sampler="sobol", random_state=None),
    "lattice": lambda: mb.landscape(waves, BOX, n_samples=300, sampler="lattice"),
    "knn without box": lambda: mb.Landscape.from_samples(POINTS, VALUES, name="données 'Ä'"),
    "edges": lambda: mb.Landscape.from_samples(
        POINTS, VALUES, graph=mb.Graph.from_edges(EDGES, 60), bounds=BOX
    ),
    "edges with levels": lambda: mb.Landscape.from_samples(
        POINTS, VALUES, graph=mb.Graph.from_edges(EDGES, 60, LEVELS)
    ),
    "whole numbers": lambda: mb.Landscape.from_samples(POINTS, (100 * VALUES).astype(np.int16)),
    "masked": lambda: mb.Landscape.from_samples(
        POINTS, np.where(VALUES > 0.5, np.nan, np.where(VALUES < 0.1, np.inf, VALUES)), nan="mask"
    ),
    "one": lambda: mb.Landscape.from_samples([[1.0, 2.0]], [3.0]),
    "nothing": lambda: mb.Landscape.from_samples(np.empty((0, 3)), []),
}


# Sixty random values are noise.
pytestmark = pytest.mark.filterwarnings("ignore::morsebar.ThinSampleWarning")


def assert_same(ours, theirs):
    """Equal bit for bit, in types and shapes too."""
    assert type(ours) is type(theirs)
    if isinstance(ours, np.ndarray):
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        assert ours.tobytes() == theirs.tobytes()
        assert ours.flags.writeable == theirs.flags.writeable
    elif dataclasses.is_dataclass(ours):
        for field in dataclasses.fields(ours):
            assert_same(getattr(ours, field.name), getattr(theirs, field.name))
    elif not (isinstance(ours, float) and np.isnan(ours) and np.isnan(theirs)):
        assert ours == theirs


@pytest.mark.parametrize("kind", LANDSCAPES)
def test_round_trip(kind, tmp_path):
    land = LANDSCAPES[kind]()
    land.save(tmp_path / "land.npz")
    again = mb.load(str(tmp_path / "land.npz"))
    assert_same(again, land)
    assert again.tree.graph is again.graph
    assert_same(again.barcode, land.barcode)
    assert repr(again) == repr(land)
    if land.n_samples > 1:
        inside = np.flatnonzero(np.isfinite(land.values))
        u, v = inside[0], inside[-1]
        assert again.tree.barrier(u, v) == land.tree.barrier(u, v)


def test_the_path_is_taken_as_it_is(tmp_path):
    LANDSCAPES["one"]().save(tmp_path / "land")
    assert os.listdir(tmp_path) == ["land"]
    assert mb.load(tmp_path / "land").n_samples == 1


def test_relative_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    LANDSCAPES["one"]().save("land.npz")
    assert mb.load("land.npz").n_samples == 1
    assert os.listdir(tmp_path) == ["land.npz"]


def test_no_pickles_inside(tmp_path):
    LANDSCAPES["knn"]().save(tmp_path / "land.npz")
    with np.load(tmp_path / "land.npz", allow_pickle=False) as archive:
        assert all(archive[name].dtype != object for name in archive.files)
        assert json.loads(str(archive["morsebar"]))["format"] == 1


def test_an_old_file_survives_a_failure(tmp_path, monkeypatch):
    path = tmp_path / "land.npz"
    LANDSCAPES["one"]().save(path)
    before = path.read_bytes()
    write_array = np.lib.format.write_array
    calls = []

    def fails_in_the_middle(file, array, **options):
        calls.append(array)
        if len(calls) == 3:
            file.write(b"half")
            raise KeyboardInterrupt
        write_array(file, array, **options)

    monkeypatch.setattr(np.lib.format, "write_array", fails_in_the_middle)
    with pytest.raises(KeyboardInterrupt):
        LANDSCAPES["knn"]().save(path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["land.npz"]
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk gone")))
    with pytest.raises(OSError, match="disk gone"):
        LANDSCAPES["knn"]().save(path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["land.npz"]
    LANDSCAPES["knn"]().save(path)
    assert mb.load(path).n_samples == 300


def test_a_link_keeps_its_place(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.npz"
    try:
        link.symlink_to(tmp_path / "real" / "land.npz")
    except OSError:
        pytest.skip("no symbolic links here")
    LANDSCAPES["one"]().save(link)
    assert link.is_symlink()
    assert os.listdir(tmp_path / "real") == ["land.npz"]


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_modes_are_those_of_any_file(tmp_path):
    path = tmp_path / "land.npz"
    LANDSCAPES["one"]().save(path)
    (tmp_path / "other").touch()
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode
    path.chmod(0o600)
    LANDSCAPES["one"]().save(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_places_where_nothing_can_be_written(tmp_path):
    with pytest.raises(ValueError, match="path: expected a regular file, got"):
        LANDSCAPES["one"]().save(tmp_path)
    with pytest.raises(FileNotFoundError):
        LANDSCAPES["one"]().save(tmp_path / "missing" / "land.npz")
    with pytest.raises(FileNotFoundError):
        mb.load(tmp_path / "missing.npz")


@pytest.fixture
def saved(tmp_path) -> Path:
    path = tmp_path / "land.npz"
    LANDSCAPES["knn"]().save(path)
    return path


def test_truncated_files(saved):
    content = saved.read_bytes()
    for length in (0, 1, 2, 100, len(content) // 2, len(content) - 1):
        saved.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"path: .*(land.npz' is damaged|expected a landscape)"):
            mb.load(saved)


def test_flipped_bits(saved):
    content = bytearray(saved.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        start = archive.getinfo("points.npy").header_offset
    content[start + 1000] ^= 1
    saved.write_bytes(content)
    with pytest.raises(ValueError, match=r"land.npz' is damaged .*CRC"):
        mb.load(saved)


def edit(path, change):
    with np.load(path) as archive:
        arrays = dict(archive)
    header = json.loads(str(arrays.pop("morsebar")))
    change(header, arrays)
    with path.open("wb") as file:
        np.savez(file, morsebar=np.array(json.dumps(header)), **arrays)


def test_newer_formats(saved):
    def change(header, arrays):
        header["format"] = 2
        arrays.clear()

    edit(saved, change)
    with pytest.raises(ValueError, match=r"path: expected format 1 or older, got 2 in .*newer version"):
        mb.load(saved)


@pytest.mark.parametrize("missing", ["points", "values", "graph/indices", "tree/minima"])
def test_missing_arrays(saved, missing):
    edit(saved, lambda header, arrays: arrays.pop(missing))
    with pytest.raises(ValueError, match=f"land.npz' is damaged .*{missing.split('/')[-1]}"):
        mb.load(saved)


def test_missing_header_entries(saved):
    edit(saved, lambda header, arrays: header.pop("sampler"))
    with pytest.raises(ValueError, match=r"land.npz' is damaged .*sampler"):
        mb.load(saved)


@pytest.mark.parametrize("content", ["archive", "text", "array", "folder of text", "list"])
def test_files_of_others(tmp_path, content):
    path = tmp_path / "other.npz"
    if content == "archive":
        np.savez(path, points=POINTS)
    elif content == "text":
        path.write_text("PKZIP is not the only thing that starts with PK")
    elif content == "array":
        with path.open("wb") as file:
            np.save(file, POINTS)
    elif content == "list":
        np.savez(path, morsebar=np.array("[]"))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme.txt", "hello")
    with pytest.raises(ValueError, match=r"path: .*other.npz"):
        mb.load(path)


def test_object_arrays_are_refused(saved):
    edit(saved, lambda header, arrays: arrays.update(points=np.array([{}], dtype=object)))
    with pytest.raises(ValueError, match=r"land.npz' is damaged .*allow_pickle"):
        mb.load(saved)
