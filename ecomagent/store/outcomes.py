"""Outcomes on file, and which of them were learnt from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select
from sqlmodel import col

from ecomagent.domain.outcome import Lesson, Outcome
from ecomagent.store.database import Database
from ecomagent.store.tables import LessonRow, OutcomeRow


class OutcomeRepository:
    """Keeps outcomes and lessons of one shop.

    Args:
        database: The open store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, outcomes: Iterable[Outcome]) -> int:
        """Keep outcomes; one of the same action, metric and moment is replaced.

        Returns:
            How many say something new.
        """
        new = 0
        with self._database.session() as session:
            for outcome in outcomes:
                kept = session.scalars(
                    select(OutcomeRow).where(
                        col(OutcomeRow.plan_id) == outcome.plan_id,
                        col(OutcomeRow.action_id) == outcome.action_id,
                        col(OutcomeRow.metric) == outcome.metric.value,
                        col(OutcomeRow.measured_at) == outcome.measured_at,
                    )
                ).first()
                document = outcome.model_dump_json()
                if kept is None:
                    session.add(_row(outcome, document))
                elif kept.document != document:
                    kept.document = document
                else:
                    continue
                new += 1
        return new

    def of_plan(self, plan_id: str, *, as_of: datetime) -> tuple[Outcome, ...]:
        """Outcomes of a plan that were known at a moment, oldest first."""
        with self._database.session() as session:
            rows = session.scalars(
                select(OutcomeRow)
                .where(col(OutcomeRow.plan_id) == plan_id, col(OutcomeRow.measured_at) <= as_of)
                .order_by(col(OutcomeRow.measured_at), col(OutcomeRow.id))
            ).all()
            return tuple(Outcome.model_validate_json(row.document) for row in rows)

    def learn(self, lessons: Iterable[Lesson]) -> int:
        """Keep lessons; an action that was learnt from before is passed over.

        Returns:
            How many are new.
        """
        new = 0
        with self._database.session() as session:
            for lesson in lessons:
                if session.get(LessonRow, (lesson.plan_id, lesson.action_id)) is None:
                    session.add(_lesson_row(lesson))
                    new += 1
        return new

    def lessons(self, *, as_of: datetime) -> tuple[Lesson, ...]:
        """What had been seen by a moment and is not forgotten, in a fixed order."""
        with self._database.session() as session:
            rows = session.scalars(
                select(LessonRow)
                .where(
                    col(LessonRow.measured_at) <= as_of,
                    or_(col(LessonRow.forgotten_at).is_(None), col(LessonRow.forgotten_at) > as_of),
                )
                .order_by(col(LessonRow.plan_id), col(LessonRow.action_id))
            ).all()
            return tuple(Lesson.model_validate_json(row.document) for row in rows)

    def forget(self, at: datetime) -> int:
        """Let go of everything learnt so far; it stays on file and is never learnt again.

        Returns:
            How many lessons that was.
        """
        with self._database.session() as session:
            rows = session.scalars(
                select(LessonRow).where(col(LessonRow.forgotten_at).is_(None))
            ).all()
            for row in rows:
                row.forgotten_at = at
            return len(rows)


def _row(outcome: Outcome, document: str) -> OutcomeRow:
    return OutcomeRow(
        plan_id=outcome.plan_id,
        action_id=outcome.action_id,
        metric=outcome.metric.value,
        measured_at=outcome.measured_at,
        document=document,
    )


def _lesson_row(lesson: Lesson) -> LessonRow:
    return LessonRow(
        plan_id=lesson.plan_id,
        action_id=lesson.action_id,
        measured_at=lesson.measured_at,
        learnt_at=lesson.learnt_at,
        document=lesson.model_dump_json(),
    )
