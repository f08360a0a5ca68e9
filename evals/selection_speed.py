"""How long the assortment tools take on a large shop."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd

from ecomagent.domain.evidence import DataRef
from evals.findings import Table
from tools.choice_model import estimate_transference
from tools.forecast import DemandForecast
from tools.selection import assess_assortment

TODAY = date(2026, 7, 1)
SOURCE = DataRef(source="panel", as_of=datetime(2026, 7, 1, tzinfo=UTC))
CATEGORIES = 50


def timed(skus: int, *, days: int) -> tuple[Table, float]:
    """Seconds of transference and assessment, the forecast given; and their sum.

    Args:
        skus: Size of the shop.
        days: Length of its history.
    """
    panel, catalogue, demand, alike = _shop(skus, days)
    started = time.perf_counter()
    moved = estimate_transference(panel, catalogue, today=TODAY, source=SOURCE, substitutes=alike)
    middle = time.perf_counter()
    assess_assortment(
        panel, catalogue, demand, today=TODAY, source=SOURCE, transference=moved,
        max_active=skus // CATEGORIES - 20,
    )  # fmt: skip
    ended = time.perf_counter()
    table = Table(
        title=f"Seconds for {skus:,} SKUs × {days} days, one thread, forecast given",
        columns=("transference", "assessment with slots", "together"),
        rows=((middle - started, ended - middle, ended - started),),
        digits=1,
    )
    return table, ended - started


def _shop(skus: int, days: int) -> tuple[pd.DataFrame, pd.DataFrame, DemandForecast, pd.DataFrame]:
    rng = np.random.default_rng(0)
    names = np.array([f"S{n:06d}" for n in range(skus)])
    mean = np.exp(rng.normal(-0.5, 1.0, skus))
    sold_out = rng.random((skus, days // 10 + 1)) < 0.05
    out = np.repeat(sold_out, 10, axis=1)[:, :days]
    units = np.where(out, 0, rng.poisson(mean[:, None], (skus, days)))
    price = np.round(np.exp(rng.normal(7, 0.5, skus)))
    last = np.datetime64(TODAY) - np.timedelta64(1, "D")
    dates = (last - np.arange(days - 1, -1, -1)).astype("datetime64[ns]")
    panel = pd.DataFrame(
        {
            "sku": pd.Categorical(np.repeat(names, days)),
            "date": np.tile(dates, skus),
            "units": units.ravel(),
            "revenue_minor": (units * price[:, None]).ravel(),
            "on_hand": np.where(out, 0, 50).ravel(),
        }
    )
    category = rng.integers(0, CATEGORIES, skus)
    catalogue = pd.DataFrame(
        {
            "sku": names, "category": [f"C{c:02d}" for c in category], "status": "active",
            "price_minor": price, "cost_minor": np.round(price * 0.5), "on_hand": 50.0,
        }
    )  # fmt: skip
    table = pd.DataFrame(
        {
            "mean_per_day": mean, "variance_per_day": 1.5 * mean, "log_error_sd": 0.3,
            "history_days": days,
        },
        index=pd.Index(names, name="sku"),
    )  # fmt: skip
    return panel, catalogue, DemandForecast(table, TODAY, 28, SOURCE, 0, 1), _alike(names, category)


def _alike(names: np.ndarray, category: np.ndarray) -> pd.DataFrame:
    """Six substitutes each, as the graph has them."""
    order = np.argsort(category, kind="stable")
    one = np.repeat(order, 6)
    other = order[(np.repeat(np.arange(len(order)), 6) + np.tile(np.arange(1, 7), len(order)))
                  % len(order)]  # fmt: skip
    return pd.DataFrame({"sku": names[one], "other": names[other], "weight": 0.6})
