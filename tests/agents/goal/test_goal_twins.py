"""English and Chinese words for one goal give one goal."""

import tomllib
from pathlib import Path

import pytest

TWINS = tomllib.loads((Path(__file__).parent / "twins.toml").read_text(encoding="utf-8"))["twin"]


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin["en"])
def test_both_languages_give_the_same_goal(twin, read):
    english, chinese = read(twin["en"]), read(twin["zh"])
    assert (english.language, chinese.language) == ("en", "zh")
    apart = {"text", "language", "open_questions"}
    assert chinese.model_dump(exclude=apart) == english.model_dump(exclude=apart)


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin["en"])
def test_both_languages_leave_the_same_open(twin, read):
    fields = [[q.field for q in read(twin[key]).open_questions] for key in ("en", "zh")]
    assert fields[0] == fields[1]
