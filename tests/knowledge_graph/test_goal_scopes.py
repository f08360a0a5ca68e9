"""What a goal's words mean among the products of a small bilingual shop."""

import pandas as pd
import pytest

from ecomagent.domain.goal import Scope
from knowledge_graph import build_graph, resolve_scope


def skus(resolved):
    return " ".join(resolved.skus)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("jackets", "J1 J2 J3"),
        ("winter jackets", "J1 J3"),
        ("羽绒服", "J1 J3"),
        ("冬季夹克", "J1 J3"),
        ("red mugs", "M1 M2"),
        ("红色马克杯", "M1 M2"),
        ("紅色馬克杯", "M1 M2"),
        ("Mugs", "M1 M2 M3 M4"),
        ("cups", "M1 M2 M3 M4"),
        ("马克杯", "M1 M2 M3 M4"),
        ("ceramic mugs", "M3"),
        ("blue mug", "M3"),
        ("tea", "T1 T2"),
        ("茶叶", "T1 T2"),
        ("红茶", "T1"),
        ("tea towels", "X1"),
        ("espresso", "M4"),
        ("Northpeak", "J1 J2"),
        ("Xueyuan", "J3"),
        ("景德马克杯", "M3"),
        ("Bluewood mugs", "M1 M2 M4"),
        ("gifts", "M1 M2 T1"),
        ("women's jackets", "J1"),
        ("children's jackets", "J3"),
        ("clothing", "J1 J2 J3"),
        ("Kitchen > Tableware", "P1 P2"),
        ("M4", "M4"),
        ("P-M", "M1 M2"),
    ],
)
def test_words_mean_products(resolve, words, meant):
    found = resolve(words)
    assert skus(found) == meant
    assert not found.unmatched


@pytest.mark.parametrize(
    "words", ["submarine periscopes", "felt mugs", "冰箱", "winter mugs", "green jackets", "???"]
)
def test_what_is_not_sold_here_is_handed_back(resolve, words):
    found = resolve(words)
    assert (found.skus, found.unmatched) == ((), (words,))


@pytest.mark.parametrize("words", ["everything", "all our products", "全部商品"])
def test_words_that_name_nothing_mean_everything(resolve, shop, words):
    assert len(resolve(words).skus) == len(shop.products)


def test_an_empty_scope_is_the_whole_shop(resolve, shop):
    assert list(resolve().skus) == shop.products["sku"].tolist()


def test_terms_of_a_list_add_up(resolve):
    assert skus(resolve("red mugs, tea towels")) == "M1 M2 X1"
    assert skus(resolve("红色马克杯、羽绒服")) == "J1 J3 M1 M2"
    assert skus(resolve("tea towels and jackets")) == "J1 J2 J3 X1"


def test_a_quality_in_a_list_takes_the_noun_that_follows(resolve):
    assert skus(resolve("blue, white plates")) == "P1 P2"


def test_a_text_that_names_products_adds_to_categories(resolve):
    found = resolve("winter jackets", categories=("Kitchen > Tableware",))
    assert skus(found) == "J1 J3 P1 P2"


def test_a_text_that_only_says_how_they_are_narrows_categories(resolve):
    assert skus(resolve("white", categories=("Kitchen",))) == "M4 P2"


def test_brands_and_tags_narrow(resolve):
    assert skus(resolve("jackets", brands=("Northpeak",))) == "J1 J2"
    assert skus(resolve(categories=("Clothing > Jackets",), tags=("winter",))) == "J1 J3"


def test_a_parent_category_holds_its_children(resolve):
    assert skus(resolve(categories=("kitchen",))) == "M1 M2 M3 M4 X1 X2 P1 P2"


def test_skus_come_on_top_unless_they_are_in_it_already(resolve):
    assert skus(resolve(brands=("Northpeak",), skus=("t1",))) == "J1 J2 T1"
    assert skus(resolve(brands=("Northpeak",), skus=("J2",))) == "J2"
    assert resolve(skus=("nope",)).unmatched == ("nope",)


def test_everything_of_a_brand_but_sale_items(resolve):
    promoted = resolve(exclude={"text": "sale items"})
    assert "J3" not in promoted.skus and "M3" not in promoted.skus
    found = resolve(categories=("Clothing",), exclude={"text": "促销商品"})
    assert skus(found) == "J1 J2"


def test_nothing_on_sale_is_an_answer_and_no_question(shop, kg):
    catalogue = shop.catalogue().assign(promotion_id=None, price_minor=1000.0)
    scope = Scope.model_validate({"exclude": {"text": "sale items"}})
    found = resolve_scope(scope, kg, None, catalogue)
    assert len(found.skus) == len(catalogue)
    assert not found.unmatched


def test_an_exclusion_that_means_nothing_is_asked_about(resolve):
    assert resolve("mugs", exclude={"brands": ("Acme",)}).unmatched == ("Acme",)


@pytest.mark.parametrize(
    ("words", "meant"),
    [("dead stock", "M4"), ("滞销品", "M4"), ("new arrivals", "T2"), ("缺货商品", "T1"),
     ("sale jackets", "J3")],
)  # fmt: skip
def test_what_only_figures_tell(resolve, words, meant):
    assert skus(resolve(words)) == meant


def test_a_slip_of_the_pen_is_put_right_and_said(resolve):
    found = resolve("jakets")
    assert skus(found) == "J1 J2 J3"
    assert found.matches[0].kind == "similar"


def test_each_match_says_what_it_was_taken_for(resolve):
    match = resolve("red mugs").matches[0]
    assert (match.term, match.kind, match.target) == (
        "red mugs", "category", "category:Kitchen > Mugs & cups / 马克杯",
    )  # fmt: skip
    assert "attribute:colour=red" in match.targets
    assert match.skus == ("M1", "M2")


def test_a_shop_without_categories_is_searched_by_title(product, shop):
    products = pd.DataFrame(
        [product("1", "RED RETROSPOT MUG"), product("2", "MUG TREE STAND"),
         product("3", "T-LIGHT HOLDER"), product("4", "POTTERING COFFEE MUGS")]
    )  # fmt: skip
    kg = build_graph(shop.but(products=products))
    assert resolve_scope(Scope(text="coffee mugs"), kg, None, products).skus == ("4",)
    assert resolve_scope(Scope(text="红色马克杯"), kg, None, products).skus == ("1",)


def test_a_sku_newer_than_the_graph_is_in_scope_all_the_same(shop, kg, product):
    catalogue = pd.concat(
        [shop.catalogue(), pd.DataFrame([product("N1", "Brand-new red mug", "Kitchen > Mugs")])],
        ignore_index=True,
    )
    assert "N1" in resolve_scope(Scope(text="red mugs"), kg, None, catalogue).skus


def test_only_skus_are_needed_of_a_catalogue(kg):
    bare = pd.DataFrame({"sku": ["A", "B"]})
    assert resolve_scope(Scope(), kg, None, bare).skus == ("A", "B")
    assert resolve_scope(Scope(text="mugs"), kg, None, bare).unmatched == ("mugs",)
