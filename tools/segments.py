"""Customers by how lately, how often and for how much they buy (RFM)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.figures import plain, significant

Floats = npt.NDArray[np.float64]

TOOL = "tools.marketing.segment_customers"
SEGMENTS = ("champions", "loyal", "promising", "new", "at_risk", "hibernating", "lost")
"""Every segment, best first; each customer is in exactly one."""


@dataclass(frozen=True)
class Segments:
    """Every customer's segment, and what the segments are like.

    Attributes:
        table: Index ``customer_id``. ``recency_days``, ``frequency`` (orders), ``monetary_minor``
            (revenue less refunds), ``r``, ``f``, ``m`` (1 to 5, 5 best), ``segment``.
        summary: Index ``segment``, in the order of ``SEGMENTS``, empty ones left out.
            ``customers``, ``consented``, ``refused``, ``consent_unknown``, ``recency_days``
            (median), ``orders`` (mean), ``monetary_minor`` (mean), ``orders_per_day`` (a
            customer's, since the first order), ``order_value_minor`` and ``order_units`` (mean of
            an order).
        today: Day recency is counted to.
        source: The customer table read.
    """

    table: pd.DataFrame = field(repr=False)
    summary: pd.DataFrame
    today: date
    source: DataRef

    def evidence(self, segment: str) -> Evidence:
        """What a segment is like; segments are relative to all customers."""
        return Evidence.of(
            TOOL,
            params={"segment": segment, "today": self.today.isoformat()},
            data=(self.source,),
            result=plain(self.summary.loc[segment].to_dict()),
        )


def segment_customers(customers: pd.DataFrame, *, today: date, source: DataRef) -> Segments:
    """Score customers from 1 to 5 by recency, frequency and money, and name their segment.

    Scores are fifths of the ranking, ties taking the lower fifth, so that a shop where most buy
    once calls them all infrequent. *champions* R ≥ 4 and F ≥ 4; *loyal* R ≥ 3 and F ≥ 3; *new* one
    order and R ≥ 4; *promising* the rest of R ≥ 3; *at risk* R ≤ 2 and F ≥ 3; *hibernating* the
    rest of R = 2; *lost* the rest.

    Customers who never bought have no score and are left out.

    Args:
        customers: ``customer_id, first_order, last_order, orders, units, revenue_minor`` and,
            where known, ``refund_minor`` and ``consent_marketing``.
        today: Day recency is counted to.
        source: The customers' reference.
    """
    bought = customers["customer_id"].notna() & (customers["orders"] > 0)
    known = customers[bought].sort_values("customer_id", kind="stable")
    known = known.set_index(known["customer_id"].astype(str).rename("customer_id"))
    refunds = known.get("refund_minor", 0)
    table = pd.DataFrame(index=known.index)
    table["recency_days"] = (pd.Timestamp(today) - pd.to_datetime(known["last_order"])).dt.days
    table["frequency"] = known["orders"].astype("int64")
    table["monetary_minor"] = known["revenue_minor"].astype("float64") - refunds
    table["r"] = _fifth(-table["recency_days"])
    table["f"] = _fifth(table["frequency"])
    table["m"] = _fifth(table["monetary_minor"])
    table["segment"] = _names(table)
    return Segments(table, _summary(known, table, today), today, source)


def _fifth(values: pd.Series) -> pd.Series:
    if values.empty:
        return values.astype("int64")
    rank = (values.rank(method="min") - 1) / len(values)
    return (rank * 5).astype("int64").clip(0, 4) + 1


def _names(table: pd.DataFrame) -> npt.NDArray[np.object_]:
    r, f = table["r"].to_numpy(), table["f"].to_numpy()
    once = table["frequency"].to_numpy() == 1
    cases = [
        ("new", once & (r >= 4)),
        ("champions", (r >= 4) & (f >= 4)),
        ("loyal", (r >= 3) & (f >= 3)),
        ("promising", r >= 3),
        ("at_risk", f >= 3),
        ("hibernating", r == 2),
    ]
    named = np.select([case for _, case in cases], [name for name, _ in cases], "lost")
    return named.astype(object)


def _summary(known: pd.DataFrame, table: pd.DataFrame, today: date) -> pd.DataFrame:
    consent = _consent(known)
    first = pd.to_datetime(known["first_order"])
    days = (pd.Timestamp(today) - first).dt.days.clip(lower=1)
    frame = pd.DataFrame(
        {
            "segment": table["segment"],
            "consented": consent.fillna(False).astype(bool),
            "refused": ~consent.fillna(True).astype(bool),
            "consent_unknown": consent.isna(),
            "recency_days": table["recency_days"].astype("float64"),
            "orders": table["frequency"].astype("float64"),
            "units": known["units"].astype("float64"),
            "revenue": known["revenue_minor"].astype("float64"),
            "monetary_minor": table["monetary_minor"].astype("float64"),
            "days": days.astype("float64"),
        }
    )
    grouped = frame.groupby("segment")
    made = grouped[["consented", "refused", "consent_unknown"]].sum().astype("int64")
    made.insert(0, "customers", grouped.size())
    made["recency_days"] = grouped["recency_days"].median()
    for column in ("orders", "monetary_minor"):
        made[column] = significant(grouped[column].mean())
    orders = grouped["orders"].sum()
    made["orders_per_day"] = significant(orders / grouped["days"].sum())
    made["order_value_minor"] = significant(grouped["revenue"].sum() / orders)
    made["order_units"] = significant(grouped["units"].sum() / orders)
    return made.reindex([name for name in SEGMENTS if name in made.index])


def _consent(known: pd.DataFrame) -> pd.Series:
    if "consent_marketing" not in known:
        return pd.Series(pd.NA, index=known.index, dtype="boolean")
    return known["consent_marketing"].astype("boolean")
