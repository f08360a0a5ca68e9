"""How demand answers prices, with an error that says how much of it is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.figures import plain, rows_of, significant
from tools.futures import FLATTEST, STEEPEST
from tools.price_history import OTHERS, levels_of, price_weeks
from tools.price_response import GroupResponse, OwnResponse, group_response, moved, own_response
from tools.shrinkage import Pool, combine, pool

Floats = npt.NDArray[np.float64]

TOOL = "tools.elasticity.estimate_elasticity"
PRIOR = -2.2
PRIOR_SD = 1.5
"""Median of 1,851 published elasticities, and about their spread (Bijmolt et al. 2005)."""
BIAS, BIAS_SD = 0.75, 0.75
"""What is taken off an elasticity without an instrument, and how doubtful that is. Prices that
follow demand flattened such estimates by 0.4 to 1.6 in simulated shops, prices that do not by
nothing."""
NO_INSTRUMENT = (
    "no cost changes on file to tell whether prices followed demand: the likely bias is taken off,"
    " but the elasticity may be off by one"
)
LEAST_SPREAD, MOST_SPREAD = 0.4, 1.0
"""Elasticities within a category differ by something between these; categories, by at least the
first."""


@dataclass(frozen=True)
class Elasticities:
    """Price elasticities of demand.

    Attributes:
        table: Index ``sku``, sorted: ``elasticity`` (negative), ``std_error``, ``basis`` (whose
            past it rests on most: ``sku``, ``category``, ``shop``, ``prior``), ``price_levels``
            (distinct prices seen), ``identified`` (whether cost changes separate cause from
            coincidence in its category, and its own price moved), ``instrument`` (``cost`` or
            ``none``).
        parts: Index ``sku``: what each is made of, see ``evidence``.
        groups: Each category's regression.
        source: The panel read.
    """

    table: pd.DataFrame = field(repr=False)
    parts: pd.DataFrame = field(repr=False)
    groups: dict[str, GroupResponse] = field(repr=False)
    source: DataRef

    def evidence(self, sku: str) -> Evidence:
        """The elasticity of one SKU and its parts.

        ``elasticity = pool + own_gap * spread² / (spread² + own_gap_error²)`` and
        ``std_error² = pool_error² + spread² * own_gap_error² / (spread² + own_gap_error²)``,
        the second term ``spread²`` where the SKU's own past says nothing, kept between
        -8 and -0.05.
        """
        row, parts = self.table.xs(sku), plain(self.parts.xs(sku).to_dict())
        group = self.groups.get(str(self.parts.at[sku, "group"]))
        result: dict[str, Any] = plain(row.to_dict()) | parts
        if group is not None:
            result |= {
                "group_elasticity": _figure(group.elasticity),
                "group_std_error": _figure(group.std_error),
                "group_skus": group.movers,
                "cost_pass_through": _figure(group.pass_through),
                "first_stage_f": _figure(group.first_stage_f),
            }
        return Evidence.of(
            TOOL,
            params={
                "sku": sku,
                "prior": PRIOR,
                "prior_sd": PRIOR_SD,
                "bias": BIAS,
                "bias_sd": BIAS_SD,
            },
            data=(rows_of(self.source, sku=sku),),
            result=result,
            assumptions=self._assumptions(row),
        )

    def _assumptions(self, row: Any) -> tuple[str, ...]:
        if row["basis"] == "prior":
            return ("elasticity from published studies: prices here hardly moved",)
        if row["instrument"] == "none":
            return (NO_INSTRUMENT,)
        return ()


def estimate_elasticity(
    panel: pd.DataFrame, catalogue: pd.DataFrame, *, source: DataRef
) -> Elasticities:
    """Estimate every SKU's elasticity, pooled from SKU to category to shop to the literature.

    Each category's comes from one regression (``tools.price_response``), instrumented by cost
    where costs moved; SKUs are then pulled towards their category, categories towards the shop
    and the shop towards published studies, each by how much is known (empirical Bayes; spread
    between units by DerSimonian and Laird 1986). Without an instrument the likely bias is
    taken off and its doubt, ``BIAS_SD``, added, which no amount of data removes.

    Args:
        panel: ``sku, date, units`` and, where known, ``list_price_minor``, ``discount``,
            ``revenue_minor``, ``cost_minor``, ``on_hand``.
        catalogue: ``sku``, ``category``; SKUs without history get their category's elasticity.
        source: The panel's reference.
    """
    weeks = price_weeks(panel, catalogue)
    groups: dict[str, GroupResponse] = {}
    own: dict[str, OwnResponse] = {}
    for name in np.unique(weeks.group):
        part = weeks.rows(weeks.group == name)
        found = group_response(part)
        if found is not None:
            groups[str(name)] = found
            own[str(name)] = own_response(part, found)
    shop = _shop(groups)
    pools = {name: _group_pool(found, groups, shop) for name, found in groups.items()}
    names = pd.Index(sorted({*weeks.skus, *catalogue["sku"].astype(str)}), name="sku")
    parts = _parts(names, catalogue, weeks.skus, weeks.group, pools, shop, own, groups)
    levels = pd.Series(levels_of(weeks), index=weeks.skus).reindex(names).fillna(0)
    own_moved = pd.Series(moved(weeks), index=weeks.skus).reindex(names).eq(True)
    table = _table(parts, groups, levels.astype("int64"), own_moved)
    return Elasticities(table=table, parts=parts, groups=groups, source=source)


def _figure(value: float | None) -> float | None:
    return None if value is None else float(significant(value))


def _kind(groups: dict[str, GroupResponse], *, instrumented: bool) -> list[GroupResponse]:
    return [group for group in groups.values() if group.instrumented is instrumented]


def _shop(groups: dict[str, GroupResponse]) -> Pool:
    """The shop's mean elasticity: instrumented groups if any, else all with their common bias."""
    prior = Pool(PRIOR, PRIOR_SD, PRIOR_SD)
    for instrumented in (True, False):
        chosen = _kind(groups, instrumented=instrumented)
        if chosen:
            found = _mean(chosen)
            bias, doubt = (0.0, 0.0) if instrumented else (BIAS, BIAS_SD)
            error = float(np.hypot(found.error, doubt))
            mean, error = combine(found.mean - bias, error, PRIOR, PRIOR_SD)
            return Pool(mean, error, found.spread)
    return prior


def _mean(groups: list[GroupResponse]) -> Pool:
    return pool(
        np.array([group.elasticity for group in groups]),
        np.array([group.std_error for group in groups]),
        least_spread=LEAST_SPREAD,
    )


def _group_pool(found: GroupResponse, groups: dict[str, GroupResponse], shop: Pool) -> Pool:
    """A group's elasticity pulled towards the shop's; ``spread`` is its share of own evidence."""
    like = _mean(_kind(groups, instrumented=found.instrumented))
    trust = like.spread**2 / (like.spread**2 + found.std_error**2)
    mean = shop.mean + trust * (found.elasticity - like.mean)
    common = shop.error * (1 - trust) if found.instrumented else shop.error
    return Pool(mean, float(np.hypot(common, np.sqrt(trust) * found.std_error)), trust)


def _parts(
    names: pd.Index,
    catalogue: pd.DataFrame,
    skus: npt.NDArray[np.str_],
    group_of: npt.NDArray[np.str_],
    pools: dict[str, Pool],
    shop: Pool,
    own: dict[str, OwnResponse],
    groups: dict[str, GroupResponse],
) -> pd.DataFrame:
    named = pd.Series(catalogue["category"].to_numpy(), index=catalogue["sku"].astype(str))
    named = named[~named.index.duplicated()].reindex(names)
    known = pd.Series(group_of, index=skus).reindex(names)
    group = known.where(known.notna(), named.where(named.isin(list(pools)), OTHERS))
    frame = pd.DataFrame({"group": group.astype(str)}, index=names)
    outside = Pool(shop.mean, float(np.hypot(shop.error, shop.spread)), 0.0)
    if not groups:
        outside = Pool(shop.mean, shop.error, 0.0)
    chosen = [pools.get(name, outside) for name in frame["group"]]
    frame["pool"] = significant([each.mean for each in chosen])
    frame["pool_error"] = significant([each.error for each in chosen])
    frame["pool_trust"] = significant([each.spread for each in chosen])
    for column in ("own_gap", "own_gap_error"):
        frame[column] = np.nan
    for name, found in own.items():
        rows = skus[group_of == name]
        frame.loc[rows, "own_gap"] = significant(found.gap)
        frame.loc[rows, "own_gap_error"] = significant(found.error)
    frame["spread"] = _spread(frame["own_gap"], frame["own_gap_error"])
    return frame


def _spread(gap: pd.Series, error: pd.Series) -> float:
    """Standard deviation of SKUs' true elasticities within their category, over the shop."""
    seen = gap.notna().to_numpy()
    if seen.sum() < 2:
        return LEAST_SPREAD
    gaps, errors = gap.to_numpy()[seen], error.to_numpy()[seen]
    found = pool(gaps, errors, least_spread=LEAST_SPREAD).spread
    return float(significant(min(found, MOST_SPREAD)))


def _table(
    parts: pd.DataFrame,
    groups: dict[str, GroupResponse],
    levels: pd.Series,
    own_moved: pd.Series,
) -> pd.DataFrame:
    spread = parts["spread"] ** 2
    noise = parts["own_gap_error"] ** 2
    trust = (spread / (spread + noise)).fillna(0.0)
    elasticity = parts["pool"] + trust * parts["own_gap"].fillna(0.0)
    left = (spread * noise / (spread + noise)).where(noise.notna(), spread)
    error = np.sqrt(parts["pool_error"] ** 2 + left)
    named = parts["group"] != OTHERS
    basis = np.select(
        [trust >= 0.5, named & (parts["pool_trust"] >= 0.5), np.full(len(parts), bool(groups))],
        ["sku", "category", "shop"],
        default="prior",
    )
    causal = parts["group"].map({name: g.instrumented for name, g in groups.items()}).eq(True)
    return pd.DataFrame(
        {
            "elasticity": significant(elasticity.clip(STEEPEST, FLATTEST)),
            "std_error": significant(error),
            "basis": pd.Series(basis, index=parts.index, dtype=object),
            "price_levels": levels,
            "identified": causal & own_moved,
            "instrument": np.where(causal, "cost", "none"),
        },
        index=parts.index,
    )
