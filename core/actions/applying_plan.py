"""The [plan] section of an apply file: the phase plan, written out or taken from a template."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.actions.people import Caller
from core.actions.plans import save_plan, view_plan
from core.actions.workspace import Workspace
from core.errors import InvalidDocument
from core.rollout.changes import changed_plan
from core.rollout.gallery import plan_template
from core.rollout.plan import Fallback, PhasePlan, read_plan


@dataclass(frozen=True)
class WantedPlan:
    """The plan that a file asks for, and the version that stands (``None``: nothing saved yet)."""

    plan: PhasePlan
    before: PhasePlan
    number: int | None

    @property
    def saves(self) -> bool:
        """Whether it is another plan than the one that stands."""
        return self.number is None or self.plan != self.before


def wanted_plan(
    workspace: Workspace, caller: Caller, slug: str | None, section: dict[str, Any] | None
) -> WantedPlan | None:
    """The plan of the section, checked; ``None`` where the file has none.

    ``slug`` is ``None`` for a feature that is not there yet.
    """
    if section is None:
        return None
    plan = _read(section)
    if slug is None:
        return WantedPlan(plan, PhasePlan(), None)
    seen = view_plan(workspace, caller, slug)
    return WantedPlan(plan, seen.plan, seen.number)


def apply_plan(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, wanted: WantedPlan, *, reason: str
) -> list[str]:
    """Save the plan where it differs; says what changed."""
    if not wanted.saves:
        return []
    saved = save_plan(workspace, caller, now, slug, wanted.plan, based_on=wanted.number, reason=reason)
    changes = changed_plan(wanted.before, wanted.plan) if wanted.number is not None else ()
    return [f"saved the phase plan as version {saved.number}", *changes]


def _read(section: dict[str, Any]) -> PhasePlan:
    """A section without phases takes its template's, with the section's ``fallback`` where they have none."""
    if not section.get("template") or section.get("phases"):
        return read_plan(section)
    rest = {name: value for name, value in section.items() if name not in ("fallback", "phases")}
    chosen = plan_template(str(section["template"]))
    given = section.get("fallback")
    known = [fallback.value for fallback in Fallback]
    if given is not None and given not in known:
        raise InvalidDocument(
            f"The phase plan cannot be used: the fallback “{given}” is not one of {', '.join(known)}."
        )
    own = read_plan(rest)
    return chosen.filled(
        owner=own.owner,
        fallback=None if given is None else Fallback(given),
        requests_per_day=own.requests_per_day,
        users=own.users,
    )
