"""Prompts as files: one Markdown file each, with front matter and a template in zh and en."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

SEPARATOR = "+++"


@dataclass(frozen=True)
class Prompt:
    """A prompt file.

    ``inputs`` are the variables both templates use; ``texts`` maps a language to its template.
    """

    name: str
    purpose: str
    inputs: tuple[str, ...]
    texts: dict[str, str]

    def render(self, language: str, **inputs: Any) -> str:
        """The prompt's text with its inputs filled in; an unknown or missing input raises."""
        missing = set(self.inputs) ^ set(inputs)
        if missing:
            raise ValueError(f"prompt {self.name}: inputs do not match: {sorted(missing)}")
        return environment().from_string(self.texts[language]).render(**inputs)


@cache
def environment() -> Environment:
    """What templates are rendered in.

    The filter ``quoted`` writes text as one JSON string, so that text from outside stays on one
    line and cannot imitate a fence.
    """
    from jinja2 import Environment, StrictUndefined

    made = Environment(undefined=StrictUndefined, autoescape=False)
    made.filters["quoted"] = lambda text: json.dumps(str(text), ensure_ascii=False)
    return made


@cache
def load(name: str) -> Prompt:
    """The prompt of that name.

    Raises:
        FileNotFoundError: There is no such file.
    """
    import tomllib

    raw = files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    _, front, body = raw.split(SEPARATOR, 2)
    meta = tomllib.loads(front)
    texts = {}
    for section in body.split("\n# ")[1:]:
        language, _, text = section.partition("\n")
        texts[language.strip()] = text.strip()
    return Prompt(name=name, purpose=meta["purpose"], inputs=tuple(meta["inputs"]), texts=texts)


def names() -> tuple[str, ...]:
    """Every prompt there is."""
    return tuple(
        sorted(
            path.name.removesuffix(".md") for path in files(__name__).iterdir()
            if path.name.endswith(".md")
        )
    )  # fmt: skip
