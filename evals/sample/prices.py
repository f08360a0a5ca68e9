"""What things cost the sample shop and what it asks: list prices that follow costs, promotions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evals.sample.drivers import Event
from evals.sample.parameters import Calendar, SampleParameters, stream
from evals.sample.products import charm

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
LEAST_MARKUP = 1.15
SALE_MARKUP = 1.03
LARGEST_MOVE = 0.12
"""A review never moves a list price further than this."""


@dataclass(frozen=True)
class Prices:
    """Every price of the history in minor units; rows are SKUs, columns days.

    Attributes:
        cost: What a unit costs.
        listed: List price.
        paid: What a customer pays: the promotion's price or the list price.
        rival: Price of the cheapest competitor; NaN where nobody sells the same.
        promotions: sku (row number), first, last (day numbers), price_minor.
        rivals: sku (row number), competitor, day, price_minor; one row an observation.
    """

    cost: Floats
    listed: Floats
    paid: Floats
    rival: Floats
    promotions: pd.DataFrame
    rivals: pd.DataFrame


def make_prices(
    parameters: SampleParameters,
    calendar: Calendar,
    products: pd.DataFrame,
    events: tuple[Event, ...],
    shock: Floats,
    seed: int,
) -> Prices:
    """Costs first, then the list prices that follow them, then sales and competitors."""
    cost, moves = _costs(parameters, calendar, products, seed)
    listed = _lists(parameters, calendar, products, cost, moves, shock, seed)
    paid, promotions = _promotions(parameters, calendar, products, events, cost, listed, seed)
    rival, rivals = _rivals(parameters, calendar, products, seed)
    return Prices(cost, listed, paid, rival, promotions, rivals)


def change_days(count: int, days: int, gap: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Days on which something changes, so many days apart; the first day always counts."""
    steps = rng.integers(gap[0], gap[1] + 1, (count, days // gap[0] + 2))
    steps[:, 0] = rng.integers(0, gap[1], count)
    at = np.cumsum(steps, axis=1)
    marks = np.zeros((count, days), dtype=bool)
    rows = np.repeat(np.arange(count)[:, None], at.shape[1], axis=1)
    inside = at < days
    marks[rows[inside], at[inside]] = True
    marks[:, 0] = True
    return marks


def held(path: Floats, changes: Mask) -> Floats:
    """A path that moves on the days of change only."""
    day = np.where(changes, np.arange(path.shape[1])[None, :], 0)
    return np.take_along_axis(path, np.maximum.accumulate(day, axis=1), axis=1)


def _walk(rng: np.random.Generator, rows: int, days: int, sd: float) -> Floats:
    return np.cumsum(rng.normal(0, sd, (rows, days)), axis=1)


def _costs(
    parameters: SampleParameters, calendar: Calendar, products: pd.DataFrame, seed: int
) -> tuple[Floats, Mask]:
    """Costs, and the days on which they changed."""
    rng = stream(seed, "costs")
    count, days = len(products), calendar.days
    suppliers, number = np.unique(products["supplier"].to_numpy().astype(str), return_inverse=True)
    index = _walk(rng, len(suppliers), days, parameters.supplier_index_sd)
    common = _walk(rng, 1, days, parameters.commodity_index_sd)
    marks = change_days(count, days, parameters.cost_change_days, rng)
    own = np.cumsum(marks * rng.normal(0, parameters.own_cost_step_sd, (count, days)), axis=1)
    path = np.clip(index[number] + common + own, -0.30, 0.30)
    usual = products["cost_minor"].to_numpy(dtype=np.float64)[:, None]
    return np.round(usual * np.exp(held(path, marks))), marks


def _lists(
    parameters: SampleParameters,
    calendar: Calendar,
    products: pd.DataFrame,
    cost: Floats,
    moves: Mask,
    shock: Floats,
    seed: int,
) -> Floats:
    """At each review the price takes over part of the cost's move and of what demand did.

    Reviews come round by themselves, and soon after a cost has changed.
    """
    rng = stream(seed, "lists")
    count, days = len(products), calendar.days
    marks = change_days(count, days, parameters.price_review_days, rng)
    row, moved = np.nonzero(moves)
    answer = moved + rng.integers(*parameters.cost_answer_days, len(moved))
    marks[row[answer < days], answer[answer < days]] = True
    usual_cost = products["cost_minor"].to_numpy(dtype=np.float64)[:, None]
    usual = products["price_minor"].to_numpy(dtype=np.float64)[:, None]
    through = rng.uniform(*parameters.cost_pass_through, (count, 1))
    wanted = (
        np.log(usual)
        + through * np.log(cost / usual_cost)
        + parameters.price_reacts_to_demand * shock
        + rng.normal(0, parameters.price_noise_sd, (count, days))
    )
    floor = np.maximum(
        products["map_price_minor"].to_numpy(dtype=np.float64)[:, None], cost * LEAST_MARKUP
    )
    level = held(np.exp(wanted), marks)
    previous = level[:, 0].copy()
    asked = np.empty_like(level)
    for day in range(days):
        looks = marks[:, day]
        step = np.clip(level[:, day], previous * (1 - LARGEST_MOVE), previous * (1 + LARGEST_MOVE))
        step = np.maximum(step, floor[:, day])
        previous = np.where(looks, charm(step), previous)
        asked[:, day] = previous
    return asked


def _promotions(
    parameters: SampleParameters,
    calendar: Calendar,
    products: pd.DataFrame,
    events: tuple[Event, ...],
    cost: Floats,
    listed: Floats,
    seed: int,
) -> tuple[Floats, pd.DataFrame]:
    rng = stream(seed, "promotions")
    count, days = listed.shape
    paid = listed.copy()
    least = products["map_price_minor"].to_numpy(dtype=np.float64)
    first, last = (products[name].to_numpy() for name in ("first_day", "last_day"))
    found: list[tuple[int, int, int, float]] = []

    def offer(rows: npt.NDArray[np.int64], start: int, end: int, depth: Floats) -> None:
        asked = listed[rows, start]
        lowest = np.maximum(cost[rows, start] * SALE_MARKUP, least[rows])
        price = np.maximum(charm(asked * (1 - depth)), charm(lowest))
        on_sale = (first[rows] <= start) & (last[rows] >= min(end, days)) & (price < asked * 0.97)
        for row, amount in zip(rows[on_sale], price[on_sale], strict=True):
            span = slice(start, min(end, days - 1) + 1)
            if (paid[row, span] < listed[row, span]).any():
                continue
            paid[row, span] = np.minimum(amount, listed[row, span])
            found.append((int(row), start, end, float(amount)))

    for event in events:
        rows = np.flatnonzero(rng.random(count) < event.share)
        depth = np.round(event.depth * rng.uniform(0.7, 1.3, len(rows)), 2)
        offer(rows, event.first, event.last, depth)
    own = rng.poisson(parameters.own_promotions_per_year * days / 365, count)
    for row in np.repeat(np.arange(count), own):
        length = int(rng.integers(parameters.own_promotion_days[0],
                                  parameters.own_promotion_days[1] + 1))  # fmt: skip
        start = int(rng.integers(0, max(days - length, 1)))
        depth = rng.choice(parameters.own_promotion_depths, 1)
        offer(np.array([row]), start, start + length - 1, depth)
    columns = ["sku", "first", "last", "price_minor"]
    return paid, pd.DataFrame(sorted(found), columns=columns)


def _rivals(
    parameters: SampleParameters,
    calendar: Calendar,
    products: pd.DataFrame,
    seed: int,
) -> tuple[Floats, pd.DataFrame]:
    """Competitors buy elsewhere: their prices have nothing to do with our costs."""
    rng = stream(seed, "rivals")
    count, days = len(products), calendar.days
    usual = products["price_minor"].to_numpy(dtype=np.float64)[:, None]
    cheapest, parts = np.full((count, days), np.inf), []
    for name in parameters.competitors:
        sells: Mask = np.asarray(rng.random(count) < parameters.competitor_share)
        marks = change_days(count, days, (9, 30), rng)
        path = rng.normal(0, 0.05, (count, 1)) + _walk(rng, count, days, 0.004)
        price = charm(held(usual * np.exp(path), marks))
        price[~sells] = np.inf
        cheapest = np.minimum(cheapest, price)
        rows, day = np.nonzero(marks & sells[:, None])
        parts.append(pd.DataFrame({"sku": rows, "competitor": name, "day": day,
                                   "price_minor": price[rows, day]}))  # fmt: skip
    return np.where(np.isinf(cheapest), np.nan, cheapest), pd.concat(parts, ignore_index=True)
