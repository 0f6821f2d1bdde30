"""Sheets of tests and of labels made by hand: what their columns are, and what came to no outcome."""

import json
from typing import Any

import pytest

from core.errors import Question, QuestionsOpen
from core.evidence.columns import Kind
from core.intake.answers import Answers
from core.intake.guessing import guess_columns

SHEET = (
    "Test Case ID,Question,Expected answer,Actual answer,Status\n"
    "TC-1,Where?,There,There,Passed\nTC-2,Who?,Me,You,Failed\nTC-3,Why?,,,Blocked\nTC-4,How?,,,Not run\n"
)


def question_of(read: Any, text: str) -> Question:
    with pytest.raises(QuestionsOpen) as asked:
        read(text)
    found: Question = asked.value.questions[0]
    return found


def test_a_sheet_of_test_cases_is_one_of_eval_results(read: Any) -> None:
    question = question_of(read, SHEET)
    guesses = {guess.header: guess.guess for guess in question.columns}
    assert next(iter(question.options)) == "evals"
    assert list(guesses.values()) == ["case_id", "query", "", "response", "passed"]
    answers = Answers().with_answer(question, json.dumps({"kind": "evals", "columns": guesses}))
    done = read(SHEET, answers)
    assert done.cells("passed") == [True, False, None, None]
    assert done.sentences("not_run") == [
        "Cases without an outcome, because “Status” says “Blocked”, “Not run”: 2."
    ]


@pytest.mark.parametrize(
    ("kind", "columns", "guess"),
    [
        (Kind.EVALS, {"#": ["1", "2", "3"], "Actual": ["a b", "c"]}, {"#": "case_id", "Actual": "response"}),
        (Kind.EVALS, {"#": ["1", "1"]}, {}),
        (Kind.EVALS, {"Status": ["Solved", "Solved"]}, {}),
        (Kind.EVALS, {"Status": ["Blocked"]}, {}),
        (Kind.EVALS, {"Expected": ["There", "You"]}, {}),
        (Kind.EVALS, {"Exact match": ["100.00%", "0.00%"]}, {}),
        (Kind.TRACES, {"Requester": ["a@b.com", "c@b.com"]}, {"Requester": "user_id"}),
        (Kind.TRACES, {"Requests": ["a@b.com", "c@b.com"], "Mail": []}, {"Requests": "run_id"}),
        (Kind.TRACES, {"Right tool?": ["Y", "N"]}, {}),
        (Kind.TRACES, {"Right tool?": ["search", "pay"]}, {"Right tool?": "tool_expected"}),
        (Kind.LABELS, {"Right tool?": ["Y", "N"]}, {"Right tool?": "tool_right"}),
    ],
)
def test_cells_tell_apart_what_names_could_be(
    kind: Kind, columns: dict[str, list[str]], guess: dict[str, str]
) -> None:
    assert {one.header: one.name for one in guess_columns(kind, columns) if one.name} == guess


def test_whether_the_tool_was_right_is_a_label(read: Any) -> None:
    done = read("Trace ID,Answer correct?,Right tool?,Reviewer\nT-1,Y,Y,Ada\nT-2,N,N,Ada\n")
    assert done.report.kind is Kind.LABELS
    assert done.uses["Right tool?"] == "tool_right"
    traces = read("run_id,query,Right tool?\nT-1,q,Y\nT-2,q,N\n", Answers(kind=Kind.TRACES))
    assert traces.uses["Right tool?"] is None
