"""The scores that a file offers to decide what passed, and the question that asks which of them does."""

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import Question
from core.intake.job import KnownScore
from core.intake.report import shown

_NUMBER = re.compile(r"\s*[+-]?[0-9]+([.,][0-9]+)?\s*")
_SAMPLED = 1000
_SAMPLES = 3
_OFFERED = 50
_TEN = 10

_LOWER_IS_BETTER = re.compile(
    r"toxic|hallucinat|latenc|noise_?sensitiv|bias|misuse|harm|error|cost|duration|pii|leak|violation"
    r"|distance|perplexity|refus",
    re.IGNORECASE,
)
"""Parts of the names of scores that usually count what is bad."""

_OF_THE_ANSWER = re.compile(r"\b(correct|accura|answer|includ|match|exact|equal|pass(ed|es)?\b)")
"""Words in the names of scores that say whether the answer was right."""

_BESIDE_THE_ANSWER = re.compile(
    r"\b(tool|format|schema|json|latenc|duration|time|speed|cost|price|token|safe|toxic|harm|bias|pii|leak)"
)
"""Words in the names of scores about something else: tools, format, latency, cost, safety."""

_NEW_WORD = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")
"""Between the words of a name such as “tool_selection” or “exactMatch”."""

_SENTENCE = (
    "The file has scores but does not say what passed. Which column decides, and from which value on?"
    " Answer with the column, at_least or at_most, and a number, such as “score at_least 0.8”; join several"
    " with “and” where all have to be met, or with “or”."
)

WHICH_RUN_PASSED = (
    "The file only names runs, and does not say which of them passed. Which of the scores that were uploaded"
    " for this feature decides, and from which value on? If it is not among them, upload the export of your"
    " scores first, then this file again."
)
"""What is asked where the scores are not in the file but those of the runs that it names."""

_SENTENCE_OF_RUNS = (
    f"{WHICH_RUN_PASSED} Answer with the score, at_least or at_most, and a number, such as “score at_least"
    " 0.8”; join several with “and” where all have to be met, or with “or”."
)


@dataclass
class _Score:
    """What the file shows of one score."""

    samples: dict[str, None] = field(default_factory=dict)
    filled: int = 0
    binary: bool = True
    largest: float = 0.0

    def note(self, number: float) -> None:
        self.filled += 1
        self.largest = max(self.largest, abs(number))
        self.binary = self.binary and number in (0, 1)
        if len(self.samples) < _SAMPLES:
            self.samples.setdefault(f"{number:.6g}")


class ScoreOffers:
    """The columns of numbers and the metrics of a file, while its chunks pass."""

    def __init__(self) -> None:
        self._scores: dict[str, _Score] = {}
        self._lower: set[str] = set()
        self._rows = 0
        self._the_score = ""
        self.metrics: dict[str, None] = {}

    def note_column(self, header: str, cells: Sequence[str | None], *, is_the_score: bool = False) -> None:
        """A column that may be a score; one that holds anything but numbers is none. ``is_the_score``: it
        is the table's column “score”."""
        if is_the_score:
            self._the_score = header
        filled = [cell for cell in cells[:_SAMPLED] if cell is not None]
        if not filled or not all(_NUMBER.fullmatch(cell) for cell in filled):
            return
        score = self._scores.setdefault(header, _Score())
        for cell in filled:
            score.note(float(cell.replace(",", ".")))
        score.filled += len(cells) - cells.count(None) - len(filled)

    def note_metrics(self, cells: Iterable[str | None]) -> None:
        """The metrics of some rows, as their JSON text."""
        for cell in cells:
            for name, number in numbers_in(cell).items():
                self.metrics[name] = None
                self._scores.setdefault(name, _Score()).note(number)

    def note_known(self, scores: Iterable[KnownScore]) -> None:
        """Scores that runs of the feature have, where the file itself holds none."""
        for one in scores:
            self.metrics[one.name] = None
            samples = dict.fromkeys(f"{number:.6g}" for number in one.samples[:_SAMPLES])
            self._scores[one.name] = _Score(samples, one.runs, one.binary, one.largest)

    def note_lower(self, names: Iterable[str]) -> None:
        """The file says itself that of these scores a lower one is better."""
        self._lower.update(names)

    def note_rows(self, count: int) -> None:
        self._rows += count

    def question(self, *, of_runs: bool = False) -> Question | None:
        """Which of them decides? None where there is no score. ``of_runs``: they are not in the file, but
        those of the runs that it names."""
        # First what speaks of the answer, then what counts the good, and what most rows have: that is most
        # likely to decide.
        metrics = sorted(
            self.metrics,
            key=lambda name: (self._place(name), self._is_lower(name), -self._scores[name].filled),
        )
        columns = sorted((name for name in self._scores if name not in self.metrics), key=self._place)
        offered = {name: self._scores[name] for name in [*columns, *metrics][:_OFFERED]}
        if not offered:
            return None
        return Question(
            "pass_rule",
            _SENTENCE_OF_RUNS if of_runs else _SENTENCE,
            {name: self._told(name, score) for name, score in offered.items()},
            samples=tuple(offered),
            values={name: self._likely(name, score) for name, score in offered.items()},
        )

    def _told(self, name: str, score: _Score) -> str:
        words = f"“{shown(name)}” decides; its values are for example {', '.join(score.samples)}"
        if self._likely(name, score)[0] == "at_most":
            words += "; lower is better"
        missing = self._rows - score.filled
        if missing > 0:
            words += f"; {missing:,} of {self._rows:,} rows do not have it"
        return f"{words}."

    def _likely(self, name: str, score: _Score) -> tuple[str, str, str]:
        """The side on which the bar most likely stands; where it goes without saying, the number (so only of
        scores of 0 and 1); and the scale, because one answer holds for files of one scale only."""
        side, perfect = ("at_most", "0") if self._is_lower(name) else ("at_least", "1")
        scale = "to 1" if score.largest <= 1 else "to 10" if score.largest <= _TEN else "above 10"
        return side, perfect if score.binary else "", scale

    def _place(self, name: str) -> int:
        """0 for scores that say whether the answer was right, 2 for those about something else."""
        words = " ".join(_NEW_WORD.split(name)).lower()
        if name == self._the_score:
            return 0
        if _BESIDE_THE_ANSWER.search(words):
            return 2
        return 0 if _OF_THE_ANSWER.search(words) and not self._is_lower(name) else 1

    def _is_lower(self, name: str) -> bool:
        return name in self._lower or bool(_LOWER_IS_BETTER.search(name))


def numbers_in(cell: str | None) -> dict[str, float]:
    """The metrics in ``cell`` (a JSON object, name -> value) that are numbers; yes and no are 1 and 0."""
    if cell is None or not cell.startswith("{"):
        return {}
    try:
        found: Any = json.loads(cell)
    except (ValueError, RecursionError):
        return {}
    numbers = {name: _number(value) for name, value in found.items()}
    return {name: number for name, number in numbers.items() if number is not None}


def metrics_of(cells: Iterable[str | None], name: str) -> list[float | None]:
    """The metric ``name`` of each row."""
    return [numbers_in(cell).get(name) for cell in cells]


def names_in(cells: Iterable[str | None]) -> set[str]:
    """The names in cells that hold JSON lists of them."""
    found: set[str] = set()
    for cell in {cell for cell in cells if cell is not None}:
        try:
            listed: Any = json.loads(cell)
        except (ValueError, RecursionError):
            continue
        if isinstance(listed, list):
            found.update(name for name in listed if isinstance(name, str))
    return found


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return float(value)
    if not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
