"""What chosen candidates change of each SKU, as the simulation takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from ecomagent.domain.action import ActionKind
from tools.elasticity import Elasticities

PRICED = frozenset(
    {
        ActionKind.SET_PRICE.value,
        ActionKind.START_PROMOTION.value,
        ActionKind.START_EXPERIMENT.value,
    }
)
ADDED = frozenset(
    {
        ActionKind.SEND_CAMPAIGN.value,
        ActionKind.LIST_PRODUCT.value,
        ActionKind.CREATE_BUNDLE.value,
    }
)
"""Kinds that bring something on top of what is on sale now."""
GIVEN = ("price_minor", "price_days", "order_units", "arrives_in_days", "lead_time_sd", "off_sale",
         "extra_units")  # fmt: skip
CROSSED = ("cross", "cross_error", "rival")


def effects_of(
    rows: Sequence[dict[str, Any]],
    elasticity: Callable[[], Elasticities],
    *,
    promotion_days: int,
    skus_of: Callable[[str], Sequence[str]],
) -> pd.DataFrame:
    """One row a SKU that any candidate touches.

    Args:
        rows: Candidates: ``kind``, ``target`` and what their menu holds.
        elasticity: Response to prices; asked for only where a price changes.
        promotion_days: Days a promotion runs.
        skus_of: SKUs of a product, for those taken off sale.

    Returns:
        ``sku``, ``GIVEN``, and ``elasticity``, ``elasticity_se``, ``elasticity_shared_se`` (the
        part of its error that its ``elasticity_group`` has in common), ``cross`` and
        ``cross_error`` (percent that its category's others answer), ``rival`` (percent that it
        answers a rival).
    """
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        for sku in _skus(row, skus_of):
            effect = found.setdefault(sku, {"sku": sku, "off_sale": False})
            effect.update(_effect(row, promotion_days))
    effects = pd.DataFrame(list(found.values()), columns=["sku", *GIVEN])
    if not any(row["kind"] in PRICED for row in rows):
        return effects
    return effects.assign(**_response(elasticity(), effects["sku"]))


def _skus(row: dict[str, Any], skus_of: Callable[[str], Sequence[str]]) -> Sequence[str]:
    if row["kind"] == ActionKind.DELIST_PRODUCT.value:
        return skus_of(str(row["target"]))
    return () if row["kind"] in ADDED else (str(row["target"]),)


def _effect(row: dict[str, Any], promotion_days: int) -> dict[str, Any]:
    kind = row["kind"]
    if kind == ActionKind.START_PROMOTION.value:
        return {"price_minor": float(row["price_minor"]), "price_days": float(promotion_days)}
    if kind == ActionKind.START_EXPERIMENT.value:
        return {"price_minor": float(row["price_minor"]), "price_days": float(row["days"])}
    if kind == ActionKind.SET_PRICE.value:
        return {"price_minor": float(row["price_minor"])}
    if kind == ActionKind.REORDER.value:
        return {
            "order_units": float(row["quantity"]),
            "arrives_in_days": float(row["arrives_in_days"]),
            "lead_time_sd": float(row.get("lead_time_sd", float("nan"))),
        }
    return {"off_sale": True} if kind == ActionKind.DELIST_PRODUCT.value else {}


def _response(found: Elasticities, skus: pd.Series) -> dict[str, Any]:
    table, parts = found.table.reindex(skus), found.parts.reindex(skus)
    crossed = pd.DataFrame() if found.cross is None else found.cross.of(parts["group"])
    return {
        "elasticity": table["elasticity"].to_numpy(),
        "elasticity_se": table["std_error"].to_numpy(),
        "elasticity_shared_se": parts["pool_error"].to_numpy(),
        "elasticity_group": parts["group"].astype(object).to_numpy(),
        **{name: crossed[name].to_numpy() for name in CROSSED if name in crossed},
    }
