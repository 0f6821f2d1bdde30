"""Every sample of every tool, as a table: what it is recognised as, and what becomes of each of its rows."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.errors import QuestionsOpen, UnreadableFile
from core.evidence.columns import Kind
from core.intake.answers import Answers, FeedbackRule
from core.intake.cell_terms import Reading
from core.intake.doubts import Doubts, Notices
from core.intake.feedback import Feedback
from core.intake.formats import sniff
from core.intake.job import Limits, ReadJob
from core.intake.opening import layout_for, open_table
from core.intake.pass_rule import PassRule
from core.intake.sources.export import ToolExport
from core.intake.sources.known import _RECOGNISE, key_of
from core.intake.sources.run_facts import Facts
from core.intake.sources.source import Context, Head
from core.intake.sources.tools import TOOLS

FILES = Path(__file__).parent / "files"
FOLDERS = ("traces", "evals", "real")
NO_EXPORTS = {"PROVENANCE.txt", "hostile_strings.json"}


def passes(metric: str, at_least: float) -> Answers:
    return Answers(pass_rule=PassRule(column=metric, at_least=at_least))


def reaction(score: str, accepted: str, rejected: str) -> Answers:
    return Answers(feedback=FeedbackRule(score=score, accepted=(accepted,), rejected=(rejected,)))


@dataclass(frozen=True)
class Sample:
    """What a file is and what becomes of its rows; ``parts`` counts the rows of other kinds inside them.

    ``answers`` are what its questions have to be answered with; without them it asks nothing.
    """

    path: str
    source: str
    kind: Kind
    read: int
    rejected: int = 0
    skipped: int = 0
    parts: tuple[tuple[Kind, int], ...] = ()
    answers: Answers | None = None


THUMBS = reaction("user_feedback", "1", "0")
USER_SCORE = reaction("user_score", "1", "0")
THUMBS_UP = reaction("user_feedback", "thumbs-up", "thumbs-down")

SAMPLES = (
    Sample("traces/braintrust/sdk_rows_as_sent.jsonl", "braintrust", Kind.SPANS, 12, skipped=2,
           parts=((Kind.SCORES, 8),), answers=THUMBS),
    Sample("traces/helicone/cli_export.jsonl", "helicone", Kind.SPANS, 3, parts=((Kind.SCORES, 4),)),
    Sample("traces/helicone/ui_export_data.csv", "helicone", Kind.SPANS, 3, parts=((Kind.SCORES, 4),)),
    Sample("traces/intercom_fin/openapi_2.16_example_get_conversation.json", "intercom", Kind.TRACES, 1,
           skipped=1),
    Sample("traces/langfuse/api_json_ibm_clear/434f3f96ac470e805428c4be45b4f2a3.json", "langfuse",
           Kind.TRACES, 1, parts=((Kind.SPANS, 71),)),
    Sample("traces/langfuse/api_json_ibm_clear/4c354cfb5b17f61af073df6796f2b236.json", "langfuse",
           Kind.TRACES, 1, parts=((Kind.SPANS, 23),)),
    Sample("traces/langfuse/blob_observations_v2_SHAPE.jsonl", "langfuse", Kind.SPANS, 5),
    Sample("traces/langfuse/blob_scores_SHAPE.jsonl", "langfuse", Kind.SCORES, 2, answers=THUMBS),
    Sample("traces/langfuse/ui_export_observations_v3.157plus.csv", "langfuse", Kind.SPANS, 5,
           parts=((Kind.SCORES, 1),)),
    Sample("traces/langfuse/ui_export_scores_v3.157plus.csv", "langfuse", Kind.SCORES, 2, answers=THUMBS),
    Sample("traces/langfuse/ui_export_traces_v3.157plus.csv", "langfuse", Kind.TRACES, 3, answers=THUMBS),
    Sample("traces/langfuse/ui_export_traces_v3.157plus.jsonl", "langfuse", Kind.TRACES, 3, answers=THUMBS),
    Sample("traces/langsmith/api_runs.jsonl", "langsmith", Kind.SPANS, 12, parts=((Kind.SCORES, 4),),
           answers=USER_SCORE),
    Sample("traces/langsmith/feedback_as_sent_by_sdk.json", "langsmith", Kind.SCORES, 4, answers=USER_SCORE),
    Sample("traces/langsmith/sdk_list_runs_dataframe.csv", "langsmith", Kind.SPANS, 12,
           parts=((Kind.SCORES, 4),), answers=USER_SCORE),
    Sample("traces/mlflow/ibm_clear/tr-006eee07eed4484592661b1bdba32a75.json", "mlflow", Kind.TRACES, 1,
           parts=((Kind.SPANS, 23),)),
    Sample("traces/mlflow/local_mlflow_3_17/search_traces.csv", "mlflow", Kind.TRACES, 4,
           parts=((Kind.SPANS, 12), (Kind.SCORES, 4)), answers=reaction("user_feedback", "true", "false")),
    Sample("traces/otel_genai/openllmetry_openai.otlp.jsonl", "opentelemetry", Kind.SPANS, 4),
    Sample("traces/otel_genai/otlp_traces.jsonl", "opentelemetry", Kind.SPANS, 14,
           parts=((Kind.SCORES, 3),)),
    Sample("traces/phoenix/span_annotations_dataframe.csv", "phoenix", Kind.SCORES, 7, answers=THUMBS_UP),
    Sample("traces/phoenix/spans_dataframe.csv", "phoenix", Kind.SPANS, 26),
    Sample("traces/phoenix/spans_dataframe.parquet", "phoenix", Kind.SPANS, 26),
    Sample("traces/phoenix/ui_download_spans_with_annotations.jsonl", "phoenix", Kind.SPANS, 26,
           parts=((Kind.SCORES, 9),), answers=THUMBS_UP),
    Sample("traces/weave/calls_stream_query.jsonl", "weave", Kind.SPANS, 12, parts=((Kind.SCORES, 5),),
           answers=reaction("reaction", "👍", "👎")),
    Sample("evals/braintrust/local_eval_result.json", "braintrust", Kind.EVALS, 8,
           answers=passes("correctness", 1)),
    Sample("evals/deepeval/v4.3.1/goldens.csv", "deepeval", Kind.CASES, 1),
    Sample("evals/deepeval/v4.3.1/test_run_20261120_151001.json", "deepeval", Kind.EVALS, 5),
    Sample("evals/evidently/report.json", "evidently", Kind.EVALS, 7),
    Sample("evals/exports_checked/deepeval_goldens.json", "deepeval", Kind.CASES, 4),
    Sample("evals/exports_checked/inspect.jsonl", "inspect", Kind.CASES, 4),
    Sample("evals/exports_checked/langfuse.csv", "langfuse", Kind.CASES, 4),
    Sample("evals/exports_checked/langsmith.jsonl", "langsmith", Kind.CASES, 4),
    Sample("evals/exports_checked/openai_evals.jsonl", "openai_evals", Kind.CASES, 4),
    Sample("evals/exports_checked/promptfoo_tests.csv", "promptfoo", Kind.CASES, 4),
    Sample("evals/exports_checked/promptfoo_tests.yaml", "promptfoo", Kind.CASES, 4),
    Sample("evals/exports_checked/ragas.jsonl", "ragas", Kind.CASES, 4),
    Sample("evals/inspect_ai/generated/support_epochs2_with_errors.json", "inspect", Kind.EVALS, 10,
           answers=passes("tool_selection", 1)),
    Sample("evals/inspect_ai/generated/support_epochs2_with_errors_zstd.eval", "inspect", Kind.EVALS, 10,
           answers=passes("tool_selection", 1)),
    Sample("evals/langfuse/dataset_items.csv", "langfuse", Kind.CASES, 2, skipped=1),
    Sample("evals/langfuse/dataset_run_items.csv", "langfuse", Kind.EVALS, 1),
    Sample("evals/langfuse/experiment_items_api.json", "langfuse", Kind.EVALS, 2,
           answers=passes("answer_correctness", 0.8)),
    Sample("evals/langfuse/scores.csv", "langfuse", Kind.SCORES, 3, rejected=1),
    Sample("evals/langsmith/sdk_to_pandas.csv", "langsmith", Kind.EVALS, 8,
           answers=passes("correctness", 1)),
    Sample("evals/lm_eval/samples_support_2026-11-20T15-28-54.351228.jsonl", "lm_eval", Kind.EVALS, 2,
           answers=passes("exact_match", 1)),
    Sample("evals/mlflow/genai_eval_results.csv", "mlflow", Kind.EVALS, 3,
           answers=passes("answer_correctness", 1)),
    Sample("evals/openai_evals/log_support-agent_support-includes.jsonl", "openai_evals", Kind.EVALS, 4),
    Sample("evals/promptfoo/v2_0.80.3/out.csv", "promptfoo", Kind.EVALS, 24),
    Sample("evals/promptfoo/v3_0.121.20/out.csv", "promptfoo", Kind.EVALS, 24),
    Sample("evals/promptfoo/v3_0.121.20/out.json", "promptfoo", Kind.EVALS, 24),
    Sample("evals/promptfoo/v3_0.121.20/out.jsonl", "promptfoo", Kind.EVALS, 24),
    Sample("evals/ragas/multiturn_results.csv", "ragas", Kind.EVALS, 2,
           answers=passes("tool_call_accuracy", 1)),
    Sample("evals/ragas/results.csv", "ragas", Kind.EVALS, 4, answers=passes("faithfulness", 0.8)),
    # A table that a team made itself: no tool's, and yet every column has a known name.
    Sample("real/airline_gpt4o_eval_results.jsonl", "canonical", Kind.EVALS, 200),
)  # fmt: skip

# What no sample shows, as small made-up files: the export -> its name and its text.
OTHERS = {
    "braintrust.cases": (
        "dataset.jsonl",
        '{"id":"c-1","_xact_id":"1","dataset_id":"d-1","created":"2026-06-01T10:00:00Z","input":"Where?",'
        '"expected":"Tomorrow.","root_span_id":"c-1","span_id":"c-1","is_root":true}\n',
    ),
    "arize.spans": (
        "spans.csv",
        "context.trace_id,context.span_id,parent_id,name,start_time,end_time,latency_ms,eval.tone.score\n"
        "t-1,s-1,,ask,2026-06-01T10:00:00Z,2026-06-01T10:00:01Z,1000,0.5\n",
    ),
    "openai_platform.evals": (
        "items.jsonl",
        '{"object":"eval.run.output_item","id":"i-1","run_id":"r-1","datasource_item_id":1,"status":"pass",'
        '"datasource_item":{"question":"Where?"},"results":[{"name":"match","passed":true}]}\n'
        '{"object":"eval.run.output_item","id":"i-2","run_id":"r-1","datasource_item_id":2,"status":"fail",'
        '"datasource_item":{"question":"When?"},"results":[{"name":"match","passed":false}]}\n',
    ),
    "mlflow.cases": (
        "dataset.jsonl",
        '{"dataset_record_id":"dr-1","dataset_id":"d-1","inputs":{"question":"Where?"},'
        '"expectations":{"expected_response":"Tomorrow."},"tags":{}}\n',
    ),
    "intercom.traces": (
        "conversation.json",
        '{"type":"conversation","id":"c-1","created_at":1780308000,"state":"closed",'
        '"ai_agent_participated":true,"source":{"body":"Where?","author":{"type":"user","id":"u-1"}},'
        '"ai_agent":{"resolution_state":"confirmed_resolution","rating":5},'
        '"conversation_parts":{"conversation_parts":[{"part_type":"comment","body":"Tomorrow.",'
        '"created_at":1780308003,"author":{"type":"bot","from_ai_agent":true}}]}}',
    ),
    "readygate_set.cases": (
        "cases.jsonl",
        '{"schema_version":"1","case_id":"c-1","query":"Where?","part":"gold","tools_expected":"","tags":""}\n',
    ),
}

every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.path)

# Files of the corpus that are a tool's, and which: everything else in it is a table of one's own.
TOOLS_IN_THE_CORPUS = {
    "json_016_otel_ns_strings.json": {"opentelemetry.spans"},
    "json_019_promptfoo_errors.json": {"promptfoo.evals"},
    "json_020_stats_disagree.json": {"promptfoo.evals"},
}


@pytest.fixture
def samples(shared: Path) -> Path:
    return shared / "samples"


def stored(found: Any) -> Iterator[Path]:
    """The segments of the file's own rows and of those inside them."""
    yield from found.outcome.segments
    for part in found.outcome.parts:
        yield from part.segments


def recognised_by(path: Path, name: str, spool: Path) -> set[str] | None:
    """The exports that the tools take the file for, as in answers: “langfuse.spans”; None where it cannot
    be opened as any table."""
    reading = Reading(Answers(), Limits(), Doubts(), Notices())
    job = ReadJob(path=path, file_name=name, answers=Answers(), known_keys=None, spool=spool)
    try:
        sniffed = sniff(path, name)
        layout = layout_for(job, sniffed)
        with closing(open_table(job, sniffed, layout, reading)) as table:
            chunk = next(iter(table.chunks()))
    except (UnreadableFile, QuestionsOpen, StopIteration):
        return None
    chunk.take_blank_as_missing()
    first = {header: next(filter(None, chunk.cells[header]), "") for header in chunk.headers}
    head = Head(first, layout.name if layout else "", name)
    context = Context(Feedback(reading, ()), Facts(reading), reading.notices)
    return {key_of(source) for recognise in _RECOGNISE if (source := recognise(head, context)) is not None}


def test_no_sample_is_missing_in_the_table(samples: Path) -> None:
    there = {
        str(path.relative_to(samples))
        for folder in FOLDERS
        for path in (samples / folder).rglob("*")
        if path.is_file() and path.name not in NO_EXPORTS
    }
    assert there == {sample.path for sample in SAMPLES}


@every_sample
def test_exactly_one_tool_recognises_it(samples: Path, tmp_path: Path, sample: Sample) -> None:
    path = samples / sample.path
    own = set() if sample.source == "canonical" else {f"{sample.source}.{sample.kind.value}"}
    assert recognised_by(path, path.name, tmp_path) == own


@every_sample
def test_it_asks_what_only_a_person_knows_and_nothing_else(samples: Path, read: Any, sample: Sample) -> None:
    needed = (sample.answers or Answers()).differing_from(Answers())
    try:
        read(samples / sample.path)
        asked: set[str] = set()
    except QuestionsOpen as error:
        asked = {question.key for question in error.questions}
    assert asked == needed
    assert asked <= {"feedback", "facts", "pass_rule", "personal_text"}


@every_sample
def test_every_row_is_accounted_for(samples: Path, read: Any, sample: Sample) -> None:
    found = read(samples / sample.path, sample.answers)
    report = found.report
    assert (report.source, report.kind) == (sample.source, sample.kind)
    counts = (report.read, report.rejected, report.skipped)
    assert counts == (sample.read, sample.rejected, sample.skipped)
    assert report.accepted == sample.read - sample.rejected - sample.skipped
    assert (report.duplicate, report.updated) == (0, 0)
    assert found.table.num_rows == report.accepted
    assert tuple((part.kind, part.rows) for part in found.outcome.parts) == sample.parts


@every_sample
def test_a_second_import_of_the_same_bytes_adds_nothing(
    samples: Path, read: Any, tmp_path: Path, sample: Sample
) -> None:
    first = read(samples / sample.path, sample.answers)
    tables = [pq.read_table(path, columns=["key", "row_key"]) for path in stored(first)]
    keys = {
        name: np.concatenate([np.empty(0, np.int64), *(table[name].to_numpy() for table in tables)])
        for name in ("key", "row_key")
    }
    np.savez(tmp_path / "known.npz", **keys)
    again = read(samples / sample.path, sample.answers, known_keys=tmp_path / "known.npz")
    assert (again.report.accepted, again.report.updated) == (0, 0)
    assert again.report.duplicate == first.report.accepted
    assert sum(pq.read_metadata(path).num_rows for path in stored(again)) == 0


@pytest.mark.parametrize("key", OTHERS)
def test_what_no_sample_shows_is_recognised_too(read: Any, key: str) -> None:
    name, text = OTHERS[key]
    report = read(text, name=name).report
    assert f"{report.source}.{report.kind.value}" == key
    assert report.accepted == report.read > 0


def test_the_table_of_tools_says_what_their_files_hold(read: Any) -> None:
    held: dict[str, set[Kind]] = {}
    for sample in SAMPLES:
        kinds = {sample.kind, *(kind for kind, _ in sample.parts)}
        held.setdefault(sample.source, set()).update(kinds)
    for name, text in OTHERS.values():
        found = read(text, name=name)
        kinds = {found.report.kind, *(part.kind for part in found.outcome.parts)}
        held.setdefault(found.report.source, set()).update(kinds)
    del held["canonical"]
    told = {tool.name: set(tool.kinds) for tool in TOOLS}
    assert told == {tool.name: set().union(*(held.pop(source) for source in tool.sources)) for tool in TOOLS}
    assert held == {}


def test_the_table_of_tools_has_every_source() -> None:
    def below(kind: type) -> Iterator[type]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    named = {source for tool in TOOLS for source in tool.sources}
    assert {one.name for one in below(ToolExport) if hasattr(one, "name")} <= named
    assert len(named) == len([source for tool in TOOLS for source in tool.sources])


def test_no_tool_takes_a_table_of_ones_own_for_its_export(tmp_path: Path) -> None:
    paths = sorted(path for path in FILES.iterdir() if path.is_file())
    found = {path.name: recognised_by(path, path.name, tmp_path) for path in paths}
    opened = {name: tools for name, tools in found.items() if tools is not None}
    assert {name: tools for name, tools in opened.items() if tools} == {}
    assert len(opened) >= 25


def test_no_tool_takes_a_file_of_the_corpus_for_its_export(shared: Path, tmp_path: Path) -> None:
    paths = sorted(path for path in (shared / "corpus").iterdir() if path.name != "manifest.json")
    found = {path.name: recognised_by(path, path.name, tmp_path) for path in paths}
    opened = {name: tools for name, tools in found.items() if tools is not None}
    assert {name: tools for name, tools in opened.items() if tools} == TOOLS_IN_THE_CORPUS
    assert len(opened) >= 70
