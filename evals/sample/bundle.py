"""Writes the sample shop as a tidy bundle: CSV files in UTF-8, prices in yuan, times with zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evals.sample.campaigns import Campaigns
from evals.sample.drivers import Drivers
from evals.sample.orders import GUEST, Orders
from evals.sample.parameters import Calendar, SampleParameters
from evals.sample.prices import Prices
from evals.sample.stock import Trade

Ints = npt.NDArray[np.int64]
CLOSING = 23 * 3600 + 50 * 60
"""Second of the day at which stock is counted."""


@dataclass(frozen=True)
class Shop:
    """Everything that was made up."""

    parameters: SampleParameters
    calendar: Calendar
    products: pd.DataFrame
    customers: pd.DataFrame
    drivers: Drivers
    prices: Prices
    trade: Trade
    orders: Orders
    campaigns: Campaigns
    returns: pd.DataFrame
    reviews: pd.DataFrame


def write_bundle(shop: Shop, folder: Path) -> dict[str, int]:
    """Write every file and return its number of rows."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "products": _products,
        "suppliers": _suppliers,
        "customers": _customers,
        "orders": _orders,
        "returns": _returns,
        "prices": _prices,
        "costs": _costs,
        "stock": _stock,
        "purchase_orders": _purchase_orders,
        "campaigns": _campaigns,
        "campaign_events": _campaign_events,
        "competitor_prices": _competitor_prices,
        "reviews": _reviews,
        "signals": _signals,
    }
    return {name: _write(folder / f"{name}.csv", make(shop)) for name, make in tables.items()}


def _write(path: Path, columns: Mapping[str, Any]) -> int:
    import pyarrow as pa
    from pyarrow import csv

    table = pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})
    csv.write_csv(table, path, csv.WriteOptions(quoting_style="needed"))
    return int(table.num_rows)


def _days(shop: Shop, day: Any) -> npt.NDArray[np.str_]:
    """Dates of day numbers, also outside the history."""
    numbers = np.asarray(day, dtype=np.int64).astype("timedelta64[D]")
    return np.datetime_as_string(np.datetime64(shop.calendar.first) + numbers)


def _moments(shop: Shop, day: Any, second: Any = 0) -> npt.NDArray[np.str_]:
    """ISO 8601 moments in the shop's time zone; each different one is written out once."""
    seconds = np.asarray(day, dtype=np.int64) * 86_400 + np.asarray(second, dtype=np.int64)
    different, place = np.unique(seconds, return_inverse=True)
    start = np.datetime64(shop.calendar.first).astype("datetime64[s]")
    text = np.datetime_as_string(start + different.astype("timedelta64[s]"))
    return np.char.add(text, shop.parameters.utc_offset)[place]


def _yuan(minor: Any) -> npt.NDArray[np.float64]:
    return np.round(np.asarray(minor, dtype=np.float64)) / 100


def _skus(shop: Shop, row: Any) -> npt.NDArray[np.object_]:
    return shop.products["sku"].to_numpy(dtype=object)[np.asarray(row, dtype=np.int64)]


def _who(shop: Shop, customer: Any) -> npt.NDArray[np.object_]:
    number = np.asarray(customer, dtype=np.int64)
    named = shop.customers["customer_id"].to_numpy(dtype=object)[np.maximum(number, 0)]
    return _where(number != GUEST, named)


def _where(known: npt.NDArray[np.bool_], values: Any) -> npt.NDArray[np.object_]:
    """Values as objects, None where unknown."""
    made = np.asarray(values).astype(object)
    made[~known] = None
    return made


def _order_ids(order: Any) -> npt.NDArray[np.str_]:
    return np.char.add("SO-", np.char.zfill(np.asarray(order).astype(str), 7))


def _products(shop: Shop) -> dict[str, Any]:
    rows = shop.products
    known = rows["cost_known"].to_numpy()
    first = np.minimum(rows["first_day"].to_numpy(), shop.calendar.days - 1)
    return {
        "sku": rows["sku"],
        "title": rows["title"],
        "description": rows["description"],
        "category": rows["category"],
        "brand": rows["brand"],
        "tags": rows["tags"],
        "cost": np.where(known, _yuan(shop.prices.cost[:, -1]), np.nan),
        "price": _yuan(shop.prices.listed[:, -1]),
        "currency": [shop.parameters.currency] * len(rows),
        "supplier": rows["supplier"],
        "lead_time_days": rows["lead_time_days"],
        "map_price": np.where(rows["map_price_minor"] > 0, _yuan(rows["map_price_minor"]), np.nan),
        "min_order": rows["min_order"],
        "case_pack": rows["case_pack"],
        "status": rows["status"],
        "first_seen": _days(shop, first),
        "style": rows["style"],
        "material": rows["material"],
        "colour": rows["colour"],
        "size": rows["size"],
    }


def _suppliers(shop: Shop) -> dict[str, Any]:
    lead = shop.products.groupby("supplier")["lead_time_days"]
    mean = lead.mean()
    late = shop.parameters.late_delivery_share * 0.5
    return {
        "supplier": mean.index,
        "name": mean.index,
        "lead_time_days": mean.round(1).to_numpy(),
        "lead_time_std_days": (mean * late + lead.std().fillna(1.0)).round(1).to_numpy(),
    }


def _customers(shop: Shop) -> dict[str, Any]:
    rows = shop.customers
    return {
        "customer_id": rows["customer_id"],
        "country": rows["country"],
        "consent_marketing": rows["consent"],
        "first_seen": _days(shop, rows["from_day"]),
    }


def _orders(shop: Shop) -> dict[str, Any]:
    lines, orders = shop.orders.lines, shop.orders.orders
    order = lines["order"].to_numpy()
    sku, day = lines["sku"].to_numpy(), lines["day"].to_numpy()
    listed, paid = shop.prices.listed[sku, day], shop.prices.paid[sku, day]
    quantity = lines["quantity"].to_numpy()
    return {
        "order_id": _order_ids(order),
        "line_id": lines.groupby("order").cumcount().to_numpy() + 1,
        "sku": _skus(shop, sku),
        "quantity": quantity,
        "unit_price": _yuan(listed),
        "discount": _yuan((listed - paid) * quantity),
        "ordered_at": _moments(shop, day, orders["second"].to_numpy()[order]),
        "customer_id": _who(shop, orders["customer"].to_numpy()[order]),
        "country": _countries(shop, orders["customer"].to_numpy()[order]),
        "channel": orders["channel"].to_numpy()[order],
    }


def _countries(shop: Shop, customer: Ints) -> npt.NDArray[np.object_]:
    named = shop.customers["country"].to_numpy(dtype=object)[np.maximum(customer, 0)]
    return np.where(customer == GUEST, shop.parameters.country, named)


def _returns(shop: Shop) -> dict[str, Any]:
    rows = shop.returns
    lines = shop.orders.lines.iloc[rows["line"]]
    order = lines["order"].to_numpy()
    return {
        "return_id": np.char.add("RT-", np.char.zfill(np.arange(1, len(rows) + 1).astype(str), 6)),
        "line_id": np.ones(len(rows), dtype=np.int64),
        "order_id": _order_ids(order),
        "sku": _skus(shop, lines["sku"]),
        "customer_id": _who(shop, shop.orders.orders["customer"].to_numpy()[order]),
        "quantity": rows["quantity"],
        "refund": _yuan(rows["refund_minor"]),
        "returned_at": _moments(shop, rows["day"], 15 * 3600),
    }


def _moves(values: npt.NDArray[Any], starts: Ints) -> tuple[Ints, Ints]:
    """Rows and days at which a value is new; a SKU's first day always counts."""
    new = np.ones(values.shape, dtype=bool)
    new[:, 1:] = values[:, 1:] != values[:, :-1]
    day = np.arange(values.shape[1])[None, :]
    first = np.clip(starts, 0, values.shape[1] - 1)[:, None]
    row, at = np.nonzero((new & (day > first)) | (day == first))
    return row, at


def _starts(shop: Shop) -> Ints:
    return shop.products["first_day"].to_numpy(dtype=np.int64)


def _prices(shop: Shop) -> dict[str, Any]:
    row, day = _moves(shop.prices.listed, _starts(shop))
    offers = shop.prices.promotions
    start = np.r_[day, offers["first"].to_numpy(dtype=np.int64)]
    minor = np.r_[shop.prices.listed[row, day], offers["price_minor"].to_numpy(dtype=np.float64)]
    ends = _moments(shop, offers["last"].to_numpy(dtype=np.int64) + 1).astype(object)
    return {
        "sku": _skus(shop, np.r_[row, offers["sku"].to_numpy(dtype=np.int64)]),
        "price": _yuan(minor),
        "from": _moments(shop, start),
        "to": np.r_[np.full(len(row), None, dtype=object), ends],
        "kind": np.repeat(["list", "promotion"], [len(row), len(offers)]),
    }


def _costs(shop: Shop) -> dict[str, Any]:
    row, day = _moves(shop.prices.cost, _starts(shop))
    known = shop.products["cost_known"].to_numpy()[row]
    row, day = row[known], day[known]
    return {
        "sku": _skus(shop, row),
        "cost": _yuan(shop.prices.cost[row, day]),
        "from": _moments(shop, day),
    }


def _stock(shop: Shop) -> dict[str, Any]:
    """Counts at closing time, where something changed and on the last day."""
    both = shop.trade.on_hand * 1_000_000.0 + shop.trade.inbound
    row, day = _moves(both, _starts(shop))
    last = shop.calendar.days - 1
    missing = np.setdiff1d(np.arange(len(both)), row[day == last])
    row, day = np.r_[row, missing], np.r_[day, np.full(len(missing), last)]
    return {
        "sku": _skus(shop, row),
        "on_hand": shop.trade.on_hand[row, day],
        "inbound": shop.trade.inbound[row, day],
        "at": _moments(shop, day, CLOSING),
    }


def _purchase_orders(shop: Shop) -> dict[str, Any]:
    rows = shop.trade.purchases.sort_values(["ordered", "sku"], kind="stable")
    sku = rows["sku"].to_numpy(dtype=np.int64)
    ordered = rows["ordered"].to_numpy(dtype=np.int64)
    received = rows["received"].to_numpy(dtype=np.int64)
    came = _moments(shop, received, 9 * 3600)
    known = shop.products["cost_known"].to_numpy()[sku]
    return {
        "purchase_order_id": np.char.add(
            "PO-", np.char.zfill(np.arange(1, len(rows) + 1).astype(str), 6)
        ),
        "sku": _skus(shop, sku),
        "supplier": shop.products["supplier"].to_numpy(dtype=object)[sku],
        "quantity": rows["quantity"],
        "unit_cost": np.where(known, _yuan(shop.prices.cost[sku, ordered]), np.nan),
        "ordered_at": _moments(shop, ordered, 17 * 3600),
        "expected_at": _moments(shop, rows["expected"], 9 * 3600),
        "received_at": _where(received < shop.calendar.days, came),
    }


def _campaigns(shop: Shop) -> dict[str, Any]:
    rows = shop.campaigns.campaigns
    return {
        "campaign_id": rows["campaign_id"],
        "name": rows["name"],
        "segment": rows["segment"],
        "channel": rows["channel"],
        "starts_at": _moments(shop, rows["day"], 10 * 3600),
        "cost": rows["cost"].astype("float64"),
        "hold_out": rows["hold_out"].astype("float64"),
        "audience": rows["audience"],
    }


def _campaign_events(shop: Shop) -> dict[str, Any]:
    rows = shop.campaigns.events
    return {
        "campaign_id": rows["campaign_id"],
        "customer_id": _who(shop, rows["customer"]),
        "event": rows["event"],
        "at": _moments(shop, rows["day"], rows["second"]),
    }


def _competitor_prices(shop: Shop) -> dict[str, Any]:
    rows = shop.prices.rivals
    return {
        "sku": _skus(shop, rows["sku"]),
        "competitor": rows["competitor"],
        "price": _yuan(rows["price_minor"]),
        "at": _moments(shop, rows["day"], 8 * 3600),
    }


def _reviews(shop: Shop) -> dict[str, Any]:
    rows = shop.reviews
    return {
        "review_id": np.char.add("RV-", np.char.zfill(np.arange(1, len(rows) + 1).astype(str), 6)),
        "sku": _skus(shop, rows["sku"]),
        "customer_id": _who(shop, rows["customer"]),
        "rating": rows["rating"],
        "title": rows["title"],
        "body": rows["body"],
        "at": _moments(shop, rows["day"], 20 * 3600),
    }


def _signals(shop: Shop) -> dict[str, Any]:
    days = np.arange(shop.calendar.days)
    return {
        "name": ["temperature"] * len(days),
        "at": _moments(shop, days, 12 * 3600),
        "value": np.round(shop.drivers.temperature, 1),
    }
