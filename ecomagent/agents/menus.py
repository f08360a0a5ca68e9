"""Menus: what each specialist would do, one row a candidate, kept in the run's folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecomagent.domain.action import Impact, Metric, Quantiles
from ecomagent.domain.goal import Objective
from ecomagent.domain.money import to_decimal

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("id", "kind", "target", "group", "category", "value", "spend_minor", "cash_minor")
"""What the joint choice looks at; further columns belong to the specialist."""

MONEY_METRICS = {Metric.REVENUE: "revenue_minor", Metric.GROSS_PROFIT: "gross_profit_minor"}
COUNT_METRICS = {Metric.UNITS: "units", Metric.STOCKOUT_DAYS: "stockout_days"}
VALUED_BY = {
    Objective.GROSS_PROFIT: "gross_profit_minor_p50",
    Objective.REVENUE: "revenue_minor_p50",
    Objective.UNITS: "units_p50",
    Objective.CLEAR_STOCK: "units_p50",
    Objective.NEW_CUSTOMERS: "revenue_minor_p50",
    Objective.REPEAT_PURCHASE: "revenue_minor_p50",
}
"""Which figure a goal is counted in, where a tool does not weigh goals itself."""


def in_units(objective: Objective) -> bool:
    """Whether candidates are valued in units rather than money."""
    return VALUED_BY[objective] == "units_p50"


def menu(rows: pd.DataFrame, *, kind: str, target: str, group: str, name: str) -> pd.DataFrame:
    """A specialist's rows with the columns every menu has.

    Args:
        rows: One row a candidate; ``value`` and the impact columns are there already.
        kind: Action kind.
        target: Column that holds the target's id.
        group: Prefix of the group; at most one candidate of a group is chosen.
        name: Prefix of the candidates' ids, which are numbered in the given order.
    """
    made = rows.reset_index(drop=True).copy()
    made["kind"] = kind
    made["target"] = made[target].astype(str)
    made["group"] = group + ":" + made["target"]
    made["id"] = [f"{name}-{number:06d}" for number in range(len(made))]
    for column in ("spend_minor", "cash_minor"):
        if column not in made:
            made[column] = 0
    if "category" not in made:
        made["category"] = ""
    return made


def save_menu(folder: Path, name: str, rows: pd.DataFrame) -> int:
    """Keep a menu and return how many candidates it has."""
    place = folder / "menus"
    place.mkdir(parents=True, exist_ok=True)
    part = place / f"{name}.parquet.part"
    rows.to_parquet(part, index=False)
    part.replace(place / f"{name}.parquet")
    return len(rows)


def load_menu(folder: Path, name: str) -> pd.DataFrame:
    """A menu kept earlier; empty where the specialist had nothing to offer."""
    import pandas as pd

    path = folder / "menus" / f"{name}.parquet"
    return pd.read_parquet(path) if path.exists() else pd.DataFrame(columns=list(COLUMNS))


def impact_of(row: dict[str, Any], currency: str) -> Impact:
    """The impact columns of a candidate as decimals; what is unknown is left out."""
    found: Impact = {}
    for metric, column in {**MONEY_METRICS, **COUNT_METRICS}.items():
        values = [row.get(f"{column}_{point}") for point in ("p10", "p50", "p90")]
        if any(value is None or value != value for value in values):
            continue
        low, middle, high = (_figure(metric, float(v), currency) for v in values)  # type: ignore[arg-type]
        if not low == middle == high == 0:
            found[metric] = Quantiles(p10=low, p50=middle, p90=high)
    spend = int(row.get("spend_minor") or 0) + int(row.get("cash_minor") or 0)
    if spend:
        amount = to_decimal(spend, currency)
        found[Metric.SPEND] = Quantiles(p10=amount, p50=amount, p90=amount)
    return found


def _figure(metric: Metric, value: float, currency: str) -> Any:
    from decimal import Decimal

    if metric in MONEY_METRICS:
        return to_decimal(round(value), currency)
    return Decimal(f"{value:.1f}")
