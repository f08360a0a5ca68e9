"""What a product's attributes say of its life: how long it keeps, when its season ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

SHELF_LIFE = ("shelf_life_days", "shelf_life", "保质期天数", "保质期")
"""Attributes that say for how many days goods keep."""
SEASON_END = ("season_end", "season_ends", "sell_by", "季末", "季末日期")
"""Attributes that say on which day goods go out of season (ISO 8601)."""


def shelf_life_days(attributes: Mapping[str, Any]) -> float:
    """Days that goods keep; NaN where nothing says so."""
    for name in SHELF_LIFE:
        try:
            return float(attributes[name])
        except (KeyError, TypeError, ValueError):
            continue
    return float("nan")


def season_days(attributes: Mapping[str, Any], today: date) -> float:
    """Days until the season's end; NaN where nothing says so, or it is over: last year's label."""
    for name in SEASON_END:
        try:
            left = (date.fromisoformat(str(attributes[name])[:10]) - today).days
        except (KeyError, ValueError):
            continue
        return float(left) if left > 0 else float("nan")
    return float("nan")
