"""What elasticities are commonly estimated by: the baselines of the suite."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.price_history import PriceWeeks

Floats = npt.NDArray[np.float64]


def ols_by_sku(weeks: PriceWeeks) -> tuple[Floats, Floats]:
    """Log units on log price, one line a SKU; NaN where its price hardly moved."""
    frame = _frame(weeks)
    centred = frame[["log_price", "log_units"]] - frame.groupby("sku")[
        ["log_price", "log_units"]
    ].transform("mean")
    squares = (centred["log_price"] ** 2).groupby(frame["sku"]).sum()
    slope = (centred["log_price"] * centred["log_units"]).groupby(frame["sku"]).sum() / squares
    left = centred["log_units"] - frame["sku"].map(slope) * centred["log_price"]
    count = frame.groupby("sku").size()
    errors: pd.Series = (left**2).groupby(frame["sku"]).sum() / (count - 2).clip(lower=1) / squares
    moved = (squares / count) > 1e-4
    every = pd.RangeIndex(len(weeks.skus))
    return (
        slope.where(moved).reindex(every).to_numpy(),
        errors.where(moved).reindex(every).to_numpy(),
    )


def fixed_effects(weeks: PriceWeeks) -> tuple[Floats, Floats]:
    """Log units on log price by category with SKU and week effects; every SKU gets its group's."""
    import pyfixest

    frame = _frame(weeks).assign(group=lambda f: weeks.group[f["sku"]])
    found = np.full((2, len(weeks.skus)), np.nan)
    for name, part in frame.groupby("group"):
        if part.groupby("sku")["log_price"].std().max() < 0.01 or part["sku"].nunique() < 2:
            continue
        fit = pyfixest.feols("log_units ~ log_price | sku + week", part, vcov={"CRV1": "sku"})
        found[:, weeks.group == name] = np.array(
            [[fit.coef()["log_price"]], [fit.se()["log_price"]]]
        )
    return found[0], found[1]


def _frame(weeks: PriceWeeks) -> pd.DataFrame:
    sku, week = np.nonzero(weeks.usable & (weeks.units > 0))
    rate = weeks.units[sku, week] / weeks.days[sku, week]
    return pd.DataFrame(
        {
            "sku": sku,
            "week": week,
            "log_units": np.log(rate),
            "log_price": weeks.log_price[sku, week],
        }
    )
