"""How much of what is sold comes back."""

from __future__ import annotations

import pandas as pd

PRIOR_UNITS = 30.0
"""Units of the shop's own rate that a SKU's own few sales are added to."""
MOST = 0.9
"""No more than this is taken to come back, whatever a short past says."""


def return_rates(panel: pd.DataFrame) -> pd.Series:
    """Share of units that come back, by SKU, its own past pulled towards the shop's rate.

    Args:
        panel: ``sku``, ``units`` and, where known, ``returns`` (units).

    Returns:
        Index ``sku``, sorted; between 0 and ``MOST``; zero where nothing is known.
    """
    if panel.empty or "returns" not in panel:
        return pd.Series(dtype="float64", index=pd.Index([], name="sku"))
    counted = panel[["sku", "units", "returns"]].assign(sku=panel["sku"].astype(str)).fillna(0.0)
    sums = counted.groupby("sku", sort=True)[["units", "returns"]].sum().clip(lower=0.0)
    total = float(sums["units"].sum())
    shop = min(float(sums["returns"].sum()) / total, MOST) if total > 0 else 0.0
    rate = (sums["returns"] + PRIOR_UNITS * shop) / (sums["units"] + PRIOR_UNITS)
    return rate.clip(0.0, MOST)
