"""Day by day: what is asked for, what is there to sell, what the merchant orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evals.sample.assortment import CATEGORIES
from evals.sample.drivers import Drivers
from evals.sample.parameters import Calendar, SampleParameters, stream
from evals.sample.prices import Prices

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LOOK_BACK = 28
SEASON_START = 9
"""Goods bought once a year arrive at the start of this month."""
DEAD_STOCK_DAYS = 70
"""Dead stock: a last order of this many days' sales came just before nobody wanted it any more."""


@dataclass(frozen=True)
class Trade:
    """What happened; rows are SKUs, columns days.

    Attributes:
        expected: True mean of demand.
        asked: Units customers wanted, in stock or not.
        sold: Units sold.
        on_hand: Units at the end of the day.
        inbound: Units on their way at the end of the day.
        purchases: sku (row number), quantity, ordered, expected, received (day numbers; received
            is at or after the number of days for orders still open).
    """

    expected: Floats
    asked: Ints
    sold: Ints
    on_hand: Ints
    inbound: Ints
    purchases: pd.DataFrame


def demand_shock(parameters: SampleParameters, calendar: Calendar, count: int, seed: int
                 ) -> Floats:  # fmt: skip
    """Slow shock of the log demand, constant within weeks; shape (SKUs, days)."""
    rng = stream(seed, "shock")
    weeks = calendar.days // 7 + 1
    keep = parameters.shock_sd * np.sqrt(1 - parameters.shock_memory**2)
    level = rng.normal(0, parameters.shock_sd, count)
    path = np.empty((count, weeks))
    for week in range(weeks):
        level = parameters.shock_memory * level + rng.normal(0, keep, count)
        path[:, week] = level
    return np.repeat(path, 7, axis=1)[:, : calendar.days]


def expected_demand(
    parameters: SampleParameters,
    calendar: Calendar,
    products: pd.DataFrame,
    drivers: Drivers,
    prices: Prices,
    shock: Floats,
) -> Floats:
    """Mean units a day by the formula in ``parameters``; zero before launch and after the end."""
    column = {name: products[name].to_numpy(dtype=np.float64)[:, None] for name in
              ("rate", "trend", "elasticity", "price_minor", "first_day", "last_day")}  # fmt: skip
    day = np.arange(calendar.days)[None, :]
    years = (day - calendar.days / 2) / 365
    ratio = np.log(prices.paid / column["price_minor"])
    rival = np.nan_to_num(np.log(prices.rival / column["price_minor"]))
    logs = (
        column["trend"] * years
        + shock
        + column["elasticity"] * ratio
        + parameters.cross_elasticity * rival
    )
    kind = products["kind"].to_numpy()
    mean = column["rate"] * np.exp(logs) * drivers.season[kind] * drivers.market
    on_sale = (day >= column["first_day"]) & (day < column["last_day"])
    return np.where(on_sale, mean, 0.0)


def run_shop(
    parameters: SampleParameters,
    calendar: Calendar,
    products: pd.DataFrame,
    drivers: Drivers,
    expected: Floats,
    seed: int,
) -> Trade:
    """Sell what is there, look at stock every second week, order what seems missing."""
    rng = stream(seed, "stock")
    count, days = expected.shape
    luck = rng.gamma(parameters.noise_shape, 1 / parameters.noise_shape, (count, days))
    asked = rng.poisson(expected * luck).astype(np.int64)
    buyer = _Buyer(parameters, calendar, products, drivers, expected, rng)
    sold, on_hand = np.zeros_like(asked), np.zeros_like(asked)
    inbound = np.zeros_like(asked)
    stock, due = buyer.opening(), np.zeros(count, dtype=np.int64)
    for day in range(days):
        arriving = buyer.arrivals[:, day]
        stock = stock + arriving
        due = due - np.minimum(due, arriving)
        sold[:, day] = np.minimum(asked[:, day], stock)
        stock = stock - sold[:, day]
        due = due + buyer.order(day, sold, stock + due)
        on_hand[:, day], inbound[:, day] = stock, due
    return Trade(expected, asked, sold, on_hand, inbound, buyer.purchases())


class _Buyer:
    """The merchant's purchasing: rough forecasts, whole packs, suppliers who are late at times."""

    def __init__(
        self,
        parameters: SampleParameters,
        calendar: Calendar,
        products: pd.DataFrame,
        drivers: Drivers,
        expected: Floats,
        rng: np.random.Generator,
    ) -> None:
        self._parameters = parameters
        self._calendar = calendar
        self._rng = rng
        self._expected = expected
        count, days = expected.shape
        self._count, self._days = count, days
        self._kind = products["kind"].to_numpy()
        self._lead = products["lead_time_days"].to_numpy(dtype=np.int64)
        self._pack = products["case_pack"].to_numpy(dtype=np.int64)
        self._least = products["min_order"].to_numpy(dtype=np.int64)
        self._first = products["first_day"].to_numpy(dtype=np.int64)
        self._last = products["last_day"].to_numpy(dtype=np.int64)
        self._draft = (products["fate"] == "draft").to_numpy()
        self._once = np.array([CATEGORIES[kind].bought_once_a_year for kind in self._kind])
        self._turn = rng.integers(0, parameters.review_cycle_days, count)
        self._season = np.cumsum(np.pad(drivers.usual_season, ((0, 0), (1, 0))), axis=1)
        self.arrivals = np.zeros((count, days + 400), dtype=np.int64)
        self._rows: list[tuple[Ints, Ints, int, Ints, Ints]] = []
        self._launch(products)

    def opening(self) -> Ints:
        """Stock at the first day of what was on sale before."""
        cover = self._lead + self._parameters.review_cycle_days + 20
        mean = self._expected[:, :30].mean(axis=1)
        season = np.where(self._once, self._once_a_year(0), mean * cover)
        before = (self._first < 0) & ~self._draft
        return np.where(before, np.ceil(season), 0).astype(np.int64)

    def _launch(self, products: pd.DataFrame) -> None:
        """First deliveries of new products, last ones of those that then died or left."""
        rate = products["rate"].to_numpy(dtype=np.float64)
        new = np.flatnonzero((self._first >= 0) & ~self._draft)
        cover = self._lead[new] + self._parameters.review_cycle_days + 20
        self.arrivals[new, self._first[new]] += self._packs(new, rate[new] * cover)
        gone = np.flatnonzero(self._last < self._days)
        day = np.maximum(self._last[gone] - 10, 0)
        self.arrivals[gone, day] += self._packs(gone, rate[gone] * DEAD_STOCK_DAYS + 8)

    def _packs(self, rows: Ints, wanted: Floats) -> Ints:
        pack = self._pack[rows]
        packs = np.ceil(np.maximum(wanted, self._least[rows]) / pack)
        whole: Ints = packs.astype(np.int64) * pack
        return whole

    def order(self, day: int, sold: Ints, position: Ints) -> Ints:
        """Units ordered on a day, after looking at stock and what is on its way."""
        placed = np.zeros(self._count, dtype=np.int64)
        turn = (day + self._turn) % self._parameters.review_cycle_days == 0
        open_for = (day >= self._first) & (day < self._last - 20) & ~self._once
        rows = np.flatnonzero(turn & open_for & (day >= 14))
        if len(rows):
            up_to = self._wanted(rows, day, sold)
            need = up_to - position[rows]
            due = (need > 0) & (need >= 0.3 * up_to)
            self._place(rows[due], day, need[due], placed)
        if self._season_starts(day):
            rows = np.flatnonzero(self._once & (day < self._last))
            need = self._once_a_year(day)[rows] - position[rows]
            self._place(rows[need > 0], day, need[need > 0], placed, quick=True)
        return placed

    def _wanted(self, rows: Ints, day: int, sold: Ints) -> Floats:
        since = max(day + 1 - LOOK_BACK, 0)
        recent = sold[rows, since : day + 1].sum(axis=1) / (day + 1 - since)
        ahead = self._lead[rows] + self._parameters.review_cycle_days
        kind, season = self._kind[rows], self._season
        coming = (season[kind, day + ahead] - season[kind, day]) / ahead
        past = (season[kind, day + 1] - season[kind, since]) / (day + 1 - since)
        turn = np.clip(coming / np.maximum(past, 0.05), 0.3, 3.0)
        error = np.exp(self._rng.normal(0, self._parameters.forecast_error_sd, len(rows)))
        mean = recent * turn * error * ahead
        wanted: Floats = mean + self._parameters.service_factor * np.sqrt(2 * mean)
        return wanted

    def _season_starts(self, day: int) -> bool:
        today = self._calendar.dates[day].astype(object)
        return bool(today.month == SEASON_START and today.day == 1)

    def _once_a_year(self, day: int) -> Floats:
        """What the merchant believes a year will sell, which is far too much."""
        year = self._expected[:, day : day + 365]
        known = year.shape[1]
        share = (self._season[:, day + known] - self._season[:, day]) / np.maximum(
            self._season[:, day + 365] - self._season[:, day], 1e-9
        )
        total = year.sum(axis=1) / np.maximum(share[self._kind], 0.15)
        error = np.exp(self._rng.normal(0, self._parameters.forecast_error_sd, self._count))
        bought: Floats = total * error * self._parameters.jacket_overbuy
        return bought

    def _place(
        self, rows: Ints, day: int, need: Floats, placed: Ints, *, quick: bool = False
    ) -> None:
        if not len(rows):
            return
        quantity = self._packs(rows, need)
        lead = np.full(len(rows), 5) if quick else self._lead[rows]
        late = self._rng.random(len(rows)) < self._parameters.late_delivery_share
        delay = np.where(late & (not quick), np.ceil(lead * self._rng.uniform(0.2, 0.8)), 0)
        expected, received = day + lead, day + lead + delay.astype(np.int64)
        np.add.at(self.arrivals, (rows, received), quantity)
        placed[rows] += quantity
        self._rows.append((rows, quantity, day, expected, received))

    def purchases(self) -> pd.DataFrame:
        """Every order placed."""
        parts = [
            pd.DataFrame({"sku": rows, "quantity": quantity, "ordered": day, "expected": expected,
                          "received": received})
            for rows, quantity, day, expected, received in self._rows
        ]  # fmt: skip
        columns = ["sku", "quantity", "ordered", "expected", "received"]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
