"""What the inside asks of the outside: a clock, a shop, somebody who watches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from ecomagent.domain.action import Action, ActionKind, Target
from ecomagent.domain.plan import Base


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """This moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """This moment, aware, in UTC."""
        return datetime.now(UTC)


class Progress(Protocol):
    """Is told what is being done, in steps with a name; must return quickly."""

    def __call__(self, step: str, detail: str = "", /) -> None:
        """One step was reached."""
        ...


def silent(step: str, detail: str = "", /) -> None:
    """A progress listener that says nothing."""


class TargetState(BaseModel):
    """What the shop shows of one target, as one action kind sees it.

    ``fields`` has the keys of the kind's ``before`` model without ``version``, as JSON values; a
    missing target has ``exists=False`` and version ``"absent"``. ``extra`` holds what else a
    rollback has to know, such as when a promotion was to end.
    """

    model_config = ConfigDict(frozen=True)

    target: Target
    exists: bool
    version: str
    fields: dict[str, Any] = Field(default_factory=dict)
    extra: dict[str, Any] = Field(default_factory=dict)


class Connector(Protocol):
    """One shop. Reading is free; only ``plan.apply`` may call ``write``."""

    name: str
    supports: frozenset[ActionKind]

    def base(self) -> Base:
        """Serial and state hash of the whole shop now (``facts_hash`` left empty)."""
        ...

    def read(self, kind: ActionKind, targets: Sequence[Target]) -> dict[str, TargetState]:
        """What the shop shows of the targets, keyed by target id, as ``kind`` sees them."""
        ...

    def written(self, idempotency_key: str) -> TargetState | None:
        """What an earlier write under this key left, or None if the shop never saw the key."""
        ...

    def write(self, action: Action, *, idempotency_key: str) -> TargetState:
        """Carry out one action at most once per key and return what the shop then shows.

        Keys look like ``<plan>/<action>/<content>``: a shop may put together what belongs to one
        plan by the part before the first slash.

        Raises:
            PreconditionFailedError: The target's version is not ``action.before.version``.
            ConnectorError: The shop refused or did not answer; safe to call again.
        """
        ...
