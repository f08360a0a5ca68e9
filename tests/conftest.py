"""Real things for tests: a PostgreSQL server, a small made-up shop, real data where at hand."""

import os
import pwd
import shutil
import socket
import subprocess
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

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
    """A small made-up shop whose history ends yesterday."""
    folder = tmp_path_factory.mktemp("bundle")
    end = (datetime.now(UTC) - timedelta(days=1)).date()
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
