"""One shop's world, day by day: customers, rivals, suppliers and shelves answer what it does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import nbinom, poisson

from evals.world.truth import HISTORY_DAYS, Truth

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

CARRYING_RATE = 0.20
"""Yearly cost of keeping stock, as a share of its cost."""
KEEPS = 60
"""Ages of stock told apart, in days; the last holds everything older."""
RETURN_DAYS = 9
RIVAL_LAG = 7
RIVAL_GONE = 1.3
"""A competitor that has left counts as one this much dearer than usual."""
PANTRY_DAYS = 21
"""Days over which customers use up what a promotion made them stock."""
BOUGHT_WITHIN = 7
"""Days in which a message is answered."""
CHANNELS = {"email": 1.0, "sms": 1.3, "ads": 0.6}
CONTACT_COST = {"email": 0.2, "sms": 4.0}
"""Minor units a message."""
FATIGUE_DAYS = 28
WORN_DAYS = 42
"""Memory for promotions: who is always promoted is not noticed."""
WORN = 2.0
BENDS_FROM, BEND = 0.2, 2.0
"""Log price over the usual one from which customers turn away faster, and how fast."""
SWITCHED = 0.4
"""Log price from which few of a SKU's customers are left to be driven to the others."""
FEATURED = 3.0
"""How much likelier an answer is for a SKU that the message shows."""
FULL_DEPTH = 0.15
"""Discount from which on a promotion is noticed in full."""


@dataclass
class Order:
    """Units on their way from a supplier."""

    name: str
    sku: int
    quantity: int
    ordered: int
    arrives: int


@dataclass
class Campaign:
    """A message: who got it, who was held out."""

    name: str
    segment: str
    channel: str
    day: int
    sent: Ints
    held: Ints
    cost_minor: float
    featured: Ints
    on_file: bool = False
    """Whether the shop has recorded by itself whom it wrote to."""


@dataclass
class Moves:
    """What a shop does on a morning.

    Attributes:
        price: New list price by SKU number, minor units.
        promotion: Temporary price and its last day, by SKU number.
        order: Name, SKU number and units of purchase orders.
        active: Whether a SKU is on sale.
        campaigns: Messages sent.
    """

    price: dict[int, float] = field(default_factory=dict)
    promotion: dict[int, tuple[float, int]] = field(default_factory=dict)
    order: list[tuple[str, int, int]] = field(default_factory=list)
    active: dict[int, bool] = field(default_factory=dict)
    campaigns: list[Campaign] = field(default_factory=list)


@dataclass
class Ledger:
    """What happened, by SKU and day; money in minor units."""

    units: Ints
    returned: Ints
    paid: Floats
    listed: Floats
    on_hand: Ints
    inbound: Ints
    rival: Floats
    promoted: Mask
    on_sale: Mask
    profit: Floats
    """Gross profit less carrying, spoiling and returns; messages are in ``spent``."""
    spent: Floats
    """By day."""
    missed: Floats
    """Units asked for and not there."""

    @classmethod
    def empty(cls, n: int, days: int) -> Ledger:
        def zeros(kind: type) -> Any:
            return np.zeros((n, days), dtype=kind)

        return cls(
            zeros(np.int64), zeros(np.int64), zeros(np.float64), zeros(np.float64),
            zeros(np.int64), zeros(np.int64), zeros(np.float64), zeros(np.bool_),
            zeros(np.bool_), zeros(np.float64), np.zeros(days), zeros(np.float64),
        )  # fmt: skip


class World:
    """The shop's world; ``step`` plays one day.

    Args:
        truth: What drives it.
    """

    def __init__(self, truth: Truth) -> None:
        n = len(truth.sku)
        self.truth, self.day = truth, 0
        self.price = truth.usual.copy()
        self.promotion = np.full(n, np.nan)
        self.promotion_until = np.full(n, -1)
        self.active = truth.born == 0
        self.stock = np.zeros((n, KEEPS), dtype=np.int64)
        self.orders: list[Order] = []
        self.campaigns: list[Campaign] = []
        self.pantry, self.worn = np.zeros(n), np.zeros(n)
        self.ledger = Ledger.empty(n, truth.days)
        self.lines: list[tuple[int, int, int, int]] = []
        """Day, SKU, customer and units of orders that a message brought."""
        self._answers: dict[int, list[tuple[int, int, int]]] = {}

    @property
    def n(self) -> int:
        """SKUs."""
        return len(self.truth.sku)

    @property
    def on_hand(self) -> Ints:
        """Units in stock."""
        held: Ints = self.stock.sum(axis=1)
        return held

    @property
    def inbound(self) -> Ints:
        """Units on their way."""
        found = np.zeros(self.n, dtype=np.int64)
        for order in self.orders:
            if order.arrives >= self.day:
                found[order.sku] += order.quantity
        return found

    @property
    def paid(self) -> Floats:
        """What a customer pays now."""
        running = self.promotion_until >= self.day
        return np.where(running, np.fmin(self.promotion, self.price), self.price)

    @property
    def cost(self) -> Floats:
        """What a unit costs now."""
        cost: Floats = self.truth.cost[:, self.day]
        return cost

    def rival_price(self, day: int) -> Floats:
        """The competitor's prices, which follow ours after a week; NaN without one."""
        truth = self.truth
        if truth.regime.rival_reacts == 0 or day < RIVAL_LAG:
            return truth.rival[:, day]
        return self.rival_after(day, self.ledger.paid[:, day - RIVAL_LAG])

    def rival_after(self, day: int, ours: Floats) -> Floats:
        """What the competitor asks once he has seen our prices; shape of ``ours``, (..., n)."""
        truth, reacts = self.truth, self.truth.regime.rival_reacts
        own = truth.rival[:, day]
        moved = np.where(ours > 0, ours / truth.usual, 1.0) ** reacts
        followed = np.round(own * moved * (1 - 0.02 * reacts))
        return np.maximum(followed, np.where(np.isnan(own), np.nan, truth.cost[:, day] * 1.05))

    def demand(self, day: int, paid: Floats, promoted: Mask, on_sale: Mask) -> Floats:
        """Mean units asked for at those prices, with what sold-out SKUs pass on."""
        mean = self.wished(day, paid, promoted)
        regime, category = self.truth.regime, self.truth.category
        missing = np.bincount(category, np.where(on_sale, 0.0, mean), regime.categories)
        there = np.bincount(category, np.where(on_sale, mean, 0.0), regime.categories)
        share = np.divide(mean, there[category], out=np.zeros_like(mean),
                          where=there[category] > 0)  # fmt: skip
        passed = regime.transference * missing[category] * share
        return np.where(on_sale, mean + passed, 0.0)

    def wished(self, day: int, paid: Floats, promoted: Mask, rival: Floats | None = None) -> Floats:
        """Mean units asked for at those prices if everything were there.

        Args:
            day: Day number.
            paid: What a customer pays.
            promoted: Which SKUs are promoted.
            rival: The competitor's prices; that day's where None.
        """
        truth, regime = self.truth, self.truth.regime
        base = truth.base[:, day] * ((day >= truth.born) & (day < truth.ends))
        log = np.log(paid / truth.usual)
        weight = np.bincount(truth.category, base, regime.categories)
        seen = base * felt(log)
        total = np.bincount(truth.category, seen, regime.categories)
        others = weight[truth.category] - base
        index = np.divide(total[truth.category] - seen, others, out=np.zeros_like(log),
                          where=others > 1e-9)  # fmt: skip
        rival = self.rival_price(day) if rival is None else rival
        gone = np.where(truth.has_rival, RIVAL_GONE, 1.0)
        ratio = np.where(np.isnan(rival), gone, rival / truth.usual)
        log_mean = truth.elasticity * log + regime.cross * index
        log_mean += regime.rival_cross * np.log(ratio) * truth.has_rival
        depth = 1 - paid / np.maximum(self.price, 1e-9)
        log_mean += noticed(self, promoted * depth) - bent(log)
        mean = base * np.exp(log_mean)
        return np.maximum(mean - self.pantry / PANTRY_DAYS, 0.3 * mean)

    def act(self, moves: Moves) -> None:
        """Take over what the shop does this morning."""
        for sku, price in moves.price.items():
            self.price[sku] = price
        for sku, (price, until) in moves.promotion.items():
            self.promotion[sku], self.promotion_until[sku] = price, until
        for sku, active in moves.active.items():
            self.active[sku] = active
        for name, sku, quantity in moves.order:
            self._order(name, sku, quantity)
        for campaign in moves.campaigns:
            self._send(campaign)

    def step(self) -> None:
        """Play one day."""
        day, truth = self.day, self.truth
        self._receive()
        paid, promoted = self.paid, self.promotion_until >= day
        shelf = self.active & (day >= truth.born)
        on_sale = shelf & (self.on_hand > 0)
        mean = self.demand(day, paid, promoted, on_sale)
        asked = drawn(mean, truth.regime.scatter, truth.luck[:, day]).astype(np.int64)
        wished = self.wished(day, paid, promoted)
        answers = self._answers.pop(day, [])
        sold = self._sell(asked, answers, shelf)
        self._stock_up(day, paid, promoted, mean, sold)
        spoiled = self._age() * self.cost + self._clear()
        returned = drawn(
            sold.astype(np.float64) * truth.regime.returns, 1.01, (truth.luck[:, day] * 7919) % 1.0
        ).astype(np.int64).clip(0, sold)  # fmt: skip
        self._write(day, paid, promoted, shelf, sold, returned, spoiled)
        self.ledger.missed[:, day] = np.where(shelf & ~on_sale, wished, 0.0)
        self.day += 1
        self.active[truth.born == self.day] = True

    def _clear(self) -> Floats:
        """What clearing the lines costs whose season is over, minor units by SKU."""
        over = self.day + 1 >= self.truth.ends
        left = np.where(over, self.on_hand, 0)
        self.stock[over], self.active[over] = 0, False
        loss: Floats = left * self.cost * (1 - self.truth.regime.salvage)
        return loss

    def _sell(self, asked: Ints, answers: Iterable[tuple[int, int, int]], shelf: Mask) -> Ints:
        left = self.on_hand.copy()
        sold = np.minimum(asked, left)
        left -= sold
        for sku, customer, units in answers:
            got = min(units, int(left[sku])) if shelf[sku] else 0
            if got > 0:
                left[sku] -= got
                sold[sku] += got
                self.lines.append((self.day, sku, customer, got))
        oldest_first = self.stock[:, ::-1]
        before = np.cumsum(oldest_first, axis=1) - oldest_first
        taken = np.clip(sold[:, None] - before, 0, oldest_first)
        self.stock = (oldest_first - taken)[:, ::-1]
        return sold

    def _stock_up(self, day: int, paid: Floats, promoted: Mask, mean: Floats, sold: Ints) -> None:
        self.pantry *= 1 - 1 / PANTRY_DAYS
        self.worn += ((self.promotion_until >= day) - self.worn) / WORN_DAYS
        if promoted.any():
            plain = self.demand(day, np.where(promoted, self.price, paid), ~promoted & promoted,
                                mean > 0)  # fmt: skip
            extra = np.maximum(np.minimum(mean, sold) - plain, 0.0)
            self.pantry += np.where(promoted, self.truth.regime.pull_forward * extra, 0.0)

    def _age(self) -> Ints:
        """A day older; what no longer keeps is thrown away."""
        keeps = self.truth.regime.shelf_life_days
        lost = np.zeros(self.n, dtype=np.int64)
        if keeps is not None:
            lost = self.stock[:, min(keeps, KEEPS - 1) :].sum(axis=1)
            self.stock[:, min(keeps, KEEPS - 1) :] = 0
        oldest = self.stock[:, -1] + self.stock[:, -2]
        self.stock[:, 1:] = self.stock[:, :-1].copy()
        self.stock[:, 0] = 0
        self.stock[:, -1] = oldest
        return lost

    def _write(
        self, day: int, paid: Floats, promoted: Mask, shelf: Mask, sold: Ints, returned: Ints,
        lost: Floats,
    ) -> None:  # fmt: skip
        book, cost = self.ledger, self.cost
        back = np.zeros(self.n, dtype=np.int64)
        if day >= RETURN_DAYS:
            back = book.returned[:, day - RETURN_DAYS]
            self.stock[:, 1] += back
        book.units[:, day], book.returned[:, day] = sold, returned
        book.paid[:, day], book.listed[:, day] = paid, self.price
        book.on_hand[:, day], book.promoted[:, day] = self.on_hand, promoted
        book.on_sale[:, day] = shelf
        book.inbound[:, day] = self.inbound
        book.rival[:, day] = self.rival_price(day)
        carrying = self.on_hand * cost * CARRYING_RATE / 365
        book.profit[:, day] = (sold - returned) * (paid - cost) - carrying - lost

    def _receive(self) -> None:
        for order in self.orders:
            if order.arrives == self.day:
                self.stock[order.sku, 0] += order.quantity

    def _order(self, name: str, sku: int, quantity: int) -> None:
        truth, mean = self.truth, self.truth.lead[sku]
        spread = np.sqrt(np.log1p(truth.regime.lead_days[1] ** 2))
        late = float(ndtri(np.clip(truth.lateness[sku, self.day], 1e-6, 1 - 1e-6)))
        took = max(1, round(mean * np.exp(spread * late - spread**2 / 2)))
        self.orders.append(Order(name, sku, quantity, self.day, self.day + took))

    def _send(self, campaign: Campaign) -> None:
        """Write to customers; those it moves order within a week."""
        truth = self.truth
        before = sum(each.day == self.day for each in self.campaigns)
        rng = np.random.default_rng([truth.seed, self.day, before])
        heard = np.zeros(len(truth.weight))
        for earlier in self.campaigns:
            if self.day - earlier.day < FATIGUE_DAYS:
                heard[earlier.sent] += 1
        chance = truth.uplift * CHANNELS.get(campaign.channel, 1.0) * 0.5**heard * truth.consent
        luck = rng.random(len(truth.weight))
        offset = rng.integers(0, BOUGHT_WITHIN, len(truth.weight))
        units = 1 + rng.poisson(0.5, len(truth.weight))
        pick = rng.random(len(truth.weight))
        base = np.where(self.active, truth.base[:, self.day], 0.0)
        weight = base.copy()
        weight[campaign.featured] *= FEATURED
        share = np.cumsum(weight) / max(weight.sum(), 1e-12)
        for customer in campaign.sent:
            if luck[customer] < chance[customer] and weight.sum() > 0:
                sku = int(np.searchsorted(share, pick[customer]))
                day = self.day + int(offset[customer])
                self._answers.setdefault(day, []).append(
                    (min(sku, self.n - 1), int(customer), int(units[customer]))
                )
        self.campaigns.append(campaign)
        self.ledger.spent[self.day] += campaign.cost_minor

    def profit(self, since: int = HISTORY_DAYS, until: int | None = None) -> float:
        """Profit of a span of days, messages paid for, major units."""
        end = self.day if until is None else until
        earned = float(self.ledger.profit[:, since:end].sum())
        return (earned - float(self.ledger.spent[since:end].sum())) / 100

    def stockout_days(self, since: int = HISTORY_DAYS) -> int:
        """Days on which a SKU on sale had nothing to sell."""
        span = slice(since, self.day)
        empty = self.ledger.on_sale[:, span] & (self.ledger.missed[:, span] > 0)
        return int(empty.sum())


def noticed(world: World, depth: Floats) -> Floats:
    """Log lift of being promoted at a discount, beyond the price: less where it is usual."""
    fresh = np.maximum(1 - WORN * world.worn, 0.0)
    lift: Floats = world.truth.regime.feature * np.clip(depth, 0, FULL_DEPTH) / FULL_DEPTH * fresh
    return lift


def felt(log: Floats) -> Floats:
    """What the category's others feel of a price, log: who has switched cannot switch again."""
    found: Floats = SWITCHED * np.tanh(log / SWITCHED)
    return found


def bent(log: Floats) -> Floats:
    """What a price far above the usual one costs beyond its elasticity, log."""
    lost: Floats = BEND * np.maximum(log - BENDS_FROM, 0.0) ** 2
    return lost


def drawn(mean: Floats, scatter: float, luck: Floats) -> Floats:
    """Units of that mean whose variance is ``scatter`` times it, at uniform draws."""
    safe = np.maximum(mean, 1e-9)
    if scatter <= 1.02:
        found = poisson.ppf(luck, safe)
    else:
        found = nbinom.ppf(luck, safe / (scatter - 1), 1 / scatter)
    return np.where(mean > 1e-9, np.nan_to_num(found), 0.0)
