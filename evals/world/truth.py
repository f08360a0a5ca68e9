"""The truth of a made-up shop: drawn once, never written where a plan could read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from evals.world.lives import draw_lives, holidays
from evals.world.regimes import Regime

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HISTORY_DAYS = 730
YEAR_DAYS = 365
LEAST_ELASTIC = -1.3
SPARE_DAYS = 120
"""Drawn beyond the year, so that whoever knows the truth can look past its end."""


@dataclass(frozen=True)
class Truth:
    """What drives the shop; SKU arrays are (n,), paths are (n, days) from the first of history.

    Attributes:
        regime: What it was drawn from.
        first: First day of history.
        sku: Names.
        category: Category number.
        supplier: Supplier number.
        usual: Price that ``base`` holds at, minor units.
        elasticity: Own-price.
        cost: Path, minor units.
        base: Path of mean units a day at the usual price, without rivals and promotions.
        born: First day on sale (0 for from the start).
        ends: First day after the SKU's season, when its stock is cleared; far away without one.
        bought: How much of a line the merchant buys ahead, over what a middling one sells.
        lead: True mean lead time, days.
        stated: What the supplier states, days.
        pack: Units a case.
        has_rival: Whether a competitor sells it.
        rival: Path of the competitor's own price before reactions, minor units; NaN without.
        review_noise: Path of the merchant's pricing noise, log.
        shock: Path of the demand shock, log.
        luck: Path of uniform draws: the luck of the day.
        lateness: Path of uniform draws: how late an order of that day is.
        weight: Customers' share of orders; shape (customers,).
        uplift: Customers' chance of one more order when written to.
        consent: Whether they may be written to.
        seed: Of further draws.
    """

    regime: Regime
    first: date
    sku: npt.NDArray[np.str_]
    category: Ints
    supplier: Ints
    usual: Floats
    elasticity: Floats
    cost: Floats
    base: Floats
    born: Ints
    ends: Ints
    bought: Floats
    lead: Floats
    stated: Floats
    pack: Ints
    has_rival: npt.NDArray[np.bool_]
    rival: Floats
    review_noise: Floats
    shock: Floats
    luck: Floats
    lateness: Floats
    weight: Floats
    uplift: Floats
    consent: npt.NDArray[np.bool_]
    seed: int

    @property
    def days(self) -> int:
        """Days drawn."""
        return int(self.base.shape[1])

    def day(self, number: int) -> date:
        """Calendar day of a day number."""
        return self.first + timedelta(days=number)


def draw_truth(regime: Regime, seed: int, *, start: date) -> Truth:
    """Draw a shop whose year to be judged begins at ``start``."""
    rng = np.random.default_rng([seed, 7])
    n, days = regime.skus, HISTORY_DAYS + YEAR_DAYS + SPARE_DAYS
    first = start - timedelta(days=HISTORY_DAYS)
    category = np.sort(np.arange(n) % regime.categories)
    supplier = rng.integers(0, max(2, n // 8), n)
    cheapest, dearest = (float(np.log(each)) for each in regime.price)
    usual: Floats = np.round(10 * np.exp(rng.uniform(cheapest, dearest, n))) * 10 - 1
    mean, between, within = regime.elasticity
    of_category = mean + between * rng.standard_normal(regime.categories)
    elasticity = np.minimum(of_category[category] + within * rng.standard_normal(n), LEAST_ELASTIC)
    low, high = regime.markup
    cost = _costs(regime, rng, usual / rng.uniform(low, high, n), supplier, days)
    shock = _shocks(regime, rng, (n, days))
    lives = draw_lives(regime, rng, n, days, HISTORY_DAYS)
    base = _base(regime, rng, shock, lives.alive, first, category)
    has_rival = rng.random(n) < regime.rivals
    lead = np.maximum(regime.lead_days[0] * np.exp(0.3 * rng.standard_normal(supplier.max() + 1)),
                      1.0)[supplier]  # fmt: skip
    weight = rng.gamma(0.7, 1.0, regime.customers) + 1e-3
    persuadable = rng.random(regime.customers) < regime.persuadable
    return Truth(
        regime=regime,
        first=first,
        sku=np.array([f"SKU-{number:03d}" for number in range(n)]),
        category=category,
        supplier=supplier,
        usual=usual,
        elasticity=elasticity,
        cost=cost,
        base=base,
        born=lives.born,
        ends=lives.ends,
        bought=np.exp(0.4 * rng.standard_normal(n)),
        lead=lead,
        stated=np.maximum(np.round(lead * regime.stated_lead), 1.0),
        pack=rng.choice(np.array(regime.case_pack), n),
        has_rival=has_rival,
        rival=_rivals(regime, rng, usual, has_rival, days),
        review_noise=regime.price_noise_sd * rng.standard_normal((n, days)),
        shock=shock,
        luck=rng.random((n, days)),
        lateness=rng.random((n, days)),
        weight=weight / weight.sum(),
        uplift=np.where(persuadable, regime.uplift, regime.uplift / 10),
        consent=rng.random(regime.customers) < 0.7,
        seed=seed,
    )


def _steps(rng: np.random.Generator, rows: int, days: int, every: float, sd: float) -> Floats:
    moved = rng.random((rows, days)) < 1 / every
    walk: Floats = np.cumsum(moved * rng.normal(0, sd, (rows, days)), axis=1)
    return walk


def _costs(
    regime: Regime, rng: np.random.Generator, first: Floats, supplier: Ints, days: int
) -> Floats:
    own = _steps(rng, len(first), days, *regime.cost_step)
    shared = _steps(rng, int(supplier.max()) + 1, days, *regime.supplier_step)[supplier]
    moved = np.clip(own + shared, -0.5, 0.5)
    found: Floats = np.maximum(np.round(first[:, None] * np.exp(moved)), 1.0)
    return found


def _shocks(regime: Regime, rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    memory = regime.shock_memory
    step = regime.shock_sd * np.sqrt(1 - memory**2) * rng.standard_normal(shape)
    shock = np.empty(shape)
    shock[:, 0] = regime.shock_sd * rng.standard_normal(shape[0])
    for day in range(1, shape[1]):
        shock[:, day] = memory * shock[:, day - 1] + step[:, day]
    return shock


def _base(
    regime: Regime, rng: np.random.Generator, shock: Floats, fade: Floats, first: date,
    category: Ints,
) -> Floats:  # fmt: skip
    n, days = shock.shape
    median, spread = regime.units_per_day
    level = np.asarray(median * np.exp(spread * rng.standard_normal(n)), dtype=np.float64)
    time = np.arange(days)
    yearly = np.asarray(regime.trend_sd * rng.standard_normal(n), dtype=np.float64)
    trend = yearly[:, None] * (time - HISTORY_DAYS) / 365
    weekday = np.array(regime.weekday)[(first.weekday() + time) % 7]
    phase = rng.uniform(0, 2 * np.pi, regime.categories)[category]
    of_year = (first.timetuple().tm_yday + time) / 365.25 * 2 * np.pi
    wave = np.cos(of_year[None, :] - phase[:, None])
    season = regime.season * (np.exp(regime.season_sharpness * wave) / np.exp(1.0) * 2 - 1)
    busy = holidays(first, days, regime.holiday)
    made: Floats = level[:, None] * weekday * np.exp(trend + season + busy + shock) * fade
    return made


def _rivals(
    regime: Regime, rng: np.random.Generator, usual: Floats, has: npt.NDArray[np.bool_], days: int
) -> Floats:
    walk = _steps(rng, len(usual), days, 40.0, 0.05)
    walk -= 0.5 * walk.cumsum(axis=1) / np.arange(1, days + 1)
    start = usual * np.exp(rng.normal(0.0, 0.05, len(usual)))
    price = np.round(start[:, None] * np.exp(np.clip(walk, -0.25, 0.25)))
    if regime.rival_leaves:
        price[:, HISTORY_DAYS + 90 :] = np.nan
    return np.where(has[:, None], price, np.nan)
