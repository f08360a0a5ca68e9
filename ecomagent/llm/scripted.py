"""A backend that replays recorded answers, for tests and for replaying a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from ecomagent.llm.interface import Backend, Capabilities, ModelError, Request


class ScriptedBackend:
    """Gives each prompt its recorded answers in order; the last one repeats.

    Args:
        answers: Prompt name to answers.
        fallback: Who answers prompts the script does not know; none means they fail.
    """

    def __init__(
        self,
        answers: Mapping[str, Sequence[Mapping[str, Any]]],
        *,
        fallback: Backend | None = None,
    ) -> None:
        self._answers = {purpose: list(given) for purpose, given in answers.items()}
        self._fallback = fallback
        self.requests: list[Request] = []

    @classmethod
    def read(cls, path: Path, *, fallback: Backend | None = None) -> Self:
        """A script from a JSON file: ``{"understand_goal": [{…}, …], …}``.

        Raises:
            ModelError: The file cannot be read or is not such an object.
        """
        try:
            answers = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ModelError(
                "the model script cannot be read", where=str(path), remedy=str(error)
            ) from error
        if not isinstance(answers, dict) or not all(map(_is_list_of_objects, answers.values())):
            raise ModelError(
                "the model script must be an object of lists of objects", where=str(path)
            )
        return cls(answers, fallback=fallback)

    def describe(self) -> Capabilities:
        """Says that answers are replayed."""
        return Capabilities(
            name="scripted",
            is_model=True,
            note_en="Answers are replayed from a script.",
            note_zh="答案来自录制的脚本。",
        )

    def generate(self, request: Request) -> dict[str, Any]:
        """The next recorded answer.

        Raises:
            ModelError: The script has none and there is no fallback.
        """
        self.requests.append(request)
        recorded = self._answers.get(request.purpose)
        if recorded:
            return dict(recorded.pop(0) if len(recorded) > 1 else recorded[0])
        if self._fallback is not None:
            return self._fallback.generate(request)
        raise ModelError(f"the script has no answer to “{request.purpose}”")


def _is_list_of_objects(answers: object) -> bool:
    return isinstance(answers, list) and all(isinstance(each, dict) for each in answers)
