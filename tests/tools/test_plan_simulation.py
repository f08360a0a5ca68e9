from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.action import Metric
from tools.behaviour import DEFAULT, Share
from tools.simulate import CampaignEffects, simulate_plan


def _base(skus=40, **changed):
    frame = pd.DataFrame(
        {
            "mean_per_day": 3.0, "variance_per_day": 4.5, "log_error_sd": 0.3,
            "price_minor": 1000.0, "cost_minor": 600.0, "on_hand": 1000.0, "inbound": 0.0,
        },
        index=pd.Index([f"S{number:03d}" for number in range(skus)], name="sku"),
    )  # fmt: skip
    return frame.assign(**changed)


def _effect(base, **changes):
    return pd.DataFrame({"sku": base.index, **changes})


NOTHING = pd.DataFrame(columns=["sku"])


def _play(base, effects=NOTHING, **options):
    settings = {"horizon_days": 28, "currency": "GBP", "draws": 300, **options}
    return simulate_plan(base, effects, **settings)


def test_doing_nothing_differs_in_nothing():
    played = _play(_base())
    assert played.with_plan == played.without_plan
    assert all(each.p10 == each.p50 == each.p90 == 0 for each in played.difference.values())


def test_the_middle_is_the_expected_and_the_band_is_not_too_narrow():
    played = _play(_base(200))
    units = played.without_plan[Metric.UNITS]
    assert float(units.p50) == pytest.approx(200 * 3 * 28, rel=0.05)
    assert float(units.p90 / units.p10) > 1.2
    assert played.without_plan[Metric.REVENUE].p50 == pytest.approx(units.p50 * 10, abs=10)


def test_a_known_elasticity_gives_the_textbooks_change():
    base = _base(100)
    played = _play(base, _effect(base, price_minor=1100.0, elasticity=-2.0, elasticity_se=0.0))
    change = float(played.difference[Metric.UNITS].p50 / played.without_plan[Metric.UNITS].p50)
    assert change == pytest.approx(1.1**-2 - 1, rel=0.03)


def test_doubt_about_the_elasticity_widens_the_difference():
    base = _base(100)
    widths = []
    for error in (0.0, 1.0):
        effect = _effect(base, price_minor=1100.0, elasticity=-2.0, elasticity_se=error)
        gain = _play(base, effect).difference[Metric.GROSS_PROFIT]
        widths.append(gain.p90 - gain.p10)
    assert widths[1] > 2 * widths[0]


def test_nobody_buys_more_than_there_is():
    played = _play(_base(10, on_hand=20.0))
    assert played.without_plan[Metric.UNITS].p90 <= 200
    days = float(played.without_plan[Metric.STOCKOUT_DAYS].p50)
    assert days == pytest.approx(10 * (28 - 20 / 3), rel=0.15)


def test_an_order_sells_from_the_day_it_arrives():
    base = _base(10, on_hand=0.0)
    effect = _effect(base, order_units=1000.0, arrives_in_days=14.0, lead_time_sd=0.0)
    played = _play(base, effect)
    assert played.without_plan[Metric.UNITS].p90 == 0
    assert float(played.with_plan[Metric.UNITS].p50) == pytest.approx(10 * 3 * 14, rel=0.15)
    assert float(played.difference[Metric.STOCKOUT_DAYS].p50) == pytest.approx(-140, abs=0.5)
    assert played.difference[Metric.SPEND].p50 == Decimal("60000.00")
    assert Metric.SPEND not in played.without_plan


def test_what_is_taken_off_sale_sells_nothing():
    base = _base(5)
    played = _play(base, _effect(base, off_sale=True))
    assert played.with_plan[Metric.UNITS].p90 == 0
    assert played.with_plan[Metric.STOCKOUT_DAYS].p90 == 0


def test_unknown_stock_lasts_and_unknown_costs_are_left_out_and_both_are_said():
    base = _base(4, on_hand=np.nan)
    base.loc["S000", "cost_minor"] = np.nan
    played = _play(base)
    assert Metric.STOCKOUT_DAYS not in played.without_plan
    assert played.without_cost == ("S000",)
    assert len(played.assumptions) == 2
    share = played.without_plan[Metric.GROSS_PROFIT].p50 / played.without_plan[Metric.REVENUE].p50
    assert share < Decimal("0.35")
    assert Metric.GROSS_PROFIT not in _play(_base(cost_minor=np.nan)).with_plan


def test_campaigns_come_on_top_with_their_own_band():
    row = {"cost_minor": 5000, "units_p10": 1.0, "units_p50": 10.0, "units_p90": 30.0}
    played = _play(_base(), extra=CampaignEffects.of(pd.DataFrame([row])), draws=4000)
    units = played.difference[Metric.UNITS]
    assert [float(each) for each in (units.p10, units.p50, units.p90)] == pytest.approx(
        [1, 10, 30], abs=1.5
    )
    assert played.difference[Metric.SPEND].p50 == Decimal("50.00")
    assert played.difference[Metric.GROSS_PROFIT].p50 == 0


def test_the_order_of_the_rows_does_not_matter():
    rng = np.random.default_rng(0)
    base = _base(30, mean_per_day=rng.uniform(0, 5, 30))
    effect = _effect(base, price_minor=rng.uniform(900, 1100, 30), elasticity=-2.0,
                     elasticity_se=0.4)  # fmt: skip
    assert _play(base, effect) == _play(base[::-1], effect.sample(frac=1, random_state=1))


def test_a_skus_luck_does_not_depend_on_which_others_are_played():
    one = _play(_base(1))
    three = _play(_base(3).assign(mean_per_day=[3.0, 0.0, 0.0]))
    assert one.without_plan == three.without_plan


def test_no_skus_give_zeros():
    played = _play(_base(0))
    assert played.difference[Metric.UNITS].p50 == 0


def test_money_has_the_currencys_digits():
    played = _play(_base(2), currency="JPY")
    assert played.without_plan[Metric.REVENUE].p50.as_tuple().exponent == 0


NOBODY_STOCKS_UP = replace(DEFAULT, pull_forward=Share(0.0, 0.0))


def test_a_price_for_a_week_counts_for_a_week():
    base = _base(100, on_hand=np.nan)
    effect = {"price_minor": 800.0, "elasticity": -2.0, "elasticity_se": 0.0}
    month = _play(base, _effect(base, **effect)).difference
    week = _play(
        base, _effect(base, price_days=7.0, **effect), behaviour=NOBODY_STOCKS_UP
    ).difference
    for metric in (Metric.UNITS, Metric.REVENUE, Metric.GROSS_PROFIT):
        assert float(week[metric].p50) == pytest.approx(float(month[metric].p50) / 4, rel=0.05)


def test_a_promotion_takes_from_later_sales():
    base = _base(100, on_hand=np.nan)
    effect = _effect(base, price_minor=800.0, price_days=7.0, elasticity=-2.0, elasticity_se=0.0)
    usual = _play(base, effect).difference[Metric.UNITS]
    without = _play(base, effect, behaviour=NOBODY_STOCKS_UP).difference[Metric.UNITS]
    assert usual.p50 < without.p50


def test_what_one_price_wins_others_of_its_category_lose_in_part():
    base = _base(40, on_hand=np.nan)
    effect = _effect(base.iloc[:1], price_minor=800.0, elasticity=-3.0, elasticity_se=0.0)
    alone = _play(base, effect).difference[Metric.UNITS]
    beside = _play(base.assign(category="Mugs"), effect).difference[Metric.UNITS]
    assert 0 < beside.p50 < alone.p50


def test_who_finds_a_product_sold_out_may_take_another_of_its_category():
    base = _base(20, on_hand=[0.0] * 10 + [1000.0] * 10)
    alone = _play(base).without_plan[Metric.UNITS]
    apart = _play(base.assign(category=["Mugs"] * 10 + ["Hats"] * 10)).without_plan[Metric.UNITS]
    together = _play(base.assign(category="Mugs")).without_plan[Metric.UNITS]
    assert apart.p50 == alone.p50
    assert together.p50 > alone.p50 * Decimal("1.1")


def test_nobody_takes_a_substitute_that_is_sold_out_too():
    base = _base(20, on_hand=15.0, category="Mugs")
    assert _play(base).without_plan[Metric.UNITS].p90 <= 300


def test_a_late_supplier_widens_what_an_order_brings():
    base = _base(10, on_hand=0.0)
    widths = []
    for late in (0.0, 8.0):
        effect = _effect(base, order_units=1000.0, arrives_in_days=14.0, lead_time_sd=late)
        days = _play(base, effect).difference[Metric.STOCKOUT_DAYS]
        widths.append(days.p90 - days.p10)
    assert widths[1] > widths[0] + 5


def test_what_comes_back_earns_nothing():
    kept = _play(_base(50)).without_plan[Metric.GROSS_PROFIT]
    returned = _play(_base(50, return_rate=0.25)).without_plan[Metric.GROSS_PROFIT]
    assert float(returned.p50 / kept.p50) == pytest.approx(0.75, abs=0.04)


def test_a_rival_that_answers_takes_part_of_the_gain():
    base = _base(50, on_hand=np.nan)
    effect = _effect(base, price_minor=800.0, elasticity=-3.0, elasticity_se=0.0)
    alone = _play(base, effect).difference[Metric.UNITS]
    watched = _play(base.assign(competitor_price_minor=990.0), effect).difference[Metric.UNITS]
    assert 0 < watched.p50 < alone.p50


def test_the_days_that_sell_most_decide_when_stock_ends():
    base = _base(10, on_hand=42.0)
    early = pd.DataFrame([[2.0] * 14 + [0.0] * 14] * 10, index=base.index)
    late = pd.DataFrame([[0.0] * 14 + [2.0] * 14] * 10, index=base.index)
    effect = _effect(base, order_units=100.0, arrives_in_days=14.0, lead_time_sd=0.0)
    gained = [
        _play(base, effect, profile=each).difference[Metric.UNITS].p50 for each in (early, late)
    ]
    assert gained[0] < 10 < gained[1]


@pytest.mark.parametrize(
    "changed",
    [
        {"mean_per_day": 0.0, "variance_per_day": 0.0},
        {"mean_per_day": np.nan},
        {"price_minor": 0.0},
        {"cost_minor": 1500.0},
        {"on_hand": -5.0, "inbound": -3.0},
        {"log_error_sd": 0.0, "shared_error_sd": 0.3},
        {"category": None},
        {"return_rate": np.nan},
    ],
)
def test_bad_figures_give_figures_all_the_same(changed):
    base = _base(6, **changed)
    effect = _effect(base, price_minor=900.0, elasticity=-2.0, elasticity_se=np.nan,
                     order_units=5.0, arrives_in_days=np.nan)  # fmt: skip
    played = _play(base, effect)
    for impact in (played.with_plan, played.without_plan, played.difference):
        assert all(each.p10.is_finite() and each.p90.is_finite() for each in impact.values())
