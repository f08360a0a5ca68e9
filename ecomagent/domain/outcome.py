"""What came of what was done: the outcome of each action, and of a plan as a whole."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from ecomagent.domain.action import ActionKind, Metric, Quantiles
from ecomagent.domain.evidence import Evidence


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Verdict(StrEnum):
    """Whether a promise was kept."""

    KEPT = "kept"
    SHORT = "short"
    OVER = "over"
    CANNOT_TELL = "cannot_tell"


class Outcome(_Frozen):
    """What one action (or, without an action id, the plan) brought, against what was promised."""

    plan_id: str
    action_id: str = ""
    kind: ActionKind | None = None
    target: str = ""
    metric: Metric
    promised: Quantiles
    """For the days looked at: a part of the promise where they are a part of the horizon."""
    happened: Quantiles | None = None
    """Against doing nothing, with the measurement's own 80 % interval; none where it cannot be
    told."""
    method: str
    verdict: Verdict
    first_day: date
    last_day: date
    promised_days: int
    """Days that the whole promise is about."""
    final: bool
    """Whether later data can add nothing: the horizon is over, or something else was done."""
    measured_at: datetime
    """Nothing known later was looked at (UTC)."""
    note: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def days(self) -> int:
        """Days looked at."""
        return max((self.last_day - self.first_day).days + 1, 0)


class PlanOutcome(_Frozen):
    """What a plan brought."""

    plan_id: str
    goal: str
    currency: str
    measured_at: datetime
    total: Outcome | None = None
    """All actions that can be told, in the goal's metric."""
    outcomes: tuple[Outcome, ...] = ()
    """One an action and metric, the plan's order."""
    main: tuple[Metric, ...] = ()
    """The metric that each action is judged in, best known first."""
    measured: int = 0
    """Actions whose effect could be measured, however widely."""
    told: int = 0
    """Those of them of which it could be told whether the promise was kept."""
    applied: int = 0
    bands: int = 0
    """Promised bands of final outcomes that could be held against what happened."""
    bands_held: int = 0
    """How many held, allowing for the measurement's error; eight in ten should."""
    note: str = ""


class OutcomeReport(_Frozen):
    """What plans have brought so far."""

    as_of: datetime
    plans: tuple[PlanOutcome, ...] = ()
    bands: int = 0
    bands_held: int = 0
    note: str = ""


class Lesson(_Frozen):
    """What one action's outcome teaches: the figures that later plans rest on."""

    plan_id: str
    action_id: str
    tool: str
    """Module whose promise it was, e.g. ``tools.pricing``."""
    kind: ActionKind
    target: str
    metric: Metric
    promised: Quantiles
    """With what the same outcomes teach of prices and people taken in, so that nothing is
    learnt twice."""
    happened: Quantiles
    method: str
    first_day: date
    last_day: date
    measured_at: datetime
    learnt_at: datetime
    price_ratio: float | None = None
    """New price over old, where one price held all those days."""
    actual_units: float | None = None
    expected_units: float | None = None
    expected_sd: float | None = None
    expected_shared_sd: float | None = None
    """Part of it that is common to what was measured of the plan."""
    happened_shared_sd: float = 0.0
    """The same in the metric."""
    campaign_id: str = ""
    campaign: dict[str, float] = Field(default_factory=dict)
    """Of a hold-out: people and buyers in both groups."""
    evidence: tuple[Evidence, ...] = ()
