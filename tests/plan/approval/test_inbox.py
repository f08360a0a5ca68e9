"""The Agent Inbox shape, both ways."""

from ecomagent.domain.plan import DecisionChoice
from ecomagent.plan.approval import approve
from ecomagent.plan.inbox import inbox_requests, record_answers


def answer(desk, answers, who="ann"):
    return record_answers(desk.plan, answers, desk.sits(who), context=lambda: desk.context)


def requests(desk):
    return inbox_requests(desk.plan, desk.repository.decisions_of(desk.plan.plan_id))


def test_each_waiting_action_is_one_request_in_the_clients_shape(desk):
    found = requests(desk)
    assert len(found) == len(desk.plan.actions)
    first = found[0]
    assert set(first) == {"action_request", "config", "description"}
    assert first["action_request"]["action"] == "set_price"
    assert first["action_request"]["args"]["price"] == "5.45"
    assert set(first["config"]) == {"allow_accept", "allow_edit", "allow_respond", "allow_ignore"}
    assert "Few units are lost." in first["description"]
    delist = next(r for r in found if r["action_request"]["action"] == "delist_product")
    assert delist["config"]["allow_edit"] is False


def test_accept_edit_response_and_ignore_do_what_they_say(desk):
    asked = requests(desk)
    edited = asked[0]["action_request"]
    edited["args"]["price"] = "5.25"
    recorded = answer(
        desk,
        [
            {"type": "edit", "args": edited},
            {"type": "accept", "args": None},
            {"type": "response", "args": "too much stock"},
            {"type": "ignore", "args": None},
            {"type": "ignore", "args": None},
        ],
    )
    assert recorded.problems == ()
    assert [d.choice for d in recorded.decisions] == [
        DecisionChoice.EDIT, DecisionChoice.APPROVE, DecisionChoice.REJECT,
    ]  # fmt: skip
    assert recorded.decisions[2].reason == "too much stock"
    assert len(requests(desk)) == 2


def test_an_edit_that_changes_nothing_is_an_approval(desk):
    same = requests(desk)[1]["action_request"]
    (decision,) = answer(desk, [{"type": "edit", "args": same}]).decisions
    assert decision.choice is DecisionChoice.APPROVE


def test_answers_by_place_never_slip_to_another_action(desk):
    asked = len(requests(desk))
    approve(desk.plan, [desk.plan.actions[0].id], desk.sits("lee"))
    recorded = answer(desk, [{"type": "accept", "args": None}] * asked)
    assert recorded.decisions == ()
    assert "5 answers came, but 4 actions wait" in recorded.problems[0]


def test_an_answer_that_names_its_action_is_never_anothers_and_overrules_nobody(desk):
    last, first = requests(desk)[-1]["action_request"], requests(desk)[0]["action_request"]
    approve(desk.plan, [desk.plan.actions[0].id], desk.sits("lee"))
    recorded = answer(desk, [{"type": "accept", "args": last}, {"type": "accept", "args": first}])
    assert [d.action_id for d in recorded.decisions] == [desk.plan.actions[-1].id]
    assert "lee" in recorded.problems[0]


def test_what_cannot_be_recorded_is_told_and_stops_nothing_else(desk):
    asked = requests(desk)
    priced = asked[0]["action_request"]
    priced["args"]["price"] = "9.99"
    recorded = answer(
        desk,
        [
            {"type": "edit", "args": priced},
            {"type": "response", "args": ""},
            {"type": "shrug", "args": None},
            {},
            {"type": "accept", "args": "not even a request"},
        ],
    )
    assert len(recorded.decisions) == 1
    assert len(recorded.problems) == 4
