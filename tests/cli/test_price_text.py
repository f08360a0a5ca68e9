from datetime import UTC, date, datetime
from decimal import Decimal

import pandas as pd
import pytest

from ecomagent.cli.price_text import factor_lines
from ecomagent.domain.action import (
    ListProduct,
    PriceAfter,
    PriceBefore,
    SetPrice,
    StatusAfter,
    StatusBefore,
)
from ecomagent.domain.evidence import DataRef
from ecomagent.domain.goal import Objective
from tools.elasticity import Elasticities
from tools.forecast import DemandForecast
from tools.pricing import PriceLimits, price_menu

SOURCE = DataRef(source="catalogue", as_of=datetime(2024, 6, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def cut():
    index = pd.Index(["MUG"], name="sku")
    mug = {"sku": "MUG", "list_price_minor": 1000, "cost_minor": 500, "on_hand": 400, "inbound": 0}
    demand = {"mean_per_day": 4.0, "variance_per_day": 6.0, "log_error_sd": 0.3}
    table = pd.DataFrame({"elasticity": -3.5, "std_error": 0.2}, index=index)
    forecast = DemandForecast(pd.DataFrame(demand, index=index), date(2024, 6, 1), 28, SOURCE, 0, 0)
    menu = price_menu(
        pd.DataFrame([mug]), forecast, Elasticities(table, table, {}, SOURCE),
        limits=PriceLimits("GBP", Decimal("0.3"), Decimal("0.1")), bounds=None,
        objective=Objective.GROSS_PROFIT, source=SOURCE,
    )  # fmt: skip
    price = int(menu.table["price_minor"].iloc[0])
    return SetPrice(
        sku="MUG",
        before=PriceBefore(price=Decimal("10.00"), version="1"),
        after=PriceAfter(price=Decimal(price) / 100),
        evidence=(menu.evidence("MUG", price),),
    )


def test_a_price_is_explained_by_every_factor_that_moved_it(cut):
    lines = [line.plain for line in factor_lines(cut, "en")]
    assert lines[0].startswith("What moved the price: £10.00 → £")
    assert any("how demand answers this price" in line and "%" in line for line in lines[1:-1])
    assert lines[-1].strip().startswith("no part: ")
    shares = [float(line.split("%")[0].split()[-1]) for line in lines[1:-1]]
    assert sum(shares) == pytest.approx(100, abs=0.5)


def test_it_is_told_in_chinese_too(cut):
    assert next(iter(factor_lines(cut, "zh"))).plain.startswith("价格由哪些因素推动")


def test_what_is_no_price_has_no_factors():
    listed = ListProduct(
        product="P",
        before=StatusBefore(status="draft", version="1"),
        after=StatusAfter(status="active"),
    )
    assert not list(factor_lines(listed, "en"))
