"""What a plan's actions add up to stays within money, count and common sense."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ecomagent.domain.action import (
    CampaignAfter,
    CampaignBefore,
    DelistProduct,
    ListProduct,
    NewProduct,
    PriceAfter,
    PriceBefore,
    Reorder,
    ReorderAfter,
    SendCampaign,
    SetPrice,
    StatusAfter,
    StatusBefore,
    StockBefore,
)
from ecomagent.domain.goal import Budget, Constraints
from ecomagent.plan.policy import (
    PolicyContext,
    SkuFacts,
    cash_left,
    judge_all,
    parse_policy,
    spend_left,
)
from ecomagent.plan.policy.file import default_policy_text

NOW = datetime(2025, 3, 3, 9, tzinfo=UTC)
POLICY = parse_policy(default_policy_text("GBP"))
SKUS = {
    name: SkuFacts(sku=name, product_id=f"P{name}", list_price=Decimal("5.00"),
                   price=Decimal("5.00"), cost=Decimal("2.00"))
    for name in "ABCDEFGH"
}  # fmt: skip


def context(**more):
    return PolicyContext(currency="GBP", now=NOW, skus=SKUS, **more)


def order(sku, quantity):
    total = quantity * Decimal(2)
    return Reorder(
        sku=sku,
        before=StockBefore(on_hand=0, inbound=0, version="1"),
        after=ReorderAfter(purchase_order_id=f"po-{sku}-{quantity}", quantity=quantity,
                           unit_cost=Decimal(2), cost_total=total),
    )  # fmt: skip


def campaign(name, cost):
    return SendCampaign(
        segment=name,
        starts_at=NOW + timedelta(hours=3),
        before=CampaignBefore(version="absent"),
        after=CampaignAfter(campaign_id=f"camp-{name}", channel="email", audience=10, subject="s",
                            body="b", cost_total=Decimal(cost)),
    )  # fmt: skip


def price(sku, minor=515):
    return SetPrice(
        sku=sku,
        before=PriceBefore(price=Decimal("5.00"), version="1"),
        after=PriceAfter(price=Decimal(minor) / 100),
    )


orders = st.builds(order, st.sampled_from("ABCDEFGH"), st.integers(1, 9000))
campaigns = st.builds(campaign, st.sampled_from("UVWXYZ"), st.integers(0, 4000))
prices = st.builds(price, st.sampled_from("ABCDEFGH"), st.integers(450, 550))


@settings(max_examples=120, deadline=None)
@given(
    st.lists(orders | campaigns | prices, max_size=14),
    st.none() | st.integers(0, 8000),
    st.integers(0, 5000),
    st.integers(1, 8),
)
def test_the_sum_of_a_plan_stays_within_every_budget(actions, asked, spent, most):
    policy = POLICY.model_copy(
        update={"actions": POLICY.actions.model_copy(update={"max_per_plan": most})}
    )
    budget = None if asked is None else Budget(amount=Decimal(asked), currency="GBP")
    given_ = context(
        constraints=Constraints(budget=budget),
        spent_today=Decimal(spent),
        spent_month=Decimal(spent),
    )
    judged = judge_all(policy, actions, given_)
    spend = sum(a.after.cost_total for a in judged.actions if isinstance(a, SendCampaign))
    cash = sum(a.after.cost_total for a in judged.actions if isinstance(a, Reorder))
    assert len(judged.actions) + len(judged.refused) == len(actions)
    assert len(judged.actions) <= most
    assert spend <= 5000 and spend + spent <= max(5000, spent)
    assert cash <= 20000
    assert asked is None or spend + cash <= asked
    targets = [(a.kind, a.target.id) for a in judged.actions]
    assert len(targets) == len(set(targets)), "no target is changed twice"


def test_what_is_left_counts_what_the_plan_holds_already():
    held = context(constraints=Constraints(budget=Budget(amount=Decimal(2000), currency="GBP")))
    held = held.after(campaign("U", 500)).after(order("A", 100))
    assert spend_left(POLICY, held).value == 1300
    assert cash_left(POLICY, held).value == 1300
    assert spend_left(POLICY, held).source == "goal, per run"


def test_nothing_is_promoted_that_the_same_plan_takes_off_sale():
    delist = DelistProduct(
        product="PA",
        before=StatusBefore(status="active", version="1"),
        after=StatusAfter(status="archived"),
    )
    for first, second in ((delist, price("A")), (price("A"), delist)):
        judged = judge_all(POLICY, [first, second], context())
        assert [a.kind for a in judged.actions] == [first.kind]
        assert judged.refused[0].verdict.rules[-1].rule != "approval"


def test_the_plans_verdict_names_what_bound_and_how_often():
    judged = judge_all(
        POLICY, [campaign("U", 3000), campaign("V", 3000), price("A"), price("A", 520)], context()
    )
    assert judged.verdict.decision == "needs_approval"
    text = "\n".join(judged.verdict.rules)
    assert "campaign_budget: £3,000.00 of £5,000.00 (policy); £2,000.00 left" in text
    assert "campaign_budget: 1 refused" in text
    assert "one_change_each: 1 refused" in text


def test_a_plan_of_which_all_is_refused_is_denied():
    judged = judge_all(POLICY, [campaign("U", 9000)], context())
    assert judged.verdict.decision == "deny"


def test_a_plan_of_nothing_is_no_refusal():
    assert judge_all(POLICY, [], context()).verdict.decision == "allow"


def status(product, after, new=None):
    before = "absent" if new else "archived" if after == "active" else "active"
    kind = ListProduct if after == "active" else DelistProduct
    return kind(
        product=product,
        before=StatusBefore(status=before, version="1"),
        after=StatusAfter(status=after, new=new),
    )


def shelf(room):
    """Two of four mugs on sale, one bowl; a policy with room for so many in a category."""
    skus = {
        name: replace(SKUS[name], category=category, on_sale=on_sale)
        for name, category, on_sale in (
            ("A", "Mugs", True), ("B", "Mugs", True), ("C", "Mugs", False), ("D", "Mugs", False),
            ("E", "Bowls", True),
        )
    }  # fmt: skip
    assortment = POLICY.assortment.model_copy(update={"max_active_per_category": room})
    policy = POLICY.model_copy(update={"assortment": assortment})
    return policy, PolicyContext(currency="GBP", now=NOW, skus=skus)


def test_no_more_is_listed_than_a_category_has_room_for():
    policy, known = shelf(room=3)
    judged = judge_all(policy, [status("PC", "active"), status("PD", "active")], known)
    assert [action.product for action in judged.actions] == ["PC"]
    said = {rule.rule: rule.message for rule in judged.refused[0].verdict.rules}
    assert said["slots"] == "Mugs has room for 3 SKUs on sale, and holds 3"
    free, known = shelf(room=0)
    assert (
        len(judge_all(free, [status("PC", "active"), status("PD", "active")], known).actions) == 2
    )


def test_what_the_plan_takes_off_sale_makes_room_and_new_products_take_it():
    policy, known = shelf(room=2)
    new = NewProduct(
        sku="N", title="New mug", price=Decimal("5.00"), cost=Decimal("2.00"), category="Mugs"
    )
    asked = [status("PA", "archived"), status("PN", "active", new), status("PC", "active")]
    judged = judge_all(policy, asked, known)
    assert [action.product for action in judged.actions] == ["PA", "PN"]
    refused = [rule.rule for rule in judged.refused[0].verdict.rules if rule.decision == "deny"]
    assert refused == ["slots"]
    full = judge_all(policy, asked[1:], known)
    assert full.actions == ()
    back = judge_all(policy, asked[1:2], replace(known, restoring=True))
    assert len(back.actions) == 1
