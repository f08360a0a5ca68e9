"""What a new price does to units, revenue and gross profit: the figures behind every price action.

Pure arithmetic on one SKU's numbers: what evidence holds is exactly what ``effect_of`` takes, so
that a reader, or an editor of an action, can recompute it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.goal import Objective
from tools.figures import significant
from tools.futures import Luck, common_luck
from tools.price_futures import GIVEN, WHERE_KNOWN, Changes, Given, changes_of, given_of
from tools.price_path import later_steps

Floats = npt.NDArray[np.float64]

LOSS_WEIGHT = 0.5
"""A loss counts this much more than a gain of the same size."""
MONEY_WEIGHT = {Objective.UNITS: 0.25, Objective.CLEAR_STOCK: 0.5}
"""What revenue given up takes from units won, in units at the present price: nothing is sold for
less that would have sold anyway."""
POINTS = (0.1, 0.5, 0.9)
NAMES = ("p10", "p50", "p90")
METRICS = ("units", "revenue_minor", "gross_profit_minor")
BLOCK = 256

COUNTED_IN = {
    Objective.GROSS_PROFIT: "gross_profit_minor",
    Objective.UNITS: "units",
    Objective.CLEAR_STOCK: "units",
}
"""Metric of an objective; revenue for the others."""


@dataclass(frozen=True)
class Terms:
    """How candidate prices are valued.

    Attributes:
        objective: What is made larger.
        horizon_days: Days that impacts are counted over.
        days: Days a new price holds, from the first; at most ``horizon_days``.
        step: Largest change a later plan may make, as a fraction; 0 counts no later plans.
    """

    objective: Objective
    horizon_days: int
    days: int
    step: float = 0.0

    @property
    def share(self) -> float:
        """Share of the horizon that a new price holds."""
        return self.days / self.horizon_days


def values_of(rows: pd.DataFrame, terms: Terms, luck: Luck) -> Floats:
    """Risk-adjusted expected gain of each candidate, in the objective's metric.

    ``mean(gain) - LOSS_WEIGHT * mean(loss)`` over the futures, and what later plans can add
    (``tools.price_path``). Where the cost is unknown, gross profit is replaced by revenue: for a
    price rise that is its lower bound, since fewer units cost less.

    Args:
        rows: Columns ``GIVEN``, ``price_minor`` and any of ``WHERE_KNOWN``; a row a candidate.
        terms: How they are valued.
        luck: Futures.
    """
    found = np.empty(len(rows))
    for start in range(0, len(rows), BLOCK):
        given, price = _arrays(rows.iloc[start : start + BLOCK])
        changes = changes_of(given, price, terms.share, terms.horizon_days, luck)
        found[start : start + BLOCK] = _worth(changes, given, terms.objective)
    return significant(found + _later(rows, terms))


def assess(rows: pd.DataFrame, terms: Terms, luck: Luck) -> pd.DataFrame:
    """Value and P10, P50 and P90 of the change of every metric against keeping the price.

    Args:
        rows: As in ``values_of``.
        terms: How they are valued.
        luck: Futures.

    Returns:
        Columns ``value`` and ``units_p10`` … ``gross_profit_minor_p90``, the index of ``rows``.
    """
    names = [f"{metric}_{name}" for metric in METRICS for name in NAMES]
    columns = {name: np.empty(len(rows)) for name in ("value", *names)}
    for start in range(0, len(rows), BLOCK):
        block = slice(start, start + BLOCK)
        given, price = _arrays(rows.iloc[block])
        changes = changes_of(given, price, terms.share, terms.horizon_days, luck)
        columns["value"][block] = _worth(changes, given, terms.objective)
        for metric, change in changes.items():
            for name, value in zip(NAMES, np.quantile(change, POINTS, axis=1), strict=True):
                columns[f"{metric}_{name}"][block] = value
    columns["value"] = columns["value"] + _later(rows, terms)
    return pd.DataFrame({name: significant(v) for name, v in columns.items()}, index=rows.index)


def effect_of(params: Mapping[str, Any]) -> dict[str, float]:
    """Value and quantiles of one price, from the ``params`` of its evidence.

    Args:
        params: ``GIVEN`` (None for unknown), ``price_minor``, ``objective``, ``horizon_days``,
            ``days``, ``draws``, ``seed`` and, where known, ``WHERE_KNOWN`` and ``step``.
    """
    row = row_of(params).assign(price_minor=float(params["price_minor"]))
    luck = common_luck(int(params["draws"]), int(params["seed"]))
    found = assess(row, terms_of(params), luck).iloc[0].to_dict()
    return {str(key): float(each) for key, each in found.items()}


def row_of(params: Mapping[str, Any]) -> pd.DataFrame:
    """What an evidence knew of its SKU, as one row."""
    known = {key: params[key] for key in GIVEN}
    known |= {key: params[key] for key in WHERE_KNOWN if params.get(key) is not None}
    return pd.DataFrame([known]).astype("float64")


def terms_of(params: Mapping[str, Any]) -> Terms:
    """How an evidence valued its price."""
    return Terms(
        objective=Objective(params["objective"]),
        horizon_days=int(params["horizon_days"]),
        days=int(params["days"]),
        step=float(params.get("step") or 0.0),
    )


def gain_of(changes: Changes, given: Given, objective: Objective) -> Floats:
    """Gain of each future in the objective's metric."""
    metric = COUNTED_IN.get(objective, "revenue_minor")
    gain = changes[metric]
    weight = MONEY_WEIGHT.get(objective)
    if weight is not None:
        lost = np.minimum(changes["revenue_minor"], 0.0) / given["current_minor"]
        return gain + weight * lost
    return np.where(np.isnan(gain), changes["revenue_minor"], gain)


def price_worth(
    given: Given, price: Floats, terms: Terms, luck: Luck, *, loss_weight: float | None = None
) -> Floats:
    """Value of prices of one SKU, as ``values_of`` without rounding.

    Args:
        given: Of the SKU, repeated for every price; shape (n, 1) each.
        price: Shape (n, 1).
        terms: How they are valued.
        luck: Futures.
        loss_weight: Another weight than ``LOSS_WEIGHT``.
    """
    weight = LOSS_WEIGHT if loss_weight is None else loss_weight
    changes = changes_of(given, price, terms.share, terms.horizon_days, luck)
    worth = _worth(changes, given, terms.objective, weight)
    if terms.step <= 0:
        return worth
    rows = pd.DataFrame({name: each[:, 0] for name, each in given.items()})
    return worth + _later(rows.assign(price_minor=price[:, 0]), terms)


def _worth(
    changes: Changes, given: Given, objective: Objective, weight: float = LOSS_WEIGHT
) -> Floats:
    gain = gain_of(changes, given, objective)
    worth: Floats = gain.mean(axis=1) - weight * np.maximum(-gain, 0).mean(axis=1)
    return worth


def _later(rows: pd.DataFrame, terms: Terms) -> Floats:
    if terms.step <= 0 or len(rows) == 0:
        return np.zeros(len(rows))

    def held(given: Given, price: Floats, luck: Luck) -> Floats:
        changes = changes_of(given, price, 1.0, terms.horizon_days, luck)
        return _worth(changes, given, terms.objective)

    return later_steps(rows, terms.step, terms.horizon_days, held)


def _arrays(rows: pd.DataFrame) -> tuple[Given, Floats]:
    return given_of(rows), rows["price_minor"].to_numpy(dtype=np.float64)[:, None]
