"""import and quarantine: bring sales data in, and mend what could not come in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecomagent.cli.app import app, group
from ecomagent.cli.import_screen import confirm, shown
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from ecomagent.store.importers import FileReport, ImportReport, QuarantineList

quarantine = group("quarantine", "Rows that could not be imported: look, mend, import again.")

_WORDS = {
    "charge": "postage, fees and vouchers",
    "adjustment": "stock corrections",
    "cancelled": "orders never paid",
    "image": "picture rows",
    "repeat": "exact repeats",
}


@command(
    app,
    "import",
    prints="import",
    examples=(
        "ecomagent import sales.csv",
        "ecomagent import online_retail.csv.gz",
        "ecomagent import bundle/            # products.csv, orders.csv, stock.csv …",
        "ecomagent import till.xlsx --map quantity=Stk --map ordered_at=Datum --map day_first=yes",
        "ecomagent import orders.csv --json",
    ),
)
def import_data(
    session: Session,
    path: Annotated[Path, typer.Argument(help="A file, or a folder of files.")],
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN",
            help="Which column is a field (sku, quantity, unit_price, ordered_at, order_id…), or "
            "an option: subject=orders, day_first=yes, decimal=, or timezone=Europe/London.",
        ),
    ] = None,
) -> int | None:
    """Import sales, products, stock, costs…: CSV, TSV, XLSX or Parquet, gzipped or not.

    Well-known exports are recognised; of any other table you are asked only what is unclear. Rows
    that cannot be imported go to quarantine with the reason; importing twice changes nothing.
    """
    from ecomagent.bootstrap import refresh_graph
    from ecomagent.store.importers import import_path

    workspace = session.workspace
    chosen = _pairs(mapping or [])
    with shown(session) as (watch, progress):
        report = import_path(
            path,
            database=workspace.database,
            facts_folder=workspace.paths.facts,
            settings=workspace.settings.shop,
            mappings_file=workspace.paths.mappings,
            mapping=chosen,
            confirm=(lambda seen: confirm(session, seen)) if session.interactive else None,
            now=workspace.clock.now(),
            progress=progress,
            watch=watch,
            after=lambda: refresh_graph(workspace, progress),
        )
    session.emit(report, lambda: _render(session, report))
    return None


def _pairs(given: list[str]) -> dict[str, str]:
    from ecomagent.domain.errors import UsageError

    pairs = {}
    for text in given:
        field, equals, column = text.partition("=")
        if not (field and equals and column):
            raise UsageError(
                f"“{text}” is no mapping", where="--map", remedy="Write --map FIELD=COLUMN."
            )
        pairs[field.strip()] = column.strip()
    return pairs


def _render(session: Session, report: ImportReport) -> None:
    from rich.text import Text

    out = session.out
    for file in report.files:
        _render_file(session, file)
    products = "1 product" if report.products == 1 else f"{report.products:,} products"
    if report.first_day:
        out.print(
            Text(
                f"The shop now has {products} and orders from "
                f"{report.first_day} to {report.last_day} ({report.seconds:.1f} s)."
            )
        )
    for note in report.notes:
        out.print(Text(f"! {note}", style="yellow"))
    if report.quarantine_open:
        rows = "row waits" if report.quarantine_open == 1 else "rows wait"
        out.print(
            Text(
                f"! {report.quarantine_open:,} {rows} in quarantine: ecomagent quarantine list",
                style="yellow",
            )
        )


def _render_file(session: Session, file: FileReport) -> None:
    from rich.text import Text

    out = session.out
    known_as = {
        "tidy": f"tidy {file.subject}",
        "online_retail": "Online Retail order lines",
        "amazon_orders": "Amazon orders",
        "shopify_orders": "Shopify orders",
        "shopify_products": "Shopify products",
        "table": f"a table of {file.subject}",
    }.get(file.layout, file.layout)
    said = file.notes[0] if file.status == "skipped" else known_as
    out.print(Text.assemble((file.file, "bold"), f": {said}"))
    if file.status == "skipped":
        return
    if file.status == "known":
        out.print(Text(f"  {file.notes[0]}"))
        return
    if file.layout == "table":
        pairs = ", ".join(f"{field} ← {column}" for field, column in file.mapping.items())
        out.print(Text(f"  {pairs}"))
    if file.unused_columns:
        out.print(Text(f"  columns not used: {', '.join(file.unused_columns)}", style="dim"))
    counts = [f"{file.rows_read:,} rows read ({file.rows_per_second:,} rows/s)"]
    counts.append(f"{file.rows_new:,} new")
    for count, word in (
        (file.rows_changed, "changed"),
        (file.rows_known, "known already"),
        (file.rows_bad, "to quarantine"),
        (file.rows_mended, "mended"),
    ):
        if count:
            counts.append(f"{count:,} {word}")
    counts += [f"{n:,} left out: {_WORDS.get(why, why)}" for why, n in file.rows_left_out.items()]
    out.print(Text("  " + " · ".join(counts)))
    for note in file.notes:
        out.print(Text(f"  {note}", style="dim"))


@command(
    quarantine,
    "list",
    prints="quarantine",
    examples=("ecomagent quarantine list", "ecomagent quarantine list --limit 500 --json"),
)
def list_rows(
    session: Session,
    limit: Annotated[int, typer.Option(help="How many rows to show.", min=1)] = 20,
    file: Annotated[str | None, typer.Option(help="Only rows of this file.")] = None,
) -> int | None:
    """Show the rows that could not be imported, with reason and remedy."""
    from ecomagent.store.importers import list_quarantine

    shown = list_quarantine(session.workspace.database, file=file, limit=limit)
    session.emit(shown, lambda: _render_list(session, shown))
    return None


def _render_list(session: Session, shown: QuarantineList) -> None:
    from rich.table import Table
    from rich.text import Text

    out = session.out
    if not shown.total:
        out.print("The quarantine is empty.")
        return
    table = Table("id", "file", "row", "field", "value", "reason", box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    remedies = {row.reason: row.remedy for row in shown.rows}
    for row in shown.rows:
        cells = (row.id, row.file, f"{row.row:,}", row.field, row.value[:30], row.reason)
        table.add_row(*(Text(cell) for cell in cells))
    out.print(table)
    if shown.total > len(shown.rows):
        out.print(Text(f"… {shown.total - len(shown.rows):,} more of {shown.total:,}"))
    for reason, count in shown.reasons.items():
        remedy = f": {remedies[reason]}" if reason in remedies else ""
        out.print(Text(f"{count:>7,}  {reason}{remedy}"))
    out.print(Text("Mend them: ecomagent quarantine export mend/, then ecomagent import mend/"))
    out.print(Text("Or let rows go: ecomagent quarantine discard ID"))


@command(quarantine, "export", prints="exported", examples=("ecomagent quarantine export mend/",))
def export_rows(
    session: Session,
    folder: Annotated[Path, typer.Argument(help="Folder for the CSV files, one a source file.")],
) -> int | None:
    """Write the rows as CSV files to mend; import those, and mended rows leave the quarantine."""
    from rich.text import Text

    from ecomagent.store.importers import export_quarantine

    files = export_quarantine(session.workspace.database, folder)

    def render() -> None:
        for file in files:
            session.out.print(Text(f"wrote {file}"))
        session.out.print(Text(f"Correct the cells, then: ecomagent import {folder}"))

    session.emit({"files": [str(file) for file in files]}, render)
    return None


@command(
    quarantine,
    "discard",
    prints="discarded",
    examples=(
        "ecomagent quarantine discard bad-3f9a0c11d2aa34ee",
        "ecomagent quarantine discard --all",
    ),
)
def discard_rows(
    session: Session,
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of rows.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every row.")] = False,
) -> int | None:
    """Let rows go that shall never be imported."""
    from ecomagent.domain.errors import UsageError
    from ecomagent.store.importers import discard_quarantine

    if bool(ids) == everything:
        raise UsageError("which rows?", remedy="Name their ids, or pass --all.")
    count = discard_quarantine(session.workspace.database, ids or [])
    session.emit({"discarded": count}, lambda: session.out.print(f"{count:,} rows let go"))
    return None
