"""What the writers of all subjects share: where they write, and what they report back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ecomagent.domain.money import minor_digits
from ecomagent.store.importers.bulk import Bulk, Written
from ecomagent.store.importers.stage import Stage
from ecomagent.store.importers.understanding import Understanding

AT = '"at"'
"""The field of that name, which is also a word of SQL."""


@dataclass(frozen=True)
class Writing:
    """What every writer needs to know.

    Args:
        stage: The file's checked rows.
        bulk: The store's tables.
        understood: What the file is.
        import_id: Where the rows came from.
        currency: The shop's currency.
        undated: Moment of undated prices, costs and stock: just before the shop's day began.
        now: This moment.
    """

    stage: Stage
    bulk: Bulk
    understood: Understanding
    import_id: str
    currency: str
    undated: datetime
    now: datetime

    @property
    def digits(self) -> int:
        """Digits after the currency's decimal point."""
        return minor_digits(self.currency)


@dataclass(frozen=True)
class Outcome:
    """What writing one file did."""

    written: Written
    """Of the rows that the file is about."""
    since: date | None = None
    """Earliest day whose history may have changed; None when none has."""
    catalogue_changed: bool = False
    notes: tuple[str, ...] = ()

    @classmethod
    def nothing(cls) -> Outcome:
        """No row of the file was good."""
        return cls(Written())


def moment_text(column: str) -> str:
    """A staged moment as both databases take it."""
    return f"strftime({column}, '%Y-%m-%d %H:%M:%S.%f')"


def moment_literal(at: datetime) -> str:
    """A moment as SQL text for the staging database."""
    return f"TIMESTAMP '{at.strftime('%Y-%m-%d %H:%M:%S.%f')}'"


def customer_key(column: str) -> str:
    """The shop's own id of a buyer; an e-mail address is kept only as its hash."""
    return (
        f"CASE WHEN contains({column}, '@') "
        f"THEN 'mail-' || left(sha256(lower({column})), 16) ELSE {column} END"
    )
