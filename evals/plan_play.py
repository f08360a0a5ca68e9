"""What a plan really brings in a shop whose truth is known, day by day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evals.plan_shop import KnownShop, Truth, switched

Floats = npt.NDArray[np.float64]

DIP_DAYS = 28


@dataclass(frozen=True)
class Outcome:
    """Totals over the horizon; money in minor units."""

    units: float
    revenue_minor: float
    gross_profit_minor: float


def play_truth(
    shop: KnownShop, effects: pd.DataFrame, *, horizon_days: int, seed: int, futures: int = 1
) -> list[tuple[Outcome, Outcome]]:
    """The shop with and without a plan, in the same luck.

    Args:
        shop: The shop.
        effects: What the plan changes, as ``tools.simulate.simulate_plan`` takes it.
        horizon_days: Days played.
        seed: Seed of the luck.
        futures: Times played.

    Returns:
        A pair (with the plan, without it) a future.
    """
    rng = np.random.default_rng([seed, 7])
    nothing = effects.iloc[:0]
    found = []
    for _ in range(futures):
        luck = rng.random((len(shop.catalogue), horizon_days))
        late = np.exp(shop.truth.lateness * rng.standard_normal(len(shop.catalogue)))
        found.append((_played(shop, effects, luck, late), _played(shop, nothing, luck, late)))
    return found


def _played(shop: KnownShop, effects: pd.DataFrame, luck: Floats, late: Floats) -> Outcome:
    plan = effects.set_index("sku").reindex(shop.catalogue["sku"])
    days = luck.shape[1]
    now = shop.catalogue["price_minor"].to_numpy(dtype=np.float64)
    cost = shop.catalogue["cost_minor"].to_numpy(dtype=np.float64)
    price = _prices(plan, now, days)
    own = np.exp(np.log(price / now[:, None]) * shop.truth.elasticity[:, None])
    asked = _asked(shop, own * _dip(shop.truth, plan, own), luck)
    asked[plan["off_sale"].eq(True).to_numpy()] = 0.0
    arrives = np.ceil(np.nan_to_num(plan["arrives_in_days"].to_numpy(np.float64)) * late)
    order = np.nan_to_num(plan["order_units"].to_numpy(dtype=np.float64))
    sold = _from_stock(shop, asked, arrives, order)
    return Outcome(
        units=float(sold.sum()),
        revenue_minor=float((price * sold).sum()),
        gross_profit_minor=float(((price - cost[:, None]) * sold).sum()),
    )


def _prices(plan: pd.DataFrame, now: Floats, days: int) -> Floats:
    given = plan["price_minor"].to_numpy(dtype=np.float64)
    span = plan["price_days"].to_numpy(dtype=np.float64)
    holds = np.arange(days)[None, :] < np.where(np.isnan(span), days, span)[:, None]
    changed = holds & np.isfinite(given)[:, None]
    return np.where(changed, given[:, None], now[:, None])


def _dip(truth: Truth, plan: pd.DataFrame, own: Floats) -> Floats:
    """What a promotion has taken from the days after it."""
    span = plan["price_days"].to_numpy(dtype=np.float64)[:, None]
    day = np.arange(own.shape[1])[None, :]
    after = (day >= span) & (day < span + DIP_DAYS)
    gain = np.maximum(own[:, :1] - 1, 0.0)
    lost = truth.pull_forward * gain * np.minimum(np.nan_to_num(span) / DIP_DAYS, 1.0)
    return np.where(after, np.clip(1 - lost, 0.2, 1.0), 1.0)


def _asked(shop: KnownShop, own: Floats, luck: Floats) -> Floats:
    from scipy import stats

    truth: Truth = shop.truth
    usual = truth.expected[:, shop.past_days : shop.past_days + luck.shape[1]]
    mean = usual * switched(usual, own, truth.category, truth.switching)
    size = truth.dispersion
    found: Floats = stats.nbinom.ppf(luck, size, size / (size + mean))
    return found


def _from_stock(shop: KnownShop, asked: Floats, arrives: Floats, order: Floats) -> Floats:
    stock = shop.catalogue["on_hand"].to_numpy(dtype=np.float64).copy()
    sold = np.zeros_like(asked)
    for day in range(asked.shape[1]):
        stock += np.where(arrives == day, order, 0.0)
        met = np.minimum(asked[:, day], stock)
        stock -= met
        extra = _substitutes(shop.truth, asked[:, day] - met, stock, asked[:, day])
        stock -= extra
        sold[:, day] = met + extra
    return sold


def _substitutes(truth: Truth, missed: Floats, stock: Floats, asked: Floats) -> Floats:
    """What those who found nothing take of the category's others instead."""
    found = np.zeros_like(missed)
    for number in np.unique(truth.category):
        rows = truth.category == number
        able = np.where(stock[rows] > 0, asked[rows] + 0.1, 0.0)
        if missed[rows].sum() > 0 and able.sum() > 0:
            wanted = truth.substitution * missed[rows].sum() * able / able.sum()
            found[rows] = np.minimum(wanted, stock[rows])
    return found
