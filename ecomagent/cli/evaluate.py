"""eval: what the tools promise, measured against baselines and, where it is known, the truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecomagent.cli.app import app
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from evals.findings import Cell, SuiteResult, Table


@command(
    app,
    "eval",
    prints=("evaluation", "suites"),
    examples=("ecomagent eval", "ecomagent eval forecast --quick", "ecomagent eval plan --seed 3"),
)
def evaluate(
    session: Session,
    suite: Annotated[str, typer.Argument(help="Which suite; empty lists them.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="The short version.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder to keep the result in, as JSON.")] = None,
) -> int | None:
    """Measure how good the tools are: each suite prints ours against its baselines."""
    from ecomagent.domain.errors import UsageError
    from evals.suites import SUITES, run_suite

    if not suite:
        session.emit(SUITES, lambda: _list(session, SUITES))
        return None
    if suite not in SUITES:
        raise UsageError(f"there is no suite “{suite}”", remedy=f"Use one of {', '.join(SUITES)}.")
    with session.progress(f"measuring {suite}"):
        result = run_suite(suite, quick=quick, seed=seed)
    if out is not None:
        _keep(result, out)
    session.emit(result, lambda: _render(session, result))
    return None


def _keep(result: SuiteResult, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{result.suite}{'-quick' if result.quick else ''}.json"
    (folder / name).write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _list(session: Session, suites: dict[str, str]) -> None:
    for name, about in suites.items():
        session.out.print(f"{name:<12}{about}")


def _render(session: Session, result: SuiteResult) -> None:
    for table in result.tables:
        session.out.print(_shown(table))
        if table.note:
            session.out.print(table.note, style="dim")
        session.out.print()
    for promise in result.promises:
        mark, style = ("✓", "green") if promise.met else ("✗", "red")
        session.out.print(
            f"{mark} {promise.name}: {promise.measured} (wanted {promise.wanted})", style=style
        )
    for line in result.skipped:
        session.out.print(f"– left out: {line}", style="yellow", markup=False)
    quick = ", quick" if result.quick else ""
    commit = f", commit {result.commit}" if result.commit else ""
    session.out.print(
        f"{result.suite}{quick}, seed {result.seed}{commit}: {result.seconds:,.0f} s", style="dim"
    )


def _shown(table: Table) -> object:
    from rich.table import Table as RichTable

    shown = RichTable(title=table.title, title_justify="left", box=None, pad_edge=False)
    for place, head in enumerate(table.columns):
        shown.add_column(head, justify="left" if place == 0 else "right")
    for row in table.rows:
        shown.add_row(*(_cell(cell, table.digits) for cell in row))
    return shown


def _cell(value: Cell, digits: int) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.{digits}f}"
    return f"{value:,}" if isinstance(value, int) else value
