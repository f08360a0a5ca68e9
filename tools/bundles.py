"""Pairs worth selling as one: at which price, with what is lost on those who buy both anyway."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from ecomagent.domain.ids import content_id
from tools.assortment_change import LEVEL_WEIGHTS, LEVELS, STAY_WEIGHTS, quantiles
from tools.columns import number, places
from tools.counts import count_quantiles
from tools.figures import plain, rows_of, significant
from tools.halo import Halo
from tools.price_ladder import PriceLimits, snap

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TOOL = "tools.bundles.bundle_menu"
DISCOUNTS = (0.05, 0.08, 0.10, 0.12, 0.15, 0.20, 0.25)
"""Off both prices together."""
LEAST_LIFT, LEAST_ORDERS = 1.5, 20
"""A pair held by fewer orders, or hardly more often than by chance, is no pair."""
ELASTICITY, ELASTICITY_SE = -2.2, 1.5
"""Where none is given: published mean and spread, as in ``tools.elasticity``."""
STEEPEST, FLATTEST = -5.0, -0.2
MOST_GAIN = 1.0
"""A bundle at most doubles how often the pair is bought."""
PULLED = 0.3
"""Share of added units that their buyers would have bought later, at the full price (assumed)."""
MOST = 50

ASSUME_ALL = "everybody who buys both anyway buys the bundle (assumed)"
ASSUME_PULLED = f"{PULLED:.0%} of what a bundle adds would have been bought later (assumed)"


@dataclass(frozen=True)
class BundleMenu:
    """Bundles worth offering, best first.

    Attributes:
        table: Index ``bundle_sku``. ``sku``, ``other``, ``title``, ``category``; ``orders`` (that
            held both, in ``days`` of history), ``lift`` (shrunk), ``parts_minor`` (both prices),
            ``price_minor``, ``discount``, ``margin``; ``expected_bundles`` over the horizon;
            ``units_*``, ``revenue_minor_*``, ``gross_profit_minor_*`` (change for the whole
            shop) and ``value_minor`` (mean change of gross profit).
        horizon_days: Days counted.
        today: Day the figures are of.
        source: The order lines read.
    """

    table: pd.DataFrame = field(repr=False)
    horizon_days: int
    today: date
    source: DataRef

    def assumptions(self) -> tuple[str, ...]:
        """What every figure rests on that is assumed rather than known."""
        return ASSUME_ALL, ASSUME_PULLED

    def evidence(self, bundle_sku: str) -> Evidence:
        """One bundle."""
        row = self.table.loc[bundle_sku]
        return Evidence.of(
            TOOL,
            params={
                "sku": str(row["sku"]), "other": str(row["other"]),
                "today": self.today.isoformat(), "horizon_days": self.horizon_days,
                "pulled": PULLED,
            },
            data=(rows_of(self.source, sku=str(row["sku"])),
                  rows_of(self.source, sku=str(row["other"]))),
            result=plain(row.to_dict()),
            assumptions=self.assumptions(),
        )  # fmt: skip


def bundle_menu(
    halo: Halo,
    catalogue: pd.DataFrame,
    *,
    horizon_days: int,
    limits: PriceLimits,
    elasticities: pd.DataFrame | None = None,
) -> BundleMenu:
    """Pairs bought together beyond chance, at the bundle price that earns most.

    A buyer of one pays for the other only what the bundle costs more: its price less a discount
    of ``d × both prices``. So pairs are bought more often by the other's elasticity (at most
    twice as often), ``PULLED`` of that at the expense of later sales; and all who buy both anyway
    pay less: that is what the bundle costs. Each SKU is in one bundle at most.

    Args:
        halo: What is bought together.
        catalogue: One row a SKU: ``sku, title, category, status, price_minor, cost_minor,
            on_hand``.
        horizon_days: Days counted.
        limits: Least margin, deepest discount, endings.
        elasticities: Index ``sku``: ``elasticity``, ``std_error``; published ones where missing.
    """
    pairs = _pairs(halo, catalogue)
    tried = pd.concat(
        [_tried(pairs, share, halo, horizon_days, limits, elasticities) for share in DISCOUNTS]
    )
    paying = tried[(tried["value_minor"] > 0) & (tried["gross_profit_minor_p50"] > 0)]
    ordered: pd.DataFrame = paying.sort_values(
        ["value_minor", "bundle_sku", "discount"], ascending=[False, True, True], kind="stable"
    )
    table = _each_once(ordered.drop_duplicates("bundle_sku")).head(MOST).set_index("bundle_sku")
    return BundleMenu(table=table, horizon_days=horizon_days, today=halo.today, source=halo.source)


def _pairs(halo: Halo, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Pairs of SKUs on sale with prices, costs and stock, each once."""
    shown = catalogue.drop_duplicates("sku").set_index("sku").sort_index()
    price, cost = number(shown, "price_minor"), number(shown, "cost_minor")
    usable = (shown["status"] == "active").to_numpy() & (price > cost) & (cost > 0)
    usable &= ~(number(shown, "on_hand") <= 0)
    found = halo.pairs[(halo.pairs["lift"] >= LEAST_LIFT) & (halo.pairs["orders"] >= LEAST_ORDERS)]
    one = places(pd.Index(shown.index.astype(str)), found["sku"])
    two = places(pd.Index(shown.index.astype(str)), found["other"])
    kept = (one >= 0) & (two >= 0) & usable[one] & usable[two]
    kept &= np.asarray(found["sku"].astype(str) < found["other"].astype(str), dtype=bool)
    one, two = one[kept], two[kept]
    titles = shown["title"].fillna("").astype(str).to_numpy() if "title" in shown else None
    names = np.asarray(shown.index.astype(str))
    made = pd.DataFrame(
        {
            "sku": names[one], "other": names[two],
            "orders": found["orders"].to_numpy(dtype=np.float64)[kept],
            "lift": found["lift"].to_numpy(dtype=np.float64)[kept],
            "p1": price[one], "p2": price[two], "c1": cost[one], "c2": cost[two],
        }
    )  # fmt: skip
    shown_as = names if titles is None else np.where(titles == "", names, titles)
    made["title"] = [f"{a} + {b}" for a, b in zip(shown_as[one], shown_as[two], strict=True)]
    categories = shown["category"].fillna("").astype(str).to_numpy()
    made["category"] = categories[one]
    made["bundle_sku"] = [
        content_id("set", [a, b], digits=8) for a, b in zip(made["sku"], made["other"], strict=True)
    ]
    return made


def _tried(
    pairs: pd.DataFrame,
    share: float,
    halo: Halo,
    horizon_days: int,
    limits: PriceLimits,
    elasticities: pd.DataFrame | None,
) -> pd.DataFrame:
    """Every pair at one discount, on the endings, where margin and depth allow it."""
    p1, p2, c1, c2 = (pairs[name].to_numpy(dtype=np.float64) for name in ("p1", "p2", "c1", "c2"))
    parts, cost = p1 + p2, c1 + c2
    floor = np.ceil(cost / float(1 - limits.min_margin))
    deepest = 0.9 if limits.max_discount is None else float(limits.max_discount)
    low = np.maximum(floor, np.ceil(parts * (1 - deepest))).astype(np.int64)
    target = np.rint(parts * (1 - share)).astype(np.int64)
    high = (parts - 1).astype(np.int64)
    price = snap(np.clip(target, low, np.maximum(high, low)), low, high, limits.endings)
    price = price.astype(np.float64)
    open_ = (price > 0) & (price >= low) & (price < parts)
    bought = pairs["orders"].to_numpy(dtype=np.float64) * horizon_days / max(halo.days, 1)
    drawn = np.stack(count_quantiles(bought, bought * 1.5, LEVELS), axis=1)[:, :, None]
    off = parts - price
    gain2 = _gain(pairs["other"], off / p2, elasticities)[:, None, :]
    gain1 = _gain(pairs["sku"], off / p1, elasticities)[:, None, :]

    def each(values: Floats) -> Floats:
        return values[:, None, None]

    added = gain1 + gain2
    units = drawn * added * (1 - PULLED)
    revenue = drawn * (
        gain2 * each(price - p1 - PULLED * p2) + gain1 * each(price - p2 - PULLED * p1) - each(off)
    )
    profit = drawn * (
        gain2 * each(price - p1 - c2 - PULLED * (p2 - c2))
        + gain1 * each(price - p2 - c1 - PULLED * (p1 - c1))
        - each(off)
    )
    weight = LEVEL_WEIGHTS[None, :, None] * STAY_WEIGHTS[None, None, :]
    made = pairs.drop(columns=["p1", "p2", "c1", "c2"]).assign(
        parts_minor=parts,
        price_minor=price,
        discount=significant(off / parts),
        margin=significant((price - cost) / np.maximum(price, 1)),
        expected_bundles=significant((drawn * (1 + added) * weight).sum(axis=(1, 2))),
        value_minor=significant((profit * weight).sum(axis=(1, 2))),
        **quantiles("units", units),
        **quantiles("revenue_minor", revenue),
        **quantiles("gross_profit_minor", profit),
    )
    allowed: pd.DataFrame = made[open_]
    return allowed


def _gain(skus: pd.Series, off: Floats, elasticities: pd.DataFrame | None) -> Floats:
    """How much more often a SKU is added at that discount; three guesses of its elasticity."""
    mean = np.full(len(skus), ELASTICITY)
    error = np.full(len(skus), ELASTICITY_SE)
    if elasticities is not None:
        known = elasticities.reindex(skus.astype(str))
        mean = known["elasticity"].fillna(ELASTICITY).to_numpy(dtype=np.float64)
        error = known["std_error"].fillna(ELASTICITY_SE).to_numpy(dtype=np.float64)
    guesses = mean[:, None] + error[:, None] * np.array([1.28, 0.0, -1.28])
    ratio = np.maximum(1 - off, 0.1)[:, None]
    gain = ratio ** np.clip(guesses, STEEPEST, FLATTEST) - 1
    found: Floats = np.clip(gain, 0.0, MOST_GAIN)
    return found


def _each_once(ordered: pd.DataFrame) -> pd.DataFrame:
    """The best bundles of which no two share a SKU."""
    taken: set[str] = set()
    kept = []
    for place, pair in enumerate(zip(ordered["sku"], ordered["other"], strict=True)):
        if not taken & set(pair):
            kept.append(place)
            taken |= set(pair)
    return ordered.iloc[kept]
