"""Which function answers which prompt when there is no model."""

from __future__ import annotations

from ecomagent.agents import levers, reading
from ecomagent.llm.rules import Rule

RULES: dict[str, Rule] = {
    reading.PURPOSE: reading.read_by_rules,
    levers.PURPOSE: levers.choose_by_rules,
}
