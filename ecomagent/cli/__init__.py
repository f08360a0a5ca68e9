"""The command line: parse, call, render. No logic."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

COMMANDS = (
    "workspace",
    "status",
    "importing",
    "facts",
    "catalogue",
    "goal",
    "plan",
    "review",
    "apply",
    "policy",
    "audit",
    "schema",
    "demo",
)
"""Modules of this package that register commands, in the order in which help lists them."""


def main() -> None:
    """Entry point of the ``ecomagent`` command; always ends in an exit code, never a traceback."""
    from importlib import import_module

    from ecomagent.cli.app import app
    from ecomagent.cli.failures import run_safely

    _ready_streams()
    for module in COMMANDS:
        import_module(f"ecomagent.cli.{module}")
    sys.exit(run_safely(app))


def _ready_streams() -> None:
    """Give closed streams somewhere to go, and the others an answer to what they cannot encode.

    A closed stream's number would otherwise go to the next file opened, such as the store.
    JSON is UTF-8 whatever the locale; other text shows “?” for what the terminal cannot.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    if "--json" in sys.argv and isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
