"""audit: show and verify the tamper-evident log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ecomagent.cli.app import group
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from ecomagent.audit import AuditEntry, AuditReport

audit = group("audit", "Show and verify the log of everything that was decided and done.")


@command(
    audit, prints="audit", examples=("ecomagent audit verify", "ecomagent audit verify --json")
)
def verify(session: Session) -> int | None:
    """Prove that no entry was changed, removed or put in between; name the first bad one."""
    from ecomagent.domain.errors import ExitCode

    report = session.workspace.audit.verify()
    session.emit(report, lambda: _render(session, report))
    return ExitCode.DONE if report.ok else ExitCode.ERROR


@command(
    audit,
    prints="audit_entries",
    examples=("ecomagent audit show", "ecomagent audit show act-3f9a0c11 --limit 5"),
)
def show(
    session: Session,
    subject: Annotated[str, typer.Argument(help="Only of this plan or action.")] = "",
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1)] = 30,
) -> int | None:
    """Show the newest entries."""
    entries = session.workspace.audit.entries(limit, subject=subject)
    session.emit(
        [entry.model_dump(mode="json") for entry in entries], lambda: _list(session, entries)
    )
    return None


def _render(session: Session, report: AuditReport) -> None:
    if report.ok:
        session.out.print(
            f"The audit log is whole: {report.entries:,} entries, last {report.last_hash[:12]}.",
            style="green",
        )
        return
    place = f"entry {report.first_bad}: " if report.first_bad is not None else ""
    session.out.print(f"The audit log does not verify: {place}{report.problem}.", style="bold red")


def _list(session: Session, entries: tuple[AuditEntry, ...]) -> None:
    from rich.text import Text

    for entry in entries:
        detail = entry.body.get("reason") or entry.body.get("message") or ""
        session.out.print(
            Text.assemble(
                f"{entry.seq:>6} {entry.at:%Y-%m-%d %H:%M:%S} UTC ", (f"{entry.event:18}", "cyan"),
                f" {entry.subject}  {entry.actor}", (f"  {detail}" if detail else "", "dim"),
            )
        )  # fmt: skip
