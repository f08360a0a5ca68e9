"""Regimes: the figures a made-up shop is drawn from. A new kind of shop is a new set of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Regime:
    """How a shop's world behaves; shares and elasticities are fractions, times are days.

    Demand of a SKU on a day has the mean ``base × trend × season × weekday × holiday × shock ×
    (paid ÷ usual price) ^ elasticity × (others' prices) ^ cross × (rival ÷ usual) ^ rival_cross ×
    promotion`` and scatters ``scatter`` times as much as Poisson's.
    """

    name: str
    skus: int = 30
    categories: int = 3
    units_per_day: tuple[float, float] = (1.6, 0.8)
    """Median of a SKU's base rate, and the standard deviation of its logarithm."""
    scatter: float = 1.6
    price: tuple[float, float] = (8.0, 60.0)
    """Lowest and highest usual price, major units."""
    markup: tuple[float, float] = (1.6, 2.4)
    """Usual price over cost."""
    elasticity: tuple[float, float, float] = (-2.2, 0.3, 0.4)
    """Mean, spread of categories around it, spread of SKUs around their category's."""
    cross: float = 0.3
    """Answer to the price index of the category's other SKUs."""
    transference: float = 0.3
    """Share of what a sold-out SKU would have sold that goes to its category's others."""
    trend_sd: float = 0.12
    """Of the yearly log trend."""
    season: float = 0.12
    """Height of the yearly wave, log."""
    season_sharpness: float = 1.0
    """Above 1 the season is short and high, with little outside it."""
    weekday: tuple[float, ...] = (0.94, 0.92, 0.95, 0.98, 1.05, 1.12, 1.04)
    holiday: float = 0.25
    """Log height of the weeks before Christmas."""
    shock_sd: float = 0.12
    """Slow demand shock of a SKU (AR(1) by day)."""
    shock_memory: float = 0.98
    price_follows_demand: float = 0.0
    """Part of the shock that the merchant prices in at his reviews."""
    price_review_days: int = 45
    price_noise_sd: float = 0.04
    cost_pass_through: float = 0.8
    cost_step: tuple[float, float] = (80.0, 0.06)
    """Days between a SKU's cost changes, and their log standard deviation."""
    supplier_step: tuple[float, float] = (150.0, 0.05)
    """The same for changes that hit all SKUs of a supplier."""
    lead_days: tuple[float, float] = (10.0, 0.2)
    """Mean and coefficient of variation of delivery times."""
    stated_lead: float = 1.0
    """Stated over true lead time."""
    case_pack: tuple[int, ...] = (1, 6)
    merchant_cover: float = 1.0
    """Care of the merchant's own reorder rule: below 1 he runs out."""
    promotions_per_year: float = 2.0
    promotion_depth: tuple[float, float] = (0.10, 0.25)
    promotion_days: int = 7
    feature: float = 0.15
    """Log lift of being promoted 15 % or more, beyond the price; less for less."""
    pull_forward: float = 0.2
    """Share of a promotion's extra units that are missing later."""
    shelf_life_days: int | None = None
    rivals: float = 0.4
    """Share of SKUs that a competitor sells too."""
    rival_cross: float = 0.4
    rival_reacts: float = 0.0
    """Part of our price moves that the rival follows, and by how much he then undercuts."""
    rival_leaves: bool = False
    churn: float = 0.0
    """Share of SKUs that come new in the months around the year's start, and that fade away."""
    line_share: float = 0.0
    """Share of SKUs that are a season's lines: bought ahead, cleared at its end."""
    line_days: int = 150
    salvage: float = 0.3
    """What a unit left at a season's end brings, as a share of its cost."""
    customers: int = 600
    returns: float = 0.03
    persuadable: float = 0.25
    """Share of customers that a message brings back."""
    uplift: float = 0.05
    """Chance of an order more, of those."""


STEADY = Regime("steady")
REGIMES: dict[str, Regime] = {
    each.name: each
    for each in (
        STEADY,
        replace(STEADY, name="seasonal fashion", season=0.9, season_sharpness=1.5,
                elasticity=(-2.6, 0.3, 0.4), markup=(2.0, 3.2), returns=0.12, lead_days=(28.0, 0.2),
                promotions_per_year=1.0, line_share=0.5),
        replace(STEADY, name="intermittent spare parts", units_per_day=(0.12, 0.9), skus=40,
                elasticity=(-1.6, 0.2, 0.3), price=(15.0, 160.0), markup=(1.7, 2.8), scatter=2.2,
                cross=0.1, promotions_per_year=0.3, season=0.0, customers=400),
        replace(STEADY, name="promotion-driven grocery", units_per_day=(6.0, 0.7), price=(1.5, 9.0),
                markup=(1.35, 1.8), elasticity=(-2.8, 0.3, 0.5), promotions_per_year=8.0,
                feature=0.35, pull_forward=0.4, shelf_life_days=30, lead_days=(4.0, 0.2),
                returns=0.0),
        replace(STEADY, name="endogenous prices", shock_sd=0.35, price_follows_demand=0.5,
                price_review_days=21, cost_step=(50.0, 0.08)),
        replace(STEADY, name="reacting competitor", rivals=1.0, rival_cross=1.0, rival_reacts=0.5,
                elasticity=(-3.0, 0.3, 0.4)),
        replace(STEADY, name="supply shocks", supplier_step=(60.0, 0.14), cost_step=(50.0, 0.08),
                lead_days=(18.0, 0.5), stated_lead=0.7, merchant_cover=0.8),
        replace(STEADY, name="new-product churn", churn=0.35, trend_sd=0.3),
    )
}  # fmt: skip
"""The regimes that are reported, by name."""


def random_regime(seed: int) -> Regime:
    """A regime that nobody has tuned anything to."""
    rng = np.random.default_rng([seed, 20_241])
    between = rng.uniform
    return Regime(
        name=f"random {seed}",
        skus=int(rng.integers(16, 48)),
        categories=int(rng.integers(1, 6)),
        units_per_day=(float(np.exp(between(-2.0, 2.0))), between(0.4, 1.0)),
        scatter=between(1.1, 3.0),
        price=(between(2, 15), between(25, 200)),
        markup=(between(1.3, 1.8), between(1.9, 3.2)),
        elasticity=(between(-3.2, -1.5), between(0.1, 0.4), between(0.2, 0.6)),
        cross=between(0.0, 0.6),
        transference=between(0.0, 0.6),
        trend_sd=between(0.0, 0.3),
        season=between(0.0, 0.8),
        season_sharpness=between(0.7, 2.0),
        shock_sd=between(0.05, 0.35),
        shock_memory=between(0.9, 0.99),
        price_follows_demand=between(0.0, 0.6),
        price_review_days=int(rng.integers(14, 90)),
        price_noise_sd=between(0.0, 0.06),
        cost_pass_through=between(0.3, 1.0),
        cost_step=(between(40, 150), between(0.02, 0.10)),
        supplier_step=(between(50, 250), between(0.0, 0.15)),
        lead_days=(between(2, 30), between(0.1, 0.5)),
        stated_lead=between(0.6, 1.2),
        merchant_cover=between(0.7, 1.3),
        promotions_per_year=between(0.0, 8.0),
        feature=between(0.0, 0.4),
        pull_forward=between(0.0, 0.5),
        shelf_life_days=int(rng.integers(10, 60)) if rng.random() < 0.2 else None,
        rivals=between(0.0, 1.0),
        rival_cross=between(0.0, 1.0),
        rival_reacts=between(0.0, 0.7),
        rival_leaves=bool(rng.random() < 0.3),
        churn=between(0.0, 0.2),
        line_share=between(0.1, 0.6) if rng.random() < 0.2 else 0.0,
        line_days=int(rng.integers(90, 200)),
        salvage=between(0.1, 0.6),
        holiday=between(0.0, 0.5),
        returns=between(0.0, 0.15),
        persuadable=between(0.0, 0.5),
        uplift=between(0.01, 0.10),
    )
