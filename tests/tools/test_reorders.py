"""Orders from suppliers: due ones only, in whole packs, with what they save from running out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.errors import UsageError
from ecomagent.domain.evidence import DataRef
from tools.forecast import DemandForecast
from tools.inventory import ReorderMenu, reorder_menu
from tools.lead_time import lead_times
from tools.reorder_levels import usual_gap

TODAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
SOURCE = DataRef(source="catalogue", as_of=datetime(2026, 3, 1, tzinfo=UTC))


def forecast(means: dict[str, float]) -> DemandForecast:
    mean = pd.Series(means, name="mean_per_day")
    table = pd.DataFrame(
        {"mean_per_day": mean, "variance_per_day": mean * 1.5, "log_error_sd": 0.2}
    )
    table.index.name = "sku"
    return DemandForecast(table, TODAY, 28, SOURCE, 0, 0)


def goods(**columns) -> pd.DataFrame:
    skus = list(columns["on_hand"])
    frame = pd.DataFrame(
        {"sku": skus, "inbound": 0, "price_minor": 1000, "cost_minor": 600.0,
         "lead_time_days": 10, "min_order": 1, "case_pack": 1}
    )  # fmt: skip
    for name, values in columns.items():
        given = pd.Series(values, dtype="object").reindex(skus)
        known = given.notna() if name != "cost_minor" else pd.Series(True, index=skus)
        frame[name] = [
            given[sku] if known[sku] else frame[name].iloc[place] if name in frame else None
            for place, sku in enumerate(skus)
        ]
    return frame


def full(menu: ReorderMenu, sku: str) -> pd.Series:
    rows = menu.table[(menu.table["sku"] == sku) & (menu.table["size"] == "full")]
    return rows.iloc[0]


def ordered(
    catalogue: pd.DataFrame,
    means: dict[str, float],
    level: float | None = 0.95,
    horizon: int = 28,
    **more,
) -> ReorderMenu:
    return reorder_menu(
        catalogue, forecast(means), horizon_days=horizon, service_level=level, today=TODAY,
        source=SOURCE, **more,
    )  # fmt: skip


def test_an_order_is_due_when_stock_and_inbound_do_not_reach_the_reorder_point():
    catalogue = goods(on_hand={"LOW": 5, "HIGH": 500, "COMING": 5}, inbound={"COMING": 500})

    found = ordered(catalogue, {"LOW": 2.0, "HIGH": 2.0, "COMING": 2.0})

    assert set(found.table["sku"]) == {"LOW"}
    row = full(found, "LOW")
    assert row["reorder_point"] > 2.0 * 17
    assert row["quantity"] == row["order_up_to"] - 5


def test_quantities_keep_to_least_order_and_case_pack():
    catalogue = goods(on_hand={"A": 5, "B": 5}, min_order={"A": 500}, case_pack={"A": 12, "B": 12})

    found = ordered(catalogue, {"A": 2.0, "B": 2.0})

    assert full(found, "A")["quantity"] == 504
    assert (found.table["quantity"] % 12 == 0).all()
    assert (found.table["cost_minor"] == found.table["quantity"] * 600).all()


def test_a_higher_service_level_orders_earlier_and_more():
    catalogue = goods(on_hand={"A": 5})

    low, high = (full(ordered(catalogue, {"A": 2.0}, level), "A") for level in (0.8, 0.99))

    assert high["reorder_point"] > low["reorder_point"]
    assert high["quantity"] > low["quantity"]


def test_an_order_saves_days_without_stock_and_earns_what_is_then_sold():
    row = full(ordered(goods(on_hand={"A": 5}), {"A": 2.0}), "A")

    assert row["stockout_days_p10"] <= row["stockout_days_p50"] < 0
    assert 0 < row["units_p10"] < row["units_p50"] < row["units_p90"] <= row["quantity"]
    assert row["gross_profit_minor_p50"] == pytest.approx(400 * row["units_p50"], rel=1e-4)
    assert row["value"] > 0


def test_goods_that_arrive_after_the_horizon_are_still_worth_their_own_days():
    found = ordered(goods(on_hand={"A": 5}, lead_time_days={"A": 60}), {"A": 2.0}, horizon=14)

    assert full(found, "A")["window_days"] == 88
    assert full(found, "A")["gross_profit_minor_p50"] > 0
    assert any("88 days" in line for line in found.evidence("A").assumptions)


def test_what_cannot_be_judged_is_counted_with_its_reason():
    catalogue = goods(on_hand={"A": 5, "B": None, "C": 5}, cost_minor={"A": 600.0, "B": 600.0,
                                                                     "C": np.nan})  # fmt: skip

    found = ordered(catalogue, {"A": 2.0, "B": 2.0, "C": 2.0})

    assert found.unknown == {"stock unknown": ("B",), "cost unknown": ("C",)}
    assert set(found.table["sku"]) == {"A"}


def test_an_unknown_lead_time_is_assumed_and_said():
    catalogue = goods(on_hand={"A": 5}).assign(lead_time_days=None)

    evidence = ordered(catalogue, {"A": 2.0}).evidence("A")

    assert any("lead time 14 days assumed" in line for line in evidence.assumptions)


def test_an_assumed_cost_marks_the_order():
    catalogue = goods(on_hand={"A": 5}).assign(cost_assumed=True)

    assert any("assumed" in line and "margin" in line
               for line in ordered(catalogue, {"A": 2.0}).evidence("A").assumptions)  # fmt: skip


def test_no_demand_no_order():
    assert ordered(goods(on_hand={"A": 0}), {"A": 0.0}).table.empty


def test_a_skus_figures_are_the_same_alone_and_among_others():
    many = goods(on_hand={"A": 5, "B": 3, "C": 9})
    means = {"A": 2.0, "B": 1.0, "C": 3.0}

    together = ordered(many, means)
    alone = ordered(many[many["sku"] == "B"], {"B": 1.0})

    assert together.evidence("B") == alone.evidence("B")


@pytest.mark.parametrize("level", [0.2, 1.0, 1.5])
def test_an_impossible_service_level_is_refused(level):
    with pytest.raises(UsageError, match="service level"):
        ordered(goods(on_hand={"A": 5}), {"A": 2.0}, level)


def test_the_reorder_point_holds_its_promise_in_simulated_demand():
    found = full(ordered(goods(on_hand={"A": 5}), {"A": 3.0}, level=0.9, review_days=7), "A")
    rng = np.random.default_rng(1)
    level = np.exp(0.2 * rng.standard_normal(20_000) - 0.02)
    lead = 10 * np.exp(0.25 * rng.standard_normal(20_000) - 0.25**2 / 2)
    mean = 3.0 * (lead + 7) * level
    asked = rng.negative_binomial(mean / 0.5, 1 / 1.5)

    assert (asked <= found["reorder_point"]).mean() == pytest.approx(0.9, abs=0.02)


def test_what_pays_sets_the_service_level_where_the_goal_names_none():
    catalogue = goods(on_hand={"RICH": 5, "POOR": 5}, cost_minor={"RICH": 300.0, "POOR": 980.0})

    found = ordered(catalogue, {"RICH": 2.0, "POOR": 2.0}, level=None)

    assert full(found, "RICH")["service_level"] > 0.97
    assert full(found, "POOR")["service_level"] < 0.7
    assert full(found, "RICH")["order_up_to"] > full(found, "POOR")["order_up_to"]


def test_a_lean_order_is_offered_for_when_cash_is_short():
    found = ordered(goods(on_hand={"A": 5}), {"A": 2.0}, review_days=7).table.set_index("size")

    assert found.at["lean", "quantity"] < found.at["full", "quantity"]
    assert found.at["lean", "value"] < found.at["full", "value"]
    per_cash = found["value"] / found["cost_minor"]
    assert per_cash["lean"] > per_cash["full"]


def test_planning_less_often_orders_earlier():
    weekly, monthly = (
        full(ordered(goods(on_hand={"A": 5}), {"A": 2.0}, review_days=days), "A")
        for days in (7, 30)
    )

    assert monthly["reorder_point"] > weekly["reorder_point"]


def test_goods_that_spoil_are_ordered_for_no_longer_than_they_keep():
    keeps, spoils = (
        full(ordered(goods(on_hand={"A": 0}).assign(shelf_life_days=days), {"A": 5.0}), "A")
        for days in (np.nan, 5)
    )

    assert spoils["quantity"] < 0.6 * keeps["quantity"]
    assert keeps["spoiled_minor"] == 0
    assert spoils["spoiled_minor"] > 0


def past_orders(days: list[int], sku="A") -> pd.DataFrame:
    sent = pd.date_range("2025-06-01", periods=len(days), freq="20D")
    return pd.DataFrame(
        {"id": [f"PO{i}" for i in range(len(days))], "sku": sku, "quantity": 10,
         "ordered_on": sent, "received_on": sent + pd.to_timedelta(days, unit="D")}
    )  # fmt: skip


def learnt(orders: pd.DataFrame, **columns) -> pd.Series:
    catalogue = goods(on_hand={"A": 5}).assign(supplier_id="S1", **columns)
    return lead_times(catalogue, orders, today=TODAY).table.loc["A"]


def test_a_supplier_that_is_late_is_expected_to_be_late():
    on_time, late = (learnt(past_orders([days] * 10)) for days in (10, 20))

    assert on_time["lead_time_days"] == pytest.approx(10, rel=0.1)
    assert 15 < late["lead_time_days"] < 20
    assert late["basis"] == "supplier"


def test_erratic_deliveries_widen_the_lead_time_and_raise_the_reorder_point():
    steady, erratic = (past_orders(days) for days in ([10] * 12, [5, 18] * 6))
    catalogue = goods(on_hand={"A": 5}).assign(supplier_id="S1")

    points = [
        full(ordered(catalogue, {"A": 2.0},
                     orders=lead_times(catalogue, each, today=TODAY)), "A")["reorder_point"]
        for each in (steady, erratic)
    ]  # fmt: skip

    assert learnt(erratic)["lead_time_sd"] > 2 * learnt(steady)["lead_time_sd"]
    assert points[1] > points[0]


def test_an_order_that_is_overdue_counts_as_late_and_is_expected_any_day():
    open_order = past_orders([0]).assign(
        ordered_on=pd.Timestamp("2026-01-10"), received_on=pd.NaT, quantity=40
    )

    found = learnt(open_order)

    assert found["lead_time_days"] > 11
    assert found["inbound_days"] == 1


def test_deliveries_after_today_are_not_known():
    orders = past_orders([10] * 8)
    ahead = orders.assign(
        ordered_on=orders["ordered_on"] + pd.Timedelta(days=400),
        received_on=orders["received_on"] + pd.Timedelta(days=430),
    )

    assert learnt(pd.concat([orders, ahead]))["lead_time_days"] == learnt(orders)["lead_time_days"]


@pytest.mark.parametrize(
    "orders",
    [
        None,
        past_orders([]),
        past_orders([-3, 4000, 0]),
        past_orders([10], sku="UNKNOWN"),
    ],
)
def test_odd_purchase_orders_leave_the_stated_days_about_as_they_are(orders):
    found = learnt(orders)

    assert np.isfinite(found[["lead_time_days", "lead_time_sd"]].to_numpy(dtype=float)).all()
    assert 4 < found["lead_time_days"] < 25


def test_orders_survive_bad_figures():
    odd = {name: 3.0 for name in "ABCDE"}
    catalogue = goods(
        on_hand={"A": -7, "B": 0, "C": 5, "D": 5, "E": 5},
        cost_minor={"A": 600.0, "B": 5000.0, "C": 0.0, "D": 600.0, "E": 600.0},
        min_order={"A": 0}, case_pack={"A": -2}, inbound={"A": -5},
    ).assign(price_minor=[1000, 1000, 1000, 0, 1])  # fmt: skip

    found = ordered(catalogue, odd, level=None).table

    endless = ["shelf_life_days", "season_days"]
    assert np.isfinite(found.select_dtypes("number").drop(columns=endless)).all(axis=None)
    assert (found["quantity"] > 0).all()
    assert (found.loc[found["sku"].isin(["B", "D", "E"]), "value"] <= 0).all()


def test_the_rhythm_of_planning_is_read_off_past_plans():
    def days_ago(*days: int) -> list[datetime]:
        return [NOW - timedelta(days=each) for each in days]

    assert usual_gap(days_ago(28), NOW, horizon_days=7) == 28
    assert usual_gap(days_ago(14, 28, 42), NOW, horizon_days=7) == 14
    assert usual_gap(days_ago(1, 2, 3, 200, 201), NOW, horizon_days=7) == 1


def test_the_first_plan_expects_the_next_when_its_horizon_ends():
    assert usual_gap([], NOW, horizon_days=21) == 21
    assert usual_gap([NOW, NOW], NOW, horizon_days=365) == 35


def test_orders_follow_the_time_of_year_beyond_the_horizon():
    flat = forecast({"A": 2.0, "B": 2.0})
    days = pd.date_range(TODAY, periods=28)
    later = pd.date_range(days[-1] + timedelta(days=1), periods=120)
    busy = replace(
        flat,
        daily=pd.DataFrame(2.0, index=flat.table.index, columns=days),
        onward=pd.DataFrame({day: {"A": 6.0, "B": 0.5} for day in later}),
    )
    catalogue = goods(on_hand={"A": 5, "B": 5}, lead_time_days={"A": 28, "B": 28})

    found = reorder_menu(catalogue, busy, horizon_days=28, service_level=0.9, today=TODAY,
                         source=SOURCE)  # fmt: skip

    assert full(found, "A")["quantity"] > 3 * full(found, "B")["quantity"]


def test_goods_of_a_season_are_ordered_for_what_is_left_of_it():
    catalogue = goods(on_hand={"A": 5, "B": 5, "C": 5})
    catalogue = catalogue.assign(season_days=[np.nan, 20.0, 9.0])

    found = ordered(catalogue, {"A": 3.0, "B": 3.0, "C": 3.0}, level=None)

    assert set(found.table["sku"]) == {"A", "B"}
    assert full(found, "B")["order_up_to"] < 0.7 * full(found, "A")["order_up_to"]
    assert full(found, "B")["service_level"] < full(found, "A")["service_level"]
    assert full(found, "B")["spoiled_minor"] > 0
    assert any("season" in line for line in found.evidence("B").assumptions)
