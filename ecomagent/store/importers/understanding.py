"""How a file was understood: its subject, which column is which field, and what is in doubt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ecomagent.store.importers.fields import Subject
from ecomagent.store.importers.parse import Conventions, DecimalMark
from ecomagent.store.importers.subjects import SUBJECTS

Layout = Literal[
    "tidy", "online_retail", "amazon_orders", "shopify_orders", "shopify_products", "table"
]
_READ_AS_WELL: dict[Layout, str] = {
    "shopify_orders": "discount amount",
    "shopify_products": "option",
}
"""How columns begin that a layout reads although they are no fields."""
Confirm = Callable[["Understanding"], "Understanding | None"]
"""Shows a person what was understood; gives back what they settled on, or None to stop."""


class Doubt(BaseModel):
    """Something only the merchant can say for sure."""

    model_config = ConfigDict(frozen=True)

    field: str
    """A field, or ``day_first``."""
    question: str
    proposed: str = ""
    """The answer that would be taken, where there is a likely one."""
    choices: tuple[str, ...] = ()


class Understanding(BaseModel):
    """What a file is taken for."""

    model_config = ConfigDict(frozen=True)

    file: str
    layout: Layout
    subject: str
    mapping: dict[str, str]
    """Field → column."""
    columns: tuple[str, ...]
    """Every column of the file, in order."""
    attributes: tuple[str, ...] = ()
    """Columns kept as attributes."""
    decimal_mark: DecimalMark = "."
    day_first: bool = False
    timezone: str = "UTC"
    samples: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """A few values of each column."""
    doubts: tuple[Doubt, ...] = ()
    notes: tuple[str, ...] = ()
    saved: bool = False
    """Whether it was settled on before, or given with ``--map``."""

    @property
    def about(self) -> Subject:
        """The subject's fields."""
        return SUBJECTS[self.subject]

    @property
    def conventions(self) -> Conventions:
        """How numbers and dates are written."""
        return Conventions(self.decimal_mark, self.day_first, self.timezone)

    @property
    def unused(self) -> tuple[str, ...]:
        """Columns that are not imported."""
        used = {*self.mapping.values(), *self.attributes}
        also = _READ_AS_WELL.get(self.layout, ())
        return tuple(c for c in self.columns if c not in used and not c.lower().startswith(also))
