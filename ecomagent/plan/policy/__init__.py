"""What the tool may do: read from ``policy.toml``, applied to goals, actions and whole plans."""

from ecomagent.plan.policy.answer import GoalAnswer, check_goal
from ecomagent.plan.policy.context import PolicyContext, SkuFacts, sku_facts
from ecomagent.plan.policy.file import (
    load_policy,
    parse_policy,
    policy_mistakes,
    write_default_policy,
)
from ecomagent.plan.policy.floors import is_protected
from ecomagent.plan.policy.judge import Judged, JudgedPlan, judge, judge_all
from ecomagent.plan.policy.limits import cash_left, spend_left
from ecomagent.plan.policy.model import Policy
from ecomagent.plan.policy.reach import price_reach

__all__ = [
    "GoalAnswer",
    "Judged",
    "JudgedPlan",
    "Policy",
    "PolicyContext",
    "SkuFacts",
    "cash_left",
    "check_goal",
    "is_protected",
    "judge",
    "judge_all",
    "load_policy",
    "parse_policy",
    "policy_mistakes",
    "price_reach",
    "sku_facts",
    "spend_left",
    "write_default_policy",
]
