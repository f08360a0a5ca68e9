"""When products come, fade and leave, and which days of the year are busier than others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from evals.world.regimes import Regime

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NEVER = 10**6
"""A day number beyond everything that is drawn."""
BUSY = (("11-20", "12-01", 1.0), ("12-08", "12-23", 1.0), ("12-25", "12-26", -2.0),
        ("01-01", "01-01", -1.5))  # fmt: skip
"""First day, last day and height, in multiples of the regime's ``holiday``: Black Friday's week,
the weeks before Christmas, and the days nobody shops."""
EASTER_DAYS, EASTER_HEIGHT = 5, 0.5


@dataclass(frozen=True)
class Lives:
    """First day on sale, first day after the season, and demand's share of its height by day."""

    born: Ints
    ends: Ints
    alive: Floats


def draw_lives(
    regime: Regime, rng: np.random.Generator, n: int, days: int, year_starts: int
) -> Lives:
    """Draw when SKUs come and go; newcomers and season's lines also come during the year."""
    born, ends = np.zeros(n, dtype=np.int64), np.full(n, NEVER, dtype=np.int64)
    alive = np.ones((n, days))
    kind = rng.random(n)
    time = np.arange(days)[None, :]
    comes = rng.integers(year_starts - 240, year_starts + 240, n)
    fades = rng.integers(year_starts - 300, year_starts + 120, n)
    opens = rng.integers(year_starts - 420, year_starts + 215, n)
    new = kind < regime.churn
    dying = (kind >= regime.churn) & (kind < 2 * regime.churn)
    line = (kind >= 2 * regime.churn) & (kind < 2 * regime.churn + regime.line_share)
    born[new], born[line] = comes[new], opens[line]
    ends[line] = opens[line] + regime.line_days
    alive[dying] = np.exp(-np.maximum(time - fades[dying, None], 0) / 90.0)
    age = (time - opens[:, None]) / regime.line_days
    alive[line] = np.exp(-(((age[line] - 0.4) / 0.4) ** 2)) * 1.4
    return Lives(born, ends, alive)


def holidays(first: date, days: int, height: float) -> Floats:
    """Log factor of demand by day; shape (days,)."""
    import holidays as calendar

    found = np.zeros(days)
    for year in range(first.year, (first + timedelta(days=days)).year + 1):
        spans = [(_day(year, start), _day(year, end), size) for start, end, size in BUSY]
        of_year = calendar.country_holidays("GB", subdiv="ENG", years=year)
        friday = next(day for day, name in of_year.items() if "Good Friday" in name)
        spans.append((friday - timedelta(days=EASTER_DAYS), friday, EASTER_HEIGHT))
        for start, end, size in spans:
            place = slice(max((start - first).days, 0), max((end - first).days + 1, 0))
            found[place] += size * height
    return found


def _day(year: int, month_day: str) -> date:
    return date.fromisoformat(f"{year}-{month_day}")
