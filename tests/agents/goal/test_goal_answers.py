"""Answers to open questions go where the unclear words stood, and the goal becomes clear."""

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from ecomagent.agents.goal import settle_replies
from ecomagent.domain.errors import GoalUnclearError
from ecomagent.domain.goal import Objective, OpenQuestion

CORPUS = tomllib.loads((Path(__file__).parent / "corpus.toml").read_text(encoding="utf-8"))["goal"]
ASKING = [entry for entry in CORPUS if "asks" in entry and not entry.keys() & {"currency"}]
OWN_WORDS = {"budget": "£500", "horizon": "until 31 March 2027", "min_margin": "30%",
             "max_price_change": "5%"}  # fmt: skip
MARGIN = OpenQuestion(field="assume_margin", question="Which margin?", options=("0.5",))


@pytest.mark.parametrize("entry", ASKING, ids=lambda entry: entry["text"])
def test_the_first_answer_offered_settles_every_question(entry, read):
    goal = read(entry["text"], country=entry.get("country", "GB"))
    for _ in range(2):
        replies = ["1" if q.options else OWN_WORDS[q.field] for q in goal.open_questions]
        goal = read(settle_replies(goal.text, goal.open_questions, replies)["goal_text"])
    assert goal.open_questions == ()
    assert goal.objective is not None


def answered(read, text, *replies):
    goal = read(text)
    assert len(goal.open_questions) == len(replies), goal.open_questions
    return read(settle_replies(goal.text, goal.open_questions, replies)["goal_text"])


def test_a_bare_figure_answers_the_limit_that_was_asked_about(read):
    goal = answered(read, "grow profit, keep a healthy margin", "35%")
    assert goal.constraints.min_margin == Decimal("0.35")


def test_an_amount_answers_a_budget_in_the_wrong_currency(read):
    goal = answered(read, "提升毛利,预算2万元", "£2,000")
    assert goal.constraints.budget is not None
    assert goal.constraints.budget.amount == 2000
    assert goal.open_questions == ()


def test_the_number_of_an_option_chooses_it(read):
    goal = answered(read, "grow revenue and profit by Christmas", "2")
    assert goal.objective is Objective.GROSS_PROFIT
    assert goal.until is not None


def test_leaving_words_out_keeps_the_rest(read):
    goal = answered(read, "Grow profit, ROI at least 3, budget £2k", "leave it out")
    assert goal.text == "Grow profit, budget £2k"
    assert goal.open_questions == ()


def test_an_empty_reply_leaves_its_question_open(read):
    assert answered(read, "grow profit by February", "").open_questions


@pytest.mark.parametrize(
    ("reply", "margin"),
    [("0.5", "0.5"), ("50%", "0.5"), ("50", "0.5"), ("五成", "0.5"), ("百分之四十五", "0.45"),
     ("--assume-margin 0.4", "0.4"), ("1", "0.5"), ("about 30 percent", "0.3"), ("0", "0")],
)  # fmt: skip
def test_an_assumed_margin_is_a_fraction_however_it_is_typed(reply, margin):
    assert settle_replies("grow profit", [MARGIN], [reply])["assume_margin"] == margin


@pytest.mark.parametrize("reply", ["100%", "lots", "-5%", "£500", "30% or 40%", "八折"])
def test_what_is_no_margin_is_not_guessed(reply):
    with pytest.raises(GoalUnclearError, match="not a gross margin"):
        settle_replies("grow profit", [MARGIN], [reply])


def test_a_product_the_shop_does_not_have_is_replaced_by_the_answer(read):
    question = OpenQuestion(
        field="scope", question="Nothing is called “blorps”.", quotes=("blorps",)
    )
    text = settle_replies("Clear the blorps by Friday", [question], ["plates"])["goal_text"]
    assert read(text).scope.categories == ("Plates",)
