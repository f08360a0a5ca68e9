import pandas as pd
import pytest

from tools.price_consistency import consistent_menu, line_of, size_of


@pytest.mark.parametrize(
    ("title", "size"),
    [
        ("Olive oil, 500 ml", ("ml", 500.0)),
        ("Beer 6 x 330 ml", ("ml", 1980.0)),
        ("Flour 1,5 kg", ("g", 1500.0)),
        ("普洱散装茶 100 克", ("g", 100.0)),
        ("Chair with 4 legs", None),
        ("", None),
    ],
)
def test_sizes_are_read_from_titles(title, size):
    assert size_of(title) == size


def test_an_attribute_says_more_than_a_title():
    assert size_of("Tea", {"size": "250 g"}) == ("g", 250.0)
    assert line_of("Oolong tea, 100 g") == line_of("Oolong  Tea 1 kg")


def _catalogue(rows):
    frame = pd.DataFrame(rows, columns=["sku", "product_id", "title", "price", "cost"])
    return frame.rename(columns={"price": "list_price_minor", "cost": "cost_minor"})


def _table(rows):
    return pd.DataFrame(rows, columns=["sku", "price_minor", "value"])


TEA = _catalogue([("S", "", "Tea, 100 g", 500, 200), ("L", "", "Tea, 250 g", 1200, 450)])


def test_a_larger_pack_is_never_dearer_by_the_unit():
    rise = consistent_menu(_table([("L", 1300, 50.0), ("L", 1240, 30.0)]), TEA)
    assert rise.table["price_minor"].tolist() == [1240]
    assert rise.dropped == {"L": "a larger pack would be dearer by the unit"}
    cut = consistent_menu(_table([("S", 450, 10.0)]), TEA)
    assert cut.table.empty


def test_of_two_prices_that_clash_the_less_valuable_goes():
    menu = _table([("L", 1250, 50.0), ("S", 490, 10.0)])
    assert consistent_menu(menu, TEA).table["sku"].tolist() == ["L"]
    assert consistent_menu(menu.assign(value=[5.0, 10.0]), TEA).table["sku"].tolist() == ["S"]


def test_what_is_inconsistent_already_binds_nothing():
    odd = TEA.assign(list_price_minor=[400, 1200])
    assert len(consistent_menu(_table([("L", 1250, 5.0)]), odd).table) == 1


SHIRTS = _catalogue(
    [("RED", "P", "Shirt red", 1000, 400), ("BLUE", "P", "Shirt blue", 1000, 402),
     ("SILK", "P", "Shirt silk", 1500, 800)]
)  # fmt: skip


def test_equal_variants_take_one_price_together_or_none():
    menu = _table([("BLUE", 1050, 8.0), ("BLUE", 1090, 7.0), ("RED", 1090, 9.0), ("RED", 1050, 2)])
    found = consistent_menu(menu, SHIRTS)
    assert found.table["price_minor"].tolist() == [1090, 1090]
    assert found.table["value"].tolist() == [8.0, 8.0]
    alone = consistent_menu(_table([("RED", 1090, 9.0)]), SHIRTS)
    assert alone.table.empty and "RED" in alone.dropped


def test_the_better_variant_stays_the_dearer_one():
    menu = _table([("SILK", 990, 80.0), ("SILK", 1400, 40.0)])
    assert consistent_menu(menu, SHIRTS).table["price_minor"].tolist() == [1400]


def test_an_empty_menu_and_a_catalogue_without_texts_pass():
    bare = pd.DataFrame({"sku": ["A"], "list_price_minor": [100]})
    assert consistent_menu(_table([]), bare).table.empty
    assert len(consistent_menu(_table([("A", 110, 1.0)]), bare).table) == 1
