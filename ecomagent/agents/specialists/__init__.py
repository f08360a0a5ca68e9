"""The specialists: each proposes a menu of candidates and turns chosen ones into actions."""

from ecomagent.agents.specialists.marketing import marketing
from ecomagent.agents.specialists.pricing import pricing
from ecomagent.agents.specialists.replenishment import replenishment
from ecomagent.agents.specialists.selection import selection

__all__ = ["marketing", "pricing", "replenishment", "selection"]
