"""Pictures of barcodes, merge trees, landscapes and Morse complexes with matplotlib (extra `plot`).

Every function draws into the Axes it is given, or into a new pyplot figure where none is, and returns
Axes. Nothing is shown, saved or set globally.
"""

from morsebar.plots.barcodes import barcode
from morsebar.plots.complexes import morse_complex
from morsebar.plots.diagrams import persistence_diagram
from morsebar.plots.disconnectivity import disconnectivity
from morsebar.plots.landscapes import landscape
from morsebar.plots.loss_planes import loss_plane
from morsebar.plots.persistence import persistence_curve
from morsebar.plots.profiles import profile
from morsebar.plots.projections import projection
from morsebar.plots.style import layout
from morsebar.plots.surfaces import surface
from morsebar.plots.trees import merge_tree

__all__ = [
    "barcode",
    "disconnectivity",
    "landscape",
    "layout",
    "loss_plane",
    "merge_tree",
    "morse_complex",
    "persistence_curve",
    "persistence_diagram",
    "profile",
    "projection",
    "surface",
]
