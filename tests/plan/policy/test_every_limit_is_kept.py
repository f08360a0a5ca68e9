"""Whatever is asked, what policy lets through keeps every limit, by arithmetic done anew here."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ecomagent.domain.action import (
    PriceAfter,
    PriceBefore,
    PromotionAfter,
    PromotionBefore,
    SetPrice,
    StartPromotion,
)
from ecomagent.domain.evidence import DataRef
from ecomagent.domain.goal import Constraints, Objective
from ecomagent.domain.money import minor_digits
from ecomagent.plan.policy import PolicyContext, SkuFacts, judge, parse_policy, price_reach
from ecomagent.plan.policy.file import default_policy_text
from ecomagent.plan.policy.limits import margin_floor
from tools.elasticity import Elasticities
from tools.forecast import DemandForecast
from tools.price_draws import price_options
from tools.price_ladder import PriceLimits
from tools.pricing import price_menu

NOW = datetime(2025, 3, 3, 9, tzinfo=UTC)
FLOORS = ["positive_price", "protected", "unknown_cost_no_cut", "never_below_cost"]
PRICE_CLAMPS = {
    "max_change_per_day", "max_change_per_week", "goal_max_price_change", "promotion_depth",
    "margin_floor", "map_price", "price_endings",
}  # fmt: skip

shares = st.integers(0, 60).map(lambda n: Decimal(n) / 100)


ENDINGS = [(), (), ("9",), ("0", "5", "9"), ("99", "95"), ("499", "0")]
DEFAULTS = {code: parse_policy(default_policy_text(code)) for code in ("GBP", "JPY", "KWD")}


@st.composite
def policies(draw, currency):
    policy = DEFAULTS[currency]
    day, week = draw(st.integers(1, 40)), draw(st.integers(1, 60))
    price = {
        "max_change_per_day": Decimal(day) / 100,
        "max_change_per_week": Decimal(week) / 100,
        "endings": draw(st.sampled_from(ENDINGS)),
    }
    promotion = {"max_depth": draw(shares), "max_days": draw(st.integers(1, 60))}
    protected = {"skus": draw(st.sampled_from([(), (), ("B",), ("A",)]))}
    return policy.model_copy(
        update={
            "margin": policy.margin.model_copy(update={"min_margin": draw(shares)}),
            "price": policy.price.model_copy(update=price),
            "promotion": policy.promotion.model_copy(update=promotion),
            "protected": policy.protected.model_copy(update=protected),
        }
    )


@st.composite
def situations(draw):
    """A SKU as the shop shows it, a policy and a goal, and the price somebody wants for it."""
    currency = draw(st.sampled_from(sorted(DEFAULTS)))
    digits = minor_digits(currency)
    now = draw(st.integers(1, 20_000))

    def about(low, high):
        span = st.integers(max(1, now * low // 100), max(1, now * high // 100))
        return span.map(lambda minor: Decimal(minor).scaleb(-digits))

    price = Decimal(now).scaleb(-digits)
    facts = SkuFacts(
        sku="A",
        product_id="P",
        category="Kitchen > Mugs",
        list_price=price,
        price=price,
        cost=draw(st.none() | about(10, 110)),
        map_price=draw(st.none() | about(60, 105)),
        price_day_ago=draw(st.none() | about(80, 120)),
        price_week_ago=draw(st.none() | about(70, 130)),
    )
    constraints = Constraints(
        min_margin=draw(st.none() | shares),
        max_price_change=draw(st.none() | shares),
        max_discount=draw(st.none() | shares),
    )
    context = PolicyContext(currency=currency, now=NOW, skus={"A": facts}, constraints=constraints)
    return context, draw(policies(currency)), draw(about(60, 140))


def set_price(context, wanted):
    before = PriceBefore(price=context.skus["A"].list_price, version="1")
    return SetPrice(sku="A", before=before, after=PriceAfter(price=wanted))


def within(price, base, share):
    return base * (1 - share) <= price <= base * (1 + share)


def broken_by(price, context, policy):
    """Names of the limits a list price breaks."""
    facts, asked = context.skus["A"], context.constraints
    now, day, week = facts.list_price, facts.price_day_ago, facts.price_week_ago
    floor = max(policy.margin.min_margin, asked.min_margin or Decimal(0))
    digits = minor_digits(context.currency)
    text = f"{int(price.scaleb(digits)):06d}"
    checks = {
        "positive": price > 0 and price == round(price, digits),
        "day": within(price, now, policy.price.max_change_per_day)
        and (day is None or within(price, day, policy.price.max_change_per_day)),
        "week": within(price, week or now, policy.price.max_change_per_week),
        "goal": asked.max_price_change is None or within(price, now, asked.max_price_change),
        "margin": facts.cost is None or price - facts.cost >= floor * price,
        "cost": facts.cost is None or price >= facts.cost,
        "unknown cost": facts.cost is not None or price >= now,
        "map": facts.map_price is None or price >= facts.map_price,
        "endings": not policy.price.endings
        or any(text.endswith(ending) for ending in policy.price.endings),
        "protected": "A" not in policy.protected.skus,
    }
    return [name for name, kept in checks.items() if not kept]


@settings(max_examples=250, deadline=None)
@given(situations())
def test_a_list_price_that_passes_keeps_every_limit(situation):
    context, policy, wanted = situation
    judged = judge(policy, set_price(context, wanted), context)
    if judged.action is None:
        assert any(rule.decision == "deny" and rule.message for rule in judged.verdict.rules)
        return
    price, now = judged.action.after.price, context.skus["A"].list_price
    assert broken_by(price, context, policy) == []
    assert (price > now) == (wanted > now), "a cut never becomes a rise, nor the other way round"


@settings(max_examples=100, deadline=None)
@given(situations(), st.floats(0, 1))
def test_a_price_that_keeps_every_limit_is_left_alone(situation, place):
    context, policy, _ = situation
    policy = policy.model_copy(update={"protected": policy.protected.model_copy(
        update={"skus": ()})})  # fmt: skip
    digits = minor_digits(context.currency)
    reach = price_reach(policy, context).loc["A"]
    prices = [
        price
        for minor in range(reach["low_minor"], min(reach["high_minor"], reach["low_minor"] + 500))
        if not broken_by(price := Decimal(minor).scaleb(-digits), context, policy)
        and price != context.skus["A"].list_price
    ]
    if not prices:
        return
    wanted = prices[int(place * (len(prices) - 1))]
    judged = judge(policy, set_price(context, wanted), context)
    assert judged.action is not None, judged.verdict
    assert judged.action.after.price == wanted


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(situations())
def test_judging_again_changes_nothing(situation):
    context, policy, wanted = situation
    first = judge(policy, set_price(context, wanted), context)
    if first.action is None:
        return
    again = judge(policy, first.action, context)
    assert again.action.model_dump(exclude={"verdict"}) == first.action.model_dump(
        exclude={"verdict"}
    )
    assert (again.verdict.decision, again.verdict.role) == (
        first.verdict.decision,
        first.verdict.role,
    )
    assert [r for r in again.verdict.rules if r.clamped_to] == [
        r for r in first.verdict.rules if r.clamped_to
    ], "why it was moved stays with it"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(situations())
def test_the_trail_leads_from_what_was_asked_to_what_came_out(situation):
    context, policy, wanted = situation
    judged = judge(policy, set_price(context, wanted), context)
    if judged.action is None:
        return
    trail = [rule for rule in judged.verdict.rules if rule.rule in PRICE_CLAMPS and rule.clamped_to]
    stations = [wanted, *(Decimal(rule.clamped_to) for rule in trail)]
    assert [Decimal(rule.clamped_from) for rule in trail] == stations[:-1]
    assert stations[-1] == judged.action.after.price


@settings(max_examples=100, deadline=None)
@given(situations())
def test_floors_are_asked_last_and_always(situation):
    context, policy, wanted = situation
    names = [rule.rule for rule in judge(policy, set_price(context, wanted), context).verdict.rules]
    names = [name for name in names if name != "approval"]
    asked = [name for name in names if name in FLOORS]
    assert names[len(names) - len(asked) :] == asked
    assert asked, "an unknown or a known cost always has a floor's word"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(situations())
def test_the_reach_given_to_the_pricing_tool_is_what_policy_allows(situation):
    context, policy, wanted = situation
    free = policy.model_copy(update={"price": policy.price.model_copy(update={"endings": ()})})
    reach = price_reach(free, context).loc["A"]
    minor = int(wanted.scaleb(minor_digits(context.currency)))
    now = int(context.skus["A"].list_price.scaleb(minor_digits(context.currency)))
    assume(minor != now)
    inside = reach["low_minor"] <= minor <= reach["high_minor"]
    assert inside == (broken_by(wanted, context, free) == [])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(situations(), shares, st.integers(1, 90))
def test_a_promotion_that_passes_keeps_every_limit(situation, stated, days):
    context, policy, wanted = situation
    facts, asked = context.skus["A"], context.constraints
    action = StartPromotion(
        sku="A",
        starts_at=NOW,
        ends_at=NOW + timedelta(days=days),
        before=PromotionBefore(price=facts.list_price, version="1"),
        after=PromotionAfter(promotion_id="promo-1", discount=stated, price=wanted),
    )
    judged = judge(policy, action, context)
    if judged.action is None:
        return
    after, floor = judged.action.after, max(policy.margin.min_margin, asked.min_margin or 0)
    deepest = asked.max_price_change if asked.max_discount is None else asked.max_discount
    deepest = min(policy.promotion.max_depth, policy.promotion.max_depth if deepest is None
                  else deepest)  # fmt: skip
    assert facts.cost is not None, "with an unknown cost nothing is made cheaper"
    assert after.price < facts.list_price
    assert after.price >= facts.list_price * (1 - deepest)
    assert after.price - facts.cost >= floor * after.price
    assert facts.map_price is None or after.price >= facts.map_price
    assert judged.action.ends_at - judged.action.starts_at <= timedelta(
        days=policy.promotion.max_days
    )
    assert abs(after.discount - (1 - after.price / facts.list_price)) <= Decimal("0.0051")


@settings(max_examples=150, deadline=None)
@given(situations())
def test_no_price_that_may_be_drawn_by_chance_breaks_a_limit(situation):
    context, policy, _ = situation
    offered = price_options(_menu(context, policy), ["A"])

    now = context.skus["A"].list_price
    for minor in offered["price_minor"]:
        price = Decimal(int(minor)).scaleb(-minor_digits(context.currency))
        if price != now:
            assert broken_by(price, context, policy) == []
            judged = judge(policy, set_price(context, price), context)
            assert judged.action is not None and judged.action.after.price == price


def _menu(context, policy):
    facts, asked = context.skus["A"], context.constraints.max_price_change

    def minor(amount):
        return np.nan if amount is None else float(amount.scaleb(minor_digits(context.currency)))

    names = pd.Index(["A"], name="sku")
    source = DataRef(source="catalogue", as_of=NOW, facts_hash="f00d")
    demand = pd.DataFrame(
        {"mean_per_day": 4.0, "variance_per_day": 6.0, "log_error_sd": 0.2}, index=names
    )
    elasticity = pd.DataFrame({"elasticity": -2.0, "std_error": 0.7}, index=names)
    allowed = policy.price.max_change_per_day
    return price_menu(
        pd.DataFrame({"sku": names, "list_price_minor": minor(facts.list_price),
                      "cost_minor": minor(facts.cost), "map_price_minor": minor(facts.map_price),
                      "on_hand": 100.0, "inbound": 0.0}),
        DemandForecast(demand, NOW.date(), 28, source, 0, 0),
        Elasticities(elasticity, elasticity, {}, source),
        limits=PriceLimits(
            currency=context.currency, min_margin=margin_floor(policy, context).value,
            max_change=allowed if asked is None else min(asked, allowed),
            endings=policy.price.endings,
        ),
        bounds=price_reach(policy, context), objective=Objective.GROSS_PROFIT, source=source,
    )  # fmt: skip
