"""What is dated later cannot change what a view shows; the panel is what a plain loop gives."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel

from ecomagent.domain.workspace import ShopSettings
from ecomagent.store.database import Database, sqlite_url
from ecomagent.store.facts import Facts, FactsView, update_facts
from ecomagent.store.shop import create_shop
from ecomagent.store.tables import (
    CampaignEventRow,
    CampaignRow,
    CompetitorPriceRow,
    CostRow,
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

ZONE = ZoneInfo("America/New_York")  # its clocks go forward on 10 March 2024
TODAY = date(2024, 3, 12)
AS_OF = datetime.combine(TODAY, datetime.min.time(), tzinfo=ZONE).astimezone(UTC)
SEEN = AS_OF - timedelta(days=10)
MINUTES_BEFORE = 14 * 24 * 60
SETTINGS = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],  # an example takes a store and its facts: shrinking would take minutes
)

prices = st.integers(1, 3000)


@st.composite
def events(draw: st.DrawFn, minutes: st.SearchStrategy[int], tag: str) -> list[SQLModel]:
    """Rows of every dated table, at moments so many minutes from ``AS_OF``."""
    made: list[SQLModel] = []
    for number in range(draw(st.integers(1, 12))):
        at = AS_OF + timedelta(minutes=draw(minutes))
        sku = draw(st.sampled_from("ABC"))
        key = f"{tag}{number}"
        customer = f"customer-{draw(st.integers(1, 3))}"
        made += draw(
            st.sampled_from(
                [
                    [
                        OrderRow(id=key, ordered_at=at, customer_id=customer),
                        OrderLineRow(
                            order_id=key, line_id="1", sku=sku, quantity=draw(st.integers(1, 5)),
                            unit_price_minor=draw(prices), discount_minor=0,
                        ),
                    ],
                    [ReturnRow(return_id=key, line_id="1", sku=sku, customer_id=customer,
                               quantity=1, refund_minor=draw(prices), returned_at=at)],
                    [PriceRow(sku=sku, kind="list", valid_from=at, price_minor=draw(prices))],
                    [PriceRow(sku=sku, kind="promotion", valid_from=at, price_minor=draw(prices),
                              valid_to=at + timedelta(hours=draw(st.integers(1, 90))))],
                    [CostRow(sku=sku, valid_from=at, cost_minor=draw(prices))],
                    [StockRow(sku=sku, at=at, on_hand=draw(st.integers(0, 9)))],
                    [PromotionRow(id=key, sku=sku, discount=0.1, price_minor=draw(prices),
                                  starts_at=at,
                                  ends_at=draw(st.sampled_from([None, at + timedelta(days=2)])))],
                    [PurchaseOrderRow(id=key, sku=sku, quantity=5, ordered_at=at)],
                    [CompetitorPriceRow(sku=sku, competitor=draw(st.sampled_from("XY")), at=at,
                                        price_minor=draw(prices))],
                    [ReviewRow(id=key, sku=sku, rating=3.0, at=at)],
                    [SignalRow(name="rain", at=at, value=float(number))],
                    [CampaignRow(id=key, segment="s", starts_at=at),
                     CampaignEventRow(campaign_id=key, customer_id="c", kind="sent", at=at)],
                    [ProductRow(id=key, first_seen=at),
                     VariantRow(sku=key, product_id=key, first_seen=at),
                     StockRow(sku=key, at=at, on_hand=1),
                     PriceRow(sku=key, kind="list", valid_from=at, price_minor=5),
                     CostRow(sku=key, valid_from=at, cost_minor=5)],
                    [CustomerRow(id=key, first_seen=at)],
                ]
            )
        )  # fmt: skip
    return _without_twins(made)


def _without_twins(rows: list[SQLModel]) -> list[SQLModel]:
    """Each primary key once."""
    kept: dict[tuple[object, ...], SQLModel] = {}
    for row in rows:
        keys = [column.name for column in type(row).__table__.primary_key]
        kept.setdefault((type(row), *(getattr(row, key) for key in keys)), row)
    return list(kept.values())


before_as_of = events(st.integers(-MINUTES_BEFORE, -1), "past")
from_as_of_on = events(st.integers(0, 20 * 24 * 60), "future")


@pytest.fixture(scope="module")
def empty_store() -> Iterator[Path]:
    """A store file with three SKUs and three customers, to copy."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        database = Database.open(sqlite_url(path))
        shop = ShopSettings(
            id="s", name="S", currency="USD", country="US", timezone="America/New_York"
        )
        create_shop(database, shop, AS_OF)
        with database.session() as session:
            session.add_all(ProductRow(id=each, first_seen=SEEN) for each in "ABC")
            session.add_all(CustomerRow(id=f"customer-{i}", first_seen=AS_OF) for i in (1, 2, 3))
            session.flush()
            session.add_all(
                VariantRow(sku=each, product_id=each, first_seen=SEEN) for each in "ABC"
            )
        database.close()
        yield path


def shown(view: FactsView) -> dict[str, pd.DataFrame]:
    return {
        "catalogue": view.catalogue(),
        "panel": view.panel(),
        "recent": view.panel(since=TODAY - timedelta(days=2), columns=["units", "signal_rain"]),
        "customers": view.customers(),
        "customer_orders": view.customer_orders(),
        "campaign_events": view.campaign_events(),
        "activity": view.activity(),
        "order_lines": view.order_lines(),
        "purchase_orders": view.purchase_orders(),
        "campaigns": view.campaigns(),
        "supplier_offers": view.supplier_offers(),
        "signals": view.signals(),
        "reviews": view.reviews(),
    }


def add(database: Database, rows: list[SQLModel]) -> None:
    with database.session() as session:
        for row in rows:
            session.merge(row)
            session.flush()


@SETTINGS
@given(past=before_as_of, future=from_as_of_on)
def test_rows_from_as_of_on_change_nothing(empty_store: Path, past, future):
    with TemporaryDirectory() as place:
        store = Path(shutil.copy(empty_store, place))
        database = Database.open(sqlite_url(store))
        add(database, past)
        update_facts(database, Path(place) / "facts")
        before = shown(Facts.open(Path(place) / "facts").as_of(AS_OF))
        add(database, future)
        update_facts(database, Path(place) / "facts")
        after = shown(Facts.open(Path(place) / "facts").as_of(AS_OF))
        database.close()
    for name, frame in before.items():
        pd.testing.assert_frame_equal(after[name], frame, obj=name)


@SETTINGS
@given(past=before_as_of)
def test_the_panel_is_what_a_plain_loop_over_days_gives(empty_store: Path, past):
    with TemporaryDirectory() as place:
        store = Path(shutil.copy(empty_store, place))
        database = Database.open(sqlite_url(store))
        add(database, past)
        update_facts(database, Path(place) / "facts")
        panel = Facts.open(Path(place) / "facts").as_of(AS_OF).panel()
        database.close()
    days = panel.groupby("sku", observed=True)["date"].agg(["min", "max", "count"])
    for sku in "ABC":
        first = _first_day(past, sku)
        assert days.loc[sku, "min"].date() == first
        assert days.loc[sku, "count"] == (TODAY - first).days
    for row in panel.to_dict("records"):
        expected = _day_by_hand(past, row["sku"], row["date"].date())
        got = {name: row[name] for name in expected}
        assert got == pytest.approx(expected, nan_ok=True), (row["sku"], row["date"])


def _first_day(rows: list[SQLModel], sku: str) -> date:
    """The SKU's first day seen, sold, returned or counted, but none before the first order."""
    orders = {row.id: _local(row.ordered_at) for row in rows if isinstance(row, OrderRow)}
    own = [_local(SEEN)]
    for row in rows:
        if getattr(row, "sku", None) != sku:
            continue
        if isinstance(row, OrderLineRow):
            own.append(orders[row.order_id])
        elif isinstance(row, ReturnRow):
            own.append(_local(row.returned_at))
        elif isinstance(row, StockRow):
            own.append(_local(row.at))
    return max([min(own), *sorted(orders.values())[:1]])


def _local(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def _day_by_hand(rows: list[SQLModel], sku: str, day: date) -> dict[str, float]:
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=ZONE)
    start = datetime.combine(day, datetime.min.time(), tzinfo=ZONE)
    orders = {row.id: row.ordered_at for row in rows if isinstance(row, OrderRow)}
    mine = [row for row in rows if getattr(row, "sku", None) == sku]
    lines = [
        row for row in mine
        if isinstance(row, OrderLineRow) and start <= orders[row.order_id] < end
    ]  # fmt: skip
    units = sum(line.quantity for line in lines)
    revenue = sum(line.quantity * line.unit_price_minor for line in lines)
    back = [r for r in mine if isinstance(r, ReturnRow) and start <= r.returned_at < end]
    offers = [
        (row.starts_at, row.ends_at, row.price_minor)
        for row in mine if isinstance(row, PromotionRow)
    ] + [
        (row.valid_from, row.valid_to, row.price_minor)
        for row in mine if isinstance(row, PriceRow) and row.kind == "promotion"
    ]  # fmt: skip
    running = [price for begins, ends, price in offers
               if begins < end and (ends is None or ends > start)]  # fmt: skip
    listed = _last([(row.valid_from, row.price_minor) for row in mine
                    if isinstance(row, PriceRow) and row.kind == "list"], end)  # fmt: skip
    asked = revenue / units if units else (min(running) if running else np.nan)
    known = listed == listed and asked == asked
    return {
        "units": units,
        "revenue_minor": revenue,
        "returns": sum(row.quantity for row in back),
        "refund_minor": sum(row.refund_minor for row in back),
        "paid_price_minor": revenue / units if units else np.nan,
        "list_price_minor": listed,
        "cost_minor": _last(
            [(row.valid_from, row.cost_minor) for row in mine if isinstance(row, CostRow)], end
        ),
        "on_hand": _last(
            [(row.at, row.on_hand) for row in mine if isinstance(row, StockRow)], end
        ),
        "promo": bool(running),
        "discount": float(np.float32(np.clip(1 - asked / listed, 0, 1))) if known else 0.0,
        "competitor_price_minor": _lowest(
            [
                _last([(row.at, row.price_minor) for row in mine
                       if isinstance(row, CompetitorPriceRow) and row.competitor == name], end)
                for name in "XY"
            ]
        ),
    }  # fmt: skip


def _last(history: list[tuple[datetime, float]], end: datetime) -> float:
    known = [(at, value) for at, value in history if at < end]
    return max(known)[1] if known else np.nan


def _lowest(values: list[float]) -> float:
    known = [value for value in values if value == value]
    return min(known) if known else np.nan
