"""The scope against the rest of the feature: the calendar with its real dates, advice on scope and plan."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from core.actions.people import LOCAL_CALLER
from core.actions.plans import save_plan
from core.actions.scope_reviews import review_scope
from core.actions.scopes import save_scope, view_scope
from core.actions.workspace import Workspace
from core.criteria.calendar import Course, Sign
from core.criteria.scope import read_scope
from core.rollout.plan import read_plan
from core.rollout.transitions import Move, Transition
from core.store import audit, features, transitions

PHASE = {"exposure_share": [0.01, 0.05], "minimum_days": 3}
SIGNS = [Sign.TRACES, Sign.EVALS, Sign.LOCK, Sign.FIRST_PHASE, Sign.SECOND_PHASE, Sign.LAST_PHASE]


def test_a_new_feature_has_no_advice_and_no_dates(workspace: Workspace, feature: str, now: datetime) -> None:
    review = review_scope(workspace, LOCAL_CALLER, now, feature)
    assert (review.advice, review.calendar) == ((), ())
    assert all(one.written == 0 for one in review.progress)


def test_the_calendar_stands_beside_what_really_happened(
    workspace: Workspace,
    feature: str,
    now: datetime,
    hand_in: Callable[..., Any],
    commit: Callable[..., int],
) -> None:
    begins = now.date() - timedelta(days=28)
    steps = [{"week": place, "what": sign.value, "shown_by": sign.value} for place, sign in enumerate(SIGNS)]
    scope = read_scope({"calendar": {"begins_on": str(begins), "steps": steps}})
    save_scope(workspace, LOCAL_CALLER, now, feature, scope, based_on=None)
    phases = [PHASE | {"id": name, "name": name} for name in ("one", "two", "three")]
    save_plan(workspace, LOCAL_CALLER, now, feature, read_plan({"phases": phases}), based_on=None)
    hand_in(b'{"case_id": "c1", "passed": true}\n')
    commit(at=now - timedelta(days=9))
    with workspace.database.writing() as connection:
        feature_id = features.by_slug(connection, feature).id
        for days, move, phase in ((8, Move.START, "one"), (6, Move.ROLL_BACK, "one"), (5, Move.START, "one")):
            moved = Transition(move, phase, now - timedelta(days=days), "Ada", "")
            transitions.add(
                connection, feature_id=feature_id, moved=moved, plan_number=1, verdict=None, now=moved.at
            )
    review = review_scope(workspace, LOCAL_CALLER, now, feature)
    found = {line.step.shown_by: (line.course, line.happened) for line in review.calendar}
    assert found == {
        Sign.TRACES: (Course.LATE, None),
        Sign.EVALS: (Course.DONE, now.date()),
        Sign.LOCK: (Course.DONE, now.date() - timedelta(days=9)),
        Sign.FIRST_PHASE: (Course.DONE, now.date() - timedelta(days=8)),
        Sign.SECOND_PHASE: (Course.AHEAD, None),
        Sign.LAST_PHASE: (Course.AHEAD, None),
    }
    keys = [one.key for one in review.advice]
    assert keys == ["owners_missing", "speed_guardrails", "calendar_late"]


def test_a_withdrawn_upload_is_no_sign(
    workspace: Workspace, feature: str, now: datetime, hand_in: Callable[..., Any]
) -> None:
    from core.actions.withdrawing import withdraw_upload

    steps = [{"week": 0, "what": "Evals", "shown_by": "evals"}]
    save_scope(
        workspace, LOCAL_CALLER, now, feature, read_scope({"calendar": {"steps": steps}}), based_on=None
    )
    upload = hand_in(b'{"case_id": "c1", "passed": true}\n')
    assert review_scope(workspace, LOCAL_CALLER, now, feature).calendar[0].happened == now.date()
    withdraw_upload(workspace, LOCAL_CALLER, now, upload.id, reason="The wrong file")
    assert review_scope(workspace, LOCAL_CALLER, now, feature).calendar[0].happened is None


def test_a_promise_changed_after_the_lock_is_marked_for_everyone(
    workspace: Workspace, feature: str, now: datetime, commit: Callable[..., int]
) -> None:
    commit(at=now - timedelta(days=3))
    versions = [
        ({"success_signal": "Settled"}, ""),
        ({"success_signal": "Answered"}, "Easier to count."),
        ({"success_signal": "Answered", "owners": {"alerts": "Ben"}}, "Ben joined."),
    ]
    for number, (body, reason) in enumerate(versions):
        save_scope(
            workspace,
            LOCAL_CALLER,
            now + timedelta(minutes=number),
            feature,
            read_scope(body),
            based_on=number or None,
            reason=reason,
        )
    view = view_scope(workspace, LOCAL_CALLER, feature)
    assert [(version.number, changes) for version, changes in view.changed_promises] == [
        (2, ("Main success signal: “Settled” → “Answered”",))
    ]
    with workspace.database.reading() as connection:
        events = audit.timeline(connection, f"feature/{feature}", 3)
    assert [event.payload["changes_promise"] for event in events] == [False, True, False]
