"""Suites of evaluations, one module each: ``run(*, quick, seed) -> Findings``."""

from __future__ import annotations

import time
from importlib import import_module

from evals.findings import SuiteResult, result_of

Suites = dict[str, str]

SUITES: Suites = {
    "plan": "whole plans: bands that hold, the joint choice against greedy and single agents",
    "measure": "what actions brought, against known truths and naive before and after",
    "learning": "prices that learn, and off-policy estimates",
    "year": "a year in shops with a known truth, against an oracle",
    "marketing": "lifetime value, uplift, segments and budget curves on real data",
    "elasticity": "price elasticities against known truths and published studies",
    "selection": "substitution, assortments under slots, new products, baskets",
    "forecast": "demand of SKUs and categories against simple methods and the truth",
    "pricing": "profit of prices against an oracle, two sellers, markdown to a date",
}
"""Name to what it measures; the module has the suite's name."""


def run_suite(name: str, *, quick: bool, seed: int) -> SuiteResult:
    """Run one suite.

    Raises:
        KeyError: There is none of that name.
    """
    if name not in SUITES:
        raise KeyError(name)
    started = time.perf_counter()
    found = import_module(f"evals.suites.{name}").run(quick=quick, seed=seed)
    return result_of(name, found, quick=quick, seed=seed, seconds=time.perf_counter() - started)
