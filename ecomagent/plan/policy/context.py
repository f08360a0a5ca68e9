"""What a judgement rests on besides the action and the policy: facts, goal, money spent, time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ecomagent.domain.action import (
    Action,
    ActionKind,
    CreateBundle,
    DelistProduct,
    ListProduct,
    Reorder,
    SendCampaign,
    StartExperiment,
    UpdateContent,
)
from ecomagent.domain.goal import Constraints
from ecomagent.domain.money import to_decimal

if TYPE_CHECKING:
    import pandas as pd

PRICE_KINDS = frozenset(
    {
        ActionKind.SET_PRICE,
        ActionKind.START_PROMOTION,
        ActionKind.END_PROMOTION,
        ActionKind.START_EXPERIMENT,
    }
)


@dataclass(frozen=True)
class SkuFacts:
    """What is known of one SKU; money in major units, None where nothing is known."""

    sku: str
    product_id: str = ""
    category: str = ""
    brand: str = ""
    tags: tuple[str, ...] = ()
    list_price: Decimal | None = None
    on_sale: bool = True
    price: Decimal | None = None
    """What a customer pays now: the list price, or less during a promotion."""
    cost: Decimal | None = None
    cost_assumed: bool = False
    """The cost was not on file but assumed for this plan."""
    map_price: Decimal | None = None
    price_day_ago: Decimal | None = None
    price_week_ago: Decimal | None = None
    on_hand: int | None = None
    min_order: int | None = None
    case_pack: int | None = None


@dataclass(frozen=True)
class PolicyContext:
    """Everything the rules may look at.

    ``committed_*`` count what other actions of the same plan already use up; judging a
    sequence adds to them action by action.
    """

    currency: str
    now: datetime
    skus: Mapping[str, SkuFacts] = field(default_factory=lambda: MappingProxyType({}))
    constraints: Constraints = field(default_factory=Constraints)
    """The goal's; the stricter of goal and policy binds."""
    timezone: str = "UTC"
    spent_today: Decimal = Decimal(0)
    """Campaign money committed by earlier plans since midnight in the shop's time zone."""
    spent_month: Decimal = Decimal(0)
    committed_spend: Decimal = Decimal(0)
    committed_cash: Decimal = Decimal(0)
    committed_actions: int = 0
    committed_experiments: int = 0
    """SKUs under test, those of earlier plans that still are among them."""
    listed: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """SKUs that other actions of the plan put on sale, less those they take off, by category."""
    held: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """SKUs whose price an experiment needs as it is, and the SKU that it tries."""
    taken: frozenset[tuple[str, str]] = frozenset()
    """Targets another action of the plan changes already, by family and id."""
    restoring: bool = False
    """A rollback: values go back to what the shop had, so limits on the way there do not bind;
    broken floors need the owner instead of being refused."""

    @cached_property
    def by_product(self) -> Mapping[str, tuple[SkuFacts, ...]]:
        """SKUs of each product."""
        found: dict[str, list[SkuFacts]] = {}
        for facts in self.skus.values():
            found.setdefault(facts.product_id or facts.sku, []).append(facts)
        return {product: tuple(skus) for product, skus in found.items()}

    @cached_property
    def on_sale(self) -> Mapping[str, int]:
        """SKUs on sale in each category before the plan."""
        return Counter(facts.category for facts in self.skus.values() if facts.on_sale)

    def moves_on_sale(self, action: Action) -> Mapping[str, int]:
        """SKUs by category that an action puts on sale (or takes off it, less than 0)."""
        if not isinstance(action, ListProduct | DelistProduct):
            return {}
        new = action.after.new if isinstance(action, ListProduct) else None
        if new is not None:
            return {new.category: 1}
        mine, lists = self.by_product.get(action.product, ()), isinstance(action, ListProduct)
        moved = Counter(facts.category for facts in mine if facts.on_sale is not lists)
        return moved if lists else {category: -count for category, count in moved.items()}

    def skus_changed_by(self, action: Action) -> tuple[str, ...]:
        """SKUs whose price, stock or presentation the action changes."""
        if isinstance(action, ListProduct | DelistProduct | UpdateContent):
            known = self.by_product.get(action.product, ())
            return tuple(facts.sku for facts in known) or (action.product,)
        if isinstance(action, CreateBundle):
            return (action.sku, *sorted(action.after.components))
        if isinstance(action, SendCampaign):
            return ()
        return (action.sku,)

    def claims_of(self, action: Action) -> frozenset[tuple[str, str]]:
        """What an action needs of products: that they are off sale, or that they are on sale."""
        if isinstance(action, DelistProduct):
            return frozenset({("off sale", action.product)})
        if isinstance(action, SendCampaign):
            skus: tuple[str, ...] = action.after.skus
        else:
            skus = self.skus_changed_by(action)
        known = (self.skus[sku] for sku in skus if sku in self.skus)
        return frozenset(("on sale", facts.product_id or facts.sku) for facts in known)

    def after(self, action: Action) -> PolicyContext:
        """The context once the plan holds this action too."""
        holds = action.after.holds(action.sku) if isinstance(action, StartExperiment) else ()
        moved = self.moves_on_sale(action)
        following = replace(
            self,
            committed_spend=self.committed_spend + spend_of(action),
            committed_cash=self.committed_cash + cash_of(action),
            committed_actions=self.committed_actions + 1,
            committed_experiments=self.committed_experiments + bool(holds),
            listed={
                category: self.listed.get(category, 0) + moved.get(category, 0)
                for category in {*self.listed, *moved}
            },
            held={**self.held, **dict.fromkeys(holds, action.target.id)},
            taken=self.taken | {family_of(action)} | self.claims_of(action),
        )
        for name in ("by_product", "on_sale"):  # the SKUs are the same, so are their indexes
            if name in self.__dict__:
                following.__dict__[name] = self.__dict__[name]
        return following


def spend_of(action: Action) -> Decimal:
    """Campaign money an action commits."""
    if isinstance(action, SendCampaign) and action.after.status == "scheduled":
        return action.after.cost_total
    return Decimal(0)


def cash_of(action: Action) -> Decimal:
    """Purchase-order money an action commits."""
    if isinstance(action, Reorder):
        return action.after.cost_total
    new = action.after.new if isinstance(action, ListProduct) else None
    return Decimal(0) if new is None else new.first_order * new.cost


def family_of(action: Action) -> tuple[str, str]:
    """What an action changes; two actions of one family would trip over each other."""
    if action.kind in PRICE_KINDS:
        return "price", action.target.id
    if isinstance(action, ListProduct | DelistProduct):
        return "status", action.product
    if isinstance(action, SendCampaign):
        return "campaign", action.after.campaign_id
    return action.kind.value, action.target.id


def sku_facts(
    catalogue: pd.DataFrame,
    currency: str,
    *,
    as_of: date,
    recent: pd.DataFrame | None = None,
) -> dict[str, SkuFacts]:
    """Facts of every SKU from the frames that the facts give.

    Args:
        catalogue: One row a SKU with the columns of ``FactsView.catalogue``; missing columns
            count as unknown.
        currency: Currency of the ``*_minor`` columns.
        as_of: The day the plan is made for; prices are looked up one and seven days earlier.
        recent: Daily rows (``sku``, ``date``, ``list_price_minor``) that cover that week.
    """
    day_ago = _prices_on(recent, as_of - timedelta(days=1))
    week_ago = _prices_on(recent, as_of - timedelta(days=7))
    found = {}
    for row in catalogue.to_dict("records"):
        sku = str(row["sku"])
        found[sku] = SkuFacts(
            sku=sku,
            product_id=_word(row.get("product_id")),
            category=_word(row.get("category")),
            brand=_word(row.get("brand")),
            tags=_words(row.get("tags")),
            list_price=_money(row.get("list_price_minor"), currency),
            on_sale=_word(row.get("status")) in ("", "active"),
            price=_money(row.get("price_minor"), currency),
            cost=_money(row.get("cost_minor"), currency),
            cost_assumed=bool(_known(row.get("cost_assumed")) or False),
            map_price=_money(row.get("map_price_minor"), currency),
            price_day_ago=_money(day_ago.get(sku), currency),
            price_week_ago=_money(week_ago.get(sku), currency),
            on_hand=_count(row.get("on_hand")),
            min_order=_count(row.get("min_order")),
            case_pack=_count(row.get("case_pack")),
        )
    return found


def _prices_on(recent: pd.DataFrame | None, day: date) -> dict[str, Any]:
    if recent is None or recent.empty:
        return {}
    on_day = recent[recent["date"].dt.date == day].dropna(subset=["list_price_minor"])
    return dict(zip(on_day["sku"].astype(str), on_day["list_price_minor"], strict=True))


def _known(value: Any) -> Any:
    """The value, or None where a frame holds one of its several kinds of nothing."""
    if value is None or value != value or str(value) in ("<NA>", "NaT"):
        return None
    return value


def _money(value: Any, currency: str) -> Decimal | None:
    known = _known(value)
    return None if known is None else to_decimal(round(known), currency)


def _count(value: Any) -> int | None:
    known = _known(value)
    return None if known is None else int(known)


def _word(value: Any) -> str:
    known = _known(value)
    return "" if known is None else str(known)


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        return ()
    return tuple(str(word) for word in value)
