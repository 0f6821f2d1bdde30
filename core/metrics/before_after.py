"""Two releases on the same cases: which broke, which were fixed, and whether the newer one is no worse.

The question is METHODS 7: is the fall shown to be smaller than a margin that was agreed beforehand? Only
cases that both releases were asked alike count; what is left out is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.metrics.paired_cases import ComparedCase, Flip, Pairs
from core.statistics.before_after import (
    PairedChange,
    RepeatedChange,
    compare_pairs,
    compare_repeats,
    mcnemar_worse,
    pairs_needed,
)
from core.statistics.differences import Change
from core.statistics.interval import Interval

SUGGESTED_MARGIN = 0.05
"""Where nobody wrote down by how much a rate may be lower than before."""

PLANNED_POWER = 0.8
"""How likely the advised number of cases shows "no worse" where nothing changed."""

USUAL_CHANGING = 0.1
"""The share of cases that flip between two runs by luck, while too few have been seen to tell."""

_FEWEST_TO_PLAN_BY = 20


class Outcome(StrEnum):
    """What a comparison shows; ``WITHIN`` is worse for sure, and for sure by less than the agreed margin."""

    BETTER = "better"
    NO_WORSE = "no worse"
    WITHIN = "worse within the margin"
    WORSE = "worse"
    NOT_ENOUGH = "not enough evidence"
    NOTHING = "nothing to compare"


@dataclass(frozen=True)
class Counted:
    """The cases of one part (``column`` is ``value``; "" for all of them), counted.

    ``found`` has the change of the share of cases that pass; ``is_watched`` where somebody wrote down that
    this part may not get worse.
    """

    column: str
    value: str
    found: PairedChange
    fails_still: int
    is_watched: bool = False
    outcome: Outcome = Outcome.NOTHING

    @property
    def n(self) -> int:
        return self.found.n

    @property
    def passes_still(self) -> int:
        return self.n - self.found.broke - self.found.mended - self.fails_still


@dataclass(frozen=True)
class BeforeAfter:
    """One release against another on the same cases; ``error`` is the chance that each bound is wrong.

    ``repeats`` compares the means of the tries, where there are enough of them: then it decides.
    ``is_agreed`` says whether somebody wrote the margin down.
    """

    pairs: Pairs
    whole: Counted
    parts: tuple[Counted, ...]
    repeats: RepeatedChange | None
    margin: float
    is_agreed: bool
    error: float

    @property
    def n(self) -> int:
        return len(self.pairs.cases)

    @property
    def outcome(self) -> Outcome:
        return self.whole.outcome

    @property
    def interval(self) -> Interval:
        """The interval of the change that decides."""
        if self.repeats is not None and self.repeats.interval is not None:
            return self.repeats.interval
        return self.whole.found.interval

    @property
    def value(self) -> float | None:
        return self.whole.found.value if self.repeats is None else self.repeats.value

    @property
    def broken_critical(self) -> tuple[str, ...]:
        """The critical cases that passed before and fail now: one of them is enough to stop."""
        return tuple(one.case_id for one in self.pairs.of(Flip.BROKE) if one.is_critical)

    @property
    def worse_parts(self) -> tuple[Counted, ...]:
        """The watched parts that got worse, whatever the whole did."""
        return tuple(one for one in self.parts if one.is_watched and one.outcome is Outcome.WORSE)

    @property
    def flaky(self) -> tuple[ComparedCase, ...]:
        return tuple(one for one in self.pairs.cases if one.is_flaky)

    @property
    def is_worse(self) -> bool:
        """Whether it may not go on: worse by more than was agreed, or what may never break broke."""
        return self.outcome is Outcome.WORSE or bool(self.broken_critical or self.worse_parts)

    @property
    def cases_needed(self) -> int | None:
        """How many cases would probably show "no worse" if nothing changed; None where that is shown, or
        where so many were not enough."""
        if self.outcome is not Outcome.NOT_ENOUGH or self.repeats is not None:
            return None
        found = self.whole.found
        is_seen = found.n >= _FEWEST_TO_PLAN_BY
        share = max(found.broke + found.mended, 1) / found.n if is_seen else USUAL_CHANGING
        needed = pairs_needed(share, self.margin, self.error, PLANNED_POWER)
        return needed if needed > found.n else None


def before_after(
    pairs: Pairs,
    *,
    margin: float | None,
    error: float,
    watched: Sequence[tuple[str, str]] = (),
) -> BeforeAfter:
    """The comparison of all cases, and of every part of them.

    ``margin`` is the share by which a rate may be lower, None: nobody wrote it down. ``watched`` are the
    parts (column, value) that may not get worse.
    """
    allowed = SUGGESTED_MARGIN if margin is None else margin
    whole = _counted("", "", pairs.cases, allowed, margin is not None, error)
    repeats = None
    if pairs.has_repeats:
        old = [(sum(one.before.tries), len(one.before.tries)) for one in pairs.cases]
        new = [(sum(one.after.tries), len(one.after.tries)) for one in pairs.cases]
        found = compare_repeats(old, new, allowed, error)
        # Where every case changed alike there is no spread to go by: then the cases as wholes decide.
        if found.interval is not None:
            repeats = found
            outcome = _outcome(found.change, found.interval, allowed, margin is not None)
            whole = replace(whole, outcome=outcome)
    return BeforeAfter(
        pairs=pairs,
        whole=whole,
        parts=_parts(pairs.cases, watched, allowed, margin is not None, error),
        repeats=repeats,
        margin=allowed,
        is_agreed=margin is not None,
        error=error,
    )


def _parts(
    cases: Sequence[ComparedCase],
    watched: Sequence[tuple[str, str]],
    margin: float,
    is_agreed: bool,
    error: float,
) -> tuple[Counted, ...]:
    """The watched parts in their order, then the other kinds of tasks, the commonest first."""
    folded = {(column, value.strip().casefold()) for column, value in watched}
    parts = [
        _counted(column, value, _part_of(cases, column, value), margin, is_agreed, error, is_watched=True)
        for column, value in watched
        if column in SLICED
    ]
    kinds: dict[str, list[ComparedCase]] = {}
    for one in cases:
        if one.task_type:
            kinds.setdefault(one.task_type, []).append(one)
    others = [
        _counted("task_type", kind, held, margin, is_agreed, error)
        for kind, held in kinds.items()
        if ("task_type", kind.strip().casefold()) not in folded
    ]
    return (*parts, *sorted(others, key=lambda one: (-one.n, one.value)))


SLICED = ("task_type", "user_segment")
"""The columns of traces by which eval cases can be divided as well."""


def _part_of(cases: Sequence[ComparedCase], column: str, value: str) -> list[ComparedCase]:
    wanted = value.strip().casefold()
    return [one for one in cases if (getattr(one, column) or "").strip().casefold() == wanted]


def _counted(
    column: str,
    value: str,
    cases: Sequence[ComparedCase],
    margin: float,
    is_agreed: bool,
    error: float,
    *,
    is_watched: bool = False,
) -> Counted:
    flips = [one.flip for one in cases]
    found = compare_pairs(flips.count(Flip.BROKE), flips.count(Flip.FIXED), len(cases), margin, error)
    outcome = _outcome(found.change, found.interval, margin, is_agreed) if cases else Outcome.NOTHING
    # On few cases the interval is a little too sure; nobody is told "better" unless the exact test agrees.
    if outcome is Outcome.BETTER and mcnemar_worse(found.mended, found.broke) > error:
        outcome = Outcome.NO_WORSE
    return Counted(column, value, found, flips.count(Flip.FAILS_STILL), is_watched, outcome)


def _outcome(change: Change, interval: Interval, margin: float, is_agreed: bool) -> Outcome:
    if change is Change.WORSE:
        return Outcome.WITHIN if is_agreed and interval.low > -margin else Outcome.WORSE
    if interval.low > 0:
        return Outcome.BETTER
    return Outcome.NO_WORSE if change is Change.NO_WORSE else Outcome.NOT_ENOUGH
