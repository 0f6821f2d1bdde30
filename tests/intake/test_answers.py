"""Mapping files: what can be settled beforehand, and the errors that name the wrong entry."""

from pathlib import Path

import pytest

from core.errors import InvalidDocument, Question
from core.evidence.columns import Kind
from core.intake.reading import Answers, PassRule, load_answers

TOML = """
kind = "evals"
timezone = "Europe/Berlin"
date_order = "day_first"
decimal = "comma"

[columns]
"Test name" = "case_id"
Secret = ""

[pass_rule]
column = "score"
at_least = 0.8
"""

JSON = """{"kind": "evals", "timezone": "Europe/Berlin", "date_order": "day_first", "decimal": "comma",
"columns": {"Test name": "case_id", "Secret": ""}, "pass_rule": {"column": "score", "at_least": 0.8}}"""

EXPECTED = Answers(
    kind=Kind.EVALS,
    timezone="Europe/Berlin",
    date_order="day_first",
    decimal="comma",
    columns={"Test name": "case_id", "Secret": ""},
    pass_rule=PassRule(column="score", at_least=0.8),
)


@pytest.mark.parametrize(("name", "text"), [("m.toml", TOML), ("m.json", JSON), ("m.txt", "\ufeff" + JSON)])
def test_a_mapping_file_is_toml_or_json(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert load_answers(tmp_path / name) == EXPECTED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"kind": "evals",', "not valid JSON: line 1"),
        ("kind = evals", "not valid TOML"),
        ('kind = "tests"', "kind"),
        ('timezone = "Mars/Olympus"', "no time zone “Mars/Olympus”"),
        ('timezone = "../../etc/passwd"', "no time zone"),
        ("colums = {}", "“colums” is not an entry"),
        ('kind = "labels"\n[columns]\nx = "query"', "no column “query” of labels"),
        ('[columns]\nx = "quary"', "no column “quary”"),
        ('[columns]\nx = "query"\ny = "query"', "two columns cannot both be “query”"),
        ('[pass_rule]\ncolumn = "score"', "at_least or at_most"),
        ('[pass_rule]\ncolumn = "score"\nat_least = nan', "finite"),
        ('[pass_rule]\ncolumn = "score"\nat_least = 1\nat_most = 2', "at_least or at_most"),
        ('date_order = "ymd"', "date_order"),
        ("[1, 2]", "not valid TOML"),
    ],
)
def test_a_wrong_mapping_file_names_its_fault(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidDocument, match=r"mapping\.toml") as wrong:
        load_answers(path)
    assert words in wrong.value.sentence


def test_a_mapping_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match="cannot be opened"):
        load_answers(tmp_path / "none.toml")


def _question(key: str, *options: str) -> Question:
    return Question(key, "?", dict.fromkeys(options, "…"))


@pytest.mark.parametrize(
    ("question", "choice", "answers"),
    [
        (_question("kind", "traces", "labels"), "labels", Answers(kind=Kind.LABELS)),
        (_question("timezone", "UTC"), "Asia/Tokyo", Answers(timezone="Asia/Tokyo")),
        (_question("header_row", "3", "1"), "3", Answers(header_row=3)),
        (_question("columns.query", "prompt", "question"), "prompt",
         Answers(columns={"prompt": "query", "question": ""})),
        (_question("as_stated.score", "yes"), "yes", Answers(as_stated=("score",))),
        (_question("pass_rule", "f1 score"), "f1 score at_least 0.7",
         Answers(pass_rule=PassRule(column="f1 score", at_least=0.7))),
    ],
)  # fmt: skip
def test_a_question_is_answered_by_one_choice(question: Question, choice: str, answers: Answers) -> None:
    assert Answers().with_answer(question, choice) == answers


@pytest.mark.parametrize(
    ("key", "choice"), [("timezone", "Berlin"), ("pass_rule", "score"), ("pass_rule", "score above 3")]
)
def test_a_choice_that_cannot_be_is_told(key: str, choice: str) -> None:
    with pytest.raises(InvalidDocument, match=choice):
        Answers().with_answer(_question(key), choice)
