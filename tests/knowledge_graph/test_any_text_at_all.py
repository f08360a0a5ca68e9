"""Whatever people, files and models write: text is read, never trusted, and never in the way."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ecomagent.domain.goal import Exclusion, Scope
from knowledge_graph import HashedNgrams, build_graph, resolve_scope, search
from knowledge_graph.lexicon import retail_lexicon
from knowledge_graph.lexicon_file import lexicon_data
from knowledge_graph.words import canonical, fold, tokens

SETTINGS = settings(max_examples=80, deadline=None, derandomize=True)
PIECES = [
    "red",
    "mug",
    "羽绒服",
    "红",
    "茶",
    "sale",
    "and",
    "和",
    ",",
    "、",
    ">",
    "/",
    "::",
    "[x]",
    "İ",
]
texts = st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)


@SETTINGS
@given(text=texts, out=texts)
def test_every_scope_resolves_or_asks(kg, shop, text, out):
    found = resolve_scope(
        Scope(text=text or None, exclude=Exclusion(text=out or None)), kg, None, shop.products
    )
    assert set(found.skus) <= set(shop.products["sku"])
    assert len(found.skus) == len(set(found.skus))
    for term in found.unmatched:
        assert term in text or term in out


@SETTINGS
@given(text=texts)
def test_every_search_gives_hits_in_order(kg, text):
    hits = search(text, kg, None, 20)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


@SETTINGS
@given(text=texts)
def test_comparable_text_compares_the_same_again(text):
    assert fold(fold(text)) == fold(text)
    assert tokens(canonical(text).upper()) == tokens(canonical(text))


@SETTINGS
@given(text=texts)
def test_taking_a_phrase_apart_loses_nothing(text):
    atoms = retail_lexicon().parse(text)
    assert "".join(a.text.replace(" ", "") for a in atoms) == "".join(tokens(text))


@SETTINGS
@given(titles=st.lists(texts, min_size=1, max_size=6))
def test_a_shop_of_any_titles_has_a_graph(shop, product, titles):
    rows = [product(f"S{n}", title, title, title, tags=[title], attributes={title: title})
            for n, title in enumerate(titles)]  # fmt: skip
    made = build_graph(shop.but(products=pd.DataFrame(rows)))
    for n in range(len(titles)):
        assert made.path("shop", f"sku:S{n}")[-1] == f"sku:S{n}"
    HashedNgrams().embed(titles)


def test_every_spelling_of_the_lexicon_is_understood():
    data = lexicon_data()
    for sort in ("product", "quality", "state"):
        for concept, spellings in data[sort].items():
            for spelling in spellings:
                (atom,) = retail_lexicon().parse(spelling)
                assert (atom.sort.value, atom.concept) == (sort, concept), spelling


def test_no_spelling_means_two_things():
    data = lexicon_data()
    said = [
        (canonical(spelling), concept)
        for sort in ("product", "quality", "state")
        for concept, spellings in data[sort].items()
        for spelling in spellings
    ]
    assert len({spelling for spelling, _ in said}) == len(set(said))
    known = {concept for _, concept in said}
    for concept, kinds in data["narrower"].items():
        assert {concept, *kinds} <= known
