"""What the tool may do, as typed values; ``policy.toml`` is read into this and nothing else."""

from __future__ import annotations

import re
from datetime import time
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ecomagent.domain.action import Risk
from ecomagent.domain.errors import MoneyError
from ecomagent.domain.ids import content_hash
from ecomagent.domain.money import minor_digits
from ecomagent.plan.policy.roles import Role

HOURS = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$")


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("must be a number without quotes")
    return Decimal(str(value))


def _share(value: Decimal) -> Decimal:
    if not 0 <= value < 1:
        meant = f"; for {value} % write {value / 100}" if value > 1 else ""
        raise ValueError(f"must be a fraction of at least 0 and less than 1{meant}")
    return value


def _amount(value: Decimal) -> Decimal:
    if not 0 <= value <= Decimal(10) ** 13:
        raise ValueError("must be an amount of money that is not negative")
    return value


def _ending(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,3}", value):
        raise ValueError('must be the last one to three digits of a price in quotes, e.g. "99"')
    return value


def _currency(value: str) -> str:
    try:
        minor_digits(value)
    except MoneyError as error:
        raise ValueError(str(error)) from error
    return value


def _hours(value: Any) -> Any:
    if value != "" and not (isinstance(value, str) and HOURS.match(value)):
        raise ValueError('must be like "21:00-08:00", or "" for none')
    return value


Share = Annotated[Decimal, BeforeValidator(_number), AfterValidator(_share)]
"""A fraction from 0 (inclusive) to 1 (exclusive)."""
Amount = Annotated[Decimal, BeforeValidator(_number), AfterValidator(_amount)]
"""Money in major units of the policy's currency."""
Hours = Annotated[str, BeforeValidator(_hours)]
"""A time of day span in the shop's time zone, past midnight if it ends before it starts."""


def span(hours: str) -> tuple[time, time] | None:
    """Start and end of an hours string; None for the empty one."""
    found = HOURS.match(hours)
    if not found:
        return None
    first, second, third, fourth = (int(part) for part in found.groups())
    return time(first, second), time(third, fourth)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MarginPolicy(_Section):
    """What a price must leave over the cost; selling below cost is never allowed."""

    min_margin: Share
    """Least gross margin, (price - cost) / price, of any price the tool sets."""


class PricePolicy(_Section):
    """How far and to what list prices may move."""

    max_change_per_day: Share
    max_change_per_week: Share
    endings: tuple[Annotated[str, BeforeValidator(_ending)], ...] = ()
    """Last digits a list price may have (in minor units); empty allows any."""


class PromotionPolicy(_Section):
    """How deep and how long a promotion may be."""

    max_depth: Share
    max_days: int = Field(ge=1, le=365, strict=True)


class ProtectedPolicy(_Section):
    """What the tool never changes."""

    skus: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    """Category or path prefix, e.g. ``Kitchen > Mugs``; sub-categories are included."""


class BudgetPolicy(_Section):
    """The most that campaigns may cost."""

    per_run: Amount
    per_day: Amount
    per_month: Amount
    goal_covers_reorders: bool = Field(strict=True)
    """Whether a budget named in a goal has to pay for purchase orders too."""


class MarketingPolicy(_Section):
    """How often customers may be written to."""

    max_contacts_per_customer_per_month: int = Field(default=4, ge=1, le=31, strict=True)
    """Messages in any 30 days, by all channels together."""


class ReorderPolicy(_Section):
    """The most that purchase orders may cost."""

    max_cash: Amount


class ActionsPolicy(_Section):
    """How much may change at once."""

    max_per_plan: int = Field(ge=1, le=100_000, strict=True)


class ApprovalPolicy(_Section):
    """Who must say yes to what."""

    without_approval: tuple[Risk, ...] = ()
    """Risks that need nobody's word; empty means a person always decides."""
    low: Role
    medium: Role
    high: Role

    def role_for(self, risk: Risk) -> Role:
        """The least role that may approve an action of that risk."""
        return {Risk.LOW: self.low, Risk.MEDIUM: self.medium, Risk.HIGH: self.high}[risk]


class QuietHoursPolicy(_Section):
    """When to leave shop and customers alone, in the shop's time zone."""

    apply: Hours = ""
    """Nothing is applied."""
    campaigns: Hours = ""
    """No campaign is sent."""


class AssortmentPolicy(_Section):
    """How many SKUs a category has room for."""

    max_active_per_category: int = Field(default=0, ge=0, le=100_000, strict=True)
    """Most SKUs on sale in one category; 0 for no limit."""


class ExperimentPolicy(_Section):
    """How much may be tried to learn how customers answer prices."""

    max_share: Share = Decimal(0)
    """Share of the shop's SKUs that may be under test at once; 0 for none."""
    max_drop: Share = Decimal("0.10")
    """How far below the list price a tried price may be."""
    switchback: bool = Field(default=True, strict=True)
    """Whether a tried price may come and go from week to week; if not, SKUs are matched."""
    payback_days: int = Field(default=180, ge=1, le=730, strict=True)
    """Days after its end over which what was learnt is counted as worth something."""


class Policy(_Section):
    """All of ``policy.toml``; a section must be there unless leaving it out allows less."""

    version: int = Field(ge=1, le=1, strict=True)
    currency: Annotated[str, AfterValidator(_currency)]
    margin: MarginPolicy
    price: PricePolicy
    promotion: PromotionPolicy
    protected: ProtectedPolicy
    budget: BudgetPolicy
    marketing: MarketingPolicy = Field(default_factory=MarketingPolicy)
    """Files written before this section was are read with its default, which is a limit."""
    reorder: ReorderPolicy
    actions: ActionsPolicy
    approval: ApprovalPolicy
    quiet_hours: QuietHoursPolicy
    assortment: AssortmentPolicy = AssortmentPolicy()
    experiment: ExperimentPolicy = ExperimentPolicy()

    @property
    def hash(self) -> str:
        """Hash of what the policy says; comments and order do not count."""
        return content_hash(self.model_dump(mode="json"))
