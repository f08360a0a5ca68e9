"""Customers whose rate, patience and purse are known are valued at about what they then spend."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.evidence import DataRef
from tools.lifetime_value import LifetimeValues, lifetime_values

TODAY = date(2026, 3, 1)
SOURCE = DataRef(source="customers", as_of=datetime(2026, 3, 1, tzinfo=UTC))
YEAR = 365


def cohort(count: int = 3000, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Customers drawn from the model's own story, and the orders of their next year."""
    rng = np.random.default_rng(seed)
    age = rng.integers(200, 500, count)
    rate = rng.gamma(0.8, 1 / 40, count)  # a day: one order in seven weeks
    leaves = rng.beta(0.8, 2.5, count)
    purse = 3000 * rng.gamma(8, 1 / 8, count)
    rows, future = [], np.zeros(count)
    for who in range(count):
        now, seen, spent = 0.0, [0.0], [purse[who] * rng.gamma(4, 1 / 4)]
        while True:
            now += rng.exponential(1 / rate[who])
            if now > age[who] + YEAR:
                break
            if now <= age[who]:
                seen.append(now)
                spent.append(purse[who] * rng.gamma(4, 1 / 4))
            else:
                future[who] += 1
            if rng.random() < leaves[who]:
                break
        first = pd.Timestamp(TODAY) - pd.Timedelta(days=int(age[who]))
        rows.append((f"C{who:05d}", first, first + pd.Timedelta(days=int(seen[-1])), len(seen),
                     int(sum(spent)), 0))  # fmt: skip
    columns = ["customer_id", "first_order", "last_order", "orders", "revenue_minor",
               "refund_minor"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns), future


def valued(customers: pd.DataFrame, **more) -> LifetimeValues:
    return lifetime_values(customers, today=TODAY, source=SOURCE, **more)


@pytest.fixture(scope="module")
def shop():
    return cohort()


def test_orders_of_the_next_year_come_out_as_forecast(shop):
    customers, future = shop

    found = valued(customers).table

    assert found["expected_orders"].sum() == pytest.approx(future.sum(), rel=0.1)
    assert found["p_order"].mean() == pytest.approx((future > 0).mean(), abs=0.03)
    scatter = (future - found["expected_orders"]) / found["orders_sd"]
    assert scatter.std() == pytest.approx(1, abs=0.25)


def test_who_has_gone_quiet_is_likelier_lost_than_who_just_bought(shop):
    customers = shop[0].copy()
    often = customers["orders"].nlargest(2).index
    customers.loc[often, ["orders", "first_order"]] = [12, pd.Timestamp("2025-03-01")]
    customers.loc[often[0], "last_order"] = pd.Timestamp("2026-02-25")
    customers.loc[often[1], "last_order"] = pd.Timestamp("2025-06-01")

    found = valued(customers).table.loc[customers.loc[often, "customer_id"]]

    assert found["churn_odds"].iloc[0] < 1 < found["churn_odds"].iloc[1]


def test_one_large_order_makes_no_large_customer(shop):
    customers = shop[0].copy()
    customers.loc[0, ["orders", "revenue_minor"]] = [1, 3_000_000]
    customers.loc[0, "last_order"] = customers.loc[0, "first_order"]

    assert valued(customers).table.at["C00000", "order_value_minor"] < 1_500_000


def test_a_segments_value_has_an_interval_that_holds_what_its_customers_spend(shop):
    customers, future = shop
    names = pd.Series("all", index=customers["customer_id"])

    found = valued(customers).by_segment(names).loc["all"]

    mean = future.mean() * customers["revenue_minor"].sum() / customers["orders"].sum()
    assert found["value_minor_p10"] < found["value_minor"] < found["value_minor_p90"]
    assert 0.8 * found["value_minor_p10"] < mean < 1.2 * found["value_minor_p90"]


def test_any_order_of_customers_gives_the_same_evidence(shop):
    customers = shop[0]
    names = pd.Series("all", index=customers["customer_id"])

    shuffled = customers.sample(frac=1, random_state=3)

    assert valued(customers).evidence(names, "all") == valued(shuffled).evidence(names, "all")


@pytest.mark.parametrize("count", [0, 1, 60])
def test_a_handful_of_customers_is_not_enough_to_say(shop, count):
    found = valued(shop[0].head(count))

    assert found.table.empty
    assert "not enough data" in found.reason
    assert found.by_segment(pd.Series("all", index=shop[0]["customer_id"])).empty


def test_odd_histories_leave_no_gaps(shop):
    customers = shop[0].copy()
    customers.loc[0, "revenue_minor"] = 0
    customers.loc[1, "refund_minor"] = 10**9
    customers.loc[2, "last_order"] = pd.Timestamp("2020-01-01")
    customers.loc[3, "orders"] = 5000
    customers.loc[4, "first_order"] = pd.NaT

    found = valued(customers).table

    assert len(found) == len(customers) - 1
    assert np.isfinite(found.to_numpy()).all()
    assert (found[["expected_orders", "value_minor"]] >= 0).all().all()
