"""What an import shows while it runs: the bar, and the questions about an unclear table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from ecomagent.cli.session import Session

if TYPE_CHECKING:
    from rich.progress import TaskID

    from ecomagent.domain.ports import Progress
    from ecomagent.store.importers import FileProgress, Understanding, Watch


@contextmanager
def shown(session: Session) -> Iterator[tuple[Watch | None, Progress]]:
    """A bar with rows a second on a terminal."""
    if session.quiet or not session.err.is_terminal:
        with session.progress("importing") as progress:
            yield None, progress
        return
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[rows]}", markup=False),
        TimeElapsedColumn(),
        console=session.err,
        transient=True,
    )
    tasks: dict[str, TaskID] = {}

    def task(name: str) -> TaskID:
        if name not in tasks:
            tasks[name] = bars.add_task(name, total=None, rows="")
        return tasks[name]

    def watch(seen: FileProgress) -> None:
        bars.update(
            task(seen.file),
            description=f"{seen.file}: {seen.step}",
            total=1.0,
            completed=seen.share,
            rows=f"{seen.rows:,} rows · {seen.rows_per_second:,} rows/s",
        )

    def live(step: str, detail: str = "", /) -> None:
        if step not in tasks:  # a file has a bar of its own
            bars.update(task("after"), description=f"{step}: {detail}" if detail else step)

    with session.showing(bars):
        yield watch, live


def confirm(session: Session, seen: Understanding) -> Understanding | None:
    """Show how a table was understood, ask what is unclear, and have the whole confirmed."""
    with session.asking():
        return _asked(session, seen)


def _asked(session: Session, seen: Understanding) -> Understanding | None:
    from rich.text import Text

    mapping, day_first = dict(seen.mapping), seen.day_first
    session.err.print(Text(f"{seen.file} is taken for a table of {seen.subject}:"))
    _show_mapping(session, seen, mapping)
    session.err.print(Text("columns: " + ", ".join(seen.columns), style="dim"))
    for doubt in seen.doubts:
        answer = ""
        while answer not in doubt.choices:
            answer = typer.prompt(doubt.question, default=doubt.proposed or None, err=True).strip()
        if doubt.field == "day_first":
            day_first = answer == "yes"
        else:
            mapping = {field: column for field, column in mapping.items() if column != answer}
            mapping[doubt.field] = answer
    if mapping != seen.mapping:
        _show_mapping(session, seen, mapping)
    if not typer.confirm("Import it like this?", default=True, err=True):
        return None
    return seen.model_copy(update={"mapping": mapping, "day_first": day_first})


def _show_mapping(session: Session, seen: Understanding, mapping: dict[str, str]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("field", "column", "for example", box=None, pad_edge=False)
    for field, column in mapping.items():
        samples = " · ".join(seen.samples.get(column, ()))
        table.add_row(Text(field), Text(column), Text(samples, style="dim"))
    session.err.print(table)
    unused = [column for column in seen.unused if column not in mapping.values()]
    if unused:
        session.err.print(Text("  not used: " + ", ".join(unused), style="dim"))
