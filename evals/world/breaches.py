"""Counts what broke the policy, from what the shop shows and the receipts say, not from the judge.

The limits are read from ``policy.toml`` as written; nothing of the policy's own code is asked.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.world.market import Campaign, Moves, World

CENT = 1.0
"""Minor units that rounding may take."""
MONTH_DAYS = 30


@dataclass
class Watch:
    """Looks at every change of a shop.

    Args:
        policy: The shop's ``policy.toml``.
    """

    policy: Path
    found: list[str] = field(default_factory=list)
    _listed: dict[int, list[tuple[int, float]]] = field(default_factory=dict)
    _heard: dict[int, list[int]] = field(default_factory=dict)
    _spent: list[tuple[int, float]] = field(default_factory=list)

    def look(self, world: World, moves: Moves) -> None:
        """Judge what a morning changed, before the world takes it over."""
        rules = tomllib.loads(self.policy.read_text(encoding="utf-8"))
        for sku, price in moves.price.items():
            self._price(world, rules, sku, price)
        for sku, (price, until) in moves.promotion.items():
            if until >= world.day:
                self._promotion(world, rules, sku, price, until)
        self._orders(world, rules, moves)
        for campaign in moves.campaigns:
            self._campaign(world, rules, campaign)

    def receipts(self, count: int, day: int) -> None:
        """Judge how many changes one plan made."""
        most = tomllib.loads(self.policy.read_text(encoding="utf-8"))["actions"]["max_per_plan"]
        if count > most:
            self._say(day, f"{count} changes by one plan")

    def _say(self, day: int, words: str) -> None:
        self.found.append(f"day {day}: {words}")

    def _price(self, world: World, rules: dict[str, Any], sku: int, price: float) -> None:
        past = self._listed.setdefault(sku, [(-(10**6), float(world.price[sku]))])
        for span, limit in ((1, "max_change_per_day"), (7, "max_change_per_week")):
            was = [each for at, each in past if at <= world.day - span][-1]
            if abs(price - was) > float(rules["price"][limit]) * was + CENT:
                self._say(world.day, f"SKU {sku} moved from {was:.0f} to {price:.0f}, {limit}")
        endings = tuple(rules["price"]["endings"])
        if endings and not f"{price:.0f}".endswith(endings):
            self._say(world.day, f"SKU {sku} ends {price:.0f}")
        if price < world.price[sku]:
            self._margin(world, rules, sku, price)
        past.append((world.day, price))

    def _margin(self, world: World, rules: dict[str, Any], sku: int, price: float) -> None:
        least = float(world.cost[sku]) / (1 - float(rules["margin"]["min_margin"]))
        if price < least - CENT:
            self._say(world.day, f"SKU {sku} at {price:.0f} leaves too little, {least:.0f} needed")

    def _promotion(
        self, world: World, rules: dict[str, Any], sku: int, price: float, until: int
    ) -> None:
        listed = float(world.price[sku])
        if price < listed * (1 - float(rules["promotion"]["max_depth"])) - CENT:
            self._say(world.day, f"SKU {sku} promoted at {price:.0f} of {listed:.0f}")
        if until - world.day + 1 > rules["promotion"]["max_days"]:
            self._say(world.day, f"SKU {sku} promoted until {until}")
        if price < listed:
            self._margin(world, rules, sku, price)

    def _orders(self, world: World, rules: dict[str, Any], moves: Moves) -> None:
        cash = 0.0
        for _, sku, quantity in moves.order:
            cash += quantity * float(world.cost[sku]) / 100
            if quantity % int(world.truth.pack[sku]):
                self._say(world.day, f"SKU {sku} ordered {quantity}, not by the case")
        if cash > rules["reorder"]["max_cash"]:
            self._say(world.day, f"orders of {cash:.0f}")

    def _campaign(self, world: World, rules: dict[str, Any], campaign: Campaign) -> None:
        self._spent.append((world.day, campaign.cost_minor / 100))
        for span, limit in ((1, "per_day"), (MONTH_DAYS, "per_month")):
            spent = sum(cost for day, cost in self._spent if day > world.day - span)
            if spent > rules["budget"][limit] + 0.01:
                self._say(world.day, f"campaigns of {spent:.2f}, {limit}")
        most = rules["marketing"]["max_contacts_per_customer_per_month"]
        for who in campaign.sent.tolist():
            recent = [day for day in self._heard.get(who, []) if day > world.day - MONTH_DAYS]
            self._heard[who] = [*recent, world.day]
        often = Counter(len(days) for who in campaign.sent.tolist()
                        for days in [self._heard[who]] if len(days) > most)  # fmt: skip
        if often:
            self._say(world.day, f"{sum(often.values())} customers written to over {most} times")
