"""Who runs the shop besides the tool: its merchant, and rules of thumb."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evals.world.lives import NEVER
from evals.world.market import CONTACT_COST, Campaign, Moves, World
from evals.world.truth import HISTORY_DAYS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LOOK_DAYS = 7
"""Days between the merchant's looks at his stock."""
LASTS_DAYS = 28
"""Days that his orders last beyond delivery and the next look."""
MARGIN_FLOOR = 0.15
STEP = 0.10
"""Largest change of a price at once, as the default policy has it."""
ENDINGS = (0, 5, 9)
LINE_SHARE = 0.7
"""Part of a season that the merchant buys his lines for before it opens."""

Rule = Callable[[World], Moves]


@dataclass(frozen=True)
class Contestant:
    """Somebody who runs the shop; ``decide`` is asked every morning."""

    name: str
    decide: Rule


def merchant(world: World, *, until: int = HISTORY_DAYS) -> Moves:
    """The merchant of the history: reviews prices, promotes, writes, reorders."""
    moves = Moves(order=reorder_rule(world), campaigns=_campaigns(world, until))
    truth, regime, day = world.truth, world.truth.regime, world.day
    if day == 0:
        world.stock[:, 0] = _first_stock(world)
    due = (day + np.arange(world.n)) % regime.price_review_days == 0
    for sku in np.flatnonzero(due & (day > 0)):
        moved = (truth.cost[sku, day] / truth.cost[sku, 0]) ** regime.cost_pass_through
        heat = regime.price_follows_demand * truth.shock[sku, day] + truth.review_noise[sku, day]
        wanted = truth.usual[sku] * moved * np.exp(heat)
        moves.price[int(sku)] = ended(max(wanted, truth.cost[sku, day] * 1.05))
    rng = np.random.default_rng([truth.seed, day, 3])
    starts = rng.random(world.n) < regime.promotions_per_year / 365
    depth = rng.uniform(*regime.promotion_depth, world.n)
    last = day + regime.promotion_days - 1
    free = world.promotion_until < day
    if last < until:
        for sku in np.flatnonzero(starts & free):
            price = max(world.price[sku] * (1 - depth[sku]), truth.cost[sku, day] * 1.02)
            if world.active[sku]:
                moves.promotion[int(sku)] = (float(np.round(price)), last)
    return moves


def holds_prices(world: World) -> Moves:
    """Prices stay; the merchant goes on promoting, writing and ordering as he always has."""
    moves = merchant(world, until=world.truth.days)
    moves.price = {}
    return moves


def keeps_stock(world: World) -> Moves:
    """Doing nothing: prices stay, nobody is written to; the shelves are filled as ever."""
    return Moves(order=reorder_rule(world))


def reorder_rule(world: World) -> list[tuple[str, int, int]]:
    """The merchant's own rule: once a week, up to five weeks beyond delivery of mean sales."""
    day, truth, regime = world.day, world.truth, world.truth.regime
    if day % LOOK_DAYS:
        return first_orders(world)
    rate = recent_rate(world)
    cover = regime.merchant_cover
    position = world.on_hand + world.inbound
    lasting = truth.stated + LOOK_DAYS + LASTS_DAYS
    if regime.shelf_life_days is not None:
        lasting = np.minimum(lasting, truth.stated + 0.7 * regime.shelf_life_days)
    due = position <= np.ceil(rate * (truth.stated + LOOK_DAYS) * cover)
    wanted = np.ceil(rate * lasting * cover) - position
    packs = np.ceil(wanted / truth.pack) * truth.pack
    season = truth.ends - day > truth.stated + LASTS_DAYS
    alive = world.active & (day >= truth.born) & season & (wanted > 0) & due
    found = [(f"M-{day}-{sku}", int(sku), int(packs[sku])) for sku in np.flatnonzero(alive)]
    return found + first_orders(world)


def recent_rate(world: World, days: int = 28) -> Floats:
    """Units a day over the last weeks, days sold out left out."""
    span = slice(max(world.day - days, 0), world.day)
    book = world.ledger
    there = book.on_sale[:, span] & ((book.on_hand[:, span] > 0) | (book.units[:, span] > 0))
    rate: Floats = book.units[:, span].sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return rate


def _first_stock(world: World) -> Ints:
    truth = world.truth
    usual = truth.base[:, :60].mean(axis=1) * (truth.born == 0)
    lasting = truth.lead + LOOK_DAYS + LASTS_DAYS
    if truth.regime.shelf_life_days is not None:
        lasting = np.minimum(lasting, truth.regime.shelf_life_days * 0.7)
    units: Ints = np.ceil(usual * lasting).astype(np.int64)
    return units


def first_orders(world: World) -> list[tuple[str, int, int]]:
    """New products come with a first order; a season's lines are bought for most of the season."""
    truth, day = world.truth, world.day
    coming = np.flatnonzero(truth.born == day + np.ceil(truth.lead).astype(int) + 2)
    typical = float(np.median(truth.base[:, day]))
    lasting = np.where(truth.ends < NEVER, LINE_SHARE * truth.regime.line_days * truth.bought, 45)
    return [(f"F-{day}-{sku}", int(sku), max(int(np.ceil(typical * lasting[sku])), 3))
            for sku in coming]  # fmt: skip


def _campaigns(world: World, until: int) -> list[Campaign]:
    """Every eight weeks, to six customers in ten, one in six of them held out."""
    day, truth = world.day, world.truth
    if day < 200 or day % 56 != 20 or day >= until - 10:
        return []
    rng = np.random.default_rng([truth.seed, day, 5])
    chosen = np.flatnonzero((rng.random(len(truth.weight)) < 0.6) & truth.consent)
    held = rng.random(len(chosen)) < 1 / 6
    channel = "email" if (day // 56) % 3 else "sms"
    sent = chosen[~held]
    cost = len(sent) * CONTACT_COST[channel]
    return [Campaign(f"C-{day}", "all", channel, day, sent, chosen[held], cost,
                     np.empty(0, dtype=np.int64))]  # fmt: skip


def ended(price: float) -> float:
    """The nearest price that ends in 0, 5 or 9 minor units."""
    whole = round(price)
    near = [whole + gap for gap in range(-5, 6) if (whole + gap) % 10 in ENDINGS]
    return float(max(min(near, key=lambda each: (abs(each - price), each)), 5))


def guarded(world: World, sku: int, wanted: float) -> float | None:
    """A price inside the policy's limits, or None where none is another than now."""
    now, cost = world.price[sku], world.cost[sku]
    low = max(now * (1 - STEP), cost / (1 - MARGIN_FLOOR))
    high = now * (1 + STEP)
    if low > high:
        return None
    price = ended(float(np.clip(wanted, low, high)))
    if not low <= price <= high:
        inner = [p for p in np.arange(np.ceil(low), np.floor(high) + 1) if p % 10 in ENDINGS]
        if not inner:
            return None
        price = float(min(inner, key=lambda each: abs(each - wanted)))
    return None if price == now else price


def cost_plus(every: int) -> Rule:
    """Prices at the category's usual markup on cost."""

    def decide(world: World) -> Moves:
        moves = keeps_stock(world)
        if (world.day - HISTORY_DAYS) % every == 0:
            markup = world.truth.usual / world.truth.cost[:, 0]
            for group in range(world.truth.regime.categories):
                mine = world.truth.category == group
                typical = float(np.median(markup[mine])) if mine.any() else 2.0
                for sku in np.flatnonzero(mine & world.active):
                    price = guarded(world, int(sku), typical * world.cost[sku])
                    if price is not None:
                        moves.price[int(sku)] = price
        return moves

    return decide


def repricer(every: int) -> Rule:
    """A greedy repricer: just below the rival; else up after more sales, down after fewer."""

    def decide(world: World) -> Moves:
        moves = keeps_stock(world)
        day = world.day
        if (day - HISTORY_DAYS) % every:
            return moves
        units = world.ledger.units
        now, before = (units[:, day - (k + 1) * every : day - k * every].sum(axis=1)
                       for k in (0, 1))  # fmt: skip
        rival = world.rival_price(day)
        for sku in np.flatnonzero(world.active):
            if np.isfinite(rival[sku]):
                wanted = rival[sku] * 0.99
            else:
                wanted = world.price[sku] * (1.03 if now[sku] >= before[sku] else 0.97)
            price = guarded(world, int(sku), float(wanted))
            if price is not None:
                moves.price[int(sku)] = price
        return moves

    return decide


def play(world: World, rule: Rule, days: int) -> World:
    """Let somebody run the shop for so many days."""
    for _ in range(days):
        world.act(rule(world))
        world.step()
    return world
