"""Where a number comes from: enough to recompute it and get the same one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from ecomagent.domain.ids import content_id


class DataRef(BaseModel):
    """The data a tool read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    """Facts table, e.g. ``panel``, ``catalogue``, ``customers``, or ``shop`` for a live read."""
    selector: dict[str, Any] = Field(default_factory=dict)
    """Which rows: keys and values, e.g. ``{"sku": "A1", "since": "2024-01-01"}``."""
    as_of: datetime
    """Nothing known after this moment was read (UTC)."""
    facts_hash: str = ""
    """Content hash of the facts the rows came from."""
    rows: int | None = None


class Evidence(BaseModel):
    """One computed figure or set of figures: data, function, parameters, result."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    tool: str
    """Import path of the function, e.g. ``tools.forecast.forecast_demand``."""
    params: dict[str, Any] = Field(default_factory=dict)
    data: tuple[DataRef, ...] = ()
    result: dict[str, Any] = Field(default_factory=dict)
    """Named figures; names carry their unit, e.g. ``units_p50``, ``price_minor``."""
    assumptions: tuple[str, ...] = ()
    """What was assumed rather than known, e.g. ``gross margin 50 % (assumed, no cost on file)``."""

    @classmethod
    def of(
        cls,
        tool: str,
        *,
        params: dict[str, Any] | None = None,
        data: tuple[DataRef, ...] = (),
        result: dict[str, Any] | None = None,
        assumptions: tuple[str, ...] = (),
    ) -> Self:
        """Evidence whose id is derived from everything it holds."""
        body = {
            "tool": tool,
            "params": params or {},
            "data": [ref.model_dump(mode="json") for ref in data],
            "result": result or {},
            "assumptions": list(assumptions),
        }
        return cls(
            id=content_id("ev", body),
            tool=tool,
            params=params or {},
            data=data,
            result=result or {},
            assumptions=assumptions,
        )
