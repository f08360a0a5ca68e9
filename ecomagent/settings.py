"""Finds a workspace, and reads and writes its settings; flags and environment win over the file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from ecomagent.domain.errors import ConfigError, WorkspaceError
from ecomagent.domain.workspace import CONFIG_NAME, Settings

WORKSPACE_VARIABLE = "ECOMAGENT_WORKSPACE"
DATABASE_VARIABLE = "ECOMAGENT_DATABASE_URL"
ACTOR_VARIABLE = "ECOMAGENT_ACTOR"
ROLE_VARIABLE = "ECOMAGENT_ROLE"


def find_workspace(start: Path | None = None, *, env: Mapping[str, str] = os.environ) -> Path:
    """The workspace folder: the one given, the environment's, or the nearest upwards.

    Raises:
        WorkspaceError: There is none.
    """
    named = start or (Path(env[WORKSPACE_VARIABLE]) if env.get(WORKSPACE_VARIABLE) else None)
    if named is not None:
        if not (named / CONFIG_NAME).is_file():
            raise WorkspaceError(
                "this folder is no workspace",
                where=str(named),
                remedy=f"It holds no {CONFIG_NAME}; make one with `ecomagent init {named}`.",
            )
        return named.resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / CONFIG_NAME).is_file():
            return folder
    raise WorkspaceError(
        "you are not in a workspace",
        where=str(here),
        remedy="Go into one, name one with --workspace, or make one with `ecomagent init myshop`.",
    )


def read_settings(path: Path) -> Settings:
    """The settings file.

    Raises:
        ConfigError: Not TOML, or a key or value that is not known.
    """
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WorkspaceError("the settings file is missing", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            "the settings file is not valid TOML",
            where=f"{path}: {error}",
            remedy="Correct that line.",
        ) from error
    return valid_settings(written, path)


def valid_settings(values: dict[str, Any], path: Path) -> Settings:
    """Settings from what a file holds.

    Raises:
        ConfigError: A key or value that is not known.
    """
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            raise ConfigError(
                f"setting “{key}” is missing",
                where=str(path),
                remedy="Put it back; `ecomagent init` in an empty folder shows how it is written.",
            ) from error
        raise ConfigError(
            f"setting “{key}” cannot be used: {first['msg']}",
            where=str(path),
            remedy="Correct or remove that line.",
        ) from error


def _setting_lines(settings: Settings) -> str:
    import tomlkit

    document = tomlkit.document()
    document.add(
        tomlkit.comment("Settings of this ecomagent workspace. Flags and environment win.")
    )
    for section, values in settings.model_dump(mode="json").items():
        table = tomlkit.table()
        for key, value in values.items():
            table.add(key, value)
        document.add(section, table)
    return tomlkit.dumps(document)


def known_timezone(name: str) -> str:
    """The name of a time zone.

    Raises:
        ConfigError: There is none of that name.
    """
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(
            f"“{name}” is no time zone", remedy="Use a name such as Europe/London or UTC."
        ) from error


def with_database(settings: Settings, url: str) -> Settings:
    """The settings with another store; unchanged where the URL is empty."""
    if not url:
        return settings
    store = settings.store.model_copy(update={"database_url": url})
    return settings.model_copy(update={"store": store})


def write_settings(path: Path, settings: Settings) -> None:
    """Write the settings, last of all: the file makes the folder a workspace."""
    draft = path.with_suffix(".toml.new")
    draft.write_text(_setting_lines(settings), encoding="utf-8")
    if settings.store.database_url:
        draft.chmod(0o600)  # the URL may hold a password
    draft.replace(path)
