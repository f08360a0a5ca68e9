"""What one campaign may bring: the same futures for the menu, the evidence and a recomputation."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ecomagent.domain.goal import Objective
from tools.figures import significant

Floats = npt.NDArray[np.float64]

DRAWS = 2000
VALUE_LOG_SD = 0.15
"""How far the value of an extra order may lie from what those customers usually order."""
POINTS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
REACHES_STRANGERS = "ads"
INPUTS = (
    "stream", "seed", "audience", "uplift", "uplift_sd", "order_value_minor", "order_units",
    "gross_margin", "cost_minor", "objective", "channel",
)  # fmt: skip
"""What ``campaign_figures`` needs."""


def campaign_figures(params: Mapping[str, Any]) -> dict[str, float]:
    """Figures of a campaign against sending nothing.

    Extra orders are contacts times a normal rate, with the chance of single orders on top; an
    extra order is worth what those customers usually order, give or take 15 %.

    Args:
        params: ``INPUTS``: ``uplift`` and ``uplift_sd`` are extra orders a contact, ``stream``
            names the row of random numbers, ``gross_margin`` is None where no cost is known.

    Returns:
        P10, P50 and P90 of ``units``, ``revenue_minor``, ``gross_profit_minor`` (before the
        campaign's cost; NaN without a margin), and ``value``: what the goal gains at the median,
        zero where the campaign does not earn its cost.
    """
    margin = params["gross_margin"]
    orders, worth = _drawn(params)
    revenue = orders * float(params["order_value_minor"]) * worth
    found = _quantiles(
        {
            "units": orders * float(params["order_units"]),
            "revenue_minor": revenue,
            "gross_profit_minor": revenue * (np.nan if margin is None else margin),
        }
    )
    return found | {"value": _value(found, params)}


def _drawn(params: Mapping[str, Any]) -> tuple[Floats, Floats]:
    audience, mean = int(params["audience"]), float(params["uplift"])
    rng = np.random.default_rng([int(params["seed"]), zlib.crc32(str(params["stream"]).encode())])
    rate = mean + float(params["uplift_sd"]) * rng.standard_normal(DRAWS)
    rate = np.maximum(rate, -abs(mean))
    chance = np.sqrt(audience * np.abs(rate)) * rng.standard_normal(DRAWS)
    worth = np.exp(VALUE_LOG_SD * rng.standard_normal(DRAWS) - VALUE_LOG_SD**2 / 2)
    return audience * rate + chance, worth


def _quantiles(drawn: dict[str, Floats]) -> dict[str, float]:
    return {
        f"{stem}_{point}": float(significant(np.quantile(values, level)))
        for stem, values in drawn.items()
        for point, level in POINTS.items()
    }


def _value(found: Mapping[str, float], params: Mapping[str, Any]) -> float:
    objective, cost = Objective(params["objective"]), float(params["cost_minor"])
    profit, revenue = found["gross_profit_minor_p50"], found["revenue_minor_p50"]
    earned = revenue if np.isnan(profit) else profit
    if earned <= cost:
        return 0.0
    if objective is Objective.GROSS_PROFIT:
        return float(profit - cost)
    if objective in (Objective.UNITS, Objective.CLEAR_STOCK):
        return float(found["units_p50"])
    if objective is Objective.NEW_CUSTOMERS and params["channel"] != REACHES_STRANGERS:
        return 0.0
    return float(revenue - cost)
