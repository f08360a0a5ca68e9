"""What is known of each SKU whose price may change, in one row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ecomagent.domain.goal import Objective
from tools.category_cross import rest_of_category
from tools.elasticity import Elasticities
from tools.figures import significant
from tools.forecast import DemandForecast
from tools.price_futures import WHERE_KNOWN
from tools.price_ladder import PriceLimits, floors

FAR = 4.0
"""A price that demand was seen at is not believed where it is so many times the present one, or
so small a part: a currency was changed, or a comma misread."""
DEAD_DAYS = 90
"""Days without a sale for which demand is taken from the silence alone."""
MOST_DAYS = 730
DEAD_ERROR = 1.1
"""Log error of that: a factor of three."""


def price_given(
    catalogue: pd.DataFrame,
    demand: DemandForecast,
    elasticity: Elasticities,
    *,
    limits: PriceLimits,
    objective: Objective,
    market: pd.DataFrame | None,
    cross: pd.DataFrame | None,
) -> pd.DataFrame:
    """One row a SKU that catalogue, forecast and elasticities know, sorted; index ``sku``.

    Args:
        catalogue: As in ``tools.pricing.price_menu``.
        demand: Forecast at the present price.
        elasticity: Response to prices.
        limits: Margin floor.
        objective: Where stock is to be cleared, what has not sold for long is taken to sell
            seldom rather than never.
        market: Index ``sku``: columns of ``tools.price_context.price_context``.
        cross: ``sku``, ``other``, ``elasticity``; None for the category's cross elasticity.

    Returns:
        ``GIVEN`` and ``WHERE_KNOWN`` of ``tools.price_futures``, ``map_price_minor``,
        ``cost_assumed``, ``recent_per_day``, ``usual_cost_minor``, ``dead`` (days without a sale
        that demand is taken from; NaN where it is forecast).
    """
    frame = _from_catalogue(catalogue)
    wanted = ["mean_per_day", "variance_per_day", "log_error_sd", "units_90", "history_days",
              "model"]  # fmt: skip
    frame = frame.join(demand.table.reindex(columns=wanted))
    frame = frame.join(elasticity.table[["elasticity", "std_error"]])
    known = pd.DataFrame(index=frame.index) if market is None else market
    for name in (*WHERE_KNOWN, "usual_cost_minor"):
        if name not in frame:
            frame[name] = known[name].reindex(frame.index) if name in known else np.nan
    if elasticity.cross is not None and "category" in frame:
        answer = elasticity.cross.of(frame["category"])["rival"]
        frame["rival_elasticity"] = answer.where(frame["rival_then_minor"] > 0)
    now = frame["current_minor"]
    far = ~frame["basis_minor"].between(now / FAR, now * FAR)
    frame.loc[far, "basis_minor"] = np.nan
    told = frame["model"].astype(str).str.contains("global", regex=False)
    frame.loc[told, "basis_minor"] = np.nan  # that model knows today's price
    frame["recent_per_day"] = frame["units_90"] / 90
    frame = _awakened(frame, objective)
    needed = ["mean_per_day", "elasticity", "std_error", "current_minor"]
    usable = np.isfinite(frame[needed].to_numpy(dtype=np.float64)).all(axis=1) & (now >= 1)
    frame = frame[usable].sort_index()
    frame["floor_minor"] = floors(frame, limits).astype(np.float64)
    if cross is None and elasticity.cross is not None and "category" in catalogue:
        named = catalogue.drop_duplicates("sku").set_index("sku")["category"]
        found = rest_of_category(frame, named, elasticity.cross, horizon_days=demand.horizon_days)
        beside: pd.DataFrame = frame.drop(columns=list(found.columns), errors="ignore").join(found)
        return beside
    return _with_cross(frame, demand, cross)


def _from_catalogue(catalogue: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame({"sku": catalogue["sku"].astype(str)})
    frame["current_minor"] = _number(catalogue, "list_price_minor")
    cost = _number(catalogue, "cost_minor")
    frame["cost_minor"] = cost.where(cost >= 0)
    frame["map_price_minor"] = _number(catalogue, "map_price_minor")
    frame["inbound"] = _number(catalogue, "inbound").fillna(0.0).clip(lower=0)
    frame["inbound_days"] = _number(catalogue, "inbound_days")
    frame["restock_days"] = _number(catalogue, "restock_days").clip(lower=0)
    frame["stock"] = _number(catalogue, "on_hand").clip(lower=0)
    rival = _number(catalogue, "competitor_price_minor")
    frame["rival_minor"] = rival.where(rival > 0)
    frame["cost_assumed"] = catalogue.get("cost_assumed", False)
    if "category" in catalogue:
        frame["category"] = catalogue["category"]
    frame = frame[~frame["sku"].duplicated()]
    return frame.set_index("sku", drop=False)


def _number(catalogue: pd.DataFrame, column: str) -> pd.Series:
    if column not in catalogue:
        return pd.Series(np.nan, index=catalogue.index)
    found = pd.to_numeric(catalogue[column], errors="coerce").astype("float64")
    return found.where(np.isfinite(found))


def _awakened(frame: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """What sells nothing is taken to sell half a unit in the days it did not (Jeffreys)."""
    frame["dead"] = np.nan
    if objective is not Objective.CLEAR_STOCK:
        return frame
    silent = frame["history_days"].clip(DEAD_DAYS, MOST_DAYS)
    rate = 0.5 / silent
    dead = (frame["units_90"] <= 0) & (frame["mean_per_day"] < rate)
    frame.loc[dead, "dead"] = silent[dead]
    frame.loc[dead, "mean_per_day"] = significant(rate[dead])
    frame.loc[dead, "variance_per_day"] = significant(rate[dead])
    frame.loc[dead, "log_error_sd"] = frame.loc[dead, "log_error_sd"].clip(lower=DEAD_ERROR)
    return frame


def _with_cross(
    frame: pd.DataFrame, demand: DemandForecast, cross: pd.DataFrame | None
) -> pd.DataFrame:
    """What others gain in a horizon for a price ``e`` times as high, to first order."""
    if cross is None or cross.empty:
        return frame
    others = cross.merge(frame[["current_minor", "cost_minor"]], left_on="other", right_index=True)
    units = demand.table["mean_per_day"].reindex(others["other"]).to_numpy() * demand.horizon_days
    units = np.nan_to_num(units * others["elasticity"].to_numpy(dtype=np.float64))
    margin = (others["current_minor"] - others["cost_minor"]).fillna(0.0)
    per_sku = pd.DataFrame(
        {
            "cross_units": units,
            "cross_revenue_minor": units * others["current_minor"],
            "cross_gross_profit_minor": units * margin,
        }
    ).groupby(others["sku"].astype(str)).sum()  # fmt: skip
    for name in per_sku:
        frame[name] = pd.Series(significant(per_sku[name]), per_sku.index).reindex(frame.index)
    return frame
