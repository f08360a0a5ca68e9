"""What an import did, file by file, as the command line prints it and ``--json`` gives it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field


class FileReport(BaseModel):
    """One imported file."""

    model_config = ConfigDict(frozen=True)

    file: str
    layout: str
    subject: str
    status: Literal["imported", "known", "skipped"] = "imported"
    """known: the same content was imported before; skipped: it has no rows."""
    mapping: dict[str, str] = Field(default_factory=dict)
    unused_columns: tuple[str, ...] = ()
    rows_read: int = 0
    rows_new: int = 0
    rows_changed: int = 0
    rows_known: int = 0
    rows_bad: int = 0
    rows_left_out: dict[str, int] = Field(default_factory=dict)
    """Reason → rows that are no goods, sales or records."""
    rows_mended: int = 0
    """Rows that left the quarantine."""
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rows_per_second(self) -> int:
        """Rows read a second."""
        return round(self.rows_read / self.seconds) if self.seconds else 0


class ImportReport(BaseModel):
    """One run of ``ecomagent import``."""

    model_config = ConfigDict(frozen=True)

    files: tuple[FileReport, ...]
    quarantine_open: int = 0
    """Rows in quarantine now, from this and earlier imports."""
    observed_prices: int = 0
    """List prices that were read off orders, for want of a price list."""
    first_day: date | None = None
    last_day: date | None = None
    products: int = 0
    without_cost: int = 0
    without_stock: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rows_read(self) -> int:
        """Rows read in all files."""
        return sum(file.rows_read for file in self.files)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rows_new(self) -> int:
        """New records in all files."""
        return sum(file.rows_new for file in self.files)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rows_changed(self) -> int:
        """Known records that took new values."""
        return sum(file.rows_changed for file in self.files)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rows_bad(self) -> int:
        """Rows that went to quarantine."""
        return sum(file.rows_bad for file in self.files)
