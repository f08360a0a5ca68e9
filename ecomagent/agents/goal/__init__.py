"""The goal grammar: from a merchant's words in two languages to a typed goal and back."""

from ecomagent.agents.goal.answers import Reply, settle_replies
from ecomagent.agents.goal.parse import parse_goal
from ecomagent.agents.goal.vocabulary import Vocabulary
from ecomagent.agents.goal.wording import describe_goal

__all__ = ["parse_goal", "Vocabulary", "describe_goal", "Reply", "settle_replies"]
