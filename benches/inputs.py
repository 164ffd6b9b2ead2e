"""Pinned inputs of the benchmarks: point clouds with their neighbour tables, grids, and hard graphs.

Neighbour tables take minutes at the largest sizes, so they are kept on disk, in
`$MORSEBAR_BENCH_CACHE` or `~/.cache/morsebar-bench`. Building one is never part of a timing.
"""

import itertools
import os
import sys
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import ClassVar

import numpy as np
from scipy.ndimage import gaussian_filter

import morsebar as mb

SEED = 20191200


@dataclass(frozen=True)
class Cloud:
    """Uniform points in [-10, 10]^d, alpine01 at each as float32, and the table of k nearest neighbours.

    `order` numbers the vertices: "random" (as generated) or "spatial" (along the Morton curve). Both
    describe the same points and the same graph.
    """

    n: int
    d: int
    k: int
    order: str

    @property
    def name(self) -> str:
        return f"n = {self.n:.0e}, d = {self.d}, k = {self.k}, {self.order}".replace("e+0", "e")

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        """Give values (n,) float32 and table (n, k) int32, built first if the cache has none."""
        folder = cache_folder() / f"alpine01-n{self.n}-d{self.d}-k{self.k}-seed{SEED}"
        if not folder.exists():
            _build_clouds(self, folder)
        return np.load(folder / f"{self.order}-values.npy"), np.load(folder / f"{self.order}-table.npy")


def cache_folder() -> Path:
    """Folder of the cached tables, outside the repository."""
    return Path(os.environ.get("MORSEBAR_BENCH_CACHE", Path.home() / ".cache" / "morsebar-bench"))


def alpine01(points: np.ndarray) -> np.ndarray:
    """Sum over the axes of |x sin x + 0.1 x|; `points` is (n, d)."""
    return np.abs(points * np.sin(points) + 0.1 * points).sum(axis=1)


def morton_order(points: np.ndarray) -> np.ndarray:
    """Permutation that sorts points of the box [-10, 10]^d along the Morton curve."""
    d = points.shape[1]
    bits = 62 // d if d > 2 else 24
    cells = ((points + 10) / 20 * (1 << bits)).astype(np.uint64)
    keys = np.zeros(len(points), np.uint64)
    for bit in range(bits):
        for axis in range(d):
            keys |= ((cells[:, axis] >> np.uint64(bit)) & np.uint64(1)) << np.uint64(bit * d + axis)
    return np.argsort(keys, kind="stable")


def _build_clouds(cloud: Cloud, folder: Path) -> None:
    """Write both orders of one cloud. The query runs in spatial order, where it is fastest."""
    say(f"  building the table n = {cloud.n}, d = {cloud.d}, k = {cloud.k} in {folder}")
    points = np.random.default_rng(SEED).uniform(-10, 10, (cloud.n, cloud.d))
    order = morton_order(points)
    values = alpine01(points).astype(np.float32)
    spatial = mb.knn_graph(points[order], cloud.k, method="exact").indices
    random = np.empty_like(spatial)
    random[order] = order.astype(np.int32)[spatial]
    partial = folder.with_name(folder.name + f".partial-{os.getpid()}")
    partial.mkdir(parents=True)
    np.save(partial / "spatial-values.npy", values[order])
    np.save(partial / "spatial-table.npy", spatial)
    np.save(partial / "random-values.npy", values)
    np.save(partial / "random-table.npy", random)
    partial.rename(folder)


@dataclass(frozen=True)
class Field:
    """A float64 array of one of `KINDS` on a grid of `d` axes of the same length; it has no table."""

    KINDS: ClassVar = ("alpine01 + noise", "smoothed noise", "white noise")

    kind: str
    side: int
    d: int

    @property
    def name(self) -> str:
        return f"{self.side}^{self.d} float64, {self.kind}"

    def load(self) -> tuple[np.ndarray, None]:
        """Give values of shape (side,) * d, and no table."""
        values = np.random.default_rng(SEED).standard_normal((self.side,) * self.d)
        if self.kind == "alpine01 + noise":
            factor = alpine01(np.linspace(-10, 10, self.side)[:, None])
            values = reduce(np.add.outer, [factor] * self.d) + 1e-9 * values
        elif self.kind == "smoothed noise":
            values = gaussian_filter(values, sigma=4)
        return values, None


@dataclass(frozen=True)
class Grid:
    """A field on three axes; its table holds the axis neighbours."""

    kind: str
    side: int

    @property
    def name(self) -> str:
        return Field(self.kind, self.side, 3).name

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        """Give values (side, side, side) and table (side^3, 6)."""
        values, _ = Field(self.kind, self.side, 3).load()
        return values, axis_table(values.shape)


def axis_table(shape: tuple[int, ...]) -> np.ndarray:
    """Table (n, 2 ndim) int32 of the axis neighbours on a grid, -1 outside."""
    ids = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    padded = np.pad(ids, 1, constant_values=-1)
    inner = (slice(1, -1),) * len(shape)
    steps = itertools.product(range(len(shape)), (-1, 1))
    return np.stack([np.roll(padded, step, axis)[inner].ravel() for axis, step in steps], axis=1)


@dataclass(frozen=True)
class Chain:
    """Path on which each of m minima is swallowed by the next.

    Along the path the minima fall (0, -1, -2, ...) while the saddles between them rise (1, 2, ...). At
    saddle i everything before it is one component with minimum i - 1, which dies into minimum i: the
    parents form one chain of length m - 1.
    """

    m: int

    @property
    def name(self) -> str:
        return f"chain of {self.m:.0e} minima".replace("e+0", "e")

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        """Give values (2m - 1,) and table (2m - 1, 2)."""
        values = np.empty(2 * self.m - 1)
        values[0::2] = -np.arange(self.m)
        values[1::2] = np.arange(1, self.m)
        return values, axis_table(values.shape)


@dataclass(frozen=True)
class RisingChain:
    """The hard family of the triplet merge tree.

    A chain of m nested minima with rising saddles, as in `Chain`; m leaves, each joined to the chain's
    first minimum by a low saddle of its own; and for each leaf an arc, above every saddle, to the chain's
    last minimum. The representative of a leaf at the level of its arc is m parents away, and saddles
    that rise along the way forbid to shorten it. `order` numbers the vertices so that a stream of rows
    meets the chain first, the arcs first, or both mixed.

    Only saddles have a row (their two lower neighbours); the minima's rows are padding.
    """

    ORDERS: ClassVar = ("chain first", "arcs first", "shuffled")

    m: int
    order: str

    @property
    def name(self) -> str:
        return f"rising chain, m = {self.m:.0e}, {self.order}".replace("e+0", "e")

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        """Give values (5m - 1,) and table (5m - 1, 2)."""
        m, n = self.m, 5 * self.m - 1
        steps = np.arange(m)
        chain_minima, chain_saddles = steps, m + steps[:-1]
        leaves, leaf_saddles, arcs = (2 * m - 1 + part * m + steps for part in range(3))
        values = np.empty(n)
        values[chain_minima] = -steps
        values[chain_saddles] = 1 + steps[:-1]
        values[leaves] = 0.1 + 0.1 * steps / m
        values[leaf_saddles] = 0.5 + 0.1 * steps / m
        values[arcs] = 2 * m + steps
        table = np.full((n, 2), -1, np.int32)
        table[chain_saddles] = np.stack([chain_minima[:-1], chain_minima[1:]], axis=1)
        table[leaf_saddles, 0], table[leaf_saddles, 1] = leaves, chain_minima[0]
        table[arcs, 0], table[arcs, 1] = leaves, chain_minima[-1]
        if self.order == "arcs first":
            return relabel(values, table[:, ::-1], np.arange(n)[::-1])
        if self.order == "shuffled":
            return relabel(values, table, np.random.default_rng(SEED).permutation(n))
        return values, table


def relabel(values: np.ndarray, table: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Same graph with vertex u called new[u]."""
    new_values, new_table = np.empty_like(values), np.empty(table.shape, np.int32)
    new_values[new] = values
    new_table[new] = np.where(table >= 0, new.astype(np.int32)[table], np.int32(-1))
    return new_values, new_table


def say(line: str) -> None:
    """Report progress; standard output is for the tables alone."""
    print(line, file=sys.stderr, flush=True)
