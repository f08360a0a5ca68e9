"""Campaigns whose true uplift is known: customers who buy more or less, some left alone by lot."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd

from ecomagent.domain.evidence import DataRef
from evals.findings import Cell
from tools.campaign_outcome import measure_campaign

PEOPLE = 1500
SOURCE = DataRef(source="order_lines", as_of=datetime(2024, 7, 1, tzinfo=UTC))
BEFORE, SENT, AFTER = date(2024, 4, 20), date(2024, 6, 1), date(2024, 6, 28)
RECENT = date(2024, 5, 25)
HALF_WIDTH = 1.2815515655446004


def campaign(uplift: float, share: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events and order lines of one campaign; demand rises by a third on the very days."""
    rng = np.random.default_rng([seed, round(share * 100)])
    names = np.array([f"c{number}" for number in range(PEOPLE)])
    alone = rng.random(PEOPLE) < share
    keen = rng.gamma(0.7, 1 / 0.7, PEOPLE)
    moved = (rng.random(PEOPLE) < uplift) & ~alone
    parts = [
        (rng.poisson(0.3 * keen), BEFORE),
        (rng.poisson(0.09 * keen), RECENT),
        (rng.poisson(0.12 * keen) + moved, date(2024, 6, 5)),
    ]
    lines = pd.concat(
        [pd.DataFrame({"customer_id": np.repeat(names, count), "date": pd.Timestamp(day)})
         for count, day in parts],
        ignore_index=True,
    )  # fmt: skip
    lines["order_id"] = [f"o{number}" for number in range(len(lines))]
    lines["quantity"], lines["revenue_minor"] = 1, 1000
    kind = np.where(alone, "held_out", "sent")
    return pd.DataFrame({"campaign_id": "c", "customer_id": names, "kind": kind}), lines


def campaign_row(uplift: float, share: float, seeds: Iterable[int]) -> tuple[Cell, ...]:
    """How well many such campaigns are measured, against those written to before and after."""
    ours, naive, held, silent, truths = [], [], [], 0, []
    for seed in seeds:
        events, lines = campaign(uplift, share, seed)
        found = measure_campaign(
            events, lines, campaign_id="c", first=SENT, last=AFTER, source=SOURCE
        )
        sent = set(events["customer_id"][events["kind"] == "sent"])
        truth = uplift * len(sent)
        mine = lines[lines["customer_id"].isin(sent)]
        after = (mine["date"] >= pd.Timestamp(SENT)).sum()
        before = (mine["date"] == pd.Timestamp(RECENT)).sum()
        truths.append(truth)
        naive.append(float(after - before - truth))
        if found.why_not:
            silent += 1
            continue
        gap = found.result["orders"] - truth
        ours.append(gap)
        held.append(abs(gap) <= found.result["orders_sd"] * HALF_WIDTH)
    return (
        uplift, share, float(np.mean(truths)), float(np.mean(ours)), float(np.mean(naive)),
        float(np.sqrt(np.mean(np.square(ours)))), float(np.sqrt(np.mean(np.square(naive)))),
        float(np.mean(held)), silent / len(truths),
    )  # fmt: skip
