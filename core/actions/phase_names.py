"""The phases of a rollout by the names that people know them by."""

from collections import Counter
from collections.abc import Sequence

from core.rollout.plan import PhasePlan, read_plan
from core.rollout.transitions import PhasePeriod
from core.store import documents
from core.store.database import Connection
from core.store.features import Feature


def newest_plan(connection: Connection, feature: Feature) -> PhasePlan:
    """The newest plan; one without phases where there is none yet."""
    newest = documents.newest(connection, feature.id, documents.PLAN)
    return read_plan(newest.body) if newest else PhasePlan()


def phase_name(plan: PhasePlan, phase_id: str) -> str:
    """The name of a phase; one that the plan no longer has keeps its id."""
    phase = plan.phase(phase_id)
    return phase_id if phase is None else phase.name


def period_names(plan: PhasePlan, ran: Sequence[PhasePeriod]) -> list[str]:
    """A name for each period; a phase that was entered twice is told apart: "Beta (2nd time)"."""
    times: Counter[str] = Counter()
    names = []
    for period in ran:
        name = phase_name(plan, period.phase)
        times[name] += 1
        names.append(name if times[name] == 1 else f"{name} ({_ordinal(times[name])} time)")
    return names


def _ordinal(number: int) -> str:
    return {2: "2nd", 3: "3rd"}.get(number, f"{number}th")
