"""A plan's figures hang together: one SKU, one forecast; the whole counts every part."""

import re

import pytest


@pytest.fixture(scope="module")
def shop(open_shop):
    return open_shop()


@pytest.fixture(scope="module")
def plan_for(shop):
    return lambda goal: shop.types("plan", goal, "--yes", "--json", code=3).json


def forecasts(plan):
    """SKU to the demand its actions rest on."""
    return {
        action["sku"]: evidence["result"]
        for action in plan["actions"]
        for evidence in action["evidence"]
        if evidence["tool"] == "tools.forecast.forecast_demand"
    }


def middle(impact, metric):
    return float(impact[metric]["p50"])


def test_what_a_sku_will_sell_does_not_depend_on_what_else_the_goal_is_about(plan_for):
    wide = forecasts(plan_for("Clear winter jackets in 4 weeks, no campaigns"))
    narrow = forecasts(plan_for("Clear stock of SKU WJ-0004 in 4 weeks, no campaigns"))
    assert narrow["WJ-0004"] == wide["WJ-0004"]


def test_products_listed_again_count_in_the_forecast_of_the_plan(plan_for):
    plan = plan_for("Grow gross profit of mugs in 4 weeks, no budget")
    listed = [a["impact"] for a in plan["actions"] if a["kind"] == "list_product"]
    assert listed
    for metric in ("units", "gross_profit"):
        alone = sum(middle(impact, metric) for impact in listed)
        assert middle(plan["forecast"]["difference"], metric) > alone * 0.8


def test_a_campaign_for_what_nobody_buys_names_products_and_earns_a_margin(plan_for):
    plan = plan_for("Clear dead stock in 4 weeks")
    campaigns = [a for a in plan["actions"] if a["kind"] == "send_campaign"]
    assert campaigns
    for campaign in campaigns:
        impact = campaign["impact"]
        assert campaign["after"]["skus"]
        assert 0 < middle(impact, "gross_profit") < middle(impact, "revenue")


def test_an_order_says_what_the_shop_will_hold_with_it(plan_for):
    for action in plan_for("Grow gross profit next month, only reordering")["actions"]:
        held = max(action["before"]["on_hand"], 0) + action["before"]["inbound"]
        said = re.search(r"bring them to ([\d,]+),", action["reasons"][0]["en"])
        assert said is not None
        assert int(said[1].replace(",", "")) == held + action["after"]["quantity"]


def test_where_no_product_is_meant_no_cost_is_asked_for(shop):
    said = shop.types("plan", "Grow gross profit of unicorn saddles", "--yes", code=2)
    assert "unicorn saddles" in said.err and "No cost" not in said.err
    assert "what to do: State it in the goal, e.g. " in said.err


@pytest.mark.parametrize("margin", ["nan", "inf", "-0.1", "1", "half"])
def test_a_margin_that_is_none_is_named_with_the_remedy(shop, margin):
    said = shop.types("plan", "Grow revenue", "--yes", f"--assume-margin={margin}", code=2)
    assert "--assume-margin" in said.err and "0.5" in said.err
