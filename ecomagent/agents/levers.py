"""Which specialists work on a goal: named by a backend, or by these rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from ecomagent.domain.goal import Lever, Objective

if TYPE_CHECKING:
    from ecomagent.agents.workbench import Workbench

PURPOSE = "choose_levers"

BY_OBJECTIVE: dict[Objective, tuple[Lever, ...]] = {
    Objective.GROSS_PROFIT: (
        Lever.PRICING, Lever.REPLENISHMENT, Lever.MARKETING, Lever.SELECTION
    ),
    Objective.REVENUE: (Lever.PRICING, Lever.MARKETING, Lever.REPLENISHMENT, Lever.SELECTION),
    Objective.UNITS: (Lever.PRICING, Lever.MARKETING, Lever.REPLENISHMENT, Lever.SELECTION),
    Objective.CLEAR_STOCK: (Lever.PRICING, Lever.MARKETING, Lever.SELECTION),
    Objective.NEW_CUSTOMERS: (Lever.MARKETING,),
    Objective.REPEAT_PURCHASE: (Lever.MARKETING, Lever.REPLENISHMENT, Lever.PRICING),
}  # fmt: skip
"""The most promising first. Clearing stock never orders more of it; nothing on file tells whether
a price wins new customers, so prices are cut for them only where the goal asks for it."""


class LeverChoice(BaseModel):
    """What a backend may answer."""

    model_config = ConfigDict(extra="forbid")

    levers: tuple[Lever, ...] = ()
    why: str = ""


def choose_by_rules(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The rules' answer to the prompt ``choose_levers``."""
    wanted = BY_OBJECTIVE[Objective(inputs["objective"])]
    chosen = [lever.value for lever in wanted if lever.value in inputs["allowed"]]
    return {"levers": chosen or list(inputs["allowed"]), "why": "rules for this objective"}


def shop_facts(bench: Workbench) -> str:
    """A compact view of the scope for a prompt: counts only, no text from outside."""
    scoped = bench.scoped
    return "\n".join(
        (
            f"SKUs in scope: {len(scoped)}",
            f"with a cost: {int(scoped['cost_minor'].notna().sum())}",
            f"with a stock: {int(scoped['on_hand'].notna().sum())}",
            f"customers known: {len(bench.customers)}",
            f"horizon in days: {bench.horizon_days}",
        )
    )
