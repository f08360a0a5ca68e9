"""Segments, churn and coupon response on the Complete Journey, forecast from its first half."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef
from evals.findings import Cell, Findings, Promise, Table
from tools.lifetime_value import lifetime_values
from tools.segments import Segments, segment_customers
from tools.uplift_learners import boosted

Floats = npt.NDArray[np.float64]

FOLDER = "completejourney"
SPLIT, AHEAD = date(2017, 8, 1), 90
EARLIER = date(2017, 5, 1)
"""Where the response model learns: coupons used in the 90 days from here on."""
SOURCE = DataRef(source="completejourney", as_of=datetime(2017, 8, 1, tzinfo=UTC))


def journey(data: Path, *, seed: int) -> Findings:
    """What households of each segment did in the 90 days after they were put in it."""
    baskets = _baskets(data / FOLDER / "transactions_sample.csv.gz")
    used = pd.read_csv(data / FOLDER / "coupon_redemptions.csv.gz",
                       parse_dates=["redemption_date"])  # fmt: skip
    used = used.rename(columns={"household_id": "customer_id", "redemption_date": "date"})
    used["customer_id"] = used["customer_id"].astype(str)
    customers = _customers(baskets, SPLIT)
    segments = segment_customers(customers, today=SPLIT, source=SOURCE)
    shopped, redeemed = _between(baskets, SPLIT), _between(used, SPLIT)
    by_segment, churn = _segments(customers, segments, shopped, redeemed)
    response, best = _response(baskets, used, segments, redeemed, seed)
    return Findings(
        tables=(by_segment, churn[0], response),
        promises=(churn[1], Promise(
            name="coupon response", wanted="households ranked better than by frequency alone",
            measured=best[0], met=best[1])),
    )  # fmt: skip


def _baskets(path: Path) -> pd.DataFrame:
    rows = pd.read_csv(path, usecols=["household_id", "basket_id", "sales_value",
                                      "transaction_timestamp"])  # fmt: skip
    rows["date"] = pd.to_datetime(rows["transaction_timestamp"]).dt.normalize()
    rows["customer_id"] = rows["household_id"].astype(str)
    rows["revenue_minor"] = (rows["sales_value"] * 100).round()
    grouped = rows.groupby(["customer_id", "basket_id", "date"])[["revenue_minor"]].sum()
    return grouped.reset_index()


def _customers(baskets: pd.DataFrame, day: date) -> pd.DataFrame:
    known = baskets[baskets["date"] < pd.Timestamp(day)]
    made = known.groupby("customer_id").agg(
        first_order=("date", "min"), last_order=("date", "max"), orders=("basket_id", "nunique"),
        order_days=("date", "nunique"), revenue_minor=("revenue_minor", "sum"),
    )  # fmt: skip
    return made.reset_index().assign(units=1)


def _between(rows: pd.DataFrame, day: date) -> pd.Series:
    """Who did something in the days ahead, and how often."""
    first = pd.Timestamp(day)
    mine = rows[(rows["date"] >= first) & (rows["date"] < first + timedelta(days=AHEAD))]
    return mine.groupby("customer_id").size()


def _did(times: pd.Series, names: pd.Index) -> Floats:
    """1 for those who did, 0 for the others."""
    return np.asarray(times.reindex(names).fillna(0).to_numpy() > 0, dtype=np.float64)


def _segments(
    customers: pd.DataFrame, segments: Segments, shopped: pd.Series, redeemed: pd.Series
) -> tuple[Table, tuple[Table, Promise]]:
    table = segments.table
    value = lifetime_values(customers, today=SPLIT, source=SOURCE, horizon_days=AHEAD)
    again, coupon = _did(shopped, table.index), _did(redeemed, table.index)
    guess = value.table["p_order"].reindex(table.index).to_numpy(np.float64)
    rows: list[tuple[Cell, ...]] = []
    for name in segments.summary.index:
        mine = (table["segment"] == name).to_numpy()
        rows.append((str(name), int(mine.sum()), float(guess[mine].mean()),
                     float(again[mine].mean()), float(coupon[mine].mean())))  # fmt: skip
    shown = Table(
        title=f"Complete Journey: households by segment on {SPLIT}, and the {AHEAD} days after",
        columns=("segment", "households", "chance to shop, forecast", "shopped", "used a coupon"),
        rows=tuple(rows),
        note="Transactions are a sample, so that many shopping trips are unseen on both sides.",
    )
    return shown, _churn(table, guess, again)


def _churn(table: pd.DataFrame, guess: Floats, again: Floats) -> tuple[Table, Promise]:
    recent = (table["recency_days"] < AHEAD).to_numpy(np.float64)
    share = float(again.mean())
    rivals = {
        "BG/NBD": guess,
        "everybody alike": np.full(len(again), share),
        "shopped in the last 90 days": np.where(recent > 0, 0.9, 0.1),
    }
    brier = {name: float(((each - again) ** 2).mean()) for name, each in rivals.items()}
    rows = tuple((name, error, _auc(rivals[name], again)) for name, error in brier.items())
    ours = brier.pop("BG/NBD")
    return Table(
        title="Complete Journey: who shops again", columns=("forecast", "Brier score", "AUC"),
        rows=rows, note="“Everybody alike” is told the true share, which nobody knows beforehand.",
    ), Promise(
        name="churn", wanted="Brier score below both naive forecasts",
        measured=f"{ours:.3f} against {min(brier.values()):.3f}", met=ours < min(brier.values()),
    )  # fmt: skip


def _response(
    baskets: pd.DataFrame, used: pd.DataFrame, segments: Segments, redeemed: pd.Series, seed: int
) -> tuple[Table, tuple[str, bool]]:
    then, now = _known(baskets, used, EARLIER), _known(baskets, used, SPLIT)
    answered, truth = _did(_between(used, EARLIER), then.index), _did(redeemed, now.index)
    model = boosted(then.to_numpy(np.float64), answered, seed=seed)
    order = {name: -place for place, name in enumerate(segments.summary.index)}
    ranks = segments.table["segment"].map(order).reindex(now.index).fillna(-99)
    rivals = {
        "response model": model(now.to_numpy(np.float64)),
        "segments, best first": ranks.to_numpy(np.float64),
        "frequency": now["orders"].to_numpy(np.float64),
        "recency": -now["recency"].to_numpy(np.float64),
        "by lot": np.zeros(len(now)),
    }
    rows = []
    for name, score in rivals.items():
        best = np.argsort(-score, kind="stable")[: len(score) // 10]
        lift = float(truth[best].mean() / truth.mean()) if name != "by lot" else 1.0
        rows.append((name, _auc(score, truth), lift))
    auc = {name: figure for name, figure, _ in rows}
    return Table(
        title=f"Complete Journey: who uses a coupon in the {AHEAD} days after {SPLIT}",
        columns=("ranking", "AUC", "lift in the best tenth"), rows=tuple(rows),
        note="Campaigns went to households picked by the retailer, not by lot: this is who"
        " answers, not who is moved.",
    ), (f"AUC {auc['response model']:.3f} against {auc['frequency']:.3f}",
        auc["response model"] > auc["frequency"])  # fmt: skip


def _known(baskets: pd.DataFrame, used: pd.DataFrame, day: date) -> pd.DataFrame:
    table = _customers(baskets, day).set_index("customer_id")
    earlier = used[used["date"] < pd.Timestamp(day)].groupby("customer_id").size()
    return pd.DataFrame(
        {
            "orders": table["orders"].astype(float),
            "spend": np.log1p(table["revenue_minor"]),
            "recency": (pd.Timestamp(day) - table["last_order"]).dt.days.astype(float),
            "coupons": earlier.reindex(table.index).fillna(0).astype(float),
        }
    )


def _auc(score: Floats, truth: Floats) -> float:
    rank = pd.Series(score).rank().to_numpy()
    yes = truth == 1
    count, other = int(yes.sum()), int((~yes).sum())
    if not count or not other:
        return 0.5
    return float((rank[yes].sum() - count * (count + 1) / 2) / (count * other))
