"""Segments anyone can check, and campaigns only to people who agreed."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.evidence import DataRef
from ecomagent.domain.goal import Objective
from tools.campaign_effect import PRIOR, measured_campaigns, uplift_of
from tools.marketing import SEGMENTS, CampaignMenu, campaign_menu, segment_customers

TODAY = date(2026, 3, 1)
SOURCE = DataRef(source="customers", as_of=datetime(2026, 3, 1, tzinfo=UTC))
NO_CAMPAIGNS = pd.DataFrame(
    columns=["campaign_id", "segment", "channel", "cost_minor", "sent", "held_out", "converted",
             "held_out_converted"]
)  # fmt: skip


def people(count: int = 1200, seed: int = 0, consent: object = True) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    orders = rng.geometric(0.35, count)
    last = rng.integers(1, 700, count)
    return pd.DataFrame(
        {
            "customer_id": [f"C{n}" for n in range(count)],
            "country": "GB",
            "consent_marketing": pd.array([consent] * count, dtype="boolean"),
            "first_order": pd.Timestamp(TODAY) - pd.to_timedelta(last + 30 * orders, "D"),
            "last_order": pd.Timestamp(TODAY) - pd.to_timedelta(last, "D"),
            "orders": orders,
            "units": orders * 2,
            "revenue_minor": orders * rng.integers(1500, 6000, count),
            "refund_minor": 0,
        }
    )


def campaigns(*rows) -> pd.DataFrame:
    columns = ["segment", "channel", "cost_minor", "sent", "held_out", "converted",
               "held_out_converted"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def offered(
    customers: pd.DataFrame,
    past: pd.DataFrame = NO_CAMPAIGNS,
    objective: Objective = Objective.GROSS_PROFIT,
    margin: float | None = 0.5,
    **more,
) -> CampaignMenu:
    segments = segment_customers(customers, today=TODAY, source=SOURCE)
    return campaign_menu(
        segments, customers, past, objective=objective, horizon_days=28, gross_margin=margin,
        currency=more.pop("currency", "GBP"), source=SOURCE, **more,
    )  # fmt: skip


def test_every_customer_is_in_exactly_one_segment():
    customers = people()

    found = segment_customers(customers, today=TODAY, source=SOURCE)

    assert found.summary["customers"].sum() == len(customers)
    assert set(found.table["segment"]) <= set(SEGMENTS)
    assert found.table[["r", "f", "m"]].isin([1, 2, 3, 4, 5]).all().all()


@pytest.mark.parametrize(
    ("orders", "days_ago", "segment"),
    [(12, 3, "champions"), (1, 3, "new"), (12, 690, "at_risk"), (1, 690, "lost")],
)
def test_a_segment_is_what_its_name_says(orders, days_ago, segment):
    customers = people()
    customers.loc[0, "orders"] = orders
    customers.loc[0, "last_order"] = pd.Timestamp(TODAY) - pd.Timedelta(days=days_ago)

    found = segment_customers(customers, today=TODAY, source=SOURCE)

    assert found.table.at["C0", "segment"] == segment


def test_only_customers_who_agreed_are_written_to():
    customers = people()
    customers["consent_marketing"] = pd.array(
        [(True, False, None)[n % 3] for n in range(len(customers))], dtype="boolean"
    )

    found = offered(customers)

    agreed = int(customers["consent_marketing"].fillna(False).sum())
    assert found.table["eligible"].groupby(found.table["segment"]).first().sum() <= agreed
    assert found.left_out["consent refused"] == 400
    assert found.left_out["consent not on file"] == 400


def test_where_nobody_was_ever_asked_the_plan_says_that_consent_is_assumed():
    found = offered(people(consent=None))

    assert len(found.table)
    assert all(
        any("consent" in line for line in found.evidence(key).assumptions)
        for key in found.table["key"]
    )


def test_where_all_refused_nobody_is_written_to():
    assert offered(people(consent=False)).table.empty


def test_without_hold_outs_a_wide_prior_stands_in_and_says_so():
    found = offered(people())

    row = found.table.iloc[0]
    assert row["past_campaigns"] == 0
    assert row["units_p10"] < 0.3 * row["units_p50"]
    assert any("no past hold-out" in line for line in found.evidence(row["key"]).assumptions)


def test_past_hold_outs_move_the_estimate_and_narrow_it():
    past = campaigns(*[("all", "email", 10_000, 8000, 2000, 640, 60)] * 4)

    measured = uplift_of(measured_campaigns(past), "email", "loyal")

    assert measured.mean > 2 * PRIOR.mean
    assert measured.campaigns == 4
    assert uplift_of(measured_campaigns(past), "sms", "loyal") == PRIOR


def test_a_campaign_without_a_hold_out_teaches_nothing():
    past = campaigns(("all", "email", 10_000, 8000, 0, 2000, 0))

    assert measured_campaigns(past).empty


def test_cost_and_channels_come_from_the_shops_own_campaigns():
    past = campaigns(("all", "sms", 40_000, 10_000, 1000, 300, 25))

    found = offered(people(), past).table

    assert set(found["channel"]) == {"sms"}
    assert (found["cost_minor"] == (found["audience"] * 4).round()).all()


def test_a_campaign_that_does_not_earn_its_cost_is_worth_nothing():
    dear = campaigns(("all", "sms", 100_000_000, 10_000, 1000, 300, 25))

    for objective in Objective:
        assert (offered(people(), dear, objective).table["value"] == 0).all()


def test_writing_to_customers_wins_no_new_ones():
    found = offered(people(), objective=Objective.NEW_CUSTOMERS)

    assert (found.table["value"] == 0).all()


def test_without_any_cost_gross_profit_stays_unknown():
    found = offered(people(), margin=None)

    assert found.table["gross_profit_minor_p50"].isna().all()
    assert found.table["value"].isna().all()


def test_hold_out_and_audience_add_up():
    found = offered(people()).table

    held = (found["eligible"] * found["hold_out"]).round()
    assert (found["audience"] + held == found["eligible"]).all()
    assert (found["hold_out"] > 0).all()


def test_the_same_customers_give_the_same_evidence_in_any_order():
    customers = people()
    key = offered(customers).table["key"].iloc[0]

    shuffled = customers.sample(frac=1, random_state=4)

    assert offered(customers).evidence(key) == offered(shuffled).evidence(key)


def test_a_shop_without_customers_gets_no_campaigns():
    assert offered(people().iloc[:0]).table.empty
