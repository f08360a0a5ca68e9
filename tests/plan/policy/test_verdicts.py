"""What policy says of single actions, in cases a merchant would name."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ecomagent.domain.action import (
    BundleAfter,
    BundleBefore,
    CampaignAfter,
    CampaignBefore,
    CreateBundle,
    DelistProduct,
    EndPromotion,
    ListProduct,
    PriceAfter,
    PriceBefore,
    PromotionAfter,
    PromotionBefore,
    Reorder,
    ReorderAfter,
    Risk,
    SendCampaign,
    SetPrice,
    StartPromotion,
    StatusAfter,
    StatusBefore,
    StockBefore,
)
from ecomagent.domain.goal import Constraints
from ecomagent.plan.policy import PolicyContext, SkuFacts, judge, parse_policy
from ecomagent.plan.policy.file import default_policy_text

NOW = datetime(2025, 3, 3, 9, tzinfo=UTC)
D = Decimal


def policy(**changes):
    """The first policy of a British shop, with single settings changed: section__key=value."""
    found = parse_policy(default_policy_text("GBP"))
    for name, value in changes.items():
        section, key = name.split("__")
        part = getattr(found, section).model_copy(update={key: value})
        found = found.model_copy(update={section: part})
    return found


def context(cost="2.00", price="5.00", **more):
    facts = {
        "sku": "MUG", "product_id": "P1", "category": "Kitchen > Mugs", "list_price": D(price),
        "price": D(price), "cost": None if cost is None else D(cost),
    }  # fmt: skip
    own = {key: more.pop(key) for key in list(more) if key in SkuFacts.__dataclass_fields__}
    skus = {"MUG": SkuFacts(**facts | own), "TEA": SkuFacts(sku="TEA", product_id="P2",
            list_price=D("4.00"), price=D("4.00"), cost=D("1.00"))}  # fmt: skip
    return PolicyContext(currency="GBP", now=NOW, skus=skus, **more)


def price(wanted, now="5.00"):
    return SetPrice(
        sku="MUG", before=PriceBefore(price=D(now), version="1"), after=PriceAfter(price=D(wanted))
    )


def promotion(wanted, discount, days=14, now="5.00"):
    return StartPromotion(
        sku="MUG",
        starts_at=NOW,
        ends_at=NOW + timedelta(days=days),
        before=PromotionBefore(price=D(now), version="1"),
        after=PromotionAfter(promotion_id="promo-1", discount=D(discount), price=D(wanted)),
    )


def order(quantity=10, unit_cost="2.00"):
    return Reorder(
        sku="MUG",
        before=StockBefore(on_hand=3, inbound=0, version="1"),
        after=ReorderAfter(
            purchase_order_id="po-1",
            quantity=quantity,
            unit_cost=D(unit_cost),
            cost_total=quantity * D(unit_cost),
        ),
    )


def campaign(cost="100.00", name="camp-1", starts_at=NOW + timedelta(hours=2), **more):
    return SendCampaign(
        segment="loyal",
        starts_at=starts_at,
        before=CampaignBefore(version="absent"),
        after=CampaignAfter(
            campaign_id=name, channel="email", audience=500, subject="Hello", body="Tea is back.",
            cost_total=D(cost), **more,
        ),
    )  # fmt: skip


def refusal(judged):
    assert judged.action is None
    return next(rule for rule in judged.verdict.rules if rule.decision == "deny")


def rule(judged, name):
    return next(rule for rule in judged.verdict.rules if rule.rule == name)


def test_a_price_outside_the_days_limit_is_moved_to_it_and_then_to_an_ending():
    judged = judge(policy(), price("5.90"), context())
    assert judged.action.after.price == D("5.50")
    assert rule(judged, "max_change_per_day").clamped_to == "5.50"
    assert "10 % of £5.00" in rule(judged, "max_change_per_day").message


def test_a_change_made_an_hour_ago_counts_against_todays_limit():
    judged = judge(policy(), price("5.90", now="5.40"), context(price_day_ago=D("5.00")))
    assert judged.action.after.price == D("5.50")


def test_the_goal_may_be_stricter_than_the_policy_and_is_named():
    stricter = context(constraints=Constraints(max_price_change=D("0.04"), min_margin=D("0.35")))
    judged = judge(policy(), price("5.45"), stricter)
    assert judged.action.after.price == D("5.20")
    assert "says the goal" in rule(judged, "goal_max_price_change").message


def test_the_goal_may_not_be_laxer_than_the_policy():
    laxer = context(cost="4.50", constraints=Constraints(min_margin=D("0.01")))
    said = refusal(judge(policy(), price("4.79"), laxer))
    assert said.rule == "margin_floor"
    assert "15 % (policy)" in said.message


def test_an_unknown_cost_allows_a_rise_but_no_cut():
    assert judge(policy(), price("5.25"), context(cost=None)).action is not None
    said = refusal(judge(policy(), price("4.75"), context(cost=None)))
    assert said.rule == "unknown_cost_no_cut"
    assert "not known" in said.message
    said = refusal(judge(policy(), promotion("4.50", "0.10"), context(cost=None)))
    assert said.rule == "unknown_cost_no_cut"


def test_no_policy_however_lax_lets_a_price_fall_below_cost():
    lax = policy(margin__min_margin=D(0), price__max_change_per_day=D("0.9"),
                 price__max_change_per_week=D("0.9"))  # fmt: skip
    judged = judge(lax, price("1.00"), context(cost="2.00"))
    assert judged.action is None or judged.action.after.price >= D("2.00")


def test_a_rise_of_the_list_price_under_a_running_promotion_is_checked_at_what_is_paid():
    during = context(cost="3.00", price="2.50")
    during.skus["MUG"].__dict__["list_price"] = D("5.00")
    said = refusal(judge(policy(), price("5.25"), during))
    assert said.rule == "never_below_cost"


@pytest.mark.parametrize("protected", [{"protected__skus": ("MUG",)},
                                       {"protected__categories": ("kitchen",)},
                                       {"protected__categories": ("Kitchen>Mugs",)}])  # fmt: skip
def test_what_is_protected_is_never_changed(protected):
    for action in (price("5.25"), promotion("4.50", "0.10"), order()):
        assert refusal(judge(policy(**protected), action, context())).rule == "protected"


def test_a_category_protects_only_itself_and_what_is_below_it():
    assert judge(policy(protected__categories=("Kitchen > Mug",)), price("5.25"), context()).action


def test_a_discount_that_is_too_deep_is_made_shallower_and_its_label_follows():
    judged = judge(policy(), promotion("2.50", "0.50"), context(cost="1.00"))
    assert judged.action.after.price == D("3.00")
    assert judged.action.after.discount == D("0.4")


def test_a_promotion_that_claims_more_than_it_gives_is_relabelled():
    judged = judge(policy(), promotion("4.50", "0.30"), context())
    assert judged.action.after.discount == D("0.1")
    assert "it said 30 %" in rule(judged, "promotion_label").message


def test_a_promotion_needs_an_end_and_runs_no_longer_than_allowed():
    judged = judge(policy(), promotion("4.50", "0.10", days=90), context())
    assert judged.action.ends_at == NOW + timedelta(days=42)
    endless = promotion("4.50", "0.10").model_copy(update={"ends_at": None})
    assert refusal(judge(policy(), endless, context())).rule == "promotion_days"


def test_nothing_is_advertised_below_its_brands_price():
    judged = judge(policy(), promotion("4.00", "0.20"), context(map_price=D("4.60")))
    assert judged.action.after.price == D("4.60")


def test_an_order_is_rounded_up_to_whole_cases_and_its_cost_follows():
    judged = judge(policy(), order(10), context(min_order=12, case_pack=8))
    assert judged.action.after.quantity == 16
    assert judged.action.after.cost_total == D("32.00")


def test_a_campaign_in_quiet_hours_waits_for_their_end_on_the_shops_clock():
    late = datetime(2025, 3, 3, 14, 30, tzinfo=UTC)  # 22:30 in Shanghai
    judged = judge(policy(), campaign(starts_at=late), context(timezone="Asia/Shanghai"))
    assert judged.action.starts_at == datetime(2025, 3, 4, 0, 0, tzinfo=UTC)


def test_a_campaign_costs_no_more_than_is_left_today():
    spent = context(spent_today=D("4950.00"))
    said = refusal(judge(policy(), campaign("100.00"), spent))
    assert said.rule == "campaign_budget"
    assert "£50.00 left (policy, per day)" in said.message


def test_nobody_is_written_to_more_often_than_the_policy_allows():
    said = refusal(judge(policy(), campaign(most_contacts=5), context()))
    assert said.rule == "contact_cap"
    assert "at most 4" in said.message
    assert judge(policy(), campaign(most_contacts=4), context()).action is not None


def test_a_budget_in_foreign_money_buys_nothing():
    foreign = context(constraints=Constraints(budget={"amount": D(2000), "currency": "EUR"}))
    assert refusal(judge(policy(), campaign(), foreign)).rule == "campaign_budget"


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (price("5.005"), "is not a price"),
        (price("0.00"), "is not a price"),
        (price("5.00"), "already"),
        (SetPrice(sku="NIL", before=PriceBefore(price=D(1), version="1"),
                  after=PriceAfter(price=D(2))), "not a SKU"),
        (order(0), "nothing would be ordered"),
        (campaign(hold_out=D("1.5")), "hold-out"),
        (campaign(starts_at=NOW - timedelta(days=3)), "has passed"),
        (promotion("5.50", "0.10"), "no less than the list price"),
        (ListProduct(product="P1", before=StatusBefore(status="active", version="1"),
                     after=StatusAfter(status="active")), "already"),
        (DelistProduct(product="P9", before=StatusBefore(status="active", version="1"),
                       after=StatusAfter(status="archived")), "not a product"),
        (EndPromotion(sku="MUG", before=PromotionBefore(price=D(4), version="1"),
                      after=PromotionAfter(price=D(5))), "no promotion is running"),
        (CreateBundle(sku="SET", before=BundleBefore(version="absent"),
                      after=BundleAfter(bundle_sku="SET", title="Set", price=D("5.99"),
                                        components={"MUG": 1})), "at least two"),
    ],
)  # fmt: skip
def test_what_no_shop_could_mean_is_refused_with_the_reason(action, words):
    said = refusal(judge(policy(), action, context()))
    assert said.rule == "sane_values"
    assert words in said.message


def test_a_bundle_of_which_one_part_has_no_cost_is_not_sold_for_less_than_its_parts():
    bundle = CreateBundle(
        sku="SET",
        before=BundleBefore(version="absent"),
        after=BundleAfter(
            bundle_sku="SET", title="Mug and tea", price=D("7.99"), components={"MUG": 1, "TEA": 1}
        ),
    )
    assert judge(policy(), bundle, context()).action is not None
    assert refusal(judge(policy(), bundle, context(cost=None))).rule == "unknown_cost_no_cut"


@pytest.mark.parametrize(
    ("wanted", "risk", "role"),
    [("5.15", Risk.LOW, "analyst"), ("5.35", Risk.MEDIUM, "manager")],
)
def test_larger_changes_are_riskier_and_need_a_higher_role(wanted, risk, role):
    judged = judge(policy(), price(wanted), context())
    assert (judged.action.risk, judged.verdict.role) == (risk, role)


def test_a_price_that_rests_on_an_assumed_cost_is_never_low_risk():
    judged = judge(policy(), price("5.15"), context(cost_assumed=True))
    assert judged.action.risk is Risk.MEDIUM
    for name in ("margin_floor", "never_below_cost"):
        assert "cost assumed" in rule(judged, name).message


def test_the_owner_may_let_low_risks_pass_without_a_word():
    judged = judge(policy(approval__without_approval=(Risk.LOW,)), price("5.15"), context())
    assert judged.verdict.decision == "allow"
    judged = judge(policy(approval__without_approval=(Risk.LOW,)), price("5.35"), context())
    assert judged.verdict.decision == "needs_approval"


def test_taking_back_goes_past_limits_on_the_way_but_floors_go_to_the_owner():
    back = context(cost="4.80", restoring=True)
    judged = judge(policy(), price("4.00", now="6.00"), back)
    assert judged.action.after.price == D("4.00")
    assert judged.verdict.role == "owner"
    assert rule(judged, "never_below_cost").decision == "needs_approval"


def test_a_refusal_keeps_the_action_as_it_was_asked_for():
    judged = judge(policy(), price("4.75"), context(cost=None))
    assert judged.refused.after.price == D("4.75")
    assert judged.refused.verdict.decision == "deny"
