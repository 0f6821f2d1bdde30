"""How long a phase must run until its criteria can be settled (METHODS 14)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.statistics.counts import check_finite, check_share
from core.statistics.sample_size import cases_needed

REPEATS = 1.3
"""How many more cases it takes because some users come several times, until it is measured."""

RUNNING = 1.8
"""How many more cases the any-time rule takes than one look, for the same chance of 80 %."""

FEWEST_DAYS = 7
FEWEST_DAYS_IF_WEEKDAYS_DIFFER = 14


@dataclass(frozen=True)
class Flow:
    """What a phase brings: cases a day at full exposure, and the shares of it that become usable labels.

    Criteria that need no person have ``reviewed`` and ``usable`` at 1.
    """

    cases_a_day: float
    exposure: float
    reviewed: float = 1.0
    usable: float = 1.0

    @property
    def a_day(self) -> float:
        """Usable cases a day."""
        return self.cases_a_day * self.exposure * self.reviewed * self.usable


def power_for(criteria: int) -> float:
    """The chance of passing that each of several good criteria is planned for: 1 - 0.2/k.

    All must pass, and six criteria at 80 % each pass together only once in four times.
    """
    if criteria < 1:
        raise ValueError(f"there must be at least 1 criterion, not {criteria}")
    return 1 - 0.2 / criteria


def cases_for_phase(
    target: float, truth: float, error: float, *, criteria: int = 1, running: bool = True
) -> int | None:
    """The independent cases that one of ``criteria`` needs, to show a rate above ``target`` at ``truth``.

    ``None``: too close to call. The any-time rule is planned for by ``RUNNING``.
    """
    needed = cases_needed(target, truth, error, power_for(criteria))
    if needed is None:
        return None
    return math.ceil(needed * RUNNING) if running else needed


def days_needed(cases: float, flow: Flow, repeats: float = REPEATS) -> int | None:
    """The days until ``cases`` independent ones are there: ceil(cases * repeats / usable cases a day).

    ``None`` where nothing usable comes in. ``repeats`` is the design effect, 1 or more.
    """
    _check(flow, repeats)
    check_finite([cases], "cases")
    if flow.a_day == 0:
        return None if cases > 0 else 0
    return max(math.ceil(round(cases * repeats / flow.a_day, 9)), 0)


def phase_days(days: Sequence[int | None], *, weekdays_differ: bool = False) -> int | None:
    """The minimum duration of a phase: the slowest criterion, in whole weeks, at least one (or two).

    ``None`` where a criterion never settles.
    """
    longest = FEWEST_DAYS_IF_WEEKDAYS_DIFFER if weekdays_differ else FEWEST_DAYS
    for one in days:
        if one is None:
            return None
        longest = max(longest, one)
    return 7 * math.ceil(longest / 7)


def review_needed(cases: float, flow: Flow, days: int, repeats: float = REPEATS) -> float | None:
    """The share to review so that ``days`` bring ``cases`` independent ones; None if all is too little."""
    return _share_needed(cases, flow.cases_a_day * flow.exposure * flow.usable, flow, days, repeats)


def exposure_needed(cases: float, flow: Flow, days: int, repeats: float = REPEATS) -> float | None:
    """The exposure so that ``days`` bring ``cases`` independent ones; None if all is too little."""
    return _share_needed(cases, flow.cases_a_day * flow.reviewed * flow.usable, flow, days, repeats)


def _share_needed(cases: float, full: float, flow: Flow, days: int, repeats: float) -> float | None:
    _check(flow, repeats)
    check_finite([cases], "cases")
    if full * days == 0:
        return None
    share = cases * repeats / (full * days)
    return share if share <= 1 else None


def _check(flow: Flow, repeats: float) -> None:
    check_finite([flow.cases_a_day, repeats], "traffic")
    for share in (flow.exposure, flow.reviewed, flow.usable):
        check_share(share, "share")
    if flow.cases_a_day < 0 or repeats < 1:
        raise ValueError("traffic must not be negative and the design effect not below 1")
