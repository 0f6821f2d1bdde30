"""promptfoo: results in every form and version, and files of tests: what each of them becomes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UnreadableFile
from core.evidence.columns import Kind
from core.intake.answers import Answers
from core.intake.cell_terms import Reading
from core.intake.doubts import Doubts, Notices
from core.intake.feedback import Feedback
from core.intake.job import Limits
from core.intake.report import Outcomes
from core.intake.sources.promptfoo import Results
from core.intake.sources.run_facts import Facts
from core.intake.sources.source import Context
from core.intake.tables import Chunk

SAMPLES = "samples/evals/promptfoo"
EIGHT_OF_24 = Outcomes(
    total=24, passed=8, failed=12, run_errors=4, judge_errors=0, limit_errors=0, unscored=0
)


def told(found: Any) -> tuple[int, ...]:
    report = found.report
    assert (
        report.read == report.accepted + report.duplicate + report.updated + report.rejected + report.skipped
    )
    return (report.read, report.accepted, report.rejected, report.skipped)


def row(**more: Any) -> dict[str, Any]:
    """One result of version 3."""
    return {
        "success": True, "score": 1, "failureReason": 0, "namedScores": {}, "latencyMs": 20, "cost": 0.002,
        "gradingResult": {"pass": True, "score": 1, "componentResults": []},
        "vars": {"query": "Where is it?"}, "provider": {"id": "openai:gpt-x", "label": ""},
        "prompt": {"raw": "Answer: Where is it?", "label": "v7"}, "testIdx": 0, "promptIdx": 0,
        "response": {"output": "There.", "tokenUsage": {"total": 12}}, "testCase": {},
        **more,
    }  # fmt: skip


def document(*rows: Any, stats: dict[str, int] | None = None, **more: Any) -> dict[str, Any]:
    results = {"version": 3, "timestamp": "2026-11-20T15:05:10.672Z", "prompts": [], "results": list(rows)}
    return {
        "evalId": "eval-1",
        "results": results | ({"stats": stats} if stats else {}),
        "config": {},
        **more,
    }


def read_rows(read: Any, *rows: Any, **more: Any) -> Any:
    return read(json.dumps(document(*rows, **more)), name="out.json")


# The shared samples


def test_results_as_json(shared: Path, read: Any, tmp_path: Path) -> None:
    path = shared / SAMPLES / "v3_0.121.20" / "out.json"
    found = read(path)
    report = found.report
    assert (report.kind, report.source) == (Kind.EVALS, "promptfoo")
    assert "promptfoo" in report.because
    assert told(found) == (24, 24, 0, 0)
    assert report.outcomes == EIGHT_OF_24
    assert set(found.cells("eval_run_id")) == {"eval-UsT-2026-11-20T15:05:10"}
    assert set(found.cells("started_at")) == {datetime(2026, 11, 20, 15, 5, 10, 672_000, tzinfo=UTC)}
    assert found.cells("case_id") == [f"C-00{1 + place // 4}" for place in range(24)]
    assert found.cells("attempt") == [0, 1, 2, 3] * 6
    assert found.cells("suite_version") == ["3"] * 24
    assert set(found.cells("release_bundle")) == {"echo / support-v7", "agent-2025.06.1 / support-v7"}
    second = {name: found.cells(name)[1] for name in found.table.column_names}
    assert second["passed"] is True
    assert second["query"] == "Where is my order 1042?"
    assert second["response"] == "Order 1042 shipped on 3 June"
    assert (second["tool_selected"], second["tools_expected"]) == ("lookup_order", ["lookup_order"])
    assert (second["latency_ms"], second["cost_usd"], second["tokens"]) == (24.0, 0.0021, 150)
    assert json.loads(second["metrics"]) == {"answer_correctness": 1, "tool_selection": 1}
    assert second["judge"] == "icontains, javascript"
    # An ordinary failure has its reason under “error”, and is no error.
    assert (found.cells("passed")[0], found.cells("error")[0], found.cells("score")[0]) == (False, None, 0.0)
    assert (found.cells("cost_usd")[0], found.cells("tokens")[0]) == (None, None)
    errors = [place for place, kind in enumerate(found.cells("error_kind")) if kind == "run"]
    assert errors == [16, 18, 20, 22]
    assert found.cells("error")[16] == "API error: 504 upstream CRM timed out"
    assert [found.cells(name)[16] for name in ("passed", "score", "metrics")] == [None, None, None]
    assert not found.sentences("summary_mismatch")
    assert "2 providers or prompts" in found.sentences("several_releases")[0]
    again = read(path, known_keys=found.known_keys(tmp_path / "known.npz")).report
    assert (again.accepted, again.duplicate) == (0, 24)


def test_results_as_json_lines(shared: Path, read: Any) -> None:
    found = read(shared / SAMPLES / "v3_0.121.20" / "out.jsonl")
    assert (found.report.source, found.report.outcomes) == ("promptfoo", EIGHT_OF_24)
    assert found.cells("case_id")[::4] == [f"C-00{place}" for place in range(1, 7)]
    assert found.cells("eval_run_id")[0].startswith("run-")
    assert found.cells("started_at") == [None] * 24


def test_the_newest_csv(shared: Path, read: Any) -> None:
    found = read(shared / SAMPLES / "v3_0.121.20" / "out.csv")
    assert (found.report.source, found.report.outcomes) == ("promptfoo", EIGHT_OF_24)
    assert told(found) == (24, 24, 0, 0)
    assert found.cells("case_id")[:4] == ["C-001 order status"] * 4
    assert found.cells("release_bundle")[:2] == ["agent-2025.06.1 / support-v7", "echo / support-v7"]
    assert found.cells("passed")[:2] == [True, False]
    assert found.cells("error_kind")[16:20] == ["run", None, "run", None]
    assert found.cells("response")[16] is None
    assert json.loads(found.cells("metrics")[0]) == {"answer_correctness": 1, "tool_selection": 1}
    assert found.cells("latency_ms") == [None] * 24
    assert "latency, cost, tokens" in found.sentences("csv_says_less")[0]


def test_the_csv_of_version_0_80(shared: Path, read: Any) -> None:
    found = read(shared / SAMPLES / "v2_0.80.3" / "out.csv")
    outcomes = Outcomes(
        total=24, passed=6, failed=12, run_errors=6, judge_errors=0, limit_errors=0, unscored=0
    )
    assert found.report.outcomes == outcomes
    assert found.cells("response")[:2] == [
        "Order 1042 shipped on 3 June", "You are a support agent. Answer: Where is my order 1042?",
    ]  # fmt: skip
    assert found.cells("score")[:2] == [0.5, 0.0]
    assert json.loads(found.cells("metrics")[0]) == {"answer_correctness": 1, "tool_selection": 0}
    assert found.cells("case_id")[0] == found.cells("case_id")[3] != found.cells("case_id")[4]
    assert found.cells("error")[16] == "API error: 504 upstream CRM timed out"


def test_the_same_results_as_yaml_and_as_xml(shared: Path, read: Any) -> None:
    whole = json.loads((shared / SAMPLES / "v3_0.121.20" / "out.json").read_text())
    by_json = read(json.dumps(whole), name="out.json")
    by_yaml = read(yaml.safe_dump(whole, sort_keys=False, allow_unicode=True), name="out.yaml")
    by_xml = read(as_xml(whole), name="out.xml")
    for other in (by_yaml, by_xml):
        assert (other.report.source, other.report.outcomes) == ("promptfoo", EIGHT_OF_24)
        for name in ("key", "passed", "score", "metrics", "response", "latency_ms", "cost_usd", "judge",
                     "tools_expected", "started_at", "release_bundle", "error", "error_kind"):  # fmt: skip
            assert other.cells(name) == by_json.cells(name), name


def as_xml(whole: dict[str, Any]) -> str:
    """As promptfoo writes it: lists are repeated elements, and everything is text."""

    def element(name: str, value: Any) -> str:
        if isinstance(value, list):
            return "".join(element(name, one) for one in value)
        if isinstance(value, dict):
            return f"<{name}>{''.join(element(key, one) for key, one in value.items())}</{name}>"
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        return f"<{name}>{escape(text)}</{name}>"

    kept = {name: whole[name] for name in ("evalId", "results", "config", "shareableUrl")}
    return element("promptfoo", kept)


def test_the_hostile_strings_are_a_list_without_rows(shared: Path, read: Any) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(shared / SAMPLES / "hostile_strings.json")
    assert refused.value.sentence == "No row of the file can be read; row 1: The row is not a JSON object."


# Verdicts


JUDGE_CRASHED = {
    "pass": False, "score": 0, "reason": "Could not extract JSON",
    "componentResults": [
        {"pass": True, "score": 1, "assertion": {"type": "icontains", "metric": "fact"}},
        {"pass": False, "score": 0, "reason": "Could not extract JSON from llm-rubric",
         "assertion": {"type": "llm-rubric", "metric": "tone", "provider": "openai:judge"},
         "metadata": {"graderError": True}},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "passed", "kind", "error"),
    [
        ({}, True, None, None),
        ({"success": False, "score": 0, "failureReason": 1, "error": "Expected “x”"}, False, None, None),
        ({"success": False, "failureReason": 2, "error": "boom", "gradingResult": None}, None, "run", "boom"),
        ({"success": False, "failureReason": 0, "response": {"error": "504"}}, None, "run", "504"),
        ({"success": True, "failureReason": 0, "response": {"error": "504"}}, None, "run", "504"),
        ({"success": False, "failureReason": 0, "error": "boom", "gradingResult": None}, None, "run", "boom"),
        ({"success": False, "failureReason": 0, "gradingResult": None}, False, None, None),
        ({"success": False, "failureReason": 1, "gradingResult": JUDGE_CRASHED}, None, "judge",
         "Could not extract JSON from llm-rubric"),
        ({"success": True, "gradingResult": JUDGE_CRASHED}, True, None, None),
    ],
)  # fmt: skip
def test_three_outcomes(
    read: Any, more: dict[str, Any], passed: bool | None, kind: str | None, error: str | None
) -> None:
    found = read_rows(read, row(**more))
    assert (found.cells("passed"), found.cells("error_kind"), found.cells("error")) == (
        [passed],
        [kind],
        [error],
    )


def test_a_result_without_a_verdict_beside_others_is_never_scored(read: Any) -> None:
    found = read_rows(read, row(), row(success=None))
    assert (found.cells("passed"), "missing_values" in found.warned) == ([True, None], True)


def test_the_score_of_a_judge_that_failed_is_no_score(read: Any) -> None:
    crashed = row(success=False, gradingResult=JUDGE_CRASHED, namedScores={"fact": 1, "tone": 0}, score=0.5)
    found = read_rows(read, crashed)
    assert json.loads(found.cells("metrics")[0]) == {"fact": 1}
    assert found.cells("score") == [None]
    assert found.cells("judge") == ["icontains, llm-rubric (openai:judge)"]


def test_a_person_s_thumb_is_a_human_label(read: Any) -> None:
    components = [
        {"pass": False, "score": 0, "assertion": {"type": "human"}},
        {"pass": True, "assertion": {"type": "equals"}},
    ]
    rated = row(
        success=False,
        failureReason=1,
        gradingResult={"pass": False, "comment": "no", "componentResults": components},
    )
    found = read_rows(read, rated, row())
    assert found.cells("human_label") == [False, None]
    assert found.cells("judge") == ["equals", None]


def test_what_was_not_measured_is_unknown(read: Any) -> None:
    cached = row(latencyMs=3, cost=0, response={"output": "x", "cached": True, "tokenUsage": {"total": 0}})
    found = read_rows(read, row(latencyMs=0), cached)
    assert found.cells("latency_ms") == [None, None]
    assert found.cells("cost_usd") == [0.002, None]
    assert found.cells("tokens") == [12, None]


def test_outputs_that_are_no_text(read: Any) -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "refund", "arguments": "{}"}}]
    outputs = [calls, {"tool_calls": calls, "content": "Done"}, ""]
    found = read_rows(read, *(row(response={"output": output}) for output in outputs))
    assert found.cells("tool_selected") == ["refund", "refund", None]
    assert found.cells("tools_called") == [["refund"], ["refund"], None]
    assert json.loads(found.cells("response")[0]) == calls
    assert found.cells("response")[1:] == ["Done", None]


@pytest.mark.parametrize(
    ("more", "case_id"),
    [
        ({"metadata": {"case_id": "C-1"}, "testCase": {"description": "refund"}}, "C-1"),
        ({"testCase": {"description": "refund", "metadata": {"case_id": 7}}}, "7"),
        ({"testCase": {"description": "refund"}}, "refund"),
    ],
)
def test_ids_of_cases(read: Any, more: dict[str, Any], case_id: str) -> None:
    assert read_rows(read, row(**more)).cells("case_id") == [case_id]


def test_cases_without_an_id_are_known_by_their_variables(read: Any) -> None:
    texts = [{"query": "a", "n": 1}, {"n": "1", "query": "a", "empty": None}, {"query": "b"}]
    found = read_rows(read, *(row(vars=one) for one in texts), row(vars={}), row(vars={}))
    ids = found.cells("case_id")
    assert ids[0] == ids[1] != ids[2]
    assert found.cells("attempt")[:3] == [0, 1, 0]
    assert ids[3:] == ["result 4", "result 5"]
    assert found.sentences("case_by_place")[0].endswith(": 2.")


def test_one_description_for_several_tests_is_told(read: Any) -> None:
    found = read_rows(read, *(row(vars={"q": one}, testCase={"description": "refunds"}) for one in "aab"))
    assert found.cells("attempt") == [0, 1, 2]
    assert found.sentences("shared_description")[0].startswith(
        "Descriptions that several different tests share"
    )


@pytest.mark.parametrize(
    ("variables", "query"),
    [
        ({"question": "Why?", "context": "c"}, "Why?"), ({"q": "Why?"}, "Why?"),
        ({"a": "1", "b": "2"}, "Answer: Where is it?"),
        ({"query": "{{ '{{' }} env.HOME {{ '}}' }}"}, "{{ env.HOME }}"),
    ],
)  # fmt: skip
def test_the_question(read: Any, variables: dict[str, str], query: str) -> None:
    assert read_rows(read, row(vars=variables)).cells("query") == [query]


@pytest.mark.parametrize(
    ("stats", "is_told"),
    [
        ({"successes": 2, "failures": 1, "errors": 1}, False),
        ({"successes": 98, "failures": 2, "errors": 0}, True),
        ({"successes": 2, "failures": 2}, False),
        ({"successes": 3, "failures": 1}, True),
    ],
)
def test_sums_that_are_not_those_of_the_rows_are_told_and_not_used(
    read: Any, stats: dict[str, int], is_told: bool
) -> None:
    failed = row(success=False, failureReason=1)
    found = read_rows(read, row(), row(), failed, row(success=False, failureReason=2), stats=stats)
    assert bool(found.sentences("summary_mismatch")) == is_told
    if stats.get("successes") == 98:
        assert found.sentences("summary_mismatch") == [
            "The file's own summary says 98 passed, 2 failed, 0 errors; its rows say 2 passed, 1 failed,"
            " 1 errors. The rows count."
        ]


def test_the_corpus(shared: Path, read: Any) -> None:
    errors = read(shared / "corpus" / "json_019_promptfoo_errors.json")
    assert errors.cells("passed") == [True, False, None, None]
    assert errors.sentences("errors_unscored")
    differing = read(shared / "corpus" / "json_020_stats_disagree.json")
    assert differing.cells("passed") == [True, False]
    assert differing.sentences("summary_mismatch")


def test_version_2_has_no_word_for_errors(read: Any) -> None:
    old = {"success": False, "score": 0, "vars": {"query": "q"}, "prompt": {"raw": "q", "display": "v1"},
           "provider": "openai:gpt-4", "latencyMs": 5}  # fmt: skip
    rows = [
        {**old, "error": "API error: 504"},
        {**old, "error": "Expected x", "gradingResult": {"pass": False, "score": 0}},
        {**old, "success": True, "score": 1, "gradingResult": {"pass": True, "score": 1}},
    ]
    whole = {
        "results": {"version": 2, "results": rows, "stats": {"successes": 1, "failures": 2},
                    "table": {"head": {"vars": ["query"]}, "body": [{"outputs": [], "vars": ["q"]}]}},
        "config": {"tests": "file://tests.csv"},
    }  # fmt: skip
    found = read(json.dumps(whole), name="out.json")
    assert found.cells("passed") == [None, False, True]
    assert found.cells("release_bundle") == ["openai:gpt-4 / v1"] * 3
    assert found.cells("suite_version") == ["file://tests.csv"] * 3
    assert found.cells("eval_run_id")[0].startswith("run-")
    assert not found.sentences("summary_mismatch")


def test_score_one_is_no_pass_where_the_file_says_otherwise(read: Any) -> None:
    assert read_rows(read, row(success=False, score=1, failureReason=1)).cells("passed") == [False]


# CSV


def test_the_csv_of_version_0_24_has_json_headers_and_outputs_first(read: Any) -> None:
    header = '"{""raw"":""Answer {{query}}"",""display"":""v1""}",query\n'
    found = read(
        header + '[PASS] (1.00) Fine.,What?\n"[FAIL] (0.50) Expected x\n---\nBad.",Why?\n', name="out.csv"
    )
    assert found.cells("passed") == [True, False]
    assert found.cells("response") == ["Fine.", "Bad."]
    assert found.cells("score") == [1.0, 0.5]
    assert found.cells("query") == ["What?", "Why?"]
    assert found.cells("release_bundle") == ["v1", "v1"]


NEW_CSV = (
    "query,[p] v1,Status,Score,Named Scores,Grader Reason,Comment,Messages,pluginId,strategyId\n"
    "'=SUM(1),'-1 it is,PASS,1.00,,fine,,[],harmful,jailbreak\n"
    '\'quoted,"\'tis so",FAIL,0.25,"{""tone"":0.25}",bad,,,,\n'
    "late,,ERROR,0.00,,no answer,,,,\n"
    "not run,,,,,,,,,\n"
)


def test_quotes_before_formulas_are_taken_off_and_red_team_columns_are_no_variables(read: Any) -> None:
    found = read(NEW_CSV, name="out.csv")
    assert told(found) == (3, 3, 0, 0)
    assert found.cells("query") == ["=SUM(1)", "'quoted", "late"]
    assert found.cells("response") == ["-1 it is", "'tis so", None]
    assert found.cells("passed") == [True, False, None]
    assert found.cells("task_type") == ["harmful", None, None]
    assert found.cells("error") == [None, None, "no answer"]
    assert found.cells("row") == [2, 3, 4]
    assert json.loads(found.cells("metrics")[1]) == {"tone": 0.25}


def test_rows_with_more_cells_than_the_header_are_rejected(read: Any) -> None:
    found = read(NEW_CSV + "a,b,PASS,1.00,,,,,,,too many\n", name="out.csv")
    assert (told(found), found.codes) == ((4, 3, 1, 0), ["too_many_fields"])


# Robustness


NAMES = sorted({*row(), "metadata", "error", "evalId", "stats", "verdict"})
INNER = st.sampled_from(["metadata", "id", "pass", "assertion", "assert", "type", "name", "output", "total"])
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
ODD = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(INNER, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(NAMES), ODD, min_size=1), min_size=1, max_size=3))
def test_no_row_can_break_the_reading(rows: list[dict[str, Any]]) -> None:
    reading = Reading(Answers(), Limits(), Doubts(), Notices())
    source = Results("x", Context(Feedback(reading, ()), Facts(reading), reading.notices))
    headers = {name: None for one in rows for name in one}
    cells = {
        name: [
            None
            if one.get(name) is None
            else one[name]
            if isinstance(one[name], str)
            else json.dumps(one[name])
            for one in rows
        ]
        for name in headers
    }
    taken = source.take(Chunk(rows=list(range(1, len(rows) + 1)), cells=cells))
    source.tell()
    assert len(taken.chunk.rows) == len(rows)


@pytest.mark.parametrize("odd", [None, 1, "text", [], [row()]])
def test_rows_that_are_no_objects_are_rejected(read: Any, odd: Any) -> None:
    found = read_rows(read, row(), odd)
    assert (told(found), found.codes) == ((2, 1, 1, 0), ["not_an_object"])
