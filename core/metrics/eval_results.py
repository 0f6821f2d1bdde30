"""The results of an eval set: how many cases pass, how steady they are, what kinds of tasks they are of.

A case counts once, however often it is repeated: repeats of a case are no new evidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.statistics.exact import bounds
from core.statistics.interval import Interval
from core.statistics.repeats import cases_with, pass_hat_k

ADVISED_CASES = 50
"""From so many cases on a set can tell a good release from a bad one at all."""

USUAL_RERUN_DAYS = 7
MOST_REPEATS = 4


@dataclass(frozen=True)
class CaseGroup:
    """So many ``cases`` that each passed ``passes`` of ``n`` attempts."""

    n: int
    passes: int
    cases: int


@dataclass(frozen=True)
class SuiteTally:
    """What came back of a set: version ``number`` of ``suite`` run on the release ``bundle``.

    ``suite`` and ``bundle`` are None where nobody named them, ``number`` where the set was not locked here.
    ``unclear`` attempts have no result: their judge failed, or they reached a limit.
    """

    suite: str | None
    number: int | None
    bundle: str | None
    groups: tuple[CaseGroup, ...]
    unclear: int
    newest: datetime


@dataclass(frozen=True)
class PassHat:
    """The chance that ``k`` attempts at a case all pass, over ``cases`` with that many attempts."""

    k: int
    value: float
    cases: int


@dataclass(frozen=True)
class SuiteResult:
    """``rate`` is the mean over the cases of the share of their attempts that passed, ``interval`` its exact
    bounds with each case counted once. ``flaky`` of the ``repeated`` cases both passed and failed."""

    tally: SuiteTally
    cases: int
    rate: float | None
    interval: Interval
    repeated: int
    flaky: int
    flake_interval: Interval
    hats: tuple[PassHat, ...]

    @property
    def flake_rate(self) -> float | None:
        return self.flaky / self.repeated if self.repeated else None


def suite_result(tally: SuiteTally, error: float) -> SuiteResult:
    """The numbers of a tally; ``error`` is the chance each bound is wrong."""
    groups = [one for one in tally.groups if one.n]
    cases = sum(one.cases for one in groups)
    passes = min(sum(one.cases * one.passes / one.n for one in groups), float(cases))
    repeated = sum(one.cases for one in groups if one.n > 1)
    flaky = sum(one.cases for one in groups if 0 < one.passes < one.n)
    return SuiteResult(
        tally=tally,
        cases=cases,
        rate=passes / cases if cases else None,
        interval=bounds(passes, cases, error),
        repeated=repeated,
        flaky=flaky,
        flake_interval=bounds(flaky, repeated, error),
        hats=_hats(groups),
    )


def _hats(groups: Sequence[CaseGroup]) -> tuple[PassHat, ...]:
    """pass^2 and so on, as far as cases were repeated that often."""
    passes = [one.passes for one in groups for _ in range(one.cases)]
    n = [one.n for one in groups for _ in range(one.cases)]
    found = ((k, pass_hat_k(passes, n, k)) for k in range(2, MOST_REPEATS + 1))
    return tuple(PassHat(k, value, cases_with(n, k)) for k, value in found if value is not None)


class RerunState(StrEnum):
    DONE = "done"
    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class Rerun:
    """When a set is to be run again; ``newest`` is its newest result, None where it never had one."""

    state: RerunState
    due_at: datetime
    newest: datetime | None


def rerun(newest: datetime | None, locked_at: datetime, days: int, now: datetime) -> Rerun:
    """Due ``days`` after the newest result; a set that was never run is due from its lock on.

    It is overdue once the day on which it is due has passed.
    """
    if newest is None:
        late = now >= locked_at + timedelta(days=days)
        return Rerun(RerunState.OVERDUE if late else RerunState.DUE, locked_at + timedelta(days=days), None)
    due_at = newest + timedelta(days=days)
    if now.date() < due_at.date():
        return Rerun(RerunState.DONE, due_at, newest)
    state = RerunState.DUE if now.date() == due_at.date() else RerunState.OVERDUE
    return Rerun(state, due_at, newest)


@dataclass(frozen=True)
class KindShare:
    """A kind of task: its ``cases`` in the set and its ``traces`` of users, and their shares of all."""

    kind: str
    cases: int
    traces: int
    case_share: float
    trace_share: float

    @property
    def is_missing(self) -> bool:
        """Whether users ask for it and no case tests it."""
        return self.traces > 0 and self.cases == 0


@dataclass(frozen=True)
class TaskMix:
    """The kinds, the commonest among users first; ``unnamed`` cases say no kind of task.

    Shares are of the cases and traces that name their kind.
    """

    kinds: tuple[KindShare, ...]
    unnamed: int

    @property
    def missing(self) -> tuple[KindShare, ...]:
        return tuple(one for one in self.kinds if one.is_missing)

    @property
    def missed_share(self) -> float:
        """The share of the users' traces whose kind no case tests."""
        return sum(one.trace_share for one in self.missing)


def task_mix(cases: Mapping[str | None, int], traces: Sequence[tuple[str, int]]) -> TaskMix:
    """The kinds of tasks of a set against those of the users' traces; kinds are compared folded."""
    mine: dict[str, tuple[str, int]] = {}
    for kind, count in cases.items():
        if kind is not None:
            name, so_far = mine.get(kind.casefold(), (kind, 0))
            mine[kind.casefold()] = name, so_far + count
    seen: dict[str, tuple[str, int]] = {}
    for kind, count in traces:
        name, so_far = seen.get(kind.casefold(), (kind, 0))
        seen[kind.casefold()] = name, so_far + count
    all_cases, all_traces = sum(n for _, n in mine.values()), sum(n for _, n in seen.values())
    kinds = []
    for folded in {**seen, **mine}:
        name = (seen.get(folded) or mine[folded])[0]
        in_set, asked = mine.get(folded, ("", 0))[1], seen.get(folded, ("", 0))[1]
        kinds.append(
            KindShare(
                name,
                in_set,
                asked,
                in_set / all_cases if all_cases else 0.0,
                asked / all_traces if all_traces else 0.0,
            )
        )
    kinds.sort(key=lambda one: (-one.traces, -one.cases, one.kind))
    return TaskMix(tuple(kinds), cases.get(None, 0))
