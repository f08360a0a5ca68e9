"""How the shop stands now: every SKU as the shop itself shows it, and what policy looks at.

Planning, editing and applying all judge against this one value, made in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ecomagent.domain.action import Action, ActionKind, ActionVerdict, Target
from ecomagent.domain.goal import Constraints
from ecomagent.domain.money import to_minor
from ecomagent.domain.ports import Connector
from ecomagent.domain.workspace import ShopSettings
from ecomagent.plan.experiment_log import held_skus
from ecomagent.plan.policy import Policy, PolicyContext, judge, sku_facts
from ecomagent.plan.policy.hours import day_and_month_start

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.domain.plan import Plan
    from ecomagent.store.facts import Facts, FactsView
    from ecomagent.store.plans import PlanRepository

PRICE_MEMORY_DAYS = 8
"""Days of past list prices that the limits on changes look back on."""


@dataclass(frozen=True)
class Standing:
    """The catalogue with the shop's own prices, and the policy's context made from it."""

    catalogue: pd.DataFrame
    """``FactsView.catalogue`` with live list prices and the columns of ``with_assumed_cost``."""
    context: PolicyContext
    drifted: tuple[str, ...]
    """SKUs whose price in the shop is not what history says."""


def start_of_day(now: datetime, timezone: str) -> datetime:
    """Midnight of the shop's day: what a plan made at ``now`` may know."""
    local = now.astimezone(ZoneInfo(timezone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)


def standing_of(
    view: FactsView,
    *,
    connector: Connector,
    repository: PlanRepository,
    settings: ShopSettings,
    now: datetime,
    assumed_margin: Decimal | None = None,
    constraints: Constraints | None = None,
    restoring: bool = False,
) -> Standing:
    """Read the shop and put beside it what history, goal and earlier plans say."""
    from tools.costs import with_assumed_cost

    catalogue, drifted = as_shown(view.catalogue(), connector, view.currency)
    catalogue = with_assumed_cost(catalogue, assumed_margin)
    recent = view.panel(
        since=view.today - timedelta(days=PRICE_MEMORY_DAYS), columns=["list_price_minor"]
    )
    day, month = day_and_month_start(now, settings.timezone)
    tested = under_test(connector, catalogue["sku"])
    context = PolicyContext(
        currency=view.currency,
        now=now,
        skus=sku_facts(catalogue, view.currency, as_of=view.today, recent=recent),
        constraints=constraints or Constraints(),
        timezone=settings.timezone,
        spent_today=repository.spent_between(day, now + timedelta(seconds=1)),
        spent_month=repository.spent_between(month, now + timedelta(seconds=1)),
        restoring=restoring,
        committed_experiments=tested,
        held=held_skus(repository, now) if tested else {},
    )
    return Standing(catalogue, context, drifted)


def under_test(connector: Connector, skus: Iterable[str]) -> int:
    """SKUs on which an experiment is not over yet."""
    targets = [Target(type="sku", id=str(sku)) for sku in skus]
    shown = _shown(connector, ActionKind.START_EXPERIMENT, targets)
    return sum(1 for fields in shown.values() if fields.get("experiment_id"))


def as_shown(
    catalogue: pd.DataFrame, connector: Connector, currency: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The catalogue with prices, promotions, statuses and stock as the shop shows them now.

    Args:
        catalogue: ``FactsView.catalogue``.
        connector: The shop.
        currency: Of the catalogue's ``*_minor`` columns.

    Returns:
        The catalogue, and the SKUs whose list price is not what history says.
    """
    skus = [Target(type="sku", id=sku) for sku in catalogue["sku"]]
    products = [Target(type="product", id=name) for name in catalogue["product_id"].unique()]
    listed = _shown(connector, ActionKind.SET_PRICE, skus)
    offered = _shown(connector, ActionKind.START_PROMOTION, skus)
    stocked = _shown(connector, ActionKind.REORDER, skus)
    status = {n: f["status"] for n, f in _shown(
        connector, ActionKind.LIST_PRODUCT, products).items()}  # fmt: skip

    def field(shown: dict[str, dict[str, Any]], name: str) -> pd.Series:
        return catalogue["sku"].map({sku: fields.get(name) for sku, fields in shown.items()})

    def minor(shown: dict[str, dict[str, Any]]) -> pd.Series:
        prices = {s: to_minor(f["price"], currency) for s, f in shown.items() if f.get("price")}
        return catalogue["sku"].map(prices).astype("float64")

    live, known = minor(listed), catalogue["list_price_minor"]
    drifted = catalogue["sku"][live.notna() & known.notna() & (live != known)]
    now_paid = minor(offered)
    made = catalogue.assign(
        list_price_minor=live.fillna(known),
        price_minor=now_paid.fillna(live).fillna(catalogue["price_minor"]),
        promotion_id=field(offered, "promotion_id").where(now_paid.notna()),
        on_hand=field(stocked, "on_hand").astype("float64").fillna(catalogue["on_hand"]),
        inbound=field(stocked, "inbound").astype("float64").fillna(catalogue["inbound"]),
    )
    shown_status = made["product_id"].map(status)
    own_off = made["status"] != "active"
    made["status"] = made["status"].where(own_off | shown_status.isna(), shown_status)
    return made, tuple(drifted.astype(str))


def _shown(
    connector: Connector, kind: ActionKind, targets: list[Target]
) -> dict[str, dict[str, Any]]:
    if kind not in connector.supports:
        return {}
    states = connector.read(kind, targets)
    return {name: state.fields for name, state in states.items() if state.exists}


def standing_for_plan(
    plan: Plan,
    *,
    facts: Callable[[], Facts],
    connector: Connector,
    repository: PlanRepository,
    settings: ShopSettings,
    now: datetime,
) -> Standing:
    """How the shop stands now, judged under the plan's own goal and assumptions."""
    return standing_of(
        facts().as_of(start_of_day(now, settings.timezone)),
        connector=connector,
        repository=repository,
        settings=settings,
        now=now,
        assumed_margin=plan.assumed_margin,
        constraints=plan.goal.constraints,
        restoring=plan.rollback_of is not None,
    )


def rechecker(
    plan: Plan,
    *,
    facts: Callable[[], Facts],
    policy: Callable[[], Policy],
    connector: Connector,
    repository: PlanRepository,
    settings: ShopSettings,
    now: datetime,
) -> Callable[[Action], ActionVerdict]:
    """Judges actions of a plan by the policy as it is now, in the order they are asked about.

    A hard rule that an action would now break denies it; a clamp that would now change it
    counts as a denial too, since nobody approved the clamped value.
    """
    rules = policy()
    standing = standing_for_plan(
        plan,
        facts=facts,
        connector=connector,
        repository=repository,
        settings=settings,
        now=now,
    )
    context = standing.context

    def recheck(action: Action) -> ActionVerdict:
        nonlocal context
        judged = judge(rules, action, context)
        if judged.action is None:
            return judged.verdict
        if judged.action.hash() != action.hash():
            return judged.verdict.model_copy(update={"decision": "deny"})
        context = context.after(action)
        return judged.verdict

    return recheck
