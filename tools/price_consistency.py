"""Prices that hang together: equal variants cost the same, more of it is not dearer by the unit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

SAME_COST = 0.02
"""Costs that differ by less than this part are the same."""
UNITS = {
    "ml": ("ml", 1.0), "cl": ("ml", 10.0), "l": ("ml", 1000.0), "毫升": ("ml", 1.0),
    "升": ("ml", 1000.0), "mg": ("g", 0.001), "g": ("g", 1.0), "kg": ("g", 1000.0),
    "克": ("g", 1.0), "千克": ("g", 1000.0), "公斤": ("g", 1000.0), "oz": ("g", 28.3495),
    "lb": ("g", 453.592), "pcs": ("pc", 1.0), "pieces": ("pc", 1.0), "pack": ("pc", 1.0),
    "片": ("pc", 1.0), "支": ("pc", 1.0), "件": ("pc", 1.0), "只": ("pc", 1.0), "包": ("pc", 1.0),
}  # fmt: skip
"""Unit to what it measures and how much of it."""
_NAMES = "|".join(sorted(UNITS, key=len, reverse=True))
SIZE = re.compile(
    rf"(?:(\d{{1,3}})\s*[x×*]\s*)?(\d+(?:[.,]\d+)?)\s*({_NAMES})(?![a-z])", re.IGNORECASE
)
Offers = dict[str, list[dict[str, Any]]]
ATTRIBUTES = ("size", "volume", "weight", "content", "pack_size", "规格", "容量", "净含量")


@dataclass(frozen=True)
class ConsistentMenu:
    """A menu whose candidates, any of them or none taken, leave prices consistent.

    Attributes:
        table: The candidates that remain; equal variants carry the mean of their values, so
            that they are taken or left together.
        dropped: SKU to why its best candidate is not among them.
    """

    table: pd.DataFrame = field(repr=False)
    dropped: dict[str, str]


@dataclass(frozen=True)
class _Pair:
    """``lower``'s price times ``factor`` may not be above ``upper``'s."""

    lower: str
    upper: str
    factor: float
    why: str


def size_of(title: str, attributes: Mapping[str, Any] | None = None) -> tuple[str, float] | None:
    """What a pack holds: ``ml``, ``g`` or ``pc``, and how much; None where nothing says so.

    The attributes come first, then the title; ``6 x 330 ml`` is 1,980 ml.
    """
    texts = [str(attributes[key]) for key in ATTRIBUTES if attributes and attributes.get(key)]
    for text in (*texts, title):
        found = SIZE.search(text)
        if found:
            count, amount, unit = found.groups()
            kind, scale = UNITS[unit.lower()]
            size = float(count or 1) * float(amount.replace(",", ".")) * scale
            if size > 0:
                return kind, size
    return None


def line_of(title: str) -> str:
    """The title without its sizes: what packs of one line have in common."""
    return " ".join(SIZE.sub(" ", title).casefold().replace(",", " ").split())


def consistent_menu(table: pd.DataFrame, catalogue: pd.DataFrame) -> ConsistentMenu:
    """Keep candidates that leave prices consistent whichever of them are chosen.

    Equal variants (same product, size, price now and cost) keep the one price with the largest
    mean value that all of them have. In a line of sizes, and among variants that cost
    differently, each SKU keeps one candidate, tested against both the present price and the
    candidate of its neighbours; of two that clash the less valuable is dropped. What is
    inconsistent already binds nothing.

    Args:
        table: Candidates of ``tools.pricing``, best first within a SKU.
        catalogue: ``sku``, ``list_price_minor``, ``cost_minor`` and, where known,
            ``product_id``, ``title``, ``category``, ``brand``, ``attributes``.
    """
    known = _known(catalogue)
    table, dropped = _equal_variants(table, known)
    pairs = _pairs(known)
    names = {name for pair in pairs for name in (pair.lower, pair.upper)}
    lined = table["sku"].isin(names)
    offers: Offers = {
        str(sku): [
            {str(key): value for key, value in row.items()} for row in rows.to_dict("records")
        ]
        for sku, rows in table[lined].groupby("sku")
    }
    now = _by_sku(known["price"])
    changed = True
    while changed:
        changed = False
        for pair in pairs:
            loser = _loser(pair, offers, now)
            if loser is not None:
                dropped.setdefault(loser, pair.why)
                offers[loser].pop(0)
                changed = True
    kept = pd.DataFrame([rows[0] for rows in offers.values() if rows], columns=table.columns)
    parts = [part for part in (table[~lined], kept.astype(table.dtypes)) if len(part)]
    whole = pd.concat(parts, ignore_index=True) if parts else table.iloc[:0]
    return ConsistentMenu(whole.sort_values("sku", kind="stable", ignore_index=True), dropped)


def tied_skus(catalogue: pd.DataFrame) -> frozenset[str]:
    """SKUs whose price has to fit that of others: equal or better variants, and sizes of a line.

    Args:
        catalogue: As in ``consistent_menu``.
    """
    known = _known(catalogue)
    variants = _families(known)
    paired = {name for pair in _pairs(known) for name in (pair.lower, pair.upper)}
    return frozenset(variants.index[variants != ""].astype(str)) | paired


def _known(catalogue: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame({"sku": catalogue["sku"].astype(str)})
    frame["price"] = pd.to_numeric(catalogue["list_price_minor"], errors="coerce")
    frame["cost"] = pd.to_numeric(catalogue.get("cost_minor", np.nan), errors="coerce")
    for name in ("product_id", "title", "category", "brand"):
        text = catalogue[name] if name in catalogue else pd.Series("", index=catalogue.index)
        frame[name] = text.where(text.notna(), "").astype(str)
    given = catalogue["attributes"] if "attributes" in catalogue else [None] * len(catalogue)
    sizes = [size_of(title, found if isinstance(found, Mapping) else None)
             for title, found in zip(frame["title"], given, strict=True)]  # fmt: skip
    frame["measure"] = [found[0] if found else "" for found in sizes]
    frame["size"] = [found[1] if found else np.nan for found in sizes]
    frame = frame[frame["price"] > 0].drop_duplicates("sku")
    frame = frame.sort_values("sku")
    return frame.set_index(pd.Index(frame["sku"], name=None))


def _equal_variants(
    table: pd.DataFrame, known: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, str]]:
    of = _families(known)
    named = table["sku"].map(of).fillna("")
    dropped: dict[str, str] = {}
    parts = [table[named == ""]]
    sizes = of.value_counts()
    for name, offered in table[named != ""].groupby(named[named != ""]):
        shared = offered.groupby("price_minor")["value"].agg(["count", "mean"])
        shared = shared[shared["count"] == sizes[name]]
        if shared.empty:
            why = "its variants would not all take the same price"
            dropped |= dict.fromkeys(offered["sku"].astype(str), why)
            continue
        price = shared["mean"].idxmax()
        mean = shared.at[price, "mean"]
        parts.append(offered[offered["price_minor"] == price].assign(value=mean))
    return pd.concat(parts, ignore_index=True), dropped


def _families(known: pd.DataFrame) -> pd.Series:
    """Number of each SKU's equal variants, empty for none."""
    family = known[known["product_id"] != ""]
    keys = [family["product_id"], family["price"], family["size"].fillna(0.0), family["measure"]]
    of = pd.Series("", index=known.index, dtype=object)
    for number, (_, rows) in enumerate(family.groupby(keys, sort=False)):
        costs = rows["cost"].dropna()
        same = costs.empty or costs.max() <= costs.min() * (1 + SAME_COST)
        if len(rows) > 1 and same:
            of[rows.index] = str(number)
    return of


def _pairs(known: pd.DataFrame) -> list[_Pair]:
    found = []
    cost, now = _by_sku(known["cost"]), _by_sku(known["price"])
    sized = known[known["measure"] != ""]
    line = sized["title"].map(line_of)
    for _, rows in sized.groupby([sized["category"], sized["brand"], sized["measure"], line]):
        ordered = rows.sort_values("size")
        places = list(zip(ordered["sku"], ordered["size"], strict=True))
        for (small, less), (large, more) in pairwise(places):
            if less < more:
                why = "a larger pack would be dearer by the unit"
                found.append(_Pair(str(large), str(small), float(less / more), why))
    family = known[(known["product_id"] != "") & known["cost"].notna()]
    for _, rows in family.groupby([family["product_id"], family["size"].fillna(0.0)]):
        places = sorted((cost[sku], sku) for sku in rows.index.astype(str))
        for (less, cheap), (more, dear) in pairwise(places):
            if more > less * (1 + SAME_COST):
                why = "the better variant would be cheaper than the plainer one"
                found.append(_Pair(cheap, dear, 1.0, why))
    return [pair for pair in found if _holds(pair, now[pair.lower], now[pair.upper])]


def _holds(pair: _Pair, lower: float, upper: float) -> bool:
    return lower * pair.factor <= upper + 0.5


def _by_sku(column: pd.Series) -> dict[str, float]:
    return {str(sku): float(value) for sku, value in column.items()}


def _loser(pair: _Pair, offers: Offers, now: Mapping[str, float]) -> str | None:
    """Which SKU of a pair has to give up its candidate; None where every choice is consistent."""
    lower, upper = offers.get(pair.lower) or [], offers.get(pair.upper) or []
    low, high = now[pair.lower], now[pair.upper]
    if lower and not _holds(pair, lower[0]["price_minor"], high):
        return pair.lower
    if upper and not _holds(pair, low, upper[0]["price_minor"]):
        return pair.upper
    if lower and upper and not _holds(pair, lower[0]["price_minor"], upper[0]["price_minor"]):
        return pair.lower if lower[0]["value"] <= upper[0]["value"] else pair.upper
    return None
