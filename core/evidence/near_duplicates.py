"""Questions that ask nearly the same: found by their words, whatever their case, order and punctuation."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ALIKE = 0.8
"""From this share of common words on, two questions are shown as alike."""

_FEWEST_WORDS = 3
"""Questions of fewer words are alike only where all of them are the same."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Alike:
    """A case whose question is nearly the same; ``share`` of all their words they have in common."""

    case_id: str
    query: str
    share: float


def words_of(query: str) -> frozenset[str]:
    """The words of a question, folded; a question without any word is one word itself."""
    folded = unicodedata.normalize("NFKC", query).casefold()
    return frozenset(_WORD.findall(folded)) or frozenset({" ".join(folded.split())})


def alike(query: str, known: Iterable[tuple[str, str]], most: int = 5) -> tuple[Alike, ...]:
    """The closest of the ``known`` (case id, question), at most ``most``, the most alike first."""
    mine = words_of(query)
    found = []
    for case_id, other in known:
        share = _share(mine, words_of(other))
        if share >= (ALIKE if len(mine) >= _FEWEST_WORDS else 1.0):
            found.append(Alike(case_id, other, share))
    return tuple(sorted(found, key=lambda one: -one.share)[:most])


def same_words(known: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """The groups of cases whose questions have the very same words, in their order."""
    groups: dict[frozenset[str], list[str]] = {}
    for case_id, query in known:
        groups.setdefault(words_of(query), []).append(case_id)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _share(mine: frozenset[str], other: frozenset[str]) -> float:
    return len(mine & other) / len(mine | other)
