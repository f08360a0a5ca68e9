from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from ecomagent.domain.action import (
    CampaignAfter,
    CampaignBefore,
    ListProduct,
    Metric,
    PriceAfter,
    PriceBefore,
    Quantiles,
    Reorder,
    ReorderAfter,
    SendCampaign,
    SetPrice,
    StatusAfter,
    StatusBefore,
    StockBefore,
)
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.goal import Objective
from tools.elasticity import Elasticities
from tools.forecast import DemandForecast
from tools.impact import impact_after_edit
from tools.inventory import reorder_menu
from tools.pricing import PriceLimits, price_menu

CATALOGUE = pd.DataFrame(
    {"sku": ["MUG"], "list_price_minor": [1000], "price_minor": [1000], "cost_minor": [500],
     "on_hand": [30], "inbound": [0], "lead_time_days": [7]}
)  # fmt: skip


@pytest.fixture
def demand(source):
    table = pd.DataFrame(
        {"mean_per_day": [4.0], "variance_per_day": [6.0], "log_error_sd": [0.3]},
        index=pd.Index(["MUG"], name="sku"),
    )
    return DemandForecast(table, date(2024, 6, 1), 28, source, 0, 0)


@pytest.fixture
def menu(source, demand):
    table = pd.DataFrame({"elasticity": [-0.8], "std_error": [0.2]}, index=demand.table.index)
    return price_menu(
        CATALOGUE.assign(on_hand=500), demand, Elasticities(table, table, {}, source),
        limits=PriceLimits("GBP", Decimal("0.3"), Decimal("0.1"), ("9", "5", "0")), bounds=None,
        objective=Objective.GROSS_PROFIT, source=source,
    )  # fmt: skip


def _priced(menu, price, planned):
    return SetPrice(
        sku="MUG",
        before=PriceBefore(price=Decimal("10.00"), version="1"),
        after=PriceAfter(price=price),
        evidence=(menu.evidence("MUG", planned),),
    )


def test_a_price_that_was_not_changed_keeps_its_impact(menu):
    row = menu.table.iloc[0]
    found = impact_after_edit(
        _priced(menu, Decimal(int(row["price_minor"])) / 100, row["price_minor"])
    )
    assert found[Metric.UNITS].p50 == Decimal(f"{row['units_p50']:.1f}")
    assert found[Metric.REVENUE].p10 == Decimal(round(row["revenue_minor_p10"])).scaleb(-2)


def test_a_smaller_rise_is_valued_again(menu):
    planned = int(menu.table["price_minor"].max())
    large = impact_after_edit(_priced(menu, Decimal(planned) / 100, planned))
    small = impact_after_edit(_priced(menu, Decimal("10.20"), planned))
    assert 0 < small[Metric.GROSS_PROFIT].p50 < large[Metric.GROSS_PROFIT].p50
    assert large[Metric.UNITS].p50 < small[Metric.UNITS].p50 < 0


def test_an_edit_back_to_the_present_price_has_no_impact(menu):
    planned = int(menu.table["price_minor"].iloc[0])
    assert impact_after_edit(_priced(menu, Decimal("10.00"), planned)) == {}


@pytest.fixture
def order(source, demand):
    menu = reorder_menu(CATALOGUE, demand, horizon_days=28, service_level=0.95,
                        today=date(2024, 6, 1), source=source)  # fmt: skip
    quantity = int(menu.evidence("MUG").result["quantity"])
    cost = Decimal("5.00")
    action = Reorder(
        sku="MUG",
        before=StockBefore(on_hand=30, inbound=0, version="1"),
        after=ReorderAfter(purchase_order_id="po", quantity=quantity, unit_cost=cost,
                           cost_total=cost * quantity),
        evidence=(menu.evidence("MUG"),),
    )  # fmt: skip
    return menu, action


def _ordering(action, quantity):
    after = action.after.model_copy(
        update={"quantity": quantity, "cost_total": action.after.unit_cost * quantity}
    )
    return action.model_copy(update={"after": after})


def test_an_order_is_valued_again_by_its_quantity(order):
    menu, action = order
    same = impact_after_edit(action)
    assert same[Metric.UNITS].p50 == Decimal(f"{menu.evidence('MUG').result['units_p50']:.1f}")
    less = impact_after_edit(_ordering(action, action.after.quantity // 4))
    assert 0 < less[Metric.UNITS].p50 < same[Metric.UNITS].p50
    assert less[Metric.SPEND].p50 == 5 * (action.after.quantity // 4)
    assert impact_after_edit(_ordering(action, 0)) == {}


def test_a_campaign_shrinks_with_its_audience_and_never_promises_more():
    figures = Quantiles(p10=Decimal("10.00"), p50=Decimal("20.00"), p90=Decimal("40.00"))
    action = SendCampaign(
        segment="loyal",
        before=CampaignBefore(version="1"),
        after=CampaignAfter(campaign_id="c", channel="email", audience=100, cost_total=Decimal(5)),
        impact={Metric.REVENUE: figures},
        evidence=(Evidence.of("tools.marketing.campaign_menu", result={"audience": 100}),),
    )

    def to(audience):
        after = action.after.model_copy(update={"audience": audience})
        return impact_after_edit(action.model_copy(update={"after": after}))[Metric.REVENUE].p50

    assert (to(50), to(100), to(300)) == (Decimal("10.00"), Decimal("20.00"), Decimal("20.00"))


def test_without_evidence_no_impact_is_claimed():
    bare = SetPrice(
        sku="X",
        before=PriceBefore(price=Decimal(1), version="1"),
        after=PriceAfter(price=Decimal(2)),
    )
    assert impact_after_edit(bare) == {}


def test_what_has_no_figures_to_edit_stays_as_planned():
    figures = {Metric.GROSS_PROFIT: Quantiles(p10=Decimal(1), p50=Decimal(2), p90=Decimal(3))}
    action = ListProduct(
        product="P",
        before=StatusBefore(status="archived", version="1"),
        after=StatusAfter(status="active"),
        impact=figures,
    )
    assert impact_after_edit(action) == figures
