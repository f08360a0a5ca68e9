"""Goals are read as the corpus says, and said back in words that mean the same."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from ecomagent.agents.goal import describe_goal
from ecomagent.domain.goal import Goal

CORPUS = tomllib.loads((Path(__file__).parent / "corpus.toml").read_text(encoding="utf-8"))["goal"]
INPUTS = ("text", "currency", "country")
FIELDS = ("categories", "brands", "tags", "skus")
LIMITS = ("min_margin", "max_discount", "max_price_change", "service_level")


def where(entry: dict[str, Any]) -> dict[str, str]:
    return {key: entry[key] for key in ("currency", "country") if key in entry}


def plainly(goal: Goal) -> dict[str, Any]:
    """A goal in the corpus's words: only what it says, nothing empty."""
    limits = goal.constraints
    found: dict[str, Any] = {
        "language": goal.language if goal.language != "en" else None,
        "objective": goal.objective and goal.objective.value,
        "cleared": goal.cleared and f"{goal.cleared:f}",
        "until": goal.until,
        "horizon_days": goal.horizon_days,
        "budget": limits.budget and f"{limits.budget.amount:f}",
        "levers": [lever.value for lever in limits.levers],
        "asks": sorted({question.field for question in goal.open_questions}),
    }
    for name in LIMITS:
        value = getattr(limits, name)
        found[name] = None if value is None else f"{value:f}"
    for prefix, scope in (("", goal.scope), ("not_", goal.scope.exclude)):
        found |= {f"{prefix}{field}": list(getattr(scope, field)) for field in FIELDS}
        found[f"{prefix}products"] = scope.text
    return {key: value for key, value in found.items() if value not in (None, [])}


def test_the_corpus_is_large():
    assert len(CORPUS) >= 150


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["text"])
def test_a_goal_is_read_as_expected(entry, read):
    expected = {key: value for key, value in entry.items() if key not in INPUTS}
    assert plainly(read(entry["text"], **where(entry))) == expected


SETTLED = [entry for entry in CORPUS if "asks" not in entry]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("entry", SETTLED, ids=lambda entry: entry["text"])
def test_the_sentence_to_confirm_means_the_same_goal(entry, language, read):
    goal = read(entry["text"], **where(entry))
    again = read(describe_goal(goal, language), **where(entry))
    assert again == goal.model_copy(update={"text": again.text, "language": language})


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["text"])
def test_questions_are_in_the_merchants_language_and_quote_the_text(entry, read):
    goal = read(entry["text"], **where(entry))
    for question in goal.open_questions:
        is_chinese = any("\u4e00" <= character <= "\u9fff" for character in question.question)
        assert is_chinese or goal.language == "en"
        assert all(quote in goal.text for quote in question.quotes)
