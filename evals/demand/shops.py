"""The histories that forecasts are tried on: real sales, and made-up shops whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from evals.demand.cases import Sales
from evals.sample.bundle import Shop
from evals.sample.parameters import SampleParameters
from evals.sample_shop import make_shop

END = date(2026, 6, 20)
REGIMES = {
    "sample shop": SampleParameters(),
    "fast movers": replace(
        SampleParameters(), median_units_per_day=4.0, own_promotions_per_year=6.0
    ),
    "spare parts": replace(
        SampleParameters(), median_units_per_day=0.06, spread_of_units=1.2, noise_shape=1.0
    ),
}
"""Made-up shops: many small sellers, promoted grocery-like goods, intermittent ones."""
ENDS_APART = 120
"""Days between the ends of shops of one regime, so that no time of year stands for all."""
MIN_SAME_WORD = 12
SMALLEST = 10
"""Units that a real SKU sold at least."""


def made_up(name: str, *, seed: int, products: int, number: int = 0) -> Sales:
    """A sample shop of one regime with its true means; each number is another shop."""
    seed, end = seed + 100 * number, END - timedelta(days=ENDS_APART * number)
    shop = make_shop(REGIMES[name], seed, products, 730, end)
    days = pd.DatetimeIndex(shop.calendar.dates.astype("datetime64[ns]"))
    skus = shop.products["sku"]
    return Sales(
        name=name,
        panel=_panel(shop),
        categories=shop.products.set_index("sku")["category"],
        truth=pd.DataFrame(shop.trade.expected, index=skus, columns=days),
        asked=pd.DataFrame(shop.trade.asked, index=skus, columns=days),
        country="CN",
        prices_planned=True,
    )


def _panel(shop: Shop) -> pd.DataFrame:
    day = np.arange(shop.calendar.days)[None, :]
    first, last = (shop.products[name].to_numpy()[:, None] for name in ("first_day", "last_day"))
    row, column = np.nonzero((day >= first) & (day < np.maximum(last, first)))
    prices = shop.prices
    listed, paid = prices.listed[row, column], prices.paid[row, column]
    units = shop.trade.sold[row, column]
    return pd.DataFrame(
        {
            "sku": shop.products["sku"].to_numpy()[row],
            "date": shop.calendar.dates[column].astype("datetime64[ns]"),
            "units": units,
            "revenue_minor": units * paid,
            "list_price_minor": listed,
            "discount": 1 - paid / listed,
            "promo": paid < listed,
            "on_hand": shop.trade.on_hand[row, column],
            "competitor_price_minor": prices.rival[row, column],
            "signal_temperature": shop.drivers.temperature[column],
        }
    )


def online_retail(folder: Path, *, most: int) -> Sales:
    """The gift wholesaler by day; the last word of a description stands for its category."""
    raw = pd.read_csv(folder / "online_retail" / "online_retail.csv.gz", dtype={"StockCode": str})
    raw = raw[(raw["Quantity"] > 0) & (raw["UnitPrice"] > 0)]
    raw = raw[raw["StockCode"].str.match(r"^\d{5}")]
    raw["day"] = pd.to_datetime(raw["InvoiceDate"]).dt.normalize()
    raw["revenue"] = raw["Quantity"] * raw["UnitPrice"] * 100
    daily = raw.groupby(["StockCode", "day"]).agg(units=("Quantity", "sum"),
                                                  revenue=("revenue", "sum"))  # fmt: skip
    daily = daily.reset_index()
    sold = daily.groupby("StockCode")["units"].sum()
    skus = sold[sold >= SMALLEST].index
    if len(skus) > most:
        skus = pd.Index(sorted(skus, key=lambda sku: hash_of(str(sku))))[:most]
    daily = daily[daily["StockCode"].isin(skus)]
    panel = dense(daily.rename(columns={"StockCode": "sku", "day": "date",
                                        "revenue": "revenue_minor"}))  # fmt: skip
    words = raw.groupby("StockCode")["Description"].first().str.split().str[-1].reindex(skus)
    common = words.map(words.value_counts()) >= MIN_SAME_WORD
    categories = words.where(common, "OTHER").fillna("OTHER")
    return Sales("Online Retail", panel, categories, country="GB")


def hash_of(name: str) -> int:
    """A fixed shuffle of names."""
    import zlib

    return zlib.crc32(name.encode())


def dense(daily: pd.DataFrame) -> pd.DataFrame:
    """Rows for every day from a SKU's first sale to the end of the data, zero without sales."""
    days = pd.date_range(daily["date"].min(), daily["date"].max())
    wide = daily.pivot_table(index="sku", columns="date", values=["units", "revenue_minor"])
    parts = {
        name: pd.DataFrame(wide[name]).reindex(columns=days).fillna(0.0).to_numpy()
        for name in ("units", "revenue_minor")
    }
    row, column = np.nonzero(np.cumsum(parts["units"], axis=1) > 0)
    return pd.DataFrame(
        {
            "sku": wide.index.to_numpy().astype(str)[row],
            "date": days[column],
            "units": parts["units"][row, column],
            "revenue_minor": parts["revenue_minor"][row, column],
        }
    )


def dominicks(folder: Path) -> Sales:
    """Weekly sales of UPCs in all stores, dealt evenly to days; price and promotion known."""
    raw = pd.read_csv(folder / "dominicks" / "store_week.csv.gz")
    raw = raw[(raw["OK"] == 1) & (raw["PRICE"] > 0) & (raw["QTY"] > 0)]
    raw["price"] = raw["PRICE"] / raw["QTY"] * 100
    raw["revenue"] = raw["price"] * raw["MOVE"]
    raw["promoted"] = raw["SALE"].notna() * raw["MOVE"]
    weekly = raw.groupby(["UPC", "WEEK"]).agg(
        units=("MOVE", "sum"), revenue=("revenue", "sum"), promoted=("promoted", "sum"),
        price=("price", "mean"),
    ).reset_index()  # fmt: skip
    weekly["price"] = (weekly["revenue"] / weekly["units"]).where(weekly["units"] > 0,
                                                                   weekly["price"])  # fmt: skip
    parts = [_weeks(weekly[weekly["UPC"] == upc]) for upc in sorted(weekly["UPC"].unique())]
    weeks = pd.concat(parts, ignore_index=True)
    weeks = weeks[weeks["WEEK"] > weeks["WEEK"].max() - 156]
    daily = weeks.loc[weeks.index.repeat(7)].reset_index(drop=True)
    offset = np.tile(np.arange(7), len(weeks))
    daily["date"] = (pd.Timestamp("1989-09-14")
                     + pd.to_timedelta((daily["WEEK"] - 1) * 7 + offset, unit="D"))  # fmt: skip
    panel = pd.DataFrame(
        {
            "sku": daily["UPC"].astype(str),
            "date": daily["date"],
            "units": daily["units"] / 7,
            "revenue_minor": daily["revenue"] / 7,
            "list_price_minor": daily["usual"],
            "discount": (1 - daily["price"] / daily["usual"]).clip(0, 0.9),
            "promo": daily["promo"],
        }
    )
    named = raw.groupby(raw["UPC"].astype(str))["CATEGORY"].first()
    return Sales("Dominick's", panel, named, country="US", prices_planned=True, period=7)


def _weeks(rows: pd.DataFrame) -> pd.DataFrame:
    """One UPC's weeks without holes; its usual price is the median of the quarter's weeks
    without promotion, or the price itself where that is higher."""
    full = rows.set_index("WEEK").reindex(range(rows["WEEK"].min(), rows["WEEK"].max() + 1))
    full["UPC"] = rows["UPC"].iloc[0]
    for name in ("units", "revenue", "promoted"):
        full[name] = full[name].fillna(0.0)
    full["promo"] = full["promoted"] > 0.5 * full["units"].clip(lower=1e-9)
    full["price"] = full["price"].ffill()
    plain = full["price"].where(~full["promo"])
    usual = plain.rolling(13, min_periods=1).median().ffill().fillna(full["price"])
    full["usual"] = np.maximum(usual, full["price"])
    return full.reset_index()
