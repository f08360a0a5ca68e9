"""Goods whose season ends are sold off in time, whatever the goal is."""

import csv
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from evals.sample.parameters import SampleParameters

GOAL = "Grow gross profit over the next 4 weeks, margin at least 10%"
MARKDOWN = "tools.markdown.markdown_plan"


def label(shop, bundle, day):
    """Import the winter jackets again, with the day their season ends."""
    with (bundle / "products.csv").open(encoding="utf-8") as file:
        rows = [{**row, "season_end": day} for row in csv.DictReader(file)
                if row["sku"].startswith("WJ")]  # fmt: skip
    with (shop.folder / "products.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, fieldnames=rows[0])
        out.writeheader()
        out.writerows(rows)
    shop.types("import", "products.csv")


def planned(shop):
    return shop.types("plan", GOAL, "--yes", "--json", code=3).json


def promoted(plan):
    return {a["sku"]: a for a in plan["actions"] if a["kind"] == "start_promotion"}


@pytest.fixture(scope="module")
def before(shop):
    return planned(shop)


@pytest.fixture(scope="module")
def shop(open_shop):
    return open_shop()


@pytest.fixture(scope="module")
def after(shop, bundle, before):
    today = datetime.now(ZoneInfo(SampleParameters.timezone)).date()
    label(shop, bundle, (today + timedelta(days=35)).isoformat())
    return planned(shop)


def test_profit_alone_promotes_nothing_until_a_season_ends(before, after):
    assert not promoted(before)
    assert promoted(after)
    assert all(sku.startswith("WJ") for sku in promoted(after))


def test_the_price_follows_a_path_to_the_season_s_end(after, shop):
    for action in promoted(after).values():
        path = next(each for each in action["evidence"] if each["tool"] == MARKDOWN)
        assert path["params"]["salvage_minor"] > 0
        assert float(action["after"]["price"]) * 100 == path["result"]["prices_minor"][0]
        assert path["result"]["value_minor"] > path["result"]["waiting_value_minor"]
    some = next(iter(promoted(after).values()))
    assert "Best path of prices" in shop.types("explain", some["id"]).out


def test_what_goes_out_of_season_is_not_priced_up_or_ordered_anew(after):
    cut = set(promoted(after))
    others = [a for a in after["actions"] if a.get("sku") in cut]

    assert {a["kind"] for a in others} == {"start_promotion"}
