"""Early warnings that act: what each of a phase's warnings counts, when it trips, and how it is told.

METHODS section 4: rates are followed by points (a Bernoulli CUSUM), amounts by how many cases lie over the
bar, and a bar of 0 is a tripwire, which one single case trips.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from core.criteria.checklist import MeasuredItem, Tier
from core.metrics.catalogue import Better, Metric, Shape, metric
from core.metrics.measurement import SOURCE_WORDS, Source
from core.rollout.plan import EarlyWarning, Phase
from core.rollout.transitions import State
from core.statistics.alarms import PointsRule, points_rule
from core.units import Unit, write

CASES_BETWEEN_FALSE_ALARMS = 5_000
"""How many cases may pass between two false alarms of one early warning (METHODS section 4)."""

SILENT_FOR = timedelta(hours=48)
"""A phase that users meet and that brings no trace for so long is told as a lack of data."""

_HOUR = timedelta(hours=1)
_TOLD_IN_DAYS = 4

WATCHED_STATES = frozenset({State.RUNNING, State.PAUSED, State.COMPLETE})
"""The states in which early warnings are followed: a phase is under way, or has reached everyone."""

_ASSUMED = 2 / 3
"""Of the bad cases that raise an alarm so many are normal where no bar says: as 10 % is for an alarm
at 15 % (the example of METHODS section 4). With fewer it would trip on a rate that the warning allows."""

WATCHER = "Readygate"
"""Who pauses and rolls back where an early warning tripped: nobody did it by hand."""

ACTING = (Tier.ROLL_BACK, Tier.PAUSE)
"""The tiers that stop a rollout, the stronger first."""


@dataclass(frozen=True)
class Watch:
    """One warning as one ``source`` is counted for it; without a ``rule`` it is a tripwire.

    ``expected`` and ``alarm`` are shares of bad cases: the one that was agreed to, and the one to be noticed.
    ``assumed``: nobody agreed to any, so that two thirds of what raises the alarm are taken. ``between`` is
    how many cases may pass between two false alarms.
    """

    warning: EarlyWarning
    source: Source
    rule: PointsRule | None = None
    expected: float = 0.0
    alarm: float = 0.0
    assumed: bool = False
    between: int = CASES_BETWEEN_FALSE_ALARMS

    @property
    def name(self) -> str:
        """The warning in words without what it does; it tells one counter of a phase from another."""
        asked = metric(self.warning.metric)
        bar = write(self.warning.bar, asked.unit)
        return f"{asked.label} {self.warning.direction} {bar}, by {SOURCE_WORDS[self.source]}"


@dataclass(frozen=True)
class Unwatched:
    """A warning that cannot be followed, and why."""

    warning: EarlyWarning
    why: str


@dataclass(frozen=True)
class OpenAlarm:
    """An alarm that nobody has acknowledged: what tripped, what was done about it, and since when."""

    id: int
    name: str
    tier: Tier
    did: str
    sentence: str
    noticed_at: datetime

    @property
    def holds_back(self) -> bool:
        """Whether it keeps the rollout from going on: what is only advisory tells, and no more."""
        return self.tier in ACTING


def watches(phase: Phase, items: Sequence[MeasuredItem]) -> tuple[tuple[Watch, ...], tuple[Unwatched, ...]]:
    """What is counted for the warnings of ``phase``, and which of them cannot be followed.

    ``items`` are the measured items of the checklist that holds. A warning about any source is counted
    for each, apart; an AI judge alone is no witness for a tripwire unless the plan names it.
    """
    found: list[Watch] = []
    blind: list[Unwatched] = []
    between = cases_between(phase)
    for warning in phase.warnings:
        asked = metric(warning.metric)
        why = _why_unwatched(warning, asked)
        made = [] if why else [_watch(warning, source, phase, items, between) for source in _sources(warning)]
        seen = [one for one in made if one is not None]
        found += seen
        if not seen:
            blind.append(Unwatched(warning, why or _TOO_RARE))
    return tuple(found), tuple(blind)


def cases_between(phase: Phase) -> int:
    """How many cases may pass between two false alarms of one warning, so that all of them together keep
    to the agreed number."""
    acting = [one for one in phase.warnings if one.tier in ACTING and not is_tripwire(one)]
    counted = sum(not _why_unwatched(one, metric(one.metric)) for one in acting)
    return CASES_BETWEEN_FALSE_ALARMS * max(1, counted)


def is_tripwire(warning: EarlyWarning) -> bool:
    return warning.bar == 0


def followed(
    warning: EarlyWarning, source: Source, phase: Phase, items: Sequence[MeasuredItem]
) -> Watch | None:
    """The counter of a warning about a rate by ``source``; None where none can be made."""
    if is_tripwire(warning) or _why_unwatched(warning, metric(warning.metric)) or source is Source.EVAL:
        return None
    return _watch(warning, source, phase, items, cases_between(phase))


def rule_words(watch: Watch) -> str:
    """How it counts, for people: "Every wrong answer adds 7 points, every right one takes 1 off; …"."""
    ends = "we stop" if watch.warning.tier in ACTING else "we say so"
    if watch.rule is None:
        return f"One is enough: at the first case {ends}."
    bad, good = _case_words(watch.warning)
    rule = watch.rule
    return (
        f"Every {bad} adds {_points(rule.per_failure)}, every {good} takes {rule.per_success} off; "
        f"at {rule.limit:,} {ends}."
    )


def why_words(watch: Watch) -> str:
    """What the points were made for, and how often luck alone reaches the limit."""
    if watch.rule is None:
        return ""
    asked = metric(watch.warning.metric)
    expected, alarm = (write(share, Unit.SHARE) for share in (watch.expected, watch.alarm))
    if asked.shape is Shape.QUANTILE:
        agreed = f"Up to {expected} of the cases may lie over the bar; the alarm is for {alarm}."
    elif watch.assumed:
        agreed = (
            "No bar agrees what is normal, so two thirds of the bad cases that raise the alarm are taken for "
            f"it: {expected}, against {alarm}."
        )
    else:
        agreed = f"{expected} bad cases were agreed to; the alarm is for {alarm}."
    return f"{agreed} By luck alone this happens about once in {watch.between:,} cases."


def tripped_words(watch: Watch, at: datetime, cases: int) -> str:
    """The sentence of an alarm: the rule, and when it was reached after how many cases."""
    at = at.astimezone(UTC)
    when = f"{at.day} {at:%B %Y}"
    if watch.rule is None:
        many = "1 case" if cases == 1 else f"{cases:,} cases, the first"
        return f"{watch.name}: {rule_words(watch)} There {'is' if cases == 1 else 'are'} {many} on {when}."
    after = "1 case" if cases == 1 else f"{cases:,} cases"
    reached = f"It reached {watch.rule.limit:,} on {when} after {after}."
    return f"{watch.name}: {rule_words(watch)} {reached} {why_words(watch)}"


def broken_words(kind: str, name: str = "") -> str:
    """The sentence where an early warning could not be worked out; ``kind`` is the kind of fault."""
    what = f"The early warning “{name}”" if name else "The early warnings"
    return (
        f"{what} could not be worked out when new evidence came in ({kind}). The evidence counts, but nobody "
        "watches it: look at the Health page, and tell whoever runs Readygate."
    )


def silence_words(newest: datetime | None, now: datetime) -> str:
    """What is said of a phase that users meet and that has brought no trace for long; "" while it has.

    ``newest`` is the last trace of the phase, or its beginning where there is none yet.
    """
    if newest is None or now - newest < SILENT_FOR:
        return ""
    silent = now - newest
    long = f"{silent.days:,} days" if silent.days >= _TOLD_IN_DAYS else f"{silent // _HOUR:,} hours"
    return (
        f"No data: no trace is younger than {long}, so no early warning can notice anything. Upload "
        "newer traces, or find out why none come."
    )


_TOO_RARE = (
    "Its bar is too close to what is normal, or too rare, for any counter. Move the bar; where one single "
    "case must stop the rollout, set it to 0."
)


def _why_unwatched(warning: EarlyWarning, asked: Metric) -> str:
    if not _sources(warning):
        return "Test results are no traffic: nothing is counted between two runs. The gate judges each run."
    if asked.graded:
        return "Its cases pass in parts, which points cannot count. The gate and the Health page show it."
    if asked.shape is Shape.MEAN:
        return "An average has no bar for a single case. Watch a tail instead, such as the p95 cost per task."
    return ""


def _sources(warning: EarlyWarning) -> tuple[Source, ...]:
    if warning.source is not None:
        return () if warning.source is Source.EVAL else (warning.source,)
    leaves = {Source.EVAL, Source.JUDGE} if is_tripwire(warning) else {Source.EVAL}
    return tuple(one.source for one in metric(warning.metric).readings if one.source not in leaves)


def _watch(
    warning: EarlyWarning, source: Source, phase: Phase, items: Sequence[MeasuredItem], between: int
) -> Watch | None:
    asked = metric(warning.metric)
    if is_tripwire(warning):
        return Watch(warning, source)
    if asked.shape is Shape.QUANTILE:
        expected = 1 - asked.level
        alarm = min(2 * expected, (1 + expected) / 2)
        rule = _rule(round(expected, 6), round(alarm, 6), between)
        return None if rule is None else Watch(warning, source, rule, expected, alarm, between=between)
    alarm = _bad_share(asked, warning.bar)
    agreed = _agreed(asked, source, phase, items)
    for share, assumed in ((agreed, False), (alarm * _ASSUMED, True)):
        # A warning may be as strict as the bar, or stricter: then that does not say what is normal.
        rule = _rule(round(share, 6), round(alarm, 6), between) if share and share < alarm else None
        if rule is not None and share is not None:
            return Watch(warning, source, rule, share, alarm, assumed, between)
    return None


def _agreed(asked: Metric, source: Source, phase: Phase, items: Sequence[MeasuredItem]) -> float | None:
    """The share of bad cases that was agreed to: the phase's own bar, else the checklist's strictest."""
    about = [
        [
            one.bar
            for one in place
            if (one.metric, one.source) == (asked.id, source) and not one.slice and one.bar is not None
        ]
        for place in (phase.bars, items)
    ]
    bars = about[0][:1] or about[1]
    return min((_bad_share(asked, bar) for bar in bars), default=None)


def _bad_share(asked: Metric, bar: float) -> float:
    return 1 - bar if asked.better is Better.HIGHER else bar


@lru_cache(maxsize=128)
def _rule(expected: float, alarm: float, between: int) -> PointsRule | None:
    return points_rule(expected, alarm, between)


def _case_words(warning: EarlyWarning) -> tuple[str, str]:
    """What a bad and a good case are called."""
    asked = metric(warning.metric)
    if asked.shape is Shape.QUANTILE:
        return f"case of {write(warning.bar, asked.unit)} or more", "other"
    if asked.id == "answer_correctness":
        return "wrong answer", "right one"
    if asked.better is Better.HIGHER:
        return f"case that is not {asked.noun}", "other"
    return f"case with “{asked.noun}”", "other"


def _points(count: int) -> str:
    return "1 point" if count == 1 else f"{count:,} points"
