"""What a SKU's price does to the rest of its category, from the category's cross elasticity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tools.cross_price import CrossPrices
from tools.figures import significant


def rest_of_category(
    frame: pd.DataFrame, categories: pd.Series, cross: CrossPrices, *, horizon_days: int
) -> pd.DataFrame:
    """What the category's others gain in a horizon for a price ``e`` times as high, to first order.

    SKU j sells ``cross`` percent more for a percent by which the sales-weighted mean price of the
    others rises, and i's weight in that mean is ``w_i / (W - w_j)``. So the gain is
    ``cross × w_i × Σ_{j≠i} units_j / (W - w_j)``, with units times margin for profit.

    Args:
        frame: Index ``sku``: ``mean_per_day``, ``current_minor``, ``cost_minor``.
        categories: By SKU.
        cross: Cross elasticities by category.
        horizon_days: Days counted.

    Returns:
        ``cross_units``, ``cross_revenue_minor``, ``cross_gross_profit_minor`` with the frame's
        index; an unknown cost adds no profit.
    """
    named = categories.reindex(frame.index).astype(object)
    named = named.where(named.notna(), "")
    answer = cross.of(named)["cross"].to_numpy(dtype=np.float64)
    group = pd.factorize(named, sort=True)[0]
    weight = frame["mean_per_day"].fillna(0.0).clip(lower=0).to_numpy(dtype=np.float64)
    groups = int(group.max(initial=-1)) + 1
    rest = np.bincount(group, weight, groups)[group] - weight
    share = np.divide(
        weight * horizon_days,
        rest,
        out=np.zeros_like(weight),
        where=rest > 1e-9,
    )
    price = frame["current_minor"].to_numpy(dtype=np.float64)
    margin = np.nan_to_num(price - frame["cost_minor"].to_numpy(dtype=np.float64))
    made = {}
    for name, worth in (
        ("cross_units", np.ones_like(price)),
        ("cross_revenue_minor", price),
        ("cross_gross_profit_minor", margin),
    ):
        of_all = np.bincount(group, share * worth, groups)[group]
        made[name] = significant(answer * weight * (of_all - share * worth))
    return pd.DataFrame(made, index=frame.index)
