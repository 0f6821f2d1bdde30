"""Which score is the user's own reaction: asked once, remembered, and never guessed."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from core.errors import Question, QuestionsOpen
from core.intake import exchange
from core.intake.answers import Answers, FeedbackRule
from core.intake.feedback import suggested_reactions, with_opposites
from core.intake.importing import read_file
from core.intake.job import ReadJob, ReadOutcome, Remembered
from core.intake.reading import read_in_child

FILES = Path(__file__).parent / "files" / "langfuse"
RULE = FeedbackRule(score="user_feedback", accepted=("1",), rejected=("0",))


def job(path: Path, folder: Path, *remembered: FeedbackRule, own: FeedbackRule | None = None) -> ReadJob:
    """A reading of ``path`` with earlier answers, the newest first, that were given for other files."""
    folder.mkdir(exist_ok=True)
    earlier = tuple(Remembered(("some", "other", "file"), Answers(feedback=rule)) for rule in remembered)
    return ReadJob(path, path.name, Answers(feedback=own), None, folder, remembered=earlier)


def read(path: Path, folder: Path, *remembered: FeedbackRule, own: FeedbackRule | None = None) -> ReadOutcome:
    return read_file(job(path, folder, *remembered, own=own), lambda _: None)


def asked(path: Path, folder: Path, *remembered: FeedbackRule) -> Question:
    with pytest.raises(QuestionsOpen) as open_questions:
        read(path, folder, *remembered)
    (question,) = open_questions.value.questions
    return question


def reactions(outcome: ReadOutcome) -> list[str | None]:
    values: list[str | None] = pq.read_table(outcome.segments[0]).column("user_feedback").to_pylist()
    return values


def told(outcome: ReadOutcome) -> dict[str, str]:
    return {notice.code: notice.sentence for notice in outcome.report.warnings}


def test_a_score_that_may_be_the_users_own_is_asked_about(tmp_path: Path) -> None:
    question = asked(FILES / "traces.csv", tmp_path)
    assert (question.key, list(question.options)) == ("feedback", ["user_feedback", ""])
    assert question.options["user_feedback"] == "user_feedback: values 1, 0"
    assert question.samples == ("1", "0")
    assert question.values == {"user_feedback": ("1", "0")}
    answers = Answers().with_answer(question, "user_feedback accepted=1 rejected=0")
    assert answers == Answers(feedback=RULE)
    none = FeedbackRule(score="", passed_over=("user_feedback",))
    assert Answers().with_answer(question, "") == Answers(feedback=none)


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("thumbs accepted=1 accepted=yes, please rejected=-1",
         FeedbackRule(score="thumbs", accepted=("1", "yes, please"), rejected=("-1",))),
        ("tone, style edited=a bit curt", FeedbackRule(score="tone, style", edited=("a bit curt",))),
        ("csat", FeedbackRule(score="csat")),
    ],
)  # fmt: skip
def test_an_answer_in_words(tmp_path: Path, words: str, rule: FeedbackRule) -> None:
    question = Question("feedback", "", {})
    assert Answers().with_answer(question, words).feedback == rule


def test_scores_of_judges_and_reviewers_are_no_candidates_and_those_of_the_api_are(tmp_path: Path) -> None:
    question = asked(FILES / "scores.csv", tmp_path)
    assert list(question.options) == ["thumbs", ""]
    text = (FILES / "scores.csv").read_text("utf-8").replace('"thumbs"', '"moon phase"')
    other = tmp_path / "scores.csv"
    other.write_text(text, "utf-8")
    assert list(asked(other, tmp_path).options) == ["moon phase", ""]
    other.write_text(text.replace('"API"', '"EVAL"'), "utf-8")
    outcome = read(other, tmp_path)
    assert reactions(outcome) == [None] * 4


def test_a_file_with_thousands_of_scores_offers_a_few_and_the_likely_ones_first(tmp_path: Path) -> None:
    head = "id,traceId,sessionId,source,name,dataType,value,stringValue,observationId\n"
    names = [*(f"score {number}" for number in range(3_000)), "csat"]
    path = tmp_path / "scores.csv"
    path.write_text(
        head + "".join(f"s{n},t,,API,{name},NUMERIC,1,,\n" for n, name in enumerate(names)), "utf-8"
    )
    options = list(asked(path, tmp_path).options)
    assert (options[0], options[-1], len(options)) == ("csat", "", 51)


def test_the_question_comes_with_the_newest_remembered_answer_not_again(tmp_path: Path) -> None:
    other = FeedbackRule(score="thumbs", accepted=("1",))
    turned = FeedbackRule(score="user_feedback", accepted=("0",), rejected=("1",))
    outcome = read(FILES / "traces.csv", tmp_path, other, turned, RULE)
    assert reactions(outcome) == ["rejected", "accepted", None]
    assert told(outcome)["feedback_remembered"] == (
        "Users' reactions are read from “user_feedback” as you answered before (0 is accepted; 1 is"
        " rejected)."
    )
    assert asked(FILES / "traces.csv", tmp_path, other).key == "feedback"


def test_none_of_them_is_remembered_too(tmp_path: Path) -> None:
    outcome = read(FILES / "traces.csv", tmp_path, FeedbackRule(score=""))
    assert reactions(outcome) == [None] * 3
    assert "as you answered for an earlier file" in told(outcome)["feedback_remembered"]


def test_a_score_that_was_not_offered_then_is_asked_about(tmp_path: Path) -> None:
    quality = FeedbackRule(score="", passed_over=("correctness",))
    assert list(asked(FILES / "traces.csv", tmp_path, quality).options) == ["user_feedback", ""]
    outcome = read(FILES / "traces.csv", tmp_path, quality, RULE)
    assert reactions(outcome) == ["accepted", "rejected", None]
    both = FeedbackRule(score="", passed_over=("correctness", "user_feedback"))
    assert reactions(read(FILES / "traces.csv", tmp_path, both, RULE)) == [None] * 3


@pytest.mark.parametrize(
    ("values", "is_asked"),
    [
        (("1", "0"), False),
        (("1.0", "2"), False),
        (("1", "4"), True),  # stars, where it was thumbs
        (('"up"', '"down"'), True),  # none of them was answered for
        (('"up"', "0"), False),  # one of them was; the other is told
    ],
)
def test_a_remembered_answer_is_asked_again_where_the_values_are_of_another_kind(
    tmp_path: Path, values: tuple[str, str], is_asked: bool
) -> None:
    path = tmp_path / "traces.csv"
    text = (FILES / "traces.csv").read_text("utf-8")
    quoted = [value.replace('"', '""') for value in values]
    path.write_text(text.replace('"[1]"', f'"[{quoted[0]}]"').replace('"[0]"', f'"[{quoted[1]}]"'), "utf-8")
    if is_asked:
        assert asked(path, tmp_path, RULE).key == "feedback"
    else:
        assert read(path, tmp_path, RULE).report.accepted == 3


def test_stars_are_still_stars_in_a_week_with_middling_ones_only(tmp_path: Path) -> None:
    path = tmp_path / "traces.csv"
    text = (FILES / "traces.csv").read_text("utf-8")
    path.write_text(text.replace('"[1]"', '"[3]"').replace('"[0]"', '"[3]"'), "utf-8")
    stars = FeedbackRule(score="user_feedback", accepted=("4", "5"), rejected=("1", "2"))
    assert reactions(read(path, tmp_path, stars)) == [None] * 3


def test_a_remembered_answer_is_told_value_by_value_and_kept_with_the_upload(tmp_path: Path) -> None:
    headers = tuple(use.header for use in read(FILES / "traces.csv", tmp_path, own=RULE).report.columns)
    same_columns = Remembered(headers, Answers(feedback=RULE))
    path = FILES / "traces.csv"
    outcome = read_file(
        ReadJob(path, path.name, Answers(), None, tmp_path, remembered=(same_columns,)), lambda _: None
    )
    assert "(1 is accepted; 0 is rejected)" in told(outcome)["feedback_remembered"]
    assert "remembered" not in told(outcome)
    assert outcome.answers == Answers(feedback=RULE)


def test_the_users_own_answer_stands_before_a_remembered_one(tmp_path: Path) -> None:
    own = FeedbackRule(score="user_feedback", accepted=("0",))
    outcome = read(FILES / "traces.csv", tmp_path, RULE, own=own)
    assert reactions(outcome) == [None, "accepted", None]
    assert told(outcome)["feedback_values"] == (
        "Values of “user_feedback” that say nothing about the user's reaction: 1 (“1” 1)."
    )
    assert "feedback_remembered" not in told(outcome)


def test_a_rule_about_a_score_that_the_file_has_not_is_told(tmp_path: Path) -> None:
    outcome = read(FILES / "traces.csv", tmp_path, own=FeedbackRule(score="stars", accepted=("5",)))
    assert told(outcome)["feedback_absent"] == (
        "The file has no score “stars”, so users' reactions are unknown."
    )


def test_reactions_that_disagree_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "traces.csv"
    path.write_text((FILES / "traces.csv").read_text("utf-8").replace('"[1]"', '"[1,0]"'), "utf-8")
    outcome = read(path, tmp_path, own=RULE)
    assert reactions(outcome) == [None, "rejected", None]
    assert told(outcome)["feedback_disagrees"].endswith("none of them counts: 1.")


@pytest.mark.parametrize(
    ("values", "meaning"),
    [
        (["1", "0"], ["accepted", "rejected"]),
        (["1.0", "-1"], ["accepted", "rejected"]),
        (["1", "2", "3", "4", "5"], ["rejected", "rejected", "", "accepted", "accepted"]),
        (["0.8", "1"], ["", "accepted"]),
        (["👍", "👎", "meh"], ["accepted", "rejected", ""]),
        (["True", "edited", "thumbs-down"], ["accepted", "edited", "rejected"]),
    ],
)
def test_suggested_meanings(values: list[str], meaning: list[str]) -> None:
    assert list(suggested_reactions(values).values()) == meaning


@pytest.mark.parametrize(
    ("values", "all_of_them"),
    [
        (["1"], ("1", "0")),
        (["0", "1"], ("0", "1")),
        (["👎"], ("👎", "👍")),
        (["5", "1"], ("5", "1", "2", "3", "4")),
        (["rude"], ("rude",)),
    ],
)
def test_the_opposite_of_a_value_is_asked_about_before_it_first_comes(
    values: list[str], all_of_them: tuple[str, ...]
) -> None:
    assert with_opposites(values) == all_of_them


# Across the border of the reading process


def test_question_and_parts_come_out_of_the_reading_process(tmp_path: Path) -> None:
    path = FILES / "trace_from_sdk.json"
    with pytest.raises(QuestionsOpen) as open_questions:
        read_in_child(job(path, tmp_path / "a"), lambda _: None, lambda: False)
    assert open_questions.value.questions[0].values == {"user_feedback": ("1", "0")}
    assert (
        open_questions.value.because
        == "This is a Langfuse trace with its steps: it has a list of observations."
    )
    outcome = read_in_child(job(path, tmp_path / "b", RULE), lambda _: None, lambda: False)
    rows = {one.kind.value: (one.rows, one.updated, one.updated_keys) for one in outcome.parts}
    assert rows == {"spans": (3, 0, None), "scores": (1, 0, None)}
    assert [pq.read_metadata(one.segments[0]).num_rows for one in outcome.parts] == [3, 1]


def test_parts_that_are_not_what_the_child_says_are_refused(tmp_path: Path) -> None:
    outcome = read(FILES / "trace_from_sdk.json", tmp_path, RULE)
    exchange.save_outcome(tmp_path, exchange.of_read(outcome))
    assert len(exchange.load_outcome(tmp_path).parts) == 2
    written = tmp_path / exchange.OUTCOME_NAME
    believed: dict[str, Any] = json.loads(written.read_text("utf-8"))
    for change in ({"rows": 4}, {"kind": "scores"}, {"updated": 1}, {"segments": ["../other.parquet"]}):
        changed = {**believed, "parts": [{**believed["parts"][0], **change}]}
        written.write_text(json.dumps(changed), "utf-8")
        with pytest.raises(exchange.ReaderFailed):
            exchange.load_outcome(tmp_path)
