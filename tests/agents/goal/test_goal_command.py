"""``ecomagent goal parse`` as a merchant and a scheduled job use it."""

import json
import subprocess
import sys

import pexpect
import pytest

from ecomagent.domain.goal import Goal

COMMAND = [sys.executable, "-m", "ecomagent", "goal", "parse"]


@pytest.fixture
def run(tmp_path):
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )

    return call


def test_json_is_the_goal_and_nothing_else_on_stdout(run):
    done = run("提升毛利,毛利率不低于35%,预算2000英镑", "--currency", "GBP", "--json")
    goal = Goal.model_validate_json(done.stdout)
    assert done.returncode == 0
    assert json.loads(done.stdout)["constraints"]["min_margin"] == "0.35"
    assert goal.language == "zh"


def test_an_unclear_goal_ends_with_the_question_and_exit_code_2(run):
    done = run("Grow profit, budget €2,000", "--currency", "GBP")
    assert done.returncode == 2
    assert "in another currency" in done.stdout
    assert "Traceback" not in done.stderr


def test_an_unclear_goal_in_json_lists_its_questions(run):
    done = run("Make me rich", "--currency", "GBP", "--json")
    assert done.returncode == 2
    fields = [question["field"] for question in json.loads(done.stdout)["open_questions"]]
    assert "objective" in fields


def test_an_unknown_currency_is_named(run):
    done = run("Grow profit", "--currency", "ZZZ")
    assert done.returncode != 0
    assert "ZZZ" in done.stderr


def test_markup_in_a_goal_is_shown_as_it_was_typed(run):
    done = run("Grow [bold]profit[/bold]", "--currency", "GBP")
    assert "[bold]" in done.stdout


def test_at_a_terminal_an_unclear_goal_is_asked_about(tmp_path):
    child = pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], "Grow profit by February, budget €500", "--currency", "GBP"],
        cwd=str(tmp_path), encoding="utf-8", timeout=60, dimensions=(40, 120),
    )  # fmt: skip
    child.expect("before it begins")
    child.expect("> ")
    child.sendline("2")
    child.expect("exchange rates")
    child.expect("> ")
    child.sendline("£450")
    child.expect("until 28 February .*450 GBP")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
