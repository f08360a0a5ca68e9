"""Whatever is typed, the grammar answers; every figure and every goal it can say it also reads."""

from datetime import date, timedelta
from decimal import Decimal

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecomagent.agents.goal import Vocabulary, describe_goal, parse_goal
from ecomagent.domain.goal import (
    Budget,
    Constraints,
    Exclusion,
    Goal,
    Lever,
    Objective,
    Scope,
)

TODAY = date(2026, 11, 25)
VOCABULARY = Vocabulary(
    categories=frozenset({"Kitchen > Mugs", "羽绒服"}),
    brands=frozenset({"Acme"}),
    tags=frozenset({"summer"}),
    skus=frozenset({"A-100"}),
)


def read(text: str, currency: str = "GBP") -> Goal:
    return parse_goal(text, currency=currency, today=TODAY, vocabulary=VOCABULARY, country="GB")


PIECES = (
    "grow|profit|margin|at least|no more than|35%|£2,000|2万元|八折|除了|but not|only|pricing|、|,"
    "|.|by|31 January|月底前|双十一|not|不|毛利率|不低于|调价|预算|or|between|to|-|mugs|羽绒服|SKU"
    "|品牌|“|”|ignore the policy|1/2|1.2.3|百分之|成|折|%|€|half|a|two|next|month|0|-5%|三|千|5万"
)
FRAGMENTS = st.sampled_from(PIECES.split("|"))
TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(FRAGMENTS, max_size=12).map(" ".join),
    st.lists(FRAGMENTS, max_size=12).map("".join),
)


@given(text=TEXTS, currency=st.sampled_from(["GBP", "CNY", "JPY", "KWD"]))
def test_any_text_gives_a_goal_or_questions(text, currency):
    goal = read(text, currency)
    assert goal.objective is not None or goal.open_questions
    assert Goal.model_validate_json(goal.model_dump_json()) == goal
    assert describe_goal(goal)


SHARES = st.integers(min_value=1, max_value=9_999).map(lambda n: Decimal(n) / 10_000)
PERCENT_FORMS = st.sampled_from(["{}%", "{} %", "{} percent", "{}％", "{} per cent", "百分之{}"])


@given(share=SHARES, form=PERCENT_FORMS)
def test_a_percentage_is_read_as_its_fraction(share, form):
    written = form.format(f"{(share * 100).normalize():f}")
    assert read(f"grow profit, margin at least {written}").constraints.min_margin == share


@given(amount=st.integers(min_value=0, max_value=99_999_999))
@pytest.mark.parametrize("form", ["£{:,}", "{} GBP", "{:,} pounds", "GBP {:,}", "{}英镑", "￡{}"])
def test_an_amount_is_read_however_it_is_grouped(amount, form):
    budget = read(f"grow profit, budget {form.format(amount)}").constraints.budget
    assert budget == Budget(amount=Decimal(amount), currency="GBP")


@given(pence=st.integers(min_value=1, max_value=99_999_999))
def test_an_amount_with_decimals_is_read_in_both_conventions(pence):
    pounds, rest = divmod(pence, 100)
    english = f"{pounds:,}.{rest:02d}"
    german = english.translate(str.maketrans(",.", ".,"))
    for written in (english, german):
        budget = read(f"grow profit, budget {written} €", "EUR").constraints.budget
        assert budget is not None
        assert budget.amount == Decimal(pence) / 100


@given(number=st.integers(min_value=1, max_value=99_999_999))
def test_chinese_numerals_are_amounts(number):
    budget = read(f"提升毛利,预算{cn2an.an2cn(number)}元", "CNY").constraints.budget
    assert budget == Budget(amount=Decimal(number), currency="CNY")


@given(wan=st.integers(min_value=1, max_value=9_999))
def test_ten_thousands_are_multiplied_out(wan):
    for written in (f"{wan}万元", f"{wan}w", f"¥{wan}万"):
        budget = read(f"提升毛利,预算{written}", "CNY").constraints.budget
        assert budget == Budget(amount=Decimal(wan * 10_000), currency="CNY")


@given(left=st.integers(min_value=1, max_value=99))
def test_zhe_is_the_share_of_the_price_that_is_left(left):
    digits = str(left) if left % 10 else str(left // 10)
    written = digits if left >= 10 else f"0.{left}"
    goal = read(f"提升销量,最多打{written}折")
    assert goal.constraints.max_discount == 1 - Decimal(left) / 100


@given(days=st.integers(min_value=0, max_value=700), language=st.sampled_from(["en", "zh"]))
def test_a_calendar_day_is_read_in_every_spelling(days, language):
    day = TODAY + timedelta(days=days)
    english = (f"{day:%d %B %Y}", f"{day:%B %d, %Y}", f"{day:%d/%m/%Y}", f"{day:%d.%m.%Y}")
    chinese = (f"{day:%Y年%m月%d日}", f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}")
    for written in english if language == "en" else chinese:
        text = f"grow profit by {written}" if language == "en" else f"到{written}提升毛利"
        assert read(text).until == day


NAMED = st.builds(
    dict,
    categories=st.lists(st.sampled_from(["Kitchen > Mugs", "羽绒服"]), unique=True).map(tuple),
    brands=st.lists(st.sampled_from(["Acme", "雅佳"]), unique=True).map(tuple),
    tags=st.lists(st.sampled_from(["summer"]), unique=True).map(tuple),
    skus=st.lists(st.sampled_from(["A-100", "22423"]), unique=True).map(tuple),
    text=st.sampled_from([None, "winter coats", "上衣", "sale items, dead stock", "scarves, 手套"]),
)
CONSTRAINTS = st.builds(
    Constraints,
    min_margin=st.none() | SHARES,
    max_discount=st.none() | SHARES | st.just(Decimal(0)),
    max_price_change=st.none() | SHARES,
    service_level=st.none() | SHARES,
    budget=st.none()
    | st.integers(min_value=0, max_value=10**9).map(
        lambda pence: Budget(amount=Decimal(pence) / 100, currency="GBP")
    ),
    levers=st.sets(st.sampled_from(list(Lever)), max_size=3).map(
        lambda chosen: tuple(lever for lever in Lever if lever in chosen)
    ),
)
HORIZONS = st.one_of(
    st.just({}),
    st.integers(min_value=1, max_value=730).map(lambda days: {"horizon_days": days}),
    st.integers(min_value=0, max_value=700).map(lambda n: {"until": TODAY + timedelta(days=n)}),
)


@given(
    objective=st.sampled_from(list(Objective)),
    named=NAMED,
    left_out=NAMED,
    constraints=CONSTRAINTS,
    horizon=HORIZONS,
    language=st.sampled_from(["en", "zh"]),
)
def test_what_is_said_back_reads_as_the_same_goal(
    objective, named, left_out, constraints, horizon, language
):
    goal = Goal(
        text="",
        objective=objective,
        scope=Scope(**named, exclude=Exclusion(**left_out)),
        constraints=constraints,
        language=language,
        **horizon,
    )
    again = read(describe_goal(goal))
    assert again == goal.model_copy(update={"text": again.text})
