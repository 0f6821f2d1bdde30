"""What the pictures of Review, Failures, Evals, alarms and webhooks show: a day's work of a small team."""

import io
import json
from datetime import datetime, timedelta

from core.actions.eval_cases import promote
from core.actions.eval_suites import lock_suite
from core.actions.fixes import save_fix
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.incidents import report_incident
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.review_labels import save_label
from core.actions.review_queue import Choice, open_review, view_reviews
from core.actions.reviews import Judged, open_item
from core.actions.top_failures import view_top_failures
from core.actions.webhooks import make_webhook
from core.actions.workspace import Workspace
from core.evidence.review_queue import Queue
from core.export.webhook_body import WebhookEvent

SLUG = "refund-agent"
MENDED = "shipment-assistant"
_SAID = (
    Judged(answer_right=False, tool_right=True, grounded=False, failure_type="outdated scan"),
    Judged(answer_right=True, tool_right=True, grounded=True, hallucination=False),
    Judged(answer_right=False, tool_right=False, failure_type="wrong tool"),
    Judged(answer_right=False, tool_right=True, failure_type="wrong price", note="It left out the postage."),
    Judged(answer_right=True, tool_right=True, grounded=True, hallucination=False),
    Judged(answer_right=False, failure_type="answers in another language"),
)
"""What is said of the first traces of the review; the last kind is one that nobody named before."""


def make_review(workspace: Workspace, now: datetime) -> int:
    """A review of the 20 worst of this week, begun; returns its number."""
    week = view_reviews(workspace, LOCAL_CALLER, MENDED).weeks[0]
    session = open_review(workspace, LOCAL_CALLER, now, MENDED, Choice(Queue.WORST, week.monday))
    for place, judged in enumerate(_SAID, start=1):
        task = open_item(workspace, LOCAL_CALLER, MENDED, session.id, place)
        save_label(
            workspace, LOCAL_CALLER, now + timedelta(seconds=place), MENDED, session.id, place, judged,
            based_on=task.based_on,
        )  # fmt: skip
    return session.id


def mend_failures(workspace: Workspace, now: datetime) -> None:
    """The most frequent kind is handled, the next came back after its fix, the third is worked on."""
    view = view_top_failures(workspace, LOCAL_CALLER, now, MENDED)
    first, second, third = view.top.lines[:3]
    made = [
        promote(
            workspace, LOCAL_CALLER, now, MENDED, line.newest_run, failure_type=line.bar.word,
            no_personal_data=True, alike_ok=True, is_critical=line is first,
        )
        for line in (first, second, third)
    ]  # fmt: skip
    lock_suite(workspace, LOCAL_CALLER, now, MENDED, name="Eval set")
    rows = [
        {
            "case_id": case.case_id,
            "query": case.query,
            "passed": place < 2 or attempt == 0,
            "attempt": attempt,
            "release_bundle": view.release,
            "started_at": f"{now + timedelta(seconds=2):%Y-%m-%dT%H:%M:%SZ}",
        }
        for place, case in enumerate(made)
        for attempt in range(3)
    ]
    lines = "\n".join(json.dumps(row) for row in rows)
    hand_in(workspace, now + timedelta(seconds=5), MENDED, "eval-results.jsonl", lines, suite="Eval set")
    save_fix(
        workspace, LOCAL_CALLER, now, MENDED, first.bar.word, owner="Rui", state="done",
        fix="The tool says how old a scan is, and the answer repeats it.",
        fixed_at=now - timedelta(days=7),
    )  # fmt: skip
    save_fix(
        workspace, LOCAL_CALLER, now, MENDED, second.bar.word, owner="Pia", state="done",
        fix="It says so where the carrier does not answer.", fixed_at=now - timedelta(days=30),
    )  # fmt: skip
    save_fix(
        workspace, LOCAL_CALLER, now, MENDED, third.bar.word, owner="Rui", state="in_progress",
        fix="It asks the carrier for the window of the day, not for the usual one.",
    )  # fmt: skip
    report_incident(
        workspace, LOCAL_CALLER, now, MENDED, what="Forty customers heard that a lost parcel had arrived.",
        happened_at=now - timedelta(days=9), owner="Pia Lindgren",
    )  # fmt: skip


def trip_alarm(workspace: Workspace, now: datetime) -> None:
    """New answers come in, and reviewers find so many wrong that an early warning pauses the rollout.

    Only what was asked since the demo's own alarm was answered counts, so they are of the last minute.
    """
    runs = [f"rfa-new-{number:02}" for number in range(40)]
    rows = ["run_id,started_at,user_id,task_type,query,response"]
    rows += [
        f"{run},{now - timedelta(seconds=60 - place):%Y-%m-%dT%H:%M:%SZ},c-9{place:04},billing,"
        f"Why was I billed twice for R-{310_000 + place}?,You were billed once."
        for place, run in enumerate(runs)
    ]
    hand_in(workspace, now, SLUG, "traces-week-47.csv", "\n".join(rows) + "\n")
    rows = ["run_id,answer_right,reviewer,sampling,labelled_at"]
    rows += [f"{run},no,Rui Tanaka,random,{now:%Y-%m-%dT%H:%M:%SZ}" for run in runs]
    hand_in(workspace, now, SLUG, "labels-week-47.csv", "\n".join(rows) + "\n")


def tell_systems(workspace: Workspace, admin: Caller, now: datetime) -> None:
    """A pager that is told what has to wake somebody."""
    events = [WebhookEvent.ALARM, WebhookEvent.ROLLOUT, WebhookEvent.OVERRIDE]
    make_webhook(
        workspace, admin, now, name="On-call pager", url="https://hooks.example.com/readygate", events=events
    )


def hand_in(workspace: Workspace, now: datetime, slug: str, name: str, text: str, suite: str = "") -> None:
    """Import a file as a person would, at once; raises QuestionsOpen where the page would ask."""
    upload_id = start_import(
        workspace, LOCAL_CALLER, now, slug, file_name=name, content=io.BytesIO(text.encode()),
        suite=suite or None, for_worker=False,
    )  # fmt: skip
    run_import(workspace, upload_id, lambda: now)
