"""One who knows the truth, though not the day's luck, and keeps the limits that the tool keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evals.world.lives import NEVER
from evals.world.market import (
    CHANNELS,
    CONTACT_COST,
    FEATURED,
    PANTRY_DAYS,
    RIVAL_GONE,
    Campaign,
    Moves,
    World,
    bent,
    drawn,
    felt,
    noticed,
)
from evals.world.merchants import (
    MARGIN_FLOOR,
    STEP,
    Rule,
    first_orders,
    guarded,
    reorder_rule,
)
from evals.world.truth import HISTORY_DAYS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WRITES_EVERY = 28
TRIES = 15
ROUNDS = 3
DEPTHS = (0.10, 0.15, 0.20, 0.30, 0.40)
LEVEL = 0.95
"""Part of draws in which stock lasts; late suppliers are allowed for besides."""
SPOILS_LEVEL = 0.85
UNITS_ANSWERED = 1.5


@dataclass(frozen=True)
class Parts:
    """What of the shop the oracle runs; the rest is left as it is."""

    prices: bool = True
    stock: bool = True
    writes: bool = True


def oracle(every: int, parts: Parts | None = None) -> Rule:
    """The best prices, promotions, orders and messages that the truth tells, every so many days."""
    does = parts or Parts()

    def decide(world: World) -> Moves:
        moves = Moves(order=first_orders(world) if does.stock else reorder_rule(world))
        since = world.day - HISTORY_DAYS
        if since % every == 0:
            if does.prices:
                moves.price = best_prices(world, every)
                moves.promotion = best_promotions(world, moves.price)
            if does.stock:
                moves.order = moves.order + best_orders(world, every, moves)
        if does.writes and since % WRITES_EVERY == 0:
            moves.campaigns = best_campaigns(world)
        return moves

    return decide


def units_a_day(world: World, price: Floats, days: Floats, depth: Floats | float = 0.0) -> Floats:
    """True mean units a day over each SKU's next days, everything in stock.

    Args:
        world: Whose day it is.
        price: What is paid, minor units; shape (..., n).
        days: How far to look, by SKU; shape (n,).
        depth: Promotions' discount; shape (..., n).
    """
    truth, regime = world.truth, world.truth.regime
    base = _base(world, days)
    member = truth.category == np.arange(regime.categories)[:, None]
    log = np.log(price / truth.usual)
    others = (base @ member.T)[..., truth.category] - base
    seen = base * felt(log)
    sums = (seen @ member.T)[..., truth.category] - seen
    index = np.divide(sums, others, out=np.zeros_like(log), where=others > 1e-9)
    rival = world.rival_after(world.day, price) if regime.rival_reacts else (
        truth.rival[:, world.day])  # fmt: skip
    gone = np.where(truth.has_rival, RIVAL_GONE, 1.0)
    ratio = np.where(np.isnan(rival), gone, rival / truth.usual)
    log_mean = truth.elasticity * log + regime.cross * index
    log_mean = log_mean + regime.rival_cross * np.log(ratio) * truth.has_rival
    log_mean = log_mean + noticed(world, np.asarray(depth)) - bent(log)
    mean = base * np.exp(log_mean)
    used = (1 - (1 - 1 / PANTRY_DAYS) ** days) / np.maximum(days, 1)
    found: Floats = np.maximum(mean - world.pantry * used, 0.3 * mean) * world.active
    return found


def _base(world: World, days: Floats) -> Floats:
    """Mean of the true base over each SKU's next days."""
    truth, day = world.truth, world.day
    path = truth.base[:, day:] * (day + np.arange(truth.days - day) < truth.ends[:, None])
    total = np.concatenate([np.zeros((world.n, 1)), np.cumsum(path, axis=1)], axis=1)
    whole = np.clip(np.ceil(days).astype(int), 1, path.shape[1])
    mean: Floats = total[np.arange(world.n), whole] / whole
    return mean


def _left(world: World) -> Floats:
    """Days left of each SKU's season."""
    return np.maximum(world.truth.ends - world.day, 1).astype(np.float64)


def _arriving(world: World, days: Floats) -> Floats:
    found = np.zeros(world.n)
    for order in world.orders:
        if world.day <= order.arrives < world.day + days[order.sku]:
            found[order.sku] += order.quantity
    return found


def _profit(world: World, price: Floats, days: Floats, depth: Floats | float = 0.0) -> Floats:
    """True expected profit by SKU over its next days; shape of ``price``."""
    truth, cost = world.truth, world.cost
    rate = units_a_day(world, price, days, depth)
    held = world.on_hand + _arriving(world, days)
    in_time = np.maximum(days - truth.lead * (1 + truth.regime.lead_days[1]), 0)
    line = truth.ends < NEVER
    units = np.minimum(rate * days, held + np.where(line, 0.0, rate * in_time))
    earned = (price - cost) * units * (1 - truth.regime.returns)
    left = np.where(line, np.maximum(held - units, 0), 0.0)
    found: Floats = earned - left * cost * (1 - truth.regime.salvage)
    return found


def _ladder(world: World, sku: int) -> Floats:
    """Prices allowed now, the present one among them."""
    now = float(world.price[sku])
    tried = {guarded(world, sku, now * ratio) for ratio in np.linspace(1 - STEP, 1 + STEP, TRIES)}
    return np.array(sorted({now, *(price for price in tried if price is not None)}))


def best_prices(world: World, every: int) -> dict[int, float]:
    """Coordinate ascent on each category's true expected profit.

    Goods that stay are looked at over the days until the next look, a season's lines to its end.
    """
    truth, price = world.truth, world.price.copy()
    days = np.where(truth.ends < NEVER, _left(world), float(every))
    selling = np.flatnonzero(world.active & (world.day >= truth.born))
    ladders = {int(sku): _ladder(world, int(sku)) for sku in selling}
    for _ in range(ROUNDS):
        before = price.copy()
        for sku, ladder in ladders.items():
            tried = np.repeat(price[None, :], len(ladder), axis=0)
            tried[:, sku] = ladder
            mine = truth.category == truth.category[sku]
            price[sku] = ladder[int(_profit(world, tried, days)[:, mine].sum(axis=1).argmax())]
        if (before == price).all():
            break
    moved = np.flatnonzero(price != world.price)
    return {int(sku): float(price[sku]) for sku in moved}


def best_promotions(world: World, new: dict[int, float]) -> dict[int, tuple[float, int]]:
    """Promotions whose extra units pay for the cut and for what is then missing."""
    truth, regime = world.truth, world.truth.regime
    price = world.price.copy()
    price[list(new)] = list(new.values())
    days = np.full(world.n, float(regime.promotion_days))
    plain = _profit(world, price, days)
    rate = units_a_day(world, price, days)
    found: dict[int, tuple[float, int]] = {}
    free = world.active & (world.day >= truth.born) & (world.promotion_until < world.day)
    for sku in np.flatnonzero(free & (price > world.cost)):
        mine = truth.category == truth.category[sku]
        best = 0.0
        for depth in DEPTHS:
            paid = float(np.ceil(price[sku] * (1 - depth)))
            if paid < world.cost[sku] / (1 - MARGIN_FLOOR):
                continue
            tried, deep = price.copy(), np.zeros(world.n)
            tried[sku], deep[sku] = paid, depth
            extra = (units_a_day(world, tried, days, deep) - rate)[sku] * days[sku]
            missing = regime.pull_forward * max(extra, 0) * (price[sku] - world.cost[sku])
            gain = float((_profit(world, tried, days, deep) - plain)[mine].sum()) - missing
            if gain > best:
                best = gain
                found[int(sku)] = (paid, world.day + regime.promotion_days - 1)
    return found


def best_orders(world: World, every: int, moves: Moves) -> list[tuple[str, int, int]]:
    """Up to the true demand's quantile that pays, over delivery and until the next look."""
    truth, regime = world.truth, world.truth.regime
    price = world.price.copy()
    price[list(moves.price)] = list(moves.price.values())
    lead = truth.lead * (1 + 1.3 * regime.lead_days[1])
    span, level = lead + every, np.full(world.n, LEVEL)
    if regime.shelf_life_days is not None:
        span = np.minimum(span, lead + 0.8 * regime.shelf_life_days)
        level[:] = SPOILS_LEVEL
    margin = np.maximum(price - world.cost, 0)
    line = truth.ends < NEVER
    worth = margin / np.maximum(margin + world.cost * (1 - regime.salvage), 1e-9)
    level = np.where(line, np.clip(worth, 0.01, 0.98), level)
    span = np.minimum(span, _left(world))
    per_day = units_a_day(world, price, span)
    wanted = drawn(per_day * span, regime.scatter, level)
    position = world.on_hand + world.inbound
    units = np.ceil(np.maximum(wanted - position, 0) / truth.pack) * truth.pack
    sells = world.active & (world.day >= truth.born) & (price > world.cost)
    due = sells & (units > 0) & (_left(world) > lead)
    return [(f"O-{world.day}-{sku}", int(sku), int(units[sku])) for sku in np.flatnonzero(due)]


def best_campaigns(world: World) -> list[Campaign]:
    """Each customer who agreed is written to by the channel that pays him best, if one does."""
    truth = world.truth
    base = np.where(world.active, truth.base[:, world.day], 0.0)
    margin = np.maximum(world.paid - world.cost, 0)
    featured = np.flatnonzero(world.active & (margin >= np.median(margin)))
    weight = base.copy()
    weight[featured] *= FEATURED
    worth = UNITS_ANSWERED * float((weight * margin).sum() / max(weight.sum(), 1e-9))
    gains = np.stack([truth.uplift * CHANNELS[name] * worth - cost
                      for name, cost in CONTACT_COST.items()])  # fmt: skip
    best = np.where(truth.consent & (gains.max(axis=0) > 0), gains.argmax(axis=0), -1)
    found = []
    for place, (name, cost) in enumerate(CONTACT_COST.items()):
        sent = np.flatnonzero(best == place)
        if len(sent):
            spent = len(sent) * cost
            found.append(Campaign(f"O-{world.day}-{name}", "all", name, world.day, sent,
                                  np.empty(0, dtype=np.int64), spent, featured))  # fmt: skip
    return found
