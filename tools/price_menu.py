"""A menu of candidate prices and the evidence behind each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ecomagent.domain.errors import NotFoundError
from ecomagent.domain.evidence import DataRef, Evidence
from tools.costs import assumed_margin
from tools.figures import plain, rows_of
from tools.price_effects import METRICS, NAMES, Terms
from tools.price_futures import GIVEN, WHERE_KNOWN
from tools.price_ladder import PriceLimits

COLUMNS = (
    "sku", "price_minor", "current_minor", "discount", "value",
    *(f"{metric}_{name}" for metric in METRICS for name in NAMES),
)  # fmt: skip
BOUNDS = ("low_minor", "high_minor")
"""What bounded a SKU's price, for ``tools.price_factors``."""


@dataclass(frozen=True)
class PriceMenu:
    """Candidate prices, best first within a SKU, all worth something.

    Attributes:
        table: ``sku``, ``price_minor``, ``current_minor``, ``discount`` (fraction off the list
            price; promotions only), ``value`` (risk-adjusted expected gain in the objective's
            metric, with what later plans can add), and P10, P50, P90 of the change of ``units``,
            ``revenue_minor`` and ``gross_profit_minor`` over the horizon against keeping the
            price.
        given: What each SKU's figures were computed from; index ``sku``.
        tool: Import path of the function that made the menu.
        terms: What the candidates are valued by, and over which days.
        limits: What bounded the prices.
        draws: Futures drawn.
        seed: Seed of the draws.
        data: What was read.
        assumed_costs: SKUs whose cost is assumed.
    """

    table: pd.DataFrame = field(repr=False)
    given: pd.DataFrame = field(repr=False)
    tool: str
    terms: Terms
    limits: PriceLimits
    draws: int
    seed: int
    data: tuple[DataRef, ...]
    assumed_costs: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def days(self) -> int:
        """Days a price holds."""
        return self.terms.days

    def evidence(self, sku: str, price_minor: int) -> Evidence:
        """The figures of one candidate; ``tools.price_effects.effect_of`` recomputes them.

        Raises:
            NotFoundError: The menu has no such candidate.
        """
        rows = self._places.get((sku, int(price_minor)))
        if rows is None:
            raise NotFoundError(f"no price {price_minor} for SKU {sku} on the menu")
        row = self.table.iloc[rows].drop(["sku", "current_minor"])
        return Evidence.of(
            self.tool,
            params={**self.params(sku), "price_minor": int(price_minor)},
            data=tuple(rows_of(ref, sku=sku) for ref in self.data),
            result=plain(row.dropna().to_dict()),
            assumptions=self.assumptions(sku),
        )

    @property
    def _places(self) -> dict[tuple[str, int], int]:
        found: dict[tuple[str, int], int] | None = self.__dict__.get("_found")
        if found is None:
            pairs = zip(self.table["sku"], self.table["price_minor"], strict=True)
            found = {(str(sku), int(price)): place for place, (sku, price) in enumerate(pairs)}
            self.__dict__["_found"] = found
        return found

    def params(self, sku: str) -> dict[str, Any]:
        """What a SKU's prices are valued from, for its evidence."""
        limits, terms = self.limits, self.terms
        deepest = limits.max_discount
        row = self._row(sku)
        known = plain(row.reindex([*WHERE_KNOWN, *BOUNDS, "recent_per_day", "usual_cost_minor",
                                   "dead"]).dropna().to_dict())  # fmt: skip
        return {
            "sku": sku,
            **plain(row[list(GIVEN)].to_dict()),
            **known,
            "objective": terms.objective.value,
            "horizon_days": terms.horizon_days,
            "days": terms.days,
            "step": terms.step,
            "draws": self.draws,
            "seed": self.seed,
            "currency": limits.currency,
            "min_margin": str(limits.min_margin),
            "max_change": str(limits.max_change),
            "endings": list(limits.endings),
            "max_discount": None if deepest is None else str(deepest),
        }

    def _row(self, sku: str) -> pd.Series:
        row: Any = self.given.xs(sku)
        found: pd.Series = row
        return found

    def assumptions(self, sku: str) -> tuple[str, ...]:
        """What was assumed of a SKU rather than known."""
        row = self._row(sku)
        found = []
        if row[["cross_units", "cross_revenue_minor"]].isna().all():
            found.append("other products' sales do not answer this price")
        if sku in self.assumed_costs:
            found.append(assumed_margin(row["current_minor"], row["cost_minor"]))
        if np.isnan(row["cost_minor"]):
            found.append("cost unknown: a rise is valued by its revenue, a lower bound of profit")
        if np.isnan(row["stock"]):
            found.append("stock unknown: taken to last")
        elif row["inbound"] > 0 and np.isnan(row["inbound_days"]):
            found.append("goods on their way arrive halfway through the horizon")
        if row["dead"] == row["dead"]:
            found.append(f"nothing sold in {row['dead']:.0f} days: taken to sell half a unit in"
                         " as many, give or take a factor of three")  # fmt: skip
        if row["rival_elasticity"] > 0 and row["rival_then_minor"] > 0:
            found.append("the competitor does not answer this price")
        if self.terms.share < 1 or self.tool.endswith("promotion_menu"):
            found.append("a promotion is answered like any price of that height, and takes nothing"
                         " from later sales")  # fmt: skip
        return tuple(found)
