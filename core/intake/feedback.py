"""Which score is the user's own reaction: as the user answers once per feature, else asked."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.errors import Question
from core.evidence.column import fold
from core.intake.answers import FeedbackRule
from core.intake.cell_terms import Reading
from core.intake.job import Remembered
from core.intake.report import shown

QUESTION = "feedback"
REACTIONS = ("accepted", "edited", "rejected")

_LIKELY = (
    "userfeedback", "feedback", "thumbs", "userscore", "userrating", "csat", "accepted", "helpful",
)  # fmt: skip
"""Folded names that teams give to the user's own reaction, the likeliest first."""

_USER_SOURCE = "API"
_VALUES = 12
_OFFERED = 50

SUGGESTED = {
    "accepted": (
        "1", "true", "yes", "👍", "thumbs-up", "thumbs_up", "thumbs up", "up", "positive", "accepted", "like",
        "liked", "good", "helpful",
    ),
    "edited": ("edited", "edit", "modified", "corrected", "correction"),
    "rejected": (
        "0", "-1", "false", "no", "👎", "thumbs-down", "thumbs_down", "thumbs down", "down", "negative",
        "rejected", "dislike", "disliked", "bad",
    ),
}  # fmt: skip
_OPPOSITES = (
    ("1", "0"), ("true", "false"), ("yes", "no"), ("👍", "👎"), ("up", "down"), ("positive", "negative"),
    ("thumbs_up", "thumbs_down"), ("thumbs-up", "thumbs-down"), ("like", "dislike"), ("accepted", "rejected"),
)  # fmt: skip
_NAMED = re.compile(r"[+-]?[0-9]{1,6}(?:\.[0-9]{1,6})?|[^\W\d_]{1,15}")
_RATINGS = {"1": "rejected", "2": "rejected", "3": "", "4": "accepted", "5": "accepted"}


def suggested_reactions(values: Sequence[str]) -> dict[str, str]:
    """For each of the ``values`` of one score the reaction it most likely means, "" for none.

    Whole numbers up to 5 with one above 2 are a rating; otherwise 1 is accepted, 0 and -1 rejected.
    """
    same = {value: _comparable(value) for value in values}
    if _is_rating(list(same.values())):
        return {value: _RATINGS.get(word, "rejected") for value, word in same.items()}
    words = {word: reaction for reaction, known in SUGGESTED.items() for word in known}
    return {value: words.get(word.casefold(), "") for value, word in same.items()}


def suggested_rule(score: str, values: Sequence[str]) -> FeedbackRule:
    """The rule that reads ``score`` as its ``values`` suggest."""
    means = suggested_reactions(values)
    by_reaction = {
        reaction: tuple(value for value in values if means[value] == reaction) for reaction in REACTIONS
    }
    return FeedbackRule(score=score, **by_reaction)


def with_opposites(values: Sequence[str]) -> tuple[str, ...]:
    """``values`` and those that stand against them but did not come yet: a week without a thumbs down
    must not settle that later ones say nothing."""
    if _is_rating([_comparable(value) for value in values]):
        return tuple(dict.fromkeys([*values, *_RATINGS]))
    pairs = [pair for one in _OPPOSITES for pair in (one, one[::-1])]
    return tuple(dict.fromkeys([*values, *(other for one, other in pairs if one in values)]))


def _is_rating(words: Sequence[str]) -> bool:
    return any(word in ("3", "4", "5") for word in words) and set(words) <= {*_RATINGS, "0"}


@dataclass
class _Score:
    """What the file shows of one score: some of its values, and whether a user may have given it."""

    values: dict[str, None] = field(default_factory=dict)
    from_api: bool = False


class Feedback:
    """The feedback rule of one file; ``rule`` is the one in force, None while nothing settles it."""

    def __init__(self, reading: Reading, remembered: Iterable[Remembered]) -> None:
        self._notices, self._doubts = reading.notices, reading.doubts
        self._earlier = [one.answers.feedback for one in remembered if one.answers.feedback is not None]
        self._is_remembered = reading.answers.feedback is None
        self._seen: dict[str, _Score] = {}
        self._passed_over: set[str] = set()
        self._meaning: dict[str, str] = {}
        self.rule: FeedbackRule | None = None
        if reading.answers.feedback is not None:
            self._use(reading.answers.feedback)

    def note(self, name: str, value: str | None = None, source: str | None = None) -> None:
        """The file has a score ``name``, here with this value from this source."""
        score = self._seen.get(name)
        if score is None:
            score = self._seen[name] = _Score()
            self._remember(name)
        if value is not None and len(score.values) < _VALUES:
            score.values.setdefault(shown(value))
        score.from_api = score.from_api or source == _USER_SOURCE

    def reaction(self, name: str, value: str | None) -> str | None:
        """What the score says about the user's reaction; None for nothing."""
        if self.rule is None or value is None or name != self.rule.score:
            return None
        found = self.meaning(name, value)
        if found is None:
            self.note_silent(name, {value: 1})
        return found

    def meaning(self, name: str, value: str) -> str | None:
        """The reaction that the answer gives this value of the score; None for none."""
        is_about = self.rule is not None and self.rule.score == name
        return self._meaning.get(_comparable(value)) if is_about else None

    def note_silent(self, name: str, counts: Mapping[str, int]) -> None:
        """So many of the score's values say nothing by the answer that is in force; long ones are not named,
        since they may be what somebody wrote."""
        named = Counter[str]()
        for value, count in counts.items():
            text = _comparable(value)
            named[text if _NAMED.fullmatch(text) else "…"] += count
        sentence = f"Values of “{shown(name)}” that say nothing about the user's reaction: {{count}}."
        self._notices.add_words("feedback_values", sentence, named)

    def disagree(self) -> None:
        """One row holds reactions that contradict each other, so it says nothing."""
        sentence = "Rows whose reactions contradict each other, so that none of them counts: {count}."
        self._notices.add("feedback_disagrees", sentence)

    def tell(self) -> None:
        """At the end of the file: ask, or say which answer was used."""
        question = self._question() if self.rule is None or self._is_outgrown(self.rule) else None
        if question is not None:
            self._doubts.ask(question)
        elif self.rule is None:
            return
        elif self.rule.score and self.rule.score not in self._seen:
            if not self._is_remembered and self._seen:
                absent = shown(self.rule.score)
                sentence = f"The file has no score “{absent}”, so users' reactions are unknown."
                self._notices.add("feedback_absent", sentence)
        elif self._is_remembered:
            self._notices.add("feedback_remembered", _told(self.rule))

    def _remember(self, name: str) -> None:
        """Take the newest earlier answer that is about this score, or that passed it over."""
        if not self._is_remembered or (self.rule is not None and self.rule.score):
            return
        for rule in self._earlier:
            if rule.score == name:
                self._use(rule)
                return
            if not rule.score and (name in rule.passed_over or not rule.passed_over):
                self._passed_over.add(name)
                self._use(rule)
                return

    def _is_outgrown(self, rule: FeedbackRule) -> bool:
        """Whether a remembered answer does not answer for this file: a score that was not there may be
        the users' reaction, or the values of the one that is are of another kind."""
        if not self._is_remembered:
            return False
        if not rule.score:
            return bool(set(self._candidates()) - self._passed_over)
        values = [_comparable(value) for value in self._seen[rule.score].values]
        if not values or not self._meaning:
            return False
        if _is_rating(values):
            return not _is_rating([*self._meaning])
        return self._meaning.keys().isdisjoint(values)

    def _use(self, rule: FeedbackRule) -> None:
        self.rule = rule
        self._meaning = {
            _comparable(value): reaction for reaction in REACTIONS for value in getattr(rule, reaction)
        }

    def _question(self) -> Question | None:
        """Which score is it? None where the file has no score that a user may have given."""
        names = self._candidates()
        if not names:
            return None
        options = {
            name: f"{shown(name)}: values {', '.join(self._seen[name].values) or 'none'}" for name in names
        }
        options[""] = "None of them: users' reactions are not in this file"
        sentence = "Which score is the users' own reaction to the answer, and what do its values mean?"
        seen = {name: tuple(self._seen[name].values) for name in names}
        values = {name: with_opposites(values) for name, values in seen.items()}
        return Question(QUESTION, sentence, options, seen[names[0]], values=values)

    def _candidates(self) -> list[str]:
        """The scores that a user may have given, the likeliest first; as many as can be offered."""
        likely = {name: _LIKELY.index(fold(name)) for name in self._seen if fold(name) in _LIKELY}
        possible = [name for name, score in self._seen.items() if score.from_api and name not in likely]
        names = [name for name in (*sorted(likely, key=likely.__getitem__), *possible) if name]
        return names[:_OFFERED]


def _comparable(value: str) -> str:
    """Numbers by value: 1, 1.0 and “1” are the same; any other text as it is."""
    text = value.strip()
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def _told(rule: FeedbackRule) -> str:
    if not rule.score:
        return "No score was read as the users' reaction, as you answered for an earlier file."
    means = "; ".join(
        f"{', '.join(values)} is {reaction}" for reaction in REACTIONS if (values := getattr(rule, reaction))
    )
    return f"Users' reactions are read from “{shown(rule.score)}” as you answered before ({means})."
