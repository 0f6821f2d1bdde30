"""The template gallery: checklists that a PM starts from, read from TOML files."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from core.criteria.checklist import Checklist, read_checklist
from core.criteria.stakes import Stakes
from core.errors import InvalidDocument, WrongUsage


@dataclass(frozen=True)
class Template:
    """One card of the gallery: what it is called, whom it is for, and its items."""

    id: str
    name: str
    for_whom: str
    about: str
    checklist: Checklist

    def with_stakes(self, stakes: Stakes) -> Checklist:
        """The template's checklist for a feature of these stakes."""
        return self.checklist.model_copy(update={"stakes": stakes})


def templates() -> tuple[Template, ...]:
    """The templates that come with Readygate, by name."""
    folder = files("core.criteria") / "templates"
    found = [_read(file) for file in folder.iterdir() if file.name.endswith(".toml")]
    return tuple(sorted(found, key=lambda template: template.name))


def template(template_id: str) -> Template:
    for found in templates():
        if found.id == template_id:
            return found
    known = ", ".join(found.id for found in templates())
    raise WrongUsage(f"There is no template “{template_id}”.", mend=f"Choose one of: {known}.")


def _read(file: Traversable) -> Template:
    try:
        body = tomllib.loads(file.read_text(encoding="utf-8"))
        checklist = read_checklist({"template": body["id"], "items": body["items"]})
        return Template(body["id"], body["name"], body["for_whom"], body["about"], checklist)
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise InvalidDocument(f"The template {file.name} cannot be read: {error}.") from error
