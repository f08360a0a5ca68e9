"""What each applied action brought, by the method that fits its kind and the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ecomagent.domain.action import (
    Action,
    ActionKind,
    ListProduct,
    Reorder,
    SendCampaign,
    SetPrice,
    StartPromotion,
)
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.money import to_minor
from ecomagent.plan.measure_window import Applied

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.store.facts import FactsView
    from tools.causal_effect import Effects

COMPARED = frozenset({ActionKind.SET_PRICE, ActionKind.START_PROMOTION, ActionKind.END_PROMOTION,
                      ActionKind.UPDATE_CONTENT})  # fmt: skip
"""Kinds measured against products left alone."""
HISTORY_DAYS = 730
PANEL = ["units", "revenue_minor", "list_price_minor", "cost_minor", "promo"]
NOT_MEASURED = {
    ActionKind.DELIST_PRODUCT: "what a product off sale would have sold, and what its neighbours"
    " sold instead, is not measured",
    ActionKind.START_EXPERIMENT: "a price experiment is read by the elasticities themselves",
    ActionKind.CREATE_BUNDLE: "what a bundle took from its parts is not measured",
}


@dataclass(frozen=True)
class Found:
    """What one action brought.

    Attributes:
        method: How it was measured.
        gains: ``units_p10`` … ``gross_profit_minor_p90``; empty where it cannot be told.
        weights: Metric stem to money an expected unit counts for: what sums need.
        why_not: Why it cannot be told.
        evidence: Behind the gains.
        last: Last day that was looked at, where that is not the action's.
    """

    method: str
    gains: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    why_not: str = ""
    evidence: tuple[Evidence, ...] = ()
    last: date | None = None


@dataclass(frozen=True)
class Known:
    """History as it was known at one moment, read once for all plans."""

    view: FactsView
    since: date

    @cached_property
    def panel(self) -> pd.DataFrame:
        """Daily rows of the whole shop."""
        return self.view.panel(since=self.since, columns=PANEL)

    @cached_property
    def catalogue(self) -> pd.DataFrame:
        """One row a SKU."""
        return self.view.catalogue()


@dataclass(frozen=True)
class Scene:
    """What measuring looks at: history as it was known at one moment."""

    view: FactsView
    panel: pd.DataFrame
    catalogue: pd.DataFrame
    currency: str
    touched: frozenset[str]
    """SKUs and products that something was done to."""

    def skus_of(self, action: Action) -> tuple[str, ...]:
        """SKUs that an action is about."""
        if action.target.type == "product":
            mine = self.catalogue["product_id"] == action.target.id
            return tuple(self.catalogue["sku"][mine].astype(str))
        return (action.target.id,)

    def exposed(self) -> frozenset[str]:
        """SKUs that are no comparison."""
        hit = self.catalogue["sku"].isin(self.touched)
        hit |= self.catalogue["product_id"].isin(self.touched)
        return frozenset(self.catalogue["sku"][hit].astype(str)) | self.touched

    def rows(self, skus: Sequence[str], first: date, last: date) -> pd.DataFrame:
        """Panel rows of SKUs on those days."""
        import pandas as pd

        day = self.panel["date"]
        inside = (day >= pd.Timestamp(first)) & (day <= pd.Timestamp(last))
        return self.panel[inside & self.panel["sku"].isin(set(skus))]


def shown_days(applied: Applied, scene: Scene) -> Applied:
    """An action with its days cut short where history shows that its price did not last."""
    action = applied.action
    if not isinstance(action, SetPrice):
        return applied
    asked = to_minor(action.after.price, scene.currency)
    rows = scene.rows((action.sku,), applied.first, applied.last).sort_values("date")
    holds = (rows["list_price_minor"] - asked).abs() < 0.5
    if not holds.any() or holds.all() or not holds.iloc[0]:
        return applied
    gone = rows["date"][~holds].iloc[0].date()
    return applied.until(gone - timedelta(days=1))


def measure_compared(applied: Sequence[Applied], scene: Scene) -> tuple[Effects, dict[str, Found]]:
    """Price and content actions against products left alone."""
    from tools.causal_effect import Change, measure_changes

    mine = [each for each in applied if each.action.kind in COMPARED]
    effects = measure_changes(
        scene.panel,
        dict(zip(scene.catalogue["sku"], scene.catalogue["category"], strict=True)),
        [
            Change(each.action.id, scene.skus_of(each.action), each.first, each.last)
            for each in mine
        ],
        source=scene.view.ref("panel", rows=len(scene.panel)),
        exposed=scene.exposed(),
    )
    return effects, {each.action.id: _compared(each, effects, scene) for each in mine}


def _compared(applied: Applied, effects: Effects, scene: Scene) -> Found:
    action = applied.action
    row = effects.table.loc[action.id]
    shown = effects.evidence(action.id)
    if row["why_not"]:
        return Found(str(row["method"]), why_not=str(row["why_not"]), evidence=(shown,))
    rows = scene.rows(scene.skus_of(action), applied.first, applied.last)
    price = _price_before(action, scene.currency)
    params = {
        "actual_units": float(row["actual_units"]),
        "actual_revenue_minor": float(rows["revenue_minor"].sum()),
        "expected_units": float(row["expected_units"]),
        "expected_p10": float(row["expected_p10"]),
        "expected_p90": float(row["expected_p90"]),
        "price_before_minor": price,
        "cost_minor": _cost(rows, applied, price),
    }
    return _gained(str(row["method"]), params, shown)


def _gained(method: str, params: dict[str, Any], *evidence: Evidence) -> Found:
    from tools.realised import TOOL, gains_of

    gains = gains_of(params)
    price, cost = params["price_before_minor"], params["cost_minor"]
    weights = {"units": 1.0}
    if price is not None:
        weights["revenue_minor"] = float(price)
        if cost is not None:
            weights["gross_profit_minor"] = float(price) - float(cost)
    made = Evidence.of(
        TOOL, params=params, data=tuple(r for e in evidence for r in e.data), result=gains
    )
    return Found(method, gains, weights, evidence=(*evidence, made))


def _price_before(action: Action, currency: str) -> float | None:
    price = getattr(action.before, "price", None)
    return None if price is None else float(to_minor(price, currency))


def _cost(rows: pd.DataFrame, applied: Applied, price: float | None) -> float | None:
    """Cost of a unit on those days; assumed where the plan assumed one."""
    known = rows["cost_minor"].dropna()
    if len(known):
        return float(known.mean())
    margin: Decimal | None = applied.plan.assumed_margin
    return None if margin is None or price is None else price * float(1 - margin)


def measure_other(applied: Applied, scene: Scene) -> Found:
    """Orders by stock, listings by their sales, campaigns by their hold-out."""
    action = applied.action
    if isinstance(action, SendCampaign):
        return _campaign(applied, action, scene)
    if applied.days_known < 1:
        return Found("none", why_not="no day is known since")
    if isinstance(action, Reorder):
        return _order(applied, action, scene)
    if isinstance(action, ListProduct):
        return _listed(applied, action, scene)
    return Found("none", why_not=NOT_MEASURED.get(action.kind, "not measured"))


def _order(applied: Applied, action: Reorder, scene: Scene) -> Found:
    """Units sold beyond what was there without the order, at what they were sold for."""
    on_hand = action.before.on_hand
    if on_hand is None:
        return Found("none", why_not="stock before the order is not on file")
    rows = scene.rows((action.sku,), applied.first, applied.last)
    sold, there = float(rows["units"].sum()), float(max(on_hand, 0) + action.before.inbound)
    extra = min(max(sold - there, 0.0), float(action.after.quantity))
    revenue = float(rows["revenue_minor"].sum()) * (extra / sold if sold else 0.0)
    return _sold(
        "stock_accounting", extra, revenue,
        float(to_minor(action.after.unit_cost, scene.currency)),
        _read(scene, (action.sku,), applied, on_hand=there),
    )  # fmt: skip


def _listed(applied: Applied, action: ListProduct, scene: Scene) -> Found:
    """All it sold: off sale it would have sold nothing."""
    skus = scene.skus_of(action)
    rows = scene.rows(skus, applied.first, applied.last)
    return _sold(
        "all_its_sales", float(rows["units"].sum()), float(rows["revenue_minor"].sum()),
        _cost(rows, applied, None), _read(scene, skus, applied),
    )  # fmt: skip


def _sold(method: str, units: float, revenue: float, cost: float | None, shown: Evidence) -> Found:
    params = {
        "actual_units": units, "actual_revenue_minor": revenue, "expected_units": 0.0,
        "expected_p10": 0.0, "expected_p90": 0.0, "price_before_minor": 0.0, "cost_minor": cost,
    }  # fmt: skip
    found = _gained(method, params, shown)
    return Found(method, found.gains, {}, evidence=found.evidence)


def _read(scene: Scene, skus: Sequence[str], applied: Applied, **known: float) -> Evidence:
    rows = scene.rows(skus, applied.first, applied.last)
    return Evidence.of(
        "ecomagent.store.facts.FactsView.panel",
        params={"since": applied.first.isoformat(), "until": applied.last.isoformat()},
        data=(scene.view.ref("panel", rows=len(rows), skus=list(skus)),),
        result={"units": float(rows["units"].sum()), **known},
    )


def _campaign(applied: Applied, action: SendCampaign, scene: Scene) -> Found:
    from tools.campaign_outcome import BEFORE_DAYS, measure_campaign
    from tools.realised import sd_band

    campaign = action.after.campaign_id
    orders = scene.view.order_lines(since=applied.first - timedelta(days=BEFORE_DAYS))
    effect = measure_campaign(
        scene.view.campaign_events(),
        orders,
        campaign_id=campaign,
        first=applied.first,
        last=applied.last,
        source=scene.view.ref("order_lines", rows=len(orders)),
    )
    last = applied.first + timedelta(days=max(effect.days, 1) - 1)
    shown = effect.evidence()
    if effect.why_not:
        return Found("hold_out", why_not=effect.why_not, evidence=(shown,), last=last)
    result = effect.result
    gains = sd_band("units", result["units"], result["units_sd"])
    gains |= sd_band("revenue_minor", result["revenue_minor"], result["revenue_minor_sd"])
    margin = next(
        (e.params["gross_margin"] for e in action.evidence if e.params.get("gross_margin")), None
    )
    if margin is not None:
        share = float(margin)
        gains |= sd_band(
            "gross_profit_minor", result["revenue_minor"] * share,
            result["revenue_minor_sd"] * share,
        )  # fmt: skip
    return Found("hold_out", gains, evidence=(shown,), last=last)


def price_move(action: Action) -> float | None:
    """New price over old, of actions that move one."""
    if isinstance(action, SetPrice | StartPromotion) and action.before.price > 0:
        return float(action.after.price / action.before.price)
    return None
