"""Trials of pricing: a seller alone against a moving cost, and two sellers against each other."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evals.price_agents import CostPlus, Oracle, Pricer, Repricer, Tools, hold
from evals.price_market import (
    WEEKS,
    Demand,
    Floats,
    Linear,
    Logit,
    Power,
    Shop,
    best_response,
    cost_path,
    drawn_week,
    equilibrium,
)

FOLLOWS = 0.2
"""Percent that a lone seller's past prices rose for a percent of demand."""
LEAVES = 8
"""Plans after which the rival of that trial leaves."""
MATCH = 0.97
FLOOR = 1.1


@dataclass(frozen=True)
class Alone:
    """A seller's market before the first plan.

    Attributes:
        shop: Its history.
        cost: Costs by week, those to come too; shape (n, weeks).
        shock: Log of what else moves demand.
        demand: The truth.
    """

    shop: Shop
    cost: Floats
    shock: Floats
    demand: Demand


@dataclass(frozen=True)
class Earned:
    """Mean expected profit a week over the trial, by the truth, and where prices ended.

    Attributes:
        profit: Minor units.
        promised: What the tool said its changes would add, minor units a day; NaN for others.
        came: What they added.
        off: Mean log distance of the last prices from the best ones.
    """

    profit: float
    promised: float
    came: float
    off: float


def alone(kind: str, *, skus: int, weeks: int, seed: int) -> Alone:
    """Draw a market: ``power``, ``line`` or ``logit`` demand, prices set by mark-up."""
    rng = np.random.default_rng([seed, 7])
    first = np.exp(rng.normal(7.5, 0.3, skus))
    at = np.exp(rng.normal(1.2, 0.8, skus))
    price = first * np.exp(rng.normal(0.6, 0.2, skus)).clip(1.2, 3.5)
    demand = _demand(kind, rng, first, at, price)
    cost = cost_path(first, WEEKS + weeks, rng)
    shock = np.zeros((skus, WEEKS + weeks))
    for week in range(1, WEEKS + weeks):
        shock[:, week] = shock[:, week - 1] * 0.9 + rng.normal(0, 0.06, skus)
    nobody = np.full(skus, np.nan)
    shop = _empty(skus)
    noise = np.zeros(skus)
    for week in range(WEEKS):
        if week % 4 == 0:
            noise = rng.normal(0, 0.03, skus)
        asked = cost[:, week] * price / first * np.exp(noise + FOLLOWS * shock[:, week])
        asked = np.rint(asked)
        sold = drawn_week(demand(asked, nobody) * np.exp(shock[:, week]), rng)
        shop.add_week(asked, cost[:, week], nobody, sold)
    return Alone(shop, cost, shock, demand)


def run_alone(market: Alone, agent: str, *, weeks: int, seed: int) -> Earned:
    """Let one agent set the prices of every week to come."""
    shop = copy.deepcopy(market.shop)
    rng = np.random.default_rng([seed, 9])
    pricer = _agent(agent, market)
    nobody = np.full(len(shop.names), np.nan)
    profit, came = 0.0, 0.0
    for week in range(WEEKS, WEEKS + weeks):
        cost, lift = market.cost[:, week], np.exp(market.shock[:, week])
        shop.cost[:, -1] = cost
        before, asked = shop.price[:, -1], pricer(shop)
        mean = market.demand(asked, nobody) * lift
        gained = float(((asked - cost) * mean).sum())
        profit += 7 * gained
        came += gained - float(((before - cost) * market.demand(before, nobody) * lift).sum())
        shop.add_week(asked, cost, nobody, drawn_week(mean, rng))
    last = market.cost[:, WEEKS + weeks - 1]
    best = best_response(market.demand, last, nobody, last * 1.05, last * 6)
    said = sum(float(each.sum()) for each in pricer.promised) if isinstance(pricer, Tools) else None
    return Earned(
        profit=profit / weeks,
        promised=float("nan") if said is None else said / weeks,
        came=came / weeks,
        off=float(np.log(shop.price[:, -1] / best).mean()),
    )


@dataclass(frozen=True)
class Duel:
    """Log distance of both sellers' prices from where they should be, by week.

    Attributes:
        ours: Ours from the one-shot equilibrium, or, where the rival does not play it, from the
            best answer to the rival's price; shape (weeks,).
        theirs: The rival's from the equilibrium; NaN where it plays something else.
    """

    ours: Floats
    theirs: Floats


def duel(kind: str, *, skus: int, weeks: int, seed: int, start: float = 1.15) -> Duel:
    """Weekly plans against a rival: ``answers``, ``same tools``, ``undercuts`` or ``leaves``.

    Args:
        kind: What the rival does.
        skus: Separate markets of two sellers each.
        weeks: Plans.
        seed: Of everything random.
        start: Both sellers' prices over the equilibrium while history is made.
    """
    rng = np.random.default_rng(seed)
    first = np.exp(rng.normal(7.5, 0.3, skus))
    slope = rng.uniform(2.2, 3.6, skus) / first
    liking = slope * first * rng.uniform(1.4, 1.9, skus)
    demand = Logit(np.exp(rng.normal(4.0, 0.4, skus)), slope, liking)
    ours = cost_path(first, WEEKS + weeks, rng)
    theirs = cost_path(first * np.exp(rng.normal(0, 0.05, skus)), WEEKS + weeks, rng)
    we, they = _past(demand, first, ours, theirs, start, rng)
    tools, twin = Tools(), Tools()
    off, theirs_off = np.empty(weeks), np.full(weeks, np.nan)
    for plan in range(weeks):
        cost, other = ours[:, WEEKS + plan], theirs[:, WEEKS + plan]
        we.cost[:, -1], they.cost[:, -1] = cost, other
        seen = we.price[:, -1]
        asked = tools(we)
        rival = _rival(kind, plan, demand, other, seen, twin, they)
        if kind in ("answers", "same tools"):
            wanted, theirs_wanted = equilibrium(demand, cost, other)
            theirs_off[plan] = np.log(rival / theirs_wanted).mean()
        else:
            wanted = best_response(demand, cost, rival, cost * 1.02, cost * 4)
        off[plan] = np.log(asked / wanted).mean()
        we.add_week(asked, cost, rival, drawn_week(demand(asked, rival), rng))
        if kind == "same tools":
            they.add_week(rival, other, asked, drawn_week(demand(rival, asked), rng))
    return Duel(off, theirs_off)


def _rival(
    kind: str, plan: int, demand: Demand, cost: Floats, seen: Floats, twin: Tools, they: Shop
) -> Floats:
    """The rival's price of a week; it sees ours of the week before."""
    if kind == "same tools":
        return twin(they)
    if kind == "undercuts":
        return np.maximum(np.rint(seen * MATCH), np.rint(cost * FLOOR))
    if kind == "leaves" and plan >= LEAVES:
        return np.full(len(seen), np.nan)
    return np.rint(best_response(demand, cost, seen, cost * 1.02, cost * 4))


def _past(
    demand: Demand, first: Floats, ours: Floats, theirs: Floats, start: float,
    rng: np.random.Generator,
) -> tuple[Shop, Shop]:  # fmt: skip
    """History of two sellers who keep a mark-up and try something else every three weeks."""
    markup = equilibrium(demand, first, first)[0] / first * start
    we, they = _empty(len(first)), _empty(len(first))
    one = other = np.ones(len(first))
    for week in range(WEEKS):
        if week % 3 == 0:
            one, other = (np.exp(rng.normal(0, 0.05, len(first))) for _ in range(2))
        asked = np.rint(ours[:, week] * markup * one)
        rival = np.rint(theirs[:, week] * markup * other)
        we.add_week(asked, ours[:, week], rival, drawn_week(demand(asked, rival), rng))
        they.add_week(rival, theirs[:, week], asked, drawn_week(demand(rival, asked), rng))
    return we, they


def _agent(name: str, market: Alone) -> Pricer:
    made: dict[str, Callable[[], Pricer]] = {
        "hold": lambda: hold,
        "cost-plus": lambda: CostPlus((market.shop.price / market.shop.cost).mean(axis=1)),
        "greedy repricer": Repricer,
        "ecomagent": Tools,
        "oracle": lambda: Oracle(market.demand),
    }
    return made[name]()


def _demand(kind: str, rng: np.random.Generator, cost: Floats, at: Floats, price: Floats) -> Demand:
    count = len(cost)
    if kind == "power":
        return Power(at, price, rng.normal(-2.6, 0.6, count).clip(-5, -1.3))
    if kind == "line":
        return Linear(at, price, price * rng.uniform(1.25, 1.9, count))
    slope = rng.uniform(1.3, 3.0, count) / cost
    return Logit(at * 6, slope, slope * price + rng.normal(-1.2, 0.4, count))


def _empty(count: int) -> Shop:
    names = np.array([f"S{number:03d}" for number in range(count)])
    nothing = np.empty((count, 0))
    return Shop(names, nothing, nothing, nothing, nothing)
