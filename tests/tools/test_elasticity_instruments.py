"""What moved prices decides how far an elasticity can be trusted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evals.price_worlds import PriceWorld, draw_shop
from tools.elasticity import estimate_elasticity

FOLLOWS = PriceWorld(skus=60, days=560, categories=2, follows=0.8, own_costs=0.1, spread=0.2)


def _estimate(world, source, seed=1, **more):
    shop = draw_shop(world, seed)
    found = estimate_elasticity(shop.panel, shop.catalogue, source=source, **more)
    return found, found.table["elasticity"] - shop.elasticity


def test_what_a_promotion_sells_beside_its_price_is_not_counted_as_the_prices(source):
    world = PriceWorld(skus=60, categories=2, moves=False, promotions="random", lift=0.5)
    found, miss = _estimate(world, source)
    assert abs(miss.mean()) < 0.5
    lifts = [group.lift for group in found.groups.values()]
    assert lifts == pytest.approx([0.5, 0.5], abs=0.15)
    assert found.evidence("S0000").result["promotion_lift"] == pytest.approx(lifts[0], rel=1e-4)


def test_a_price_that_only_ever_moves_with_one_promotion_shares_its_effect_by_what_is_known(source):
    world = PriceWorld(skus=40, categories=1, moves=False, promotions="random", lift=0.2)
    shop = draw_shop(world, 1)
    one_depth = shop.panel.assign(discount=shop.panel["promo"] * 0.2)
    found = estimate_elasticity(one_depth, shop.catalogue, source=source)
    assert found.groups["C0"].lift == pytest.approx(0.2, abs=0.01)
    assert found.groups["C0"].std_error > 1


def test_past_experiments_are_an_instrument_where_no_cost_is_on_file(source):
    world = replace(FOLLOWS, experiments=1.0)
    shop = draw_shop(world, 1)
    found = estimate_elasticity(
        shop.panel, shop.catalogue, source=source, experiments=shop.experiments
    ).table
    assert set(found["instrument"]) == {"experiment"}
    assert found["identified"].all()
    miss = found["elasticity"] - shop.elasticity
    assert abs(miss.mean()) < 0.45
    assert (miss.abs() < 1.2816 * found["std_error"]).mean() > 0.6


def test_a_suppliers_costs_stand_in_for_articles_without_a_cost_of_their_own(source):
    world = replace(FOLLOWS, own_costs=0.03, supplier_costs=0.15, costs_known="own")
    shop = draw_shop(world, 2)
    panel = shop.panel.copy()
    panel.loc[panel["sku"].isin([f"S{sku:04d}" for sku in range(12)]), "cost_minor"] = np.nan
    found = estimate_elasticity(panel, shop.catalogue, source=source).table
    assert set(found["instrument"]) == {"cost+supplier"}
    assert found.loc["S0003", "identified"]
    assert abs((found["elasticity"] - shop.elasticity).mean()) < 0.35


def test_slow_prices_that_ran_after_demand_are_found_out_by_their_timing(source):
    late = replace(FOLLOWS, skus=120, days=730, review_days=28, late_days=28)
    found, miss = _estimate(late, source)
    assert found.follows.timing > 0.4
    assert found.follows.hold_weeks > 3
    assert abs(miss.mean()) < 0.6
    free, _ = _estimate(replace(late, follows=0.0), source)
    assert free.follows.bias < 0.45 < found.follows.bias


def test_prices_changed_every_few_days_leave_the_doubt_as_it_was(source):
    found, _ = _estimate(replace(FOLLOWS, review_days=3), source)
    assert found.follows.timing is None
    assert (found.follows.bias, found.follows.error) == (0.75, 0.75)


def test_selling_out_at_low_prices_does_not_pass_for_customers_who_do_not_care(source):
    world = PriceWorld(
        skus=120, categories=2, own_costs=0.1, costs_known="own", stock_outs=True, mean=4.0
    )
    _, miss = _estimate(world, source, seed=3)
    assert abs(miss.mean()) < 0.3


def test_neighbours_that_answer_alike_inform_each_other(source):
    """Pairs share their elasticity; one of each pair hardly sells."""
    world = PriceWorld(skus=120, categories=1, spread=0.0, mean=8.0, noise=0.08)
    shop = draw_shop(world, 5)
    pairs = pd.DataFrame({"sku": shop.catalogue["sku"][::2].to_numpy(),
                          "neighbour": shop.catalogue["sku"][1::2].to_numpy()})  # fmt: skip
    panel = shop.panel.copy()
    kind = np.where(np.arange(60) % 2 == 0, 1.2, -1.2).repeat(2)
    usual = panel.groupby("sku", observed=True)["list_price_minor"].transform("mean")
    ratio = (panel["list_price_minor"] / usual).to_numpy()
    rng = np.random.default_rng(0)
    more = ratio ** kind.repeat(world.days)
    panel["units"] = rng.poisson(panel["units"].to_numpy() * more)
    silent = panel["sku"].isin(pairs["neighbour"]) & (panel["date"] < panel["date"].max())
    panel.loc[silent & (panel["date"].dt.day % 10 > 0), "units"] = 0
    alone = estimate_elasticity(panel, shop.catalogue, source=source).table["elasticity"]
    found = estimate_elasticity(panel, shop.catalogue, source=source, neighbours=pairs)
    truth = pd.Series(shop.elasticity + kind, index=alone.index)
    weak = pairs["neighbour"]
    spread = truth[weak] - truth[weak].mean()
    together, single = found.table.loc[weak, "elasticity"], alone[weak]
    assert np.corrcoef(spread, together)[0, 1] > np.corrcoef(spread, single)[0, 1] + 0.02
    assert (found.parts.loc[weak, "near"] != 0).all()


@pytest.mark.parametrize(
    "damage",
    [
        {"units": np.nan},
        {"list_price_minor": 0.0},
        {"list_price_minor": np.nan},
        {"on_hand": -5.0},
        {"units": -3.0},
        {"cost_minor": 10**9},
        {"competitor_price_minor": 0.0},
        {"promo": True, "discount": 1.0},
    ],
)
def test_broken_columns_leave_finite_figures(damage, source):
    shop = draw_shop(replace(FOLLOWS, skus=12, days=200), 1)
    found = estimate_elasticity(shop.panel.assign(**damage), shop.catalogue, source=source)
    assert np.isfinite(found.table[["elasticity", "std_error"]]).all().all()
    assert (found.table["elasticity"] < 0).all()
    assert np.isfinite(found.cross.table[["cross", "cross_error"]]).all().all()


def test_experiments_of_unknown_skus_or_days_change_nothing(source):
    shop = draw_shop(replace(FOLLOWS, skus=12, days=200), 1)
    stray = pd.DataFrame(
        {
            "sku": ["gone", "S0001"],
            "starts_on": np.array(["2023-02-01", "2031-01-01"], dtype="datetime64[D]"),
            "ends_on": np.array(["2023-03-01", "2031-02-01"], dtype="datetime64[D]"),
            "surprise": [0.1, np.nan],
        }
    )
    once = estimate_elasticity(shop.panel, shop.catalogue, source=source).table
    again = estimate_elasticity(shop.panel, shop.catalogue, source=source, experiments=stray).table
    pd.testing.assert_frame_equal(once, again)
