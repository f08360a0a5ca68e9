"""Lists SKUs with what they cost and what is left, narrowed down by words or by figures."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from ecomagent.domain.errors import NotFoundError
from ecomagent.domain.goal import Scope
from ecomagent.domain.money import to_decimal
from knowledge_graph.scope import resolve_scope

if TYPE_CHECKING:
    import pandas as pd

    from knowledge_graph.graph import KnowledgeGraph
    from knowledge_graph.vectors import VectorIndex


class ListedSku(BaseModel):
    """One SKU of a list; money in the shop's major units, None where it is unknown."""

    model_config = ConfigDict(frozen=True)

    sku: str
    title: str
    category: str
    brand: str
    status: str
    price: Decimal | None
    """What a customer pays now."""
    list_price: Decimal | None
    cost: Decimal | None
    margin: float | None
    """Gross margin at the price a customer pays, a fraction."""
    on_hand: int | None
    promotion: str | None
    """The promotion that runs now."""


class Taken(BaseModel):
    """What one term of the words was taken for."""

    model_config = ConfigDict(frozen=True)

    term: str
    kind: str
    """category, brand, tag, attribute, sku, product, title, state, everything or similar."""
    targets: tuple[str, ...]
    """Nodes of the graph that it names; ``term:…`` for words of titles."""
    skus: int
    """How many SKUs it covers by itself."""


class CatalogueList(BaseModel):
    """SKUs of the shop, in the order of their names."""

    model_config = ConfigDict(frozen=True)

    currency: str
    total: int
    """All that fit; ``skus`` may hold fewer."""
    taken_for: tuple[Taken, ...] = ()
    """What the words were taken for."""
    skus: tuple[ListedSku, ...]


@dataclass(frozen=True)
class Narrowing:
    """Which SKUs are wanted; everything where nothing is said."""

    words: str = ""
    """As a goal would say it: “red mugs”, “羽绒服”."""
    category: str = ""
    brand: str = ""
    status: str = ""
    below_cost: bool = False
    out_of_stock: bool = False

    @property
    def scope(self) -> Scope:
        """The part of it that words tell."""
        return Scope(
            text=self.words or None,
            categories=(self.category,) if self.category else (),
            brands=(self.brand,) if self.brand else (),
        )


def list_catalogue(
    catalogue: pd.DataFrame,
    kg: KnowledgeGraph,
    index: VectorIndex | None,
    wanted: Narrowing,
    *,
    currency: str,
    limit: int,
) -> CatalogueList:
    """SKUs that fit, with prices, cost, margin and stock.

    Args:
        catalogue: ``FactsView.catalogue``.
        kg: The shop's graph.
        index: For likeness of texts.
        wanted: Which SKUs.
        currency: The shop's.
        limit: How many at most.

    Raises:
        NotFoundError: Nothing in the shop is called what the words say.
    """
    found = resolve_scope(wanted.scope, kg, index, catalogue)
    if found.unmatched:
        raise NotFoundError(
            f"nothing in this shop is called “{'”, “'.join(found.unmatched)}”",
            remedy="Use a category, brand, tag or words of titles, or try `ecomagent search`.",
        )
    rows = _filtered(catalogue[catalogue["sku"].isin(set(found.skus))], wanted)
    shown = rows.sort_values("sku").head(limit).to_dict("records")
    return CatalogueList(
        currency=currency,
        total=len(rows),
        taken_for=tuple(
            Taken(term=m.term, kind=m.kind, targets=m.targets, skus=len(m.skus))
            for m in found.matches
        ),
        skus=tuple(_listed(row, currency) for row in shown),
    )  # fmt: skip


def _filtered(rows: pd.DataFrame, wanted: Narrowing) -> pd.DataFrame:
    keep = rows["sku"].notna()
    if wanted.status:
        keep &= rows["status"] == wanted.status
    if wanted.below_cost:
        keep &= rows["cost_minor"] >= rows["price_minor"]
    if wanted.out_of_stock:
        keep &= (rows["status"] == "active") & (rows["on_hand"] <= 0)
    return rows[keep]


def _listed(row: Mapping[Hashable, Any], currency: str) -> ListedSku:
    price, cost = _amount(row, "price_minor", currency), _amount(row, "cost_minor", currency)
    on_hand = row.get("on_hand")
    return ListedSku(
        sku=str(row["sku"]),
        title=_text(row.get("title")),
        category=_text(row.get("category")),
        brand=_text(row.get("brand")),
        status=_text(row.get("status")),
        price=price,
        list_price=_amount(row, "list_price_minor", currency),
        cost=cost,
        margin=round(float(1 - cost / price), 4) if price and cost is not None else None,
        on_hand=None if on_hand is None or on_hand != on_hand else int(on_hand),
        promotion=_text(row.get("promotion_id")) or None,
    )


def _amount(row: Mapping[Hashable, Any], name: str, currency: str) -> Decimal | None:
    minor = row.get(name)
    return None if minor is None or minor != minor else to_decimal(round(minor), currency)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
