"""Made-up shops whose truth is known: demand, elasticities, costs."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.evidence import DataRef

FIRST_DAY = np.datetime64("2023-01-02")


@dataclass(frozen=True)
class MadeUpShop:
    """Two years (or less) of daily sales, and what they were drawn from."""

    panel: pd.DataFrame
    catalogue: pd.DataFrame
    elasticity: np.ndarray
    mean: np.ndarray

    @property
    def next_day(self) -> date:
        return (self.panel["date"].max() + pd.Timedelta(days=1)).date()

    def until(self, days: int) -> "MadeUpShop":
        """The same shop, known only up to that many days before its end."""
        end = self.panel["date"].max() - pd.Timedelta(days=days)
        return MadeUpShop(
            self.panel[self.panel["date"] <= end], self.catalogue, self.elasticity, self.mean
        )


@pytest.fixture(scope="session")
def source():
    """Where the made-up panels say they come from."""
    return DataRef(source="panel", as_of=datetime(2025, 1, 1, tzinfo=UTC), facts_hash="f00d")


@pytest.fixture(scope="session")
def make_shop():
    """Draws a shop; see the arguments."""
    return _make_shop


def _steps(rng, shape, every, size):
    return np.cumsum((rng.random(shape) < 1 / every) * rng.normal(0, size, shape), axis=1)


def _make_shop(
    skus=60, days=730, *, seed=1, categories=4, elasticity=-2.0, spread=0.3,
    cost_moves=True, price_moves=True, follows_demand=0.0, mean=3.0,
):  # fmt: skip
    """A shop.

    Args:
        follows_demand: Percent that prices rise for a percent of demand: what makes naive
            estimates of elasticity wrong.
        mean: Median units a day.
    """
    rng = np.random.default_rng(seed)
    names = np.array([f"S{i:04d}" for i in range(skus)])
    category = np.arange(skus) % categories
    true = np.minimum(elasticity + rng.normal(0, spread, skus), -0.3)
    first_cost = np.exp(rng.normal(6.5, 0.5, skus))[:, None]
    shape = (skus, days)
    cost = first_cost * np.exp(_steps(rng, shape, 60, 0.12) if cost_moves else np.zeros(shape))
    shock = _steps(rng, shape, 60, 0.2)
    shock -= shock.mean(axis=1, keepdims=True)
    price = 2 * first_cost * np.ones(shape)
    if price_moves:
        reviewed = np.arange(days) // 14 * 14
        own = rng.normal(0, 0.04, (skus, days // 14 + 1))[:, np.arange(days) // 14]
        price = 2 * cost[:, reviewed] * np.exp(follows_demand * shock[:, reviewed] + own)
    cost, price = np.round(cost), np.round(price)
    season = 0.2 * np.sin(2 * np.pi * np.arange(days) / 365)
    level = mean * np.exp(rng.normal(0, 0.7, skus))[:, None]
    expected = level * np.exp(shock + season) * (price / (2 * first_cost)) ** true[:, None]
    units = rng.negative_binomial(4, 4 / (4 + expected))
    dates = FIRST_DAY + np.arange(days)
    panel = pd.DataFrame(
        {
            "sku": pd.Categorical(np.repeat(names, days), categories=names),
            "date": np.tile(dates.astype("datetime64[ns]"), skus),
            "units": units.ravel(),
            "revenue_minor": (units * price).ravel(),
            "list_price_minor": price.ravel(),
            "cost_minor": cost.ravel(),
            "on_hand": 500.0,
            "promo": False,
            "discount": 0.0,
        }
    )
    catalogue = pd.DataFrame(
        {
            "sku": names,
            "category": [f"C{number}" for number in category],
            "status": "active",
            "list_price_minor": price[:, -1],
            "price_minor": price[:, -1],
            "cost_minor": cost[:, -1],
            "map_price_minor": np.nan,
            "on_hand": 500.0,
            "inbound": 0.0,
            "cost_assumed": False,
        }
    )
    return MadeUpShop(panel, catalogue, true, expected)
