"""Content addresses and ids: the same content always gets the same name."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import date, datetime
from decimal import Decimal
from typing import Any


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces, so that equal values give equal bytes."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    )


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    raise TypeError(f"cannot address a {type(value).__name__} by content")


def content_hash(value: Any) -> str:
    """SHA-256 of the canonical JSON, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def content_id(prefix: str, value: Any, *, digits: int = 10) -> str:
    """A short name derived from content, e.g. ``act-3f9a0c11d2``."""
    return f"{prefix}-{content_hash(value)[:digits]}"


def random_id(prefix: str) -> str:
    """A short unique name for something that has no content yet, such as a run."""
    return f"{prefix}-{secrets.token_hex(5)}"
