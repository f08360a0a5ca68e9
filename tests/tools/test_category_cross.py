"""A SKU's dearer price sends customers to the rest of its category, and that counts."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.evidence import DataRef
from tools.category_cross import rest_of_category
from tools.cross_price import CrossPrices

SOURCE = DataRef(source="panel", as_of=datetime(2026, 1, 1, tzinfo=UTC))


def crossed(value: float) -> CrossPrices:
    table = pd.DataFrame(
        {"cross": [value], "cross_error": [0.1], "rival": [0.3], "rival_error": [0.3]},
        index=pd.Index(["Mugs"], name="category"),
    )
    return CrossPrices(table, SOURCE)


def mugs(**columns) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"mean_per_day": [1.0, 2.0, 3.0], "current_minor": 1000.0, "cost_minor": 600.0},
        index=pd.Index(["A", "B", "C"], name="sku"),
    )
    return frame.assign(**columns)


def gained(frame: pd.DataFrame, cross=0.3) -> pd.DataFrame:
    return rest_of_category(
        frame, pd.Series("Mugs", index=frame.index), crossed(cross), horizon_days=10
    )


def test_what_all_gain_when_all_prices_rise_is_the_cross_elasticity():
    frame = mugs()

    found = gained(frame)

    assert found["cross_units"].sum() == pytest.approx(0.3 * 10 * 6.0)
    assert found["cross_gross_profit_minor"].sum() == pytest.approx(0.3 * 10 * 6.0 * 400)


def test_a_best_seller_sends_more_customers_than_a_slow_one():
    found = gained(mugs())

    assert found.at["C", "cross_units"] > found.at["A", "cross_units"] > 0


def test_a_category_of_one_and_one_that_sells_nothing_gain_nothing():
    assert (gained(mugs().iloc[:1]) == 0).all(axis=None)
    assert (gained(mugs(mean_per_day=0.0)) == 0).all(axis=None)


def test_an_unknown_cost_or_demand_leaves_no_gap():
    frame = mugs(cost_minor=[600.0, np.nan, 600.0], mean_per_day=[1.0, np.nan, 3.0])

    assert np.isfinite(gained(frame)).all(axis=None)
