"""Reads and changes the store's catalogue, each change once per idempotency key.

A change, the shop's serial and what was answered are one transaction: a write has happened with
its answer on file, or it has not happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from ecomagent.domain.action import Action, ActionKind, SendCampaign, Target
from ecomagent.domain.errors import PreconditionFailedError
from ecomagent.domain.ids import content_hash
from ecomagent.domain.plan import Base
from ecomagent.domain.ports import TargetState
from ecomagent.store.database import Database
from ecomagent.store.local_shop.change import Change, change
from ecomagent.store.local_shop.label import label
from ecomagent.store.local_shop.shown import Look, shown
from ecomagent.store.shop import bump_serial, read_shop
from ecomagent.store.tables import (
    CampaignEventRow,
    ConnectorWriteRow,
    ProductRow,
    PromotionRow,
    VariantRow,
)

Members = Callable[[str], Sequence[str]]
"""Customer ids of a segment, as history knows them now."""
BEYOND_THE_CATALOGUE = frozenset({ActionKind.REORDER, ActionKind.SEND_CAMPAIGN})
"""Kinds that change no price, status, promotion or text, so that the serial stays."""


@dataclass(frozen=True)
class Written:
    """One write on file: what was asked and what the shop then showed."""

    action: dict[str, Any]
    """The action as JSON values, without evidence and reasons."""
    state: TargetState
    label: dict[str, Any]
    """How the target is called at that moment: see ``shown.label``."""


class LocalShop:
    """The store's catalogue as a shop.

    Args:
        database: The store.
        now: Tells the time, UTC.
        members: Says who belongs to a customer segment; without it, campaigns are kept with the
            number of people they reach and nobody's id.
    """

    def __init__(
        self, database: Database, now: Callable[[], datetime], members: Members | None = None
    ) -> None:
        self._database = database
        self._now = now
        self._members = members

    def base(self) -> Base:
        """Serial, and a hash of every price, status and promotion that has not been ended."""
        with self._database.reading() as session:
            serial = read_shop(session, where=self._database.shown).serial
            variant, product, offer = VariantRow, ProductRow, PromotionRow
            variants = session.exec(
                select(variant.sku, variant.list_price_minor, variant.status).order_by(variant.sku)
            ).all()
            products = session.exec(select(product.id, product.status).order_by(product.id)).all()
            offers = session.exec(
                select(offer.id, offer.sku, offer.price_minor, offer.ends_at)
                .where(offer.status == "active")
                .order_by(offer.id)
            ).all()
        rows = [[list(row) for row in part] for part in (variants, products, offers)]
        return Base(serial=serial, state_hash=content_hash(rows))

    def read(self, kind: ActionKind, targets: Sequence[Target]) -> dict[str, TargetState]:
        """What the shop shows of targets, as an action of that kind sees them."""
        with self._database.reading() as session:
            return shown(self._look(session), kind, targets)

    def written(self, key: str) -> TargetState | None:
        """What an earlier write under this key left."""
        kept = self.write_of(key)
        return None if kept is None else kept.state

    def write_of(self, key: str) -> Written | None:
        """The write on file under a key."""
        with self._database.reading() as session:
            row = session.get(ConnectorWriteRow, key)
            return None if row is None else _of(row)

    def writes_of(self, group: str) -> dict[str, Written]:
        """Writes whose keys begin with ``<group>/``, by key, in the order they were made."""
        with self._database.reading() as session:
            rows = session.exec(
                select(ConnectorWriteRow)
                .where(
                    col(ConnectorWriteRow.idempotency_key).startswith(f"{group}/", autoescape=True)
                )
                .order_by(col(ConnectorWriteRow.at), col(ConnectorWriteRow.idempotency_key))
            )
            return {row.idempotency_key: _of(row) for row in rows}

    def recipients(self, campaign_id: str) -> dict[str, str]:
        """Customer id to ``sent`` or ``held_out`` for everybody a campaign was made for."""
        row = CampaignEventRow
        with self._database.reading() as session:
            found = session.exec(
                select(row.customer_id, row.kind)
                .where(row.campaign_id == campaign_id, col(row.kind).in_(("sent", "held_out")))
                .order_by(row.kind, row.customer_id)
            )
            return {who: kind for who, kind in found}

    def write(self, action: Action, key: str) -> TargetState:
        """Change the shop at most once per key.

        Raises:
            PreconditionFailedError: The target is no longer what the action was planned on.
            ConnectorError: The shop cannot do this, e.g. cancel what was delivered.
        """
        members = self._who(action)
        try:
            with self._database.session() as session:
                return self._write(session, action, key, members)
        except IntegrityError:
            # Another process wrote under the same key at the same moment.
            kept = self.written(key)
            if kept is None:
                raise
            return kept

    def _write(
        self, session: Session, action: Action, key: str, members: Sequence[str] | None
    ) -> TargetState:
        kept = session.get(ConnectorWriteRow, key)
        if kept is not None:
            return _of(kept).state
        look, target = self._look(session), action.shown_by
        before = shown(look, action.kind, [target])[target.id]
        if before.version != action.before.version:
            raise PreconditionFailedError(what_differs(action, before), remedy="Plan it anew.")
        change(Change(session, look.currency, look.now, key, members), action)
        if action.kind not in BEYOND_THE_CATALOGUE:
            bump_serial(session)
        session.flush()
        after = shown(look, action.kind, [target])[target.id]
        session.add(_row(action, key, after, label(look, action), look.now))
        session.flush()
        return after

    def _look(self, session: Session) -> Look:
        shop = read_shop(session, where=self._database.shown)
        return Look(session, shop.currency, self._now())

    def _who(self, action: Action) -> Sequence[str] | None:
        """The people a campaign is for, asked for before the write lock is taken."""
        if self._members is None or not isinstance(action, SendCampaign):
            return None
        return self._members(action.after.audience_id or action.target.id)


def what_differs(action: Action, state: TargetState) -> str:
    """What the shop shows otherwise than when the action was planned, in words."""
    name = action.shown_by.id
    if not state.exists:
        return f"{name} is no longer in the shop"
    planned = action.before.model_dump(mode="json")
    changed = [
        f"{field.replace('_', ' ')} was {planned[field]} and is {value} now"
        for field, value in state.fields.items()
        if field in planned and str(planned[field]) != str(value)
    ]
    said = "; ".join(changed) or "it was changed and changed back"
    return f"{name} was changed since the plan was made: {said}"


def _row(
    action: Action, key: str, after: TargetState, label: dict[str, Any], now: datetime
) -> ConnectorWriteRow:
    left_out = {"evidence", "reasons", "impact", "verdict"}
    return ConnectorWriteRow(
        idempotency_key=key,
        action_id=action.id,
        state={
            "state": after.model_dump(mode="json"),
            "action": action.model_dump(mode="json", exclude=left_out),
            "label": label,
        },
        at=now,
    )


def _of(row: ConnectorWriteRow) -> Written:
    return Written(
        action=row.state["action"],
        state=TargetState.model_validate(row.state["state"]),
        label=row.state["label"],
    )
