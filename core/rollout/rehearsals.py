"""Rehearsals of going back: how each part of the live release stands by its drills, as of one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.criteria.stakes import Stakes
from core.evidence.bundle_parts import KILL_SWITCH, BundlePart
from core.rollout.bundle import ReleaseBundle, WayBack

KILL_SWITCH_LABEL = "Kill switch"

REHEARSED = (KILL_SWITCH, *(part.value for part in BundlePart))
"""What can be rehearsed, the kill switch first: it is the way back that always has to be there."""


def label_of(part: str) -> str:
    """The words for a part, or for the kill switch."""
    return KILL_SWITCH_LABEL if part == KILL_SWITCH else BundlePart(part).label


class DrillState(StrEnum):
    """What the drills of one part are worth now."""

    FRESH = "worked"
    OLD = "too old"
    CHANGED = "changed since"
    FAILED = "failed"
    NEVER = "never rehearsed"


@dataclass(frozen=True)
class Drill:
    """One rehearsal: ``part`` is one of :data:`REHEARSED`, and ``part_sha256`` the fingerprint of that part
    as it was live then; None where nothing was, and of the kill switch, which is no part of a release."""

    part: str
    at: datetime
    worked: bool
    minutes: float
    part_sha256: str | None = None


@dataclass(frozen=True)
class PartStanding:
    """How one part stands: its plan, its newest drill, what that is worth, and until when it holds.

    ``is_known``: the live release says what this part is. ``goes_back_alone``: it is known, and its plan
    is to take it back without the others; always so for the kill switch. ``earlier`` is the number of
    drills before the newest.
    """

    part: str
    plan: WayBack
    is_known: bool
    goes_back_alone: bool
    state: DrillState
    newest: Drill | None = None
    fresh_until: datetime | None = None
    earlier: int = 0

    @property
    def label(self) -> str:
        return label_of(self.part)

    @property
    def is_fresh(self) -> bool:
        return self.state is DrillState.FRESH

    @property
    def took_longer(self) -> bool:
        """Whether the newest drill took more minutes than its plan allows."""
        return (
            self.newest is not None
            and self.plan.minutes is not None
            and self.newest.minutes > self.plan.minutes
        )


def standings(live: ReleaseBundle, drills: Sequence[Drill], now: datetime) -> tuple[PartStanding, ...]:
    """The kill switch, then each part that is known or was rehearsed, in the order of the parts."""
    lines = []
    for part in REHEARSED:
        own = sorted((one for one in drills if one.part == part and one.at <= now), key=lambda one: one.at)
        if part == KILL_SWITCH:
            lines.append(_standing(part, own, live.rehearsal_days, now))
            continue
        version = live.part(BundlePart(part))
        if version.is_known:
            standing = _standing(part, own, live.rehearsal_days, now, version.fingerprint, version.way_back)
            lines.append(standing)
        elif own:
            lines.append(_standing(part, own, live.rehearsal_days, now, "", version.way_back))
    return tuple(lines)


def _standing(
    part: str,
    drills: Sequence[Drill],
    days: int,
    now: datetime,
    fingerprint: str | None = None,
    plan: WayBack | None = None,
) -> PartStanding:
    """``fingerprint`` is the part's in the live release: "" where it is unknown, None of the kill switch."""
    newest = drills[-1] if drills else None
    plan = plan or WayBack()
    return PartStanding(
        part=part,
        plan=plan,
        is_known=fingerprint != "",
        goes_back_alone=fingerprint != "" and plan.alone,
        state=_state(newest, days, now, fingerprint),
        newest=newest,
        fresh_until=newest.at + timedelta(days=days) if newest else None,
        earlier=max(0, len(drills) - 1),
    )


def _state(newest: Drill | None, days: int, now: datetime, fingerprint: str | None) -> DrillState:
    if newest is None:
        return DrillState.NEVER
    if not newest.worked:
        # However old, and whatever was changed since: only one that worked shows that it works.
        return DrillState.FAILED
    if fingerprint is not None and newest.part_sha256 != fingerprint:
        return DrillState.CHANGED
    return DrillState.OLD if now - newest.at > timedelta(days=days) else DrillState.FRESH


def way_back(lines: Sequence[PartStanding], days: int, stakes: Stakes, now: datetime) -> tuple[bool, str]:
    """(whether the way back is shown to work, the sentence that says so).

    A newest drill that failed is a no for all stakes. High stakes take a fresh drill of the kill switch
    and of each part that goes back alone; the others one fresh drill, of whatever part.
    """
    failed = [one for one in lines if one.state is DrillState.FAILED]
    if failed:
        named = "; ".join(f"{one.label}, {_age(one, now)}" for one in failed)
        drills = "The last drill failed" if len(failed) == 1 else "The last drills failed"
        return False, f"{drills}: {named}. Mend the way back, and rehearse it again."
    asked = [one for one in lines if one.part == KILL_SWITCH or one.goes_back_alone]
    fresh = [one for one in lines if one.is_fresh]
    if stakes is Stakes.HIGH:
        missing = [one for one in asked if not one.is_fresh]
        if missing:
            named = "; ".join(_missing(one, days, now) for one in missing)
            count = f"{len(missing)} of {len(asked)} ways back"
            return False, f"{count} {'is' if len(missing) == 1 else 'are'} not rehearsed: {named}."
        return True, f"All {len(asked)} ways back were rehearsed: {_done(fresh, now)}."
    if fresh:
        return True, f"The way back was rehearsed: {_done(fresh, now)}."
    tried = [one for one in lines if one.newest is not None]
    if not tried:
        return False, "No way back was ever rehearsed. Switch the feature off once, and record how it went."
    named = "; ".join(_missing(one, days, now) for one in tried)
    return False, f"No drill of a way back counts any more: {named}."


def days_ago(at: datetime, now: datetime) -> str:
    """ "today", "1 day ago", "40 days ago"."""
    days = (now - at).days
    if days < 1:
        return "today" if at.date() == now.date() else "yesterday"
    return "1 day ago" if days == 1 else f"{days:,} days ago"


def _age(one: PartStanding, now: datetime) -> str:
    return days_ago(one.newest.at, now) if one.newest else "never"


def _missing(one: PartStanding, days: int, now: datetime) -> str:
    if one.state is DrillState.NEVER:
        return f"{one.label} (never)"
    if one.state is DrillState.OLD:
        return f"{one.label} ({_age(one, now)}; the limit is {days} days)"
    why = "changed since its drill" if one.is_known else "not written down in the live release; drill"
    return f"{one.label} ({why} {_age(one, now)})"


def _done(fresh: Sequence[PartStanding], now: datetime) -> str:
    """The drills by their age, the oldest of them first where they are many."""
    ordered = sorted(fresh, key=lambda one: one.newest.at if one.newest else now)
    shown = ordered[:3]
    words = "; ".join(_one_done(one, now) for one in shown)
    more = len(ordered) - len(shown)
    return f"{words}; and {more} more" if more else words


def _one_done(one: PartStanding, now: datetime) -> str:
    minutes = one.newest.minutes if one.newest else 0.0
    longer = f", longer than the {one.plan.minutes:,} min planned" if one.took_longer else ""
    return f"{one.label}, {_age(one, now)}, in {minutes_words(minutes)}{longer}"


def minutes_words(minutes: float) -> str:
    """ "11 min", "1.5 min"."""
    return f"{minutes:,.0f} min" if minutes >= 10 or minutes == int(minutes) else f"{minutes:.1f} min"
