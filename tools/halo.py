"""What a SKU sells along: gross profit of other SKUs that its orders hold beyond chance."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.columns import number, places, totals
from tools.figures import plain, rows_of, significant

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TOOL = "tools.halo.measure_halo"
LIFT_PRIOR = 1.0
"""Orders added to what was counted and to what chance would give, so that a pair seen five times
is not believed like one seen five hundred (a gamma-Poisson shrinker; DuMouchel 1999). One order
came closest to the lifts of later months in Online Retail (``ecomagent eval selection``)."""
LARGEST_BASKET = 80
"""An order with more SKUs is a stock-up and tells nothing of what belongs together."""
UNDATED_DAYS = 365
FEW_ORDERS = 20.0
"""Orders at which a SKU's own halo counts half; the rest is its substitutes'."""
LOST_SHARE = 0.4
"""Share of the units sold along with a SKU that are lost when it and its buyer go: the rest would
have been bought anyway, in another order (assumed; association is not cause)."""
ASSUME_LOST = (
    f"{LOST_SHARE:.0%} of what is bought together beyond chance is bought because of it (assumed)"
)


@dataclass(frozen=True)
class Halo:
    """What each SKU sells along.

    Attributes:
        pairs: ``sku, other, orders`` (that held both), ``lift`` (shrunk), ``attached`` (orders
            with ``other`` beyond chance an order with ``sku``).
        table: Index ``sku``. ``halo_minor``: gross profit of others that is lost with a unit
            whose buyer leaves; ``orders``: orders that held it.
        days: Days of orders read.
        today: The day after the last of the orders.
        source: The order lines read.
    """

    pairs: pd.DataFrame = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    days: int
    today: date
    source: DataRef

    def of(self, skus: pd.Index) -> Floats:
        """Minor units of gross profit a unit; nothing for SKUs without orders."""
        found = self.table["halo_minor"].reindex(skus).fillna(0.0)
        return found.to_numpy(dtype=np.float64)

    def evidence(self, sku: str) -> Evidence:
        """What one SKU sells along, and its strongest companions."""
        known = sku in self.table.index
        best = self.pairs[self.pairs["sku"] == sku].head(3)
        with_ = {
            f"attached_{other}": float(share)
            for other, share in zip(best["other"], best["attached"], strict=True)
        }
        return Evidence.of(
            TOOL,
            params={"sku": sku, "today": self.today.isoformat(), "lost_share": LOST_SHARE},
            data=(rows_of(self.source, sku=sku),),
            result=plain({**(self.table.loc[sku].to_dict() if known else {}), **with_}),
            assumptions=(ASSUME_LOST,),
        )


def measure_halo(
    lines: pd.DataFrame,
    catalogue: pd.DataFrame,
    together: pd.DataFrame,
    *,
    today: date,
    source: DataRef,
    substitutes: pd.DataFrame | None = None,
) -> Halo:
    """Gross profit that goes with each SKU through what is bought together.

    A pair's lift (observed over chance) is shrunk by ``LIFT_PRIOR``; what an order with the SKU
    holds of the other beyond chance is valued at the other's margin and its units an order, and
    ``LOST_SHARE`` of it counted. SKUs with few orders lean on their substitutes' halo.

    Args:
        lines: ``order_id, sku, quantity`` and, where known, ``date``; one row an order line.
        catalogue: ``sku, price_minor, cost_minor``.
        together: ``sku, other, lift, support``: pairs bought together more than by chance, as
            the knowledge graph has them.
        today: The day after the last of the orders.
        source: The order lines' reference.
        substitutes: ``sku, other, weight``.
    """
    shown = catalogue.drop_duplicates("sku").set_index("sku").sort_index()
    skus = pd.Index(shown.index.astype(str))
    orders, units = _orders(lines, skus)
    pairs = _pairs(together, skus, orders)
    margin = np.nan_to_num(number(shown, "price_minor") - number(shown, "cost_minor"))
    per_order = np.divide(units, orders, out=np.ones_like(units), where=orders > 0)
    own = _own(pairs, skus, margin * per_order)
    # An order may hold several units of the SKU: the companions come once.
    own = own / np.maximum(per_order, 1.0)
    halo = _leaning(own, orders, skus, substitutes) * LOST_SHARE
    table = pd.DataFrame(
        {"halo_minor": significant(halo), "orders": orders},
        index=pd.Index(skus, name="sku"),
    )
    kept = pairs[["sku", "other", "orders", "lift", "attached"]].reset_index(drop=True)
    days = _days(lines, today)
    return Halo(pairs=kept, table=table, days=days, today=today, source=source)


def _days(lines: pd.DataFrame, today: date) -> int:
    """Days from the first order to today; a year where lines are not dated."""
    if "date" not in lines or lines.empty:
        return UNDATED_DAYS
    first = pd.to_datetime(lines["date"]).min()
    return max(int((pd.Timestamp(today) - first).days), 1)


def _orders(lines: pd.DataFrame, skus: pd.Index) -> tuple[Floats, Floats]:
    """Orders that held each SKU, among those of at least two SKUs, and units in them."""
    if lines.empty:
        return np.zeros(len(skus)), np.zeros(len(skus))
    code = places(skus, lines["sku"].astype(str))
    quantity = pd.to_numeric(lines["quantity"], errors="coerce").to_numpy(dtype=np.float64)
    known = (code >= 0) & (np.nan_to_num(quantity) > 0)
    order = pd.factorize(lines["order_id"])[0][known]
    pair, which = np.unique(order * len(skus) + code[known], return_inverse=True)
    bought = totals(which, quantity[known], len(pair))
    order, row = np.divmod(pair, len(skus))
    size = np.bincount(order)[order] if len(order) else order
    kept = (size > 1) & (size <= LARGEST_BASKET)
    row, bought = row[kept], bought[kept]
    return (
        np.bincount(row, minlength=len(skus)).astype(np.float64),
        totals(row, bought, len(skus)),
    )


def _pairs(together: pd.DataFrame, skus: pd.Index, orders: Floats) -> pd.DataFrame:
    """Known pairs with their shrunk lift and what an order of one holds of the other."""
    columns = ["sku", "other", "orders", "lift", "attached"]
    if together.empty:
        return pd.DataFrame({name: pd.Series(dtype=object if name in ("sku", "other") else float)
                             for name in columns})  # fmt: skip
    kept = together[["sku", "other", "lift", "support"]].dropna()
    found: pd.DataFrame = kept[(kept["lift"] > 0) & (kept["support"] > 0)]
    found = found.assign(sku=found["sku"].astype(str), other=found["other"].astype(str))
    one, other = places(skus, found["sku"]), places(skus, found["other"])
    known = (one >= 0) & (other >= 0) & (one != other)
    found, one = found[known], one[known]
    support = found["support"].to_numpy(dtype=np.float64)
    chance = support / found["lift"].to_numpy(dtype=np.float64)
    lift = (support + LIFT_PRIOR) / (chance + LIFT_PRIOR)
    beyond = np.maximum(chance * lift - chance, 0.0)
    held = np.maximum(orders[one], support)
    made = found.assign(
        orders=support,
        lift=significant(lift),
        attached=significant(np.divide(beyond, held, out=np.zeros_like(beyond), where=held > 0)),
    )
    chosen: pd.DataFrame = made[columns]
    return chosen.sort_values(["sku", "attached", "other"], ascending=[True, False, True])


def _own(pairs: pd.DataFrame, skus: pd.Index, worth: Floats) -> Floats:
    one = places(skus, pairs["sku"])
    other = places(skus, pairs["other"])
    attached = pairs["attached"].to_numpy(dtype=np.float64)
    # A companion sold at a loss is no reason to drop what sells it.
    value = attached * np.maximum(worth[other], 0.0)
    return totals(one, value, len(skus))


def _leaning(
    own: Floats, orders: Floats, skus: pd.Index, substitutes: pd.DataFrame | None
) -> Floats:
    """Own halo and the substitutes', weighed by how many orders stand behind the own one."""
    weight = orders / (orders + FEW_ORDERS)
    if substitutes is None or substitutes.empty:
        return own * weight
    one = places(skus, substitutes["sku"].astype(str))
    other = places(skus, substitutes["other"].astype(str))
    both = (one >= 0) & (other >= 0)
    trust = substitutes["weight"].to_numpy(dtype=np.float64)[both] * orders[other[both]]
    total = totals(one[both], trust, len(skus))
    summed = totals(one[both], trust * own[other[both]], len(skus))
    theirs = np.divide(summed, total, out=np.zeros_like(own), where=total > 0)
    return own * weight + theirs * (1 - weight)
