"""Weekly sales beside the prices and costs of the week: what elasticities are learnt from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.history import History, Mask, read_history

Floats = npt.NDArray[np.float64]

WEEKS = 104
COLUMNS = ("list_price_minor", "discount", "promo", "revenue_minor", "cost_minor", "on_hand")
MIN_DAYS = 3
"""Days in stock that a week needs to count."""
STEP = 0.01
"""Prices closer than this on the log scale count as one level."""
MIN_GROUP = 5
"""Categories with fewer SKUs share one group."""
OTHERS = ""


@dataclass(frozen=True)
class PriceWeeks:
    """Weekly matrices, one row a SKU, sorted by SKU.

    Attributes:
        skus: Names; shape (n,).
        group: Group of each SKU, its category or ``OTHERS``; shape (n,).
        units: Units sold on days that count; shape (n, weeks).
        days: Days that count, in stock and priced.
        log_price: Log of what everybody was asked, mean over those days; NaN where unknown.
        log_cost: Log of the cost on file; NaN where unknown.
    """

    skus: npt.NDArray[np.str_]
    group: npt.NDArray[np.str_]
    units: Floats = field(repr=False)
    days: Floats = field(repr=False)
    log_price: Floats = field(repr=False)
    log_cost: Floats = field(repr=False)

    @property
    def usable(self) -> Mask:
        """Weeks with enough days and a known price."""
        found: Mask = (self.days >= MIN_DAYS) & np.isfinite(self.log_price)
        return found

    def rows(self, chosen: npt.NDArray[np.bool_]) -> PriceWeeks:
        """Some of the SKUs."""
        return PriceWeeks(
            self.skus[chosen], self.group[chosen], self.units[chosen], self.days[chosen],
            self.log_price[chosen], self.log_cost[chosen],
        )  # fmt: skip


def price_weeks(panel: pd.DataFrame, catalogue: pd.DataFrame) -> PriceWeeks:
    """Weekly matrices of the last two years, whole weeks back from the last day.

    The price of a day is its list price, less the discount of a promotion; other discounts
    (coupons, bulk prices) are given to those who buy, not offered to all, and would pass for
    prices that sell. Where no list price is known it is what was paid on the day.

    Args:
        panel: ``sku, date, units`` and, where known, ``COLUMNS``.
        catalogue: ``sku`` and ``category``.
    """
    history = read_history(panel, COLUMNS, last=7 * WEEKS).without_bulk()
    weeks = history.days // 7
    counted = history.sold_freely()
    log_price = _log_price(history)
    counted &= np.isfinite(log_price)
    units = np.where(counted, np.clip(history.values["units"], 0, None), 0.0)
    return PriceWeeks(
        skus=history.skus,
        group=_groups(history.skus, catalogue),
        units=_by_week(units, weeks).sum(axis=2, dtype=np.float64),
        days=_by_week(counted, weeks).sum(axis=2, dtype=np.float64),
        log_price=_weekly_mean(log_price, counted, weeks),
        log_cost=_weekly_mean(_log(history.column("cost_minor"), history), counted, weeks),
    )


def levels_of(weeks: PriceWeeks) -> npt.NDArray[np.int64]:
    """Number of distinct prices each SKU was sold at."""
    step = np.where(weeks.usable, np.rint(np.nan_to_num(weeks.log_price) / STEP), -(10**6))
    ordered = np.sort(step, axis=1)
    if ordered.shape[1] == 0:
        return np.zeros(len(weeks.skus), dtype=np.int64)
    new = np.diff(ordered, axis=1, prepend=-(10**7)) > 0
    found: npt.NDArray[np.int64] = (new & (ordered > -(10**6))).sum(axis=1)
    return found


def spread_within(values: Floats, usable: Mask) -> Floats:
    """Standard deviation of each row over its usable weeks; 0 where it cannot be told."""
    known = usable & np.isfinite(values)
    count = np.maximum(known.sum(axis=1), 1)
    filled = np.where(known, values, 0.0)
    centred = np.where(known, values - (filled.sum(axis=1) / count)[:, None], 0.0)
    spread: Floats = np.sqrt((centred**2).sum(axis=1) / count)
    return spread


def _log_price(history: History) -> Floats:
    listed = _log(history.column("list_price_minor"), history)
    discount, promo = history.column("discount"), history.column("promo")
    if discount is not None and promo is not None:
        offered = np.where(np.nan_to_num(promo) > 0, np.nan_to_num(discount), 0.0)
        listed = listed + np.log1p(-np.clip(offered, 0.0, 0.95))
    revenue = history.column("revenue_minor")
    if revenue is None:
        return listed
    units = history.values["units"]
    with np.errstate(divide="ignore", invalid="ignore"):
        paid = np.log(np.where((units > 0) & (revenue > 0), revenue / units, np.nan))
    return np.where(np.isfinite(listed), listed, paid)


def _log(values: npt.NDArray[np.float32] | None, history: History) -> Floats:
    if values is None:
        return np.full(history.values["units"].shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(values)
    return np.where(np.isfinite(found), found, np.nan)


def _by_week(daily: npt.NDArray[np.generic], weeks: int) -> npt.NDArray[np.generic]:
    return daily[:, daily.shape[1] - 7 * weeks :].reshape(len(daily), weeks, 7)


def _weekly_mean(daily: Floats, counted: Mask, weeks: int) -> Floats:
    known = counted & np.isfinite(daily)
    total = _by_week(np.where(known, daily, 0.0), weeks).sum(axis=2)
    count = _by_week(known, weeks).sum(axis=2)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _groups(skus: npt.NDArray[np.str_], catalogue: pd.DataFrame) -> npt.NDArray[np.str_]:
    named = pd.Series(catalogue["category"].to_numpy(), index=catalogue["sku"].astype(str))
    named = named[~named.index.duplicated()].reindex(skus).astype(object)
    named = named.where(named.notna(), OTHERS).astype(str)
    sizes = named.map(named.value_counts())
    return named.where(sizes >= MIN_GROUP, OTHERS).to_numpy().astype(str)
