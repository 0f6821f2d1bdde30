"""Conditions of a GO: what a signer asks for with their yes, and what becomes of the GO where it stays unmet.

A GO on conditions is a GO until a condition's day is over; unmet by then it lapses into a NO-GO, until the
condition is met or a signer releases it. It never makes a verdict better.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Literal

from core.criteria.checklist import AttestedItem
from core.criteria.judge import Row
from core.criteria.verdict import Verdict
from core.decision.conditions import Condition
from core.errors import WrongUsage

MOST_CONDITIONS = 5
"""With one signature. Whoever needs more has not seen enough for a GO."""

LONGEST_WORDS = 300
LONGEST_OWNER = 120
MOST_DAYS_AHEAD = 365

_SHORTEST_WORDS = 10
_TOLD_AT_MOST = 3


class PromiseState(StrEnum):
    """How a condition stands: only an open one can lapse."""

    OPEN = "open"
    LAPSED = "lapsed"
    MET = "met"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class AskedCondition:
    """A condition as a signer writes it down: what, from whom, and to the end of which day (UTC)."""

    words: str
    owner: str
    due: date


@dataclass(frozen=True)
class Promise:
    """A condition of a GO with what became of it; ``withdrawn_at`` is when its signature was withdrawn.

    ``step`` is the step that was signed: "advance:beta".
    """

    id: int
    words: str
    owner: str
    due: date
    step: str | None
    given_by: str
    given_by_id: int
    given_at: datetime
    withdrawn_at: datetime | None = None
    met_by: str | None = None
    met_at: datetime | None = None
    met_note: str | None = None
    released_by: str | None = None
    released_at: datetime | None = None
    released_reason: str | None = None
    signature_id: int = 0

    @property
    def lapses_at(self) -> datetime:
        """The end of its last day."""
        return datetime.combine(self.due + timedelta(days=1), time.min, UTC)

    def state(self, now: datetime) -> PromiseState:
        """How it stands at ``now``; what was met too late is met all the same, from then on."""
        if _is_past(self.withdrawn_at, now):
            return PromiseState.WITHDRAWN
        if _is_past(self.met_at, now):
            return PromiseState.MET
        if _is_past(self.released_at, now):
            return PromiseState.RELEASED
        return PromiseState.LAPSED if now >= self.lapses_at else PromiseState.OPEN

    @property
    def sentence(self) -> str:
        """ "“Legal reads ten answers” (Lea, until 9 Mar 2026)" """
        return f"“{self.words.rstrip('.')}” ({self.owner}, until {_day(self.due)})"


@dataclass(frozen=True)
class PromiseLine:
    """A condition as it stands at the moment of a decision."""

    given: Promise
    state: PromiseState

    @property
    def sentence(self) -> str:
        """What it is, and what became of it."""
        one = self.given
        match self.state:
            case PromiseState.MET if one.met_at is not None:
                note = f": {one.met_note}" if one.met_note else ""
                return f"{one.sentence} · met, says {one.met_by} on {_day(one.met_at)}{note}"
            case PromiseState.RELEASED if one.released_at is not None:
                when = _day(one.released_at)
                return f"{one.sentence} · released by {one.released_by} on {when}: {one.released_reason}"
            case PromiseState.WITHDRAWN:
                return f"{one.sentence} · gone with the signature of {one.given_by}"
            case PromiseState.LAPSED:
                return f"{one.sentence} · not met in time: the GO has lapsed"
            case _:
                return f"{one.sentence} · open"


class PromisedItem(AttestedItem):
    """What stands for a lapsed condition among the rows: no item of a checklist, and never waived."""

    kind: Literal["condition"] = "condition"  # type: ignore[assignment]


def promise_lines(given: Iterable[Promise], now: datetime) -> tuple[PromiseLine, ...]:
    """Each condition that there was at ``now`` as it stood then, the oldest first."""
    return tuple(PromiseLine(_until(one, now), one.state(now)) for one in given if one.given_at <= now)


def lapsed_rows(lines: Sequence[PromiseLine]) -> tuple[Row, ...]:
    """A NO-GO for each condition that was not met in time."""
    return tuple(_lapsed(line.given) for line in lines if line.state is PromiseState.LAPSED)


def promises_kept(lines: Sequence[PromiseLine]) -> tuple[Condition, ...]:
    """One condition of the decision while conditions of a GO are open or have lapsed; else none."""
    lapsed = [line.given for line in lines if line.state is PromiseState.LAPSED]
    waiting = [line.given for line in lines if line.state is PromiseState.OPEN]
    if lapsed:
        return (Condition("promises", False, f"The GO has lapsed, not met in time: {_told(lapsed)}."),)
    if waiting:
        things = "1 condition" if len(waiting) == 1 else f"{len(waiting)} conditions"
        return (Condition("promises", True, f"The GO holds on {things}: {_told(waiting)}."),)
    return ()


def checked_conditions(asked: Sequence[AskedCondition], now: datetime) -> tuple[AskedCondition, ...]:
    """The conditions as they are kept, each text on one line; raises WrongUsage with how to mend them."""
    if len(asked) > MOST_CONDITIONS:
        raise WrongUsage(
            f"A GO takes {MOST_CONDITIONS} conditions at most.",
            mend="Refuse it and say what is missing, or name the conditions that matter most.",
        )
    return tuple(_checked(one, now.astimezone(UTC).date()) for one in asked)


def _checked(one: AskedCondition, today: date) -> AskedCondition:
    words, owner = " ".join(one.words.split()), " ".join(one.owner.split())
    if not _SHORTEST_WORDS <= len(words) <= LONGEST_WORDS:
        raise WrongUsage(
            f"“{words[:40]}” is no condition that everybody understands.",
            mend=f"Write a sentence of {_SHORTEST_WORDS} to {LONGEST_WORDS} characters: what has to be so?",
        )
    if not owner or len(owner) > LONGEST_OWNER:
        raise WrongUsage(f"Nobody is named for “{words[:40]}”.", mend="Name the person who sees to it.")
    if not today <= one.due <= today + timedelta(days=MOST_DAYS_AHEAD):
        raise WrongUsage(
            f"“{words[:40]}” cannot be due on {one.due.isoformat()}.",
            mend=f"Choose a day from today on, within {MOST_DAYS_AHEAD} days.",
        )
    return AskedCondition(words, owner, one.due)


def _lapsed(one: Promise) -> Row:
    item = PromisedItem(
        id=f"condition-of-the-go-{one.id}",
        sentence=one.words,
        owner=one.owner,
        when_it_fails="Meet the condition and say so, or let a signer release it with a reason.",
    )
    return Row(
        item=item,
        label=f"Condition of the GO: {one.words}",
        bar=f"met by the end of {_day(one.due)}",
        verdict=Verdict.NO_GO,
        why=(
            f"{one.given_by} signed on {_day(one.given_at)} on this condition. {one.owner} had to see to it "
            f"by {_day(one.due)}, and nobody has said that it is met, so the GO has lapsed."
        ),
    )


def _told(given: Sequence[Promise]) -> str:
    more = len(given) - _TOLD_AT_MOST
    return "; ".join([one.sentence for one in given[:_TOLD_AT_MOST]] + ([f"and {more} more"] * (more > 0)))


def _until(one: Promise, now: datetime) -> Promise:
    """The condition without what became of it after ``now``."""
    later: dict[str, Any] = {}
    if not _is_past(one.met_at, now):
        later |= dict.fromkeys(("met_by", "met_at", "met_note"))
    if not _is_past(one.released_at, now):
        later |= dict.fromkeys(("released_by", "released_at", "released_reason"))
    return replace(one, **later)


def _is_past(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def _day(day: date) -> str:
    """ "9 Mar 2026"; a moment by its day in UTC."""
    at = day.astimezone(UTC) if isinstance(day, datetime) else day
    return f"{at.day} {at:%b %Y}"
