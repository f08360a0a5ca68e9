"""Which SKUs a price can be proposed for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench


def sellable(bench: Workbench) -> pd.DataFrame:
    """SKUs of the scope that are on sale at a known price and run no promotion."""
    scoped = bench.scoped
    keep = (
        (scoped["status"] == "active")
        & scoped["list_price_minor"].notna()
        & scoped["promotion_id"].isna()
    )
    return scoped[keep]
