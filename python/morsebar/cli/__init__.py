"""The command `morsebar`: from the name of a function, or a picture, to the table of its minima.

Exit codes: 0 done; 1 the run failed, in the objective or on its values; 2 wrong arguments, nothing was
computed; 130 interrupted.
"""

from morsebar.cli.entry import main

__all__ = ["main"]
