"""The command line: parse, call, render. No logic."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the ``ecomagent`` command; always ends in an exit code, never a traceback."""
    from ecomagent.cli.app import application
    from ecomagent.cli.failures import run_safely
    from ecomagent.cli.streams import ready_streams

    ready_streams()
    sys.exit(run_safely(application()))
