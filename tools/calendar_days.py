"""What kind of day it is: paydays, public holidays, and the festivals people shop for."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NEAR = 28
"""Days from an event beyond which it says nothing."""
FIXED = {
    "singles_day": (11, 11), "mid_year_sale": (6, 18), "double_twelve": (12, 12),
    "christmas": (12, 25), "valentine": (2, 14),
}  # fmt: skip
"""Festivals on the same day each year: 双十一, 618, 双十二, Christmas, Valentine's Day."""
MOVING = ("lunar_new_year", "easter", "black_friday", "mothers_day")
CHINESE = frozenset({"singles_day", "mid_year_sale", "double_twelve", "lunar_new_year"})
CHINESE_COUNTRIES = frozenset({"CN", "HK", "MO", "TW", "SG", "MY"})
EASTERN_WITHOUT_EASTER = frozenset({"CN", "TW", "JP", "KR", "MO"})


def events_of(country: str) -> tuple[str, ...]:
    """The festivals that matter to shops of a country (ISO 3166; empty: everywhere's)."""
    every = (*FIXED, *MOVING)
    if country in CHINESE_COUNTRIES:
        return tuple(n for n in every if country not in EASTERN_WITHOUT_EASTER or n != "easter")
    if not country:
        return every
    return tuple(name for name in every if name not in CHINESE or name == "singles_day")


def event_days(name: str, years: range) -> list[date]:
    """Days of a festival in those years."""
    if name in FIXED:
        return [date(year, *FIXED[name]) for year in years]
    finder = {
        "easter": _easter, "black_friday": _black_friday, "mothers_day": _mothers_day,
        "lunar_new_year": _lunar_new_year,
    }[name]  # fmt: skip
    return [finder(year) for year in years]


def days_from_event(name: str, dates: npt.NDArray[np.datetime64]) -> Floats:
    """Days since the nearest day of a festival, negative before it; ±``NEAR`` when far away."""
    number = _numbers(dates)
    years = range(_year(dates[0]) - 1, _year(dates[-1]) + 2)
    days = np.array([day.toordinal() - date(1970, 1, 1).toordinal()
                     for day in event_days(name, years)])  # fmt: skip
    gaps = number[:, None] - days[None, :]
    nearest = np.take_along_axis(gaps, np.abs(gaps).argmin(axis=1)[:, None], axis=1)[:, 0]
    return np.where(np.abs(nearest) <= NEAR, nearest, NEAR + 1.0).astype(np.float64)


def public_holidays(country: str, dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.bool_]:
    """Whether each day is a public holiday; False everywhere for a country not on record."""
    import holidays

    if not country:
        return np.zeros(len(dates), dtype=bool)
    years = list(range(_year(dates[0]), _year(dates[-1]) + 1))
    try:
        found = holidays.country_holidays(country, years=years)
    except NotImplementedError:
        return np.zeros(len(dates), dtype=bool)
    return np.isin(dates.astype("datetime64[D]"), np.array(list(found), dtype="datetime64[D]"))


def days_to_and_from(marked: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Days until the next and since the last marked day, at most ``NEAR``."""
    place = np.arange(len(marked))
    last = np.maximum.accumulate(np.where(marked, place, -NEAR))
    coming = np.where(marked, place, len(marked) + NEAR)[::-1]
    following = np.minimum.accumulate(coming)[::-1]
    return np.minimum(following - place, NEAR) * 1.0, np.minimum(place - last, NEAR) * 1.0


def days_from_payday(dates: npt.NDArray[np.datetime64]) -> Floats:
    """Days since wages came in: the 25th and the last day of a month are the common ones."""
    month = dates.astype("datetime64[M]")
    day = (dates.astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64) + 1
    return np.asarray(np.where(day >= 25, day - 25, day + 5), dtype=np.float64)


def calendar_figures(
    dates: npt.NDArray[np.datetime64], country: str, *, yearly: bool
) -> dict[str, Floats]:
    """Everything the calendar says of each day, by feature name.

    Args:
        dates: Days without holes, in order.
        country: ISO 3166 code, or empty.
        yearly: Whether history is long enough to learn the time of year from.
    """
    number = _numbers(dates)
    month = dates.astype("datetime64[M]").astype("datetime64[D]")
    angle = 2 * np.pi * number / 365.2425
    holiday = public_holidays(country, dates)
    to_holiday, from_holiday = days_to_and_from(holiday)
    unknown = np.full(len(dates), np.nan)
    found = {
        "weekday": ((number + 3) % 7).astype(np.float64),
        "day_of_month": (number - _numbers(month) + 1).astype(np.float64),
        "payday": days_from_payday(dates),
        "holiday": holiday.astype(np.float64),
        "to_holiday": to_holiday,
        "from_holiday": from_holiday,
        "year_sine": np.sin(angle) if yearly else unknown,
        "year_cosine": np.cos(angle) if yearly else unknown,
    }
    followed = events_of(country)
    for name in (*FIXED, *MOVING):
        far = np.full(len(dates), NEAR + 1.0)
        found[f"from_{name}"] = days_from_event(name, dates) if name in followed else far
    return found


def _numbers(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    return dates.astype("datetime64[D]").astype(np.int64)


def _year(day: np.datetime64) -> int:
    return int(day.astype("datetime64[Y]").astype(np.int64)) + 1970


def _easter(year: int) -> date:
    from dateutil.easter import easter  # type: ignore[import-untyped]

    found: date = easter(year)
    return found


def _black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


def _mothers_day(year: int) -> date:
    """The second Sunday of May, as in most countries."""
    first = date(year, 5, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7)


def _lunar_new_year(year: int) -> date:
    """First day of the Chinese calendar's year."""
    import holidays

    found = holidays.country_holidays("CN", years=year, language="en_US")
    first: date = min(day for day, name in found.items() if "Spring Festival" in name)
    return first
