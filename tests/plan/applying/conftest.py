"""The small shop of this folder, as a fixture."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent


def _load(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def small_shop() -> ModuleType:
    """Functions to make and look at a small shop."""
    return _load("small_shop")


@pytest.fixture(params=["local", "csv"])
def shop(request, small_shop, tmp_path):
    """A small shop behind each connector."""
    made = small_shop.Shop(tmp_path, request.param)
    small_shop.fill(made.database)
    yield made
    made.database.close()


@pytest.fixture
def local(small_shop, tmp_path):
    """A small shop behind the local connector."""
    made = small_shop.Shop(tmp_path)
    small_shop.fill(made.database)
    yield made
    made.database.close()
