"""Braintrust: exported logs, experiments and datasets, and evaluations that were run locally."""

import copy
import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import QuestionsOpen
from core.evidence.columns import Kind
from core.intake.answers import Answers, FeedbackRule, PassRule
from core.intake.cell_terms import Reading
from core.intake.doubts import Doubts, Notices
from core.intake.feedback import Feedback
from core.intake.job import Limits
from core.intake.sources import braintrust
from core.intake.sources.run_facts import Facts
from core.intake.sources.source import Context, Head
from core.intake.tables import Chunk

FILE = Path(__file__).parent / "files" / "braintrust" / "logs.jsonl"
EVENTS: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
RUN, OTHER = "r" * 32, "q" * 32

RULE = FeedbackRule(score="user_feedback", accepted=("1",), rejected=("0",))
ANSWERED = Answers(feedback=RULE)


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Nested values as JSON text, as the export of the pages has them."""
    written = io.StringIO()
    writer = csv.DictWriter(written, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    for row in rows:
        nested = {name: json.dumps(cell) for name, cell in row.items() if not isinstance(cell, str | None)}
        writer.writerow(row | nested)
    return written.getvalue()


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    """Objects as structs with all fields of all rows, as Parquet unites them."""
    written = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), written)
    return written.getvalue()


# Logs


def test_logs_are_steps(read: Any) -> None:
    found = read(FILE, ANSWERED)
    report = found.report
    assert (report.kind, report.source, report.read) == (Kind.SPANS, "braintrust", 9)
    assert (report.accepted, report.skipped, report.rejected) == (6, 3, 0)
    assert found.cells("span_id") == ["s2", "s3", "s4", "s1", "w1", "w2"]
    assert found.cells("run_id") == [RUN] * 4 + [OTHER] * 2
    assert found.cells("parent_id") == ["s1", "s1", "s3", None, None, "w1"]
    assert found.cells("span_kind") == ["llm", "tool", "function", "task", "task", "tool"]
    assert found.cells("started_at")[3] == datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC)
    assert (found.cells("ended_at")[3] - found.cells("started_at")[3]).total_seconds() == 2
    assert found.cells("input")[3:5] == ["Why two charges?", "Cancel it!"]
    assert found.cells("output")[3] == "The second is a deposit."
    assert found.cells("input_tokens") == [900, None, None, None, None, None]
    assert found.cells("cost_usd") == [0.002, None, None, None, None, None]
    assert found.cells("model")[0] == "m-small"
    assert found.cells("tools_considered")[0] == ["list_charges", "refund"]
    assert found.cells("tools_called")[0] == ["list_charges"]
    assert found.cells("retrieved_ids") == [None, None, ["kb-7", "kb-9"], None, None, None]
    assert found.cells("user_id") == [None, None, None, "u-1", "u-2", None]
    assert found.cells("session_id")[3] == "s-1"
    of_run = ("user_segment", "channel", "release_bundle", "prompt_version")
    assert [found.cells(name)[3] for name in of_run] == ["pilot", "chat", "2026.05.1", "v4"]
    assert found.cells("error")[4:] == ["ToolFailed: refund", "TimeoutError: no answer"]
    assert found.sentences("comments") == ["Rows that only hold a comment on a step, left out: 1."]
    assert "automatic scorers" in found.sentences("scorers")[0]
    assert found.sentences("roots_only") == []


def test_scores_on_the_first_step_are_scores_of_the_run(read: Any) -> None:
    scores = read(FILE, ANSWERED).part(Kind.SCORES)
    assert [(row["run_id"], row["name"], row["value"], row["user_feedback"]) for row in scores] == [
        (RUN, "user_feedback", 1, "accepted"),
        (RUN, "Factuality", 0.6, None),
        (OTHER, "user_feedback", 0, "edited"),
        (OTHER, "expected", None, "edited"),
    ]
    assert {row["span_id"] for row in scores} == {None}
    assert scores[3]["comment"] == '{"answer":"Cancelled."}'


def test_the_score_of_the_users_is_asked_for(read: Any) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(FILE)
    (question,) = asked.value.questions
    assert (question.key, list(question.options)) == ("feedback", ["user_feedback", ""])


def test_an_expected_answer_that_nobody_gave_as_feedback_is_no_edit(read: Any) -> None:
    rows = copy.deepcopy(EVENTS)
    rows[6]["audit_data"] = []
    found = read(lines(rows), ANSWERED, name="logs.jsonl")
    assert [row["user_feedback"] for row in found.part(Kind.SCORES)] == ["accepted", None, "rejected"]
    assert "as far as the file says, no user gave" in found.sentences("expected_by_whom")[0]


@pytest.mark.parametrize("form", ["list", "api", "data", "csv", "parquet"])
def test_every_form_gives_the_same_steps(read: Any, form: str) -> None:
    written: dict[str, tuple[str | bytes, str]] = {
        "list": (json.dumps(EVENTS), "logs.json"),
        "api": (json.dumps({"events": EVENTS, "cursor": "x"}), "logs.json"),
        "data": (json.dumps({"data": EVENTS, "schema": {}}), "logs.json"),
        "csv": (as_csv(EVENTS), "logs.csv"),
        "parquet": (
            as_parquet([event for event in EVENTS if "metrics" in event and _is_flat(event)]),
            "l.parquet",
        ),
    }
    text, name = written[form]
    kept = [event for event in EVENTS if form != "parquet" or ("metrics" in event and _is_flat(event))]
    expected, found = read(lines(kept), ANSWERED, name="l.jsonl"), read(text, ANSWERED, name=name)
    assert (found.report.source, found.report.kind) == ("braintrust", Kind.SPANS)
    for column in expected.table.column_names:
        if column not in ("row", "row_key"):
            assert found.cells(column) == expected.cells(column), column


def _is_flat(event: dict[str, Any]) -> bool:
    """Whether Arrow can unite its values with those of the others."""
    return isinstance(event["input"], dict | None) and isinstance(event["output"], dict | None)


def test_an_export_of_first_steps_alone_says_what_is_missing(read: Any) -> None:
    found = read(lines([EVENTS[3], EVENTS[6]]), ANSWERED, name="traces.jsonl")
    assert found.report.accepted == 2
    assert "“Logs (spans)”" in found.sentences("roots_only")[0]


def test_of_several_versions_the_newest_counts(read: Any) -> None:
    older = {**EVENTS[1], "_xact_id": "999", "output": "old"}
    newer = {**EVENTS[1], "_xact_id": "10000", "output": "new"}
    for rows in ([older, EVENTS[1], newer], [newer, EVENTS[1], older], [EVENTS[1], newer, older, newer]):
        found = read(lines(rows), ANSWERED, name="logs.jsonl")
        assert (found.cells("output"), found.report.rejected) == (["new"], 0)
        assert found.sentences("older_versions") == [
            "Older versions of steps that the file holds more than once, left out: 2."
        ]
        report = found.report
        assert report.read == report.accepted + report.duplicate + report.skipped


def test_the_ids_of_open_telemetry_mode_and_chosen_columns(read: Any) -> None:
    rows = [
        {"span_id": "a", "root_span_id": RUN, "is_root": True, "_xact_id": "1", "input": "Why?"},
        {"span_id": "b", "root_span_id": RUN, "is_root": False, "_xact_id": "1", "input": "x"},
    ]
    found = read(lines(rows), name="sql.jsonl")
    assert (found.report.source, found.cells("parent_id")) == ("braintrust", [None, RUN])


def test_the_second_upload_of_the_same_file_adds_nothing(read: Any, tmp_path: Path) -> None:
    first = read(FILE, ANSWERED)
    again = read(FILE, ANSWERED, known_keys=first.known_keys(tmp_path / "known.npz"))
    assert (again.report.duplicate, again.report.accepted, again.report.updated) == (6, 0, 0)


def test_a_step_without_its_trace_is_refused(read: Any) -> None:
    found = read(lines([EVENTS[0], {**EVENTS[1], "root_span_id": None}]), name="logs.jsonl")
    assert (found.report.accepted, found.report.rejected, found.codes) == (1, 1, ["missing_id"])


# Experiments


def experiment() -> list[dict[str, Any]]:
    """Three cases with the steps inside the first one."""
    first = {
        **EVENTS[3], "experiment_id": "exp-1", "log_id": None, "input": "Why two charges?",
        "expected": "deposit", "output": "A deposit.",
        "scores": {"correct": 1, "grounded": 0.8, "skipped": None},
        "metadata": {"case_id": "C-1", "release": "r-7", "expected_tool": "list_charges"},
        "span_attributes": {"name": "eval", "type": "eval"},
    }  # fmt: skip
    broken = first | {
        "id": "x2", "span_id": "x2", "root_span_id": "x2", "input": "Cancel it!", "output": None,
        "scores": {"correct": 0.8}, "error": "upstream 504", "metadata": None,
        "origin": {"object_type": "dataset", "object_id": "ds-1", "id": "row-2"},
    }  # fmt: skip
    unjudged = first | {
        "id": "x3", "span_id": "x3", "root_span_id": "x3", "input": "Hello?", "scores": {},
        "metadata": {"scorer_errors": {"correct": 'Traceback\n  File "x"\nValueError: no answer\n'}},
    }  # fmt: skip
    inner = {**EVENTS[0], "experiment_id": "exp-1", "log_id": None}
    return [inner, first, broken, unjudged]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_the_first_steps_of_an_experiment_are_its_cases(read: Any, form: str) -> None:
    answers = Answers(pass_rule=PassRule(column="correct", at_least=1))
    text = as_csv(experiment()) if form == "csv" else lines(experiment())
    found = read(text, answers, name=f"experiment.{form}")
    report = found.report
    assert (report.kind, report.source) == (Kind.EVALS, "braintrust")
    assert (report.read, report.accepted, report.skipped) == (4, 3, 1)
    assert "Steps inside the cases, left out: 1." in found.sentences("inner_steps")[0]
    assert found.cells("eval_run_id") == ["exp-1"] * 3
    assert found.cells("case_id")[:2] == ["C-1", "row-2"]
    assert found.cells("case_id")[2].startswith("query-")
    assert found.cells("suite_version") == [None, "ds-1", None]
    assert found.cells("release_bundle") == ["r-7", None, None]
    assert found.cells("tools_expected")[0] == ["list_charges"]
    assert found.cells("query") == ["Why two charges?", "Cancel it!", "Hello?"]
    assert found.cells("response")[0] == "A deposit."
    assert json.loads(found.cells("metrics")[0]) == {"correct": 1, "grounded": 0.8}
    assert found.cells("metrics")[1:] == [None, None], "the task of the second failed"
    assert found.sentences("errored_scores") == [
        "Results whose run failed, so that their scores do not count: 1."
    ]
    assert found.cells("passed") == [True, None, None]
    assert found.cells("error_kind") == [None, "run", "judge"]
    assert found.cells("error") == [None, "upstream 504", "correct: ValueError: no answer"]
    assert found.cells("latency_ms") == [2000] * 3
    assert found.cells("tokens") == [None] * 3
    assert "Scores that were skipped (null), not counted: 1." in found.sentences("skipped_scores")
    assert "their time is part of it" in found.sentences("latency_with_scorers")[0]


def local(results: list[dict[str, Any]]) -> str:
    summary = {"project_name": "support", "experiment_name": "support [experiment_name=release-7]"}
    return json.dumps({"summary": summary | {"experiment_id": None, "scores": {}}, "results": results})


def test_an_evaluation_that_was_run_locally(read: Any) -> None:
    one = {"input": "Why?", "output": "So.", "expected": "So.", "scores": {"correct": 1}, "metadata": {},
           "tags": None, "error": None, "exc_info": None, "origin": None}  # fmt: skip
    crashed = one | {"metadata": {"scorer_errors": {"boom": "ValueError: judge failed"}}}
    answers = Answers(pass_rule=PassRule(column="correct", at_least=1))
    found = read(local([one, one, crashed | {"scores": {"correct": 0}}]), answers, name="result.json")
    assert (found.report.source, found.report.accepted) == ("braintrust", 3)
    assert found.cells("release_bundle") == ["release-7"] * 3
    assert len(set(found.cells("eval_run_id"))) == 1
    assert found.cells("eval_run_id")[0].startswith("run-")
    assert found.cells("attempt") == [0, 1, 2]
    assert found.cells("passed") == [True, True, False], "a crashed scorer does not hide a failed case"
    assert "“boom” has a score on 0 of 3 rows" in " ".join(found.sentences("unscored"))


def test_a_damaged_local_result_is_refused_alone(read: Any) -> None:
    answers = Answers(pass_rule=PassRule(column="correct", at_least=1))
    one = {"input": "Why?", "output": "So.", "scores": {"correct": 1}, "exc_info": None}
    found = read(local([one, 7]), answers, name="result.json")
    assert (found.report.accepted, found.report.rejected, found.codes) == (1, 1, ["not_an_object"])


# Datasets


def test_a_dataset_is_a_set_of_cases(read: Any) -> None:
    rows = [
        {"id": "row-1", "_xact_id": "1", "created": "2026-05-28T20:26:40Z", "project_id": "p",
         "dataset_id": "ds-1", "input": {"question": "Why two charges?"}, "expected": {"answer": "A deposit.",
         "expected_tool": "list_charges"}, "metadata": {"case_id": "C-1", "set": "gold"}, "tags": ["billing"],
         "span_id": "row-1", "root_span_id": "row-1", "is_root": True, "origin": None},
        {"id": "row-2", "dataset_id": "ds-1", "input": "Cancel it!", "expected": "Cancelled.",
         "metadata": None, "tags": None},
    ]  # fmt: skip
    found = read(lines(rows), name="dataset.jsonl")
    report = found.report
    assert (report.kind, report.source, report.accepted) == (Kind.CASES, "braintrust", 2)
    assert found.cells("case_id") == ["C-1", "row-2"]
    assert found.cells("suite") == ["ds-1"] * 2
    assert found.cells("query") == ["Why two charges?", "Cancel it!"]
    assert found.cells("ground_truth") == ["A deposit.", "Cancelled."]
    assert found.cells("tools_expected") == [["list_charges"], None]
    assert found.cells("part") == ["gold", None]
    assert found.cells("tags") == [["billing"], None]


@pytest.mark.parametrize(
    "cells",
    [
        {"input": "Why?", "expected": "So.", "metadata": "{}", "tags": "[]"},
        {"id": "1", "input": "Why?", "expected": "So.", "dataset_id": ""},
        {"span_id": "a", "root_span_id": "b", "name": "x"},
        {"span_id": "a", "_xact_id": "1"},
    ],
)
def test_other_tables_are_not_taken(cells: dict[str, str]) -> None:
    assert braintrust.recognised(Head(cells, "", "file.csv"), _context()) is None


# Whatever stands in a file


def _context() -> Context:
    reading = Reading(Answers(), Limits(), Doubts(), Notices())
    return Context(Feedback(reading, ()), Facts(reading), reading.notices)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([*EVENTS, *experiment()]), st.data())
def test_no_value_in_an_event_raises(event: dict[str, Any], data: st.DataObject) -> None:
    names = [name for name in event if name != "experiment_id"]
    changed = {**event, **data.draw(st.dictionaries(st.sampled_from(names), ANYTHING, max_size=3))}
    cells: dict[str, list[str | None]] = {
        name: [None if value is None else value if isinstance(value, str) else json.dumps(value)]
        for name, value in changed.items()
    }
    needed = {"span_id": ["s"], "root_span_id": ["r"], "_xact_id": ["1"]}
    samples = {name: column[0] or "" for name, column in (needed | cells).items()}
    source = braintrust.recognised(Head(samples, "", "f"), _context())
    assert source is not None
    assert len(source.take(Chunk([1], cells)).chunk.rows) <= 1


# The samples


@pytest.fixture
def samples(shared: Path) -> Path:
    for folder in ("traces/braintrust", "evals/braintrust"):
        if not (shared / "samples" / folder).is_dir():
            pytest.skip(f"samples/{folder} is not beside this repository")
    return shared / "samples"


def test_the_sample_of_logs(read: Any, samples: Path) -> None:
    found = read(samples / "traces/braintrust/sdk_rows_as_sent.jsonl", ANSWERED)
    report = found.report
    assert (report.kind, report.read, report.accepted, report.skipped) == (Kind.SPANS, 12, 10, 2)
    assert len(set(found.cells("run_id"))) == 3
    firsts = [place for place, parent in enumerate(found.cells("parent_id")) if parent is None]
    assert [found.cells("input")[place] for place in firsts] == [
        "Where is order 1042?", "How do I return shoes? 🙂", "Where is order 9?",
    ]  # fmt: skip
    assert [found.cells("user_id")[place] for place in firsts] == ["u-17", "u-17", "u-31"]
    assert [found.cells("session_id")[place] for place in firsts] == ["sess-1", "sess-1", "sess-4"]
    assert sum(tokens or 0 for tokens in found.cells("input_tokens")) == 3 * 812
    assert ["kb-12", "kb-31"] in found.cells("retrieved_ids")
    assert any("TimeoutError: order service timed out" in (error or "") for error in found.cells("error"))
    edited = [score for score in found.part(Kind.SCORES) if score["user_feedback"] == "edited"]
    assert len({score["run_id"] for score in edited}) == 2


def test_the_sample_of_a_local_evaluation(read: Any, samples: Path) -> None:
    answers = Answers(pass_rule=PassRule(column="correctness", at_least=1))
    found = read(samples / "evals/braintrust/local_eval_result.json", answers)
    report = found.report
    assert (report.kind, report.read, report.accepted) == (Kind.EVALS, 8, 8)
    assert found.cells("case_id") == [f"C-00{number}" for number in (1, 1, 2, 2, 3, 3, 5, 5)]
    assert found.cells("attempt") == [0, 1] * 4
    assert found.cells("passed") == [True, True, False, False, True, True, None, None]
    assert found.cells("error_kind") == [None] * 6 + ["run"] * 2
    assert found.cells("release_bundle") == ["release-2025.06.1"] * 8
    assert found.cells("tool_selected")[:2] == ["lookup_order"] * 2
    assert "“boom” has a score on 4 of 6 rows" in " ".join(found.sentences("unscored"))
