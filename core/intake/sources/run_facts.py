"""What teams write about a run into places of their own, such as metadata and tags: under the names they
usually give it, and under those that the user says."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import Question
from core.evidence.column import fold
from core.evidence.columns import TRACE_COLUMNS
from core.intake.cell_terms import Reading
from core.intake.job import Remembered
from core.intake.report import shown
from core.intake.sources.foreign_cells import list_of, number_of, number_text, object_of, text_of

QUESTION = "facts"

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

WANTED = {column.name: column.meaning for column in TRACE_COLUMNS if column.name in _NAMES}
"""What a key can be said to hold, with its meaning."""

_WORDS = {"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false"}
_FLAGS = ("abstained", "fallback", "escalated")
_NEEDED = {"confidence": "a number from 0 to 1", **dict.fromkeys(_FLAGS, "yes or no")}
"""What a value has to be, in words; of all other columns one word or number."""

_USUAL = {fold(key): name for name, keys in _NAMES.items() for key in keys}
_NEAR = {
    "user_segment": ("segment", "tier", "plan", "cohort", "customertype", "usertype"),
    "tool_expected": ("expectedtool", "goldtool", "righttool"),
    "confidence": ("confidence", "certainty", "probability"),
    "fallback": ("fallback", "fellback"),
    "escalated": ("escalat", "handoff", "handover", "handedto", "transferred"),
    "abstained": ("abstain", "refus", "declin"),
    "channel": ("channel", "surface", "medium"),
    "task_type": ("tasktype", "intent", "usecase", "topic", "category"),
    "route": ("route", "workflow", "flow"),
    "prompt_version": ("promptversion", "prompttemplate"),
    "release_bundle": ("release", "version", "gitsha", "commit", "build"),
    "user_role": ("role",),
    "model": ("modelname", "modelid"),
}
"""Parts of names that suggest a column."""

# What tools and their libraries write themselves; nobody would look for a fact about users there.
_NOISE = (
    "ls_", "langsmith", "langgraph_", "langchain", "langfuse", "lc_", "sdk", "telemetry", "runtime", "thread",
    "session", "conversation", "checkpoint", "trace", "span", "run_id", "user_id", "userid", "env", "host",
    "library", "platform", "python", "py_", "weave", "mlflow", "resourceattributes", "scope", "request_id",
    "usage", "created_by", "temperature", "max_tokens", "url", "endpoint", "ip",
)  # fmt: skip
_KEYS, _VALUES, _OFFERED = 300, 13, 40
_LONGEST_WORD = 40
_SLICES = 12
_DEPTH = 3


@dataclass
class _Key:
    """What the file shows of one key: how often it is there, and some of its different values."""

    count: int = 0
    values: dict[str, None] = field(default_factory=dict)
    is_plain: bool = True


class Facts:
    """What teams keep about their runs in places of their own, for one file.

    A *place* is what the user is shown, such as “metadata” or “tags”; a key in it (“metadata.tier”) may
    hold a fact. ``used`` is what is known about keys: from this file's answers and earlier ones'.
    """

    def __init__(self, reading: Reading, remembered: Iterable[Remembered] = ()) -> None:
        self._notices, self._doubts = reading.notices, reading.doubts
        earlier: dict[str, str] = {}
        for one in reversed(tuple(remembered)):
            earlier |= one.answers.facts
        self._answered = bool(reading.answers.facts)
        self.used = earlier | reading.answers.facts
        self._seen: dict[str, _Key] = {}
        self._odd: dict[str, int] = {}
        self._filled: set[str] = set()

    def found(self, place: str, stated: Any) -> dict[str, str]:
        """Canonical column -> cell, for every fact in ``stated``: an object or a list of tags ("tier:gold"),
        as values or as JSON text. Keys that the user named stand before the usual ones."""
        leaves = dict(_leaves(place, stated))
        if not leaves:
            return {}
        for key, value in leaves.items():
            self._note(key, value)
        facts = self._usual(place, leaves)
        for key, name in self.used.items():
            if name and leaves.get(key) not in (None, ""):
                self._put(facts, name, leaves[key])
        self._filled.update(facts)
        return facts

    def one(self, name: str, place: str, stated: Any) -> str | None:
        """The cell of the canonical column ``name`` alone, for places whose keys nobody is asked about, such
        as the metadata of a step inside a run; None where they do not state it."""
        leaves = {} if stated in (None, "", "{}") else dict(_leaves(place, stated))
        if not leaves:
            return None
        by_user = (leaves[key] for key, column in self.used.items() if column == name and key in leaves)
        said = [value for value in by_user if value not in (None, "")]
        value = said[-1] if said else self._under_usual_names(name, place, leaves)
        return None if value is None else _READ_AS.get(name, _text)(value)

    def tell(self) -> None:
        """At the end of the file: what could not be used, and the question about keys nobody knows."""
        for column, count in self._odd.items():
            needed = _NEEDED.get(column, "one word or number")
            sentence = f"Values that cannot be {column} ({needed}), left out: {{count}}."
            self._notices.add("metadata_values", sentence, count)
        open_keys = self._open_keys()
        if open_keys:
            self._doubts.ask(_question(open_keys))

    def _usual(self, place: str, leaves: Mapping[str, Any]) -> dict[str, str]:
        facts: dict[str, str] = {}
        for name in _NAMES:
            value = self._under_usual_names(name, place, leaves)
            if value is not None:
                self._put(facts, name, value)
        return facts

    def _under_usual_names(self, name: str, place: str, leaves: Mapping[str, Any]) -> Any:
        paths = (f"{place}.{key}" for key in _NAMES[name])
        # A key that the user gave another meaning, or none, does not keep its usual one.
        usable = (leaves[path] for path in paths if path in leaves and path not in self.used)
        return next((one for one in usable if one not in (None, "")), None)

    def _put(self, facts: dict[str, str], name: str, value: Any) -> None:
        cell = _READ_AS.get(name, _text)(value)
        if cell is None:
            self._odd[name] = self._odd.get(name, 0) + 1
        else:
            facts[name] = cell

    def _note(self, key: str, value: Any) -> None:
        seen = self._seen.get(key)
        if seen is None:
            if len(self._seen) >= _KEYS:
                return
            seen = self._seen[key] = _Key()
        text = _text(value)
        if text is None:
            return
        seen.count += 1
        if len(text) > _LONGEST_WORD or "\n" in text:
            seen.is_plain = False
        elif len(seen.values) < _VALUES:
            seen.values.setdefault(text)

    def _open_keys(self) -> dict[str, _Key]:
        """The keys that may hold what is still wanted: as many as can be asked about."""
        open_keys = {
            key: seen
            for key, seen in self._seen.items()
            if key not in self.used and not _is_usual(key) and not _is_noise(key) and _is_telling(seen)
        }
        missing = WANTED.keys() - self._filled
        if not missing or self._answered:
            return {}
        likely = {key: seen for key, seen in open_keys.items() if suggested_fact(key, seen.values) in missing}
        # Who has answered once is asked again only about a key whose name says that it matters.
        asked = likely if self.used else open_keys
        first = sorted(asked, key=lambda key: (key not in likely, -asked[key].count))
        return {key: asked[key] for key in first[:_OFFERED]}


def suggested_fact(key: str, values: Iterable[str]) -> str:
    """The canonical column that a key most likely holds by its name and values; "" for none."""
    name = fold(key.rpartition(".")[2])
    for column, parts in _NEAR.items():
        if any(part in name for part in parts) and _could_be(column, list(values)):
            return column
    return ""


def answer_of(choice: str) -> dict[str, str]:
    """The answer of the question as JSON text: {"metadata.tier": "user_segment", "metadata.x": ""}.

    Raises ValueError where it is none.
    """
    body = json.loads(choice)
    if not isinstance(body, dict) or not all(isinstance(name, str) for name in body.values()):
        raise ValueError("each key needs the name of a column, or nothing")
    return body


def _could_be(column: str, values: list[str]) -> bool:
    reader = _READ_AS.get(column)
    return not values or reader is None or all(reader(value) is not None for value in values)


def _is_usual(key: str) -> bool:
    return fold(key.rpartition(".")[2]) in _USUAL and key.count(".") == 1


def _is_noise(key: str) -> bool:
    words = key.partition(".")[2].casefold()
    return any(words.startswith(noise) for noise in _NOISE) or words.endswith(
        ("_id", ".id", "_at", "version_id")
    )


def _is_telling(seen: _Key) -> bool:
    """Whether the values split the runs into groups: some that repeat, or a share between 0 and 1."""
    if not seen.is_plain or len(seen.values) < 2:
        return False
    if all(confidence_of(value) is not None for value in seen.values):
        return True
    return len(seen.values) <= _SLICES and (len(seen.values) < seen.count or seen.count <= 5)


def _question(open_keys: Mapping[str, _Key]) -> Question:
    options = {name: f"{name}: {meaning}" for name, meaning in WANTED.items()}
    options[""] = "not used"
    sentence = (
        "Your team keeps facts of its own beside the runs. Does one of them say who the user is, which tool"
        " was expected, how sure the feature was, or whether it fell back or handed over?"
    )
    values = {key: tuple(shown(value) for value in list(seen.values)[:5]) for key, seen in open_keys.items()}
    return Question(QUESTION, sentence, options, samples=tuple(values), values=values)


def _leaves(place: str, stated: Any, depth: int = _DEPTH) -> Iterator[tuple[str, Any]]:
    """Each key under ``place`` with its value; tags such as “tier:gold” are keys with values."""
    found = object_of(stated)
    if found:
        for key, value in found.items():
            path = f"{place}.{key}"
            if isinstance(value, dict) and value and depth > 1:
                yield from _leaves(path, value, depth - 1)
            else:
                yield path, value
    elif stated not in (None, "", "[]", "{}"):
        for tag in list_of(stated):
            key, colon, value = tag.partition(":") if isinstance(tag, str) else ("", "", "")
            if colon and key.strip() and value.strip():
                yield f"{place}.{key.strip()}", value.strip()


def confidence_of(stated: Any) -> str | None:
    """``stated`` where it is a number from 0 to 1."""
    number = number_of(stated)
    return number_text(number) if number is not None and 0 <= number <= 1 else None


def _text(stated: Any) -> str | None:
    """One word or number; an object is no name of anything."""
    return None if isinstance(stated, dict | list) else text_of(stated)


def _yes_or_no(stated: Any) -> str | None:
    return _WORDS.get((_text(stated) or "").casefold())


_READ_AS: Mapping[str, Callable[[Any], str | None]] = {
    "confidence": confidence_of,
    **dict.fromkeys(_FLAGS, _yes_or_no),
}
