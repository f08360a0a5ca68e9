"""A campaign's effect is what those written to bought beyond those left alone."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.evidence import DataRef
from tools.campaign_outcome import measure_campaign

SOURCE = DataRef(source="order_lines", as_of=datetime(2024, 7, 1, tzinfo=UTC))
FIRST, LAST = date(2024, 6, 1), date(2024, 6, 28)


def shop(uplift, *, people=4000, held=0.2, before=0.3, skewed=0.0, seed=0):
    """Members and their orders: some before, some during; more during for those written to."""
    rng = np.random.default_rng(seed)
    names = np.array([f"c{n}" for n in range(people)])
    alone = rng.random(people) < held
    keen = rng.gamma(1.0, 1.0, people)
    earlier = rng.poisson(before * keen * np.where(alone, 1 + skewed, 1))
    later = rng.poisson(0.1 * keen) + (rng.random(people) < uplift * ~alone)
    rows = [
        {"customer_id": name, "date": pd.Timestamp(day), "quantity": 1, "revenue_minor": 1000}
        for counts, day in ((earlier, date(2024, 5, 1)), (later, date(2024, 6, 4)))
        for name, count in zip(names, counts, strict=True)
        for _ in range(count)
    ]
    orders = pd.DataFrame(rows).assign(order_id=lambda f: [f"o{n}" for n in range(len(f))])
    kind = np.where(alone, "held_out", "sent")
    members = pd.DataFrame({"campaign_id": "camp", "customer_id": names, "kind": kind})
    return members, orders


def measure(members, orders, last=LAST):
    return measure_campaign(
        members, orders, campaign_id="camp", first=FIRST, last=last, source=SOURCE
    )


def test_the_extra_orders_are_found_within_their_error():
    found = measure(*shop(0.05))
    contacted = found.result["contacted"]
    assert found.why_not == ""
    assert abs(found.result["orders"] - 0.05 * contacted) < 2.6 * found.result["orders_sd"]
    assert found.result["revenue_minor"] == pytest.approx(1000 * found.result["orders"], rel=1e-6)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    hits = 0
    for seed in range(60):
        found = measure(*shop(0.03, people=800, seed=seed))
        error = found.result["orders_sd"] * 1.2816
        hits += abs(found.result["orders"] - 0.03 * found.result["contacted"]) <= error
    assert 38 <= hits <= 57


def test_earlier_buying_narrows_the_interval():
    members, orders = shop(0.05)
    during = orders[orders["date"] >= pd.Timestamp(FIRST)]
    assert measure(members, orders).result["orders_sd"] < (
        measure(members, during).result["orders_sd"])  # fmt: skip


def test_groups_that_differed_before_are_not_believed():
    assert "placebo" in measure(*shop(0.05, skewed=0.6)).why_not


def test_too_few_left_alone_and_too_few_days_say_so():
    members, orders = shop(0.05)
    alone = members["kind"] == "held_out"
    few = pd.concat([members[~alone], members[alone].head(5)])
    assert "5 of" in measure(few, orders).why_not
    assert "only 5 of 14 days" in measure(members, orders, date(2024, 6, 5)).why_not


def test_a_campaign_nobody_bought_from_is_not_certain():
    members, orders = shop(0.0)
    found = measure(members, orders.iloc[:0])
    assert found.result["orders"] == 0 and found.result["orders_sd"] > 0
