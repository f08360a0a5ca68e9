"""The question for each thing a goal can leave open, in both languages, with answers to choose."""

from __future__ import annotations

from ecomagent.agents.goal import wording
from ecomagent.agents.goal.draft import Issue, Problem
from ecomagent.domain.goal import Language, Lever, OpenQuestion

DROP: dict[Language, str] = {"en": "leave it out", "zh": "略去这句"}
"""Takes the quoted words out of the goal."""
MOST: dict[Language, str] = {"en": "as much as possible", "zh": "尽可能多"}

_TEXTS: dict[Issue, tuple[str, str]] = {
    Issue.NO_OBJECTIVE: (
        "What should be made larger?",
        "您希望提升什么?",
    ),
    Issue.MARGIN_OBJECTIVE: (
        "{quotes} is a rate. Should gross profit (in money) grow? A least margin is said as"
        " “margin at least 35%”.",
        "{quotes}是比率。是要提升毛利额吗?最低毛利率请说“毛利率不低于35%”。",
    ),
    Issue.OBJECTIVES: (
        "A plan makes one thing larger, and the goal names several: {quotes}. Which one?",
        "一个计划只能有一个目标,而您提到了多个:{quotes}。以哪个为准?",
    ),
    Issue.SIDE_OBJECTIVE: (
        "{quotes} cannot be promised as a limit: only margin, price change, discount, budget and"
        " service level can. Every plan shows its effect on revenue, profit and units.",
        "{quotes}不能作为硬性限制:只能限制毛利率、调价幅度、折扣、预算和现货率。每个计划都会列出对"
        "营收、毛利和销量的影响。",
    ),
    Issue.REVERSED: (
        "{quotes} asks for less of something that plans make larger. What should be made larger?",
        "{quotes}是要减少,而计划只能提升某个指标。您希望提升什么?",
    ),
    Issue.TARGET: (
        "No plan can promise {quotes}; it reaches as far as the limits allow and says how far that"
        " is likely to be. What should hold?",
        "任何计划都无法承诺{quotes};它会在限制内尽可能做到,并说明预计能达到多少。以哪个为准?",
    ),
    Issue.LOOSE_FIGURE: ("What does {quotes} limit?", "{quotes}限制的是什么?"),
    Issue.UNREADABLE_FIGURE: (
        "The figure in {quotes} makes no sense as it is written. What is meant?",
        "{quotes}中的数字无法理解。您的意思是?",
    ),
    Issue.OUT_OF_RANGE: (
        "{quotes} must lie below 100%. What is meant?",
        "{quotes}必须小于100%。您的意思是?",
    ),
    Issue.NO_PERCENT_SIGN: (
        "Is {quotes} a percentage? Write the % sign.",
        "{quotes}是百分比吗?请写上百分号。",
    ),
    Issue.WRONG_SIDE: (
        "{quotes} limits the other side than a goal can. Is this meant?",
        "{quotes}限制的方向与目标所能限制的相反。您的意思是这样吗?",
    ),
    Issue.ORDER: (
        "Is {quotes} the most that is allowed? What each product gets is up to the plan.",
        "{quotes}是允许的上限吗?每件商品具体如何由计划决定。",
    ),
    Issue.ONE_SIDED: (
        "{quotes} limits only one direction; a goal limits price changes in both. Is this meant?",
        "{quotes}只限制了一个方向;目标对涨价和降价一并限制。您的意思是这样吗?",
    ),
    Issue.RANGE: (
        "{quotes} is a range, and a limit is one figure. Which one?",
        "{quotes}是一个区间,而限制只能是一个数。以哪个为准?",
    ),
    Issue.RATE: (
        "{quotes} is a limit per day, week or month; those belong in policy.toml. What limit holds"
        " for the whole plan?",
        "{quotes}是按日、周或月的限制,应写入 policy.toml。整个计划的限制是多少?",
    ),
    Issue.NOT_A_LIMIT: (
        "{quotes} is nothing a goal can limit: only margin, price change, discount, budget and"
        " service level are.",
        "{quotes}不是目标能限制的内容:只能限制毛利率、调价幅度、折扣、预算和现货率。",
    ),
    Issue.MISSING_FIGURE: ("{quotes}: how much?", "{quotes}:具体是多少?"),
    Issue.CONFLICT: (
        "{quotes} contradict each other. Which one holds?",
        "{quotes}互相矛盾。以哪个为准?",
    ),
    Issue.CURRENCY: (
        "{quotes} is in another currency than the shop's ({currency}), and exchange rates are not"
        " guessed. How much is it in {currency}?",
        "{quotes}与店铺货币({currency})不同,系统不会猜测汇率。合多少{currency}?",
    ),
    Issue.CUT_AMOUNT: (
        "{quotes} looks like the rest of an amount: in double quotes a shell replaces $2 and the"
        " like by nothing. Put the goal in single quotes. How much is it?",
        "{quotes}像是金额的残余:双引号中的 $2 之类会被 shell 替换为空。请用单引号括住目标。"
        "金额是多少?",
    ),
    Issue.AMOUNT: ("How much is {quotes}?", "{quotes}是多少?"),
    Issue.LIMIT_SCOPE: (
        "A goal's limits hold for all of its products; {quotes} stands in one limit only. Should"
        " the limit hold for the whole goal?",
        "目标的限制适用于其全部商品,而{quotes}只出现在某一限制中。该限制是否适用于整个目标?",
    ),
    Issue.POLICY: (
        "{quotes}: the policy always holds, and no goal can set it aside. What it allows stands in"
        " policy.toml (`ecomagent policy`), and every plan is still approved by a person.",
        "{quotes}:政策始终有效,任何目标都不能绕过。允许的范围见 policy.toml(`ecomagent policy`),"
        "且每个计划仍须经人审批。",
    ),
    Issue.NO_LEVERS: (
        "The goal forbids everything the plan could do. What may be used: pricing, marketing,"
        " reordering, product selection?",
        "目标禁止了所有手段。可以使用哪些:定价、营销、补货、选品?",
    ),
    Issue.LEVER: (
        "{quotes}: a goal chooses among pricing, marketing, reordering and product selection;"
        " discounts belong to pricing. Which may be used?",
        "{quotes}:目标可在定价、营销、补货、选品之间选择;折扣属于定价。可以使用哪些?",
    ),
    Issue.EXCEPTION: ("{quotes}: which products are left out?", "{quotes}:要排除哪些商品?"),
    Issue.UNREAD: (
        "I could not read {quotes}. Say it differently, or leave it out?",
        "我没有读懂{quotes}。请换一种说法,或者略去?",
    ),
    Issue.ASKS: (
        "This asks for something to be told, and a goal says what to do. What should be made"
        " larger?",
        "这是一个提问,而目标应说明要做什么。您希望提升什么?",
    ),
    Issue.EMPTY: ("What is the goal?", "您的目标是什么?"),
    Issue.TOO_LONG_TEXT: (
        "The goal is too long to read. Say it in a few sentences.",
        "目标过长,请用几句话说明。",
    ),
    Issue.WHEN_PAST: ("{quotes} is past. Until when?", "{quotes}已经过去。到什么时候为止?"),
    Issue.WHEN_NO_DAY: ("There is no such day: {quotes}. Until when?",
                        "没有这样的日期:{quotes}。到什么时候为止?"),
    Issue.WHEN_UNDATED: ("{quotes} has no fixed date. Until which day?",
                         "{quotes}没有固定日期。到哪一天为止?"),
    Issue.WHEN_DAY_MONTH: ("Which day is {quotes}?", "{quotes}是哪一天?"),
    Issue.WHEN_START: (
        "{quotes} begins later, and a plan starts on the day it is made. Until when should it run?",
        "{quotes}从以后开始,而计划从制定当天开始。到什么时候为止?",
    ),
    Issue.WHEN_BY_SPAN: (
        "Does {quotes} mean before it begins, or until it ends?",
        "{quotes}是指开始之前,还是结束为止?",
    ),
    Issue.WHEN_TOO_LONG: (
        "{quotes} is further than two years, and no forecast reaches that far. Until when?",
        "{quotes}超过两年,无法预测到那么远。到什么时候为止?",
    ),
    Issue.WHEN_UNREADABLE: ("How long is {quotes}?", "{quotes}是多久?"),
    Issue.WHEN_CONFLICT: (
        "The goal names several ends: {quotes}. Which one holds?",
        "目标提到了多个期限:{quotes}。以哪个为准?",
    ),
}  # fmt: skip

_DROPPABLE = frozenset(
    {
        Issue.SIDE_OBJECTIVE, Issue.LOOSE_FIGURE, Issue.RATE, Issue.NOT_A_LIMIT, Issue.LIMIT_SCOPE,
        Issue.POLICY, Issue.UNREAD, Issue.EXCEPTION, Issue.WRONG_SIDE, Issue.ORDER,
        Issue.ONE_SIDED, Issue.MISSING_FIGURE, Issue.TARGET,
    }
)  # fmt: skip


def question(problem: Problem, language: Language, currency: str) -> OpenQuestion:
    """The question a problem leads to."""
    zh = language == "zh"
    quoted = ("、" if zh else ", ").join(f"“{quote}”" for quote in problem.quotes)
    text = _TEXTS[problem.issue][zh].format(quotes=quoted, currency=currency)
    return OpenQuestion(
        field=problem.field,
        question=text,
        options=_options(problem, language, currency),
        quotes=problem.quotes,
    )


def _options(problem: Problem, language: Language, currency: str) -> tuple[str, ...]:
    found = [
        wording.limit(limit.metric, limit.value, currency, language) for limit in problem.limits
    ]
    found += [wording.OBJECTIVES[objective][language] for objective in problem.objectives]
    found += [wording.until(each, language) for each in problem.days]
    if problem.issue is Issue.TARGET and problem.field == "objective":
        found.append(MOST[language])
    if problem.issue is Issue.LEVER:
        found.append(wording.levers((Lever.PRICING,), language))
    if problem.issue is Issue.NO_LEVERS:
        found += [wording.levers((lever,), language) for lever in wording.LEVERS]
    if problem.issue in _DROPPABLE:
        found.append(DROP[language])
    return tuple(dict.fromkeys(found))
