"""Price experiments by comparison: whether sales carry over, and which SKUs are alike enough."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.experiment_design import BEFORE_DAYS, LASTING
from tools.history import History, read_history

Floats = npt.NDArray[np.float64]

WEEKS = 52
"""Weeks looked back at: alike SKUs are sought in the older half and tried in the newer one."""
AFTER = 4
CARRIES = -0.05
"""Dip after promotions, in logs, from which customers count as stocking up."""
SURE = 1.28
LEAST_SPELLS = 6
OPEN_DAYS = 4
"""Days of a week in stock from which its sales say something."""
PRICE_FACTOR, LEVEL_FACTOR = 2.0, 4.0
TREND = 0.3
"""Most that two SKUs' growth over half a year may differ, in logs."""
MOST_SKUS, LEAST_SKUS = 5, 2


@dataclass(frozen=True)
class WeeklySales:
    """Sales of the last year by week, whole weeks back from the last day.

    Attributes:
        skus: Names, sorted; shape (n,).
        rate: Units a day in stock; NaN where in stock for few days; shape (n, weeks).
        promo: Weeks mostly on promotion; shape (n, weeks).
        price: Mean list price in minor units over the last weeks; shape (n,).
        moved: Whether the list price or a promotion changed over ``BEFORE_DAYS``; shape (n,).
        scatter: Variance of a day's units over ``BEFORE_DAYS``, over the mean squared; shape (n,).
        daily: Units by day over ``BEFORE_DAYS``; NaN where out of stock; shape (n, days).
    """

    skus: npt.NDArray[np.str_]
    rate: Floats = field(repr=False)
    promo: npt.NDArray[np.bool_] = field(repr=False)
    price: Floats = field(repr=False)
    moved: npt.NDArray[np.bool_] = field(repr=False)
    scatter: Floats = field(repr=False)
    daily: Floats = field(repr=False)


def weekly_sales(panel: pd.DataFrame) -> WeeklySales | None:
    """Sales by week from the daily panel; None where it spans less than half a year.

    Args:
        panel: ``sku, date, units`` and, where known, ``list_price_minor``, ``promo``, ``on_hand``.
    """
    history = read_history(panel, ("list_price_minor", "promo", "on_hand"), last=7 * WEEKS)
    weeks = history.days // 7
    if weeks < WEEKS // 2:
        return None
    free = history.sold_freely()
    units = np.where(free, history.without_bulk().values["units"], np.nan).astype(np.float64)
    by_week = units[:, -7 * weeks :].reshape(len(units), weeks, 7)
    open_days = np.isfinite(by_week).sum(axis=2)
    sums = np.nansum(by_week, axis=2)
    rate = np.where(open_days >= OPEN_DAYS, sums / np.maximum(open_days, 1), np.nan)
    listed = _filled(history, "list_price_minor")
    promo = _filled(history, "promo") > 0
    recent = slice(-BEFORE_DAYS, None)
    daily = units[:, recent]
    return WeeklySales(
        skus=history.skus,
        rate=rate,
        promo=promo[:, -7 * weeks :].reshape(len(units), weeks, 7).mean(axis=2) >= 0.5,
        price=listed[:, recent].mean(axis=1),
        moved=(np.ptp(listed[:, recent], axis=1) > 0) | promo[:, recent].any(axis=1),
        scatter=_scatter(daily),
        daily=daily,
    )


def carrying_over(sales: WeeklySales, category: pd.Series) -> pd.Series:
    """Whether customers stock up at lower prices, by category: index SKU.

    Sales of the two weeks after a promotion against those around it: a dip that is surely more
    than ``CARRIES`` says that units were bought ahead. Then weeks at one price change what the
    next week sells at the other, and a switchback would take that for an answer to the price.

    Args:
        sales: By week.
        category: Category of each SKU.
    """
    dips = _dips(sales)
    groups = category.reindex(dips["sku"]).to_numpy()
    found = dips.groupby(groups)["dip"].agg(["mean", "std", "count"])
    surest = found["mean"] + SURE * found["std"] / np.sqrt(found["count"])
    carries = set(found.index[(found["count"] >= LEAST_SPELLS) & (surest < CARRIES)])
    return category.isin(carries)


def match_skus(
    sales: WeeklySales, catalogue: pd.DataFrame, skus: list[str], apart: pd.DataFrame
) -> pd.DataFrame:
    """For each SKU others that sell alike, whose price can be held while its own is tried.

    Alike are SKUs of the same category but of other products, that do not replace it, at a price
    within a factor of ``PRICE_FACTOR``, with sales within ``LEVEL_FACTOR``, growth within
    ``TREND`` and a steady price; of those the ones whose weeks went most in step in the older
    half of the year. How far the SKU and their sum then drift apart is measured in the newer
    half, which the choice has not seen, as the experiment would compare them: eight weeks before,
    four after.

    Args:
        sales: By week.
        catalogue: ``sku``, ``product_id``, ``category``; what may serve for comparison.
        skus: Those to be tried.
        apart: Pairs ``sku``, ``other`` that replace each other.

    Returns:
        Index ``sku``: ``controls`` (names), ``control_scatter`` (variance of a day's units of all
        of them over the mean squared) and ``drift`` (standard deviation in logs beyond chance).
        SKUs without enough of a match are left out.
    """
    place = {str(sku): row for row, sku in enumerate(sales.skus)}
    known = catalogue.drop_duplicates("sku").set_index("sku")
    known = known[known.index.isin(place)]
    rivals = apart.groupby("sku")["other"].agg(set).to_dict()
    alike = _Likeness(sales)
    rows = []
    for sku in skus:
        if sku not in known.index:
            continue
        mine: Any = known.loc[sku]
        others = known.index[
            (known["category"] == mine["category"]) & (known["product_id"] != mine["product_id"])
        ].difference(list(rivals.get(sku, ())))
        found = alike.closest(place[sku], np.array([place[o] for o in others], dtype=np.int64))
        if len(found) >= LEAST_SKUS:
            rows.append({"sku": sku, **_compared(sales, place[sku], found)})
    columns = ["sku", "controls", "control_scatter", "drift"]
    return pd.DataFrame(rows, columns=columns).set_index("sku")


def _filled(history: History, name: str) -> Floats:
    column = history.column(name)
    if column is None:
        return np.zeros(history.values["units"].shape)
    frame = pd.DataFrame(column.T.astype(np.float64)).ffill().bfill().fillna(0.0)
    found: Floats = frame.to_numpy().T
    return found


def _scatter(daily: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        known = np.isfinite(daily).sum(axis=1)
        mean = np.nansum(daily, axis=1) / np.maximum(known, 1)
        square = np.nansum((daily - mean[:, None]) ** 2, axis=1) / np.maximum(known - 1, 1)
        found: Floats = np.where(mean > 0, np.maximum(square, mean) / mean**2, np.inf)
    return found


def _dips(sales: WeeklySales) -> pd.DataFrame:
    promo, weeks = sales.promo, sales.promo.shape[1]
    before = np.pad(promo, ((0, 0), (1, 0)))[:, :-1]
    begun = np.maximum.accumulate(np.where(promo & ~before, np.arange(weeks), -1), axis=1)
    quiet = np.stack([~promo[:, k : weeks - 5 + k] for k in range(1, 6)]).all(axis=0)
    row, last = np.nonzero(promo[:, :-5] & quiet)
    first = begun[row, last]
    row, last, first = (each[first >= 2] for each in (row, last, first))
    clear = ~promo[row, first - 1] & ~promo[row, first - 2]
    row, last, first = row[clear], last[clear], first[clear]
    rate = sales.rate
    after = rate[row, last + 1] + rate[row, last + 2]
    usual = (
        rate[row, first - 2] + rate[row, first - 1] + rate[row, last + 4] + rate[row, last + 5]
    ) / 2
    dip = np.log((after + 0.1) / (usual + 0.1))
    return pd.DataFrame({"sku": sales.skus[row], "dip": dip}).dropna()


class _Likeness:
    """Which SKUs sell alike; made once for all that are sought for."""

    def __init__(self, sales: WeeklySales) -> None:
        self._sales = sales
        log = np.log(sales.rate + 0.5 / 7)
        half = log.shape[1] // 2
        known = np.asarray(np.isfinite(log).all(axis=1))
        filled = np.where(known[:, None], log, 0.0)
        self._older, self._level = filled[:, :half], filled[:, half:].mean(axis=1)
        earlier = self._older.mean(axis=1)
        self._growth, self._older = self._level - earlier, self._older - earlier[:, None]
        self._steady = known & ~sales.moved & (sales.price > 0)
        self._price = np.log(np.maximum(sales.price, 1.0))

    def closest(self, mine: int, others: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Places of those closest in step, among those alike in price, level and growth."""
        kept: npt.NDArray[np.int64] = others[self._steady[others]]
        if not self._steady[mine] or not len(kept):
            return kept[:0]
        far: Floats = np.abs(self._price[kept] - self._price[mine]) / np.log(PRICE_FACTOR)
        far = np.maximum(far, np.abs(self._level[kept] - self._level[mine]) / np.log(LEVEL_FACTOR))
        far = np.maximum(far, np.abs(self._growth[kept] - self._growth[mine]) / TREND)
        kept = kept[far <= 1]
        gap = ((self._older[kept] - self._older[mine]) ** 2).mean(axis=1)
        closest: npt.NDArray[np.int64] = kept[np.lexsort((self._sales.skus[kept], gap))]
        return closest[:MOST_SKUS]


def _compared(sales: WeeklySales, mine: int, found: npt.NDArray[np.int64]) -> dict[str, object]:
    total = sales.daily[found].sum(axis=0, keepdims=True)
    scatter = float(_scatter(total)[0])
    half = sales.rate.shape[1] // 2
    gap = np.log(sales.rate[mine, half:] + 0.5 / 7)
    gap = gap - np.log(sales.rate[found][:, half:].sum(axis=0) + 0.5 / 7)
    before = BEFORE_DAYS // 7
    ends = range(before, len(gap) - AFTER + 1)
    moved = [gap[end : end + AFTER].mean() - gap[end - before : end].mean() for end in ends]
    chance = LASTING * (sales.scatter[mine] + scatter) * (1 / (7 * AFTER) + 1 / BEFORE_DAYS)
    drift = np.sqrt(max(float(np.mean(np.square(moved))) - chance, 0.0))
    controls = tuple(str(sku) for sku in sales.skus[found])
    return {"controls": controls, "control_scatter": scatter, "drift": float(drift)}
