"""Real things for tests: a server, a made-up shop and a person in it, real data where at hand."""

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator

from ecomagent.cli.app import commands
from ecomagent.cli.documents import schema_of
from evals.sample.parameters import SampleParameters
from evals.sample_shop import write_sample_shop

ROOT = Path(__file__).resolve().parent.parent
SERVER_USER = "postgres"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data sets; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("ECOMAGENT_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder} (set ECOMAGENT_DATA)")
    return folder


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small made-up shop whose history ends yesterday by its own clock."""
    folder = tmp_path_factory.mktemp("bundle")
    end = (datetime.now(ZoneInfo(SampleParameters.timezone)) - timedelta(days=1)).date()
    write_sample_shop(folder, seed=7, products=48, days=400, end=end)
    return folder


def _postgres_bin() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _server_user() -> str | None:
    """Who runs the server: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SERVER_USER)
    except KeyError:
        return "nobody"
    return SERVER_USER


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory):
    """URL of a throw-away PostgreSQL server on a free loopback port."""
    binaries = _postgres_bin()
    if binaries is None:
        message = "PostgreSQL is not installed (apt-get install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    folder = Path("/tmp") / f"ecomagent-pg-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    user = _server_user()
    as_user = ["runuser", "-u", user, "--"] if user else []
    if user:
        shutil.chown(folder, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
    run = {"check": True, "cwd": folder, "stdout": subprocess.DEVNULL}
    subprocess.run(
        [*as_user, str(binaries / "initdb"), "-D", str(data), "-U", "tests", "-A", "trust"], **run
    )
    control = [*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-w"]
    subprocess.run([*control, "-l", str(folder / "log"), "-o", options, "start"], **run)
    try:
        yield f"postgresql+psycopg://tests@127.0.0.1:{port}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, cwd=folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pg_database(postgres_url: str) -> str:
    """URL of a fresh, empty database on a real PostgreSQL server."""
    import psycopg

    name = f"shop_{uuid.uuid4().hex[:10]}"
    plain = postgres_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(f"{plain}/postgres", autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    return f"{postgres_url}/{name}"


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
    known = commands()
    name = next(name for name in (words[0], " ".join(words[:2])) if name in known)
    prints: tuple[str, ...] = known[name].callback.prints
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
