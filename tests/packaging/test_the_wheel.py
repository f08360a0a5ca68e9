"""The wheel: complete, alone under its names, and working outside the checkout."""

import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("ecomagent", "tools", "knowledge_graph", "prompts", "evals")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def sources():
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix()


def test_the_wheel_holds_every_file_of_its_packages(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    assert set(sources()) - held == set()


def test_the_wheel_holds_nothing_else(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_no_other_distribution_owns_one_of_our_names():
    owners = packages_distributions()
    assert all(set(owners.get(name, ["ecomagent"])) == {"ecomagent"} for name in PACKAGES)


def test_what_the_wheel_holds_runs_away_from_the_checkout(unpacked, tmp_path):
    def types(*words):
        code = (
            f"import sys; sys.path.insert(0, {str(unpacked)!r}); import ecomagent, runpy;"
            f"assert ecomagent.__file__.startswith({str(unpacked)!r});"
            "runpy.run_module('ecomagent', run_name='__main__', alter_sys=True)"
        )
        return subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    types("init", "shop", "--currency", "EUR", "--country", "DE")
    sales = tmp_path / "sales.csv"
    sales.write_text("order_id,sku,quantity,unit_price,ordered_at\n1,A,2,9.90,2024-05-01\n")
    assert "1 new" in types("import", str(sales), "-w", "shop")
    assert "A" in types("catalog", "list", "-w", "shop")
