"""Lifetime value on CDNOW: the published parameters, and what a hold-out then showed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from ecomagent.domain.evidence import DataRef
from evals.findings import Cell, Findings, Promise, Table
from tools.lifetime_value import lifetime_values
from tools.order_value import fit_spend
from tools.repeat_orders import fit_purchases

FILE = "cdnow/CDNOW_sample_calibration.txt"
END = date(1997, 9, 30)
SPLIT = date(1997, 6, 30)
"""Half of the 39 weeks teach, the rest tests."""
PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
"""Fader, Hardie and Lee 2005, table 2."""
SPEND = {"p": 6.25, "q": 3.74, "v": 15.44}
"""Fader and Hardie 2013: repeat purchases in dollars."""
CLOSE = 0.01


def lifetime(data: Path) -> Findings:
    """Fit the published case, then forecast the second half from the first."""
    orders = read_orders(data / FILE)
    fit, close = _published(orders)
    tested, promises = _held_out(orders)
    return Findings(
        tables=(fit, *tested),
        promises=(
            Promise(name="BG/NBD as published", wanted="each parameter within 1 %",
                    measured=f"largest gap {close:.2%}", met=close <= CLOSE),
            *promises,
        ),
    )  # fmt: skip


def read_orders(path: Path) -> pd.DataFrame:
    """One row a customer and day: ``customer_id, date, revenue_minor``."""
    rows = pd.read_csv(
        path, sep=r"\s+", header=None, names=["master", "customer_id", "day", "units", "value"],
        dtype={"customer_id": str, "day": str},
    )  # fmt: skip
    rows["date"] = pd.to_datetime(rows["day"], format="%Y%m%d")
    rows["revenue_minor"] = (rows["value"] * 100).round()
    return rows.groupby(["customer_id", "date"])[["revenue_minor"]].sum().reset_index()


def customers_until(orders: pd.DataFrame, end: date) -> pd.DataFrame:
    """The customer table as it stood at the end of a day."""
    known = orders[orders["date"] <= pd.Timestamp(end)]
    return known.groupby("customer_id", as_index=False).agg(
        first_order=("date", "min"), last_order=("date", "max"), orders=("date", "size"),
        order_days=("date", "size"), revenue_minor=("revenue_minor", "sum"),
    )  # fmt: skip


def _published(orders: pd.DataFrame) -> tuple[Table, float]:
    table = customers_until(orders, END)
    first, last = table["first_order"], table["last_order"]
    model = fit_purchases(
        (table["orders"] - 1).to_numpy(np.float64),
        (last - first).dt.days.to_numpy().astype(np.float64),
        (pd.Timestamp(END) - first).dt.days.to_numpy().astype(np.float64),
    )  # fmt: skip
    later = orders.merge(table[["customer_id", "first_order"]], on="customer_id")
    later = later[later["date"] > later["first_order"]]
    repeat = later.groupby("customer_id")["revenue_minor"].agg(["size", "mean"])
    repeat = repeat[repeat["mean"] > 0]
    spend = fit_spend(*(repeat[name].to_numpy(np.float64) for name in ("size", "mean")))
    rows: list[tuple[Cell, ...]] = [
        ("BG/NBD " + name, value, getattr(model, name)) for name, value in PUBLISHED.items()
    ]
    rows += [
        ("Gamma-Gamma p", SPEND["p"], spend.p),
        ("Gamma-Gamma q", SPEND["q"], spend.q),
        ("Gamma-Gamma v", SPEND["v"], spend.v / 100),
    ]
    gap = max(abs(getattr(model, name) / value - 1) for name, value in PUBLISHED.items())
    return Table(title=f"CDNOW, {len(table):,} customers, 39 weeks: fitted parameters",
                 columns=("parameter", "published", "ours"), rows=tuple(rows)), gap  # fmt: skip


def _held_out(orders: pd.DataFrame) -> tuple[tuple[Table, ...], tuple[Promise, ...]]:
    known = customers_until(orders, SPLIT)
    days = (END - SPLIT).days
    source = DataRef(source="cdnow", as_of=datetime(1997, 7, 1, tzinfo=UTC))
    found = lifetime_values(known, today=SPLIT, source=source, horizon_days=days).table
    later = orders[orders["date"] > pd.Timestamp(SPLIT)].groupby("customer_id")
    known = known.set_index("customer_id").reindex(found.index)
    came = later.size().reindex(found.index).fillna(0).to_numpy(np.float64)
    age = (pd.Timestamp(SPLIT) - known["first_order"]).dt.days.clip(lower=1).to_numpy(np.float64)
    recent = orders[orders["date"].between(pd.Timestamp(SPLIT) - pd.Timedelta(days=days - 1),
                                           pd.Timestamp(SPLIT))]  # fmt: skip
    again = recent[recent["date"] > known["first_order"].reindex(recent["customer_id"]).to_numpy()]
    forecasts = {
        "BG/NBD": found["expected_orders"].to_numpy(),
        "own rate so far goes on": (known["orders"] - 1).to_numpy(np.float64) / age * days,
        "own repeats of the last 13 weeks": again.groupby("customer_id").size()
        .reindex(found.index).fillna(0).to_numpy(np.float64),
        "everybody's mean rate": np.full(
            len(found), (known["orders"] - 1).sum() / age.sum() * days
        ),
    }  # fmt: skip
    scored = {name: _errors(guess, came) for name, guess in forecasts.items()}
    orders_table = Table(
        title=f"CDNOW: orders of the next {days} days from 26 weeks; {came.sum():,.0f} came",
        columns=("forecast", "total", "mean absolute error", "root mean square",
                 "orders caught in the best tenth"),
        rows=tuple((name, *row) for name, row in scored.items()),
    )  # fmt: skip
    money, better = _money(orders, known, found)
    ours = scored.pop("BG/NBD")
    return (orders_table, money), (
        Promise(name="hold-out orders", wanted="root mean square below every naive forecast",
                measured=f"{ours[2]:.3f} against {min(row[2] for row in scored.values()):.3f}",
                met=ours[2] < min(row[2] for row in scored.values())),
        Promise(name="hold-out order values", wanted="error below the customer's own mean so far",
                measured=better[0], met=better[1]),
    )  # fmt: skip


def _errors(guess: np.ndarray, came: np.ndarray) -> tuple[float, float, float, float]:
    best = np.argsort(-guess, kind="stable")[: len(guess) // 10]
    return (
        float(guess.sum()),
        float(np.abs(guess - came).mean()),
        float(np.sqrt(((guess - came) ** 2).mean())),
        float(came[best].sum() / max(came.sum(), 1)),
    )


def _money(
    orders: pd.DataFrame, known: pd.DataFrame, found: pd.DataFrame
) -> tuple[Table, tuple[str, bool]]:
    later = orders[orders["date"] > pd.Timestamp(SPLIT)]
    later = later[later["customer_id"].isin(found.index)]
    own = (known["revenue_minor"] / known["orders"]).reindex(later["customer_id"]).to_numpy()
    mean = float(known["revenue_minor"].sum() / known["orders"].sum())
    guesses = {
        "Gamma-Gamma": found["order_value_minor"].reindex(later["customer_id"]).to_numpy(),
        "customer's own mean so far": own,
        "mean of all orders": np.full(len(later), mean),
    }
    came = later["revenue_minor"].to_numpy(np.float64)
    errors = {name: float(np.sqrt(((guess - came) ** 2).mean())) / 100
              for name, guess in guesses.items()}  # fmt: skip
    table = Table(
        title=f"CDNOW: value of {len(later):,} later orders, root mean square error in dollars",
        columns=("forecast", "error"), rows=tuple(errors.items()), digits=2,
    )  # fmt: skip
    ours, naive = errors["Gamma-Gamma"], errors["customer's own mean so far"]
    return table, (f"{ours:.2f} against {naive:.2f}", ours < naive)
