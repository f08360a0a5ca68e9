"""Deriving facts: updates and rebuilds agree, readers are not disturbed, damage is told."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from ecomagent.domain.errors import FactsError
from ecomagent.store.database import Database
from ecomagent.store.facts import Facts, rebuild_facts, update_facts
from ecomagent.store.tables import (
    CustomerRow,
    OrderLineRow,
    OrderRow,
    PriceRow,
    ReturnRow,
    ShopRow,
    StockRow,
)

EVENING = datetime(2024, 3, 31, 15, 59, 59, tzinfo=UTC)
"""The last second of March in Shanghai."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "facts"


def sale(number: int, at: datetime, sku: str = "A", units: int = 1) -> tuple:
    return (
        OrderRow(id=f"N{number}", ordered_at=at, customer_id="C1"),
        OrderLineRow(
            order_id=f"N{number}", line_id="1", sku=sku, quantity=units, unit_price_minor=1000
        ),
    )


def test_both_databases_give_the_same_facts(database: Database, keep, mug_shop, folder: Path):
    rows = (*sale(1, EVENING), *sale(2, EVENING + timedelta(seconds=1)))
    keep(database, *mug_shop, *rows, StockRow(sku="B", at=EVENING, on_hand=1))
    info = update_facts(database, folder)
    assert (info.first_day, info.last_day) == (date(2024, 3, 1), date(2024, 4, 1))
    assert (info.skus, info.customers, info.order_lines, info.months) == (2, 2, 5, 2)
    assert info.rows["panel"] == 4
    lines = Facts.open(folder).as_of(datetime(2024, 5, 1, tzinfo=UTC)).order_lines()
    assert lines["date"].dt.strftime("%m-%d").tolist() == [
        "03-01", "03-01", "03-04", "03-31", "04-01",
    ]  # fmt: skip
    assert lines["revenue_minor"].tolist() == [1800, 1000, 3200, 1000, 1000]


def test_an_update_rewrites_only_the_months_it_must(local, keep, mug_shop, folder: Path):
    keep(local, *mug_shop)
    first = update_facts(local, folder)
    keep(local, *sale(1, EVENING + timedelta(days=3)))
    second = update_facts(local, folder, since=date(2024, 4, 3))
    assert second.months == first.months + 1
    assert second.written == 2  # the new month's order lines and its panel
    assert second.hash == rebuild_facts(local, folder.with_name("afresh")).hash


def test_updates_in_any_order_end_where_a_rebuild_does(local, keep, mug_shop, folder: Path):
    keep(local, *mug_shop)
    update_facts(local, folder)
    late = datetime(2024, 6, 3, 4, tzinfo=UTC)
    for number, (row, day) in enumerate(
        [
            (sale(1, late), date(2024, 6, 3)),
            (sale(2, EVENING, "B", 5), date(2024, 3, 31)),
            ((StockRow(sku="B", at=EVENING, on_hand=3),), date(2024, 3, 31)),
            ((ReturnRow(return_id="R", line_id="1", sku="B", quantity=1, refund_minor=10,
                        returned_at=late),), date(2024, 6, 3)),
            ((PriceRow(sku="B", valid_from=late, price_minor=700),), date(2024, 6, 3)),
            ((CustomerRow(id="C9", first_seen=late),), date(2024, 6, 3)),
        ]
    ):  # fmt: skip
        keep(local, *row)
        updated = update_facts(local, folder, since=day)
        rebuilt = rebuild_facts(local, folder.with_name(f"afresh-{number}"))
        assert updated.hash == rebuilt.hash
    assert update_facts(local, folder, since=date(2024, 6, 3)).written == 0


def test_rows_taken_out_of_the_store_leave_the_facts(local, keep, mug_shop, folder: Path):
    keep(local, *mug_shop)
    before = update_facts(local, folder)
    keep(local, *sale(1, EVENING))
    update_facts(local, folder, since=EVENING.date())
    with local.session() as session:
        session.delete(session.get_one(OrderLineRow, ("N1", "1")))
        session.flush()
        session.delete(session.get_one(OrderRow, "N1"))
    assert update_facts(local, folder, since=date(2024, 3, 31)).hash == before.hash


def test_a_reader_goes_on_with_what_it_opened(local, keep, mug_shop, folder: Path):
    keep(local, *mug_shop)
    update_facts(local, folder)
    view = Facts.open(folder).as_of(datetime(2024, 5, 1, tzinfo=UTC))
    before = view.order_lines()
    keep(local, *sale(1, EVENING))
    update_facts(local, folder)
    pd.testing.assert_frame_equal(view.order_lines(), before)
    assert len(Facts.open(folder).as_of(view.as_of).order_lines()) == len(before) + 1


def test_files_that_nobody_needs_any_more_are_removed(local, keep, mug_shop, folder: Path):
    keep(local, *mug_shop)
    for number in range(4):
        keep(local, *sale(number, EVENING + timedelta(hours=number)))
        info = update_facts(local, folder)
    assert len(list(folder.rglob("*.parquet"))) <= info.files + 5
    assert not list(folder.glob(".building-*"))


def test_a_change_of_time_zone_makes_everything_anew(local, keep, mug_shop, folder: Path):
    keep(local, *mug_shop, *sale(1, EVENING + timedelta(seconds=1)))
    update_facts(local, folder)
    with local.session() as session:
        session.get_one(ShopRow, "shop-1").timezone = "UTC"
    info = update_facts(local, folder, since=date(2024, 5, 1))
    assert info.timezone == "UTC"
    assert info.last_day == date(2024, 3, 31)


def test_anybody_can_read_the_files_that_the_manifest_names(local, keep, mug_shop, folder: Path):
    keep(local, *mug_shop)
    update_facts(local, folder)
    manifest = json.loads((folder / "facts.json").read_text())
    files = [str(folder / each["file"]) for each in manifest["tables"]["panel"].values()]
    units = duckdb.execute("SELECT sum(units) FROM read_parquet(?)", [files]).fetchone()
    assert units == (7,)


def test_nothing_imported_yet_says_how_to_import(local: Database, folder: Path):
    for _ in range(2):
        with pytest.raises(FactsError, match="nothing was imported") as failure:
            Facts.open(folder)
        assert "ecomagent import" in failure.value.remedy
        update_facts(local, folder)


@pytest.mark.parametrize("damage", ["manifest", "missing", "torn"])
def test_damaged_facts_name_the_remedy_and_a_rebuild_mends_them(
    local, keep, mug_shop, folder: Path, damage: str
):
    keep(local, *mug_shop)
    hash_before = update_facts(local, folder).hash
    victim = next(folder.glob("panel/*/*.parquet"))
    if damage == "manifest":
        (folder / "facts.json").write_text("{")
    elif damage == "missing":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:100])
    with pytest.raises(FactsError) as failure:
        Facts.open(folder).as_of(datetime(2024, 5, 1, tzinfo=UTC)).panel()
    assert "facts rebuild" in failure.value.remedy
    assert rebuild_facts(local, folder).hash == hash_before
    assert len(Facts.open(folder).as_of(datetime(2024, 5, 1, tzinfo=UTC)).panel()) > 0


def test_facts_of_another_version_ask_for_a_rebuild(local, keep, mug_shop, folder: Path):
    keep(local, *mug_shop)
    update_facts(local, folder)
    manifest = json.loads((folder / "facts.json").read_text())
    (folder / "facts.json").write_text(json.dumps(manifest | {"version": 0}))
    with pytest.raises(FactsError, match="another version"):
        Facts.open(folder)
    update_facts(local, folder, since=date(2024, 6, 1))
    assert Facts.open(folder).last_day == date(2024, 3, 4)


def test_a_folder_that_cannot_be_written_is_told(local, keep, mug_shop, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FactsError, match="cannot be written"):
        update_facts(local, tmp_path / "file" / "facts")


def test_a_full_disk_is_told_and_the_old_facts_stay(
    local, keep, mug_shop, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    import errno

    keep(local, *mug_shop)
    before = update_facts(local, folder)
    keep(local, *sale(1, EVENING))

    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pyarrow.parquet.write_table", no_room)
        with pytest.raises(FactsError, match="disk is full"):
            update_facts(local, folder)
    assert Facts.open(folder).hash == before.hash
    assert not list(folder.glob(".building-*"))
