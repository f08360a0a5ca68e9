"""Everything a demand model may look at, as matrices: history, then the days to forecast."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.history import History, Mask, Matrix
from tools.seasons import Seasons

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

COLUMNS = (
    "on_hand", "promo", "discount", "list_price_minor", "competitor_price_minor", "returns",
    "rating",
)  # fmt: skip
SIGNAL = "signal_"


@dataclass(frozen=True)
class DemandInputs:
    """Rows are SKUs, columns days; the last ``ahead`` columns are the days to forecast.

    Attributes:
        units: Demand seen, huge days cut down; NaN where unknown.
        valid: Days that say something about demand.
        plain: Of those, the ones that make the level: without promotions where enough are.
        price: Asking price, relative units; NaN where unknown.
        discount: Fraction off the list price.
        promo: 1 on promotion days, else 0.
        sold_out: Days without stock.
        factor: Seasonal factor of each group and day.
        group: Row of ``factor`` of each SKU.
        category: Number of each SKU's category.
        calendar: Name to one figure a day.
        dates: Day of each column.
        known: Number of columns that are history.
        extra: Further matrices of history: ``returns``, ``rival``, ``rating``.
        signals: Name to one figure a day of history.
        neighbours: Row, column and weight of related SKUs; None without a graph.
        ends: Column of the first day after each SKU's season (NaN: none); None for all.
    """

    units: Matrix = field(repr=False)
    valid: Mask = field(repr=False)
    plain: Mask = field(repr=False)
    price: Singles = field(repr=False)
    discount: Singles = field(repr=False)
    promo: Singles = field(repr=False)
    sold_out: Mask = field(repr=False)
    factor: Singles = field(repr=False)
    group: npt.NDArray[np.int64] = field(repr=False)
    category: npt.NDArray[np.int64] = field(repr=False)
    calendar: dict[str, Floats] = field(repr=False)
    dates: npt.NDArray[np.datetime64] = field(repr=False)
    known: int
    extra: dict[str, Matrix] = field(default_factory=dict, repr=False)
    signals: dict[str, Floats] = field(default_factory=dict, repr=False)
    neighbours: tuple[npt.NDArray[Any], npt.NDArray[Any], Floats] | None = field(
        default=None, repr=False
    )
    ends: Floats | None = field(default=None, repr=False)

    @property
    def ahead(self) -> int:
        """Days to forecast."""
        return len(self.dates) - self.known


@dataclass(frozen=True)
class Path:
    """Prices and promotions of the days to forecast; matrices SKUs × days."""

    price: Singles
    discount: Singles
    promo: Singles


def counted_days(history: History) -> Mask:
    """Days on sale and in stock; without promotions where most days remain."""
    valid = history.sold_freely()
    promo = history.column("promo")
    if promo is None:
        return valid
    plain_days = valid & ~(np.nan_to_num(promo) > 0)
    enough = plain_days[:, -182:].sum(axis=1) * 2 > valid[:, -182:].sum(axis=1)
    return np.where(enough[:, None], plain_days, valid)


def inputs_of(
    history: History,
    seasons: Seasons,
    *,
    ahead: int,
    category: npt.NDArray[np.int64],
    calendar: dict[str, Floats],
    path: Path | None = None,
    signals: dict[str, Floats] | None = None,
    neighbours: tuple[npt.NDArray[Any], npt.NDArray[Any], Floats] | None = None,
    ends: Floats | None = None,
) -> DemandInputs:
    """Matrices of history with the days to forecast behind it.

    Without a path, the days ahead are at the last list price and without promotion.
    """
    dates = history.last_day + np.arange(1 - history.days, ahead + 1).astype("timedelta64[D]")
    listed, discount, promo = _price_history(history)
    ahead_path = path or usual_path(history, ahead)
    with np.errstate(invalid="ignore"):
        sold_out = np.nan_to_num(history.values.get("on_hand", np.float32(1)), nan=1) <= 0
    sold_out = np.broadcast_to(sold_out, history.values["units"].shape)
    extra = {new: history.values[old] for old, new in
             (("competitor_price_minor", "rival"), ("returns", "returns"), ("rating", "rating"))
             if old in history.values}  # fmt: skip
    return DemandInputs(
        units=history.without_bulk().values["units"].clip(0),
        valid=history.sold_freely(),
        plain=counted_days(history),
        price=np.hstack([listed * (1 - discount), ahead_path.price]),
        discount=np.hstack([discount, ahead_path.discount]),
        promo=np.hstack([promo, ahead_path.promo]),
        sold_out=sold_out,
        factor=seasons.factors(dates).astype(np.float32),
        group=seasons.group,
        category=category,
        calendar=calendar,
        dates=dates,
        known=history.days,
        extra=extra,
        signals=signals or {},
        neighbours=neighbours,
        ends=ends,
    )


def _price_history(history: History) -> tuple[Singles, Singles, Singles]:
    shape = history.values["units"].shape
    nothing = np.zeros(shape, dtype=np.float32)
    listed = history.values.get("list_price_minor", np.full(shape, np.nan, dtype=np.float32))
    listed = np.where(listed > 0, listed, np.nan).astype(np.float32)
    discount = np.nan_to_num(history.values.get("discount", nothing)).clip(0, 0.95)
    promo = (np.nan_to_num(history.values.get("promo", nothing)) > 0).astype(np.float32)
    return listed, discount.astype(np.float32), promo


def usual_path(history: History, ahead: int) -> Path:
    """The last list price, kept, without promotion."""
    listed = _price_history(history)[0]
    last = listed[:, -1:] if listed.shape[1] else listed
    price = np.repeat(last, ahead, axis=1)
    nothing = np.zeros_like(price)
    return Path(price, nothing, nothing)


def path_of(future: pd.DataFrame, history: History, start: np.datetime64, ahead: int) -> Path:
    """Planned prices and promotions; what is not named stays at the last list price.

    Args:
        future: Columns ``sku``, ``date`` and any of ``list_price_minor``, ``discount``, ``promo``.
        history: What is known.
        start: First day of the path.
        ahead: Its length.
    """
    usual = usual_path(history, ahead)
    row = pd.Series(np.arange(len(history.skus)), index=history.skus)
    place = row.reindex(future["sku"].astype(str)).to_numpy()
    day = (future["date"].to_numpy().astype("datetime64[D]") - start).astype(np.int64)
    keep = np.isfinite(place) & (day >= 0) & (day < ahead)
    at = (place[keep].astype(np.int64), day[keep])
    price, discount, promo = usual.price.copy(), usual.discount.copy(), usual.promo.copy()
    for name, matrix in (("list_price_minor", price), ("discount", discount), ("promo", promo)):
        if name in future:
            values = future[name].to_numpy(dtype=np.float32, na_value=np.nan)[keep]
            good = np.isfinite(values) & (values > 0 if name == "list_price_minor" else True)
            matrix[at[0][good], at[1][good]] = values[good]
    return Path(price * (1 - discount.clip(0, 0.95)), discount.clip(0, 0.95), promo)
