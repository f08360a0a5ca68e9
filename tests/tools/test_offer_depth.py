"""An offer is as deep as elasticity, margin and stock make it pay, and no deeper than allowed."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.evidence import DataRef
from tools.promotion_depth import offer_depth

SOURCE = DataRef(source="catalogue", as_of=datetime(2026, 3, 1, tzinfo=UTC))


def products(**changes) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "sku": ["A", "B"], "price_minor": [2000.0, 1000.0], "cost_minor": [600.0, 300.0],
            "elasticity": [-4.0, -4.0], "std_error": [0.2, 0.2], "units_per_day": [3.0, 2.0],
            "on_hand": [np.nan, np.nan],
        }
    )  # fmt: skip
    return frame.assign(**changes)


def found(frame=None, **more):
    given = {"share_of_demand": 0.3, "extra_units": 10.0, "days": 14, "max_depth": 0.4,
             "min_margin": 0.15, "source": SOURCE}  # fmt: skip
    return offer_depth(products() if frame is None else frame, **(given | more))


def test_buyers_who_heed_prices_get_an_offer_and_others_none():
    assert found().depth > 0.1
    assert found(products(elasticity=-0.8)).depth == 0


def test_it_is_near_the_depth_that_theory_gives():
    """Constant elasticity: the best price is cost * e / (e - 1)."""
    best = 1 - 600 * 4 / 3 / 2000

    assert found(products(std_error=0.01), max_depth=0.9, min_margin=0).depth == pytest.approx(
        best, abs=0.05
    )


def test_policy_bounds_depth_and_margin():
    assert found(max_depth=0.1).depth <= 0.1
    assert found(min_margin=0.69).depth == 0
    assert found(max_depth=0).depth == 0


def test_what_is_nearly_sold_out_needs_no_offer():
    assert found(products(on_hand=5.0)).depth == 0


def test_doubt_makes_careful():
    assert found(products(std_error=2.5, elasticity=-2.2)).depth <= found(
        products(std_error=0.1, elasticity=-2.2)
    ).depth  # fmt: skip


@pytest.mark.parametrize(
    "frame",
    [
        products().iloc[:0],
        products(cost_minor=np.nan),
        products(price_minor=0.0),
        products(cost_minor=5000.0),
        products(elasticity=np.nan),
        products(units_per_day=0.0),
        products(std_error=np.nan),
        products(on_hand=-3.0),
    ],
)
def test_odd_products_give_an_answer_without_gaps(frame):
    answer = found(frame)

    assert 0 <= answer.depth <= 0.4
    result = answer.evidence().result
    assert all(np.isfinite(value) for value in result.values())


def test_unknown_costs_are_never_discounted():
    assert found(products(cost_minor=np.nan)).depth == 0


def test_the_order_of_products_does_not_matter():
    assert found(products().iloc[::-1]).evidence() == found().evidence()
