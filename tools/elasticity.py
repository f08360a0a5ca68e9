"""How demand answers prices, with an error that says how much of it is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.cross_price import CrossPrices, cross_prices
from tools.elasticity_pools import PRIOR, PRIOR_SD, parts_of, pools_of
from tools.figures import plain, rows_of, significant
from tools.futures import FLATTEST, STEEPEST
from tools.learnt_prices import with_learnt
from tools.own_response import OwnResponse, own_response
from tools.price_bias import bias_of, merged
from tools.price_history import OTHERS, PriceWeeks, levels_of, price_weeks
from tools.price_instruments import moved
from tools.price_response import GroupResponse, group_response, plain_response
from tools.price_timing import Following, following

TOOL = "tools.elasticity.estimate_elasticity"
NO_INSTRUMENT = (
    "no cost changes or price experiments on file to tell whether prices followed demand: the"
    " likely bias is taken off, but the elasticity may be off by"
)


@dataclass(frozen=True)
class Elasticities:
    """Price elasticities of demand.

    Attributes:
        table: Index ``sku``, sorted: ``elasticity`` (negative), ``std_error``, ``basis`` (whose
            past it rests on most: ``sku``, ``category``, ``shop``, ``prior``), ``price_levels``
            (distinct prices seen), ``identified`` (whether instruments separate cause from
            coincidence in its category, and its own price moved), ``instrument`` (those used,
            of ``cost``, ``supplier``, ``experiment`` joined by ``+``, or ``none``).
        parts: Index ``sku``: what each is made of, see ``evidence``.
        groups: Each category's regression.
        source: The panel read.
        follows: How far prices without an instrument ran after demand.
        cross: How categories answer their substitutes' and competitors' prices.
    """

    table: pd.DataFrame = field(repr=False)
    parts: pd.DataFrame = field(repr=False)
    groups: dict[str, GroupResponse] = field(repr=False)
    source: DataRef
    follows: Following = field(default_factory=Following)
    cross: CrossPrices | None = None

    def evidence(self, sku: str) -> Evidence:
        """The elasticity of one SKU and its parts.

        ``elasticity = pool + near + (own_gap - near) * spread² / (spread² + own_gap_error²)``
        and ``std_error² = pool_error² + spread² * own_gap_error² / (spread² +
        own_gap_error²)``; ``pool + near`` and the second term ``spread²`` where the SKU's own
        past says nothing; kept between -8 and -0.05. Where price changes were measured that is
        ``before_learning``, which ``tools.learnt_prices.with_learnt`` then updates.
        """
        row, parts = self.table.xs(sku), plain(self.parts.xs(sku).to_dict())
        group = self.groups.get(str(self.parts.at[sku, "group"]))
        result: dict[str, Any] = plain(row.to_dict()) | parts
        if group is not None:
            result |= _of_group(group)
        return Evidence.of(
            TOOL,
            params={
                "sku": sku,
                "prior": PRIOR,
                "prior_sd": PRIOR_SD,
                "bias": _figure(self.follows.bias),
                "bias_sd": _figure(self.follows.error),
            },
            data=(rows_of(self.source, sku=sku),),
            result=result,
            assumptions=self._assumptions(row),
        )

    def _assumptions(self, row: Any) -> tuple[str, ...]:
        if row["basis"] == "prior":
            return ("elasticity from published studies: prices here hardly moved",)
        if row["instrument"] == "none":
            return (f"{NO_INSTRUMENT} {self.follows.error:.1f}",)
        return ()


def estimate_elasticity(
    panel: pd.DataFrame,
    catalogue: pd.DataFrame,
    *,
    source: DataRef,
    experiments: pd.DataFrame | None = None,
    neighbours: pd.DataFrame | None = None,
    learnt: pd.DataFrame | None = None,
) -> Elasticities:
    """Estimate every SKU's elasticity, pooled from SKU to category to shop to the literature.

    Each category's comes from one regression (``tools.price_response``), instrumented by the
    SKU's cost, its supplier's and past experiments where those moved prices; SKUs are then
    pulled towards their neighbours and category, categories towards the shop and the shop
    towards published studies, each by how much is known (empirical Bayes; spread between units
    by DerSimonian and Laird 1986). Without an instrument the likely bias is taken off and its
    doubt added, which no amount of data removes; when prices moved tells more or less about
    both (``tools.price_timing``).

    Args:
        panel: ``sku, date, units`` and, where known, ``list_price_minor``, ``discount``,
            ``promo``, ``revenue_minor``, ``cost_minor``, ``on_hand``.
        catalogue: ``sku``, ``category`` and, where known, ``supplier_id``; SKUs without history
            get their category's elasticity.
        source: The panel's reference.
        experiments: Prices that chance chose: ``sku``, ``starts_on``, ``ends_on`` (exclusive),
            ``surprise`` (log price less its expectation).
        neighbours: Pairs ``sku``, ``neighbour`` that may answer prices alike; how much they do
            is estimated.
        learnt: Price changes whose effect was measured, as
            ``tools.learnt_prices.measured_elasticities`` gives them; the panel must not
            hold the days they were measured on.
    """
    weeks = price_weeks(panel, catalogue, experiments)
    groups, own, follows = _groups(weeks)
    shop, pools = pools_of(groups, follows)
    parts = parts_of(catalogue, weeks, pools, shop, own, neighbours)
    levels = pd.Series(levels_of(weeks), index=weeks.skus).reindex(parts.index).fillna(0)
    own_moved = pd.Series(moved(weeks), index=weeks.skus).reindex(parts.index).eq(True)
    table = _table(parts, groups, levels.astype("int64"), own_moved)
    if learnt is not None and len(learnt):
        table, parts = with_learnt(table, parts, learnt)
    own_errors = table[["elasticity"]].assign(pool_error=parts["pool_error"])
    cross = cross_prices(weeks, groups, own_errors, source=source)
    return Elasticities(table, parts, groups, source, follows, cross)


def _groups(
    weeks: PriceWeeks,
) -> tuple[dict[str, GroupResponse], dict[str, OwnResponse], Following]:
    """Each category's answer to prices, its SKUs' gaps to it, and how prices followed demand."""
    found: dict[str, GroupResponse] = {}
    plain: dict[str, GroupResponse] = {}
    parts = {str(name): weeks.rows(weeks.group == name) for name in np.unique(weeks.group)}
    for name, part in parts.items():
        response = group_response(part)
        if response is None:
            continue
        found[name] = response
        moves = plain_response(part) if response.instrumented else response
        if moves is not None:
            plain[name] = moves
    causal = {name: each for name, each in found.items() if each.instrumented}
    follows = bias_of(causal, plain, following(weeks, plain))
    groups, own = dict(found), {}
    for name, response in found.items():
        if response.instrumented:
            groups[name] = merged(response, plain.get(name), follows)
        speaks = plain[name] if groups[name].plain_weight > 0.5 else response
        own[name] = own_response(parts[name], speaks)
    return groups, own, follows


def _figure(value: float | None) -> float | None:
    return None if value is None else float(significant(value))


def _of_group(group: GroupResponse) -> dict[str, Any]:
    return {
        "group_elasticity": _figure(group.elasticity),
        "group_std_error": _figure(group.std_error),
        "group_skus": group.movers,
        "plain_weight": _figure(group.plain_weight),
        "promotion_lift": _figure(group.lift),
        "promotion_lift_error": _figure(group.lift_error),
        "first_stage": {name: _figure(slope) for name, slope in group.slopes.items()},
        "first_stage_f": _figure(group.first_stage_f),
    }


def _table(
    parts: pd.DataFrame,
    groups: dict[str, GroupResponse],
    levels: pd.Series,
    own_moved: pd.Series,
) -> pd.DataFrame:
    spread = parts["spread"] ** 2
    noise = parts["own_gap_error"] ** 2
    trust = (spread / (spread + noise)).fillna(0.0)
    gap = parts["near"] + trust * (parts["own_gap"].fillna(0.0) - parts["near"])
    left = (spread * noise / (spread + noise)).where(noise.notna(), spread)
    error = np.sqrt(parts["pool_error"] ** 2 + left)
    named = parts["group"] != OTHERS
    basis = np.select(
        [trust >= 0.5, named & (parts["pool_trust"] >= 0.5), np.full(len(parts), bool(groups))],
        ["sku", "category", "shop"],
        default="prior",
    )
    instrument = parts["group"].map({name: g.instrument for name, g in groups.items()})
    instrument = instrument.fillna("none").astype(object)
    return pd.DataFrame(
        {
            "elasticity": significant((parts["pool"] + gap).clip(STEEPEST, FLATTEST)),
            "std_error": significant(error),
            "basis": pd.Series(basis, index=parts.index, dtype=object),
            "price_levels": levels,
            "identified": instrument.ne("none") & own_moved,
            "instrument": instrument,
        },
        index=parts.index,
    )
