"""The question which score is the users' own reaction, as the Evidence page asks it and takes the answer."""

from typing import Any

import pytest

from core.actions.importing import run_import
from core.actions.imports import list_uploads
from core.actions.people import LOCAL_CALLER
from core.actions.traces import open_trace
from core.intake.answers import Answers, FeedbackRule
from core.store.uploads import Upload

HEADER = "id,timestamp,name,userId,sessionId,release,bookmarked,input,output,metadata,thumbs,user_feedback\n"
TRACES = HEADER + "".join(
    f't{number},2026-03-01T10:00:0{number}Z,helper,u{number},s{number},r1,false,Why?,Because.,{{}},"{thumbs}",'
    f'"{reaction}"\n'
    for number, (thumbs, reaction) in enumerate([("[1]", "[1]"), ("[-1]", "[0]"), ("", "[2]")], start=1)
)


def newest(site: Any, slug: str) -> Upload:
    return max(
        list_uploads(site.workspace, LOCAL_CALLER, slug), key=lambda upload: upload.finished_at is None
    )


def reaction(site: Any, slug: str, run: str) -> object:
    found = open_trace(site.workspace, LOCAL_CALLER, slug, run)
    assert found is not None
    return found.record.values["user_feedback"]


def answered(site: Any, slug: str, at: Any, upload_id: str) -> Answers:
    """Press the button, let the import run, and give the answers it was read with."""
    at.button(key=f"answer_{upload_id}").click().run()
    again = newest(site, slug)
    assert again.finished_at is None
    done = run_import(site.workspace, again.id, lambda: site.now)
    return Answers.model_validate(done.answers)


def test_the_likeliest_score_and_the_likeliest_meanings_stand_there(site: Any) -> None:
    slug = site.feature("orders")
    upload_id = site.upload(slug, "export.csv", TRACES)
    at = site.open("evidence", slug)
    key = f"answer_{upload_id}_feedback"
    assert at.radio(key=f"{key}_score").value == "user_feedback"
    assert len(at.radio(key=f"{key}_score").options) == 3
    answers = answered(site, slug, at, upload_id)
    assert answers.feedback == FeedbackRule(score="user_feedback", accepted=("1",), rejected=("0",))


def test_another_score_with_other_meanings(site: Any) -> None:
    slug = site.feature("orders")
    upload_id = site.upload(slug, "export.csv", TRACES)
    at = site.open("evidence", slug)
    key = f"answer_{upload_id}_feedback"
    at.radio(key=f"{key}_score").set_value("thumbs").run()
    at.segmented_control(key=f"{key}_value_thumbs_1").set_value("edited").run()
    answers = answered(site, slug, at, upload_id)
    assert answers.feedback == FeedbackRule(score="thumbs", accepted=("1",), edited=("-1",), rejected=("0",))
    assert [reaction(site, slug, run) for run in ("t1", "t2", "t3")] == ["accepted", "edited", None]
    second = site.upload(slug, "later.csv", TRACES.replace("t1,", "t9,"))
    assert {upload.id: upload.state for upload in list_uploads(site.workspace, LOCAL_CALLER, slug)}[
        second
    ] == "done"
    assert reaction(site, slug, "t9") == "accepted"


def test_none_of_them_is_an_answer(site: Any) -> None:
    slug = site.feature("orders")
    upload_id = site.upload(slug, "export.csv", TRACES)
    at = site.open("evidence", slug)
    at.radio(key=f"answer_{upload_id}_feedback_score").set_value("").run()
    assert not at.get("button_group") or all("_value_" not in one.key for one in at.get("button_group"))
    rule = answered(site, slug, at, upload_id).feedback
    assert rule is not None
    assert (rule.score, "thumbs" in rule.passed_over) == ("", True)
    assert [reaction(site, slug, run) for run in ("t1", "t2", "t3")] == [None] * 3


@pytest.mark.parametrize("name", ["**bold**", "<b>thumbs</b>", ":red[thumbs]", "[x](http://x)"])
def test_the_names_and_values_of_scores_are_shown_as_they_are(site: Any, words: Any, name: str) -> None:
    slug = site.feature("orders")
    rows = f"s1,t1,{name},API,,{name},CATEGORICAL,2026-03-01T10:00:00Z\n"
    site.upload(slug, "scores.csv", f"id,traceId,name,source,value,stringValue,dataType,timestamp\n{rows}")
    at = site.open("evidence", slug)
    assert not at.exception
    assert f"{name} ({name})" in words(at)
