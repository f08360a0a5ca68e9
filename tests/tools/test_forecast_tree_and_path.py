"""Categories add up, promotions that are planned show, and the model's features are documented."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tools.feature_list import FEATURES, features_table
from tools.forecast import forecast_demand

DOCS = Path(__file__).parents[2] / "docs" / "tools" / "forecast.md"


@pytest.fixture(scope="module")
def promoted():
    """A shop in which promotions treble sales."""
    rng = np.random.default_rng(5)
    skus, days = 40, 200
    promo = np.repeat(rng.random((skus, days // 10)) < 0.15, 10, axis=1)
    promo[:, -5:] = False
    level = rng.uniform(1, 5, (skus, 1))
    units = rng.poisson(level * np.where(promo, 3.0, 1.0))
    names = np.array([f"S{i:02d}" for i in range(skus)])
    panel = pd.DataFrame(
        {
            "sku": np.repeat(names, days),
            "date": np.tile(pd.date_range("2024-01-01", periods=days), skus),
            "units": units.ravel(),
            "list_price_minor": 1000.0,
            "discount": np.where(promo, 0.3, 0.0).ravel(),
            "promo": promo.ravel(),
        }
    )
    groups = pd.Series([f"A > {'BC'[i % 2]}" for i in range(skus)], index=names)
    return panel, groups


def _forecast(promoted, source, **more):
    panel, groups = promoted
    start = (panel["date"].max() + pd.Timedelta(days=1)).date()
    return forecast_demand(
        panel, start=start, horizon_days=14, source=source, categories=groups, **more
    )


@pytest.fixture(scope="module")
def usual(promoted, source):
    return _forecast(promoted, source)


def test_the_tree_adds_up(usual, promoted):
    table, tree = usual.table, usual.categories
    groups = promoted[1]
    assert list(tree.index) == ["", "A", "A > B", "A > C"]
    assert tree.at["", "mean_per_day"] == pytest.approx(table["mean_per_day"].sum(), rel=1e-5)
    below = tree.at["A > B", "mean_per_day"] + tree.at["A > C", "mean_per_day"]
    assert tree.at["A", "mean_per_day"] == pytest.approx(below, rel=1e-5)
    mine = table.loc[groups.index[groups == "A > B"], "mean_per_day"].sum()
    assert tree.at["A > B", "mean_per_day"] == pytest.approx(mine, rel=1e-5)
    assert (tree["p10"] < 14 * tree["mean_per_day"]).all()
    assert (tree["p90"] > 14 * tree["mean_per_day"]).all()


def test_days_add_up_to_the_mean(usual):
    assert np.allclose(usual.daily.mean(axis=1), usual.table["mean_per_day"], rtol=1e-4)


def test_a_planned_promotion_raises_its_days_only(promoted, usual, source):
    days = usual.daily.columns
    future = pd.DataFrame({"sku": "S03", "date": days[:7], "promo": True, "discount": 0.3})
    planned = _forecast(promoted, source, future=future)
    ratio = (planned.daily / usual.daily).loc["S03"]
    assert ratio[:7].mean() > 1.7
    assert ratio[7:].mean() == pytest.approx(1.0, abs=0.3)
    others = planned.daily.drop(index="S03").to_numpy().sum()
    assert others == pytest.approx(usual.daily.drop(index="S03").to_numpy().sum(), rel=0.1)


def test_a_new_sku_is_forecast_near_the_skus_that_resemble_it(promoted, source):
    panel, groups = promoted
    means = panel[~panel["promo"]].groupby("sku")["units"].mean().sort_values()
    high = list(means.index[-4:])
    last = panel["date"].max()
    fresh = panel[(panel["sku"] == high[0]) & (panel["date"] > last - pd.Timedelta(days=2))]
    panel = pd.concat([panel, fresh.assign(sku="NEW", units=[0, 1])], ignore_index=True)
    links = pd.DataFrame({"sku": "NEW", "neighbour": high, "weight": 1.0})
    categories = pd.concat([groups, pd.Series({"NEW": groups[high[0]]})])
    alone, helped = (
        _forecast((panel, categories), source, neighbours=frame).table.loc["NEW"]
        for frame in (None, links)
    )
    assert helped["mean_per_day"] > alone["mean_per_day"]
    assert helped["p95"] > 2 * helped["p50"]


def test_each_feature_is_documented_once():
    names = [each.name for each in FEATURES]
    assert len(names) == len(set(names)) >= 30
    assert features_table() in DOCS.read_text(encoding="utf-8")
