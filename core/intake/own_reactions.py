"""Users' reactions in a table of one's own: words that say it plainly are read, numbers are asked about.

A 1 is a thumb up beside a 0, and the worst of five stars beside a 5: only the whole column says
which it is.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import pyarrow as pa

from core.evidence.column import Column
from core.intake.feedback import SUGGESTED, Feedback

REACTION = "user_feedback"

_PLAIN = {
    **dict.fromkeys(("true", "thumbs-up", "like", "liked"), "accepted"),
    **dict.fromkeys(("false", "thumbs-down", "dislike", "disliked"), "rejected"),
    "corrected": "edited",
}
_NUMBER = re.compile(r"[+-]?[0-9]{1,6}(?:\.[0-9]{1,6})?")
_ASKED_ABOUT = frozenset(word for words in SUGGESTED.values() for word in words)
_SKIN_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_GIVEN_BY_USERS = "API"


class OwnReactions:
    """Turns the values of the column of reactions into words; ``feedback`` holds the answer, or asks."""

    def __init__(self, header: str, column: Column, feedback: Feedback) -> None:
        self._header = header
        self._known = {word for word, _ in column.choices}
        self._feedback = feedback

    def in_array(self, cells: pa.Array) -> pa.Array:
        """``cells`` as words; missing where a value says nothing, or is asked about."""
        coded = cells.dictionary_encode()
        texts = coded.dictionary.to_pylist()
        words = [self._word(text) for text in texts]
        silent = {text for text, word in zip(texts, words, strict=True) if word is None}
        if silent:
            self._tell(cell for cell in cells.to_pylist() if cell in silent)
        return pa.array(words, pa.string()).take(coded.indices)

    def in_list(self, cells: Sequence[str | None]) -> list[str | None]:
        """The same for a list."""
        words = {cell: None if cell is None else self._word(cell) for cell in dict.fromkeys(cells)}
        self._tell(cell for cell in cells if cell is not None and words[cell] is None)
        return [words[cell] for cell in cells]

    def _word(self, cell: str) -> str | None:
        text = cell.strip().strip(_SKIN_TONES).casefold()
        if text in self._known:
            return text
        answered = self._feedback.meaning(self._header, cell.strip())
        if answered or text in _PLAIN:
            return answered or _PLAIN[text]
        if not _NUMBER.fullmatch(text) and text not in _ASKED_ABOUT:
            return cell
        self._feedback.note(self._header, text, _GIVEN_BY_USERS)
        rule = self._feedback.rule
        if rule is not None and rule.score not in (self._header, ""):
            return cell  # the answer is about another score
        return self._feedback.meaning(self._header, text)

    def _tell(self, silent: Iterable[str]) -> None:
        if self._feedback.rule is not None:
            self._feedback.note_silent(self._header, Counter(silent))
