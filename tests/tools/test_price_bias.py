"""Where costs tell little and prices did not follow demand, all moves of prices may speak."""

import numpy as np
import pytest

from tools.elasticity import estimate_elasticity

LITTLE = {"skus": 18, "days": 730, "categories": 3, "mean": 6.0}


def errors(shop, source):
    found = estimate_elasticity(shop.panel, shop.catalogue, source=source)
    return found, found.table["elasticity"].to_numpy() - shop.elasticity


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_prices_that_did_not_follow_demand_are_used_whole(make_shop, source, seed):
    found, miss = errors(make_shop(**LITTLE, seed=seed), source)

    assert np.sqrt((miss**2).mean()) < 0.6
    assert max(group.plain_weight for group in found.groups.values()) > 0.1
    assert found.follows.error < 0.75


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_prices_that_followed_demand_are_not_believed(make_shop, source, seed):
    found, miss = errors(make_shop(**LITTLE, seed=seed, follows_demand=0.5), source)

    assert abs(miss.mean()) < 0.7
    assert found.follows.bias > 0.2


def test_what_the_whole_weighs_is_in_the_evidence(make_shop, source):
    shop = make_shop(**LITTLE)
    found = estimate_elasticity(shop.panel, shop.catalogue, source=source)

    assert 0 <= found.evidence("S0000").result["plain_weight"] <= 1
