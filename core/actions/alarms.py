"""Alarms as people meet them: what tripped, what was done, what is followed at all; and acknowledging one."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.held_checklist import held_checklist
from core.actions.measuring import window_until
from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.phase_names import newest_plan, phase_name
from core.actions.policy import Act, require
from core.actions.reasons import full_reason, one_line
from core.actions.rollout_facts import rollout_facts
from core.actions.verdicts import note_verdict
from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem
from core.errors import Conflict
from core.rollout.alarms import (
    WATCHED_STATES,
    rule_words,
    silence_words,
    watches,
    why_words,
)
from core.rollout.spend import (
    SPEND_TIER,
    coverage_words,
    spend_limits,
    spend_rule_words,
    unfollowed_words,
)
from core.rollout.standing import Standing
from core.rollout.transitions import REACHING
from core.rollout.wording import TIER_WORDS, warning_words
from core.store import alarms, audit, features
from core.store.alarms import Alarm
from core.store.database import Connection
from core.store.features import Feature
from core.store.newest_trace import newest_trace
from core.store.spend_days import spend_seen


@dataclass(frozen=True)
class AlarmLine:
    """An alarm as the page lists it; ``phase`` is the name of the phase in which it was noticed."""

    alarm: Alarm
    phase: str
    is_open: bool


@dataclass(frozen=True)
class FollowedLine:
    """A warning of the current phase: how it counts, or (``is_blind``) why it cannot be followed."""

    warning: str
    how: str
    why: str = ""
    is_blind: bool = False


@dataclass(frozen=True)
class AlarmsView:
    """The alarms of a feature, the newest first, and what is followed in the phase that is under way.

    ``silence`` says that no new traces come, "" while they do.
    """

    lines: tuple[AlarmLine, ...]
    followed: tuple[FollowedLine, ...]
    silence: str

    @property
    def open_ones(self) -> tuple[AlarmLine, ...]:
        return tuple(one for one in self.lines if one.is_open)


def view_alarms(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> AlarmsView:
    """Every alarm until ``now``, what the current phase watches, and whether evidence still comes in."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        plan = newest_plan(connection, feature)
        standing = rollout_facts(connection, feature, now).standing
        lines = tuple(
            AlarmLine(one, phase_name(plan, one.phase), one.is_open(now))
            for one in alarms.of_feature(connection, feature.id)
            if one.noticed_at <= now
        )
        followed = (
            *_followed(connection, feature, standing, now),
            *_spend_followed(workspace, connection, feature, standing, now),
        )
        return AlarmsView(lines, followed, _silence(workspace, connection, feature, standing, now))


def acknowledge_alarm(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, alarm_id: int, *, reason: str
) -> None:
    """Say what was found: from now on the warning counts from 0 again, with traces from now on.

    It lets nothing run on by itself: a rollout that was paused has still to be resumed.
    """
    require(workspace, caller, Act.RESUME_ROLLOUT, slug)
    reason = full_reason(one_line(reason), "Acknowledging an alarm needs a reason: what was found?")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        one = alarms.by_id(connection, feature.id, alarm_id)
        if one.acknowledged_at is not None:
            raise Conflict(
                f"{one.acknowledged_by} has acknowledged this alarm already.",
                newest=one.id,
                mend="Look at the page again.",
            )
        alarms.acknowledge(connection, one.id, by=caller.name, by_id=caller.person_id, reason=reason, now=now)
        audit.append(
            connection,
            actor=caller.name,
            action="alarm acknowledged",
            subject=f"feature/{slug}",
            payload={
                "alarm": one.id,
                "warning": one.warning or "early warnings",
                "reason": reason,
                "person": caller.person_id,
            },
            now=now,
        )
    note_verdict(workspace, now, slug)


def _followed(
    connection: Connection, feature: Feature, standing: Standing, now: datetime
) -> tuple[FollowedLine, ...]:
    if standing.phase is None or standing.state not in WATCHED_STATES:
        return ()
    checklist, _ = held_checklist(connection, feature, now)
    items = [one for one in checklist.items if isinstance(one, MeasuredItem)]
    seen, blind = watches(standing.phase, items)
    counted = [
        FollowedLine(f"{one.name}: {TIER_WORDS[one.warning.tier]}", rule_words(one), why_words(one))
        for one in seen
    ]
    return (
        *counted,
        *(FollowedLine(warning_words(one.warning), one.why, is_blind=True) for one in blind),
    )


def _spend_followed(
    workspace: Workspace, connection: Connection, feature: Feature, standing: Standing, now: datetime
) -> tuple[FollowedLine, ...]:
    """The spend tripwires, with how many of the tasks they cannot count."""
    entered = standing.rollout.entered
    if standing.phase is None or entered is None or standing.state not in WATCHED_STATES:
        return ()
    known = [one for one in alarms.of_feature(connection, feature.id) if one.noticed_at <= now]
    lines = []
    for limit in spend_limits(standing.phase):
        since = alarms.counted_since(known, limit.name, SPEND_TIER, entered)
        seen = spend_seen(workspace.warehouse, connection, feature, window_until(now, since, None))
        why = unfollowed_words(limit, seen)
        name = f"{limit.name}: {TIER_WORDS[SPEND_TIER]}"
        followed = FollowedLine(name, spend_rule_words(), coverage_words(limit, seen))
        lines.append(FollowedLine(name, why, is_blind=True) if why else followed)
    return tuple(lines)


def _silence(
    workspace: Workspace, connection: Connection, feature: Feature, standing: Standing, now: datetime
) -> str:
    """Only where users meet the feature: of a pause nothing new is expected."""
    entered = standing.rollout.since
    if standing.state not in REACHING or entered is None:
        return ""
    last = newest_trace(workspace.warehouse, connection, feature, now)
    return silence_words(max(last, entered) if last else entered, now)
