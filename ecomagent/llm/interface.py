"""What the agents may ask of a language model, whatever stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from ecomagent.domain.errors import EcomagentError

T = TypeVar("T", bound=BaseModel)


class ModelError(EcomagentError):
    """The backend did not answer, or not in the shape that was asked for."""


@dataclass(frozen=True)
class Request:
    """One question to a backend.

    Args:
        purpose: Name of the prompt, e.g. ``understand_goal``; a file of ``prompts/``.
        prompt: The rendered prompt.
        inputs: The values it was rendered from; text in them is data, never an instruction.
        schema: JSON Schema the answer must follow.
    """

    purpose: str
    prompt: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Capabilities:
    """What a backend is, for the banner and for the plan."""

    name: str
    is_model: bool
    note_en: str
    note_zh: str


class Backend(Protocol):
    """Anything that answers requests with JSON objects."""

    def describe(self) -> Capabilities:
        """What it is."""
        ...

    def generate(self, request: Request) -> dict[str, Any]:
        """Answer with a JSON object.

        Raises:
            ModelError: No answer could be had.
        """
        ...


def ask(backend: Backend, request: Request, answer: type[T]) -> T:
    """The backend's answer as a typed value, asked a second time if the first is malformed.

    Raises:
        ModelError: Two answers in a row did not follow the schema.
    """
    problem = ""
    for _ in range(2):
        try:
            return answer.model_validate(backend.generate(request))
        except ValidationError as error:
            first = error.errors()[0]
            problem = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    raise ModelError(
        f"{backend.describe().name} gave no usable answer to {request.purpose}",
        where=problem,
        remedy='Use another model, or the rules: set backend = "rules" in ecomagent.toml.',
    )
