"""Langfuse scores -> scores: rows of a scores export, scores inside a trace, columns of other exports."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.intake.cell_terms import Fault
from core.intake.feedback import Feedback
from core.intake.sources.export import Fields, Row
from core.intake.sources.foreign_cells import list_of, number_of, number_text, text_of
from core.intake.sources.scores import made_id, score_number

_AS_WORDS = ("CATEGORICAL", "TEXT", "CORRECTION")

_OF_SESSION = Fault(
    "not_of_a_run",
    "The score is of a whole session, not of one run.",
    "Score single traces in Langfuse; scores of sessions cannot be used here.",
)
_OF_DATASET = Fault(
    "not_of_a_run",
    "The score is of a dataset run, not of one run of the feature.",
    "Import the results of the dataset run as eval results.",
)

BECAME = {
    "id": "score_id",
    "traceId": "run_id",
    "observationId": "span_id",
    "timestamp": "scored_at",
    "source": "source",
    "name": "name",
    "value": "value",
    "stringValue": "label",
    "comment": "comment",
    "authorUserName": "author",
    "authorUserId": "author",
}
"""What each column of a scores export becomes."""


def score_row(fields: Fields, feedback: Feedback) -> Row:
    """One score in canonical columns."""
    name, source = text_of(fields.get("name")), text_of(fields.get("source"))
    stated = fields.get("value")
    is_words = text_of(fields.get("dataType")) in _AS_WORDS
    label = text_of(fields.get("stringValue"))
    # Newer answers of the API write true and false, others 1 and 0 with the words beside them.
    number = (number_of if is_words else score_number)(text_of(stated))
    if label is None and number is None:
        label = text_of(stated)
    value = number_text(number)
    meant = label if label is not None and (is_words or value is None) else value
    if name is not None and no_run_in(fields) is None:
        feedback.note(name, meant, source)
    return {
        "run_id": text_of(fields.get("traceId")),
        "score_id": text_of(fields.get("id")),
        "name": name,
        # The number of a category is 0 for any that has none of its own: it must not pass for a score.
        "value": None if is_words and label is not None else value,
        "label": label,
        "source": source,
        "span_id": text_of(fields.get("observationId")),
        "author": text_of(fields.get("authorUserName")) or text_of(fields.get("authorUserId")),
        "comment": text_of(fields.get("comment")),
        "scored_at": text_of(fields.get("timestamp")),
        "user_feedback": feedback.reaction(name, meant) if name is not None else None,
    }


def no_run_in(fields: Fields) -> Fault | None:
    """Why a score belongs to no run; None where it has one, or names nothing else either."""
    if text_of(fields.get("traceId")) is not None:
        return None
    if text_of(fields.get("sessionId")) is not None:
        return _OF_SESSION
    return _OF_DATASET if text_of(fields.get("datasetRunId")) is not None else None


def column_scores(cells: Mapping[str, Any], feedback: Feedback) -> dict[str, list[float | str]]:
    """Score name -> its values, from the columns that a traces or observations export has per score.

    A cell is a list: ``[0.8,1]``, ``["rude"]``, or empty.
    """
    found = {}
    for name, cell in cells.items():
        values = [_plain(one) for one in list_of(cell)] if str(cell).startswith("[") else []
        known = [one for one in values if one is not None]
        for one in known:
            feedback.note(name, _words(one))
        if known:
            found[name] = known
    return found


def reaction_in(scores: Mapping[str, list[float | str]], feedback: Feedback) -> str | None:
    """The user's reaction; None where the scores hold none, or several that disagree."""
    found = {
        reaction
        for name, values in scores.items()
        for one in values
        if (reaction := feedback.reaction(name, _words(one))) is not None
    }
    if len(found) > 1:
        feedback.disagree()
        return None
    return found.pop() if found else None


def rows_of_columns(
    fields: Fields, scores: Mapping[str, list[float | str]], feedback: Feedback
) -> Iterator[Row]:
    """A score of its own for each value in the score columns of an observation.

    The export has no ids of scores, so one is made of what identifies the value: an export of the same
    observations names it again.
    """
    # The newer events export repeats the scores of the whole trace on each of its rows.
    step = None if "latencyMs" in fields else text_of(fields.get("id"))
    run = text_of(fields.get("traceId"))
    for name, values in scores.items():
        for place, one in enumerate(values):
            is_number = isinstance(one, float)
            yield {
                "run_id": run,
                "score_id": made_id(step or run, name, place),
                "name": name,
                "value": number_text(one) if isinstance(one, float) else None,
                "label": None if is_number else str(one),
                "span_id": step,
                "user_feedback": feedback.reaction(name, _words(one)),
            }


def _plain(one: Any) -> float | str | None:
    """A value of a score: a number, or a word."""
    number = score_number(one) if isinstance(one, bool | int | float) else None
    return number if number is not None else text_of(one)


def _words(one: float | str) -> str:
    return (number_text(one) or "") if isinstance(one, float) else one
