from datetime import date

import numpy as np
import pytest

from tools.calendar_days import (
    NEAR,
    calendar_figures,
    days_from_event,
    days_from_payday,
    event_days,
    events_of,
    public_holidays,
)


@pytest.mark.parametrize(
    ("name", "day"),
    [("easter", date(2025, 4, 20)), ("black_friday", date(2024, 11, 29)),
     ("mothers_day", date(2024, 5, 12)), ("lunar_new_year", date(2025, 1, 29)),
     ("singles_day", date(2024, 11, 11)), ("mid_year_sale", date(2024, 6, 18))],
)  # fmt: skip
def test_festivals_fall_on_their_days(name, day):
    assert day in event_days(name, range(day.year, day.year + 1))


def test_days_count_down_to_a_festival_and_up_after_it():
    dates = np.arange("2024-10-01", "2024-12-20", dtype="datetime64[D]")
    days = days_from_event("singles_day", dates)
    at = list(dates.astype(str)).index("2024-11-11")
    assert list(days[at - 2 : at + 3]) == [-2, -1, 0, 1, 2]
    assert days[0] == NEAR + 1


def test_shops_follow_their_countrys_festivals():
    assert {"mid_year_sale", "lunar_new_year"} <= set(events_of("CN"))
    assert "easter" not in events_of("CN")
    assert "mid_year_sale" not in events_of("GB")
    assert "easter" in events_of("GB")


def test_public_holidays_are_those_of_the_country():
    dates = np.array(["2024-10-01", "2024-12-25"], dtype="datetime64[D]")
    assert list(public_holidays("CN", dates)) == [True, False]
    assert list(public_holidays("GB", dates)) == [False, True]
    assert not public_holidays("", dates).any()
    assert not public_holidays("XX", dates).any()


def test_wages_come_on_the_25th_and_the_last():
    dates = np.array(["2024-02-24", "2024-02-25", "2024-03-01"], dtype="datetime64[D]")
    assert list(days_from_payday(dates)) == [29, 0, 6]


def test_the_time_of_year_is_left_out_of_short_histories():
    dates = np.arange("2024-02-20", "2024-03-05", dtype="datetime64[D]")
    assert np.isnan(calendar_figures(dates, "GB", yearly=False)["year_sine"]).all()
    assert np.isfinite(calendar_figures(dates, "GB", yearly=True)["year_sine"]).all()
