"""A made-up shop before and after its first plan, and a person who travels in time."""

import contextlib
import io
import json
import sys
from datetime import date
from unittest import mock

import pandas as pd
import pytest
import time_machine

from ecomagent.cli.app import application
from ecomagent.cli.failures import run_safely
from evals.sample_shop import write_sample_shop

LAST_DAY = "2026-02-28"
DATED = {
    "orders": "ordered_at", "returns": "returned_at", "stock": "at", "reviews": "at",
    "signals": "at", "competitor_prices": "at", "campaign_events": "at", "campaigns": "starts_at",
    "purchase_orders": "ordered_at", "prices": "from", "costs": "from",
}  # fmt: skip


class Traveller:
    """Types commands at moments of their own, each a minute after the one before."""

    def __init__(self, folder):
        self.folder, self.minutes = folder, 0

    def types(self, day, *words, code=0):
        self.minutes += 1
        said = io.StringIO()
        with (
            time_machine.travel(f"{day}T09:{self.minutes:02d}:00Z"),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(io.StringIO()) as complaint,
            mock.patch.object(sys, "argv", ["ecomagent", *words]),
        ):
            ended = run_safely(application())
        assert code is None or ended == code, (words, said.getvalue(), complaint.getvalue())
        return json.loads(said.getvalue()) if "--json" in words else said.getvalue()


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """A shop's history up to the plan, and what it sold in the month after."""
    folder = tmp_path_factory.mktemp("bundles")
    whole, early, late = (folder / name for name in ("whole", "early", "late"))
    write_sample_shop(whole, seed=7, products=48, days=430, end=date(2026, 3, 31))
    early.mkdir()
    late.mkdir()
    for file in whole.glob("*.csv"):
        rows = pd.read_csv(file, dtype=str)
        column = DATED.get(file.stem)
        known = pd.Series(True, index=rows.index)
        if column is not None:
            known = rows[column].isna() | (rows[column].str[:10] <= LAST_DAY)
        rows[known].to_csv(early / file.name, index=False)
        if file.stem == "orders":
            rows[~known].to_csv(late / file.name, index=False)
    return early, late


@pytest.fixture(scope="session")
def travels():
    """Opens a folder to a person who types at moments of their own."""
    return Traveller
