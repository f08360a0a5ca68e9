"""On which days an applied action can be seen.

From its first whole day to its horizon's last, unless something else was done to the same thing
before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ecomagent.domain.action import Action, ActionKind, SendCampaign
from ecomagent.domain.plan import Plan, Receipt
from ecomagent.plan.done import applied_actions, place_of
from ecomagent.store.plans import PlanRepository

MOVES_SALES = frozenset({
    ActionKind.SET_PRICE, ActionKind.START_PROMOTION, ActionKind.END_PROMOTION,
    ActionKind.START_EXPERIMENT,
    ActionKind.LIST_PRODUCT, ActionKind.DELIST_PRODUCT, ActionKind.UPDATE_CONTENT,
})  # fmt: skip
"""Kinds whose SKUs are no comparison for others while they last."""


@dataclass(frozen=True)
class Applied:
    """An applied action and the days on which its effect is looked for.

    Attributes:
        plan: Whose it is.
        action: As it was done.
        first: First whole day under it.
        last: Last day looked at; before ``first`` where no day is known yet.
        promised_days: Days that its impact is about.
        final: Whether later data can add nothing.
        ended: When something else was done to the same thing, if that ended it.
    """

    plan: Plan
    action: Action
    first: date
    last: date
    promised_days: int
    final: bool
    ended: date | None = None

    @property
    def days_known(self) -> int:
        """Days looked at."""
        return max((self.last - self.first).days + 1, 0)

    def until(self, day: date) -> Applied:
        """The same, ended on a day because the shop shows something else afterwards."""
        return Applied(
            self.plan, self.action, self.first, min(self.last, day), self.promised_days, True, day
        )


@dataclass(frozen=True)
class History:
    """Everything that was ever applied, oldest first."""

    done: tuple[tuple[Plan, Action, Receipt], ...]
    timezone: str

    def of(self, plan: Plan, last_day: date) -> tuple[Applied, ...]:
        """Actions of one plan with their days, in its order."""
        return tuple(
            self._days(plan, action, receipt, last_day)
            for each, action, receipt in self.done
            if each.plan_id == plan.plan_id
        )

    def plans(self) -> tuple[Plan, ...]:
        """Plans of which something was applied, newest first; rollbacks are none."""
        found = {plan.plan_id: plan for plan, _, _ in self.done if plan.rollback_of is None}
        return tuple(reversed(found.values()))

    def touched(self, first: date, last: date, quiet_days: int) -> frozenset[str]:
        """Targets of price, promotion, assortment and content actions near those days."""
        since = first - timedelta(days=quiet_days)
        return frozenset(
            action.target.id
            for _, action, receipt in self.done
            if action.kind in MOVES_SALES and since <= self._day(_moment(receipt)) <= last
        )

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.timezone)).date()

    def _days(self, plan: Plan, action: Action, receipt: Receipt, last_day: date) -> Applied:
        days = horizon_days(plan, self.timezone)
        first = self._first(action, receipt)
        planned = first + timedelta(days=days - 1)
        after = self._next(action, receipt)
        ends = min(planned, last_day, after - timedelta(days=1) if after else date.max)
        replaced = after is not None and after <= planned
        final = ends == planned or (replaced and after is not None and last_day >= after)
        return Applied(plan, action, first, ends, days, final, after if replaced else None)

    def _first(self, action: Action, receipt: Receipt) -> date:
        applied = self._day(_moment(receipt))
        starts = self._day(action.starts_at) if action.starts_at else applied
        if isinstance(action, SendCampaign):
            return max(starts, applied)
        return max(starts, applied + timedelta(days=1))

    def _next(self, action: Action, receipt: Receipt) -> date | None:
        """Day on which something else was applied to the same thing."""
        later = [
            self._day(_moment(other))
            for _, each, other in self.done
            if place_of(each) == place_of(action) and _moment(other) > _moment(receipt)
        ]
        return min(later, default=None)


def _moment(receipt: Receipt) -> datetime:
    return receipt.finished_at or receipt.intended_at


def horizon_days(plan: Plan, timezone: str) -> int:
    """Days that a plan's figures are about."""
    if plan.forecast is not None:
        return plan.forecast.horizon_days
    return plan.goal.days_from(plan.as_of.astimezone(ZoneInfo(timezone)).date())


def read_history(repository: PlanRepository, *, as_of: datetime, timezone: str) -> History:
    """What was applied before a moment, by every plan."""
    found: list[tuple[Plan, Action, Receipt]] = []
    for summary in repository.list_plans(None):
        if summary.applied and summary.created_at < as_of:
            plan = repository.get_plan(summary.plan_id)
            found += [
                (plan, action.model_copy(update={"id": receipt.action_id}), receipt)
                for action, receipt in applied_actions(plan, repository)
                if _moment(receipt) < as_of
            ]
    return History(tuple(_oldest_first(found)), timezone)


def _oldest_first(
    found: Sequence[tuple[Plan, Action, Receipt]],
) -> list[tuple[Plan, Action, Receipt]]:
    order = {id(each): number for number, each in enumerate(found)}
    return sorted(found, key=lambda each: (each[0].created_at, each[0].plan_id, order[id(each)]))
