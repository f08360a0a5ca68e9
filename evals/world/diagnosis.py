"""Where a shop's plans lose money: the oracle's year, its parts replaced by ours one by one."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from evals.world.market import Moves, World
from evals.world.merchants import Rule, first_orders, play
from evals.world.oracle import (
    WRITES_EVERY,
    best_campaigns,
    best_orders,
    best_prices,
    best_promotions,
)
from evals.world.truth import HISTORY_DAYS

Diary = dict[int, Moves]
"""What somebody did, by day."""
STEPS = ("selection", "list prices", "promotions", "stock", "marketing")


@dataclass(frozen=True)
class Left:
    """Profit that a part of the plans leaves to the oracle, major units.

    Steps are taken in the order of ``STEPS``, each with the earlier ones in place, so that they
    add up to the whole gap; a negative one does better than the oracle's own rule.
    """

    part: str
    lost: float
    stockout_days: int


def diagnose(world: World, diary: Diary, days: int, every: int) -> list[Left]:
    """Replace the oracle's parts by ours, one after the other.

    Args:
        world: On the first morning.
        diary: What our plans did.
        days: How many are played.
        every: Days between plans.
    """
    found, before = [], play(copy.deepcopy(world), _mixed({}, every, ()), days).profit()
    for count, part in enumerate(STEPS, start=1):
        own = play(copy.deepcopy(world), _mixed(diary, every, STEPS[:count]), days)
        found.append(Left(part, before - own.profit(), own.stockout_days()))
        before = own.profit()
    return found


def _mixed(diary: Diary, every: int, ours: tuple[str, ...]) -> Rule:
    def decide(world: World) -> Moves:
        told, moves = diary.get(world.day, Moves()), Moves()
        due = (world.day - HISTORY_DAYS) % every == 0
        if "list prices" in ours:
            moves.price = told.price
        elif due:
            moves.price = best_prices(world, every)
        if "promotions" in ours:
            moves.promotion = told.promotion
        elif due:
            moves.promotion = best_promotions(world, moves.price)
        if "stock" in ours:
            moves.order = told.order
        else:
            moves.order = first_orders(world)
            moves.order += best_orders(world, every, moves) if due else []
        if "marketing" in ours:
            moves.campaigns = told.campaigns
        elif (world.day - HISTORY_DAYS) % WRITES_EVERY == 0:
            moves.campaigns = best_campaigns(world)
        if "selection" in ours:
            moves.active = told.active
        return moves

    return decide
