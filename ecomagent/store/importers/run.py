"""One import from beginning to end: files, observed prices, facts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from ecomagent.domain.errors import EcomagentError, ImportFileError, UsageError, WorkspaceError
from ecomagent.domain.ports import Progress, silent
from ecomagent.domain.workspace import ShopSettings
from ecomagent.store.database import Database
from ecomagent.store.facts import update_facts
from ecomagent.store.importers.bulk import Bulk
from ecomagent.store.importers.load import Loaded, load_file
from ecomagent.store.importers.observed import observe_prices
from ecomagent.store.importers.recognise import stem_of
from ecomagent.store.importers.report import FileReport, ImportReport
from ecomagent.store.importers.settle import Importing
from ecomagent.store.importers.stage import staging
from ecomagent.store.importers.subjects import SUBJECTS
from ecomagent.store.importers.understanding import Confirm
from ecomagent.store.importers.watch import Watch

_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".parquet", ".gz")


def import_path(
    path: Path,
    *,
    database: Database,
    facts_folder: Path,
    settings: ShopSettings,
    mappings_file: Path,
    mapping: Mapping[str, str] | None = None,
    confirm: Confirm | None = None,
    now: datetime,
    progress: Progress = silent,
    watch: Watch | None = None,
    after: Callable[[], object] | None = None,
) -> ImportReport:
    """Import a file, or every table of a folder, and bring the facts up to date.

    Args:
        path: A CSV, TSV, XLSX or Parquet file, gzipped or not, or a folder of them.
        database: The store.
        facts_folder: Where the facts lie.
        settings: The shop; its currency, country and time zone say how to read the file.
        mappings_file: Where confirmed mappings are kept.
        mapping: Field → column, or option → value, as ``--map`` gives it.
        confirm: Asks a person about what is in doubt; None where nobody is there.
        now: This moment, aware.
        progress: Told of each step.
        watch: Shown how far the reading of a file is.
        after: Called when facts have changed and hold a product, to bring the knowledge graph
            up to date.

    Raises:
        ImportFileError: A file cannot be read as a table; the others of a folder are in.
        UsageError: Something is in doubt and nobody is there to answer.
        StoreError: The store cannot be written.
    """
    started = time.perf_counter()
    try:
        files = _files(path)
    except OSError as error:
        raise ImportFileError(
            f"the path cannot be read: {error.strerror}",
            where=str(path),
            remedy="Check its spelling, and that you may read it.",
        ) from error
    importing = Importing(
        database, settings, mappings_file, mapping or {}, confirm, now, progress, watch,
        many=path.is_dir(),
    )  # fmt: skip
    unfinished = facts_folder.parent / _UNFINISHED
    behind = unfinished.exists() or not facts_folder.exists()
    _mark(unfinished)
    with staging() as con:
        empty = _holds_no_orders(database)
        loaded, failed = _load_all(files, con, importing)
        observed = _observe(con, importing, loaded, staged=empty, behind=behind)
    if behind or any(each.changed for each in loaded):
        progress("facts", "deriving history")
        since = None if behind else _since(loaded, now)
        info = update_facts(database, facts_folder, since=since, progress=progress)
        if after is not None and info.skus:
            after()
    unfinished.unlink(missing_ok=True)
    if failed:
        raise _told(failed, loaded)
    reports = tuple(each.report for each in loaded)
    return _report(database, settings, reports, observed, started)


_UNFINISHED = "import.unfinished"
"""Lies beside the facts from the first row written until they are up to date with the store."""


def _mark(unfinished: Path) -> None:
    try:
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.touch()
    except OSError as error:
        raise WorkspaceError(
            "the workspace cannot be written",
            where=f"{unfinished.parent}: {error.strerror}",
            remedy="Check that you may write there, and that the disk has room.",
        ) from error


def _load_all(
    files: list[Path], con: duckdb.DuckDBPyConnection, importing: Importing
) -> tuple[list[Loaded], list[EcomagentError]]:
    """Every file in order; one that cannot be read does not keep the others out."""
    loaded: list[Loaded] = []
    failed: list[EcomagentError] = []
    for file in files:
        try:
            loaded.append(load_file(file, con, importing))
        except (ImportFileError, UsageError) as error:
            failed.append(error)
        except EcomagentError as error:
            return loaded, [error, *failed]
    return loaded, failed


def _told(failed: list[EcomagentError], loaded: list[Loaded]) -> EcomagentError:
    """The first failure, with what else failed and what got in all the same."""
    first, *others = failed
    for other in others:
        first.remedy += f" Neither was this one read: {other.where}: {other.what}."
    if loaded:
        first.remedy += f" Dealt with: {', '.join(each.report.file for each in loaded)}."
    return first


def _since(loaded: list[Loaded], now: datetime) -> date:
    """The earliest day that may have changed; a day's grace covers every time zone."""
    days = [each.since for each in loaded if each.since is not None]
    return min(days) - timedelta(days=1) if days else now.date()


def _files(path: Path) -> list[Path]:
    """The tables to import, in the order in which they need each other."""
    if not path.exists():
        raise ImportFileError(
            "there is no such file or folder", where=str(path), remedy="Check the path."
        )
    if not path.is_dir():
        return [path]
    order = {subject: position for position, subject in enumerate(SUBJECTS)}
    found = [
        file
        for file in path.iterdir()
        if file.is_file() and file.suffix.lower() in _TABLES and not file.name.startswith(".")
    ]
    if not found:
        raise ImportFileError(
            "the folder holds no table",
            where=str(path),
            remedy=f"Put files ending in {', '.join(_TABLES)} in it.",
        )
    return sorted(found, key=lambda file: (order.get(stem_of(file), len(order)), file.name))


def _holds_no_orders(database: Database) -> bool:
    with database.reading() as session:
        return not Bulk(session).read("SELECT 1 FROM order_line LIMIT 1")


def _observe(
    con: duckdb.DuckDBPyConnection,
    importing: Importing,
    loaded: list[Loaded],
    *,
    staged: bool,
    behind: bool,
) -> int:
    """Read list prices off the new orders, or off all where an earlier import was cut short."""
    days = [each.since for each in loaded if each.sold and each.since is not None]
    if behind and not staged:
        days.append(_LONG_AGO)
    if not days:
        return 0
    importing.progress("prices", "reading list prices off orders")
    with importing.database.session() as session:
        return observe_prices(
            session,
            con,
            since=min(days) - timedelta(days=1),
            timezone=importing.settings.timezone,
            staged=staged,
        )


_LONG_AGO = date(1980, 1, 2)


def _report(
    database: Database,
    settings: ShopSettings,
    files: tuple[FileReport, ...],
    observed: int,
    started: float,
) -> ImportReport:
    zone = ZoneInfo(settings.timezone)
    with database.reading() as session:
        bulk = Bulk(session)
        products, costless, stockless = bulk.read(
            "SELECT count(*), "
            "sum(CASE WHEN sku IN (SELECT sku FROM cost_history) THEN 0 ELSE 1 END), "
            "sum(CASE WHEN sku IN (SELECT sku FROM stock_history) THEN 0 ELSE 1 END) FROM variant"
        )[0]
        first, last = bulk.read("SELECT min(ordered_at), max(ordered_at) FROM sales_order")[0]
        waiting = bulk.read("SELECT count(*) FROM quarantine WHERE status = 'open'")[0][0]
    return ImportReport(
        files=files,
        quarantine_open=waiting,
        observed_prices=observed,
        first_day=_day(first, zone),
        last_day=_day(last, zone),
        products=products,
        without_cost=costless or 0,
        without_stock=stockless or 0,
        seconds=round(time.perf_counter() - started, 3),
        notes=_notes(products, costless or 0, stockless or 0, observed),
    )


def _day(moment: str | datetime | None, zone: ZoneInfo) -> date | None:
    """The shop's day of a moment as its driver gives it: aware, or written in UTC."""
    if moment is None:
        return None
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return moment.astimezone(zone).date()


def _notes(products: int, costless: int, stockless: int, observed: int) -> tuple[str, ...]:
    notes = []
    if observed:
        notes.append(
            "List prices that no price list states were read off the orders: what most lines of "
            "the last seven days cost. Import products.csv or prices.csv to state them."
        )
    if products and costless:
        which = "No product has" if costless == products else f"{costless:,} products lack"
        notes.append(
            f"{which} a cost: without it margins are unknown and no price is cut. Import "
            "costs.csv (sku, cost), or plan with --assume-margin."
        )
    if products and stockless:
        which = "No product has" if stockless == products else f"{stockless:,} products lack"
        notes.append(f"{which} a stock count: nothing is reordered for them. Import stock.csv.")
    return tuple(notes)
