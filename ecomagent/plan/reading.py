"""Finds the plan a person means: by id, by file, or the newest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ecomagent.domain.errors import NotFoundError, PlanError
from ecomagent.domain.plan import DecisionChoice, Plan

if TYPE_CHECKING:
    from ecomagent.store.plans import PlanRepository


def find_plan(given: str, repository: PlanRepository, *, shop_id: str | None = None) -> Plan:
    """The plan a person means; one from a file is checked and kept in the store too.

    Args:
        given: Id, beginning of an id, path of a plan file, or empty for the newest.
        repository: Where plans are kept.
        shop_id: Shop the plan must be for, where it is about to be used.

    Raises:
        NotFoundError: There is no such plan.
        PlanTamperedError: It was changed by hand.
        PlanError: The file holds no plan, or another shop's.
    """
    plan = _from_file(Path(given)) if _is_file(given) else _kept(given, repository)
    if shop_id is not None and plan.shop.id != shop_id:
        raise PlanError(
            f"plan {plan.plan_id} is for another shop, “{plan.shop.name}”",
            remedy="Use it in the workspace it was made in.",
        )
    if _is_file(given) and shop_id is not None:
        repository.save_plan(plan)
    return plan


def _is_file(given: str) -> bool:
    return bool(given) and (given.endswith(".json") or "/" in given or Path(given).is_file())


def _kept(given: str, repository: PlanRepository) -> Plan:
    if given:
        return repository.get_plan(given)
    newest = repository.list_plans(1)
    if not newest:
        raise NotFoundError(
            "there is no plan yet",
            remedy='Make one: ecomagent plan "grow gross profit next month".',
        )
    return repository.get_plan(newest[0].plan_id)


def _from_file(path: Path) -> Plan:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFoundError("there is no such plan file", where=str(path)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError("the plan file cannot be read", where=f"{path}: {error}") from error
    try:
        plan = Plan.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PlanError(
            "the file holds no plan of this version",
            where=f"{path}: {place or 'document'}: {first['msg']}",
            remedy="Write it anew with `ecomagent plan … -o FILE`.",
        ) from error
    plan.check_seal()
    return plan


def where_it_stands(plan: Plan, repository: PlanRepository) -> dict[str, str]:
    """Action id to a word: waiting, approved, edited, rejected, applied, skipped, failed."""
    words = {
        DecisionChoice.APPROVE: "approved",
        DecisionChoice.EDIT: "edited",
        DecisionChoice.REJECT: "rejected",
    }
    standing = {action.id: "waiting" for action in plan.actions}
    standing |= {
        action_id: f"{words[decision.choice]} by {decision.by}"
        for action_id, decision in repository.decisions_of(plan.plan_id).items()
    }
    for receipt in repository.receipts_of(plan.plan_id):
        said = receipt.status.value if receipt.status.value != "intended" else "interrupted"
        standing[receipt.action_id] = said + (f": {receipt.message}" if receipt.message else "")
    return standing
