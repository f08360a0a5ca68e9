"""Measures what plans brought: per action and as a whole, against what was promised.

Nothing known after the moment it is asked for is looked at, and the same history gives the same
outcome, so that measuring again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ecomagent.domain.action import Metric, Quantiles, Reorder, SendCampaign
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.money import to_decimal
from ecomagent.domain.outcome import Outcome, OutcomeReport, PlanOutcome, Verdict
from ecomagent.domain.plan import Plan
from ecomagent.plan.measure_action import (
    COMPARED,
    HISTORY_DAYS,
    Found,
    Known,
    Scene,
    measure_compared,
    measure_other,
    shown_days,
)
from ecomagent.plan.measure_window import Applied, History, read_history
from ecomagent.store.plans import PlanRepository

if TYPE_CHECKING:
    from ecomagent.store.facts import Facts, FactsView
    from tools.causal_effect import Effects

STEMS = {
    Metric.GROSS_PROFIT: "gross_profit_minor",
    Metric.REVENUE: "revenue_minor",
    Metric.UNITS: "units",
}
"""Metrics that are measured, best first: what an action is judged in."""
NOTHING_YET = "no plan has been applied long enough ago"


def known_until(facts: Facts, as_of: datetime) -> datetime:
    """Start of the day after the last one with orders that was known at a moment."""
    if facts.last_day is None:
        return as_of
    zone = ZoneInfo(facts.timezone)
    after = datetime.combine(facts.last_day + timedelta(days=1), datetime.min.time(), tzinfo=zone)
    return min(as_of, after.astimezone(as_of.tzinfo))


def measure_plans(
    plans: Sequence[Plan],
    *,
    repository: PlanRepository,
    facts: Facts,
    as_of: datetime,
) -> OutcomeReport:
    """What plans have brought as far as was known at a moment.

    Args:
        plans: Which; all of which something was applied where empty.
        repository: Plans, decisions and receipts.
        facts: History.
        as_of: The moment (UTC).
    """
    moment = known_until(facts, as_of)
    view = facts.as_of(moment)
    history = read_history(repository, as_of=moment, timezone=facts.timezone)
    wanted = {plan.plan_id for plan in plans}
    chosen = [p for p in history.plans() if not wanted or p.plan_id in wanted]
    known = Known(view, _earliest(chosen, history, view))
    made = tuple(_measure(plan, history, known) for plan in chosen)
    seen = [each for each in made if each.outcomes]
    return OutcomeReport(
        as_of=moment,
        plans=made,
        bands=sum(each.bands for each in made),
        bands_held=sum(each.bands_held for each in made),
        note="" if seen else NOTHING_YET,
    )


def _earliest(plans: Sequence[Plan], history: History, view: FactsView) -> date:
    """First day of history that measuring these plans needs."""
    firsts = [each.first for plan in plans for each in history.of(plan, view.today)]
    return min(firsts, default=view.today) - timedelta(days=HISTORY_DAYS)


def _measure(plan: Plan, history: History, known: Known) -> PlanOutcome:
    view = known.view
    applied = history.of(plan, view.today - timedelta(days=1))
    since = min(each.first for each in applied)
    blank = PlanOutcome(
        plan_id=plan.plan_id, goal=plan.goal.text, currency=plan.shop.currency,
        measured_at=view.as_of, applied=len(applied),
    )  # fmt: skip
    if since >= view.today:
        return blank.model_copy(update={"note": f"applied on {since - timedelta(days=1)}: no whole"
                                        " day is known since"})  # fmt: skip
    scene = _scene(plan, history, applied, known)
    applied = tuple(shown_days(each, scene) for each in applied)
    effects, found = measure_compared(applied, scene)
    found |= {
        each.action.id: measure_other(each, scene)
        for each in applied
        if each.action.kind not in COMPARED
    }
    outcomes = [
        outcome
        for each in applied
        for outcome in _outcomes(each, found[each.action.id], view.as_of)
    ]
    return _with_total(blank, plan, applied, found, effects, outcomes)


def _scene(plan: Plan, history: History, applied: Sequence[Applied], known: Known) -> Scene:
    first, last = min(each.first for each in applied), max(each.last for each in applied)
    return Scene(
        view=known.view,
        panel=known.panel,
        catalogue=known.catalogue,
        currency=plan.shop.currency,
        touched=history.touched(first, last, quiet_days=28),
    )


def _outcomes(applied: Applied, found: Found, measured_at: datetime) -> list[Outcome]:
    """One a metric that the action promised."""
    made = []
    for metric, stem in STEMS.items():
        promised = applied.action.impact.get(metric)
        if promised is not None:
            made.append(_outcome(applied, found, metric, stem, promised, measured_at))
    return made


def _outcome(
    applied: Applied,
    found: Found,
    metric: Metric,
    stem: str,
    promised: Quantiles,
    measured_at: datetime,
) -> Outcome:
    action, plan = applied.action, applied.plan
    share = _share(applied, found)
    due = _scaled(promised, share)
    happened = _happened(found.gains, metric, stem, plan.shop.currency)
    verdict, note = _verdict(due, happened), found.why_not
    if isinstance(action, Reorder) and not applied.final:
        happened, verdict, note = None, Verdict.CANNOT_TELL, "the horizon is not over yet"
    elif happened is None and not note:
        note = "no cost is on file" if metric is Metric.GROSS_PROFIT else "not measured"
    elif applied.ended is not None:
        note = f"until {applied.ended}, when it was changed again"
    whole = isinstance(action, SendCampaign) and happened is not None
    return Outcome(
        plan_id=plan.plan_id,
        action_id=action.id,
        kind=action.kind,
        target=action.target.id,
        metric=metric,
        promised=due,
        happened=happened,
        method=found.method,
        verdict=verdict,
        first_day=applied.first,
        last_day=found.last or applied.last,
        promised_days=applied.promised_days,
        final=applied.final or whole,
        measured_at=measured_at,
        note=note,
        evidence=found.evidence,
    )


def _share(applied: Applied, found: Found) -> Decimal:
    """Part of the promise that the days looked at should have brought."""
    if isinstance(applied.action, SendCampaign) or applied.days_known == 0:
        return Decimal(1)
    return min(Decimal(applied.days_known) / Decimal(applied.promised_days), Decimal(1))


def _scaled(promised: Quantiles, share: Decimal) -> Quantiles:
    if share == 1:
        return promised
    parts = {name: (value * share).quantize(value) for name, value in promised}
    return Quantiles(**parts)


def _happened(
    gains: Mapping[str, float], metric: Metric, stem: str, currency: str
) -> Quantiles | None:
    if f"{stem}_p50" not in gains:
        return None
    values = {name: gains[f"{stem}_{name}"] for name in ("p10", "p50", "p90")}
    if metric is Metric.UNITS:
        return Quantiles(**{name: Decimal(f"{value:.1f}") for name, value in values.items()})
    return Quantiles(**{name: to_decimal(round(value), currency) for name, value in values.items()})


def _verdict(promised: Quantiles, happened: Quantiles | None) -> Verdict:
    from tools.realised import verdict_of

    if happened is None:
        return Verdict.CANNOT_TELL
    return Verdict(verdict_of(band_of(promised), band_of(happened)))


def band_of(quantiles: Quantiles) -> tuple[float, float, float]:
    """P10, P50 and P90 as numbers."""
    return float(quantiles.p10), float(quantiles.p50), float(quantiles.p90)


def main_outcomes(outcomes: Sequence[Outcome]) -> dict[str, Outcome]:
    """Action id to the outcome it is judged by: the best metric that could be told."""
    order = list(STEMS)
    found: dict[str, Outcome] = {}
    ranked = sorted(outcomes, key=lambda o: (o.happened is None, order.index(o.metric)))
    for each in ranked:
        found.setdefault(each.action_id, each)
    return {each.action_id: found[each.action_id] for each in outcomes}


def _with_total(
    blank: PlanOutcome,
    plan: Plan,
    applied: Sequence[Applied],
    found: Mapping[str, Found],
    effects: Effects,
    outcomes: Sequence[Outcome],
) -> PlanOutcome:
    from tools.realised import band_held

    judged = main_outcomes(outcomes)
    measured = [each for each in judged.values() if each.happened is not None]
    bands = [each for each in measured if each.final]
    held = sum(
        band_held(band_of(each.promised), band_of(each.happened))
        for each in bands
        if each.happened is not None
    )
    metrics = tuple(metric for metric in STEMS if any(o.metric is metric for o in judged.values()))
    return blank.model_copy(
        update={
            "outcomes": tuple(outcomes),
            "main": metrics,
            "measured": len(measured),
            "told": sum(each.verdict is not Verdict.CANNOT_TELL for each in measured),
            "bands": len(bands),
            "bands_held": held,
            "total": _total(plan, applied, found, effects, outcomes),
        }
    )


def _total(
    plan: Plan,
    applied: Sequence[Applied],
    found: Mapping[str, Found],
    effects: Effects,
    outcomes: Sequence[Outcome],
) -> Outcome | None:
    """The sum over actions that could be told, in the best metric that most of them have."""
    metric = _metric_of_total(outcomes)
    if metric is None:
        return None
    parts = [o for o in outcomes if o.metric is metric and o.happened is not None]
    missing = len({o.action_id for o in outcomes}) - len(parts)
    promised = _promised_total(plan, metric, parts)
    happened, evidence = _happened_total(metric, parts, found, effects, plan.shop.currency)
    first = min(each.first_day for each in parts)
    return Outcome(
        plan_id=plan.plan_id,
        metric=metric,
        promised=promised,
        happened=happened,
        method="sum_of_actions",
        verdict=_verdict(promised, happened),
        first_day=first,
        last_day=max(each.last_day for each in parts),
        promised_days=applied[0].promised_days,
        final=all(each.final for each in outcomes),
        measured_at=parts[0].measured_at,
        note=f"{missing} actions that cannot be told are left out" if missing else "",
        evidence=(evidence,),
    )


def _metric_of_total(outcomes: Sequence[Outcome]) -> Metric | None:
    counts = {
        metric: sum(o.metric is metric and o.happened is not None for o in outcomes)
        for metric in STEMS
    }
    most = max(counts.values(), default=0)
    return next((m for m in STEMS if counts[m] * 2 > most), None) if most else None


def _promised_total(plan: Plan, metric: Metric, parts: Sequence[Outcome]) -> Quantiles:
    """The joint forecast's share of the parts; their own sum where there is no such forecast."""
    own = Quantiles(
        p10=sum((o.promised.p10 for o in parts), Decimal(0)),
        p50=sum((o.promised.p50 for o in parts), Decimal(0)),
        p90=sum((o.promised.p90 for o in parts), Decimal(0)),
    )
    joint = plan.forecast.difference.get(metric) if plan.forecast else None
    if joint is None or joint.p50 == 0 or own.p50 / joint.p50 <= 0:
        return own
    share = own.p50 / joint.p50
    return Quantiles(
        p10=(own.p50 - (joint.p50 - joint.p10) * share).quantize(own.p50),
        p50=own.p50,
        p90=(own.p50 + (joint.p90 - joint.p50) * share).quantize(own.p50),
    )


def _happened_total(
    metric: Metric,
    parts: Sequence[Outcome],
    found: Mapping[str, Found],
    effects: Effects,
    currency: str,
) -> tuple[Quantiles, Evidence]:
    from tools.realised import sd_band, sd_of

    stem = STEMS[metric]
    weights = {
        o.action_id: found[o.action_id].weights[stem]
        for o in parts
        if stem in found[o.action_id].weights and o.action_id in effects.parts
    }
    spread = effects.sd_of_sum(weights) ** 2
    middle = 0.0
    for each in parts:
        gains = found[each.action_id].gains
        middle += gains[f"{stem}_p50"]
        if each.action_id not in weights:
            low, high = gains[f"{stem}_p10"], gains[f"{stem}_p90"]
            spread += sd_of((low, middle, high)) ** 2
    gains = sd_band(stem, middle, spread**0.5)
    happened = _happened(gains, metric, stem, currency)
    assert happened is not None
    evidence = Evidence.of(
        "ecomagent.plan.measure.total",
        params={"metric": metric.value, "actions": [o.action_id for o in parts]},
        data=tuple(ref for o in parts[:1] for e in o.evidence for ref in e.data),
        result={**gains, f"{stem}_sd": spread**0.5},
    )
    return happened, evidence
