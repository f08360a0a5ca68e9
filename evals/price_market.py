"""Markets with a known truth, in which prices are set week by week and sales drawn each day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Demand = Callable[[Floats, Floats], Floats]

START = np.datetime64("2023-01-02")
WEEKS = 78
"""Weeks of history before the first plan."""
SIZE = 4.0
"""Shape of the gamma that daily sales scatter by around their mean."""


@dataclass(frozen=True)
class Logit:
    """Two sellers and the choice to buy nothing; prices in minor units, NaN for no seller.

    Attributes:
        size: Buyers a day who look; shape (n,).
        slope: Loss of utility for a minor unit.
        liking: Utility of the good for nothing.
    """

    size: Floats
    slope: Floats
    liking: Floats

    def __call__(self, own: Floats, rival: Floats) -> Floats:
        """Expected units a day of the seller who asks ``own``."""
        mine = np.exp(self.liking - self.slope * own)
        other = np.where(
            np.isnan(rival), 0.0, np.exp(self.liking - self.slope * np.nan_to_num(rival))
        )
        return self.size * mine / (1.0 + mine + other)


@dataclass(frozen=True)
class Power:
    """A constant elasticity, without a rival."""

    at: Floats
    price: Floats
    elasticity: Floats

    def __call__(self, own: Floats, rival: Floats) -> Floats:
        """Expected units a day."""
        return self.at * (own / self.price) ** self.elasticity


@dataclass(frozen=True)
class Linear:
    """Demand that falls in a line to nothing at the choke price."""

    at: Floats
    price: Floats
    choke: Floats

    def __call__(self, own: Floats, rival: Floats) -> Floats:
        """Expected units a day."""
        line = (self.choke - own) / (self.choke - self.price)
        return self.at * np.maximum(line, 0.0)


def best_response(
    demand: Demand, cost: Floats, rival: Floats, low: Floats, high: Floats, tried: int = 400
) -> Floats:
    """Price with the largest profit between two bounds, the rival's given; shape (n,)."""
    best, most = low.copy(), np.full(low.shape, -np.inf)
    for part in np.linspace(0.0, 1.0, tried):
        price = np.exp(np.log(low) * (1 - part) + np.log(high) * part)
        profit = (price - cost) * demand(price, rival)
        best = np.where(profit > most, price, best)
        most = np.maximum(profit, most)
    return best


def equilibrium(demand: Demand, cost: Floats, rival_cost: Floats) -> tuple[Floats, Floats]:
    """One-shot Nash equilibrium of two sellers with the same demand, by best responses."""
    own, rival = 1.5 * cost, 1.5 * rival_cost
    for _ in range(30):
        own = best_response(demand, cost, rival, cost * 1.01, cost * 4)
        rival = best_response(demand, rival_cost, own, rival_cost * 1.01, rival_cost * 4)
    return own, rival


@dataclass
class Shop:
    """One seller's view of a market: prices, costs and sales by day; grows week by week.

    Attributes:
        names: SKUs.
        price: Own prices; shape (n, days).
        cost: Own costs.
        rival: The rival's prices, NaN where there is none.
        units: Units sold.
    """

    names: npt.NDArray[np.str_]
    price: Floats
    cost: Floats
    rival: Floats
    units: Floats
    _columns: tuple[str, ...] = field(default=("price", "cost", "rival", "units"), repr=False)

    def add_week(self, price: Floats, cost: Floats, rival: Floats, units: Floats) -> None:
        """Seven days at one price; ``units`` is (n, 7)."""
        for name, week in (("price", price), ("cost", cost), ("rival", rival)):
            grown = np.hstack([getattr(self, name), np.repeat(week[:, None], 7, axis=1)])
            setattr(self, name, grown)
        self.units = np.hstack([self.units, units])

    @property
    def today(self) -> np.datetime64:
        """The day after the last one known."""
        return START + np.timedelta64(self.price.shape[1], "D")

    def panel(self) -> pd.DataFrame:
        """Daily rows as ``FactsView.panel`` gives them."""
        count, days = self.price.shape
        dates = (START + np.arange(days)).astype("datetime64[ns]")
        return pd.DataFrame(
            {
                "sku": pd.Categorical(np.repeat(self.names, days), categories=self.names),
                "date": np.tile(dates, count), "units": self.units.ravel(),
                "revenue_minor": (self.units * self.price).ravel(),
                "list_price_minor": self.price.ravel(), "cost_minor": self.cost.ravel(),
                "competitor_price_minor": self.rival.ravel(), "on_hand": 1e6, "promo": False,
                "discount": 0.0,
            }
        )  # fmt: skip

    def catalogue(self) -> pd.DataFrame:
        """What the shop shows now."""
        return pd.DataFrame(
            {
                "sku": self.names, "category": "all", "list_price_minor": self.price[:, -1],
                "cost_minor": self.cost[:, -1], "on_hand": 1e6, "inbound": 0.0,
                "competitor_price_minor": self.rival[:, -1],
            }
        )  # fmt: skip


def drawn_week(mean: Floats, rng: np.random.Generator) -> Floats:
    """Seven days of sales around a mean; shape (n, 7)."""
    level = np.repeat(np.maximum(mean, 1e-9)[:, None], 7, axis=1)
    return rng.negative_binomial(SIZE, SIZE / (SIZE + level)).astype(np.float64)


def cost_path(first: Floats, weeks: int, rng: np.random.Generator) -> Floats:
    """Costs that step every few weeks and tend back to where they were; shape (n, weeks)."""
    found = np.empty((len(first), weeks))
    log = np.zeros(len(first))
    for week in range(weeks):
        step = (rng.random(len(first)) < 1 / 8) * rng.normal(0, 0.1, len(first))
        log = log * 0.98 + step
        found[:, week] = np.round(first * np.exp(log))
    return found


def moment(shop: Shop) -> datetime:
    """Midnight of the shop's day, UTC."""
    day: datetime = shop.today.astype("datetime64[s]").item()
    return day.replace(tzinfo=UTC)
