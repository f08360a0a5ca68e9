"""What an action changes, in a few words: what the shop shows now, and what it shall show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ecomagent.domain.action import (
    Action,
    ActionKind,
    CreateBundle,
    DelistProduct,
    EndPromotion,
    ListProduct,
    Reorder,
    SendCampaign,
    SetPrice,
    StartExperiment,
    StartPromotion,
    UpdateContent,
)
from ecomagent.domain.goal import Language
from ecomagent.domain.money import Money
from ecomagent.domain.plan import ShopRef

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "off": " ({share} % off)",
        "until": " until {day}",
        "experiment": "{price} or {tried} ({share} % less) by chance, {blocks} blocks until {day}",
        "matched": "{price} → {tried} ({share} % less) on trial until {day}, {controls} unchanged",
        "stop": "stop experiment {id}",
        "order": "{units} units for {cost} (stock {stock}, inbound {inbound})",
        "unknown": "unknown",
        "cancel": "cancel purchase order {id}",
        "campaign": "{channel} to {people} customers for {cost}{when}, {share} % held out",
        "at": " at {moment}",
        "call off": "call off campaign {id}",
        "bundle": "{parts} for {price}",
        "other": "other {names}",
        "new": "new: {title} at {price}",
        "first": ", first order of {units} for {cost}",
        "absent": "not in the shop",
        "active": "active",
        "draft": "draft",
        "archived": "archived",
        "description": "description",
        "tags": "tags",
        "email": "email",
        "sms": "sms",
        "ads": "ads",
    },
    "zh": {
        "off": "(优惠 {share}%)",
        "until": ",至 {day}",
        "experiment": "{price}或{tried}(低 {share}%)随机轮换,共 {blocks} 段,至 {day}",
        "matched": "{price} → {tried}(低 {share}%)试行至 {day},{controls} 价格不变",
        "stop": "停止试验 {id}",
        "order": "订购 {units} 件,{cost}(库存 {stock},在途 {inbound})",
        "unknown": "未知",
        "cancel": "取消采购单 {id}",
        "campaign": "{channel}联系 {people} 位客户,{cost}{when},对照组 {share}%",
        "at": ",{moment}",
        "call off": "取消营销活动 {id}",
        "bundle": "{parts},{price}",
        "other": "更改{names}",
        "new": "新品:{title},{price}",
        "first": ",首单 {units} 件,{cost}",
        "absent": "店铺中没有",
        "active": "在售",
        "draft": "草稿",
        "archived": "已下架",
        "description": "描述",
        "tags": "标签",
        "email": "邮件",
        "sms": "短信",
        "ads": "广告",
    },
}


@dataclass(frozen=True)
class _Speaker:
    """Says amounts, moments of the shop's clock and phrases in one language."""

    shop: ShopRef
    language: Language

    def money(self, amount: Decimal) -> str:
        return Money.of(amount, self.shop.currency).display(self.language)

    def moment(self, at: datetime) -> str:
        return f"{at.astimezone(ZoneInfo(self.shop.timezone)):%Y-%m-%d %H:%M}"

    def say(self, phrase: str, **values: object) -> str:
        return WORDS[self.language][phrase].format(**values)


def change_text(action: Action, shop: ShopRef, language: Language = "en") -> str:
    """What is there now, and what will be; in the shop's currency, by the shop's clock."""
    made: str = _CHANGES[action.kind](action, _Speaker(shop, language))
    return made


def last_day(ends_at: datetime, timezone: str) -> date:
    """The last day, inclusive, of what ends at a moment, on the shop's calendar."""
    return (ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(timezone)).date()


def _price(action: SetPrice, to: _Speaker) -> str:
    before, after = action.before.price, action.after.price
    share = f"{(after / before - 1) * 100:+.1f} %".replace("-", "−") if before else ""
    return f"{to.money(before)} → {to.money(after)}" + (f" ({share})" if share else "")


def _promotion(action: StartPromotion | EndPromotion, to: _Speaker) -> str:
    share = action.after.discount
    off = to.say("off", share=f"{float(share) * 100:.4g}") if share else ""
    until = ""
    if action.ends_at:
        until = to.say("until", day=last_day(action.ends_at, to.shop.timezone))
    return f"{to.money(action.before.price)} → {to.money(action.after.price)}{off}{until}"


def _experiment(action: StartExperiment, to: _Speaker) -> str:
    after, price = action.after, action.before.price
    if after.status == "stopped":
        return to.say("stop", id=after.experiment_id)
    tried = min(block.price for block in after.blocks)
    return to.say(
        "matched" if after.controls else "experiment",
        controls=", ".join(after.controls),
        price=to.money(price),
        tried=to.money(tried),
        share=f"{float(1 - tried / price) * 100:.3g}" if price else "?",
        blocks=len(after.blocks),
        day=last_day(after.blocks[-1].ends_at, to.shop.timezone),
    )


def _status(action: ListProduct | DelistProduct, to: _Speaker) -> str:
    new = action.after.new
    if new is not None:
        made = to.say("new", title=new.title, price=to.money(new.price))
        cost = to.money(new.first_order * new.cost)
        return made + (to.say("first", units=f"{new.first_order:,}", cost=cost)
                       if new.first_order else "")  # fmt: skip
    return f"{to.say(action.before.status)} → {to.say(action.after.status)}"


def _reorder(action: Reorder, to: _Speaker) -> str:
    order, shown = action.after, action.before
    if not order.quantity:
        return to.say("cancel", id=order.purchase_order_id)
    return to.say(
        "order",
        units=f"{order.quantity:,}",
        cost=to.money(order.cost_total),
        stock=to.say("unknown") if shown.on_hand is None else f"{shown.on_hand:,}",
        inbound=f"{shown.inbound:,}",
    )


def _campaign(action: SendCampaign, to: _Speaker) -> str:
    sent = action.after
    if sent.status == "cancelled":
        return to.say("call off", id=sent.campaign_id)
    when = ""
    if action.starts_at is not None:
        when = to.say("at", moment=to.moment(action.starts_at))
    return to.say(
        "campaign",
        channel=to.say(sent.channel),
        people=f"{sent.audience:,}",
        cost=to.money(sent.cost_total),
        when=when,
        share=f"{float(sent.hold_out) * 100:.3g}",
    )


def _content(action: UpdateContent, to: _Speaker) -> str:
    before, after = action.before, action.after
    if before.title != after.title:
        return f"“{before.title}” → “{after.title}”"
    names = [n for n in ("description", "tags") if getattr(before, n) != getattr(after, n)]
    return to.say("other", names=", ".join(to.say(name) for name in names))


def _bundle(action: CreateBundle, to: _Speaker) -> str:
    parts = ", ".join(f"{count} × {sku}" for sku, count in action.after.components.items())
    return to.say("bundle", parts=parts, price=to.money(action.after.price))


_CHANGES: dict[ActionKind, Callable[[Any, _Speaker], str]] = {
    ActionKind.SET_PRICE: _price,
    ActionKind.START_PROMOTION: _promotion,
    ActionKind.END_PROMOTION: _promotion,
    ActionKind.START_EXPERIMENT: _experiment,
    ActionKind.LIST_PRODUCT: _status,
    ActionKind.DELIST_PRODUCT: _status,
    ActionKind.REORDER: _reorder,
    ActionKind.SEND_CAMPAIGN: _campaign,
    ActionKind.UPDATE_CONTENT: _content,
    ActionKind.CREATE_BUNDLE: _bundle,
}
