"""What one rule says of one action: passed, changed, or refused; always with its figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from ecomagent.domain.action import Action, RuleVerdict
from ecomagent.domain.errors import MoneyError
from ecomagent.domain.money import Money
from ecomagent.plan.policy.context import PolicyContext
from ecomagent.plan.policy.model import Policy
from ecomagent.plan.policy.roles import Role


@dataclass(frozen=True)
class Ruling:
    """A rule's word, and the action as the rule leaves it."""

    action: Action
    verdict: RuleVerdict
    role: Role | None = None
    """Least role that must agree, where the rule asks for one of its own."""

    @property
    def denies(self) -> bool:
        """Whether the action may not go on."""
        return self.verdict.decision == "deny"


Rule = Callable[[Action, PolicyContext, Policy], Ruling | None]
"""Looks at one action; None where the rule has nothing to say of it."""


def passed(action: Action, rule: str, message: str) -> Ruling:
    """The rule is kept as it is."""
    return _ruling(action, rule, "allow", message)


def denied(action: Action, rule: str, message: str) -> Ruling:
    """The rule is broken and cannot be kept by changing the action."""
    return _ruling(action, rule, "deny", message)


def clamped(action: Action, rule: str, message: str, *, was: str, now: str) -> Ruling:
    """The rule is kept by the changed action."""
    verdict = RuleVerdict(
        rule=rule, decision="allow", message=message, clamped_from=was, clamped_to=now
    )
    return Ruling(action, verdict)


def needs(action: Action, rule: str, message: str, role: Role) -> Ruling:
    """The rule wants somebody's word."""
    verdict = RuleVerdict(rule=rule, decision="needs_approval", message=message)
    return Ruling(action, verdict, role)


def _ruling(action: Action, rule: str, decision: Literal["allow", "deny"], message: str) -> Ruling:
    return Ruling(action, RuleVerdict(rule=rule, decision=decision, message=message))


def money(amount: Decimal, currency: str) -> str:
    """An amount as a message shows it; one that is no money is shown as it stands."""
    try:
        exact = Money.of(amount, currency)
    except MoneyError:
        return str(amount)
    return exact.display() if exact.amount == amount else f"{amount} {currency}"


def percent(share: Decimal) -> str:
    """A fraction as a message shows it, e.g. ``12.5 %``."""
    return f"{(share * 100).quantize(Decimal('0.1')).normalize():f} %"


def moment(at: datetime, timezone: str) -> str:
    """A moment on the shop's clock, e.g. ``2025-03-01 08:00``."""
    return f"{at.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"
