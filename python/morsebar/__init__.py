"""Where a function's minima are, how deep each is, and how high one must climb to leave it.

>>> import morsebar as mb
>>> mb.merge_tree([0.0, 3.0, 1.0]).barcode().diagram
array([[ 0., inf],
       [ 1.,  3.]])
"""

from morsebar import objectives
from morsebar._core import __version__
from morsebar.barcode import Bar, Barcode
from morsebar.graph import Graph, Grid
from morsebar.knn import KnnGraph, knn_graph
from morsebar.landscape import Landscape, landscape
from morsebar.lattice import Lattice
from morsebar.merge_tree import MergeTree, merge_tree
from morsebar.noise import ThinSampleWarning
from morsebar.storage import load

__all__ = [
    "Bar",
    "Barcode",
    "Graph",
    "Grid",
    "KnnGraph",
    "Landscape",
    "Lattice",
    "MergeTree",
    "ThinSampleWarning",
    "__version__",
    "knn_graph",
    "landscape",
    "load",
    "merge_tree",
    "objectives",
]
