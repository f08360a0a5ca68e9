"""Backends answer requests with typed values, and say in plain words when they cannot."""

import json

import pytest
from pydantic import BaseModel, ConfigDict

from ecomagent.llm.interface import ModelError, Request, ask
from ecomagent.llm.rules import RulesBackend
from ecomagent.llm.scripted import ScriptedBackend


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    levers: tuple[str, ...]


REQUEST = Request(purpose="choose", prompt="Which?", inputs={"allowed": ["pricing"]})


def test_rules_answer_from_the_inputs_alone():
    backend = RulesBackend({"choose": lambda inputs: {"levers": inputs["allowed"]}})
    assert ask(backend, REQUEST, Answer).levers == ("pricing",)
    assert not backend.describe().is_model


def test_rules_without_a_rule_for_a_prompt_say_which():
    with pytest.raises(ModelError, match="choose"):
        RulesBackend({}).generate(REQUEST)


def test_a_script_replays_in_order_and_repeats_its_last_answer():
    backend = ScriptedBackend({"choose": [{"levers": ["a"]}, {"levers": ["b"]}]})
    given = [ask(backend, REQUEST, Answer).levers for _ in range(3)]
    assert given == [("a",), ("b",), ("b",)]
    assert backend.requests[0].prompt == "Which?"


def test_a_script_hands_unknown_prompts_to_its_fallback():
    rules = RulesBackend({"choose": lambda inputs: {"levers": ["from rules"]}})
    assert ask(ScriptedBackend({}, fallback=rules), REQUEST, Answer).levers == ("from rules",)
    with pytest.raises(ModelError, match="choose"):
        ScriptedBackend({}).generate(REQUEST)


def test_a_malformed_answer_is_asked_for_once_more():
    backend = ScriptedBackend({"choose": [{"nonsense": 1}, {"levers": ["second try"]}]})
    assert ask(backend, REQUEST, Answer).levers == ("second try",)


def test_two_malformed_answers_are_an_error_with_a_way_out():
    backend = ScriptedBackend({"choose": [{"levers": 3}]})
    with pytest.raises(ModelError, match="scripted gave no usable answer") as caught:
        ask(backend, REQUEST, Answer)
    assert "levers" in caught.value.where
    assert "rules" in caught.value.remedy


def test_a_script_file_is_read(tmp_path):
    path = tmp_path / "script.json"
    path.write_text(json.dumps({"choose": [{"levers": ["pricing"]}]}), encoding="utf-8")
    assert ask(ScriptedBackend.read(path), REQUEST, Answer).levers == ("pricing",)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"choose": 1}', '{"choose": [1]}', "\xff"])
def test_a_broken_script_file_is_named(content, tmp_path):
    path = tmp_path / "script.json"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    with pytest.raises(ModelError) as caught:
        ScriptedBackend.read(path)
    assert str(path) in str(caught.value)
