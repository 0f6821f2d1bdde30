"""Overruling the gate: a signer lets the next phase begin all the same, for a day, marked for ever.

The verdict and the conditions stay as they are; what was overruled is kept word for word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from core.decision.sign_off import SignerList, SignOff, SignOffs, bars_signing, changed_since
from core.rollout.standing import Standing
from core.rollout.transitions import State

OVERRIDE_HOURS = 24
"""So long an overruling holds, unless the step is taken on it or somebody ends it before."""

OVERRULE_WORD = "OVERRULE"
"""What whoever overrules has to type."""

_MAY_BE_OVERRULED = ("start:", "advance:")
_OWN = ("overrules", "title")
"""What the statement of an overruling has beside that of the step."""


class OverrideState(StrEnum):
    """How an overruling stands: it holds, the step was taken on it, or it is over in one way or another."""

    HOLDS = "holds"
    USED = "used"
    ENDED = "ended"
    EXPIRED = "expired"
    WITHOUT_EFFECT = "without effect"


@dataclass(frozen=True)
class GivenOverride:
    """An overruling as it was given; ``statement`` is exactly what was overruled, ``sha256`` its hash.

    ``used_at`` is when the step was taken on it; ``ended_at`` when somebody took it back before.
    """

    id: int
    step: str
    reason: str
    by: str
    by_id: int | None
    at: datetime
    expires_at: datetime
    sha256: str
    statement: Mapping[str, Any] = field(hash=False)
    used_at: datetime | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    ended_reason: str | None = None

    @property
    def title(self) -> str:
        return str(self.statement.get("title") or self.step)

    def state(self, now: datetime) -> OverrideState:
        """How it stands at ``now`` by itself, whatever has become of the rollout meanwhile."""
        if self.used_at is not None and self.used_at <= now:
            return OverrideState.USED
        if self.ended_at is not None and self.ended_at <= now:
            return OverrideState.ENDED
        return OverrideState.HOLDS if now < self.expires_at else OverrideState.EXPIRED

    @property
    def sentence(self) -> str:
        """ "Overruled by Lea until 3 Mar 2026, 14:05 UTC: the reason" """
        return f"Overruled by {self.by} until {_moment(self.expires_at)}: {self.reason}"


@dataclass(frozen=True)
class OverrideLine:
    """An overruling as it stands: ``why_not`` says why it has no effect, "" where it has or had one.

    ``changed`` says what is not as it was when it was given, "" where nothing is, or where it is over.
    """

    given: GivenOverride
    state: OverrideState
    why_not: str = ""
    changed: str = ""

    @property
    def sentence(self) -> str:
        """What it is, and what became of it."""
        given = self.given
        match self.state:
            case OverrideState.USED if given.used_at is not None:
                when = _moment(given.used_at)
                return f"“{given.title}” was taken on {when} overruled by {given.by}: {given.reason}"
            case OverrideState.ENDED if given.ended_at is not None:
                ended = f"ended by {given.ended_by} on {_moment(given.ended_at)}: {given.ended_reason}"
                return f"{given.sentence} · {ended}"
            case OverrideState.EXPIRED:
                return f"{given.sentence} · expired, no step was taken on it"
            case OverrideState.WITHOUT_EFFECT:
                return f"{given.sentence} · without effect: {self.why_not}"
            case _:
                return given.sentence


def override_statement(step: SignOff, lacking: Sequence[str]) -> dict[str, Any]:
    """Exactly what is overruled: the step as it would be signed, and the conditions that lack by name."""
    return {**step.statement, "title": step.title, "overrules": list(lacking)}


def bars_overruling(offs: SignOffs, standing: Standing, alarm: str) -> str:
    """Why nobody can overrule the next step, "" where somebody can.

    ``alarm`` tells of a roll-back alarm that tripped in the current phase, "" where none did.
    """
    if not offs.people_sign_in:
        return "Nobody signs in here, so nobody's name could stand for it: nothing can be overruled."
    if offs.step is None:
        return "Nothing is locked yet, and only what is locked can be overruled."
    if standing.state is State.ROLLED_BACK:
        return (
            "The feature was rolled back, and a roll back is never overruled: mend what led to it; it starts "
            "again through the gate."
        )
    if standing.state is State.PAUSED:
        return "The rollout is paused: it has to be resumed before a next phase can begin."
    if alarm:
        return (
            "In this phase an alarm that rolls back has tripped, and it is never overruled: "
            f"{alarm.rstrip('.')}."
        )
    if not str(offs.step.step).startswith(_MAY_BE_OVERRULED):
        return "There is no next phase that could begin, so there is nothing to overrule."
    return ""


def stand_overrides(
    given: Sequence[GivenOverride],
    offs: SignOffs,
    standing: Standing,
    alarm: str,
    people: SignerList,
    now: datetime,
) -> tuple[OverrideLine, ...]:
    """Each of ``given`` (the newest first) as it stands at ``now``."""
    barred = bars_overruling(offs, standing, alarm)
    return tuple(_stands(one, offs, barred, people, now) for one in given if one.at <= now)


def expires(now: datetime) -> datetime:
    return now + timedelta(hours=OVERRIDE_HOURS)


def _stands(
    one: GivenOverride, offs: SignOffs, barred: str, people: SignerList, now: datetime
) -> OverrideLine:
    state = one.state(now)
    if state is not OverrideState.HOLDS:
        return OverrideLine(one, state)
    step = offs.step
    if barred or step is None:
        return OverrideLine(one, OverrideState.WITHOUT_EFFECT, barred)
    if step.step != one.step:
        return OverrideLine(one, OverrideState.WITHOUT_EFFECT, f"“{one.title}” is no longer the next step.")
    if one.by_id is None or (bar := bars_signing(step, one.by_id, people)):
        why = bar if one.by_id is not None else "nobody knows who gave it"
        return OverrideLine(one, OverrideState.WITHOUT_EFFECT, f"{one.by}: {why}.")
    was = {name: value for name, value in one.statement.items() if name not in _OWN}
    return OverrideLine(one, state, changed=changed_since(was, step.statement))


def _moment(moment: datetime) -> str:
    at = moment.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
