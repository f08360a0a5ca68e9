"""What an apply did, action by action: what ``apply`` and ``rollback`` give back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict

from ecomagent.domain.action import Action
from ecomagent.domain.errors import ExitCode


class LineStatus(StrEnum):
    """What became of one action."""

    APPLIED = "applied"
    ALREADY = "already"
    SKIPPED = "skipped"
    FAILED = "failed"
    WAITING = "waiting"
    REJECTED = "rejected"


class ApplyLine(BaseModel):
    """What became of one action, and why."""

    model_config = ConfigDict(frozen=True)

    action_id: str
    kind: str
    target: str
    status: LineStatus
    why: str = ""
    """For what was skipped: drift, policy, expired, approval or unsupported."""
    message: str = ""

    @classmethod
    def of(
        cls, action: Action, action_id: str, status: LineStatus, message: str = "", *, why: str = ""
    ) -> Self:
        """The line of an action under the id that the plan gave it."""
        return cls(
            action_id=action_id,
            kind=action.kind.value,
            target=action.target.id,
            status=status,
            why=why,
            message=message,
        )


class ApplyReport(BaseModel):
    """What an apply did."""

    model_config = ConfigDict(frozen=True)

    plan_id: str
    rollback_of: str | None = None
    applied: int = 0
    already: int = 0
    """Done by an earlier run."""
    skipped: int = 0
    failed: int = 0
    waiting: int = 0
    """Nobody has decided on them."""
    rejected: int = 0
    notes: tuple[str, ...] = ()
    lines: tuple[ApplyLine, ...] = ()

    @classmethod
    def of(
        cls,
        plan_id: str,
        lines: Sequence[ApplyLine],
        *,
        rollback_of: str | None,
        notes: Sequence[str],
    ) -> Self:
        """The report with its lines counted."""
        counts = Counter(line.status.value for line in lines)
        return cls(
            plan_id=plan_id,
            rollback_of=rollback_of,
            notes=tuple(notes),
            lines=tuple(lines),
            **{status.value: counts[status.value] for status in LineStatus},
        )

    @property
    def exit_code(self) -> ExitCode:
        """How it went as a whole.

        0: everything approved is done. 3: nothing was approved and something waits. 4: policy
        refused all that was left. 5: some of what was approved was not done. 1: all of it failed.
        """
        undone = [line for line in self.lines if line.status in _UNDONE]
        done = self.applied + self.already
        if undone and not done:
            if all(line.status is LineStatus.FAILED for line in undone):
                return ExitCode.ERROR
            if all(line.why == "policy" for line in undone):
                return ExitCode.REFUSED_BY_POLICY
        if undone:
            return ExitCode.APPLIED_IN_PART
        if self.waiting and not done:
            return ExitCode.AWAITS_APPROVAL
        return ExitCode.DONE


_UNDONE = (LineStatus.SKIPPED, LineStatus.FAILED)
