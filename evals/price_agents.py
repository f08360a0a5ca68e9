"""Who sets prices in a market: our tools as a plan uses them, and what they are held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

import numpy as np
import pandas as pd

from ecomagent.domain.evidence import DataRef
from ecomagent.domain.goal import Objective
from evals.price_market import START, WEEKS, Demand, Floats, Shop, best_response, moment
from tools.elasticity import Elasticities, estimate_elasticity
from tools.forecast import forecast_demand
from tools.price_context import price_context
from tools.pricing import PriceLimits, price_menu

MOST_CHANGE = Decimal("0.1")
LIMITS = PriceLimits("EUR", Decimal("0.05"), MOST_CHANGE)
LEARN_EVERY = 4
"""Plans between two estimations of elasticities."""


SEPARATE = pd.DataFrame(columns=["sku", "other", "elasticity"])
"""The products of a trial are markets of their own, no substitutes of each other."""


class Pricer(Protocol):
    """Sets next week's prices from what a shop can know."""

    def __call__(self, shop: Shop) -> Floats:
        """Prices; shape (n,)."""


@dataclass
class Tools:
    """Our tools: estimate, forecast, price; the best candidate of each SKU is taken."""

    made: int = 0
    promised: list[Floats] = field(default_factory=list)
    _known: Elasticities | None = None

    def __call__(self, shop: Shop) -> Floats:
        """Next week's prices."""
        panel, catalogue = shop.panel(), shop.catalogue()
        source = DataRef(source="panel", as_of=moment(shop))
        if self._known is None or self.made % LEARN_EVERY == 0:
            self._known = estimate_elasticity(
                panel, catalogue, source=source, experiments=own_moves(shop)
            )
        demand = forecast_demand(panel, start=moment(shop).date(), horizon_days=28, source=source)
        menu = price_menu(
            catalogue, demand, self._known, limits=LIMITS, bounds=None,
            objective=Objective.GROSS_PROFIT, source=source, draws=200,
            market=price_context(panel), cross=SEPARATE,
        )  # fmt: skip
        best = menu.table.drop_duplicates("sku").set_index("sku")
        self.made += 1
        gain = best["gross_profit_minor_p50"].reindex(shop.names).fillna(0.0)
        self.promised.append(gain.to_numpy() / 28)
        now = catalogue.set_index("sku")["list_price_minor"]
        return best["price_minor"].reindex(shop.names).fillna(now).to_numpy(dtype=np.float64)


def own_moves(shop: Shop) -> pd.DataFrame:
    """Prices that plans set, as ``ecomagent.plan.own_prices`` reads them off a shop's receipts."""
    first = shop.price[:, 7 * WEEKS - 1]
    parts = []
    for day in range(7 * WEEKS, shop.price.shape[1], 7):
        moved = shop.price[:, day] != first
        starts = (START + np.timedelta64(day, "D")).astype("datetime64[ns]")
        parts.append(
            pd.DataFrame(
                {
                    "sku": shop.names[moved], "starts_on": starts,
                    "ends_on": starts + np.timedelta64(7, "D"),
                    "surprise": np.log(shop.price[moved, day] / first[moved]),
                }
            )
        )  # fmt: skip
    columns = ["sku", "starts_on", "ends_on", "surprise"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


@dataclass
class Oracle:
    """Knows the truth; bound by the same largest change and margin floor."""

    demand: Demand

    def __call__(self, shop: Shop) -> Floats:
        """Next week's best prices."""
        now, cost = shop.price[:, -1], shop.cost[:, -1]
        low, high = within(now, cost)
        found: Floats = np.rint(best_response(self.demand, cost, shop.rival[:, -1], low, high))
        return found


def hold(shop: Shop) -> Floats:
    """The present prices."""
    return shop.price[:, -1].copy()


@dataclass
class CostPlus:
    """Keeps the margin that prices had on average over the history."""

    margin: Floats

    def __call__(self, shop: Shop) -> Floats:
        """Cost times the usual mark-up."""
        low, high = within(shop.price[:, -1], shop.cost[:, -1])
        found: Floats = np.rint(np.clip(shop.cost[:, -1] * self.margin, low, high))
        return found


@dataclass
class Repricer:
    """Goes on in a direction while last week's profit rose, and turns when it fell."""

    step: float = 0.05
    _way: Floats | None = None

    def __call__(self, shop: Shop) -> Floats:
        """A step up or down."""
        margin = shop.price - shop.cost
        profit = (margin * shop.units)[:, -14:]
        rose = profit[:, 7:].sum(axis=1) >= profit[:, :7].sum(axis=1)
        way = np.ones(len(rose)) if self._way is None else self._way
        self._way = np.where(rose, way, -way)
        low, high = within(shop.price[:, -1], shop.cost[:, -1])
        wanted = shop.price[:, -1] * np.exp(self._way * self.step)
        found: Floats = np.rint(np.clip(wanted, low, high))
        return found


def within(now: Floats, cost: Floats) -> tuple[Floats, Floats]:
    """Lowest and highest price that a week allows: the largest change and the margin floor."""
    change = float(MOST_CHANGE)
    floor = np.ceil(cost / (1 - float(LIMITS.min_margin)))
    low = np.maximum(now * (1 - change), floor)
    return low, np.maximum(now * (1 + change), low)
