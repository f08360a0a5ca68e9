"""Goods whose season ends are not forecast to go on as they did."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from tools.forecast import forecast_demand


@pytest.fixture(scope="module")
def panel():
    rng = np.random.default_rng(2)
    days = pd.date_range("2024-01-01", periods=200)
    return pd.concat(
        [pd.DataFrame({"sku": name, "date": days, "units": rng.poisson(3.0, 200)})
         for name in ("LINE", "STAYS", "LATER")]
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(panel, source):
    ends = pd.Series({"LINE": date(2024, 7, 26), "LATER": date(2025, 3, 1)})
    return forecast_demand(
        panel, start=date(2024, 7, 19), horizon_days=28, source=source, season_ends=ends
    )


def test_demand_fades_after_the_seasons_end(found):
    line, stays = found.daily.loc["LINE"], found.daily.loc["STAYS"]
    ratio = (line / stays).to_numpy() / (line / stays).iloc[0]
    assert ratio[:7] == pytest.approx(np.ones(7), rel=0.05)
    assert ratio[14] < 0.5
    assert ratio[-1] < 0.15
    assert found.onward.loc["LINE"].sum() < 0.1 * found.onward.loc["STAYS"].sum()


def test_a_season_that_lasts_changes_nothing(found):
    assert found.table.at["LATER", "mean_per_day"] == pytest.approx(
        found.table.at["STAYS", "mean_per_day"], rel=0.35
    )
    assert found.notes.get("LATER", ()) == found.notes.get("STAYS", ())


def test_the_forecast_says_that_the_season_is_over(found):
    assert any("season over from 2024-07-26" in line for line in found.assumptions("LINE"))
