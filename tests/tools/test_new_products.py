"""What suppliers' products would sell, against the truth of shops that never had them."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from evals.choice_shops import draw_choice_shop
from tools.choice_model import estimate_transference
from tools.forecast import forecast_demand
from tools.new_products import categories_of, score_new_products
from tools.price_ladder import PriceLimits

TODAY = date(2026, 7, 1)
LIMITS = PriceLimits("GBP", Decimal("0.1"), Decimal("0.2"), endings=("99",))


@pytest.fixture(scope="module")
def shop():
    return draw_choice_shop(seed=1, candidates=6, categories=4, days=250, taste=2.0)


@pytest.fixture(scope="module")
def offers(shop):
    return shop.catalogue[~shop.active].assign(
        supplier="Acme", min_order=6.0, case_pack=6.0, lead_time_days=7.0, list_price_minor=np.nan
    )


@pytest.fixture(scope="module")
def known(shop):
    catalogue = shop.catalogue[shop.active]
    demand = forecast_demand(shop.panel, start=TODAY, horizon_days=28, source=shop.source,
                             categories=catalogue.set_index("sku")["category"])  # fmt: skip
    moved = estimate_transference(
        shop.panel, catalogue, today=TODAY, source=shop.source, substitutes=shop.substitutes
    )
    return catalogue, demand, moved


@pytest.fixture
def score(shop, known):
    def scored(offers, **changes):
        catalogue, demand, moved = known
        given = {"limits": LIMITS, "today": TODAY, "source": shop.source}
        return score_new_products(
            offers, changes.pop("catalogue", catalogue), changes.pop("demand", demand),
            changes.pop("likeness", shop.substitutes), moved, **(given | changes),
        )  # fmt: skip

    return scored


def test_the_band_holds_what_such_products_would_sell(shop, offers, score):
    table = score(offers).table

    held = []
    for sku in table.index:
        place = int(sku[1:])
        on = shop.active.copy()
        on[place] = True
        sold_at = shop.at_price(place, float(table.at[sku, "price_minor"]))
        units = np.random.default_rng(place).poisson(28 * sold_at.demand(on)[place])
        held.append(table.at[sku, "demand_p10"] <= units <= table.at[sku, "demand_p90"])
    assert 0.6 <= np.mean(held) <= 1.0
    assert (table["demand_p90"] > 2 * table["demand_p50"]).mean() > 0.5


def test_what_it_takes_from_others_is_taken_off_its_worth(offers, score):
    table = score(offers).table

    own = table["units_p50"] / (1 - table["recaptured"])
    margin = table["price_minor"] - table["cost_minor"]
    assert (table["gross_profit_minor_p50"] < own * margin).all()
    assert table["recaptured"].between(0, 1).all()


def test_the_first_order_keeps_the_suppliers_terms_and_names_its_cash(offers, score):
    table = score(offers.assign(min_order=20.0, case_pack=12.0)).table

    assert (table["first_order"] % 12 == 0).all()
    assert (table["first_order"] >= 20).all()
    assert (table["cash_minor"] == table["first_order"] * table["cost_minor"]).all()


def test_prices_keep_margin_and_endings(offers, score):
    table = score(offers.assign(cost_minor=offers["price_minor"] * 0.95)).table

    assert (table["margin"] >= 0.1).all()
    assert (table["price_minor"] % 100 == 99).all()


def test_nothing_like_it_is_not_enough_to_say(offers, score, shop):
    known = set(shop.catalogue["sku"][shop.active])

    found = score(offers, likeness=shop.substitutes[shop.substitutes["sku"].isin(known)])

    assert set(found.table["verdict"]) == {"unlike"}
    assert found.candidates.empty


def test_a_large_least_order_is_not_worth_it(offers, score):
    assert score(offers.assign(min_order=1_000_000.0)).candidates.empty


def test_the_cheapest_supplier_is_taken(offers, score):
    dear = offers.assign(supplier="Dear", cost_minor=offers["cost_minor"] * 1.2)

    table = score(pd.concat([dear, offers])).table

    assert set(table["supplier"]) == {"Acme"}


def test_a_second_one_of_a_kind_is_worth_less_than_the_first(offers, score, shop):
    one = offers.iloc[:1]
    alike = shop.substitutes[shop.substitutes["sku"] == one["sku"].iloc[0]]
    twins = pd.concat([one, one.assign(sku="TWIN")])

    both = score(
        twins, likeness=pd.concat([shop.substitutes, alike.assign(sku="TWIN")])
    ).table  # fmt: skip

    worth = both["gross_profit_minor_p50"]
    assert worth.loc["TWIN"] < worth.loc[one["sku"].iloc[0]]
    assert both["demand_p50"].nunique() == 1


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda offers: offers.iloc[:0], id="no offers"),
        pytest.param(lambda offers: offers.assign(cost_minor=np.nan), id="no cost"),
        pytest.param(lambda offers: offers.assign(cost_minor=0.0), id="cost of nothing"),
        pytest.param(lambda offers: offers.assign(category=None), id="no category"),
        pytest.param(lambda offers: offers.assign(category="Elsewhere"), id="another category"),
        pytest.param(lambda offers: offers.assign(min_order=np.nan, case_pack=0.0), id="no terms"),
        pytest.param(lambda offers: offers.assign(list_price_minor=0.0), id="suggests nothing"),
        pytest.param(lambda offers: offers.assign(cost_minor=9e9), id="very dear"),
    ],
)
def test_poor_offers_give_sane_answers(offers, score, spoil):
    table = score(spoil(offers)).table

    figures = table.drop(columns=["lead_time_days"]).select_dtypes("number")
    assert np.isfinite(figures.to_numpy(dtype=float)).all()
    assert (table["price_minor"] > table["cost_minor"]).all()


def test_a_shop_that_has_sold_nothing_yet_says_so(offers, score, known):
    _, demand, _ = known
    empty = demand.table.iloc[:0]

    found = score(offers, demand=type(demand)(empty, TODAY, 28, demand.source, 0, 0))

    assert found.cases == 0
    assert found.candidates.empty
    assert any("assumed" in line for line in found.assumptions(found.table.index[0]))


def test_the_same_figures_whatever_the_order_of_the_rows(offers, score, known):
    catalogue, _, _ = known
    one = score(offers)
    other = score(offers.sample(frac=1, random_state=1),
                  catalogue=catalogue.sample(frac=1, random_state=2))  # fmt: skip

    sku = one.table.index[0]
    assert one.evidence(sku) == other.evidence(sku)


def test_a_suppliers_categories_are_read_as_the_shops_own():
    shop = pd.DataFrame({"category": ["Kitchen > Mugs", "Garden", None]})
    offered = pd.DataFrame({"category": ["mugs", "Kitchen / Mugs", "GARDEN", "Cars", None]})

    assert list(categories_of(offered, shop)) == [
        "Kitchen > Mugs", "Kitchen > Mugs", "Garden", "", "",
    ]  # fmt: skip
