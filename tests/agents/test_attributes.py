"""What products' attributes say of their life."""

from datetime import date

import pandas as pd
import pytest

from ecomagent.agents.attributes import days_kept, season_ends

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("attributes", "day"),
    [
        ({"season_end": "2026-03-31"}, "2026-03-31"),
        ({"季末": "2026-03-02"}, "2026-03-02"),
        ({"season_end": "2026-03-31T00:00:00"}, "2026-03-31"),
        ({"season_end": "2026-02-20"}, "2026-02-20"),
        ({"season_end": "2025-02-01"}, None),
        ({"season_end": "soon"}, None),
        ({"season_end": None}, None),
        ({}, None),
    ],
)
def test_a_season_s_end_is_read_unless_it_is_old_or_no_date(attributes, day):
    found = season_ends(pd.Series({"A": attributes}), TODAY)["A"]

    assert found == pd.Timestamp(day) if day else pd.isna(found)


@pytest.mark.parametrize(
    ("attributes", "days"),
    [
        ({"shelf_life_days": "30"}, 30),
        ({"保质期": 5}, 5),
        ({"shelf_life": "long"}, None),
        ({}, None),
    ],
)
def test_a_shelf_life_is_read_where_it_is_a_number(attributes, days):
    assert days_kept(attributes) == pytest.approx(days if days else float("nan"), nan_ok=True)
