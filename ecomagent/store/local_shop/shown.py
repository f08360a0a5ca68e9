"""What the local shop shows of its products, promotions, orders and campaigns.

Each reader gives the states of one kind's targets by id. A version is a hash of everything the
kind depends on, so that a change made by hand in the database is noticed too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from ecomagent.domain.action import ActionKind, Target
from ecomagent.domain.ids import content_hash
from ecomagent.domain.money import minor_to_text
from ecomagent.domain.ports import TargetState
from ecomagent.store.tables import (
    CampaignRow,
    PriceRow,
    ProductRow,
    PromotionRow,
    PurchaseOrderRow,
    StockRow,
    VariantRow,
)

ABSENT = "absent"
BUNDLE = "bundle"
"""Attribute of a product that is a bundle: SKU to units in it."""
EXPERIMENT = "exp_"
BLOCK = "-block-"
MANY = 400
"""Targets from which on whole tables are read rather than rows by key."""
States = dict[str, TargetState]


@dataclass(frozen=True)
class Look:
    """One look at the shop."""

    session: Session
    currency: str
    now: datetime

    def money(self, minor: int) -> str:
        """A decimal string in the shop's currency."""
        return minor_to_text(minor, self.currency)


def shown(look: Look, kind: ActionKind, targets: Sequence[Target]) -> States:
    """What the shop shows of targets as a kind sees them; absent ones included."""
    found = _READERS[kind](look, [target.id for target in targets])
    return {
        target.id: found.get(target.id)
        or TargetState(target=target, exists=False, version=ABSENT, fields=_NOTHING.get(kind, {}))
        for target in targets
    }


def offers(look: Look, skus: Sequence[str]) -> dict[str, list[PromotionRow]]:
    """Promotions of SKUs that are running or still to come, first the one customers see."""
    row = PromotionRow
    query = select(row).where(
        row.status == "active", col(row.ends_at).is_(None) | (col(row.ends_at) > look.now)
    )
    found = defaultdict(list)
    for offer in _of_skus(look, query, row.sku, skus):
        found[offer.sku].append(offer)
    for of_sku in found.values():
        of_sku.sort(key=lambda offer: (*_soonest(offer, look.now), offer.price_minor, offer.id))
    return dict(found)


def is_running(offer: PromotionRow, now: datetime) -> bool:
    """Whether customers see it now."""
    return offer.starts_at <= now


def _soonest(offer: PromotionRow, now: datetime) -> tuple[bool, datetime]:
    return not is_running(offer, now), now if is_running(offer, now) else offer.starts_at


def _prices(look: Look, ids: Sequence[str]) -> States:
    return {
        row.sku: _state(
            "sku", row.sku, [row.version, row.list_price_minor],
            {"price": look.money(row.list_price_minor)},
        )
        for row in _rows(look, VariantRow, VariantRow.sku, ids)
        if row.list_price_minor is not None
    }  # fmt: skip


def _promotions(look: Look, ids: Sequence[str]) -> States:
    known, imported = offers(look, ids), _imported_offers(look, ids)
    made = {}
    for row in _rows(look, VariantRow, VariantRow.sku, ids):
        if row.list_price_minor is None:
            continue
        offer = next(iter(known.get(row.sku, ())), None)
        prices = [row.list_price_minor, *imported.get(row.sku, ())]
        if offer is not None and is_running(offer, look.now):
            prices.append(offer.price_minor)
        seen = None if offer is None else [offer.id, offer.price_minor, offer.ends_at]
        made[row.sku] = _state(
            "sku",
            row.sku,
            [row.version, min(prices), row.list_price_minor, seen],
            {
                "price": look.money(min(prices)),
                "promotion_id": None if offer is None else offer.id,
                "discount": None if offer is None else _fraction(offer.discount),
            },
            {
                "list_price": look.money(row.list_price_minor),
                "starts_at": None if offer is None else offer.starts_at.isoformat(),
                "ends_at": offer.ends_at.isoformat() if offer and offer.ends_at else None,
            },
        )
    return made


def _experiments(look: Look, ids: Sequence[str]) -> States:
    known = offers(look, ids)
    made = {}
    for row in _rows(look, VariantRow, VariantRow.sku, ids):
        if row.list_price_minor is None:
            continue
        coming = known.get(row.sku, [])
        tried = [offer for offer in coming if experiment_of(offer.id)]
        others = [offer for offer in coming if not experiment_of(offer.id)]
        made[row.sku] = _state(
            "sku",
            row.sku,
            [row.version, row.list_price_minor,
             [[offer.id, offer.price_minor, offer.starts_at, offer.ends_at] for offer in coming]],
            {
                "price": look.money(row.list_price_minor),
                "experiment_id": experiment_of(tried[0].id) if tried else None,
                "promotion_id": others[0].id if others else None,
            },
            {"blocks": len(tried)},
        )  # fmt: skip
    return made


def block_id(experiment_id: str, number: int) -> str:
    """Name under which a block's temporary price is on file."""
    return f"{experiment_id}{BLOCK}{number}"


def experiment_of(offer_id: str) -> str | None:
    """The experiment a temporary price belongs to; None for a promotion."""
    name, found, number = offer_id.rpartition(BLOCK)
    return name if found and number.isdigit() and name.startswith(EXPERIMENT) else None


def _imported_offers(look: Look, ids: Sequence[str]) -> dict[str, list[int]]:
    """Lower prices that were imported with a time span rather than made here."""
    row = PriceRow
    query = select(row).where(
        row.kind == "promotion",
        col(row.valid_from) <= look.now,
        col(row.valid_to).is_(None) | (col(row.valid_to) > look.now),
    )
    found = defaultdict(list)
    for price in _of_skus(look, query, row.sku, ids):
        found[price.sku].append(price.price_minor)
    return found


def _statuses(look: Look, ids: Sequence[str]) -> States:
    variants = defaultdict(list)
    for row in _rows(look, VariantRow, VariantRow.product_id, ids):
        variants[row.product_id].append(row.status)
    return {
        row.id: _state(
            "product", row.id, [row.status, sorted(variants[row.id])],
            {"status": product_status(row.status, variants[row.id])},
        )
        for row in _rows(look, ProductRow, ProductRow.id, ids)
    }  # fmt: skip


def product_status(own: str, of_variants: Sequence[str]) -> str:
    """What customers see: a product is on sale when it and at least one variant are."""
    if own != "active" or not of_variants or "active" in of_variants:
        return own
    return "draft" if "draft" in of_variants else "archived"


def _contents(look: Look, ids: Sequence[str]) -> States:
    made = {}
    for row in _rows(look, ProductRow, ProductRow.id, ids):
        fields = {"title": row.title, "description": row.description, "tags": list(row.tags)}
        made[row.id] = _state("product", row.id, fields, fields)
    return made


def _stock(look: Look, ids: Sequence[str]) -> States:
    counted = {stock.sku: stock for stock in _of_skus(look, _counted(look.now), StockRow.sku, ids)}
    orders = _open_orders(look, ids)
    made = {}
    for row in _rows(look, VariantRow, VariantRow.sku, ids):
        seen, placed = counted.get(row.sku), orders.get(row.sku, [])
        coming = [order for order in placed if seen is None or order.ordered_at > seen.at]
        fields = {
            "on_hand": None if seen is None else seen.on_hand,
            "inbound": (0 if seen is None else seen.inbound) + sum(o.quantity for o in coming),
        }
        open_orders = {order.id: order.quantity for order in placed}
        made[row.sku] = _state(
            "sku", row.sku, [fields, open_orders], fields, {"open_orders": open_orders}
        )
    return made


def _counted(now: datetime) -> Any:
    """Each SKU's newest count: one step in the key's index a SKU, however long its history is."""
    earlier = aliased(StockRow)
    newest = (
        select(func.max(earlier.at))
        .where(earlier.sku == VariantRow.sku, col(earlier.at) <= now)
        .correlate(VariantRow)
        .scalar_subquery()
    )
    return select(StockRow).join(
        VariantRow, (col(StockRow.sku) == VariantRow.sku) & (col(StockRow.at) == newest)
    )


def _open_orders(look: Look, ids: Sequence[str]) -> dict[str, list[PurchaseOrderRow]]:
    row = PurchaseOrderRow
    query = select(row).where(row.status == "open", col(row.received_at).is_(None))
    found = defaultdict(list)
    for order in _of_skus(look, query.order_by(row.id), row.sku, ids):
        found[order.sku].append(order)
    return found


def _campaigns(look: Look, ids: Sequence[str]) -> States:
    made = {}
    for row in _rows(look, CampaignRow, CampaignRow.id, ids):
        status = campaign_status(row, look.now)
        made[row.id] = _state(
            "segment",
            row.id,
            [status, row.starts_at, row.audience, row.cost_minor, row.subject, row.body],
            {"status": status},
            {"starts_at": row.starts_at.isoformat() if row.starts_at else None,
             "audience": row.audience},
        )  # fmt: skip
    return made


def campaign_status(row: CampaignRow, now: datetime) -> str:
    """A campaign leaves by itself when its time comes."""
    left = row.starts_at is None or row.starts_at <= now
    return "sent" if row.status == "scheduled" and left else row.status


def _bundles(look: Look, ids: Sequence[str]) -> States:
    made = {}
    for row in _rows(look, VariantRow, VariantRow.sku, ids):
        made[row.sku] = _state("sku", row.sku, ["no bundle", row.version], {"status": row.status})
    prices = {row.sku: row.list_price_minor for row in _rows(look, VariantRow, VariantRow.sku, ids)}
    for row in _rows(look, ProductRow, ProductRow.id, ids):
        if BUNDLE in row.attributes and row.id in made:
            extra = {
                "title": row.title,
                "components": row.attributes[BUNDLE],
                "price": None if prices[row.id] is None else look.money(prices[row.id]),
            }
            made[row.id] = _state("sku", row.id, [row.status, extra], {"status": row.status}, extra)
    return made


_READERS: dict[ActionKind, Callable[[Look, Sequence[str]], States]] = {
    ActionKind.SET_PRICE: _prices,
    ActionKind.START_PROMOTION: _promotions,
    ActionKind.END_PROMOTION: _promotions,
    ActionKind.START_EXPERIMENT: _experiments,
    ActionKind.LIST_PRODUCT: _statuses,
    ActionKind.DELIST_PRODUCT: _statuses,
    ActionKind.UPDATE_CONTENT: _contents,
    ActionKind.REORDER: _stock,
    ActionKind.SEND_CAMPAIGN: _campaigns,
    ActionKind.CREATE_BUNDLE: _bundles,
}
_NOTHING: dict[ActionKind, dict[str, Any]] = {
    ActionKind.LIST_PRODUCT: {"status": ABSENT},
    ActionKind.SEND_CAMPAIGN: {"status": ABSENT},
    ActionKind.CREATE_BUNDLE: {"status": ABSENT},
}


def _state(
    kind: Literal["sku", "product", "segment"],
    name: str,
    rests_on: Any,
    fields: dict[str, Any],
    extra: dict[str, Any] | None = None,
) -> TargetState:
    return TargetState(
        target=Target(type=kind, id=name),
        exists=True,
        version=content_hash(rests_on)[:12],
        fields=fields,
        extra=extra or {},
    )


def _fraction(value: float) -> str:
    text = f"{round(value, 6):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rows(look: Look, table: Any, key: Any, ids: Sequence[str]) -> Sequence[Any]:
    return _of_skus(look, select(table), key, ids)


def _of_skus(look: Look, query: Any, key: Any, ids: Sequence[str]) -> list[Any]:
    """Rows of the query whose key is wanted; for many of them the table is read once."""
    if len(ids) <= MANY:
        return list(look.session.exec(query.where(col(key).in_(ids))))
    wanted = set(ids)
    rows: Iterable[Any] = look.session.exec(query)
    return [row for row in rows if getattr(row, key.key) in wanted]
