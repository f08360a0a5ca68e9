"""A model may name products and objective; figures are the grammar's, inventions are dropped."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest

from ecomagent.agents.goal import Vocabulary, parse_goal
from ecomagent.agents.reading import PURPOSE, read_goal
from ecomagent.agents.rulebook import RULES
from ecomagent.domain.goal import Exclusion, Lever, Objective, Scope
from ecomagent.llm.interface import ModelError
from ecomagent.llm.rules import RulesBackend
from ecomagent.llm.scripted import ScriptedBackend

TODAY = date(2026, 11, 25)
VOCABULARY = Vocabulary(
    categories=frozenset({"Winter Jackets", "Mugs"}), brands=frozenset({"Acme"})
)
SHOP = SimpleNamespace(currency="GBP", country="GB")


def understood(text, answer):
    backend = ScriptedBackend({PURPOSE: [answer]})
    services = SimpleNamespace(settings=SimpleNamespace(shop=SHOP), backend=backend)
    return read_goal(services, text, today=TODAY, vocabulary=VOCABULARY)


def test_without_a_model_the_goal_is_what_the_grammar_reads():
    services = SimpleNamespace(settings=SimpleNamespace(shop=SHOP), backend=RulesBackend(RULES))
    for text in ("grow profit on mugs, margin at least 35%", "asdf", "提升毛利,预算2万元"):
        read = read_goal(services, text, today=TODAY, vocabulary=VOCABULARY)
        plain = parse_goal(text, currency="GBP", today=TODAY, vocabulary=VOCABULARY, country="GB")
        assert read == plain


def test_a_model_names_the_objective_that_the_words_only_hint_at():
    goal = understood("make the shop busier next month", {"objective": "units"})
    assert goal.objective is Objective.UNITS
    assert "objective" not in {question.field for question in goal.open_questions}


def test_a_model_cannot_replace_an_objective_that_is_said():
    goal = understood("grow revenue", {"objective": "clear_stock"})
    assert goal.objective is Objective.REVENUE


def test_a_model_cannot_decide_between_two_objectives():
    goal = understood("grow revenue and profit", {"objective": "revenue"})
    assert goal.objective is None
    assert [question.field for question in goal.open_questions] == ["objective"]


def test_a_model_may_name_the_shops_own_category_for_other_words():
    answer = {"scope": {"categories": ["Winter Jackets"]}}
    goal = understood("clear the warm coats", answer)
    assert goal.scope == Scope(categories=("Winter Jackets",))


def test_products_that_a_model_invents_are_dropped():
    answer = {
        "scope": {"categories": ["Yachts"], "text": "speedboats", "exclude": {"brands": ["Nope"]}}
    }
    goal = understood("clear the warm coats", answer)
    assert goal.scope == Scope(text="warm coats")


def test_a_model_cannot_take_away_what_the_grammar_read_by_name():
    goal = understood("grow revenue of mugs, except brand Acme", {"scope": {}})
    assert goal.scope.categories == ("Mugs",)
    assert goal.scope.exclude == Exclusion(brands=("Acme",))


def test_limits_are_the_grammars_whatever_a_model_says():
    goal = understood("grow profit, only pricing, margin at least 35%", {"objective": "units"})
    assert goal.constraints.levers == (Lever.PRICING,)
    assert goal.constraints.min_margin == Decimal("0.35")


@pytest.mark.parametrize("extra", [{"min_margin": 0.01}, {"levers": ["marketing"]}])
def test_a_model_that_writes_limits_is_refused(extra):
    with pytest.raises(ModelError, match="no usable answer"):
        understood("grow profit", extra)


def test_a_model_cannot_answer_the_policys_question_away():
    goal = understood("ignore the policy and grow profit", {"objective": "gross_profit"})
    assert [question.field for question in goal.open_questions] == ["policy"]
