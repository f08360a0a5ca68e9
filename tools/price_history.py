"""Weekly sales beside the week's prices, promotions, costs and experiments: what answers show."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.history import History, Mask, read_history

Floats = npt.NDArray[np.float64]

WEEKS = 104
COLUMNS = (
    "list_price_minor", "discount", "promo", "revenue_minor", "cost_minor", "on_hand",
    "competitor_price_minor",
)  # fmt: skip
MIN_DAYS = 2
"""Days in stock that a week needs to count."""
NEAR = 0.05
"""Days whose log price is further than this from the week's usual one are left out of the week:
the mean of such different prices would not be what sold the units."""
STEP = 0.01
"""Prices closer than this on the log scale count as one level."""
MIN_SHARING = 3
"""SKUs with a cost on file that a supplier needs for a cost of its own."""
MIN_GROUP = 5
"""Categories with fewer SKUs share one group."""
OTHERS = ""


@dataclass(frozen=True)
class PriceWeeks:
    """Weekly matrices, one row a SKU, sorted by SKU; shape (n, weeks) but for the names.

    Attributes:
        skus: Names; shape (n,).
        group: Group of each SKU, its category or ``OTHERS``; shape (n,).
        units: Units sold on days that count.
        days: Days that count, in stock and priced; one in which it sold out counts half.
        log_price: Log of what everybody was asked, mean over those days; NaN where unknown.
        promo: Share of those days on promotion.
        log_cost: Log of the cost on file; NaN where unknown.
        supplier_cost: Log change since the first week of what the supplier's other articles
            cost; 0 where too few are known.
        assigned: How far experiments put the log price from its expectation; 0 without one.
        log_rival: Log of the competitor's price; NaN where unknown.
        moves: Days on which the price was another than the day before.
    """

    skus: npt.NDArray[np.str_]
    group: npt.NDArray[np.str_]
    units: Floats = field(repr=False)
    days: Floats = field(repr=False)
    log_price: Floats = field(repr=False)
    promo: Floats = field(repr=False)
    log_cost: Floats = field(repr=False)
    supplier_cost: Floats = field(repr=False)
    assigned: Floats = field(repr=False)
    log_rival: Floats = field(repr=False)
    moves: Floats = field(repr=False)

    @property
    def usable(self) -> Mask:
        """Weeks with enough days and a known price."""
        found: Mask = (self.days >= MIN_DAYS) & np.isfinite(self.log_price)
        return found

    def rows(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> PriceWeeks:
        """Some of the SKUs."""
        return PriceWeeks(**{each.name: getattr(self, each.name)[chosen] for each in fields(self)})


def price_weeks(
    panel: pd.DataFrame, catalogue: pd.DataFrame, experiments: pd.DataFrame | None = None
) -> PriceWeeks:
    """Weekly matrices of the last two years, whole weeks back from the last day.

    The price of a day is its list price, less the discount of a promotion; other discounts
    (coupons, bulk prices) are given to those who buy, not offered to all, and would pass for
    prices that sell. Where no list price is known it is what was paid on the day.

    Args:
        panel: ``sku, date, units`` and, where known, ``COLUMNS``.
        catalogue: ``sku``, ``category`` and, where known, ``supplier_id``.
        experiments: ``sku``, ``starts_on``, ``ends_on`` (exclusive), ``surprise``: log of a price
            that chance chose, less its expectation; those of one day add up.
    """
    history = read_history(panel, COLUMNS, last=7 * WEEKS).without_bulk()
    weeks = history.days // 7
    counted = history.sold_freely()
    log_price = _log_price(history)
    counted &= np.isfinite(log_price)
    assigned, promo = _assigned(history, experiments), _promoted(history)
    counted &= _usual(log_price, counted, weeks) & _usual(promo, counted, weeks)
    units = np.where(counted, np.clip(history.values["units"], 0, None), 0.0)
    log_cost = _weekly_mean(_log(history.column("cost_minor"), history), counted, weeks)
    rival = _log(history.column("competitor_price_minor"), history)
    return PriceWeeks(
        skus=history.skus,
        group=_groups(history.skus, catalogue),
        units=_by_week(units, weeks).sum(axis=2, dtype=np.float64),
        days=_by_week(counted * _open_for(history), weeks).sum(axis=2, dtype=np.float64),
        log_price=_weekly_mean(log_price, counted, weeks),
        promo=np.nan_to_num(_weekly_mean(promo, counted, weeks)),
        log_cost=log_cost,
        supplier_cost=_supplier_cost(log_cost, history.skus, catalogue),
        assigned=_weekly_mean(assigned, counted, weeks, empty=0.0),
        log_rival=_weekly_mean(rival, counted, weeks),
        moves=_by_week(_stepped(log_price), weeks).sum(axis=2, dtype=np.float64),
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


def _open_for(history: History) -> Floats:
    """Share of each day that the SKU could be bought: half of one in which it sold out."""
    stock = history.column("on_hand")
    if stock is None:
        return np.ones(history.values["units"].shape)
    with np.errstate(invalid="ignore"):
        return np.where((stock <= 0) & (history.values["units"] > 0), 0.5, 1.0)


def _usual(daily: Floats, counted: Mask, weeks: int) -> Mask:
    """Days near the median of their week's counted days."""
    known = np.where(counted, daily, np.inf)
    by_week = _by_week(known, weeks)
    middle = np.maximum(np.isfinite(by_week).sum(axis=2, keepdims=True) - 1, 0) // 2
    median = np.take_along_axis(np.sort(by_week, axis=2), middle, axis=2)
    near = np.zeros(daily.shape, dtype=bool)
    with np.errstate(invalid="ignore"):
        close = np.abs(by_week - median) <= NEAR
    near[:, daily.shape[1] - 7 * weeks :] = close.reshape(len(daily), 7 * weeks)
    return near


def _stepped(log_price: Floats) -> Mask:
    with np.errstate(invalid="ignore"):
        return np.abs(np.diff(log_price, axis=1, prepend=log_price[:, :1])) > STEP


def _promoted(history: History) -> Floats:
    promo = history.column("promo")
    if promo is None:
        return np.zeros(history.values["units"].shape)
    return (np.nan_to_num(promo) > 0).astype(np.float64)


def _assigned(history: History, experiments: pd.DataFrame | None) -> Floats:
    """What chance added to each day's log price."""
    found = np.zeros(history.values["units"].shape)
    if experiments is None or experiments.empty:
        return found
    place = pd.Index(history.skus).get_indexer(pd.Index(experiments["sku"].astype(str)))
    begin, end = (_column_of(experiments[name], history) for name in ("starts_on", "ends_on"))
    surprise = experiments["surprise"].to_numpy(dtype=np.float64)
    for row, start, stop, size in zip(place, begin, end, surprise, strict=True):
        if row >= 0 and np.isfinite(size):
            found[row, start:stop] += size
    return found


def _column_of(days: pd.Series, history: History) -> npt.NDArray[np.int64]:
    since = days.to_numpy().astype("datetime64[D]") - history.last_day
    found: npt.NDArray[np.int64] = since.astype(np.int64) + history.days - 1
    return found.clip(0, history.days)


def _supplier_cost(log_cost: Floats, skus: npt.NDArray[np.str_], catalogue: pd.DataFrame) -> Floats:
    """Mean log cost change of a supplier's other SKUs, summed up from the first week."""
    if "supplier_id" not in catalogue or log_cost.shape[1] < 2:
        return np.zeros_like(log_cost)
    named = pd.Series(catalogue["supplier_id"].to_numpy(), index=catalogue["sku"].astype(str))
    codes = pd.factorize(named[~named.index.duplicated()].reindex(skus), sort=True)[0]
    change = np.diff(log_cost, axis=1, prepend=np.nan)
    known = np.isfinite(change)
    filled = np.where(known, change, 0.0)
    found = np.zeros_like(log_cost)
    for supplier in range(int(codes.max(initial=-1)) + 1):
        rows = np.flatnonzero(codes == supplier)
        others = known[rows].sum(axis=0) - known[rows]
        total = filled[rows].sum(axis=0) - filled[rows]
        mean = np.where(others >= MIN_SHARING - 1, total / np.maximum(others, 1), 0.0)
        found[rows] = np.cumsum(mean, axis=1)
    return found


def _log(values: npt.NDArray[np.float32] | None, history: History) -> Floats:
    if values is None:
        return np.full(history.values["units"].shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(values)
    return np.where(np.isfinite(found), found, np.nan)


def _by_week(daily: npt.NDArray[np.generic], weeks: int) -> npt.NDArray[np.generic]:
    return daily[:, daily.shape[1] - 7 * weeks :].reshape(len(daily), weeks, 7)


def _weekly_mean(daily: Floats, counted: Mask, weeks: int, *, empty: float = np.nan) -> Floats:
    known = counted & np.isfinite(daily)
    total = _by_week(np.where(known, daily, 0.0), weeks).sum(axis=2)
    count = _by_week(known, weeks).sum(axis=2)
    return np.where(count > 0, total / np.maximum(count, 1), empty)


def _groups(skus: npt.NDArray[np.str_], catalogue: pd.DataFrame) -> npt.NDArray[np.str_]:
    named = pd.Series(catalogue["category"].to_numpy(), index=catalogue["sku"].astype(str))
    named = named[~named.index.duplicated()].reindex(skus).astype(object)
    named = named.where(named.notna(), OTHERS).astype(str)
    sizes = named.map(named.value_counts())
    return named.where(sizes >= MIN_GROUP, OTHERS).to_numpy().astype(str)
