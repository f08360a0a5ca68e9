"""Lists of customers that campaigns are for, kept by content: what was approved is what is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ecomagent.domain.errors import StoreError
from ecomagent.domain.ids import content_id

NAME = re.compile(r"^aud-[0-9a-f]{16}$")


def audience_id(ids: Iterable[str]) -> str:
    """The name of a list of customers, whatever its order."""
    return content_id("aud", sorted(ids), digits=16)


def is_audience(name: str) -> bool:
    """Whether a name is that of a list rather than of a segment."""
    return NAME.match(name) is not None


def keep_audience(folder: Path, ids: Iterable[str]) -> str:
    """Write a list, one id a line, and return its name; one that is there is left alone."""
    listed = sorted(ids)
    name = audience_id(listed)
    path = folder / f"{name}.txt"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text("\n".join(listed), encoding="utf-8")
        part.chmod(0o600)
        part.replace(path)
    return name


def read_audience(folder: Path, name: str) -> tuple[str, ...]:
    """The customers of a list.

    Raises:
        StoreError: It is not there, or is not what its name says.
    """
    try:
        listed = (folder / f"{name}.txt").read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise StoreError(
            "the list of customers a campaign is for is missing",
            where=f"{folder / name}.txt",
            remedy="Plan the campaign anew.",
        ) from error
    if audience_id(listed) != name:
        raise StoreError(
            "the list of customers a campaign is for was changed since it was planned",
            where=f"{folder / name}.txt",
            remedy="Plan the campaign anew.",
        )
    return tuple(listed)
