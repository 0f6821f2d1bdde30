"""The most frequent kinds of failure: which of them are handled, which came back, what a fix changed.

Handled is what an eval case tests, what passes on the live release, and what has not happened since its
fix. A recurrence opens it again, whatever anybody wrote down.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.evidence.failure_words import fold_words
from core.evidence.weeks import monday
from core.metrics.pareto import Failure, ParetoBar, by_type
from core.statistics.differences import difference
from core.statistics.discovery import share_of_top_kinds
from core.statistics.exact import bounds
from core.statistics.interval import Interval

TOP = 10
"""So many kinds are followed up."""


class Standing(StrEnum):
    """How far one kind of failure is."""

    HANDLED = "handled"
    OPEN = "open"
    OPEN_AGAIN = "open again"


@dataclass(frozen=True)
class Happened:
    """One kind of failure in one run, at the moment of the run, or where that is not known, of the note."""

    run_id: str
    failure_type: str
    at: datetime


@dataclass(frozen=True)
class Fixed:
    """What was done about a kind; ``at`` is since when it is fixed, None as long as it is not."""

    words: str
    owner: str
    state: str
    at: datetime | None
    bundle: str | None


@dataclass(frozen=True)
class CaseOutcome:
    """An eval case of a kind; whether it ``passed`` its last run on the live release (None: no result)."""

    case_id: str
    passed: bool | None


@dataclass(frozen=True)
class TopFailure:
    """One kind with what was done about it. ``why_not`` says what keeps it from being handled, "" where
    nothing does. ``recurrences`` happened after the fix, the first of them at ``came_back``."""

    bar: ParetoBar
    fix: Fixed | None
    cases: tuple[CaseOutcome, ...]
    standing: Standing
    why_not: tuple[str, ...]
    recurrences: int
    came_back: datetime | None
    newest_run: str


@dataclass(frozen=True)
class LaterShare:
    """Of ``n`` failures from the Monday ``since`` on, ``top`` are of the kinds that were the most frequent
    before, and ``handled`` of those that are handled now; the interval is of ``top``."""

    since: date
    n: int
    top: int
    handled: int
    interval: Interval


@dataclass(frozen=True)
class TopFailures:
    lines: tuple[TopFailure, ...]
    kinds: int
    later: LaterShare | None

    @property
    def handled(self) -> int:
        return sum(line.standing is Standing.HANDLED for line in self.lines)


def top_failures(
    failures: Sequence[Happened],
    fixes: Mapping[str, Fixed],
    cases: Mapping[str, Sequence[CaseOutcome]],
    error: float,
    top: int = TOP,
) -> TopFailures:
    """The ``top`` kinds of ``failures`` (each run and kind once); ``fixes`` and ``cases`` by folded kind.

    ``error`` is that of each end of an interval.
    """
    of_kind: defaultdict[str, list[Happened]] = defaultdict(list)
    for one in failures:
        of_kind[fold_words(one.failure_type)].append(one)
    bars = by_type([Failure(one.run_id, one.failure_type) for one in failures], error)
    every = {
        fold_words(bar.word): _line(
            bar,
            of_kind[fold_words(bar.word)],
            fixes.get(fold_words(bar.word)),
            cases.get(fold_words(bar.word), ()),
        )
        for bar in bars
    }
    handled = {kind for kind, line in every.items() if line.standing is Standing.HANDLED}
    return TopFailures(tuple(every.values())[:top], len(bars), _later(failures, handled, error, top))


def _line(
    bar: ParetoBar, happened: Sequence[Happened], fix: Fixed | None, cases: Sequence[CaseOutcome]
) -> TopFailure:
    fixed_at = fix.at if fix is not None and fix.state == "done" else None
    after = sorted(one.at for one in happened if fixed_at is not None and one.at > fixed_at)
    why_not = [*_untested(cases), *(["not fixed yet"] if fixed_at is None else [])]
    if after:
        times = f"{len(after):,} times" if len(after) > 1 else "once"
        why_not.append(f"it happened {times} since the fix")
    standing = Standing.OPEN_AGAIN if after else Standing.OPEN if why_not else Standing.HANDLED
    newest = max(happened, key=lambda one: (one.at, one.run_id))
    first = after[0] if after else None
    return TopFailure(bar, fix, tuple(cases), standing, tuple(why_not), len(after), first, newest.run_id)


def _untested(cases: Sequence[CaseOutcome]) -> list[str]:
    """What the eval cases of a kind lack."""
    if not cases:
        return ["no eval case tests it"]
    failed = sum(case.passed is False for case in cases)
    missing = sum(case.passed is None for case in cases)
    said = []
    if failed:
        said.append(
            f"{failed:,} of {len(cases):,} eval cases fail" if len(cases) > 1 else "its eval case fails"
        )
    if missing:
        said.append(
            f"{missing:,} of {len(cases):,} eval cases have no result on the live release"
            if len(cases) > 1
            else "its eval case has no result on the live release"
        )
    return said


def _later(failures: Sequence[Happened], handled: set[str], error: float, top: int) -> LaterShare | None:
    """The most frequent kinds of the earlier half, measured on the weeks that follow (METHODS 11): chosen and
    measured on the same failures, their share flatters. None where no week follows."""
    days = sorted(one.at.date() for one in failures)
    if not days:
        return None
    since = monday(days[(len(days) - 1) // 2]) + timedelta(days=7)
    earlier: Counter[str] = Counter()
    later: Counter[str] = Counter()
    for one in failures:
        (later if one.at.date() >= since else earlier)[fold_words(one.failure_type)] += 1
    in_top, n, interval = share_of_top_kinds(earlier, later, top, error)
    if not n:
        return None
    return LaterShare(since, n, in_top, sum(later[kind] for kind in handled), interval)


@dataclass(frozen=True)
class Share:
    """``count`` of ``n``; worth ``effective_count`` of ``effective_n`` independent cases."""

    count: int
    n: int
    effective_count: float
    effective_n: float

    @classmethod
    def of(cls, count: int, n: int) -> "Share":
        return cls(count, n, count, n)

    @property
    def rate(self) -> float:
        return self.effective_count / self.effective_n

    def interval(self, error: float) -> Interval:
        return bounds(self.effective_count, self.effective_n, error)


class Shown(StrEnum):
    """What the difference between before and after shows."""

    BETTER = "better"
    WORSE = "worse"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Effect:
    """One rate ``before`` and ``after`` a fix; ``change`` is after minus before, each end of its interval
    wrong with about ``error``. ``metric`` and ``source`` are "" for the rate of the failure itself."""

    before: Share
    after: Share
    change: float
    interval: Interval
    error: float
    higher_is_better: bool
    metric: str = ""
    source: str = ""

    @property
    def shown(self) -> Shown:
        rose, fell = self.interval.low > 0, self.interval.high < 0
        if not rose and not fell:
            return Shown.UNDECIDED
        return Shown.BETTER if rose == self.higher_is_better else Shown.WORSE


def effect(
    before: Share,
    after: Share,
    error: float,
    *,
    higher_is_better: bool = False,
    metric: str = "",
    source: str = "",
) -> Effect | None:
    """What changed with a fix; None where one side has no case. It is a difference in time, and no proof."""
    if not before.effective_n or not after.effective_n:
        return None
    found = difference(
        after.effective_count, after.effective_n, before.effective_count, before.effective_n, error
    )
    return Effect(before, after, found.value or 0.0, found.interval, error, higher_is_better, metric, source)


METRIC_OF_TYPE: Mapping[str, str] = {
    "wrong tool": "tool_selection_accuracy",
    "missing context": "retrieval_recall",
    "hallucination": "hallucination_rate",
    "premature stop": "premature_stop_rate",
    "slow (> 10 s)": "slow_rate",
}
"""The metric that should move when a starter type of failure is fixed, by folded type."""
