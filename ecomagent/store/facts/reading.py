"""Opens the facts and hands out views of them as of a moment."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ecomagent.domain.errors import FactsError
from ecomagent.store.facts.files import Tables
from ecomagent.store.facts.layout import VERSION
from ecomagent.store.facts.manifest import REBUILD, FactsInfo, read_manifest
from ecomagent.store.facts.view import FactsView


class Facts:
    """The facts of a shop as they are on disk; ask for a view to read them.

    Args:
        tables: Their files.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._manifest = tables.manifest
        self._view: FactsView | None = None

    @classmethod
    def open(cls, folder: Path, *, before: Facts | None = None) -> Facts:
        """Open what ``update_facts`` wrote.

        Args:
            folder: Where it lies.
            before: Facts of that folder opened earlier; given back where nothing has changed.

        Raises:
            FactsError: Nothing was imported yet, or the facts are damaged or of another version.
        """
        manifest = read_manifest(folder)
        if manifest is None or manifest.rows("products") == 0:
            raise FactsError(
                "nothing was imported yet",
                where=str(folder),
                remedy="Import the shop's data first: `ecomagent import FILE`.",
            )
        if manifest.version != VERSION:
            raise FactsError(
                "the facts were made by another version of ecomagent",
                where=str(folder),
                remedy=REBUILD,
            )
        broken = manifest.broken(folder)
        if broken:
            raise FactsError(
                "files of the facts are missing or damaged",
                where=f"{folder}: {', '.join(broken[:3])}",
                remedy=REBUILD,
            )
        if before is not None and before.hash == manifest.hash:
            return before
        return cls(Tables(folder, manifest))

    @property
    def hash(self) -> str:
        """Content hash of everything in them."""
        return self._manifest.hash

    @property
    def currency(self) -> str:
        """Currency of every ``*_minor`` column."""
        return self._manifest.currency

    @property
    def timezone(self) -> str:
        """Time zone whose calendar days the facts go by."""
        return self._manifest.timezone

    @property
    def first_day(self) -> date | None:
        """First day with orders."""
        return self._manifest.first_day

    @property
    def last_day(self) -> date | None:
        """Last day with orders."""
        return self._manifest.last_day

    @property
    def info(self) -> FactsInfo:
        """What they hold."""
        return FactsInfo.of(self._manifest)

    def as_of(self, moment: datetime) -> FactsView:
        """What was known at a moment: whole days before its local date, and nothing after it.

        The last view is kept, with what it has read, for whoever asks for that moment again.

        Args:
            moment: Aware; usually the start of a day of the shop.

        Raises:
            FactsError: The moment has no time zone.
        """
        if moment.tzinfo is None:
            raise FactsError(
                "a moment without a time zone cannot be looked at",
                where=moment.isoformat(),
                remedy="Add the offset, e.g. 2024-03-01T00:00:00+00:00.",
            )
        view, at = self._view, moment.astimezone(UTC)
        if view is None or view.as_of != at:
            today = moment.astimezone(ZoneInfo(self.timezone)).date()
            self._view = view = FactsView(self._tables, at, today)
        return view
