"""The csv connector's files: what Shopify's import needs, and nothing that it would overwrite."""

import csv
import io

import pytest

from ecomagent.domain.action import ActionKind, SetPrice, UpdateContent
from ecomagent.domain.errors import ConnectorError

KEY = "plan-1/{}/1"


def write(shop, small_shop, *kinds):
    for action in small_shop.every_kind_of_action(shop.connector):
        if not kinds or action.kind in kinds:
            shop.connector.write(action, idempotency_key=KEY.format(action.id))


def table(shop, small_shop, name):
    return list(csv.DictReader(io.StringIO(small_shop.files(shop)[f"plan-1/{name}"])))


def test_a_price_file_changes_prices_and_names_the_options(files, small_shop):
    write(files, small_shop, ActionKind.SET_PRICE)

    assert table(files, small_shop, "prices.csv") == [
        {
            "Handle": "mug", "Title": "Mug", "Option1 Name": "Colour", "Option1 Value": "r",
            "Option2 Name": "", "Option2 Value": "", "Option3 Name": "", "Option3 Value": "",
            "Variant SKU": "mug-r", "Variant Price": "9.50",
        }
    ]  # fmt: skip


def test_a_product_without_options_is_named_as_shopify_does(files, small_shop):
    write(files, small_shop, ActionKind.START_PROMOTION)

    (row,) = table(files, small_shop, "promotions.csv")
    assert (row["Option1 Name"], row["Option1 Value"]) == ("Title", "Default Title")


def test_a_promotion_shows_the_old_price_struck_out_and_has_a_file_for_its_end(files, small_shop):
    write(files, small_shop, ActionKind.START_PROMOTION)

    (now,) = table(files, small_shop, "promotions.csv")
    (end,) = table(files, small_shop, "promotions-end-2024-06-05.csv")
    assert (now["Variant Price"], now["Variant Compare At Price"]) == ("16.00", "20.00")
    assert (end["Variant Price"], end["Variant Compare At Price"]) == ("20.00", "")


def test_ending_a_promotion_clears_the_struck_out_price(files, small_shop):
    write(files, small_shop, ActionKind.END_PROMOTION)

    (row,) = table(files, small_shop, "promotions.csv")
    assert (row["Variant Price"], row["Variant Compare At Price"]) == ("30.00", "")


def test_a_new_list_price_during_a_promotion_is_the_struck_out_one(files, small_shop):
    state = files.read(ActionKind.SET_PRICE, "sku", "jug")
    action = SetPrice(
        sku="jug", before={**state.fields, "version": state.version}, after={"price": "31.00"}
    )
    files.connector.write(action, idempotency_key=KEY.format("a"))

    (row,) = table(files, small_shop, "promotions.csv")
    assert (row["Variant Price"], row["Variant Compare At Price"]) == ("27.00", "31.00")


def test_status_and_content_files_hold_nothing_else(files, small_shop):
    write(files, small_shop)

    assert [list(row.values()) for row in table(files, small_shop, "status.csv")] == [
        ["old", "Old", "active"],
        ["lamp", "Lamp", "archived"],
    ]
    assert [list(row.values()) for row in table(files, small_shop, "content.csv")] == [
        ["mug", "Red mug, 350 ml", "Warm.", "clay, red"]
    ]


def test_orders_and_campaigns_are_lists_for_people(files, small_shop):
    write(files, small_shop)

    (order,) = table(files, small_shop, "purchase-orders.csv")
    assert (order["SKU"], order["Quantity"], order["Do"]) == ("mug-b", "12", "order")
    (campaign,) = table(files, small_shop, "campaigns.csv")
    assert (campaign["Campaign"], campaign["Do"]) == ("camp-1", "send")
    assert len(table(files, small_shop, "recipients-camp-1.csv")) == 9


def test_each_plan_has_a_folder_of_its_own(files, small_shop):
    first, second = (
        action for action in small_shop.every_kind_of_action(files.connector)
        if action.kind in (ActionKind.LIST_PRODUCT, ActionKind.DELIST_PRODUCT)
    )  # fmt: skip
    files.connector.write(first, idempotency_key="plan-1/a/1")
    files.connector.write(second, idempotency_key="plan-2/a/1")

    assert sorted(small_shop.files(files)) == ["plan-1/status.csv", "plan-2/status.csv"]


@pytest.mark.parametrize("damage", [None, "", "Handle,Title\nmug,M"])
def test_a_missing_or_torn_file_is_made_again_as_it_was(files, small_shop, damage):
    write(files, small_shop)
    whole = small_shop.files(files)
    for path in (files.folder / "outbox" / "plan-1").iterdir():
        path.unlink() if damage is None else path.write_text(damage, encoding="utf-8")
    again = files.again()
    key = again.sql("SELECT idempotency_key FROM connector_write LIMIT 1")[0][0]
    again.connector.written(key)

    assert small_shop.files(again) == whole
    again.database.close()


def test_files_never_change_when_the_product_is_renamed_later(files, small_shop):
    write(files, small_shop, ActionKind.SET_PRICE)
    before = small_shop.files(files)["plan-1/prices.csv"]
    write(files, small_shop, ActionKind.UPDATE_CONTENT)
    again = files.again()

    again.connector.written(again.sql("SELECT idempotency_key FROM connector_write")[0][0])

    assert small_shop.files(again)["plan-1/prices.csv"] == before
    again.database.close()


def test_lists_for_people_hold_no_formulas_and_uploads_hold_the_text_as_it_is(files, small_shop):
    state = files.read(ActionKind.UPDATE_CONTENT, "product", "mug")
    content = UpdateContent(
        product="mug", before={**state.fields, "version": state.version},
        after={"title": "=1+1", "description": "", "tags": ()},
    )  # fmt: skip
    files.connector.write(content, idempotency_key=KEY.format("t"))
    write(files, small_shop, ActionKind.REORDER)

    assert table(files, small_shop, "content.csv")[0]["Title"] == "=1+1"
    assert table(files, small_shop, "purchase-orders.csv")[0]["Title"] == "'=1+1"


def test_a_promotion_that_starts_later_cannot_be_said_in_a_file(files, small_shop):
    action = next(
        a
        for a in small_shop.every_kind_of_action(files.connector)
        if a.kind is ActionKind.START_PROMOTION
    )
    later = action.model_copy(update={"starts_at": small_shop.NOW + small_shop.timedelta(days=1)})

    with pytest.raises(ConnectorError, match="cannot start a promotion later"):
        files.connector.write(later, idempotency_key=KEY.format("a"))
    assert files.connector.written(KEY.format("a")) is None


def test_an_outbox_that_cannot_be_written_is_told_and_made_up_for(files, small_shop):
    (files.folder / "outbox").write_text("in the way")

    with pytest.raises(ConnectorError, match="bulk-edit file cannot be written"):
        write(files, small_shop, ActionKind.SET_PRICE)

    (files.folder / "outbox").unlink()
    key = files.sql("SELECT idempotency_key FROM connector_write")[0][0]
    assert files.connector.written(key) is not None
    assert list(small_shop.files(files)) == ["plan-1/prices.csv"]


def test_options_are_named_as_they_were_imported_from_shopify(files, small_shop):
    files.sql("UPDATE variant SET title = 'r / S', attributes = :kept WHERE sku = 'mug-r'",
              kept='{"Size": "S", "Colour": "r"}')  # fmt: skip
    write(files, small_shop, ActionKind.SET_PRICE)

    (row,) = table(files, small_shop, "prices.csv")
    assert (row["Option1 Name"], row["Option1 Value"]) == ("Colour", "r")
    assert (row["Option2 Name"], row["Option2 Value"]) == ("Size", "S")


def test_a_variant_without_known_options_is_told_apart_by_its_title(files, small_shop):
    files.sql("UPDATE variant SET title = 'big', attributes = '{}' WHERE sku = 'mug-r'")
    write(files, small_shop, ActionKind.SET_PRICE)

    (row,) = table(files, small_shop, "prices.csv")
    assert (row["Option1 Name"], row["Option1 Value"]) == ("Title", "big")


def test_an_experiment_has_a_file_for_each_day_on_which_the_price_changes(files, small_shop):
    actions = small_shop.every_kind_of_action(files.connector)
    (tried,) = [action for action in actions if action.kind is ActionKind.START_EXPERIMENT]
    files.connector.write(tried, idempotency_key="plan-1/a/1")
    written = {name.split("/")[-1]: text for name, text in small_shop.files(files).items()}
    assert sorted(written) == ["experiment-2024-05-13.csv", "experiment-2024-05-27.csv"]
    lower, back = (written[name].splitlines()[1] for name in sorted(written))
    assert "9.00" in lower
    assert "10.00" in back
    assert "Variant Compare At Price" in written["experiment-2024-05-13.csv"]
