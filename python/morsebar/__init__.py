"""Where a function's minima are, how deep each is, and how high one must climb to leave it.

>>> import morsebar as mb
>>> mb.merge_tree([0.0, 3.0, 1.0]).barcode().diagram
array([[ 0., inf],
       [ 1.,  3.]])
"""

from morsebar import networks, objectives
from morsebar._core import __version__
from morsebar.barcode import Bar, Barcode
from morsebar.canonical import CanonicalForm, Chain
from morsebar.cell_barcode import CellBar, CellBarcode
from morsebar.complex import FlagComplex, SimplicialComplex
from morsebar.gradient import GradientMorseComplex, Segmentation, Separatrix, morse_complex
from morsebar.graph import Graph, Grid
from morsebar.knn import KnnGraph, knn_graph
from morsebar.landscape import Landscape
from morsebar.lattice import Lattice
from morsebar.merge_tree import MergeTree, merge_tree
from morsebar.minima_barcode import MinimaBarcode, MinimumBar
from morsebar.morse import MorseComplex
from morsebar.noise import ThinSampleWarning
from morsebar.sampled_landscape import landscape
from morsebar.stationary_points import read_stationary_points, write_stationary_points
from morsebar.storage import load

__all__ = [
    "Bar",
    "Barcode",
    "CanonicalForm",
    "CellBar",
    "CellBarcode",
    "Chain",
    "FlagComplex",
    "GradientMorseComplex",
    "Graph",
    "Grid",
    "KnnGraph",
    "Landscape",
    "Lattice",
    "MergeTree",
    "MinimaBarcode",
    "MinimumBar",
    "MorseComplex",
    "Segmentation",
    "Separatrix",
    "SimplicialComplex",
    "ThinSampleWarning",
    "__version__",
    "knn_graph",
    "landscape",
    "load",
    "merge_tree",
    "morse_complex",
    "networks",
    "objectives",
    "read_stationary_points",
    "write_stationary_points",
]
