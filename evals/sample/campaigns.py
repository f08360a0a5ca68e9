"""Past campaigns of the sample shop, each with customers left alone so that its effect shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evals.sample.orders import GUEST
from evals.sample.parameters import Calendar, SampleParameters, stream

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
FIRST_DAY = 60
SEND_SECOND = 10 * 3600
CHANNELS = ("email", "sms", "email")
AUDIENCES = ("newsletter", "loyal", "at_risk", "newsletter")
OPENED, CLICKED = 0.24, 0.05
LEAST = 40
"""Smaller audiences are not written to."""


@dataclass(frozen=True)
class Campaigns:
    """What was sent, and who did what.

    Attributes:
        campaigns: campaign_id, name, segment, channel, day, cost (major units), hold_out,
            audience (contacted).
        events: campaign_id, customer (row number), event, day, second.
    """

    campaigns: pd.DataFrame
    events: pd.DataFrame


def make_campaigns(
    parameters: SampleParameters,
    calendar: Calendar,
    customers: pd.DataFrame,
    orders: pd.DataFrame,
    seed: int,
) -> Campaigns:
    """Send campaigns and move their true uplift's worth of orders to customers who got them.

    ``orders["customer"]`` is changed in place: orders of guests and of customers who had nothing
    to do with a campaign become the extra orders of customers it reached, so that what was sold
    stays what it was.
    """
    rng = stream(seed, "campaigns")
    gap = 365 // parameters.campaigns_per_year
    days = range(FIRST_DAY, calendar.days - parameters.response_days - 2, gap)
    rows, events = [], []
    for number, day in enumerate(days):
        channel = CHANNELS[number % len(CHANNELS)]
        segment = AUDIENCES[number % len(AUDIENCES)]
        reached = _audience(customers, orders, day, segment)
        if len(reached) < LEAST:
            continue
        held = rng.random(len(reached)) < parameters.hold_out
        sent, alone = reached[~held], reached[held]
        _respond(parameters, orders, day, sent, alone, parameters.uplift[channel], rng)
        name = f"cmp-{calendar.dates[day]}-{channel}"
        events.append(_events(parameters, orders, name, channel, day, sent, alone, rng))
        rows.append(
            {
                "campaign_id": name,
                "name": f"{segment} {channel} {calendar.dates[day]}",
                "segment": segment,
                "channel": channel,
                "day": day,
                "cost": round(len(sent) * parameters.contact_cost[channel], 2),
                "hold_out": parameters.hold_out,
                "audience": len(sent),
            }
        )
    columns = ["campaign_id", "name", "segment", "channel", "day", "cost", "hold_out", "audience"]
    kept = ["campaign_id", "customer", "event", "day", "second"]
    return Campaigns(
        pd.DataFrame(rows, columns=columns),
        pd.concat(events, ignore_index=True)[kept] if events else pd.DataFrame(columns=kept),
    )


def _audience(customers: pd.DataFrame, orders: pd.DataFrame, day: int, segment: str) -> Ints:
    """Customers who agreed and are known by then: all, those who buy often, or no longer."""
    agreed = (customers["consent"] == "true") & (customers["from_day"] < day)
    earlier = orders[(orders["day"] < day) & (orders["customer"] != GUEST)]
    bought = np.bincount(earlier["customer"], minlength=len(customers))
    last = np.full(len(customers), -10_000)
    np.maximum.at(last, earlier["customer"].to_numpy(), earlier["day"].to_numpy())
    wanted = {
        "newsletter": bought >= 1,
        "loyal": (bought >= 4) & (last > day - 90),
        "at_risk": (bought >= 2) & (last <= day - 90),
    }[segment]
    return np.flatnonzero(agreed.to_numpy() & wanted)


def _window(parameters: SampleParameters, orders: pd.DataFrame, day: int) -> Ints:
    days = orders["day"].to_numpy()
    return np.flatnonzero((days > day) & (days <= day + parameters.response_days))


def _respond(
    parameters: SampleParameters,
    orders: pd.DataFrame,
    day: int,
    sent: Ints,
    alone: Ints,
    uplift: float,
    rng: np.random.Generator,
) -> None:
    place = _window(parameters, orders, day)
    buyer = orders["customer"].to_numpy(copy=True)
    free = place[~np.isin(buyer[place], np.r_[sent, alone])]
    quiet = sent[~np.isin(sent, buyer[place])]
    count = min(int(rng.binomial(len(sent), uplift)), len(free), len(quiet))
    moved = rng.choice(free, count, replace=False)
    buyer[moved] = rng.choice(quiet, count, replace=False)
    orders["customer"] = buyer


def _events(
    parameters: SampleParameters,
    orders: pd.DataFrame,
    name: str,
    channel: str,
    day: int,
    sent: Ints,
    alone: Ints,
    rng: np.random.Generator,
) -> pd.DataFrame:
    place = _window(parameters, orders, day)
    bought = orders.iloc[place]
    bought = bought[bought["customer"].isin(np.r_[sent, alone])].drop_duplicates("customer")
    luck = rng.random(len(sent))
    opened = sent[luck < OPENED] if channel == "email" else sent[:0]
    clicked = sent[luck < CLICKED]
    parts = [
        _event(who, event, day, SEND_SECOND + delay)
        for who, event, delay in (
            (sent, "sent", 0), (alone, "held_out", 0), (opened, "opened", 5400),
            (clicked, "clicked", 5700),
        )
    ]  # fmt: skip
    parts.append(bought.assign(event="converted")[["customer", "event", "day", "second"]])
    return pd.concat(parts, ignore_index=True).assign(campaign_id=name)


def _event(who: Ints, event: str, day: int, second: int) -> pd.DataFrame:
    return pd.DataFrame({"customer": who, "event": event, "day": day, "second": second})
