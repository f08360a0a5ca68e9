from decimal import Decimal

import pandas as pd
import pytest

from ecomagent.domain.errors import UsageError
from tools.costs import assumed_margin, with_assumed_cost


@pytest.fixture
def catalogue():
    return pd.DataFrame(
        {"list_price_minor": [1000, 999, None], "price_minor": [800, 999, None],
         "cost_minor": [None, 400, None]},
        dtype="Int64",
    )  # fmt: skip


def test_unknown_costs_follow_from_the_margin_and_are_marked(catalogue):
    filled = with_assumed_cost(catalogue, Decimal("0.5"))
    assert filled["cost_minor"].fillna(-1).tolist() == [500, 400, -1]
    assert filled["cost_assumed"].tolist() == [True, False, False]


def test_nothing_is_assumed_unless_told(catalogue):
    filled = with_assumed_cost(catalogue, None)
    assert filled["cost_minor"].isna().tolist() == [True, False, True]
    assert not filled["cost_assumed"].any()


def test_a_catalogue_without_costs_gets_the_column(catalogue):
    filled = with_assumed_cost(catalogue.drop(columns="cost_minor"), Decimal("0.4"))
    assert filled["cost_minor"].fillna(-1).tolist() == [600, 599, -1]


@pytest.mark.parametrize("margin", ["1", "-0.1", "50"])
def test_a_margin_that_is_no_fraction_is_refused(catalogue, margin):
    with pytest.raises(UsageError, match="cannot be assumed"):
        with_assumed_cost(catalogue, Decimal(margin))


def test_the_words_name_the_margin():
    assert assumed_margin(1000, 500) == "gross margin 50 % assumed, no cost on file"
