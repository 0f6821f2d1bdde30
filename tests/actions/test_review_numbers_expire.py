"""Labels of a review go with their time as those of a file do, and the log still agrees with the rest."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from core.actions.audit_verify import verify_log
from core.actions.number_retention import expire_numbers
from core.actions.people import LOCAL_CALLER
from core.actions.review_labels import save_label
from core.actions.review_queue import Choice, open_review
from core.actions.reviews import Judged, queue_of
from core.actions.workspace import Workspace
from core.evidence.review_queue import Queue
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
LATER = timedelta(days=1_100)


def test_a_review_that_somebody_goes_on_with_begins_another_upload(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    monday = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=7)
    rows = [
        {"run_id": f"run-{n}", "started_at": monday.isoformat(), "user_feedback": "rejected"}
        for n in range(3)
    ]
    traces = "".join(json.dumps(row) + "\n" for row in rows)
    hand_in(traces, "traces.jsonl")
    session = open_review(workspace, LOCAL_CALLER, now, feature, Choice(Queue.WORST, monday.date()))
    queue = queue_of(workspace, LOCAL_CALLER, feature, session.id)

    def label(place: int, at: datetime) -> None:
        said = Judged(answer_right=False)
        save_label(workspace, LOCAL_CALLER, at, feature, session.id, queue[place].place, said)

    label(0, now)
    [young] = expire_numbers(workspace, now + timedelta(days=1_000))
    assert young.is_nothing
    [done] = expire_numbers(workspace, now + LATER)
    assert (done.uploads, done.rows, done.labels) == (2, 3, 1)
    assert verify_log(workspace, LOCAL_CALLER, now + LATER).findings == ()
    assert hand_in(traces, "again.jsonl", at=now + LATER).rows_done == 3
    label(1, now + LATER)
    found = verify_log(workspace, LOCAL_CALLER, now + LATER)
    assert (found.ok, found.findings, len(queue)) == (True, (), 3)
