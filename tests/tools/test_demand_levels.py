"""The simple models of demand, one SKU at a time."""

import numpy as np
import pandas as pd
import pytest
from statsforecast import StatsForecast
from statsforecast.models import IMAPA, CrostonSBA, SimpleExponentialSmoothingOptimized

from tools.demand_models import HALF_YEAR, WINDOW, Levels, level_of


@pytest.fixture
def levels() -> Levels:
    """One SKU of a full window, one of forty days and one without any."""
    sales = np.random.default_rng(3).poisson(0.7, (3, WINDOW)).astype(float)
    exposed = np.full(sales.shape, 1.25)
    for row, days in ((1, 40), (2, 0)):
        sales[row, : WINDOW - days] = exposed[row, : WINDOW - days] = 0.0
    days = (exposed > 0).sum(axis=1)
    return Levels(sales, exposed, days, days, np.array(["intermittent", "new", "new"]))


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("ses", SimpleExponentialSmoothingOptimized()),
        ("croston_sba", CrostonSBA()),
        ("imapa", IMAPA()),
    ],
)
def test_each_sku_gets_what_the_librarys_own_engine_says(levels: Levels, name: str, model):
    recent = levels.adjusted[:, -HALF_YEAR:]
    row, day = np.nonzero(np.isfinite(recent))
    frame = pd.DataFrame({"unique_id": row, "ds": day + 1, "y": recent[row, day]})
    engine = StatsForecast(models=[model], freq=1, n_jobs=1).forecast(df=frame, h=1)
    found = level_of(name, levels, np.zeros(3))
    assert found[:2].tolist() == engine.iloc[:, -1].tolist()
    assert found[2] == 0.0
