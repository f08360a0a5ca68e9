"""What can stand in for a product: the same category, like words, shared attributes."""

import pandas as pd

from knowledge_graph.substitutes import substitutes


def of(frame: pd.DataFrame, sku: str) -> list[str]:
    found = substitutes(frame)
    targets = found[found["source"] == f"sku:{sku}"]["target"]
    return [target.removeprefix("sku:") for target in targets]


def test_the_nearest_of_the_same_category_come_first(kg):
    plates = kg.related("P1", "substitute")
    assert [each.sku for each in plates] == ["P2"]
    assert 0.3 <= plates[0].weight <= 1
    assert "X1" not in {each.sku for each in kg.related("T2", "substitute")}


def test_variants_of_one_product_do_not_replace_each_other(kg):
    assert "M2" not in {each.sku for each in kg.related("M1", "substitute")}


def test_shared_attributes_count(product):
    frame = pd.DataFrame(
        [
            product("A", "Table lamp oak", "Lamps", attributes={"height": "25", "wood": "oak"}),
            product("B", "Table lamp metal", "Lamps", attributes={"height": "45", "wood": "no"}),
            product("C", "Table lamp metal", "Lamps", attributes={"height": "25", "wood": "no"}),
        ]
    )
    found = substitutes(frame).set_index(["source", "target"])
    assert of(frame, "A") == ["C", "B"]
    assert found.loc[("sku:A", "sku:C"), "support"] == 1
    assert found.loc[("sku:A", "sku:B"), "support"] == 0


def test_what_is_archived_replaces_nothing(product):
    frame = pd.DataFrame(
        [product("A", "Blue plate", "Plates"), product("B", "White plate", "Plates",
                                                       status="archived")]
    )  # fmt: skip
    assert of(frame, "A") == []
    assert of(frame, "B") == ["A"]


def test_without_categories_words_must_be_more_alike(product):
    frame = pd.DataFrame(
        [product("A", "RED RETROSPOT MUG"), product("B", "BLUE RETROSPOT MUG"),
         product("C", "RED GARDEN HOSE")]
    )  # fmt: skip
    assert of(frame, "A") == ["B"]


def test_an_empty_catalogue_has_none(product):
    assert substitutes(pd.DataFrame([product("A", "x")]).head(0)).empty
