"""The Dominick's data as a tidy bundle loses no unit and no cent."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from evals.dominicks import write_bundle


def test_a_bundle_holds_every_unit_and_cent(shared_data: Path, tmp_path: Path):
    source = shared_data / "dominicks"
    if not source.is_dir():
        pytest.skip(f"no Dominick's data at {source}")
    written = write_bundle(source, tmp_path)

    assert written["products"] == 108
    units, revenue, days = 0, Decimal(0), set()
    with (tmp_path / "orders.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            units += int(row["quantity"])
            revenue += int(row["quantity"]) * Decimal(row["unit_price"]) - Decimal(row["discount"])
            days.add(row["ordered_at"])
    assert units == 19_474_340
    assert abs(revenue - Decimal("19433873.58")) < 50
    assert (min(days), max(days)) == (str(date(1989, 9, 14)), str(date(1996, 1, 10)))
