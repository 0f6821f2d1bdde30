"""What teams write about a run into its metadata, under the names they usually give it."""

from collections.abc import Callable, Mapping
from typing import Any

from core.intake.cells import Reading
from core.intake.sources.foreign_cells import number_of, number_text, object_of, text_of

_NAMES: Mapping[str, tuple[str, ...]] = {
    "user_segment": ("segment", "user_segment", "userSegment", "plan", "tier", "cohort"),
    "user_role": ("user_role", "userRole", "role"),
    "channel": ("channel", "source", "surface"),
    "route": ("route",),
    "task_type": ("task_type", "taskType", "task", "intent"),
    "tool_expected": ("expected_tool", "tool_expected", "expectedTool", "toolExpected"),
    "model": ("model", "model_name", "modelName"),
    "prompt_version": ("prompt_version", "promptVersion", "prompt.version"),
    "release_bundle": ("release", "bundle", "revision_id", "git_sha", "version"),
    "confidence": ("confidence", "certainty"),
    "abstained": ("abstained",),
    "fallback": ("fallback",),
    "escalated": ("escalated", "handoff"),
}
"""Canonical column -> the keys to try, in this order."""

_WORDS = {"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false"}


class Facts:
    """What teams keep about their runs in places of their own, for one file: found under the names that
    are usual, and under those that the user named.

    A *place* is what the user is shown, such as “metadata” or “attributes”; a key in it is a fact.
    """

    def __init__(self, reading: Reading) -> None:
        self._answers = reading.answers
        self._notices = reading.notices
        self._odd: dict[str, int] = {}

    def found(self, place: str, stated: Any) -> dict[str, str]:
        """Canonical column -> cell, for every fact in ``stated`` (an object or its JSON text)."""
        return facts_in(stated, self._note_odd)

    def tell(self) -> None:
        """At the end of the file: say what could not be used."""
        for column, count in self._odd.items():
            sentence = f"Values that cannot be {column}, left out: {{count}}."
            self._notices.add("metadata_values", sentence, count)

    def _note_odd(self, column: str) -> None:
        self._odd[column] = self._odd.get(column, 0) + 1


def segment_in(metadata: Any) -> str | None:
    """The user's group in a cell of metadata."""
    return None if metadata in (None, "", "{}") else _text(_first(object_of(metadata), "user_segment"))


def facts_in(metadata: Any, on_odd: Callable[[str], None]) -> dict[str, str]:
    """Canonical column -> cell, for every fact in ``metadata`` whose value can be one.

    ``on_odd`` is called with the column of a value that is none, such as a confidence of 7.
    """
    found = object_of(metadata)
    facts = {}
    for name in _NAMES if found else ():
        stated = _first(found, name)
        if stated is None:
            continue
        cell = _READ_AS.get(name, _text)(stated)
        if cell is None:
            on_odd(name)
        else:
            facts[name] = cell
    return facts


def confidence_of(stated: Any) -> str | None:
    """``stated`` where it is a number from 0 to 1."""
    number = number_of(stated)
    return number_text(number) if number is not None and 0 <= number <= 1 else None


def _first(found: Mapping[str, Any], name: str) -> Any:
    return next((found[key] for key in _NAMES[name] if found.get(key) not in (None, "")), None)


def _text(stated: Any) -> str | None:
    """One word or number; an object is no name of anything."""
    return None if isinstance(stated, dict | list) else text_of(stated)


def _yes_or_no(stated: Any) -> str | None:
    return _WORDS.get((_text(stated) or "").casefold())


_READ_AS: Mapping[str, Callable[[Any], str | None]] = {
    "confidence": confidence_of,
    "abstained": _yes_or_no,
    "fallback": _yes_or_no,
    "escalated": _yes_or_no,
}
