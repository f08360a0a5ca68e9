"""Which prices may be offered: limits, margin floor and endings, in whole minor units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

STEPS, MOST_STEPS = 10, 40
STEP = 0.025
"""Prices tried on a list price's way from its lowest to its highest lie about so far apart on the
log scale, but at least ``STEPS`` and at most ``MOST_STEPS`` of them."""


@dataclass(frozen=True)
class PriceLimits:
    """What goal and policy allow of prices, the stricter of both.

    Attributes:
        currency: The shop's.
        min_margin: Least gross margin, (price - cost) / price.
        max_change: Largest change of a list price, as a fraction of it.
        endings: Last digits a list price may have, in minor units; empty allows any.
        max_discount: Deepest promotion, as a fraction of the list price; None for no limit.
    """

    currency: str
    min_margin: Decimal
    max_change: Decimal
    endings: tuple[str, ...] = ()
    max_discount: Decimal | None = None


def floors(catalogue: pd.DataFrame, limits: PriceLimits) -> Ints:
    """Lowest price that margin and brand allow: cost / (1 - margin) rounded up, MAP.

    Where the cost is unknown, the present list price: no cut can be shown to be safe.

    Args:
        catalogue: Columns ``current_minor``, ``cost_minor``, ``map_price_minor``.
        limits: The margin.
    """
    keep = 1 - limits.min_margin
    lowest = [
        int(now) if cost != cost else _up(_exact(cost) / keep)
        for now, cost in zip(catalogue["current_minor"], catalogue["cost_minor"], strict=True)
    ]
    brand = np.ceil(np.nan_to_num(catalogue["map_price_minor"].to_numpy(dtype=np.float64)))
    lowest_of_both: Ints = np.maximum(np.array(lowest, dtype=np.int64), brand.astype(np.int64))
    return np.maximum(lowest_of_both, 1)


def list_range(
    catalogue: pd.DataFrame, limits: PriceLimits, bounds: pd.DataFrame | None
) -> tuple[Ints, Ints]:
    """Lowest and highest list price of each row; lowest above highest where none is allowed.

    Args:
        catalogue: Columns ``sku``, ``current_minor``, ``cost_minor``, ``map_price_minor``.
        limits: Margin and largest change.
        bounds: Index ``sku``; ``low_minor``, ``high_minor``. SKUs it leaves out may not change.
    """
    now = [_exact(price) for price in catalogue["current_minor"]]
    low = np.array([_up(price * (1 - limits.max_change)) for price in now], dtype=np.int64)
    high = np.array([_down(price * (1 + limits.max_change)) for price in now], dtype=np.int64)
    low = np.maximum(low, floors(catalogue, limits))
    if bounds is not None:
        given = bounds.reindex(catalogue["sku"])
        low = np.maximum(low, _bound(given["low_minor"], np.ceil, 2**53))
        high = np.minimum(high, _bound(given["high_minor"], np.floor, 0))
    return low, high


def promotion_range(
    catalogue: pd.DataFrame, limits: PriceLimits, bounds: pd.DataFrame | None
) -> tuple[Ints, Ints]:
    """Lowest and highest promotion price of each row, below the list price.

    Where the cost is unknown there is none.
    """
    now = [_exact(price) for price in catalogue["current_minor"]]
    deepest = Decimal(1) if limits.max_discount is None else limits.max_discount
    low = np.array([_up(price * (1 - deepest)) for price in now], dtype=np.int64)
    low = np.maximum(low, floors(catalogue, limits))
    high = np.array([_up(price) - 1 for price in now], dtype=np.int64)
    if bounds is not None:
        given = bounds.reindex(catalogue["sku"])
        low = np.maximum(low, _bound(given["low_minor"], np.ceil, 2**53))
        high = np.minimum(high, _bound(given["high_minor"], np.floor, 0))
    return low, high


def ladder(low: Ints, high: Ints, now: Floats, endings: Sequence[str]) -> pd.DataFrame:
    """Prices to try, from the lowest to the highest that end as wished; never the present one.

    Returns:
        Columns ``row`` (place in the arguments) and ``price_minor``, sorted, without repeats.
    """
    open_ = np.flatnonzero(low <= high)
    bottom, top = np.log(low[open_]), np.log(high[open_])
    count = np.clip(np.ceil((top - bottom) / STEP), STEPS, MOST_STEPS).astype(np.int64) + 1
    row = np.repeat(np.arange(len(open_)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    wanted = place / (count[row] - 1)
    target = np.rint(np.exp(bottom[row] * (1 - wanted) + top[row] * wanted)).astype(np.int64)
    lowest, highest = low[open_][row], high[open_][row]
    found = snap(np.clip(target, lowest, highest), lowest, highest, endings)
    frame = pd.DataFrame({"row": open_[row], "price_minor": found}).drop_duplicates()
    keep = (frame["price_minor"] > 0) & (frame["price_minor"] != now[frame["row"]])
    return frame[keep].sort_values(["row", "price_minor"], ignore_index=True)


def snap(target: Ints, low: Ints, high: Ints, endings: Sequence[str]) -> Ints:
    """Nearest price within ``[low, high]`` that ends as wished; of two the lower; 0 for none."""
    if not endings:
        return target
    best = np.zeros_like(target)
    miss = np.full(target.shape, np.iinfo(np.int64).max)
    for ending in sorted(set(endings)):
        digits, step = int(ending), 10 ** len(ending)
        for price in (target - (target - digits) % step, target + (digits - target) % step):
            gap = np.abs(price - target)
            better = (price >= low) & (price <= high) & (price > 0)
            better &= (gap < miss) | ((gap == miss) & (price < best))
            best, miss = np.where(better, price, best), np.where(better, gap, miss)
    return best


def _exact(value: float) -> Decimal:
    return Decimal(str(value))


def _up(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_CEILING))


def _down(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_FLOOR))


def _bound(values: pd.Series, rounding: np.ufunc, missing: int) -> Ints:
    given = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(given), missing, rounding(np.nan_to_num(given))).astype(np.int64)
