"""LangSmith feedback -> scores: single feedbacks, and the averages that stand in the runs."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.intake.feedback import Feedback
from core.intake.sources.export import Fields, Row
from core.intake.sources.foreign_cells import (
    number_of,
    number_text,
    object_of,
    objects_in,
    text_of,
    texts_in,
    value_of,
)
from core.intake.sources.scores import BY_JUDGE, BY_REVIEWER, BY_USER, made_id, score_number

EDITED = "edited"
_SOURCES = {"api": BY_USER, "app": BY_REVIEWER, "model": BY_JUDGE, "auto_eval": BY_JUDGE}

BECAME = {
    "id": "score_id",
    "trace_id": "run_id",
    "run_id": "span_id",
    "key": "name",
    "score": "value",
    "value": "label",
    "comment": "comment",
    "correction": "comment, user_feedback",
    "feedback_source": "source",
    "created_at": "scored_at",
    "modified_at": "scored_at",
}
"""What each field of a feedback becomes."""


def score_row(fields: Fields, feedback: Feedback) -> Row:
    """One feedback in canonical columns. Without a ``trace_id`` it names its step alone."""
    name = text_of(fields.get("key"))
    number, label = score_number(fields.get("score")), _label(fields.get("value"))
    if number is None and (stated := score_number(fields.get("value"))) is not None:
        number, label = stated, None
    value = number_text(number)
    source = source_of(fields.get("feedback_source"))
    correction = value_of(fields.get("correction"))
    meant = value if value is not None else label
    if name is not None:
        feedback.note(name, meant, source)
    reaction = feedback.reaction(name, meant) if name is not None else None
    # A correction by a reviewer, or of a judge's score, is no edit by the user.
    if correction not in (None, {}, []) and source in (None, BY_USER):
        reaction = EDITED
    run, step = text_of(fields.get("trace_id")), text_of(fields.get("run_id"))
    author = object_of(fields.get("feedback_source"))
    return {
        "run_id": run,
        "span_id": None if step == run else step,
        "score_id": text_of(fields.get("id")),
        "name": name,
        "value": value,
        "label": label,
        "source": source,
        "author": text_of(author.get("user_name")) or text_of(author.get("user_id")),
        "comment": _comment(fields.get("comment"), correction),
        "scored_at": text_of(fields.get("modified_at")) or text_of(fields.get("created_at")),
        "user_feedback": reaction,
    }


def source_of(stated: Any) -> str | None:
    """Who gave a feedback, in the words of a score; its source is an object with a type, or the type."""
    kind = text_of(object_of(stated).get("type")) or (stated if isinstance(stated, str) else None)
    return _SOURCES.get((kind or "").lower(), None if kind is None or kind.startswith("{") else kind)


def scores_of_run(
    stats: Any, run: str | None, step: str | None, feedback: Feedback
) -> Iterator[tuple[Row, bool]]:
    """A score for each key of the ``feedback_stats`` of the run ``step``, and whether its feedbacks said
    several things.

    The statistics have no ids, so one is made of the run and the key: a later export of the same run brings
    it up to date. They are of the step, also of the first one, so that single feedbacks stand before them.
    """
    for name, stat in object_of(stats).items():
        found = object_of(stat)
        labels = object_of(found.get("values"))
        count = number_of(found.get("n")) or 0
        value = number_text(score_number(found.get("avg")))
        label = next(iter(labels)) if len(labels) == 1 else None
        if value is None and label is None and not labels:
            continue
        sources = [_SOURCES.get(str(one.get("type"))) for one in objects_in(found.get("sources"))]
        source = sources[0] if len(set(sources)) == 1 else None
        meant = value if value is not None else label
        feedback.note(name, meant, source)
        row: Row = {
            "run_id": run,
            "span_id": step,
            "score_id": made_id(step, name),
            "name": name,
            "value": value,
            "label": label,
            "source": source,
            "comment": "; ".join(texts_in(found.get("comments"))) or None,
            "user_feedback": feedback.reaction(name, meant),
        }
        yield row, len(labels) > 1 or (count > 1 and value is not None and _varies(found))


def _varies(stat: Mapping[str, Any]) -> bool:
    return bool(number_of(stat.get("stdev"))) or score_number(stat.get("min")) != score_number(
        stat.get("max")
    )


def _label(stated: Any) -> str | None:
    found = value_of(stated)
    return None if found in ({}, []) else text_of(found)


def _comment(stated: Any, correction: Any) -> str | None:
    parts = [text_of(stated), None if correction in (None, {}, []) else f"Corrected: {text_of(correction)}"]
    return ". ".join(part for part in parts if part) or None
