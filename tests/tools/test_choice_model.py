"""Where demand goes when a product is gone, against shops whose customers' tastes are known."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from evals.choice_shops import draw_choice_shop
from tools.choice_model import PRIOR_STAY, estimate_transference
from tools.shelf import Shelf

TODAY = date(2026, 7, 1)


def estimated(shop, **columns):
    catalogue = shop.catalogue.assign(**columns)
    return estimate_transference(
        shop.panel, catalogue, today=TODAY, source=shop.source, substitutes=shop.substitutes
    )


@pytest.fixture(scope="module")
def often_out():
    return draw_choice_shop(seed=3, outages=0.1, categories=4, days=400, noise=0.02)


def recaptured(shop):
    """Share of the demand that others get, as estimated and in truth, over the whole shop."""
    demand = shop.demand(shop.active)
    shelf = Shelf.of(
        pd.Index(shop.catalogue["sku"]), demand=demand, margin=np.ones(len(demand)),
        categories=shop.catalogue["category"], on=shop.active, transference=estimated(shop),
    )  # fmt: skip
    truth = np.array([shop.recaptured(sku) for sku in range(len(demand))])
    return np.average(shelf.recaptured(), weights=demand), np.average(truth, weights=demand)


@pytest.mark.parametrize("stay", [0.2, 0.9])
def test_the_share_that_stays_is_near_the_truth(stay):
    shop = draw_choice_shop(
        seed=3, outages=0.1, categories=4, days=400, noise=0.02, stays=(stay, stay)
    )

    found, truth = recaptured(shop)

    assert found == pytest.approx(truth, abs=0.15)


def test_a_category_that_was_often_sold_out_speaks_for_itself(often_out):
    assert "category" in set(estimated(often_out).table["basis"])


def test_alike_products_take_more_where_tastes_are_strong_and_not_where_there_are_none():
    strong = draw_choice_shop(seed=1, outages=0.1, taste=3.0, categories=3, days=300)
    none = draw_choice_shop(seed=1, outages=0.1, taste=0.0, categories=3, days=300)

    assert estimated(strong).nearness > estimated(none).nearness


def test_a_shop_that_was_never_sold_out_gets_the_published_share_with_its_width():
    shop = draw_choice_shop(seed=2, outages=0.0, categories=2, days=200)

    found = estimated(shop)

    assert list(found.table["basis"]) == ["prior", "prior"]
    assert found.table["stay"].to_numpy() == pytest.approx(PRIOR_STAY, abs=0.03)
    assert (found.table["stay_p90"] - found.table["stay_p10"] > 0.4).all()
    assert "published" in found.assumptions("C0")[0]
    assert "published" in found.assumptions("a category nobody sells")[0]


def test_the_same_figures_whatever_the_order_of_the_rows(often_out):
    shuffled = often_out.panel.sample(frac=1, random_state=1)
    catalogue = often_out.catalogue.sample(frac=1, random_state=2)

    one = estimated(often_out)
    other = estimate_transference(
        shuffled, catalogue, today=TODAY, source=often_out.source,
        substitutes=often_out.substitutes.sample(frac=1, random_state=3),
    )  # fmt: skip

    assert one.evidence("C1") == other.evidence("C1")


def test_a_stock_record_that_says_sold_out_while_it_sells_is_not_believed(often_out):
    wrong = often_out.panel.assign(on_hand=0.0)

    found = estimate_transference(
        wrong[wrong["units"] > 0], often_out.catalogue, today=TODAY, source=often_out.source
    )

    assert found.table["stay"].between(0, 1).all()


def test_slow_products_of_a_shop_without_stock_counts_are_no_launches(often_out):
    slow = often_out.panel[often_out.panel["units"] > 0].drop(columns="on_hand")

    found = estimate_transference(
        slow.groupby("sku", observed=True).sample(frac=0.2, random_state=1),
        often_out.catalogue, today=TODAY, source=often_out.source,
    )  # fmt: skip

    assert set(found.table["basis"]) == {"prior"}


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda panel: panel.iloc[:0], id="empty"),
        pytest.param(lambda panel: panel.iloc[:1], id="one row"),
        pytest.param(lambda panel: panel.assign(units=0.0), id="nothing ever sold"),
        pytest.param(lambda panel: panel.assign(units=np.nan), id="nothing known"),
        pytest.param(lambda panel: panel.assign(units=-panel["units"]), id="returns only"),
        pytest.param(lambda panel: panel.assign(on_hand=-5.0), id="negative stock"),
        pytest.param(lambda panel: panel.assign(on_hand=np.nan), id="unknown stock"),
        pytest.param(lambda panel: panel[panel["date"].dt.month != 3], id="a month missing"),
    ],
)
def test_poor_data_give_a_share_with_its_width(often_out, spoil):
    found = estimate_transference(
        spoil(often_out.panel), often_out.catalogue, today=TODAY, source=often_out.source
    )

    table = found.of(often_out.catalogue["category"])
    assert table[["stay", "stay_p10", "stay_p90"]].notna().all().all()
    assert (table["stay_p10"] < table["stay_p90"]).all()
