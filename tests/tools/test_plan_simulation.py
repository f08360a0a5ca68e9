from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.action import Metric
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
    effect = _effect(base, order_units=1000.0, arrives_in_days=14.0)
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


def test_a_price_for_a_week_counts_for_a_week():
    base = _base(100, on_hand=np.nan)
    effect = {"price_minor": 800.0, "elasticity": -2.0, "elasticity_se": 0.0}
    month = _play(base, _effect(base, **effect)).difference
    week = _play(base, _effect(base, price_days=7.0, **effect)).difference
    for metric in (Metric.UNITS, Metric.REVENUE, Metric.GROSS_PROFIT):
        assert float(week[metric].p50) == pytest.approx(float(month[metric].p50) / 4, rel=0.05)
