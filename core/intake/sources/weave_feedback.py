"""Feedback on Weave calls -> scores: reactions, notes, annotations, results of scorers and a team's own."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.intake.feedback import Feedback
from core.intake.sources.export import Fields, Row
from core.intake.sources.foreign_cells import number_text, object_of, objects_in, text_of, word_of
from core.intake.sources.scores import BY_JUDGE, BY_REVIEWER, BY_USER, made_id, score_number

_REACTION, _NOTE = "wandb.reaction.", "wandb.note."
_ANNOTATION, _SCORER = "wandb.annotation.", "wandb.runnable."
_OF_TOOL = {"usage", "status_counts", "weave"}
_DEEPEST = 4

_Said = tuple[str, float | str | None]
"""The name of a score, and what it says."""


def scores_of_call(call: Fields, run: str | None, step: str | None, feedback: Feedback) -> Iterator[Row]:
    """The scores in a call's summary; ``step`` is None where it is the first call of its trace."""
    summary = object_of(call.get("summary"))
    weave = object_of(summary.get("weave"))
    for given in objects_in(weave.get("feedback")):
        yield from _scores(given, run, step, feedback)
    for name, stated in summary.items():
        value = _said(stated) if name not in _OF_TOOL else None
        if isinstance(value, float):
            # What the code itself wrote into the summary; it has no id, so one is made of call and name.
            yield {
                "run_id": run, "span_id": step, "score_id": made_id(text_of(call.get("id")), name),
                "name": name, "value": number_text(value),
            }  # fmt: skip


def _scores(given: Mapping[str, Any], run: str | None, step: str | None, feedback: Feedback) -> Iterator[Row]:
    kind, payload = text_of(given.get("feedback_type")) or "", object_of(given.get("payload"))
    source = _source(kind)
    said = list(_values(kind, payload))
    for place, (name, value) in enumerate(said):
        words = number_text(value) if isinstance(value, float) else value
        if words is not None:
            feedback.note(name, words, source)
        stated = text_of(given.get("id"))
        ident = None if stated is None else stated if len(said) == 1 else made_id(stated, name)
        yield {
            "run_id": run,
            "span_id": step,
            "score_id": ident or made_id(step or run, kind, place),
            "name": name,
            "value": number_text(value) if isinstance(value, float) else None,
            "label": value if isinstance(value, str) else None,
            "source": source,
            "author": text_of(given.get("creator")),
            "comment": text_of(payload.get("note")) if value is None else None,
            "scored_at": text_of(given.get("created_at")),
            "user_feedback": feedback.reaction(name, words),
        }


def _source(kind: str) -> str:
    """Annotations are a reviewer's, scorers are code or a judge; the rest came in over the interface."""
    if kind.startswith(_ANNOTATION):
        return BY_REVIEWER
    return BY_JUDGE if kind.startswith(_SCORER) else BY_USER


def _values(kind: str, payload: Mapping[str, Any]) -> Iterator[_Said]:
    """The scores of one feedback."""
    if kind.startswith(_REACTION):
        # Without the colour of the skin, so that all thumbs are one.
        emoji = text_of(payload.get("detoned")) or text_of(payload.get("emoji"))
        yield "reaction", emoji or text_of(payload.get("alias"))
    elif kind.startswith(_NOTE):
        yield "note", None
    elif kind.startswith(_SCORER):
        yield from _parts(_name_in(kind, _SCORER), payload.get("output", payload), _DEEPEST)
    elif kind.startswith(_ANNOTATION):
        yield from _parts(_name_in(kind, _ANNOTATION), payload.get("value"), _DEEPEST)
    elif kind:
        only = payload.get("value", payload.get("score"))
        yield from _parts(kind, payload if only is None else only, _DEEPEST)


def _name_in(kind: str, beginning: str) -> str:
    return kind.removeprefix(beginning).split(":")[0] or kind


def _parts(name: str, stated: Any, depth: int) -> Iterator[_Said]:
    """The numbers and words in ``stated``, each under its dotted name."""
    if isinstance(stated, dict):
        for key, part in stated.items() if depth else ():
            yield from _parts(f"{name}.{key}", part, depth - 1)
    elif not isinstance(stated, list) and (value := _said(stated)) is not None:
        yield name, value


def _said(stated: Any) -> float | str | None:
    """A score as a number, true and false as 1 and 0; else as a word."""
    number = score_number(stated)
    return word_of(stated) if number is None else number
