"""Hindsight: whether a step forward was right, asked a week and a month after it, and how often it was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.statistics.exact import bounds
from core.statistics.interval import Interval

DAYS_AFTER = (7, 30)
"""So many days after a step somebody says whether it was right."""

RECORD_ERROR = 0.05
"""Each side of the interval of the share right is wrong with at most this."""


class Hindsight(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    TOO_EARLY = "too_early"


HINDSIGHT_WORDS = {
    Hindsight.RIGHT: "right",
    Hindsight.WRONG: "wrong",
    Hindsight.TOO_EARLY: "too early to say",
}


@dataclass(frozen=True)
class LookBack:
    """What somebody said of a step ``days`` (7 or 30) after it."""

    id: int
    transition_id: int
    days: int
    hindsight: Hindsight
    note: str
    by: str
    at: datetime


@dataclass(frozen=True)
class TrackRecord:
    """How often steps were right; ``interval`` is where the true share can lie, None without any word."""

    right: int
    wrong: int
    open: int
    interval: Interval | None

    @property
    def n(self) -> int:
        """The steps of which somebody said right or wrong."""
        return self.right + self.wrong

    @property
    def share(self) -> float | None:
        return self.right / self.n if self.n else None


def due_after(taken_at: datetime, said: Sequence[LookBack], now: datetime) -> int | None:
    """The look-back of the step that is due now, by its days; None where none is.

    After a month the first one is asked for no more: one word about the whole month is enough.
    """
    reached = days_reached(taken_at, now)
    return None if reached is None or any(one.days >= reached for one in said) else reached


def days_reached(taken_at: datetime, now: datetime) -> int | None:
    """The last of the days of looking back that has come; None where it is too early for any."""
    past = [days for days in DAYS_AFTER if now - taken_at >= timedelta(days=days)]
    return past[-1] if past else None


def last_word(said: Sequence[LookBack]) -> LookBack | None:
    """What counts of all that was said of a step: the newest."""
    return max(said, key=lambda one: (one.at, one.id), default=None)


def track_record(words: Iterable[Hindsight | None]) -> TrackRecord:
    """The share of right among the steps with a word; ``None`` and "too early" are open."""
    said = list(words)
    right, wrong = said.count(Hindsight.RIGHT), said.count(Hindsight.WRONG)
    n = right + wrong
    interval = bounds(right, n, RECORD_ERROR) if n else None
    return TrackRecord(right, wrong, len(said) - n, interval)
