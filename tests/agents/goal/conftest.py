"""One small shop that the goals of these tests are read for."""

from collections.abc import Callable
from datetime import date

import pytest

from ecomagent.agents.goal import Vocabulary, parse_goal
from ecomagent.domain.goal import Goal

TODAY = date(2026, 11, 25)  # a Wednesday
VOCABULARY = Vocabulary(
    categories=frozenset({"Kitchen > Mugs", "Winter Jackets", "羽绒服", "Plates"}),
    brands=frozenset({"Acme"}),
    tags=frozenset({"summer"}),
    skus=frozenset({"A-100", "85123A", "22423"}),
)


@pytest.fixture(scope="session")
def read() -> Callable[..., Goal]:
    """Reads a goal for the shop."""

    def read_goal(text: str, currency: str = "GBP", country: str = "GB") -> Goal:
        return parse_goal(
            text, currency=currency, today=TODAY, vocabulary=VOCABULARY, country=country
        )

    return read_goal


@pytest.fixture(scope="session")
def today() -> date:
    """The day on which the goals are read."""
    return TODAY


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """The shop's words."""
    return VOCABULARY
