"""Figures as evidence holds them: rounded so that a recomputation gives the same ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ecomagent.domain.evidence import DataRef

Floats = npt.NDArray[np.float64]

DIGITS = 6
"""Significant digits of every published figure: more than any estimate deserves, and few enough
that processors which add in another order still agree."""


def significant(values: npt.ArrayLike, digits: int = DIGITS) -> Floats:
    """Values rounded to that many significant digits; NaN and infinities stay."""
    array = np.asarray(values, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        magnitude = np.floor(np.log10(np.abs(array)))
    usable = np.isfinite(magnitude)
    places = np.where(usable, digits - 1 - magnitude, 0)
    scale = np.power(10.0, np.clip(np.abs(places), 0, 300))
    up = places >= 0
    with np.errstate(invalid="ignore", over="ignore"):
        rounded = np.where(up, np.round(array * scale) / scale, np.round(array / scale) * scale)
    return np.where(usable, rounded, array)


def plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row as JSON values: numbers of Python's own, None for unknown."""
    return {str(key): _plain(value) for key, value in row.items()}


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    if value is None or value != value or str(value) in ("<NA>", "NaT"):
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def rows_of(source: DataRef, **selector: Any) -> DataRef:
    """The same data, narrowed to some rows; the row count of the whole no longer applies."""
    return source.model_copy(update={"selector": {**source.selector, **selector}, "rows": None})
