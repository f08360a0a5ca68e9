"""Rollback puts back what a plan changed, days later too, and leaves alone what others changed."""

from datetime import timedelta

import pytest

from ecomagent.domain.action import ActionKind, PriceAfter, SetPrice, StartPromotion
from ecomagent.domain.errors import PlanError
from ecomagent.domain.plan import DecisionChoice
from ecomagent.plan.rollback import TakenBackError


@pytest.fixture
def before(shop, small_shop):
    return small_shop.customers_view(shop)


@pytest.fixture
def plan(shop, small_shop, before):
    made = small_shop.sealed(shop, small_shop.every_kind_of_action(shop.connector))
    small_shop.decide(shop, made)
    shop.apply(made)
    return made


def take_back(shop, small_shop, plan):
    back = small_shop.roll_back(shop, plan)
    small_shop.decide(shop, back)
    return back, shop.apply(back)


def applied(shop, small_shop, *kinds):
    actions = [a for a in small_shop.every_kind_of_action(shop.connector) if a.kind in kinds]
    plan = small_shop.sealed(shop, tuple(actions))
    small_shop.decide(shop, plan)
    shop.apply(plan)
    return plan


def test_everything_is_as_it_was(shop, small_shop, before, plan):
    assert small_shop.customers_view(shop) != before

    _, report = take_back(shop, small_shop, plan)

    assert (report.applied, report.exit_code) == (10, 0)
    assert report.rollback_of == plan.plan_id
    assert small_shop.customers_view(shop) == before
    assert shop.audit.verify().ok


def test_it_is_a_sealed_plan_that_waits_for_its_own_approval(shop, small_shop, before, plan):
    seen = small_shop.customers_view(shop)

    back = small_shop.roll_back(shop, plan)
    report = shop.apply(back)

    back.check_seal()
    assert back.rollback_of == plan.plan_id
    assert (report.waiting, report.exit_code) == (10, 3)
    assert small_shop.customers_view(shop) == seen
    assert back.actions[0].kind is ActionKind.CREATE_BUNDLE
    assert plan.plan_id in back.actions[0].reasons[0].en


def test_after_a_restart_and_days_later_too(shop, small_shop, before, plan):
    later = shop.again()
    later.clock.moment += timedelta(days=2)

    _, report = take_back(later, small_shop, plan)

    assert report.applied == 10
    assert small_shop.customers_view(later) == before
    later.database.close()


def test_what_cannot_be_called_back_any_more_is_told(shop, small_shop, plan):
    shop.clock.moment += timedelta(days=31)  # the campaign has left, the promotion is over

    back = small_shop.roll_back(shop, plan)

    notes = " ".join(back.notes)
    assert "has been sent and cannot be called back; its cost stays" in notes
    assert "the promotion is over" in notes
    assert len(back.actions) == 7


def test_a_purchase_order_is_cancelled_and_the_supplier_is_to_be_told(shop, small_shop, plan):
    back = small_shop.roll_back(shop, plan)

    assert any("tell the supplier" in note for note in back.notes)


def test_a_received_order_stays(shop, small_shop, plan):
    shop.sql("UPDATE purchase_order SET status = 'received' WHERE id = 'po-1'")

    back = small_shop.roll_back(shop, plan)

    assert any("po-1 is no longer open" in note for note in back.notes)
    assert ActionKind.REORDER not in [action.kind for action in back.actions]


CHANGES = {
    "set_price": "UPDATE variant SET list_price_minor = 1234 WHERE sku = 'mug-r'",
    "start_promotion": "UPDATE promotion SET discount = 0.5 WHERE id = 'promo-bowl'",
    "list_product": "UPDATE product SET status = 'draft' WHERE id = 'old'",
    "delist_product": "UPDATE product SET status = 'draft' WHERE id = 'lamp'",
    "update_content": "UPDATE product SET title = 'Theirs' WHERE id = 'mug'",
    "create_bundle": "UPDATE product SET status = 'draft' WHERE id = 'set-1'",
    "send_campaign": "UPDATE campaign SET status = 'cancelled' WHERE id = 'camp-1'",
    "reorder": "UPDATE purchase_order SET quantity = 24 WHERE id = 'po-1'",
}


@pytest.mark.parametrize("kind", CHANGES)
def test_what_somebody_changed_since_stays_as_they_left_it(local, small_shop, kind):
    plan = applied(local, small_shop, *ActionKind)
    local.sql(CHANGES[kind])
    theirs = local.sql("SELECT list_price_minor FROM variant UNION ALL SELECT 0")

    back, report = take_back(local, small_shop, plan)

    assert report.applied == 9
    assert sum("was changed since and stays" in note for note in back.notes) == 1
    if kind == "set_price":
        assert (1234,) in theirs
        assert (1234,) in local.sql("SELECT list_price_minor FROM variant WHERE sku = 'mug-r'")


def test_what_changes_between_rollback_plan_and_apply_is_skipped(shop, small_shop, plan):
    back = small_shop.roll_back(shop, plan)
    small_shop.decide(shop, back)
    shop.sql("UPDATE variant SET list_price_minor = 1234 WHERE sku = 'mug-r'")

    report = shop.apply(back)

    assert (report.applied, report.skipped, report.exit_code) == (9, 1, 5)
    assert shop.read("set_price", "sku", "mug-r").fields["price"] == "12.34"


def test_a_second_time_there_is_nothing_left(shop, small_shop, plan):
    take_back(shop, small_shop, plan)

    with pytest.raises(TakenBackError, match="was taken back already"):
        small_shop.roll_back(shop, plan)


def test_a_plan_that_was_never_applied_has_nothing_to_take_back(shop, small_shop):
    plan = small_shop.sealed(shop, small_shop.every_kind_of_action(shop.connector))

    with pytest.raises(PlanError, match=r"nothing of .* was applied"):
        small_shop.roll_back(shop, plan)


def test_an_interrupted_rollback_goes_on_with_the_same_plan(shop, small_shop, plan):
    first = small_shop.roll_back(shop, plan)
    small_shop.decide(shop, first, DecisionChoice.APPROVE, first.actions[0].id)
    shop.apply(first)

    assert small_shop.roll_back(shop, plan).plan_id == first.plan_id


def test_only_what_was_rejected_in_a_rollback_is_taken_back_later(shop, small_shop, before, plan):
    first = small_shop.roll_back(shop, plan)
    small_shop.decide(shop, first)
    small_shop.decide(shop, first, DecisionChoice.REJECT, first.actions[-1].id, reason="not yet")
    shop.apply(first)

    second, report = take_back(shop, small_shop, plan)

    assert [action.kind for action in second.actions] == [ActionKind.SET_PRICE]
    assert report.applied == 1
    assert small_shop.customers_view(shop) == before


def test_what_was_applied_after_an_edit_is_taken_back_as_edited(shop, small_shop, before):
    plan = small_shop.sealed(shop, small_shop.every_kind_of_action(shop.connector)[:1])
    price = plan.actions[0]
    edited = price.model_copy(update={"after": PriceAfter(price="9.80")})
    small_shop.decide(
        shop, plan, DecisionChoice.EDIT, price.id, edited=edited, action_hash=edited.hash()
    )
    shop.apply(plan)

    take_back(shop, small_shop, plan)

    assert small_shop.customers_view(shop) == before


def test_a_rollback_can_itself_be_taken_back(shop, small_shop):
    plan = applied(
        shop, small_shop, ActionKind.SET_PRICE, ActionKind.START_PROMOTION,
        ActionKind.END_PROMOTION, ActionKind.DELIST_PRODUCT, ActionKind.UPDATE_CONTENT,
        ActionKind.CREATE_BUNDLE,
    )  # fmt: skip
    done = small_shop.customers_view(shop)
    back, _ = take_back(shop, small_shop, plan)

    _, report = take_back(shop, small_shop, back)

    assert report.applied == 6
    assert small_shop.customers_view(shop) == done


def test_what_came_back_with_a_rollbacks_rollback_is_taken_back_again(shop, small_shop):
    before = small_shop.customers_view(shop)
    plan = applied(shop, small_shop, ActionKind.SET_PRICE, ActionKind.START_PROMOTION)
    back, _ = take_back(shop, small_shop, plan)
    take_back(shop, small_shop, back)
    assert small_shop.customers_view(shop) != before

    _, report = take_back(shop, small_shop, plan)

    assert report.applied == 2
    assert small_shop.customers_view(shop) == before
    with pytest.raises(TakenBackError):
        small_shop.roll_back(shop, plan)


def test_cancelled_orders_and_campaigns_are_not_placed_again(shop, small_shop):
    plan = applied(shop, small_shop, ActionKind.REORDER, ActionKind.SEND_CAMPAIGN)
    back, _ = take_back(shop, small_shop, plan)

    with pytest.raises(PlanError, match="nothing of"):
        small_shop.roll_back(shop, back)


def test_the_same_plan_can_be_made_and_applied_again_after_a_rollback(shop, small_shop):
    first = applied(shop, small_shop, *ActionKind)
    done = small_shop.customers_view(shop)
    take_back(shop, small_shop, first)

    second = applied(shop, small_shop, *ActionKind)

    assert second.plan_id != first.plan_id
    assert small_shop.customers_view(shop) == done
    assert small_shop.counts(shop)["promotions"] == 8  # what happened stays on file


def test_a_promotion_that_took_anothers_place_gives_it_back(local, small_shop):
    before = small_shop.customers_view(local)
    state = local.read(ActionKind.START_PROMOTION, "sku", "jug")
    deeper = StartPromotion(
        sku="jug", before={**state.fields, "version": state.version},
        after={"promotion_id": "promo-deep", "discount": "0.3", "price": "21.00"},
        ends_at=small_shop.NOW + timedelta(days=5),
    )  # fmt: skip
    plan = small_shop.sealed(local, (deeper.model_copy(update={"id": deeper.content_id()}),))
    small_shop.decide(local, plan)
    assert local.apply(plan).applied == 1

    _, report = take_back(local, small_shop, plan)

    assert report.applied == 1
    assert small_shop.customers_view(local) == before


def test_a_price_that_was_put_back_by_hand_is_called_changed(local, small_shop):
    plan = applied(local, small_shop, ActionKind.SET_PRICE)
    state = local.read(ActionKind.SET_PRICE, "sku", "mug-r")
    by_hand = SetPrice(
        sku="mug-r", before={**state.fields, "version": state.version}, after={"price": "10.00"}
    )
    local.connector.write(by_hand, idempotency_key="by-hand/1/1")

    with pytest.raises(PlanError) as told:
        small_shop.roll_back(local, plan)
    assert "price was 9.50 after it and is 10.00 now" in told.value.where


def test_money_of_a_campaign_that_was_called_off_is_there_again(shop, small_shop):
    plan = applied(shop, small_shop, ActionKind.SEND_CAMPAIGN)
    day = (small_shop.NOW, small_shop.NOW + timedelta(days=1))
    assert shop.repository.spent_between(*day) == 5

    take_back(shop, small_shop, plan)

    assert shop.repository.spent_between(*day) == 0
