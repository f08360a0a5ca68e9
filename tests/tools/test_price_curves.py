"""Demand at prices never tried, beside a rival, and what history says of both."""

import numpy as np
import pandas as pd
import pytest

from tools.futures import price_factor
from tools.price_context import price_context
from tools.price_curve import Curve
from tools.rival_demand import duopoly_of


def _one(value):
    return np.array([[float(value)]])


def _curve(elasticity, *, error=0.0, low=1.0, high=1.0, anchor=1.0):
    return Curve(*(_one(each) for each in (elasticity, error, anchor, low, high)))


NO_LUCK = np.zeros(4)


def test_a_wide_error_does_not_make_a_cut_look_better():
    luck = np.random.default_rng(0).standard_normal(20_000)
    sure = price_factor(np.array([0.7]), np.array([-2.0]), np.array([0.0]), luck).mean()
    doubtful = price_factor(np.array([0.7]), np.array([-2.0]), np.array([1.0]), luck).mean()
    assert doubtful <= sure * 1.05


@pytest.mark.parametrize("ratio", [0.6, 0.8, 1.25, 1.6])
def test_prices_never_tried_promise_less_than_tried_ones(ratio):
    tried = _curve(-1.5, low=0.5, high=2.0).factor(_one(ratio), NO_LUCK)
    untried = _curve(-1.5).factor(_one(ratio), NO_LUCK)
    assert (untried <= tried + 1e-12).all()
    assert untried.mean() < tried.mean()


def test_inelastic_demand_does_not_let_prices_run_away():
    """However flat demand looks, no price far beyond those tried is worth more than near ones."""
    prices = np.exp(np.linspace(0, 2, 81))
    for elasticity in (-0.1, -0.6, -1.0):
        demand = [float(_curve(elasticity).factor(_one(price), NO_LUCK).mean()) for price in prices]
        profit = (prices - 0.5) * np.array(demand)
        assert prices[profit.argmax()] < 1.8


def test_demand_never_rises_with_the_price():
    luck = np.linspace(-3, 3, 40)
    factors = [_curve(-0.3, error=2.0).factor(_one(r), luck) for r in (0.5, 0.9, 1.0, 1.2, 2.0)]
    assert (factors[1] >= 1).all() and (factors[3] <= 1).all()


def test_a_duopoly_has_the_elasticities_it_was_made_from():
    curve = duopoly_of(_one(-3.0), _one(1.0), _one(1000), _one(1000))
    step = 1.0
    at = curve.log_share(_one(1000), _one(1000), _one(-3.0))
    own = (curve.log_share(_one(1000 + step), _one(1000), _one(-3.0)) - at) / step * 1000
    other = (curve.log_share(_one(1000), _one(1000 + step), _one(-3.0)) - at) / step * 1000
    assert own[0, 0] == pytest.approx(-3.0, rel=0.01)
    assert other[0, 0] == pytest.approx(1.0, rel=0.03)
    left = curve.log_share(_one(1000), _one(np.nan), _one(-3.0))
    assert left[0, 0] > at[0, 0]


def _panel(prices, rival=np.nan):
    days = len(prices)
    return pd.DataFrame(
        {"sku": "A", "date": pd.date_range("2024-01-01", periods=days), "units": 1,
         "list_price_minor": prices, "cost_minor": 500.0, "competitor_price_minor": rival}
    )  # fmt: skip


def test_history_tells_which_prices_were_tried_without_the_rarest():
    prices = [1000.0] * 400 + [800.0] * 100 + [1500.0] * 5
    found = price_context(_panel(prices)).loc["A"]
    assert found["seen_low_minor"] == pytest.approx(800, rel=0.02)
    assert found["seen_high_minor"] == pytest.approx(1000, rel=0.03)
    assert 800 < found["basis_minor"] < 1500
    assert np.isnan(found["rival_then_minor"])


@pytest.mark.parametrize("prices", [[np.nan] * 40, [0.0] * 40, [1000.0]])
def test_a_past_without_prices_says_so_and_one_price_is_what_was_tried(prices):
    found = price_context(_panel(prices)).loc["A"]
    known = np.isfinite(prices[0]) and prices[0] > 0
    assert (found[["seen_low_minor", "seen_high_minor", "basis_minor"]].notna() == known).all()
