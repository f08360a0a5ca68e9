"""What every command owes its user: help, examples, fast start, documented JSON, plain errors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from ecomagent.cli.app import commands
from ecomagent.cli.documents import DOCUMENTS, schema_of

ROOT = Path(__file__).parents[2]
HEAVY = ("pandas", "numpy", "sqlmodel", "langgraph", "langchain", "chromadb", "duckdb", "rich")


def run(*words, cwd, **env):
    return subprocess.run(
        [sys.executable, "-m", "ecomagent", *words],
        cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "HOME": str(cwd), "PYTHONPATH": str(ROOT), **env},
    )  # fmt: skip


@pytest.mark.parametrize(("name", "command"), commands().items())
def test_every_command_says_what_it_does_and_shows_itself_at_work(name, command):
    assert command.help
    examples = (command.epilog or "").removeprefix("Examples:").split("\n\n")
    shown = [line for line in examples if f"ecomagent {name}" in line]
    assert shown, f"no example of `{name}`"


@pytest.mark.parametrize(("name", "command"), commands().items())
def test_every_command_takes_the_common_options_and_documents_its_json(name, command):
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--json", "--workspace", "-v", "-q"} <= options
    assert set(command.callback.prints) <= set(DOCUMENTS)
    assert command.callback.prints or name == "schema"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_has_a_valid_schema(name):
    Draft202012Validator.check_schema(schema_of(name))


def test_help_loads_nothing_heavy(tmp_path):
    code = (
        "import sys\nsys.argv = ['ecomagent', '--help']\nfrom ecomagent.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Commands" in said.stdout
    assert said.stderr.strip() == "[]"


def test_the_reference_in_docs_is_what_the_program_says():
    said = subprocess.run(
        [sys.executable, str(ROOT / "docs/generate.py"), "--check"],
        capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert said.returncode == 0, said.stdout + "run ./dev docs"


@pytest.mark.parametrize(
    "words",
    [("status",), ("plan", "sell more"), ("apply",), ("catalog", "show", "A"), ("audit", "verify")],
)
def test_outside_a_workspace_every_command_says_so(tmp_path, words):
    said = run(*words, cwd=tmp_path)
    assert said.returncode == 1
    assert "workspace" in said.stderr and "ecomagent init" in said.stderr
    assert "Traceback" not in said.stderr


def test_an_error_is_json_for_those_who_asked_for_json(tmp_path):
    said = run("status", "--json", cwd=tmp_path)
    told = json.loads(said.stdout)
    Draft202012Validator(schema_of("error")).validate(told)
    assert told["exit_code"] == said.returncode == 1


def test_a_wrong_option_is_a_usage_error(tmp_path):
    said = run("plan", "--frobnicate", cwd=tmp_path)
    assert said.returncode == 2
    assert "--frobnicate" in said.stderr and "--help" in said.stderr


def test_a_fault_inside_leaves_a_log_and_no_traceback(tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import ecomagent.bootstrap as b\n"
        "def boom(*a, **k):\n    raise ZeroDivisionError('inside')\n"
        "b.open_workspace = boom\n"
    )
    said = run("status", cwd=tmp_path, PYTHONPATH=f"{broken}:{ROOT}")
    assert said.returncode == 1
    assert "Traceback" not in said.stderr and "log: " in said.stderr
    log = Path(said.stderr.split("log: ")[1].strip())
    assert "ZeroDivisionError: inside" in log.read_text(encoding="utf-8")


def test_shells_complete_commands(tmp_path):
    said = subprocess.run(
        [str(Path(sys.executable).with_name("ecomagent"))],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"_ECOMAGENT_COMPLETE": "complete_bash", "COMP_WORDS": "ecomagent pl",
             "COMP_CWORD": "1", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert said.stdout.split() == ["plan"]
