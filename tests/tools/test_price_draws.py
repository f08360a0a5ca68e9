"""Prices drawn by chance: inside every limit, with chances that add up, within their budget."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecomagent.domain.goal import Objective
from tools.elasticity import Elasticities
from tools.forecast import DemandForecast
from tools.learning_prices import KEPT
from tools.price_draws import draw_of, price_draws, price_options
from tools.price_ladder import PriceLimits
from tools.pricing import price_menu

LIMITS = PriceLimits("GBP", Decimal("0.3"), Decimal("0.1"), ("9", "5", "0"))


def menu_of(rows, source, *, limits=LIMITS, bounds=None, std_error=0.7, elasticity=-2.0):
    catalogue = pd.DataFrame(rows).assign(on_hand=10_000, inbound=0, map_price_minor=np.nan)
    names = pd.Index(catalogue["sku"], name="sku")
    demand = pd.DataFrame(
        {"mean_per_day": 4.0, "variance_per_day": 6.0, "log_error_sd": 0.2}, index=names
    )
    table = pd.DataFrame({"elasticity": elasticity, "std_error": std_error}, index=names)
    return price_menu(
        catalogue, DemandForecast(demand, date(2026, 6, 1), 28, source, 0, 0),
        Elasticities(table, table, {}, source), limits=limits, bounds=bounds,
        objective=Objective.GROSS_PROFIT, source=source,
    )  # fmt: skip


def shop(count=30, price=2000, cost=1000):
    return [{"sku": f"S{number:02d}", "list_price_minor": price, "cost_minor": cost}
            for number in range(count)]  # fmt: skip


def draws_of(menu, *, left=np.inf, most=1000, seed=3, **more):
    skus = list(menu.given.index)
    return price_draws(
        menu, price_options(menu, skus), left_minor=pd.Series(min(left, 1e12), skus), most=most,
        seed=seed, **more,
    )  # fmt: skip


class Highest:
    """A policy that always asks the highest price."""

    name = "highest"

    def chances(self, belief, offer):
        assert belief.mean.shape == (len(offer.price), 2)
        made = np.zeros(offer.price.shape)
        highest = np.isfinite(offer.price).cumsum(axis=1).argmax(axis=1)
        made[np.arange(len(made)), highest] = 1.0
        return made


prices = st.integers(1, 100_000)


@settings(max_examples=60, deadline=None)
@given(
    price=prices, cost=prices, low=prices, high=prices, margin=st.decimals(0, "0.9", places=2),
    change=st.decimals("0.01", "0.5", places=2), seed=st.integers(0, 99),
)  # fmt: skip
def test_no_draw_breaks_a_limit(price, cost, low, high, margin, change, seed, source):
    limits = PriceLimits("GBP", margin, change, ("9", "50"))
    bounds = pd.DataFrame({"low_minor": [low], "high_minor": [high]}, index=["S00"])
    menu = menu_of(shop(1, price, cost), source, limits=limits, bounds=bounds)

    options = price_options(menu, ["S00"])
    found = draws_of(menu, seed=seed)

    moved = options.loc[options["place"] != KEPT, "price_minor"]
    assert moved.between(low, high).all()
    assert ((moved - cost) >= float(margin) * moved - 1e-6).all()
    assert (abs(moved - price) <= float(change) * price + 1e-6).all()
    assert moved.map(lambda each: str(each)[-1] == "9" or str(each)[-2:] == "50").all()
    assert set(found.table["price_minor"]) <= {*moved, price}


def test_chances_add_up_and_the_present_price_keeps_one(source):
    found = draws_of(menu_of(shop(), source))

    assert len(found.table) == 30
    for sku in found.table.index:
        result = found.evidence(sku).result
        chances = [each or 0.0 for each in result["chances"]]
        assert sum(chances) == pytest.approx(1.0, abs=1e-5)
        assert chances[KEPT] >= 0.02
        assert result["chance"] == chances[result["chosen"]]
    assert found.table["price_minor"].nunique() > 2


def test_a_draw_can_be_recomputed_from_its_evidence(source):
    found = draws_of(menu_of(shop(), source), left=900.0)

    for sku in found.table.index:
        evidence = found.evidence(sku)
        assert draw_of(evidence.params) == evidence.result


def test_the_same_seed_draws_the_same_prices_and_another_one_others(source):
    menu = menu_of(shop(), source)
    one, again, other = draws_of(menu), draws_of(menu), draws_of(menu, seed=4)

    pd.testing.assert_frame_equal(one.table, again.table)
    assert (one.table["price_minor"] != other.table["price_minor"]).any()


def test_an_empty_budget_leaves_nothing_to_try(source):
    found = draws_of(menu_of(shop(), source), left=0.0)

    assert found.capped
    assert len(found.capped) + len(found.table) == 30
    assert not found.table["regret_minor"].any()


def test_no_price_costs_more_than_the_budget_left(source):
    menu = menu_of(shop(), source)

    tight, wide = draws_of(menu, left=600.0).table, draws_of(menu).table

    assert tight["regret_minor"].max() <= 600.0
    assert wide["regret_minor"].max() > 600.0


def test_what_a_draw_is_worth_does_not_depend_on_its_luck(source):
    found = draws_of(menu_of(shop(), source)).table

    assert found["price_minor"].nunique() > 1
    assert found["value"].nunique() == 1


def test_only_the_most_valuable_are_drawn(source):
    assert len(draws_of(menu_of(shop(), source), most=7).table) == 7


def test_another_policy_is_noted_beside_and_drawn_by_only_when_live(source):
    menu = menu_of(shop(), source)
    plain, beside, live = (
        draws_of(menu), draws_of(menu, challenger=Highest()),
        draws_of(menu, challenger=Highest(), live=True),
    )  # fmt: skip

    pd.testing.assert_frame_equal(plain.table, beside.table)
    assert live.table["price_minor"].median() == price_options(menu, ["S00"])["price_minor"].max()
    evidence = live.evidence("S00")
    assert (
        evidence.params["challenger_name"] == "highest"
        and draw_of(evidence.params) == evidence.result
    )
    assert evidence.result["thompson"] == beside.evidence("S00").result["chances"]


def test_a_shop_with_nothing_to_try_gets_no_draws(source):
    menu = menu_of(shop(3), source)

    found = price_draws(
        menu, price_options(menu, []), left_minor=pd.Series(dtype=float), most=5, seed=1,
        challenger=Highest(), live=True,
    )  # fmt: skip

    assert found.table.empty and found.menu.table.empty and not found.capped
    assert found.all_evidence() == ()
