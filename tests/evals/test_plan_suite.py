"""What the plan suite holds plans against: shops, their truth, and simpler ways of choosing."""

import numpy as np
import pandas as pd
import pytest

from evals.plan_baselines import greedy
from evals.plan_menus import Limits, drawn_menu, limits_of
from evals.plan_play import play_truth
from evals.plan_shop import KINDS, draw_shop, switched
from tools.plan_effects import GIVEN


@pytest.fixture(scope="module")
def shop():
    return draw_shop("promoted", seed=3, skus=12, past_days=120)


def effects(shop, **given) -> pd.DataFrame:
    frame = pd.DataFrame({"sku": shop.catalogue["sku"]}).reindex(columns=["sku", *GIVEN])
    return frame.assign(off_sale=False, **given)


def gained(shop, plan) -> float:
    (having, without), *_ = play_truth(shop, plan, horizon_days=28, seed=1)
    return having.units - without.units


@pytest.mark.parametrize("kind", KINDS)
def test_a_shop_is_the_same_for_the_same_seed_and_nothing_of_its_future_is_on_file(kind):
    one, other = (draw_shop(kind, seed=5, skus=8, past_days=60) for _ in range(2))
    pd.testing.assert_frame_equal(one.panel, other.panel)
    assert one.panel["date"].max() < pd.Timestamp(one.start)
    assert (one.catalogue["cost_minor"] > 0).all()


def test_a_plan_that_does_nothing_changes_nothing(shop):
    assert gained(shop, effects(shop)) == 0


def test_lower_prices_sell_more_and_a_promotion_takes_from_later(shop):
    lower = effects(shop, price_minor=shop.catalogue["price_minor"] * 0.8)
    assert gained(shop, lower) > gained(shop, lower.assign(price_days=14.0)) > 0


def test_switching_moves_units_and_makes_none():
    usual, own = np.full((4, 1), 10.0), np.array([[1.5], [1.0], [1.0], [1.0]])
    category = np.array([0, 0, 0, 1])
    units = usual * switched(usual, own, category, 0.4)
    assert units[:, 0] == pytest.approx([15, 9, 9, 10])


def test_greedy_keeps_every_limit_and_takes_one_of_a_group():
    rows = drawn_menu(500, seed=2)
    limits = limits_of(rows)
    taken = greedy(rows, limits)
    assert taken["group"].is_unique
    assert taken["cash_minor"].sum() <= limits.cash_minor
    assert taken["spend_minor"].sum() <= limits.spend_minor
    assert taken["category"].value_counts().max() <= limits.a_category
    assert len(greedy(rows, Limits())) == rows["group"].nunique()
