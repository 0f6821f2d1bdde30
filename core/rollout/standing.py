"""Where a rollout stands: its phase among those of the plan, how long it ran, and what would come next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.rollout.exposure import reach
from core.rollout.plan import Phase, PhasePlan
from core.rollout.transitions import NOTHING_YET, REACHING, Rollout, State, Transition, ran_for, rollout_of
from core.rollout.wording import exposure_words

STATE_WORDS = {
    State.NOT_STARTED: "not started",
    State.RUNNING: "running",
    State.PAUSED: "paused",
    State.ROLLED_BACK: "rolled back",
    State.COMPLETE: "complete",
}


@dataclass(frozen=True)
class Standing:
    """The rollout at one moment.

    ``plan`` is the newest plan and ``ran_under`` the version under which the current phase began: that
    one says how many users it may reach, whatever was edited since. ``ran`` leaves pauses out.
    ``moves`` counts the transitions so far, ``last`` is the newest of them.
    """

    plan: PhasePlan = field(default_factory=PhasePlan)
    rollout: Rollout = NOTHING_YET
    ran_under: PhasePlan = field(default_factory=PhasePlan)
    ran: timedelta = timedelta()
    moves: int = 0
    last: Transition | None = None

    @property
    def state(self) -> State:
        return self.rollout.state

    @property
    def reaches_users(self) -> bool:
        return self.state in REACHING

    @property
    def is_stopped(self) -> bool:
        """Whether somebody has paused it or taken it back: then the gate says no, whatever the verdict."""
        return self.state in (State.PAUSED, State.ROLLED_BACK)

    @property
    def phase(self) -> Phase | None:
        """The current phase as it was started; ``None`` before the start, and where the plan never had it."""
        current = self.rollout.phase
        if current is None:
            return None
        return self.ran_under.phase(current) or self.plan.phase(current)

    @property
    def name(self) -> str:
        """What the current phase is called; its id where no plan names it."""
        return self.phase.name if self.phase else self.rollout.phase or ""

    @property
    def place(self) -> int | None:
        """The place of the current phase in the newest plan, from 1."""
        return next(
            (place for place, one in enumerate(self.plan.phases, 1) if one.id == self.rollout.phase), None
        )

    @property
    def next(self) -> Phase | None:
        """The phase that the next step forward would start.

        ``None``: the current one is the last, or is no longer in the plan. After a roll back the plan
        begins again.
        """
        if self.state in (State.NOT_STARTED, State.ROLLED_BACK):
            return self.plan.phases[0] if self.plan.phases else None
        return self.plan.phases[self.place] if self.place and self.place < len(self.plan.phases) else None

    @property
    def is_in_last_phase(self) -> bool:
        return self.place is not None and self.place == len(self.plan.phases)

    @property
    def days_left(self) -> int:
        """How many more days the current phase has to run, a part of a day as a whole one."""
        if self.phase is None or self.phase.minimum_days is None or not self.state_has_minimum:
            return 0
        left = timedelta(days=self.phase.minimum_days) - self.ran
        return max(0, -(-left // timedelta(days=1)))

    @property
    def rest_words(self) -> str:
        """How long the current phase has still to run, counted as its days are: on day 9 of 14 five days."""
        after = self.days_left - 1
        if after <= 0:
            return "the rest of today"
        return f"{after:,} day{'' if after == 1 else 's'} after today"

    @property
    def state_has_minimum(self) -> bool:
        """Whether a phase is under way whose minimum duration has to pass before the next one."""
        return self.state in (State.RUNNING, State.PAUSED)

    @property
    def exposure(self) -> float | None:
        """The largest share of all users (0-1) that may meet the feature now; ``None``: nobody knows."""
        if self.state is State.NOT_STARTED:
            return None
        if not self.reaches_users:
            return 0.0
        if self.phase is None:
            return None
        # People become a share by the number of users, which the newest plan knows best.
        shares = reach(self.plan, self.phase).shares or reach(self.ran_under, self.phase).shares
        return shares[1] if shares else None


def standing_of(
    transitions: Sequence[Transition], plan: PhasePlan, ran_under: PhasePlan, now: datetime
) -> Standing:
    """Where the ``transitions``, oldest first, have led by ``now``."""
    return Standing(
        plan=plan,
        rollout=rollout_of(transitions),
        ran_under=ran_under,
        ran=ran_for(transitions, now),
        moves=len(transitions),
        last=transitions[-1] if transitions else None,
    )


def phase_parts(standing: Standing) -> tuple[str, ...]:
    """The phase in short, piece by piece: "Phase 2 of 4", "Early access", "1–5 % of users", "day 9 of 14"."""
    if standing.rollout.phase is None:
        return ()
    of = f"Phase {standing.place} of {len(standing.plan.phases)}" if standing.place else "Phase"
    reached = (reach_words(standing.phase),) if standing.phase else ()
    return (of, standing.name, *reached, *_day_words(standing))


def standing_words(standing: Standing) -> str:
    """Where the rollout stands, on one line, its state last."""
    if standing.state is State.NOT_STARTED:
        if standing.next is None:
            return "No phase plan yet"
        return f"Not started · first phase: {standing.next.name}, {exposure_words(standing.next)}"
    return " · ".join((*phase_parts(standing), STATE_WORDS[standing.state].upper()))


def reach_words(phase: Phase) -> str:
    """ "50–100 users", "1–5 % of users", "everyone"."""
    words = exposure_words(phase)
    return f"{words} of users" if words.endswith("%") else words


def _day_words(standing: Standing) -> tuple[str, ...]:
    """ "day 9 of 14"; once the minimum has passed only "day 20"."""
    if not standing.state_has_minimum:
        return ()
    day = standing.ran // timedelta(days=1) + 1
    minimum = standing.phase.minimum_days if standing.phase else None
    return (f"day {day:,} of {minimum}" if minimum and day <= minimum else f"day {day:,}",)
