"""Elasticities from price changes that were measured: each is an experiment of one's own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.figures import significant
from tools.futures import FLATTEST, STEEPEST

Floats = npt.NDArray[np.float64]

LEAST_MOVE = 0.02
"""Log price changes smaller than this tell nothing of elasticity."""
LEAST_EXPECTED = 5.0
"""Units; with fewer expected a logarithm misleads."""
MOST_DOUBT = 1.0
"""Relative error of the expected units above which nothing is learnt."""
COLUMNS = ("sku", "elasticity", "std_error", "shared_error", "batch")


def measured_elasticities(measured: pd.DataFrame) -> pd.DataFrame:
    """One elasticity a price change: ``ln(sold ÷ expected) ÷ ln(new price ÷ old)``.

    Args:
        measured: One row a price change: ``sku, price_ratio``; ``actual_units, expected_units, sd,
            shared_sd`` as ``tools.causal_effect`` gives them; ``batch``, the changes that were
            measured against the same growth.

    Returns:
        ``sku, elasticity, std_error`` (all of it), ``shared_error`` (the part that a batch has in
        common, negative where the price rose) and ``batch``, sorted; changes too small, or of
        products that sell too little, are left out.
    """
    if measured.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    given = measured.astype({"sku": str}).sort_values(["sku", "batch"], ignore_index=True)
    number = given.drop(columns=["sku", "batch"]).astype("float64")
    move, expected = np.log(number["price_ratio"]), number["expected_units"]
    doubt = number["sd"] / expected.where(expected > 0)
    usable = (move.abs() >= LEAST_MOVE) & (expected >= LEAST_EXPECTED)
    usable &= (doubt > 0) & (doubt <= MOST_DOUBT)
    response = np.log((number["actual_units"] + 0.5) / (expected + 0.5))
    found = pd.DataFrame(
        {
            "sku": given["sku"],
            "elasticity": significant(response / move),
            "std_error": significant(doubt / move.abs()),
            "shared_error": significant(-number["shared_sd"] / expected / move),
            "batch": given["batch"],
        }
    )
    kept: pd.DataFrame = found[usable].reset_index(drop=True)
    return kept


def with_learnt(
    table: pd.DataFrame, parts: pd.DataFrame, learnt: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Elasticities with measured price changes as further evidence.

    Normal-normal updating. A SKU's prior error is its category's common error (``pool_error``)
    and one of its own; a measurement's error is its batch's common one and one of its own. So a
    category learns from its SKUs, and a season mistaken for an effect of many changes at once
    counts as one mistake. Other categories stay as they are.

    Args:
        table: Index ``sku``: ``elasticity`` and ``std_error`` and whatever else.
        parts: Index ``sku``: ``group``, the category, and ``pool_error``.
        learnt: As ``measured_elasticities`` gives it.

    Returns:
        The table with both columns updated; and the parts with ``before_learning`` and
        ``before_learning_error``, and ``learnt_changes`` (measured changes of the SKU itself).
    """
    known = learnt[learnt["sku"].isin(table.index)]
    made = table.copy()
    found = parts.assign(
        before_learning=table["elasticity"],
        before_learning_error=table["std_error"],
        learnt_changes=known["sku"].value_counts().reindex(table.index).fillna(0).astype("int64"),
    )
    group_of = parts["group"].reindex(known["sku"]).to_numpy()
    for name in sorted(set(group_of)):
        rows = table.index[(parts["group"] == name) & table["elasticity"].notna()]
        mean, error = _updated(table.loc[rows], parts.loc[rows], known[group_of == name])
        made.loc[rows, "elasticity"] = significant(np.clip(mean, STEEPEST, FLATTEST))
        made.loc[rows, "std_error"] = significant(error)
    return made, found


def _updated(
    table: pd.DataFrame, parts: pd.DataFrame, measured: pd.DataFrame
) -> tuple[Floats, Floats]:
    """Posterior mean and error of one category's SKUs."""
    prior = table["elasticity"].to_numpy(dtype=np.float64)
    common = float(parts["pool_error"].mean()) ** 2
    own = np.maximum(table["std_error"].to_numpy(dtype=np.float64) ** 2 - common, 1e-4)
    place = table.index.get_indexer(pd.Index(measured["sku"]))
    at_measured = np.zeros((len(prior), len(place)))
    at_measured[place, np.arange(len(place))] = 1.0
    between = common + own[:, None] * at_measured
    shared = measured["shared_error"].to_numpy(dtype=np.float64)
    batch = measured["batch"].to_numpy()
    noise = np.where(batch[:, None] == batch[None, :], np.outer(shared, shared), 0.0)
    error = measured["std_error"].to_numpy(dtype=np.float64)
    noise[np.diag_indices(len(error))] = error**2
    gain = np.linalg.solve(between[place] + noise, between.T).T
    gap = measured["elasticity"].to_numpy(dtype=np.float64) - prior[place]
    variance = common + own - (gain * between).sum(axis=1)
    return prior + gain @ gap, np.sqrt(np.maximum(variance, 1e-6))
