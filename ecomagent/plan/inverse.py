"""The action that takes another one back, made from its receipt and what the shop shows now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ecomagent.domain.action import (
    Action,
    BundleBefore,
    CampaignBefore,
    ContentAfter,
    ContentBefore,
    CreateBundle,
    DelistProduct,
    EndPromotion,
    ExperimentBefore,
    ListProduct,
    PriceAfter,
    PriceBefore,
    PromotionAfter,
    PromotionBefore,
    Reorder,
    ReorderAfter,
    SendCampaign,
    SetPrice,
    StartExperiment,
    StartPromotion,
    StatusAfter,
    StatusBefore,
    StockBefore,
    UpdateContent,
)
from ecomagent.domain.plan import Receipt
from ecomagent.domain.ports import TargetState


class StaysError(Exception):
    """Why an action stays as it is; ``changed`` says that somebody changed its target since."""

    def __init__(self, reason: str, *, changed: bool = False) -> None:
        super().__init__(reason)
        self.changed = changed


@dataclass(frozen=True)
class Done:
    """An action that was applied, and how the shop stands with it now."""

    action: Any
    receipt: Receipt
    shown: TargetState
    now: datetime


def inverse(action: Action, receipt: Receipt, shown: TargetState, now: datetime) -> Action:
    """The action that puts back what was there before.

    Args:
        action: Exactly what was applied.
        receipt: What the shop showed before and after.
        shown: What it shows now.
        now: This moment, UTC.

    Raises:
        StaysError: It cannot be taken back, or somebody changed its target since.
    """
    if not shown.exists:
        raise StaysError("it is no longer in the shop", changed=True)
    made = _INVERSES[type(action)](Done(action, receipt, shown, now))
    return made.model_copy(update={"id": made.content_id()})


def _untouched(done: Done, *names: str) -> None:
    """Refuse where the shop no longer shows what the action left."""
    for name in names:
        left, is_now = done.receipt.after_seen.get(name), done.shown.fields.get(name)
        if left != is_now:
            raise StaysError(
                f"{name.replace('_', ' ')} was {left} after it and is {is_now} now", changed=True
            )


def _price(done: Done) -> Action:
    _untouched(done, "price")
    return SetPrice(
        sku=done.action.sku,
        before=PriceBefore(price=done.shown.fields["price"], version=done.shown.version),
        after=PriceAfter(price=Decimal(done.receipt.before_seen["price"])),
    )


def _started(done: Done) -> Action:
    """End the promotion; bring back the one it took the place of, if its time is not over."""
    ends_at = done.receipt.after_seen.get("ends_at")
    if ends_at is not None and datetime.fromisoformat(ends_at) <= done.now:
        raise StaysError("the promotion is over")
    _untouched(done, "promotion_id", "discount")
    before = PromotionBefore(**done.shown.fields, version=done.shown.version)
    earlier = _earlier_offer(done)
    if earlier is None:
        price = Decimal(done.shown.extra["list_price"])
        return EndPromotion(sku=done.action.sku, before=before, after=PromotionAfter(price=price))
    return EndPromotion(sku=done.action.sku, before=before, after=earlier, ends_at=_ends_at(done))


def _ended(done: Done) -> Action:
    """Let the promotion go on to the end it had."""
    _untouched(done, "promotion_id")
    earlier = _earlier_offer(done)
    if earlier is None:
        raise StaysError("the promotion would be over by now")
    return StartPromotion(
        sku=done.action.sku,
        before=PromotionBefore(**done.shown.fields, version=done.shown.version),
        after=earlier,
        ends_at=_ends_at(done),
    )


def _earlier_offer(done: Done) -> PromotionAfter | None:
    """The promotion that was there before, unless its time has run out."""
    before, ends_at = done.receipt.before_seen, _ends_at(done)
    if before.get("promotion_id") is None or (ends_at is not None and ends_at <= done.now):
        return None
    list_price, discount = Decimal(done.shown.extra["list_price"]), Decimal(before["discount"])
    price = Decimal(before["price"])
    if price >= list_price:  # it had not begun: what customers paid was the list price
        price = (list_price * (1 - discount)).quantize(list_price)
    return PromotionAfter(promotion_id=before["promotion_id"], discount=discount, price=price)


def _ends_at(done: Done) -> datetime | None:
    text = done.receipt.before_seen.get("ends_at")
    return None if text is None else datetime.fromisoformat(text)


def _experiment(done: Done) -> Action:
    """Stop what is left of it; days that are over stay as they were."""
    after = done.action.after
    if after.status == "stopped":
        raise StaysError("an experiment that was stopped is not taken up again")
    if after.tried(done.action.before.price)[-1].ends_at <= done.now:
        raise StaysError("the experiment is over")
    _untouched(done, "experiment_id")
    return StartExperiment(
        sku=done.action.sku,
        before=ExperimentBefore(**done.shown.fields, version=done.shown.version),
        after=after.model_copy(update={"status": "stopped"}),
    )


def _status(done: Done) -> Action:
    _untouched(done, "status")
    before = done.receipt.before_seen["status"]
    # What the shop never had before stays on file, off sale.
    status = "archived" if before == "absent" else before
    kind = ListProduct if status == "active" else DelistProduct
    return kind(
        product=done.action.product,
        before=StatusBefore(status=done.shown.fields["status"], version=done.shown.version),
        after=StatusAfter(status=status),
    )


def first_order_back(action: Action, shown: TargetState | None) -> Action | None:
    """The action that cancels the order placed along with a product's first listing.

    Args:
        action: Exactly what was applied.
        shown: The stock of its SKU as the shop shows it now.

    Raises:
        StaysError: The order is no longer open.
    """
    new = action.after.new if isinstance(action, ListProduct) else None
    if new is None or not new.first_order or shown is None:
        return None
    if shown.extra.get("open_orders", {}).get(new.purchase_order_id) != new.first_order:
        raise StaysError(f"purchase order {new.purchase_order_id} is no longer open", changed=True)
    made = Reorder(
        sku=new.sku,
        before=StockBefore(**shown.fields, version=shown.version),
        after=ReorderAfter(
            purchase_order_id=new.purchase_order_id, quantity=0, unit_cost=new.cost,
            cost_total=Decimal(0), supplier=new.supplier,
        ),
    )  # fmt: skip
    return made.model_copy(update={"id": made.content_id()})


def _order(done: Done) -> Action:
    after = done.action.after
    if after.quantity == 0:
        raise StaysError("a purchase order that was cancelled is not placed again")
    if done.shown.extra.get("open_orders", {}).get(after.purchase_order_id) != after.quantity:
        raise StaysError(
            f"purchase order {after.purchase_order_id} is no longer open: it was received,"
            " cancelled or changed",
            changed=True,
        )
    return Reorder(
        sku=done.action.sku,
        before=StockBefore(**done.shown.fields, version=done.shown.version),
        after=after.model_copy(update={"quantity": 0, "cost_total": Decimal(0)}),
    )


def _campaign(done: Done) -> Action:
    after, status = done.action.after, done.shown.fields["status"]
    if after.status == "cancelled":
        raise StaysError("a campaign that was called off is not sent again")
    if status == "sent":
        raise StaysError("the campaign has been sent and cannot be called back; its cost stays")
    _untouched(done, "status")
    return SendCampaign(
        segment=done.action.segment,
        starts_at=done.action.starts_at,
        before=CampaignBefore(status=status, version=done.shown.version),
        after=after.model_copy(update={"status": "cancelled"}),
    )


def _content(done: Done) -> Action:
    _untouched(done, "title", "description", "tags")
    before = done.receipt.before_seen
    return UpdateContent(
        product=done.action.product,
        before=ContentBefore(**done.shown.fields, version=done.shown.version),
        after=ContentAfter(
            title=before["title"], description=before["description"], tags=tuple(before["tags"])
        ),
    )


def _bundle(done: Done) -> Action:
    _untouched(done, "status")
    status = "archived" if done.action.after.status == "active" else "active"
    return CreateBundle(
        sku=done.action.sku,
        before=BundleBefore(status=done.shown.fields["status"], version=done.shown.version),
        after=done.action.after.model_copy(update={"status": status}),
    )


_INVERSES: dict[type[Any], Callable[[Done], Action]] = {
    SetPrice: _price,
    StartPromotion: _started,
    EndPromotion: _ended,
    StartExperiment: _experiment,
    ListProduct: _status,
    DelistProduct: _status,
    Reorder: _order,
    SendCampaign: _campaign,
    UpdateContent: _content,
    CreateBundle: _bundle,
}
