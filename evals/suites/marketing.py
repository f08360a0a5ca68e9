"""Marketing on real data: lifetime value, uplift, response of segments, budget curves."""

from __future__ import annotations

from evals.findings import Findings, shared_data
from evals.marketing.budget import budget
from evals.marketing.hillstrom import hillstrom
from evals.marketing.journey import journey
from evals.marketing.lifetime import lifetime


def run(*, quick: bool, seed: int) -> Findings:
    """Every data set that is there, each against naive baselines.

    Args:
        quick: Fewer learners and outcomes.
        seed: Of splits and bootstraps.
    """
    data = shared_data()
    if data is None:
        return Findings(tables=(), skipped=("no real data: set ECOMAGENT_DATA to its folder",))
    found = [
        lifetime(data),
        hillstrom(data, quick=quick, seed=seed),
        journey(data, seed=seed),
        budget(data, quick=quick, seed=seed),
    ]
    return Findings(
        tables=tuple(table for part in found for table in part.tables),
        promises=tuple(promise for part in found for promise in part.promises),
        skipped=tuple(line for part in found for line in part.skipped),
    )
