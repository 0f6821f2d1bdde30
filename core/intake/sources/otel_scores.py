"""The scores that stand on a step: evaluations of OpenTelemetry, annotations of Phoenix and Arize."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from core.intake.feedback import Feedback
from core.intake.sources.export import Row
from core.intake.sources.foreign_cells import number_of, number_text, object_of, text_of
from core.intake.sources.otel_attributes import Attributes
from core.intake.sources.otel_steps import Step
from core.intake.sources.otel_writing import instant
from core.intake.sources.scores import BY_JUDGE, BY_REVIEWER, BY_USER, short_id

_EVALUATION = "gen_ai.evaluation"

_BY_MACHINE = ("LLM", "CODE")
_NOTE = "note"
"""How Phoenix calls the annotations that are remarks; their identifier is no person."""

SCORE_COLUMNS = ("eval", "annotation", "trace_eval")
"""What the columns of scores begin with in a table of spans."""

_PARTS = ("label", "score", "explanation", "text", "updated_at")


def scores_of(step: Step, feedback: Feedback) -> Iterator[Row]:
    """The scores of one step, and those of its whole run that stand on it."""
    count: Counter[str] = Counter()
    for event in step.events:
        if event.attributes.has(f"{_EVALUATION}.name"):
            yield _evaluation(step, event.attributes, event.at, count)
    if step.attributes.has(f"{_EVALUATION}.name"):
        yield _evaluation(step, step.attributes, step.ended, count)
    for name, span in (("annotations", step.span), ("trace.annotations", None)):
        for one in step.attributes.listed(name):
            inner = one.get("annotation") if isinstance(one, dict) else None
            stated = inner if isinstance(inner, dict) else one
            if isinstance(stated, dict):
                yield annotation_row(stated, step.run, span, feedback, count)


def annotation_row(
    stated: Mapping[str, Any], run: str | None, span: str | None, feedback: Feedback, count: Counter[str]
) -> Row:
    """One annotation in canonical columns.

    ``count`` numbers the annotations of one name, for files that give them no id of their own.
    """
    values = Attributes({**object_of(stated.get("result")), **stated})
    name = values.text("annotation_name", "name")
    label, number = values.text("label", "result.label"), values.number("score", "result.score")
    kind = (values.text("annotator_kind") or "").upper()
    meant = label if label is not None else number_text(number)
    author = values.text("user_id") if name == _NOTE else values.text("identifier", "user_id")
    if name is not None and name != _NOTE:
        # Any score that a person gave may be the user's own; the user is asked which one is.
        feedback.note(name, meant, BY_JUDGE if kind in _BY_MACHINE else BY_USER)
    return {
        "run_id": run,
        "score_id": values.text("id") or _made_id(run, span, name, values.text("identifier"), count),
        "name": name,
        "value": number_text(number),
        "label": label,
        "source": _source(name, kind, feedback),
        "span_id": span,
        "author": author,
        "comment": values.text("explanation", "result.explanation", "text"),
        "scored_at": instant(values.text("updated_at", "created_at")),
        "user_feedback": feedback.reaction(name, meant) if name is not None else None,
    }


def _source(name: str | None, kind: str, feedback: Feedback) -> str | None:
    if kind in _BY_MACHINE:
        return BY_JUDGE
    if kind != "HUMAN":
        return None
    rule = feedback.rule
    return BY_USER if rule is not None and rule.score and rule.score == name else BY_REVIEWER


def _made_id(
    run: str | None, span: str | None, name: str | None, whose: str | None, count: Counter[str]
) -> str | None:
    """An id of what identifies the score, so that another export of the same steps names it again."""
    if name is None:
        return None
    place = ":".join(part for part in (span or run, name, whose) if part)
    count[place] += 1
    return short_id(place if count[place] == 1 else f"{place}:{count[place]}")


def _evaluation(step: Step, stated: Attributes, at: str | None, count: Counter[str]) -> Row:
    name = stated.text(f"{_EVALUATION}.name")
    return {
        "run_id": step.run,
        "score_id": _made_id(step.run, step.span, name, None, count),
        "name": name,
        "value": number_text(stated.number(f"{_EVALUATION}.score.value")),
        "label": stated.text(f"{_EVALUATION}.score.label"),
        "source": BY_JUDGE,
        "span_id": step.span,
        "comment": stated.text(f"{_EVALUATION}.explanation"),
        "scored_at": at,
    }


def column_scores(
    fields: Mapping[str, Any], run: str | None, span: str | None, feedback: Feedback
) -> Iterator[Row]:
    """The scores in columns such as “eval.correctness.label”, which Arize has for each of its evaluations and
    annotations; those of “trace_eval” are of the whole run."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for header, cell in fields.items():
        place, _, rest = header.partition(".")
        name, _, part = rest.rpartition(".")
        if place in SCORE_COLUMNS and name and part in _PARTS and text_of(cell) is not None:
            found.setdefault((place, name), {})[part] = cell
    count: Counter[str] = Counter()
    for (place, name), stated in found.items():
        if "label" not in stated and number_of(stated.get("score")) is None:
            continue
        kind = "HUMAN" if place == "annotation" else "LLM"
        of_step = None if place == "trace_eval" else span
        yield annotation_row({"name": name, "annotator_kind": kind, **stated}, run, of_step, feedback, count)
