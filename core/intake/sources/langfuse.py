"""Langfuse, recognised by its columns: a traces export has ``sessionId``, ``bookmarked`` and ``release``,
observations have ``traceId`` and ``parentObservationId``, scores ``traceId`` and ``dataType``, and the JSON
of a single trace has a list ``observations``. The blob export and the Python SDK write the same names with
underscores (``trace_id``). Experiments and datasets are told apart by their own module."""

from core.evidence.columns import Kind
from core.intake.sources import langfuse_evals, langfuse_scores, langfuse_spans, langfuse_traces
from core.intake.sources.foreign_cells import fields_of
from core.intake.sources.langfuse_evals import EvalExport
from core.intake.sources.langfuse_export import Export, ObservationsExport, ScoresExport, Shape, TracesExport
from core.intake.sources.langfuse_trace_json import TraceJson
from core.intake.sources.source import Context, Head


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SCORES = Shape(
    Kind.SCORES,
    "scores export: it has the columns traceId, source and dataType",
    frozenset({"id", "traceId", "name", "source", "value", "dataType"}),
    langfuse_scores.BECAME,
)
_OBSERVATIONS = Shape(
    Kind.SPANS,
    "observations export: it has the columns traceId, parentObservationId and startTime",
    frozenset({"id", "traceId", "type", "startTime", "parentObservationId"}),
    langfuse_spans.BECAME,
    _names(
        """id traceId startTime endTime projectId parentObservationId type environment name level
        statusMessage version createdAt updatedAt input output metadata model internalModelId modelParameters
        completionStartTime promptId promptName promptVersion latency timeToFirstToken providedUsageDetails
        usageDetails costDetails providedCostDetails inputCost outputCost totalCost inputUsage outputUsage
        totalUsage usagePricingTierId usagePricingTierName toolDefinitions toolCalls toolCallNames traceName
        traceTags traceTimestamp userId toolDefinitionsCount toolCallsCount modelId inputPrice outputPrice
        totalPrice comments sessionId providedModelName latencyMs timeToFirstTokenMs tags release bookmarked
        public isRootObservation usage unit promptTokens completionTokens totalTokens calculatedInputCost
        calculatedOutputCost calculatedTotalCost internalModel"""
    ),
)
_TRACES = Shape(
    Kind.TRACES,
    "traces export: it has the columns bookmarked, sessionId and release",
    frozenset({"id", "timestamp", "sessionId", "bookmarked", "release", "input", "output"}),
    langfuse_traces.BECAME,
    _names(
        """id timestamp name userId sessionId release version environment tags bookmarked public input output
        metadata comments projectId createdAt updatedAt externalId latency usage inputCost outputCost
        totalCost level errorCount warningCount defaultCount debugCount observationCount inputTokens
        outputTokens totalTokens"""
    ),
)
_TRACE_JSON = Shape(
    Kind.TRACES,
    "trace with its steps: it has a list of observations",
    frozenset({"observations"}),
    {**langfuse_traces.BECAME, "trace": "the trace itself", "observations": "steps", "scores": "scores"},
)
_BESIDE_OBSERVATIONS = {"htmlPath", "scores", "trace"}
"""A JSON object with a list of observations is a trace of Langfuse where one of these stands beside it."""


def recognised(head: Head, context: Context) -> Export | EvalExport | None:
    """The export that a file with these columns is; None where it is none of Langfuse's."""
    of_evals = langfuse_evals.recognised(head, context)
    if of_evals is not None:
        return of_evals
    samples = head.samples
    fields = fields_of(samples)
    names = set(fields)
    if (fields.get("observations") or "").startswith("[") and names & _BESIDE_OBSERVATIONS:
        return TraceJson(_TRACE_JSON, samples, context)
    if _SCORES.signs <= names:
        return ScoresExport(_SCORES, samples, context)
    if _OBSERVATIONS.signs <= names:
        return ObservationsExport(_OBSERVATIONS, samples, context)
    if _TRACES.signs <= names and "traceId" not in names:
        return TracesExport(_TRACES, samples, context)
    return None
