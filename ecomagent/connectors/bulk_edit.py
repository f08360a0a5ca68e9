"""The rows of bulk-edit files, one file a kind of change.

A Shopify import leaves columns that are not in the file alone and empties those that are there
but blank, so each file holds only what it changes. Variant columns need the options beside them,
or Shopify replaces the product's variants by a single new one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ecomagent.domain.action import ActionKind

PRICES = "prices.csv"
PROMOTIONS = "promotions.csv"
PROMOTIONS_END = "promotions-end-{day}.csv"
EXPERIMENT = "experiment-{day}.csv"
STATUSES = "status.csv"
NEW_PRODUCTS = "new-products.csv"
CONTENT = "content.csv"
BUNDLES = "bundles.csv"
PURCHASES = "purchase-orders.csv"
CAMPAIGNS = "campaigns.csv"
RECIPIENTS = "recipients-{campaign}.csv"
FOR_PEOPLE = (PURCHASES, CAMPAIGNS)
"""Lists that are read in a spreadsheet rather than uploaded."""


@dataclass(frozen=True)
class FileRow:
    """One row of one file."""

    file: str
    about: str
    """What it is about: a later row about the same corrects it."""
    values: Mapping[str, str]
    """Column to value; every row of a file has the same columns."""


def text_of(rows: Sequence[FileRow], *, header: bool = True) -> str:
    """Rows of one file as CSV: UTF-8, commas, line feeds, as Shopify asks."""
    columns = list(dict.fromkeys(column for row in rows for column in row.values))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if header:
        writer.writerow(columns)
    for row in rows:
        values = [row.values.get(column, "") for column in columns]
        writer.writerow([_inert(value) for value in values] if row.file in FOR_PEOPLE else values)
    return out.getvalue()


def _inert(value: str) -> str:
    """Text that a spreadsheet would run as a formula is kept text."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def rows_of(
    action: Mapping[str, Any], label: Mapping[str, Any], people: Mapping[str, str]
) -> tuple[FileRow, ...]:
    """The rows a written action stands in.

    Args:
        action: The action as JSON values.
        label: How its target is called (``ecomagent.store.local_shop.label``).
        people: Recipients of a campaign and their group.
    """
    after = action["after"]
    match ActionKind(action["kind"]):
        case ActionKind.SET_PRICE:
            return (_price(action["sku"], label),)
        case ActionKind.START_PROMOTION | ActionKind.END_PROMOTION:
            return _promotion(action, label)
        case ActionKind.START_EXPERIMENT:
            return _experiment(action, label)
        case ActionKind.LIST_PRODUCT if after.get("new"):
            return _new(action["product"], after["new"])
        case ActionKind.LIST_PRODUCT | ActionKind.DELIST_PRODUCT:
            values = {**_product(label), "Status": after["status"]}
            return (FileRow(STATUSES, action["product"], values),)
        case ActionKind.UPDATE_CONTENT:
            values = {
                "Handle": label["handle"],
                "Title": after["title"],
                "Body (HTML)": after["description"],
                "Tags": ", ".join(after["tags"]),
            }
            return (FileRow(CONTENT, action["product"], values),)
        case ActionKind.CREATE_BUNDLE:
            return (_bundle(action, label),)
        case ActionKind.REORDER:
            return (_purchase(action, label),)
        case ActionKind.SEND_CAMPAIGN:
            return _campaign(action, people)


def _product(label: Mapping[str, Any]) -> dict[str, str]:
    return {"Handle": label["handle"], "Title": label["title"]}


def _variant(sku: str, label: Mapping[str, Any]) -> dict[str, str]:
    options = {f"Option{n} {part}": "" for n in (1, 2, 3) for part in ("Name", "Value")}
    return {**_product(label), **options, **label["options"], "Variant SKU": sku}


def _price(sku: str, label: Mapping[str, Any]) -> FileRow:
    """A list price; while a promotion runs, it is what the lower price is compared with."""
    if label["pays"] != label["list_price"]:
        return _offer(PROMOTIONS, sku, label)
    return FileRow(PRICES, sku, {**_variant(sku, label), "Variant Price": label["list_price"]})


def _offer(file: str, sku: str, label: Mapping[str, Any], *, over: bool = False) -> FileRow:
    over = over or label["pays"] == label["list_price"]
    values = {
        **_variant(sku, label),
        "Variant Price": label["list_price"] if over else label["pays"],
        "Variant Compare At Price": "" if over else label["list_price"],
    }
    return FileRow(file, sku, values)


def _promotion(action: Mapping[str, Any], label: Mapping[str, Any]) -> tuple[FileRow, ...]:
    sku, now = action["sku"], _offer(PROMOTIONS, action["sku"], label)
    if action["ends_at"] is None:
        return (now,)
    day = f"{datetime.fromisoformat(action['ends_at']):%Y-%m-%d}"
    return now, _offer(PROMOTIONS_END.format(day=day), sku, label, over=True)


def _experiment(action: Mapping[str, Any], label: Mapping[str, Any]) -> tuple[FileRow, ...]:
    """One file a day on which the price changes; without a sale label, which would sell too."""
    sku, listed = action["sku"], action["before"]["price"]
    if action["after"]["status"] == "stopped":
        return (_price(sku, {**label, "pays": label["list_price"]}),)
    blocks = action["after"]["blocks"]
    prices = [(block["starts_at"], block["price"]) for block in blocks]
    prices.append((blocks[-1]["ends_at"], listed))
    rows, asked = [], listed
    for at, price in prices:
        if price != asked:
            # blocks begin at the shop's midnight: at noon it is the same day everywhere
            day = f"{datetime.fromisoformat(at) + timedelta(hours=12):%Y-%m-%d}"
            values = {
                **_variant(sku, label),
                "Variant Price": price,
                "Variant Compare At Price": "",
            }
            rows.append(FileRow(EXPERIMENT.format(day=day), sku, values))
        asked = price
    return tuple(rows)


def _bundle(action: Mapping[str, Any], label: Mapping[str, Any]) -> FileRow:
    after = action["after"]
    parts = ", ".join(f"{units} × {sku}" for sku, units in sorted(after["components"].items()))
    values = {
        "Handle": label["handle"],
        "Title": after["title"],
        "Body (HTML)": parts,
        "Option1 Name": "Title",
        "Option1 Value": "Default Title",
        "Variant SKU": action["sku"],
        "Variant Price": after["price"],
        "Status": after["status"],
    }
    return FileRow(BUNDLES, action["sku"], values)


def _new(product: str, new: Mapping[str, Any]) -> tuple[FileRow, ...]:
    """A product's first row, and its first order beside it."""
    values = {
        "Handle": product,
        "Title": new["title"],
        "Vendor": new["brand"],
        "Type": new["category"],
        "Option1 Name": "Title",
        "Option1 Value": "Default Title",
        "Variant SKU": new["sku"],
        "Variant Price": new["price"],
        "Cost per item": new["cost"],
        "Status": "active",
    }
    row = FileRow(NEW_PRODUCTS, product, values)
    if not new["first_order"]:
        return (row,)
    order = {
        "purchase_order_id": new["purchase_order_id"], "quantity": new["first_order"],
        "unit_cost": new["cost"], "supplier": new["supplier"],
        "cost_total": f"{new['first_order'] * Decimal(new['cost']):f}",
    }  # fmt: skip
    return row, _purchase({"sku": new["sku"], "after": order}, {"title": new["title"]})


def _purchase(action: Mapping[str, Any], label: Mapping[str, Any]) -> FileRow:
    after = action["after"]
    values = {
        "Purchase order": after["purchase_order_id"],
        "SKU": action["sku"],
        "Title": label["title"],
        "Supplier": after["supplier"] or "",
        "Quantity": str(after["quantity"]),
        "Unit cost": after["unit_cost"],
        "Total cost": after["cost_total"],
        "Do": "order" if after["quantity"] else "cancel",
    }
    return FileRow(PURCHASES, after["purchase_order_id"], values)


def _campaign(action: Mapping[str, Any], people: Mapping[str, str]) -> tuple[FileRow, ...]:
    after = action["after"]
    name, cancelled = after["campaign_id"], after["status"] == "cancelled"
    values = {
        "Campaign": name,
        "Segment": action["segment"],
        "Channel": after["channel"],
        "Send at": action["starts_at"] or "",
        "Audience": str(after["audience"]),
        "Hold-out": after["hold_out"],
        "Subject": after["subject"],
        "Body": after["body"],
        "SKUs": " ".join(after["skus"]),
        "Do": "call off" if cancelled else "send",
    }
    row = FileRow(CAMPAIGNS, name, values)
    if cancelled:
        return (row,)
    listed = (
        FileRow(RECIPIENTS.format(campaign=name), who, {"Customer": who, "Group": group})
        for who, group in people.items()
    )
    return row, *listed
