"""What to push, keep, list again or phase out, and never calling winter goods dead in summer."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.evidence import DataRef
from tools.forecast import forecast_demand
from tools.selection import Assortment, assess_assortment

DAYS = 730
TODAY = date(2026, 7, 1)
SOURCE = DataRef(source="panel", as_of=datetime(2026, 7, 1, tzinfo=UTC))
DATES = pd.date_range(end=pd.Timestamp(TODAY) - pd.Timedelta(days=1), periods=DAYS)


def assessed(units: dict[str, np.ndarray], **columns) -> Assortment:
    """Assess SKUs with those daily units; keyword arguments overwrite catalogue columns."""
    skus = list(units)
    on_hand = columns.pop("daily_on_hand", {})
    without_cost = columns.pop("without_cost", [])
    panel = pd.DataFrame(
        {
            "sku": pd.Categorical(np.repeat(skus, DAYS)),
            "date": np.tile(DATES, len(skus)),
            "units": np.concatenate([units[sku] for sku in skus]).astype(float),
            "on_hand": np.concatenate([on_hand.get(sku, np.full(DAYS, 40.0)) for sku in skus]),
        }
    )
    panel["revenue_minor"] = panel["units"] * 1000
    catalogue = pd.DataFrame(
        {
            "sku": skus, "product_id": skus, "category": "Mugs", "status": "active",
            "price_minor": 1000, "cost_minor": 500.0, "on_hand": 40,
        }
    )  # fmt: skip
    for name, values in columns.items():
        catalogue[name] = catalogue["sku"].map(values).fillna(catalogue.get(name, np.nan))
    catalogue.loc[catalogue["sku"].isin(without_cost), "cost_minor"] = np.nan
    demand = forecast_demand(panel, start=TODAY, horizon_days=28, source=SOURCE)
    return assess_assortment(panel, catalogue, demand, today=TODAY, source=SOURCE)


def steady(rate: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).poisson(rate, DAYS)


def crowd(rate: float = 1.0) -> dict[str, np.ndarray]:
    return {f"S{n}": steady(rate, n) for n in range(8)}


def stopped(days_ago: int, rate: float = 1.0) -> np.ndarray:
    units = steady(rate, 99)
    units[-days_ago:] = 0
    units[-days_ago - 1] = 1
    return units


def test_a_silence_no_chance_explains_is_phased_out_and_its_stock_named():
    found = assessed({**crowd(), "DEAD": stopped(200)})

    row = found.table.loc["DEAD"]
    assert row["advice"] == "phase_out"
    assert row["days_since_sale"] == 201
    assert row["freed_cash_minor"] == 40 * 500
    assert row["value_minor_p50"] == pytest.approx(40 * 500 * 0.20 * 28 / 365, rel=1e-3)
    assert any("carrying" in line for line in found.evidence("DEAD").assumptions)


def test_a_slow_seller_may_be_silent_for_long():
    slow = np.zeros(DAYS)
    slow[[100, 330, 520]] = 1

    assert assessed({**crowd(), "SLOW": slow}).table.at["SLOW", "advice"] == "keep"


def test_winter_goods_are_not_dead_in_summer():
    winter = np.isin(DATES.month, (11, 12, 1, 2))
    jackets = {f"J{n}": steady(2.0, 50 + n) * winter for n in range(6)}

    found = assessed({**crowd(), **jackets}, category=dict.fromkeys(jackets, "Winter jackets"))

    assert set(found.table.loc[list(jackets), "advice"]) <= {"keep", "push"}
    assert (found.table.loc[list(jackets), "days_since_sale"] > 90).all()


def test_sold_out_is_not_dead():
    empty = np.full(DAYS, 40.0)
    empty[-200:] = 0

    found = assessed(
        {**crowd(), "OUT": stopped(200)}, on_hand={"OUT": 0}, daily_on_hand={"OUT": empty}
    )

    assert found.table.at["OUT", "advice"] == "keep"


def test_never_sold_on_sale_and_in_stock_is_phased_out():
    assert assessed({**crowd(), "NONE": np.zeros(DAYS)}).table.at["NONE", "advice"] == "phase_out"


def test_a_good_seller_that_was_taken_off_is_listed_again_with_an_interval():
    found = assessed({**crowd(), "GONE": stopped(120, rate=3.0)}, status={"GONE": "archived"})

    row = found.table.loc["GONE"]
    assert row["advice"] == "relist"
    assert 0 < row["units_p10"] < row["units_p50"] <= row["units_p90"] <= 40
    assert row["gross_profit_minor_p50"] == pytest.approx(row["units_p50"] * 500, rel=1e-4)
    assert any("assumed" in line for line in found.evidence("GONE").assumptions)


def test_a_poor_seller_or_an_empty_shelf_is_not_listed_again():
    gone = {"POOR": stopped(120, rate=0.05), "EMPTY": stopped(120, rate=3.0)}

    found = assessed({**crowd(), **gone}, status=dict.fromkeys(gone, "archived"),
                     on_hand={"EMPTY": 0})  # fmt: skip

    assert list(found.table.loc[list(gone), "advice"]) == ["keep", "keep"]


def test_without_a_cost_units_are_promised_but_no_profit():
    found = assessed(
        {**crowd(), "GONE": stopped(120, rate=3.0)},
        status={"GONE": "archived"},
        without_cost=["GONE"],
    )

    row = found.table.loc["GONE"]
    assert row["advice"] == "relist"
    assert row["units_p50"] > 0
    assert row[["margin", "gross_profit_minor_p50", "value_minor_p50"]].isna().all()


def test_classes_follow_revenue_and_steadiness():
    lumpy = np.zeros(DAYS)
    lumpy[::45] = 30
    found = assessed({"BIG": steady(20, 1), "MID": steady(3, 2), "LUMPY": lumpy}).table

    assert found.at["BIG", "abc"] == "A"
    assert found.at["BIG", "xyz"] == "X"
    assert found.at["LUMPY", "xyz"] == "Z"


def test_growth_is_measured_against_the_same_days_a_year_before():
    grown = np.r_[steady(2.0, 1)[:-120], steady(4.0, 2)[-120:]]

    found = assessed({**crowd(), "UP": grown}).table

    assert found.at["UP", "trend"] == pytest.approx(1.0, abs=0.35)
    assert found.at["UP", "advice"] in ("push", "keep")


def test_the_evidence_of_a_figure_recomputes_to_the_same_figure():
    units = {**crowd(), "DEAD": stopped(200)}

    once, again = assessed(units), assessed(dict(reversed(units.items())))

    assert once.evidence("DEAD") == again.evidence("DEAD")
