"""Approving and rejecting: exactly what was seen, in one's role, before it is too late."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ecomagent.domain.action import Risk
from ecomagent.domain.errors import ApprovalError, NotFoundError
from ecomagent.domain.plan import DecisionChoice, Receipt, ReceiptStatus
from ecomagent.plan.approval import (
    approve,
    approve_within_policy,
    latest_waiting,
    reject,
    waiting,
)

NOW = datetime(2025, 3, 3, 9, tzinfo=UTC)


class KilledBeforeLogging:
    """An audit log whose process died just before it wrote."""

    def subjects(self, event, prefix):
        return frozenset()

    def append(self, **entry):
        return None


def receipt(desk, action, status):
    return Receipt(
        plan_id=desk.plan.plan_id,
        action_id=action.id,
        idempotency_key=f"{desk.plan.plan_id}/{action.id}/x",
        status=status,
        intended_at=NOW,
    )


def ids(desk):
    return [action.id for action in desk.plan.actions]


def test_an_approval_names_the_exact_content(desk):
    action = desk.action("set_price")
    (decision,) = approve(desk.plan, [action.id], desk.sits())
    assert decision.action_hash == action.hash()
    assert decision.plan_hash == desk.plan.hash
    assert desk.repository.decisions_of(desk.plan.plan_id) == {action.id: decision}


def test_the_beginning_of_an_id_is_enough_and_a_stranger_is_not_found(desk):
    action = desk.action("set_price")
    (decision,) = approve(desk.plan, [action.id.removeprefix("act-")[:6]], desk.sits())
    assert decision.action_id == action.id
    with pytest.raises(NotFoundError, match="no action"):
        approve(desk.plan, ["act-nothing"], desk.sits())
    with pytest.raises(NotFoundError, match="more than one"):
        approve(desk.plan, ["act-"], desk.sits())


def test_what_was_decided_waits_no_more(desk):
    action = desk.action("set_price")
    approve(desk.plan, [action.id], desk.sits())
    decided = desk.repository.decisions_of(desk.plan.plan_id)
    assert [each.id for each in waiting(desk.plan, decided)] == [i for i in ids(desk)
                                                                 if i != action.id]  # fmt: skip


def test_a_rejection_keeps_its_reason_and_needs_one(desk):
    action = desk.action("reorder")
    with pytest.raises(ApprovalError, match="reason"):
        reject(desk.plan, [action.id], "  ", desk.sits())
    reject(desk.plan, [action.id], "supplier is changing", desk.sits("lee", "analyst"))
    (kept,) = desk.repository.rejections()
    assert (kept.reason, kept.by, kept.choice) == (
        "supplier is changing",
        "lee",
        DecisionChoice.REJECT,
    )


def test_every_decision_has_one_audit_entry(desk):
    approve(desk.plan, ids(desk), desk.sits())
    reject(desk.plan, [ids(desk)[0]], "changed my mind", desk.sits())
    entries = desk.audit.entries(50)
    assert len(entries) == len(ids(desk)) + 1
    assert entries[0].event == "action.reject"
    assert entries[0].body["reason"] == "changed my mind"
    assert desk.audit.verify().ok


def test_an_entry_that_a_kill_left_out_is_written_with_the_next_decision(desk):
    first, second = ids(desk)[:2]
    approve(desk.plan, [first], replace(desk.sits("lee"), audit=KilledBeforeLogging()))
    assert desk.audit.entries(10) == ()
    approve(desk.plan, [second], desk.sits())
    assert [entry.actor for entry in reversed(desk.audit.entries(10))] == ["lee", "ann"]


@pytest.mark.parametrize(
    ("kind", "role", "may"),
    [
        ("send_campaign", "analyst", False),
        ("send_campaign", "manager", True),
        ("reorder", "analyst", True),
        ("reorder", "viewer", False),
    ],
)
def test_a_role_approves_up_to_its_risk(desk, kind, role, may):
    action = desk.action(kind)
    if may:
        assert approve(desk.plan, [action.id], desk.sits("lee", role))
        return
    with pytest.raises(ApprovalError, match=f"lee acts as {role}"):
        approve(desk.plan, [action.id], desk.sits("lee", role))


def test_one_action_above_the_role_keeps_all_from_being_recorded(desk):
    with pytest.raises(ApprovalError):
        approve(desk.plan, ids(desk), desk.sits("lee", "analyst"))
    assert desk.repository.decisions_of(desk.plan.plan_id) == {}


def test_a_role_that_the_policy_asks_for_since_counts(desk):
    stricter = desk.policy.model_copy(
        update={"approval": desk.policy.approval.model_copy(
            update={"low": desk.policy.approval.high})}
    )  # fmt: skip
    with pytest.raises(ApprovalError, match="owner"):
        approve(
            desk.plan, [desk.action("reorder").id], desk.sits("lee", "manager", policy=stricter)
        )


def test_a_viewer_rejects_nothing(desk):
    with pytest.raises(ApprovalError, match="viewer"):
        reject(desk.plan, ids(desk)[:1], "no", desk.sits("vic", "viewer"))


def test_the_slower_of_two_reviewers_is_told_who_was_faster(desk):
    action = desk.action("reorder")
    seen = desk.repository.decisions_of(desk.plan.plan_id)
    reject(desk.plan, [action.id], "too much", desk.sits("lee", "manager"), seen=seen)
    with pytest.raises(ApprovalError, match=r"lee \(manager\) rejected this action") as caught:
        approve(desk.plan, [action.id], desk.sits("ann"), seen=seen)
    assert "once more" in caught.value.remedy
    assert desk.repository.decisions_of(desk.plan.plan_id)[action.id].by == "lee"


def test_of_many_only_those_decided_meanwhile_are_left_and_the_rest_is_said_to_be_kept(desk):
    seen = desk.repository.decisions_of(desk.plan.plan_id)
    reject(desk.plan, [ids(desk)[1]], "no", desk.sits("lee"), seen=seen)
    with pytest.raises(ApprovalError, match="your word on the other 4 is recorded: approved"):
        approve(desk.plan, ids(desk), desk.sits("ann"), seen=seen)
    choices = {d.by: d.choice for d in desk.repository.decisions_of(desk.plan.plan_id).values()}
    assert choices == {"lee": DecisionChoice.REJECT, "ann": DecisionChoice.APPROVE}


def test_who_has_seen_the_earlier_word_may_overrule_it(desk):
    action = desk.action("reorder")
    reject(desk.plan, [action.id], "too much", desk.sits("lee"))
    (decision,) = approve(desk.plan, [action.id], desk.sits("ann"))
    assert decision.revision == 2
    assert [d.by for d in desk.repository.decision_history(desk.plan.plan_id)] == ["lee", "ann"]


def test_nothing_is_decided_after_it_expired(desk):
    late = desk.sits(now=NOW + timedelta(days=8))
    for decide in (lambda: approve(desk.plan, ids(desk)[:1], late),
                   lambda: reject(desk.plan, ids(desk)[:1], "late", late)):  # fmt: skip
        with pytest.raises(ApprovalError, match="expired on 2025-03-10") as caught:
            decide()
        assert "new plan" in caught.value.remedy


def test_what_was_carried_out_cannot_be_decided_anew_but_what_failed_can(desk):
    done, failed = desk.plan.actions[:2]
    desk.repository.finish(receipt(desk, done, ReceiptStatus.APPLIED))
    desk.repository.finish(receipt(desk, failed, ReceiptStatus.FAILED))
    with pytest.raises(ApprovalError, match="carried out already") as caught:
        reject(desk.plan, [done.id], "oh no", desk.sits())
    assert "rollback" in caught.value.remedy
    assert reject(desk.plan, [failed.id], "leave it", desk.sits())


def test_unattended_only_what_both_the_plan_and_todays_policy_let_pass_is_approved(desk):
    assert approve_within_policy(desk.plan, desk.sits("cron", "analyst")) == ()
    freer = desk.policy.model_copy(
        update={"approval": desk.policy.approval.model_copy(
            update={"without_approval": (Risk.LOW,)})}
    )  # fmt: skip
    assert approve_within_policy(desk.plan, desk.sits("cron", "analyst", policy=freer)) == ()


def test_the_plan_that_waits_is_found_and_an_expired_one_is_not(desk):
    assert latest_waiting(desk.repository, NOW).plan_id == desk.plan.plan_id
    assert latest_waiting(desk.repository, NOW + timedelta(days=30)) is None
    approve(desk.plan, ids(desk), desk.sits())
    assert latest_waiting(desk.repository, NOW) is None


def test_of_many_reviewers_at_the_same_moment_exactly_one_is_first(desk):
    action = desk.action("reorder")

    def decide(name):
        try:
            approve(desk.plan, [action.id], desk.sits(name), seen={})
        except ApprovalError as error:
            return str(error)
        return "recorded"

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(decide, ["ann", "lee", "kim", "bo"]))
    assert said.count("recorded") == 1
    winner = desk.repository.decisions_of(desk.plan.plan_id)[action.id].by
    assert all(winner in text for text in said if text != "recorded")
    assert desk.audit.verify().ok
    assert len(desk.audit.entries(10)) == 1
