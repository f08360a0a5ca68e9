"""The dense daily panel: sums of each day, and what held on it, filled in from the days before.

Worked out on matrices, one row a SKU and one column a day, so that 10,000 SKUs over two years
take about a second a few columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.errors import FactsError
from ecomagent.store.facts.files import Tables

COLUMNS = (
    "units", "returns", "revenue_minor", "refund_minor", "paid_price_minor", "list_price_minor",
    "cost_minor", "discount", "on_hand", "promo", "competitor_price_minor",
)  # fmt: skip
SIGNAL = "signal_"
Matrix = npt.NDArray[Any]

_SUMS = """
SELECT code, CAST(date - $start AS INTEGER) AS day, CAST({column} AS DOUBLE) AS value
FROM panel JOIN wanted USING (sku) WHERE date >= $start AND date < $today
"""
_STATES = """
SELECT code, greatest(CAST(date - $start AS INTEGER), 0) AS day,
       CAST(arg_max({column}, moment) AS DOUBLE) AS value
FROM {table} JOIN wanted USING (sku) WHERE date < $today {only} GROUP BY ALL
"""
_PROMOTIONS = """
SELECT code, greatest(CAST(date - $start AS INTEGER), 0) AS first,
       CAST(least(coalesce(until_on, $today), $today - 1) - $start AS INTEGER) AS last,
       CAST(price_minor AS DOUBLE) AS price
FROM (
  SELECT sku, date, until_on, price_minor FROM promotions
  UNION ALL SELECT sku, date, until_on, price_minor FROM prices WHERE kind = 'promotion'
) JOIN wanted USING (sku)
WHERE date < $today AND (until_on IS NULL OR until_on >= greatest(date, $start))
"""
_RIVALS = """
SELECT dense_rank() OVER (ORDER BY competitor) - 1 AS rival, code,
       CAST(date - $start AS INTEGER) AS day, CAST(arg_max(price_minor, moment) AS DOUBLE) AS value
FROM competitor_prices JOIN wanted USING (sku)
WHERE date < $today AND date >= $start - CAST($age AS INTEGER)
GROUP BY competitor, code, date
"""
_SIGNAL = """
SELECT CAST(date - $start AS INTEGER) AS day, avg(value) AS value
FROM signals WHERE name = $name AND date >= $start AND date < $today GROUP BY ALL
"""


def dense_panel(
    tables: Tables,
    spans: pd.DataFrame,
    *,
    today: date,
    since: date | None,
    columns: Sequence[str] | None,
    competitor_days: int,
) -> pd.DataFrame:
    """Daily rows of the SKUs in ``spans`` (``sku, first_seen``, sorted) up to the day before.

    Raises:
        FactsError: There is no such column.
    """
    wanted = list(dict.fromkeys(columns if columns is not None else COLUMNS))
    for name in wanted:
        if name not in COLUMNS and not name.startswith(SIGNAL):
            raise FactsError(
                f"the panel has no column “{name}”",
                remedy=f"Choose from {', '.join(COLUMNS)} and {SIGNAL}<name>.",
            )
    begins = spans["first_seen"].dt.date
    if since is not None:
        begins = begins.clip(lower=since)
    spans = spans[begins < today]
    begins = begins[begins < today]
    start = min(begins, default=today)
    first = np.array([(day - start).days for day in begins], dtype=np.int64)
    grid = _Grid(tables, spans["sku"].to_numpy(dtype=str), first, start, today, competitor_days)
    return grid.frame(wanted)


@dataclass(frozen=True)
class _Grid:
    """SKUs by days; ``first`` is each SKU's first column."""

    tables: Tables
    skus: Matrix
    first: Matrix
    start: date
    today: date
    competitor_days: int

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.skus), (self.today - self.start).days

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        """The wanted columns, one row a SKU and day."""
        rows, days = self.shape
        kept = None if not self.first.any() else np.arange(days) >= self.first[:, None]
        counts = days - self.first

        def flat(matrix: Matrix) -> Matrix:
            spread = np.broadcast_to(matrix, (rows, days))
            return spread.reshape(-1) if kept is None else spread[kept]

        codes = np.repeat(np.arange(rows, dtype=np.int32), counts)
        calendar = np.datetime64(self.start, "D") + np.arange(days)
        made: dict[str, Any] = {
            "sku": pd.Categorical.from_codes(
                codes,  # type: ignore[arg-type]
                categories=pd.Index(self.skus, dtype=object),
            ),
            "date": flat(calendar.astype("datetime64[ns]")),
        }
        shared: dict[str, Matrix] = {}
        for name in columns:
            made[name] = flat(self._column(name, shared))
        return pd.DataFrame(made, copy=False)

    def _column(self, name: str, shared: dict[str, Matrix]) -> Matrix:
        if name.startswith(SIGNAL):
            return self._signal(name.removeprefix(SIGNAL))
        return _MADE[name](self, shared)

    def once(self, name: str, shared: dict[str, Matrix], make: Callable[[], Matrix]) -> Matrix:
        """A matrix that several columns are made from."""
        if name not in shared:
            shared[name] = make()
        return shared[name]

    def _ask(self, sql: str, **values: Any) -> dict[str, Any]:
        wanted = pd.DataFrame(
            {"sku": pd.Series(self.skus, dtype=object), "code": np.arange(len(self.skus))}
        )
        return self.tables.columns(
            sql, {"start": self.start, "today": self.today} | values, frames={"wanted": wanted}
        )

    def sums(self, column: str, kind: type[Any]) -> Matrix:
        """What was sold or returned each day."""
        found = self._ask(_SUMS.format(column=column))
        matrix = np.zeros(self.shape, dtype=kind)
        matrix[found["code"], found["day"]] = found["value"]
        return matrix

    def states(self, table: str, column: str, kind: type[Any], only: str = "") -> Matrix:
        """What held at the end of each day; NaN before it was first known."""
        found = self._ask(_STATES.format(table=table, column=column, only=only))
        matrix = np.full(self.shape, np.nan, dtype=kind)
        matrix[found["code"], found["day"]] = found["value"]
        return _carried_on(matrix)

    def promotions(self) -> Matrix:
        """Lowest promotion price of each day; infinite on days without one."""
        found = self._ask(_PROMOTIONS)
        matrix = np.full(self.shape, np.inf)
        length = found["last"] - found["first"] + 1
        row = np.repeat(found["code"], length)
        offset = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length)
        day = np.repeat(found["first"], length) + offset
        np.minimum.at(matrix, (row, day), np.repeat(found["price"], length))
        return matrix

    def rivals(self) -> Matrix:
        """Lowest of each competitor's latest price, while that is recent; NaN without any."""
        found = self._ask(_RIVALS, age=self.competitor_days)
        lowest = np.full(self.shape, np.inf)
        margin = self.competitor_days
        for rival in np.unique(found["rival"]):
            of = found["rival"] == rival
            rows, place = np.unique(found["code"][of], return_inverse=True)
            seen = np.full((len(rows), self.shape[1] + margin), np.nan)
            seen[place, found["day"][of] + margin] = found["value"][of]
            price = _carried_on(seen, at_most=margin)[:, margin:]
            lowest[rows] = np.fmin(lowest[rows], price)
        return np.where(np.isinf(lowest), np.nan, lowest)

    def _signal(self, name: str) -> Matrix:
        found = self.tables.columns(
            _SIGNAL, {"start": self.start, "today": self.today, "name": name}
        )
        line = np.full(self.shape[1], np.nan)
        line[found["day"]] = found["value"]
        return line


def _carried_on(matrix: Matrix, at_most: int | None = None) -> Matrix:
    """Each row's last known value carried on to the right, for so many days at most."""
    days = np.arange(matrix.shape[1], dtype=np.int32)
    last = np.where(np.isnan(matrix), np.int32(-1), days)
    np.maximum.accumulate(last, axis=1, out=last)
    filled = np.take_along_axis(matrix, np.maximum(last, 0), axis=1)
    if at_most is not None:
        filled[days - last > at_most] = np.nan
    return filled


def _units(grid: _Grid, shared: dict[str, Matrix]) -> Matrix:
    return grid.once("units", shared, lambda: grid.sums("units", np.int32))


def _revenue(grid: _Grid, shared: dict[str, Matrix]) -> Matrix:
    return grid.once("revenue", shared, lambda: grid.sums("revenue_minor", np.float64))


def _list_price(grid: _Grid, shared: dict[str, Matrix]) -> Matrix:
    return grid.once(
        "list",
        shared,
        lambda: grid.states("prices", "price_minor", np.float64, "AND kind = 'list'"),
    )


def _promoted(grid: _Grid, shared: dict[str, Matrix]) -> Matrix:
    return grid.once("promotions", shared, grid.promotions)


def _paid_price(grid: _Grid, shared: dict[str, Matrix]) -> Matrix:
    units, revenue = _units(grid, shared), _revenue(grid, shared)
    paid = np.full(grid.shape, np.nan)
    np.divide(revenue, units, out=paid, where=units > 0)
    return paid


def _discount(grid: _Grid, shared: dict[str, Matrix]) -> Matrix:
    """Fraction off the list price; off the line's own price where no list price is known."""
    units, revenue = _units(grid, shared), _revenue(grid, shared)
    listed, promoted = _list_price(grid, shared), _promoted(grid, shared)
    off = grid.sums("discount_minor", np.float64)
    share = np.zeros(grid.shape, dtype=np.float32)
    sold = (units > 0) & (listed > 0)
    np.divide(units * listed - revenue, units * listed, out=share, where=sold)
    np.divide(off, revenue + off, out=share, where=(units > 0) & ~sold & (revenue + off > 0))
    idle = (units <= 0) & np.isfinite(promoted) & (listed > 0)
    np.divide(listed - promoted, listed, out=share, where=idle)
    return np.clip(share, 0, 1)


_MADE: dict[str, Callable[[_Grid, dict[str, Matrix]], Matrix]] = {
    "units": _units,
    "returns": lambda grid, _: grid.sums("returns", np.int32),
    "revenue_minor": _revenue,
    "refund_minor": lambda grid, _: grid.sums("refund_minor", np.float64),
    "paid_price_minor": _paid_price,
    "list_price_minor": _list_price,
    "cost_minor": lambda grid, _: grid.states("costs", "cost_minor", np.float64),
    "discount": _discount,
    "on_hand": lambda grid, _: grid.states("stock", "on_hand", np.float32),
    "promo": lambda grid, shared: np.isfinite(_promoted(grid, shared)),
    "competitor_price_minor": lambda grid, _: grid.rivals(),
}
