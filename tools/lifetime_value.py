"""What customers will still buy: repeat orders, churn and money, customer by customer."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.figures import plain, significant
from tools.order_value import SpendModel, fit_spend
from tools.repeat_orders import PurchaseModel, fit_purchases

Floats = npt.NDArray[np.float64]

TOOL = "tools.lifetime_value.lifetime_values"
HORIZON_DAYS = 365
FITTED = 8_000
"""Customers the models are fitted on, drawn by their ids: more moves no parameter visibly."""
LEAST_CUSTOMERS, LEAST_REPEATERS = 100, 30
DRAWS = 40
"""Draws of the models' parameters behind a segment's interval."""
PER_SEGMENT = 400
"""Customers of a segment that the draws are valued on."""
TOO_FEW = (
    f"not enough data to say what customers are worth: fewer than {LEAST_CUSTOMERS} customers, or"
    f" than {LEAST_REPEATERS} who came back"
)


@dataclass(frozen=True)
class LifetimeValues:
    """Every customer's future, where there is enough history to tell.

    Attributes:
        table: Index ``customer_id``. ``expected_orders`` in the horizon and their standard
            deviation ``orders_sd``, ``p_order`` (chance of ordering at all), ``churn_odds``
            (chance of not ordering over chance of ordering), ``order_value_minor`` (expected
            revenue of an order), ``value_minor`` (gross profit, or revenue where no margin is
            known), ``long_run_orders`` (further orders in the horizon that one more order today
            would let expect). Empty where there is too little history.
        purchases: How often they buy.
        spend: How much an order is.
        params: What the figures were made with.
        source: The customers read.
        reason: Why the table is empty; empty where it is not.
    """

    table: pd.DataFrame = field(repr=False)
    purchases: PurchaseModel | None
    spend: SpendModel | None
    params: dict[str, Any]
    source: DataRef
    reason: str = ""

    def by_segment(self, segments: pd.Series) -> pd.DataFrame:
        """What an average customer of each segment is worth, with the models' own doubt.

        Args:
            segments: Index ``customer_id``: the segment's name.

        Returns:
            Index ``segment``: ``customers``, ``expected_orders``, ``p_order``, ``churn_odds``,
            ``value_minor`` and its ``value_minor_p10``, ``value_minor_p90``. The interval is of
            the average, over the error of the models' parameters: single customers scatter far
            more.
        """
        named = self.table.join(segments.rename("segment"), how="inner")
        if self.purchases is None or named.empty:
            return pd.DataFrame(columns=list(_BY_SEGMENT), index=pd.Index([], name="segment"))
        grouped = named.groupby("segment", observed=True)
        made = grouped[["expected_orders", "p_order", "value_minor"]].mean()
        made.insert(0, "customers", grouped.size())
        made["churn_odds"] = (1 - made["p_order"]) / made["p_order"].clip(lower=1e-9)
        for name, members in grouped:
            low, high = self._interval(members)
            made.loc[name, "value_minor_p10"] = low
            made.loc[name, "value_minor_p90"] = high
        figures = [column for column in _BY_SEGMENT if column != "customers"]
        made[figures] = significant(made[figures].to_numpy())
        return made[list(_BY_SEGMENT)]

    def _interval(self, members: pd.DataFrame) -> tuple[float, float]:
        assert self.purchases is not None
        few = members.loc[_some(members.index, PER_SEGMENT)]
        worth = (few["value_minor"] / few["expected_orders"].clip(lower=1e-9)).to_numpy()
        rng = np.random.default_rng(int(self.params["seed"]))
        means = [
            float((model.expected(*_history(few), self.params["horizon_days"]) * worth).mean())
            for model in self.purchases.draws(DRAWS, rng)
        ]
        base = float(few["value_minor"].mean())
        scale = float(members["value_minor"].mean()) / base if base > 0 else 1.0
        low, high = np.quantile(means, [0.1, 0.9]) * scale
        return float(low), float(high)

    def evidence(self, segments: pd.Series, segment: str) -> Evidence:
        """What a segment's customers are worth."""
        found = self.by_segment(segments[segments == segment])
        return Evidence.of(
            TOOL,
            params={"segment": segment, **self.params},
            data=(self.source,),
            result=plain(found.loc[segment].to_dict()) if segment in found.index else {},
            assumptions=() if not self.reason else (self.reason,),
        )


_BY_SEGMENT = (
    "customers", "expected_orders", "p_order", "churn_odds", "value_minor", "value_minor_p10",
    "value_minor_p90",
)  # fmt: skip
_COLUMNS = (
    "expected_orders", "orders_sd", "p_order", "churn_odds", "order_value_minor", "value_minor",
    "long_run_orders", "repeats", "last_days", "age_days",
)  # fmt: skip


def lifetime_values(
    customers: pd.DataFrame,
    *,
    today: date,
    source: DataRef,
    gross_margin: float | None = None,
    horizon_days: int = HORIZON_DAYS,
    seed: int = 0,
) -> LifetimeValues:
    """Expected orders (BG/NBD) and money (Gamma-Gamma) of every customer who ever bought.

    Days count from a customer's first order; orders of one day count once where the frame tells
    (``order_days``). The future is taken to be like the past: no season, no promotion.

    Args:
        customers: ``customer_id, first_order, last_order, orders, revenue_minor`` and, where
            known, ``order_days`` (days with an order) and ``refund_minor``.
        today: Day the future begins.
        source: The customers' reference.
        gross_margin: Fraction of revenue; revenue itself is given where None.
        horizon_days: How far the future reaches.
        seed: Seed of the draws behind a segment's interval.

    Returns:
        An empty table with its reason where there are too few customers or repeat orders.
    """
    params = {"today": today.isoformat(), "horizon_days": horizon_days, "seed": seed,
              "gross_margin": gross_margin}  # fmt: skip
    known = _buyers(customers, today)
    repeaters = int((known["repeats"] > 0).sum())
    if len(known) < LEAST_CUSTOMERS or repeaters < LEAST_REPEATERS:
        empty = pd.DataFrame(columns=list(_COLUMNS), index=known.index[:0], dtype="float64")
        return LifetimeValues(empty, None, None, params, source, TOO_FEW)
    fitted = known.loc[_some(known.index, FITTED)]
    purchases = fit_purchases(*_history(fitted))
    paying = fitted[fitted["mean_minor"] > 0]
    spend = fit_spend(paying["bought"].to_numpy(), paying["mean_minor"].to_numpy())
    params |= {"purchases": purchases.params(), "spend": spend.params()}
    table = _valued(known, purchases, spend, horizon_days, gross_margin)
    return LifetimeValues(table, purchases, spend, params, source)


def _buyers(customers: pd.DataFrame, today: date) -> pd.DataFrame:
    usable = (
        customers["customer_id"].notna()
        & (customers["orders"] > 0)
        & customers["first_order"].notna()
    )
    frame = customers[usable].assign(customer_id=customers["customer_id"].astype(str))
    frame = frame.sort_values("customer_id", kind="stable").set_index("customer_id")
    frame = frame[~frame.index.duplicated()]
    first, last = (pd.to_datetime(frame[name]) for name in ("first_order", "last_order"))
    bought = frame["order_days"] if "order_days" in frame else frame["orders"]
    net = frame["revenue_minor"].astype("float64") - frame.get("refund_minor", 0)
    made = pd.DataFrame(index=frame.index)
    made["bought"] = bought.astype("float64").clip(lower=1)
    made["age_days"] = (pd.Timestamp(today) - first).dt.days.clip(lower=1).astype("float64")
    made["last_days"] = (last - first).dt.days.astype("float64").clip(lower=0)
    # Several orders on the first day are no repeat: the model has no place for them.
    made["repeats"] = (made["bought"] - 1).where(made["last_days"] > 0, 0.0)
    made["mean_minor"] = net / made["bought"]
    return made


def _history(frame: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    return (
        frame["repeats"].to_numpy(np.float64),
        frame["last_days"].to_numpy(np.float64),
        frame["age_days"].to_numpy(np.float64),
    )


def _some(names: pd.Index, most: int) -> pd.Index:
    """That many of the names, the same ones in any order."""
    if len(names) <= most:
        return names
    lot = np.array([zlib.crc32(str(name).encode()) for name in names])
    return names[np.sort(np.argsort(lot, kind="stable")[:most])]


def _valued(
    known: pd.DataFrame,
    purchases: PurchaseModel,
    spend: SpendModel,
    horizon_days: int,
    gross_margin: float | None,
) -> pd.DataFrame:
    history = _history(known)
    repeats, _, age = history
    orders = purchases.expected(*history, horizon_days)
    again = purchases.chance(*history, horizon_days)
    kept = purchases.expected(repeats + 1, age, age, horizon_days)
    value = spend.expected(known["bought"].to_numpy(), known["mean_minor"].to_numpy())
    made = pd.DataFrame(index=known.index)
    made["expected_orders"] = orders
    made["orders_sd"] = purchases.scatter(*history, horizon_days)
    made["p_order"] = again
    made["churn_odds"] = (1 - again) / np.maximum(again, 1e-9)
    made["order_value_minor"] = value
    made["value_minor"] = orders * value * (1.0 if gross_margin is None else gross_margin)
    made["long_run_orders"] = np.maximum(kept - orders, 0)
    figures = significant(made.to_numpy())
    made = pd.DataFrame(figures, index=known.index, columns=made.columns)
    return made.join(known[["repeats", "last_days", "age_days"]])[list(_COLUMNS)]
