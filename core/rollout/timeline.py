"""The timeline of a rollout: when each phase would have run at the earliest, and when it did run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.rollout.plan import MINIMUM_DAYS, PhasePlan
from core.rollout.standing import Standing
from core.rollout.transitions import State, Stretch, Transition, stretches


@dataclass(frozen=True)
class TimelineRow:
    """One phase. ``planned`` is its earliest begin and end, ``None`` where the plan no longer has it.

    ``actual`` are the stretches in which it ran or was paused, the last one closed at the present;
    ``rolled_back`` are the moments at which it was taken back.
    """

    name: str
    planned: tuple[datetime, datetime] | None
    actual: tuple[Stretch, ...]
    rolled_back: tuple[datetime, ...]


def timeline(standing: Standing, transitions: Sequence[Transition], now: datetime) -> tuple[TimelineRow, ...]:
    """The phases of the plan in their order, then those that ran and are no longer in it.

    The plan counts from the first start, or from ``now`` where there was none, each phase as long as it
    has to run at least.
    """
    plan = standing.plan
    planned = _planned(plan, transitions[0].at if transitions else now)
    closed = [one if one.ended else replace(one, ended=now) for one in stretches(transitions)]
    gone = [one.phase for one in transitions if plan.phase(one.phase) is None]
    names = {phase.id: phase.name for phase in plan.phases}
    return tuple(
        TimelineRow(
            names.get(phase_id) or _former_name(standing, phase_id),
            planned.get(phase_id),
            tuple(one for one in closed if one.phase == phase_id and one.state is not State.ROLLED_BACK),
            tuple(one.began for one in closed if one.phase == phase_id and one.state is State.ROLLED_BACK),
        )
        for phase_id in dict.fromkeys([*names, *gone])
    )


def _planned(plan: PhasePlan, begins: datetime) -> dict[str, tuple[datetime, datetime]]:
    found = {}
    for phase in plan.phases:
        ends = begins + timedelta(days=phase.minimum_days or MINIMUM_DAYS)
        found[phase.id] = (begins, ends)
        begins = ends
    return found


def _former_name(standing: Standing, phase_id: str) -> str:
    former = standing.ran_under.phase(phase_id)
    return former.name if former else phase_id
