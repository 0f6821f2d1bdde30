"""Is the team still finding new kinds of failure? What those it found say about those to come."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby

from core.evidence.failure_words import fold_words
from core.evidence.weeks import monday
from core.statistics.discovery import Discovery, discovery, expected_kinds

LATELY = 20
"""New kinds among so many of the newest failures say that the search is not over."""


class Stage(StrEnum):
    """How far the search for kinds of failure has come."""

    TOO_EARLY = "too early"
    STILL_FINDING = "still finding"
    NOTHING_NEW_LATELY = "nothing new lately"


@dataclass(frozen=True)
class FoundFailure:
    """One failure as it was noted: its kind, its cause where one is known, when, in whose run."""

    run_id: str
    failure_type: str
    root_cause: str | None
    at: datetime
    user_id: str | None = None


@dataclass(frozen=True)
class DiscoveryWeek:
    """The state at the end of the week that begins on Monday ``week``: ``failures`` and ``kinds`` so far.

    ``new`` are the kinds seen for the first time in that week. ``expected`` is how many kinds so many of
    these failures would have shown in a random order: found above it, kinds came early; below, late.
    """

    week: date
    failures: int
    kinds: int
    new: tuple[str, ...]
    expected: float


@dataclass(frozen=True)
class DiscoveryCurve:
    """What the failures say about those to come; ``noted`` are all of them, before incidents were merged.

    ``lately`` are the kinds that came up for the first time among the newest :data:`LATELY` failures.
    """

    counted: Discovery
    stage: Stage
    weeks: tuple[DiscoveryWeek, ...]
    lately: tuple[str, ...]
    noted: int


def incidents(failures: Sequence[FoundFailure]) -> list[FoundFailure]:
    """Each incident once, in the order of time (METHODS 11): one that hit forty traces is one failure.

    Of the same kind and root cause, what a day brings is one incident; where no cause is known, what it
    brings to one user is. Spellings that differ in case or spaces are one kind.
    """
    first: dict[tuple[str, ...], FoundFailure] = {}
    for one in sorted(failures, key=lambda one: (one.at, one.run_id, fold_words(one.failure_type))):
        day = one.at.date().isoformat()
        cause = fold_words(one.root_cause or "")
        same = ("cause", cause) if cause else ("user", one.user_id) if one.user_id else ("run", one.run_id)
        first.setdefault((fold_words(one.failure_type), day, *same), one)
    return list(first.values())


def discovery_curve(failures: Sequence[FoundFailure], error: float) -> DiscoveryCurve:
    """The curve of one release's ``failures``; the order in which they are given does not matter.

    Good and Turing's chance that the next failure is of a new kind, with its interval (METHODS 11).
    """
    found = incidents(failures)
    kinds = [fold_words(one.failure_type) for one in found]
    counts = Counter(kinds)
    counted = discovery(list(counts.values()), error)
    earlier = set(kinds[:-LATELY])
    lately = [one for one, kind in zip(found, kinds, strict=True) if kind not in earlier]
    new_lately = _first_spellings(lately)
    if counted.too_early:
        stage = Stage.TOO_EARLY
    else:
        stage = Stage.STILL_FINDING if new_lately else Stage.NOTHING_NEW_LATELY
    return DiscoveryCurve(counted, stage, _weeks(found, list(counts.values())), new_lately, len(failures))


def _weeks(found: Sequence[FoundFailure], counts: Sequence[int]) -> tuple[DiscoveryWeek, ...]:
    seen: set[str] = set()
    so_far = 0
    weeks = []
    for week, those in groupby(found, key=lambda one: monday(one.at.date())):
        of_week = list(those)
        so_far += len(of_week)
        new = _first_spellings([one for one in of_week if fold_words(one.failure_type) not in seen])
        seen.update(fold_words(word) for word in new)
        weeks.append(DiscoveryWeek(week, so_far, len(seen), new, expected_kinds(counts, so_far)))
    return tuple(weeks)


def _first_spellings(failures: Sequence[FoundFailure]) -> tuple[str, ...]:
    spelled: dict[str, str] = {}
    for one in failures:
        spelled.setdefault(fold_words(one.failure_type), " ".join(one.failure_type.split()))
    return tuple(spelled.values())
