"""Questions before a signature, look-backs after a step, and the record of decisions that has both."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from core.actions.audit_verify import verify_log
from core.actions.audit_words import told
from core.actions.decisions_record import view_decisions_record
from core.actions.follow_ups import record_follow_up, view_follow_ups
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.portfolio import view_portfolio
from core.actions.progress import view_progress
from core.actions.questions import MOST_OPEN, answer_question, ask_question, view_questions
from core.actions.workspace import Workspace
from core.decision.hindsight import Hindsight
from core.decision.steps import StepState
from core.errors import WrongUsage
from core.rollout.transitions import Move, Transition
from core.store import audit, features, overrides, signatures, signed_conditions, transitions
from core.store.decision_tables import decision_question, follow_up

RIGHT, WRONG, EARLY = Hindsight.RIGHT, Hindsight.WRONG, Hindsight.TOO_EARLY
WORDS = {
    Move.START: "rollout started",
    Move.ADVANCE: "rollout advanced",
    Move.ROLL_BACK: "rollout rolled back",
}


class Rollout:
    """A rollout as its own actions leave it, each step a day; ``now`` is when it is looked at."""

    def __init__(self, workspace: Workspace, slug: str, now: datetime) -> None:
        self.workspace, self.slug, self.now = workspace, slug, now

    def before(self, days: float) -> datetime:
        return self.now - timedelta(days=days)

    def takes(
        self, move: Move, phase: str, days: float, *signed_by: str, agreed: str = "", past: bool = False
    ) -> None:
        """Takes a step ``days`` ago; ``past``: it is only written down now."""
        at = self.before(days)
        with self.workspace.database.writing() as connection:
            feature = features.by_slug(connection, self.slug)
            moved = Transition(move, phase, at, "Pia", "As planned")
            transitions.add(
                connection, feature_id=feature.id, moved=moved, plan_number=None, verdict="go",
                now=self.now if past else at,
            )  # fmt: skip
            if past:
                return
            said = {"phase": phase, "reason": "As planned", "plan": None, "verdict": "go"}
            said |= {"agreed_outside": agreed, "signed_by": list(signed_by)}
            audit.append(
                connection, actor="Pia", action=WORDS[move], subject=f"feature/{self.slug}", payload=said,
                now=at,
            )  # fmt: skip

    def looks_back(self, step: int, word: Hindsight, note: str = "", days: float = 0) -> None:
        record_follow_up(
            self.workspace, LOCAL_CALLER, self.before(days), self.slug, step, hindsight=word, note=note
        )

    def due(self) -> list[tuple[str, int]]:
        view = view_follow_ups(self.workspace, LOCAL_CALLER, self.now, self.slug)
        return [(one.step.moved.phase, one.days) for one in view.due]


@pytest.fixture
def rollout(workspace: Workspace, feature: str, now: datetime) -> Rollout:
    return Rollout(workspace, feature, now)


def test_a_question_waits_until_it_is_answered(
    workspace: Workspace, feature: str, now: datetime, person: Callable[..., Caller]
) -> None:
    lea, pia = person("Lea", "signer"), person("Pia", "pm")
    minute = timedelta(minutes=1)
    with pytest.raises(WrongUsage, match="no question that can be answered"):
        ask_question(workspace, lea, now, feature, words="Why?")
    ask_question(workspace, lea, now, feature, words="Who reads\n the answers?")
    ask_question(workspace, lea, now + minute, feature, words="What if nobody does?")
    view = view_questions(workspace, pia, now + minute, feature)
    assert [one.words for one in view.open] == ["Who reads the answers?", "What if nobody does?"]
    assert (view.may_answer, view.may_ask) == (True, True)
    assert not view_questions(workspace, lea, now + minute, feature).may_answer

    steps = {step.key: step for step in view_progress(workspace, pia, now + minute, feature).steps}
    assert steps["asked"].words == "Before signing: 2 open questions"
    hers = {step.key: step for step in view_progress(workspace, lea, now + minute, feature).steps}
    assert hers["asked"].state is StepState.SOMEONE_ELSE

    first = view.open[0]
    answer_question(workspace, pia, now + 2 * minute, feature, first.id, words="Omar reads all of them.")
    with pytest.raises(WrongUsage, match="Pia has answered this question already"):
        answer_question(workspace, pia, now + 2 * minute, feature, first.id, words="Nobody reads them.")
    view = view_questions(workspace, lea, now + 3 * minute, feature)
    assert [one.words for one in view.open] == ["What if nobody does?"]
    assert [(one.answer, one.answered_by) for one in view.answered] == [("Omar reads all of them.", "Pia")]
    assert verify_log(workspace, LOCAL_CALLER, now).ok
    with workspace.database.writing() as connection:
        newest = told(audit.timeline(connection, f"feature/{feature}", 1)[0])
        connection.execute(
            update(decision_question).where(decision_question.c.id == first.id).values(answer="Nobody")
        )
    assert (newest.sentence, newest.details) == ("answered question 1", ("Omar reads all of them.",))
    (finding,) = verify_log(workspace, LOCAL_CALLER, now).findings
    assert (finding.record.kind, finding.record.fields) == ("question", ("answer",))


def test_only_so_many_questions_wait_at_a_time(workspace: Workspace, feature: str, now: datetime) -> None:
    for place in range(MOST_OPEN):
        ask_question(workspace, LOCAL_CALLER, now, feature, words=f"What about the case {place}?")
    with pytest.raises(WrongUsage, match="20 questions wait for an answer already"):
        ask_question(workspace, LOCAL_CALLER, now, feature, words="And one more question?")


def test_look_backs_are_due_a_week_and_a_month_after_each_step(rollout: Rollout) -> None:
    rollout.takes(Move.START, "beta", 40, past=True)
    rollout.takes(Move.ADVANCE, "small", 31)
    rollout.takes(Move.ADVANCE, "half", 8)
    rollout.takes(Move.ADVANCE, "full", 6)
    assert rollout.due() == [("small", 30), ("half", 7)], "what was recorded afterwards was not decided here"
    (line,) = view_portfolio(rollout.workspace, LOCAL_CALLER, rollout.now)
    assert line.look_backs == 2
    with pytest.raises(WrongUsage, match="too early to look back"):
        rollout.looks_back(4, RIGHT)
    with pytest.raises(WrongUsage, match="no such step"):
        rollout.looks_back(99, RIGHT)
    with pytest.raises(WrongUsage, match="was wrong needs a note"):
        rollout.looks_back(2, WRONG, "Bad")
    rollout.looks_back(3, EARLY)
    rollout.looks_back(2, WRONG, "Nobody had asked the billing team")
    assert rollout.due() == []
    findings = verify_log(rollout.workspace, LOCAL_CALLER, rollout.now).findings
    assert "look_back" not in {finding.record.kind for finding in findings}


def test_the_record_has_every_step_with_all_that_it_rested_on(
    rollout: Rollout, person: Callable[..., Caller]
) -> None:
    lea = person("Lea", "signer")
    with rollout.workspace.database.writing() as connection:
        feature_id = features.by_slug(connection, rollout.slug).id
        for place, step in enumerate(("start:beta", "advance:small")):
            given = signatures.add(
                connection, feature_id=feature_id, about="step", commitment_number=1, step=step,
                choice="approve", reason="", person_id=lea.person_id or 0, signed_by="Lea", sha256="0" * 64,
                statement={}, now=rollout.before(50 - place * 10),
            )  # fmt: skip
            signed_conditions.add(
                connection, feature_id=feature_id, signature_id=given.id, words=f"Condition {step}",
                owner="Lena", due=rollout.now.date(),
            )  # fmt: skip
        used = overrides.add(
            connection, feature_id=feature_id, step="advance:small", reason="It could not wait a day longer",
            given_by="Omar", given_by_id=None, expires_at=rollout.now, sha256="0" * 64, statement={},
            now=rollout.before(32),
        )  # fmt: skip
        overrides.mark_used(connection, used.id, rollout.before(31))
    rollout.takes(Move.START, "beta", 45, "Lea", "Sam")
    rollout.takes(Move.ROLL_BACK, "beta", 40)
    rollout.takes(Move.START, "beta", 35, agreed="The board, minutes of May")
    rollout.takes(Move.ADVANCE, "small", 31)
    rollout.looks_back(1, RIGHT, days=38)
    rollout.looks_back(1, WRONG, "It was rolled back after all", days=5)
    rollout.looks_back(3, RIGHT)

    record = view_decisions_record(rollout.workspace, LOCAL_CALLER, rollout.now, rollout.slug)
    last, again, first = record.lines
    assert [line.title for line in record.lines] == ["Go on to small", "Start beta", "Start beta"]
    assert (first.signed_by, first.verdict) == (("Lea", "Sam"), "go")
    assert [one.given.words for one in first.conditions] == ["Condition start:beta"]
    assert first.rolled_back is not None and first.rolled_back.at == rollout.before(40)
    assert first.last_word is not None and first.last_word.hindsight is WRONG
    assert [one.days for one in first.look_backs] == [7, 30]
    assert (again.agreed_outside, again.signed_by) == ("The board, minutes of May", ())
    assert (again.conditions, again.rolled_back) == ((), None), "the first start had them"
    assert last.overruled is not None and last.overruled.by == "Omar"
    assert (last.due, first.due, again.due) == (30, None, None)
    assert (record.track.right, record.track.n, record.track.open) == (1, 2, 1)

    with rollout.workspace.database.writing() as connection:
        events = audit.timeline(connection, f"feature/{rollout.slug}", 50)
        started = min(event.seq for event in events if event.action == "rollout started")
        audit.erase(connection, started)
        connection.execute(update(follow_up).where(follow_up.c.id == 1).values(hindsight="wrong"))
    *_, first = view_decisions_record(rollout.workspace, LOCAL_CALLER, rollout.now, rollout.slug).lines
    assert first.signed_by is None, "nobody knows any more"
    broken = [one.record for one in verify_log(rollout.workspace, LOCAL_CALLER, rollout.now).findings]
    assert [one.fields for one in broken if one.kind == "look_back"] == [("hindsight",)]
