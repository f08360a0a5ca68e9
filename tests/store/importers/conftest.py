"""A shop of its own for each test, and short ways to bring files in and look at what came."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ecomagent.domain.workspace import ShopSettings
from ecomagent.store.database import Database, sqlite_url
from ecomagent.store.importers import Confirm, ImportReport, import_path
from ecomagent.store.shop import create_shop

NOW = datetime(2024, 6, 30, 12, 0, tzinfo=UTC)


@dataclass
class Shop:
    """A shop to import into."""

    folder: Path
    database: Database
    settings: ShopSettings
    told: list[str] = field(default_factory=list)

    def write(self, name: str, content: str | bytes, *, encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def bring(
        self,
        path: Path,
        *,
        mapping: Mapping[str, str] | None = None,
        confirm: Confirm | None = None,
        now: datetime = NOW,
    ) -> ImportReport:
        return import_path(
            path,
            database=self.database,
            facts_folder=self.folder / "facts",
            settings=self.settings,
            mappings_file=self.folder / "mappings.toml",
            mapping=mapping,
            confirm=confirm,
            now=now,
            progress=lambda step, detail="", /: self.told.append(f"{step} {detail}"),
        )

    def bring_text(self, name: str, content: str | bytes, **options: Any) -> ImportReport:
        encoding = options.pop("encoding", "utf-8")
        return self.bring(self.write(f"in/{name}", content, encoding=encoding), **options)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.reading() as session:
            return [tuple(row) for row in session.connection().execute(text(sql))]

    def one(self, sql: str) -> Any:
        (row,) = self.rows(sql)
        return row[0] if len(row) == 1 else row


@pytest.fixture
def open_shop(tmp_path: Path) -> Callable[..., Shop]:
    opened: list[Database] = []

    def make(
        *, url: str = "", currency: str = "GBP", country: str = "GB", timezone: str = "UTC"
    ) -> Shop:
        folder = tmp_path / f"shop{len(opened)}"
        database = Database.open(url or sqlite_url(folder / "store.db"))
        opened.append(database)
        settings = ShopSettings(
            id="shop-1", name="Test", currency=currency, country=country, timezone=timezone
        )
        create_shop(database, settings, NOW)
        return Shop(folder, database, settings)

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Shop:
    return open_shop()
