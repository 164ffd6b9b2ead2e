"""Run the command line: `python -m morsebar`."""

from morsebar.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
