"""What a product's further columns say that plans rest on."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

SHELF_LIFE = ("shelf_life_days", "shelf_life", "保质期天数", "保质期")
"""Attributes that say for how many days goods keep."""
SEASON_END = ("season_end", "下市日期", "季末")
"""Attributes that name the first day after a product's season."""
STALE_DAYS = 28
"""Whatever is on sale so long after its season's end carries last year's label."""


def days_kept(attributes: dict[str, Any]) -> float:
    """Shelf life in days; NaN where nobody says."""
    for name in SHELF_LIFE:
        try:
            return float(attributes[name])
        except (KeyError, TypeError, ValueError):
            continue
    return float("nan")


def season_ends(attributes: pd.Series, today: date) -> pd.Series:
    """First day after each product's season; missing where none is given, it is no date, or old."""
    import pandas as pd

    given = [next((each[name] for name in SEASON_END if each.get(name)), None)
             for each in attributes]  # fmt: skip
    ends = pd.to_datetime(
        pd.Series(given, index=attributes.index, dtype=object), errors="coerce", format="ISO8601"
    )
    return ends.where(ends >= pd.Timestamp(today) - pd.Timedelta(days=STALE_DAYS))
