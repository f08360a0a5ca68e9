"""Apply does what was approved, exactly once, and nothing else; it says why for all the rest."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from ecomagent.domain.action import ActionVerdict, PriceAfter, RuleVerdict, SetPrice
from ecomagent.domain.errors import (
    ConnectorError,
    LockedError,
    NotFoundError,
    PlanError,
    PlanTamperedError,
    PolicyRefusedError,
)
from ecomagent.domain.plan import DecisionChoice, Plan, PlanVerdict, ReceiptStatus, ShopRef
from ecomagent.plan.apply import STEPS
from ecomagent.plan.approved import latest_to_apply
from ecomagent.plan.lock import workspace_lock


def price_of(shop, sku):
    return Decimal(shop.read("set_price", "sku", sku).fields["price"])


@pytest.fixture
def plan(shop, small_shop):
    return small_shop.sealed(shop, small_shop.every_kind_of_action(shop.connector))


def test_everything_approved_is_done_once(shop, small_shop, plan):
    small_shop.decide(shop, plan)

    report = shop.apply(plan)
    after = (small_shop.customers_view(shop), small_shop.counts(shop), small_shop.files(shop))
    again = shop.apply(plan)

    assert (report.applied, report.exit_code) == (10, 0)
    assert (again.applied, again.already, again.exit_code) == (0, 10, 0)
    assert (
        small_shop.customers_view(shop), small_shop.counts(shop), small_shop.files(shop)
    ) == after  # fmt: skip
    assert price_of(shop, "mug-r") == Decimal("9.50")


def test_nothing_is_done_without_a_word(shop, small_shop, plan):
    before = (small_shop.customers_view(shop), small_shop.counts(shop))

    report = shop.apply(plan)

    assert (report.applied, report.waiting, report.exit_code) == (0, 10, 3)
    assert (small_shop.customers_view(shop), small_shop.counts(shop)) == before


def test_what_was_rejected_stays_and_the_reason_is_told(shop, small_shop, plan):
    price, *_ = plan.actions
    small_shop.decide(shop, plan)
    small_shop.decide(shop, plan, DecisionChoice.REJECT, price.id, reason="too cheap")

    report = shop.apply(plan)

    assert (report.applied, report.rejected, report.exit_code) == (9, 1, 0)
    assert report.lines[0].message == "too cheap"
    assert price_of(shop, "mug-r") == Decimal("10.00")


def test_an_edited_action_is_done_as_it_was_edited(shop, small_shop, plan):
    price, *_ = plan.actions
    edited = price.model_copy(update={"after": PriceAfter(price=Decimal("9.80"))})
    edited = edited.model_copy(update={"id": edited.content_id()})
    small_shop.decide(
        shop, plan, DecisionChoice.EDIT, price.id, edited=edited, action_hash=edited.hash()
    )

    report = shop.apply(plan)

    assert (report.applied, report.waiting, report.exit_code) == (1, 9, 0)
    assert report.lines[0].action_id == price.id
    assert price_of(shop, "mug-r") == Decimal("9.80")


def test_an_edit_after_it_was_applied_changes_nothing(shop, small_shop, plan):
    price, *_ = plan.actions
    small_shop.decide(shop, plan, DecisionChoice.APPROVE, price.id)
    shop.apply(plan)
    edited = price.model_copy(update={"after": PriceAfter(price=Decimal("9.80"))})
    small_shop.decide(
        shop, plan, DecisionChoice.EDIT, price.id, edited=edited, action_hash=edited.hash()
    )

    assert shop.apply(plan).already == 1
    assert price_of(shop, "mug-r") == Decimal("9.50")


def test_a_newer_word_on_file_counts(shop, small_shop, plan):
    small_shop.decide(shop, plan)
    old = shop.repository.decisions_of(plan.plan_id)
    small_shop.decide(shop, plan, DecisionChoice.REJECT, reason="no")

    from ecomagent.plan.apply import apply_plan

    report = apply_plan(
        plan, old, connector=shop.connector, repository=shop.repository, audit=shop.audit,
        clock=shop.clock, actor="olga", lock_file=shop.lock, recheck=lambda a: small_shop.ALLOW,
    )  # fmt: skip

    assert (report.applied, report.rejected) == (0, 10)


def test_an_approval_of_other_content_is_refused(shop, small_shop, plan):
    small_shop.decide(shop, plan, action_hash="0" * 64)

    with pytest.raises(PlanTamperedError, match="is not what the plan holds"):
        shop.apply(plan)
    assert small_shop.counts(shop)["writes"] == 0


def test_a_plan_changed_by_hand_is_refused(shop, small_shop, plan):
    small_shop.decide(shop, plan)
    document = json.loads(plan.model_dump_json())
    document["actions"][0]["after"]["price"] = "0.01"

    with pytest.raises(PlanTamperedError, match="changed after it was made"):
        shop.apply(Plan.model_validate(document))
    assert small_shop.counts(shop)["writes"] == 0


def test_a_plan_that_is_not_on_file_is_refused(shop, small_shop, plan):
    other = plan.model_copy(update={"notes": ("made elsewhere",)}).sealed()

    with pytest.raises(NotFoundError):
        shop.apply(other)


def test_a_plan_for_another_shop_is_refused(shop, small_shop):
    ref = ShopRef(id="shop-1", name="x", currency="GBP", connector="medusa")
    plan = small_shop.sealed(shop, small_shop.every_kind_of_action(shop.connector), shop=ref)

    with pytest.raises(PlanError, match="made for the connector “medusa”"):
        shop.apply(plan)


def test_a_plan_that_policy_denied_is_refused(shop, small_shop):
    verdict = PlanVerdict(decision="deny", rules=("campaign_budget: none left",))
    plan = small_shop.sealed(shop, small_shop.every_kind_of_action(shop.connector), verdict=verdict)
    small_shop.decide(shop, plan)

    with pytest.raises(PolicyRefusedError, match="denied this plan") as refused:
        shop.apply(plan)
    assert refused.value.exit_code == 4


def test_drift_skips_that_action_and_says_so(shop, small_shop, plan):
    small_shop.decide(shop, plan)
    shop.sql("UPDATE variant SET list_price_minor = 1100, version = version + 1 WHERE sku='mug-r'")

    report = shop.apply(plan)

    line = report.lines[0]
    assert (report.applied, report.skipped, report.exit_code) == (9, 1, 5)
    assert (line.status, line.why) == ("skipped", "drift")
    assert line.message == (
        "the shop changed since the plan was made: price was 10.00 and is 11.00 now"
    )
    assert price_of(shop, "mug-r") == Decimal("11.00")


def test_stock_that_was_sold_skips_the_reorder(shop, small_shop, plan):
    small_shop.decide(shop, plan)
    shop.sql("UPDATE stock_history SET on_hand = 2 WHERE sku = 'mug-b'")

    line = next(line for line in shop.apply(plan).lines if line.kind == "reorder")

    assert (line.status, line.why) == ("skipped", "drift")
    assert "on hand was 5 and is 2 now" in line.message


def test_a_product_that_is_gone_skips_its_action(shop, small_shop, plan):
    small_shop.decide(shop, plan)
    shop.sql("UPDATE variant SET list_price_minor = NULL WHERE sku = 'mug-r'")

    line = shop.apply(plan).lines[0]

    assert (line.status, line.message) == ("skipped", "mug-r is no longer in the shop")


def test_a_skip_is_tried_again_when_the_reason_is_gone_and_told_once(shop, small_shop, plan):
    small_shop.decide(shop, plan)
    old = shop.sql("SELECT list_price_minor FROM variant WHERE sku = 'mug-r'")[0][0]
    shop.sql("UPDATE variant SET list_price_minor = 1100 WHERE sku = 'mug-r'")
    shop.apply(plan)
    shop.apply(plan)
    assert len(shop.sql("SELECT 1 FROM audit_entry WHERE event = 'action.skipped'")) == 1
    shop.sql("UPDATE variant SET list_price_minor = :old WHERE sku = 'mug-r'", old=old)

    report = shop.apply(plan)

    assert (report.applied, report.already, report.exit_code) == (1, 9, 0)
    assert price_of(shop, "mug-r") == Decimal("9.50")


def test_an_expired_plan_is_not_applied(shop, small_shop, plan):
    small_shop.decide(shop, plan)
    shop.clock.moment += timedelta(days=8)

    report = shop.apply(plan)

    assert (report.applied, report.skipped, report.exit_code) == (0, 10, 5)
    assert {line.why for line in report.lines} == {"expired"}
    assert small_shop.counts(shop)["writes"] == 0


def test_an_action_that_expires_before_its_plan_is_not_applied(shop, small_shop):
    price, *rest = small_shop.every_kind_of_action(shop.connector)
    soon = price.model_copy(update={"expires_at": small_shop.NOW + timedelta(hours=1)})
    plan = small_shop.sealed(shop, (soon, *rest))
    small_shop.decide(shop, plan)
    shop.clock.moment += timedelta(hours=2)

    report = shop.apply(plan)

    assert (report.applied, report.lines[0].why) == (9, "expired")


def denying(*kinds):
    def recheck(action):
        if action.kind in kinds:
            rule = RuleVerdict(rule="margin_floor", decision="deny", message="margin 3 %")
            return ActionVerdict(decision="deny", rules=(rule,))
        return ActionVerdict(decision="allow")

    return recheck


def test_what_policy_no_longer_allows_is_refused_and_the_rest_goes_on(shop, small_shop, plan):
    small_shop.decide(shop, plan)

    report = shop.apply(plan, recheck=denying("set_price"))

    assert (report.applied, report.skipped, report.exit_code) == (9, 1, 5)
    assert report.lines[0].why == "policy"
    assert "margin_floor: margin 3 %" in report.lines[0].message


def test_when_policy_refuses_all_the_exit_code_says_so(shop, small_shop):
    plan = small_shop.sealed(shop, small_shop.every_kind_of_action(shop.connector)[:1])
    small_shop.decide(shop, plan)

    assert shop.apply(plan, recheck=denying("set_price")).exit_code == 4


def test_a_role_that_no_longer_suffices_is_asked_for_again(shop, small_shop):
    plan = small_shop.sealed(shop, small_shop.every_kind_of_action(shop.connector)[:1])
    small_shop.decide(shop, plan, role="analyst")
    asks = ActionVerdict(decision="needs_approval", role="manager")

    line = shop.apply(plan, recheck=lambda action: asks).lines[0]

    assert (line.status, line.why) == ("skipped", "approval")
    assert "asks for the word of the manager" in line.message

    small_shop.decide(shop, plan, role="manager")
    assert shop.apply(plan, recheck=lambda action: asks).applied == 1


def test_policy_is_not_asked_about_what_is_not_done_now(shop, small_shop, plan):
    asked = []

    def recheck(action):
        asked.append(action.kind)
        return small_shop.ALLOW

    price, *_ = plan.actions
    small_shop.decide(shop, plan, DecisionChoice.APPROVE, price.id)
    shop.apply(plan, recheck=recheck)
    shop.apply(plan, recheck=recheck)

    assert asked == ["set_price"]


def test_a_shop_that_moved_on_is_told(shop, small_shop, plan):
    small_shop.decide(shop, plan)
    shop.sql("UPDATE shop SET serial = serial + 3")

    report = shop.apply(plan)
    again = shop.apply(plan)

    assert report.notes[0].startswith("the shop has changed since the plan was made (3 times)")
    assert len(again.notes) == 1


def test_the_plans_own_changes_are_not_called_moved_on(shop, small_shop, plan):
    small_shop.decide(shop, plan)
    assert shop.apply(plan).notes == ()
    assert shop.apply(plan).notes == ()


def test_a_changed_policy_is_told(shop, small_shop, plan):
    small_shop.decide(shop, plan)

    assert "policy.toml has changed" in shop.apply(plan, policy_hash="other").notes[0]


def test_quiet_hours_leave_the_shop_alone(shop, small_shop, plan):
    small_shop.decide(shop, plan)

    with pytest.raises(PolicyRefusedError, match="quiet hours"):
        shop.apply(plan, quiet_until=small_shop.NOW + timedelta(hours=2))
    assert small_shop.counts(shop)["writes"] == 0


def test_while_another_run_holds_the_workspace_nothing_happens(shop, small_shop, plan):
    small_shop.decide(shop, plan)

    with (
        workspace_lock(shop.lock, actor="wei", what="import sales.csv", clock=shop.clock),
        pytest.raises(LockedError, match=r"wei, import sales.csv, since 2024-05-06") as held,
    ):
        shop.apply(plan)
    assert held.value.exit_code == 6
    assert small_shop.counts(shop)["writes"] == 0
    assert shop.apply(plan).applied == 10


class Flaky:
    """A shop that fails some of its calls, before or after having done what was asked."""

    def __init__(self, real, *, fails, done_first):
        self._real, self._fails, self._done_first = real, fails, done_first
        self.calls = 0

    def __getattr__(self, name):
        return getattr(self._real, name)

    def write(self, action, *, idempotency_key):
        self.calls += 1
        if self._done_first:
            self._real.write(action, idempotency_key=idempotency_key)
        if self.calls <= self._fails:
            raise ConnectorError("the shop did not answer")
        return self._real.write(action, idempotency_key=idempotency_key)


@pytest.mark.parametrize("done_first", [False, True])
def test_a_shop_that_does_not_answer_at_once_is_asked_again(local, small_shop, done_first):
    plan = small_shop.sealed(local, small_shop.every_kind_of_action(local.connector)[:2])
    small_shop.decide(local, plan)
    flaky = Flaky(local.connector, fails=2, done_first=done_first)

    assert local.apply(plan, connector=flaky).applied == 2
    assert small_shop.counts(local)["writes"] == 2


@pytest.mark.parametrize("done_first", [False, True])
def test_a_shop_that_never_answers_fails_that_action_and_the_next_run_makes_up(
    local, small_shop, done_first
):
    plan = small_shop.sealed(local, small_shop.every_kind_of_action(local.connector)[:2])
    small_shop.decide(local, plan)
    flaky = Flaky(local.connector, fails=3, done_first=done_first)

    first = local.apply(plan, connector=flaky)
    second = local.apply(plan)

    assert (first.applied, first.failed, first.exit_code) == (1, 1, 5)
    assert first.lines[0].message == "the shop did not answer"
    assert (second.applied, second.already, second.exit_code) == (1, 1, 0)
    assert small_shop.counts(local)["writes"] == 2


class Forgetful:
    """A shop that answers well and shows something else afterwards."""

    def __init__(self, real):
        self._real, self._wrote = real, False

    def __getattr__(self, name):
        return getattr(self._real, name)

    def write(self, action, *, idempotency_key):
        self._wrote = True
        return self._real.write(action, idempotency_key=idempotency_key)

    def read(self, kind, targets):
        states = self._real.read(kind, targets)
        if not self._wrote:
            return states
        return {
            name: state.model_copy(update={"fields": {"price": "99.00"}})
            for name, state in states.items()
        }


def test_a_shop_that_shows_something_else_is_not_believed(local, small_shop):
    plan = small_shop.sealed(local, small_shop.every_kind_of_action(local.connector)[:1])
    small_shop.decide(local, plan)

    report = local.apply(plan, connector=Forgetful(local.connector))

    assert (report.failed, report.exit_code) == (1, 1)
    assert report.lines[0].message == "the shop shows price 99.00, not 9.50"
    (receipt,) = local.repository.receipts_of(plan.plan_id)
    assert receipt.status is ReceiptStatus.FAILED


def test_a_receipt_keeps_what_was_there_before_and_after(shop, small_shop, plan):
    small_shop.decide(shop, plan)
    shop.apply(plan)

    receipts = {r.action_id: r for r in shop.repository.receipts_of(plan.plan_id)}
    price = receipts[plan.actions[0].id]

    assert (price.before_seen["price"], price.after_seen["price"]) == ("10.00", "9.50")
    assert price.intended_at < price.finished_at
    assert len(receipts) == 10


def test_every_change_is_on_the_audit_log(shop, small_shop, plan):
    small_shop.decide(shop, plan)
    shop.apply(plan)

    entries = [e for e in shop.audit.entries(100) if e.event == "action.applied"]

    assert shop.audit.verify().ok
    assert len(entries) == 10
    first = entries[-1]
    assert (first.actor, first.body["plan_hash"]) == ("olga", plan.hash)
    assert (first.body["before"]["price"], first.body["after"]["price"]) == ("10.00", "9.50")


def test_every_step_is_told_before_it_is_taken(local, small_shop):
    plan = small_shop.sealed(local, small_shop.every_kind_of_action(local.connector)[:1])
    small_shop.decide(local, plan)
    told = []

    local.apply(plan, progress=lambda step, detail="": told.append(step))

    assert tuple(told) == STEPS


def test_an_interrupted_action_is_finished_before_newer_words_count(local, small_shop):
    """The shop did it, then the run died; a rejection after that cannot unmake it."""
    plan = small_shop.sealed(local, small_shop.every_kind_of_action(local.connector)[:1])
    small_shop.decide(local, plan)

    class Died(BaseException):
        pass

    def die(step, detail=""):
        if step == "receipt":
            raise Died

    with pytest.raises(Died):
        local.apply(plan, progress=die)
    small_shop.decide(local, plan, DecisionChoice.REJECT, reason="changed my mind")

    report = local.apply(plan)

    assert (report.applied, report.rejected) == (1, 0)
    assert price_of(local, "mug-r") == Decimal("9.50")


def test_two_plans_on_the_same_price_do_not_undo_each_other(shop, small_shop):
    first = small_shop.sealed(shop, small_shop.every_kind_of_action(shop.connector)[:1])
    old = first.actions[0]
    other = SetPrice(sku=old.sku, before=old.before, after=PriceAfter(price=Decimal("9.00")))
    other = other.model_copy(update={"id": other.content_id()})
    second = small_shop.sealed(shop, (other,))
    for plan in (first, second):
        small_shop.decide(shop, plan)

    assert shop.apply(first).applied == 1
    assert shop.apply(second).skipped == 1
    assert price_of(shop, "mug-r") == Decimal("9.50")


def test_the_plan_to_apply_is_the_newest_with_something_approved_to_do(shop, small_shop):
    old, new = (
        small_shop.sealed(shop, small_shop.every_kind_of_action(shop.connector), notes=(name,))
        for name in ("old", "new")
    )
    now = shop.clock.moment
    assert latest_to_apply(shop.repository, now) is None

    small_shop.decide(shop, old)
    assert latest_to_apply(shop.repository, now).plan_id == old.plan_id
    assert latest_to_apply(shop.repository, now + timedelta(days=8)) is None

    shop.apply(old)
    assert latest_to_apply(shop.repository, now) is None
    assert shop.apply(new).waiting == 10
