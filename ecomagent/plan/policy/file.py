"""Reads ``policy.toml`` and writes the first one; a mistake names key, value and remedy."""

from __future__ import annotations

import difflib
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ecomagent.domain.errors import PolicyFileError
from ecomagent.domain.money import minor_digits
from ecomagent.plan.policy.model import Policy

# Rough size of one US dollar, so that default amounts are of a sensible size; not a rate.
SCALE = {
    "CNY": 7, "HKD": 8, "TWD": 30, "JPY": 150, "KRW": 1300, "INR": 80, "THB": 35, "IDR": 15000,
    "VND": 25000, "PHP": 55, "RUB": 90, "TRY": 35, "MXN": 18, "BRL": 5, "ZAR": 18, "SEK": 10,
    "NOK": 10, "DKK": 7, "CZK": 23, "PLN": 4, "HUF": 350,
}  # fmt: skip

TEMPLATE = """\
# What ecomagent may do to this shop. Every plan is judged by this file, on making, on
# editing and on applying; a goal that asks for more is answered with it, not obeyed.
# Fractions, not percentages: 0.15 is 15 %. Amounts are in {currency}.
version = 1
currency = "{currency}"

[margin]
# Least gross margin, (price - cost) / price, of any price the tool sets. A goal may ask for
# more, never for less. Selling below cost is never allowed, and where the cost is not known
# no price is cut.
min_margin = 0.15

[price]
# Largest change of a list price against what it was one day and seven days ago.
max_change_per_day = 0.10
max_change_per_week = 0.20
# Last digits a list price may have; [] allows any. "99" means 4.99, 12.99 and so on.
endings = {endings}

[promotion]
# Deepest discount off the list price, and the longest a promotion may run.
max_depth = 0.40
max_days = 42

[protected]
# Never changed by the tool. A category includes everything below it.
skus = []
categories = []

[budget]
# The most that campaigns may cost.
per_run = {per_run}
per_day = {per_day}
per_month = {per_month}
# Whether a budget named in a goal ("budget 2000") has to pay for purchase orders too.
goal_covers_reorders = true

[marketing]
# The most messages a customer may get in any 30 days, by all channels together.
max_contacts_per_customer_per_month = 4

[reorder]
# The most that the purchase orders of one plan may cost together.
max_cash = {max_cash}

[actions]
# Largest number of changes in one plan: what one person can read before saying yes.
max_per_plan = 50

[approval]
# Risks that need nobody's word, e.g. ["low"]; [] means that a person always decides.
without_approval = []
# Least role that may approve, by risk: viewer < analyst < manager < owner.
low = "analyst"
medium = "manager"
high = "owner"

[quiet_hours]
# In the shop's time zone; "" means none. Past midnight is fine: "21:00-08:00".
# Nothing is applied in `apply`; campaigns due in `campaigns` are moved to its end.
apply = ""
campaigns = "21:00-08:00"

[assortment]
# Most SKUs on sale in one category; plans phase out what adds least beyond it. 0 for no limit.
max_active_per_category = 0

[experiment]
# Try a lower price of a SKU in some weeks, by chance, where knowing how customers answer is worth
# more than the trial costs. Share of the shop's SKUs that may be under test at once; 0 for none.
max_share = 0.02
# How far below the list price, and the days over which what is learnt has to pay.
max_drop = 0.10
payback_days = 180
# Whether a tried price may come and go from week to week. If not, or where customers stock up, it
# stays for the whole trial, and similar SKUs that keep their price are what it is compared with.
switchback = true
"""


MEANT = {
    "tuple_type": 'must be a list in brackets, e.g. ["99"]',
    "int_type": "must be a whole number, without quotes",
    "bool_type": "must be true or false, without quotes",
}
"""Mistakes that the reader of TOML words for programmers, in the merchant's words."""


def default_policy_text(currency: str) -> str:
    """The policy a new workspace starts with, as TOML with comments.

    Raises:
        MoneyError: Unknown currency.
    """
    scale = SCALE.get(currency, 1)
    endings = {0: '["0", "8", "9"]'}.get(minor_digits(currency), '["9", "5", "0"]')
    if currency in ("CNY", "HKD", "TWD"):
        endings = '["00", "90", "80", "50", "99"]'
    return TEMPLATE.format(
        currency=currency,
        endings=endings,
        per_run=5000 * scale,
        per_day=5000 * scale,
        per_month=20000 * scale,
        max_cash=20000 * scale,
    )


def write_default_policy(path: Path, currency: str) -> Policy:
    """Write the first policy of a workspace; a file that is there already is left alone.

    Raises:
        PolicyFileError: The file cannot be written, or the one already there cannot be used.
    """
    if not path.exists():
        try:
            path.write_text(default_policy_text(currency), encoding="utf-8")
        except OSError as error:
            raise PolicyFileError(
                "the policy cannot be written",
                where=str(path),
                remedy=f"{error.strerror}: free space or change the folder's permissions.",
            ) from error
    return load_policy(path)


def load_policy(path: Path) -> Policy:
    """The policy of a workspace.

    Raises:
        PolicyFileError: Missing, not TOML, or a key or value that means nothing.
    """
    return parse_policy(read_policy(path), where=str(path))


def read_policy(path: Path) -> str:
    """The text of a policy file.

    Raises:
        PolicyFileError: Missing, or not a text file that may be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise PolicyFileError(
            "there is no policy, so nothing may be changed",
            where=str(path),
            remedy="Put policy.toml back; a new workspace (`ecomagent init`) comes with one.",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyFileError(
            "the policy cannot be read",
            where=str(path),
            remedy="It must be a UTF-8 text file that you may read.",
        ) from error


def parse_policy(text: str, *, where: str = "policy.toml") -> Policy:
    """The policy that a TOML text states.

    Raises:
        PolicyFileError: Not TOML, or a key or value that means nothing.
    """
    try:
        values = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, ArithmeticError) as error:
        raise PolicyFileError(
            f"the policy is not valid TOML: {error}",
            where=where,
            remedy="Mend that line; strings need quotes, lists need brackets.",
        ) from error
    try:
        return Policy.model_validate(values)
    except ValidationError as error:
        problems = _by_cause(error.errors())
        raise _explained(problems[0], where, len(problems)) from error


def policy_mistakes(text: str, *, where: str = "policy.toml") -> tuple[PolicyFileError, ...]:
    """Every mistake of a policy text, each named like the one ``parse_policy`` raises."""
    try:
        parse_policy(text, where=where)
    except PolicyFileError as first:
        cause = first.__cause__
        if not isinstance(cause, ValidationError):
            return (first,)
        return tuple(_explained(problem, where, 1) for problem in _by_cause(cause.errors()))
    return ()


def _by_cause(problems: list[ErrorDetails]) -> list[ErrorDetails]:
    """Unknown keys first: what is missing is often only misspelt."""
    return sorted(problems, key=lambda problem: problem["type"] != "extra_forbidden")


def _explained(problem: ErrorDetails, where: str, count: int) -> PolicyFileError:
    key = ".".join(str(part) for part in problem["loc"])
    more = f" ({count - 1} more after this one)" if count > 1 else ""
    if problem["type"] == "missing":
        what, remedy = f"{key} is missing", "Add it; nothing is assumed of a policy."
    elif problem["type"] == "extra_forbidden":
        what = f"{key} = {_shown(problem['input'])}: there is no such setting"
        remedy = _nearest(problem["loc"])
    else:
        reason = MEANT.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
        what = f"{key} = {_shown(problem['input'])}: {reason[:1].lower()}{reason[1:]}"
        remedy = "Correct the value in the policy file."
    return PolicyFileError(what + more, where=f"{where}: {key}", remedy=remedy)


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{…}"
    return str(value)


def _nearest(location: tuple[int | str, ...]) -> str:
    """What was probably meant, among the keys of the section the unknown key stands in."""
    section: type[BaseModel] = Policy
    for part in location[:-1]:
        field = section.model_fields.get(str(part))
        if field is not None and isinstance(field.annotation, type):
            section = field.annotation
    known = sorted(section.model_fields)
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(known)}."
