"""How often customers were written to lately, what that costs the next message, and the cap."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from tools.customer_features import CustomerHistory, day_number

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CAP_DAYS = 30
"""The month that a cap on contacts counts in."""
HALF_LIFE_DAYS = 14
WEARINESS = 0.15
"""Share of the effect that one contact of today would take from the next."""
ASSUME_FATIGUE = (
    f"each message a customer had in the last {CAP_DAYS} days takes up to {WEARINESS:.0%} off the"
    f" effect of the next, half of that after {HALF_LIFE_DAYS} days (assumed)"
)


def contacts_within(history: CustomerHistory, *, today: date, days: int = CAP_DAYS) -> Ints:
    """Messages each customer was sent in the last days, by any channel.

    Orders may end some days before messages do: whatever was sent since counts too.

    Returns:
        In the order of ``history.ids``.
    """
    day, events = day_number(today), history.events
    when = events["day"].to_numpy()
    late = (events["kind"] == "sent").to_numpy() & (when >= day - days)
    return np.bincount(events["code"].to_numpy()[late], minlength=len(history.ids)).astype(np.int64)


def freshness(history: CustomerHistory, *, today: date) -> Floats:
    """Part of a message's effect that is left after those before it, from 0 to 1.

    ``exp(-0.15 * sum(0.5 ** (age / 14)))`` over messages of the last 30 days. No experiment on
    frequency stands behind it; where past campaigns with hold-outs fell on tired customers, their
    measured effect is damped a second time, which errs on the side of writing less.

    Returns:
        In the order of ``history.ids``.
    """
    day, events = day_number(today), history.events
    when = events["day"].to_numpy()
    late = (events["kind"] == "sent").to_numpy() & (when >= day - CAP_DAYS)
    age = np.maximum(day - when[late], 0)
    load = np.bincount(
        events["code"].to_numpy()[late], 0.5 ** (age / HALF_LIFE_DAYS),
        minlength=len(history.ids),
    )  # fmt: skip
    return np.asarray(np.exp(-WEARINESS * load), dtype=np.float64)


def unsubscribed(history: CustomerHistory) -> npt.NDArray[np.bool_]:
    """Customers who signed off from any campaign; in the order of ``history.ids``."""
    events = history.events
    gone = events["code"].to_numpy()[(events["kind"] == "unsubscribed").to_numpy()]
    return np.asarray(np.bincount(gone, minlength=len(history.ids)) > 0)
