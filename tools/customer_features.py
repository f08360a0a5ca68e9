"""What is known of every customer on a day, and past campaigns as experiments on customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FEATURES = (
    "recency_days", "log_orders", "log_spend", "tenure_days", "recent_orders", "recent_contacts",
    "log_reactions",
)  # fmt: skip
"""Columns of ``features_on``, in order."""
LONGEST_DAYS = 730
"""Days since the last order beyond which it no longer matters how many; also for never."""
RECENT_ORDER_DAYS, RECENT_CONTACT_DAYS = 90, 30
RESPONSE_DAYS = 14
"""Days after a contact in which an order counts as its response."""
AFFINITY_HALF_LIFE = 180
AFFINITY_RANGE = (0.2, 1.6)
MOST_ORDERS = 2
"""Orders of one customer in one window that count: a reseller's twenty would drown the rest."""
MOST_CAMPAIGNS = 12
LEAST_ARM = 20
"""Customers that each arm of a campaign must have."""


@dataclass(frozen=True)
class CustomerHistory:
    """Orders and contacts by customer number and day, ready to be asked as of any day.

    Attributes:
        ids: Customer ids, sorted; their place is their number.
        orders: ``code, day, revenue`` by code and day.
        events: ``code, day, kind, campaign, channel``, the last three as categories.
    """

    ids: npt.NDArray[np.object_]
    orders: pd.DataFrame
    events: pd.DataFrame

    @classmethod
    def of(
        cls, orders: pd.DataFrame, events: pd.DataFrame, ids: pd.Series | None = None
    ) -> CustomerHistory:
        """From the frames of ``FactsView.customer_orders`` and ``campaign_events``.

        Args:
            orders: ``customer_id, date, revenue_minor``; one row an order.
            events: ``campaign_id, channel, customer_id, kind, date``.
            ids: Further customers, who may have done nothing.
        """
        orders, events = (
            frame[frame["customer_id"].notna() & frame["date"].notna()].reset_index(drop=True)
            for frame in (orders, events)
        )
        parts = [orders["customer_id"], events["customer_id"]]
        parts += [] if ids is None else [ids.dropna()]
        named = pd.concat([part.astype(str) for part in parts], ignore_index=True)
        codes, known = pd.factorize(named, sort=True)
        first, both = len(orders), len(orders) + len(events)
        return cls(
            np.asarray(known, dtype=object),
            _orders(orders, codes[:first].astype(np.int64)),
            _events(events, codes[first:both].astype(np.int64)),
        )

    def codes(self, ids: pd.Index | pd.Series) -> Ints:
        """Numbers of customers who are known."""
        return np.asarray(pd.Index(self.ids).get_indexer(pd.Index(ids)), dtype=np.int64)


def _orders(orders: pd.DataFrame, codes: Ints) -> pd.DataFrame:
    revenue = pd.to_numeric(orders["revenue_minor"], errors="coerce").fillna(0.0)
    made = pd.DataFrame(
        {
            "code": codes,
            "day": _days(orders["date"]),
            "revenue": revenue.to_numpy(np.float64),
        }
    )
    return made.sort_values(["code", "day", "revenue"], ignore_index=True)


def _events(events: pd.DataFrame, codes: Ints) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "code": codes,
            "day": _days(events["date"]),
            "kind": events["kind"].astype("category"),
            "campaign": events["campaign_id"].astype("category"),
            "channel": events["channel"].astype("category"),
        }
    )


def _days(dates: pd.Series) -> Ints:
    """Days since 1970."""
    return pd.to_datetime(dates).to_numpy("datetime64[D]").astype(np.int64)


def day_number(day: date) -> int:
    """Days since 1970."""
    return int(np.datetime64(day, "D").astype(np.int64))


def features_on(history: CustomerHistory, day: int) -> pd.DataFrame:
    """What was known of every customer before a day began.

    Args:
        history: Orders and contacts.
        day: Days since 1970; nothing dated from then on counts.

    Returns:
        One row a customer, in the order of ``history.ids``; columns ``FEATURES``, no NaN.
    """
    count, orders, events = len(history.ids), history.orders, history.events
    past = orders[orders["day"].to_numpy() < day]
    code, when = past["code"].to_numpy(), past["day"].to_numpy()
    bought = np.bincount(code, minlength=count).astype(np.float64)
    first, last = np.full(count, day), np.full(count, day - LONGEST_DAYS)
    last[code] = when  # later rows of a customer win, and rows go by day
    first[code[::-1]] = when[::-1]
    done = events[events["day"].to_numpy() < day]
    sent = (done["kind"] == "sent").to_numpy()
    late = done["day"].to_numpy() >= day - RECENT_CONTACT_DAYS
    reacted = done["kind"].isin(["opened", "clicked"]).to_numpy()
    who = done["code"].to_numpy()
    return pd.DataFrame(
        {
            "recency_days": np.minimum(day - last, LONGEST_DAYS).astype(np.float64),
            "log_orders": np.log1p(bought),
            "log_spend": np.log1p(
                np.maximum(np.bincount(code, past["revenue"], minlength=count), 0)
            ),
            "tenure_days": (day - first).astype(np.float64),
            "recent_orders": np.bincount(
                code[when >= day - RECENT_ORDER_DAYS], minlength=count
            ).astype(np.float64),
            "recent_contacts": np.bincount(who[sent & late], minlength=count).astype(np.float64),
            "log_reactions": np.log1p(np.bincount(who[reacted], minlength=count)),
        }
    )[list(FEATURES)]


def affinity(features: pd.DataFrame) -> Floats:
    """How readily each customer would answer if nothing were measured, 1 on average.

    The root of how often they buy, halved for every 180 days since they last did: what segments
    are taken to differ by (``tools.campaign_offers``), customer by customer.

    Args:
        features: ``log_orders, tenure_days, recency_days``.
    """
    rate = np.expm1(features["log_orders"]) / features["tenure_days"].clip(lower=30)
    pull = (rate * 0.5 ** (features["recency_days"] / AFFINITY_HALF_LIFE)).to_numpy(np.float64)
    mean = float(pull.mean()) if len(pull) else 0.0
    if mean <= 0:
        return np.ones(len(pull))
    return np.asarray(np.clip(np.sqrt(pull / mean), *AFFINITY_RANGE), dtype=np.float64)


def experiment_rows(history: CustomerHistory, *, channel: str, today: date) -> pd.DataFrame:
    """Past campaigns of a channel as experiments: one row a customer and campaign.

    Only campaigns that left at least 20 customers alone, and whose response window is over. Orders
    count for both arms alike, whether or not anybody logged them as conversions, and all of them
    do: a message may bring a further order from somebody who would have ordered anyway.

    Returns:
        ``customer_id, campaign_id, treated, propensity, orders`` (within ``RESPONSE_DAYS``, at
        most 2), ``ordered`` (1 if any), ``affinity`` and ``FEATURES`` as they stood before the
        campaign's day.
    """
    columns = ["customer_id", "campaign_id", "treated", "propensity", "ordered", "orders",
               "affinity", *FEATURES]  # fmt: skip
    mine = history.events[
        (history.events["channel"] == channel) & history.events["kind"].isin(["sent", "held_out"])
    ]
    starts = mine.groupby("campaign", observed=True)["day"].min()
    ended = starts[starts + RESPONSE_DAYS < day_number(today)]
    latest = ended.reset_index().sort_values(["day", "campaign"])["campaign"].iloc[-MOST_CAMPAIGNS:]
    parts = [
        _one_experiment(history, mine[mine["campaign"] == name], str(name), int(starts[name]))
        for name in latest
    ]
    usable = [part for part in parts if len(part)]
    return pd.concat(usable, ignore_index=True) if usable else pd.DataFrame(columns=columns)


def _one_experiment(
    history: CustomerHistory, events: pd.DataFrame, campaign: str, day: int
) -> pd.DataFrame:
    count = len(history.ids)
    sent, alone = (
        np.bincount(events["code"].to_numpy()[(events["kind"] == kind).to_numpy()], minlength=count)
        > 0
        for kind in ("sent", "held_out")
    )
    code = np.flatnonzero(sent ^ alone)  # in both arms means in neither
    treated = sent[code]
    if min(treated.sum(), (~treated).sum()) < LEAST_ARM:
        return pd.DataFrame()
    when = history.orders["day"].to_numpy()
    answered = history.orders["code"].to_numpy()[(when >= day) & (when <= day + RESPONSE_DAYS)]
    placed = np.minimum(np.bincount(answered, minlength=count)[code], MOST_ORDERS)
    made = features_on(history, day).iloc[code].reset_index(drop=True)
    made.insert(0, "affinity", affinity(made))
    made.insert(0, "orders", placed.astype(np.float64))
    made.insert(0, "ordered", (placed > 0).astype(np.float64))
    made.insert(0, "propensity", float(treated.mean()))
    made.insert(0, "treated", treated.astype(np.int64))
    made.insert(0, "campaign_id", campaign)
    made.insert(0, "customer_id", history.ids[code])
    return made
