from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.goal import Objective
from tools.elasticity import Elasticities
from tools.forecast import DemandForecast
from tools.price_factors import FACTORS, price_factors
from tools.pricing import PriceLimits, price_menu

LIMITS = PriceLimits("GBP", Decimal("0.3"), Decimal("0.1"), ("9", "5", "0"))
MUG = {"sku": "MUG", "list_price_minor": 1000, "cost_minor": 500.0, "map_price_minor": np.nan,
       "on_hand": 400, "inbound": 0}  # fmt: skip


def _params(source, *, market=None, elasticity=-3.5, **changes):
    index = pd.Index(["MUG"], name="sku")
    demand = pd.DataFrame(
        {"mean_per_day": 4.0, "variance_per_day": 6.0, "log_error_sd": 0.3}, index=index
    )
    table = pd.DataFrame({"elasticity": elasticity, "std_error": 0.2}, index=index)
    forecast = DemandForecast(demand, date(2024, 6, 1), 28, source, 0, 0)
    menu = price_menu(
        pd.DataFrame([{**MUG, **changes}]), forecast,
        Elasticities(table, table, {}, source), limits=LIMITS, bounds=None,
        objective=Objective.GROSS_PROFIT, source=source,
        market=None if market is None else pd.DataFrame(market, index=index),
    )  # fmt: skip
    return menu.evidence("MUG", int(menu.table["price_minor"].iloc[0]))


def test_the_parts_add_up_to_the_move_and_the_shares_to_one(source):
    evidence = _params(source)
    found = price_factors(evidence.params)
    moved = evidence.params["price_minor"] - 1000
    assert sum(found.moved_minor.values()) == pytest.approx(moved, abs=1e-6)
    assert sum(found.shares.values()) == pytest.approx(1, abs=1e-4)
    assert list(found.moved_minor) == list(FACTORS)
    assert len(FACTORS) >= 15


def test_each_factor_moves_the_price_its_way(source):
    cut = price_factors(_params(source).params).moved_minor
    assert cut["elasticity"] < 0 < cut["change"]
    scarce = price_factors(_params(source, elasticity=-2.2, on_hand=20).params).moved_minor
    assert scarce["stock"] > 0
    dearer = price_factors(_params(source, market={"usual_cost_minor": 400.0}).params).moved_minor
    assert dearer["cost"] > 0


def test_a_cheaper_competitor_pulls_the_price_down_and_its_leaving_lets_it_up(source):
    beside = {"rival_elasticity": 1.2, "rival_then_minor": 1000.0, "rival_basis_minor": 1000.0,
              "own_then_minor": 1000.0}  # fmt: skip

    def by_rival(price):
        known = _params(source, elasticity=-2.6, market=beside, competitor_price_minor=price)
        return price_factors(known.params).best_minor["competitor"]

    assert by_rival(800) < by_rival(1000) < by_rival(np.nan)


def test_the_evidence_recomputes(source):
    evidence = _params(source)
    found = price_factors(evidence.params)
    kept = found.evidence(evidence.params, evidence.data)
    assert price_factors(kept.params) == found
    assert kept.result["elasticity_moved_minor"] == found.moved_minor["elasticity"]
    assert found.strongest(1) == ("elasticity",)
