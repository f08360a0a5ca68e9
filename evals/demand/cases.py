"""Sales histories cut at a day: what is known before it, and what then sold."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
PATH_COLUMNS = ("list_price_minor", "promo", "discount")
"""Columns of the panel that a merchant decides beforehand."""


@dataclass(frozen=True)
class Sales:
    """A whole history, from which cases are cut.

    Attributes:
        name: What it is.
        panel: Rows ``sku, date, units, …``, each SKU from its first day on.
        categories: Category path by SKU.
        truth: True mean of demand, SKU × date, where it is known.
        asked: Units customers wanted, SKU × date, in stock or not, where it is known.
        country: Of the shop.
        prices_planned: Whether prices and promotions were the merchant's own decision, so that
            a forecast may be told them.
        period: Days that one observation covers: 1, or 7 where days were dealt from weeks.
    """

    name: str
    panel: pd.DataFrame = field(repr=False)
    categories: pd.Series = field(repr=False)
    truth: pd.DataFrame | None = field(default=None, repr=False)
    asked: pd.DataFrame | None = field(default=None, repr=False)
    country: str = ""
    prices_planned: bool = False
    period: int = 1

    @property
    def last_day(self) -> date:
        """Day of the last row."""
        day: date = self.panel["date"].max().date()
        return day

    def cut(self, start: date, horizon_days: int) -> Case:
        """What was known before ``start`` and what happened from then on."""
        first, end = pd.Timestamp(start), pd.Timestamp(start + timedelta(days=horizon_days))
        known = self.panel[self.panel["date"] < first]
        sold = known.groupby("sku", observed=True)["units"].sum()
        skus = sorted(str(sku) for sku in sold.index[sold > 0])
        known = known[known["sku"].isin(skus)]
        later = self.panel[(self.panel["date"] >= first) & (self.panel["date"] < end)]
        later = later[later["sku"].isin(skus)]
        days = pd.date_range(first, periods=horizon_days)
        units = later.assign(sku=later["sku"].astype(str)).pivot_table(
            index="sku", columns="date", values="units", aggfunc="sum"
        ).reindex(index=skus, columns=days)  # fmt: skip
        future = None
        if self.prices_planned:
            named = [name for name in PATH_COLUMNS if name in later]
            future = later[["sku", "date", *named]].reset_index(drop=True)
        truth = None if self.truth is None else self.truth.reindex(index=skus, columns=days)
        asked = None if self.asked is None else self.asked.reindex(index=skus, columns=days)
        free = _free(later, units)
        return Case(self, start, horizon_days, known, units, future, free, truth, asked)

    def cases(self, *, horizon_days: int, origins: int) -> list[Case]:
        """The latest starting days, one horizon apart, oldest first."""
        end = self.last_day + timedelta(days=1)
        starts = [end - timedelta(days=horizon_days * (k + 1)) for k in range(origins)]
        return [self.cut(start, horizon_days) for start in reversed(starts)]


@dataclass(frozen=True)
class Case:
    """One starting day.

    Attributes:
        sales: Where it was cut from.
        start: First day to forecast.
        horizon_days: How many.
        known: The panel before ``start``.
        actual: Units, SKU × day; NaN where the SKU was off sale.
        future: Prices and promotions of the horizon, where planned.
        free: Days on which the SKU was not sold out, SKU × day.
        truth: True mean of demand, where known.
        asked: Units customers wanted, where known.
    """

    sales: Sales
    start: date
    horizon_days: int
    known: pd.DataFrame = field(repr=False)
    actual: pd.DataFrame = field(repr=False)
    future: pd.DataFrame | None = field(repr=False)
    free: npt.NDArray[np.bool_] = field(repr=False)
    truth: pd.DataFrame | None = field(repr=False)
    asked: pd.DataFrame | None = field(repr=False)

    @property
    def wanted(self) -> Floats:
        """Units of demand by SKU over the horizon; what was sold where that is all one knows."""
        shown = self.actual if self.asked is None else self.asked.where(self.actual.notna())
        return np.asarray(np.nan_to_num(shown.to_numpy(dtype=np.float64)).sum(axis=1))

    def fair(self) -> npt.NDArray[np.bool_]:
        """SKUs on sale and without promotion all along, and in stock where only sales are known.

        Who would leave out what ran out would leave out what sold more than expected.
        """
        on_sale = self.actual.notna().to_numpy() if self.asked is not None else self.free
        in_stock = np.asarray(on_sale.all(axis=1))
        if self.future is None or "promo" not in self.future:
            return in_stock
        promoted = self.future.assign(sku=self.future["sku"].astype(str)).groupby("sku")["promo"]
        ever = promoted.max().reindex(self.skus).fillna(0).to_numpy(dtype=np.float64)
        return np.asarray(in_stock & (ever == 0))

    @property
    def skus(self) -> list[str]:
        """SKUs forecast, sorted."""
        return [str(sku) for sku in self.actual.index]


def _free(later: pd.DataFrame, units: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Days that tell of demand: on sale and not sold out all day."""
    free: npt.NDArray[np.bool_] = units.notna().to_numpy()
    if "on_hand" not in later:
        return free
    stock = later.assign(sku=later["sku"].astype(str)).pivot_table(
        index="sku", columns="date", values="on_hand", aggfunc="last"
    ).reindex(index=units.index, columns=units.columns).to_numpy()  # fmt: skip
    with np.errstate(invalid="ignore"):
        return free & ~((stock <= 0) & (units.to_numpy() <= 0))
