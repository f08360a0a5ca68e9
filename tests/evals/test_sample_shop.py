"""The sample shop: the same every time, believable, and with the truth that tools must find."""

import filecmp
from datetime import date

import numpy as np
import pandas as pd
import pytest

from evals.sample.parameters import SampleParameters
from evals.sample_shop import SampleInfo, main, make_shop, write_sample_shop

END = date(2026, 11, 24)
FILES = {
    "products", "suppliers", "customers", "orders", "returns", "prices", "costs", "stock",
    "purchase_orders", "campaigns", "campaign_events", "competitor_prices", "reviews", "signals",
}  # fmt: skip


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> SampleInfo:
    return write_sample_shop(tmp_path_factory.mktemp("sample"), end=END)


@pytest.fixture(scope="module")
def tables(sample) -> dict[str, pd.DataFrame]:
    return {name: pd.read_csv(sample.folder / f"{name}.csv") for name in FILES}


def days_of(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column.str[:10])


def test_it_is_the_promised_size(sample, tables):
    assert {name: len(frame) for name, frame in tables.items()} == sample.files
    assert sample.files["products"] == 300
    assert tables["products"]["category"].nunique() == 8
    assert 60_000 < sample.files["orders"] < 300_000


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tmp_path):
    for folder, seed in (("one", 3), ("two", 3), ("three", 4)):
        write_sample_shop(tmp_path / folder, seed=seed, products=24, days=120, end=END)

    same = filecmp.cmpfiles(tmp_path / "one", tmp_path / "two", [f"{n}.csv" for n in FILES],
                            shallow=False)  # fmt: skip
    orders = [(tmp_path / name / "orders.csv").read_bytes() for name in ("one", "three")]
    assert sorted(same[0]) == sorted(f"{name}.csv" for name in FILES)
    assert orders[0] != orders[1]


def test_orders_end_on_the_day_asked_for_and_nothing_is_sold_before_it_was_there(sample, tables):
    orders, products = tables["orders"], tables["products"].set_index("sku")
    day = days_of(orders["ordered_at"])

    assert day.min() >= pd.Timestamp(sample.first_day)
    assert day.max() == pd.Timestamp(END)
    assert (day >= orders["sku"].map(pd.to_datetime(products["first_seen"]))).all()


def test_every_row_points_at_something_that_exists(tables):
    skus, people = set(tables["products"]["sku"]), set(tables["customers"]["customer_id"])

    for name in ("orders", "prices", "costs", "stock", "purchase_orders", "reviews", "returns",
                 "competitor_prices"):  # fmt: skip
        assert set(tables[name]["sku"]) <= skus, name
    for name in ("orders", "campaign_events", "reviews"):
        assert set(tables[name]["customer_id"].dropna()) <= people, name
    assert set(tables["returns"]["order_id"]) <= set(tables["orders"]["order_id"])
    assert set(tables["products"]["supplier"]) <= set(tables["suppliers"]["supplier"])


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("products", ["sku"]),
        ("orders", ["order_id", "line_id"]),
        ("prices", ["sku", "kind", "from"]),
        ("costs", ["sku", "from"]),
        ("stock", ["sku", "at"]),
        ("campaign_events", ["campaign_id", "customer_id", "event", "at"]),
        ("reviews", ["review_id"]),
        ("returns", ["return_id"]),
    ],
)
def test_no_record_comes_twice(tables, name, key):
    assert not tables[name].duplicated(key).any()


def test_titles_speak_both_languages_and_differ(tables):
    titles = tables["products"]["title"]

    assert titles.str.contains(r"[A-Za-z]{3}").all()
    assert titles.str.contains(r"[\u4e00-\u9fff]").all()
    assert titles.is_unique


def test_prices_lie_above_costs_and_above_what_brands_allow(tables):
    products = tables["products"]
    known = products.dropna(subset=["cost"])
    margin = 1 - known["cost"] / known["price"]
    allowed = products.dropna(subset=["map_price"])

    assert 0.25 < margin.quantile(0.05) < margin.median() < margin.quantile(0.95) < 0.75
    assert 0 < products["cost"].isna().sum() < 30
    assert len(allowed)
    assert (allowed["price"] >= allowed["map_price"]).all()
    paid = (
        tables["orders"]["unit_price"] - tables["orders"]["discount"] / tables["orders"]["quantity"]
    )
    assert (paid > 0).all()


def test_prices_and_costs_move_so_that_elasticity_can_be_learnt(tables):
    listed = tables["prices"][tables["prices"]["kind"] == "list"]

    assert listed.groupby("sku")["price"].nunique().median() >= 5
    assert tables["costs"].groupby("sku")["cost"].nunique().median() >= 4


def test_jackets_sell_in_winter_and_singles_day_is_the_peak_of_the_year(tables):
    orders = tables["orders"].assign(day=days_of(tables["orders"]["ordered_at"]))
    jackets = orders[orders["sku"].str.startswith("WJ")]
    a_day = orders.groupby("day")["quantity"].sum()
    a_month = jackets.groupby(jackets["day"].dt.month)["quantity"].sum().reindex(range(1, 13))

    assert a_month[[11, 12, 1]].sum() > 10 * a_month.fillna(0)[[5, 6, 7]].sum()
    assert a_day["2025-11-01":"2025-11-11"].mean() > 1.8 * a_day["2025"].mean()
    assert a_day["2025-01-28":"2025-02-03"].mean() < 0.9 * a_day["2025-01-06":"2025-01-12"].mean()


def test_there_is_something_for_every_lever(sample, tables):
    stock = tables["stock"].sort_values("at").groupby("sku").last()["on_hand"]
    sold = tables["orders"][days_of(tables["orders"]["ordered_at"]) > "2025-11-24"]
    a_year = sold.groupby("sku")["quantity"].sum().reindex(stock.index).fillna(0)
    truth, category = sample.truth, sample.truth["category"].str.split(" / ").str[0]
    jackets = stock.index[category[stock.index] == "Winter jackets"]
    dead = truth.index[truth["fate"] == "dead"]

    assert stock[jackets].sum() > a_year[jackets].sum()
    assert (stock[dead] > 0).mean() > 0.8
    assert (stock == 0).sum() >= 10
    assert {"active", "archived", "draft"} == set(tables["products"]["status"])
    assert set(truth["fate"]) == {"steady", "late", "new", "dead", "archived", "draft"}


def test_stock_counts_agree_with_what_was_sold(sample):
    shop = make_shop(SampleParameters(), 7, 40, 200, END)
    on_hand, sold = shop.trade.on_hand, shop.trade.sold

    assert (on_hand >= 0).all()
    assert (sold[:, 1:] <= on_hand[:, :-1] + 10_000).all()
    arrived = on_hand[:, 1:] - on_hand[:, :-1] + sold[:, 1:]
    assert (arrived >= 0).all()
    lines = shop.orders.lines.groupby(["sku", "day"])["quantity"].sum()
    rows, days = np.nonzero(sold)
    assert (lines.reindex(list(zip(rows, days, strict=True))).to_numpy() == sold[rows, days]).all()


def test_campaigns_left_customers_alone_and_wrote_only_to_those_who_agreed(tables):
    events = tables["campaign_events"]
    consent = tables["customers"].set_index("customer_id")["consent_marketing"]
    per = events.groupby(["campaign_id", "event"])["customer_id"].nunique().unstack().fillna(0)

    reached = events[events["event"].isin(["sent", "held_out"])]
    assert (consent[reached["customer_id"]].astype(str) == "True").all()
    assert (per["held_out"] > 0).all()
    assert per["converted"].sum() > 0
    sent = tables["campaigns"].set_index("campaign_id")["audience"]
    assert (per["sent"] == sent[per.index]).all()


def test_customers_come_back(tables):
    orders = tables["orders"].drop_duplicates("order_id").dropna(subset=["customer_id"])
    often = orders["customer_id"].value_counts()

    assert (often > 1).mean() > 0.5


def test_companions_are_bought_together_far_more_often_than_by_chance(tables):
    baskets = tables["orders"].groupby("order_id")["sku"].agg(frozenset)
    alone = tables["orders"].groupby("sku")["order_id"].nunique() / len(baskets)
    together = baskets[baskets.map(len) == 2].value_counts()
    together = together[together >= 10]

    by_chance = [alone[list(pair)].prod() * len(baskets) for pair in together.index]
    assert (together.to_numpy() > 2 * np.array(by_chance)).sum() >= 15


def test_it_runs_from_the_command_line(tmp_path, capsys):
    code = main([str(tmp_path), "--products", "16", "--days", "90", "--end", "2026-01-31"])

    assert code == 0
    assert "2025-11-03 to 2026-01-31" in capsys.readouterr().out
    assert {path.stem for path in tmp_path.glob("*.csv")} == FILES


@pytest.mark.parametrize(("products", "days"), [(0, 730), (10, 10)])
def test_a_shop_too_small_is_refused(tmp_path, products, days):
    with pytest.raises(ValueError, match="sample shop"):
        write_sample_shop(tmp_path, products=products, days=days, end=END)
