"""Edits: typed values are read without guessing, held against policy, and revalued."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecomagent.domain.action import ActionKind, Metric
from ecomagent.domain.errors import ApprovalError, EcomagentError, PolicyRefusedError
from ecomagent.plan.approval import edit, reject
from ecomagent.plan.editing import EDITABLE, exact_changes, preview_edit

NOW = datetime(2025, 3, 3, 9, tzinfo=UTC)


def preview(desk, kind, **changes):
    return preview_edit(
        desk.plan, desk.action(kind), changes, policy=desk.policy, context=desk.context,
        decisions=desk.repository.decisions_of(desk.plan.plan_id),
    )  # fmt: skip


def test_an_edited_price_is_approved_as_edited_with_its_own_impact(desk):
    action = desk.action("set_price")
    decision = edit(desk.plan, action.id, {"price": "5.25"}, desk.sits(), context=desk.context)
    assert decision.edited.after.price == Decimal("5.25")
    assert decision.action_hash == decision.edited.hash() != action.hash()
    assert decision.edited.id == action.id, "it is still that action of the plan"
    small = decision.edited.impact[Metric.GROSS_PROFIT].p50
    large = preview(desk, "set_price", price="5.49").action.impact[Metric.GROSS_PROFIT].p50
    assert 0 < small < large, "a smaller rise earns less"


def test_the_plan_itself_stays_as_it_was_sealed(desk):
    edit(desk.plan, desk.action("set_price").id, {"price": "5.25"}, desk.sits(),
         context=desk.context)  # fmt: skip
    desk.repository.get_plan(desk.plan.plan_id).check_seal()


def test_a_value_that_policy_would_move_is_shown_but_never_approved_unseen(desk):
    shown = preview(desk, "set_price", price="5.90")
    assert shown.action.after.price == Decimal("5.50")
    assert [rule.rule for rule in shown.moved] == ["max_change_per_day"]
    with pytest.raises(PolicyRefusedError, match=r"would make it 5\.50, not 5\.90"):
        edit(desk.plan, desk.action("set_price").id, {"price": "5.90"}, desk.sits(),
             context=desk.context)  # fmt: skip


def test_a_value_that_policy_forbids_is_refused_with_the_rule(desk):
    with pytest.raises(PolicyRefusedError, match="already") as caught:
        preview(desk, "set_price", price="5.00")
    assert "rule sane_values" in caught.value.where


@pytest.mark.parametrize("typed", ["15%", "0.15", "15", " 15 %"])
def test_a_discount_is_read_as_people_write_it(desk, typed):
    shown = preview(desk, "start_promotion", discount=typed)
    assert shown.action.after.price == Decimal("4.25")
    assert shown.action.after.discount == Decimal("0.15")


@pytest.mark.parametrize("typed", ["£5.25", " 5.25 ", "5.25", "5.250"])
def test_a_price_is_read_as_people_write_it(desk, typed):
    assert preview(desk, "set_price", price=typed).action.after.price == Decimal("5.25")


@pytest.mark.parametrize("typed", ["5,25", "five", "-5.25", "NaN", "1e999", "", "5%", "Infinity"])
def test_a_price_that_could_mean_two_things_or_none_is_not_guessed(desk, typed):
    with pytest.raises(ApprovalError, match="cannot be read"):
        preview(desk, "set_price", price=typed)


def test_another_quantity_costs_accordingly_and_counts_against_the_goals_budget(desk):
    shown = preview(desk, "reorder", quantity="450")
    assert shown.action.after.cost_total == Decimal("900.00")
    with pytest.raises(PolicyRefusedError, match="is more than") as caught:
        preview(desk, "reorder", quantity="600")
    assert "£1,000.00 left" in caught.value.what, "the campaign of the same plan takes its part"


def test_a_rejected_action_gives_its_money_back_to_the_others(desk):
    reject(desk.plan, [desk.action("send_campaign").id], "not now", desk.sits())
    assert preview(desk, "reorder", quantity="600").action.after.quantity == 600


def test_a_smaller_audience_costs_less_and_half_a_customer_is_refused(desk):
    shown = preview(desk, "send_campaign", audience="250", subject="Coffee")
    assert shown.action.after.cost_total == Decimal("500.00")
    assert shown.action.after.subject == "Coffee"
    for typed in ("2.5", "2,5"):
        with pytest.raises(ApprovalError) as caught:
            preview(desk, "send_campaign", audience=typed)
        assert caught.value.remedy == "Type a whole number, e.g. 120."


def test_an_edit_may_raise_the_risk_and_with_it_the_role(desk):
    action = desk.action("start_promotion")
    with pytest.raises(ApprovalError, match="owner"):
        edit(desk.plan, action.id, {"discount": "35%"}, desk.sits("lee", "manager"),
             context=desk.context)  # fmt: skip


def test_what_cannot_be_edited_says_what_can(desk):
    with pytest.raises(ApprovalError) as caught:
        preview(desk, "set_price", cost="1")
    assert "price" in caught.value.remedy
    with pytest.raises(ApprovalError, match="nothing was changed"):
        preview(desk, "set_price")


def test_the_values_of_an_edited_action_lead_to_exactly_it_again(desk):
    shown = preview(desk, "start_promotion", discount="33%").action
    again = preview_edit(
        desk.plan, desk.action("start_promotion"), exact_changes(shown), policy=desk.policy,
        context=desk.context, decisions={},
    )  # fmt: skip
    assert again.action.hash() == shown.hash() and not again.moved


@settings(max_examples=120, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.sampled_from(sorted(EDITABLE)), st.data())
def test_whatever_is_typed_ends_in_a_lawful_action_or_an_explanation(desk, kind, data):
    mine = [action for action in desk.plan.actions if action.kind is ActionKind(kind)]
    if not mine:
        return
    name = data.draw(st.sampled_from(EDITABLE[kind]))
    typed = data.draw(
        st.text(max_size=8) | st.decimals(-10, 10**6, places=2).map(str) | st.integers(0).map(str)
    )
    try:
        shown = preview_edit(
            desk.plan, mine[0], {name: typed}, policy=desk.policy, context=desk.context,
            decisions={},
        )  # fmt: skip
    except EcomagentError as error:
        assert error.what
        return
    assert shown.action.verdict.decision != "deny"
    if kind in (ActionKind.SET_PRICE, ActionKind.START_PROMOTION):
        assert shown.action.after.price >= Decimal("2.36"), "15 % over a cost of 2.00"
