"""Ragas: results of every version and every shape, and data sets that have no results."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evidence.columns import Kind
from core.evidence.fingerprints import of_query
from core.intake.answers import Answers, PassRule
from core.intake.cell_terms import Reading
from core.intake.doubts import Doubts, Notices
from core.intake.feedback import Feedback
from core.intake.job import Limits
from core.intake.sources import ragas
from core.intake.sources.run_facts import Facts
from core.intake.sources.source import Context, Head
from core.intake.tables import Chunk

SAMPLES = "samples/evals/ragas"


def by(metric: str, bar: float = 1) -> Answers:
    return Answers(pass_rule=PassRule(column=metric, at_least=bar))


def metrics(found: Any) -> list[dict[str, float] | None]:
    return [json.loads(cell) if cell else None for cell in found.cells("metrics")]


ROWS = [
    {
        "user_input": "Where is my order?", "retrieved_contexts": ["a", "b"], "response": "On its way",
        "reference": "shipped", "faithfulness": 1.0, "noise_sensitivity(mode=relevant)": 0.25,
    },
    {
        "user_input": "Refund me", "retrieved_contexts": ["c"], "response": "Error executing the pipeline.",
        "reference": "refund", "faithfulness": None, "noise_sensitivity(mode=relevant)": None,
    },
]  # fmt: skip


def test_the_results_of_the_sample(read: Any, shared: Path) -> None:
    found = read(shared / SAMPLES / "results.csv", by("string_present"))
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.EVALS, "ragas", 4, 4)
    assert report.because.startswith("These are results of Ragas")
    assert found.cells("query") == [
        "Where is my order 1042?", "I want my money back for order 1042", "Change my address to 5 Elm St",
        "Where is my order 1042?",
    ]  # fmt: skip
    assert found.cells("case_id") == [of_query(query) for query in found.cells("query")]
    assert found.cells("attempt") == [0, 0, 0, 1]
    assert found.cells("passed") == [True, False, False, False]
    assert metrics(found) == [
        {"string_present": 1, "faithfulness": 0.85, "non_llm_context_recall": 1},
        {"string_present": 0, "faithfulness": 0.85, "non_llm_context_recall": 0},
        {"string_present": 0, "non_llm_context_recall": 0},
        {"string_present": 0, "faithfulness": 0.5, "non_llm_context_recall": 0},
    ]
    assert found.sentences("unscored") == [
        "“faithfulness” has a score on 3 of 4 rows; on the others the judge failed or did not run, and a rule"
        " on it leaves them out."
    ]
    became = {use.header: use.canonical for use in report.columns}
    assert (became["faithfulness"], became["user_input"]) == ("metrics", "query, case_id")


def test_a_failed_metric_is_no_fail_of_the_case(read: Any, shared: Path) -> None:
    found = read(shared / SAMPLES / "results.csv", by("faithfulness", 0.8))
    assert found.cells("passed") == [True, True, None, False]


def test_the_conversations_of_the_sample(read: Any, shared: Path) -> None:
    found = read(shared / SAMPLES / "multiturn_results.csv", by("tool_call_accuracy"))
    assert found.cells("query") == ["Where is my order 1042?", "Refund order 1042"]
    assert found.cells("response") == ["It shipped", "It shipped"]
    assert found.cells("tools_expected") == [["lookup_order"], ["issue_refund"]]
    assert found.cells("tools_called") == [["lookup_order"], ["lookup_order"]]
    assert found.cells("passed") == [True, False]


def test_conversations_that_end_alike_are_different_cases(read: Any) -> None:
    rows = [
        {"user_input": [{"content": first, "type": "human"}, {"content": "yes", "type": "human"}],
         "response": "done", "goal": 1}
        for first in ("Refund?", "Cancel?")
    ]  # fmt: skip
    found = read(json.dumps(rows), by("goal"), name="r.json")
    assert found.cells("query") == ["yes", "yes"]
    assert found.cells("case_id") == [of_query("Refund?\nyes"), of_query("Cancel?\nyes")]


def test_the_data_set_of_the_sample_holds_cases(read: Any, shared: Path) -> None:
    found = read(shared / "samples/evals/exports_checked/ragas.jsonl")
    assert (found.report.kind, found.report.accepted) == (Kind.CASES, 4)
    assert found.cells("case_id")[0] == of_query("Where is my order 1042?")
    assert found.cells("ground_truth") == [
        "Order 1042 shipped on 3 June", "Open a refund, do not just report status", "Refuse", "30",
    ]  # fmt: skip


def _as_parquet(rows: list[dict[str, Any]], path: Path) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize("shape", ["lines", "list", "columns", "csv with index", "parquet"])
def test_every_shape_gives_the_same_results(read: Any, tmp_path: Path, shape: str) -> None:
    match shape:
        case "lines":
            found = read("".join(json.dumps(row) + "\n" for row in ROWS), by("faithfulness"), name="r.jsonl")
        case "list":
            found = read(json.dumps(ROWS), by("faithfulness"), name="r.json")
        case "columns":
            columns = {name: {str(at): row[name] for at, row in enumerate(ROWS)} for name in ROWS[0]}
            found = read(json.dumps(columns), by("faithfulness"), name="r.json")
        case "csv with index":
            text = (
                "Unnamed: 0,user_input,retrieved_contexts,response,reference,faithfulness,"
                '"noise_sensitivity(mode=relevant)"\n'
                "0,Where is my order?,\"['a', 'b']\",On its way,shipped,1.0,0.25\n"
                "1,Refund me,['c'],Error executing the pipeline.,refund,,\n"
            )
            found = read(text, by("faithfulness"))
        case _:
            found = read(_as_parquet(ROWS, tmp_path / "r.parquet"), by("faithfulness"))
    assert (found.report.source, found.report.kind, found.report.accepted) == ("ragas", Kind.EVALS, 2)
    assert found.cells("case_id") == [of_query("Where is my order?"), of_query("Refund me")]
    assert found.cells("response") == ["On its way", "Error executing the pipeline."]
    assert metrics(found) == [{"faithfulness": 1, "noise_sensitivity(mode=relevant)": 0.25}, None]
    assert found.cells("lower_is_better") == [["noise_sensitivity(mode=relevant)"]] * 2
    assert found.cells("passed") == [True, None]
    assert found.cells("error_kind") == [None, "judge"]
    assert len(found.sentences("unscored")) == 2


def test_the_names_of_version_0_1(read: Any) -> None:
    rows = "question,answer,contexts,ground_truth,answer_relevancy\nWhere?,Here,['x'],here,0.9\n"
    found = read(rows, by("answer_relevancy", 0.8))
    assert (found.cells("query"), found.cells("response")) == (["Where?"], ["Here"])
    assert (found.cells("passed"), metrics(found)) == ([True], [{"answer_relevancy": 0.9}])
    dataset = read("question,contexts,ground_truths\nWhere?,['x'],\"['here', 'there']\"\n")
    assert (dataset.report.kind, dataset.cells("ground_truth")) == (Kind.CASES, ["here | there"])


def test_words_that_say_pass_or_fail_are_scores(read: Any) -> None:
    rows = "user_input,response,correctness\nA?,a,pass\nB?,b,fail\nC?,c,\n"
    found = read(rows, by("correctness"))
    assert metrics(found) == [{"correctness": 1}, {"correctness": 0}, None]
    assert found.cells("passed") == [True, False, None]


def test_a_second_import_of_the_same_bytes_adds_nothing(read: Any, tmp_path: Path) -> None:
    text = json.dumps(ROWS)
    first = read(text, by("faithfulness"), name="r.json")
    keys = first.known_keys(tmp_path / "known.npz")
    again = read(text, by("faithfulness"), name="r.json", known_keys=keys).report
    assert (again.read, again.accepted, again.duplicate) == (2, 0, 2)


def test_a_table_with_one_of_the_names_alone_is_not_of_ragas(read: Any) -> None:
    found = read("case_id,question,answer,passed\nc-1,Where?,Here,yes\n")
    assert found.report.source == "canonical"


ODD = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.sampled_from(['[{"content": 1}]', "[1, [2]]", "{", "['a", "nan", "1e999"]),
)


@given(cells=st.lists(st.tuples(ODD, ODD, ODD, ODD), min_size=1, max_size=5))
def test_whatever_stands_in_the_cells_is_read(cells: list[tuple[str | None, ...]]) -> None:
    names = ("user_input", "response", "reference_tool_calls", "faithfulness")
    reading = Reading(Answers(), Limits(), Doubts(), Notices())
    context = Context(Feedback(reading, ()), Facts(reading), reading.notices)
    samples = {**dict.fromkeys(names, "x"), "faithfulness": "0.5"}
    source = ragas.recognised(Head(samples, "", "r.csv"), context)
    assert source is not None
    columns = {name: [row[at] for row in cells] for at, name in enumerate(names)}
    taken = source.take(Chunk(list(range(len(cells))), columns))
    source.tell()
    assert len(taken.chunk.rows) == len(cells)
