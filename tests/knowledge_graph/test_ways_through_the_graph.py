"""Nodes, relations, paths, and why a SKU belongs to a goal."""

import pandas as pd
import pytest

from ecomagent.domain.goal import Exclusion, Scope
from knowledge_graph import build_graph

MUGS = "category:Kitchen > Mugs & cups / 马克杯"


def test_a_sku_is_reached_from_the_shop_through_category_and_product(kg):
    assert kg.path("shop", "sku:M1") == (
        "shop", "contains", "category:Kitchen", "contains", MUGS, "contains", "product:P-M",
        "has variant", "sku:M1",
    )  # fmt: skip


def test_paths_read_relations_in_the_direction_they_are_walked(kg):
    assert kg.path("sku:J1", "supplier:S1") == ("sku:J1", "is supplied by", "supplier:S1")
    assert kg.path("sku:M1", "sku:M2") == (
        "sku:M1", "is variant of", "product:P-M", "has variant", "sku:M2",
    )  # fmt: skip
    assert kg.path("sku:P1", "sku:P2") == ("sku:P1", "substitute", "sku:P2")
    assert kg.path("sku:M1", "sku:T1") == ("sku:M1", "bought_together", "sku:T1")


def test_there_is_no_way_to_what_does_not_exist(kg):
    assert kg.path("sku:M1", "sku:nope") == ()


def test_every_kind_of_thing_is_a_node(shop):
    people = pd.DataFrame({"customer_id": ["C0", "C1", "C2", "C3"]})
    named = pd.Series(["loyal", "loyal", "new", "new"], index=people["customer_id"])
    kg = build_graph(shop.but(people=people), segments=lambda customers: named)
    nodes = kg.counts["nodes"]
    assert set(nodes) == {"shop", "category", "brand", "tag", "attribute", "supplier", "segment",
                          "product", "sku"}  # fmt: skip
    assert nodes["sku"] == 13 and nodes["product"] == 12
    assert kg.path("shop", "segment:loyal") == ("shop", "has segment", "segment:loyal")


def test_a_segment_prefers_what_it_buys_more_of_than_others(shop, orders_of):
    lines = orders_of(*["M1", "J1", "M1", "J1"] * 12)  # customers 0 and 2 buy mugs, 1 and 3 jackets
    named = pd.Series({"C0": "mug lovers", "C2": "mug lovers", "C1": "others", "C3": "others"})
    kg = build_graph(shop.but(lines=lines), segments=lambda customers: named)
    preferred = {
        edge.target: edge for edge in kg.neighbours("segment:mug lovers")
        if edge.relation == "prefers"
    }  # fmt: skip
    assert set(preferred) == {MUGS, "sku:M1"}
    assert preferred["sku:M1"].weight == pytest.approx(2.0)
    assert preferred["sku:M1"].support == 24


@pytest.mark.parametrize(
    ("sku", "scope", "path"),
    [
        ("M1", Scope(text="red mugs"),
         ("goal", "names", MUGS, "contains", "product:P-M", "has variant", "sku:M1")),
        ("M1", Scope(categories=("Kitchen",)),
         ("goal", "names", "category:Kitchen", "contains", MUGS, "contains", "product:P-M",
          "has variant", "sku:M1")),
        ("J1", Scope(brands=("Northpeak",)),
         ("goal", "names", "brand:Northpeak", "makes", "product:P-J1", "has variant", "sku:J1")),
        ("J1", Scope(tags=("winter",)),
         ("goal", "names", "tag:winter", "marks", "product:P-J1", "has variant", "sku:J1")),
        ("X1", Scope(text="blue"),
         ("goal", "names", "attribute:colour=blue", "describes", "sku:X1")),
        ("M4", Scope(text="espresso"),
         ("goal", "names", "term:espresso", "is in the title of", "product:P-M4", "has variant",
          "sku:M4")),
        ("M4", Scope(skus=("M4",)), ("goal", "names", "sku:M4")),
        ("J3", Scope(text="羽绒服"),
         ("goal", "names", "term:羽绒服", "is in the title of", "product:P-J3", "has variant",
          "sku:J3")),
        ("P1", Scope(),
         ("shop", "contains", "category:Kitchen", "contains", "category:Kitchen > Tableware",
          "contains", "product:P-P1", "has variant", "sku:P1")),
        ("P1", Scope(exclude=Exclusion(text="mugs")),
         ("shop", "contains", "category:Kitchen", "contains", "category:Kitchen > Tableware",
          "contains", "product:P-P1", "has variant", "sku:P1")),
        ("brand-new", Scope(text="mugs"), ("shop", "sells", "sku:brand-new")),
    ],
)  # fmt: skip
def test_why_a_sku_belongs_to_a_goal(kg, sku, scope, path):
    assert kg.explain(sku, scope) == path


def test_an_attribute_that_every_product_has_another_value_of_makes_no_nodes(shop, product):
    products = pd.DataFrame(
        [product(f"S{n}", f"Mug {n}", attributes={"barcode": str(n), "colour": "red"})
         for n in range(450)]
    )  # fmt: skip
    kg = build_graph(shop.but(products=products))
    assert kg.counts["nodes"]["attribute"] == 1
