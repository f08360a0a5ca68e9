"""Reads a goal: code reads every figure, a backend may name what the words leave open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

import prompts
from ecomagent.agents.goal import Vocabulary, parse_goal
from ecomagent.agents.goal.products import STATES
from ecomagent.agents.goal.text import fold
from ecomagent.agents.goal.vocabulary import FIELDS
from ecomagent.domain.goal import Exclusion, Goal, Objective, Scope
from ecomagent.domain.workspace import Settings
from ecomagent.llm.interface import Backend, Request, ask

if TYPE_CHECKING:
    from ecomagent.store.facts import FactsView

PURPOSE = "understand_goal"
MAX_SHOWN = 60
"""Categories and brands named in the prompt."""


class Reader(Protocol):
    """What reading a goal needs of a workspace."""

    @property
    def settings(self) -> Settings:
        """The shop's currency and country."""
        ...

    @property
    def backend(self) -> Backend:
        """What may name an objective or products."""
        ...


class GoalReading(BaseModel):
    """What a backend may say of a goal: words only, no figures among them."""

    model_config = ConfigDict(extra="forbid")

    objective: Objective | None = None
    scope: Scope = Field(default_factory=Scope)


def vocabulary_of(view: FactsView) -> Vocabulary:
    """The words by which this shop names its products."""
    return Vocabulary.of(view.catalogue())


def read_by_rules(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The rules' answer to the prompt ``understand_goal``: what the grammar has read."""
    goal: Goal = inputs["parsed"]
    return {
        "objective": goal.objective,
        "scope": goal.scope,
    }


def read_goal(reader: Reader, text: str, *, today: date, vocabulary: Vocabulary) -> Goal:
    """The goal a text states.

    Every figure, date and limit is read by the grammar. What the grammar leaves open of the
    objective and of the products, a backend may name; it is taken only where the shop's own
    words or the text itself bear it out.
    """
    shop = reader.settings.shop
    parsed = parse_goal(
        text, currency=shop.currency, today=today, vocabulary=vocabulary, country=shop.country
    )
    shown = {
        "text": parsed.text,
        "categories": sorted(vocabulary.categories)[:MAX_SHOWN],
        "brands": sorted(vocabulary.brands)[:MAX_SHOWN],
    }
    request = Request(
        purpose=PURPOSE,
        prompt=prompts.load(PURPOSE).render(parsed.language, **shown),
        inputs={**shown, "parsed": parsed},
        schema=GoalReading.model_json_schema(),
    )
    return merged(parsed, ask(reader.backend, request, GoalReading), vocabulary)


def merged(parsed: Goal, reading: GoalReading, vocabulary: Vocabulary) -> Goal:
    """The grammar's goal, completed by a backend's reading where the grammar found nothing.

    An objective that the grammar is sure of stands. Products that the reading names must be the
    shop's or stand in the text.
    """
    questions = parsed.open_questions
    if parsed.objective is None and reading.objective is not None:
        questions = tuple(q for q in questions if q.field != "objective" or q.quotes)
    return parsed.model_copy(
        update={
            "objective": parsed.objective or _unopposed(parsed, reading.objective),
            "scope": _scope(parsed, reading.scope, vocabulary),
            "open_questions": questions,
        }
    )


def _unopposed(parsed: Goal, proposed: Objective | None) -> Objective | None:
    """The proposed objective, unless the text itself leaves a question about it."""
    disputed = any(q.field == "objective" and q.quotes for q in parsed.open_questions)
    return None if disputed else proposed


def _scope(parsed: Goal, proposed: Scope, vocabulary: Vocabulary) -> Scope:
    said = fold(parsed.text)
    left_out = _verified(proposed.exclude, said, vocabulary)
    named = _verified(proposed, said, vocabulary)
    return Scope(
        **_joined(parsed.scope, named),
        exclude=Exclusion(**_joined(parsed.scope.exclude, left_out)),
    )


def _verified(proposed: Exclusion, said: str, vocabulary: Vocabulary) -> Exclusion:
    """Only the names that the shop knows or the text says."""
    kept: dict[str, Any] = {
        field: tuple(
            value
            for value in getattr(proposed, field)
            if value in getattr(vocabulary, field) or fold(value) in said
        )
        for field in FIELDS
    }
    text = proposed.text
    kept["text"] = text if text in STATES.values() or (text and fold(text) in said) else None
    return Exclusion(**kept)


def _joined(read: Exclusion, proposed: Exclusion) -> dict[str, Any]:
    """What the grammar read by name, with the backend's names for what it read as mere words."""
    values: dict[str, Any] = {
        field: tuple(dict.fromkeys((*getattr(read, field), *getattr(proposed, field))))
        for field in FIELDS
    }
    added = any(set(values[field]) - set(getattr(read, field)) for field in FIELDS)
    values["text"] = proposed.text if added else read.text
    return values
