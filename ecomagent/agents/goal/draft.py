"""What the readers find in a goal: values with the words they stand in, and what stays open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ecomagent.agents.goal.lexicon import Metric
from ecomagent.domain.goal import Language, Lever, Objective


class Issue(StrEnum):
    """Why something in a goal stays open; ``wording`` has a question for each."""

    NO_OBJECTIVE = "no_objective"
    MARGIN_OBJECTIVE = "margin_objective"
    OBJECTIVES = "objectives"
    SIDE_OBJECTIVE = "side_objective"
    REVERSED = "reversed"
    TARGET = "target"
    LOOSE_FIGURE = "loose_figure"
    UNREADABLE_FIGURE = "unreadable_figure"
    OUT_OF_RANGE = "out_of_range"
    NO_PERCENT_SIGN = "no_percent_sign"
    WRONG_SIDE = "wrong_side"
    ORDER = "order"
    ONE_SIDED = "one_sided"
    RANGE = "range"
    RATE = "rate"
    NOT_A_LIMIT = "not_a_limit"
    MISSING_FIGURE = "missing_figure"
    CONFLICT = "conflict"
    CURRENCY = "currency"
    AMOUNT = "amount"
    CUT_AMOUNT = "cut_amount"
    LIMIT_SCOPE = "limit_scope"
    POLICY = "policy"
    NO_LEVERS = "no_levers"
    LEVER = "lever"
    EXCEPTION = "exception"
    UNREAD = "unread"
    EMPTY = "empty"
    ASKS = "asks"
    TOO_LONG_TEXT = "too_long_text"
    WHEN_PAST = "when_past"
    WHEN_NO_DAY = "when_no_day"
    WHEN_UNDATED = "when_undated"
    WHEN_DAY_MONTH = "when_day_month"
    WHEN_START = "when_start"
    WHEN_BY_SPAN = "when_by_span"
    WHEN_TOO_LONG = "when_too_long"
    WHEN_UNREADABLE = "when_unreadable"
    WHEN_CONFLICT = "when_conflict"


@dataclass(frozen=True)
class Limit:
    """A limit as it was read."""

    metric: Metric
    value: Decimal
    quote: str


@dataclass(frozen=True)
class Problem:
    """Something only the merchant can settle.

    Args:
        issue: What is wrong.
        field: Which part of the goal stays open, e.g. ``budget``.
        quotes: The words that raised it, as typed.
        limits: Limits that would settle it, one an option.
        objectives: Objectives that would settle it.
        days: End dates that would settle it.
        amount: A figure the question names.
    """

    issue: Issue
    field: str
    quotes: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    objectives: tuple[Objective, ...] = ()
    days: tuple[date, ...] = ()
    amount: str = ""


@dataclass
class Item:
    """A product, group of products or description that the goal names."""

    field: str
    """``categories``, ``brands``, ``tags``, ``skus`` or ``text``."""
    values: tuple[str, ...]
    quote: str
    excluded: bool = False


@dataclass
class Draft:
    """Filled by one reader after the other."""

    language: Language
    currency: str
    objectives: list[tuple[Objective, str]] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    only: list[Lever] = field(default_factory=list)
    never: list[Lever] = field(default_factory=list)
    never_quotes: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    cleared: Decimal | None = None
    until: date | None = None
    horizon_days: int | None = None
    problems: list[Problem] = field(default_factory=list)

    def ask(self, issue: Issue, field: str, *quotes: str, **more: object) -> None:
        """Note a problem, once."""
        problem = Problem(issue, field, tuple(quotes), **more)  # type: ignore[arg-type]
        if problem not in self.problems:
            self.problems.append(problem)

    def limit(self, metric: Metric) -> Limit | None:
        """The limit read for a metric."""
        return next((limit for limit in self.limits if limit.metric is metric), None)
