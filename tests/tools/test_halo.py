"""What a product sells along: found where it is, believed as far as orders go, nothing invented."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.evidence import DataRef
from tools.halo import LOST_SHARE, measure_halo

TODAY = date(2026, 7, 1)
SOURCE = DataRef(source="order_lines", as_of=datetime(2026, 7, 1, tzinfo=UTC))


def catalogue(*skus: str, **columns) -> pd.DataFrame:
    made = {"sku": list(skus), "price_minor": 1000.0, "cost_minor": 400.0}
    return pd.DataFrame({**made, **columns})


def lines(*orders: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        [(number, sku, 1) for number, order in enumerate(orders) for sku in order],
        columns=["order_id", "sku", "quantity"],
    )


def together(*pairs: tuple[str, str, float, int]) -> pd.DataFrame:
    return pd.DataFrame(list(pairs), columns=["sku", "other", "lift", "support"])


def measured(sold: pd.DataFrame, pairs: pd.DataFrame, goods: pd.DataFrame, **more):
    return measure_halo(sold, goods, pairs, today=TODAY, source=SOURCE, **more)


def test_half_of_the_orders_of_a_printer_hold_ink_beyond_chance():
    sold = lines(*[("PRINTER", "INK")] * 500, *[("PRINTER", "PEN")] * 500)
    pairs = together(("PRINTER", "INK", 10.0, 500))

    found = measured(sold, pairs, catalogue("PRINTER", "INK", "PEN"))

    # Chance gives 50 of the 500; the rest is 0.45 an order with the printer, each earning 600.
    along = 0.45 * 600 * LOST_SHARE
    assert found.table.at["PRINTER", "halo_minor"] == pytest.approx(along, rel=0.2)
    assert found.table.at["PEN", "halo_minor"] == 0
    assert any("assumed" in line for line in found.evidence("PRINTER").assumptions)


def test_a_pair_seen_five_times_is_believed_a_tenth():
    sold = lines(*[("A", "B")] * 5)

    found = measured(sold, together(("A", "B", 50.0, 5)), catalogue("A", "B"))

    assert found.pairs["lift"].iloc[0] < 6
    assert found.table.at["A", "halo_minor"] < 0.2 * 600 * LOST_SHARE


def test_a_new_product_leans_on_what_it_replaces():
    sold = lines(*[("OLD", "INK")] * 400, *[("INK", "PEN")] * 100)
    pairs = together(("OLD", "INK", 8.0, 400))
    alike = pd.DataFrame({"sku": ["NEW"], "other": ["OLD"], "weight": [0.9]})

    goods = catalogue("OLD", "NEW", "INK", "PEN")
    found = measured(sold, pairs, goods, substitutes=alike)

    assert found.table.at["NEW", "halo_minor"] == pytest.approx(
        found.table.at["OLD", "halo_minor"], rel=0.1
    )


@pytest.mark.parametrize(
    ("sold", "pairs"),
    [
        pytest.param(lines(), together(), id="no orders"),
        pytest.param(lines(("A",)), together(), id="one line"),
        pytest.param(lines(("A", "B")), together(("A", "B", 0.0, 0)), id="no lift"),
        pytest.param(lines(("A", "B")), together(("A", "GONE", 9.0, 40)), id="unknown other"),
        pytest.param(lines(("A", "B")), together(("A", "B", np.nan, 5)), id="lift unknown"),
        pytest.param(
            lines(("A", "B")).assign(quantity=-3), together(("A", "B", 3.0, 6)), id="returns only"
        ),
    ],
)
def test_poor_data_give_no_halo_and_no_nan(sold, pairs):
    goods = catalogue("A", "B", price_minor=[1000.0, np.nan])

    table = measured(sold, pairs, goods).table

    assert table["halo_minor"].to_numpy() == pytest.approx(0, abs=1e-9)


def test_the_same_figures_whatever_the_order_of_the_rows():
    sold = lines(*[("A", "B")] * 30, *[("A", "C", "B")] * 20, *[("C", "D")] * 50)
    pairs = together(("A", "B", 1.7, 50), ("B", "A", 1.7, 50), ("C", "D", 2.0, 50))
    goods = catalogue("A", "B", "C", "D")

    one = measured(sold, pairs, goods)
    other = measured(sold.sample(frac=1, random_state=1), pairs.iloc[::-1], goods.iloc[::-1].copy())

    assert one.evidence("A") == other.evidence("A")
