"""What is bought together, on real orders: lifts of one half year against the next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from evals.findings import Table
from knowledge_graph.baskets import bought_together
from tools.halo import LIFT_PRIOR

SPLIT = pd.Timestamp("2011-05-01")


def held_out_lifts(folder: Path, *, quick: bool) -> Table:
    """Log error of lifts against those of later orders, as counted and as shrunk.

    Args:
        folder: The shared data.
        quick: Whether to look at the first half of each period's orders only.
    """
    lines = _lines(folder)
    before, after = lines[lines["at"] < SPLIT], lines[lines["at"] >= SPLIT]
    if quick:
        before = before[before["order_id"].isin(_half(before))]
    links = bought_together(before[["order_id", "sku"]])
    one, other = (links[name].str.removeprefix("sku:") for name in ("source", "target"))
    later = _lift(after, one, other)
    support, counted = links["support"].to_numpy(float), links["weight"].to_numpy(float)
    chance = support / counted
    shrunk = (support + LIFT_PRIOR) / (chance + LIFT_PRIOR)
    rows = []
    for name, least, most in (("5 to 9", 5, 10), ("10 to 29", 10, 30), ("30 and more", 30, 1e9)):
        mine = (support >= least) & (support < most) & np.isfinite(later)
        rows.append(
            (
                name, int(mine.sum()), float(np.median(counted[mine])),
                float(np.median(shrunk[mine])), float(np.median(later[mine])),
                _off(counted[mine], later[mine]), _off(shrunk[mine], later[mine]),
            )
        )  # fmt: skip
    return Table(
        title="Lift of pairs, Online Retail: December to April against May to August",
        columns=("orders with both", "pairs", "counted", "shrunk", "later", "counted: off by",
                 "shrunk: off by"),
        rows=tuple(rows),
        digits=2,
        note="Off by: mean absolute log error; later lifts with half an order added to both.",
    )  # fmt: skip


def _off(guess: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(np.log(guess / truth)).mean()) if len(guess) else float("nan")


def _lines(folder: Path) -> pd.DataFrame:
    parts = sorted((folder / "online_retail").glob("*.csv*"))
    read = [
        pd.read_csv(
            part, usecols=["InvoiceNo", "StockCode", "Quantity", "InvoiceDate"], dtype=str,
            encoding="utf-8", encoding_errors="replace",
        )
        for part in parts
    ]  # fmt: skip
    found = pd.concat(read)
    found = found[~found["InvoiceNo"].str.startswith("C")]
    found = found[pd.to_numeric(found["Quantity"], errors="coerce") > 0]
    return pd.DataFrame(
        {
            "order_id": found["InvoiceNo"], "sku": found["StockCode"].str.upper(),
            "at": pd.to_datetime(found["InvoiceDate"], format="mixed"),
        }
    ).drop_duplicates(["order_id", "sku"])  # fmt: skip


def _half(lines: pd.DataFrame) -> set[str]:
    return set(sorted(lines["order_id"].unique())[::2])


def _lift(lines: pd.DataFrame, one: pd.Series, other: pd.Series) -> np.ndarray:
    """Lift in those orders of at least two SKUs; NaN where chance gives next to none."""
    size = lines.groupby("order_id")["sku"].transform("size")
    lines = lines[(size > 1) & (size <= 80)]
    orders = {sku: set(part) for sku, part in lines.groupby("sku")["order_id"]}
    count = lines["order_id"].nunique()
    none: set[str] = set()
    found = np.full(len(one), np.nan)
    for place, (a, b) in enumerate(zip(one, other, strict=True)):
        left, right = orders.get(a, none), orders.get(b, none)
        chance = len(left) * len(right) / max(count, 1)
        if chance >= 0.5:
            found[place] = (len(left & right) + 0.5) / (chance + 0.5)
    return found
