"""The tools find what the sample shop hides: dead stock, lost sellers, what campaigns did."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.evidence import DataRef
from evals.sample.bundle import Shop
from evals.sample.parameters import SampleParameters
from evals.sample_shop import make_shop
from tools.campaign_effect import measured_campaigns, uplift_of
from tools.forecast import forecast_demand
from tools.inventory import reorder_menu
from tools.selection import assess_assortment

END = date(2026, 6, 20)
TODAY = END + timedelta(days=1)
SOURCE = DataRef(source="panel", as_of=datetime(2026, 6, 21, tzinfo=UTC))


@pytest.fixture(scope="module")
def shop() -> Shop:
    return make_shop(SampleParameters(), 7, 200, 730, END)


@pytest.fixture(scope="module")
def panel(shop) -> pd.DataFrame:
    first = shop.products["first_day"].to_numpy()
    row, day = np.nonzero(np.arange(shop.calendar.days)[None, :] >= first[:, None])
    units = shop.trade.sold[row, day]
    return pd.DataFrame(
        {
            "sku": pd.Categorical.from_codes(row, list(shop.products["sku"])),
            "date": shop.calendar.dates[day].astype("datetime64[ns]"),
            "units": units,
            "revenue_minor": units * shop.prices.paid[row, day],
            "on_hand": shop.trade.on_hand[row, day],
        }
    )


@pytest.fixture(scope="module")
def catalogue(shop) -> pd.DataFrame:
    return shop.products.assign(
        price_minor=shop.prices.listed[:, -1],
        cost_minor=shop.prices.cost[:, -1],
        on_hand=shop.trade.on_hand[:, -1],
        inbound=shop.trade.inbound[:, -1],
    )


@pytest.fixture(scope="module")
def demand(panel, shop):
    return forecast_demand(
        panel, start=TODAY, horizon_days=28, source=SOURCE,
        categories=shop.products.set_index("sku")["category"],
    )  # fmt: skip


def test_dead_stock_is_found_and_winter_jackets_in_june_are_not_among_it(panel, catalogue, demand):
    found = assess_assortment(panel, catalogue, demand, today=TODAY, source=SOURCE)

    fate = catalogue.set_index("sku")["fate"]
    advised = set(found.table.index[found.table["advice"] == "phase_out"])
    dead = set(fate.index[fate == "dead"])
    assert len(advised & dead) >= 0.9 * len(dead)
    assert len(advised - dead) <= 2
    assert not any(sku.startswith("WJ") for sku in advised)


def test_only_products_that_left_though_they_sold_are_listed_again(panel, catalogue, demand):
    found = assess_assortment(panel, catalogue, demand, today=TODAY, source=SOURCE)

    again = catalogue.set_index("sku").loc[found.table.index[found.table["advice"] == "relist"]]
    assert len(again) >= 1
    assert set(again["fate"]) == {"archived"}


def test_the_true_effect_of_campaigns_lies_within_what_hold_outs_say(shop):
    events = shop.campaigns.events.drop_duplicates(["campaign_id", "customer", "event"])
    counts = events.groupby(["campaign_id", "event"]).size().unstack().fillna(0)
    held = events[events["event"] == "held_out"][["campaign_id", "customer"]]
    bought = events[events["event"] == "converted"][["campaign_id", "customer"]]
    alone = bought.merge(held).groupby("campaign_id").size().reindex(counts.index).fillna(0)
    about = shop.campaigns.campaigns.set_index("campaign_id").loc[counts.index]
    past = counts.assign(
        segment="all",
        channel=about["channel"],
        converted=counts["converted"] - alone,
        held_out_converted=alone,
    )

    for channel, truth in shop.parameters.uplift.items():
        found = uplift_of(measured_campaigns(past), channel, "all")
        assert found.measured
        assert abs(found.mean - truth) < 3 * found.sd


def test_what_is_running_out_is_ordered_and_what_piles_up_is_not(catalogue, demand):
    found = reorder_menu(
        catalogue[catalogue["status"] == "active"], demand, horizon_days=28, service_level=0.95,
        today=TODAY, source=SOURCE, review_days=7,
    )  # fmt: skip

    assert len(found.table) > 20
    cover = (found.table["on_hand"] + found.table["inbound"]) / found.table["mean_per_day"]
    assert cover.median() < 30
    worth_it = found.table.loc[found.table["value"] > 0, "sku"]
    assert not any(sku.startswith("WJ") for sku in worth_it)
    assert (found.table["stockout_days_p50"] <= 0).all()
