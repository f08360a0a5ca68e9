"""Shelves with fewer slots than products, and products that cost the shop more than they bring."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.evidence import DataRef
from tools.choice_model import Transference
from tools.forecast import DemandForecast
from tools.selection import assess_assortment
from tools.shelf import Shelf

TODAY = date(2026, 7, 1)
SOURCE = DataRef(source="panel", as_of=datetime(2026, 7, 1, tzinfo=UTC))
DAYS = 200


def transference(stay: float, *, nearness: float = 0.0, pairs=()) -> Transference:
    table = pd.DataFrame(
        {"stay": stay, "stay_p10": max(stay - 0.05, 0.01), "stay_p90": min(stay + 0.05, 0.99),
         "missing_units": 500.0, "basis": "category"},
        index=pd.Index(["Mugs", "Tea"], name="category"),
    )  # fmt: skip
    alike = pd.DataFrame(list(pairs), columns=["sku", "other", "weight"])
    shop = {"stay": stay, "stay_p10": stay, "stay_p90": stay}
    return Transference(table, nearness, alike, shop, TODAY, SOURCE)


def assess(rates: dict[str, float], moved: Transference, **given):
    """SKUs that sell at those rates a day; catalogue columns may be given too."""
    skus = list(rates)
    rng = np.random.default_rng(1)
    columns = {k: given.pop(k) for k in ("price_minor", "cost_minor", "category") if k in given}
    catalogue = pd.DataFrame(
        {
            "sku": skus, "category": "Mugs", "status": "active", "price_minor": 1000.0,
            "cost_minor": 500.0, "on_hand": 40.0,
        }
    ).assign(**columns)  # fmt: skip
    units = np.concatenate([rng.poisson(rate, DAYS) for rate in rates.values()])
    dates = pd.date_range(end=pd.Timestamp(TODAY) - pd.Timedelta(days=1), periods=DAYS)
    panel = pd.DataFrame(
        {
            "sku": pd.Categorical(np.repeat(skus, DAYS)), "date": np.tile(dates, len(skus)),
            "units": units.astype(float), "revenue_minor": units * 1000.0, "on_hand": 40.0,
        }
    )  # fmt: skip
    mean = np.array(list(rates.values()))
    table = pd.DataFrame(
        {"mean_per_day": mean, "variance_per_day": mean, "log_error_sd": 0.1,
         "history_days": DAYS},
        index=pd.Index(skus, name="sku"),
    )  # fmt: skip
    demand = DemandForecast(table, TODAY, 28, SOURCE, 0, 1)
    return assess_assortment(
        panel, catalogue, demand, today=TODAY, source=SOURCE, transference=moved, **given
    ).table


RATES = {"A": 4.0, "B": 3.0, "C": 2.0, "D": 1.0, "E": 0.5}


def test_without_a_limit_all_that_earns_is_kept():
    assert set(assess(RATES, transference(0.5))["advice"]) <= {"keep", "push"}


def test_where_slots_are_few_what_adds_least_goes():
    table = assess(RATES, transference(0.5), max_active=3)

    assert list(table.index[table["advice"] == "phase_out"]) == ["D", "E"]
    assert set(table.loc[["D", "E"], "why"]) == {"slot"}


def test_a_limit_binds_only_the_category_it_names():
    table = assess(
        {**RATES, "T1": 1.0, "T2": 1.0},
        transference(0.5),
        category=["Mugs"] * 5 + ["Tea"] * 2,
        max_active={"Tea": 1},
    )

    assert (table["advice"] == "phase_out").sum() == 1
    assert table.loc[["T1", "T2"], "advice"].eq("phase_out").any()


def test_a_bestseller_with_a_twin_is_dropped_before_a_product_nothing_replaces():
    twins = [("A", "B", 1.0), ("B", "A", 1.0)]
    rates = {"A": 2.0, "B": 2.0, "LONER": 1.5}

    table = assess(rates, transference(0.5, nearness=100.0, pairs=twins), max_active=2)

    assert table.at["LONER", "advice"] != "phase_out"
    assert table.loc[["A", "B"], "advice"].eq("phase_out").sum() == 1


def test_ending_a_product_counts_what_others_gain():
    table = assess(RATES, transference(0.6), max_active=4)

    row = table.loc["E"]
    assert row["moved_units_p50"] > 0
    assert row["units_p50"] < 0
    assert row["gross_profit_minor_p50"] == pytest.approx(row["units_p50"] * 500, rel=1e-4)
    own = row["units_p50"] - row["moved_units_p50"]
    assert row["moved_units_p50"] == pytest.approx(-own * row["recaptured"], rel=0.2)


def test_what_is_sold_below_cost_at_others_expense_goes():
    table = assess(RATES, transference(0.5), cost_minor=[500.0, 500.0, 500.0, 500.0, 1500.0])

    assert table.at["E", "why"] == "loses"
    assert table.at["E", "value_minor_p10"] > 0


def test_contribution_is_profit_less_what_others_would_earn():
    lone, shared = (assess(RATES, transference(stay)) for stay in (0.02, 0.9))

    assert (shared["contribution_minor"] < lone["contribution_minor"]).all()
    assert lone.at["A", "contribution_minor"] == pytest.approx(4 * 28 * 500, rel=0.05)
    assert lone.at["A", "gmroi"] == pytest.approx(
        lone.at["A", "contribution_minor"] * 365 / 28 / (40 * 500), rel=1e-3
    )


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"price_minor": 0.0}, id="price of nothing"),
        pytest.param({"price_minor": np.nan}, id="no price"),
        pytest.param({"cost_minor": np.nan}, id="no cost"),
        pytest.param({"cost_minor": 5000.0}, id="cost above price"),
        pytest.param({"category": None}, id="no category"),
    ],
)
def test_poor_catalogues_give_advice_and_no_invented_figures(columns):
    table = assess(RATES, transference(0.5), max_active=3, **columns)

    assert table["advice"].isin(["keep", "push", "phase_out"]).all()
    assert table[["demand_units", "recaptured"]].notna().all().all()
    unknown = "cost_minor" in columns and columns["cost_minor"] != columns["cost_minor"]
    if unknown or "price_minor" in columns:
        assert table["contribution_minor"].isna().all()


def test_an_assortment_is_worth_less_the_more_of_it_goes():
    skus = pd.Index(list(RATES))
    shelf = Shelf.of(
        skus, demand=np.array(list(RATES.values())), margin=np.full(5, 500.0),
        categories=pd.Series("Mugs", index=skus), on=np.ones(5, dtype=bool),
        transference=transference(0.5),
    )  # fmt: skip

    profit = [shelf.profit(np.arange(5) < kept) for kept in range(6)]

    assert profit == sorted(profit)
    assert profit[0] == pytest.approx(0.0, abs=1e-9)
    assert shelf.profit(np.array([True, True, True, True, False])) == pytest.approx(
        profit[5] - float(shelf.worth()[4]), rel=1e-9
    )
