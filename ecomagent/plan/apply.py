"""Carries out what was approved of a plan, exactly once: the only caller of a shop's writing.

Intent on file → call with an idempotency key → read back → receipt → audit entry. Killed
anywhere, the next run finds the intent, asks the shop whether it saw the key, and goes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from ecomagent.audit import AuditLog
from ecomagent.domain.action import Action, ActionKind
from ecomagent.domain.errors import (
    ConnectorError,
    PlanError,
    PolicyRefusedError,
    PreconditionFailedError,
)
from ecomagent.domain.plan import Decision, Plan, Receipt, ReceiptStatus
from ecomagent.domain.ports import Clock, Connector, Progress, TargetState, silent
from ecomagent.plan.approved import (
    Obstacle,
    Recheck,
    approved_action,
    can_do,
    idempotency_key,
    moved,
    not_as_asked,
    out_of_time,
    refused_now,
)
from ecomagent.plan.lock import workspace_lock
from ecomagent.plan.recording import complete_the_log
from ecomagent.plan.report import ApplyLine, ApplyReport, LineStatus
from ecomagent.store.plans import PlanRepository

__all__ = ["STEPS", "ApplyLine", "ApplyReport", "apply_plan"]

ATTEMPTS = 3
"""How often a shop that does not answer is asked under the same key."""
STEPS = ("check", "intent", "call", "read back", "receipt", "audit", "done")
"""What is told of every action, each before it happens; a run may die at any of them."""
OUTSIDE_THE_CATALOGUE = frozenset({ActionKind.REORDER, ActionKind.SEND_CAMPAIGN})
"""Kinds that do not move the shop's serial."""


def apply_plan(
    plan: Plan,
    decisions: Mapping[str, Decision],
    *,
    connector: Connector,
    repository: PlanRepository,
    audit: AuditLog,
    clock: Clock,
    actor: str,
    lock_file: Path,
    recheck: Recheck,
    progress: Progress = silent,
    quiet_until: datetime | None = None,
    policy_hash: str = "",
) -> ApplyReport:
    """Carry out every approved action that is not done yet; the rest is reported.

    Args:
        plan: The sealed plan, as it is on file.
        decisions: Decision by action id; a newer one on file replaces it.
        connector: The shop.
        repository: Where intents and receipts are kept.
        audit: The log.
        clock: Tells the time.
        actor: Who applies.
        lock_file: Held meanwhile.
        recheck: Judges an action by the policy as it is now; asked just before it is done.
        progress: Told each of ``STEPS``, and which action it is about, before it is taken.
        quiet_until: End of the policy's quiet hours, if they are on.
        policy_hash: Of the policy as it is now; a note tells where it is not the plan's.

    Raises:
        PlanTamperedError: Plan or decision are not what was made or approved.
        PlanError: The plan is for another shop, or not on file.
        PolicyRefusedError: The plan was denied, or these are quiet hours.
        LockedError: Another run holds the workspace.
        StoreError: Disk full or store read-only; nothing is half done, so run it again.
    """
    _check_plan(plan, connector, repository)
    if quiet_until is not None:
        raise PolicyRefusedError(
            f"these are the policy's quiet hours; nothing is applied before"
            f" {quiet_until:%Y-%m-%d %H:%M} ({quiet_until.tzinfo})",
            where="quiet_hours.apply",
            remedy="Run it again then, or change policy.toml.",
        )
    with workspace_lock(lock_file, actor=actor, what=f"apply {plan.plan_id}", clock=clock):
        run = _Run(plan, connector, repository, audit, clock, actor, recheck, progress)
        return run.whole(decisions, policy_hash)


def _check_plan(plan: Plan, connector: Connector, repository: PlanRepository) -> None:
    plan.check_seal()
    if plan.shop.connector != connector.name:
        raise PlanError(
            f"the plan was made for the connector “{plan.shop.connector}”, not “{connector.name}”",
            where=plan.plan_id,
            remedy="Make a new plan, or set the connector back in ecomagent.toml.",
        )
    if repository.get_plan(plan.plan_id).hash != plan.hash:
        raise PlanError("another plan is on file under this id", where=plan.plan_id)
    if plan.verdict.decision == "deny":
        raise PolicyRefusedError(
            "policy denied this plan as a whole",
            where="; ".join(plan.verdict.rules) or plan.plan_id,
            remedy="Make a plan that keeps to policy.toml.",
        )


@dataclass
class _Run:
    """One apply of one plan, under the lock."""

    plan: Plan
    connector: Connector
    repository: PlanRepository
    audit: AuditLog
    clock: Clock
    actor: str
    recheck: Recheck
    progress: Progress
    receipts: dict[str, list[Receipt]] = field(default_factory=dict)
    """On file when the run began, by action id."""

    def whole(self, decisions: Mapping[str, Decision], policy_hash: str) -> ApplyReport:
        """Every action of the plan, in its order."""
        newest = self.repository.decisions_of(self.plan.plan_id)
        found = defaultdict(list)
        for receipt in self.repository.receipts_of(self.plan.plan_id):
            found[receipt.action_id].append(receipt)
        self.receipts = dict(found)
        notes = self._moved_on(policy_hash)
        complete_the_log(self.plan, self.repository, self.audit)
        self._complete_the_log()
        lines = [
            self._one(action, newest.get(action.id) or decisions.get(action.id))
            for action in self.plan.actions
        ]
        return ApplyReport.of(
            self.plan.plan_id, lines, rollback_of=self.plan.rollback_of, notes=notes
        )

    def _moved_on(self, policy_hash: str) -> list[str]:
        """Tell when shop or policy are no longer the ones that the plan was made with."""
        ours = sum(
            action.kind not in OUTSIDE_THE_CATALOGUE
            for action in self.plan.actions
            if any(receipt.status is not ReceiptStatus.SKIPPED for receipt in self._of(action.id))
        )
        others = self.connector.base().serial - self.plan.base.serial - ours
        found = [f"the shop has changed since the plan was made ({others:,} times)"] * (others > 0)
        if policy_hash and policy_hash != self.plan.policy_hash:
            found.append("policy.toml has changed since the plan was made")
        return [f"{what}: every action is checked again before it is done" for what in found]

    def _of(self, action_id: str) -> list[Receipt]:
        return self.receipts.get(action_id, [])

    def _complete_the_log(self) -> None:
        """Add the audit entries that a kill kept from following their receipts."""
        done = [
            receipt
            for of_action in self.receipts.values()
            for receipt in of_action
            if receipt.status is ReceiptStatus.APPLIED
        ]
        if not done:
            return
        logged = self.audit.subjects("action.applied", self.plan.plan_id)
        for receipt in done:
            if receipt.idempotency_key not in logged:
                self.progress("audit", receipt.action_id)
                self._log(receipt)

    def _one(self, action: Action, decision: Decision | None) -> ApplyLine:
        earlier = self._of(action.id)
        applied = next((r for r in earlier if r.status is ReceiptStatus.APPLIED), None)
        if applied is not None:
            return ApplyLine.of(action, action.id, LineStatus.ALREADY, applied.message)
        for receipt in earlier:
            settled = self._settle(action, decision, receipt)
            if settled is not None:
                return settled
        if decision is None:
            return ApplyLine.of(action, action.id, LineStatus.WAITING)
        if not decision.approves:
            return ApplyLine.of(action, action.id, LineStatus.REJECTED, decision.reason)
        return self._carry_out(action.id, approved_action(self.plan, action, decision), decision)

    def _settle(
        self, action: Action, decision: Decision | None, receipt: Receipt
    ) -> ApplyLine | None:
        """Finish what an earlier run asked for, if the shop did it; None if it did not."""
        if receipt.status is ReceiptStatus.SKIPPED:
            return None
        try:
            seen = self.connector.written(receipt.idempotency_key)
        except ConnectorError as error:
            return ApplyLine.of(action, action.id, LineStatus.FAILED, str(error))
        if seen is None:
            return None
        content = action if decision is None else decision.edited or action
        if idempotency_key(self.plan, action.id, content) == receipt.idempotency_key:
            return self._finish(content, receipt, seen)
        return self._close(action, receipt, ReceiptStatus.APPLIED, seen, "")

    def _carry_out(self, action_id: str, action: Action, decision: Decision) -> ApplyLine:
        self.progress("check", action_id)
        now, target = self.clock.now(), action.shown_by
        receipt = Receipt(
            plan_id=self.plan.plan_id,
            action_id=action_id,
            idempotency_key=idempotency_key(self.plan, action_id, action),
            status=ReceiptStatus.INTENDED,
            intended_at=now,
        )
        obstacle = out_of_time(self.plan, action, now) or can_do(self.connector, action)
        if obstacle is None:
            before = self.connector.read(action.kind, [target])[target.id]
            receipt = receipt.model_copy(update={"before_seen": _seen(before)})
            obstacle = moved(action, before) or refused_now(action, decision, self.recheck)
        if obstacle is not None:
            return self._skip(action, receipt, obstacle)
        self.progress("intent", action_id)
        if self.repository.record_intent(receipt).status is not ReceiptStatus.INTENDED:
            self.repository.finish(receipt)  # tried anew after it was skipped or failed
        self.progress("call", action_id)
        try:
            self._call(action, receipt.idempotency_key)
        except PreconditionFailedError as error:
            return self._skip(action, receipt, Obstacle("drift", error.what))
        except ConnectorError as error:
            return self._close(action, receipt, ReceiptStatus.FAILED, None, str(error))
        self.progress("read back", action_id)
        return self._finish(action, receipt, self.connector.read(action.kind, [target])[target.id])

    def _call(self, action: Action, key: str) -> None:
        for attempt in Retrying(
            retry=retry_if_exception(_may_answer_later),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.05, max=1),
            reraise=True,
        ):
            with attempt:
                self.connector.write(action, idempotency_key=key)

    def _finish(self, action: Action, receipt: Receipt, shown: TargetState) -> ApplyLine:
        """The receipt for what the shop shows; what it does not show as asked is a failure."""
        different = not_as_asked(action, shown)
        status = ReceiptStatus.FAILED if different else ReceiptStatus.APPLIED
        return self._close(action, receipt, status, shown, different)

    def _skip(self, action: Action, receipt: Receipt, obstacle: Obstacle) -> ApplyLine:
        told = any(
            r.status is ReceiptStatus.SKIPPED and r.message == obstacle.message
            for r in self._of(receipt.action_id)
        )
        if not told:
            self._close(action, receipt, ReceiptStatus.SKIPPED, None, obstacle.message)
        return ApplyLine.of(
            action, receipt.action_id, LineStatus.SKIPPED, obstacle.message, why=obstacle.why
        )

    def _close(
        self,
        action: Action,
        receipt: Receipt,
        status: ReceiptStatus,
        shown: TargetState | None,
        message: str,
    ) -> ApplyLine:
        closed = receipt.model_copy(
            update={
                "status": status,
                "finished_at": self.clock.now(),
                "after_seen": {} if shown is None else _seen(shown),
                "message": message,
            }
        )
        self.progress("receipt", closed.action_id)
        self.repository.finish(closed)
        self.progress("audit", closed.action_id)
        self._log(closed)
        self.progress("done", closed.action_id)
        return ApplyLine.of(action, closed.action_id, LineStatus(status.value), message)

    def _log(self, receipt: Receipt) -> None:
        self.audit.append(
            at=self.clock.now(),
            actor=self.actor,
            event=f"action.{receipt.status.value}",
            subject=receipt.idempotency_key,
            body={
                "plan": receipt.plan_id,
                "plan_hash": self.plan.hash,
                "action": receipt.action_id,
                "rollback_of": self.plan.rollback_of,
                "before": receipt.before_seen,
                "after": receipt.after_seen,
                "message": receipt.message,
            },
        )


def _may_answer_later(error: BaseException) -> bool:
    return isinstance(error, ConnectorError) and not isinstance(error, PreconditionFailedError)


def _seen(shown: TargetState) -> dict[str, Any]:
    """What a receipt keeps of what the shop showed: the fields, and what a rollback needs."""
    return {**shown.extra, **shown.fields, "version": shown.version}
