"""The entry point: arguments, the commands, exit codes."""

import argparse
import operator
import os
import sys
from collections.abc import Sequence

from morsebar._core import __version__
from morsebar.cli import functions, image, run
from morsebar.cli.arguments import bind_bounds
from morsebar.cli.errors import ForeignError, UsageError, print_traceback


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments without the name of the program; by default those of this process.

    Returns
    -------
    int
        0 done, 1 the run failed, 2 wrong arguments, 130 interrupted.

    Examples
    --------
    >>> from morsebar.cli import main
    >>> code = main(["run", "three-hump camel", "--sampler", "grid", "--samples", "1681", "--top", "2"])
    Landscape of three_hump_camel: d = 2, 1,681 samples, 1 component
    ...
    #      birth     death  persistence  size  minimum            saddle
    1          0       inf          inf  1681  (0.0000,  0.0000)  -
    2   0.313223  0.877955     0.564732    89  (1.7000, -0.9000)  (1.1000, -0.6000)
    >>> code
    0
    """
    try:
        args = _parser().parse_args(bind_bounds(sys.argv[1:] if argv is None else argv))
    except SystemExit as stop:
        return operator.index(stop.code or 0)  # type: ignore[arg-type]  # argparse exits with integers only
    try:
        args.command(args)
        sys.stdout.flush()
    except UsageError as error:
        return _fail(2, str(error))
    except ForeignError as error:
        print_traceback(error)
        return 1
    except KeyboardInterrupt:
        return _fail(130, "interrupted")
    except BrokenPipeError:
        # The reader of a pipe is gone; the interpreter must not complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, OverflowError, MemoryError, OSError) as error:
        return _fail(1, str(error) or type(error).__name__)
    return 0


def _fail(code: int, message: str) -> int:
    print(f"morsebar: error: {message}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="morsebar", description="Find the local minima of a function, how deep each is, and the way out."
    )
    parser.add_argument("--version", action="version", version=f"morsebar {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (run, image, functions):
        command.add_command(commands)
    return parser
