"""The shop a store is of, and the serial that counts its changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from ecomagent.domain.errors import ConfigError, StoreError
from ecomagent.domain.workspace import ShopSettings
from ecomagent.store.database import Database
from ecomagent.store.tables import ShopRow


def create_shop(database: Database, settings: ShopSettings, now: datetime) -> ShopRow:
    """Write the shop into an empty store; doing so again changes nothing.

    Raises:
        StoreError: The store is another shop's.
    """
    with database.session() as session:
        kept = session.exec(select(ShopRow)).first()
        if kept is not None:
            _check_same_shop(kept, settings, database)
            return kept
        made = ShopRow(
            id=settings.id,
            name=settings.name,
            currency=settings.currency,
            country=settings.country,
            timezone=settings.timezone,
            serial=0,
            created_at=now,
        )
        session.add(made)
        return made


def keep_shop_settings(database: Database, settings: ShopSettings) -> None:
    """Take over what the merchant changed in the settings since; an empty store is left alone.

    Raises:
        StoreError: The store is another shop's.
        ConfigError: The currency was changed: amounts that are kept already would be misread.
    """
    with database.reading() as session:
        kept = session.exec(select(ShopRow)).first()
    if kept is None:
        return
    _check_same_shop(kept, settings, database)
    if kept.currency != settings.currency:
        raise ConfigError(
            f"the shop's amounts are kept in {kept.currency}, not {settings.currency}",
            where="setting “shop.currency”",
            remedy=f"Set it back to {kept.currency}, or make a workspace of its own.",
        )
    changed = settings.model_dump(include={"name", "country", "timezone"})
    if any(getattr(kept, key) != value for key, value in changed.items()):
        with database.session() as session:
            session.execute(update(ShopRow).values(**changed))


def _check_same_shop(kept: ShopRow, settings: ShopSettings, database: Database) -> None:
    if kept.id != settings.id:
        raise StoreError(
            f"the database holds another shop, “{kept.name}”",
            where=database.shown,
            remedy="Give each shop a database of its own.",
        )


def get_shop(database: Database) -> ShopRow:
    """The shop this store is of, detached from any session.

    Raises:
        StoreError: There is none yet.
    """
    with database.reading() as session:
        return read_shop(session, where=database.shown)


def read_shop(session: Session, *, where: str = "") -> ShopRow:
    """The same within a transaction that is open already.

    Raises:
        StoreError: There is none yet.
    """
    kept = session.exec(select(ShopRow)).first()
    if kept is None:
        raise StoreError(
            "the store holds no shop yet",
            where=where,
            remedy="Make a workspace on it with `ecomagent init`.",
        )
    return kept


def bump_serial(session: Session) -> int:
    """Count a change of catalogue, price, promotion or status; call in its own transaction.

    Returns:
        The new serial.
    """
    statement = (
        update(ShopRow).values(serial=col(ShopRow.serial) + 1).returning(col(ShopRow.serial))
    )
    serial = session.execute(statement).scalar()
    if serial is None:
        raise StoreError("the store holds no shop yet", remedy="Run `ecomagent init` first.")
    return int(serial)
