"""The eval cases that two releases were both tried on: which are the same, and what became of each."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

FEWEST_REPEATS = 3
"""From so many tries of a case on both sides the mean of its tries is compared, not whether all pass."""


class Flip(StrEnum):
    """What became of a case: it passes where all of its tries that count do."""

    BROKE = "broke"
    FIXED = "fixed"
    FAILS_STILL = "fails still"
    PASSES_STILL = "passes still"


@dataclass(frozen=True)
class TriedCase:
    """The tries of one case on one side, the first one first: whether each passed.

    ``run_again`` more have no outcome because their grader failed. ``stopped`` of the tries gave no answer.
    ``question`` is a fingerprint of what was asked, None where nobody said it or where it ``varies`` from try
    to try, as with a simulated user.
    """

    case_id: str
    suite: str | None
    tries: tuple[bool, ...]
    newest: datetime
    run_again: int = 0
    stopped: int = 0
    question: str | None = None
    varies: bool = False
    task_type: str | None = None
    user_segment: str | None = None


@dataclass(frozen=True)
class SaidOfCase:
    """What one try of a case says: a failed one if there is any."""

    query: str | None
    response: str | None
    error: str | None
    source_trace: str | None


@dataclass(frozen=True)
class ComparedCase:
    """One case that both releases were tried on."""

    before: TriedCase
    after: TriedCase
    is_critical: bool = False
    task_type: str | None = None
    user_segment: str | None = None

    @property
    def case_id(self) -> str:
        return self.before.case_id

    @property
    def counted(self) -> int:
        """How many tries of either side say whether it passes: as many of both, the first ones.

        Whoever tries one side more often until it passes, or fails, gains nothing by it.
        """
        return min(len(self.before.tries), len(self.after.tries))

    @cached_property
    def flip(self) -> Flip:
        passed = all(self.before.tries[: self.counted]), all(self.after.tries[: self.counted])
        return {
            (True, False): Flip.BROKE,
            (False, True): Flip.FIXED,
            (False, False): Flip.FAILS_STILL,
            (True, True): Flip.PASSES_STILL,
        }[passed]

    @property
    def is_flaky(self) -> bool:
        """Whether tries of one release both passed and failed."""
        return any(0 < sum(one.tries) < len(one.tries) for one in (self.before, self.after))


@dataclass(frozen=True)
class LeftOut:
    """Case ids that do not count: only one release has results of them, they were asked something else, or
    all tries of one side have to be run again."""

    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    run_again: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        return sum(map(len, (self.only_before, self.only_after, self.changed, self.run_again)))


@dataclass(frozen=True)
class Pairs:
    """The cases of both releases, by set and id; ``by_id`` where what was asked says nothing about a case:
    it varies from try to try, so that ids alone say which cases are the same. ``not_run`` are critical cases
    that passed before and of which nothing is known now."""

    cases: tuple[ComparedCase, ...] = ()
    left_out: LeftOut = LeftOut()
    by_id: bool = False
    not_run: tuple[str, ...] = ()

    @property
    def uneven(self) -> int:
        """How many cases one release was tried on more often than the other."""
        return sum(len(one.before.tries) != len(one.after.tries) for one in self.cases)

    @property
    def has_repeats(self) -> bool:
        """Whether most cases were tried often enough on both sides to compare the means of their tries."""
        return 2 * sum(one.counted >= FEWEST_REPEATS for one in self.cases) > len(self.cases)

    def of(self, flip: Flip) -> tuple[ComparedCase, ...]:
        return tuple(one for one in self.cases if one.flip is flip)


def pair_cases(
    before: Iterable[TriedCase],
    after: Iterable[TriedCase],
    *,
    critical: Collection[str] = (),
    changed: Collection[str] = (),
    kinds: Mapping[str, tuple[str | None, str | None]] | None = None,
) -> Pairs:
    """The cases that both sides have, and those that do not count, whatever the order of either.

    ``critical`` and ``changed`` are ids: cases that may never break, and cases whose contents are known not
    to be the same. ``kinds`` has the task type and the segment of cases whose results do not say it. An id
    that stands for cases of several sets on one side is matched within its set.
    """
    old, new = _keyed(before, after)
    both = sorted(old.keys() & new.keys(), key=repr)
    by_id = _are_varied([one for key in both for one in (old[key], new[key])])
    cases, other, again = [], [], []
    for key in both:
        one, two = old[key], new[key]
        if one.case_id in changed or (not by_id and _asked_otherwise(one, two)):
            other.append(one.case_id)
        elif not (one.tries and two.tries):
            again.append(one.case_id)
        else:
            cases.append(_compared(one, two, critical, kinds or {}))
    only_old, only_new = (
        tuple(sorted(mine[key].case_id for key in mine.keys() - set(both))) for mine in (old, new)
    )
    not_run = {
        one.case_id
        for key, one in old.items()
        if one.case_id in critical and one.tries and all(one.tries) and not (key in new and new[key].tries)
    }
    left_out = LeftOut(only_old, only_new, tuple(other), tuple(again))
    return Pairs(tuple(cases), left_out, by_id, tuple(sorted(not_run)))


def _are_varied(cases: Sequence[TriedCase]) -> bool:
    """Whether most cases that were tried repeatedly were asked something else each time."""
    repeated = [one for one in cases if len(one.tries) > 1]
    return 2 * sum(one.varies for one in repeated) > len(repeated)


def _asked_otherwise(one: TriedCase, two: TriedCase) -> bool:
    if one.varies or two.varies:
        return True
    return bool(one.question and two.question and one.question != two.question)


def _keyed(
    before: Iterable[TriedCase], after: Iterable[TriedCase]
) -> tuple[dict[tuple[str, str | None], TriedCase], dict[tuple[str, str | None], TriedCase]]:
    """Both sides by id, and by set as well where an id is in several sets of one side."""
    sides = list(before), list(after)
    several: set[str] = set()
    for side in sides:
        seen: set[str] = set()
        for one in side:
            (several if one.case_id in seen else seen).add(one.case_id)
    old, new = (
        {(one.case_id, one.suite if one.case_id in several else None): one for one in side} for side in sides
    )
    return old, new


def _compared(
    one: TriedCase,
    two: TriedCase,
    critical: Collection[str],
    kinds: Mapping[str, tuple[str | None, str | None]],
) -> ComparedCase:
    task, segment = kinds.get(one.case_id, (None, None))
    return ComparedCase(
        one,
        two,
        one.case_id in critical,
        two.task_type or one.task_type or task,
        two.user_segment or one.user_segment or segment,
    )
