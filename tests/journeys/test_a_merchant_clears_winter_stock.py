"""The whole road, typed: goal, plan, approval, apply, undo."""

import json
import shlex

import pytest

GOAL = "Clear winter jackets in 6 weeks, margin at least 10%, spend at most ¥20,000"
SAME_GOAL = "6周内清掉羽绒服库存,毛利率不低于10%,预算2万元"


@pytest.fixture(scope="module")
def shop(open_shop):
    return open_shop()


@pytest.fixture(scope="module")
def plan(shop):
    made = shop.types("plan", GOAL, "--yes", "--json", "-o", "plan.json", code=3)
    return made.json


def prices(shop):
    rows = shop.types("catalog", "list", "--limit", "1000", "--json").json["skus"]
    return {row["sku"]: (row["price"], row["promotion"], row["status"]) for row in rows}


def test_the_plan_names_evidence_rules_and_intervals_for_every_action(plan):
    assert plan["applyable"] and plan["actions"]
    for action in plan["actions"]:
        assert action["evidence"] and action["reasons"] and action["verdict"]["rules"]
        assert action["impact"], action["id"]
        for figures in action["impact"].values():
            low, middle, high = (float(figures[p]) for p in ("p10", "p50", "p90"))
            assert low <= middle <= high


def test_the_plan_on_file_is_the_plan_in_store(shop, plan):
    assert json.loads((shop.folder / "plan.json").read_text())["hash"] == plan["hash"]
    assert shop.types("show", "plan.json", "--json").json == plan
    assert shop.types("show", plan["plan_id"], "--json").json == plan


def test_the_same_goal_in_chinese_gives_the_same_actions(shop, plan):
    chinese = shop.types("plan", SAME_GOAL, "--yes", "--json", code=3).json
    assert chinese["goal"]["language"] == "zh"
    assert [a["id"] for a in chinese["actions"]] == [a["id"] for a in plan["actions"]]


def test_a_plan_edited_by_hand_is_refused(shop, plan, tmp_path):
    forged = json.loads(json.dumps(plan))
    forged["actions"][0]["expires_at"] = "2099-01-01T00:00:00Z"
    path = tmp_path / "forged.json"
    path.write_text(json.dumps(forged))
    said = shop.types("apply", str(path), code=1)
    assert "was changed after it was made" in said.err


def test_approve_apply_and_take_back(shop, plan):
    before = prices(shop)
    name = plan["plan_id"]
    nothing = shop.types("apply", name, "--json", code=3).json
    assert nothing["applied"] == 0 and nothing["waiting"] == len(plan["actions"])
    assert prices(shop) == before

    rejected = plan["actions"][-1]["id"]
    shop.types("reject", name, "--action", rejected, "--reason", "not this one")
    shop.types("approve", name, "--all", "--role", "owner")
    done = shop.types("apply", name, "--json").json
    assert done["applied"] == len(plan["actions"]) - 1
    assert done["rejected"] == 1
    changed = prices(shop)
    assert changed != before

    again = shop.types("apply", name, "--json").json
    assert again["applied"] == 0 and again["already"] == done["applied"]
    assert prices(shop) == changed

    back = shop.types("rollback", name, "--yes", "--role", "owner", "--json", code=None).json
    assert back["failed"] == 0 and back["applied"] > 0
    assert prices(shop) == before

    log = shop.types("audit", "verify", "--json").json
    assert log["ok"] and log["entries"] >= 3 * done["applied"]


def test_every_action_can_be_explained(shop, plan):
    action = plan["actions"][0]
    said = shop.types("explain", action["id"]).out
    assert action["evidence"][0]["tool"] in said
    assert action["verdict"]["rules"][0]["rule"] in said
    assert " → " in said


def test_status_tells_what_waits(shop, plan):
    shown = shop.types("status", "--json").json
    assert shown["data"]["skus"] > 0
    assert shown["last_run"] is not None
    assert shop.types("status").out


def test_what_status_advises_can_be_done(shop, plan):
    advised = [note["remedy"] for note in shop.types("status", "--json").json["attention"]]
    goals = [shlex.split(each)[2] for each in advised if each.startswith("ecomagent plan")]
    assert goals
    for goal in goals:
        assert not shop.types("goal", "parse", goal, "--json").json["open_questions"]


def test_an_unclear_goal_exits_with_the_question(shop):
    said = shop.types("plan", "make it nice", "--yes", code=2)
    assert "?" in said.err or "?" in said.err


def test_a_scope_that_means_nothing_here_is_asked_about(shop):
    said = shop.types("plan", "clear submarine periscopes in 4 weeks", "--yes", code=2)
    assert "periscope" in said.err


def test_a_goal_cannot_set_the_policy_aside(shop):
    greedy = "Clear winter jackets in 6 weeks, up to 90% off, margin at least 1%"
    plan = shop.types("plan", greedy, "--yes", "--json", code=None).json
    assert any("40" in note for note in plan["notes"])
    for action in plan["actions"]:
        if action["kind"] == "start_promotion":
            assert float(action["after"]["discount"]) <= 0.4
