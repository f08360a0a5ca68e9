"""The made-up world: its books import whole, it obeys its own truth, and luck is shared."""

import copy
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from evals.world import merchants
from evals.world.diagnosis import STEPS, diagnose
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
    spoils = replace(SMALL, shelf_life_days=10, returns=0.0)
    own = World(draw_truth(spoils, 3, start=date(2026, 1, 5)))
    own.stock[:, 0] = 10_000

    for _ in range(12):
        own.act(Moves())
        own.step()

    assert own.on_hand.sum() == 0
    assert own.profit(0) < 0


def test_a_seasons_line_is_cleared_at_its_end_and_sells_no_more():
    fashion = replace(SMALL, line_share=1.0, line_days=60)
    own = World(draw_truth(fashion, 3, start=date(2026, 1, 5)))
    line = int(own.truth.ends.argmin())
    own.day = int(own.truth.ends[line]) - 1
    own.active[line] = True
    own.stock[line, 0] = 1_000

    own.step()

    sold = own.ledger.units[line, own.day - 1]
    cost = own.truth.cost[line, own.day - 1]
    assert own.on_hand[line] == 0
    assert not own.active[line]
    cleared = (1_000 - sold) * cost * (1 - fashion.salvage)
    earned = sold * (own.ledger.paid[line, own.day - 1] - cost)
    assert own.ledger.profit[line, own.day - 1] == pytest.approx(earned - cleared, rel=0.01)


def test_the_weeks_before_christmas_are_busier(world):
    truth, calm = world.truth, replace(SMALL, holiday=0.0)
    plain = draw_truth(calm, 3, start=date(2026, 1, 5))
    day = (date(2025, 12, 15) - truth.first).days

    assert truth.base[0, day] / plain.base[0, day] == pytest.approx(np.exp(SMALL.holiday))
    assert truth.base[0, day - 10] == pytest.approx(plain.base[0, day - 10])


def test_a_promotion_that_never_ends_is_no_longer_noticed(world):
    own = copy.deepcopy(world)
    own.act(Moves(promotion={0: (float(own.price[0]) * 0.8, own.day + 200)}))
    promoted = np.arange(own.n) == 0
    first = own.wished(own.day, own.paid, promoted)[0] / own.truth.base[0, own.day]
    for _ in range(150):
        own.step()
        own.stock[:, 0] += 20

    later = own.wished(own.day, own.paid, promoted)[0] / own.truth.base[0, own.day]

    assert later < first


@pytest.mark.parametrize("name", REGIMES)
def test_the_oracle_is_never_below_doing_nothing(name):
    regime = replace(REGIMES[name], skus=6, customers=100)
    world = history(regime, 5)
    every = 7 if regime.shelf_life_days else 14

    nothing, oracle = (
        merchants.play(copy.deepcopy(world), who.decide, 150).profit()
        for who in contestants(every)
        if who.name in ("do nothing", "oracle")
    )

    assert oracle > nothing


def test_random_regimes_can_be_played():
    for seed in range(3):
        small = replace(random_regime(seed), skus=6, customers=80)
        played = merchants.play(
            World(draw_truth(small, seed, start=date(2026, 1, 5))), merchants.merchant, 90
        )
        assert np.isfinite(played.profit(0))


def test_the_tool_runs_the_shop_along_the_ordinary_road(tmp_path, world):
    found = play_tool(world, 15, 14, folder=tmp_path)
    left = diagnose(world, found.diary, 15, 14)
    oracle = merchants.play(copy.deepcopy(world), contestants(14)[-1].decide, 15)

    judged = found.judged
    assert judged is not None
    assert judged.plans == 2
    assert judged.actions > 0
    assert judged.breaches == []
    assert judged.failed == []
    assert judged.planning > 0
    assert [each.part for each in left] == list(STEPS)
    assert sum(each.lost for each in left) == pytest.approx(oracle.profit() - found.profit)
    written = (tmp_path / "shop").rglob("*")
    assert not any("truth" in path.name for path in written)
