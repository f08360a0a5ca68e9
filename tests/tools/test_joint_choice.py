"""The joint choice: the best that fits, proven, whatever the limits."""

import os
import subprocess
import sys
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecomagent.domain.errors import UsageError
from tools.choose import Chosen, choose

NO_LIMITS = {
    "spend_limit_minor": None,
    "cash_limit_minor": None,
    "shared_limit_minor": None,
    "max_actions": None,
}


def candidates(*rows) -> pd.DataFrame:
    return pd.DataFrame(
        [
            dict(zip(("group", "value", "spend_minor", "cash_minor"), row, strict=True))
            for row in rows
        ]
    ).assign(id=[f"c{number}" for number in range(len(rows))], category="")


def chosen(frame: pd.DataFrame, **limits) -> Chosen:
    return choose(frame, **{**NO_LIMITS, **limits})


def best_by_trying_all(frame: pd.DataFrame, limits: dict) -> float:
    """Value of the best choice, every combination tried."""
    groups = [[None, *part.itertuples()] for _, part in frame.groupby("group")]
    best = 0.0
    for combination in product(*groups):
        taken = [row for row in combination if row is not None]
        spend = sum(row.spend_minor for row in taken)
        cash = sum(row.cash_minor for row in taken)
        used = {
            "spend_limit_minor": spend,
            "cash_limit_minor": cash,
            "shared_limit_minor": spend + cash,
            "max_actions": len(taken),
        }
        counts = pd.Series([row.category for row in taken if row.category]).value_counts()
        within = all(limits.get(name) is None or used[name] <= limits[name] for name in used)
        cap = limits.get("category_limit")
        if within and (cap is None or counts.empty or counts.max() <= cap):
            best = max(best, sum(row.value for row in taken))
    return best


row = st.tuples(
    st.integers(0, 4).map(str),
    st.integers(-50, 1000).map(float),
    st.integers(0, 60),
    st.integers(0, 60),
)
limit = st.one_of(st.none(), st.integers(0, 150))


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(row, min_size=1, max_size=9),
    categories=st.lists(st.sampled_from(["", "Mugs", "Hats"]), min_size=9, max_size=9),
    spend=limit,
    cash=limit,
    shared=limit,
    most=st.one_of(st.none(), st.integers(0, 5)),
    a_category=st.one_of(st.none(), st.integers(0, 3)),
)
def test_no_combination_within_the_limits_is_worth_more(
    rows, categories, spend, cash, shared, most, a_category
):
    frame = candidates(*rows).assign(category=categories[: len(rows)])
    limits = {
        "spend_limit_minor": spend, "cash_limit_minor": cash, "shared_limit_minor": shared,
        "max_actions": most, "category_limit": a_category,
    }  # fmt: skip

    found = choose(frame, **limits)

    best = best_by_trying_all(frame, limits)
    assert found.objective == pytest.approx(best, rel=1e-4)
    assert found.bound >= best - 1e-6
    picked = frame[frame["id"].isin(found.ids)]
    assert picked["group"].is_unique
    assert best_by_trying_all(picked, limits) == pytest.approx(found.objective)


def test_a_binding_limit_is_named_and_a_slack_one_is_not():
    frame = candidates(("a", 100.0, 50, 0), ("b", 90.0, 60, 0), ("c", 10.0, 0, 20))

    found = chosen(frame, spend_limit_minor=60, cash_limit_minor=1000)

    assert found.ids == ("c0", "c2")
    assert found.binding == ("campaign spend",)
    assert found.uses["campaign spend"].used == 50


def test_a_limit_too_small_for_anything_is_named():
    found = chosen(candidates(("a", 100.0, 50, 0)), spend_limit_minor=10)

    assert found.ids == ()
    assert found.binding == ("campaign spend",)


def test_what_is_worth_nothing_or_unknown_is_never_chosen():
    frame = candidates(("a", 0.0, 0, 0), ("b", float("nan"), 0, 0), ("c", -5.0, 0, 0))

    assert chosen(frame).ids == ()


def test_conflicting_candidates_are_not_chosen_together():
    frame = candidates(("price:A", 100.0, 0, 0), ("status:A", 90.0, 0, 0), ("price:B", 5.0, 0, 0))

    found = chosen(frame).ids, choose(frame, **NO_LIMITS, conflicts=[("c0", "c1")]).ids

    assert found == (("c0", "c1", "c2"), ("c0", "c2"))


def test_the_order_of_candidates_does_not_matter():
    rng = np.random.default_rng(3)
    frame = candidates(
        *[(str(n // 3), float(rng.integers(1, 50)), int(rng.integers(0, 9)), 0) for n in range(60)]
    )
    shuffled = frame.sample(frac=1, random_state=1)

    one = chosen(frame, spend_limit_minor=40, max_actions=12)
    other = chosen(shuffled, spend_limit_minor=40, max_actions=12)

    assert one.objective == other.objective


def test_a_thousand_groups_under_three_limits_come_within_a_hair_of_the_bound():
    rng = np.random.default_rng(5)
    count = 4000
    frame = pd.DataFrame(
        {
            "id": [f"c{n}" for n in range(count)],
            "group": (np.arange(count) // 4).astype(str),
            "value": np.exp(rng.normal(6, 1, count)).round(),
            "spend_minor": 0,
            "cash_minor": np.exp(rng.normal(8, 1, count)).round().astype(int),
            "category": "",
        }
    )

    found = chosen(frame, cash_limit_minor=500_000, max_actions=300)

    assert found.complete
    assert 0 <= found.gap < 1e-4
    assert frame.set_index("id").loc[list(found.ids), "cash_minor"].sum() <= 500_000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": ["x", "x"]}, "same id"),
        ({"spend_minor": [-1, 0]}, "less than nothing"),
    ],
)
def test_malformed_candidates_are_refused(change, words):
    frame = candidates(("a", 1.0, 0, 0), ("b", 1.0, 0, 0)).assign(**change)

    with pytest.raises(UsageError, match=words):
        chosen(frame)


def test_a_negative_limit_is_refused():
    with pytest.raises(UsageError, match="negative"):
        chosen(candidates(("a", 1.0, 0, 0)), max_actions=-1)


def test_the_solver_prints_nothing_where_json_is_to_be_read(capfd):
    rng = np.random.default_rng(68)  # HiGHS has to mend a choice's rounding here
    count, groups = int(rng.integers(20, 200)), int(rng.integers(5, 60))
    frame = pd.DataFrame(
        {
            "group": rng.integers(0, groups, count).astype(str),
            "value": rng.uniform(0, 1000, count),
            "spend_minor": rng.integers(0, 200_000, count),
            "cash_minor": rng.integers(0, 200_000, count),
        }
    ).assign(id=[f"c{number}" for number in range(count)], category="")
    limit = int(frame["spend_minor"].sum() * rng.uniform(0.02, 0.3))

    chosen(
        frame,
        spend_limit_minor=limit,
        cash_limit_minor=limit,
        shared_limit_minor=int(limit * 1.2),
        max_actions=int(rng.integers(3, 40)),
    )

    assert capfd.readouterr().out == ""


def test_what_the_solver_s_library_prints_never_reaches_the_output():
    """C keeps its lines back where no terminal is: they would follow the JSON."""
    script = (
        "import ctypes; from tools.solver import _without_chatter\n"
        "with _without_chatter(): ctypes.CDLL(None).printf(b'chatter')\n"
        "print('{}')"
    )
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, env=env, check=True)

    assert said.stdout.decode().strip() == "{}"
