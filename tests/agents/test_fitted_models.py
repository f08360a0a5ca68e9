from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from ecomagent.agents.fitted import FittedModels
from tools.fitted_demand import fit_demand

TODAY = date(2024, 4, 30)


@pytest.fixture
def panel():
    days = pd.date_range("2024-01-01", periods=120)
    return pd.DataFrame({"sku": "A", "date": days, "units": np.tile([1.0, 3.0], 60)})


@pytest.fixture
def ask(tmp_path, panel):
    """Asks for models and says how often they were fitted so far."""
    fits = []

    def ask(*, data="h1", today=TODAY, panel=panel):
        known = panel[panel["date"] < pd.Timestamp(today)]

        def fit():
            fits.append(today)
            return fit_demand(known, horizon_days=14)

        FittedModels(tmp_path / "models").demand(
            known, fit, data=data, horizon_days=14, country="", today=today
        )
        return len(fits)

    ask.folder = tmp_path / "models"
    return ask


def test_what_has_not_changed_is_not_fitted_again(ask):
    assert ask() == 1
    assert ask() == 1


def test_changed_data_of_the_same_day_is_fitted_again(ask):
    assert ask() == 1
    assert ask(data="h2") == 2


def test_newer_data_uses_the_models_for_a_week(ask, panel):
    later = panel.assign(date=panel["date"] + pd.Timedelta(days=8))
    longer = pd.concat([panel, later.tail(8)], ignore_index=True)
    assert ask() == 1
    assert ask(data="h2", today=TODAY + timedelta(days=7), panel=longer) == 1
    assert ask(data="h2", today=TODAY + timedelta(days=8), panel=longer) == 2


def test_a_plan_as_of_the_past_never_uses_models_that_saw_later_days(ask):
    assert ask() == 1
    assert ask(today=TODAY - timedelta(days=3)) == 2
    assert ask() == 2


@pytest.mark.parametrize("spoil", [b"", b"not gzip", b"\x1f\x8b\x08\x00broken"])
def test_a_broken_file_is_fitted_again(ask, spoil):
    assert ask() == 1
    (file,) = ask.folder.iterdir()
    file.write_bytes(spoil)
    assert ask() == 2
    assert ask() == 2
