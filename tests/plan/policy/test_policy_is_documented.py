"""docs/policy.md knows every rule and every key."""

from pathlib import Path

from pydantic import BaseModel

from ecomagent.plan.policy import Policy
from ecomagent.plan.policy.judge import RULES

TEXT = (Path(__file__).parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")


def test_every_rule_is_explained():
    named = {name: "expiry" if name == "not_expired" else name for name in RULES}
    assert [rule for rule in named.values() if f"`{rule}`" not in TEXT] == []


def test_every_key_of_the_file_is_explained():
    keys = []
    for name, field in Policy.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            keys += [f"{name}.{key}" for key in section.model_fields]
        else:
            keys.append(name)
    assert [key for key in keys if f"`{key}`" not in TEXT] == []
