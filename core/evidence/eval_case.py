"""An eval case: a test that a person wrote or made from a failure, as every stage knows it."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from core.errors import InvalidDocument

LONGEST_TEXT = 50_000
LONGEST_WORD = 200
MOST_TAGS = 20
MOST_TOOLS = 50

TEXTS = ("query", "ground_truth", "expected_behavior", "failure_observed")
"""The fields of a case that hold free text."""

_WORDS = ("failure_type", "task_type", "user_segment", "source_run_id")
_NAMES = {
    "query": "question",
    "ground_truth": "right answer",
    "expected_behavior": "expected behaviour",
    "failure_observed": "failure observed",
    "failure_type": "failure type",
    "task_type": "task type",
    "user_segment": "user segment",
    "source_run_id": "run id",
}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Part(StrEnum):
    """The part of an eval set that a case belongs to."""

    GOLD = "gold"
    ADVERSARIAL = "adversarial"
    REGRESSION = "regression"


@dataclass(frozen=True)
class EvalCase:
    """One version of a case; ``number`` counts its versions from 1.

    ``source_run_id`` is the trace that it was made from, ``failure_observed`` what went wrong there.
    A critical case is one that people say may never break.
    """

    case_id: str
    query: str
    number: int = 1
    part: Part = Part.GOLD
    ground_truth: str | None = None
    tools_expected: tuple[str, ...] = ()
    expected_behavior: str | None = None
    failure_observed: str | None = None
    failure_type: str | None = None
    source_run_id: str | None = None
    task_type: str | None = None
    user_segment: str | None = None
    tags: tuple[str, ...] = ()
    is_critical: bool = False


def checked_case(case: EvalCase) -> EvalCase:
    """The case as it may be kept: texts to the letter, blank ones as None, words without blanks around them.

    Raises InvalidDocument, in a sentence that names the field, where it asks nothing, says nothing that an
    answer could be held against, or holds what no database keeps.
    """
    texts = {name: _text(name, getattr(case, name)) for name in TEXTS}
    words = {name: _word(name, getattr(case, name)) for name in _WORDS}
    tools = _words("expected tools", case.tools_expected, MOST_TOOLS)
    tags = _words("tags", case.tags, MOST_TAGS)
    if texts["query"] is None:
        raise InvalidDocument("The case asks nothing.", mend="Write the question that the feature gets.")
    if not (texts["ground_truth"] or texts["expected_behavior"] or tools):
        raise InvalidDocument(
            "The case does not say what a good answer is.",
            mend="Give the right answer, the tool that has to be called, or what a good answer does.",
        )
    return replace(case, **texts, **words, tools_expected=tools, tags=tags)  # type: ignore[arg-type]


def changed_fields(before: EvalCase | None, after: EvalCase) -> tuple[str, ...]:
    """The fields that differ, but for the number of the version; none of them where there was no case."""
    if before is None:
        return ()
    names = EvalCase.__dataclass_fields__
    return tuple(n for n in names if n != "number" and getattr(before, n) != getattr(after, n))


def field_name(name: str) -> str:
    """The field as people call it: "right answer"."""
    return _NAMES.get(name, {"is_critical": "critical"}.get(name, name.replace("_", " ")))


def _text(name: str, text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    if len(text) > LONGEST_TEXT:
        raise InvalidDocument(
            f"The {_NAMES[name]} has {len(text):,} characters; {LONGEST_TEXT:,} are the most.",
            mend="Keep the part of it that makes the test.",
        )
    return _storable(_NAMES[name], text)


def _word(name: str, word: str | None) -> str | None:
    if word is None or not word.strip():
        return None
    return _short(_NAMES[name], word.strip())


def _words(name: str, words: tuple[str, ...], most: int) -> tuple[str, ...]:
    kept = tuple(dict.fromkeys(_short(name, word.strip()) for word in words if word.strip()))
    if len(kept) > most:
        raise InvalidDocument(
            f"The case has {len(kept):,} {name}; {most} are the most.", mend="Leave some out."
        )
    return kept


def _short(name: str, word: str) -> str:
    if len(word) > LONGEST_WORD:
        raise InvalidDocument(
            f"“{word[:40]}…” ({name}) is longer than {LONGEST_WORD} characters.", mend="Shorten it."
        )
    return _storable(name, word)


def _storable(name: str, text: str) -> str:
    found = _UNSTORABLE.search(text)
    if found is None:
        return text
    place = f"U+{ord(found[0]):04X}, place {found.start() + 1:,}"
    place = f"U+{ord(found[0]):04X}, place {found.start() + 1:,}"
    raise InvalidDocument(f"The {name} holds a character that cannot be kept ({place}).", mend="Take it out.")
