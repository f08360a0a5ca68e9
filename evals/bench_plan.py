"""Speed of a plan's parts, each alone in its process: ``python -m evals.bench_plan NAME``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from evals.plan_baselines import greedy
from evals.plan_menus import drawn_menu, limits_of
from tools.choose import choose
from tools.simulate import simulate_plan

SKUS, DRAWS, DAYS, CANDIDATES = 1_000, 1_000, 90, 50_000


def shop(skus: int = SKUS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A shop in twenty categories, some stock short, and a plan for a third of it."""
    rng = np.random.default_rng(0)
    mean = rng.lognormal(0.5, 1.0, skus)
    base = pd.DataFrame(
        {
            "mean_per_day": mean, "variance_per_day": 1.5 * mean, "log_error_sd": 0.3,
            "shared_error_sd": 0.1, "price_minor": 1000.0, "cost_minor": 600.0,
            "on_hand": np.ceil(mean * rng.uniform(5, 120, skus)),
            "inbound": np.where(rng.random(skus) < 0.2, np.ceil(mean * 30), 0.0),
            "return_rate": 0.05, "category": [f"C{number % 20}" for number in range(skus)],
        },
        index=pd.Index([f"S{number:05d}" for number in range(skus)], name="sku"),
    )  # fmt: skip
    touched = base.index[::3]
    plan = pd.DataFrame(
        {
            "sku": touched, "price_minor": 900.0, "elasticity": -2.2, "elasticity_se": 0.4,
            "order_units": np.ceil(mean[::3] * 30), "arrives_in_days": 10.0,
        }
    )  # fmt: skip
    return base, plan


def futures() -> dict[str, float]:
    """The tool."""
    base, plan = shop()
    simulate_plan(base.head(10), plan.head(3), horizon_days=7, currency="GBP", draws=10)
    started = time.perf_counter()
    simulate_plan(base, plan, horizon_days=DAYS, currency="GBP", draws=DRAWS)
    return {"seconds": time.perf_counter() - started}


def plain_futures() -> dict[str, float]:
    """Demand met from stock day by day, twice, nothing else."""
    base, _ = shop()
    mean = base["mean_per_day"].to_numpy()[:, None]
    stock = base["on_hand"].to_numpy()[:, None]
    started = time.perf_counter()
    for factor in (1.0, 1.2):
        rng = np.random.default_rng(0)
        left = np.repeat(stock, DRAWS, axis=1)
        for _ in range(DAYS):
            left -= np.minimum(rng.poisson(mean * factor, (SKUS, DRAWS)), left)
    return {"seconds": time.perf_counter() - started}


def joint() -> dict[str, float]:
    """The joint choice."""
    rows = drawn_menu(CANDIDATES, seed=0)
    limits = limits_of(rows)
    started = time.perf_counter()
    found = choose(rows, **limits.of_choice())
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "value": found.objective / 100, "gap": found.gap}


def greedily() -> dict[str, float]:
    """Greedy by value per cost."""
    rows = drawn_menu(CANDIDATES, seed=0)
    limits = limits_of(rows)
    started = time.perf_counter()
    value = float(greedy(rows, limits)["value"].sum())
    return {"seconds": time.perf_counter() - started, "value": value / 100}


PARTS: dict[str, Callable[[], dict[str, float]]] = {
    "futures": futures,
    "plain-futures": plain_futures,
    "joint": joint,
    "greedy": greedily,
}

if __name__ == "__main__":
    print(json.dumps(PARTS[sys.argv[1]]()))
