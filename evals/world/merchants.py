"""Who runs the shop besides the tool: its merchant, rules of thumb, and one who knows the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evals.world.market import PANTRY_DAYS, Campaign, Moves, World, drawn
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
CONTACT_COST = {"email": 0.2, "sms": 4.0}
"""Minor units a message."""
WRITES_EVERY = 28
TRIES = 11

Rule = Callable[[World], Moves]


@dataclass(frozen=True)
class Contestant:
    """Somebody who runs the shop; ``decide`` is asked every morning."""

    name: str
    decide: Rule


def merchant(world: World) -> Moves:
    """The merchant of the history: reviews prices, promotes, writes, reorders."""
    moves = Moves(order=reorder_rule(world), campaigns=_old_campaigns(world))
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
    if last < HISTORY_DAYS:
        for sku in np.flatnonzero(starts & free):
            price = max(world.price[sku] * (1 - depth[sku]), truth.cost[sku, day] * 1.02)
            moves.promotion[int(sku)] = (float(np.round(price)), last)
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
    alive = world.active & (day >= truth.born) & (wanted > 0) & due
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
    """New products come with a first order of what a typical SKU of the shop sells."""
    truth, day = world.truth, world.day
    coming = np.flatnonzero(truth.born == day + np.ceil(truth.lead).astype(int) + 2)
    typical = float(np.median(truth.base[:, day]))
    return [(f"F-{day}-{sku}", int(sku), max(int(np.ceil(typical * 45)), 3)) for sku in coming]


def _old_campaigns(world: World) -> list[Campaign]:
    """Every eight weeks of history, to six customers in ten, one in six of them held out."""
    day, truth = world.day, world.truth
    if day < 200 or day % 56 != 20 or day >= HISTORY_DAYS - 10:
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


def oracle(every: int, *, prices: bool = True, stock: bool = True, writes: bool = True) -> Rule:
    """One who knows the truth and keeps the same limits; parts of it for a diagnosis."""

    def decide(world: World) -> Moves:
        moves = Moves() if stock else keeps_stock(world)
        since = world.day - HISTORY_DAYS
        if since % every == 0:
            if prices:
                moves.price = best_prices(world, every)
            if stock:
                moves.order = best_orders(world, every, moves.price)
        if stock:
            moves.order = moves.order + first_orders(world)
        if writes and since % WRITES_EVERY == 0:
            moves.campaigns = _best_campaign(world)
        return moves

    return decide


def expected_units(world: World, price: Floats, days: int) -> Floats:
    """True mean units over the coming days at those prices, everything in stock."""
    truth, regime = world.truth, world.truth.regime
    step = 3 if days > 6 else 1
    sampled = range(world.day, min(world.day + days, truth.days), step)
    rival = world.rival_price(world.day)
    answered = np.where(
        truth.has_rival & np.isfinite(rival),
        (price / np.maximum(world.paid, 1)) ** (regime.rival_cross * regime.rival_reacts),
        1.0,
    )
    nobody = np.zeros(world.n, dtype=bool)
    rest = world.pantry.copy()
    total = np.zeros(world.n)
    for day in sampled:
        world.pantry = rest * (1 - 1 / PANTRY_DAYS) ** (day - world.day)
        total += world.wished(day, price, nobody, rival)
    world.pantry = rest
    units: Floats = total / len(sampled) * days * answered * world.active
    return units


def best_prices(world: World, days: int) -> dict[int, float]:
    """Coordinate ascent on the category's true expected profit over the coming days."""
    cost, now = world.cost, world.price.copy()
    coming = world.on_hand + sum(
        (np.bincount([o.sku], [o.quantity], world.n) for o in world.orders
         if world.day <= o.arrives < world.day + days), np.zeros(world.n),
    )  # fmt: skip
    price = now.copy()
    back = 1 - world.truth.regime.returns

    def profit(at: Floats) -> Floats:
        units = np.minimum(expected_units(world, at, days), np.maximum(coming, 0))
        earned: Floats = (at * back - cost * back) * units
        return earned

    for _ in range(2):
        for sku in np.flatnonzero(world.active & (world.day >= world.truth.born)):
            mine = world.truth.category == world.truth.category[sku]
            best, kept = -np.inf, price[sku]
            for ratio in np.linspace(1 - STEP, 1 + STEP, TRIES):
                tried = guarded(world, int(sku), now[sku] * ratio)
                at = price.copy()
                at[sku] = now[sku] if tried is None else tried
                earned = float(profit(at)[mine].sum())
                if earned > best:
                    best, kept = earned, at[sku]
            price[sku] = kept
    moved = np.flatnonzero(price != now)
    return {int(sku): float(price[sku]) for sku in moved}


def best_orders(world: World, every: int, new: dict[int, float]) -> list[tuple[str, int, int]]:
    """Up to the true demand's quantile that pays, over delivery, the next look and two weeks."""
    truth, regime = world.truth, world.truth.regime
    price = world.price.copy()
    for sku, value in new.items():
        price[sku] = value
    longest = int(np.ceil(truth.lead.max() * (1 + 2 * regime.lead_days[1]))) + every + 14
    per_day = expected_units(world, price, min(longest, 60)) / min(longest, 60)
    lead = truth.lead * (1 + 1.3 * regime.lead_days[1])
    span = lead + every + 14
    level = 0.98
    if regime.shelf_life_days is not None:
        span = np.minimum(span, lead + 0.8 * regime.shelf_life_days)
        level = 0.85
    wanted = drawn(per_day * span, regime.scatter, np.full(world.n, level))
    position = world.on_hand + world.inbound
    units = np.ceil(np.maximum(wanted - position, 0) / truth.pack) * truth.pack
    due = world.active & (units > 0) & (position <= per_day * (lead + every) * 1.3 + 1)
    return [(f"O-{world.day}-{sku}", int(sku), int(units[sku])) for sku in np.flatnonzero(due)]


def _best_campaign(world: World) -> list[Campaign]:
    truth = world.truth
    high = truth.uplift >= truth.regime.uplift
    sent = np.flatnonzero(high & truth.consent)
    cost = len(sent) * CONTACT_COST["email"]
    empty = np.empty(0, dtype=np.int64)
    return [Campaign(f"O-{world.day}", "all", "email", world.day, sent, empty, cost, empty)]


def play(world: World, rule: Rule, days: int) -> World:
    """Let somebody run the shop for so many days."""
    for _ in range(days):
        world.act(rule(world))
        world.step()
    return world
