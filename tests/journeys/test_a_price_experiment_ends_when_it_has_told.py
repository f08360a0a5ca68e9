"""A shop that never moved its prices tries one, looks after two weeks, stops, and prices on it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

SKUS = tuple(f"T{number:02d}" for number in range(12))
GOAL = "More gross profit in 4 weeks, only pricing"
CHINESE = "4周内提高毛利,只用调价"
PLANNED, LATER = "2026-03-01", "2026-03-17"
LONDON = ZoneInfo("Europe/London")
TRUTH = -6.0
"""Customers answer prices far more than studies say: two weeks are enough to tell."""


def sales(first, last, seed, tried=None):
    """Order lines of every day: one a SKU, more of the one that is cheaper."""
    rng, rows = np.random.default_rng(seed), []
    for day in pd.date_range(first, last):
        for number, sku in enumerate(SKUS):
            price = tried(sku, day.date()) if tried else 40.0
            mean = 60 * (0.6 + 0.07 * number) * (price / 40) ** TRUTH
            units = int(rng.negative_binomial(mean, 0.5))
            rows.append((f"O{day:%Y%m%d}{sku}", 1, sku, units, price, 0, f"{day:%Y-%m-%d}T12:00Z"))
    columns = ["order_id", "line_id", "sku", "quantity", "unit_price", "discount", "ordered_at"]
    found = pd.DataFrame(rows, columns=columns)
    return found[found["quantity"] > 0]


def prices_asked(plan):
    """What a plan's experiment and new prices ask of a SKU on a day."""
    made = {action["sku"]: action["after"] for action in plan["actions"]}

    def asked(sku, day):
        after = made.get(sku, {"price": 40})
        for block in after.get("blocks", ()):
            if day_of(block["starts_at"]) <= day < day_of(block["ends_at"]):
                return float(block["price"])
        return float(after.get("price", 40))

    return asked


def day_of(moment) -> date:
    return datetime.fromisoformat(moment).astimezone(LONDON).date()


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    names = pd.DataFrame({"sku": SKUS})
    opened = names.assign(**{"from": "2025-01-01T00:00Z"})
    names.assign(
        title="Tea " + names["sku"], category="Tea", cost=18, price=40, currency="GBP"
    ).to_csv(folder / "products.csv", index=False)
    opened.assign(cost=18).to_csv(folder / "costs.csv", index=False)
    opened.assign(price=40, kind="list").to_csv(folder / "prices.csv", index=False)
    names.assign(on_hand=99999, inbound=0, at="2026-02-28T23:00Z").to_csv(
        folder / "stock.csv", index=False
    )
    sales("2025-04-01", "2026-02-28", 1).to_csv(folder / "orders.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def opened(history, travels, tmp_path_factory):
    """A shop with that history; its policy changed by words to replace."""

    def make(**words):
        folder = tmp_path_factory.mktemp("shop")
        shop = travels(folder)
        shop.types(PLANNED, "init", ".", "--currency", "GBP", "--country", "GB")
        policy = folder / "policy.toml"
        text = policy.read_text()
        for name, value in words.items():
            text = text.replace(f"{name} = true", f"{name} = {value}")
        policy.write_text(text)
        shop.types(PLANNED, "import", str(history))
        return shop

    return make


@pytest.fixture(scope="module")
def story(opened, tmp_path_factory):
    """Everything that was typed, and what it answered."""
    shop = opened()
    first = shop.types(PLANNED, "plan", GOAL, "--yes", "--json", code=3)
    trial = next(each for each in first["actions"] if each["kind"] == "start_experiment")
    told = {"explained": shop.types(PLANNED, "explain", trial["id"])}
    shop.types(PLANNED, "approve", first["plan_id"], "--all", "--role", "owner")
    shop.types(PLANNED, "apply", first["plan_id"])
    late = tmp_path_factory.mktemp("late")
    asked = prices_asked(first)
    sales(PLANNED, "2026-03-16", 2, asked).to_csv(late / "orders.csv", index=False)
    shop.types(LATER, "import", str(late))
    told["chinese"] = shop.types(LATER, "plan", CHINESE, "--yes", "--json", code=3)
    told["left alone"] = shop.types(
        LATER, "plan", "Win back customers in 4 weeks with campaigns only", "--yes", "--json",
        code=None,
    )  # fmt: skip
    told["second"] = shop.types(LATER, "plan", GOAL, "--yes", "--json", code=3)
    shop.types(LATER, "approve", told["second"]["plan_id"], "--all", "--role", "owner")
    told["applied"] = shop.types(LATER, "apply", told["second"]["plan_id"])
    told["third"] = shop.types(LATER, "plan", GOAL, "--yes", "--json", code=None)
    return trial, told


def test_it_is_explained_with_its_power_length_bounds_and_largest_loss(story):
    trial, told = story
    rule = trial["after"]["rule"]
    text = " ".join(told["explained"].split())
    weeks = len(trial["after"]["blocks"])
    assert f"{weeks} weeks at one of two prices, by chance (switchback)" in text
    assert "It tells which price earns more with a chance of" in text
    assert ", ".join(f"{float(bound):.2f}" for bound in rule["bounds"]) in text
    assert f"£{float(rule['most_lost']):,.2f}" in text
    assert len(rule["looks"]) == len(rule["bounds"]) == weeks / 2


def stops(plan):
    return [
        each
        for each in plan["actions"]
        if each["kind"] == "start_experiment" and each["after"]["status"] == "stopped"
    ]


def test_the_plan_after_two_weeks_stops_what_has_told(story):
    trial, told = story
    (stop,) = stops(told["second"])
    assert stop["sku"] == trial["sku"]
    (evidence,) = stop["evidence"]
    assert evidence["tool"] == "tools.experiment_look.look_at"
    found = evidence["result"]
    assert found["elasticity"] < -4 and abs(found["z"]) >= found["bound"]
    assert found["information"] == 0.5 and found["verdict"] == "told"
    assert "the lower price earns more: stop." in stop["reasons"][0]["en"]
    assert stop["verdict"]["decision"] == "needs_approval"
    assert "低价利润更高" in stop["reasons"][0]["zh"]
    assert "applied" in told["applied"]


def test_what_runs_is_told_of_in_the_words_of_the_goal(story):
    trial, told = story
    assert any(f"Experiment on {trial['sku']}: look 1" in n for n in told["second"]["notes"])
    assert any(f"价格试验 {trial['sku']}: 第 1/" in n for n in told["chinese"]["notes"])


def test_a_goal_that_leaves_prices_alone_stops_none(story):
    _, told = story
    assert stops(told["left alone"]) == []


def test_until_it_is_stopped_its_price_stays_and_then_rests_on_what_it_showed(story):
    trial, told = story
    moved = {
        name: [each for each in told[name]["actions"]
               if each["sku"] == trial["sku"] and each["kind"] == "set_price"]
        for name in ("second", "third")
    }  # fmt: skip
    assert moved["second"] == []
    (action,) = moved["third"]
    assert float(action["after"]["price"]) < 40
    assert "price changes and trials that were measured" in action["reasons"][0]["en"]
    assert stops(told["third"]) == [] and not any("look 1" in n for n in told["third"]["notes"])


def test_where_prices_may_not_come_and_go_others_that_sell_alike_are_held(opened):
    shop = opened(switchback="false")
    plan = shop.types(PLANNED, "plan", CHINESE, "--yes", "--json", code=3)
    trial = next(each for each in plan["actions"] if each["kind"] == "start_experiment")
    held = trial["after"]["controls"]
    assert 2 <= len(held) <= 5
    assert {block["price"] for block in trial["after"]["blocks"]} == {"36.00"}
    priced = {each["sku"] for each in plan["actions"] if each["kind"] == "set_price"}
    assert priced and not priced & {*held, trial["sku"]}
    said = " ".join(shop.types(PLANNED, "explain", trial["id"]).split())
    assert "价格不变的" in said and "两价相当时误判率为 5%" in said
