"""What changes did is found where the truth is known, and not where nothing was done."""

import numpy as np
import pandas as pd
import pytest

from evals.known_effects import Setting, make_known_effects
from tools.causal_effect import Change, measure_changes

SHOP = Setting("test", skus=150, changed=25, days=420)


def measured(shop, **given):
    arguments = {"source": shop.source} | given
    return measure_changes(shop.panel, shop.categories, shop.changes, **arguments)


def gains(effects):
    return (effects.table["actual_units"] - effects.table["expected_units"]).sum()


@pytest.fixture(scope="module")
def shop():
    return make_known_effects(SHOP, 3)


@pytest.fixture(scope="module")
def effects(shop):
    return measured(shop)


def test_the_sum_of_effects_lies_within_its_error(shop, effects):
    truth = sum(shop.truth.values())
    error = effects.sd_of_sum(dict.fromkeys(effects.table.index, 1.0))
    assert abs(gains(effects) - truth) < 2.6 * error
    assert error < truth


def test_slow_sellers_that_recover_by_themselves_are_no_effect():
    naive, ours = [], []
    for seed in range(4):
        shop = make_known_effects(Setting("nothing", skus=150, changed=25, effect=0.0), seed)
        effects = measured(shop)
        ours.append(gains(effects))
        naive.append(effects.table["actual_units"].sum() - sum(shop.before.values()))
    assert abs(np.mean(ours)) < abs(np.mean(naive)) / 2


def test_order_of_rows_does_not_matter(shop, effects):
    mixed = shop.panel.sample(frac=1, random_state=1)
    again = measure_changes(mixed, shop.categories, shop.changes, source=shop.source)
    pd.testing.assert_frame_equal(again.table, effects.table)


def test_days_after_the_window_are_not_looked_at(shop):
    early = [Change(c.key, c.skus, c.first, c.first + pd.Timedelta(days=13)) for c in shop.changes]
    known = shop.panel[shop.panel["date"].dt.date <= early[0].last]
    whole = measure_changes(shop.panel, shop.categories, early, source=shop.source)
    part = measure_changes(known, shop.categories, early, source=shop.source)
    pd.testing.assert_frame_equal(whole.table, part.table)


def test_without_anything_left_alone_a_product_is_held_against_its_own_past():
    shop = make_known_effects(Setting("all", skus=12, changed=12, rate=4.0, categories=2), 1)
    table = measured(shop).table
    assert set(table["method"]) <= {"structural_series", "none"}
    told = table[table["why_not"] == ""]
    assert len(told) and (told["sd"] > 0.2 * told["expected_units"]).all()


def test_a_single_big_seller_is_followed_by_a_mix_of_others():
    rng = np.random.default_rng(5)
    days, names = 364, [f"S{n:02d}" for n in range(20)]
    common = np.cumsum(rng.normal(0, 0.05, days))
    units = rng.poisson(20 * np.exp(common)[None, :] * np.ones((20, 1)))
    units[0, -28:] = rng.poisson(20 * np.exp(common[-28:]) * 1.5)
    panel = _panel(names, units)
    day = panel["date"].dt.date
    change = Change("one", ("S00",), sorted(set(day))[-28], day.max())
    source = make_known_effects(SHOP, 3).source
    row = measure_changes(panel, dict.fromkeys(names, "C"), [change], source=source).table.loc[
        "one"
    ]
    assert row["why_not"] == ""
    assert row["actual_units"] / row["expected_units"] == pytest.approx(1.5, rel=0.1)


def test_an_effect_before_anything_was_done_silences_the_method():
    shop = make_known_effects(SHOP, 3)
    panel = shop.panel.copy()
    start = pd.Timestamp(shop.changes[0].first)
    placebo = panel["date"].between(start - pd.Timedelta(days=84), start - pd.Timedelta(days=57))
    changed = panel["sku"].isin({c.skus[0] for c in shop.changes})
    panel.loc[placebo & changed, "units"] = 4 * panel.loc[placebo & changed, "units"] + 5
    table = measure_changes(panel, shop.categories, shop.changes, source=shop.source).table
    assert table["why_not"].str.contains("placebo").mean() > 0.8


def _panel(names, units):
    days = units.shape[1]
    dates = (np.datetime64("2024-01-01") + np.arange(days)).astype("datetime64[ns]")
    return pd.DataFrame(
        {
            "sku": np.repeat(names, days),
            "date": np.tile(dates, len(names)),
            "units": np.asarray(units, dtype=float).ravel(),
        }
    )


ODD = {
    "nothing ever sold": lambda u: u * 0,
    "one sale": lambda u: np.where(np.arange(u.size).reshape(u.shape) == 30, 1, 0),
    "unknown days": lambda u: np.where(np.arange(u.shape[1]) % 3 == 0, np.nan, u),
    "returns above sales": lambda u: -u,
    "four times as much": lambda u: np.where(np.arange(u.shape[1]) > 150, 5 * u, u),
    "a huge day": lambda u: np.where(np.arange(u.size).reshape(u.shape) == 99, 1e6, u),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_data_gives_figures_or_a_reason(name, shop):
    rng = np.random.default_rng(2)
    names = [f"S{n}" for n in range(12)]
    panel = _panel(names, ODD[name](rng.poisson(2.0, (12, 200)).astype(float)))
    day = sorted(set(panel["date"].dt.date))
    changes = [Change("a", ("S1",), day[-20], day[-1]), Change("b", ("none",), day[-20], day[-1]),
               Change("c", ("S2",), day[-3], day[-1])]  # fmt: skip
    table = measure_changes(panel, {}, changes, source=shop.source).table
    told = table[table["why_not"] == ""]
    figures = told[["actual_units", "expected_units", "expected_p10", "expected_p90", "sd"]]
    assert np.isfinite(figures.to_numpy(dtype=float)).all()
    assert (figures["expected_p10"] >= 0).all()
    assert table.loc["b", "why_not"] and table.loc["c", "why_not"]


def test_an_empty_history_says_so(shop):
    empty = shop.panel.iloc[:0]
    table = measure_changes(empty, {}, shop.changes[:1], source=shop.source).table
    assert table["why_not"].iloc[0]
