"""The command tree. Commands import what they need when they run, so that help stays fast."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer

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
    "outcome",
    "learn",
    "prices",
    "policy",
    "audit",
    "schema",
    "evaluate",
    "demo",
)
"""Modules of this package that register commands, in the order in which help lists them."""

# Plain help: Rich's renderer alone would take longer to import than help may take.
PLAIN = {"rich_markup_mode": None, "no_args_is_help": True}

app = typer.Typer(
    name="ecomagent",
    help="Runs a shop's commercial decisions: goal, plan, approval, safe apply.",
    pretty_exceptions_enable=False,
    **PLAIN,  # type: ignore[arg-type]
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("ecomagent"))
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Runs a shop's commercial decisions: goal, plan, approval, safe apply."""


def group(name: str, about: str) -> typer.Typer:
    """A group of commands under one name."""
    made = typer.Typer(help=about, **PLAIN)  # type: ignore[arg-type]
    app.add_typer(made, name=name)
    return made


def application() -> typer.Typer:
    """The application with every command in it."""
    for module in COMMANDS:
        import_module(f"ecomagent.cli.{module}")
    return app


def commands() -> dict[str, Any]:
    """Every command by the words that call it (``catalog show``), as Click knows it."""
    return _below(typer.main.get_command(application()), ())


def _below(group: Any, above: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        words = (*above, name)
        if hasattr(command, "commands"):
            found |= _below(command, words)
        else:
            found[" ".join(words)] = command
    return found
