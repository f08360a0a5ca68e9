"""Made-up shops for measuring elasticities: how their prices came about is known, and the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

FIRST_DAY = np.datetime64("2023-01-02")
CALENDAR_DAYS = (30, 98, 161, 225, 314, 350)
"""First days of the promotions announced every year."""


@dataclass(frozen=True)
class PriceWorld:
    """How prices and demand of a shop come about.

    Attributes:
        skus: SKUs, dealt to ``categories`` in turn.
        days: Days of history.
        categories: Categories.
        moves: Whether prices are ever reviewed; otherwise only promotions move them.
        follows: Percent by which prices rise for a percent of demand.
        noise: Standard deviation of what prices are changed by for no reason.
        own_costs: Standard deviation of a SKU's own cost changes, about six a year.
        supplier_costs: The same of changes shared by a supplier's SKUs.
        costs_known: ``own``, ``none``, or ``noisy`` (on file with errors).
        review_days: Days between reviews of prices.
        late_days: Days over which the demand is averaged that a review looks at.
        shock_days: Days a SKU's demand shock lasts on average.
        season: Amplitude of the category's season in logs; prices follow it by ``follows``.
        promotions: None, at random, on the calendar, or (``demand``) when sales are low.
        lift: What a promotion's display adds to log demand beside its price.
        stock_outs: Whether stock runs out between deliveries.
        cross: Elasticity with respect to the category's other prices.
        rival: Elasticity with respect to the competitor's price.
        experiments: Share of SKUs whose prices were set by chance for the last 16 weeks.
        mean: Median units a day.
        elasticity: Mean own-price elasticity.
        spread: Standard deviation within a category; half as much between categories.
    """

    skus: int = 120
    days: int = 730
    categories: int = 4
    moves: bool = True
    follows: float = 0.0
    noise: float = 0.04
    own_costs: float = 0.0
    supplier_costs: float = 0.0
    costs_known: Literal["own", "none", "noisy"] = "none"
    review_days: int = 14
    late_days: int = 0
    shock_days: float = 60.0
    season: float = 0.2
    promotions: Literal["none", "random", "calendar", "demand"] = "none"
    lift: float = 0.0
    stock_outs: bool = False
    cross: float = 0.0
    rival: float = 0.0
    experiments: float = 0.0
    mean: float = 3.0
    elasticity: float = -2.2
    spread: float = 0.4


@dataclass(frozen=True)
class PriceTruth:
    """A shop drawn from a world.

    Attributes:
        panel: Daily rows as the facts give them.
        catalogue: ``sku``, ``category``, ``supplier_id``.
        experiments: Past experiments as ``estimate_elasticity`` takes them.
        elasticity: True own-price elasticity by SKU, in the order of the catalogue.
        cross: True cross elasticity of every category.
    """

    panel: pd.DataFrame = field(repr=False)
    catalogue: pd.DataFrame = field(repr=False)
    experiments: pd.DataFrame = field(repr=False)
    elasticity: Floats = field(repr=False)
    cross: float


def draw_shop(world: PriceWorld, seed: int) -> PriceTruth:
    """A shop's history: units, prices, costs and stock by day."""
    rng = np.random.default_rng(seed)
    shape = (world.skus, world.days)
    category = (np.arange(world.skus) % world.categories).astype(np.int64)
    true = _true(world, category, rng)
    shock = _steps(rng, shape, world.shock_days, 0.2)
    shock -= shock.mean(axis=1, keepdims=True)
    wave = _season(world, category)
    cost = _costs(world, category, rng)
    usual = np.log(np.round(rng.lognormal(7.2, 0.5, world.skus)))[:, None]
    log_list = usual + _list_moves(world, cost, shock + wave, rng)
    depth, promo = _promotions(world, shock, rng)
    tried, experiments = _experiments(world, rng)
    log_list = np.log(np.round(np.exp(log_list + tried)))
    log_paid = log_list + np.log1p(-depth)
    rival = _steps(rng, shape, 45, 0.08)
    index = _others(log_paid - usual, category)
    log_mean = np.log(world.mean) + rng.normal(0, 0.7, world.skus)[:, None] + shock + wave
    log_mean += true[:, None] * (log_paid - usual) + world.lift * promo
    log_mean += world.cross * index + world.rival * rival
    asked = np.exp(log_mean)
    units = rng.negative_binomial(4, 4 / (4 + asked)).astype(np.float64)
    stock = np.full(shape, 500.0)
    if world.stock_outs:
        units, stock = _sold_from_stock(units, asked)
    panel = _panel(world, units, log_list, depth, promo, stock, cost + usual - np.log(2), rng)
    panel["competitor_price_minor"] = np.exp(usual + rival).round().ravel()
    catalogue = pd.DataFrame(
        {
            "sku": _names(world.skus),
            "category": [f"C{number}" for number in category],
            "supplier_id": [f"V{number % 6}" for number in range(world.skus)],
        }
    )
    experiments["sku"] = _names(world.skus)[experiments["sku"].to_numpy(dtype=np.int64)]
    return PriceTruth(panel, catalogue, experiments, true, world.cross)


def _names(skus: int) -> npt.NDArray[np.str_]:
    return np.array([f"S{number:04d}" for number in range(skus)])


def _true(world: PriceWorld, category: Places, rng: np.random.Generator) -> Floats:
    between = rng.normal(0, world.spread / 2, world.categories)[category]
    within = rng.normal(0, world.spread, world.skus)
    found: Floats = np.minimum(world.elasticity + between + within, -0.3)
    return found


def _steps(rng: np.random.Generator, shape: tuple[int, int], every: float, size: float) -> Floats:
    jumps = (rng.random(shape) < 1 / every) * rng.normal(0, size, shape)
    found: Floats = np.cumsum(jumps, axis=1)
    return found


def _season(world: PriceWorld, category: Places) -> Floats:
    phase = 2 * np.pi * (np.arange(world.days)[None, :] / 365 + category[:, None] / 5)
    found: Floats = world.season * np.sin(phase)
    return found


def _costs(world: PriceWorld, category: Places, rng: np.random.Generator) -> Floats:
    """Log of cost against its first day."""
    own = _steps(rng, (world.skus, world.days), 60, world.own_costs)
    suppliers = _steps(rng, (6, world.days), 60, world.supplier_costs)
    found: Floats = own + suppliers[np.arange(world.skus) % 6]
    return found


def _list_moves(
    world: PriceWorld, cost: Floats, demand: Floats, rng: np.random.Generator
) -> Floats:
    if not world.moves:
        return np.zeros((world.skus, world.days))
    review = np.arange(world.days) // world.review_days
    own = rng.normal(0, world.noise, (world.skus, review.max() + 1))
    seen = _averaged(demand, world.late_days)
    day = review * world.review_days
    found: Floats = cost[:, day] + world.follows * seen[:, day] + own[:, review]
    return found


def _averaged(demand: Floats, days: int) -> Floats:
    """Mean of the days before; the day itself where none are averaged."""
    if days == 0:
        return demand
    total = np.cumsum(np.pad(demand, ((0, 0), (days, 0)), mode="edge"), axis=1)
    found: Floats = (total[:, days:] - total[:, :-days]) / days
    return found


def _promotions(
    world: PriceWorld, shock: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Depth by day, and whether there is a promotion."""
    weeks = world.days // 7 + 1
    shape = (world.skus, weeks)
    if world.promotions == "none":
        return np.zeros_like(shock), np.zeros_like(shock)
    chance = np.full(shape, 0.12)
    if world.promotions == "calendar":
        first = np.arange(weeks) * 7 % 365
        near = (np.abs(first[:, None] - np.array(CALENDAR_DAYS)) < 7).any(axis=1)
        chance = np.where(near, 0.6, 0.0)[None, :].repeat(world.skus, axis=0)
    elif world.promotions == "demand":
        weekly = shock[:, np.minimum(np.arange(weeks) * 7, world.days - 1)]
        chance = np.where(weekly < np.quantile(weekly, 0.3, axis=1, keepdims=True), 0.35, 0.03)
    on = rng.random(shape) < chance
    depth = np.where(on, rng.choice([0.1, 0.2, 0.3], shape), 0.0)
    week = np.arange(world.days) // 7
    return depth[:, week], on[:, week].astype(np.float64)


def _experiments(world: PriceWorld, rng: np.random.Generator) -> tuple[Floats, pd.DataFrame]:
    """What chance added to log prices, and the record of it."""
    tried = np.zeros((world.skus, world.days))
    rows: list[dict[str, object]] = []
    start = world.days // 7 * 7 - 16 * 7
    for sku in range(round(world.experiments * world.skus)):
        for block in range(8):
            first = start + 14 * block
            level = float(rng.choice([-0.1, 0.1]))
            tried[sku, first : first + 14] = level
            rows.append(
                {
                    "sku": sku,
                    "starts_on": FIRST_DAY + first,
                    "ends_on": FIRST_DAY + first + 14,
                    "surprise": level,
                }
            )
    columns = ["sku", "starts_on", "ends_on", "surprise"]
    return tried, pd.DataFrame(rows, columns=columns)


def _others(moved: Floats, category: Places) -> Floats:
    """Mean log price change of the category's other SKUs."""
    found = np.zeros_like(moved)
    for each in np.unique(category):
        rows = category == each
        count = max(int(rows.sum()) - 1, 1)
        found[rows] = (moved[rows].sum(axis=0) - moved[rows]) / count
    return found


def _sold_from_stock(asked_units: Floats, mean: Floats) -> tuple[Floats, Floats]:
    """Deliveries every fortnight up to 14 mean days; what is sold, and left in the evening."""
    sold, left = np.zeros_like(asked_units), np.zeros_like(asked_units)
    level = np.ceil(14 * mean.mean(axis=1))
    stock = level.copy()
    for day in range(asked_units.shape[1]):
        if day % 14 == 0:
            stock = np.maximum(stock, level)
        sold[:, day] = np.minimum(asked_units[:, day], stock)
        stock = stock - sold[:, day]
        left[:, day] = stock
    return sold, left


def _panel(
    world: PriceWorld,
    units: Floats,
    log_list: Floats,
    depth: Floats,
    promo: Floats,
    stock: Floats,
    log_cost: Floats,
    rng: np.random.Generator,
) -> pd.DataFrame:
    names = _names(world.skus)
    dates = (FIRST_DAY + np.arange(world.days)).astype("datetime64[ns]")
    listed = np.round(np.exp(log_list))
    panel = pd.DataFrame(
        {
            "sku": pd.Categorical(np.repeat(names, world.days), categories=names),
            "date": np.tile(dates, world.skus),
            "units": units.ravel(),
            "revenue_minor": (units * listed * (1 - depth)).ravel(),
            "list_price_minor": listed.ravel(),
            "on_hand": stock.ravel(),
            "promo": promo.ravel() > 0,
            "discount": depth.ravel(),
        }
    )
    if world.costs_known != "none":
        blur = _steps(rng, units.shape, 60, 0.08) if world.costs_known == "noisy" else 0.0
        panel["cost_minor"] = np.round(np.exp(log_cost + blur)).ravel()
    return panel
