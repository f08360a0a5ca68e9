"""Reads phrases that say a whole limit without a figure, and settles limits said twice."""

from __future__ import annotations

from decimal import Decimal

from ecomagent.agents.goal.draft import Draft, Issue, Limit
from ecomagent.agents.goal.lexicon import Metric
from ecomagent.agents.goal.sentence import Sentence
from ecomagent.agents.goal.signs import Phrase
from ecomagent.agents.goal.tokens import Kind


def read_phrases(sentence: Sentence, draft: Draft) -> None:
    """Read each set phrase into a limit, or into a question."""
    for index in sentence.free(range(len(sentence.tokens)), Kind.PHRASE):
        phrase = sentence.tokens[index].value
        quote = sentence.quote(index)
        if phrase is Phrase.NO_SPEND:
            draft.limits.append(Limit(Metric.BUDGET, Decimal(0), quote))
        elif phrase is Phrase.NO_LOSS and draft.limit(Metric.MARGIN) is None:
            draft.limits.append(Limit(Metric.MARGIN, Decimal(0), quote))
        elif phrase is Phrase.OVERRIDE:
            draft.ask(Issue.POLICY, "policy", quote)
        elif phrase is Phrase.MULTIPLE:
            draft.ask(Issue.TARGET, "objective", quote)
        elif phrase not in (Phrase.NO_LIMIT, Phrase.NO_LOSS):
            continue
        sentence.spend(index)


def settle_conflicts(draft: Draft) -> None:
    """One limit a metric; two that differ are asked about."""
    for metric in Metric:
        found = [limit for limit in draft.limits if limit.metric is metric]
        if len({limit.value for limit in found}) > 1:
            quotes = (limit.quote for limit in found)
            draft.limits = [limit for limit in draft.limits if limit.metric is not metric]
            draft.ask(Issue.CONFLICT, metric.value, *quotes, limits=tuple(found))
