"""Personal data in texts: found by form, asked about once, replaced before anything is written."""

import csv
import importlib.util
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import QuestionsOpen
from core.intake.answers import Answers
from core.intake.importing import read_file
from core.intake.job import ReadJob, Remembered
from core.intake.redaction import MAY_HOLD, MAY_MATCH, Personal, find, replaced

_SPEC = importlib.util.spec_from_file_location(
    "personal_strings", Path(__file__).with_name("personal_strings.py")
)
assert _SPEC is not None
assert _SPEC.loader is not None
strings = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(strings)

KEY = "5" * 64
UNSAID = Answers()
ROWS = [
    {
        "run_id": "anna@example.com",
        "query": "I am anna@example.com, call +49 30 1234567",
        "response": "Sure.",
    },
    {"run_id": "r2", "query": "Where is order 4567890123?", "response": "Anna@Example.com has it."},
    {"run_id": "r3", "query": "Nothing here", "response": "No.", "user_id": "u1"},
]
Reader = Callable[..., Any]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    def read(rows: Any = ROWS, answers: Answers = UNSAID, *, name: str = "traces.jsonl", **job: Any) -> Any:
        spool = tmp_path / f"spool-{len(list(tmp_path.iterdir()))}"
        spool.mkdir()
        path = spool / "upload"
        text = rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows)
        path.write_text(text, encoding="utf-8")
        known = {"known_keys": None, **job}
        return read_file(
            ReadJob(path=path, file_name=name, answers=answers, spool=spool, token_key=KEY, **known),
            lambda progress: None,
        )

    return read


def cells(outcome: Any, column: str) -> list[Any]:
    return [
        cell for path in outcome.segments for cell in pa.parquet.read_table(path).column(column).to_pylist()
    ]


def test_detection_is_measured_on_two_hundred_texts() -> None:
    right, said, held = Counter[str](), Counter[str](), Counter[str]()
    for text, kind in strings.SET:
        kinds = {passage.kind.value for passage in find(text)}
        held[kind] += 1
        right[kind] += kind in kinds
        said.update(kinds)
    assert len(strings.SET) >= 200
    for kind in Personal:
        assert right[kind] / held[kind] >= 0.98, kind
        assert right[kind] / said[kind] >= 0.95, kind


@pytest.mark.parametrize(("text", "kind"), strings.SET)
def test_the_look_over_a_column_misses_nothing_that_is_found(text: str, kind: str) -> None:
    if find(text):
        assert pc.match_substring_regex(pa.array([text]), MAY_HOLD).to_pylist() == [True]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("write to Anna@example.com.", "write to [email #]."),
        ("+49 30 1234567, please", "[phone #], please"),
        ("pay DE89 3704 0044 0532 0130 00 BIC COBADEFF", "pay [iban #] BIC COBADEFF"),
        ("card 4111-1111-1111-1111!", "card [card #]!"),
        ("Authorization: Bearer abcdef1234567890abcdef", "Authorization: Bearer [key #]"),
        ("password=hunter2hunter2&x=1", "password=[key #]"),
        ('{"mail": "a@example.com", "ip": "203.0.113.7"}', '{"mail": "[email #]", "ip": "[ip #]"}'),
        ("Order 4567890123 of 2025-03-04 10:15", "Order 4567890123 of 2025-03-04 10:15"),
    ],
)
def test_just_the_value_is_replaced(text: str, after: str) -> None:
    assert re.sub(r" [0-9a-f]{8}\]", " #]", replaced(text, KEY)) == after


def test_a_value_has_one_token_however_it_is_written_and_another_with_another_key() -> None:
    spellings = (
        ["ANNA@example.com", "anna@EXAMPLE.com"],
        ["+49 30 1234567", "+49-30-1234567", "0049 30 1234567"],
    )
    for same in spellings:
        assert len({replaced(text, KEY) for text in same}) == 1
    assert replaced("anna@example.com", KEY) != replaced("anna@example.com", "6" * 64)
    assert replaced("anna@example.com", KEY) != replaced("anna@example.org", KEY)


_BITS = st.sampled_from(
    ["+49 30 1234567", "a@example.com", " ", "tel ", "[", "]", "sk-", "0", "9", "::", ".", "-", "@"]
)


@given(st.lists(st.one_of(_BITS, st.text(max_size=12)), max_size=12).map("".join))
def test_whatever_stands_in_a_text_is_replaced_once_and_for_all(text: str) -> None:
    after = replaced(text, KEY)
    assert replaced(after, KEY) == after
    column = pa.array([text.encode("utf-8", "replace").decode()])
    may_hold, may_match = (
        pc.match_substring_regex(column, pattern)[0].as_py() for pattern in (MAY_HOLD, MAY_MATCH)
    )
    assert may_hold >= bool(find(text))
    # Only what matches the quicker of the two patterns is looked at with the other.
    assert may_match >= may_hold


def test_what_becomes_of_personal_data_is_asked_with_counts_and_a_preview(read: Reader) -> None:
    with pytest.raises(QuestionsOpen) as raised:
        read()
    [question] = raised.value.questions
    assert question.key == "personal_text"
    assert "2 e-mail addresses and 1 phone number" in question.sentence
    assert list(question.options) == ["replace", "keep"]
    assert "(recommended)" in question.options["replace"]
    assert question.values["column"] == ("query", "response")
    assert question.values["before"][0] == ROWS[0]["query"]
    assert re.fullmatch(r"I am \[email \w{8}\], call \[phone \w{8}\]", question.values["after"][0])


def test_it_is_asked_together_with_what_else_is_open(read: Reader) -> None:
    rows = [{**row, "started_at": "2025-03-04T10:00:00"} for row in ROWS]
    with pytest.raises(QuestionsOpen) as raised:
        read(rows)
    assert {question.key for question in raised.value.questions} == {"personal_text", "timezone"}


def test_a_file_without_personal_data_asks_nothing(read: Reader) -> None:
    outcome = read([ROWS[2]])
    assert outcome.report.accepted == 1
    assert outcome.answers.personal_text is None


def test_replaced_texts_are_stored_and_ids_stay(read: Reader) -> None:
    outcome = read(answers=Answers(personal_text="replace"))
    queries, responses = cells(outcome, "query"), cells(outcome, "response")
    assert re.fullmatch(r"I am (\[email \w{8}\]), call \[phone \w{8}\]", queries[0])
    assert queries[1] == ROWS[1]["query"]
    assert responses[1] == f"{queries[0][5:21]} has it."
    assert cells(outcome, "run_id")[0] == "anna@example.com"
    told = [notice.sentence for notice in outcome.report.warnings if notice.code == "personal_text"]
    assert told == [
        "2 e-mail addresses and 1 phone number were replaced in the texts. Names, addresses and whatever "
        "else has no fixed form are not found."
    ]
    samples = {use.header: use.samples for use in outcome.report.columns}
    assert not any("@" in sample for name in ("query", "response") for sample in samples[name])


@pytest.mark.parametrize("choice", ["replace", "keep"])
def test_user_ids_that_are_addresses_stay_and_are_told(choice: str, read: Reader) -> None:
    ids = ["anna@example.com", "u-17", "ben@mail.example.org", "who@home", None]
    rows = [{"run_id": f"r{place}", "user_id": user, "query": "Hello"} for place, user in enumerate(ids)]
    outcome = read(rows, answers=Answers(personal_text=choice))
    assert cells(outcome, "user_id") == ids
    [told] = [one.sentence for one in outcome.report.warnings if one.code == "personal_ids"]
    assert told.startswith("Rows whose user id is an e-mail address, which stays as it is: 2. Users are")


def test_kept_texts_are_stored_as_they_are_and_the_report_says_so(read: Reader) -> None:
    outcome = read(answers=Answers(personal_text="keep"))
    assert cells(outcome, "query")[0] == ROWS[0]["query"]
    assert "personal_text" in [notice.code for notice in outcome.report.warnings]


@pytest.mark.parametrize(
    ("first", "second"), [("replace", "replace"), ("keep", "replace"), ("replace", "keep")]
)
def test_the_same_rows_again_are_duplicates_whatever_was_answered(
    first: str, second: str, read: Reader, tmp_path: Path
) -> None:
    import numpy as np

    before = read(answers=Answers(personal_text=first))
    known = tmp_path / "known.npz"
    np.savez(known, key=cells(before, "key"), row_key=cells(before, "row_key"))
    again = read(answers=Answers(personal_text=second), known_keys=known)
    assert (again.report.duplicate, again.report.accepted, again.report.updated) == (3, 0, 0)


def test_the_answer_is_remembered_for_the_feature_whatever_the_columns_are(read: Reader) -> None:
    earlier = Remembered(("other", "columns"), Answers(personal_text="replace"))
    outcome = read(remembered=(earlier, Remembered(("x",), Answers(personal_text="keep"))))
    assert cells(outcome, "query")[0].startswith("I am [email")
    assert outcome.answers.personal_text == "replace"


def test_rejected_rows_keep_their_ids_and_numbers_but_not_their_personal_data(read: Reader) -> None:
    rows = [
        {
            "run_id": "r1",
            "latency_ms": "soon",
            "query": "I am anna@example.com",
            "remark": "tel +49 30 1234567",
        },
        {"run_id": "r2", "user_id": "bob@example.com", "latency_ms": "5", "query": "fine"},
        {"run_id": "r3", "user_id": "bob@example.com", "latency_ms": "never", "query": "fine"},
    ]
    outcome = read(rows, Answers(personal_text="replace"))
    with outcome.rejected.open(encoding="utf-8-sig", newline="") as file:
        kept = list(csv.DictReader(file))
    assert [row["run_id"] for row in kept] == ["r1", "r3"]
    assert (kept[0]["latency_ms"], kept[1]["user_id"]) == ("soon", "bob@example.com")
    assert re.fullmatch(r"I am \[email \w{8}\]", kept[0]["query"])
    assert re.fullmatch(r"tel \[phone \w{8}\]", kept[0]["remark"])


def test_samples_of_other_questions_hold_no_personal_data(read: Reader) -> None:
    rows = (
        'Frage;Antwort;Wer\n"Ich bin anna@example.com, wo ist es?";Hier ist es schon;x\n'
        '"Was kostet es denn?";5;y\n'
    )
    with pytest.raises(QuestionsOpen) as raised:
        read(rows, Answers(check_columns=True), name="export.csv")
    shown = [
        sample for question in raised.value.questions for one in question.columns for sample in one.samples
    ]
    assert shown
    assert "anna@example.com" not in "".join(shown)


def test_questions_about_facts_and_reactions_quote_no_personal_data(read: Reader) -> None:
    rows = [
        {
            "id": f"t{place}",
            "timestamp": "2025-03-04T10:00:00.000Z",
            "name": "chat",
            "projectId": "p",
            "environment": "default",
            "input": "Hello",
            "output": "Hi",
            "latency": 1.2,
            "metadata": {"desk": f"desk{place % 2}@example.com"},
            "observations": [],
            "scores": [
                {
                    "id": f"s{place}",
                    "traceId": f"t{place}",
                    "name": "user-feedback",
                    "dataType": "CATEGORICAL",
                    "stringValue": f"write me: me{place % 2}@example.com",
                    "source": "API",
                    "timestamp": "2025-03-04T10:01:00.000Z",
                }
            ],
        }
        for place in range(4)
    ]
    with pytest.raises(QuestionsOpen) as raised:
        read(rows)
    asked = {question.key: question for question in raised.value.questions}
    assert asked["facts"].values["metadata.desk"]
    assert asked["feedback"].values["user-feedback"]
    for question in raised.value.questions:
        assert "@example.com" not in str(question)


def test_steps_and_scores_inside_a_trace_are_looked_at_as_well(read: Reader) -> None:
    trace = {
        "id": "t1",
        "timestamp": "2025-03-04T10:00:00.000Z",
        "name": "chat",
        "projectId": "p",
        "environment": "default",
        "input": "Hello",
        "output": "Hi",
        "latency": 1.2,
        "observations": [
            {
                "id": "o1",
                "traceId": "t1",
                "type": "GENERATION",
                "startTime": "2025-03-04T10:00:00.000Z",
                "endTime": "2025-03-04T10:00:01.000Z",
                "input": "ask sue@example.net",
                "output": "ok",
            }
        ],
        "scores": [],
    }
    with pytest.raises(QuestionsOpen) as raised:
        read([trace])
    assert "1 e-mail address." in raised.value.questions[0].sentence
    outcome = read([trace], Answers(personal_text="replace"))
    [steps] = outcome.parts
    [asked] = [
        cell for path in steps.segments for cell in pa.parquet.read_table(path).column("input").to_pylist()
    ]
    assert re.fullmatch(r"ask \[email \w{8}\]", asked)


def test_the_corpus_file_of_personal_data_asks_and_stores_none_of_it(read: Reader) -> None:
    path = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "files" / "txt_017_pii.jsonl"
    if not path.is_file():
        path = next(iter(path.parents[1].rglob("txt_017_pii.jsonl")), path)
    if not path.is_file():
        pytest.skip("the shared corpus is not beside the repository")
    rows = path.read_text(encoding="utf-8")
    with pytest.raises(QuestionsOpen) as raised:
        read(rows)
    assert [question.key for question in raised.value.questions] == ["personal_text"]
    outcome = read(rows, Answers(personal_text="replace"))
    stored = "".join(cells(outcome, "response"))
    for value in ("jane.roe", "555 0143", "4111", "NL91", "078-05"):
        assert value not in stored
