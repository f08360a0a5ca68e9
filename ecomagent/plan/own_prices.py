"""List prices that plans set: moves that no demand shock caused, so that answers show in them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ecomagent.domain.plan import Receipt

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.store.plans import PlanRepository


def own_price_moves(repository: PlanRepository, *, as_of: datetime, timezone: str) -> pd.DataFrame:
    """Spells of prices that plans set, as ``tools.elasticity`` takes experiments.

    A plan's price rests on costs and on answers to prices learnt before, not on how the SKU
    happens to sell that week. Its move against the price before the first plan serves as an
    instrument, until the next plan moves it.

    Returns:
        Columns ``sku, starts_on, ends_on`` (exclusive), ``surprise`` (log of the price over the
        one before the first plan).
    """
    import pandas as pd

    zone, today = ZoneInfo(timezone), as_of.date()
    found = sorted(repository.prices_set(as_of), key=lambda each: each[0])
    rows = [
        row
        for sku, mine in groupby(found, key=lambda each: each[0])
        for row in _spells(sku, [receipt for _, receipt in mine], zone, today)
    ]
    return pd.DataFrame(rows, columns=["sku", "starts_on", "ends_on", "surprise"]).astype(
        {"starts_on": "datetime64[ns]", "ends_on": "datetime64[ns]", "surprise": "float64"}
    )


def _spells(
    sku: str, receipts: list[Receipt], zone: ZoneInfo, today: date
) -> Iterator[dict[str, Any]]:
    moves = [(each, _day(each, zone)) for each in receipts if _prices(each) is not None]
    if not moves:
        return
    first = _prices(moves[0][0])
    ends = [*(later[1] for _, later in pairwise(moves)), today + timedelta(days=1)]
    for (receipt, day), end in zip(moves, ends, strict=True):
        prices = _prices(receipt)
        if first is not None and prices is not None and end > day:
            yield {
                "sku": sku,
                "starts_on": day,
                "ends_on": end,
                "surprise": math.log(prices[1] / first[0]),
            }


def _prices(receipt: Receipt) -> tuple[float, float] | None:
    """Price before and after, where the receipt tells both."""
    try:
        before = float(str(receipt.before_seen["price"]))
        after = float(str(receipt.after_seen["price"]))
    except (KeyError, TypeError, ValueError):
        return None
    return (before, after) if before > 0 and after > 0 else None


def _day(receipt: Receipt, zone: ZoneInfo) -> date:
    return (receipt.finished_at or receipt.intended_at).astimezone(zone).date()
