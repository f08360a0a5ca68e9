"""What a term was taken for is put into words of the goal's language."""

import pytest


def test_a_term_is_told_with_the_nodes_it_names(resolve):
    (match,) = resolve("winter jackets").matches
    assert match.told("en") == "“winter jackets” is taken for titles with these words: 2 SKUs."
    (match,) = resolve("red mugs").matches
    assert match.told("en").startswith("“red mugs” is taken for category:Kitchen > Mugs & cups")
    assert match.told("zh").startswith("“red mugs”理解为:category:Kitchen > Mugs & cups")


def test_an_exclusion_is_told_as_one(resolve):
    (match,) = resolve(exclude={"text": "sale items"}).matches
    assert match.told("en") == "“sale items” leaves out what sells below its list price: 2 SKUs."


@pytest.mark.parametrize(
    ("fields", "exact"), [({"brands": ("Northpeak",)}, True), ({"text": "mugs"}, False)]
)
def test_the_very_name_of_a_thing_need_not_be_told(resolve, fields, exact):
    assert [match.exact for match in resolve(**fields).matches] == [exact]


def test_a_state_is_told_by_what_it_means(resolve):
    (match,) = resolve(exclude={"text": "sale items"}).matches
    assert match.told("zh") == "“sale items”排除:低于标价销售的商品(2 个 SKU)。"
