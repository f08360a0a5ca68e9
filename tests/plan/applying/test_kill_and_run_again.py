"""A run of ``apply`` or ``rollback`` may die at any moment: nothing is lost, nothing doubled.

Every kill is SIGKILL of a real process that is applying a plan; then it is run again, and the
shop, the receipts, the audit log and the bulk-edit files are held against an undisturbed run.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

SERVER = Path(__file__).parent / "kill_server.py"
NINE = (
    "set_price,start_promotion,end_promotion,list_product,delist_product,reorder,send_campaign,"
    "update_content,create_bundle"
)
RUNS = [
    ("local", "apply", "steps", NINE),
    ("local", "apply", "all", "reorder"),
    ("local", "rollback", "all", "end_promotion"),
    ("csv", "apply", "all", "start_promotion"),
    ("csv", "rollback", "all", "set_price"),
]
THOROUGH = [
    (connector, mode, "all", NINE)
    for connector in ("local", "csv")
    for mode in ("apply", "rollback")
]
"""Every kind at every point: some minutes, so only when asked for."""


def _kill_everywhere(connector: str, mode: str, grain: str, kinds: str, *server: str) -> dict:
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="ecomagent-kill-", dir=memory))
    try:
        done = subprocess.run(
            [sys.executable, str(SERVER), str(folder), connector, mode, grain, kinds, *server],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _hold_to_account(name: str, found: dict, capsys: pytest.CaptureFixture[str]) -> None:
    applied, logged = found["counts"]["applied"], found["counts"]["logged"]
    assert found["wrong"] == []
    assert applied == logged == found["counts"]["writes"]
    with capsys.disabled():
        said = f"kill test, {name}: {len(found['points'])} kill points, 0 lost, 0 doubled"
        sys.stdout.write(f"\n{said}\n")


@pytest.mark.parametrize("run", RUNS, ids=lambda run: "-".join(run[:3]))
def test_killed_anywhere_and_run_again_loses_and_doubles_nothing(run, capsys):
    found = _kill_everywhere(*run)

    _hold_to_account(" ".join(run[:3]), found, capsys)


@pytest.mark.parametrize(
    "run",
    [("local", "apply", "steps", NINE), ("local", "rollback", "steps", NINE)],
    ids=lambda run: "-".join(run[:3]),
)
def test_on_postgresql_too(run, postgres_url, capsys):
    found = _kill_everywhere(*run, postgres_url)

    _hold_to_account(f"postgresql, {' '.join(run[:3])}", found, capsys)


@pytest.mark.skipif(
    not os.environ.get("ECOMAGENT_THOROUGH"), reason="set ECOMAGENT_THOROUGH=1 (some minutes)"
)
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("run", THOROUGH, ids=lambda run: "-".join(run[:3]))
def test_every_kind_of_action_killed_at_every_point(run, capsys):
    found = _kill_everywhere(*run)

    _hold_to_account(f"{' '.join(run[:3])}, every kind", found, capsys)
