"""Small shops whose truth is known, to hold plans against what then happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FIRST_DAY = np.datetime64("2023-01-02")
KINDS = ("cost-led", "demand-led", "quiet", "promoted", "fashion")
"""How prices moved in the past, or what else makes the shop hard."""


@dataclass(frozen=True)
class Truth:
    """What a shop's customers, suppliers and products are really like; arrays by SKU.

    Attributes:
        elasticity: Percent change of a SKU's demand for a percent of its price.
        switching: Share of the units that a price wins or loses that others of the category lose
            or win.
        substitution: Share of those who find a product sold out that take another of its category.
        pull_forward: Share of a promotion's gain that the four weeks after it lose.
        dispersion: Size of the negative binomial a day's units are drawn from.
        lateness: Log standard deviation of a delivery's time around what was promised.
        expected: Units asked for a day at the prices of the time; shape (skus, days). Days after
            the past are at the last prices.
        category: Number of each SKU's category.
    """

    elasticity: Floats
    switching: float
    substitution: float
    pull_forward: float
    dispersion: float
    lateness: float
    expected: Floats
    category: Ints


@dataclass(frozen=True)
class KnownShop:
    """A shop's past as its files show it, and the truth it was drawn from."""

    kind: str
    panel: pd.DataFrame
    catalogue: pd.DataFrame
    truth: Truth
    past_days: int

    @property
    def start(self) -> date:
        """The first day after the past."""
        return pd.Timestamp(FIRST_DAY + self.past_days).date()

    @property
    def source(self) -> DataRef:
        """Where the panel says it comes from."""
        moment = datetime.combine(self.start, datetime.min.time(), tzinfo=UTC)
        return DataRef(source="panel", as_of=moment, facts_hash="f00d")


def draw_shop(
    kind: str, *, seed: int, skus: int = 32, past_days: int = 420, horizon_days: int = 28
) -> KnownShop:
    """A shop drawn at random, its parameters too.

    Args:
        kind: One of ``KINDS``.
        seed: Seed.
        skus: Products, of one variant each.
        past_days: Days with sales on file.
        horizon_days: Days of truth after them.
    """
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    days = past_days + horizon_days
    category = np.arange(skus) % 4
    elasticity = _elasticities(rng, category)
    shock = _shocks(rng, category, days, 0.05 if kind == "fashion" else 0.025)
    season = _season(rng, category, days, 0.5 if kind == "fashion" else 0.15)
    first_cost = np.exp(rng.normal(6.5, 0.6, skus))
    cost = first_cost[:, None] * np.exp(_cost_steps(rng, kind, skus, days))
    price = _prices(rng, kind, cost, first_cost, shock, past_days)
    promo = _promotions(rng, kind, skus, days, past_days)
    paid = np.round(price * np.where(promo, 0.8, 1.0))
    switching = float(rng.uniform(0.0, 0.6)) / 2.2
    level = np.exp(rng.normal(0.7, 0.8, skus))[:, None]
    own = np.exp(np.log(paid / (2 * first_cost[:, None])) * elasticity[:, None])
    usual = level * np.exp(shock + season)
    expected = usual * switched(usual, own, category, switching)
    truth = Truth(
        elasticity=elasticity, switching=switching, substitution=float(rng.uniform(0.0, 0.5)),
        pull_forward=float(rng.uniform(0.0, 0.3)),
        dispersion=float(rng.uniform(2.0, 8.0)), lateness=float(rng.uniform(0.0, 0.4)),
        expected=expected, category=category,
    )  # fmt: skip
    return KnownShop(
        kind=kind,
        panel=_panel(rng, truth, price, paid, cost, promo, past_days),
        catalogue=_catalogue(rng, truth, price, cost, past_days),
        truth=truth,
        past_days=past_days,
    )


def switched(usual: Floats, own: Floats, category: Ints, switching: float) -> Floats:
    """Factor on each SKU's demand where part of what prices move comes from the category's others.

    Args:
        usual: Units at the usual prices; shape (skus, days).
        own: What each SKU's price does to its own demand; same shape.
        category: Number of each SKU's category.
        switching: Share that moves within the category.
    """
    factor = own.copy()
    for number in np.unique(category):
        rows = category == number
        moved = usual[rows] * (own[rows] - 1)
        others = usual[rows].sum(axis=0) - usual[rows]
        lost = switching * (moved.sum(axis=0) - moved) / np.maximum(others, 1e-9)
        factor[rows] = own[rows] * np.clip(1 - lost, 0.2, 3.0)
    return factor


def _elasticities(rng: np.random.Generator, category: Ints) -> Floats:
    middle = rng.normal(-2.2, 0.6) + rng.normal(0, 0.4, category.max() + 1)
    found: Floats = np.minimum(middle[category] + rng.normal(0, 0.4, len(category)), -0.4)
    return found


def _shocks(rng: np.random.Generator, category: Ints, days: int, size: float) -> Floats:
    """Random walks by the week: the shop's, the categories' and each SKU's own."""
    weeks = days // 7 + 1

    def walk(rows: int, width: float) -> Floats:
        found: Floats = np.cumsum(rng.normal(0, width, (rows, weeks)), axis=1)
        return found

    total = walk(1, size / 2) + walk(int(category.max()) + 1, size)[category]
    total = total + walk(len(category), 1.5 * size)
    total -= total.mean(axis=1, keepdims=True)
    return np.repeat(total, 7, axis=1)[:, :days]


def _season(rng: np.random.Generator, category: Ints, days: int, size: float) -> Floats:
    count = int(category.max()) + 1
    year = 2 * np.pi * np.arange(days) / 365.25
    wave = np.sin(year[None, :] + rng.uniform(0, 2 * np.pi, (count, 1)))
    weekday = rng.normal(0, 0.15, (1, 7))[:, np.arange(days) % 7]
    return (rng.uniform(0, size, (count, 1)) * wave)[category] + weekday


def _cost_steps(rng: np.random.Generator, kind: str, skus: int, days: int) -> Floats:
    if kind == "quiet":
        return np.zeros((skus, days))
    moves = rng.random((skus, days)) < 1 / 60
    return np.cumsum(moves * rng.normal(0, 0.1, (skus, days)), axis=1)


def _prices(
    rng: np.random.Generator, kind: str, cost: Floats, first_cost: Floats, shock: Floats, past: int
) -> Floats:
    """List prices, looked at every two weeks; those of the last day hold afterwards."""
    skus, days = cost.shape
    reviewed = np.minimum(np.arange(days), past - 1) // 14 * 14
    follows = {"demand-led": 0.6, "quiet": 0.0}.get(kind, 0.1)
    own = rng.normal(0, 0.01 if kind == "quiet" else 0.04, (skus, days // 14 + 1))
    markup = np.exp(rng.normal(np.log(2.0), 0.15, (skus, 1)))
    whims = own[:, reviewed // 14] + follows * shock[:, reviewed]
    if kind == "quiet":
        return np.round(np.repeat(markup * first_cost[:, None], days, axis=1) * np.exp(whims))
    return np.round(markup * cost[:, reviewed] * np.exp(whims))


def _promotions(
    rng: np.random.Generator, kind: str, skus: int, days: int, past: int
) -> npt.NDArray[np.bool_]:
    if kind != "promoted":
        return np.zeros((skus, days), dtype=bool)
    weeks = rng.random((skus, days // 7 + 1)) < 0.12
    found = np.repeat(weeks, 7, axis=1)[:, :days]
    found[:, past:] = False
    return found


def _panel(
    rng: np.random.Generator, truth: Truth, price: Floats, paid: Floats, cost: Floats,
    promo: npt.NDArray[np.bool_], past: int,
) -> pd.DataFrame:  # fmt: skip
    skus = len(price)
    mean, size = truth.expected[:, :past], truth.dispersion
    units = rng.negative_binomial(size, size / (size + mean))
    names = sku_names(skus)
    return pd.DataFrame(
        {
            "sku": pd.Categorical(np.repeat(names, past), categories=names),
            "date": np.tile((FIRST_DAY + np.arange(past)).astype("datetime64[ns]"), skus),
            "units": units.ravel(),
            "revenue_minor": (units * paid[:, :past]).ravel(),
            "list_price_minor": price[:, :past].ravel(),
            "cost_minor": np.round(cost[:, :past]).ravel(),
            "on_hand": 500.0,
            "promo": promo[:, :past].ravel(),
            "discount": np.where(promo[:, :past], 0.2, 0.0).ravel(),
        }
    )


def sku_names(count: int) -> list[str]:
    """Names of that many SKUs, in order."""
    return [f"S{number:03d}" for number in range(count)]


def _catalogue(
    rng: np.random.Generator, truth: Truth, price: Floats, cost: Floats, past: int
) -> pd.DataFrame:
    skus = len(price)
    cover = np.where(rng.random(skus) < 0.3, rng.uniform(5, 25, skus), rng.uniform(40, 120, skus))
    recent = truth.expected[:, past - 28 : past].mean(axis=1)
    return pd.DataFrame(
        {
            "sku": sku_names(skus),
            "category": [f"C{number}" for number in truth.category],
            "status": "active",
            "list_price_minor": price[:, past - 1],
            "price_minor": price[:, past - 1],
            "cost_minor": np.round(cost[:, past - 1]),
            "map_price_minor": np.nan,
            "on_hand": np.ceil(recent * cover),
            "inbound": 0.0,
            "lead_time_days": 7.0,
            "min_order": 1,
            "case_pack": 6,
            "cost_assumed": False,
        }
    )
