"""From units with and without a change to what it brought, and whether a promise was kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from tools.figures import significant

TOOL = "tools.realised.gains_of"
Band = tuple[float, float, float]
"""P10, P50, P90."""
Word = Literal["kept", "short", "over", "cannot_tell"]
PER_SD = 2.5631031310892007
"""Width of the band from P10 to P90 of a normal distribution, in standard deviations."""


def gains_of(params: Mapping[str, Any]) -> dict[str, float]:
    """What a change brought against leaving things as they were.

    ``units = sold - expected``; revenue is what came in less the expected units at the price
    before; gross profit takes the cost off both.

    Args:
        params: ``actual_units``, ``actual_revenue_minor``, ``expected_units`` with
            ``expected_p10`` and ``expected_p90``; ``price_before_minor`` and ``cost_minor`` (None
            where unknown).

    Returns:
        ``units_p10`` … ``gross_profit_minor_p90``; what is unknown is left out.
    """
    sold = float(params["actual_units"])
    expected = [float(params[f"expected_{name}"]) for name in ("p90", "units", "p10")]
    found = _named("units", [sold - units for units in expected])
    price, cost = params.get("price_before_minor"), params.get("cost_minor")
    if price is None:
        return found
    revenue = float(params["actual_revenue_minor"])
    found |= _named("revenue_minor", [revenue - float(price) * units for units in expected])
    if cost is None:
        return found
    kept, margin = revenue - float(cost) * sold, float(price) - float(cost)
    return found | _named("gross_profit_minor", [kept - margin * units for units in expected])


def _named(stem: str, values: list[float]) -> dict[str, float]:
    low, middle, high = sorted(values)[0], values[1], sorted(values)[2]
    points = zip(("p10", "p50", "p90"), (low, middle, high), strict=True)
    return {f"{stem}_{point}": float(significant(value)) for point, value in points}


def sd_band(stem: str, mean: float, sd: float) -> dict[str, float]:
    """P10, P50 and P90 of a normal distribution under a metric's names."""
    return _named(stem, [mean - sd * PER_SD / 2, mean, mean + sd * PER_SD / 2])


def verdict_of(promised: Band, happened: Band) -> Word:
    """Whether a promise was kept, as far as the measurement can tell.

    Short: what happened lies below the promised band, and the measurement's interval does not
    reach the promised middle. Over: the other way round. Nothing can be told where the interval
    holds both nothing at all and the promised middle. Kept otherwise.
    """
    low, middle, high = happened
    if middle < promised[0] and high < promised[1]:
        return "short"
    if middle > promised[2] and low > promised[1]:
        return "over"
    if low <= 0.0 <= high and low <= promised[1] <= high and high > low:
        return "cannot_tell"
    return "kept"


def band_held(promised: Band, happened: Band) -> bool:
    """Whether a promised band held, its width taken together with the measurement's."""
    width = (((promised[2] - promised[0]) / 2) ** 2 + ((happened[2] - happened[0]) / 2) ** 2) ** 0.5
    return bool(abs(happened[1] - promised[1]) <= width + 1e-9)


def sd_of(band: Band) -> float:
    """Standard deviation that a band stands for."""
    return max(band[2] - band[0], 0.0) / PER_SD
