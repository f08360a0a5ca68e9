"""The same forecast on Spark as in this process, to the last digit."""

import shutil

import pandas as pd
import pytest

from tools.fitted_demand import fit_demand
from tools.forecast import forecast_demand

pytest.importorskip("pyspark", reason="the extra spark is not installed")
pytest.importorskip("fugue", reason="the extra spark is not installed")
if shutil.which("java") is None:
    pytest.skip("no Java runtime", allow_module_level=True)


@pytest.fixture(scope="module")
def spark():
    from ecomagent.spark import Spark

    return Spark("local[2]")


def test_fit_and_forecast_are_equal_on_both_engines(make_shop, source, spark):
    shop = make_shop(40, 400)
    about = {"horizon_days": 28, "categories": shop.catalogue.set_index("sku")["category"]}

    def forecast(**engine):
        fitted = fit_demand(shop.panel, **about, **engine)
        made = forecast_demand(
            shop.panel, start=shop.next_day, source=source, fitted=fitted, **about, **engine
        )
        return fitted, made

    (here, mine), (there, theirs) = forecast(), forecast(engine=spark)

    assert here.to_json() == there.to_json()
    pd.testing.assert_frame_equal(mine.table, theirs.table, check_exact=True)
    pd.testing.assert_frame_equal(mine.daily, theirs.daily, check_exact=True)
    pd.testing.assert_frame_equal(mine.categories, theirs.categories, check_exact=True)


def test_parts_keep_their_order_and_none_gives_none(spark):
    assert spark.map(str, range(20)) == [str(each) for each in range(20)]
    assert spark.map(str, []) == []
