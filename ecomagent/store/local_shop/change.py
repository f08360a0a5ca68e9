"""How each kind of action changes the local shop, within a transaction that is open already.

What happened stays on file: a promotion or purchase order that is brought back under its old id
gets a row of its own, and the earlier one is kept under a numbered id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, delete, select, update

from ecomagent.domain.action import (
    Action,
    CreateBundle,
    DelistProduct,
    EndPromotion,
    ListProduct,
    NewProduct,
    Reorder,
    ReorderAfter,
    SendCampaign,
    SetPrice,
    StartExperiment,
    StartPromotion,
    UpdateContent,
)
from ecomagent.domain.errors import ConnectorError
from ecomagent.domain.ids import content_hash, content_id
from ecomagent.domain.money import to_minor
from ecomagent.store.local_shop.shown import (
    BUNDLE,
    Look,
    block_id,
    campaign_status,
    experiment_of,
    is_running,
    offers,
)
from ecomagent.store.tables import (
    CampaignEventRow,
    CampaignRow,
    CostRow,
    CustomerRow,
    PriceRow,
    ProductRow,
    PromotionRow,
    PurchaseOrderRow,
    SupplierRow,
    VariantRow,
)

CHUNK = 500


@dataclass(frozen=True)
class Change:
    """One change that is being made."""

    session: Session
    currency: str
    now: datetime
    key: str
    members: Sequence[str] | None
    """People of a campaign's segment, where they are known by id."""

    def minor(self, amount: Decimal) -> int:
        """Minor units of an amount."""
        return to_minor(amount, self.currency)

    def variant(self, sku: str) -> VariantRow:
        """The SKU, held against other writers."""
        row = self.session.get(VariantRow, sku, with_for_update=True)
        if row is None:
            raise ConnectorError(f"the shop has no SKU {sku}", remedy="Plan it anew.")
        return row

    def product(self, name: str) -> ProductRow:
        """The product, held against other writers."""
        row = self.session.get(ProductRow, name, with_for_update=True)
        if row is None:
            raise ConnectorError(f"the shop has no product {name}", remedy="Plan it anew.")
        return row


def change(to: Change, action: Action) -> None:
    """Carry out an action whose precondition has been checked.

    Raises:
        ConnectorError: The shop cannot do this.
    """
    _CHANGES[type(action)](to, action)


def _set_price(to: Change, action: SetPrice) -> None:
    row = to.variant(action.sku)
    row.list_price_minor = to.minor(action.after.price)
    row.version += 1
    _remember_price(to, action.sku, row.list_price_minor, action.id)


def _remember_price(to: Change, sku: str, minor: int, source: str) -> None:
    to.session.merge(
        PriceRow(sku=sku, kind="list", valid_from=to.now, price_minor=minor, source=source)
    )


def _promote(to: Change, action: StartPromotion | EndPromotion) -> None:
    """End what runs, and start (or bring back) what shall run afterwards."""
    row = to.variant(action.sku)
    known = offers(Look(to.session, to.currency, to.now), [action.sku]).get(action.sku, [])
    for offer in known[:1]:
        offer.ends_at = to.now if is_running(offer, to.now) else None
        offer.status = "ended"
    row.version += 1
    if isinstance(action, EndPromotion) and action.after.promotion_id is None:
        return
    name = action.after.promotion_id or content_id("promo", to.key)
    _make_room(to, PromotionRow, name)
    to.session.add(
        PromotionRow(
            id=name,
            sku=action.sku,
            discount=float(_discount(action, row, to)),
            price_minor=to.minor(action.after.price),
            starts_at=max(action.starts_at or to.now, to.now),
            ends_at=action.ends_at,
            status="active",
        )
    )


def _experiment(to: Change, action: StartExperiment) -> None:
    """Temporary prices for the blocks that got the lower one; a stopped one ends what is left."""
    row = to.variant(action.sku)
    row.version += 1
    if action.after.status == "stopped":
        for offer in offers(Look(to.session, to.currency, to.now), [action.sku])[action.sku]:
            if experiment_of(offer.id) == action.after.experiment_id:
                offer.ends_at = to.now if is_running(offer, to.now) else None
                offer.status = "ended"
        return
    for number, block in enumerate(action.after.tried(action.before.price)):
        name = block_id(action.after.experiment_id, number)
        _make_room(to, PromotionRow, name)
        to.session.add(
            PromotionRow(
                id=name,
                sku=action.sku,
                discount=float(1 - block.price / action.before.price),
                price_minor=to.minor(block.price),
                starts_at=max(block.starts_at, to.now),
                ends_at=block.ends_at,
                status="active",
            )
        )


def _discount(action: StartPromotion | EndPromotion, row: VariantRow, to: Change) -> Decimal:
    if action.after.discount is not None:
        return action.after.discount
    return 1 - Decimal(to.minor(action.after.price)) / Decimal(row.list_price_minor or 1)


def _set_status(to: Change, action: ListProduct | DelistProduct) -> None:
    if action.after.new is not None:
        _add_product(to, action.product, action.after.new, action.id)
        return
    product = to.product(action.product)
    product.status = action.after.status
    product.version += 1
    if action.after.status != "active":
        return
    variants = to.session.exec(select(VariantRow).where(VariantRow.product_id == product.id)).all()
    if all(variant.status != "active" for variant in variants):
        for variant in variants:
            variant.status = "active"


def _add_product(to: Change, name: str, new: NewProduct, source: str) -> None:
    """A product with its only SKU, its price and cost, and the order that stocks it."""
    if to.session.get(VariantRow, new.sku) is not None:
        raise ConnectorError(f"the shop has a SKU {new.sku} already", remedy="Plan it anew.")
    if new.supplier and to.session.get(SupplierRow, new.supplier) is None:
        to.session.add(SupplierRow(id=new.supplier, name=new.supplier))
    to.session.add(
        ProductRow(
            id=name, title=new.title, category=new.category, brand=new.brand, status="active",
            attributes=dict(new.attributes), first_seen=to.now,
        )
    )  # fmt: skip
    to.session.flush()
    to.session.add(
        VariantRow(
            sku=new.sku, product_id=name, list_price_minor=to.minor(new.price), status="active",
            supplier_id=new.supplier or None, lead_time_days=new.lead_time_days,
            min_order=new.min_order, case_pack=new.case_pack, first_seen=to.now,
        )
    )  # fmt: skip
    to.session.flush()
    _remember_price(to, new.sku, to.minor(new.price), source)
    to.session.merge(
        CostRow(sku=new.sku, valid_from=to.now, cost_minor=to.minor(new.cost), source=source)
    )
    if new.first_order:
        _place(to, new.sku, _first_order(new))


def _first_order(new: NewProduct) -> ReorderAfter:
    return ReorderAfter(
        purchase_order_id=new.purchase_order_id,
        quantity=new.first_order,
        unit_cost=new.cost,
        cost_total=new.cost * new.first_order,
        supplier=new.supplier,
    )


def _order(to: Change, action: Reorder) -> None:
    after = action.after
    kept = to.session.get(PurchaseOrderRow, after.purchase_order_id, with_for_update=True)
    if after.quantity == 0:
        if kept is None or kept.status != "open" or kept.received_at is not None:
            raise ConnectorError(
                f"purchase order {after.purchase_order_id} cannot be cancelled any more",
                where="not placed" if kept is None else kept.status,
                remedy="Settle it with the supplier.",
            )
        kept.status = "cancelled"
        return
    if kept is not None and kept.status == "open":
        raise ConnectorError(f"purchase order {kept.id} is open already", where=kept.sku)
    _make_room(to, PurchaseOrderRow, after.purchase_order_id)
    _place(to, action.sku, after)


def _place(to: Change, sku: str, after: ReorderAfter) -> None:
    variant = to.variant(sku)
    supplier = after.supplier or variant.supplier_id
    known = to.session.get(SupplierRow, supplier) if supplier else None
    days = variant.lead_time_days or (known.lead_time_days if known else None)
    to.session.add(
        PurchaseOrderRow(
            id=after.purchase_order_id,
            sku=sku,
            supplier_id=known.id if known else None,
            quantity=after.quantity,
            unit_cost_minor=to.minor(after.unit_cost),
            ordered_at=to.now,
            expected_at=None if days is None else to.now + timedelta(days=float(days)),
            status="open",
        )
    )


def _campaign(to: Change, action: SendCampaign) -> None:
    after = action.after
    kept = to.session.get(CampaignRow, after.campaign_id, with_for_update=True)
    if after.status == "cancelled":
        if kept is None or campaign_status(kept, to.now) != "scheduled":
            raise ConnectorError(
                f"campaign {after.campaign_id} cannot be called off any more",
                where="not scheduled" if kept is None else campaign_status(kept, to.now),
            )
        kept.status = "cancelled"
        to.session.exec(
            delete(CampaignEventRow).where(col(CampaignEventRow.campaign_id) == kept.id)
        )
        return
    if kept is not None and kept.status != "cancelled":
        raise ConnectorError(f"campaign {kept.id} is {kept.status} already", where=kept.segment)
    starts_at = max(action.starts_at or to.now, to.now)
    contacted, held_out = _recipients(to, action)
    to.session.merge(
        CampaignRow(
            id=after.campaign_id,
            name=after.subject or f"{action.segment} ({after.channel})",
            segment=action.segment,
            channel=after.channel,
            status="scheduled",
            starts_at=starts_at,
            ends_at=action.ends_at,
            cost_minor=to.minor(after.cost_total),
            hold_out=float(after.hold_out),
            audience=after.audience if to.members is None else len(contacted),
            subject=after.subject,
            body=after.body,
            skus=list(after.skus),
        )
    )
    to.session.flush()
    for kind, people in (("sent", contacted), ("held_out", held_out)):
        to.session.add_all(
            CampaignEventRow(
                campaign_id=after.campaign_id, customer_id=who, kind=kind, at=starts_at
            )
            for who in people
        )


def _recipients(to: Change, action: SendCampaign) -> tuple[list[str], list[str]]:
    """Whom to contact and whom to leave alone: by lot, the same lot every time.

    Only people who agreed to marketing (everybody, where the shop has asked nobody), and no more
    of them than were approved.

    Raises:
        ConnectorError: Nobody is left in the segment.
    """
    if to.members is None:
        return [], []
    people = sorted(
        _willing(to.session, list(dict.fromkeys(to.members))),
        key=lambda who: content_hash([action.after.campaign_id, who]),
    )
    if not people:
        raise ConnectorError(
            f"nobody in segment “{action.segment}” may be contacted any more",
            where=action.after.campaign_id,
            remedy="Plan it anew.",
        )
    left_alone = round(len(people) * float(action.after.hold_out))
    return people[left_alone:][: action.after.audience], people[:left_alone]


def _willing(session: Session, people: Sequence[str]) -> Sequence[str]:
    """Those of them who may be written to."""
    row = CustomerRow
    asked = select(row.id).where(col(row.consent_marketing).is_not(None)).limit(1)
    if session.exec(asked).first() is None:
        return people
    found: list[str] = []
    for start in range(0, len(people), CHUNK):
        query = select(row.id).where(
            col(row.id).in_(people[start : start + CHUNK]), col(row.consent_marketing).is_(True)
        )
        found.extend(session.exec(query))
    return found


def _set_content(to: Change, action: UpdateContent) -> None:
    product = to.product(action.product)
    product.title = action.after.title
    product.description = action.after.description
    product.tags = list(action.after.tags)
    product.version += 1


def _bundle(to: Change, action: CreateBundle) -> None:
    after, sku = action.after, action.after.bundle_sku
    product = to.session.get(ProductRow, sku)
    if product is None:
        product = ProductRow(id=sku, first_seen=to.now, version=0)
        to.session.add(product)
        to.session.flush()
    product.title, product.status = after.title, after.status
    product.attributes = {**product.attributes, BUNDLE: dict(after.components)}
    product.version += 1
    variant = to.session.get(VariantRow, sku)
    if variant is None:
        variant = VariantRow(sku=sku, product_id=sku, first_seen=to.now, version=0)
        to.session.add(variant)
    variant.title, variant.status = after.title, after.status
    variant.version += 1
    minor = to.minor(after.price)
    if variant.list_price_minor != minor:
        variant.list_price_minor = minor
        to.session.flush()
        _remember_price(to, sku, minor, action.id)


def _make_room(to: Change, table: Any, name: str) -> None:
    """Keep an earlier row of that id under a numbered one."""
    if to.session.get(table, name) is None:
        return
    to.session.flush()
    number = 1
    while to.session.get(table, f"{name}.{number}") is not None:
        number += 1
    to.session.exec(
        update(table).where(col(table.id) == name).values(id=f"{name}.{number}"),
        execution_options={"synchronize_session": False},
    )
    to.session.expire_all()


_CHANGES: dict[type[Any], Callable[[Change, Any], None]] = {
    SetPrice: _set_price,
    StartPromotion: _promote,
    EndPromotion: _promote,
    StartExperiment: _experiment,
    ListProduct: _set_status,
    DelistProduct: _set_status,
    Reorder: _order,
    SendCampaign: _campaign,
    UpdateContent: _set_content,
    CreateBundle: _bundle,
}
