"""What moves the sample shop's demand from outside: seasons, weekdays, weather, festivals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from evals.sample.assortment import CATEGORIES
from evals.sample.parameters import Calendar, SampleParameters, stream

Floats = npt.NDArray[np.float64]
BIG_SALE = 1.3
SLUMP_DAYS = 5
AHEAD = 400


@dataclass(frozen=True)
class Event:
    """A sale that the whole market takes part in; days are numbers of the history."""

    name: str
    first: int
    last: int
    depth: float
    share: float
    factor: float


@dataclass(frozen=True)
class Drivers:
    """Factors on demand; rows are categories.

    Attributes:
        season: Time of year and weather; shape (categories, days).
        usual_season: Time of year alone, which a merchant knows beforehand; ``AHEAD`` days longer.
        market: Weekday, festivals; shape (days,).
        temperature: Degrees; shape (days,).
        events: Sales, also those that end after the history.
    """

    season: Floats
    usual_season: Floats
    market: Floats
    temperature: Floats
    events: tuple[Event, ...]


def make_drivers(parameters: SampleParameters, calendar: Calendar, seed: int) -> Drivers:
    """All factors of the history."""
    rng = stream(seed, "drivers")
    dates = calendar.dates
    later = dates[-1] + np.arange(1, AHEAD + 1).astype("timedelta64[D]")
    usual = _seasons(np.concatenate([dates, later]))
    expected = _usual_temperature(parameters, dates)
    noise = _steps(rng.normal(0, parameters.temperature_noise_sd, calendar.days), 0.8)
    sensitivity = np.array([spec.per_degree for spec in CATEGORIES])[:, None]
    events = _events(parameters, calendar)
    weekday = np.array(parameters.weekday_factor)[(dates.astype(np.int64) + 3) % 7]
    return Drivers(
        season=usual[:, : calendar.days] * np.exp(sensitivity * noise),
        usual_season=usual,
        market=weekday * _festivals(parameters, calendar, events),
        temperature=expected + noise,
        events=events,
    )


def _seasons(dates: npt.NDArray[np.datetime64]) -> Floats:
    """Factors between the middles of months, drawn straight."""
    year = dates.astype("datetime64[Y]")
    place = (dates - year.astype("datetime64[D]")).astype(np.int64) / 365.25 * 12
    middles = np.arange(-1, 13) + 0.5
    rows = []
    for spec in CATEGORIES:
        months = np.array(spec.months)
        rows.append(np.interp(place, middles, np.r_[months[-1], months, months[0]]))
    return np.array(rows)


def _usual_temperature(parameters: SampleParameters, dates: npt.NDArray[np.datetime64]) -> Floats:
    day = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    wave = np.cos(2 * np.pi * (day - 20) / 365.25)
    usual: Floats = parameters.temperature_mean - parameters.temperature_swing * wave
    return usual


def _steps(shocks: Floats, memory: float) -> Floats:
    """An AR(1) path whose standard deviation is that of the shocks."""
    path = np.empty_like(shocks)
    level, keep = 0.0, np.sqrt(1 - memory**2)
    for day, shock in enumerate(shocks):
        level = memory * level + keep * shock
        path[day] = level
    return path


def new_year(year: int) -> date:
    """First day of the lunar new year."""
    import holidays

    days = holidays.country_holidays("CN", years=year, language="en_US")
    first: date = min(day for day, name in days.items() if "Spring Festival" in name)
    return first


def _events(parameters: SampleParameters, calendar: Calendar) -> tuple[Event, ...]:
    found = []
    for year in range(calendar.first.year, calendar.last.year + 1):
        spans = [
            (name, _day(year, first), _day(year, last), depth, share, factor)
            for name, first, last, depth, share, factor in parameters.holidays
        ]
        name, before, until, depth, share, factor = parameters.spring_festival
        eve = new_year(year)
        spans.append((name, eve - timedelta(days=before), eve - timedelta(days=until), depth,
                      share, factor))  # fmt: skip
        for label, first, last, *rest in spans:
            start, end = (first - calendar.first).days, (last - calendar.first).days
            if end >= 0 and start < calendar.days:
                found.append(Event(label, max(start, 0), end, *rest))
    return tuple(sorted(found, key=lambda event: (event.first, event.name)))


def _day(year: int, month_day: str) -> date:
    return date.fromisoformat(f"{year}-{month_day}")


def _festivals(
    parameters: SampleParameters, calendar: Calendar, events: tuple[Event, ...]
) -> Floats:
    factor = np.ones(calendar.days)
    for event in events:
        factor[event.first : event.last + 1] *= event.factor
        if event.factor >= BIG_SALE:
            factor[event.last : event.last + 1] *= parameters.final_day_factor
            factor[event.last + 1 : event.last + 1 + SLUMP_DAYS] *= parameters.slump_factor
    for year in range(calendar.first.year, calendar.last.year + 1):
        eve = (new_year(year) - timedelta(days=1) - calendar.first).days
        factor[max(eve, 0) : max(eve + 7, 0)] *= parameters.festival_lull
    return factor
