"""A campaign leaves when customers act, and in the usual morning until that is known."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from ecomagent.domain.evidence import DataRef
from tools.send_time import best_send_time

SOURCE = DataRef(source="activity", as_of=datetime(2026, 3, 1, tzinfo=UTC))
MONDAY = date(2026, 3, 2)
NIGHT = (21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7)


def acts(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["weekday", "hour", "count"]).assign(kind="order")


def chosen(activity, days=1, quiet=NIGHT):
    return best_send_time(activity, first_day=MONDAY, days=days, source=SOURCE, quiet_hours=quiet)


@pytest.mark.parametrize("count", [0, 1, 30])
def test_few_acts_leave_it_at_ten_in_the_morning(count):
    found = chosen(acts((0, 20, count)) if count else acts())

    assert (found.day, found.hour) == (MONDAY, 10)
    assert found.gain == pytest.approx(0)


def test_a_shop_whose_customers_buy_in_the_evening_writes_in_the_evening():
    evening = acts(*[(day, hour, 400) for day in range(7) for hour in (18, 19, 20)])

    found = chosen(evening)

    assert found.hour == 18
    assert found.gain > 1
    assert found.evidence().result["acts"] == 8400


def test_nobody_is_written_to_in_quiet_hours_however_busy_they_are():
    night = acts(*[(day, 23, 5000) for day in range(7)])

    assert chosen(night).hour not in NIGHT


def test_a_much_better_day_is_waited_for_and_a_little_better_one_is_not():
    rows = [(day, 10, 1000) for day in range(7)]

    assert chosen(acts(*rows, (3, 10, 3000)), days=5).day == date(2026, 3, 5)
    assert chosen(acts(*rows, (3, 10, 30)), days=5).day == MONDAY


def test_the_order_of_rows_does_not_matter():
    rows = acts(*[(day, hour, 10 * hour) for day in range(7) for hour in range(24)])

    again = chosen(rows.sample(frac=1, random_state=1))

    assert again.evidence() == chosen(rows).evidence()
