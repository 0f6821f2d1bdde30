"""Questions before a decision: anyone who has a hand in it asks, a product manager answers."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, may, require
from core.actions.reasons import full_reason, one_line
from core.actions.rollout_facts import rollout_facts
from core.actions.workspace import Workspace
from core.decision.statement import step_ahead
from core.errors import WrongUsage
from core.store import audit, decision_questions, features
from core.store.decision_questions import Question

MOST_OPEN = 20
"""So many questions may wait at a time."""

_ASK_IN_WORDS = "Ask in a sentence, of 10 characters at least: everyone reads it."


@dataclass(frozen=True)
class QuestionsView:
    """The questions of a feature, the newest first; ``open`` are those without an answer, oldest first."""

    lines: tuple[Question, ...]
    may_ask: bool
    may_answer: bool

    @property
    def open(self) -> tuple[Question, ...]:
        return tuple(reversed([one for one in self.lines if one.answered_at is None]))

    @property
    def answered(self) -> tuple[Question, ...]:
        return tuple(one for one in self.lines if one.answered_at is not None)


def view_questions(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> QuestionsView:
    """Every question that was ever asked about the feature, with its answer."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        lines = decision_questions.of_feature(connection, feature.id, until=now)
    return QuestionsView(
        tuple(lines),
        may_ask=may(workspace, caller, Act.ASK, slug),
        may_answer=may(workspace, caller, Act.ANSWER, slug),
    )


def ask_question(workspace: Workspace, caller: Caller, now: datetime, slug: str, *, words: str) -> Question:
    """Ask what somebody wants to know before they sign the step ahead; it waits for a product manager."""
    require(workspace, caller, Act.ASK, slug)
    words = full_reason(one_line(words), "This is no question that can be answered.", _ASK_IN_WORDS)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        if decision_questions.count_open(connection, feature.id, now) >= MOST_OPEN:
            raise WrongUsage(
                f"{MOST_OPEN} questions wait for an answer already.", mend="Let some be answered first."
            )
        step, title = step_ahead(rollout_facts(connection, feature, now).standing)
        asked = decision_questions.add(
            connection,
            feature_id=feature.id,
            step=step,
            words=words,
            by=caller.name,
            by_id=caller.person_id,
            now=now,
        )
        audit.append(
            connection,
            actor=caller.name,
            action="question asked",
            subject=f"feature/{slug}",
            payload={
                "question": asked.id,
                "step": step,
                "title": title,
                "words": words,
                "person": caller.person_id,
            },
            now=now,
        )
    return asked


def answer_question(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, question_id: int, *, words: str
) -> None:
    """Answer a question for everybody to read; the answer stands."""
    require(workspace, caller, Act.ANSWER, slug)
    words = full_reason(one_line(words), "An answer needs words.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        asked = decision_questions.by_id(connection, feature.id, question_id)
        if asked.answered_at is not None:
            raise WrongUsage(
                f"{asked.answered_by} has answered this question already.", mend="Ask a new one, if needed."
            )
        decision_questions.answer(
            connection, question_id, words=words, by=caller.name, by_id=caller.person_id, now=now
        )
        audit.append(
            connection,
            actor=caller.name,
            action="question answered",
            subject=f"feature/{slug}",
            payload={"question": question_id, "answer": words, "person": caller.person_id},
            now=now,
        )
