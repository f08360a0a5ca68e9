"""Judges actions: one by one through every rule, and a plan's actions in their order.

The order of rules is fixed: what makes no sense stops first; then each rule moves the action
inside its own limit; then all of them must agree on what came out; money and counts follow; the
hard floors come last and always.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ecomagent.domain.action import Action, ActionVerdict, Reorder, RuleVerdict, SendCampaign
from ecomagent.domain.plan import PlanVerdict
from ecomagent.plan.policy.context import PolicyContext
from ecomagent.plan.policy.experiments import experiment_hold, experiment_levels, experiment_share
from ecomagent.plan.policy.floors import FLOORS
from ecomagent.plan.policy.limits import cash_left, run_budget, spend_left
from ecomagent.plan.policy.model import Policy
from ecomagent.plan.policy.plan_rules import (
    campaign_budget,
    contact_cap,
    max_actions,
    one_change_each,
    promotion_days,
    quiet_hours,
    reorder_cash,
    reorder_size,
    slots,
)
from ecomagent.plan.policy.price_rules import (
    goal_max_price_change,
    map_price,
    margin_floor,
    max_change_per_day,
    max_change_per_week,
    price_endings,
    promotion_depth,
    promotion_label,
)
from ecomagent.plan.policy.risk import higher, least_risk
from ecomagent.plan.policy.roles import Role
from ecomagent.plan.policy.ruling import Rule, Ruling, money
from ecomagent.plan.policy.sane import not_expired, sane_values

STOPPERS: tuple[Rule, ...] = (sane_values, not_expired)
"""Nothing else can be said of an action that breaks one of these."""
CLAMPS: tuple[Rule, ...] = (
    promotion_label,
    max_change_per_day,
    max_change_per_week,
    goal_max_price_change,
    promotion_depth,
    margin_floor,
    map_price,
    price_endings,
    experiment_levels,
    promotion_days,
    reorder_size,
    quiet_hours,
)
"""Each moves the action inside its own limit."""
SUMS: tuple[Rule, ...] = (
    one_change_each, max_actions, slots, experiment_hold, experiment_share, contact_cap,
    campaign_budget, reorder_cash,
)  # fmt: skip
"""What the plan adds up to with this action in it."""
RULES = tuple(rule.__name__ for rule in (*STOPPERS, *CLAMPS, *SUMS, *FLOORS))


@dataclass(frozen=True)
class Judged:
    """What policy makes of one action."""

    action: Action | None
    """The action inside every limit, verdict attached, id and risk refreshed; None if denied."""
    verdict: ActionVerdict
    refused: Action | None = None
    """The action as it came, verdict attached, if it was denied."""


@dataclass(frozen=True)
class JudgedPlan:
    """What policy makes of a plan's actions."""

    actions: tuple[Action, ...]
    refused: tuple[Action, ...]
    verdict: PlanVerdict


def judge(policy: Policy, action: Action, context: PolicyContext) -> Judged:
    """Hold one action against every rule.

    Judging what came out again gives the same again. The clamps by which an unchanged action
    became what it is stay in its verdict.

    Args:
        policy: What is allowed.
        action: What somebody wants.
        context: What is known, and what other actions of the plan use up already.
    """
    rulings = _rulings(policy, action, context)
    if any(ruling.denies for ruling in rulings):
        verdict = ActionVerdict(decision="deny", rules=_verdicts(rulings))
        refused = action.model_copy(update={"id": action.content_id(), "verdict": verdict})
        return Judged(None, verdict, refused)
    final = rulings[-1].action
    risk = higher(action.risk, least_risk(final, context, policy))
    final = _with_impact(final.model_copy(update={"risk": risk}), action)
    verdict = _approval(policy, final, [*_trail(action, rulings)], rulings)
    final = final.model_copy(update={"id": final.content_id(), "verdict": verdict})
    return Judged(final, verdict)


def _with_impact(final: Action, action: Action) -> Action:
    """A price or quantity that a rule moved has another expected impact than the one proposed."""
    if final.after == action.after or not action.impact:
        return final
    from tools.impact import impact_after_edit

    return final.model_copy(update={"impact": impact_after_edit(final)})


def judge_all(policy: Policy, actions: Iterable[Action], context: PolicyContext) -> JudgedPlan:
    """Judge actions in their order; each uses up what those after it may still use."""
    allowed: list[Action] = []
    refused: list[Action] = []
    for action in actions:
        judged = judge(policy, action, context)
        if judged.action is not None:
            allowed.append(judged.action)
            context = context.after(judged.action)
        elif judged.refused is not None:
            refused.append(judged.refused)
    return JudgedPlan(
        tuple(allowed), tuple(refused), _plan_verdict(policy, allowed, refused, context)
    )


def _rulings(policy: Policy, action: Action, context: PolicyContext) -> list[Ruling]:
    rulings: list[Ruling] = []
    for rule in STOPPERS:
        _apply(rule, action, context, policy, rulings)
        if rulings and rulings[-1].denies:
            return rulings + _floors(action, context, policy)
    current = action
    for rule in CLAMPS:
        current = _apply(rule, current, context, policy, rulings)
    if not any(ruling.denies for ruling in rulings):
        rulings += _disagreement(current, context, policy)
    for rule in SUMS:
        current = _apply(rule, current, context, policy, rulings)
    return rulings + _floors(current, context, policy)


def _apply(
    rule: Rule, action: Action, context: PolicyContext, policy: Policy, rulings: list[Ruling]
) -> Action:
    ruling = rule(action, context, policy)
    if ruling is None:
        return action
    rulings.append(ruling)
    return ruling.action


def _disagreement(action: Action, context: PolicyContext, policy: Policy) -> list[Ruling]:
    """Refusal where no value keeps all limits: what the last clamp left, an earlier one forbids."""
    for rule in CLAMPS:
        again = rule(action, context, policy)
        if again is None or (again.verdict.clamped_to is None and not again.denies):
            continue
        words = f"{again.verdict.message}; other limits allow no other value"
        verdict = again.verdict.model_copy(
            update={"decision": "deny", "message": words, "clamped_from": None, "clamped_to": None}
        )
        return [Ruling(action, verdict)]
    return []


def _floors(action: Action, context: PolicyContext, policy: Policy) -> list[Ruling]:
    found: list[Ruling] = []
    for rule in FLOORS:
        _apply(rule, action, context, policy, found)
        if found and found[-1].denies:
            break
    return found


def _verdicts(rulings: Sequence[Ruling]) -> tuple[RuleVerdict, ...]:
    return tuple(ruling.verdict for ruling in rulings)


def _trail(action: Action, rulings: Sequence[Ruling]) -> Iterable[RuleVerdict]:
    """The rules' words, with the clamps of an earlier judgement the action has kept to since."""
    before: dict[str, RuleVerdict] = {}
    if action.verdict is not None and action.id == action.content_id():
        before = {rule.rule: rule for rule in action.verdict.rules if rule.clamped_to is not None}
    now = [ruling.verdict for ruling in rulings]
    silent = [rule for name, rule in before.items() if name not in {word.rule for word in now}]
    for word in sorted([*now, *silent], key=lambda word: RULES.index(word.rule)):
        yield word if word.clamped_to is not None else before.get(word.rule, word)


def _approval(
    policy: Policy, action: Action, words: list[RuleVerdict], rulings: Sequence[Ruling]
) -> ActionVerdict:
    """Who has to say yes: what the risk asks for, or a rule that asks for more."""
    asked = [ruling.role for ruling in rulings if ruling.role is not None]
    if not asked and action.risk in policy.approval.without_approval:
        free = f"{action.risk.value} risk needs nobody's word"
        words.append(RuleVerdict(rule="approval", decision="allow", message=free))
        return ActionVerdict(decision="allow", rules=tuple(words))
    role = max([policy.approval.role_for(action.risk), *asked], key=lambda role: role.rank)
    words.append(
        RuleVerdict(
            rule="approval",
            decision="needs_approval",
            message=f"{action.risk.value} risk needs the word of {_article(role)} or higher",
        )
    )
    return ActionVerdict(decision="needs_approval", role=role.value, rules=tuple(words))


def _article(role: Role) -> str:
    return f"an {role.value}" if role.value[0] in "ao" else f"a {role.value}"


def _plan_verdict(
    policy: Policy, allowed: Sequence[Action], refused: Sequence[Action], context: PolicyContext
) -> PlanVerdict:
    rules = [*_sums(policy, allowed, context), *_refusals(refused)]
    if refused and not allowed:
        return PlanVerdict(decision="deny", rules=tuple(rules))
    waits = any(action.verdict and action.verdict.decision != "allow" for action in allowed)
    return PlanVerdict(decision="needs_approval" if waits else "allow", rules=tuple(rules))


def _sums(policy: Policy, allowed: Sequence[Action], context: PolicyContext) -> Iterable[str]:
    currency = context.currency
    if any(isinstance(action, SendCampaign) for action in allowed):
        limit, left = run_budget(policy, context), spend_left(policy, context)
        used = money(context.committed_spend, currency)
        yield (
            f"campaign_budget: {used} of {money(limit.value, currency)} ({limit.source});"
            f" {money(left.value, currency)} left ({left.source})"
        )
    if any(isinstance(action, Reorder) for action in allowed):
        rest = cash_left(policy, context)
        used = money(context.committed_cash, currency)
        yield f"reorder_cash: {used} used; {money(rest.value, currency)} left ({rest.source})"
    if context.committed_actions >= policy.actions.max_per_plan:
        yield f"max_actions: {context.committed_actions} of {policy.actions.max_per_plan}"


def _refusals(refused: Sequence[Action]) -> Iterable[str]:
    counts = Counter(
        next(rule.rule for rule in action.verdict.rules if rule.decision == "deny")
        for action in refused
        if action.verdict is not None
    )
    for rule, count in sorted(counts.items()):
        yield f"{rule}: {count} refused"
