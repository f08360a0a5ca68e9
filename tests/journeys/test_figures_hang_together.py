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
    assert any("whole orders" in note for note in plan["notes"])


def test_an_order_says_what_the_shop_will_hold_with_it(plan_for):
    for action in plan_for("Grow gross profit next month, only reordering")["actions"]:
        held = max(action["before"]["on_hand"], 0) + action["before"]["inbound"]
        said = re.search(r"bring them to ([\d,]+) of", action["reasons"][0]["en"])
        assert said is not None
        assert int(said[1].replace(",", "")) == held + action["after"]["quantity"]


@pytest.fixture
def policy(shop):
    """Changes the policy for one test."""
    path = shop.folder / "policy.toml"
    text = path.read_text()

    def change(was, becomes):
        assert was in text
        path.write_text(text.replace(was, becomes))

    yield change
    path.write_text(text)


def test_what_the_policy_protects_takes_no_place_in_a_plan_and_the_plan_says_so(plan_for, policy):
    policy("max_per_plan = 50", "max_per_plan = 3")
    goal = "Sell more units in 4 weeks, only pricing"
    chosen = {action["sku"] for action in plan_for(goal)["actions"]}
    policy("skus = []", f"skus = {sorted(chosen)}")
    plan = plan_for(goal)
    assert plan["actions"] and not plan["refused"]
    assert not chosen & {action["sku"] for action in plan["actions"]}
    assert any(f"{len(chosen)} of 48 SKUs are protected" in note for note in plan["notes"])


def test_what_the_policy_refuses_is_not_forecast(shop, policy):
    policy('currency = "CNY"', 'currency = "USD"')
    said = shop.types("plan", "Grow gross profit next month", "--yes", "--json", code=4)
    plan, warned = said.json, said.err
    assert plan["refused"] and not plan["actions"] and "Warning" not in warned
    assert {middle(plan["forecast"]["difference"], m) for m in ("units", "revenue")} == {0}
    assert "the policy refuses" in shop.types("show", plan["plan_id"]).out


def test_a_figure_is_as_of_the_shops_own_day(shop, plan_for):
    plan = plan_for("Grow gross profit in 4 weeks")
    shown = shop.types("show", plan["plan_id"]).out
    explained = shop.types("explain", plan["actions"][0]["id"]).out
    days = {re.search(r"as of\s+(\d{4}-\d\d-\d\d)", text)[1] for text in (shown, explained)}
    assert len(days) == 1


def test_what_may_be_lost_is_named_by_what_it_is_counted_in(plan_for):
    plan = plan_for("Clear winter jackets in 4 weeks, no campaigns")
    worst = float(plan["forecast"]["difference"]["gross_profit"]["p10"])
    assert any(f"gross profit is {-worst:,.0f} CNY or more below" in n for n in plan["notes"])


def test_a_chinese_goal_is_forecast_under_chinese_headings(shop):
    said = shop.types("plan", "4周内提高毛利", "--yes", code=3).out
    assert re.search(r"未来 28 天 +维持现状 +执行计划 +差异", said)
    assert "do nothing" not in said


def test_where_no_product_is_meant_no_cost_is_asked_for(shop):
    said = shop.types("plan", "Grow gross profit of unicorn saddles", "--yes", code=2)
    assert "unicorn saddles" in said.err and "No cost" not in said.err
    assert "what to do: State it in the goal, e.g. " in said.err


@pytest.mark.parametrize("margin", ["nan", "inf", "-0.1", "1", "half"])
def test_a_margin_that_is_none_is_named_with_the_remedy(shop, margin):
    said = shop.types("plan", "Grow revenue", "--yes", f"--assume-margin={margin}", code=2)
    assert "--assume-margin" in said.err and "0.5" in said.err
