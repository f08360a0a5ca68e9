"""Lift and support of baskets are what counting by hand gives."""

from collections import Counter
from itertools import permutations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_graph.baskets import LARGEST_BASKET, MIN_LIFT, MIN_SUPPORT, PER_SKU, bought_together


def counted_by_hand(lines: pd.DataFrame) -> dict[tuple[str, str], tuple[float, int]]:
    orders = [set(order) for _, order in lines.groupby("order_id")["sku"]]
    orders = [order for order in orders if 1 < len(order) <= LARGEST_BASKET]
    alone = Counter(sku for order in orders for sku in order)
    both = Counter(pair for order in orders for pair in permutations(order, 2))
    lifts = {
        (one, other): (count * len(orders) / (alone[one] * alone[other]), count)
        for (one, other), count in both.items()
        if count >= MIN_SUPPORT
    }
    return {pair: found for pair, found in lifts.items() if found[0] >= MIN_LIFT}


def test_lift_and_support(shop, kg):
    (tea,) = kg.related("M1", "bought_together")
    # 26 orders hold two SKUs; M1 and T1 are in 8, always together: lift 26 × 8 / (8 × 8).
    assert (tea.sku, tea.title, tea.support) == ("T1", "茉莉花红茶", 8)
    assert tea.weight == pytest.approx(26 / 8)
    assert kg.related("M4", "bought_together") == ()
    assert kg.related("no such SKU", "bought_together") == ()


def test_a_rare_pair_does_not_come_before_a_frequent_one(orders_of):
    lines = orders_of(*["A B"] * 60, *["A C"] * 5, *["D E"] * 60, *["B D"] * 3)
    found = bought_together(lines)
    assert found[found["source"] == "sku:A"]["target"].tolist()[0] == "sku:B"


def test_a_stock_up_tells_nothing_of_what_belongs_together(orders_of):
    many = " ".join(f"S{number}" for number in range(LARGEST_BASKET + 1))
    assert bought_together(orders_of(*[many] * 9, "A B")).empty


def test_no_orders_at_all(orders_of):
    found = bought_together(orders_of())
    assert found.empty
    assert list(found.columns) == ["source", "relation", "target", "weight", "support"]


@given(st.lists(st.lists(st.sampled_from("ABCDEF"), max_size=5), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_pair_is_as_counted_by_hand(orders):
    rows = [(f"O{number}", sku) for number, order in enumerate(orders) for sku in order]
    lines = pd.DataFrame(rows, columns=["order_id", "sku"])
    found = bought_together(lines)
    pairs = {
        (row.source.removeprefix("sku:"), row.target.removeprefix("sku:")):
        (pytest.approx(row.weight, abs=1e-3), row.support)
        for row in found.itertuples()
    }  # fmt: skip
    assert PER_SKU >= 6
    assert pairs == counted_by_hand(lines)
