"""Prices that learn: they find the best price, within their budget, and log the chance of each."""

import numpy as np
import pytest

from tools.learning_prices import (
    Belief,
    Offer,
    believed_profits,
    best_option,
    draw_prices,
    update_belief,
)

RATIOS = np.array([0.90, 0.95, 1.0, 1.05, 1.10])


def belief_of(count=1, *, elasticity=-2.2, std_error=0.9, mean=5.0):
    ones = np.ones(count)
    return Belief.of(
        mean_per_day=mean * ones, log_error_sd=0.2 * ones, elasticity=elasticity * ones,
        std_error=std_error * ones, scatter=1.5 * ones,
    )  # fmt: skip


def offer_of(count=1, *, cost=600.0, stock=np.inf, days=7.0):
    price = np.tile(np.round(1000 * RATIOS), (count, 1))
    ones = np.ones(count)
    return Offer(price, 1000 * ones, cost * ones, stock * ones, days)


def names(count=1):
    return np.array([f"S{number}" for number in range(count)])


def drawn(belief, offer, count=1, *, budget=np.inf, seed=0):
    return draw_prices(
        believed_profits(belief, offer, skus=names(count), seed=seed),
        skus=names(count), regret_budget=np.full(count, budget), seed=seed,
    )  # fmt: skip


def test_what_was_sold_at_prices_set_by_chance_teaches_the_elasticity():
    rng = np.random.default_rng(3)
    ratio = np.log(rng.choice(RATIOS, (50, 60)))
    days = np.full(ratio.shape, 7.0)
    units = rng.poisson(days * 5 * np.exp(-3.0 * ratio))

    found = update_belief(belief_of(50), ratio, days, units)

    error = np.sqrt(found.cov[:, 1, 1])
    assert (error < 0.6 * 0.9).all()
    assert np.abs((found.mean[:, 1] + 3.0) / error).mean() < 1.2
    assert found.mean[:, 1].mean() == pytest.approx(-3.0, abs=0.25)


def test_nothing_sold_and_nothing_known_leave_the_belief_finite():
    nothing = update_belief(belief_of(2), np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((2, 3)))
    assert nothing.mean == pytest.approx(belief_of(2).mean, abs=1e-6)

    odd = update_belief(
        belief_of(2), np.array([[0.0, np.nan], [0.0, 5.0]]), np.full((2, 2), 7.0),
        np.array([[0.0, 3.0], [np.nan, 1e7]]),
    )  # fmt: skip
    assert np.isfinite(odd.mean).all()
    assert np.isfinite(odd.cov).all()


def test_chances_add_up_and_every_price_taken_had_one():
    found = drawn(belief_of(40), offer_of(40), 40)

    assert found.propensity.sum(axis=1) == pytest.approx(np.ones(40))
    assert (found.propensity[np.arange(40), found.chosen] >= 0.02).all()
    assert len(set(found.chosen)) > 1


def test_the_less_is_known_the_more_is_tried():
    unsure = drawn(belief_of(std_error=1.2), offer_of()).propensity[0]
    sure = drawn(belief_of(std_error=0.05), offer_of()).propensity[0]

    assert sure.max() > 0.8
    assert unsure.max() < 0.8 * sure.max()


def test_a_budget_of_nothing_never_leaves_the_best_price():
    found = drawn(belief_of(40), offer_of(40), 40, budget=0.0)

    assert (found.chosen == best_option(found)).all()
    assert found.regret == pytest.approx(np.zeros(40))


def test_a_small_budget_keeps_out_what_would_cost_more():
    wide, tight = (drawn(belief_of(), offer_of(), budget=each) for each in (np.inf, 150.0))

    short = np.nanmax(tight.expected) - tight.expected
    assert (tight.propensity[short > 150.0] == 0).all()
    assert (wide.propensity > 0).all()


def test_what_will_sell_out_anyway_is_not_cut():
    found = drawn(belief_of(elasticity=-4.0, std_error=0.2), offer_of(stock=5.0))

    assert best_option(found)[0] == len(RATIOS) - 1


def test_a_sku_without_options_gets_none():
    offer = offer_of(2)
    offer.price[1] = np.nan

    found = drawn(belief_of(2), offer, 2)

    assert found.chosen[1] == -1
    assert (found.propensity[1] == 0).all()


def test_a_skus_price_depends_on_nothing_but_itself_and_the_seed():
    many = drawn(belief_of(6), offer_of(6), 6, seed=4)
    mine = names(6)[3:4]
    alone = draw_prices(
        believed_profits(belief_of(1), offer_of(1), skus=mine, seed=4),
        skus=mine, regret_budget=np.array([np.inf]), seed=4,
    )  # fmt: skip

    assert alone.chosen[0] == many.chosen[3]
    assert alone.propensity[0] == pytest.approx(many.propensity[3])
    assert (drawn(belief_of(30), offer_of(30), 30, seed=5).chosen
            != drawn(belief_of(30), offer_of(30), 30, seed=6).chosen).any()  # fmt: skip
