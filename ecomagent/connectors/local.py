"""The built-in shop: the store's own catalogue, through the contract every shop keeps."""

from __future__ import annotations

from collections.abc import Sequence

from ecomagent.domain.action import Action, ActionKind, Target
from ecomagent.domain.plan import Base
from ecomagent.domain.ports import TargetState
from ecomagent.store.local_shop import LocalShop


class LocalConnector:
    """Reads and changes the store's catalogue.

    Args:
        shop: The catalogue as a shop.
    """

    name = "local"
    supports = frozenset(ActionKind)

    def __init__(self, shop: LocalShop) -> None:
        self._shop = shop

    def base(self) -> Base:
        """Serial and state hash of the shop now."""
        return self._shop.base()

    def read(self, kind: ActionKind, targets: Sequence[Target]) -> dict[str, TargetState]:
        """What the shop shows of the targets."""
        return self._shop.read(kind, targets)

    def written(self, idempotency_key: str) -> TargetState | None:
        """What an earlier write under this key left."""
        return self._shop.written(idempotency_key)

    def write(self, action: Action, *, idempotency_key: str) -> TargetState:
        """Carry out one action, once per key."""
        return self._shop.write(action, idempotency_key)
