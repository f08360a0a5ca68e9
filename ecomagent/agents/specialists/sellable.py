"""Which SKUs a price can be proposed for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecomagent.domain.goal import Objective

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench


def sellable(bench: Workbench) -> pd.DataFrame:
    """SKUs of the scope that are on sale at a known price, with no promotion or experiment on."""
    scoped = bench.scoped
    keep = (
        (scoped["status"] == "active")
        & scoped["list_price_minor"].notna()
        & scoped["promotion_id"].isna()
        & ~scoped["sku"].isin(list(bench.context.held))
    )
    return scoped[keep]


def with_restock(bench: Workbench, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with the days until the supplier can deliver again, and goods on their way arrive.

    What is to be cleared is not ordered again.
    """
    lead = bench.lead_times.table.reindex(rows["sku"])
    made = rows.assign(inbound_days=lead["inbound_days"].to_numpy())
    if bench.objective is Objective.CLEAR_STOCK:
        return made
    return made.assign(restock_days=lead["restock_days"].to_numpy())
