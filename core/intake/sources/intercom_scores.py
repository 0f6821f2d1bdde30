"""How an Intercom conversation went: ratings, monitors and scorecards, and the user's reaction."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.intake.feedback import Feedback
from core.intake.sources.epochs import SECONDS, time_text
from core.intake.sources.export import Row
from core.intake.sources.foreign_cells import list_of, number_of, number_text, object_of, text_of
from core.intake.sources.scores import BY_JUDGE, BY_REVIEWER, BY_USER, made_id, score_number

_BY_STATE = {"confirmed_resolution": "accepted", "negative_feedback": "rejected"}
_GOOD, _BAD = 4, 2
_NAMES = ("name", "title", "criteria_name", "monitor_name", "scorecard_name", "id")
_VALUES = ("score", "value", "rating", "result", "passed", "overall_score")


def rating_of(agent: Mapping[str, Any]) -> float | None:
    """The customer's rating of Fin, 1 to 5."""
    rating = number_of(agent.get("rating"))
    return rating if rating is not None and 1 <= rating <= 5 else None


def reaction_of(state: str | None, rating: float | None, feedback: Feedback) -> str | None:
    """Accepted where the customer confirmed it or gave 4 or 5, rejected after a complaint or 1 or 2; a
    customer who only fell silent (assumed_resolution) said nothing."""
    said = {_BY_STATE[state]} if state in _BY_STATE else set()
    if rating is not None and rating >= _GOOD:
        said.add("accepted")
    if rating is not None and rating <= _BAD:
        said.add("rejected")
    if len(said) > 1:
        feedback.disagree()
        return None
    return said.pop() if said else None


def scores_in(fields: Mapping[str, Any], run: str | None) -> Iterator[Row]:
    """The ratings of the conversation, and what monitors and scorecards gave it."""
    agent, rated = object_of(fields.get("ai_agent")), object_of(fields.get("conversation_rating"))
    rating = rating_of(agent)
    if rating is not None:
        yield _score(run, "fin_rating", rating, BY_USER, comment=text_of(agent.get("rating_remark")))
    stated = number_of(rated.get("rating"))
    if stated is not None:
        at = time_text(rated.get("created_at"), SECONDS)
        yield _score(run, "conversation_rating", stated, BY_USER, comment=text_of(rated.get("remark")), at=at)
    for place, source in (("monitor_evaluations", BY_JUDGE), ("scorecards", BY_REVIEWER)):
        for name, value in _evaluations(fields.get(place), place):
            yield _score(run, name, value, source)


def _evaluations(stated: Any, place: str) -> Iterator[tuple[str, float | str]]:
    """(name, number or word) of each evaluation in a list, wherever its maker put the two."""
    listed = object_of(stated).get(place) or object_of(stated).get("data") or stated
    for count, one in enumerate(list_of(listed), start=1):
        found = object_of(one)
        name = next((text for key in _NAMES if (text := text_of(found.get(key))) is not None), None)
        value = next((_plain(found[key]) for key in _VALUES if _plain(found.get(key)) is not None), None)
        if value is not None:
            yield name or f"{place} {count}", value


def _plain(stated: Any) -> float | str | None:
    if isinstance(stated, dict | list):
        return None
    number = score_number(stated)
    return text_of(stated) if number is None else number


def _score(
    run: str | None,
    name: str,
    value: float | str,
    source: str,
    *,
    comment: str | None = None,
    at: str | None = None,
) -> Row:
    is_number = isinstance(value, float)
    return {
        "run_id": run,
        "score_id": made_id(run, name),
        "name": name,
        "value": number_text(value) if isinstance(value, float) else None,
        "label": None if is_number else str(value),
        "source": source,
        "comment": comment,
        "scored_at": at,
    }
