"""Langfuse's experiments and datasets: results with their scores, cases, and rows that only name traces."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import QuestionsOpen
from core.evidence.columns import Kind
from core.intake.answers import Answers, FeedbackRule
from core.intake.pass_rule import PassRule

SAMPLES = "samples/evals/langfuse"
RULE = Answers(pass_rule=PassRule(column="answer_correctness", at_least=0.8))


def score(name: str, kind: str, value: Any, source: str = "EVAL") -> dict[str, Any]:
    return {"name": name, "dataType": kind, "value": value, "source": source}


def item(number: int = 1, **other: Any) -> dict[str, Any]:
    """One item of an experiment as the API gives it."""
    return {
        "id": f"obs{number}", "traceId": f"t{number}", "startTime": "2026-06-03T10:00:00.000Z",
        "endTime": "2026-06-03T10:00:01.700Z", "level": "DEFAULT", "experimentId": "run1",
        "experimentName": "r1", "experimentItemId": f"C-{number}", "experimentDatasetId": "ds1",
        "input": {"query": "Where?"}, "output": "Here.", "expectedOutput": {"expected_tool": "get_order"},
        "scores": [score("correct", "NUMERIC", 0.9)], **other,
    }  # fmt: skip


def page(*rows: dict[str, Any], **meta: Any) -> str:
    return json.dumps({"data": rows, "meta": meta})


def test_items_of_an_experiment(read: Any, shared: Path) -> None:
    found = read(shared / SAMPLES / "experiment_items_api.json", RULE)
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.EVALS, "langfuse", 2, 2)
    good, failed = found.table.to_pylist()
    assert (good["eval_run_id"], good["case_id"], good["attempt"]) == ("run1", "C-001", 0)
    assert (good["query"], good["response"]) == ("Where is my order 1042?", "Order 1042 shipped on 3 June")
    assert (good["latency_ms"], good["source_trace"], good["suite_version"]) == (1_700, "tr_e1", "ds1")
    assert json.loads(good["metrics"]) == {"answer_correctness": 0.9}
    assert (good["passed"], good["human_label"], good["error"]) == (True, True, None)
    assert (failed["case_id"], failed["passed"], failed["error_kind"]) == ("C-005", None, "run")
    assert failed["response"] is None


def test_the_pass_rule_is_asked_for(read: Any, shared: Path) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(shared / SAMPLES / "experiment_items_api.json")
    assert [question.key for question in asked.value.questions] == ["pass_rule"]


def test_what_scores_become(read: Any) -> None:
    scores = [
        score("share", "NUMERIC", 0.5), score("yes", "BOOLEAN", True), score("no", "BOOLEAN", False),
        {"name": "tone", "dataType": "CATEGORICAL", "value": 0, "stringValue": "rude", "source": "EVAL"},
        {"name": "verdict", "dataType": "CATEGORICAL", "value": 0, "stringValue": "pass", "source": "EVAL"},
        score("grade", "NUMERIC", 1, "ANNOTATION"), score("ok", "BOOLEAN", False, "ANNOTATION"),
    ]  # fmt: skip
    rule = Answers(pass_rule=PassRule(column="share", at_least=0.5))
    found = read(page(item(scores=scores)), rule, name="items.json")
    metrics = {"share": 0.5, "yes": 1, "no": 0, "verdict": 1, "grade": 1}
    assert json.loads(found.cells("metrics")[0]) == metrics
    assert found.cells("human_label") == [False]
    assert found.cells("tools_expected") == [["get_order"]]
    assert "unscored" in found.warned


def test_people_who_disagree_said_nothing(read: Any) -> None:
    said = [score("a", "BOOLEAN", True, "ANNOTATION"), score("b", "BOOLEAN", False, "ANNOTATION")]
    rule = Answers(pass_rule=PassRule(column="c", at_least=1))
    found = read(page(item(scores=[*said, score("c", "NUMERIC", 1)])), rule, name="items.json")
    assert found.cells("human_label") == [None]
    assert "labels_disagree" in found.warned


def test_a_run_that_failed_has_no_score(read: Any) -> None:
    rule = Answers(pass_rule=PassRule(column="correct", at_least=0.5))
    failed = item(2, level="ERROR", statusMessage="timed out")
    found = read(page(item(), failed), rule, name="items.json")
    assert found.cells("passed") == [True, None]
    assert found.cells("error") == [None, "timed out"]
    assert found.cells("metrics")[1] is None
    assert "errored_scores" in found.warned


def test_our_own_case_ids_stand_first_and_repeats_are_numbered(read: Any) -> None:
    rule = Answers(pass_rule=PassRule(column="correct", at_least=0.5))
    own = {"experimentItemMetadata": {"case_id": "CASE-7"}}
    found = read(page(item(1, **own), item(2, **own, traceId="t9")), rule, name="items.json")
    assert found.cells("case_id") == ["CASE-7", "CASE-7"]
    assert found.cells("attempt") == [0, 1]


def test_more_pages_are_told(read: Any) -> None:
    rule = Answers(pass_rule=PassRule(column="correct", at_least=0.5))
    assert "more_pages" in read(page(item(), cursor="next"), rule, name="items.json").warned


def test_a_table_of_items_is_the_same(read: Any) -> None:
    rule = Answers(pass_rule=PassRule(column="correct", at_least=0.5))
    rows = [item(1), item(2)]
    target = io.StringIO()
    writer = csv.DictWriter(target, list(rows[0]))
    writer.writeheader()
    for row in rows:
        writer.writerow({key: json.dumps(one) if isinstance(one, dict | list) else one
                         for key, one in row.items()})  # fmt: skip
    plain, drawn = read(page(*rows), rule, name="items.json"), read(target.getvalue(), rule)
    for column in ("case_id", "query", "response", "passed", "metrics", "latency_ms", "tools_expected"):
        assert drawn.cells(column) == plain.cells(column), column


def test_items_of_a_dataset_are_cases(read: Any, shared: Path) -> None:
    found = read(shared / SAMPLES / "dataset_items.csv")
    report = found.report
    assert (report.kind, report.source, report.read) == (Kind.CASES, "langfuse", 2)
    assert (report.accepted, report.skipped) == (1, 1)
    [case] = found.table.to_pylist()
    assert (case["case_id"], case["suite"], case["part"]) == ("C-001", "support-evals", "gold")
    assert case["query"] == "Where is my order 1042?"
    assert case["ground_truth"] == "Order 1042 shipped on 3 June"
    assert (case["tools_expected"], case["tags"]) == (["lookup_order"], ["orders"])
    assert case["source_run_id"] == "tr_7f3a"
    assert "archived" in found.warned


def test_items_of_a_dataset_quoted_as_before_march_2026(read: Any, shared: Path) -> None:
    text = (shared / SAMPLES / "dataset_items.csv").read_text()
    header, *rows = csv.reader(io.StringIO(text))
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    for row in rows:
        writer.writerow([cell if cell.startswith('"') else json.dumps(cell) for cell in row])
    plain, quoted = read(text), read(target.getvalue())
    assert quoted.cells("row_key") == plain.cells("row_key")


def test_items_of_a_dataset_run_say_plainly_that_they_have_no_outcome(read: Any, shared: Path) -> None:
    found = read(shared / SAMPLES / "dataset_run_items.csv")
    assert (found.report.kind, found.report.source, found.report.accepted) == (Kind.EVALS, "langfuse", 1)
    [row] = found.table.to_pylist()
    assert (row["case_id"], row["source_trace"]) == ("C-001", "tr_e1")
    assert row["eval_run_id"] == "support-evals (run items)"
    assert row["suite_version"] == "support-evals"
    assert (row["passed"], row["response"], row["metrics"]) == (None, None, None)
    assert {"no_outcome", "needs_traces", "no_run_name"} <= set(found.warned)
    assert (found.report.scored_elsewhere, found.report.pass_rule) == (True, None)


def test_a_dataset_run_of_the_api(read: Any) -> None:
    run = {
        "id": "run-1", "name": "nightly", "datasetName": "support",
        "datasetRunItems": [{"id": "ri1", "datasetItemId": "C-1", "traceId": "t1"},
                            {"id": "ri2", "datasetItemId": "C-2", "traceId": "t2", "datasetRunId": "own"}],
    }  # fmt: skip
    found = read(json.dumps(run, indent=1), name="run.json")
    ending = " (run items)"
    assert found.cells("eval_run_id") == [f"run-1{ending}", f"own{ending}"]
    assert found.cells("source_trace") == ["t1", "t2"]
    assert "no_run_name" not in found.warned


def test_items_without_results_replace_no_result(read: Any, tmp_path: Path) -> None:
    rule = Answers(pass_rule=PassRule(column="correct", at_least=0.5))
    results = read(page(item()), rule, name="items.json")
    known = results.known_keys(tmp_path / "known.npz")
    run = {"id": "ri", "datasetItemId": "C-1", "traceId": "t1", "datasetRunId": "run1", "createdAt": None}
    found = read(page(run), name="run.json", known_keys=known)
    assert (found.report.accepted, found.report.updated) == (1, 0)


def test_scores_of_the_same_folder_are_scores(read: Any, shared: Path) -> None:
    none = Answers(feedback=FeedbackRule(score=""))
    report = read(shared / SAMPLES / "scores.csv", none).report
    assert (report.kind, report.accepted, report.rejected) == (Kind.SCORES, 2, 1)


ODD = [None, "", 0, -1, 1e300, True, [], {}, "x", [1], {"name": None}, [{"name": [], "value": {}}], "{"]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_whatever_stands_in_a_field_nothing_breaks(read: Any, odd: Any) -> None:
    rule = Answers(pass_rule=PassRule(column="correct", at_least=0.5))
    rows = [item(99), *(item(place, **{name: odd}) for place, name in enumerate(item()))]
    report = read(page(*rows), rule, name="items.json").report
    said = report.accepted + report.duplicate + report.updated + report.rejected + report.skipped
    assert report.read == said == len(rows)


def test_the_same_file_again_adds_nothing(read: Any, tmp_path: Path) -> None:
    rule = Answers(pass_rule=PassRule(column="correct", at_least=0.5))
    first = read(page(item()), rule, name="items.json")
    again = read(page(item()), rule, name="items.json", known_keys=first.known_keys(tmp_path / "k.npz"))
    assert (again.report.accepted, again.report.duplicate) == (0, 1)
