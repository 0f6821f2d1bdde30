"""Which other waiting files the answers for one file settle too, and what they are read with then."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.intake.answers import Answers
from core.intake.doubts import proven_choice
from core.intake.feedback import QUESTION as FEEDBACK
from core.intake.pass_rule import QUESTION as PASS_RULE
from core.intake.pass_rule import Bar
from core.intake.personal_texts import QUESTION as PERSONAL_TEXT
from core.intake.sources.run_facts import QUESTION as FACTS
from core.store.uploads import Upload

_ALONE = (FEEDBACK, FACTS, PERSONAL_TEXT, PASS_RULE)
"""Answers that do not depend on the columns of a file: each holds for all files of the feature."""


def settles(answers: Answers, upload: Upload, other: Upload) -> bool:
    """Whether what was answered for ``upload`` answers all that is asked about ``other``: the columns,
    where both have the same ones and no cell of ``other`` says otherwise; or what does not depend on the
    columns, where everything that ``other`` asks about it was seen with ``upload``."""
    if headers := _headers_asked(other):
        same_kind = other.answers.get("kind") in (None, answers.kind)
        return same_kind and headers == _headers_asked(upload) and not _contradicts(other, answers)
    return all(
        one["key"] in _ALONE and _settles_alone(one["key"], answers, upload, other) for one in _asked(other)
    )


def _settles_alone(key: str, answers: Answers, upload: Upload, other: Upload) -> bool:
    """Whether the question ``key`` about ``other`` asks nothing that was not answered with ``upload``."""
    if not any(one["key"] == key for one in _asked(upload)):
        return False
    seen, open_ones = _values_asked(upload, key), _values_asked(other, key)
    if key == FEEDBACK and answers.feedback is not None and answers.feedback.score:
        score = answers.feedback.score
        return score in open_ones and set(open_ones[score]) <= set(seen.get(score, ()))
    if key == PASS_RULE and answers.pass_rule is not None:
        # Scores of the same name from another tool may mean something else.
        same_tool = (upload.fault or {}).get("because") == (other.fault or {}).get("because")
        return same_tool and all(_fits(bar, seen, open_ones) for bar in answers.pass_rule.bars)
    return open_ones.keys() <= seen.keys()


def _fits(bar: Bar, seen: Mapping[str, Sequence[str]], open_ones: Mapping[str, Sequence[str]]) -> bool:
    """Whether ``bar``, answered for scores as ``seen``, is on the scale of those that are asked about: a bar
    for shares says nothing about scores in per cent, one for yes and no nothing about shares."""
    if bar.column not in seen or bar.column not in open_ones:
        return False
    (_, was_binary, scale), (_, is_binary, other_scale) = seen[bar.column], open_ones[bar.column]
    was_for_all = not bar.is_of_yes_and_no or not was_binary
    return scale == other_scale and (was_for_all or bool(is_binary))


def _contradicts(other: Upload, answers: Answers) -> bool:
    """Whether a cell of ``other`` cannot be read with ``answers``, such as a date with the month first."""
    proven = {one["key"]: proven_choice(one["key"], one["options"]) for one in _asked(other)}
    return any(choice and choice != getattr(answers, key) for key, choice in proven.items())


def shared_answers(answers: Answers, other: Upload) -> Answers:
    """``answers`` for ``other``: what was said about ``other`` alone, such as its sheet, stays."""
    own = Answers.model_validate(other.answers)
    if not _headers_asked(other):
        asked = {one["key"] for one in _asked(other)}
        alone = [name for name in _ALONE if name != PASS_RULE or name in asked]
        return own.model_copy(update={name: getattr(answers, name) for name in alone})
    stated = own.differing_from(Answers()) - {"kind", "columns", "check_columns"}
    return answers.model_copy(update={name: getattr(own, name) for name in stated})


def _values_asked(upload: Upload, key: str) -> dict[str, Sequence[str]]:
    """What the question ``key`` is about, such as scores, each with the values that are asked about."""
    return {
        about: values
        for one in _asked(upload)
        if one["key"] == key
        for about, values in one.get("values", {}).items()
    }


def _asked(upload: Upload) -> Sequence[Mapping[str, Any]]:
    """The open questions, as the upload's fault keeps them."""
    found: Sequence[Mapping[str, Any]] = (upload.fault or {}).get("questions", ())
    return found


def _headers_asked(upload: Upload) -> frozenset[str]:
    """The headers that the mapping step asks about; empty where it does not."""
    return frozenset(guess["header"] for one in _asked(upload) for guess in one.get("columns", ()))
