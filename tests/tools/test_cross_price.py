"""How demand answers the prices of substitutes and of the competitor."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evals.price_worlds import PriceWorld, draw_shop
from tools.cross_price import CROSS, CROSS_SD
from tools.elasticity import estimate_elasticity

WORLD = PriceWorld(
    skus=160, categories=8, own_costs=0.06, supplier_costs=0.12, costs_known="own", spread=0.2
)


def _cross(world, source, seed=1):
    shop = draw_shop(world, seed)
    return estimate_elasticity(shop.panel, shop.catalogue, source=source).cross


def test_substitutes_that_matter_are_told_from_those_that_do_not(source):
    strong = _cross(replace(WORLD, cross=0.8), source).table
    none = _cross(replace(WORLD, cross=0.0), source).table
    assert strong["cross"].mean() > none["cross"].mean() + 0.1
    assert strong["estimate"].mean() > none["estimate"].mean() + 0.4
    assert strong["cross_error"].between(0.01, 0.3).all()


def test_a_competitors_price_is_seen_where_it_is_on_file(source):
    seen = _cross(replace(WORLD, skus=80, categories=2, rival=0.8), source).table
    unknown = draw_shop(replace(WORLD, skus=80, categories=2), 1)
    panel = unknown.panel.drop(columns="competitor_price_minor")
    blind = estimate_elasticity(panel, unknown.catalogue, source=source).cross.table
    assert seen["rival"].mean() > 0.5
    assert blind["rival"].tolist() == [0.3, 0.3]


def test_prices_that_never_moved_leave_what_is_usual(source):
    found = _cross(PriceWorld(skus=20, categories=2, days=400, moves=False), source)
    assert found.table.empty
    asked = found.of(pd.Series(["C0", "nowhere"], index=["a", "b"]))
    assert asked["cross"].tolist() == [CROSS, CROSS]
    assert asked["cross_error"].tolist() == [CROSS_SD, CROSS_SD]
    assert list(asked.index) == ["a", "b"]


def test_the_figure_follows_from_its_evidence(source):
    found = _cross(WORLD, source)
    for category in found.table.index:
        said = found.evidence(category).result
        noise, spread = said["estimate_error"] ** 2, said["spread"] ** 2
        trust = spread / (spread + noise)
        again = said["shop"] + trust * (said["estimate"] - said["shop"])
        assert said["cross"] == pytest.approx(max(again, 0.0), rel=1e-3, abs=1e-4)


def test_a_short_history_says_nothing_of_substitutes(source):
    found = _cross(replace(WORLD, days=220), source).table
    assert found["estimate"].isna().all()
    assert np.allclose(found["cross"], CROSS)
    assert set(found["basis"]) == {"prior"}
