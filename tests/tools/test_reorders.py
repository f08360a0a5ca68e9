"""Orders from suppliers: due ones only, in whole packs, with what they save from running out."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.errors import UsageError
from ecomagent.domain.evidence import DataRef
from tools.forecast import DemandForecast
from tools.inventory import ReorderMenu, reorder_menu

TODAY = date(2026, 3, 1)
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


def ordered(catalogue: pd.DataFrame, means: dict[str, float], level: float = 0.95, horizon=28
            ) -> ReorderMenu:  # fmt: skip
    return reorder_menu(
        catalogue, forecast(means), horizon_days=horizon, service_level=level, today=TODAY,
        source=SOURCE,
    )  # fmt: skip


def test_an_order_is_due_when_stock_and_inbound_do_not_reach_the_reorder_point():
    catalogue = goods(on_hand={"LOW": 5, "HIGH": 500, "COMING": 5}, inbound={"COMING": 500})

    found = ordered(catalogue, {"LOW": 2.0, "HIGH": 2.0, "COMING": 2.0})

    assert list(found.table.index) == ["LOW"]
    row = found.table.loc["LOW"]
    assert row["reorder_point"] > 2.0 * 17
    assert row["quantity"] == row["order_up_to"] - 5


def test_quantities_keep_to_least_order_and_case_pack():
    catalogue = goods(on_hand={"A": 5, "B": 5}, min_order={"A": 500}, case_pack={"A": 12, "B": 12})

    found = ordered(catalogue, {"A": 2.0, "B": 2.0}).table

    assert found.at["A", "quantity"] == 504
    assert found.at["B", "quantity"] % 12 == 0
    assert (found["cost_minor"] == found["quantity"] * 600).all()


def test_a_higher_service_level_orders_earlier_and_more():
    catalogue = goods(on_hand={"A": 5})

    low, high = (ordered(catalogue, {"A": 2.0}, level).table.loc["A"] for level in (0.8, 0.99))

    assert high["reorder_point"] > low["reorder_point"]
    assert high["quantity"] > low["quantity"]


def test_an_order_saves_days_without_stock_and_earns_what_is_then_sold():
    row = ordered(goods(on_hand={"A": 5}), {"A": 2.0}).table.loc["A"]

    assert row["stockout_days_p10"] <= row["stockout_days_p50"] < 0
    assert 0 < row["units_p10"] < row["units_p50"] < row["units_p90"] <= row["quantity"]
    assert row["gross_profit_minor_p50"] == pytest.approx(400 * row["units_p50"], rel=1e-4)
    assert row["value"] > 0


def test_goods_that_arrive_after_the_horizon_are_still_worth_their_own_days():
    found = ordered(goods(on_hand={"A": 5}, lead_time_days={"A": 60}), {"A": 2.0}, horizon=14)

    assert found.table.at["A", "window_days"] == 95
    assert found.table.at["A", "gross_profit_minor_p50"] > 0
    assert any("95 days" in line for line in found.evidence("A").assumptions)


def test_what_cannot_be_judged_is_counted_with_its_reason():
    catalogue = goods(on_hand={"A": 5, "B": None, "C": 5}, cost_minor={"A": 600.0, "B": 600.0,
                                                                     "C": np.nan})  # fmt: skip

    found = ordered(catalogue, {"A": 2.0, "B": 2.0, "C": 2.0})

    assert found.unknown == {"stock unknown": ("B",), "cost unknown": ("C",)}
    assert list(found.table.index) == ["A"]


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
    found = ordered(goods(on_hand={"A": 5}), {"A": 3.0}, level=0.9).table.loc["A"]
    rng = np.random.default_rng(1)
    level = np.exp(0.2 * rng.standard_normal(20_000) - 0.02)
    mean = 3.0 * 17 * level
    asked = rng.negative_binomial(mean / 0.5, 1 / 1.5)

    assert (asked <= found["reorder_point"]).mean() == pytest.approx(0.9, abs=0.02)
