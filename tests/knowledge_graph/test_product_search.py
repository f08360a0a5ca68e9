"""`ecomagent search`: the words a merchant types find the products they mean."""

from knowledge_graph import search
from knowledge_graph.cards import node_card, summarise


def found(kg, index, words, k=3):
    return [hit.sku for hit in search(words, kg, index, k)]


def test_all_words_together_come_before_some_of_them(kg, index):
    assert set(found(kg, index, "warm red mug", 2)) == {"M1", "M2"}
    assert found(kg, index, "红色马克杯", 2) == found(kg, index, "red mug", 2)


def test_a_hit_says_which_words_matched_where(kg, index):
    best = search("red mug", kg, index, 1)[0]
    assert "title" in best.why and "red" in best.why and "mug" in best.why
    assert 0 < best.score <= 1
    assert best.title.startswith("Red mug")


def test_brand_tag_and_category_words_count(kg, index):
    assert found(kg, index, "Northpeak winter", 1) == ["J1"]
    assert set(found(kg, index, "tableware", 5)) >= {"P1", "P2"}


def test_descriptions_are_read_too(shop, product):
    import pandas as pd

    from knowledge_graph import build_graph

    products = pd.DataFrame(
        [product("A", "Blanket", description="Machine-washable merino."), product("B", "Blanket")]
    )
    kg = build_graph(shop.but(products=products))
    best = search("merino blanket", kg, None, 2)
    assert best[0].sku == "A" and "description" in best[0].why
    assert best[0].score > best[1].score


def test_a_sku_is_found_by_its_name(kg, index):
    assert [hit.sku for hit in search("M4", kg, index, 5)] == ["M4"]


def test_a_slip_of_the_pen_is_forgiven(kg, index):
    assert set(found(kg, index, "jakets", 3)) == {"J1", "J2", "J3"}


def test_nothing_like_it_is_nothing(kg, index):
    assert search("submarine periscope", kg, index, 5) == ()
    assert search("", kg, index, 5) == ()


def test_it_works_without_vectors(kg):
    assert set(found(kg, None, "red mug", 2)) == {"M1", "M2"}


def test_a_card_shows_what_is_next_to_a_node(kg):
    card = node_card(kg, "M1")
    assert card.node == "sku:M1" and card.title == "Red mug 350 ml"
    assert [each.sku for each in card.bought_together] == ["T1"]
    relations = {each.relation: each for each in card.relations}
    assert {"has", "is variant of"} <= set(relations)
    named = node_card(kg, "northpeak")
    assert named.node == "brand:Northpeak"
    assert named.relations[0].count == 2


def test_a_summary_counts_nodes_and_relations(kg, index):
    summary = summarise(kg, len(index))
    assert summary.skus == summary.texts == 13
    assert summary.relations["bought_together"] == 2
