"""Stock to be cleared by a date: how deep to cut now, so that later cuts are still open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecomagent.agents.words import say
from ecomagent.domain.evidence import Evidence

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench
    from tools.pricing import PriceMenu

PERIOD_DAYS = 7
LEAST_PERIODS = 2
WORTH_OF_CLEARING = 2.0
"""What a unit left at the date costs, in present prices: the goal is to be rid of it. The same
weight as a menu's (``tools.price_effects.MONEY_WEIGHT``)."""


def season_rows(bench: Workbench, made: PriceMenu) -> pd.DataFrame:
    """Promotions as deep as the first cut of the SKU's markdown path, none where it waits."""
    table = made.table
    if table.empty or bench.horizon_days < LEAST_PERIODS * PERIOD_DAYS:
        return table
    paths = bench.once("markdown", lambda: _paths(bench, made))
    first = table["sku"].map({sku: path.prices_minor[0] for sku, (_, path) in paths.items()})
    waits = first >= table["current_minor"]
    chosen = first.isna() | (table["price_minor"] == first)
    waiting = table.loc[waits, "sku"].nunique()
    if waiting:
        say("pricing", f"{waiting:,} SKUs sell out by the date without a cut now")
    return table[chosen & ~waits].reset_index(drop=True)


def season_of(bench: Workbench, sku: str) -> tuple[Evidence, ...]:
    """The markdown path behind a promotion, where there is one."""
    paths: dict[str, Any] = bench.once("markdown", dict)
    if sku not in paths:
        return ()
    params, path = paths[sku]
    source = bench.history.ref("catalogue", rows=len(bench.scoped))
    return (path.evidence(params, (source, bench.demand.source)),)


def _paths(bench: Workbench, made: PriceMenu) -> dict[str, Any]:
    from tools.markdown import markdown_plan

    found: dict[str, Any] = {}
    for sku, rows in made.table.groupby("sku", sort=True):
        known: Any = made.given.loc[str(sku)]
        if not known["stock"] > 0:
            continue
        params = _params(known, rows, bench.horizon_days)
        found[str(sku)] = (params, markdown_plan(**params))
    return found


def _params(known: pd.Series, rows: pd.DataFrame, horizon_days: int) -> dict[str, Any]:
    """The season in weeks; the last may be shorter."""
    days = [PERIOD_DAYS] * (horizon_days // PERIOD_DAYS)
    days += [horizon_days % PERIOD_DAYS] if horizon_days % PERIOD_DAYS else []
    mean, now = float(known["mean_per_day"]), float(known["current_minor"])
    weekly = (mean * PERIOD_DAYS * float(known["log_error_sd"])) ** 2
    scatter = float(known["variance_per_day"]) / max(mean, 1e-9)
    return {
        "stock": float(known["stock"] + known["inbound"]),
        "demand_per_period": [mean * each for each in days],
        "scatter": scatter + weekly / max(mean * PERIOD_DAYS, 1e-9),
        "elasticity": float(known["elasticity"]),
        "reference_minor": now,
        "prices_minor": sorted({int(now), *(int(p) for p in rows["price_minor"])}),
        "salvage_minor": -WORTH_OF_CLEARING * now,
    }
