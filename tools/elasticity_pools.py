"""How single elasticities are pulled together: SKU to neighbours, category, shop, literature."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.figures import significant
from tools.own_response import OwnResponse
from tools.price_history import OTHERS, PriceWeeks
from tools.price_response import GroupResponse
from tools.price_timing import Following
from tools.shrinkage import Pool, combine, pool

Floats = npt.NDArray[np.float64]

PRIOR, PRIOR_SD = -2.2, 1.5
"""Median of 1,851 published elasticities, and about their spread (Bijmolt et al. 2005)."""
LEAST_SPREAD, MOST_SPREAD = 0.4, 1.0
"""Elasticities within a category differ by something between these; categories, by at least the
first."""
MOST_ALIKE = 0.9
"""Largest correlation assumed of neighbours' elasticities."""
LEAST_PAIRS = 20
"""Pairs of neighbours that are needed to tell whether they are alike."""


def pools_of(groups: dict[str, GroupResponse], follows: Following) -> tuple[Pool, dict[str, Pool]]:
    """The shop's mean elasticity, and each group's pulled towards it.

    A group's ``spread`` is its share of own evidence.
    """
    shop = _shop(groups, follows)
    return shop, {name: _group_pool(found, groups, shop) for name, found in groups.items()}


def parts_of(
    catalogue: pd.DataFrame,
    weeks: PriceWeeks,
    pools: dict[str, Pool],
    shop: Pool,
    own: dict[str, OwnResponse],
    neighbours: pd.DataFrame | None,
) -> pd.DataFrame:
    """What each SKU's elasticity is made of; index ``sku``, sorted.

    Columns: ``group``, ``pool``, ``pool_error``, ``pool_trust``, ``own_gap``,
    ``own_gap_error`` (NaN where its own past is silent), ``near`` and ``spread``: mean and
    standard deviation of the gap before its own past speaks, given its neighbours'.
    """
    names = pd.Index(sorted({*weeks.skus, *catalogue["sku"].astype(str)}), name="sku")
    frame = pd.DataFrame({"group": _group(names, catalogue, weeks, pools)}, index=names)
    outside = Pool(shop.mean, float(np.hypot(shop.error, shop.spread if pools else 0.0)), 0.0)
    chosen = [pools.get(name, outside) for name in frame["group"]]
    frame["pool"] = significant([each.mean for each in chosen])
    frame["pool_error"] = significant([each.error for each in chosen])
    frame["pool_trust"] = significant([each.spread for each in chosen])
    for column in ("own_gap", "own_gap_error"):
        frame[column] = np.nan
    for name, found in own.items():
        rows = weeks.skus[weeks.group == name]
        frame.loc[rows, "own_gap"] = significant(found.gap)
        frame.loc[rows, "own_gap_error"] = significant(found.error)
    frame["near"], frame["spread"] = 0.0, _spread(frame["own_gap"], frame["own_gap_error"])
    return frame if neighbours is None else _beside(frame, neighbours)


def _group(
    names: pd.Index, catalogue: pd.DataFrame, weeks: PriceWeeks, pools: dict[str, Pool]
) -> pd.Series:
    named = pd.Series(catalogue["category"].to_numpy(), index=catalogue["sku"].astype(str))
    named = named[~named.index.duplicated()].reindex(names)
    known = pd.Series(weeks.group, index=weeks.skus).reindex(names)
    return known.where(known.notna(), named.where(named.isin(list(pools)), OTHERS)).astype(str)


def _shop(groups: dict[str, GroupResponse], follows: Following) -> Pool:
    """Instrumented groups if any, else all with their common bias taken off."""
    for instrumented in (True, False):
        chosen = _kind(groups, instrumented=instrumented)
        if chosen:
            found = _mean(chosen)
            bias, doubt = (0.0, 0.0) if instrumented else (follows.bias, follows.error)
            error = float(np.hypot(found.error, doubt))
            mean, error = combine(found.mean - bias, error, PRIOR, PRIOR_SD)
            return Pool(mean, error, found.spread)
    return Pool(PRIOR, PRIOR_SD, PRIOR_SD)


def _kind(groups: dict[str, GroupResponse], *, instrumented: bool) -> list[GroupResponse]:
    return [group for group in groups.values() if group.instrumented is instrumented]


def _mean(groups: list[GroupResponse]) -> Pool:
    return pool(
        np.array([group.elasticity for group in groups]),
        np.array([group.std_error for group in groups]),
        least_spread=LEAST_SPREAD,
    )


def _group_pool(found: GroupResponse, groups: dict[str, GroupResponse], shop: Pool) -> Pool:
    like = _mean(_kind(groups, instrumented=found.instrumented))
    trust = like.spread**2 / (like.spread**2 + found.std_error**2)
    mean = shop.mean + trust * (found.elasticity - like.mean)
    common = shop.error * (1 - trust) if found.instrumented else shop.error
    return Pool(mean, float(np.hypot(common, np.sqrt(trust) * found.std_error)), trust)


def _spread(gap: pd.Series, error: pd.Series) -> float:
    """Standard deviation of SKUs' true elasticities within their category, over the shop."""
    seen = gap.notna().to_numpy()
    if seen.sum() < 2:
        return LEAST_SPREAD
    gaps, errors = gap.to_numpy()[seen], error.to_numpy()[seen]
    found = pool(gaps, errors, least_spread=LEAST_SPREAD).spread
    return float(significant(min(found, MOST_SPREAD)))


def _beside(frame: pd.DataFrame, neighbours: pd.DataFrame) -> pd.DataFrame:
    """Mean and spread of each gap given the neighbours', by best linear prediction.

    How alike neighbours are is the mean product of their gaps over the spread; the errors of
    two SKUs' gaps have nothing in common.
    """
    pairs = _pairs(frame, neighbours)
    spread = float(frame["spread"].iloc[0]) if len(frame) else LEAST_SPREAD
    if len(pairs) < LEAST_PAIRS:
        return frame
    weight = 1 / (spread**2 + pairs["noise"] ** 2)
    paired = pairs["own"].notna()
    certain = 1 / ((spread**2 + pairs["noise"] ** 2) * (spread**2 + pairs["own_noise"] ** 2))
    together = (certain * pairs["own"] * pairs["gap"])[paired].sum() / certain[paired].sum()
    alike = float(np.clip(together / spread**2, 0.0, MOST_ALIKE))
    share = weight / weight.groupby(pairs["sku"]).transform("sum")
    by_sku = (
        pd.DataFrame(
            {
                "mean": share * pairs["gap"],
                "single": share**2 * (spread**2 + pairs["noise"] ** 2 - alike * spread**2),
            }
        )
        .groupby(pairs["sku"])
        .sum()
    )
    variance = by_sku["single"] + alike * spread**2
    near = alike * spread**2 / variance * by_sku["mean"]
    left = spread**2 - (alike * spread**2) ** 2 / variance
    frame = frame.copy()
    frame.loc[near.index, "near"] = significant(near.to_numpy())
    frame.loc[near.index, "spread"] = significant(np.sqrt(left.to_numpy()))
    return frame


def _pairs(frame: pd.DataFrame, neighbours: pd.DataFrame) -> pd.DataFrame:
    """Both directions of every pair whose second SKU's gap is known, each once."""
    one, other = neighbours["sku"].astype(str), neighbours["neighbour"].astype(str)
    both = pd.DataFrame(
        {"sku": [*one, *other], "neighbour": [*other, *one]}, dtype=object
    ).drop_duplicates()
    both = both[(both["sku"] != both["neighbour"]) & both["sku"].isin(frame.index)]
    both = both.sort_values(["sku", "neighbour"], ignore_index=True)
    gaps = frame[["own_gap", "own_gap_error"]]
    theirs = gaps.reindex(both["neighbour"]).to_numpy(dtype=np.float64)
    ours = gaps.reindex(both["sku"]).to_numpy(dtype=np.float64)
    found = both.assign(gap=theirs[:, 0], noise=theirs[:, 1], own=ours[:, 0], own_noise=ours[:, 1])
    same = (
        frame["group"].reindex(both["sku"]).to_numpy()
        == frame["group"].reindex(both["neighbour"]).to_numpy()
    )
    kept: pd.DataFrame = found[same & found["gap"].notna()]
    return kept
