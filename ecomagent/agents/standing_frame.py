"""What each SKU of the scope sells, costs and holds if nothing is done."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ecomagent.domain.goal import Objective

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench

RETURNS_DAYS = 120
"""Days whose returns tell how many come back."""


def base_frame(bench: Workbench) -> pd.DataFrame:
    """What each SKU of the scope sells and costs if nothing is done."""
    return bench.once("base_frame", lambda: _base_frame(bench))


def _base_frame(bench: Workbench) -> pd.DataFrame:
    scoped = bench.scoped.set_index("sku")
    active = scoped[scoped["status"] == "active"]
    demand = bench.demand.table[
        ["mean_per_day", "variance_per_day", "log_error_sd", "shared_error_sd"]
    ]
    shown = active[["price_minor", "cost_minor", "on_hand", "inbound"]].astype("float64")
    shown = shown.assign(category=active["category"].fillna("")).join(demand, how="inner")
    if bench.objective is not Objective.CLEAR_STOCK:
        shown = shown.join(bench.lead_times.table["restock_days"])
    return shown.dropna(subset=["price_minor"]).join(_seen_lately(bench))


def _seen_lately(bench: Workbench) -> pd.DataFrame:
    """Return rates and rivals' prices, index ``sku``."""
    import pandas as pd

    from tools.returns import return_rates

    since = pd.Timestamp(bench.history.today - timedelta(days=RETURNS_DAYS))
    wanted = ["sku", "units", "returns", "competitor_price_minor"]
    recent = bench.panel.loc[bench.panel["date"] >= since, wanted]
    rivals = recent.groupby("sku", observed=True)["competitor_price_minor"].last()
    return pd.DataFrame({"return_rate": return_rates(recent), "competitor_price_minor": rivals})
