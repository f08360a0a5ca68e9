"""What the merchant wants, as a typed value that can be shown back and confirmed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ecomagent.domain.money import Money

Language = Literal["en", "zh"]

DEFAULT_HORIZON_DAYS = 28
"""Horizon of a goal that names none: four whole weeks, so that weekdays balance."""


class Objective(StrEnum):
    """What is made larger (or, for stock, smaller)."""

    GROSS_PROFIT = "gross_profit"
    REVENUE = "revenue"
    UNITS = "units"
    CLEAR_STOCK = "clear_stock"
    NEW_CUSTOMERS = "new_customers"
    REPEAT_PURCHASE = "repeat_purchase"


class Lever(StrEnum):
    """What may be moved; one specialist works each."""

    SELECTION = "selection"
    PRICING = "pricing"
    MARKETING = "marketing"
    REPLENISHMENT = "replenishment"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Exclusion(_Value):
    """What the goal leaves out."""

    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    text: str | None = None

    def is_empty(self) -> bool:
        """Whether nothing is named."""
        return self == type(self)()


class Scope(Exclusion):
    """Which part of the assortment the goal is about; empty means all of it."""

    exclude: Exclusion = Field(default_factory=Exclusion)


class Budget(_Value):
    """The most that may be spent, in major units of a currency."""

    amount: Decimal
    currency: str

    @property
    def money(self) -> Money:
        """The same as exact money."""
        return Money.of(self.amount, self.currency)


class Constraints(_Value):
    """Hard limits; fractions, not percentages (0.35 is 35 %)."""

    min_margin: Decimal | None = None
    max_discount: Decimal | None = None
    max_price_change: Decimal | None = None
    budget: Budget | None = None
    service_level: Decimal | None = None
    levers: tuple[Lever, ...] = ()


class OpenQuestion(_Value):
    """Something the text leaves open, asked in the merchant's language."""

    field: str
    question: str
    options: tuple[str, ...] = ()
    """Answers to choose from; any other words do as well."""
    quotes: tuple[str, ...] = ()
    """The words of the goal that raised it: an answer takes their place."""


class Goal(_Value):
    """A parsed goal.

    Either ``until`` (a calendar day, inclusive) or ``horizon_days`` says how long it runs;
    both count from the moment the plan is made for (``as_of``).
    """

    text: str
    objective: Objective | None = None
    scope: Scope = Field(default_factory=Scope)
    horizon_days: int | None = Field(default=None, ge=1, le=730)
    until: date | None = None
    constraints: Constraints = Field(default_factory=Constraints)
    cleared: Decimal | None = Field(
        default=None, gt=0, le=1, exclude_if=lambda value: value is None
    )
    """Share of the stock to be sold by the last day, where stock is cleared; 1 is all of it."""
    language: Language = "en"
    open_questions: tuple[OpenQuestion, ...] = ()

    def days_from(self, start: date) -> int:
        """Length of the horizon in days when it starts on ``start``; at least one."""
        if self.until is not None:
            return max(1, (self.until - start).days + 1)
        return self.horizon_days or DEFAULT_HORIZON_DAYS

    def last_day(self, start: date) -> date:
        """The last day of the horizon."""
        return start + timedelta(days=self.days_from(start) - 1)
