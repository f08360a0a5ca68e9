"""`apply`, `rollback` and `audit`, typed as shop staff type them."""

import json
import shutil
import sqlite3
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from ecomagent.bootstrap import init_workspace, open_workspace
from ecomagent.cli import main
from ecomagent.domain.action import ActionKind, PriceAfter, PriceBefore, SetPrice, Target
from ecomagent.domain.goal import Goal
from ecomagent.plan.approval import approve
from ecomagent.plan.build import Making, build_plan
from ecomagent.plan.lock import workspace_lock
from ecomagent.plan.policy import judge_all
from ecomagent.plan.standing import standing_of, start_of_day
from ecomagent.store.importers import import_path

PRODUCTS = """sku,title,category,cost,price,currency
A,Mug [red]sale[/red],Mugs,2.00,5.00,GBP
B,Teapot,Pots,9.00,20.00,GBP
"""


def made_plan(workspace):
    """A plan of two prices, on file."""
    services, now, shop = workspace.services, workspace.clock.now(), workspace.settings.shop
    as_of = start_of_day(now, shop.timezone)
    standing = standing_of(
        workspace.facts().as_of(as_of), connector=workspace.connector,
        repository=workspace.repository, settings=shop, now=now,
    )  # fmt: skip
    shown = workspace.connector.read(
        ActionKind.SET_PRICE, [Target(type="sku", id=sku) for sku in "AB"]
    )
    actions = [
        SetPrice(
            sku=sku,
            before=PriceBefore(**shown[sku].fields, version=shown[sku].version),
            after=PriceAfter(price=Decimal(wanted)),
        )
        for sku, wanted in (("A", "5.19"), ("B", "21.90"))
    ]
    plan = build_plan(
        judge_all(services.policy(), actions, standing.context),
        Making(goal=Goal(text="grow gross profit"), as_of=as_of, facts_hash="f", planner="rules",
               run_id=""),
        settings=shop, connector=workspace.connector, policy=services.policy(), now=now,
    )  # fmt: skip
    workspace.repository.save_plan(plan)
    return plan


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    workspace = init_workspace(folder / "w", currency="GBP", country="GB")
    (folder / "products.csv").write_text(PRODUCTS, encoding="utf-8")
    import_path(
        folder / "products.csv", database=workspace.database, facts_folder=workspace.paths.facts,
        settings=workspace.settings.shop, mappings_file=workspace.paths.mappings, mapping=None,
        confirm=None, now=workspace.clock.now(),
    )  # fmt: skip
    made_plan(workspace)
    workspace.database.close()
    return folder / "w"


@pytest.fixture
def types(template, tmp_path, monkeypatch, capsys):
    """Types a command in a copy of the workspace; its exit code, stdout and stderr."""
    shutil.copytree(template, tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w")
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("ECOMAGENT_WORKSPACE", "ECOMAGENT_ROLE", "ECOMAGENT_ACTOR"):
        monkeypatch.delenv(name, raising=False)

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["ecomagent", *words])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return stopped.value.code, out, err

    return typed


def price(sku):
    workspace = open_workspace()
    state = workspace.connector.read(ActionKind.SET_PRICE, [Target(type="sku", id=sku)])[sku]
    workspace.database.close()
    return state.fields["price"]


def test_the_road_from_approval_to_the_shop_and_back(types):
    code, out, _ = types("apply")
    assert (code, "2 waiting for approval" in out) == (3, True)
    assert price("A") == "5.00"

    assert types("approve", "--all")[0] == 0
    code, out, _ = types("apply", "--json")
    report = json.loads(out)
    assert (code, report["applied"], price("A"), price("B")) == (0, 2, "5.19", "21.90")

    code, out, _ = types("apply", report["plan_id"])
    assert (code, "2 applied before" in out) == (0, True)

    code, out, err = types("rollback", report["plan_id"])
    assert (code, price("A")) == (3, "5.19")
    assert "--yes" in err

    code, out, _ = types("rollback", report["plan_id"], "--yes", "--json")
    back = json.loads(out)
    assert (code, back["applied"], back["rollback_of"]) == (0, 2, report["plan_id"])
    assert (price("A"), price("B")) == ("5.00", "20.00")

    code, out, _ = types("rollback", report["plan_id"], "--yes")
    assert (code, "taken back already" in out) == (0, True)

    code, out, _ = types("audit", "verify", "--json")
    assert (code, json.loads(out)["ok"]) == (0, True)
    code, out, _ = types("audit", "show", back["plan_id"])
    assert "action.applied" in out


def test_drift_is_told_and_gives_the_exit_code_of_a_part(types):
    types("approve", "--all")
    with sqlite3.connect(".ecomagent/store.db") as store:
        store.execute("UPDATE variant SET list_price_minor = 600 WHERE sku = 'A'")

    code, out, _ = types("apply")

    assert (code, price("A"), price("B")) == (5, "6.00", "21.90")
    assert "price was 5.00 and is 6.00 now" in out


def test_a_policy_made_stricter_since_refuses_what_it_no_longer_allows(types):
    types("approve", "--all")
    policy = open_workspace().paths.policy
    text = policy.read_text(encoding="utf-8")
    policy.write_text(
        text.replace("max_change_per_day = 0.10", "max_change_per_day = 0.04"), encoding="utf-8"
    )
    assert policy.read_text(encoding="utf-8") != text

    code, out, _ = types("apply", "--json")

    report = json.loads(out)
    assert (code, report["applied"], report["skipped"]) == (5, 1, 1)
    assert "policy.toml has changed" in report["notes"][0]
    assert [line["why"] for line in report["lines"]] == ["", "policy"]
    assert price("B") == "20.00"


def test_a_workspace_that_is_held_says_by_whom(types):
    types("approve", "--all")
    workspace = open_workspace()

    with workspace_lock(workspace.paths.lock, actor="wei", what="import", clock=workspace.clock):
        code, _, err = types("apply")

    assert code == 6
    assert "wei, import, since" in err


class KilledBeforeLogging:
    """A log that is never reached."""

    def append(self, **entry):
        pass

    def subjects(self, event, prefix):
        return frozenset()


def test_an_approval_that_a_kill_kept_off_the_log_is_on_it_before_it_is_carried_out(types):
    workspace = open_workspace()
    plan = workspace.repository.get_plan(workspace.repository.list_plans(1)[0].plan_id)
    reviewer = replace(workspace.services.reviewer(), audit=KilledBeforeLogging())
    approve(plan, [action.id for action in plan.actions], reviewer)
    workspace.database.close()

    assert types("apply")[0] == 0
    events = [entry["event"] for entry in json.loads(types("audit", "show", "--json")[1])]
    assert events[::-1] == ["action.approve"] * 2 + ["action.applied"] * 2


def test_after_all_is_done_nobody_is_sent_to_apply_again(types):
    assert "2 actions approved. Next: ecomagent apply" in types("approve", "--all")[2]
    plan_id = json.loads(types("apply", "--json")[1])["plan_id"]

    code, out, err = types("approve", plan_id, "--all")
    assert (code, out, err) == (0, f"Nothing of {plan_id} waits for a decision.\n", "")


def test_a_kind_of_which_nothing_waits_is_not_told_as_nothing_waiting(types):
    _, out, err = types("approve", "--kind", "reorder")
    assert "of that kind" in out
    assert "Still waiting: 1 for a role of analyst" in err


def test_a_tampered_log_is_named_and_fails(types):
    types("approve", "--all")
    types("apply")
    with sqlite3.connect(".ecomagent/store.db") as store:
        store.execute("UPDATE audit_entry SET actor = 'mallory' WHERE seq = 2")

    code, out, _ = types("audit", "verify")

    assert code == 1
    assert "entry 2: the entry was changed after it was written" in out


def test_nothing_to_take_back_is_told(types):
    workspace = open_workspace()
    (plan,) = workspace.repository.list_plans()

    code, _, err = types("rollback", plan.plan_id, "--yes")

    assert code == 1
    assert "was applied" in err


def test_damaged_notes_of_the_agents_are_named_and_can_be_deleted(types):
    types("approve", "--all")
    notes = Path(".ecomagent/checkpoints.db")
    notes.write_bytes(b"no database" * 100)

    code, _, err = types("apply")
    assert (code, price("A")) == (1, "5.00")
    assert str(notes) in err
    assert "delete it" in err

    notes.unlink()
    assert types("apply")[0] == 0
    assert price("A") == "5.19"


@pytest.mark.parametrize("lost", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_store_that_is_gone_is_told_and_not_begun_anew(types, lost):
    store = Path(".ecomagent/store.db")
    lost(store)
    for beside in store.parent.glob("store.db-*"):
        beside.unlink()

    code, out, err = types("status")

    assert (code, out) == (1, "")
    assert "the store is gone" in err
    assert not store.exists() or store.stat().st_size == 0
