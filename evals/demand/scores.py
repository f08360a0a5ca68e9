"""How far off a forecast was: over the category tree, by SKU, and whether its bands held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evals.demand.cases import Case

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tree:
    """Which SKU belongs to which node; the shop is the first node and SKUs are the last.

    Attributes:
        membership: Shape (nodes, SKUs), 0 or 1.
        level: Depth of each node, 0 for the shop.
    """

    membership: Floats
    level: npt.NDArray[np.int64]


def tree_of(skus: list[str], categories: pd.Series) -> Tree:
    """Shop, each step of the category path, SKU."""
    paths = [str(path).split(" > ") for path in categories.reindex(skus).fillna("")]
    depth = max(len(path) for path in paths)
    rows, levels = [np.ones(len(skus))], [0]
    for step in range(1, depth + 1):
        names = np.array([" > ".join(path[:step]) for path in paths])
        for name in np.unique(names):
            rows.append((names == name).astype(float))
            levels.append(step)
    rows.extend(np.eye(len(skus)))
    levels.extend([depth + 1] * len(skus))
    return Tree(np.array(rows), np.array(levels))


def known_matrix(case: Case, column: str = "units") -> Floats:
    """A column before the starting day, SKU × day, zero where the SKU was not on sale."""
    panel = case.known.assign(sku=case.known["sku"].astype(str))
    found = panel.pivot_table(index="sku", columns="date", values=column, aggfunc="sum")
    return np.asarray(np.nan_to_num(found.reindex(case.skus).to_numpy(dtype=np.float64)))


def usual_units(case: Case) -> Floats:
    """Mean units of each SKU on its days on sale among the last 182, at least a tenth."""
    last = case.known[case.known["date"] >= np.datetime64(case.start) - np.timedelta64(182, "D")]
    mean = last.assign(sku=last["sku"].astype(str)).groupby("sku")["units"].mean()
    found = mean.reindex(case.skus).fillna(0.0).to_numpy(dtype=np.float64)
    return np.asarray(np.maximum(found, 0.1))


def wrmsse(case: Case, forecast: Floats, *, wanted: Floats | None = None) -> float:
    """Weighted root mean squared scaled error over the tree (M5's, with its weights).

    Each level of the tree counts the same; within a level, nodes count by their revenue (units
    where there is none) of the last 28 days. Errors are scaled by those of repeating yesterday
    (the last week's day where days were dealt from weeks) in the past.

    Args:
        case: What happened.
        forecast: SKU × day.
        wanted: Compared with; the units sold where None.
    """
    past = known_matrix(case)
    value = known_matrix(case, "revenue_minor") if "revenue_minor" in case.known else past
    sold = np.nan_to_num(case.actual.to_numpy(dtype=np.float64)) if wanted is None else wanted
    tree = tree_of(case.skus, case.sales.categories)
    step = case.sales.period
    history, actual, expected = (
        _periods(tree.membership @ each, step) for each in (past, sold, forecast)
    )
    scale = _naive_error(history)
    error = np.square(actual - expected).mean(axis=1)
    weight = (tree.membership @ value)[:, -28:].sum(axis=1) * (scale > 0)
    ratio = np.sqrt(np.divide(error, scale, out=np.zeros_like(error), where=scale > 0))
    levels = np.unique(tree.level)
    shares = [weight[tree.level == level] / weight[tree.level == level].sum() for level in levels]
    parts = [float(share @ ratio[tree.level == level])
             for level, share in zip(levels, shares, strict=True)]  # fmt: skip
    return float(np.mean(parts))


def _periods(units: Floats, days: int) -> Floats:
    """Sums of so many days, the latest complete ones."""
    count = units.shape[1] // days
    latest = units[:, units.shape[1] - count * days :]
    return np.asarray(latest.reshape(len(units), count, days).sum(axis=2))


def _naive_error(history: Floats) -> Floats:
    """Mean squared difference of neighbouring periods since the node's first sale."""
    begun = np.cumsum(history, axis=1) > 0
    steps = np.square(np.diff(history, axis=1)) * begun[:, :-1]
    return np.asarray(steps.sum(axis=1) / np.maximum(begun[:, :-1].sum(axis=1), 1))


def wape(case: Case, forecast: Floats) -> float:
    """Absolute misses of each SKU's total over the horizon, as a share of what sold."""
    miss, sold = _totals(case, forecast)
    return float(np.abs(miss).sum() / max(sold.sum(), 1))


def squared_error(case: Case, forecast: Floats) -> float:
    """Mean squared error by day of demand on days not sold out, each SKU scaled by its mean."""
    actual = case.actual.to_numpy(dtype=np.float64)
    weight = 1 / usual_units(case)
    miss = np.where(case.free, actual - forecast, 0.0)
    return float((np.square(miss) * weight[:, None]).sum() / max(case.free.sum(), 1))


def excess_error(case: Case, forecast: Floats) -> float:
    """Mean squared distance from the true mean, scaled alike; what is left to be gained."""
    assert case.truth is not None
    truth = case.truth.to_numpy(dtype=np.float64)
    weight = 1 / usual_units(case)
    known = np.isfinite(truth) & case.free
    miss = np.where(known, truth - forecast, 0.0)
    return float((np.square(miss) * weight[:, None]).sum() / max(known.sum(), 1))


def pinball_loss(sold: Floats, table: pd.DataFrame) -> float:
    """Mean over SKUs and the five quantiles, each SKU scaled by what it was expected to sell."""
    scale = 1 + table["p50"].to_numpy(dtype=np.float64)
    losses = []
    for name, level in (("p05", 0.05), ("p10", 0.1), ("p50", 0.5), ("p90", 0.9), ("p95", 0.95)):
        miss = sold - table[name].to_numpy(dtype=np.float64)
        losses.append(np.maximum(level * miss, (level - 1) * miss) / scale)
    return float(np.mean(losses)) if len(sold) else 0.0


def _totals(case: Case, forecast: Floats) -> tuple[Floats, Floats]:
    """Misses and units over the days not sold out."""
    actual = np.where(case.free, np.nan_to_num(case.actual.to_numpy(dtype=np.float64)), 0.0)
    expected = np.where(case.free, forecast, 0.0)
    return actual.sum(axis=1) - expected.sum(axis=1), actual.sum(axis=1)


@dataclass(frozen=True)
class Bands:
    """Quantiles of the units over the horizon and what was sold, one entry a SKU or node."""

    actual: Floats
    low: Floats
    high: Floats

    def coverage(self) -> float:
        """Share inside; both ends belong to the band."""
        return float(np.mean((self.actual >= self.low) & (self.actual <= self.high)))

    def where(self, chosen: npt.NDArray[np.bool_]) -> Bands:
        """Some of them."""
        return Bands(self.actual[chosen], self.low[chosen], self.high[chosen])


def join(bands: list[Bands]) -> Bands:
    """All of them as one."""
    return Bands(*(np.concatenate([getattr(each, name) for each in bands])
                   for name in ("actual", "low", "high")))  # fmt: skip
