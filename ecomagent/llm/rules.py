"""The backend that needs no model: each prompt is answered by a function of its inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ecomagent.llm.interface import Capabilities, ModelError, Request

Rule = Callable[[Mapping[str, Any]], dict[str, Any]]


class RulesBackend:
    """Answers from rules alone, and says so.

    Args:
        rules: Prompt name to the function that answers it.
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = dict(rules)

    def describe(self) -> Capabilities:
        """Says that no model is in use."""
        return Capabilities(
            name="rules",
            is_model=False,
            note_en="No language model in use: goals are read and plans are made by rules.",
            note_zh="未使用语言模型:目标解析与计划均由规则完成。",
        )

    def generate(self, request: Request) -> dict[str, Any]:
        """The rule's answer.

        Raises:
            ModelError: There is no rule for this prompt.
        """
        rule = self._rules.get(request.purpose)
        if rule is None:
            raise ModelError(f"no rule answers the prompt “{request.purpose}”")
        return rule(request.inputs)
