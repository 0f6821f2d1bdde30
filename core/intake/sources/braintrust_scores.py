"""The scores and the feedback on a Braintrust event -> scores, with the user's reaction where it is told."""

from collections.abc import Iterator

from core.intake.feedback import Feedback
from core.intake.sources.braintrust_spans import is_root
from core.intake.sources.export import Fields, Row
from core.intake.sources.foreign_cells import number_text, object_of, text_of, value_of
from core.intake.sources.scores import BY_USER, made_id, score_number

EXPECTED = "expected"
_EDITED = "edited"


def score_rows(fields: Fields, feedback: Feedback) -> Iterator[Row]:
    """A score for each entry of ``scores`` that has a value, and one for the answer that a user put in
    place of the feature's. A null score was skipped.

    Whoever edits an answer also likes or dislikes it; then it is edited that counts.
    """
    run, step = text_of(fields.get("root_span_id")), text_of(fields.get("span_id"))
    whole = is_root(fields)
    correction = correction_in(fields) if whole else None
    by_user = BY_USER if has_feedback(fields) else None
    for name, value in object_of(fields.get("scores")).items():
        number = score_number(value)
        if number is None or not name:
            continue
        said = number_text(number)
        # Feedback is merged into the scores of judges; it can be told by its values only.
        feedback.note(name, said, by_user if number in (0, 1) else None)
        reaction = feedback.reaction(name, said)
        yield {
            **_score(run, step, name, whole),
            "value": said,
            "user_feedback": _EDITED if reaction and correction else reaction,
        }
    if correction is not None:
        yield {**_score(run, step, EXPECTED, whole), "comment": correction, "user_feedback": _EDITED}


def has_feedback(fields: Fields) -> bool:
    """Whether somebody gave feedback on the event after it was logged."""
    return any(value_of(fields.get(name)) not in (None, [], {}) for name in ("_audit_source", "audit_data"))


def correction_in(fields: Fields) -> str | None:
    """The answer as it should have been, where feedback gave it: an application may also log what it
    expects by itself, and that is no user's reaction."""
    stated = text_of(fields.get(EXPECTED))
    if stated is None:
        return None
    changes = value_of(fields.get("audit_data"))
    if changes not in (None, [], {}):
        return stated if f'"{EXPECTED}"' in (text_of(changes) or "") else None
    return stated if text_of(fields.get("_audit_source")) is not None else None


def _score(run: str | None, step: str | None, name: str, whole: bool) -> Row:
    return {
        "run_id": run,
        # Scores have no ids of their own; the same export names this one again.
        "score_id": made_id(step or run, name),
        "name": name,
        "span_id": None if whole else step,
    }
