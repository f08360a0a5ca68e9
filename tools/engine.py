"""Where the parts of a long computation run: in this process, or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

Part = TypeVar("Part")
Made = TypeVar("Made")


class Engine(Protocol):
    """Runs one function over many parts.

    How work is cut into parts never depends on the engine, so that every engine gives the same
    figures to the last digit. ``work`` is a function of a module, parts and results can be
    pickled.
    """

    def map(self, work: Callable[[Part], Made], parts: Iterable[Part]) -> list[Made]:
        """What ``work`` makes of each part, in their order."""
        ...


class Here:
    """One part after the other, in this process."""

    def map(self, work: Callable[[Part], Made], parts: Iterable[Part]) -> list[Made]:
        """What ``work`` makes of each part, in their order."""
        return [work(part) for part in parts]


HERE = Here()
