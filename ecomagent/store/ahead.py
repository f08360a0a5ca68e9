"""Overlaps reading and writing: the database drivers release the interpreter while they work."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

T = TypeVar("T")
_END = object()


def one_ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items; the next one is made in another thread while one is in use."""
    with ThreadPoolExecutor(1) as worker:
        following = worker.submit(next, items, _END)
        while (item := following.result()) is not _END:
            following = worker.submit(next, items, _END)
            yield cast("T", item)
