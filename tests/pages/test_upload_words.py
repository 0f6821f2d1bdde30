"""What the Evidence page says of uploads that are partly in, of lost judgements, of discarded files."""

import json
from datetime import date
from typing import Any

import pytest

from core.actions.imports import list_uploads
from core.actions.people import LOCAL_CALLER
from core.actions.review_labels import end_review, save_label
from core.actions.review_queue import Choice, open_review
from core.actions.reviews import Judged
from core.evidence.review_queue import Queue
from core.web.screens.instrumentation import _without_trace


def test_an_upload_says_how_much_of_it_is_in(site: Any, words: Any) -> None:
    site.feature("bot")
    site.upload("bot", "good.csv", "run_id,latency_ms\na,5\nb,6\n")
    site.upload("bot", "mixed.csv", "run_id,latency_ms\nc,5\nd,fast\ne,slow\n")
    said = words(site.open("evidence", "bot"))
    assert "good.csv · 2 rows :green-badge[imported]" in said
    assert "mixed.csv :orange-badge[1 of 3 rows imported]" in said


def test_a_file_without_a_new_row_says_so(site: Any, words: Any) -> None:
    site.feature("bot")
    rows = "run_id,latency_ms\na,5\nb,6\n"
    site.upload("bot", "first.csv", rows)
    site.upload("bot", "again.csv", rows)
    site.upload("bot", "more.csv", f"{rows}c,7\n")
    said = words(site.open("evidence", "bot"))
    assert "first.csv · 2 rows :green-badge[imported]" in said
    assert "again.csv :gray-badge[2 rows already in, nothing new]" in said
    assert "more.csv · 3 rows :green-badge[1 new, 2 known]" in said
    site.upload("bot", "mended.csv", f"{rows.replace('6', '8')}c,7\nd,9\ne,slow\n")
    said = words(site.open("evidence", "bot"))
    assert "mended.csv · 5 rows :orange-badge[1 new, 1 updated, 2 known, 1 rejected]" in said


def test_known_traces_with_a_new_score_inside_are_imported(site: Any, words: Any) -> None:
    site.feature("bot")

    def traces(*scores: str) -> str:
        inside = [{"id": one, "traceId": "t1", "name": "tone", "value": 0.5, "dataType": "NUMERIC",
                   "source": "EVAL"} for one in scores]  # fmt: skip
        trace = {"id": "t1", "timestamp": "2026-02-20T09:00:00Z", "output": "Here.", "observations": []}
        return json.dumps([trace | {"scores": inside}])

    for name, scores in (("first", ["s1"]), ("again", ["s1"]), ("scored", ["s1", "s2"])):
        site.upload("bot", f"{name}.json", traces(*scores))
    counts = [
        one.report["duplicate"] for one in list_uploads(site.workspace, LOCAL_CALLER, "bot") if one.report
    ]
    assert sorted(counts) == [0, 1, 1]
    said = words(site.open("evidence", "bot"))
    assert "again.json :gray-badge[1 row already in, nothing new]" in said
    assert "scored.json · 1 row :green-badge[0 new, 1 known, new steps or scores inside]" in said


def test_a_question_without_an_answer_is_named(site: Any, words: Any) -> None:
    site.feature("bot")
    site.upload("bot", "traces.csv", "run_id,started_at\nr1,2026-02-20T10:00:00\n")
    [asking] = list_uploads(site.workspace, LOCAL_CALLER, "bot")
    at = site.open("evidence", "bot")
    at.button(key=f"answer_{asking.id}").click().run()
    said = words(at)
    question = asking.fault["questions"][0]["sentence"].partition("?")[0]
    assert f"One question is not answered yet: {question}?" in said
    assert "Answer it, then import the file again." in said


def test_labels_whose_traces_are_not_there_are_told(site: Any, words: Any) -> None:
    site.feature("bot")
    site.upload("bot", "labels.csv", "run_id,answer_right\na,yes\nb,yes\nc,no\n")
    sentence = "of 3 labels name runs that are not in the traces, so they count nowhere yet."
    assert f"3 {sentence}" in words(site.open("evidence", "bot"))
    site.upload("bot", "traces.csv", "run_id,query\na,Where?\n")
    assert f"2 {sentence}" in words(site.open("evidence", "bot"))
    site.upload("bot", "more.csv", "run_id,query\nb,Where?\nc,When?\n")
    assert "count nowhere yet" not in words(site.open("evidence", "bot"))


def test_scores_that_wait_for_their_steps_are_told(site: Any, words: Any) -> None:
    site.feature("bot")
    header = "id,traceId,observationId,name,source,dataType,value\n"
    site.upload("bot", "scores.csv", header + "s1,,o1,tone,EVAL,NUMERIC,1\ns2,t1,,tone,EVAL,NUMERIC,1\n")
    said = words(site.open("evidence", "bot"))
    assert "1 of 2 scores names only the step that was scored, and that step is not in the evidence" in said
    assert "1 of 2 scores names a run that is not in the traces" in said
    step = "id,traceId,type,startTime,parentObservationId\no1,t1,SPAN,2026-02-20T09:00:00Z,\n"
    site.upload("bot", "steps.csv", step)
    assert "nowhere yet" not in words(site.open("evidence", "bot"))


@pytest.mark.parametrize(
    ("lost", "there", "sentence"),
    [
        (1, 1, "1 of 1 score names a run that is not in the traces, so it counts nowhere yet. "
               "Upload that trace, or check the run id."),
        (1200, 2000, "1,200 of 2,000 scores name runs that are not in the traces, so they count nowhere yet. "
                     "Upload those traces, or check the run ids."),
    ],
)  # fmt: skip
def test_one_and_many(lost: int, there: int, sentence: str) -> None:
    assert _without_trace(lost, there, "score") == sentence


def test_a_file_with_a_question_can_be_discarded(site: Any, words: Any) -> None:
    site.feature("bot")
    site.upload("bot", "traces.csv", "run_id,started_at\nr1,2026-02-20T10:00:00\n")
    [asking] = list_uploads(site.workspace, LOCAL_CALLER, "bot")
    at = site.open("evidence", "bot")
    assert "has a question" in words(at)
    at.button(key=f"discard_{asking.id}").click().run()
    assert not at.exception
    said = words(at)
    assert "Discarded; nothing of it was saved." in said
    assert "has a question" not in said
    assert "badge[not answered]" in said
    assert "Its questions were not answered; nothing of it was saved." in said
    assert "Discard this file" not in said


def test_a_file_of_which_nothing_counts_is_no_plain_success(site: Any, words: Any) -> None:
    """The checklist was locked on 31 January; the first file is all older, the second in part."""
    site.locked("bot")
    old, fresh = "a,2026-01-20T10:00:00Z\n", "b,2026-02-20T10:00:00Z\n"
    for rows, said, left_out in (
        (old, "None of these rows counts for the verdict", "The older ones of these"),
        (old.replace("a", "c", 1) + fresh, "The older ones of these rows do not count", "None of these rows"),
    ):
        upload = site.upload("bot", "traces.csv", f"run_id,started_at\n{rows}")
        at = site.open("evidence", "bot")
        assert said in words(at) and "the checklist was locked on 31 Jan 2026" in words(at), upload
        assert left_out not in words(at)
    [newest, _] = list_uploads(site.workspace, LOCAL_CALLER, "bot")
    assert newest.report["accepted"] == 2


def test_labels_of_a_review_stand_among_the_files_of_evidence(site: Any, words: Any) -> None:
    """The newest upload opens by itself; what was saved on the Review page has no days of its own."""
    site.feature("bot")
    site.upload("bot", "traces.csv", "run_id,started_at\nr1,2026-02-24T10:00:00Z\nr2,2026-02-25T10:00:00Z\n")
    choice = Choice(Queue.ALL, date(2026, 2, 23))
    session = open_review(site.workspace, LOCAL_CALLER, site.now, "bot", choice)
    save_label(site.workspace, LOCAL_CALLER, site.now, "bot", session.id, 1, Judged(answer_right=True))
    end_review(site.workspace, LOCAL_CALLER, site.now, "bot", session.id)
    at = site.open("evidence", "bot")
    assert not at.exception
    said = words(at)
    assert "Labels that people saved on the Review page." in said
    assert "could not be shown" not in said
    assert "traces.csv" in said, "what stands below"
