"""What is said of a price experiment, in English and Chinese: its design, its rule, its looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecomagent.domain.action import Reason, StartExperiment, StoppingRule
from ecomagent.domain.goal import Language
from ecomagent.domain.money import Money

if TYPE_CHECKING:
    from decimal import Decimal

    from ecomagent.agents.workbench import Workbench
    from tools.experiment_look import Look

DESIGN: dict[Language, dict[bool, str]] = {
    "en": {
        False: "{weeks} weeks at one of two prices, by chance (switchback),",
        True: "{weeks} weeks at the lower price, compared with {controls}, which sell alike and"
        " keep their price (matched SKUs),",
    },
    "zh": {
        False: "用 {weeks} 周在两个价格间随机轮换",
        True: "用 {weeks} 周试行低价,并与销售相近、价格不变的 {controls} 对照",
    },
}
VERDICTS: dict[Language, dict[str, str]] = {
    "en": {
        "goes_on": "It goes on.",
        "told": "It is clear that {better} earns more: stop.",
        "lost": "It is expected to have cost {lost}, more than the {most} agreed: stop.",
        "precise": "It is known as well as was wanted: stop.",
    },
    "zh": {
        "goes_on": "试验继续。",
        "told": "已可确定{better}利润更高:应停止。",
        "lost": "预计已损失 {lost},超过约定的 {most}:应停止。",
        "precise": "已达到所需精度:应停止。",
    },
}
BETTER: dict[Language, tuple[str, str]] = {
    "en": ("the lower price", "the list price"),
    "zh": ("低价", "原价"),
}


def design_reason(
    bench: Workbench, row: dict[str, Any], controls: tuple[str, ...], evidence: tuple[str, ...]
) -> Reason:
    """Why it is tried, and how."""
    found = bench.elasticity.table.loc[row["sku"]]
    doubt, left = found["std_error"], row["left"]
    worth, payback = bench.price_of(row["learnt_minor"]), bench.policy.experiment.payback_days
    ways = {
        language: DESIGN[language][bool(controls)].format(
            weeks=int(row["blocks"]), controls=", ".join(controls)
        )
        for language in DESIGN
    }
    return Reason(
        en=(
            f"How customers answer this price is known to ± {doubt:.2f} only; {ways['en']} leave"
            f" ± {left:.2f}. Better prices are then worth {_money(bench, worth, 'en')} on average"
            f" over {payback} days. Roll back to stop early."
        ),
        zh=(
            f"该商品价格弹性误差为 ± {doubt:.2f};{ways['zh']},可降至 ± {left:.2f},此后"
            f" {payback} 天内更优定价平均价值 {_money(bench, worth, 'zh')}。回滚即可提前停止。"
        ),
        evidence=evidence,
    )


def rule_reason(
    bench: Workbench, rule: StoppingRule, power: float, evidence: tuple[str, ...]
) -> Reason:
    """When it ends early, how surely it tells, and what it may cost."""
    bounds = ", ".join(f"{bound:.2f}" for bound in rule.bounds)
    same = f"{rule.same_profit:.2f}"
    return Reason(
        en=(
            f"It tells which price earns more with a chance of {power:.0%}, and is wrong about"
            f" equal ones in {rule.error:.0%}. Every two weeks a plan looks: it ends when the"
            f" elasticity is {bounds} standard errors (look by look) from {same}, where both earn"
            f" the same, when it is known to ± {rule.enough:.2f}, or when it is expected to have"
            f" cost more than {_money(bench, rule.most_lost, 'en')}."
        ),
        zh=(
            f"有 {power:.0%} 的把握分出哪个价格利润更高;两价相当时误判率为 {rule.error:.0%}。"
            f"每两周由方案检查一次:弹性与盈亏平衡值 {same} 相差达 {bounds} 个标准误(依次为各次"
            f"检查)、误差降至 ± {rule.enough:.2f},或预计损失超过"
            f" {_money(bench, rule.most_lost, 'zh')} 时提前停止。"
        ),
        evidence=evidence,
    )


def look_reason(bench: Workbench, action: StartExperiment, due: int, look: Look) -> Reason:
    """What a look found, and why the experiment should end."""
    return Reason(
        en=_look(bench, action, due, look, "en"),
        zh=_look(bench, action, due, look, "zh"),
        evidence=(look.evidence.id,),
    )


def look_note(bench: Workbench, action: StartExperiment, due: int, look: Look) -> str:
    """A line on an experiment that runs, in the goal's language."""
    language = bench.goal.language
    head = "价格试验" if language == "zh" else "Experiment on"
    return f"{head} {action.sku}: {_look(bench, action, due, look, language)}"


def _look(
    bench: Workbench, action: StartExperiment, due: int, look: Look, language: Language
) -> str:
    figures, rule = look.figures, action.after.rule
    of = len(rule.looks) if rule is not None else due
    verdict = VERDICTS[language][look.verdict.value].format(
        better=BETTER[language][figures["z"] > 0],
        lost=_money(bench, bench.price_of(max(figures["lost_minor"], 0.0)), language),
        most=_money(bench, rule.most_lost, language) if rule is not None else "",
    )
    answer = f"{figures['elasticity']:.2f} ± {figures['std_error']:.2f}"
    apart, bound = f"{abs(figures['z']):.2f}", f"{figures['bound']:.2f}"
    share = f"{figures['information']:.0%}"
    if language == "zh":
        return (
            f"第 {due}/{of} 次检查(信息量 {share}):弹性 {answer},距盈亏平衡 {apart} 个标准误"
            f"(界限 {bound})。{verdict}"
        )
    return (
        f"look {due} of {of} ({share} of the information): elasticity {answer}, {apart} standard"
        f" errors from equal profit (bound {bound}). {verdict}"
    )


def _money(bench: Workbench, amount: Decimal, language: Language) -> str:
    return Money.of(amount, bench.currency).display(language)
