"""Bundles are offered where they earn more than they give away, at a price the policy allows."""

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.evidence import DataRef
from tools.bundles import bundle_menu
from tools.halo import measure_halo
from tools.price_ladder import PriceLimits

TODAY = date(2026, 7, 1)
SOURCE = DataRef(source="order_lines", as_of=datetime(2026, 7, 1, tzinfo=UTC))
LIMITS = PriceLimits("GBP", Decimal("0.2"), Decimal("0.2"), endings=("99",))


def goods(**columns) -> pd.DataFrame:
    made = {
        "sku": ["CAM", "CASE", "CARD"], "title": ["Camera", "Case", "Card"],
        "category": "Photo", "status": "active", "price_minor": [10_000.0, 3_000.0, 2_000.0],
        "cost_minor": [4_000.0, 900.0, 600.0], "on_hand": 100.0,
    }  # fmt: skip
    return pd.DataFrame({**made, **columns})


def halo(catalogue: pd.DataFrame, orders: int = 400, lift: float = 6.0):
    sold = pd.DataFrame(
        [(n, sku, 1) for n in range(orders) for sku in ("CAM", "CASE")],
        columns=["order_id", "sku", "quantity"],
    )
    pairs = pd.DataFrame(
        [("CAM", "CASE", lift, orders), ("CASE", "CAM", lift, orders)],
        columns=["sku", "other", "lift", "support"],
    )
    return measure_halo(sold, catalogue, pairs, today=TODAY, source=SOURCE)


def menu(catalogue: pd.DataFrame, known=None, **changes):
    given = {"horizon_days": 28, "limits": LIMITS}
    return bundle_menu(known or halo(catalogue), catalogue, **(given | changes)).table


def elasticities(value: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"elasticity": value, "std_error": 0.2}, index=pd.Index(["CAM", "CASE"], name="sku")
    )


def test_a_pair_that_answers_prices_is_bundled_below_its_parts_and_above_the_margin():
    table = menu(goods(), elasticities=elasticities(-4.0))

    (row,) = table.to_dict("records")
    assert {row["sku"], row["other"]} == {"CAM", "CASE"}
    assert 4_900 / 0.8 <= row["price_minor"] < 13_000
    assert row["price_minor"] % 100 == 99
    assert row["gross_profit_minor_p10"] < row["gross_profit_minor_p50"]
    assert row["value_minor"] > 0


def test_where_nobody_answers_prices_a_bundle_only_gives_money_away():
    assert menu(goods(), elasticities=elasticities(-0.3)).empty


def test_pairs_by_chance_or_seen_seldom_are_no_pairs():
    catalogue = goods()

    assert menu(catalogue, halo(catalogue, lift=1.1), elasticities=elasticities(-4.0)).empty
    assert menu(catalogue, halo(catalogue, orders=8), elasticities=elasticities(-4.0)).empty


def test_each_product_is_in_one_bundle_at_most():
    rng = np.random.default_rng(1)
    skus = [f"S{n}" for n in range(12)]
    catalogue = pd.DataFrame(
        {
            "sku": skus, "title": skus, "category": "C", "status": "active",
            "price_minor": 5_000.0, "cost_minor": 1_000.0, "on_hand": 50.0,
        }
    )  # fmt: skip
    pairs = pd.DataFrame(
        [(a, b, 5.0, int(rng.integers(50, 300))) for a in skus for b in skus if a != b],
        columns=["sku", "other", "lift", "support"],
    )
    lines = pd.DataFrame({"order_id": [1, 1], "sku": ["S0", "S1"], "quantity": [1, 1]})
    known = measure_halo(lines, catalogue, pairs, today=TODAY, source=SOURCE)

    table = menu(catalogue, known)

    used = [*table["sku"], *table["other"]]
    assert len(table) > 1
    assert len(used) == len(set(used))


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"cost_minor": np.nan}, id="no cost"),
        pytest.param({"price_minor": 0.0}, id="price of nothing"),
        pytest.param({"cost_minor": 20_000.0}, id="cost above price"),
        pytest.param({"on_hand": 0.0}, id="no stock"),
        pytest.param({"status": "archived"}, id="off sale"),
        pytest.param({"price_minor": np.nan}, id="no price"),
    ],
)
def test_poor_data_give_no_bundle(columns):
    assert menu(goods(**columns), elasticities=elasticities(-4.0)).empty


def test_no_orders_no_bundles():
    catalogue = goods()
    none = pd.DataFrame({"order_id": [], "sku": [], "quantity": []})
    pairs = pd.DataFrame({"sku": [], "other": [], "lift": [], "support": []})

    known = measure_halo(none, catalogue, pairs, today=TODAY, source=SOURCE)

    assert menu(catalogue, known).empty
