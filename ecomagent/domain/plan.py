"""The plan document and what follows it: decisions and receipts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from ecomagent.domain.action import Action, Impact
from ecomagent.domain.errors import PlanTamperedError
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.goal import Goal
from ecomagent.domain.ids import content_hash

SCHEMA_VERSION = "1.0"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShopRef(_Frozen):
    """Which shop a plan is for."""

    id: str
    """Lineage: made once when the workspace is, so that a plan for another shop is refused."""
    name: str
    currency: str
    connector: str
    timezone: str = "UTC"
    """Whose calendar days the plan speaks of."""


class Base(_Frozen):
    """The state of the shop a plan was made from."""

    serial: int
    """Counts every change the shop has seen."""
    state_hash: str
    """Content hash of all prices, statuses and promotions."""
    facts_hash: str = ""
    """Content hash of the history that was read."""


class PlanForecast(_Frozen):
    """The joint forecast over the horizon, with the plan and doing nothing, and their gap."""

    horizon_days: int
    with_plan: Impact
    without_plan: Impact
    difference: Impact
    draws: int
    seed: int


class PlanVerdict(_Frozen):
    """What policy says of the plan as a whole."""

    decision: Literal["allow", "needs_approval", "deny"]
    rules: tuple[str, ...] = ()
    """Plan-level rules that bound, each with its figures, e.g. the budget and what is left."""


class Choice(_Frozen):
    """How the joint choice was made."""

    solver: str
    candidates: int
    chosen: int
    objective: Decimal
    bound: Decimal
    """The solver's proven upper bound on the objective."""
    binding: tuple[str, ...] = ()
    """Constraints that held the result back."""

    @property
    def gap(self) -> Decimal:
        """How far the choice may fall short of the best one, as a fraction of the bound."""
        return (self.bound - self.objective) / self.bound if self.bound > 0 else Decimal(0)


class Plan(_Frozen):
    """One versioned, content-addressed JSON document; money as decimal strings."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION  # type: ignore[assignment]
    plan_id: str = ""
    hash: str = ""
    shop: ShopRef
    created_at: datetime
    as_of: datetime
    goal: Goal
    base: Base
    policy_hash: str
    planner: str
    """What read the goal and chose the levers: ``rules`` or a model's name."""
    run_id: str = ""
    rollback_of: str | None = None
    """The plan this one takes back, if it is a rollback."""
    assumed_margin: Decimal | None = None
    """Gross margin (fraction) the merchant told us to assume where no cost is on file."""
    assumptions: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    refused: tuple[Action, ...] = ()
    """Candidates that policy denied, kept with the rule that denied them."""
    forecast: PlanForecast | None = None
    choice: Choice | None = None
    draws: tuple[Evidence, ...] = ()
    """List prices drawn by chance, with the chance of each; those that fell on the present price
    too, which have no action: what such prices earn is judged by all of them."""
    notes: tuple[str, ...] = ()
    """What a reviewer should know: stale data, what could not be judged, what was left out."""
    verdict: PlanVerdict
    applyable: bool
    expires_at: datetime

    def content_hash(self) -> str:
        """Hash of everything but the plan's own name and hash."""
        return content_hash(self.model_dump(mode="json", exclude={"plan_id", "hash"}))

    def sealed(self) -> Self:
        """The same plan with its id and hash filled in."""
        digest = self.content_hash()
        return self.model_copy(update={"plan_id": f"plan-{digest[:10]}", "hash": digest})

    def check_seal(self) -> None:
        """Refuse a document whose content is not what its hash says.

        Raises:
            PlanTamperedError: Somebody or something changed it after it was made.
        """
        digest = self.content_hash()
        if self.hash != digest or self.plan_id != f"plan-{digest[:10]}":
            raise PlanTamperedError(
                f"plan {self.plan_id or '(without id)'} was changed after it was made",
                remedy="Use `ecomagent review` to edit an action, or make a new plan.",
            )

    def action(self, action_id: str) -> Action | None:
        """The action of that id, if the plan holds it."""
        return next((a for a in self.actions if a.id == action_id), None)


class DecisionChoice(StrEnum):
    """What a person (or an unattended run within policy) said of an action."""

    APPROVE = "approve"
    REJECT = "reject"
    EDIT = "edit"


class Decision(_Frozen):
    """One person's word on one action; a later revision replaces an earlier one."""

    plan_id: str
    plan_hash: str
    action_id: str
    revision: int = Field(ge=1)
    choice: DecisionChoice
    by: str
    role: str
    at: datetime
    reason: str = ""
    action_hash: str
    """Hash of the exact content approved (the edited one after an edit)."""
    edited: Action | None = None

    @property
    def approves(self) -> bool:
        """Whether the action may be carried out."""
        return self.choice in (DecisionChoice.APPROVE, DecisionChoice.EDIT)


class ReceiptStatus(StrEnum):
    """How far an action has come; `intended` is written before the shop is called."""

    INTENDED = "intended"
    APPLIED = "applied"
    SKIPPED = "skipped"
    FAILED = "failed"


class Receipt(_Frozen):
    """What the shop said of one action, read back from the shop."""

    plan_id: str
    action_id: str
    idempotency_key: str
    status: ReceiptStatus
    intended_at: datetime
    finished_at: datetime | None = None
    before_seen: dict[str, Any] = Field(default_factory=dict)
    after_seen: dict[str, Any] = Field(default_factory=dict)
    message: str = ""
