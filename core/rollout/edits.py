"""Edits of a plan, as small values that a form, a mend button or a conflict can apply to any version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidDocument
from core.rollout.plan import Phase, PhasePlan, read_plan


@dataclass(frozen=True)
class SetPlan:
    """Put ``fields`` (owner, traffic) into the plan itself."""

    fields: Mapping[str, Any]


@dataclass(frozen=True)
class SetPhase:
    """Put ``fields`` into one phase; its other fields stay as they are, whoever changed them."""

    phase_id: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class AddPhase:
    """Put a new phase at ``place`` (0 is first); a taken id gets a number."""

    body: Mapping[str, Any]
    place: int


@dataclass(frozen=True)
class RemovePhase:
    phase_id: str


@dataclass(frozen=True)
class MovePhase:
    """Move a phase ``by`` places, to the left where negative; it stops at the ends."""

    phase_id: str
    by: int


Edit = SetPlan | SetPhase | AddPhase | RemovePhase | MovePhase


def edited(plan: PhasePlan, edit: Edit) -> PhasePlan:
    """``plan`` with the edit; :class:`InvalidDocument` where that cannot be, also if the phase is gone."""
    body = plan.model_dump(mode="json")
    phases: list[dict[str, Any]] = body["phases"]
    match edit:
        case SetPlan():
            body |= dict(edit.fields)
        case SetPhase():
            phases[_place(plan, edit.phase_id)] |= dict(edit.fields)
        case AddPhase():
            phases.insert(edit.place, {**edit.body, "id": _free_id(plan, str(edit.body["id"]))})
        case RemovePhase():
            del phases[_place(plan, edit.phase_id)]
        case MovePhase():
            place = _place(plan, edit.phase_id)
            moved = phases.pop(place)
            phases.insert(min(max(place + edit.by, 0), len(phases)), moved)
    return read_plan(body)


def differing_fields(before: Phase, after: Phase) -> dict[str, Any]:
    """The fields of ``after`` that are not as in ``before``, as an edit wants them."""
    was, now = before.model_dump(mode="json"), after.model_dump(mode="json")
    # A field that is not set may not be written at all, and to unset it is an edit like any other.
    return {name: now.get(name) for name in {**was, **now} if was.get(name) != now.get(name)}


def _place(plan: PhasePlan, phase_id: str) -> int:
    for place, phase in enumerate(plan.phases):
        if phase.id == phase_id:
            return place
    raise InvalidDocument(
        f"The phase “{phase_id}” is not in this version of the plan.", mend="Somebody removed it meanwhile."
    )


def _free_id(plan: PhasePlan, wanted: str) -> str:
    taken = {phase.id for phase in plan.phases}
    numbered = (f"{wanted[:60]}_{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (wanted, *numbered) if name not in taken)
