"""Takes tools' promises by how far they were kept before: value, middle and width of every figure.

With nothing learnt, everything stays as the tools say.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ecomagent.domain.action import Action, ActionKind, Impact, Metric, Quantiles

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench
    from ecomagent.domain.plan import PlanForecast

STEMS = ("units", "revenue_minor", "gross_profit_minor")
COLUMNS = {
    Metric.UNITS: "units_p50",
    Metric.REVENUE: "revenue_minor_p50",
    Metric.GROSS_PROFIT: "gross_profit_minor_p50",
}
PLAYED_AS_SCALED = frozenset({ActionKind.SEND_CAMPAIGN, ActionKind.LIST_PRODUCT})
"""Kinds that the simulation takes from the candidates' own impact columns."""


def trusted_rows(bench: Workbench, rows: pd.DataFrame) -> pd.DataFrame:
    """Candidates with their value and impact as they are to be expected."""
    made = rows.copy()
    for kind in sorted(set(rows["kind"])):
        trust = bench.learnt.trust_in(ActionKind(kind))
        if trust is None:
            continue
        mine = made["kind"] == kind
        made.loc[mine, "value"] = made.loc[mine, "value"] * trust.factor
        for stem in STEMS:
            names = [f"{stem}_{point}" for point in ("p10", "p50", "p90")]
            if not set(names) <= set(made.columns):
                continue
            band = [made.loc[mine, name].astype("float64") for name in names]
            for name, values in zip(names, trust.applied_to(*band), strict=True):
                made[name] = made[name].astype("float64")
                made.loc[mine, name] = values
    return made


def with_trust(bench: Workbench, action: Action) -> Action:
    """An action with the evidence by which its impact was scaled."""
    trust = bench.learnt.trust_in(action.kind)
    if trust is None:
        return action
    evidence = trust.evidence(bench.learnt.tool_of(action.kind))
    return action.model_copy(update={"evidence": (*action.evidence, evidence)})


def trusted_forecast(
    bench: Workbench, rows: Sequence[dict[str, Any]], forecast: PlanForecast
) -> PlanForecast:
    """The joint forecast, its difference scaled as its parts are.

    Each metric's factor and width are its parts' by the size of their promises; the futures with
    the plan move by as much as the difference does.
    """
    if not bench.learnt.lessons:
        return forecast
    difference: Impact = dict(forecast.difference)
    with_plan: Impact = dict(forecast.with_plan)
    for metric, column in COLUMNS.items():
        found = _mixed(bench, rows, column)
        if metric not in difference or found is None:
            continue
        was = difference[metric]
        difference[metric] = _scaled(was, *found)
        if metric in with_plan:
            with_plan[metric] = _shifted(with_plan[metric], was, difference[metric])
    return forecast.model_copy(update={"difference": difference, "with_plan": with_plan})


def _mixed(
    bench: Workbench, rows: Sequence[dict[str, Any]], column: str
) -> tuple[float, float] | None:
    """Factor and width over the rows by the size of what each promised before it was scaled.

    What is played from its own figures is scaled there already.
    """
    total, kept, width = 0.0, 0.0, 0.0
    for row in rows:
        value = float(row.get(column) or 0.0)
        if value != value or not value:
            continue
        kind = ActionKind(row["kind"])
        trust = None if kind in PLAYED_AS_SCALED else bench.learnt.trust_in(kind)
        factor, stretch = (trust.factor, trust.width) if trust else (1.0, 1.0)
        size = abs(value / factor)
        total, kept, width = total + size, kept + size * factor, width + size * stretch
    return (kept / total, width / total) if total else None


def _scaled(band: Quantiles, factor: float, width: float) -> Quantiles:
    middle = band.p50 * Decimal(str(factor))
    stretch = Decimal(str(factor * width))
    return Quantiles(
        p10=(middle - stretch * (band.p50 - band.p10)).quantize(band.p50),
        p50=middle.quantize(band.p50),
        p90=(middle + stretch * (band.p90 - band.p50)).quantize(band.p50),
    )


def _shifted(band: Quantiles, was: Quantiles, now: Quantiles) -> Quantiles:
    return Quantiles(
        p10=band.p10 + now.p10 - was.p10,
        p50=band.p50 + now.p50 - was.p50,
        p90=band.p90 + now.p90 - was.p90,
    )
