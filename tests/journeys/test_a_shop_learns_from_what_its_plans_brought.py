"""Plan, apply, trade on, measure, learn: the next plan expects what the last one showed."""

import pandas as pd
import pytest

GOAL = "Sell more mugs in 4 weeks, only pricing"
PLANNED, LATER = "2026-03-01", "2026-04-01"


def as_if_prices_moved_nothing(late, new_prices):
    """The month's orders at the new prices, in numbers that the new prices did not change."""
    rows = pd.read_csv(late / "orders.csv", dtype=str)
    mine = rows["sku"].isin(new_prices)
    rows.loc[mine, "unit_price"] = rows.loc[mine, "sku"].map(new_prices)
    rows.loc[mine, "discount"] = "0"
    rows.to_csv(late / "orders.csv", index=False)


@pytest.fixture(scope="module")
def story(bundles, travels, tmp_path_factory):
    """Everything that was typed, and what it answered."""
    early, late = bundles
    shop = travels(tmp_path_factory.mktemp("shop"))
    shop.types(PLANNED, "init", ".", "--currency", "CNY", "--country", "CN")
    told = {name: shop.types(PLANNED, name) for name in ("outcome", "learn")}
    shop.types(PLANNED, "import", str(early))
    shop.types(PLANNED, "outcome", "plan-none", code=2)
    shop.types(PLANNED, "learn", "--show", "--reset", code=2)
    told |= {"empty": shop.types(PLANNED, "outcome"), "unlearnt": shop.types(PLANNED, "learn")}
    plan = shop.types(PLANNED, "plan", GOAL, "--yes", "--json", code=3)
    shop.types(PLANNED, "approve", plan["plan_id"], "--all", "--role", "owner")
    shop.types(PLANNED, "apply", plan["plan_id"])
    told["too early"] = shop.types(PLANNED, "outcome")
    as_if_prices_moved_nothing(late, {a["sku"]: a["after"]["price"] for a in plan["actions"]})
    shop.types(LATER, "import", str(late))
    told["before learning"] = shop.types(LATER, "plan", GOAL, "--yes", "--json", code=None)
    told["measured"] = shop.types(LATER, "outcome", plan["plan_id"], "--json")
    told["screen"] = shop.types(LATER, "outcome")
    told["learnt"] = shop.types(LATER, "learn", "--json")
    told["again"] = shop.types(LATER, "learn", "--json")
    told["next"] = shop.types(LATER, "plan", GOAL, "--yes", "--json", code=None)
    told["reset"] = shop.types(LATER, "learn", "--reset", "--json")
    told["after reset"] = shop.types(LATER, "learn", "--json")
    return plan, told


def test_before_anything_was_applied_there_is_nothing_to_tell(story):
    _, told = story
    for name in ("outcome", "empty"):
        assert "No plan has been applied long enough ago" in told[name]
    for name in ("learn", "unlearnt"):
        assert "Nothing has been learnt yet" in told[name]
    assert "no plan has been applied long enough ago" in told["too early"].lower()


def test_every_action_has_an_outcome_with_its_interval(story):
    plan, told = story
    (measured,) = told["measured"]["plans"]
    assert {o["action_id"] for o in measured["outcomes"]} == {a["id"] for a in plan["actions"]}
    assert measured["measured"] > 0
    for outcome in measured["outcomes"]:
        if outcome["happened"] is None:
            assert outcome["note"]
            continue
        low, middle, high = (float(outcome["happened"][p]) for p in ("p10", "p50", "p90"))
        assert low <= middle <= high and outcome["evidence"] and outcome["final"]
    assert measured["total"]["happened"] is not None
    assert plan["plan_id"] in told["screen"] and "verdict" in told["screen"]


def test_each_outcome_is_learnt_from_once(story):
    _, told = story
    assert told["learnt"]["new"] > 0 and told["again"]["new"] == 0
    assert told["again"]["trust"] == told["learnt"]["trust"]
    assert told["again"]["lessons"] == told["learnt"]["lessons"]


def elasticities(plan):
    return {
        (action["sku"]): evidence["result"]
        for action in plan["actions"]
        for evidence in action["evidence"]
        if evidence["tool"] == "tools.elasticity.estimate_elasticity"
    }


def test_the_next_plan_expects_what_the_last_one_showed(story):
    _, told = story
    learnt, before = elasticities(told["next"]), elasticities(told["before learning"])
    assert told["learnt"]["prices"] and learnt and told["learnt"]["next_plan"]
    showed = [(p["elasticity"], p["std_error"] ** -2) for p in told["learnt"]["prices"]]
    usual = sum(e * weight for e, weight in showed) / sum(weight for _, weight in showed)
    for found in learnt.values():
        was, now = found["before_learning"], found["elasticity"]
        assert abs(now - usual) < abs(was - usual) or abs(now - was) < 0.1
        assert found["std_error"] < found["before_learning_error"]
    assert not any("before_learning" in found for found in before.values())


def test_a_plan_says_by_which_outcomes_it_was_scaled(story):
    _, told = story
    (trust,) = told["learnt"]["trust"]
    for action in told["next"]["actions"]:
        used = [e for e in action["evidence"] if e["tool"] == "tools.learning.trust_of"]
        assert [e["result"]["factor"] for e in used] == [trust["factor"]]


def test_what_was_forgotten_is_not_learnt_again(story):
    _, told = story
    assert told["reset"]["forgotten"] == told["learnt"]["new"]
    assert not told["after reset"]["lessons"] and told["after reset"]["new"] == 0
