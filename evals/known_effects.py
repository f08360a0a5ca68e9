"""Shops in which some products were changed, with what the change truly did kept apart.

Everything that misleads a comparison of before and after is in them: the time of year, shocks to
whole categories on the very days, prices cut on products that happened to sell slowly just then
(and come back by themselves), luck.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef
from tools.causal_effect import Change

Floats = npt.NDArray[np.float64]
FIRST_DAY = np.datetime64("2023-01-02")
SLOW_DAYS = 28
"""Days over which a product is seen to sell slowly before it is picked."""


@dataclass(frozen=True)
class Setting:
    """What kind of shop, and what is done in it.

    Attributes:
        name: Of the setting.
        skus: Products.
        categories: Their categories.
        days: Days of history up to the end of the window.
        changed: How many products are changed.
        window: Days that the change holds.
        effect: Log effect on units; one is drawn around it a product.
        rate: Median units a day.
        shock: Log shock to every category on the window's days, drawn around none.
        slow: Whether slow sellers are picked, rather than any.
        whole_category: Whether all that is picked is one category, and all of it.
        drift: How far products wander by themselves, log a day.
    """

    name: str
    skus: int = 300
    categories: int = 6
    days: int = 600
    changed: int = 40
    window: int = 28
    effect: float = 0.3
    rate: float = 1.5
    shock: float = 0.3
    slow: bool = True
    whole_category: bool = False
    drift: float = 0.015


@dataclass(frozen=True)
class KnownEffects:
    """A shop and the truth about what was done.

    Attributes:
        panel: Daily rows as ``FactsView.panel`` gives them.
        categories: SKU to category.
        changes: What was done.
        truth: Key to units that the change truly brought.
        before: Key to units of the same number of days just before: what a naive look compares.
        ratio: New price over old.
        elasticity: SKU to how its units truly answered the price.
    """

    panel: pd.DataFrame = field(repr=False)
    categories: dict[str, str] = field(repr=False)
    changes: list[Change]
    truth: dict[str, float]
    before: dict[str, float]
    ratio: float
    elasticity: dict[str, float]

    @property
    def source(self) -> DataRef:
        """Where the panel says it comes from."""
        return DataRef(source="panel", as_of=datetime(2025, 1, 1, tzinfo=UTC))


def make_known_effects(setting: Setting, seed: int) -> KnownEffects:
    """Draw a shop of a kind."""
    rng = np.random.default_rng([seed, len(setting.name), setting.skus])
    start = setting.days - setting.window
    category = np.arange(setting.skus) % setting.categories
    calm = _expected(setting, category, start, rng)
    units = rng.negative_binomial(5, 5 / (5 + calm)).astype(np.float64)
    chosen = _chosen(setting, units, start, rng)
    effect = setting.effect + 0.15 * abs(setting.effect) * rng.standard_normal(len(chosen))
    changed = calm[chosen, start:] * np.exp(effect)[:, None]
    units[chosen, start:] = rng.negative_binomial(5, 5 / (5 + changed))
    ratio = float(np.exp(setting.effect / -2.0))
    names = [f"S{number:04d}" for number in range(setting.skus)]
    keys = [f"act-{names[row]}" for row in chosen]
    first = _day(start)
    return KnownEffects(
        panel=_panel(names, units, chosen, start, ratio),
        categories={name: f"C{number}" for name, number in zip(names, category, strict=True)},
        changes=[
            Change(key, (names[row],), first, _day(setting.days - 1))
            for key, row in zip(keys, chosen, strict=True)
        ],
        truth=dict(zip(keys, (changed - calm[chosen, start:]).sum(axis=1), strict=True)),
        before=dict(
            zip(keys, units[chosen, start - setting.window : start].sum(axis=1), strict=True)
        ),
        ratio=ratio,
        elasticity={
            names[row]: float(each / np.log(ratio)) if ratio != 1 else 0.0
            for row, each in zip(chosen, effect, strict=True)
        },
    )


def _day(number: int) -> date:
    return date.fromisoformat(str(FIRST_DAY + np.timedelta64(number, "D")))


def _expected(
    setting: Setting, category: npt.NDArray[np.int64], start: int, rng: np.random.Generator
) -> Floats:
    """Mean units of every product and day if nothing is done."""
    days = np.arange(setting.days)
    phase = rng.uniform(0, 2 * np.pi, setting.categories)
    season = 0.35 * np.sin(2 * np.pi * days[None, :] / 365.25 + phase[:, None])
    season += np.cumsum(rng.normal(0, 0.01, (setting.categories, setting.days)), axis=1)
    season[:, start:] += setting.shock * rng.standard_normal(setting.categories)[:, None]
    own = _wandering(setting, rng)
    weekday = 0.2 * np.sin(2 * np.pi * days / 7)
    level = np.log(setting.rate) + 0.8 * rng.standard_normal(setting.skus)
    expected: Floats = np.exp(level[:, None] + season[category] + own + weekday[None, :])
    return expected


def _wandering(setting: Setting, rng: np.random.Generator) -> Floats:
    """Each product's own ups and downs: some that pass within weeks, some that stay."""
    shape = (setting.skus, setting.days)
    stays = np.cumsum(rng.normal(0, setting.drift, shape), axis=1)
    passes = np.zeros(shape)
    noise = rng.normal(0, 0.09, shape)
    for day in range(1, setting.days):
        passes[:, day] = 0.95 * passes[:, day - 1] + noise[:, day]
    return stays - stays[:, -1:] * 0.5 + passes


def _chosen(
    setting: Setting, units: Floats, start: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    if setting.whole_category:
        return np.arange(0, setting.skus, setting.categories)
    if not setting.slow:
        return np.sort(rng.choice(setting.skus, setting.changed, replace=False))
    recent = units[:, start - SLOW_DAYS : start].mean(axis=1)
    usual = units[:, start - 182 : start].mean(axis=1)
    slow = np.log((recent + 0.1) / (usual + 0.1)) + 0.3 * rng.standard_normal(setting.skus)
    return np.sort(np.argsort(slow)[: setting.changed])


def _panel(
    names: list[str], units: Floats, chosen: npt.NDArray[np.int64], start: int, ratio: float
) -> pd.DataFrame:
    price = np.full(units.shape, 1000.0)
    price[chosen, start:] = np.round(1000 * ratio)
    days = units.shape[1]
    return pd.DataFrame(
        {
            "sku": np.repeat(names, days),
            "date": np.tile((FIRST_DAY + np.arange(days)).astype("datetime64[ns]"), len(names)),
            "units": units.ravel(),
            "list_price_minor": price.ravel(),
        }
    )
