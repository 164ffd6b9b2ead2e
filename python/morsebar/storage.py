"""Landscapes on disk: npz archives without pickles, read back without loss."""

import json
import os
import zipfile
from collections.abc import Mapping
from os import PathLike
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from morsebar._files import replacing
from morsebar.any_graph import AnyGraph
from morsebar.graph import Graph, Grid, Table
from morsebar.knn import KnnGraph
from morsebar.landscape import Landscape
from morsebar.lattice import Lattice
from morsebar.merge_tree import MergeTree

__all__ = ["load", "save"]

Arrays: TypeAlias = dict[str, NDArray[Any]]

# Raised by one whenever a file of the older format would be misread.
FORMAT_VERSION = 1
_HEADER = "morsebar"
_GRAPHS: dict[str, type[AnyGraph]] = {kind.__name__: kind for kind in (Grid, Lattice, KnnGraph, Graph, Table)}
# What incomplete and inconsistent archives raise; MemoryError and OSError pass.
_DAMAGE = (zipfile.BadZipFile, EOFError, KeyError, TypeError, AttributeError, ValueError)


def save(landscape: Landscape, path: str | PathLike[str]) -> None:
    """Write a landscape to exactly this path, as an npz archive.

    The file is written beside its destination and moved there when complete: an existing file is replaced
    in one step or left as it was.

    Parameters
    ----------
    landscape : Landscape
        What to write.
    path : str or path
        No suffix is added.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If something else than a regular file has this path.

    Notes
    -----
    The file has the size of all arrays together: points, values, neighbours and tree.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import morsebar as mb
    >>> land = mb.landscape(mb.objectives.himmelblau, n_samples=2500)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "himmelblau.npz")
    ...     land.save(path)
    ...     again = mb.load(path)
    >>> (again.barcode.diagram == land.barcode.diagram).all()
    np.True_
    """
    header = {
        "format": FORMAT_VERSION,
        "graph": type(landscape.graph).__name__,
        "values_shape": landscape.tree.values.shape,
        "sampler": landscape.sampler,
        "random_state": landscape.random_state,
        "name": landscape.name,
        "n_evaluations": landscape.n_evaluations,
    }
    arrays = {"points": landscape.points, "values": landscape.values}
    if landscape.bounds is not None:
        arrays["bounds"] = landscape.bounds
    arrays |= {f"graph/{name}": array for name, array in landscape.graph._to_arrays().items()}
    arrays |= {f"tree/{name}": array for name, array in landscape.tree._to_arrays().items()}
    _write(path, header | {"arrays": list(arrays)}, arrays)


def load(path: str | PathLike[str]) -> Landscape:
    """Read a landscape that `Landscape.save` wrote.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    Landscape, equal to the saved one in every array and attribute.

    Raises
    ------
    ValueError
        If the file is not a landscape, is damaged, or was written by a version with a newer format.
    OSError
        If the file cannot be opened.

    Examples
    --------
    >>> import os, tempfile
    >>> import morsebar as mb
    >>> land = mb.landscape(mb.objectives.egg_crate, n_samples=2500)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "egg_crate.npz")
    ...     land.save(path)
    ...     len(mb.load(path).barcode) == len(land.barcode)
    True
    """
    header, arrays = _read(path)
    try:
        return _unpack(header, arrays)
    except _DAMAGE as error:
        raise ValueError(f"path: {os.fspath(path)!r} is damaged ({error!r})") from error


def _unpack(header: Mapping[str, Any], arrays: Arrays) -> Landscape:
    values = arrays["values"].reshape(header["values_shape"])
    graph = _GRAPHS[header["graph"]]._from_arrays(_of_group(arrays, "graph"))
    return Landscape(
        arrays["points"],
        values,
        graph,
        MergeTree._from_arrays(_of_group(arrays, "tree"), values, graph),
        arrays.get("bounds"),
        sampler=header["sampler"],
        random_state=header["random_state"],
        name=header["name"],
        n_evaluations=header["n_evaluations"],
    )


def _of_group(arrays: Arrays, group: str) -> Arrays:
    prefix = f"{group}/"
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _write(path: str | PathLike[str], header: Mapping[str, Any], arrays: Arrays) -> None:
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        for key, array in {_HEADER: np.array(json.dumps(header)), **arrays}.items():
            with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


def _read(path: str | PathLike[str]) -> tuple[dict[str, Any], Arrays]:
    name = repr(os.fspath(path))
    with open(path, "rb") as file:
        is_archive = file.read(2) == b"PK"
        file.seek(0)
        try:
            header, arrays = _read_archive(file) if is_archive else ({}, {})
        except _DAMAGE as error:
            raise ValueError(f"path: {name} is damaged or cut short ({error})") from error
    if not header:
        raise ValueError(f"path: expected a landscape saved by morsebar, got {name}")
    if header["format"] > FORMAT_VERSION:
        raise ValueError(
            f"path: expected format {FORMAT_VERSION} or older, got {header['format']} in {name}: "
            "a newer version of morsebar wrote it"
        )
    return header, arrays


def _read_archive(file: BinaryIO) -> tuple[dict[str, Any], Arrays]:
    """Return header and arrays; no header if the archive is not ours, no arrays if its format is newer."""
    with np.load(file, allow_pickle=False) as archive:
        if _HEADER not in archive.files:
            return {}, {}
        header = json.loads(str(archive[_HEADER]))
        if header["format"] > FORMAT_VERSION:
            return header, {}
        return header, {key: archive[key] for key in header["arrays"]}
