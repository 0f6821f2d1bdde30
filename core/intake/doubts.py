"""What came up while a file was read: questions only the user can answer, and notices."""

from collections import Counter
from collections.abc import Mapping

from core.errors import Question
from core.intake.report import Notice, shown

_SAMPLES = 5
_WORDS_TOLD = 8

_WORDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "timezone": (
        "Some times in the file name no time zone. Which zone are they in?",
        {
            "UTC": "The times are in UTC.",
            "Europe/Berlin": "The times are local times of one place; write its zone, such as"
            " Europe/Berlin or America/New_York.",
        },
    ),
    "date_order": (
        "Some dates can be read in two ways. What comes first, the day or the month?",
        {"day_first": "01/02/2025 is 1 February 2025.", "month_first": "01/02/2025 is 2 January 2025."},
    ),
    "excel_dates": (
        "Some times are plain numbers, as Excel stores dates. Are they dates from Excel?",
        {
            "1900": "They are dates from Excel (45717.5 is 1 March 2025, 12:00).",
            "1904": "They are dates from an old Excel for Mac (44255.5 is 1 March 2025, 12:00).",
            "not_dates": "They are no dates; reject these rows.",
        },
    ),
    "decimal": (
        "Some numbers hold a comma. Does the comma mark the decimals?",
        {"comma": "3,5 is three and a half.", "point": "The comma is wrong; reject these rows."},
    ),
    "percent": (
        "A column of shares from 0 to 1 holds only larger numbers. Are they per cent?",
        {"percent": "85 is 85 %, read as 0.85.", "not_percent": "They are not per cent; reject these rows."},
    ),
    "as_stated.latency_ms": (
        "Some latencies are about a thousand times larger than others: seconds and milliseconds, mixed?",
        {"yes": "All of them are milliseconds, as stated. If not, put them into one unit and import again."},
    ),
    "as_stated.score": (
        "Some scores lie between 0 and 1 and others far above: two scales, mixed?",
        {"yes": "All of them are on one scale, as stated. If not, put them on one scale and import again."},
    ),
}


def proven_choice(key: str, options: Mapping[str, str]) -> str:
    """The choice of the question ``key`` that a cell of the file proves, as its ``options`` say it; ""
    where none does."""
    first = next(iter(options), "")
    _, words = _WORDS.get(key, ("", {}))
    return first if first in words and options[first] != words[first] else ""


class Doubts:
    """Questions with samples from the file, in the order in which they came up."""

    def __init__(self) -> None:
        self._samples: dict[str, list[str]] = {}
        self._asked: dict[str, Question] = {}
        self._proofs: dict[str, dict[str, str]] = {}

    def note(self, key: str, sample: str) -> None:
        """``sample`` is a cell that shows the doubt ``key``."""
        samples = self._samples.setdefault(key, [])
        if len(samples) < _SAMPLES and shown(sample) not in samples:
            samples.append(shown(sample))

    def prove(self, key: str, choice: str, sample: str) -> None:
        """``sample`` can be read with ``choice`` only; if every proof says the same, it is proposed."""
        self._proofs.setdefault(key, {}).setdefault(choice, shown(sample))

    def ask(self, question: Question) -> None:
        self._asked.setdefault(question.key, question)

    def ask_as_it_stands(self, question: Question) -> None:
        """Ask it; asked before, it is now put so, because the file has shown more."""
        self._asked[question.key] = question

    def restate(self, question: Question) -> None:
        """Ask, in these words from now on: more of the file was seen."""
        self._asked[question.key] = question

    @property
    def open(self) -> bool:
        """Whether anything has to be asked."""
        return bool(self._samples or self._asked)

    def questions(self) -> list[Question]:
        from_cells = [self._from_cells(key, samples) for key, samples in self._samples.items()]
        return [*self._asked.values(), *from_cells]

    def _from_cells(self, key: str, samples: list[str]) -> Question:
        sentence, options = _WORDS[key]
        proofs = self._proofs.get(key, {})
        if len(proofs) == 1:
            [(choice, sample)] = proofs.items()
            words = f"{options[choice]} “{sample}” can be read in this way only."
            options = {choice: words} | {other: said for other, said in options.items() if other != choice}
        return Question(key, sentence, options, samples=tuple(samples))


class Notices:
    """Warnings by code: counted while reading, worded once at the end."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._words: dict[tuple[str, str], Counter[str]] = {}

    def add(self, code: str, sentence: str, count: int = 1) -> None:
        """``sentence`` may hold ``{count}``; equal sentences are told once with their sum."""
        place = (code, sentence)
        self._counts[place] = self._counts.get(place, 0) + count

    def add_words(self, code: str, sentence: str, counts: Mapping[str, int]) -> None:
        """The same for what was found as one of several words: ``{count}`` tells how often each was there."""
        if counts:
            self.add(code, sentence, sum(counts.values()))
            self._words.setdefault((code, sentence), Counter()).update(counts)

    def told(self, code: str) -> bool:
        """Whether there is a warning with this code."""
        return any(known == code for known, _ in self._counts)

    def listed(self) -> tuple[Notice, ...]:
        # Not str.format: a sentence may quote a header, and headers may hold braces.
        return tuple(
            Notice(code=place[0], sentence=place[1].replace("{count}", self._told(place, count)))
            for place, count in self._counts.items()
        )

    def _told(self, place: tuple[str, str], count: int) -> str:
        words: Mapping[str, int] = self._words.get(place, {})
        each = ", ".join(f"“{shown(word)}” {times:,}" for word, times in list(words.items())[:_WORDS_TOLD])
        more = len(words) - _WORDS_TOLD
        return (
            f"{count:,} ({each}{f' and {more:,} other words' if more > 0 else ''})" if each else f"{count:,}"
        )
