"""Reads the words of retail that ship with the product."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def lexicon_data() -> dict[str, Any]:
    """The file ``lexicon.toml`` as it is; its head says what each section means."""
    text = files("knowledge_graph").joinpath("lexicon.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
