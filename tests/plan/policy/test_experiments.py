"""Every price that is tried is inside the limits, and few SKUs are under test at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ecomagent.domain.action import (
    ExperimentAfter,
    ExperimentBefore,
    ExperimentBlock,
    PriceAfter,
    PriceBefore,
    SetPrice,
)
from ecomagent.domain.action import StartExperiment as Start
from ecomagent.plan.policy import PolicyContext, SkuFacts, judge, judge_all, parse_policy
from ecomagent.plan.policy.file import default_policy_text

NOW = datetime(2024, 5, 6, 9, tzinfo=UTC)


def policy(**changes):
    made = parse_policy(default_policy_text("GBP"))
    tried = made.experiment.model_copy(update=changes)
    return made.model_copy(update={"experiment": tried})


def context(skus=("A", "B"), **facts):
    known = {"list_price": Decimal("20.00"), "price": Decimal("20.00"), "cost": Decimal("10.00")}
    return PolicyContext(
        currency="GBP", now=NOW, skus={sku: SkuFacts(sku, **(known | facts)) for sku in skus}
    )


def experiment(sku="A", prices=("20.00", "18.00", "18.00", "20.00"), *, before=None, **after):
    start = NOW + timedelta(days=1)
    blocks = tuple(
        ExperimentBlock(
            starts_at=start + timedelta(days=7 * number),
            ends_at=start + timedelta(days=7 * number + 7),
            price=Decimal(price),
        )
        for number, price in enumerate(prices)
    )
    shown = {"price": Decimal("20.00"), "version": "v"} | (before or {})
    values = {"experiment_id": f"exp_{sku}", "blocks": blocks, "chance": Decimal("0.5")} | after
    return Start(sku=sku, before=ExperimentBefore(**shown), after=ExperimentAfter(**values))


def words(action, *, of=None, at=None):
    judged = judge(of or policy(), action, at or context())
    denied = [rule for rule in judged.verdict.rules if rule.decision == "deny"]
    return [(rule.rule, rule.message) for rule in denied]


def test_a_price_inside_every_limit_waits_for_a_person():
    judged = judge(policy(), experiment(), context())
    assert judged.verdict.decision == "needs_approval"
    assert judged.action.risk == "medium"
    assert judged.action.after == experiment().after


@pytest.mark.parametrize(
    ("prices", "facts", "why"),
    [
        (("20.00", "17.90"), {}, "10 % off"),
        (("20.00", "18.00"), {"cost": Decimal("16.00")}, "a margin of 15 %"),
        (("20.00", "18.00"), {"map_price": Decimal("19.00")}, "minimum advertised"),
        (("20.00", "18.00"), {"cost": None}, "cost is not known"),
    ],
)
def test_a_level_outside_a_limit_is_refused_not_moved(prices, facts, why):
    ((rule, message),) = words(experiment(prices=prices), at=context(**facts))[:1]
    assert rule == "experiment_levels"
    assert why in message


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"prices": ("20.00", "20.00")}, "nothing would be compared"),
        ({"prices": ("18.00", "18.00")}, "nothing would be compared"),
        ({"prices": ("20.00", "21.00")}, "above the list price"),
        ({"prices": ("20.00", "0.00")}, "not a price"),
        ({"before": {"experiment_id": "exp_other"}}, "is on"),
        ({"before": {"promotion_id": "promo"}}, "is on"),
        ({"status": "stopped"}, "is not on"),
        ({"blocks": experiment().after.blocks[::-1]}, "one after the other"),
        ({"prices": ("18.00", "18.00"), "controls": ("A",)}, "compared with itself"),
        ({"prices": ("18.00", "18.00"), "controls": ("C",)}, "not a SKU of this shop"),
        ({"controls": ("B",)}, "nothing would be compared"),
    ],
)
def test_what_no_shop_could_mean_is_refused(broken, why):
    found = words(experiment(**broken))
    assert found[0][0] == "sane_values"
    assert any(why in message for _, message in found)


def test_only_the_policys_share_of_skus_is_under_test():
    names = [f"S{number}" for number in range(100)]
    asked = [experiment(sku) for sku in names[:5]]
    two = judge_all(policy(max_share=Decimal("0.02")), asked, context(names))
    assert [len(two.actions), len(two.refused)] == [2, 3]
    said = {rule.rule: rule.decision for rule in two.refused[0].verdict.rules}
    assert said["experiment_share"] == "deny"
    none = judge_all(policy(max_share=Decimal(0)), asked, context(names))
    assert none.actions == ()


def test_a_policy_that_says_nothing_of_experiments_allows_none():
    text = default_policy_text("GBP")
    silent = parse_policy(text[: text.index("[experiment]")])
    assert words(experiment(), of=silent)[0][0] == "experiment_share"


def test_one_that_runs_may_be_stopped():
    ends = experiment(status="stopped", before={"experiment_id": "exp_A"})
    judged = judge(policy(), ends, context())
    assert judged.verdict.decision == "needs_approval"
    assert words(ends.model_copy(update={"sku": "B"})) == []


def matched():
    return experiment("A", ("18.00", "18.00"), controls=("B",))


def price_of(sku):
    return SetPrice(
        sku=sku,
        before=PriceBefore(price=Decimal("20.00"), version="v"),
        after=PriceAfter(price=Decimal("20.50")),
    )


@pytest.mark.parametrize("sku", ["A", "B"])
def test_what_an_experiment_compares_keeps_its_price(sku):
    running = replace(context(("A", "B", "C")), held={"A": "A", "B": "A"})
    (said,) = words(price_of(sku), at=running)
    assert said == ("experiment_hold", f"{sku} stays as it is for the experiment on A")
    assert words(price_of("C"), at=running) == []
    assert words(price_of(sku), at=replace(running, restoring=True)) == []


@pytest.mark.parametrize("first", [0, 1])
def test_a_plan_does_not_move_what_its_own_experiment_compares(first):
    both = [matched(), price_of("B")]
    judged = judge_all(policy(), both[first:] + both[:first], context())
    assert [type(action) for action in judged.actions] == [type(both[first])]
    denied = [rule.rule for rule in judged.refused[0].verdict.rules if rule.decision == "deny"]
    assert denied == ["experiment_hold"]


def test_a_sku_that_serves_for_comparison_is_not_tried_itself():
    running = replace(context(("A", "B")), held={"A": "A", "B": "A"})
    assert words(experiment("B"), at=running)[0][0] == "experiment_hold"
