"""What was done of a plan, exactly as it was done: read by rollback and by measuring."""

from __future__ import annotations

from collections.abc import Iterable

from ecomagent.domain.action import Action
from ecomagent.domain.errors import PlanError
from ecomagent.domain.plan import Plan, Receipt, ReceiptStatus
from ecomagent.plan.approved import idempotency_key
from ecomagent.store.plans import PlanRepository

_FAMILIES = {
    "start_promotion": "promotion",
    "end_promotion": "promotion",
    "list_product": "status",
    "delist_product": "status",
}


def applied_actions(plan: Plan, repository: PlanRepository) -> list[tuple[Action, Receipt]]:
    """What was applied, exactly as it was (edits included), in the plan's order.

    Raises:
        PlanError: A receipt is for content that the plan never had.
    """
    receipts = {
        receipt.action_id: receipt
        for receipt in repository.receipts_of(plan.plan_id)
        if receipt.status is ReceiptStatus.APPLIED
    }
    edits: dict[str, list[Action]] = {}
    for decision in repository.decision_history(plan.plan_id):
        if decision.edited is not None:
            edits.setdefault(decision.action_id, []).append(decision.edited)
    found = []
    for action in plan.actions:
        receipt = receipts.get(action.id)
        if receipt is not None:
            candidates = (action, *edits.get(action.id, ()))
            found.append((_content_of(plan, receipt, candidates), receipt))
    return found


def _content_of(plan: Plan, receipt: Receipt, candidates: Iterable[Action]) -> Action:
    """The one of several contents of an action that the receipt is for."""
    for content in candidates:
        if idempotency_key(plan, receipt.action_id, content) == receipt.idempotency_key:
            return content
    raise PlanError(
        "a receipt is on file for content that the plan never had",
        where=receipt.idempotency_key,
        remedy="Run `ecomagent audit verify`: the store may have been changed by hand.",
    )


def place_of(action: Action) -> tuple[str, str]:
    """What an action moves: two actions of one place replace each other."""
    return _FAMILIES.get(action.kind.value, action.kind.value), action.shown_by.id
