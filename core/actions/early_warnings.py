"""Early warnings that act: followed at every publishing of evidence, inside its transaction.

Whatever trips pauses the rollout or takes it back before the import returns, so that nobody has to be
awake for it.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from core.actions.held_checklist import held_checklist
from core.actions.measuring import window_until
from core.actions.moments import not_before
from core.actions.rollout import move_at_once
from core.actions.rollout_facts import rollout_facts
from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem, Tier
from core.metrics.measurement import Source
from core.metrics.requests import TallyRequest
from core.rollout.alarms import (
    WATCHED_STATES,
    WATCHER,
    Watch,
    broken_words,
    tripped_words,
    watches,
)
from core.rollout.plan import Phase
from core.rollout.spend import SPEND_TIER, SpendLimit, spend_limits, spent_words
from core.rollout.standing import Standing
from core.rollout.transitions import POSSIBLE, Move, rollout_of
from core.store import alarms, audit, features, transitions
from core.store.alarms import NOTHING, PAUSED, ROLLED_BACK, Alarm
from core.store.database import Connection
from core.store.features import Feature
from core.store.points_course import first_bad, points_course
from core.store.spend_days import first_dear_day
from core.store.warehouse import Warehouse

EVERY_SOURCE = frozenset(Source)
BY_REVIEWERS = frozenset({Source.LABEL})
"""What a label changes that a person saves."""

_T = TypeVar("_T")
_LOG = logging.getLogger("readygate")
_MOVES = {Tier.ROLL_BACK: (Move.ROLL_BACK, ROLLED_BACK), Tier.PAUSE: (Move.PAUSE, PAUSED)}
_STRONGEST_FIRST = (Tier.ROLL_BACK, Tier.PAUSE, Tier.ADVISORY)


@dataclass(frozen=True)
class Noticed:
    """A warning that tripped, or that could not be worked out (then without cases and moment)."""

    warning: str
    metric: str
    tier: Tier
    sentence: str
    cases: int | None = None
    reached_at: datetime | None = None


@dataclass(frozen=True)
class _Followed:
    """Something that is watched: its name, metric and tier, and the question whether it tripped."""

    name: str
    metric: str
    tier: Tier
    ask: Callable[[Warehouse, datetime], Noticed | None]


def noticed(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    now: datetime,
    changed: Collection[Source] = EVERY_SOURCE,
) -> tuple[Noticed, ...]:
    """What trips on the evidence as this transaction leaves it; call it before the audit row is written.

    Nothing here fails the publishing: a warning that cannot be worked out is told as one. ``feature`` has
    the evidence version of this transaction, of which nothing is remembered. Only what counts one of the
    ``changed`` sources is looked at.
    """
    rollout = rollout_of(transitions.of_feature(connection, feature.id))
    if rollout.state not in WATCHED_STATES:
        return ()

    def follow() -> tuple[Noticed, ...]:
        standing = rollout_facts(connection, feature, now).standing
        return _tripped(workspace, connection, feature, standing, now, changed)

    found = _unfailing(connection, feature, follow, lambda kind: (_broken(kind),))
    return _not_open_yet(connection, feature, found, rollout.entered)


def act_on(
    connection: Connection, feature: Feature, found: Sequence[Noticed], upload_id: str | None, now: datetime
) -> tuple[Alarm, ...]:
    """Record what was noticed and stop the rollout where its tier says so, in the caller's transaction."""
    return tuple(
        _act(connection, feature, one, upload_id, now)
        for one in sorted(found, key=lambda one: _STRONGEST_FIRST.index(one.tier))
    )


def watch(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    upload_id: str | None,
    now: datetime,
    changed: Collection[Source] = EVERY_SOURCE,
) -> tuple[Alarm, ...]:
    """Follow the early warnings that count a ``changed`` source and act, at the end of a transaction.

    For whatever changes the evidence other than an import: a label that is saved, for instance.
    """
    fresh = features.by_id(connection, feature.id)
    return act_on(connection, fresh, noticed(workspace, connection, fresh, now, changed), upload_id, now)


def _tripped(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    standing: Standing,
    now: datetime,
    changed: Collection[Source],
) -> tuple[Noticed, ...]:
    entered = standing.rollout.entered
    if standing.phase is None or entered is None:
        return ()
    asked = (
        *_warnings(connection, feature, standing.phase, now, changed),
        *_limits(connection, feature, standing.phase, now, changed),
    )
    if not asked:
        return ()
    known = alarms.of_feature(connection, feature.id)
    found: list[Noticed] = []
    # Its answers are of evidence that may never be committed: nobody else may be given them.
    with workspace.warehouse.apart() as warehouse:
        for one in asked:
            since = alarms.counted_since(known, one.name, one.tier, entered)
            tripped = _unfailing(
                connection, feature, partial(one.ask, warehouse, since), partial(_broken, one=one)
            )
            found += [] if tripped is None else [tripped]
    return tuple(found)


def _warnings(
    connection: Connection, feature: Feature, phase: Phase, now: datetime, changed: Collection[Source]
) -> Iterator[_Followed]:
    if not phase.warnings:
        return
    checklist, _ = held_checklist(connection, feature, now)
    items = [one for one in checklist.items if isinstance(one, MeasuredItem)]
    for one in watches(phase, items)[0]:
        if one.source in changed:
            ask = partial(_warning_tripped, connection, feature, one, now)
            yield _Followed(one.name, one.warning.metric, one.warning.tier, ask)


def _warning_tripped(
    connection: Connection,
    feature: Feature,
    one: Watch,
    now: datetime,
    warehouse: Warehouse,
    since: datetime,
) -> Noticed | None:
    window = window_until(now, since, None)
    asked = TallyRequest(one.warning.metric, one.source, window=window, bar=one.warning.bar)
    if one.rule is None:
        bad = first_bad(warehouse, connection, feature, asked)
        reached, cases = (bad.first_at, bad.cases) if bad else (None, 0)
    else:
        course = points_course(warehouse, connection, feature, asked, one.rule)
        reached, cases = course.tripped_at, course.tripped_after or 0
    if reached is None:
        return None
    sentence = tripped_words(one, reached, cases)
    return Noticed(one.name, one.warning.metric, one.warning.tier, sentence, cases, reached)


def _limits(
    connection: Connection, feature: Feature, phase: Phase, now: datetime, changed: Collection[Source]
) -> Iterator[_Followed]:
    """The spend tripwires of the phase: what tasks cost stands in the traces."""
    for limit in spend_limits(phase) if Source.TRACE in changed else ():
        ask = partial(_limit_reached, connection, feature, limit, now)
        yield _Followed(limit.name, limit.field, SPEND_TIER, ask)


def _limit_reached(
    connection: Connection,
    feature: Feature,
    limit: SpendLimit,
    now: datetime,
    warehouse: Warehouse,
    since: datetime,
) -> Noticed | None:
    found = first_dear_day(warehouse, connection, feature, window_until(now, since, None), limit)
    if found is None:
        return None
    said = spent_words(limit, found)
    return Noticed(limit.name, limit.field, SPEND_TIER, said, found.cases, found.reached_at)


def _not_open_yet(
    connection: Connection, feature: Feature, found: Sequence[Noticed], entered: datetime | None
) -> tuple[Noticed, ...]:
    """Those without an open alarm of this phase: a counter stands still until somebody acknowledges it."""
    if not found:
        return ()
    waiting = [
        alarm
        for alarm in alarms.of_feature(connection, feature.id)
        if alarm.acknowledged_at is None and (entered is None or alarm.noticed_at >= entered)
    ]
    return tuple(one for one in found if not any(_is_of(alarm, one.warning, one.tier) for alarm in waiting))


def _is_of(alarm: Alarm, warning: str, tier: Tier) -> bool:
    return (alarm.warning, alarm.tier) == (warning, tier.value)


def _broken(kind: str, one: _Followed | None = None) -> Noticed:
    name, metric = (one.name, one.metric) if one else ("", "")
    return Noticed(name, metric, Tier.ADVISORY, broken_words(kind, name))


def _unfailing(
    connection: Connection, feature: Feature, ask: Callable[[], _T], instead: Callable[[str], _T]
) -> _T:
    """What ``ask`` answers; where it breaks, ``instead`` of the kind of fault.

    Within a savepoint, because a question that the database refuses would else end the transaction.
    """
    try:
        with connection.begin_nested():
            return ask()
    except Exception as error:
        # The message may quote uploaded text: only the kind of fault is kept.
        kind = type(error).__name__
        _LOG.error("an early warning of %s could not be worked out: %s", feature.slug, kind)
        return instead(kind)


def _act(
    connection: Connection, feature: Feature, one: Noticed, upload_id: str | None, now: datetime
) -> Alarm:
    rollout = rollout_of(transitions.of_feature(connection, feature.id))
    move, did = _MOVES.get(one.tier, (None, NOTHING))
    stops = move is not None and move in POSSIBLE[rollout.state]
    at = max(not_before(connection, feature.slug, now), rollout.since or now)
    made = alarms.add(
        connection,
        feature_id=feature.id,
        phase=rollout.phase or "",
        warning=one.warning,
        metric=one.metric,
        tier=one.tier.value,
        did=did if stops else NOTHING,
        sentence=one.sentence,
        cases=one.cases,
        reached_at=one.reached_at,
        upload_id=upload_id,
        now=at,
    )
    audit.append(
        connection,
        actor=WATCHER,
        action="early warning tripped",
        subject=f"feature/{feature.slug}",
        payload={
            "alarm": made.id,
            "phase": made.phase,
            "warning": made.warning,
            "metric": made.metric,
            "tier": made.tier,
            "cases": made.cases,
            "reached_at": made.reached_at.isoformat() if made.reached_at else None,
            "upload": upload_id,
            "did": made.did,
            "sentence": made.sentence,
        },
        now=at,
    )
    if move is not None and stops:
        move_at_once(connection, feature, at, move, WATCHER, one.sentence)
    return made
