"""The command line: parse, call, render. No logic."""

from __future__ import annotations

import sys

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

    for module in COMMANDS:
        import_module(f"ecomagent.cli.{module}")
    sys.exit(run_safely(app))
