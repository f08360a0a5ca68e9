"""The made-up world: its books import whole, it obeys its own truth, and luck is shared."""

import copy
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from evals.world import merchants
from evals.world.market import Moves, World
from evals.world.regimes import REGIMES, random_regime
from evals.world.run import contestants, history, play_tool
from evals.world.truth import HISTORY_DAYS, draw_truth

SMALL = replace(REGIMES["steady"], skus=8, categories=2, customers=150)


@pytest.fixture(scope="module")
def world() -> World:
    return history(SMALL, 3)


def test_the_same_seed_draws_the_same_world_and_another_one_another(world):
    again, other = history(SMALL, 3), history(SMALL, 4)

    assert np.array_equal(again.ledger.units, world.ledger.units)
    assert not np.array_equal(other.ledger.units, world.ledger.units)


def test_demand_answers_a_price_with_the_true_elasticity(world):
    truth = world.truth
    nobody = np.zeros(world.n, dtype=bool)
    alone = replace(truth.regime, cross=0.0)
    own = World(replace(truth, regime=alone))
    own.day = HISTORY_DAYS
    price = truth.usual.copy()
    before = own.wished(HISTORY_DAYS, price, nobody)
    price[0] *= 1.1

    after = own.wished(HISTORY_DAYS, price, nobody)

    assert after[0] / before[0] == pytest.approx(1.1 ** truth.elasticity[0], rel=1e-6)
    assert after[1:] == pytest.approx(before[1:])


def test_units_sold_scatter_around_the_true_mean(world):
    span = slice(HISTORY_DAYS - 365, HISTORY_DAYS)
    sold = world.ledger.units[:, span].sum()
    truth = world.truth.base[:, span].sum()

    assert sold / truth == pytest.approx(1.0, abs=0.35)


def test_stock_is_never_sold_twice(world):
    came = np.zeros(world.n)
    for order in world.orders:
        if order.arrives < world.day:
            came[order.sku] += order.quantity
    first = world.ledger.on_hand[:, 0] + world.ledger.units[:, 0]
    back = world.ledger.returned[:, : world.day - 9].sum(axis=1)

    left = first + came + back - world.ledger.units.sum(axis=1)

    assert (left == world.on_hand).all()


def test_a_world_goes_on_the_same_whoever_plays_it(world):
    one = merchants.play(copy.deepcopy(world), merchants.keeps_stock, 30)
    other = merchants.play(copy.deepcopy(world), merchants.keeps_stock, 30)

    assert one.profit() == other.profit()
    assert world.day == HISTORY_DAYS


def test_who_knows_the_truth_earns_more_than_who_does_nothing(world):
    earned = {
        who.name: merchants.play(copy.deepcopy(world), who.decide, 180).profit()
        for who in contestants(7)
    }

    assert max(earned, key=lambda name: earned[name]) == "oracle"


def test_goods_that_spoil_are_thrown_away(world):
    spoils = replace(SMALL, shelf_life_days=10)
    own = World(draw_truth(spoils, 3, start=date(2026, 1, 5)))
    own.stock[:, 0] = 10_000

    for _ in range(12):
        own.act(Moves())
        own.step()

    assert own.on_hand.sum() == 0
    assert own.profit(0) < 0


def test_random_regimes_can_be_played():
    for seed in range(3):
        small = replace(random_regime(seed), skus=6, customers=80)
        played = merchants.play(
            World(draw_truth(small, seed, start=date(2026, 1, 5))), merchants.merchant, 90
        )
        assert np.isfinite(played.profit(0))


def test_the_tool_runs_the_shop_along_the_ordinary_road(tmp_path, world):
    found = play_tool(world, 15, 14, folder=tmp_path)

    judged = found.judged
    assert judged is not None
    assert judged.plans == 2
    assert judged.actions > 0
    assert judged.breaches == []
    assert judged.failed == 0
    written = (tmp_path / "shop").rglob("*")
    assert not any("truth" in path.name for path in written)
