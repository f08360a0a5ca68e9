"""Bulk-edit files for a shop that is edited by upload: Shopify's product CSV, and lists beside it.

The store's catalogue is the memory of what was written, so that reading back and rolling back
work before anybody has uploaded anything; a later import of the shop's own export overrides it.
One folder a plan. Its files are made from that memory alone: made again, they are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ecomagent.connectors.bulk_edit import FileRow, rows_of, text_of
from ecomagent.domain.action import Action, ActionKind, SendCampaign, StartPromotion, Target
from ecomagent.domain.errors import ConnectorError
from ecomagent.domain.plan import Base
from ecomagent.domain.ports import TargetState
from ecomagent.store.local_shop import LocalShop

Files = dict[str, dict[str, FileRow]]
"""File name to its rows by what they are about, in their order."""


class CsvConnector:
    """Writes files to upload; remembers what they say.

    Args:
        shop: The catalogue, changed along with the files.
        outbox: Folder of the files.
    """

    name = "csv"
    supports = frozenset(ActionKind)

    def __init__(self, shop: LocalShop, outbox: Path) -> None:
        self._shop = shop
        self._outbox = outbox
        self._known: dict[str, Files] = {}
        """Rows of the plans whose files this process has made whole."""

    def base(self) -> Base:
        """Serial and state hash of the shop once every file is uploaded."""
        return self._shop.base()

    def read(self, kind: ActionKind, targets: Sequence[Target]) -> dict[str, TargetState]:
        """What the shop shows of the targets once every file is uploaded."""
        return self._shop.read(kind, targets)

    def written(self, idempotency_key: str) -> TargetState | None:
        """What an earlier write left; files that are missing or torn are made again first."""
        state = self._shop.written(idempotency_key)
        if state is not None:
            self._make_whole(_plan_of(idempotency_key))
        return state

    def write(self, action: Action, *, idempotency_key: str) -> TargetState:
        """Remember the change, then add it to the plan's files; the same key does so once.

        Raises:
            PreconditionFailedError: The target is no longer what the action was planned on.
            ConnectorError: The outbox cannot be written, or a file cannot say this.
        """
        _check(action)
        state = self._shop.write(action, idempotency_key)
        plan_id = _plan_of(idempotency_key)
        if plan_id not in self._known:
            self._make_whole(plan_id)
            return state
        kept = self._shop.write_of(idempotency_key)
        people = self._recipients(action)
        for row in () if kept is None else rows_of(kept.action, kept.label, people):
            self._add(plan_id, row)
        return state

    def _recipients(self, action: Action) -> dict[str, str]:
        if not isinstance(action, SendCampaign):
            return {}
        return self._shop.recipients(action.after.campaign_id)

    def _add(self, plan_id: str, row: FileRow) -> None:
        """Put a row at the end of its file, or in the place of the one it corrects."""
        rows = self._known[plan_id].setdefault(row.file, {})
        fresh, first = row.about not in rows, not rows
        rows[row.about] = row
        path = self._outbox / plan_id / row.file
        if first or not fresh:
            _replace(path, text_of(list(rows.values())))
        else:
            _append(path, text_of([row], header=False))

    def _make_whole(self, plan_id: str) -> None:
        files: Files = {}
        for kept in self._shop.writes_of(plan_id).values():
            campaign = kept.action["after"].get("campaign_id")
            people = self._shop.recipients(campaign) if campaign else {}
            for row in rows_of(kept.action, kept.label, people):
                files.setdefault(row.file, {})[row.about] = row
        for name, rows in files.items():
            path, text = self._outbox / plan_id / name, text_of(list(rows.values()))
            if not _holds(path, text):
                _replace(path, text)
        self._known[plan_id] = files


def _plan_of(key: str) -> str:
    return key.split("/", 1)[0]


def _check(action: Action) -> None:
    if isinstance(action, StartPromotion) and action.starts_at is not None:
        raise ConnectorError(
            "a bulk-edit file counts from its upload on, so it cannot start a promotion later",
            where=action.sku,
            remedy="Edit the action to start at once, or enter the promotion by hand.",
        )


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def _replace(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8", newline="")
        part.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> ConnectorError:
    return ConnectorError(
        "the bulk-edit file cannot be written",
        where=f"{path}: {error.strerror}",
        remedy="Make room on the disk or allow writing there, then run `ecomagent apply` again.",
    )
