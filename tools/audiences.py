"""Who may be written to, and who of them is worth the contact, best first."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.contact_fatigue import contacts_within, freshness, unsubscribed
from tools.customer_features import CustomerHistory
from tools.lifetime_value import LifetimeValues
from tools.segments import Segments

Floats = npt.NDArray[np.float64]

LEVELS = (0.25, 0.5, 0.75, 1.0)
"""Shares of the paying customers that are offered as campaigns of their own: the best quarter
earns more a contact than the rest, so that a solver can spread a small budget."""
LEAST_LEVEL = 100
"""Customers a part of an audience must have."""


@dataclass(frozen=True)
class People:
    """Customers who may be written to, and who may not.

    Attributes:
        table: Index ``customer_id``, sorted. ``segment``, ``order_value_minor``,
            ``long_run_orders`` (NaN where lifetime values are not known), ``freshness`` (from 0
            to 1), ``contacts`` (in the last 30 days).
        left_out: Reason to number of customers.
        consent_unknown: Consent is on file for nobody, so all count as willing.
    """

    table: pd.DataFrame = field(repr=False)
    left_out: dict[str, int]
    consent_unknown: bool


def reachable(
    segments: Segments,
    customers: pd.DataFrame,
    *,
    history: CustomerHistory | None,
    lifetime: LifetimeValues | None,
    max_contacts: int | None,
) -> People:
    """Customers of a segment who agreed, have not signed off, and were not written to too often.

    Args:
        segments: Of the same customers.
        customers: ``customer_id`` and ``consent_marketing``.
        history: Orders and contacts; nobody is tired where None.
        lifetime: Values an order by customer; the segment's mean order where None or empty.
        max_contacts: Messages a customer may have in 30 days; None for any number.
    """
    may, left_out, unknown = _willing(customers)
    names = segments.table.index.intersection(may).sort_values()
    table = pd.DataFrame({"segment": segments.table["segment"].reindex(names)})
    mean = table["segment"].map(segments.summary["order_value_minor"]).astype(float)
    table["order_value_minor"], table["long_run_orders"] = mean, np.nan
    if lifetime is not None and len(lifetime.table):
        own = lifetime.table.reindex(names)
        table["order_value_minor"] = own["order_value_minor"].fillna(mean)
        table["long_run_orders"] = own["long_run_orders"]
    table["freshness"], table["contacts"], gone = 1.0, 0, np.zeros(len(table), dtype=bool)
    if history is not None and len(history.ids):
        table, gone = _with_contacts(table, history, segments)
    tired = np.zeros(len(table), dtype=bool)
    if max_contacts is not None:
        tired = (table["contacts"] >= max_contacts).to_numpy() & ~gone
    for reason, which in (("unsubscribed", gone), ("written to often enough this month", tired)):
        if which.any():
            left_out[reason] = int(which.sum())
    return People(table[~gone & ~tired], left_out, unknown)


def _with_contacts(
    table: pd.DataFrame, history: CustomerHistory, segments: Segments
) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    code = history.codes(table.index)
    known = code >= 0
    made, gone = table.copy(), np.zeros(len(table), dtype=bool)
    fresh, had = np.ones(len(table)), np.zeros(len(table), dtype=np.int64)
    fresh[known] = freshness(history, today=segments.today)[code[known]]
    had[known] = contacts_within(history, today=segments.today)[code[known]]
    gone[known] = unsubscribed(history)[code[known]]
    made["freshness"], made["contacts"] = fresh, had
    return made, gone


def _willing(customers: pd.DataFrame) -> tuple[pd.Index, dict[str, int], bool]:
    """Customers who agreed; how many did not; and whether consent is unknown of everybody."""
    named = customers["customer_id"].astype(str)
    if "consent_marketing" in customers:
        consent = customers["consent_marketing"].astype("boolean")
    else:
        consent = pd.Series(pd.NA, index=customers.index, dtype="boolean")
    unknown = bool(consent.isna().all())
    may = pd.Series(True, index=consent.index) if unknown else consent.fillna(False).astype(bool)
    left_out = {
        "consent refused": int((~consent.fillna(True).astype(bool)).sum()),
        "consent not on file": 0 if unknown else int(consent.isna().sum()),
    }
    return pd.Index(named[may].unique()), {k: v for k, v in left_out.items() if v}, unknown


@dataclass(frozen=True)
class Ranked:
    """Customers of one segment whom a message by one channel pays for, best first.

    Attributes:
        ids: Customer ids.
        effect: Extra orders a contact; shape (customers,).
        order_value_minor: Expected value of an order.
        long_run_orders: Further orders that an order lets expect.
        contacts: Messages in the last 30 days.
        freshness: Part of a message's effect that is left.
        differ: Whether some customers are worth more than others.
    """

    ids: npt.NDArray[np.object_]
    effect: Floats
    order_value_minor: Floats
    long_run_orders: Floats
    contacts: npt.NDArray[np.int64]
    freshness: Floats
    differ: bool

    def best(self, count: int) -> Ranked:
        """The first so many."""
        return Ranked(
            self.ids[:count], self.effect[:count], self.order_value_minor[:count],
            self.long_run_orders[:count], self.contacts[:count], self.freshness[:count],
            self.differ,
        )  # fmt: skip

    @property
    def levels(self) -> tuple[int, ...]:
        """Sizes of audience worth offering, smallest first."""
        count = len(self.ids)
        if not self.differ:
            return (count,)
        sizes = {round(share * count) for share in LEVELS}
        return tuple(size for size in sorted(sizes) if size >= LEAST_LEVEL or size == count)


def rank(people: pd.DataFrame, effect: Floats, *, margin: float, contact_cost: float) -> Ranked:
    """Customers by expected incremental profit of a contact, cut where it stops paying.

    ``effect * order value * margin - contact cost``. Effects that come from customers' own past
    must be out of fold or shrunk (``tools.uplift``), or the best would be flattered.

    Args:
        people: Rows of ``People.table``.
        effect: Extra orders a contact by row.
        margin: Gross margin; 1 where only revenue is known.
        contact_cost: Of one contact, minor units.
    """
    value = people["order_value_minor"].to_numpy(np.float64)
    profit = effect * value * margin - contact_cost
    order = np.lexsort((people.index.to_numpy(str), -profit))
    order = order[profit[order] > 0]
    some = people.iloc[order]
    spread = float(np.ptp(profit[order])) if len(order) else 0.0
    return Ranked(
        ids=some.index.to_numpy(object), effect=effect[order], order_value_minor=value[order],
        long_run_orders=some["long_run_orders"].to_numpy(np.float64),
        contacts=some["contacts"].to_numpy(np.int64),
        freshness=some["freshness"].to_numpy(np.float64),
        differ=spread > 1e-6 * float(np.abs(profit[order]).max(initial=0.0)),
    )  # fmt: skip
