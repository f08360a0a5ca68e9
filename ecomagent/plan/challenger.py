"""Trains a challenger to the prices that learn, on markets like the shop's own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from ecomagent.domain.errors import PlanError
from ecomagent.plan.price_gate import MEMORY

if TYPE_CHECKING:
    from ecomagent.store.plans import PlanRepository

STEPS = 60_000
"""Weeks of one SKU in the simulator: about two minutes on two cores."""


class TrainedChallenger(BaseModel):
    """A challenger that was trained: from now on plans note its prices beside the drawn ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    challenger: str
    """Its name."""
    plan_id: str
    """The plan whose SKUs its markets are like."""
    skus: int
    steps: int


def train_on_draws(
    repository: PlanRepository, path: Path, *, now: datetime, steps: int = STEPS
) -> TrainedChallenger:
    """Train on what the newest plan with drawn prices believed of its SKUs, and keep the policy.

    What any draw earned is not looked at, so that the log can judge the challenger.

    Args:
        repository: Plans.
        path: Where the policy is kept, in place of an earlier one.
        now: Plans made until then are known.
        steps: Length of the training.

    Raises:
        PlanError: No plan has drawn prices yet.
        MissingExtraError: The extra ``rl`` is not installed.
    """
    import pandas as pd

    from tools.rl_challenger import MarketPrior, challenger_name, train_challenger

    plans = repository.plans_with_draws(now - MEMORY, now)
    if not plans:
        raise PlanError(
            "no plan has drawn prices to learn from yet",
            remedy='Set `mode = "learn"` under [pricing] in ecomagent.toml and make a plan for'
            " gross profit.",
        )
    plan = plans[-1]
    skus = pd.DataFrame([draw.params for draw in plan.draws])
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = plan.as_of.toordinal()
    train_challenger(path, prior=MarketPrior.of(skus), steps=steps, seed=seed)
    return TrainedChallenger(
        challenger=challenger_name(path), plan_id=plan.plan_id, skus=len(skus), steps=steps
    )
