"""facts: what history holds, and making it again from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecomagent.cli.app import group
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from ecomagent.store.facts import FactsInfo

app = group("facts", "The shop's history in columns, derived from the store.")


@command(app, prints="facts", examples=("ecomagent facts show", "ecomagent facts show --json"))
def show(session: Session) -> int | None:
    """Show what the facts hold and how far they reach."""
    info = session.workspace.facts().info
    session.emit(info, lambda: _render(session, info))
    return None


@command(app, prints="facts", examples=("ecomagent facts rebuild",))
def rebuild(session: Session) -> int | None:
    """Make the facts and the knowledge graph again from the store."""
    from ecomagent.bootstrap import refresh_graph
    from ecomagent.store.facts import rebuild_facts

    workspace = session.workspace
    with session.progress("making the facts again") as progress:
        info = rebuild_facts(workspace.database, workspace.paths.facts, progress)
        if info.skus:
            refresh_graph(workspace, progress)
    session.emit(info, lambda: _render(session, info))
    if not info.skus:
        session.note("The store holds nothing yet. Import data with: ecomagent import FILE")
    return None


def _render(session: Session, info: FactsInfo) -> None:
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    reach = f"{info.first_day} to {info.last_day}" if info.first_day else "no orders yet"
    table.add_row("Days with orders", f"{reach} ({info.timezone})")
    table.add_row("SKUs", f"{info.skus:,}")
    table.add_row("Customers", f"{info.customers:,}")
    months = "1 month" if info.months == 1 else f"{info.months:,} months"
    table.add_row("Order lines", f"{info.order_lines:,} in {months}")
    for name, rows in info.rows.items():
        if rows and name not in ("products", "customers", "order_lines"):
            table.add_row(name.replace("_", " ").capitalize(), f"{rows:,} rows")
    table.add_row("Currency", info.currency)
    table.add_row("On disk", f"{info.bytes / 1e6:,.1f} MB in {info.files:,} files")
    table.add_row("Hash", info.hash[:16])
    session.out.print(table)
