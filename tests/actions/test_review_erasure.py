"""A person who is erased goes from the queues of reviews and from what reviewers have not saved yet."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.actions.audit_verify import verify_log
from core.actions.erasure import ask_erasure, erase
from core.actions.people import LOCAL_CALLER
from core.actions.review_labels import save_label
from core.actions.review_queue import Choice, open_review
from core.actions.reviews import Judged, open_item, queue_of
from core.actions.workspace import Workspace
from core.evidence.free_text import erased_on
from core.evidence.review_queue import Queue
from core.intake.answers import Answers
from core.store.reviews import ReviewSession
from core.store.tables import METADATA
from core.store.uploads import Upload

HandIn = Callable[..., Upload]

ANNA = "anna-zebra"
KEEP = Answers(personal_text="keep")


def hits(workspace: Workspace, words: str) -> list[str]:
    """Where the words still stand: in the cells of the database and in the drafts of forms."""
    found = [path.name for path in workspace.form_drafts.glob("*") if words.encode() in path.read_bytes()]
    with workspace.database.reading() as connection:
        for name, table in METADATA.tables.items():
            for row in connection.execute(select(table)):
                cells = row._mapping.items()
                found += [f"{name}.{column}" for column, cell in cells if words in str(cell)]
    return found


@pytest.fixture
def session(workspace: Workspace, feature: str, now: datetime, hand_in: HandIn) -> ReviewSession:
    """A review of the worst: two traces of Anna, both rejected, and two of Bob."""
    monday = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=7)
    rows = [
        {
            "run_id": f"run-{place}",
            "user_id": ANNA if place % 2 else "user-bob",
            "started_at": (monday + timedelta(hours=place)).isoformat(),
            "query": f"question {place}",
            "user_feedback": "rejected",
        }
        for place in range(4)
    ]
    hand_in("".join(json.dumps(row) + "\n" for row in rows), "traces.jsonl", answers=KEEP)
    return open_review(workspace, LOCAL_CALLER, now, feature, Choice(Queue.WORST, monday.date()))


def draft(folder: Path, name: str, slug: str | None, **fields: Any) -> Path:
    """A form as the pages keep it."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.json"
    feature = {} if slug is None else {"feature": slug}
    path.write_text(json.dumps({"kept_at": "2026-03-02T10:00:00+00:00", **feature, "fields": fields}))
    return path


def erase_anna(workspace: Workspace, slug: str, now: datetime) -> None:
    asked = ask_erasure(workspace, LOCAL_CALLER, now, slug, wanted=ANNA, reason="Request number 17")
    erase(workspace, LOCAL_CALLER, now, slug, asked.id)


def test_reasons_labels_and_words_about_the_person_go_and_the_queue_stays(
    workspace: Workspace, feature: str, now: datetime, session: ReviewSession
) -> None:
    places = {one.run_id: one.place for one in queue_of(workspace, LOCAL_CALLER, feature, session.id)}
    assert len(places) == 4
    hers = Judged(answer_right=False, note="What she asked for", corrected_answer="Her address")
    save_label(workspace, LOCAL_CALLER, now, feature, session.id, places["run-1"], hers)
    his = Judged(answer_right=False, failure_type=f"mixes up {ANNA}", note=f"Like {ANNA}")
    save_label(workspace, LOCAL_CALLER, now, feature, session.id, places["run-2"], his)
    assert "label.failure_type" in hits(workspace, ANNA)

    erase_anna(workspace, feature, now)
    assert hits(workspace, ANNA) == []
    assert hits(workspace, "What she asked for") == []
    assert hits(workspace, "Her address") == []

    def shown(run: str) -> tuple[str, Judged | None]:
        task = open_item(workspace, LOCAL_CALLER, feature, session.id, places[run])
        return task.why, task.mine

    why, mine = shown("run-1")
    assert why == ""
    assert mine is not None
    assert (mine.answer_right, erased_on(mine.note)) == (False, now.date().isoformat())
    assert shown("run-3") == ("", None)
    why, mine = shown("run-2")
    assert "rejected" in why
    assert mine is not None
    assert mine.failure_type == "mixes up [erased]"
    found = verify_log(workspace, LOCAL_CALLER, now)
    assert (found.chain.ok, found.findings) == (True, ())


DRAFTS = [
    ("of her run", {"slug": True, "run_id": "run-1", "note": "What she asked for"}, False),
    ("of his run", {"slug": True, "run_id": "run-2", "note": "What he asked for"}, True),
    ("of his run, naming her", {"slug": True, "run_id": "run-2", "note": f"Like {ANNA}"}, False),
    ("of a form about no run", {"slug": True, "typed": {"reason": [f"For {ANNA}"]}}, False),
    ("of before features were kept", {"slug": None, "typed": {"reason": f"For {ANNA}"}}, False),
    ("of another feature", {"slug": False, "run_id": "run-1", "note": "About another run-1"}, True),
]


@pytest.mark.parametrize(("kept", "stays"), [one[1:] for one in DRAFTS], ids=[one[0] for one in DRAFTS])
def test_what_nobody_saved_yet_goes_with_the_person(
    kept: dict[str, Any],
    stays: bool,
    workspace: Workspace,
    feature: str,
    now: datetime,
    session: ReviewSession,
) -> None:
    fields = {name: value for name, value in kept.items() if name != "slug"}
    slug = {True: feature, False: "other", None: None}[kept["slug"]]
    path = draft(workspace.form_drafts, "kept", slug, **fields)
    broken = workspace.form_drafts / "broken.json"
    broken.write_bytes(b'{"fields": ')
    erase_anna(workspace, feature, now)
    assert (path.exists(), broken.exists()) == (stays, False)
