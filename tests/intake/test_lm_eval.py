"""lm-evaluation-harness: logged samples, one line for each document and filter; summaries are refused."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import UnreadableFile
from core.evidence.columns import Kind
from core.intake.answers import Answers, PassRule

NAME = "samples_gsm8k_2026-11-20T15-28-54.351228.jsonl"
EXACT = Answers(pass_rule=PassRule(column="exact_match", at_least=1))


def line(doc_id: int, score: Any, **changes: Any) -> dict[str, Any]:
    return {
        "doc_id": doc_id,
        "doc": {"question": f"Question {doc_id}?", "answer": "4"},
        "target": "4",
        "arguments": {"gen_args_0": {"arg_0": f"Q: Question {doc_id}?\nA:", "arg_1": {"until": []}}},
        "resps": [["It is 4"]],
        "filtered_resps": ["4"],
        "filter": "strict-match",
        "metrics": ["exact_match"],
        "doc_hash": f"hash-{doc_id}",
        "exact_match": score,
    } | changes


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_the_samples_of_the_sample(read: Any, shared: Path) -> None:
    folder = shared / "samples/evals/lm_eval"
    found = read(folder / "samples_support_2026-11-20T15-28-54.351228.jsonl", EXACT)
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.EVALS, "lm_eval", 2, 2)
    assert found.cells("case_id") == ["C-001", "C-002"]
    assert found.cells("query") == ["Where is my order 1042?", "I want my money back"]
    assert found.cells("response") == ["lol", "lol"]
    assert found.cells("metrics") == ['{"exact_match":0}'] * 2
    assert found.cells("passed") == [False, False]
    assert found.cells("suite_version") == ["support", "support"]
    assert found.cells("started_at")[0] == datetime(2026, 11, 20, 15, 28, 54, 351228, tzinfo=UTC)
    assert found.sentences("repeats_inside") == [
        "Documents that were answered several times, with one score over all their answers: 2. Each counts"
        " as one result."
    ]


def test_a_document_counts_once_whatever_the_filters(read: Any) -> None:
    rows = [
        line(0, 1.0),
        line(0, 0.0, filter="flexible-extract"),
        line(1, 0.0),
        line(1, 1.0, filter="flexible-extract"),
    ]
    found = read(lines(*rows), EXACT, name=NAME)
    report = found.report
    assert (report.read, report.accepted, report.skipped) == (4, 2, 2)
    assert found.cells("case_id") == ["hash-0", "hash-1"]
    assert found.cells("attempt") == [0, 0]
    assert found.cells("passed") == [True, False]
    (sentence,) = found.sentences("other_filters")
    assert sentence.startswith("Rows of the filter “flexible-extract”, left out: 2.")


def test_older_versions_list_the_arguments(read: Any) -> None:
    row = line(0, 1.0, arguments=[["The prompt", {"until": []}]], doc={"x": 1})
    found = read(lines(row), EXACT, name="other.jsonl")
    assert found.cells("query") == ["The prompt"]
    assert found.cells("suite_version") == [None]
    assert found.cells("started_at") == [None]


def test_several_metrics_and_one_that_failed(read: Any) -> None:
    row = line(0, 1, metrics=["exact_match", "bleu", "acc"], bleu=float("nan"), acc=False)
    # A bare NaN is no JSON: it is what the tool writes where a metric failed.
    text = lines(row).replace("NaN", "null")
    assert json.loads(read(text, EXACT, name=NAME).cells("metrics")[0]) == {"exact_match": 1, "acc": 0}


def test_the_summary_is_refused_with_what_to_upload(read: Any) -> None:
    summary = {
        "results": {"support": {"alias": "support", "exact_match,none": 0.5}},
        "configs": {},
        "versions": {},
        "n-shot": {},
        "n-samples": {"support": {"original": 2, "effective": 2}},
    }
    with pytest.raises(UnreadableFile, match="no single case") as refused:
        read(json.dumps(summary, indent=2), name="results_2026.json")
    assert "--log_samples" in refused.value.mend


def test_a_second_import_of_the_same_samples_adds_nothing(read: Any, tmp_path: Path) -> None:
    text = lines(line(0, 1), line(1, 0))
    keys = read(text, EXACT, name=NAME).known_keys(tmp_path / "known.npz")
    again = read(text, EXACT, name=NAME, known_keys=keys).report
    assert (again.read, again.duplicate) == (2, 2)


@pytest.mark.parametrize(
    "odd",
    [
        {"doc": None}, {"doc": [1]}, {"arguments": None}, {"arguments": [[]]}, {"resps": None}, {"resps": 3},
        {"filtered_resps": [[[]]]}, {"filtered_resps": {"a": 1}}, {"metrics": "exact_match"},
        {"metrics": [3, None]},
        {"exact_match": {"a": 1}}, {"exact_match": "x"}, {"doc_hash": None}, {"doc": {"case_id": {"a": 1}}},
    ],
)  # fmt: skip
def test_mutilated_lines_do_no_harm(read: Any, odd: dict[str, Any]) -> None:
    found = read(lines(line(0, 1), line(1, 1) | odd), EXACT, name=NAME)
    assert found.report.read == 2 == found.report.accepted
