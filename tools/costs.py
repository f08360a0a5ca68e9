"""Costs: what is on file, and what is assumed where nothing is, marked as such."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from ecomagent.domain.errors import UsageError


def with_assumed_cost(catalogue: pd.DataFrame, margin: Decimal | None) -> pd.DataFrame:
    """The catalogue with unknown costs filled from an assumed gross margin.

    ``cost = list price * (1 - margin)``, in whole minor units; the list price and not a
    promotion's, since goods cost the same during one.

    Args:
        catalogue: Columns ``cost_minor`` and ``list_price_minor`` or ``price_minor``.
        margin: Gross margin to assume, a fraction; None assumes nothing.

    Returns:
        A copy with ``cost_minor`` as float (NaN where still unknown) and the boolean column
        ``cost_assumed``.

    Raises:
        UsageError: The margin is not a fraction from 0 up to 1.
    """
    if margin is not None and not 0 <= margin < 1:
        raise UsageError(
            f"a gross margin of {margin} cannot be assumed",
            remedy="Give a fraction from 0 up to 1, e.g. 0.5 for 50 %.",
        )
    filled = catalogue.copy()
    if "cost_minor" in filled:
        cost = pd.to_numeric(filled["cost_minor"], errors="coerce").astype("float64")
    else:
        cost = pd.Series(float("nan"), index=filled.index)
    assumed = pd.Series(False, index=filled.index)
    if margin is not None:
        price = _regular_price(filled)
        assumed = cost.isna() & price.notna()
        cost = cost.where(~assumed, (price * float(1 - margin)).round())
    filled["cost_minor"] = cost
    filled["cost_assumed"] = assumed.astype(bool)
    return filled


def cost_assumption(margin: Decimal) -> str:
    """The words that mark a figure resting on an assumed cost."""
    return f"gross margin {_percent(margin)} assumed, no cost on file"


def assumed_margin(price_minor: float, cost_minor: float) -> str:
    """The same words, from the price and the cost that was filled in."""
    return cost_assumption(
        Decimal(round(1 - cost_minor / price_minor, 2)).quantize(Decimal("0.01"))
    )


def _regular_price(catalogue: pd.DataFrame) -> pd.Series:
    price = pd.Series(float("nan"), index=catalogue.index)
    for column in ("price_minor", "list_price_minor"):
        if column in catalogue:
            known = pd.to_numeric(catalogue[column], errors="coerce").astype("float64")
            price = known.fillna(price)
    return price


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"
