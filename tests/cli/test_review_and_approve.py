"""`review`, `approve`, `reject` and `policy`, typed as shop staff type them, in a real terminal."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pexpect
import pytest

from ecomagent.bootstrap import Workspace, init_workspace, open_workspace
from ecomagent.cli import main
from ecomagent.domain.action import (
    ActionKind,
    PriceAfter,
    PriceBefore,
    Reorder,
    ReorderAfter,
    SetPrice,
    StockBefore,
    Target,
)
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.goal import Goal
from ecomagent.domain.plan import DecisionChoice, Plan
from ecomagent.plan.approval import reject
from ecomagent.plan.build import Making, build_plan
from ecomagent.plan.policy import judge_all
from ecomagent.plan.standing import standing_of, start_of_day
from ecomagent.store.importers import import_path

KEYS = "q leave"
PRODUCTS = """sku,title,category,cost,price,currency,supplier,lead_time_days
A,Mug [red]sale[/red],Mugs,2.00,5.00,GBP,S1,7
B,Teapot,Pots,9.00,20.00,GBP,S1,7
C,Saucer,Mugs,1.00,3.00,GBP,S1,7
D,Spoon,Spoons,0.50,1.50,GBP,S1,7
"""


@dataclass(frozen=True)
class Answer:
    code: int
    stdout: str
    stderr: str


def made_plan(workspace: Workspace) -> Plan:
    """A plan on what the shop shows: three prices (one is a large step) and an order."""
    services = workspace.services
    now, shop = workspace.clock.now(), workspace.settings.shop
    as_of = start_of_day(now, shop.timezone)
    standing = standing_of(
        workspace.facts().as_of(as_of), connector=workspace.connector,
        repository=workspace.repository, settings=shop, now=now,
    )  # fmt: skip
    shown = workspace.connector.read(
        ActionKind.SET_PRICE, [Target(type="sku", id=sku) for sku in "ABC"]
    )
    actions = [
        SetPrice(
            sku=sku,
            before=PriceBefore(price=Decimal(shown[sku].fields["price"]),
                               version=shown[sku].version),
            after=PriceAfter(price=Decimal(wanted)),
            evidence=(_evidence(sku, shown[sku].fields["price"]),),
        )
        for sku, wanted in (("A", "5.19"), ("B", "21.90"), ("C", "3.09"))
    ]  # fmt: skip
    stock = workspace.connector.read(ActionKind.REORDER, [Target(type="sku", id="D")])["D"]
    actions.append(
        Reorder(
            sku="D",
            before=StockBefore(**stock.fields, version=stock.version),
            after=ReorderAfter(purchase_order_id="po-1", quantity=100, unit_cost=Decimal("0.50"),
                               cost_total=Decimal("50.00"), supplier="S1"),
        )
    )  # fmt: skip
    judged = judge_all(services.policy(), actions, standing.context)
    assert not judged.refused, judged.refused
    plan = build_plan(
        judged,
        Making(goal=Goal(text="grow gross profit"), as_of=as_of, facts_hash="f", planner="rules",
               run_id=""),
        settings=shop, connector=workspace.connector, policy=services.policy(), now=now,
    )  # fmt: skip
    workspace.repository.save_plan(plan)
    return plan


def _evidence(sku: str, price: str) -> Evidence:
    now = float(Decimal(price) * 100)
    return Evidence.of(
        "tools.pricing.price_menu",
        params={
            "sku": sku, "price_minor": now, "current_minor": now, "cost_minor": now * 0.4,
            "stock": 900.0, "mean_per_day": 4.0, "variance_per_day": 6.0, "log_error_sd": 0.3,
            "elasticity": -0.8, "std_error": 0.2, "objective": "gross_profit", "horizon_days": 28,
            "days": 28, "draws": 100, "seed": 0, "currency": "GBP",
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with four SKUs, some sales and a plan that waits."""
    folder = tmp_path_factory.mktemp("template") / "shop"
    bundle = tmp_path_factory.mktemp("bundle")
    (bundle / "products.csv").write_text(PRODUCTS, encoding="utf-8")
    lines = ["order_id,line_id,sku,quantity,unit_price,discount,ordered_at,customer_id,channel"]
    lines += [
        f"O{day}{sku},1,{sku},2,{price},0,2024-01-{day:02}T10:00:00Z,C{day},web"
        for day in range(1, 29)
        for sku, price in (("A", "5.00"), ("B", "20.00"), ("C", "3.00"), ("D", "1.50"))
    ]
    (bundle / "orders.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (bundle / "stock.csv").write_text("sku,on_hand,inbound,at\nD,3,0,2024-01-28\n", "utf-8")
    workspace = init_workspace(folder, currency="GBP", country="GB", env={})
    import_path(
        bundle, database=workspace.database, facts_folder=workspace.paths.facts,
        settings=workspace.settings.shop, mappings_file=workspace.paths.mappings, mapping=None,
        confirm=None, now=workspace.clock.now(), progress=lambda step, detail="": None,
    )  # fmt: skip
    made_plan(workspace)
    workspace.database.close()
    return folder


@pytest.fixture
def shop(template: Path, tmp_path: Path) -> Workspace:
    """A copy of that shop of one's own."""
    folder = tmp_path / "shop"
    shutil.copytree(template, folder)
    return open_workspace(folder, env={})


@pytest.fixture
def plan(shop: Workspace) -> Plan:
    return shop.repository.get_plan(shop.repository.list_plans()[0].plan_id)


@pytest.fixture
def run(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """Runs a command in the shop's folder, as the console script does."""
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("ECOMAGENT_WORKSPACE", "ECOMAGENT_ROLE", "ECOMAGENT_ACTOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(shop.paths.root)

    def call(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["ecomagent", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        return Answer(int(stop.value.code or 0), said.out, said.err)

    return call


@pytest.fixture
def terminal(shop: Workspace):
    """Starts `ecomagent review` in a real terminal."""
    opened = []

    def start(*arguments: str) -> pexpect.spawn:
        child = pexpect.spawn(
            sys.executable,
            ["-m", "ecomagent", "review", "--as", "ann", *arguments],
            cwd=str(shop.paths.root),
            env={**os.environ, "NO_COLOR": "1", "TERM": "xterm"},
            encoding="utf-8",
            timeout=60,
            dimensions=(60, 200),
            # a job in the background ignores Ctrl-C, and so would its children
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        opened.append(child)
        return child

    yield start
    for child in opened:
        child.close(force=True)


def decisions(shop: Workspace, plan: Plan):
    found = shop.repository.decisions_of(plan.plan_id)
    return {plan.action(action_id).target.id: decision for action_id, decision in found.items()}


def test_a_reviewer_goes_through_a_plan_with_single_keys(shop, plan, terminal):
    child = terminal()
    child.expect_exact("Mug [red]sale[/red]")
    child.expect_exact(KEYS)
    child.send("y")
    child.expect_exact("approved")
    child.expect_exact("£20.00 → £21.90")
    child.expect_exact(KEYS)
    child.send("e")
    child.expect_exact("price (now 21.90")
    child.sendline("21.03")
    child.expect_exact("price_endings moved it: 21.03 → 21.05")
    child.expect_exact("anything else")
    child.send("y")
    child.expect_exact("edited and approved")
    child.expect_exact(KEYS)
    child.send("n")
    child.expect_exact("why")
    child.sendline("new supplier soon")
    child.expect_exact("rejected")
    child.expect_exact(KEYS)
    child.send("s")
    child.expect_exact(f"2 actions approved. Next: ecomagent apply {plan.plan_id}")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    found = decisions(shop, plan)
    assert {sku: decision.choice for sku, decision in found.items()} == {
        "A": DecisionChoice.APPROVE,
        "B": DecisionChoice.EDIT,
        "C": DecisionChoice.REJECT,
    }
    assert found["B"].edited.after.price == Decimal("21.05")
    assert found["C"].reason == "new supplier soon"
    assert found["A"].by == "ann"


def test_keys_typed_ahead_are_not_lost(shop, plan, terminal):
    child = terminal()
    child.send("yn")
    child.send("too dear\rsq")
    child.expect(pexpect.EOF)
    found = decisions(shop, plan)
    assert found["A"].choice is DecisionChoice.APPROVE
    assert found["B"].reason == "too dear"
    assert set(found) == {"A", "B"}


def test_many_are_approved_at_once_but_none_above_the_reviewers_role(shop, plan, terminal):
    child = terminal("--role", "analyst")
    child.expect_exact(KEYS)
    child.send("b")
    child.expect_exact("k this kind, set_price (3)")
    child.send("k")
    child.expect_exact("y approve these 3")
    child.send("y")
    child.expect_exact("2 approved")
    child.expect_exact("1 need a higher role than analyst")
    child.expect_exact(KEYS)
    child.send("y")
    child.expect_exact("needs the role manager")
    child.expect_exact(KEYS)
    child.send("q")
    child.expect_exact("Still waiting: 1 for a role of manager or higher, 1 for a role of analyst")
    child.expect(pexpect.EOF)
    assert set(decisions(shop, plan)) == {"A", "C"}


def test_who_was_slower_is_told_who_was_faster_and_may_look_again(shop, plan, terminal):
    child = terminal()
    child.expect_exact(KEYS)
    lee = shop.acting_as("lee", "manager").services.reviewer()
    reject(plan, [plan.actions[0].id], "not this month", lee)
    child.send("y")
    child.expect_exact("lee (manager) rejected this action")
    child.expect_exact(KEYS)
    child.send("y")
    child.expect_exact("approved")
    child.expect_exact(KEYS)
    child.send("q")
    child.expect(pexpect.EOF)
    history = [d.by for d in shop.repository.decision_history(plan.plan_id)]
    assert history == ["lee", "ann"], "she overruled him knowingly"


def with_one_approved(terminal):
    """A review that has approved the first action and shows the second."""
    child = terminal()
    child.expect_exact(KEYS)
    child.send("y")
    child.expect_exact("Teapot")
    child.expect_exact(KEYS)
    return child


def test_going_back_shows_what_was_decided_and_lets_it_be_changed(shop, plan, terminal):
    child = with_one_approved(terminal)
    child.send("p")
    child.expect_exact("decided: approve by ann")
    child.expect_exact(KEYS)
    child.send("n")
    child.expect_exact("why")
    child.sendline("on second thoughts")
    child.expect_exact("rejected")
    child.expect_exact(KEYS)
    child.send("q")
    child.expect(pexpect.EOF)
    assert decisions(shop, plan)["A"].choice is DecisionChoice.REJECT


def test_leaving_with_control_c_keeps_what_was_decided_and_the_terminal_as_it_was(
    shop, plan, terminal
):
    child = with_one_approved(terminal)
    child.sendintr()
    child.expect_exact("stopped by you")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert set(decisions(shop, plan)) == {"A"}


def test_leaving_while_something_is_asked_does_not_claim_that_nothing_was_decided(
    shop, plan, terminal
):
    child = with_one_approved(terminal)
    child.send("e")
    child.expect_exact("now")
    child.sendintr()
    child.expect_exact("Run the same command again to go on.")
    child.expect(pexpect.EOF)
    assert "Nothing was changed" not in child.before
    assert set(decisions(shop, plan)) == {"A"}


def test_a_review_of_one_risk_shows_only_that(shop, plan, terminal):
    child = terminal("--risk", "medium")
    child.expect_exact("1 to decide")
    child.expect_exact("Teapot")
    child.expect_exact(KEYS)
    child.send("q")
    child.expect(pexpect.EOF)


def test_a_plan_on_which_all_is_decided_has_nothing_to_review(shop, plan, run, terminal):
    run("reject", "--all", "--reason", "start over")
    child = terminal(plan.plan_id)
    child.expect_exact(f"Nothing of {plan.plan_id} waits for a decision.")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert run("review").stdout == "Nothing waits for a decision.\n"


def piped(shop: Workspace, *words: str, **how) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "ecomagent", *words],
        cwd=shop.paths.root, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **how,
    )  # fmt: skip


def test_a_reader_who_leaves_early_is_no_error(shop, plan):
    reads, writes = os.pipe()
    os.close(reads)
    with piped(shop, "show", stdout=writes) as child:
        os.close(writes)
        said = child.communicate()[1]
    assert (child.returncode, said) == (0, b"")


def test_output_that_nobody_wants_is_no_error(shop, plan):
    with piped(shop, "show", preexec_fn=lambda: os.close(1)) as child:
        said = child.communicate()[1]
    assert (child.returncode, said) == (0, b"")


@pytest.mark.parametrize("locale", ["ascii", "latin-1"])
def test_a_terminal_that_cannot_show_everything_shows_what_it_can(shop, plan, locale):
    env = {**os.environ, "PYTHONIOENCODING": locale}
    with piped(shop, "show", stdout=subprocess.PIPE, env=env) as child:
        shown = child.communicate()[0].decode(locale)
    assert child.returncode == 0
    assert plan.plan_id in shown
    with piped(shop, "show", "--json", stdout=subprocess.PIPE, env=env) as child:
        assert json.loads(child.communicate()[0].decode("utf-8"))["plan_id"] == plan.plan_id


def test_without_a_terminal_review_points_to_the_commands_for_scripts(run, plan):
    answer = run("review")
    assert answer.code == 2
    assert f"ecomagent approve {plan.plan_id} --all" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_review_as_json_lists_what_waits_as_inbox_requests(run, plan):
    answer = run("review", "--json", "--kind", "reorder")
    (request,) = json.loads(answer.stdout)
    assert request["action_request"]["args"]["action_id"] == plan.actions[-1].id
    assert request["config"]["allow_edit"] is True


def test_scripts_approve_by_id_risk_kind_or_all(run, shop, plan):
    first = plan.actions[0]
    answer = run("approve", plan.plan_id, "--action", first.id, "--json", "--as", "bot")
    assert answer.code == 0
    assert json.loads(answer.stdout)[0]["action_hash"] == first.hash()
    assert "2 actions" in run("approve", "--risk", "low").stdout
    assert "1 action of" in run("approve", "--all").stdout
    assert {d.by for d in decisions(shop, plan).values()} >= {"bot"}
    again = run("approve", "--all")
    assert (again.code, again.stdout) == (0, "Nothing waits for a decision.\n")


def test_a_plan_file_is_as_good_as_an_id_and_a_changed_one_is_refused(run, shop, plan, tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(plan.model_dump_json(), encoding="utf-8")
    assert run("approve", str(path), "--action", plan.actions[0].id).code == 0
    path.write_text(plan.model_dump_json().replace('"5.19"', '"9.19"'), encoding="utf-8")
    answer = run("approve", str(path), "--all")
    assert answer.code == 1
    assert "was changed after it was made" in answer.stderr
    assert set(decisions(shop, plan)) == {"A"}


def test_an_action_is_approved_with_another_value_only_if_policy_lets_exactly_that_pass(
    run, shop, plan
):
    first = plan.actions[0].id
    refused = run("approve", "--action", first, "--set", "price=5.12")
    assert refused.code == 4
    assert "would make it 5.10, not 5.12" in refused.stderr
    assert run("approve", "--action", first, "--set", "price=5.10").code == 0
    assert decisions(shop, plan)["A"].edited.after.price == Decimal("5.10")


def test_a_rejection_needs_its_reason_on_the_command_line_too(run, shop, plan):
    assert run("reject", "--all").code == 2
    assert run("reject", "--all", "--reason", " ").code == 1
    answer = run("reject", "--kind", "set_price", "--reason", "prices were promised for spring")
    assert "3 actions" in answer.stdout
    assert "1 for a role of analyst" in answer.stderr
    assert len(shop.repository.rejections()) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["approve"], "Give --action ID"),
        (["approve", "--action", "act-nothing"], "ecomagent show"),
        (["approve", "--all", "--kind", "set_prices"], "set_price, start_promotion"),
        (["approve", "--all", "--set", "price=1"], "--set changes one action"),
        (["approve", "--action", "act-1", "--all"], "one way of saying which"),
        (["approve", "plan-nothing", "--all"], "there is no plan"),
        (["approve", "--all", "--role", "chief"], "analyst, manager, owner"),
        (["approve", "--all", "--role", "viewer"], "needs the role"),
    ],
)
def test_what_cannot_be_meant_is_answered_with_what_can(run, plan, arguments, words):
    answer = run(*arguments)
    assert answer.code in (1, 2)
    assert words in answer.stderr and "Traceback" not in answer.stderr


def test_policy_is_shown_found_and_checked(run, shop):
    assert json.loads(run("policy", "show", "--json").stdout)["margin"]["min_margin"] == "0.15"
    assert run("policy", "path").stdout.strip() == str(shop.paths.policy)
    assert "is fine" in run("policy", "check").stdout
    text = shop.paths.policy.read_text(encoding="utf-8")
    shop.paths.policy.write_text(text.replace("skus = []", 'skus = ["ZZ"]'), encoding="utf-8")
    assert "ZZ, which the shop does not sell" in run("policy", "check").stdout
    shop.paths.policy.write_text(text.replace("min_margin = 0.15", "min_margin = 15"), "utf-8")
    checked = run("policy", "check", "--json")
    assert checked.code == 2
    assert "write 0.15" in json.loads(checked.stdout)["mistakes"][0]["what"]
    used = run("approve", "--all")
    assert used.code == 2 and "margin.min_margin" in used.stderr


def test_what_was_edited_is_shown_as_edited(run, plan):
    first = plan.actions[0].id
    run("approve", "--action", first, "--set", "price=5.10")
    assert "£5.00 → £5.10" in run("show").stdout
    explained = run("explain", first).stdout
    assert "£5.00 → £5.10" in explained and "A reviewer changed price 5.19 → 5.10." in explained
    assert json.loads(run("show", "--json").stdout)["hash"] == plan.hash, "the sealed plan stays"
