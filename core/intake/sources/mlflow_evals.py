"""Results of MLflow's evaluations: the table of mlflow.genai.evaluate, and that of mlflow.models.evaluate."""

from collections.abc import Mapping, Sequence

from core.evidence.columns import Kind
from core.intake.report import shown
from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.epochs import NANOSECONDS, milliseconds_between, milliseconds_text
from core.intake.sources.eval_rows import (
    ERRORED,
    called,
    case_id_in,
    metrics_cell,
    result_facts,
    score_of,
    unscored,
)
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import (
    json_list,
    number_of,
    number_text,
    object_of,
    text_of,
    value_of,
)
from core.intake.sources.mlflow_assessments import (
    HUMAN,
    about_tools,
    expectations_of,
    expected_tools_in,
    source_of,
)
from core.intake.sources.mlflow_spans import cost_in, kind_of
from core.intake.sources.mlflow_trace import Trace, attributes_of, duration_of, own_of, times_of, trace_in
from core.intake.sources.mlflow_traces import is_cut, run_error, trace_row
from core.intake.sources.source import Context

VALUE, FAULT, SCORE = "/value", "/error_message", "/score"

_SOURCE_RUN, _SCORED_BY = "mlflow.sourceRun", "mlflow.assessment.sourceRunId"
_EXPECTED = "expected_"
_LOWER_IS_BETTER = ("toxicity", "flesch_kincaid_grade_level", "ari_grade_level")
"""What MLflow's own metrics of these names count gets better as it gets less."""

_QUESTIONS = ("inputs", "input", "question", "questions", "query", "prompt", "request")
_ANSWERS = ("outputs", "predictions", "output", "prediction", "answer", "response")
_IDS = ("case_id", "id")

_CUT = (
    "Questions or answers of which the table has the first 1,000 characters only: {count}. They are shown so;"
    " the scores are not touched by it."
)
_DISAGREE = "Results on which people disagree, so that no verdict of theirs counts: {count}."

BECAME = {
    "trace_id": "source_trace",
    "trace": "query, response, latency_ms, tokens, cost_usd",
    "state": "error",
    "request_time": "started_at",
    "execution_duration": "latency_ms",
    "request": "query",
    "response": "response",
    "trace_metadata": "eval_run_id",
    "tags": "case_id",
    "assessments": "judge",
}
"""What each column of the table of mlflow.genai.evaluate becomes; those of scores become metrics."""


class GenaiExport(ToolExport):
    """The table of mlflow.genai.evaluate: one row is one case with its trace."""

    name = "mlflow"

    def __init__(self, headers: Sequence[str], context: Context) -> None:
        became = {header: "metrics" for header in headers if header.endswith(VALUE)}
        became |= {header: "error" for header in headers if header.endswith(FAULT)}
        words = "table of mlflow.genai.evaluate: it has a trace_id and columns that end in /value"
        super().__init__(Kind.EVALS, f"This is an MLflow {words}.", {**BECAME, **became}, context)
        self._scored: dict[str, int] = {}
        self._worked = 0

    def tell(self) -> None:
        for sentence in unscored(self._scored, self._worked):
            self._notices.add("unscored", sentence)

    def _row(self, number: int, fields: Fields) -> Row:
        trace = trace_in(fields)
        facts = trace_row(trace)
        stated = {name: facts[name] for name in ("started_at", "query", "response", "release_bundle")}
        metadata, tags = trace.metadata, own_of(trace.tags)
        row: Row = {
            **stated,
            "eval_run_id": text_of(metadata.get(_SOURCE_RUN)) or _scored_by(trace),
            "case_id": case_id_in(tags.get("case_id"), query=facts["query"]),
            "source_trace": trace.run_id,
            "latency_ms": number_text(_took(trace)),
            "tokens": number_text(_tokens(trace)),
            "cost_usd": number_text(cost_in(metadata.get("mlflow.trace.cost"))),
            "judge": ", ".join(_judges(trace)) or None,
            "human_label": self._verdict(trace),
            **called(_tools_run(trace)),
        }
        for place, found in (("trace_metadata", own_of(metadata)), ("tags", tags)):
            row |= result_facts(self._context.facts, place, found)
        expectations = _expectations(trace, fields)
        row |= result_facts(self._context.facts, "assessments", about_tools(expectations))
        tools = expected_tools_in(expectations)
        row |= {"tools_expected": json_list(tools)} if tools else {}
        metrics = self._metrics(fields, set(expectations))
        row["metrics"] = metrics_cell(metrics)
        row |= self._error(trace, fields, metrics)
        for side in ("request", "response"):
            if is_cut(trace, side):
                self._notices.add("previews", _CUT)
        return row

    def _metrics(self, fields: Fields, expected: set[str]) -> dict[str, float]:
        """Every score of a row by name; expectations stand in the same kind of column."""
        metrics = {}
        for header, cell in fields.items():
            name = header.removesuffix(VALUE)
            if name == header or name in expected:
                continue
            score = score_of(value_of(cell))
            if score is not None:
                metrics[name] = score
            elif text_of(cell) is not None:
                sentence = (
                    f"Values of “{shown(name)}” that are no score (a number, yes or no), left out: {{count}}."
                )
                self._notices.add("unscored", sentence)
        return metrics

    def _error(self, trace: Trace, fields: Fields, metrics: Mapping[str, float]) -> Row:
        """Why the row says nothing about the feature: its run failed, or each of its judges did.

        Where one judge of several failed the others still count: the case would else be left out of rules
        on scores that it has.
        """
        error = run_error(trace)
        if error is not None:
            # Judges also grade answers that were never given.
            if metrics:
                self._notices.add("errored_scores", ERRORED)
            return {"error": error, "error_kind": "run", "metrics": None, "human_label": None}
        self._worked += 1
        for name in metrics:
            self._scored[name] = self._scored.get(name, 0) + 1
        faults = {
            name.removesuffix(FAULT): text_of(cell) for name, cell in fields.items() if name.endswith(FAULT)
        }
        told = [f"{name}: {fault}" for name, fault in faults.items() if fault is not None]
        self._scored = {name: 0 for name, fault in faults.items() if fault is not None} | self._scored
        return {"error": "; ".join(told), "error_kind": "judge"} if told and not metrics else {}

    def _verdict(self, trace: Trace) -> str | None:
        """What people said about the case, where they gave a yes or a no and agree."""
        given = [one for one in trace.assessments if source_of(one) == HUMAN and "feedback" in one]
        scores = {score_of(value_of(object_of(one.get("feedback")).get("value"))) for one in given}
        verdicts = {score == 1 for score in scores if score in (0, 1)}
        if len(verdicts) > 1:
            self._notices.add("people_disagree", _DISAGREE)
            return None
        return ("true" if verdicts.pop() else "false") if verdicts else None


class ModelsExport(ToolExport):
    """The table of mlflow.models.evaluate: the user's own columns, and a score for each metric."""

    name = "mlflow"

    def __init__(self, headers: Sequence[str], context: Context) -> None:
        became = {header: "metrics" for header in headers if header.endswith(SCORE)}
        became |= {"latency": "latency_ms", "token_count": "tokens"}
        for canonical, names in (("query", _QUESTIONS), ("response", _ANSWERS), ("case_id", _IDS)):
            became |= dict.fromkeys([one for one in names if one in headers][:1], canonical)
        words = "table of mlflow.models.evaluate: it has columns that end in /score"
        super().__init__(Kind.EVALS, f"This is an MLflow {words}.", became, context)
        self._lower = [name for header in headers if (name := _lower(header))]
        self._scored: dict[str, int] = {}
        self._read = 0

    def tell(self) -> None:
        for sentence in unscored(self._scored, self._read):
            self._notices.add("unscored", sentence)

    def _row(self, number: int, fields: Fields) -> Row:
        self._read += 1
        query = question_in(_first(fields, _QUESTIONS))
        scores = {
            header.removesuffix(SCORE): score_of(value_of(cell))
            for header, cell in fields.items()
            if header.endswith(SCORE)
        }
        metrics = {name: score for name, score in scores.items() if score is not None}
        for name in scores:
            self._scored[name] = self._scored.get(name, 0) + (name in metrics)
        return {
            "case_id": case_id_in(*(fields.get(name) for name in _IDS), query=query),
            "query": query,
            "response": answer_in(_first(fields, _ANSWERS)),
            "latency_ms": milliseconds_text(fields.get("latency")),
            "tokens": number_text(number_of(fields.get("token_count"))),
            "metrics": metrics_cell(metrics),
            "lower_is_better": json_list(self._lower),
        }


def _lower(header: str) -> str | None:
    name = header.removesuffix(SCORE)
    return name if name != header and name.split("/")[0] in _LOWER_IS_BETTER else None


def _first(fields: Fields, names: Sequence[str]) -> object:
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def _expectations(trace: Trace, fields: Fields) -> dict[str, object]:
    """What was expected, by name: as the assessments tell, else, where the table has none, by their names."""
    if trace.info.get("assessments") is not None:
        return expectations_of(trace)
    stated = {name.removesuffix(VALUE): cell for name, cell in fields.items() if name.endswith(VALUE)}
    return {name: value_of(cell) for name, cell in stated.items() if name.startswith(_EXPECTED)}


def _scored_by(trace: Trace) -> str | None:
    """The evaluation that gave the first assessment: an older trace may be graded by a later run."""
    runs = (text_of(object_of(one.get("metadata")).get(_SCORED_BY)) for one in trace.assessments)
    return next((run for run in runs if run is not None), None)


def _judges(trace: Trace) -> list[str]:
    """Who or what graded: the names of models, and “code” for scorers that are programs."""
    named = dict[str, None]()
    for one in trace.assessments:
        source = source_of(one)
        if "feedback" in one and source and source != HUMAN:
            model = text_of(object_of(one.get("source")).get("source_id"))
            named["code" if source == "CODE" else model or "judge"] = None
    return list(named)


def _took(trace: Trace) -> float | None:
    taken = milliseconds_between(*times_of(trace.root), NANOSECONDS)
    return duration_of(trace.info) if taken is None else taken


def _tokens(trace: Trace) -> float | None:
    usage = object_of(trace.metadata.get("mlflow.trace.tokenUsage"))
    return number_of(usage.get("total_tokens")) or None


def _tools_run(trace: Trace) -> list[str]:
    """The tools that ran, in the order in which they began."""
    tools = [span for span in trace.spans if kind_of(attributes_of(span)) == "tool"]
    ordered = sorted(tools, key=lambda span: number_of(times_of(span)[0]) or 0)
    return [name for span in ordered if (name := text_of(span.get("name")))]
