"""No recognised export raises, whatever stands in its cells: rows are read, skipped or refused."""

import inspect as introspection
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evidence.columns import COLUMNS
from core.intake.answers import Answers, FeedbackRule
from core.intake.cell_terms import Reading
from core.intake.doubts import Doubts, Notices
from core.intake.feedback import Feedback
from core.intake.job import Limits
from core.intake.sources.export import ToolExport
from core.intake.sources.known import recognised
from core.intake.sources.run_facts import Facts
from core.intake.sources.source import Context, Head, Source
from core.intake.tables import Chunk


def heads(words: str, **cells: str) -> dict[str, str]:
    """Headers with a cell each: those of ``words`` hold one letter."""
    return dict.fromkeys(words.split(), "x") | cells


_OBSERVATIONS = (
    "id traceId type startTime parentObservationId usageDetails input output metadata level quality"
)
_EVENT = "span_id root_span_id span_attributes _xact_id span_parents metrics scores metadata input output"
_LOG = "id epoch scores messages metadata model_usage input output error limit total_time eval.metadata"
_ITEMS = "object results datasource_item sample status created_at"
_OTLP = "traceId spanId parentSpanId startTimeUnixNano endTimeUnixNano status.code attributes events resource"
_CALLS = "id op_name trace_id started_at ended_at parent_id inputs output attributes summary exception"

# Every source: what it is called, the layout and the head of a file that it recognises.
FILES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("langfuse.scores", "", heads("id traceId name source value dataType stringValue comment")),
    ("langfuse.spans", "", heads(_OBSERVATIONS)),
    ("langfuse.spans", "", heads("id trace_id type start_time parent_observation_id input output")),
    ("langfuse.traces", "", heads("id timestamp sessionId bookmarked release input output tags quality")),
    ("langfuse.traces", "", heads("id trace scores", observations="[]")),
    ("langfuse.evals", "langfuse.page", heads("experimentItemId experimentId traceId scores input output")),
    ("langfuse.evals", "", heads("id datasetItemId traceId")),
    ("langfuse.cases", "", heads("id datasetId status input expectedOutput metadata")),
    ("helicone.spans", "", heads("_type id schema preview model raw heliconeMetadata")),
    ("helicone.spans", "", heads("request_properties response_status request_created_at request_body")),
    ("helicone.spans", "", heads("requestText responseText createdAt promptTokens requestBody status")),
    ("intercom.traces", "", heads("id ai_agent_participated conversation_parts ai_agent source statistics")),
    ("promptfoo.evals", "promptfoo.results", heads("success gradingResult response vars testCase verdict")),
    ("promptfoo.evals", "", heads("success testIdx promptIdx testCase gradingResult response")),
    ("promptfoo.cases", "promptfoo.tests", heads("vars assert metadata description options")),
    ("promptfoo.cases", "", heads("query __expected __description __metadata:case_id")),
    ("deepeval.evals", "deepeval.run", heads("name input metricsData toolsCalled run.hyperparameters turns")),
    ("deepeval.cases", "", heads("input expectedOutput expectedTools additionalMetadata comments")),
    ("langsmith.spans", "", heads("id dotted_order extra inputs outputs child_runs", run_type="llm")),
    ("langsmith.spans", "", heads("run_id trace_id custom_metadata duration_ms", run_type="chain")),
    ("langsmith.scores", "", heads("run_id key feedback_source score value correction")),
    ("langsmith.evals", "", heads("example_id inputs.query outputs.answer feedback.correct execution_time")),
    ("langsmith.evals", "langsmith.experiment", heads("example_id inputs outputs feedback_stats")),
    ("langsmith.evals", "langsmith.upload", heads("row_id inputs actual_outputs evaluation_scores")),
    ("langsmith.cases", "", heads("metadata split", inputs='{"query": "x"}', outputs='{"answer": "x"}')),
    ("ragas.evals", "", heads("user_input retrieved_contexts response", faithfulness="0.5")),
    ("ragas.cases", "", heads("user_input reference reference_tool_calls rubrics")),
    ("inspect.evals", "inspect.log", heads(_LOG)),
    ("inspect.evals", "", heads("eval_id sample_id epoch input score_match metadata_plan model_usage limit")),
    ("inspect.cases", "", heads("input target id metadata choices")),
    ("openai_evals.evals", "openai_evals.log", heads("sample_id match metrics prompt sampled usage tools")),
    ("openai_platform.evals", "", heads(_ITEMS, object="eval.run.output_item")),
    ("openai_evals.cases", "", heads("input ideal metadata")),
    ("evidently.evals", "evidently.report", heads("id name status test_config bound_test parameters value")),
    ("lm_eval.evals", "", heads("doc_id doc resps filtered_resps filter metrics arguments exact_match")),
    ("mlflow.traces", "mlflow.traces", heads("info data")),
    ("mlflow.traces", "", heads("trace_id trace request_time state trace_metadata tags spans assessments")),
    ("mlflow.evals", "", heads("trace_id trace correct/value correct/error_message assessments tags")),
    ("mlflow.evals", "", heads("question outputs latency toxicity/v1/score toxicity/v1/justification")),
    ("mlflow.cases", "", heads("tags", inputs='{"query": "x"}', expectations='{"guidelines": "x"}')),
    ("braintrust.spans", "", heads(_EVENT + " audit_data _audit_source expected error tags is_root")),
    ("braintrust.evals", "", heads(_EVENT + " experiment_id origin expected error is_root")),
    ("braintrust.evals", "braintrust.local", heads("input output expected scores metadata error origin")),
    ("braintrust.cases", "", {**heads("id dataset_id input expected metadata tags")}),
    ("opentelemetry.spans", "otlp", heads(_OTLP)),
    ("opentelemetry.spans", "otel console", heads("context name kind start_time attributes events status")),
    ("phoenix.spans", "", heads("context.trace_id context.span_id span_kind attributes.metadata events")),
    ("phoenix.spans", "", heads("span_kind start_time attributes annotations", context='{"trace_id": "1"}')),
    ("arize.spans", "", heads("context.trace_id context.span_id latency_ms eval.correct.label")),
    ("phoenix.scores", "", heads("span_id annotation_name annotator_kind result result.score identifier")),
    ("weave.spans", "", heads(_CALLS)),
    ("weave.spans", "", heads("id inputs.question output.answer summary.weave.status summary.usage.m.x")),
    ("readygate_set.cases", "", heads("case_id query part tools_expected tags", schema_version="1")),
)  # fmt: skip

# Words that the sources look for inside cells, so that what is made up gets past the first look.
_KEYS = (
    "input", "output", "inputs", "outputs", "messages", "message", "content", "parts", "role", "type", "text",
    "tool_calls", "function", "name", "arguments", "tools", "kwargs", "id", "lc", "metadata", "documents",
    "document", "scores", "score", "value", "values", "avg", "n", "label", "feedback", "feedback_type",
    "payload", "usage", "weave", "costs", "status", "code", "error", "exception", "events", "attributes",
    "info", "data", "spans", "span_id", "parent_id", "trace_id", "traceId", "start_time", "end_time", "start",
    "end", "tokens", "total_tokens", "prompt_tokens", "model", "assessments", "expectation", "case_id",
    "item", "object_type", "results", "passed", "choices", "generations", "usage_metadata", "extra",
    "condition", "limit", "threshold", "body", "author", "rating", "retrieval.documents",
    "llm.input_messages.0.message",
    "conversation_parts", "mlflow.spanOutputs", "gen_ai.output.messages", "annotations", "error.type", "plan",
)  # fmt: skip
_WORDS = st.sampled_from(
    ["user", "ai", "llm", "tool", "ERROR", "true", "C", "2026-05-04T09:12:33Z", "[", "{'a': nan}", "1e999",
     "9" * 400, '""', "Traceback (most recent call last)", "0x" + "0" * 32, "AAAAAAAAAAA=", "HUMAN",
     "wandb.reaction.1", "Decimal('1')", "NaN", "🙂"]
)  # fmt: skip
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**40), max_value=10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _WORDS
    | st.text(max_size=8)
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(_KEYS) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)
_DEEP = ["[" * 190 + "]" * 190, '{"content":' * 190 + "1" + "}" * 190, "[" * 5_000]


@st.composite
def cells(draw: st.DrawFn) -> str | None:
    """A cell as tables hand it over: text or nothing; of JSON also a part, or JSON inside JSON."""
    value = draw(_VALUES)
    if value is None or isinstance(value, str):
        return value
    written = json.dumps(value, ensure_ascii=False)
    match draw(st.sampled_from(["whole", "cut", "twice", "python", "deep"])):
        case "cut":
            return written[: draw(st.integers(0, len(written)))]
        case "twice":
            return json.dumps(written)
        case "python":
            return repr(value)
        case "deep":
            return draw(st.sampled_from(_DEEP))
    return written


def context(rule: FeedbackRule | None = None) -> tuple[Reading, Context]:
    reading = Reading(Answers(feedback=rule), Limits(), Doubts(), Notices())
    return reading, Context(Feedback(reading, ()), Facts(reading), reading.notices)


def source_of(file: tuple[str, str, dict[str, str]], rule: FeedbackRule | None = None) -> Source:
    _, layout, samples = file
    found = recognised(Head(samples, layout, "file.jsonl"), *context(rule))
    assert found is not None
    return found


def exports(parent: type[ToolExport] = ToolExport) -> Iterator[type[ToolExport]]:
    for child in parent.__subclasses__():
        if child.__module__.startswith("core.") and not introspection.isabstract(child):
            yield child
        yield from exports(child)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file[0]}: {list(file[2])[:3]}")
def test_each_head_is_recognised_as_one_source(file: tuple[str, str, dict[str, str]]) -> None:
    found = source_of(file)
    assert f"{found.name}.{found.kind.value}" == file[0]


def test_every_export_is_tried() -> None:
    has_children = {child for child in exports() if child.__subclasses__()}
    tried = {type(source_of(file)) for file in FILES}
    assert {child.__name__ for child in set(exports()) - has_children - tried} == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file[0]}: {list(file[2])[:3]}")
@given(made=st.data())
@settings(max_examples=8, deadline=None)
def test_a_source_takes_whatever_stands_in_its_cells(
    file: tuple[str, str, dict[str, str]], made: st.DataObject
) -> None:
    source = source_of(file, made.draw(st.sampled_from([None, FeedbackRule(score="name", accepted=("1",))])))
    for first in (1, 4):
        rows = list(range(first, first + made.draw(st.integers(1, 2))))
        table: dict[str, Any] = {header: [made.draw(cells()) for _ in rows] for header in file[2]}
        taken = source.take(Chunk(rows, table))
        assert set(taken.chunk.rows) <= set(rows)
        for kind, part in [(source.kind, taken.chunk), *taken.parts.items()]:
            assert set(part.headers) <= {column.name for column in COLUMNS[kind]}
            assert all(
                cell is None or isinstance(cell, str) for column in part.cells.values() for cell in column
            )
            assert {len(column) for column in part.cells.values()} <= {len(part.rows)}
    for header in file[2]:
        assert isinstance(source.became(header), str)
    source.tell()
