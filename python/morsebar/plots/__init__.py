"""Pictures of barcodes, merge trees, landscapes and Morse complexes with matplotlib (extra `plot`).

Every function draws into the Axes it is given, or into a new pyplot figure where none is, and returns
Axes. Nothing is shown, saved or set globally.
"""

from morsebar.plots.barcodes import barcode
from morsebar.plots.complexes import morse_complex
from morsebar.plots.diagrams import persistence_diagram
from morsebar.plots.disconnectivity import disconnectivity
from morsebar.plots.landscapes import landscape
from morsebar.plots.style import layout

__all__ = ["barcode", "disconnectivity", "landscape", "layout", "morse_complex", "persistence_diagram"]
