"""Scenarios: a kind of feature with the scope, the checklist and the plan that fit it, from TOML files."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.criteria.checklist import Checklist, explain, read_checklist
from core.criteria.floors import lacking, missing_items
from core.criteria.scope import Scope, read_scope
from core.criteria.stakes import Stakes
from core.errors import InvalidDocument, WrongUsage
from core.rollout.gallery import PlanTemplate
from core.rollout.plan import read_plan

_LARGEST_FILE = 1_000_000
"""Bytes; a scenario is a page or two of text."""

_Short = Annotated[str, Field(min_length=1, max_length=120)]
_Long = Annotated[str, Field(min_length=1, max_length=500)]


class _ScenarioFile(BaseModel):
    """The file as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    name: _Short
    for_whom: _Long
    about: _Long
    stakes: Stakes
    worst_case_hint: Annotated[str, Field(max_length=500)] = ""
    scope: dict[str, Any] = {}
    items: tuple[dict[str, Any], ...] = ()
    phases: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Scenario:
    """One card: what it is called, whom it is for, and what it fills in.

    ``worst_case_hint`` says what to think of; the worst case itself only its owner knows.
    ``is_own`` tells a company's own scenario from those that come with Readygate.
    """

    id: str
    name: str
    for_whom: str
    about: str
    stakes: Stakes
    worst_case_hint: str
    scope: Scope
    checklist: Checklist
    plan: PlanTemplate
    is_own: bool = False

    def checklist_at(self, stakes: Stakes) -> Checklist:
        """Its checklist for a feature of these stakes, with the least that they ask for."""
        own = self.checklist.model_copy(update={"stakes": stakes})
        added = missing_items(own, lacking(own))
        return read_checklist(own.model_dump(mode="json") | {"items": [*own.items, *added]})


@dataclass(frozen=True)
class ScenarioShelf:
    """Every scenario there is; ``problems`` name the company's files that cannot be used, and why."""

    scenarios: tuple[Scenario, ...]
    problems: tuple[str, ...] = ()

    def scenario(self, scenario_id: str) -> Scenario | None:
        return next((one for one in self.scenarios if one.id == scenario_id), None)

    def wanted(self, scenario_id: str) -> Scenario:
        """The scenario of that id, or WrongUsage that names those there are."""
        found = self.scenario(scenario_id)
        if found is None:
            known = ", ".join(one.id for one in self.scenarios)
            raise WrongUsage(f"There is no scenario “{scenario_id}”.", mend=f"Choose one of: {known}.")
        return found


def scenario_shelf(own_folder: Path) -> ScenarioShelf:
    """The scenarios that come with Readygate, from low stakes to high, then those of ``own_folder``.

    A file of the company's own that cannot be used is a problem in words, and the others still work.
    """
    folder = files("core.rollout") / "scenarios"
    rising = list(Stakes)
    built_in = [_read(file) for file in folder.iterdir() if file.name.endswith(".toml")]
    found = sorted(built_in, key=lambda one: (rising.index(one.stakes), one.name))
    problems: list[str] = []
    for file in _own_files(own_folder):
        try:
            own = _read(file, is_own=True)
        except InvalidDocument as error:
            problems.append(error.sentence)
            continue
        if any(one.id == own.id for one in found):
            problems.append(f"The scenario {file.name} has the id “{own.id}”, which another one has already.")
            continue
        found.append(own)
    return ScenarioShelf(tuple(found), tuple(problems))


def _own_files(folder: Path) -> Iterable[Path]:
    return sorted(file for file in folder.glob("*.toml") if file.is_file()) if folder.is_dir() else ()


def _read(file: Path | Traversable, *, is_own: bool = False) -> Scenario:
    """One scenario; InvalidDocument names the file and what is wrong in it."""
    try:
        if isinstance(file, Path) and file.stat().st_size > _LARGEST_FILE:
            raise InvalidDocument("it is larger than 1 MB.")
        return _scenario(tomllib.loads(file.read_text(encoding="utf-8")), is_own=is_own)
    except ValidationError as error:
        raise InvalidDocument(f"The scenario {file.name} cannot be used: {explain(error)}") from error
    except InvalidDocument as error:
        raise InvalidDocument(f"The scenario {file.name} cannot be used: {error.sentence}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidDocument(f"The scenario {file.name} cannot be read: {error}.") from error


def _scenario(body: dict[str, Any], *, is_own: bool) -> Scenario:
    written = _ScenarioFile.model_validate(body)
    plan = read_plan({"template": written.id, "phases": written.phases})
    return Scenario(
        id=written.id,
        name=written.name,
        for_whom=written.for_whom,
        about=written.about,
        stakes=written.stakes,
        worst_case_hint=written.worst_case_hint,
        scope=read_scope(written.scope | {"scenario": written.id}),
        checklist=read_checklist({"template": written.id, "stakes": written.stakes, "items": written.items}),
        plan=PlanTemplate(written.id, written.name, written.for_whom, written.about, plan),
        is_own=is_own,
    )
