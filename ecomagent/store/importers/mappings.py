"""Column mappings that a person settled on, kept by the columns of the table they are for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import ValidationError

from ecomagent.domain.errors import ConfigError, UsageError, WorkspaceError
from ecomagent.domain.ids import content_hash
from ecomagent.store.importers.subjects import SUBJECTS
from ecomagent.store.importers.understanding import Understanding

_OPTIONS = {
    "subject": tuple(SUBJECTS),
    "day_first": ("yes", "no"),
    "decimal": (".", ","),
}
_KEPT = (
    "file", "layout", "subject", "mapping", "columns", "attributes", "decimal_mark", "day_first",
    "timezone",
)  # fmt: skip


def signature(columns: tuple[str, ...]) -> str:
    """Names a table by its columns."""
    return "table-" + content_hash(list(columns))[:12]


def kept_mapping(file: Path, columns: tuple[str, ...]) -> Understanding | None:
    """What was settled on for a table with these columns.

    Raises:
        ConfigError: The file of mappings is damaged.
    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
        kept = document.get(signature(columns))
        return None if kept is None else Understanding.model_validate(kept)
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise ConfigError(
            "the saved column mappings cannot be read",
            where=str(file),
            remedy="Correct the file, or delete it and confirm the mapping again.",
        ) from error


def keep_mapping(file: Path, understood: Understanding) -> None:
    """Save what was settled on.

    Raises:
        WorkspaceError: The file cannot be written.
    """
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        document = tomlkit.parse(text)
        if not text:
            document.add(tomlkit.comment("Which column is which field, as confirmed at import."))
        document[signature(understood.columns)] = as_kept(understood)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(tomlkit.dumps(document), encoding="utf-8")
    except OSError as error:
        raise WorkspaceError(
            "the column mapping cannot be saved",
            where=f"{file}: {error.strerror}",
            remedy="Check that you may write there, and that the disk has room.",
        ) from error


def as_kept(understood: Understanding) -> dict[str, Any]:
    """The parts of an understanding that hold for every file of its kind."""
    return understood.model_dump(mode="json", include=set(_KEPT))


def check_chosen(
    chosen: Mapping[str, str], columns: tuple[str, ...], *, whole: bool
) -> dict[str, str]:
    """What ``--map`` says about a table with these columns.

    Args:
        chosen: Field or option → column or value.
        columns: The table's columns.
        whole: Whether every column named must be there; in a folder each file takes its own.

    Raises:
        UsageError: No such field, option, value or column.
    """
    fields = {name for subject in SUBJECTS.values() for name in subject.names}
    taken = {}
    for key, value in chosen.items():
        if key in _OPTIONS or key == "timezone":
            taken[key] = _option(key, value)
        elif key not in fields:
            raise UsageError(
                f"“{key}” is no field",
                where=f"--map {key}={value}",
                remedy=f"Fields are {', '.join(SUBJECTS['orders'].names)}; options are "
                f"{', '.join(_OPTIONS)} and timezone.",
            )
        elif value in columns:
            taken[key] = value
        elif whole:
            raise UsageError(
                f"the file has no column “{value}”",
                where=f"--map {key}={value}",
                remedy=f"Its columns are {', '.join(columns)}.",
            )
    return taken


def _option(key: str, value: str) -> str:
    if key in _OPTIONS and value not in _OPTIONS[key]:
        raise UsageError(
            f"“{value}” is no value of {key}",
            where=f"--map {key}={value}",
            remedy=f"Use one of {', '.join(_OPTIONS[key])}.",
        )
    if key == "timezone":
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(value)
        except (KeyError, ValueError) as error:
            raise UsageError(
                f"“{value}” is no time zone", remedy="Use a name such as Europe/London or UTC."
            ) from error
    return value
