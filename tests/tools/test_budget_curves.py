"""Curves are concave whatever the data, found where experiments show them, and split a budget."""

import numpy as np
import pandas as pd
import pytest

from tools.campaign_effect import measured_campaigns
from tools.response_curves import (
    Curve,
    assumed_curve,
    channel_curve,
    fit_curve,
    fit_history,
    split_budget,
)

SPENDS = np.array([500.0, 1000, 2000, 4000, 8000])


def exact(top: float, half: float) -> Curve:
    return Curve(top, half, half, half, True, 0)


def test_many_precise_experiments_show_the_curve():
    true = exact(1000, 3000)

    found = fit_curve(SPENDS, true.at(SPENDS), np.full(5, 2.0), channel="ads")

    assert found.measured
    assert found.half == pytest.approx(3000, rel=0.1)
    assert found.at(5000.0) == pytest.approx(float(true.at(5000.0)), rel=0.03)


@pytest.mark.parametrize("response", [[0, 0, 0, 0, 0], [5, -9, 3, -7, 2], [1, 2, 4, 8, 16]])
def test_any_responses_give_a_curve_that_rises_ever_more_slowly(response):
    found = fit_curve(SPENDS, np.array(response, float), np.full(5, 3.0), channel="ads")

    steps = np.diff(found.at(np.linspace(0, 20_000, 40)))
    assert (steps >= 0).all()
    assert (np.diff(steps) <= 1e-9).all()
    assert found.half_low <= found.half <= found.half_high


def test_one_campaign_leaves_the_prior_and_says_so():
    past = pd.DataFrame(
        [("all", "ads", 10_000, 8000, 2000, 640, 60)],
        columns=["segment", "channel", "cost_minor", "sent", "held_out", "converted",
                 "held_out_converted"],
    )  # fmt: skip

    curve, usual = channel_curve(measured_campaigns(past), "ads")

    assert usual == 10_000
    assert not curve.measured
    assert curve.half == pytest.approx(30_000, rel=0.05)
    assert "no budget should be sized by it alone" in assumed_curve("ads", curve)
    assert curve.damping(20_000, usual) < 1 < curve.damping(5000, usual)
    assert channel_curve(measured_campaigns(past), "email") is None


def test_messages_to_one_customer_each_hardly_saturate():
    found = fit_curve(np.array([1000.0]), np.array([50.0]), np.array([20.0]), channel="email")

    assert found.damping(2000, 1000) > 0.95
    assert assumed_curve("email", found) == ""


def test_a_budget_is_split_where_the_next_coin_brings_most():
    curves = {"a": exact(900, 4000), "b": exact(500, 900), "none": exact(0, 100)}

    found = split_budget(curves, 5000)

    assert sum(found.values()) == pytest.approx(5000, rel=1e-6)
    assert found["none"] == 0
    marginal = [float(curves[name].marginal(found[name])) for name in "ab"]
    assert marginal[0] == pytest.approx(marginal[1], rel=1e-6)
    assert split_budget(curves, 0) == dict.fromkeys(curves, 0.0)


def test_history_gives_curves_nobody_may_budget_on():
    rng = np.random.default_rng(2)
    spend = pd.DataFrame({"tv": rng.gamma(2, 500, 120), "idle": np.zeros(120)})
    outcome = 5000 + 800 * spend["tv"] / (spend["tv"] + 1000) + rng.normal(0, 30, 120)

    curves, fitted = fit_history(spend, outcome.to_numpy())

    assert not any(curve.measured for curve in curves.values())
    assert np.isfinite(fitted).all()
    assert curves["tv"].at(1000.0) == pytest.approx(400, rel=0.35)
