"""What a view of the facts shows: the mug shop, day by day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from ecomagent.domain.errors import FactsError
from ecomagent.store.database import Database
from ecomagent.store.facts import Facts, FactsView, update_facts
from ecomagent.store.tables import (
    CampaignEventRow,
    CampaignRow,
    CompetitorPriceRow,
    CustomerRow,
    OrderLineRow,
    OrderRow,
    PriceRow,
    ProductRow,
    PromotionRow,
    PurchaseOrderRow,
    ReturnRow,
    ReviewRow,
    SignalRow,
    StockRow,
    VariantRow,
)


def midnight(day: str) -> datetime:
    """Start of that day of 2024 in Shanghai."""
    return datetime.fromisoformat(f"2024-{day}T00:00:00+08:00")


def noon(day: str) -> datetime:
    return midnight(day) + timedelta(hours=12)


@pytest.fixture
def view_of(local: Database, keep, mug_shop, tmp_path: Path):
    """Views of the mug shop, with further rows, as of the start of a day."""

    def view(day: str, *rows) -> FactsView:
        keep(local, *mug_shop, *rows)
        update_facts(local, tmp_path / "facts")
        return Facts.open(tmp_path / "facts").as_of(midnight(day))

    return view


def of_sku(panel: pd.DataFrame, sku: str) -> pd.DataFrame:
    rows = panel[panel["sku"] == sku]
    return rows.set_index(rows["date"].dt.strftime("%m-%d")).drop(columns=["sku", "date"])


def sold_on_leap_day():
    return (
        OrderRow(id="O0", ordered_at=noon("02-29")),
        OrderLineRow(order_id="O0", line_id="1", sku="A", quantity=5, unit_price_minor=1000),
    )


def test_the_catalogue_shows_each_sku_as_it_stood(view_of):
    table = view_of("03-05").catalogue().set_index("sku")
    mug = table.loc["A"]
    assert list(table.index) == ["A", "B"]
    assert (mug["title"], mug["category"], mug["brand"]) == ("Red mug", "Mugs", "Kiln")
    assert (mug["tags"], mug["attributes"]) == (["gift"], {"colour": "red", "size": "L"})
    assert (mug["list_price_minor"], mug["price_minor"], mug["cost_minor"]) == (1200, 1200, 400)
    assert (mug["on_hand"], mug["inbound"]) == (7, 2)
    assert mug["price_source"] == "observed"
    assert mug["first_seen"] == pd.Timestamp("2024-02-28")
    assert mug["first_sold"] == mug["last_sold"] == pd.Timestamp("2024-03-01")
    assert pd.isna(table.loc["B", "cost_minor"])
    assert pd.isna(table.loc["B", "on_hand"])


def test_the_catalogue_of_an_earlier_day_knows_neither_the_new_price_nor_the_new_sku(view_of):
    table = view_of("03-03").catalogue().set_index("sku")
    assert list(table.index) == ["A"]
    assert table.loc["A", "list_price_minor"] == 1000
    assert table.loc["A", "price_source"] == "list"


def test_the_panel_is_dense_from_the_first_day_of_each_sku(view_of):
    panel = view_of("03-05", *sold_on_leap_day()).panel()
    assert panel["sku"].dtype == "category"
    assert list(of_sku(panel, "A").index) == ["02-29", "03-01", "03-02", "03-03", "03-04"]
    assert list(of_sku(panel, "B").index) == ["03-03", "03-04"]


def test_days_before_the_first_order_are_not_told_to_be_without_sales(view_of):
    panel = view_of("03-05").panel(since=date(2024, 1, 1), columns=["units"])
    assert panel["date"].min() == pd.Timestamp("2024-03-01")


def test_the_panel_adds_up_sales_and_carries_on_what_holds(view_of):
    mug = of_sku(view_of("03-05").panel(), "A")
    assert list(mug["units"]) == [3, 0, 0, 0]
    assert list(mug["revenue_minor"]) == [2800, 0, 0, 0]
    assert mug.loc["03-01", "paid_price_minor"] == pytest.approx(2800 / 3)
    assert mug["paid_price_minor"].notna().sum() == 1
    assert list(mug["list_price_minor"]) == [1000, 1000, 1200, 1200]
    assert list(mug["cost_minor"]) == [400] * 4
    assert mug["on_hand"].isna().sum() == 1
    assert list(mug["on_hand"][1:]) == [7, 7, 7]
    assert mug.loc["03-01", "discount"] == pytest.approx(200 / 3000)


def test_a_panel_since_a_day_knows_what_held_before_it(view_of):
    recent = view_of("03-05").panel(since=date(2024, 3, 4), columns=["list_price_minor"])
    assert list(recent.columns) == ["sku", "date", "list_price_minor"]
    assert list(recent["list_price_minor"]) == [1200, 800]


def test_the_panel_goes_on_after_the_last_import(view_of):
    panel = view_of("03-20").panel(skus=["B"], columns=["units", "list_price_minor"])
    assert panel["date"].max() == pd.Timestamp("2024-03-19")
    assert panel["units"].sum() == 4
    assert panel["list_price_minor"].iloc[-1] == 800


def test_only_wanted_skus_are_read(view_of):
    panel = view_of("03-05").panel(skus=["B", "nothing like it"], columns=["units"])
    assert list(panel["sku"].cat.categories) == ["B"]


def test_a_column_that_does_not_exist_is_told(view_of):
    with pytest.raises(FactsError, match="no column “sales”") as failure:
        view_of("03-05").panel(columns=["sales"])
    assert "units" in failure.value.remedy


def test_days_are_the_shops_own(view_of):
    late = datetime(2024, 3, 1, 15, 59, 59, tzinfo=UTC)
    lines = view_of("03-03", ReturnRow(
        return_id="R1", line_id="1", sku="A", quantity=1, refund_minor=900, returned_at=late,
    ), ReturnRow(
        return_id="R2", line_id="1", sku="A", quantity=1, refund_minor=900,
        returned_at=late + timedelta(seconds=1),
    )).panel(columns=["returns", "refund_minor"])  # fmt: skip
    assert list(of_sku(lines, "A")["returns"]) == [1, 1]


def test_a_promotion_lowers_the_price_while_it_runs(view_of):
    view = view_of(
        "03-05",
        PromotionRow(
            id="promo-1", sku="A", discount=0.25, price_minor=900, starts_at=noon("03-03"),
            ends_at=midnight("03-05"),
        ),
        PromotionRow(
            id="promo-2", sku="B", discount=0.5, price_minor=400, starts_at=noon("03-04"),
        ),
    )  # fmt: skip
    panel, table = view.panel(), view.catalogue().set_index("sku")
    assert list(of_sku(panel, "A")["promo"]) == [False, False, True, True]
    assert of_sku(panel, "A").loc["03-04", "discount"] == pytest.approx(0.25)
    assert table.loc["A", "price_minor"] == 1200
    assert table.loc["A", "promotion_id"] is None
    assert table.loc["B", "price_minor"] == 400
    assert table.loc["B", "list_price_minor"] == 800
    assert table.loc["B", "promotion_id"] == "promo-2"


def test_an_imported_temporary_price_counts_as_a_promotion(view_of):
    view = view_of(
        "03-05",
        PriceRow(
            sku="A", kind="promotion", valid_from=noon("03-01"), valid_to=noon("03-04"),
            price_minor=950,
        ),
    )  # fmt: skip
    mug = of_sku(view.panel(), "A")
    assert list(mug["promo"]) == [True, True, True, True]
    assert view.catalogue().set_index("sku").loc["A", "price_minor"] == 1200


def test_the_lowest_recent_price_of_competitors_is_shown(view_of):
    def seen(name: str, at: datetime, price: int) -> CompetitorPriceRow:
        return CompetitorPriceRow(sku="A", competitor=name, at=at, price_minor=price)

    view = view_of(
        "03-05",
        seen("North", midnight("03-01") - timedelta(days=89), 700),
        seen("South", noon("03-01"), 990),
        seen("North", noon("03-04"), 980),
    )
    shown = of_sku(view.panel(since=date(2024, 2, 28)), "A")["competitor_price_minor"]
    assert list(shown) == [700, 700, 990, 980]
    assert view.catalogue().set_index("sku").loc["A", "competitor_price_minor"] == 980


def test_a_competitors_price_not_seen_again_is_forgotten(view_of):
    row = CompetitorPriceRow(sku="A", competitor="N", at=noon("03-01"), price_minor=700)
    view = view_of("06-15", row)
    shown = of_sku(view.panel(columns=["competitor_price_minor"]), "A")["competitor_price_minor"]
    assert shown.loc["05-30"] == 700
    assert pd.isna(shown.loc["05-31"])
    assert pd.isna(view.catalogue().set_index("sku").loc["A", "competitor_price_minor"])


def test_what_was_ordered_since_the_stock_was_counted_is_on_its_way(view_of):
    def order(name: str, at: datetime, **more) -> PurchaseOrderRow:
        return PurchaseOrderRow(id=name, sku="A", quantity=10, ordered_at=at, **more)

    view = view_of(
        "03-05",
        order("before the count", noon("03-01")),
        order("open", noon("03-03")),
        order("cancelled", noon("03-03"), status="cancelled"),
        order("arrived", noon("03-03"), received_at=noon("03-04"), status="received"),
        order("arrives later", noon("03-03"), received_at=noon("03-06"), status="received"),
        order("ordered later", noon("03-06")),
    )
    assert view.catalogue().set_index("sku").loc["A", "inbound"] == 2 + 10 + 10
    bought = view.purchase_orders().set_index("id")
    assert set(bought.index) == {"before the count", "open", "arrived", "arrives later"}
    assert bought["received_on"].dropna().to_dict() == {"arrived": pd.Timestamp("2024-03-04")}


def test_stock_is_read_to_the_moment_and_sales_to_the_day(local, keep, mug_shop, tmp_path):
    keep(local, *mug_shop, StockRow(sku="A", at=midnight("03-04") + timedelta(hours=8), on_hand=3))
    update_facts(local, tmp_path / "facts")
    view = Facts.open(tmp_path / "facts").as_of(midnight("03-04") + timedelta(hours=18))
    assert view.catalogue().set_index("sku").loc["A", "on_hand"] == 3
    assert view.today == date(2024, 3, 4)
    assert view.order_lines()["order_id"].tolist() == ["O1", "O2"]


def test_customers_are_counted_by_order(view_of):
    table = view_of("03-05").customers().set_index("customer_id")
    one = table.loc["C1"]
    assert (one["orders"], one["units"], one["revenue_minor"]) == (2, 3, 2800)
    assert one["first_order"] == pd.Timestamp("2024-03-01")
    assert one["consent_marketing"]
    assert pd.isna(table.loc["C2", "consent_marketing"])


def test_a_customer_not_met_yet_is_not_there(view_of):
    table = view_of("03-04", CustomerRow(id="C3")).customers()
    assert list(table["customer_id"]) == ["C1", "C3"]  # C3 carries no date: it was always there


def test_refunds_find_their_customer_through_the_order(view_of):
    row = ReturnRow(
        return_id="R1", line_id="1", order_id="O1", sku="A", quantity=1, refund_minor=900,
        returned_at=noon("03-02"),
    )  # fmt: skip
    assert view_of("03-05", row).customers()["refund_minor"].tolist() == [900, 0]


def test_campaigns_count_customers_and_keep_the_held_out_apart(view_of):
    def did(customer: str, kind: str, day: str) -> CampaignEventRow:
        return CampaignEventRow(campaign_id="M1", customer_id=customer, kind=kind, at=noon(day))

    view = view_of(
        "03-05",
        CampaignRow(id="M1", segment="loyal", channel="email", starts_at=noon("03-01")),
        CampaignRow(id="M2", segment="new", channel="email", starts_at=noon("03-06")),
        did("C1", "sent", "03-01"), did("C1", "opened", "03-02"), did("C1", "converted", "03-02"),
        did("C1", "converted", "03-03"), did("C2", "held_out", "03-01"),
        did("C2", "converted", "03-02"), did("C9", "sent", "03-06"),
    )  # fmt: skip
    table = view.campaigns()
    assert table["campaign_id"].tolist() == ["M1"]
    counts = table.iloc[0][
        ["sent", "held_out", "opened", "clicked", "converted", "held_out_converted"]
    ]
    assert counts.tolist() == [1, 1, 1, 0, 1, 1]
    assert table["starts_at"].iloc[0] == noon("03-01")


def test_signals_and_reviews_are_those_of_past_days(view_of):
    view = view_of(
        "03-04",
        SignalRow(name="temperature", at=noon("03-03"), value=10.0),
        SignalRow(name="temperature", at=noon("03-03") + timedelta(hours=1), value=14.0),
        SignalRow(name="temperature", at=noon("03-04"), value=99.0),
        ReviewRow(id="r1", sku="A", rating=4.0, title="好", body="<b>x</b>", at=noon("03-03")),
        ReviewRow(id="r2", sku="A", rating=1.0, at=noon("03-04")),
    )
    assert view.signals()["value"].tolist() == [12.0]
    assert view.reviews()["body"].tolist() == ["<b>x</b>"]
    panel = of_sku(view.panel(columns=["signal_temperature"]), "A")
    assert panel.loc["03-03", "signal_temperature"] == 12.0
    assert panel["signal_temperature"].isna().sum() == len(panel) - 1


def test_a_variant_of_several_names_its_product_too(view_of):
    small = VariantRow(sku="A-S", product_id="P1", title="small", first_seen=noon("03-01"))
    titles = view_of("03-05", small).catalogue().set_index("sku")["title"]
    assert titles["A-S"] == "Red mug · small"
    assert titles["B"] == "Blue mug"


def test_a_product_off_sale_takes_its_skus_with_it(view_of):
    draft = ProductRow(id="P3", title="Jug", status="archived", first_seen=noon("03-01"))
    jug = VariantRow(sku="J", product_id="P3", first_seen=noon("03-01"))
    assert (
        view_of("03-05", draft, jug).catalogue().set_index("sku").loc["J", "status"] == "archived"
    )


def test_evidence_can_name_what_was_read(view_of):
    view = view_of("03-05")
    ref = view.ref("panel", rows=8, sku="A", since=date(2024, 3, 1))
    assert ref.as_of == midnight("03-05")
    assert ref.facts_hash == view.hash
    assert ref.selector == {"sku": "A", "since": "2024-03-01"}


def test_a_moment_without_a_time_zone_is_refused(local, keep, mug_shop, tmp_path: Path):
    keep(local, *mug_shop)
    update_facts(local, tmp_path / "facts")
    with pytest.raises(FactsError, match="time zone"):
        Facts.open(tmp_path / "facts").as_of(datetime(2024, 3, 5))  # noqa: DTZ001
