"""Users' reactions in tables of one's own: plain words are read, numbers and the rest are asked about."""

from typing import Any

import pytest

from core.errors import QuestionsOpen
from core.intake.answers import FeedbackRule
from core.intake.job import Remembered
from core.intake.reading import Answers

_THUMBS = FeedbackRule(score="user_feedback", accepted=("1",), rejected=("0",))
_STARS = FeedbackRule(score="user_feedback", accepted=("4", "5"), rejected=("1", "2"))


def _file(*cells: str, header: str = "user_feedback") -> str:
    return f"run_id,query,{header}\n" + "".join(f"r{at},q,{cell}\n" for at, cell in enumerate(cells))


@pytest.mark.parametrize(
    ("cell", "reaction"),
    [
        ("true", "accepted"), ("False", "rejected"), ("thumbs-up", "accepted"), ("Like", "accepted"),
        ("disliked", "rejected"), ("👍🏽", "accepted"), ("👎", "rejected"), ("corrected", "edited"),
        ("Übernommen", "accepted"), (" edited ", "edited"),
    ],
)  # fmt: skip
def test_plain_words_are_read(read: Any, cell: str, reaction: str) -> None:
    done = read(_file(cell, ""))
    assert done.cells("user_feedback") == [reaction, None]
    assert not done.report.warnings


def test_truths_of_json_are_reactions(read: Any) -> None:
    lines = '{"run_id": "r1", "feedback": true, "query": "q"}\n{"run_id": "r2", "feedback": false}\n'
    assert read(lines, name="a.jsonl").cells("user_feedback") == ["accepted", "rejected"]


@pytest.mark.parametrize(
    ("cells", "rule", "reactions", "silent"),
    [
        (["0", "1", "1.0", ""], _THUMBS, ["rejected", "accepted", "accepted", None], ""),
        (["1", "2", "3", "3", "5"], _STARS, ["rejected", "rejected", None, None, "accepted"], "2 (“3” 2)"),
        (["accepted", "1"], _THUMBS, ["accepted", "accepted"], ""),
        (["0.8", "1"], _THUMBS, [None, "accepted"], "1 (“0.8” 1)"),
        (["1", "0"], FeedbackRule(score=""), [None, None], "2 (“1” 1, “0” 1)"),
    ],
)
def test_numbers_are_asked_about_and_mean_what_was_answered(
    read: Any, cells: list[str], rule: FeedbackRule, reactions: list[str | None], silent: str
) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(_file(*cells))
    [question] = asked.value.questions
    assert (question.key, question.samples[0]) == (
        "feedback",
        next(cell for cell in cells if cell[0].isdigit()),
    )
    done = read(_file(*cells), Answers(feedback=rule))
    assert done.cells("user_feedback") == reactions
    told = [f"Values of “user_feedback” that say nothing about the user's reaction: {silent}."]
    assert done.sentences("feedback_values") == (told if silent else [])
    assert done.outcome.answers.feedback == rule


@pytest.mark.parametrize("cell", ["yes", "Good", "helpful", "no"])
def test_words_that_only_seem_to_be_reactions_are_asked_about(read: Any, cell: str) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(_file(cell))
    assert [question.key for question in asked.value.questions] == ["feedback"]


def test_an_answer_for_an_earlier_file_is_used_and_told(read: Any) -> None:
    earlier = Remembered((), Answers(feedback=_THUMBS))
    done = read(_file("1", "0"), remembered=(earlier,))
    assert done.cells("user_feedback") == ["accepted", "rejected"]
    assert len(done.sentences("feedback_remembered")) == 1
    with pytest.raises(QuestionsOpen):
        read(_file("5", "1"), remembered=(earlier,))


def test_an_answer_about_another_score_rejects_the_row(read: Any) -> None:
    done = read(_file("1", "accepted"), Answers(feedback=FeedbackRule(score="csat", accepted=("1",))))
    assert (done.codes, done.cells("user_feedback")) == (["unknown_label"], ["accepted"])


def test_an_unknown_word_is_told_which_words_are_known(read: Any) -> None:
    [problem] = read(_file("meh", "accepted")).report.problems
    assert problem.fix.startswith("Write one of: accepted, edited, rejected. Thumbs up and down,")
    assert "true and false" in problem.fix


def test_the_question_comes_with_that_about_the_columns(read: Any) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(_file("1", "0"), Answers(check_columns=True))
    assert {"columns", "feedback"} <= {question.key for question in asked.value.questions}
