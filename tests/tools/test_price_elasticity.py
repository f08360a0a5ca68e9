import numpy as np
import pandas as pd
import pytest

from tools.elasticity import PRIOR, PRIOR_SD, estimate_elasticity


@pytest.fixture(scope="module")
def confounded(make_shop):
    """Prices follow demand, but costs move prices too."""
    return make_shop(160, follows_demand=0.8)


@pytest.fixture(scope="module")
def estimated(confounded, source):
    return estimate_elasticity(confounded.panel, confounded.catalogue, source=source)


def test_cost_changes_recover_the_truth_where_prices_follow_demand(confounded, estimated):
    miss = estimated.table["elasticity"].to_numpy() - confounded.elasticity
    assert abs(miss.mean()) < 0.3
    assert np.sqrt((miss**2).mean()) < 0.5
    assert estimated.table["identified"].mean() > 0.9
    assert set(estimated.table["instrument"]) == {"cost"}


def test_the_stated_errors_are_as_large_as_the_misses(confounded, estimated):
    table = estimated.table
    miss = (table["elasticity"] - confounded.elasticity).abs()
    assert 0.65 <= (miss < 1.2816 * table["std_error"]).mean() <= 0.99


def test_without_costs_the_same_shop_is_flagged_and_its_errors_are_wide(confounded, source):
    panel = confounded.panel.drop(columns="cost_minor")
    found = estimate_elasticity(panel, confounded.catalogue, source=source)
    assert not found.table["identified"].any()
    assert set(found.table["instrument"]) == {"none"}
    assert (found.table["std_error"] > 0.45).all()
    miss = (found.table["elasticity"] - confounded.elasticity).abs()
    assert (miss < 1.2816 * found.table["std_error"]).mean() > 0.7
    assert "no cost changes or price experiments on file" in found.evidence("S0000").assumptions[0]


def test_prices_that_never_moved_leave_only_published_studies(make_shop, source):
    shop = make_shop(20, 365, price_moves=False)
    found = estimate_elasticity(shop.panel, shop.catalogue, source=source)
    assert set(found.table["basis"]) == {"prior"}
    assert not found.table["identified"].any()
    assert (found.table["elasticity"] == PRIOR).all()
    assert (found.table["std_error"] >= PRIOR_SD).all()
    assert "published studies" in found.evidence("S0000").assumptions[0]


def test_a_sku_whose_price_never_moved_borrows_from_its_category_with_more_doubt(make_shop, source):
    shop = make_shop(80, seed=2)
    panel = shop.panel.copy()
    still = panel["sku"] == "S0000"
    for column in ("list_price_minor", "cost_minor"):
        panel.loc[still, column] = panel.loc[still, column].iloc[0]
    found = estimate_elasticity(panel, shop.catalogue, source=source).table
    assert not found.at["S0000", "identified"]
    assert found.at["S0000", "basis"] in ("category", "shop")
    assert found.at["S0000", "price_levels"] == 1
    category = shop.catalogue.set_index("sku")["category"].eq("C0")
    assert found.at["S0000", "std_error"] >= found.loc[category, "std_error"].max()


def test_a_sku_without_history_gets_its_categorys(estimated, confounded, source):
    catalogue = pd.concat(
        [confounded.catalogue, pd.DataFrame({"sku": ["NEW"], "category": ["C1"]})]
    )
    found = estimate_elasticity(confounded.panel, catalogue, source=source)
    assert found.parts.at["NEW", "pool"] == estimated.parts.at["S0001", "pool"]
    assert not found.table.at["NEW", "identified"]


def test_no_history_at_all_leaves_the_prior(make_shop, source):
    shop = make_shop(5, 60)
    found = estimate_elasticity(shop.panel.iloc[:0], shop.catalogue, source=source)
    assert found.table["basis"].eq("prior").all()


def test_the_order_of_rows_and_skus_does_not_matter(make_shop, source):
    shop = make_shop(40, 400, seed=4)
    shuffled = shop.panel.sample(frac=1, random_state=1)
    shuffled["sku"] = shuffled["sku"].astype(str)
    again = estimate_elasticity(shuffled, shop.catalogue[::-1], source=source).table
    once = estimate_elasticity(shop.panel, shop.catalogue, source=source).table
    pd.testing.assert_frame_equal(once, again)


def test_the_figure_follows_from_its_evidence(estimated):
    for sku in estimated.table.index[::17]:
        parts = estimated.evidence(sku).result
        noise, spread = parts["own_gap_error"] ** 2, parts["spread"] ** 2
        own = parts["own_gap"] - parts["near"]
        again = parts["pool"] + parts["near"] + own * spread / (spread + noise)
        error = np.sqrt(parts["pool_error"] ** 2 + spread * noise / (spread + noise))
        assert parts["elasticity"] == pytest.approx(again, rel=1e-4)
        assert parts["std_error"] == pytest.approx(error, rel=1e-4)


def test_a_shop_without_categories_learns_from_the_whole_shop(make_shop, source):
    shop = make_shop(40, 400, seed=4)
    found = estimate_elasticity(shop.panel, shop.catalogue.assign(category=None), source=source)
    assert set(found.table["basis"]) <= {"sku", "shop"}
    assert found.table["identified"].any()


def test_discounts_only_buyers_see_do_not_pass_for_prices(make_shop, source):
    """A bulk price shows on days with a large sale only; it did not cause the sale."""
    shop = make_shop(12, 365, price_moves=False, categories=1)
    panel = shop.panel.assign(discount=(shop.panel["units"] > 5) * 0.3)
    found = estimate_elasticity(panel, shop.catalogue, source=source).table
    assert set(found["basis"]) == {"prior"}
