"""Plans, what people decided of them, and how far the shop has come with each action.

Every method is one transaction of its own: when it returns, its rows are on disk.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from ecomagent.domain.action import Action, SendCampaign, StartExperiment
from ecomagent.domain.errors import ApprovalError, NotFoundError, PlanError
from ecomagent.domain.plan import Decision, Plan, Receipt, ReceiptStatus
from ecomagent.store.database import Database
from ecomagent.store.tables import ActionRow, DecisionRow, PlanRow, ReceiptRow

SHOWN_CANDIDATES = 5


@dataclass(frozen=True)
class PlanSummary:
    """A plan in a list: what it is for and where its actions stand."""

    plan_id: str
    goal: str
    created_at: datetime
    expires_at: datetime
    run_id: str
    rollback_of: str | None
    actions: int
    waiting: int
    """Actions nobody has decided on and the shop has not been asked for."""
    approved: int
    """Approved (or edited), whether applied by now or not."""
    rejected: int
    applied: int
    failed: int


class PlanRepository:
    """Keeps plans, decisions and receipts of one shop.

    Args:
        database: The open store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # Plans

    def save_plan(self, plan: Plan) -> None:
        """Keep a sealed plan; saving the same plan again changes nothing.

        Raises:
            PlanTamperedError: The plan is not what its hash says.
            PlanError: Another plan has this id.
        """
        plan.check_seal()
        with self._database.session() as session:
            kept = session.get(PlanRow, plan.plan_id)
            if kept is not None:
                if kept.hash != plan.hash:
                    raise PlanError(
                        "another plan has this id",
                        where=plan.plan_id,
                        remedy="Make the plan again.",
                    )
                return
            session.add(_plan_row(plan))
            session.flush()
            session.add_all(_action_rows(plan))

    def get_plan(self, plan_id: str) -> Plan:
        """The plan of that id, or whose id begins with it if only one does.

        Raises:
            NotFoundError: No plan, or several, are meant.
            PlanTamperedError: The stored document was changed by hand.
        """
        with self._database.session() as session:
            return _read_plan(_one_plan_row(session, plan_id))

    def plan_of_run(self, run_id: str) -> Plan | None:
        """The plan a run made, if it came that far."""
        with self._database.session() as session:
            row = session.scalars(select(PlanRow).where(col(PlanRow.run_id) == run_id)).first()
            return None if row is None else _read_plan(row)

    def rollbacks_of(self, plan_id: str) -> tuple[Plan, ...]:
        """Plans that take that one back, newest first."""
        with self._database.session() as session:
            rows = session.scalars(
                select(PlanRow)
                .where(col(PlanRow.rollback_of) == plan_id)
                .order_by(col(PlanRow.created_at).desc(), col(PlanRow.id).desc())
            ).all()
            return tuple(_read_plan(row) for row in rows)

    def list_plans(self, limit: int | None = 50) -> tuple[PlanSummary, ...]:
        """What each plan is for and how it stands, newest first."""
        with self._database.session() as session:
            query = select(PlanRow).order_by(col(PlanRow.created_at).desc(), col(PlanRow.id).desc())
            rows = session.scalars(query if limit is None else query.limit(limit)).all()
            return tuple(_summary(session, row) for row in rows)

    def plans_with_draws(self, since: datetime, until: datetime) -> tuple[Plan, ...]:
        """Plans made in ``[since, until)`` that drew prices by chance, oldest first."""
        with self._database.session() as session:
            rows = session.scalars(
                select(PlanRow)
                .where(col(PlanRow.created_at) >= since, col(PlanRow.created_at) < until)
                .where(col(PlanRow.document).contains('"draws":[{', autoescape=True))
                .order_by(col(PlanRow.created_at), col(PlanRow.id))
            ).all()
            return tuple(_read_plan(row) for row in rows)

    def find_action(self, action_id: str) -> tuple[Plan, Action]:
        """The newest plan that holds the action of that id (or unique beginning), and the action.

        Raises:
            NotFoundError: No action, or several different ones, are meant.
        """
        with self._database.session() as session:
            wanted = _only(
                session.scalars(
                    select(col(ActionRow.id))
                    .where(_begins(ActionRow.id, action_id, "act-"))
                    .distinct()
                ).all(),
                action_id,
                noun="action",
            )
            row = session.scalars(
                select(PlanRow)
                .join(ActionRow, col(ActionRow.plan_id) == col(PlanRow.id))
                .where(col(ActionRow.id) == wanted)
                .order_by(col(PlanRow.created_at).desc(), col(PlanRow.id).desc())
                .limit(1)
            ).one()
            plan = _read_plan(row)
        action = plan.action(wanted)
        if action is None:
            raise NotFoundError(f"plan {plan.plan_id} does not hold action {wanted}")
        return plan, action

    # Decisions

    def record_decision(self, decision: Decision, expected_revision: int) -> None:
        """Keep one person's word on one action.

        Args:
            decision: Its revision is ``expected_revision + 1``.
            expected_revision: The newest revision the person had seen; 0 for none.

        Raises:
            ApprovalError: Somebody else decided in the meantime; says who, what and when.
        """
        if decision.revision != expected_revision + 1:
            raise ValueError("a decision's revision follows the one it was based on")
        try:
            with self._database.session() as session:
                newest = _newest_decision(session, decision.plan_id, decision.action_id)
                if newest is not None and newest.revision != expected_revision:
                    raise _too_late(newest)
                if newest is None and expected_revision:
                    raise ApprovalError(
                        f"there is no decision {expected_revision} on this action",
                        where=decision.action_id,
                        remedy="Look at the plan again and decide anew.",
                    )
                session.add(_decision_row(decision))
        except IntegrityError as error:
            with self._database.session() as session:
                newest = _newest_decision(session, decision.plan_id, decision.action_id)
            if newest is None:
                raise NotFoundError(
                    f"there is no plan “{decision.plan_id}” to decide on"
                ) from error
            raise _too_late(newest) from error

    def decisions_of(self, plan_id: str) -> dict[str, Decision]:
        """The newest decision on each action of a plan, keyed by action id."""
        return {decision.action_id: decision for decision in self.decision_history(plan_id)}

    def decision_history(self, plan_id: str) -> tuple[Decision, ...]:
        """Every decision on a plan, oldest revision first."""
        with self._database.session() as session:
            rows = session.scalars(
                select(DecisionRow)
                .where(col(DecisionRow.plan_id) == plan_id)
                .order_by(col(DecisionRow.revision), col(DecisionRow.action_id))
            ).all()
            return tuple(Decision.model_validate_json(row.document) for row in rows)

    def rejections(self, limit: int = 200) -> tuple[Decision, ...]:
        """The latest rejections with their reasons, newest first, for learning from them."""
        with self._database.session() as session:
            rows = session.scalars(
                select(DecisionRow)
                .where(col(DecisionRow.choice) == "reject")
                .order_by(col(DecisionRow.at).desc())
                .limit(limit)
            ).all()
            return tuple(Decision.model_validate_json(row.document) for row in rows)

    # Receipts

    def record_intent(self, receipt: Receipt) -> Receipt:
        """Write down, before the shop is called, that it will be.

        Returns:
            The receipt on file: the given one, or an earlier one under the same key, untouched.
        """
        with self._database.session() as session:
            kept = session.get(ReceiptRow, receipt.idempotency_key)
            if kept is not None:
                return Receipt.model_validate_json(kept.document)
            session.add(_receipt_row(receipt))
        return receipt

    def finish(self, receipt: Receipt) -> None:
        """Write down what came of an action; one that needed no call has no intent before it."""
        with self._database.session() as session:
            session.merge(_receipt_row(receipt))

    def get_receipt(self, key: str) -> Receipt | None:
        """The receipt under an idempotency key."""
        with self._database.session() as session:
            row = session.get(ReceiptRow, key)
            return None if row is None else Receipt.model_validate_json(row.document)

    def receipts_of(self, plan_id: str) -> tuple[Receipt, ...]:
        """Receipts of a plan in the order in which the shop was asked."""
        with self._database.session() as session:
            rows = session.scalars(
                select(ReceiptRow)
                .where(col(ReceiptRow.plan_id) == plan_id)
                .order_by(col(ReceiptRow.intended_at), col(ReceiptRow.idempotency_key))
            ).all()
            return tuple(Receipt.model_validate_json(row.document) for row in rows)

    def prices_set(self, as_of: datetime) -> tuple[tuple[str, Receipt], ...]:
        """SKU and receipt of every list price that plans set before a moment, oldest first."""
        with self._database.session() as session:
            rows = session.execute(
                select(col(ActionRow.target), col(ReceiptRow.document))
                .join(
                    ReceiptRow,
                    and_(
                        col(ReceiptRow.action_id) == col(ActionRow.id),
                        col(ReceiptRow.plan_id) == col(ActionRow.plan_id),
                    ),
                )
                .where(col(ActionRow.kind) == "set_price")
                .where(col(ReceiptRow.status) == ReceiptStatus.APPLIED.value)
                .where(col(ReceiptRow.finished_at) < as_of)
                .order_by(col(ReceiptRow.finished_at), col(ReceiptRow.idempotency_key))
            ).all()
        return tuple((sku, Receipt.model_validate_json(text)) for sku, text in rows)

    def experiments(self, as_of: datetime) -> tuple[tuple[StartExperiment, datetime], ...]:
        """Experiments that were started or stopped before a moment, and when, oldest first."""
        with self._database.session() as session:
            written = _written(session, "start_experiment")
        found = [
            (action, receipt.finished_at)
            for action, receipt in written
            if isinstance(action, StartExperiment)
            and receipt.status is ReceiptStatus.APPLIED
            and receipt.finished_at is not None
            and receipt.finished_at < as_of
        ]
        return tuple(sorted(found, key=lambda each: each[1]))

    # Money

    def spent_between(self, start: datetime, end: datetime) -> Decimal:
        """Marketing money committed in ``[start, end)``, in major units of the shop's currency.

        Counts campaigns the shop was asked to send (an intent without an answer counts: it may
        have happened); one that was called off again does not count.
        """
        with self._database.session() as session:
            written = _written(session, "send_campaign")
        campaigns = [(action, receipt) for action, receipt in written
                     if isinstance(action, SendCampaign)]  # fmt: skip
        called_off = {
            action.after.campaign_id
            for action, receipt in campaigns
            if action.after.status == "cancelled" and receipt.status is ReceiptStatus.APPLIED
        }
        return sum(
            (
                action.after.cost_total
                for action, receipt in campaigns
                if action.after.status == "scheduled"
                and action.after.campaign_id not in called_off
                and start <= (receipt.finished_at or receipt.intended_at) < end
            ),
            Decimal(0),
        )


def _plan_row(plan: Plan) -> PlanRow:
    return PlanRow(
        id=plan.plan_id,
        hash=plan.hash,
        run_id=plan.run_id,
        created_at=plan.created_at,
        expires_at=plan.expires_at,
        rollback_of=plan.rollback_of,
        document=plan.model_dump_json(),
    )


def _action_rows(plan: Plan) -> list[ActionRow]:
    return [
        ActionRow(
            plan_id=plan.plan_id,
            id=action.id,
            position=position,
            kind=action.kind.value,
            target=action.target.id,
            risk=action.risk.value,
        )
        for position, action in enumerate(plan.actions)
    ]


def _decision_row(decision: Decision) -> DecisionRow:
    return DecisionRow(
        plan_id=decision.plan_id,
        action_id=decision.action_id,
        revision=decision.revision,
        choice=decision.choice.value,
        by=decision.by,
        role=decision.role,
        at=decision.at,
        document=decision.model_dump_json(),
    )


def _receipt_row(receipt: Receipt) -> ReceiptRow:
    return ReceiptRow(
        idempotency_key=receipt.idempotency_key,
        plan_id=receipt.plan_id,
        action_id=receipt.action_id,
        status=receipt.status.value,
        intended_at=receipt.intended_at,
        finished_at=receipt.finished_at,
        document=receipt.model_dump_json(),
    )


def _read_plan(row: PlanRow) -> Plan:
    plan = Plan.model_validate_json(row.document)
    plan.check_seal()
    return plan


def _begins(column: str, given: str, prefix: str) -> ColumnElement[bool]:
    """Match an id, its beginning, or its beginning without the part that says what it is."""
    whole = given if given.startswith(prefix) else f"{prefix}{given}"
    return col(column).startswith(given, autoescape=True) | col(column).startswith(
        whole, autoescape=True
    )


def _only(found: Iterable[str], given: str, *, noun: str) -> str:
    candidates = sorted(found)
    if given in candidates:
        return given
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise NotFoundError(
            f"there is no {noun} “{given}”", remedy="`ecomagent status` lists what there is."
        )
    shown = ", ".join(candidates[:SHOWN_CANDIDATES])
    more = " …" if len(candidates) > SHOWN_CANDIDATES else ""
    raise NotFoundError(
        f"“{given}” could be {len(candidates)} {noun}s",
        where=f"{shown}{more}",
        remedy="Give more of the id.",
    )


def _one_plan_row(session: Session, plan_id: str) -> PlanRow:
    found = session.scalars(
        select(col(PlanRow.id)).where(_begins(PlanRow.id, plan_id, "plan-"))
    ).all()
    wanted = _only(found, plan_id, noun="plan")
    row = session.get(PlanRow, wanted)
    if row is None:
        raise NotFoundError(f"there is no plan “{plan_id}”")
    return row


def _summary(session: Session, row: PlanRow) -> PlanSummary:
    actions = set(
        session.scalars(select(col(ActionRow.id)).where(col(ActionRow.plan_id) == row.id)).all()
    )
    decisions = session.scalars(
        select(DecisionRow)
        .where(col(DecisionRow.plan_id) == row.id)
        .order_by(col(DecisionRow.revision))
    ).all()
    receipts = session.scalars(select(ReceiptRow).where(col(ReceiptRow.plan_id) == row.id)).all()
    choice = {decision.action_id: decision.choice for decision in decisions}
    choices = Counter(choice.values())
    stands = Counter(receipt.status for receipt in receipts)
    touched = choice.keys() | {receipt.action_id for receipt in receipts}
    return PlanSummary(
        plan_id=row.id,
        goal=json.loads(row.document)["goal"]["text"],
        created_at=row.created_at,
        expires_at=row.expires_at,
        run_id=row.run_id,
        rollback_of=row.rollback_of,
        actions=len(actions),
        waiting=len(actions - touched),
        approved=choices["approve"] + choices["edit"],
        rejected=choices["reject"],
        applied=stands[ReceiptStatus.APPLIED.value],
        failed=stands[ReceiptStatus.FAILED.value],
    )


def _newest_decision(session: Session, plan_id: str, action_id: str) -> Decision | None:
    row = session.scalars(
        select(DecisionRow)
        .where(col(DecisionRow.plan_id) == plan_id, col(DecisionRow.action_id) == action_id)
        .order_by(col(DecisionRow.revision).desc())
        .limit(1)
    ).first()
    return None if row is None else Decision.model_validate_json(row.document)


def _too_late(newest: Decision) -> ApprovalError:
    said = {"approve": "approved", "reject": "rejected", "edit": "edited and approved"}
    return ApprovalError(
        f"{newest.by} ({newest.role}) {said[newest.choice.value]} this action"
        f" at {newest.at:%Y-%m-%d %H:%M:%S} UTC, before you",
        where=newest.action_id,
        remedy="Look at it again; decide once more if you disagree.",
    )


def _written(session: Session, kind: str) -> Sequence[tuple[Action, Receipt]]:
    """Actions of a kind that the shop was asked for, exactly as approved."""
    rows = session.scalars(
        select(ReceiptRow).where(
            col(ReceiptRow.status).in_([ReceiptStatus.APPLIED.value, ReceiptStatus.INTENDED.value]),
            col(ReceiptRow.action_id).in_(
                select(col(ActionRow.id)).where(col(ActionRow.kind) == kind)
            ),
        )
    ).all()
    plans: dict[str, Plan] = {}
    found = []
    for row in rows:
        if row.plan_id not in plans:
            kept = session.get(PlanRow, row.plan_id)
            if kept is None:
                continue
            plans[row.plan_id] = Plan.model_validate_json(kept.document)
        decision = _newest_decision(session, row.plan_id, row.action_id)
        action = (decision.edited if decision else None) or plans[row.plan_id].action(row.action_id)
        if action is not None:
            found.append((action, Receipt.model_validate_json(row.document)))
    return found
