"""The JSON of single Langfuse traces: the API's and the SDK's, and what the page of a trace downloads."""

from collections.abc import Mapping
from typing import Any

from core.evidence.columns import Kind
from core.intake.sources.export import Fields, Row
from core.intake.sources.foreign_cells import fields_of, list_of, object_of, objects_in, text_of
from core.intake.sources.langfuse_export import Shape, TracesExport
from core.intake.sources.langfuse_scores import score_row
from core.intake.sources.langfuse_spans import span_row
from core.intake.sources.langfuse_traces import run_of_steps, with_steps
from core.intake.sources.source import Context

_OF_THE_RUN = ("user_id", "session_id", "user_segment", "release_bundle")


class TraceJson(TracesExport):
    """One object is one trace: its fields at the top or under ``trace``, or on its steps alone."""

    def __init__(self, shape: Shape, samples: Mapping[str, str], context: Context) -> None:
        super().__init__(shape, samples, context)
        self._only_ids = 0

    def tell(self) -> None:
        super().tell()
        if self._only_ids:
            sentence = (
                "Traces that name their observations by id only, so their tools are not in this file:"
                " {count}. Upload the observations export too."
            )
            self._notices.add("no_steps", sentence, self._only_ids)

    def _row(self, number: int, fields: Fields) -> Row:
        trace = fields_of(object_of(fields.get("trace")))
        listed = list_of(fields.get("observations") or trace.get("observations"))
        steps = _objects(listed)
        self._only_ids += bool(listed) and not steps
        facts = trace or (fields if text_of(fields.get("id")) else run_of_steps(steps))
        row = self._trace(facts)
        taken = [_of_run(span_row(step, self._context.facts), row) for step in steps]
        for step in taken:
            self._add(Kind.SPANS, number, step)
        for score in _objects(fields.get("scores") or trace.get("scores")):
            self._add(Kind.SCORES, number, _of_run(score_row(score, self._feedback), row))
        return with_steps(row, steps, taken)


def _objects(listed: Any) -> list[dict[str, Any]]:
    return [fields_of(one) for one in objects_in(listed)]


def _of_run(part: Row, run: Row) -> Row:
    """A step or a score inside a trace belongs to it, also where it does not say so itself."""
    part["run_id"] = part["run_id"] or run["run_id"]
    for name in _OF_THE_RUN:
        if name in part:
            part[name] = part[name] or run.get(name)
    return part
