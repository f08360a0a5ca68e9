"""What a policy says that can be read, but is hardly meant: told on checking, never on judging."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pydantic import BaseModel, ConfigDict

from ecomagent.domain.action import Risk
from ecomagent.domain.money import minor_digits
from ecomagent.plan.policy.floors import category_path
from ecomagent.plan.policy.model import Policy
from ecomagent.plan.policy.roles import Role


class PolicyMistake(BaseModel):
    """Why a policy cannot be used."""

    model_config = ConfigDict(frozen=True)

    what: str
    where: str
    """File and key."""
    remedy: str


class PolicyCheck(BaseModel):
    """What checking a policy file found."""

    model_config = ConfigDict(frozen=True)

    path: str
    ok: bool
    """Whether it can be used."""
    hash: str | None = None
    """What plans made under it name; none where it cannot be used."""
    mistakes: tuple[PolicyMistake, ...] = ()
    doubts: tuple[str, ...] = ()


def doubts(
    policy: Policy, *, currency: str, skus: Collection[str], categories: Collection[str]
) -> tuple[str, ...]:
    """What its owner should look at again, one sentence each.

    Args:
        policy: What is allowed.
        currency: The shop's.
        skus: Every SKU of the shop; empty where nothing was imported yet.
        categories: Every category of the shop.
    """
    return tuple(
        [
            *_money(policy, currency),
            *_prices(policy),
            *_people(policy),
            *_protected(policy, skus, categories),
        ]
    )


def _money(policy: Policy, currency: str) -> Iterator[str]:
    budget = policy.budget
    if policy.currency != currency:
        yield (
            f"currency is {policy.currency}, but the shop sells in {currency}:"
            " every action will be refused"
        )
    if budget.per_run > budget.per_day:
        yield "budget.per_run is more than budget.per_day: a plan can never spend it on one day"
    if budget.per_day > budget.per_month:
        yield "budget.per_day is more than budget.per_month"


def _prices(policy: Policy) -> Iterator[str]:
    price, digits = policy.price, minor_digits(policy.currency)
    if price.max_change_per_day > price.max_change_per_week:
        yield "price.max_change_per_day is more than price.max_change_per_week, which binds then"
    if price.max_change_per_day == 0:
        yield "price.max_change_per_day is 0: no list price can ever change"
    if policy.margin.min_margin == 0:
        yield "margin.min_margin is 0: prices may go down to cost"
    if policy.promotion.max_depth == 0:
        yield "promotion.max_depth is 0: no promotion is possible"
    if policy.promotion.max_depth > 1 - policy.margin.min_margin:
        yield "promotion.max_depth is deeper than any price the margin floor lets pass"
    for ending in price.endings:
        if len(ending) > digits + 1:
            yield (
                f'price.endings "{ending}" leaves only one price in {10 ** len(ending):,}'
                f" {policy.currency} minor units"
            )


def _people(policy: Policy) -> Iterator[str]:
    approval = policy.approval
    for risk in (Risk.MEDIUM, Risk.HIGH):
        if risk in approval.without_approval:
            yield f"approval.without_approval has {risk.value}: such changes need nobody's word"
    if not approval.low.rank <= approval.medium.rank <= approval.high.rank:
        yield "approval asks for a lower role where the risk is higher"
    for risk in Risk:
        if approval.role_for(risk) is Role.VIEWER:
            yield f"approval.{risk.value} is viewer: everybody may approve {risk.value} risks"


def _protected(policy: Policy, skus: Collection[str], categories: Collection[str]) -> Iterator[str]:
    if not skus:
        return
    known = set(skus)
    for sku in policy.protected.skus:
        if sku not in known:
            yield f"protected.skus has {sku}, which the shop does not sell"
    paths = {category_path(category) for category in categories}
    for category in policy.protected.categories:
        wanted = category_path(category)
        if not any(path[: len(wanted)] == wanted for path in paths):
            yield f"protected.categories has {category}, which no product is in"
