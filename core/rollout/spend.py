"""Spend tripwires: what one user, or all of them, may cost on a day before the rollout pauses at once.

No statistics: the first day (UTC) that reaches the amount trips. A task whose cost nobody knows is not
counted, never as 0, and the sentence says how many there are.
"""

from dataclasses import dataclass
from datetime import date, datetime

from core.criteria.checklist import Tier
from core.rollout.plan import Phase
from core.units import Unit, Usd, write

SPEND_TIER = Tier.PAUSE
"""What a day that cost too much does."""


@dataclass(frozen=True)
class SpendLimit:
    """The amount a day, of one user (``per_user``) or of all of them together."""

    per_user: bool
    usd: Usd

    @property
    def name(self) -> str:
        """It in words; tells one limit of a phase from another, and from what it was before an amendment."""
        who = "one user" if self.per_user else "all users"
        return f"Spend of {who} on one day of {write(self.usd, Unit.USD)} or more"

    @property
    def field(self) -> str:
        """The field of the phase that sets it."""
        return "spend_user_day" if self.per_user else "spend_day"


@dataclass(frozen=True)
class SpendSeen:
    """Of ``tasks``, those ``priced`` say what they cost, and those ``of_users`` also whose they are."""

    tasks: int
    priced: int
    of_users: int

    def followed(self, limit: SpendLimit) -> int:
        """How many of the tasks ``limit`` can count."""
        return self.of_users if limit.per_user else self.priced


@dataclass(frozen=True)
class SpentDay:
    """The first ``day`` that reached a limit: ``reached_at``, with the ``cases``-th task that counts.

    ``spent`` is what that day came to, of the dearest user or of all; ``users`` how many reached it (1 where
    all count together); ``seen`` are the tasks of the day.
    """

    day: date
    reached_at: datetime
    cases: int
    spent: Usd
    users: int
    seen: SpendSeen


def spend_limits(phase: Phase) -> tuple[SpendLimit, ...]:
    """What the spend of ``phase`` is held against."""
    asked = ((True, phase.spend_user_day), (False, phase.spend_day))
    return tuple(SpendLimit(per_user, usd) for per_user, usd in asked if usd is not None)


def spend_rule_words() -> str:
    return "The first day (UTC) that reaches it: there we stop."


def unfollowed_words(limit: SpendLimit, seen: SpendSeen) -> str:
    """Why ``limit`` cannot be followed, "" where it can or where there is no task yet."""
    if not seen.tasks or seen.followed(limit):
        return ""
    if not seen.priced:
        return "No trace says what it cost: cost_usd is empty in all of them."
    return "No trace with a cost says whose it is: without user_id nobody's day can be added up."


def coverage_words(limit: SpendLimit, seen: SpendSeen) -> str:
    """How many of the tasks are not counted, and why; "" where all are."""
    unpriced, nameless = seen.tasks - seen.priced, seen.priced - seen.of_users
    lacking = [("cost", unpriced), ("user id", nameless if limit.per_user else 0)]
    parts = [f"{n:,} {'has' if n == 1 else 'have'} no {what}" for what, n in lacking if n]
    if not parts:
        return ""
    of = "1 task" if seen.tasks == 1 else f"{seen.tasks:,} tasks"
    return f"Of {of}, {' and '.join(parts)}: they are not counted, so more may have been spent."


def spent_words(limit: SpendLimit, found: SpentDay) -> str:
    """The sentence of the alarm. It names no user: whoever may see user ids finds the day on Health."""
    day = f"{found.day.day} {found.day:%B %Y}"
    bar, spent = write(limit.usd, Unit.USD), write(found.spent, Unit.USD)
    if not limit.per_user:
        said = f"The tasks of {day} cost {spent} in all"
    elif found.users == 1:
        said = f"The tasks of 1 user on {day} cost {spent}"
    else:
        said = f"{found.users:,} users reached it on {day}, the dearest of them with {spent}"
    covered = coverage_words(limit, found.seen)
    return f"{limit.name}: {said}; at {bar} we stop.{f' {covered}' if covered else ''}"
