"""Questions before a decision: asked once, answered once, never removed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from core.errors import WrongUsage
from core.store.tables import decision_question


@dataclass(frozen=True)
class Question:
    """``step`` is the step of the rollout that was ahead ("advance:beta"), None where nothing was."""

    id: int
    feature_id: int
    step: str | None
    words: str
    asked_by: str
    asked_by_id: int | None
    asked_at: datetime
    answer: str | None
    answered_by: str | None
    answered_by_id: int | None
    answered_at: datetime | None


def add(
    connection: Connection,
    *,
    feature_id: int,
    step: str | None,
    words: str,
    by: str,
    by_id: int | None,
    now: datetime,
) -> Question:
    row = {
        "feature_id": feature_id,
        "step": step,
        "words": words,
        "asked_by": by,
        "asked_by_id": by_id,
        "asked_at": now,
    }
    added = connection.execute(insert(decision_question).values(row).returning(*decision_question.c))
    return Question(**added.one()._asdict())


def answer(
    connection: Connection, question_id: int, *, words: str, by: str, by_id: int | None, now: datetime
) -> None:
    """The first answer stands."""
    said = {"answer": words, "answered_by": by, "answered_by_id": by_id, "answered_at": now}
    columns = decision_question.c
    open_one = update(decision_question).where(columns.id == question_id, columns.answered_at.is_(None))
    connection.execute(open_one.values(said))


def by_id(connection: Connection, feature_id: int, question_id: int) -> Question:
    """Raises WrongUsage where the feature has no such question."""
    row = connection.execute(_of(feature_id).where(decision_question.c.id == question_id)).one_or_none()
    if row is None:
        raise WrongUsage("There is no such question.", mend="Choose one from the list.")
    return Question(**row._asdict())


def of_feature(connection: Connection, feature_id: int, until: datetime | None = None) -> list[Question]:
    """Every question that was asked by ``until``, the newest first."""
    mine = _of(feature_id).order_by(decision_question.c.asked_at.desc(), decision_question.c.id.desc())
    if until is not None:
        mine = mine.where(decision_question.c.asked_at <= until)
    return [Question(**row._asdict()) for row in connection.execute(mine)]


def count_open(connection: Connection, feature_id: int, until: datetime) -> int:
    """How many questions of ``until`` had no answer then."""
    columns = decision_question.c
    unanswered = columns.answered_at.is_(None) | (columns.answered_at > until)
    mine = select(func.count()).where(columns.feature_id == feature_id, columns.asked_at <= until)
    return connection.scalar(mine.where(unanswered)) or 0


def _of(feature_id: int) -> Select[Any]:
    return select(decision_question).where(decision_question.c.feature_id == feature_id)
