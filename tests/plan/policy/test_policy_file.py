"""policy.toml: made with sense, read strictly, and every mistake named with its remedy."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecomagent.domain.errors import EcomagentError, PolicyFileError
from ecomagent.plan.policy import (
    load_policy,
    parse_policy,
    policy_mistakes,
    write_default_policy,
)
from ecomagent.plan.policy.doubts import doubts
from ecomagent.plan.policy.file import default_policy_text

GBP = default_policy_text("GBP")


def mistake(text):
    with pytest.raises(PolicyFileError) as caught:
        parse_policy(text, where="policy.toml")
    return caught.value


@pytest.mark.parametrize("currency", ["GBP", "CNY", "JPY", "KWD", "USD", "EUR", "IDR"])
def test_the_first_policy_of_a_shop_can_be_read_and_is_careful(currency, tmp_path):
    policy = write_default_policy(tmp_path / "policy.toml", currency)
    assert policy.currency == currency
    assert policy.approval.without_approval == (), "a person always decides"
    assert policy.margin.min_margin > 0
    assert 20 <= policy.actions.max_per_plan <= 60, "a plan is short enough to be read"


def test_a_policy_that_is_there_is_left_alone(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(GBP.replace("min_margin = 0.15", "min_margin = 0.3"), encoding="utf-8")
    assert write_default_policy(path, "GBP").margin.min_margin == Decimal("0.3")


def test_fractions_are_exact():
    policy = parse_policy(GBP.replace("min_margin = 0.15", "min_margin = 0.1"))
    assert policy.margin.min_margin == Decimal("0.1")


def test_comments_and_order_do_not_change_the_hash_but_values_do():
    plain = "\n".join(line for line in GBP.splitlines() if not line.startswith("#"))
    assert parse_policy(plain).hash == parse_policy(GBP).hash
    stricter = GBP.replace("max_days = 42", "max_days = 41")
    assert parse_policy(stricter).hash != parse_policy(GBP).hash


@pytest.mark.parametrize(
    ("was", "becomes", "key", "words"),
    [
        ("min_margin = 0.15", "min_margin = 15", "margin.min_margin", "write 0.15"),
        ("min_margin = 0.15", 'min_margin = "15%"', "margin.min_margin", "without quotes"),
        ("min_margin = 0.15", "min_margn = 0.15", "margin.min_margn", "no such setting"),
        ("max_days = 42", "max_days = 0", "promotion.max_days", "greater than or equal to 1"),
        ("max_days = 42", "max_days = 4.5", "promotion.max_days", "whole number"),
        ('endings = ["9", "5", "0"]', 'endings = "9"', "price.endings", "list in brackets"),
        ("goal_covers_reorders = true", 'goal_covers_reorders = "yes"',
         "budget.goal_covers_reorders", "true or false"),
        ("per_day = 5000", "per_day = -1", "budget.per_day", "not negative"),
        ("per_day = 5000", "per_day = true", "budget.per_day", "number"),
        ('campaigns = "21:00-08:00"', 'campaigns = "9pm"', "quiet_hours.campaigns", "21:00-08:00"),
        ('endings = ["9", "5", "0"]', "endings = [99]", "price.endings.0", "in quotes"),
        ('currency = "GBP"', 'currency = "GPB"', "currency", "not a currency code"),
        ('low = "analyst"', 'low = "intern"', "approval.low", "viewer"),
        ("without_approval = []", 'without_approval = ["none"]', "approval.without_approval.0",
         "low"),
        ("version = 1", "version = 2", "version", "less than or equal to 1"),
        ("[reorder]", "[reorders]", "reorders", "Did you mean reorder?"),
        ("max_cash = 20000", "", "reorder.max_cash", "missing"),
        ("skus = []", "skus = [12]", "protected.skus.0", "string"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_key_value_and_remedy(was, becomes, key, words):
    assert was in GBP
    error = mistake(GBP.replace(was, becomes))
    assert error.where == f"policy.toml: {key}"
    assert key in error.what and words in f"{error.what} {error.remedy}"
    assert error.remedy


def test_a_misspelt_key_is_answered_with_what_was_meant():
    remedy = mistake(GBP.replace("max_depth = 0.40", "max_dept = 0.40")).remedy
    assert "max_depth" in remedy


def test_a_check_lists_every_mistake_and_a_misspelt_key_before_what_is_missing():
    wrong = GBP.replace("max_depth", "max_dept").replace("max_days = 42", "max_days = 0")
    wheres = [error.where.split(": ")[1] for error in policy_mistakes(wrong)]
    assert wheres == ["promotion.max_dept", "promotion.max_depth", "promotion.max_days"]
    assert policy_mistakes(GBP) == ()
    assert len(policy_mistakes("version =")) == 1


def test_what_can_be_read_but_is_hardly_meant_is_doubted():
    text = GBP.replace("per_run = 5000", "per_run = 6000").replace("skus = []", 'skus = ["NIL"]')
    text = text.replace("categories = []", 'categories = ["Cups"]')
    text = text.replace("without_approval = []", 'without_approval = ["low", "high"]')
    found = doubts(parse_policy(text), currency="EUR", skus={"A"}, categories={"Kitchen > Mugs"})
    told = "\n".join(found)
    for words in ("sells in EUR", "budget.per_run", "NIL", "Cups", "high"):
        assert words in told
    mine = parse_policy(GBP.replace("categories = []", 'categories = ["kitchen"]'))
    assert doubts(mine, currency="GBP", skus={"A"}, categories={"Kitchen > Mugs"}) == ()


def test_what_is_not_toml_is_answered_with_the_line():
    error = mistake(GBP.replace("[margin]", "[margin"))
    assert "line" in error.what


def test_a_missing_or_foreign_file_says_what_to_do(tmp_path):
    with pytest.raises(PolicyFileError, match="no policy"):
        load_policy(tmp_path / "policy.toml")
    (tmp_path / "policy.toml").write_bytes(b"\xff\xfe\x00nonsense")
    with pytest.raises(PolicyFileError, match="UTF-8"):
        load_policy(tmp_path / "policy.toml")


def test_a_file_saved_by_notepad_is_read(tmp_path):
    (tmp_path / "policy.toml").write_text(GBP, encoding="utf-8-sig")
    assert load_policy(tmp_path / "policy.toml").currency == "GBP"


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GBP) - 1), st.text(max_size=6))
def test_no_edit_of_the_file_ends_in_anything_but_a_policy_or_an_explanation(place, typed):
    try:
        parse_policy(GBP[:place] + typed + GBP[place + len(typed) :])
    except EcomagentError as error:
        assert error.what and error.remedy
