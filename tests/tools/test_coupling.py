"""What candidates do to each other, and what the joint choice makes of it."""

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.action import ActionKind
from ecomagent.domain.goal import Objective
from tools.choose import choose
from tools.coupling import Coupled, coupled

NO_LIMITS = {
    "spend_limit_minor": None, "cash_limit_minor": None, "shared_limit_minor": None,
    "max_actions": None,
}  # fmt: skip


def skus(count=4, **changed) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "mean_per_day": 3.0, "variance_per_day": 4.0, "log_error_sd": 0.2,
            "price_minor": 1000.0, "cost_minor": 600.0, "on_hand": 500.0, "inbound": 0.0,
            "category": "", "elasticity": -3.0,
        },
        index=pd.Index([f"S{number}" for number in range(count)], name="sku"),
    )  # fmt: skip
    return frame.assign(**changed)


def price(sku: str, price_minor: float, value: float, *, units: float = 20.0) -> dict:
    return {
        "id": f"price-{sku}-{price_minor:.0f}", "kind": ActionKind.SET_PRICE.value, "target": sku,
        "group": f"price:{sku}", "value": value, "price_minor": price_minor,
        "current_minor": 1000.0, "units_p50": units, "cash_minor": 0,
    }  # fmt: skip


def order(sku: str, quantity: int, value: float, *, days: float = 5.0) -> dict:
    return {
        "id": f"order-{sku}-{quantity}", "kind": ActionKind.REORDER.value, "target": sku,
        "group": f"reorder:{sku}", "value": value, "quantity": quantity, "arrives_in_days": days,
        "units_p50": float(quantity), "cash_minor": quantity * 600,
    }  # fmt: skip


def campaign(value: float) -> dict:
    return {
        "id": "campaign", "kind": ActionKind.SEND_CAMPAIGN.value, "target": "loyal",
        "group": "campaign:loyal", "value": value, "cash_minor": 0, "units_p50": 50.0,
    }  # fmt: skip


def columns(*rows: dict, known: pd.DataFrame | None = None, goal=Objective.GROSS_PROFIT) -> Coupled:
    frame = pd.DataFrame(list(rows)).assign(spend_minor=0, category="")
    return coupled(
        frame, skus() if known is None else known, objective=goal, horizon_days=28,
        promotion_days=14,
    )  # fmt: skip


def values(found: Coupled) -> dict[str, float]:
    return dict(zip(found.table["id"], found.table["value"], strict=True))


def test_alone_in_its_category_a_price_keeps_its_value():
    assert values(columns(price("S0", 950, 100.0))) == {"price-S0-950": 100.0}


def test_a_price_comes_with_what_it_does_to_others_in_its_value():
    found = values(columns(price("S0", 950, 100.0), known=skus(category="Mugs")))
    assert found == {"price-S0-950": 100.0}


def test_what_an_order_saves_would_in_part_have_gone_to_others():
    alone = values(columns(order("S0", 60, 900.0), known=skus()))
    beside = values(columns(order("S0", 60, 900.0), known=skus(category="Mugs")))
    assert beside["order-S0-60"] < alone["order-S0-60"]


def test_a_campaign_stays_as_it_is():
    assert values(columns(campaign(70.0), known=skus(category="Mugs"))) == {"campaign": 70.0}


def test_a_higher_price_makes_an_order_worth_less():
    known = skus(on_hand=20.0)
    found = values(columns(price("S0", 1200, 500.0, units=-30), order("S0", 60, 900.0),
                           known=known))  # fmt: skip
    assert found["price-S0-1200+order-S0-60"] < 500 + 900


def test_a_lower_price_that_would_sell_out_is_open_only_with_an_order_that_covers_it():
    known = skus(on_hand=80.0)
    rows = (price("S0", 800, 500.0), order("S0", 20, 100.0), order("S0", 300, 90.0))
    found = columns(*rows, known=known)
    assert set(found.members) == {"order-S0-20", "order-S0-300", "price-S0-800+order-S0-300"}
    assert found.uncovered == ()


def test_a_lower_price_that_nothing_covers_is_left_out_and_named():
    found = columns(price("S0", 800, 500.0), known=skus(on_hand=80.0))
    assert found.table.empty
    assert found.uncovered == ("price-S0-800",)


def test_a_lower_price_whose_stock_is_filled_again_in_time_is_open():
    known = skus(on_hand=80.0).assign(restock_days=5.0)
    assert set(columns(price("S0", 800, 500.0), known=known).members) == {"price-S0-800"}


def test_what_is_to_be_cleared_may_sell_out():
    found = columns(price("S0", 800, 500.0), known=skus(on_hand=80.0), goal=Objective.CLEAR_STOCK)
    assert set(found.members) == {"price-S0-800"}


def test_unknown_stock_is_taken_to_last():
    found = columns(price("S0", 800, 500.0), known=skus(on_hand=np.nan))
    assert set(found.members) == {"price-S0-800"}


def test_a_price_and_an_order_count_as_two_actions_and_come_apart_again():
    known = skus(on_hand=20.0)
    found = columns(price("S0", 1050, 500.0, units=-5), order("S0", 60, 900.0), known=known)
    one = choose(found.table, **{**NO_LIMITS, "max_actions": 1})
    two = choose(found.table, **{**NO_LIMITS, "max_actions": 2})
    assert found.candidates(one.ids) == ("order-S0-60",)
    assert set(found.candidates(two.ids)) == {"price-S0-1050", "order-S0-60"}


def test_what_excludes_a_candidate_excludes_every_column_that_takes_it():
    known = skus(on_hand=20.0)
    found = columns(price("S0", 1050, 500.0, units=-5), order("S0", 60, 900.0), campaign(1.0),
                    known=known)  # fmt: skip
    pairs = found.conflicts([("campaign", "order-S0-60")])
    assert pairs == [("campaign", "order-S0-60"), ("campaign", "price-S0-1050+order-S0-60")]


def test_candidates_nothing_is_known_of_stay_as_they_are():
    found = columns(price("unknown", 950, 100.0), order("unknown", 5, 10.0))
    assert values(found) == {"price-unknown-950": 100.0, "order-unknown-5": 10.0}


@pytest.mark.parametrize(
    "changed",
    [{"mean_per_day": 0.0}, {"cost_minor": np.nan}, {"elasticity": np.nan}, {"on_hand": -5.0},
     {"price_minor": 0.0}, {"category": None}],
)  # fmt: skip
def test_bad_figures_leave_numbers(changed):
    found = columns(price("S0", 950, 100.0), order("S0", 60, 90.0), known=skus(**changed))
    assert np.isfinite(found.table["value"]).all()
