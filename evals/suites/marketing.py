"""Marketing: audiences in made-up shops; lifetime value, uplift, response, curves on real data."""

from __future__ import annotations

from evals.findings import Findings, shared_data
from evals.marketing.audiences import audiences
from evals.marketing.budget import budget
from evals.marketing.hillstrom import hillstrom
from evals.marketing.journey import journey
from evals.marketing.lifetime import lifetime

NO_DATA = "CDNOW, Hillstrom, Complete Journey, Robyn, Meridian: set ECOMAGENT_DATA to their folder"


def run(*, quick: bool, seed: int) -> Findings:
    """Every data set that is there, each against naive baselines.

    Args:
        quick: Fewer learners and outcomes.
        seed: Of splits and bootstraps.
    """
    found = [audiences(quick=quick, seed=seed)]
    data = shared_data()
    if data is None:
        found.append(Findings(tables=(), skipped=(NO_DATA,)))
    else:
        found += [
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
