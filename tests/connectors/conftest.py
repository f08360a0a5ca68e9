"""The small shop that the tests of applying use too."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SMALL_SHOP = Path(__file__).parents[1] / "plan" / "applying" / "small_shop.py"


def _small_shop() -> ModuleType:
    if "small_shop" not in sys.modules:
        spec = importlib.util.spec_from_file_location("small_shop", SMALL_SHOP)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["small_shop"] = module
        spec.loader.exec_module(module)
    return sys.modules["small_shop"]


@pytest.fixture(scope="session")
def small_shop() -> ModuleType:
    """Functions to make and look at a small shop."""
    return _small_shop()


@pytest.fixture(params=["local", "csv"])
def shop(request, small_shop, tmp_path):
    """A small shop behind each connector."""
    made = small_shop.Shop(tmp_path, request.param)
    small_shop.fill(made.database)
    yield made
    made.database.close()


@pytest.fixture
def files(small_shop, tmp_path):
    """A small shop behind the csv connector."""
    made = small_shop.Shop(tmp_path, "csv")
    small_shop.fill(made.database)
    yield made
    made.database.close()
