"""Plays a shop's year under each contestant: ``python -m evals.world.run --regime steady``."""

from __future__ import annotations

import argparse
import copy
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from evals.world import merchants
from evals.world.diagnosis import Diary, diagnose
from evals.world.market import Moves, World
from evals.world.oracle import oracle
from evals.world.regimes import REGIMES, Regime, random_regime
from evals.world.shop import Judged, ToolShop
from evals.world.truth import HISTORY_DAYS, YEAR_DAYS, draw_truth

START = date(2026, 1, 5)
"""First day of the judged year: a Monday."""
ALONE = {
    "pricing alone": "Grow gross profit over the next {days} days, margin at least 15%,"
    " only pricing",
    "replenishment alone": "Grow gross profit over the next {days} days, only replenishment",
}
"""Goals that leave the rest of the shop to the merchant."""


@dataclass(frozen=True)
class Outcome:
    """One contestant's year.

    Attributes:
        name: Who.
        profit: Major units.
        stockout_days: SKU-days without stock.
        seconds: Time taken.
        judged: What its plans came to; None for those without plans.
    """

    name: str
    profit: float
    stockout_days: int
    seconds: float
    judged: Judged | None = None
    diary: Diary = field(default_factory=dict, repr=False)
    """What it did by day; kept for those with plans."""


def history(regime: Regime, seed: int) -> World:
    """The world on the first morning of the year, after two years under its merchant."""
    world = World(draw_truth(regime, seed, start=START))
    return merchants.play(world, merchants.merchant, HISTORY_DAYS)


def contestants(every: int) -> tuple[merchants.Contestant, ...]:
    """Everybody but the tool."""
    made = merchants.Contestant
    return (
        made("do nothing", merchants.keeps_stock),
        made("hold price", merchants.holds_prices),
        made("cost-plus", merchants.cost_plus(every)),
        made("greedy repricer", merchants.repricer(every)),
        made("oracle", oracle(every)),
    )


def play_rule(world: World, who: merchants.Contestant, days: int) -> Outcome:
    """A rule's stretch of days on a copy of the world."""
    started, own = time.perf_counter(), copy.deepcopy(world)
    merchants.play(own, who.decide, days)
    return Outcome(who.name, own.profit(), own.stockout_days(), time.perf_counter() - started)


def play_tool(
    world: World, days: int, every: int, *, name: str = "ecomagent", goal: str = "",
    keeps_stock: bool = False, folder: Path | None = None, say: bool = False,
) -> Outcome:  # fmt: skip
    """The tool's stretch of days in a workspace of its own.

    Args:
        world: On the first morning; a copy is played.
        days: How many.
        every: Days between plans.
        name: Who.
        goal: Another goal than growing gross profit.
        keeps_stock: Whether the merchant goes on ordering by his own rule.
        folder: Where the workspace is kept; thrown away where None.
        say: Whether to tell of every plan.
    """
    started, own = time.perf_counter(), copy.deepcopy(world)
    diary: Diary = {}
    with tempfile.TemporaryDirectory() as temporary:
        place = folder or Path(temporary)
        more = {"goal": goal} if goal else {}
        shop = ToolShop(place, own, every=every, **more)  # type: ignore[arg-type]
        for _ in range(days):
            moves = shop.decide(own)
            if keeps_stock:
                moves.order += merchants.reorder_rule(own)
            else:
                moves.order += merchants.first_orders(own)
            if say and (own.day - HISTORY_DAYS) % every == 0:
                _tell(own, moves, shop.judged)
            diary[own.day] = moves
            own.act(moves)
            own.step()
    seconds = time.perf_counter() - started
    return Outcome(name, own.profit(), own.stockout_days(), seconds, shop.judged, diary)


def _tell(world: World, moves: Moves, judged: Judged) -> None:
    print(
        f"day {world.day - HISTORY_DAYS:>3}: {len(moves.price)} prices, "
        f"{len(moves.promotion)} promotions, {len(moves.order)} orders, "
        f"{len(moves.campaigns)} campaigns; profit so far {world.profit():,.0f}",
        file=sys.stderr,
    )


def main() -> None:
    """Print one regime's table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regime", default="steady", help="a name, or a number for a random one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--skus", type=int)
    parser.add_argument("--days", type=int, default=YEAR_DAYS)
    parser.add_argument("--every", type=int, default=28)
    parser.add_argument("--alone", action="store_true", help="each agent alone, too")
    parser.add_argument("--keep", type=Path, help="folder for the tool's workspace")
    given = parser.parse_args()
    named = given.regime
    regime = random_regime(int(named)) if named.isdigit() else REGIMES[named]
    if given.skus:
        regime = replace(regime, skus=given.skus)
    world = history(regime, given.seed)
    found = [play_rule(world, who, given.days) for who in contestants(given.every)]
    tool = play_tool(world, given.days, given.every, folder=given.keep, say=True)
    found.append(tool)
    if given.alone:
        found += [
            play_tool(world, given.days, given.every, name=name, goal=goal,
                      keeps_stock="pricing" in name)
            for name, goal in ALONE.items()
        ]  # fmt: skip
    print(f"{regime.name}, seed {given.seed}, {regime.skus} SKUs, {given.days} days, "
          f"a plan every {given.every}")  # fmt: skip
    _print_profits(found)
    _print_losses(world, tool, given.days, given.every)


def _print_profits(found: Sequence[Outcome]) -> None:
    profits = {each.name: each.profit for each in found}
    nothing = profits["do nothing"]
    gap = profits["oracle"] - nothing
    for each in found:
        share = (each.profit - nothing) / gap if gap else float("nan")
        print(f"{each.name:<22}{each.profit:>12,.0f}{each.profit / nothing - 1:>+8.1%}"
              f"{share:>7.0%} of the oracle's uplift{each.stockout_days:>7,} stock-out days"
              f"{each.seconds:>7.1f} s")  # fmt: skip


def _print_losses(world: World, tool: Outcome, days: int, every: int) -> None:
    print("left to the oracle, part by part:")
    for left in diagnose(world, tool.diary, days, every):
        print(f"  {left.part:<20}{left.lost:>12,.0f}   ({left.stockout_days:,} stock-out days)")
    judged = tool.judged
    if judged is None:
        return
    plans = max(judged.plans, 1)
    print(f"{judged.plans} plans, {judged.actions} actions {dict(judged.kinds)}, "
          f"{judged.refused} refused {dict(judged.rules)}")  # fmt: skip
    print(f"processor seconds a plan: import {judged.importing / plans:.1f}, "
          f"plan {judged.planning / plans:.1f}, apply {judged.applying / plans:.1f}")  # fmt: skip
    for words in [*judged.failed[:5], *judged.breaches[:10]]:
        print(f"  ! {words}")


if __name__ == "__main__":
    main()
