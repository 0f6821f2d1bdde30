"""Questions about columns from the first file to the second: asked once, kept with the upload, remembered."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from core.actions.features import create_feature
from core.actions.gates import gate
from core.actions.importing import run_import
from core.actions.imports import answer_questions, as_question, list_uploads, waits_for_answers
from core.actions.people import LOCAL_CALLER
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.errors import InvalidDocument, QuestionsOpen
from core.evidence.columns import Kind
from core.intake.answers import Answers
from core.store.uploads import Upload

HandIn = Callable[..., Upload]

_REACTIONS = ("accepted", "rejected")
HEADER = "Vorgang;Datum;Nutzer;Frage;Rückmeldung;Filiale\n"


def sheet(first: int) -> str:
    lines = [
        f"V-{n};{1 + n % 20:02}.02.2026 09:00;N{n};Wo bleibt Paket {n}?;{_REACTIONS[n % 2]};Nord\n"
        for n in range(first, first + 20)
    ]
    return HEADER + "".join(lines)


@pytest.fixture
def answer(workspace: Workspace, now: datetime) -> Callable[..., Upload]:
    """``answer(upload, **choices)``: the newest upload's questions answered, and the import carried out."""

    def go_on(upload: Upload, **choices: str) -> Upload:
        again = answer_questions(workspace, LOCAL_CALLER, now, upload.id, choices)
        return run_import(workspace, again, lambda: now)

    return go_on


def ask(workspace: Workspace, hand_in: HandIn, feature: str, text: str) -> Upload:
    with pytest.raises(QuestionsOpen):
        hand_in(text, "auszug.csv")
    [waiting] = [
        upload
        for upload in list_uploads(workspace, LOCAL_CALLER, feature)
        if waits_for_answers(workspace, upload)
    ]
    return waiting


def as_guessed(upload: Upload, **corrections: str) -> str:
    assert upload.fault is not None
    question = next(as_question(one) for one in upload.fault["questions"] if one["columns"])
    columns = {guess.header: guess.guess for guess in question.columns} | corrections
    return json.dumps({"kind": next(iter(question.options)), "columns": columns})


ZONE = {"timezone": "Europe/Berlin", "date_order": "day_first"}


def test_a_foreign_sheet_is_asked_about_once_and_the_next_one_is_read_alike(
    workspace: Workspace, feature: str, hand_in: HandIn, answer: Callable[..., Upload]
) -> None:
    waiting = ask(workspace, hand_in, feature, sheet(0))
    first = answer(waiting, columns=as_guessed(waiting), **ZONE)
    assert (first.state, first.kind, first.report["accepted"]) == ("done", "traces", 20)  # type: ignore[index]
    second = hand_in(sheet(20), "auszug-2.csv")
    assert second.report is not None
    assert (second.state, second.report["accepted"]) == ("done", 20)
    told = [notice["sentence"] for notice in second.report["warnings"] if notice["code"] == "remembered"]
    assert len(told) == 1
    assert "times in Europe/Berlin" in told[0]
    # The answers that were remembered are stored with the second upload, so the chain goes on.
    assert second.answers == first.answers
    assert Answers.model_validate(second.answers).columns["Frage"] == "query"
    assert hand_in(sheet(40), "auszug-3.csv").answers == first.answers


def test_how_a_file_was_read_is_part_of_the_evidence(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, answer: Callable[..., Upload]
) -> None:
    waiting = ask(workspace, hand_in, feature, sheet(0))
    answer(waiting, columns=as_guessed(waiting), **ZONE)
    before = gate(workspace, LOCAL_CALLER, now, feature).evidence_sha256
    hand_in(sheet(0), "the same again.csv")
    assert gate(workspace, LOCAL_CALLER, now, feature).evidence_sha256 != before


def test_what_was_withdrawn_is_not_remembered(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, answer: Callable[..., Upload]
) -> None:
    waiting = ask(workspace, hand_in, feature, sheet(0))
    done = answer(waiting, columns=as_guessed(waiting), **ZONE)
    withdraw_upload(workspace, LOCAL_CALLER, now, done.id, "Read with the wrong columns")
    ask(workspace, hand_in, feature, sheet(20))


def test_what_is_not_answered_beside_the_columns_is_asked_again_where_it_matters(
    workspace: Workspace, feature: str, hand_in: HandIn, answer: Callable[..., Upload]
) -> None:
    waiting = ask(workspace, hand_in, feature, sheet(0))
    with pytest.raises(QuestionsOpen) as left:
        answer(waiting, columns=as_guessed(waiting))
    assert [question.key for question in left.value.questions] == ["date_order", "timezone"]
    with pytest.raises(QuestionsOpen):
        hand_in(sheet(20), "later.csv")
    again = next(
        one for one in list_uploads(workspace, LOCAL_CALLER, feature) if one.file_name == "later.csv"
    )
    done = answer(again, columns=as_guessed(again, Datum=""))
    assert done.report is not None
    assert (done.report["accepted"], done.report["earliest"]) == (20, None)


def test_a_mapping_that_cannot_be_keeps_the_file_and_its_question(
    workspace: Workspace, feature: str, hand_in: HandIn, answer: Callable[..., Upload]
) -> None:
    waiting = ask(workspace, hand_in, feature, sheet(0))
    with pytest.raises(InvalidDocument, match="No column is run_id"):
        answer(waiting, columns=as_guessed(waiting, Vorgang="", Frage=""), **ZONE)
    assert waits_for_answers(workspace, waiting)
    assert answer(waiting, columns=as_guessed(waiting), **ZONE).state == "done"


def test_another_feature_remembers_nothing_of_it(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, answer: Any
) -> None:
    waiting = ask(workspace, hand_in, feature, sheet(0))
    answer(waiting, columns=as_guessed(waiting), **ZONE)
    create_feature(workspace, LOCAL_CALLER, now, name="Other", owner="Bob", stakes=Stakes.LOW)
    with pytest.raises(QuestionsOpen):
        hand_in(sheet(0), "auszug.csv", slug="other")


def test_one_answer_is_enough_for_all_files_that_wait_with_the_same_columns(
    workspace: Workspace, feature: str, hand_in: HandIn, answer: Callable[..., Upload], now: datetime
) -> None:
    waiting = ask(workspace, hand_in, feature, sheet(0))
    with pytest.raises(QuestionsOpen):
        hand_in(sheet(20), "auszug-2.csv")
    with pytest.raises(QuestionsOpen):
        hand_in(sheet(40).replace("Frage", "Anfrage"), "other.csv")
    answer(waiting, columns=as_guessed(waiting), **ZONE)
    for upload_id in [
        one.id for one in list_uploads(workspace, LOCAL_CALLER, feature) if one.state == "waiting"
    ]:
        run_import(workspace, upload_id, lambda: now)
    done = {
        upload.file_name
        for upload in list_uploads(workspace, LOCAL_CALLER, feature)
        if upload.state == "done"
    }
    assert done == {"auszug.csv", "auszug-2.csv"}
    # Its columns are others, so nobody has said what they are.
    assert [
        one.file_name
        for one in list_uploads(workspace, LOCAL_CALLER, feature)
        if waits_for_answers(workspace, one)
    ] == ["other.csv"]


def test_an_answer_is_not_handed_to_a_waiting_file_that_it_contradicts(
    workspace: Workspace, feature: str, hand_in: HandIn, answer: Callable[..., Upload], now: datetime
) -> None:
    waiting = ask(workspace, hand_in, feature, sheet(0))
    american = HEADER + "V-90;02/25/2026 09:00;N1;Wo?;accepted;Nord\n"
    with pytest.raises(QuestionsOpen):
        hand_in(american, "american.csv")
    with pytest.raises(QuestionsOpen):
        hand_in(sheet(40), "evals.csv", answers=Answers(kind=Kind.EVALS, timezone="UTC"))
    answer(waiting, columns=as_guessed(waiting), **ZONE)
    waits = {
        one.file_name
        for one in list_uploads(workspace, LOCAL_CALLER, feature)
        if waits_for_answers(workspace, one)
    }
    assert {"american.csv", "evals.csv"} <= waits
    # Nor does memory read it: the order is asked, with what the file itself proves first.
    with pytest.raises(QuestionsOpen) as left:
        hand_in(american, "american-2.csv")
    [question] = left.value.questions
    assert (question.key, next(iter(question.options))) == ("date_order", "month_first")


def test_what_was_said_about_a_waiting_file_alone_stays(
    workspace: Workspace, feature: str, hand_in: HandIn, answer: Callable[..., Upload]
) -> None:
    waiting = ask(workspace, hand_in, feature, sheet(0))
    with pytest.raises(QuestionsOpen):
        hand_in(sheet(20), "tokyo.csv", answers=Answers(timezone="Asia/Tokyo"))
    answer(waiting, columns=as_guessed(waiting), **ZONE)
    [tokyo] = [one for one in list_uploads(workspace, LOCAL_CALLER, feature) if one.state == "waiting"]
    answers = Answers.model_validate(tokyo.answers)
    assert (answers.timezone, answers.date_order) == ("Asia/Tokyo", "day_first")
    assert answers.columns["Frage"] == "query"


TRACES = "id,timestamp,sessionId,release,bookmarked,input,output,comments,user_feedback\n" + "".join(
    f"t{n},2026-02-01T09:00:00Z,s,r1,false,Where?,There.,[],[{n % 2}]\n" for n in range(4)
)
SCORES = "id,traceId,sessionId,source,name,dataType,value,stringValue,observationId\n" + "".join(
    f"s{n},t{n},,API,{{}},NUMERIC,{n % 2},,\n" for n in range(4)
)


@pytest.mark.parametrize(("score", "left"), [("user_feedback", []), ("csat", ["scores.csv"])])
def test_which_score_is_the_reaction_is_answered_for_all_files_that_have_it(
    workspace: Workspace,
    feature: str,
    hand_in: HandIn,
    answer: Callable[..., Upload],
    now: datetime,
    score: str,
    left: list[str],
) -> None:
    waiting = ask(workspace, hand_in, feature, TRACES)
    with pytest.raises(QuestionsOpen):
        hand_in(SCORES.replace("{}", score), "scores.csv")
    answer(waiting, feedback="user_feedback accepted=1 rejected=0")
    for upload_id in [
        one.id for one in list_uploads(workspace, LOCAL_CALLER, feature) if one.state == "waiting"
    ]:
        run_import(workspace, upload_id, lambda: now)
    assert [
        one.file_name
        for one in list_uploads(workspace, LOCAL_CALLER, feature)
        if waits_for_answers(workspace, one)
    ] == left


@pytest.mark.parametrize(
    ("value", "choice", "left"),
    [
        ("0", "user_feedback accepted=1 rejected=0", []),
        ("4", "user_feedback accepted=1 rejected=0", ["scores.csv"]),  # stars, where it was thumbs
        ("0", "", []),
    ],
)
def test_the_reaction_is_answered_for_another_file_only_with_the_values_that_were_shown(
    workspace: Workspace, feature: str, hand_in: HandIn, answer: Any, value: str, choice: str, left: list[str]
) -> None:
    waiting = ask(workspace, hand_in, feature, TRACES)
    with pytest.raises(QuestionsOpen):
        hand_in(SCORES.replace("{}", "user_feedback").replace("NUMERIC,0", f"NUMERIC,{value}"), "scores.csv")
    answer(waiting, feedback=choice)
    waits = [
        one for one in list_uploads(workspace, LOCAL_CALLER, feature) if waits_for_answers(workspace, one)
    ]
    assert [one.file_name for one in waits] == left


def test_none_of_them_says_nothing_about_a_score_that_was_not_offered(
    workspace: Workspace, feature: str, hand_in: HandIn, answer: Any
) -> None:
    waiting = ask(workspace, hand_in, feature, TRACES)
    with pytest.raises(QuestionsOpen):
        hand_in(SCORES.replace("{}", "csat"), "scores.csv")
    answer(waiting, feedback="")
    waits = [
        one for one in list_uploads(workspace, LOCAL_CALLER, feature) if waits_for_answers(workspace, one)
    ]
    assert [one.file_name for one in waits] == ["scores.csv"]
    with pytest.raises(QuestionsOpen):
        hand_in(SCORES.replace("{}", "thumbs"), "later.csv")
