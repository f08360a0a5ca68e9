"""What products' attributes say of their life."""

from datetime import date

import pytest

from ecomagent.agents.goods import season_days, shelf_life_days

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("attributes", "days"),
    [
        ({"season_end": "2026-03-31"}, 30),
        ({"季末": "2026-03-02"}, 1),
        ({"season_end": "2026-03-31T00:00:00"}, 30),
        ({"season_end": "2025-02-01"}, None),
        ({"season_end": "soon"}, None),
        ({"season_end": None}, None),
        ({}, None),
    ],
)
def test_a_season_is_read_unless_it_is_over_or_no_date(attributes, days):
    assert season_days(attributes, TODAY) == pytest.approx(days if days else float("nan"),
                                                           nan_ok=True)  # fmt: skip


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
    assert shelf_life_days(attributes) == pytest.approx(days if days else float("nan"),
                                                        nan_ok=True)  # fmt: skip
