"""From outcomes to lessons: each final outcome that could be told is learnt from once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ecomagent.domain.action import Action, ActionKind, Metric, Quantiles, StartPromotion
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.money import to_decimal
from ecomagent.domain.outcome import Lesson, Outcome
from ecomagent.domain.plan import Plan
from ecomagent.plan.measure import STEMS, band_of, main_outcomes
from ecomagent.plan.measure_action import price_move
from ecomagent.store.plans import PlanRepository

LEAST_DAYS = 7
TOOLS = {
    ActionKind.SET_PRICE: "tools.pricing",
    ActionKind.START_PROMOTION: "tools.pricing",
    ActionKind.END_PROMOTION: "tools.pricing",
    ActionKind.REORDER: "tools.inventory",
    ActionKind.SEND_CAMPAIGN: "tools.marketing",
    ActionKind.LIST_PRODUCT: "tools.selection",
    ActionKind.DELIST_PRODUCT: "tools.selection",
}
"""Whose promises the impacts of a kind are."""
EFFECT, HOLD_OUT = "tools.causal_effect.measure_changes", "tools.campaign_outcome.measure_campaign"
PRICES = ("tools.pricing.price_menu", "tools.pricing.promotion_menu")


def lessons_of(
    outcomes: Iterable[Outcome], repository: PlanRepository, *, learnt_at: datetime
) -> tuple[Lesson, ...]:
    """Lessons of outcomes that are final and could be told, one an action.

    Args:
        outcomes: Of any plans, at one moment.
        repository: Holds the plans.
        learnt_at: This moment, UTC.
    """
    by_plan: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.action_id:
            by_plan.setdefault(outcome.plan_id, []).append(outcome)
    made = []
    for plan_id, mine in by_plan.items():
        actions = _as_applied(repository.get_plan(plan_id), repository)
        for action_id, outcome in main_outcomes(mine).items():
            if _teaches(outcome) and action_id in actions:
                made.append(_lesson(outcome, actions[action_id], learnt_at))
    return tuple(made)


def _as_applied(plan: Plan, repository: PlanRepository) -> dict[str, Action]:
    from ecomagent.plan.done import applied_actions

    return {receipt.action_id: action for action, receipt in applied_actions(plan, repository)}


def _teaches(outcome: Outcome) -> bool:
    return (
        outcome.final
        and outcome.happened is not None
        and outcome.kind in TOOLS
        and outcome.days >= LEAST_DAYS
    )


def _lesson(outcome: Outcome, action: Action, learnt_at: datetime) -> Lesson:
    assert outcome.kind is not None and outcome.happened is not None
    effect = _result(outcome.evidence, EFFECT)
    campaign = _result(outcome.evidence, HOLD_OUT)
    ratio = price_move(action) if _held(action, outcome) else None
    return Lesson(
        plan_id=outcome.plan_id,
        action_id=outcome.action_id,
        tool=TOOLS[outcome.kind],
        kind=outcome.kind,
        target=outcome.target,
        metric=outcome.metric,
        promised=_promised(outcome, action, effect, campaign, ratio),
        happened=outcome.happened,
        method=outcome.method,
        first_day=outcome.first_day,
        last_day=outcome.last_day,
        measured_at=outcome.measured_at,
        learnt_at=learnt_at,
        price_ratio=ratio if effect else None,
        actual_units=effect.get("actual_units"),
        expected_units=effect.get("expected_units"),
        expected_sd=effect.get("sd"),
        expected_shared_sd=effect.get("shared_sd"),
        happened_shared_sd=_shared(outcome, effect),
        campaign_id=_campaign_id(outcome.evidence) if campaign else "",
        campaign={key: float(value) for key, value in campaign.items() if value is not None},
        evidence=outcome.evidence,
    )


def _shared(outcome: Outcome, effect: Mapping[str, Any]) -> float:
    """Common part of the measurement's error, in the outcome's metric."""
    from tools.realised import sd_of

    if not effect or outcome.happened is None or not effect.get("sd"):
        return 0.0
    return sd_of(band_of(outcome.happened)) * float(effect["shared_sd"]) / float(effect["sd"])


def _held(action: Action, outcome: Outcome) -> bool:
    """Whether the price held all the days looked at."""
    if not isinstance(action, StartPromotion) or action.ends_at is None:
        return True
    return action.ends_at.date() > outcome.last_day


def _result(evidence: Iterable[Evidence], tool: str) -> Mapping[str, Any]:
    return next((each.result for each in evidence if each.tool == tool), {})


def _campaign_id(evidence: Iterable[Evidence]) -> str:
    return next(str(each.params["campaign_id"]) for each in evidence if each.tool == HOLD_OUT)


def _promised(
    outcome: Outcome,
    action: Action,
    effect: Mapping[str, Any],
    campaign: Mapping[str, Any],
    ratio: float | None,
) -> Quantiles:
    """The promise as it would have been had it known what this outcome teaches otherwise.

    What a price change teaches of elasticity, and a campaign of uplift, goes into those; only
    what they leave unexplained is put down to the tool.
    """
    if campaign:
        return _with_uplift(outcome.promised, action, campaign)
    known = next((each for each in action.evidence if each.tool in PRICES), None)
    if known is None or ratio is None or not effect:
        return outcome.promised
    return _with_elasticity(outcome, known.params, effect, ratio)


def _with_elasticity(
    outcome: Outcome, params: Mapping[str, Any], effect: Mapping[str, Any], ratio: float
) -> Quantiles:
    import pandas as pd

    from tools.learnt_prices import measured_elasticities
    from tools.price_effects import effect_of
    from tools.shrinkage import combine

    names = ("actual_units", "expected_units", "sd", "shared_sd")
    row = {"sku": "", "batch": "", "price_ratio": ratio, **{n: effect[n] for n in names}}
    found = measured_elasticities(pd.DataFrame([row]))
    if found.empty or not params.get("std_error"):
        return outcome.promised
    elasticity, error = combine(
        float(params["elasticity"]), float(params["std_error"]),
        float(found["elasticity"].iloc[0]), float(found["std_error"].iloc[0]),
    )  # fmt: skip
    again = effect_of({**params, "elasticity": min(elasticity, -0.05), "std_error": error})
    share = min(outcome.days / max(outcome.promised_days, 1), 1.0)
    stem = STEMS[outcome.metric]
    points = {name: again[f"{stem}_{name}"] * share for name in ("p10", "p50", "p90")}
    if any(value != value for value in points.values()):
        return outcome.promised
    return _quantiles(points, outcome.metric, str(params["currency"]))


def _quantiles(points: Mapping[str, float], metric: Metric, currency: str) -> Quantiles:
    if metric is Metric.UNITS:
        return Quantiles(**{name: Decimal(f"{value:.1f}") for name, value in points.items()})
    return Quantiles(**{n: to_decimal(round(value), currency) for n, value in points.items()})


def _with_uplift(promised: Quantiles, action: Action, campaign: Mapping[str, Any]) -> Quantiles:
    from tools.shrinkage import combine

    known = next((e.result for e in action.evidence if e.result.get("uplift")), None)
    contacted = float(campaign.get("contacted") or 0)
    if known is None or contacted <= 0 or not known.get("uplift_sd"):
        return promised
    before = float(known["uplift"])
    after, _ = combine(
        before, float(known["uplift_sd"]),
        float(campaign["orders"]) / contacted, float(campaign["orders_sd"]) / contacted,
    )  # fmt: skip
    factor = Decimal(str(round(max(after, 0.0) / before, 4))) if before > 0 else Decimal(1)
    return Quantiles(**{name: (value * factor).quantize(value) for name, value in promised})
