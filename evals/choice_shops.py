"""Shops whose customers choose by known tastes: what moves to substitutes is known exactly."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

LAST_DAY = np.datetime64("2026-06-30")
LOOKS, USES = 4, 3
"""Values of the two attributes that tastes are about."""
PRICE_EFFECT = 1.5
"""Utility lost for a point of log price."""
PEOPLE = 8
"""Kinds of customers, each with tastes of its own."""


@dataclass(frozen=True)
class ChoiceShop:
    """A shop and its truth.

    Attributes:
        panel: ``sku, date, units, revenue_minor, on_hand``.
        catalogue: As ``FactsView.catalogue`` gives it.
        substitutes: ``sku, other, weight``: which SKUs of a category look and work alike.
        lines: ``order_id, sku, quantity``.
        group: Category of each SKU.
        utility: Of each SKU to each kind of customer; shape (people, skus).
        outside: Utility of leaving without buying, a category.
        rate: Visitors a day who want something of the category.
        added: Units of another SKU that come with one unit of a SKU; shape (skus, skus).
        active: Which SKUs are on sale at the end.
    """

    panel: pd.DataFrame = field(repr=False)
    catalogue: pd.DataFrame = field(repr=False)
    substitutes: pd.DataFrame = field(repr=False)
    lines: pd.DataFrame = field(repr=False)
    group: Ints
    utility: Floats
    outside: Floats
    rate: Floats
    added: Floats
    active: Mask
    price: Floats
    cost: Floats

    @property
    def source(self) -> DataRef:
        """What evidence names."""
        return DataRef(source="panel", as_of=datetime(2026, 7, 1, tzinfo=UTC), facts_hash="truth")

    def demand(self, on: Mask) -> Floats:
        """Expected units a day of every SKU with that assortment, add-ons included."""
        chosen = _chosen(self.utility, self.outside, self.group, on[:, None])[:, 0]
        first: Floats = chosen * self.rate[self.group]
        return first + np.where(on, first @ self.added, 0.0)

    def at_price(self, sku: int, price: float) -> ChoiceShop:
        """The same shop with another price of one SKU."""
        utility, prices = self.utility.copy(), self.price.copy()
        utility[:, sku] -= PRICE_EFFECT * np.log(price / prices[sku])
        prices[sku] = price
        return replace(self, utility=utility, price=prices)

    def profit(self, on: Mask) -> float:
        """Expected gross profit a day, minor units."""
        return float((self.demand(on) * (self.price - self.cost)).sum())

    def recaptured(self, sku: int) -> float:
        """True share of a SKU's own demand that others of its category get when it goes."""
        on, off = self.active.copy(), self.active.copy()
        on[sku], off[sku] = True, False
        bare = _chosen(self.utility, self.outside, self.group, np.stack([on, off], axis=1))
        mine = bare[sku, 0]
        others = self.group == self.group[sku]
        others[sku] = False
        gained = (bare[others, 1] - bare[others, 0]).sum()
        return float(gained / mine) if mine > 0 else 0.0


def _chosen(utility: Floats, outside: Floats, group: Ints, on: Mask) -> Floats:
    """Mean share of visitors that choose each SKU; shape of ``on`` (skus, days)."""
    share = np.zeros(on.shape)
    groups = np.zeros((len(outside), len(group)))
    groups[group, np.arange(len(group))] = 1.0
    for person in utility:
        pull = np.exp(person)[:, None] * on
        total = np.exp(outside)[:, None] + groups @ pull
        share += pull / total[group]
    found: Floats = share / len(utility)
    return found


def draw_choice_shop(
    *,
    seed: int,
    categories: int = 6,
    per_category: int = 15,
    days: int = 540,
    outages: float = 0.03,
    follows_demand: float = 0.0,
    taste: float = 1.5,
    visitors: float = 60.0,
    stays: tuple[float, float] = (0.25, 0.85),
    candidates: int = 0,
    noise: float = 0.06,
) -> ChoiceShop:
    """A shop drawn from a mixed logit (McFadden and Train 2000).

    Args:
        seed: Of everything.
        categories: How many.
        per_category: SKUs in each.
        days: Length of history.
        outages: Share of SKU-days sold out.
        follows_demand: How much likelier an outage is for a point of log demand.
        taste: Standard deviation of tastes for the attributes.
        visitors: A day and category, median.
        stays: Lowest and highest share of a lost sale that stays in a category.
        candidates: SKUs a category that were never on sale: the truth of what could be listed.
        noise: Standard deviation of the daily step of each category's log demand, which lasts
            about ten days.
    """
    rng = np.random.default_rng(seed)
    size = per_category + candidates
    count = categories * size
    group = np.repeat(np.arange(categories), size)
    look, use = rng.integers(0, LOOKS, count), rng.integers(0, USES, count)
    tastes = rng.normal(0, taste, (PEOPLE, categories, LOOKS + USES))
    price = np.round(np.exp(rng.normal(7.5, 0.5, count)) / 100) * 100 + 99
    cost = np.round(price * rng.uniform(0.35, 0.75, count))
    quality = rng.normal(0, 0.9, count)
    dear = PRICE_EFFECT * (np.log(price) - np.log(price).mean())
    utility = quality - dear + tastes[:, group, look] + tastes[:, group, LOOKS + use]
    never = np.tile(np.arange(size) >= per_category, categories)
    rate = visitors * np.exp(rng.normal(0, 0.4, categories))
    outside = _outside(utility, group, ~never, rng.uniform(*stays, categories))
    shock = _shocks(rng, categories, days, noise)
    on = _offer(rng, shock[group], outages, follows_demand, never)
    share = _chosen(utility, outside, group, on)
    season = 0.25 * np.sin(2 * np.pi * (np.arange(days) + 60 * rng.random()) / 365)
    week = 1 + 0.15 * np.cos(2 * np.pi * np.arange(days) / 7)
    mean = share * (rate[:, None] * np.exp(shock + season) * week)[group]
    first = rng.poisson(mean)
    added = _complements(rng, group, never)
    units, lines = _baskets(rng, first, added, on)
    names = np.array([f"S{n:05d}" for n in range(count)])
    dates = (LAST_DAY - np.arange(days - 1, -1, -1)).astype("datetime64[ns]")
    shown = ~never
    panel = pd.DataFrame(
        {
            "sku": pd.Categorical(np.repeat(names[shown], days)),
            "date": np.tile(dates, int(shown.sum())),
            "units": units[shown].ravel().astype(float),
            "revenue_minor": (units * price[:, None])[shown].ravel(),
            "on_hand": np.where(on, 300.0, 0.0)[shown].ravel(),
        }
    )
    attributes = [{"look": f"l{a}", "use": f"u{b}"} for a, b in zip(look, use, strict=True)]
    catalogue = pd.DataFrame(
        {
            "sku": names, "product_id": names,
            "title": [f"{a['look']} {a['use']}" for a in attributes],
            "category": [f"C{g}" for g in group], "brand": "", "status": "active",
            "attributes": attributes, "price_minor": price, "list_price_minor": price,
            "cost_minor": cost, "on_hand": 300.0, "inbound": 0.0,
        }
    )  # fmt: skip
    return ChoiceShop(
        panel, catalogue, _alike(names, group, look, use, shown), _named(lines, names), group,
        utility, outside, rate, added, shown, price, cost,
    )  # fmt: skip


def _outside(utility: Floats, group: Ints, active: Mask, stays: Floats) -> Floats:
    """Utility of leaving that makes the mean share of visitors who stay what is asked for."""
    low, high = np.full(len(stays), -15.0), np.full(len(stays), 15.0)
    on = active[:, None]
    for _ in range(50):
        middle = (low + high) / 2
        share = _chosen(utility, middle, group, on)[:, 0]
        total = np.bincount(group, weights=share, minlength=len(stays))
        low, high = np.where(total > stays, middle, low), np.where(total > stays, high, middle)
    return np.asarray((low + high) / 2, dtype=np.float64)


def _shocks(rng: np.random.Generator, categories: int, days: int, noise: float) -> Floats:
    shock = np.zeros((categories, days))
    steps = rng.normal(0, noise, (categories, days))
    for day in range(1, days):
        shock[:, day] = 0.9 * shock[:, day - 1] + steps[:, day]
    return shock


def _offer(
    rng: np.random.Generator, shock: Floats, outages: float, follows: float, never: Mask
) -> Mask:
    """Days on offer: outages last ten days on average."""
    length = 10
    begins = rng.random(shock.shape) < outages / length * np.exp(follows * shock)
    on = np.ones(shock.shape, dtype=bool)
    lasts = rng.geometric(1 / length, shock.shape)
    for row, day in np.argwhere(begins):
        on[row, day : day + lasts[row, day]] = False
    on[never] = False
    return on


def _complements(rng: np.random.Generator, group: Ints, never: Mask) -> Floats:
    """One SKU in five brings another one along."""
    count = len(group)
    added = np.zeros((count, count))
    for sku in np.flatnonzero(rng.random(count) < 0.2):
        others = np.flatnonzero((group != group[sku]) & ~never)
        if len(others):
            added[sku, rng.choice(others)] = rng.uniform(0.1, 0.5)
    return added


def _baskets(
    rng: np.random.Generator, first: Ints, added: Floats, on: Mask
) -> tuple[Ints, pd.DataFrame]:
    """Units with add-ons, and the orders they stand in: one a first unit."""
    units = first.copy()
    order = np.cumsum(first.ravel()) - first.ravel()
    days = first.shape[1]
    sku = np.repeat(np.arange(len(first)), first.sum(axis=1))
    orders = [np.arange(len(sku))]
    skus = [sku]
    start = order.reshape(first.shape)
    for one, other in np.argwhere(added > 0):
        taken = rng.binomial(first[one], added[one, other]) * on[other]
        units[other] += taken
        places = [start[one, day] + np.arange(taken[day]) for day in range(days) if taken[day]]
        if places:
            joined = np.concatenate(places)
            orders.append(joined)
            skus.append(np.full(len(joined), other))
    lines = pd.DataFrame({"order_id": np.concatenate(orders), "row": np.concatenate(skus)})
    return units, lines


def _named(lines: pd.DataFrame, names: npt.NDArray[np.str_]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_id": lines["order_id"],
            "sku": pd.Categorical.from_codes(list(lines["row"]), categories=pd.Index(names)),
            "quantity": 1,
        }
    )


def _alike(
    names: npt.NDArray[np.str_], group: Ints, look: Ints, use: Ints, shown: Mask
) -> pd.DataFrame:
    """As a catalogue's words would say: half for each attribute in common, the six nearest."""
    rows = []
    for one in range(len(names)):
        same = np.flatnonzero((group == group[one]) & shown)
        same = same[same != one]
        near = 0.5 * (look[same] == look[one]) + 0.5 * (use[same] == use[one])
        best = np.argsort(-near, kind="stable")[:6]
        rows += [(names[one], names[same[k]], near[k]) for k in best if near[k] >= 0.3]
    return pd.DataFrame(rows, columns=["sku", "other", "weight"])
