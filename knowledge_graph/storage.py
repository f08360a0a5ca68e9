"""Keeps a graph on disk: two Parquet files and a small one that says which of them count."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ecomagent.domain.errors import WorkspaceError

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 2
HEAD = "graph.json"
"""Written last: whose history the graph is of, and its files."""


class About(BaseModel):
    """Whose history a graph is of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    facts_hash: str
    as_of: datetime
    inputs: dict[str, str] = Field(default_factory=dict)
    """Name of each part to a hash of what it was made from."""
    files: dict[str, str] = Field(default_factory=dict)
    """Table to its file; the names hold a hash of the content."""


@dataclass(frozen=True)
class Kept:
    """A graph as it was kept."""

    catalogue: pd.DataFrame
    links: pd.DataFrame
    about: About


def save(folder: Path, *, catalogue: pd.DataFrame, links: pd.DataFrame, about: About) -> None:
    """Write the tables, then the head that names them, then drop what no head names.

    Raises:
        WorkspaceError: The folder cannot be written.
    """
    attributes = catalogue["attributes"].map(lambda said: json.dumps(said, ensure_ascii=False))
    tables = {"products": catalogue.assign(attributes=attributes), "links": links}
    before = _read_head(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = {name: _write(folder, name, table) for name, table in tables.items()}
        head = about.model_copy(update={"files": files})
        part = folder / f"{HEAD}.part"
        part.write_text(head.model_dump_json(indent=2), encoding="utf-8")
        part.replace(folder / HEAD)
        named = {*files.values(), *(before.files.values() if before else ())}
        for file in folder.glob("*.parquet"):
            if file.name not in named:
                file.unlink(missing_ok=True)
    except OSError as error:
        raise WorkspaceError(
            "the knowledge graph cannot be kept",
            where=f"{folder}: {error.strerror or error}",
            remedy="Check that the disk has room and that you may write there.",
        ) from error


def load(folder: Path) -> Kept | None:
    """The graph kept in a folder; None where there is none, or none that can be read."""
    import pandas as pd
    import pyarrow as pa

    head = about(folder)
    if head is None:
        return None
    try:
        catalogue = pd.read_parquet(folder / head.files["products"])
        links = pd.read_parquet(folder / head.files["links"])
        attributes = [json.loads(text) for text in catalogue["attributes"]]
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return None
    return Kept(catalogue.assign(attributes=attributes), links, head)


def about(folder: Path) -> About | None:
    """Whose history the kept graph is of; None where none of this format is kept."""
    head = _read_head(folder)
    return head if head is not None and head.format == FORMAT else None


def _read_head(folder: Path) -> About | None:
    try:
        return About.model_validate_json((folder / HEAD).read_bytes())
    except (OSError, ValidationError):
        return None


def _write(folder: Path, name: str, table: Any) -> str:
    body = BytesIO()
    table.to_parquet(body, index=False)
    content = body.getvalue()
    file = f"{name}-{sha256(content).hexdigest()[:16]}.parquet"
    part = folder / f"{file}.part"
    part.write_bytes(content)
    part.replace(folder / file)
    return file
