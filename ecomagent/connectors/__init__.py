"""Shops that plans are carried out on; each keeps the contract in ``ecomagent.domain.ports``."""

from __future__ import annotations

from pathlib import Path

from ecomagent.connectors.csv import CsvConnector
from ecomagent.connectors.local import LocalConnector
from ecomagent.domain.errors import ConfigError
from ecomagent.domain.ports import Clock, Connector, SystemClock
from ecomagent.store.database import Database
from ecomagent.store.local_shop import LocalShop, Members

__all__ = ["CsvConnector", "LocalConnector", "open_connector"]


def open_connector(
    name: str,
    database: Database,
    outbox: Path,
    clock: Clock | None = None,
    members: Members | None = None,
) -> Connector:
    """The shop of that name.

    Args:
        name: ``local`` or ``csv``.
        database: The store.
        outbox: Where the csv connector writes its files.
        clock: Tells the time.
        members: Says who belongs to a customer segment.

    Raises:
        ConfigError: There is no connector of that name.
    """
    shop = LocalShop(database, (clock or SystemClock()).now, members)
    if name == "local":
        return LocalConnector(shop)
    if name == "csv":
        return CsvConnector(shop, outbox)
    raise ConfigError(f"there is no connector “{name}”", remedy="Use local or csv.")
