"""What every shop must do, whatever it is: read, write once per key, refuse what has moved."""

from datetime import timedelta

import pytest

from ecomagent.connectors import open_connector
from ecomagent.domain.action import ActionKind, Target
from ecomagent.domain.errors import PreconditionFailedError
from ecomagent.plan.approved import not_as_asked

KINDS = list(ActionKind)


def action_of(shop, small_shop, kind):
    return next(a for a in small_shop.every_kind_of_action(shop.connector) if a.kind is kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_write_is_shown_afterwards(shop, small_shop, kind):
    action = action_of(shop, small_shop, kind)

    left = shop.connector.write(action, idempotency_key="plan-1/a/1")

    shown = shop.connector.read(kind, [action.shown_by])[action.shown_by.id]
    assert shown == left
    assert not_as_asked(action, shown) == ""
    assert shown.version != action.before.version


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_key_writes_once_and_gives_the_same_answer(shop, small_shop, kind):
    action = action_of(shop, small_shop, kind)
    first = shop.connector.write(action, idempotency_key="plan-1/a/1")
    before = (small_shop.customers_view(shop), small_shop.counts(shop), small_shop.files(shop))

    again = shop.connector.write(action, idempotency_key="plan-1/a/1")

    assert again == first == shop.connector.written("plan-1/a/1")
    assert (
        small_shop.customers_view(shop), small_shop.counts(shop), small_shop.files(shop)
    ) == before  # fmt: skip


def test_a_key_the_shop_never_saw_is_not_written(shop):
    assert shop.connector.written("plan-1/a/1") is None


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_moved_since_is_refused_and_nothing_changes(shop, small_shop, kind):
    action = action_of(shop, small_shop, kind)
    shop.connector.write(action, idempotency_key="plan-1/a/1")
    before = (small_shop.customers_view(shop), small_shop.counts(shop), small_shop.files(shop))

    with pytest.raises(PreconditionFailedError):
        shop.connector.write(action, idempotency_key="plan-2/a/1")

    assert (
        small_shop.customers_view(shop), small_shop.counts(shop), small_shop.files(shop)
    ) == before  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_target_is_absent(shop, kind):
    state = shop.read(kind, "sku", "no-such-thing")

    assert (state.exists, state.version) == (False, "absent")


@pytest.mark.parametrize("kind", KINDS)
def test_fields_are_those_of_the_before_model(shop, small_shop, kind):
    action = action_of(shop, small_shop, kind)
    state = shop.connector.read(kind, [action.shown_by])[action.shown_by.id]

    type(action.before)(**state.fields, version=state.version)


def test_the_serial_counts_changes_of_the_catalogue_only(shop, small_shop):
    start = shop.connector.base()
    for number, action in enumerate(small_shop.every_kind_of_action(shop.connector)):
        before = shop.connector.base()
        shop.connector.write(action, idempotency_key=f"plan-1/{number}/1")
        after = shop.connector.base()
        outside = action.kind in (ActionKind.REORDER, ActionKind.SEND_CAMPAIGN)
        assert (after.serial - before.serial, after.state_hash != before.state_hash) == (
            (0, False) if outside else (1, action.kind is not ActionKind.UPDATE_CONTENT)
        )
    assert shop.connector.base().serial == start.serial + 8


def test_a_promotion_runs_out_by_itself(shop, small_shop):
    action = action_of(shop, small_shop, ActionKind.START_PROMOTION)
    shop.connector.write(action, idempotency_key="plan-1/a/1")
    assert shop.read(action.kind, "sku", "bowl").fields["price"] == "16.00"

    shop.clock.moment += timedelta(days=31)

    shown = shop.read(action.kind, "sku", "bowl").fields
    assert (shown["price"], shown["promotion_id"]) == ("20.00", None)


def test_a_campaign_leaves_when_its_time_comes(shop, small_shop):
    action = action_of(shop, small_shop, ActionKind.SEND_CAMPAIGN)
    shop.connector.write(action, idempotency_key="plan-1/a/1")
    assert shop.read(action.kind, "segment", "camp-1").fields["status"] == "scheduled"

    shop.clock.moment += timedelta(days=4)

    assert shop.read(action.kind, "segment", "camp-1").fields["status"] == "sent"


def test_only_people_who_agreed_are_written_to_and_the_hold_out_is_left_alone(shop, small_shop):
    action = action_of(shop, small_shop, ActionKind.SEND_CAMPAIGN)
    shop.connector.write(action, idempotency_key="plan-1/a/1")

    kinds = dict(shop.sql("SELECT customer_id, kind FROM campaign_event"))

    assert "c3" not in kinds
    assert sorted(kinds.values()) == ["held_out"] * 2 + ["sent"] * 7


def test_no_more_people_are_written_to_than_were_approved(shop, small_shop):
    action = action_of(shop, small_shop, ActionKind.SEND_CAMPAIGN)
    few = action.model_copy(update={"after": action.after.model_copy(update={"audience": 3})})
    shop.connector.write(few, idempotency_key="plan-1/a/1")

    assert len(shop.sql("SELECT * FROM campaign_event WHERE kind = 'sent'")) == 3


def test_a_campaign_with_a_list_asks_for_the_list(shop, small_shop):
    asked = []
    connector = open_connector(
        shop.connector_name, shop.database, shop.folder / "outbox", shop.clock,
        members=lambda name: asked.append(name) or ("c1", "c2"),
    )  # fmt: skip
    action = action_of(shop, small_shop, ActionKind.SEND_CAMPAIGN)
    listed = action.after.model_copy(update={"audience_id": "aud-0123456789abcdef"})
    connector.write(action.model_copy(update={"after": listed}), idempotency_key="plan-1/a/1")

    assert asked == ["aud-0123456789abcdef"]
    assert {row[0] for row in shop.sql("SELECT customer_id FROM campaign_event")} == {"c1", "c2"}


def test_many_targets_are_read_as_few_are(shop):
    names = [*(f"x{number}" for number in range(600)), "mug-r", "jug"]
    for kind in KINDS:
        targets = [Target(type="sku", id=name) for name in names]
        many = shop.connector.read(kind, targets)
        few = shop.connector.read(kind, targets[-2:])
        assert {name: many[name] for name in few} == few
        assert not many["x1"].exists


def test_the_shop_works_the_same_on_postgresql(small_shop, pg_database, tmp_path):
    shop = small_shop.Shop(tmp_path, "local", pg_database)
    small_shop.fill(shop.database)
    plan = small_shop.sealed(shop, small_shop.every_kind_of_action(shop.connector))
    small_shop.decide(shop, plan)

    report = shop.apply(plan)

    assert (report.applied, report.exit_code) == (10, 0)
    assert shop.apply(plan).already == 10
    assert shop.audit.verify().ok
    shop.database.close()
