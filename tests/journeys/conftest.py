"""A person at the command line: types commands, reads what comes back."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from jsonschema import Draft202012Validator

from ecomagent.cli import COMMANDS
from ecomagent.cli.app import app
from ecomagent.cli.documents import schema_of


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Person:
    """Types commands in a folder, each in a process of its own, as a shell would."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("ECOMAGENT_")},
            "NO_COLOR": "1", "COLUMNS": "160", **env,
        }  # fmt: skip

    def types(self, *words: str, code: int | None = 0, stdin: str | None = None) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "ecomagent", *words],
            cwd=self.folder,
            env=self.env,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
        )
        said = Said(done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in said.out + said.err, said
        assert code is None or said.code == code, said
        if "--json" in words:
            _check_document(words, said)
        return said


def _check_document(words: tuple[str, ...], said: Said) -> None:
    """What is printed for programs is what the published schemas promise."""
    prints = documents_of(words)
    wanted = ("error",) if "error" in said.json else prints
    faults = [[*Draft202012Validator(schema_of(n)).iter_errors(said.json)] for n in wanted]
    assert any(not found for found in faults), (words, faults)


def documents_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """The documents that a command line may print."""
    for module in COMMANDS:
        import_module(f"ecomagent.cli.{module}")
    command: Any = typer.main.get_command(app)
    for word in words:
        if not hasattr(command, "commands"):
            break
        command = command.commands[word]
    prints: tuple[str, ...] = command.callback.prints
    return prints


@pytest.fixture(scope="session")
def open_shop(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Person]:
    """Opens a shop filled with the bundle; arguments go to ``init``."""

    def open_it(*arguments: str, **env: str) -> Person:
        folder = tmp_path_factory.mktemp("shop")
        person = Person(folder, **env)
        person.types("init", ".", "--currency", "CNY", "--country", "CN", *arguments)
        person.types("import", str(bundle))
        return person

    return open_it
