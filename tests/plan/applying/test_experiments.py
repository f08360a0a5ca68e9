"""A price experiment on the road: asked block by block, stopped by a rollback, learnt from."""

from datetime import timedelta

import numpy as np
import pytest

from ecomagent.domain.action import ActionKind
from ecomagent.plan.experiment_log import tried_prices


def _apply(shop, small_shop):
    actions = small_shop.every_kind_of_action(shop.connector)
    chosen = [action for action in actions if action.kind is ActionKind.START_EXPERIMENT]
    plan = small_shop.sealed(shop, tuple(chosen))
    small_shop.decide(shop, plan)
    assert shop.apply(plan).applied == 1
    return plan


def _paid(shop):
    return shop.read(ActionKind.START_PROMOTION, "sku", "mug-b").fields["price"]


def _tried(shop):
    now = shop.clock.moment
    return tried_prices(shop.repository, as_of=now, since=now - timedelta(days=400))


def test_customers_pay_the_price_of_the_block(shop, small_shop):
    _apply(shop, small_shop)
    seen = []
    for _ in range(5):
        seen.append(_paid(shop))
        shop.clock.moment += timedelta(days=7)
    assert seen == ["10.00", "9.00", "9.00", "10.00", "10.00"]
    shown = shop.read(ActionKind.START_EXPERIMENT, "sku", "mug-b").fields
    assert shown["experiment_id"] is None


def test_what_was_asked_is_what_is_learnt_from(shop, small_shop):
    _apply(shop, small_shop)
    shop.clock.moment += timedelta(days=30)
    found = _tried(shop)
    assert found["sku"].tolist() == ["mug-b"] * 4
    half = np.log(10 / 9) / 2
    assert found["surprise"].tolist() == pytest.approx([half, -half, -half, half])
    assert (found["ends_on"] - found["starts_on"]).dt.days.tolist() == [7, 7, 7, 7]


def test_nothing_is_known_of_days_to_come(shop, small_shop):
    _apply(shop, small_shop)
    shop.clock.moment += timedelta(days=10)
    found = _tried(shop)
    assert (found["ends_on"] - found["starts_on"]).dt.days.tolist() == [7, 3]


def test_rolling_back_stops_it_and_keeps_what_was_seen(shop, small_shop):
    plan = _apply(shop, small_shop)
    shop.clock.moment += timedelta(days=9)
    assert _paid(shop) == "9.00"
    back = small_shop.roll_back(shop, plan)
    small_shop.decide(shop, back)
    assert shop.apply(back).applied == 1
    assert _paid(shop) == "10.00"
    shop.clock.moment += timedelta(days=3)
    assert _paid(shop) == "10.00"
    assert (_tried(shop)["ends_on"] - _tried(shop)["starts_on"]).dt.days.tolist() == [7, 2]


def test_an_experiment_that_nobody_approved_teaches_nothing(shop, small_shop):
    actions = small_shop.every_kind_of_action(shop.connector)
    small_shop.sealed(shop, tuple(a for a in actions if a.kind is ActionKind.START_EXPERIMENT))
    shop.clock.moment += timedelta(days=30)
    assert _tried(shop).empty
