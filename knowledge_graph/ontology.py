"""What kinds of things the graph knows, and how it says that they belong together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SHOP = "shop"
"""The node above all others."""


class Kind(StrEnum):
    """Kinds of nodes; a node is named ``kind:key``."""

    CATEGORY = "category"
    BRAND = "brand"
    TAG = "tag"
    ATTRIBUTE = "attribute"
    SUPPLIER = "supplier"
    SEGMENT = "segment"
    PRODUCT = "product"
    SKU = "sku"


CONTAINS = "contains"
MAKES = "makes"
MARKS = "marks"
DESCRIBES = "describes"
SUPPLIES = "supplies"
HAS_VARIANT = "has variant"
HAS_SEGMENT = "has segment"
PREFERS = "prefers"
BOUGHT_TOGETHER = "bought_together"
SUBSTITUTE = "substitute"

INVERSE = {
    CONTAINS: "is in",
    MAKES: "is made by",
    MARKS: "is tagged",
    DESCRIBES: "has",
    SUPPLIES: "is supplied by",
    HAS_VARIANT: "is variant of",
    HAS_SEGMENT: "is segment of",
    PREFERS: "is preferred by",
    BOUGHT_TOGETHER: BOUGHT_TOGETHER,
    SUBSTITUTE: SUBSTITUTE,
}
"""How each relation reads against its direction."""

COST = {
    CONTAINS: 1.0,
    MAKES: 1.0,
    HAS_VARIANT: 1.0,
    HAS_SEGMENT: 1.0,
    MARKS: 1.5,
    DESCRIBES: 1.5,
    SUPPLIES: 1.5,
    BOUGHT_TOGETHER: 2.0,
    SUBSTITUTE: 2.0,
    PREFERS: 9.0,
}
"""How far a relation leads from what a thing is: a path takes what says most about it."""


def node(kind: Kind, key: str) -> str:
    """The name of a node, e.g. ``category:Kitchen > Mugs``."""
    return f"{kind.value}:{key}"


def category_levels(category: str) -> tuple[str, ...]:
    """A category's path from its root down, e.g. ``Kitchen``, ``Kitchen > Mugs``."""
    parts = [part.strip() for part in category.split(">") if part.strip()]
    return tuple(" > ".join(parts[: depth + 1]) for depth in range(len(parts)))


@dataclass(frozen=True)
class Edge:
    """One relation, read from ``source`` to ``target``."""

    source: str
    relation: str
    target: str
    weight: float | None = None
    support: int | None = None
