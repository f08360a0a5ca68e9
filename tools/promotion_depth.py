"""How deep an offer in a campaign pays: units won against margin given away, as stock allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.figures import plain, significant

Floats = npt.NDArray[np.float64]

TOOL = "tools.promotion_depth.offer_depth"
STEP = 0.05
DRAWS = 400
LOSS_WEIGHT = 0.5
"""Part of the expected loss that is taken off the expected gain, as prices are valued."""


@dataclass(frozen=True)
class OfferDepth:
    """What an offer to a campaign's audience would add to sending it without one.

    Attributes:
        depth: Fraction off that is worth most; 0 where none pays.
        table: Index ``depth``: ``gain_minor`` (mean gross profit against no offer), its
            ``gain_minor_p10`` and ``gain_minor_p90``, ``units`` (mean), ``skus`` (how many are
            discounted), ``value_minor`` (mean gain less half the mean loss).
        params: What it was found with.
        source: Where prices, stock and elasticities come from.
    """

    depth: float
    table: pd.DataFrame = field(repr=False)
    params: dict[str, Any]
    source: DataRef

    def evidence(self) -> Evidence:
        """The chosen depth and its gain."""
        row = self.table.loc[self.depth]
        return Evidence.of(
            TOOL, params=self.params, data=(self.source,),
            result={"depth": self.depth, **plain(row.to_dict())},
            assumptions=("those written to answer a price as all customers do (assumed)",),
        )  # fmt: skip


def offer_depth(
    products: pd.DataFrame,
    *,
    share_of_demand: float,
    extra_units: float,
    days: int,
    max_depth: float,
    min_margin: float,
    source: DataRef,
    seed: int = 0,
) -> OfferDepth:
    """Choose the depth of an offer that only those written to get.

    They buy their part of the usual demand anyway, and the message's extra units on top; both
    grow by ``(1 - depth) ** elasticity`` and both pay less. Elasticities are drawn from their
    error, never above zero; units end where stock does, after everybody else's demand.

    Args:
        products: ``sku, price_minor, cost_minor, elasticity, std_error, units_per_day, on_hand``;
            one row a product on offer. Unknown stock lasts; without a cost nothing is discounted.
        share_of_demand: Part of the products' demand that comes from those written to, 0 to 1.
        extra_units: Units that the message brings without an offer.
        days: Days the offer holds.
        max_depth: Deepest allowed; less than 1.
        min_margin: Least gross margin at the discounted price.
        source: Where the figures come from.
        seed: Of the draws.
    """
    known = _usable(products)
    depths = np.round(np.arange(0, min(max(max_depth, 0.0), 0.95) + 1e-9, STEP), 2)
    elastic = _drawn(known, seed)
    base = known["units_per_day"].to_numpy(np.float64) * days
    share = float(np.clip(share_of_demand, 0, 1))
    revenue = base * known["price_minor"].to_numpy(np.float64)
    part = revenue / revenue.sum() if revenue.sum() > 0 else np.zeros(len(known))
    wanted = base * share + part * max(extra_units, 0.0)
    stock = known["on_hand"].fillna(np.inf).to_numpy(np.float64)
    room = np.maximum(stock - base * (1 - share), 0.0)
    rows = [_row(known, float(depth), wanted, room, elastic, min_margin) for depth in depths]
    table = pd.DataFrame(rows).set_index("depth")
    best = float(table["value_minor"].idxmax())
    params = {"share_of_demand": share, "extra_units": extra_units, "days": days, "seed": seed,
              "max_depth": max_depth, "min_margin": min_margin,
              "skus": [str(sku) for sku in known["sku"]]}  # fmt: skip
    return OfferDepth(best, table, params, source)


def _usable(products: pd.DataFrame) -> pd.DataFrame:
    frame = products.sort_values("sku", kind="stable").reset_index(drop=True)
    numbers = ["price_minor", "cost_minor", "elasticity", "std_error", "units_per_day", "on_hand"]
    frame[numbers] = frame[numbers].astype("float64").replace([np.inf, -np.inf], np.nan)
    ready = (frame["price_minor"] > 0) & (frame["units_per_day"] > 0) & frame["elasticity"].notna()
    return frame[ready].reset_index(drop=True)


def _drawn(known: pd.DataFrame, seed: int) -> Floats:
    """Elasticities, one row a draw."""
    rng = np.random.default_rng(seed)
    mean = known["elasticity"].to_numpy(np.float64)
    error = known["std_error"].fillna(1.0).to_numpy(np.float64)
    # Half of an error is common to all products: a shop's customers are the same people.
    common, own = rng.standard_normal((DRAWS, 1)), rng.standard_normal((DRAWS, len(known)))
    drawn = mean + error * (common + own) / np.sqrt(2)
    return np.asarray(np.minimum(drawn, 0.0), dtype=np.float64)


def _row(
    known: pd.DataFrame, depth: float, wanted: Floats, room: Floats, elastic: Floats,
    min_margin: float,
) -> dict[str, float]:  # fmt: skip
    price = known["price_minor"].to_numpy(np.float64)
    cost = known["cost_minor"].to_numpy(np.float64)
    off = price * (1 - depth) * (1 - min_margin) >= cost  # False where the cost is unknown
    paid = np.where(off, price * (1 - depth), price)
    before = np.minimum(wanted, room)
    units = np.minimum(wanted * np.where(off, (1 - depth) ** elastic, 1.0), room)
    gain = np.nan_to_num(units * (paid - cost) - before * (price - cost)).sum(axis=1)
    low, high = np.quantile(gain, [0.1, 0.9])
    value = gain.mean() - LOSS_WEIGHT * np.maximum(-gain, 0).mean()
    figures = {
        "gain_minor": gain.mean(), "gain_minor_p10": low, "gain_minor_p90": high,
        "units": units.sum(axis=1).mean(), "value_minor": value if off.any() else -np.inf,
    }  # fmt: skip
    rounded = {name: float(significant(figure)) for name, figure in figures.items()}
    if depth == 0:
        rounded["value_minor"] = 0.0
    return {"depth": depth, **rounded, "skus": float(off.sum()) if depth else 0.0}
