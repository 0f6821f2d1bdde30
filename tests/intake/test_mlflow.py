"""MLflow: traces of version 2 and 3 in every form they are saved in, and the tables of its evaluations."""

import base64
import copy
import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
from core.intake.sources import mlflow
from core.intake.sources.run_facts import Facts
from core.intake.sources.source import Context, Head
from core.intake.tables import Chunk

FILE = Path(__file__).parent / "files" / "mlflow" / "traces.jsonl"
TRACES: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
A, B, C = (trace["info"]["trace_id"] for trace in TRACES)

RULE = FeedbackRule(score="user_feedback", accepted=("true",), rejected=("false",))
NOTHING_MORE = {"tags.phase": "", "trace_metadata.phase": ""}
ANSWERED = Answers(feedback=RULE, facts=NOTHING_MORE)


def is_accounted_for(report: Any) -> bool:
    counted = (report.accepted, report.duplicate, report.updated, report.rejected, report.skipped)
    return report.read == sum(counted)


def in_columns(trace: dict[str, Any]) -> dict[str, Any]:
    """The row of search_traces, version 3; the columns after the second are as Python writes them."""
    info = trace["info"]
    time = datetime.fromisoformat(info["request_time"])
    return {
        "trace_id": info["trace_id"],
        "trace": json.dumps(trace),
        "client_request_id": None,
        "state": info["state"],
        "request_time": int(time.timestamp() * 1000),
        "execution_duration": info.get("execution_duration_ms"),
        "request": str(json.loads(info["request_preview"])) if "{" in info["request_preview"] else "x",
        "response": str(info["response_preview"]),
        "trace_metadata": str(info["trace_metadata"]),
        "tags": str(info["tags"]),
        "spans": str(trace["data"]["spans"]),
        "assessments": str(info.get("assessments", [])),
    }


def as_csv(rows: list[dict[str, Any]]) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def hexadecimal(base64_id: str | None) -> str | None:
    return None if base64_id is None else "0x" + base64.b64decode(base64_id).hex()


def of_version_2(trace: dict[str, Any]) -> dict[str, Any]:
    """The same trace as MLflow 2 wrote it."""
    info, data = trace["info"], trace["data"]
    return {
        "info": {
            "request_id": info["trace_id"],
            "experiment_id": "1",
            "timestamp_ms": int(datetime.fromisoformat(info["request_time"]).timestamp() * 1000),
            "execution_time_ms": info.get("execution_duration_ms"),
            "status": info["state"],
            "request_metadata": info["trace_metadata"],
            "tags": info["tags"],
            "assessments": info.get("assessments", []),
        },
        "data": {
            "spans": [
                {
                    "name": span["name"],
                    "context": {"span_id": hexadecimal(span["span_id"]), "trace_id": "0x1"},
                    "parent_id": hexadecimal(span["parent_span_id"]),
                    "start_time": span["start_time_unix_nano"],
                    "end_time": span["end_time_unix_nano"],
                    "status_code": span["status"]["code"].removeprefix("STATUS_CODE_"),
                    "status_message": span["status"]["message"],
                    "attributes": span["attributes"],
                    "events": span["events"],
                }
                for span in data["spans"]
            ],
            "request": info["request_preview"],
            "response": info["response_preview"],
        },
    }


ROWS = [in_columns(trace) for trace in TRACES]
COLUMNS = {name: {str(place + 7): row[name] for place, row in enumerate(ROWS)} for name in ROWS[0]}
SPLIT = {"columns": list(ROWS[0]), "index": [7, 8, 9], "data": [list(row.values()) for row in ROWS]}

FORMS: dict[str, tuple[str, str]] = {
    "to_json, one a line": ("traces.jsonl", FILE.read_text("utf-8")),
    "to_dict, a list": ("traces.json", json.dumps(TRACES)),
    "printed with indents": ("traces.json", json.dumps(TRACES, indent=2)),
    "of the REST interface": ("traces.json", json.dumps({"traces": TRACES, "next_page_token": ""})),
    "version 2": ("traces.jsonl", "\n".join(json.dumps(of_version_2(trace)) for trace in TRACES)),
    "search_traces as CSV": ("traces.csv", as_csv(ROWS)),
    "search_traces as records": ("traces.json", json.dumps(ROWS)),
    "search_traces as lines": ("traces.jsonl", "\n".join(map(json.dumps, ROWS))),
    "search_traces by columns": ("traces.json", json.dumps(COLUMNS)),
    "search_traces split": ("traces.json", json.dumps(SPLIT)),
}


# Traces


def test_a_trace_with_its_steps_and_assessments(read: Any) -> None:
    found = read(FILE, ANSWERED)
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.TRACES, "mlflow", 3, 3)
    assert report.because == (
        "This is an MLflow file of traces: it has info about a trace and data with its spans."
    )
    assert is_accounted_for(report)
    assert found.cells("run_id") == [A, B, C]
    assert found.cells("started_at")[0] == datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC)
    assert found.cells("session_id") == ["s-1", None, None]
    assert found.cells("user_id") == ["u-1", "u-2", None]
    assert found.cells("route") == ["billing-helper"] * 3
    assert found.cells("query")[:2] == ["Why two charges?", "Cancel it!"]
    assert found.cells("response") == ["The second is a deposit.", None, None]
    assert found.cells("release_bundle") == ["2026.05.1", "m-1", "c0ffee"]
    assert found.cells("prompt_version") == ["billing v4", None, None]
    assert found.cells("user_segment") == ["pilot", None, None]
    assert found.cells("channel") == ["chat", None, None]
    assert found.cells("confidence") == [0.9, None, None]
    assert found.cells("tool_expected") == ["list_charges", None, None]
    assert found.cells("error") == [None, "ToolFailed: refund", None]


def test_the_steps_of_a_trace(read: Any) -> None:
    steps = read(FILE, ANSWERED).part(Kind.SPANS)
    by_id = {step["span_id"]: step for step in steps}
    assert len(steps) == len(by_id) == 8
    assert {step["run_id"] for step in steps} == {A, B}
    first, call, tool, search = (by_id[digit * 16] for digit in "1234")
    assert [first["parent_id"], call["parent_id"], search["parent_id"]] == [None, "1" * 16, "3" * 16]
    assert [one["span_kind"] for one in (first, call, tool, search)] == ["agent", "llm", "tool", "retriever"]
    assert (first["input"], first["output"]) == ("Why two charges?", "The second is a deposit.")
    assert (call["model"], call["input_tokens"], call["output_tokens"]) == ("m-small", 900, 30)
    assert call["cost_usd"] == 0.002
    assert (call["tools_considered"], call["tools_called"]) == (["list_charges", "refund"], ["list_charges"])
    assert search["retrieved_ids"] == ["kb-7", "kb-9"]
    assert (tool["ended_at"] - tool["started_at"]).total_seconds() == 0.09
    assert by_id["23" * 8]["error"] == "TimeoutError: no answer"


def test_feedback_becomes_scores_and_only_what_is_valid_counts(read: Any) -> None:
    found = read(FILE, ANSWERED)
    scores = {score["score_id"]: score for score in found.part(Kind.SCORES)}
    assert set(scores) == {"a-1", "a-2", "a-3"}
    assert (scores["a-1"]["value"], scores["a-1"]["user_feedback"]) == (1, "accepted")
    assert (scores["a-1"]["author"], scores["a-1"]["comment"]) == ("ada@example.com", "clear")
    assert (scores["a-1"]["span_id"], scores["a-2"]["span_id"]) == (None, "2" * 16)
    assert scores["a-1"]["scored_at"] == datetime(2026, 5, 28, 20, 31, tzinfo=UTC)
    assert (scores["a-2"]["value"], scores["a-2"]["source"], scores["a-2"]["author"]) == (0.75, "EVAL", None)
    assert (scores["a-3"]["value"], scores["a-3"]["label"]) == (None, "curt")
    assert found.sentences("unscored") == ["Feedback without a value, because its judge failed, left out: 1."]


def test_a_persons_feedback_is_asked_about(read: Any) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(FILE)
    (question,) = [one for one in asked.value.questions if one.key == "feedback"]
    assert list(question.options) == ["user_feedback", ""]
    assert question.samples == ("true",)


def test_what_steps_do_not_say_comes_from_the_trace(read: Any) -> None:
    found = read(FILE, ANSWERED)
    assert found.cells("input_tokens") == [None, None, 950]
    assert found.cells("output_tokens") == [None, None, 40]
    assert found.cells("cost_usd") == [None, None, None], "a cost of 0 with tokens is unknown"
    assert found.cells("latency_ms") == [None, None, None]
    without = copy.deepcopy(TRACES[0])
    without["data"]["spans"] = []
    alone = read(json.dumps(without), ANSWERED, name="t.json")
    assert [alone.cells(name) for name in ("input_tokens", "cost_usd", "latency_ms")] == [
        [950], [0.003], [2001],
    ]  # fmt: skip


def test_limits_are_told(read: Any) -> None:
    found = read(FILE, ANSWERED)
    assert "1. Export the traces with their steps" in found.sentences("previews")[0]
    assert "not in this file: 1." in found.sentences("no_steps")[0]
    assert found.sentences("unfinished") == [
        "Traces that were still running when they were exported, without answer and latency: 1."
    ]
    graded = json.dumps(TRACES[1]).replace('"mlflow.traceName"', '"mlflow.eval.requestId"')
    assert "no user: 1." in read(graded, name="t.json").sentences("of_evaluation")[0]
    many = [{**TRACES[1], "info": {**TRACES[1]["info"], "trace_id": f"tr-{n}"}} for n in range(100)]
    assert "exactly 100 traces" in read(json.dumps(many), name="t.json").sentences("row_limit")[0]
    assert read(json.dumps(many[:99]), name="t.json").sentences("row_limit") == []


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same(read: Any, form: str) -> None:
    name, text = FORMS[form]
    lines, other = read(FILE, ANSWERED), read(text, ANSWERED, name=name)
    assert (other.report.kind, other.report.source, other.report.accepted) == (Kind.TRACES, "mlflow", 3)
    for column in lines.table.column_names:
        if column != "row":
            assert other.cells(column) == lines.cells(column), column
    for kind in (Kind.SPANS, Kind.SCORES):
        ours, theirs = ([{**row, "row": 0} for row in found.part(kind)] for found in (lines, other))
        assert theirs == ours


@pytest.mark.parametrize("indent", [None, 2])
def test_one_trace_alone(read: Any, indent: int | None) -> None:
    found = read(json.dumps(TRACES[0], indent=indent), ANSWERED, name="tr-1.json")
    assert (found.report.read, found.report.accepted, found.cells("run_id")) == (1, 1, [A])
    assert len(found.part(Kind.SPANS)) == 6


def test_the_artifact_of_a_trace_has_its_steps_alone(read: Any) -> None:
    found = read(json.dumps(TRACES[0]["data"]), ANSWERED, name="traces.json")
    assert (found.report.source, found.cells("run_id"), found.cells("query")) == (
        "mlflow", [A], ["Why two charges?"],
    )  # fmt: skip
    assert len(found.part(Kind.SPANS)) == 6


def test_a_table_without_its_column_trace_is_read_from_the_others(read: Any) -> None:
    rows = [{name: cell for name, cell in row.items() if name != "trace"} for row in ROWS]
    found = read(as_csv(rows), ANSWERED)
    assert (found.report.source, found.cells("session_id")) == ("mlflow", ["s-1", None, None])
    assert len(found.part(Kind.SPANS)) == 8
    assert len(found.part(Kind.SCORES)) == 3


def test_what_search_gives_without_steps(read: Any) -> None:
    infos = [{**trace["info"], "execution_duration": "0.5s"} for trace in TRACES[:2]]
    for info in infos:
        info.pop("execution_duration_ms")
    found = read(json.dumps({"traces": infos}), ANSWERED, name="search.json")
    assert (found.report.source, found.cells("run_id")) == ("mlflow", [A, B])
    assert found.cells("latency_ms") == [500, 500]
    assert found.cells("cost_usd") == [0.003, None]


def test_a_line_that_is_no_trace_is_refused_and_the_others_stay(read: Any) -> None:
    text = f'{FILE.read_text("utf-8")}{{"info": {{"trace_id": \n["x"]\n{{"info": {{}}, "data": {{}}}}\n\n'
    found = read(text, ANSWERED, name="traces.jsonl")
    assert (found.report.read, found.report.accepted, found.report.rejected) == (6, 3, 3)
    assert sorted(found.codes) == ["bad_json", "missing_id", "row_not_a_record"]
    assert is_accounted_for(found.report)


def test_the_second_upload_of_the_same_file_adds_nothing(read: Any, tmp_path: Path) -> None:
    first = read(FILE, ANSWERED)
    again = read(FILE, ANSWERED, known_keys=first.known_keys(tmp_path / "known.npz"))
    assert (again.report.duplicate, again.report.accepted, again.report.updated) == (3, 0, 0)


def test_other_tables_are_not_taken(read: Any) -> None:
    own = read("trace_id,query,response\nr-1,Why?,Because.\n", Answers(kind=Kind.TRACES))
    assert own.report.source == "canonical"
    assert _recognised({"columns": "", "data": ""}) is None
    assert _recognised({"trace_id": "t", "trace": "a path", "state": "OK"}) is None
    assert _recognised({"case_id": "c", "accuracy/score": "1"}) is None
    assert _recognised({"name/value": "1", "case_id": "c"}) is None


# Evaluations


def genai_rows() -> list[dict[str, Any]]:
    """The table of an evaluation of the three traces, as pandas writes it."""
    scores: list[dict[str, Any]] = [
        {"correct/value": "True", "tool/value": "yes", "grounded/value": "0.8", "expected_tool/value": "x"},
        {"correct/value": "False", "tool/value": "no", "grounded/value": "", "grounded/error_message": "bad"},
        {"correct/value": "maybe", "tool/value": "no", "grounded/error_message": "bad"},
    ]
    rows = []
    for trace, scored in zip(copy.deepcopy(TRACES), scores, strict=True):
        trace["info"]["tags"]["case_id"] = f"C-{len(rows)}"
        trace["info"]["trace_metadata"]["mlflow.sourceRun"] = "run-1"
        rows.append({name: scored.get(name) for name in _SCORES} | in_columns(trace))
    rows[2]["state"] = "OK"
    return rows


_SCORES = ("correct/value", "tool/value", "grounded/value", "expected_tool/value", "grounded/error_message")
CORRECT = Answers(pass_rule=PassRule(column="correct", at_least=1))


@pytest.mark.parametrize("form", [as_csv, json.dumps])
def test_a_genai_evaluation(read: Any, form: Callable[[Any], str]) -> None:
    found = read(form(genai_rows()), CORRECT, name="eval.csv" if form is as_csv else "eval.json")
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.EVALS, "mlflow", 3, 3)
    assert found.cells("eval_run_id") == ["run-1"] * 3
    assert found.cells("case_id") == ["C-0", "C-1", "C-2"]
    assert found.cells("source_trace") == [A, B, C]
    assert [cell and json.loads(cell) for cell in found.cells("metrics")] == [
        {"correct": 1, "grounded": 0.8, "tool": 1}, None, {"tool": 0},
    ]  # fmt: skip
    assert found.sentences("errored_scores") == [
        "Results whose run failed, so that their scores do not count: 1."
    ]
    assert found.cells("passed") == [True, None, None]
    assert found.cells("error_kind") == [None, "run", None]
    assert found.cells("error") == [None, "ToolFailed: refund", None]
    assert found.cells("tools_expected") == [["list_charges"], None, None]
    assert found.cells("tools_called") == [["list_charges"], ["refund"], None]
    assert found.cells("tool_selected") == ["list_charges", "refund", None]
    assert found.cells("human_label") == [True, None, None]
    assert found.cells("latency_ms") == [2000, 500, None]
    assert found.cells("tokens") == [990, None, 990]
    assert found.cells("cost_usd") == [0.003, None, None]
    assert found.cells("judge") == ["judge-1, code", None, None]
    told = found.sentences("unscored")
    assert "Values of “correct” that are no score (a number, yes or no), left out: 1." in told
    assert "“grounded” has a score on 1 of 2 rows" in " ".join(told)


def test_a_case_that_no_judge_could_grade_is_a_judges_error(read: Any) -> None:
    row = genai_rows()[0] | dict.fromkeys(_SCORES) | {"grounded/error_message": "bad"}
    found = read(json.dumps([genai_rows()[0], row | {"trace_id": "tr-9"}]), CORRECT, name="e.json")
    assert found.cells("error_kind") == [None, "judge"]
    assert found.cells("error") == [None, "grounded: bad"]
    assert found.cells("attempt") == [0, 1]


def test_the_same_question_is_the_same_case_where_none_is_named(read: Any) -> None:
    rows = genai_rows()[:2]
    text = json.dumps(rows).replace("case_id", "something")
    answers = CORRECT.model_copy(update={"facts": {"tags.something": ""}})
    cases = read(text, answers, name="e.json").cells("case_id")
    assert len(set(cases)) == 2
    assert read(text, answers, name="other.json").cells("case_id") == cases


MODELS = {
    "columns": ["inputs", "ground_truth", "outputs", "latency", "similar/v1/score",
                "similar/v1/justification", "toxicity/v1/score", "token_count"],
    "data": [["Why two charges?", "Deposit.", "A deposit.", 1.25, 4, "close", 0.01, 9],
             ["Why two charges?", "Deposit.", "No idea.", 0.5, None, "could not grade", 0.5, 7],
             "no row"],
}  # fmt: skip


def test_a_table_of_models_evaluate(read: Any) -> None:
    answers = Answers(pass_rule=PassRule(column="similar/v1", at_least=4))
    found = read(json.dumps(MODELS).replace("/", "\\/"), answers, name="eval_results_table.json")
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.EVALS, "mlflow", 3, 2)
    assert report.rejected == 1
    assert is_accounted_for(report)
    assert found.cells("query") == ["Why two charges?"] * 2
    assert found.cells("response") == ["A deposit.", "No idea."]
    assert found.cells("latency_ms") == [1250, 500]
    assert found.cells("tokens") == [9, 7]
    assert found.cells("attempt") == [0, 1]
    assert found.cells("passed") == [True, None]
    assert json.loads(found.cells("metrics")[0]) == {"similar/v1": 4, "toxicity/v1": 0.01}
    assert found.cells("lower_is_better") == [["toxicity/v1"]] * 2
    assert "“similar/v1” has a score on 1 of 2 rows" in found.sentences("unscored")[0]


def test_the_same_table_as_csv(read: Any) -> None:
    rows = [dict(zip(MODELS["columns"], row, strict=True)) for row in MODELS["data"][:2]]
    answers = Answers(pass_rule=PassRule(column="similar/v1", at_least=4))
    found = read(as_csv(rows), answers)
    assert (found.report.source, found.cells("passed")) == ("mlflow", [True, None])


RECORDS = [
    {
        "dataset_record_id": "dr-1",
        "dataset_id": "d-1",
        "inputs": {"question": "Where is my order?"},
        "expectations": {
            "expected_response": "It arrives tomorrow.",
            "expected_tools": ["get_order"],
            "guidelines": "Names the day.",
        },
        "tags": {"case_id": "C-1", "set": "golden"},
    },
    {
        "dataset_record_id": "dr-2",
        "dataset_id": "d-1",
        "inputs": {"question": "When?"},
        "expectations": {"ground_truth": "At noon."},
        "tags": {},
    },
]


@pytest.mark.parametrize("form", ["lines", "csv"])
def test_a_data_set_gives_test_cases(read: Any, form: str) -> None:
    if form == "lines":
        text = "\n".join(map(json.dumps, RECORDS))
    else:
        written = io.StringIO()
        table = csv.DictWriter(written, list(RECORDS[0]))
        table.writeheader()
        # As pandas writes objects: in the words of Python.
        table.writerows({name: str(cell) for name, cell in record.items()} for record in RECORDS)
        text = written.getvalue()
    found = read(text, name="cases.jsonl" if form == "lines" else "cases.csv")
    assert (found.report.source, found.report.kind, found.report.accepted) == ("mlflow", Kind.CASES, 2)
    assert found.cells("case_id") == ["C-1", "dr-2"]
    assert found.cells("suite") == ["d-1", "d-1"]
    assert found.cells("query") == ["Where is my order?", "When?"]
    assert found.cells("ground_truth") == ["It arrives tomorrow.", "At noon."]
    assert found.cells("tools_expected") == [["get_order"], None]
    assert found.cells("expected_behavior") == ["Names the day.", None]
    assert found.cells("part") == ["golden", None]


# Whatever stands in a file


def _recognised(cells: dict[str, str]) -> Any:
    return mlflow.recognised(Head(cells, "", "file.csv"), _context())


def _context() -> Context:
    reading = Reading(Answers(), Limits(), Doubts(), Notices())
    return Context(Feedback(reading, ()), Facts(reading), reading.notices)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.data(), ANYTHING)
def test_no_value_in_a_trace_raises(data: st.DataObject, value: Any) -> None:
    trace = copy.deepcopy(TRACES[0])
    place: Any = trace
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            place[key] = value
            break
        place = place[key]
    cells = {name: [None if cell is None else json.dumps(cell)] for name, cell in trace.items()}
    for head in ({"layout": "mlflow.traces"}, {"layout": ""}):
        row = {"trace_id": ["t"], "trace": [json.dumps(trace)], "a/value": ["yes"]}
        chosen = cells if head["layout"] else row
        samples = {name: column[0] or "" for name, column in chosen.items()}
        source = mlflow.recognised(Head(samples, head["layout"], "f"), _context())
        if source is not None:
            taken = source.take(Chunk([1], chosen))
            assert len(taken.chunk.rows) <= 1


@pytest.mark.parametrize(
    "spans",
    ["x", 7, None, [None], [[]], [{"attributes": []}], [{"attributes": {"mlflow.spanInputs": "[" * 900}}],
     [{"span_id": "####", "start_time_unix_nano": 10**40, "status": []}], "[" * 900 + "]" * 900],
)  # fmt: skip
def test_odd_steps_do_no_harm(read: Any, spans: Any) -> None:
    trace = copy.deepcopy(TRACES[1])
    trace["data"]["spans"] = spans
    found = read(json.dumps(trace), ANSWERED, name="t.json")
    assert (found.report.accepted, found.cells("run_id")) == (1, [B])


# The samples


@pytest.fixture
def samples(shared: Path) -> Path:
    for folder in ("traces/mlflow", "evals/mlflow"):
        if not (shared / "samples" / folder).is_dir():
            pytest.skip(f"samples/{folder} is not beside this repository")
    return shared / "samples"


def test_the_sample_of_search_traces(read: Any, samples: Path) -> None:
    found = read(samples / "traces/mlflow/local_mlflow_3_17/search_traces.csv", ANSWERED)
    assert (found.report.source, found.report.accepted) == ("mlflow", 4)
    assert found.cells("user_id") == ["u-30", "u-31", "u-17", "u-17"]
    assert found.cells("session_id") == ["sess-3", "sess-4", "sess-1", "sess-1"]
    assert found.cells("query")[0] == 'Können Sie 🙂 \n"ändern"?'
    assert found.cells("release_bundle") == ["2026.05.1"] * 4
    assert found.cells("tool_expected") == [None, None, "search_help_center", None]
    assert found.cells("error") == [None, "Status ERROR without a message", None, None]
    steps = found.part(Kind.SPANS)
    assert len(steps) == 12
    assert sum(step["input_tokens"] or 0 for step in steps) == 4 * 812
    assert [step["error"] for step in steps if step["span_kind"] == "tool" and step["error"]] == [
        "TimeoutError: order service timed out"
    ]
    assert [step["retrieved_ids"] for step in steps if step["span_kind"] == "retriever"] == [
        ["kb-12", "kb-31"]
    ]
    reactions = [score["user_feedback"] for score in found.part(Kind.SCORES) if score["name"] == RULE.score]
    assert reactions == ["rejected", "accepted"]


def test_the_sample_of_a_research_agent(read: Any, samples: Path) -> None:
    (path,) = (samples / "traces/mlflow/ibm_clear").glob("tr-*.json")
    found = read(path, ANSWERED)
    assert (found.report.read, found.report.accepted) == (1, 1)
    assert found.cells("run_id") == [path.stem]
    assert found.cells("user_id") == [None], "the developer is no user"
    assert found.cells("release_bundle") == ["d9b0a67a1133e8d8de94aad01e23e3ec09959e8e"]
    assert (found.cells("response")[0] or "").endswith("moons of Jupiter and Saturn.")
    steps = found.part(Kind.SPANS)
    kinds = [step["span_kind"] for step in steps]
    assert [kinds.count(kind) for kind in ("agent", "chain", "llm", "tool")] == [1, 8, 8, 6]
    assert {step["name"] for step in steps if step["span_kind"] == "tool"} >= {"knowledge_lookup"}
    assert sum(step["input_tokens"] or 0 for step in steps) == 5160
    assert round(sum(step["cost_usd"] or 0 for step in steps), 7) == 0.0027344


def test_the_sample_of_an_evaluation(read: Any, samples: Path) -> None:
    answers = Answers(pass_rule=PassRule(column="answer_correctness", at_least=1))
    found = read(samples / "evals/mlflow/genai_eval_results.csv", answers)
    assert (found.report.kind, found.report.accepted) == (Kind.EVALS, 3)
    assert found.cells("eval_run_id") == ["ae951b415b554aa7a4f79acad07cbb26"] * 3
    assert found.cells("case_id")[0] == "C-001"
    assert found.cells("passed") == [True, False, None]
    assert (found.cells("error_kind")[2], found.cells("error")[2]) == ("run", "RuntimeError: upstream 504")
    assert found.cells("tools_expected") == [["lookup_order"], ["issue_refund"], ["update_address"]]
    assert json.loads(found.cells("metrics")[0]) == {
        "answer_correctness": 1, "groundedness": 0.8, "tool_selection": 1,
    }  # fmt: skip
    assert found.cells("human_label") == [None] * 3, "an expectation is no verdict"
