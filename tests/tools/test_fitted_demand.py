from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.errors import UsageError
from tools.fitted_demand import FittedDemand, fit_demand
from tools.forecast import forecast_demand

HORIZON = 14


@pytest.fixture(scope="module")
def shop(make_shop):
    return make_shop(30, 300, mean=2.0)


@pytest.fixture(scope="module")
def fitted(shop):
    known = shop.until(20)
    return fit_demand(known.panel, horizon_days=HORIZON, country="CN")


def test_models_read_back_give_the_same_forecast(shop, fitted, source):
    known = shop.until(20)
    again = FittedDemand.from_json(fitted.to_json())
    assert again is not None
    tables = [
        forecast_demand(
            known.panel, start=known.next_day, horizon_days=HORIZON, source=source, country="CN",
            fitted=models,
        ).table
        for models in (None, again)
    ]  # fmt: skip
    pd.testing.assert_frame_equal(*tables)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 0}', '{"version": 1}'])
def test_broken_text_and_other_versions_are_no_models(text):
    assert FittedDemand.from_json(text) is None


def test_models_serve_for_a_week_and_never_for_the_past(shop, fitted):
    first_unseen = shop.until(20).next_day

    def suits(days_later, horizon_days=HORIZON, country="CN"):
        today = first_unseen + timedelta(days=days_later)
        return fitted.suits(
            shop.panel, horizon_days=horizon_days, country=country, today=today
        )  # fmt: skip

    assert suits(0)
    assert suits(7)
    assert not suits(8)
    assert not suits(-1)
    assert not suits(0, horizon_days=28)
    assert not suits(0, country="GB")


def test_models_do_not_serve_for_data_that_was_changed(shop, fitted):
    changed = shop.panel.assign(units=shop.panel["units"] * 2)
    today = shop.until(20).next_day
    assert not fitted.suits(changed, horizon_days=HORIZON, country="CN", today=today)


def test_models_of_another_horizon_are_refused(shop, fitted, source):
    with pytest.raises(UsageError):
        forecast_demand(
            shop.panel, start=shop.next_day, horizon_days=28, source=source, fitted=fitted
        )


def test_older_models_use_todays_levels_and_say_so(shop, fitted, source):
    known = shop.until(15)
    doubled = known.panel.copy()
    doubled.loc[doubled["sku"] == "S0003", "units"] *= 3
    found = [
        forecast_demand(
            panel, start=known.next_day, horizon_days=HORIZON, source=source, country="CN",
            fitted=fitted,
        )
        for panel in (known.panel, doubled)
    ]  # fmt: skip
    means = [each.table.at["S0003", "mean_per_day"] for each in found]
    assert means[1] > 2 * means[0]
    assert any("models fitted on sales up to" in note for note in found[0].assumptions("S0003"))
    assert np.isfinite(found[0].daily.to_numpy()).all()
