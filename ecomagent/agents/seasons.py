"""Stock to be sold by a date: how deep to cut now, so that later cuts are still open.

The date is the goal's, where it is to clear stock, or the day on which a product's season ends.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ecomagent.agents.words import say
from ecomagent.domain.evidence import Evidence

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench
    from tools.markdown import MarkdownPath
    from tools.pricing import PriceMenu

PERIOD_DAYS = 7
LEAST_PERIODS, MOST_PERIODS = 2, 26
WORTH_OF_CLEARING = 2.0
"""What a unit left at the date costs, in present prices: the goal is to be rid of it. The same
weight as a menu's (``tools.price_effects.MONEY_WEIGHT``)."""


def clearing_rows(bench: Workbench, made: PriceMenu) -> pd.DataFrame:
    """Promotions as deep as the first cut of the SKU's markdown path, none where it waits."""
    table = made.table
    if table.empty or bench.horizon_days < LEAST_PERIODS * PERIOD_DAYS:
        return table
    paths = bench.once("markdown", lambda: _clearing_paths(bench, made))
    first = _first_cuts(paths, table)
    waits = first >= table["current_minor"]
    waiting = table.loc[waits, "sku"].nunique()
    if waiting:
        say("pricing", f"{waiting:,} SKUs sell out by the date without a cut now")
    chosen = first.isna() | (table["price_minor"] == first)
    return table[chosen & ~waits].reset_index(drop=True)


def season_end_rows(bench: Workbench, made: PriceMenu) -> pd.DataFrame:
    """Promotions of goods whose season ends: the first cut of each path, worth what it saves.

    What the path brings more than waiting until the next plan, with what is left at the season's
    end at ``LEFT_WORTH`` of its cost.
    """
    table = made.table
    paths = bench.once("markdown", lambda: _season_paths(bench, made))
    gain = {sku: path.value_minor - path.waiting_value_minor for sku, (_, path) in paths.items()}
    now = table["price_minor"] == _first_cuts(paths, table)
    rows = table[now].assign(value=table["sku"].map(gain))
    return rows[rows["value"] > 0].reset_index(drop=True)


def _first_cuts(paths: dict[str, Any], table: pd.DataFrame) -> pd.Series:
    return table["sku"].map({sku: path.prices_minor[0] for sku, (_, path) in paths.items()})


def season_paths(bench: Workbench) -> dict[str, Any]:
    """SKUs with a markdown path, each with what it was made from and the path."""
    return bench.once("markdown", dict)


def season_of(bench: Workbench, sku: str) -> tuple[Evidence, ...]:
    """The markdown path behind a promotion, where there is one."""
    paths = season_paths(bench)
    if sku not in paths:
        return ()
    params, path = paths[sku]
    source = bench.history.ref("catalogue", rows=len(bench.scoped))
    return (path.evidence(params, (source, bench.demand.source)),)


def _clearing_paths(bench: Workbench, made: PriceMenu) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for sku, rows in made.table.groupby("sku", sort=True):
        known: Any = made.given.loc[str(sku)]
        if known["stock"] > 0:
            mean = float(known["mean_per_day"])
            demand = [mean * each for each in _periods(bench.horizon_days)]
            salvage = -WORTH_OF_CLEARING * float(known["current_minor"])
            found[str(sku)] = _path(known, rows, demand, salvage)
    return found


def _season_paths(bench: Workbench, made: PriceMenu) -> dict[str, Any]:
    """Paths of what will not sell to the end of its season at the present price."""
    import numpy as np

    from tools.outlook import Outlook
    from tools.reorder_levels import LEFT_WORTH

    skus = made.given.index
    length = max(round(bench.review_days), PERIOD_DAYS)
    outlook = Outlook.of(bench.demand.ahead, skus, bench.season_days)
    ends = np.arange(MOST_PERIODS + 1) * float(length)
    until = np.stack([outlook.units(np.full(len(skus), end)) for end in ends], axis=1)
    by_period = dict(zip(skus, np.diff(until, axis=1), strict=True))
    found: dict[str, Any] = {}
    for sku, rows in made.table.groupby("sku", sort=True):
        known: Any = made.given.loc[str(sku)]
        demand = by_period[sku][: math.ceil(bench.season_days[str(sku)] / length)]
        if known["stock"] + known["inbound"] > demand.sum():
            salvage = LEFT_WORTH * float(known["cost_minor"])
            found[str(sku)] = _path(known, rows, list(demand), salvage, length)
    return found


def _periods(days: int) -> list[int]:
    """Weeks; the last may be shorter."""
    short = days % PERIOD_DAYS
    return [PERIOD_DAYS] * (days // PERIOD_DAYS) + ([short] if short else [])


def _path(
    known: Any, rows: pd.DataFrame, demand: list[float], salvage: float, length: int = PERIOD_DAYS
) -> tuple[dict[str, Any], MarkdownPath]:
    """A markdown path and what it was made from."""
    from tools.markdown import markdown_plan

    mean, now = float(known["mean_per_day"]), float(known["current_minor"])
    doubt = (mean * length * float(known["log_error_sd"])) ** 2
    scatter = float(known["variance_per_day"]) / max(mean, 1e-9)
    params: dict[str, Any] = {
        "stock": float(known["stock"] + known["inbound"]),
        "demand_per_period": [float(each) for each in demand],
        "scatter": scatter + doubt / max(mean * length, 1e-9),
        "elasticity": float(known["elasticity"]),
        "reference_minor": now,
        "prices_minor": sorted({int(now), *(int(p) for p in rows["price_minor"])}),
        "salvage_minor": salvage,
    }
    return params, markdown_plan(**params)
