"""The words of failures: starter types and root causes with their meaning, and which spellings are one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from itertools import combinations

from core.errors import WrongUsage

WRONG_TOOL = "wrong tool"
SLOW = "slow (> 10 s)"
PREMATURE_STOP = "premature stop"

TOOL_DESCRIPTION = "tool name or description"
PROMPT = "prompt"

LONGEST_WORD = 80
"""Characters of a type or a cause."""

LONGEST_MEANING = 300
"""Characters of a definition or an example."""

MOST_COMPARED = 300
"""So many words are looked at for spellings that look alike."""

_ALIKE = 0.88


class WordKind(StrEnum):
    """What a word names: what went wrong, or why."""

    TYPE = "type"
    CAUSE = "cause"


@dataclass(frozen=True)
class StarterWord:
    """A word that every feature begins with; ``group`` is what it is filed under."""

    word: str
    group: str
    definition: str
    example: str


PERCEPTION, INSTRUCTIONS, MODEL, SOURCES, OTHER, OWN = (
    "What the model sees",
    "Instructions",
    "Model",
    "Sources",
    "Other",
    "Your own",
)
"""The groups of root causes; words of the team stand under its own."""

_TYPES = "Failure types"

STARTERS: Mapping[WordKind, tuple[StarterWord, ...]] = {
    WordKind.TYPE: (
        StarterWord(
            WRONG_TOOL,
            _TYPES,
            "It called another tool than the task needs, or none.",
            "Asked where a parcel is, it searched the help pages instead of the shipments.",
        ),
        StarterWord(
            "missing context",
            _TYPES,
            "It answered without something that it needed to know.",
            "It told a business customer the return policy for private customers.",
        ),
        StarterWord(
            "hallucination",
            _TYPES,
            "It states something that no source supports.",
            "It names a delivery date that stands nowhere in the order.",
        ),
        StarterWord(
            PREMATURE_STOP,
            _TYPES,
            "It ended before the task was done.",
            "It found the order and never started the refund that was asked for.",
        ),
        StarterWord(
            SLOW,
            _TYPES,
            "The answer came after more than ten seconds.",
            "Eleven tool calls one after the other: 38 seconds.",
        ),
    ),
    WordKind.CAUSE: (
        StarterWord(
            TOOL_DESCRIPTION,
            PERCEPTION,
            "A tool's name or description does not say what the tool does, or two read alike.",
            "handleData: “Handles data operations”.",
        ),
        StarterWord(
            "missing context",
            PERCEPTION,
            "What it needed was not among what it was given.",
            "The customer's contract was never fetched.",
        ),
        StarterWord(
            "wrong context",
            PERCEPTION,
            "It was given something that is outdated or about something else.",
            "It saw the price list of last year.",
        ),
        StarterWord(
            "irrelevant retrieval",
            PERCEPTION,
            "The search brought documents that do not help with the question.",
            "Five pages about invoices for a question about returns.",
        ),
        StarterWord(
            PROMPT,
            INSTRUCTIONS,
            "The instructions are missing, contradict each other or were not followed.",
            "Nothing says when to ask back.",
        ),
        StarterWord(
            "model",
            MODEL,
            "It saw the right things and clear instructions, and still got it wrong.",
            "It added two amounts wrongly.",
        ),
        StarterWord(
            "data",
            SOURCES,
            "The source itself is wrong.",
            "The stock in the warehouse system is a week old.",
        ),
        StarterWord("other", OTHER, "None of the others fits.", "A tool of another team was down."),
    ),
}
"""The words that the log of every feature begins with; a feature adds its own."""

STARTER_TYPES = tuple(one.word for one in STARTERS[WordKind.TYPE])
STARTER_CAUSES = tuple(one.word for one in STARTERS[WordKind.CAUSE])

PERCEPTION_CAUSES = tuple(one.word for one in STARTERS[WordKind.CAUSE] if one.group == PERCEPTION)
"""Root causes in what the model was given to see; they are looked at before the prompt."""

METRIC_TYPES = (PREMATURE_STOP,)
"""Types that a metric of the catalogue counts by their name."""

Became = Mapping[tuple[str, str], str]
"""(kind, folded word) -> the word that it counts as now, for words that were renamed or merged."""


@lru_cache(maxsize=4096)
def fold_words(text: str) -> str:
    """``text`` without case and extra spaces: "Wrong  Tool" and "wrong tool" are one type.

    Remembered: a log of thousands of failures holds a few words, each asked for many times.
    """
    return " ".join(text.split()).casefold()


def distinct_words(*groups: Sequence[str]) -> list[str]:
    """Every word once, in the order given, in its first spelling; blank ones are left out."""
    first: dict[str, str] = {}
    for word in (word for group in groups for word in group):
        if fold_words(word):
            first.setdefault(fold_words(word), " ".join(word.split()))
    return list(first.values())


def counted_as(became: Became, kind: WordKind, word: str) -> str:
    """The word under which ``word`` counts now: itself, unless it was renamed or merged."""
    return became.get((kind.value, fold_words(word)), word)


def starter_words(became: Became, kind: WordKind) -> list[str]:
    """The starter words that are still words of their own; a renamed one stands as its new word."""
    return distinct_words([counted_as(became, kind, one.word) for one in STARTERS[kind]])


def words_of_group(became: Became, group: str) -> frozenset[str]:
    """The folded root causes of ``group``: its starters, and the own words that these were renamed to."""
    own = {fold_words(word) for word in STARTER_CAUSES}
    found = set[str]()
    for one in STARTERS[WordKind.CAUSE]:
        if one.group == group:
            now = fold_words(counted_as(became, WordKind.CAUSE, one.word))
            found |= {fold_words(one.word)} | ({now} if now not in own else set())
    return frozenset(found)


def group_of(became: Became, cause: str) -> str:
    """The group that a root cause is filed under; a word of the team's own stands under :data:`OWN`."""
    groups = dict.fromkeys(one.group for one in STARTERS[WordKind.CAUSE])
    folded = fold_words(cause)
    return next((group for group in groups if folded in words_of_group(became, group)), OWN)


def look_alikes(words: Iterable[str], settled: Collection[frozenset[str]] = ()) -> list[tuple[str, str]]:
    """Pairs of different words that are probably one, such as "Wrong tool" and "wrong-tool".

    They have the same letters and digits, the same words in another order, or differ by a slip of the
    pen. ``settled`` are folded pairs that are left out. At most :data:`MOST_COMPARED` words are compared.
    """
    known = distinct_words(list(words))[:MOST_COMPARED]
    pairs = combinations(known, 2)
    return [
        (one, other)
        for one, other in pairs
        if _alike(one, other) and frozenset((fold_words(one), fold_words(other))) not in settled
    ]


def _alike(one: str, other: str) -> bool:
    first, second = _letters(one), _letters(other)
    if first == second or sorted(_parts(one)) == sorted(_parts(other)):
        return bool(first)
    if min(len(first), len(second)) < 6 or _digits(first) != _digits(second):
        return False
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.real_quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _letters(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalnum())


def _parts(word: str) -> list[str]:
    return "".join(character if character.isalnum() else " " for character in word.casefold()).split()


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def clean_word(word: str) -> str:
    """The word as it is kept; raises WrongUsage where there is none, or it is a sentence."""
    word = _printable(word)
    if not word:
        raise WrongUsage("The word is missing.", mend="Write it down.")
    if len(word) > LONGEST_WORD:
        raise WrongUsage(f"The word is longer than {LONGEST_WORD} characters.", mend="Find a shorter one.")
    return word


def clean_meaning(text: str, what: str) -> str:
    """A definition or an example (``what`` it is) as it is kept; raises WrongUsage where it is too long."""
    text = _printable(text)
    if len(text) > LONGEST_MEANING:
        raise WrongUsage(f"The {what} is longer than {LONGEST_MEANING} characters.", mend="Say it shorter.")
    return text


def _printable(text: str) -> str:
    """On one line, without what no screen shows."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())
