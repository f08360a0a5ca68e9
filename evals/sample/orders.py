"""Sales as orders: lines, baskets with companions, and who bought them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evals.sample.parameters import Calendar, SampleParameters, stream

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
GUEST = -1
BLOCK_DAYS = 10
"""Who is a customer is looked up once in so many days."""
HOURS = np.array(
    [2, 1, 0.5, 0.3, 0.3, 0.6, 1.2, 2, 3, 4, 5, 5, 5.5, 5, 4.5, 4.5, 4.5, 4.5, 5, 6.5, 8.5, 9, 7, 4]
)
"""How orders spread over the hours of a day."""


@dataclass(frozen=True)
class Orders:
    """Orders and their lines.

    Attributes:
        lines: order (number), sku (row number), day, quantity; sorted by order.
        orders: Index order number, in time: day, second (of the day), customer (row number or
            ``GUEST``), channel.
    """

    lines: pd.DataFrame
    orders: pd.DataFrame


def make_customers(
    parameters: SampleParameters, calendar: Calendar, products: pd.DataFrame, seed: int
) -> pd.DataFrame:
    """One row a customer: country, consent (None: never said), from_day, to_day, activity,
    favourite (number of a category).
    """
    rng = stream(seed, "customers")
    count = max(round(len(products) * parameters.customers_per_product), 20)
    lifetime = parameters.median_lifetime_days * np.exp(rng.normal(0, 0.9, count))
    start = rng.integers(-400, calendar.days - 5, count)
    start[: count // 10] = -1
    names, shares = zip(*parameters.countries, strict=True)
    said = rng.random(count)
    consent = np.where(said < parameters.consent_yes, "true",
                       np.where(said < parameters.consent_yes + parameters.consent_no, "false",
                                ""))  # fmt: skip
    return pd.DataFrame(
        {
            "customer_id": [f"C{number + 1:06d}" for number in range(count)],
            "country": rng.choice(names, count, p=np.array(shares) / sum(shares)),
            "consent": consent.astype(object),
            "from_day": start,
            "to_day": start + np.ceil(lifetime).astype(np.int64),
            "activity": np.exp(rng.normal(0, parameters.activity_spread, count)),
            "favourite": rng.choice(np.unique(products["kind"]), count),
        }
    )


def make_orders(
    parameters: SampleParameters,
    calendar: Calendar,
    products: pd.DataFrame,
    customers: pd.DataFrame,
    sold: Ints,
    seed: int,
) -> Orders:
    """Turn units sold into lines, lines into baskets, and baskets into customers' orders."""
    rng = stream(seed, "orders")
    lines = _lines(sold, rng)
    lines["slot"] = _slots(parameters, lines, rng)
    _bring_companions(parameters, lines, products["rate"].to_numpy(dtype=np.float64), rng)
    slot = lines["slot"].to_numpy()
    key = lines["day"].to_numpy() * (int(slot.max(initial=0)) + 1) + slot
    unique, first, order = np.unique(key, return_index=True, return_inverse=True)
    day = lines["day"].to_numpy()[first]
    second = _seconds(len(unique), rng)
    rank = np.empty(len(unique), dtype=np.int64)
    rank[np.lexsort((second, day))] = np.arange(len(unique))
    kind = products["kind"].to_numpy()[lines["sku"].to_numpy()[first]]
    names, shares = zip(*parameters.channels, strict=True)
    orders = pd.DataFrame(
        {
            "day": day,
            "second": second,
            "customer": _buyers(parameters, calendar, customers, day, kind, rng),
            "channel": rng.choice(names, len(unique), p=np.array(shares) / sum(shares)),
        },
        index=rank,
    ).sort_index()
    lines["order"] = rank[order]
    merged = lines.groupby(["order", "sku", "day"])["quantity"].sum().reset_index()
    return Orders(merged, orders)


def _lines(sold: Ints, rng: np.random.Generator) -> pd.DataFrame:
    """One line a unit, but one in six units goes into the line of another."""
    sku, day = np.nonzero(sold)
    units = sold[sku, day]
    count = 1 + rng.binomial(units - 1, 0.84)
    row = np.repeat(np.arange(len(units)), count)
    first = np.r_[True, row[1:] != row[:-1]] if len(row) else np.zeros(0, dtype=bool)
    quantity = np.where(first, units[row] - count[row] + 1, 1)
    return pd.DataFrame({"sku": sku[row], "day": day[row], "quantity": quantity})


def _slots(
    parameters: SampleParameters, lines: pd.DataFrame, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Which basket of its day each line goes into."""
    day = lines["day"].to_numpy()
    a_day = np.bincount(day, minlength=int(day.max(initial=0)) + 1)
    baskets = np.maximum(np.round(a_day / parameters.units_per_basket), 1)
    slots: Ints = np.floor(rng.random(len(lines)) * baskets[day]).astype(np.int64)
    return slots


def _bring_companions(
    parameters: SampleParameters, lines: pd.DataFrame, rate: Floats, rng: np.random.Generator
) -> None:
    """Put companions into the baskets of what they go with, where both sold on a day.

    Pairs are made among the better half of sellers, where they show.
    """
    count = len(rate)
    pairs = int(count * parameters.pair_share)
    chosen = rng.permutation(np.argsort(-rate, kind="stable")[: (count + 1) // 2])[: 2 * pairs]
    chosen = chosen[: len(chosen) // 2 * 2]
    pair, leads = np.full(count, -1), np.zeros(count, dtype=bool)
    pair[chosen] = np.arange(len(chosen)) // 2
    leads[chosen[::2]] = True
    sku = lines["sku"].to_numpy()
    mine = np.flatnonzero(pair[sku] >= 0)
    frame = pd.DataFrame({"line": mine, "pair": pair[sku[mine]], "day": lines["day"].iloc[mine],
                          "leads": leads[sku[mine]]})  # fmt: skip
    frame["rank"] = frame.groupby(["pair", "day", "leads"]).cumcount()
    key = ["pair", "day", "rank"]
    met = frame[~frame["leads"]].merge(frame[frame["leads"]], on=key, suffixes=("", "_lead"))
    met = met[rng.random(len(met)) < parameters.pair_strength]
    slots = lines["slot"].to_numpy(copy=True)
    slots[met["line"].to_numpy()] = slots[met["line_lead"].to_numpy()]
    lines["slot"] = slots


def _seconds(count: int, rng: np.random.Generator) -> Ints:
    hour = rng.choice(24, count, p=HOURS / HOURS.sum())
    return hour * 3600 + rng.integers(0, 3600, count)


def _buyers(
    parameters: SampleParameters,
    calendar: Calendar,
    customers: pd.DataFrame,
    day: Ints,
    kind: Ints,
    rng: np.random.Generator,
) -> Ints:
    """A customer for each order: who is active, most often one whose favourite is bought."""
    buyer = np.full(len(day), GUEST, dtype=np.int64)
    start, end = customers["from_day"].to_numpy(), customers["to_day"].to_numpy()
    activity = customers["activity"].to_numpy()
    favourite = customers["favourite"].to_numpy()
    block = day // BLOCK_DAYS
    known = rng.random(len(day)) >= parameters.guest_share
    places = np.flatnonzero(known)
    kinds = int(kind.max(initial=0)) + 1
    cell = (block * kinds + kind)[places]
    order = np.argsort(cell, kind="stable")
    values, starts = np.unique(cell[order], return_index=True)
    for value, found in zip(values.tolist(), np.split(order, starts[1:]), strict=True):
        number, wanted = divmod(value, kinds)
        since = number * BLOCK_DAYS
        alive = np.flatnonzero((start <= since) & (end > since))
        if not len(alive):
            continue
        liking = np.where(favourite[alive] == wanted, parameters.favourite_factor, 1.0)
        edges = np.cumsum(activity[alive] * liking)
        drawn = np.searchsorted(edges, rng.random(len(found)) * edges[-1], side="right")
        buyer[places[found]] = alive[np.minimum(drawn, len(alive) - 1)]
    return buyer
