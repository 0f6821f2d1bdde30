"""The gallery of phase plans that a PM starts from, read from TOML files."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from core.errors import InvalidDocument, WrongUsage
from core.rollout.plan import Fallback, PhasePlan, read_plan


@dataclass(frozen=True)
class PlanTemplate:
    """One card of the gallery: what it is called, whom it is for, and its phases."""

    id: str
    name: str
    for_whom: str
    about: str
    plan: PhasePlan

    def filled(
        self, *, owner: str, fallback: Fallback | None, requests_per_day: int | None, users: int | None
    ) -> PhasePlan:
        """The template with what only its taker knows; phases that have a fallback keep it."""
        body: dict[str, Any] = self.plan.model_dump(mode="json")
        body |= {"owner": owner, "requests_per_day": requests_per_day, "users": users}
        for phase in body["phases"]:
            phase["fallback"] = phase["fallback"] or fallback
        return read_plan(body)


def plan_templates() -> tuple[PlanTemplate, ...]:
    """The plans that come with Readygate; the default one first, the others by name."""
    folder = files("core.rollout") / "templates"
    found = [_read(file) for file in folder.iterdir() if file.name.endswith(".toml")]
    return tuple(sorted(found, key=lambda one: (one.id != DEFAULT, one.name)))


DEFAULT = "guardrail_escalation"


def plan_template(template_id: str) -> PlanTemplate:
    for found in plan_templates():
        if found.id == template_id:
            return found
    known = ", ".join(found.id for found in plan_templates())
    raise WrongUsage(f"There is no plan template “{template_id}”.", mend=f"Choose one of: {known}.")


def _read(file: Traversable) -> PlanTemplate:
    try:
        body = tomllib.loads(file.read_text(encoding="utf-8"))
        plan = read_plan({"template": body["id"], "phases": body["phases"]})
        return PlanTemplate(body["id"], body["name"], body["for_whom"], body["about"], plan)
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise InvalidDocument(f"The plan template {file.name} cannot be read: {error}.") from error
