"""What has to give when a goal leaves nothing to do: the fewest limits, and how far."""

import pandas as pd
import pytest

from ecomagent.domain.errors import UsageError
from tools.relax import Bound, smallest_relaxation

MARGIN = Bound("margin", "margin_lost", -0.6)
"""At least 60 %: what is lost of it may be at most its negative."""
CHANGE = Bound("change", "change", 0.1)
SPEND = Bound("budget", "spend_minor", 0, "sum")
BOUNDS = (MARGIN, CHANGE, SPEND)


def rows(*given) -> pd.DataFrame:
    columns = ("value", "margin_lost", "change", "spend_minor")
    frame = pd.DataFrame([dict(zip(columns, each, strict=True)) for each in given])
    names = [f"c{number}" for number in range(len(frame))]
    return frame.assign(id=names, group=names, cash_minor=0)


def needed(found) -> dict[str, float]:
    return {each.name: each.needed for each in found.limits}


def test_where_something_fits_nothing_has_to_give():
    found = smallest_relaxation(rows((10.0, -0.7, 0.05, 0)), BOUNDS)
    assert found.limits == ()
    assert found.value == 10


def test_one_limit_that_stands_in_the_way_is_named_with_the_least_it_must_give():
    found = smallest_relaxation(rows((10.0, -0.5, 0.05, 0), (90.0, -0.3, 0.05, 0)), BOUNDS)
    assert needed(found) == {"margin": -0.5}


def test_one_limit_is_preferred_to_two_that_give_less_each():
    found = smallest_relaxation(rows((50.0, -0.59, 0.11, 0), (10.0, -0.7, 0.05, 900)), BOUNDS)
    assert needed(found) == {"budget": 900}


def test_limits_that_only_give_together_are_named_together():
    found = smallest_relaxation(rows((50.0, -0.4, 0.3, 0)), BOUNDS)
    assert needed(found) == {"margin": -0.4, "change": 0.3}


def test_a_target_needs_as_much_as_reaches_it():
    offers = rows(*[(10.0, -0.7, 0.0, 100) for _ in range(8)])
    found = smallest_relaxation(offers, BOUNDS, target=45.0)
    assert needed(found) == {"budget": 500}
    assert found.value > 45


def test_a_budget_that_is_set_is_raised_no_further_than_needed():
    offers = rows((30.0, -0.7, 0.0, 700), (20.0, -0.7, 0.0, 400))
    bounds = (MARGIN, CHANGE, Bound("budget", "spend_minor", 500, "sum"))
    found = smallest_relaxation(offers, bounds, target=25.0)
    assert needed(found) == {"budget": pytest.approx(700, abs=10)}


@pytest.mark.parametrize("offers", [rows((-5.0, 0, 0.9, 0)), rows((float("nan"), 0, 0.9, 0))])
def test_where_nothing_would_help_nothing_is_named(offers):
    assert smallest_relaxation(offers, BOUNDS) is None


def test_a_target_out_of_reach_is_not_promised():
    assert smallest_relaxation(rows((10.0, -0.5, 0.05, 0)), BOUNDS, target=1e6) is None


def test_what_a_limit_says_nothing_of_is_open():
    found = smallest_relaxation(rows((10.0, float("nan"), float("nan"), 0)), BOUNDS)
    assert found.limits == ()


def test_a_missing_column_is_named():
    with pytest.raises(UsageError, match="margin_lost"):
        smallest_relaxation(rows((1.0, 0, 0, 0)).drop(columns="margin_lost"), BOUNDS)
