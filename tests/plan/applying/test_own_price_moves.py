"""Prices that plans set are known afterwards, as moves that no demand caused."""

import math
from datetime import timedelta

import pytest

from ecomagent.plan.own_prices import own_price_moves


@pytest.fixture
def plan(local, small_shop):
    return small_shop.sealed(local, small_shop.every_kind_of_action(local.connector))


def moves_of(shop, later: timedelta = timedelta(days=3)):
    return own_price_moves(
        shop.repository, as_of=shop.clock.now() + later, timezone="Europe/London"
    )


def test_a_price_that_was_applied_is_a_move_from_its_day_on(local, small_shop, plan):
    small_shop.decide(local, plan)
    local.apply(plan)

    found = moves_of(local)

    assert list(found["sku"]) == ["mug-r"]
    before = next(a.before.price for a in plan.actions if a.kind.value == "set_price")
    assert found["surprise"].iloc[0] == pytest.approx(math.log(9.5 / float(before)))
    assert found["starts_on"].iloc[0].date() == small_shop.NOW.date()
    assert found["ends_on"].iloc[0] > found["starts_on"].iloc[0]


def test_what_nobody_applied_or_what_is_yet_to_come_is_none(local, small_shop, plan):
    assert moves_of(local).empty

    small_shop.decide(local, plan)
    local.apply(plan)

    assert moves_of(local, timedelta(days=-30)).empty
