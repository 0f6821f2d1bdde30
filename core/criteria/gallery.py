"""The template gallery: checklists that a PM starts from, read from TOML files; a company adds its own."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.criteria.checklist import AttestedItem, Checklist, MeasuredItem, explain, read_checklist
from core.criteria.stakes import Stakes
from core.errors import InvalidDocument, WrongUsage

_LARGEST_FILE = 500_000


class _TemplateFile(BaseModel):
    """What a template file says about itself; its items are read as those of a checklist."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    for_whom: Annotated[str, Field(max_length=200)] = ""
    about: Annotated[str, Field(max_length=500)] = ""
    stakes: Stakes = Stakes.LOW
    place: int = 1_000
    items: Annotated[tuple[dict[str, Any], ...], Field(min_length=1, max_length=200)]


@dataclass(frozen=True)
class Template:
    """One card of the gallery: what it is called, whom it is for, and its items.

    ``stakes`` are the lowest for which it is worth its trouble; ``is_own`` says that it is the company's.
    """

    id: str
    name: str
    for_whom: str
    about: str
    checklist: Checklist
    stakes: Stakes = Stakes.LOW
    place: int = 1_000
    is_own: bool = False

    def with_stakes(self, stakes: Stakes) -> Checklist:
        """The template's checklist for a feature of these stakes."""
        return self.checklist.model_copy(update={"stakes": stakes})


@dataclass(frozen=True)
class Gallery:
    """The templates there are, and a sentence for each file of the company's that cannot be used."""

    templates: tuple[Template, ...]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Addition:
    """What a template would add to a checklist, and which of its items are there already."""

    adds: tuple[MeasuredItem | AttestedItem, ...]
    there: tuple[MeasuredItem | AttestedItem, ...]


def templates() -> tuple[Template, ...]:
    """The templates that come with Readygate, in the order of the gallery."""
    folder = files("core.criteria") / "templates"
    found = [_read(file) for file in folder.iterdir() if file.name.endswith(".toml")]
    return tuple(sorted(found, key=lambda one: (one.place, one.name)))


def gallery(own: Path | None = None) -> Gallery:
    """The templates that come along, and those in the company's folder ``own`` (``*.toml``)."""
    found, faults = list(templates()), []
    for file in sorted(own.glob("*.toml")) if own is not None and own.is_dir() else ():
        try:
            read = _read(file, is_own=True)
            taken = next((one for one in found if one.id == read.id), None)
            if taken is not None:
                raise InvalidDocument(f"{file.name}: the id “{read.id}” is that of “{taken.name}” already.")
            found.append(read)
        except InvalidDocument as fault:
            faults.append(fault.sentence)
    return Gallery(tuple(found), tuple(faults))


def template(template_id: str, own: Path | None = None) -> Template:
    known = gallery(own).templates
    for found in known:
        if found.id == template_id:
            return found
    ids = ", ".join(found.id for found in known)
    raise WrongUsage(f"There is no template “{template_id}”.", mend=f"Choose one of: {ids}.")


def addition(checklist: Checklist, chosen: Template) -> Addition:
    """What ``chosen`` brings that ``checklist`` does not have; an item is there if it asks the same.

    A measured item asks the same where metric, source and slice are the same, whatever the bar: two
    bars for one number would contradict each other.
    """
    asked = {_asks(item) for item in checklist.items}
    adds, there = [], []
    taken = {item.id for item in checklist.items}
    for item in chosen.checklist.items:
        if _asks(item) in asked:
            there.append(item)
            continue
        numbered = (f"{item.id}_{number}" for number in range(2, len(taken) + 3))
        free = next(name for name in (item.id, *numbered) if name not in taken)
        taken.add(free)
        adds.append(item.model_copy(update={"id": free}))
    return Addition(tuple(adds), tuple(there))


def with_template(checklist: Checklist, chosen: Template) -> Checklist:
    """``checklist`` with what ``chosen`` adds; nothing that is there is touched."""
    items = (*checklist.items, *addition(checklist, chosen).adds)
    return checklist.model_copy(update={"items": items, "template": checklist.template or chosen.id})


def _asks(item: MeasuredItem | AttestedItem) -> tuple[object, ...]:
    if isinstance(item, MeasuredItem):
        return (item.metric, item.source, tuple(sorted(item.slice.items())))
    return (item.sentence.casefold().rstrip(".?! "),)


def _read(file: Traversable, *, is_own: bool = False) -> Template:
    """The template in ``file``; a fault is one sentence with the file and the place in it."""
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise InvalidDocument(f"{file.name}: it is larger than 500 KB; a template holds items only.")
        body = tomllib.loads(content.decode("utf-8-sig"))
        told = _TemplateFile.model_validate(body)
        checklist = read_checklist({"template": told.id, "items": told.items})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InvalidDocument(f"{file.name}: it cannot be read as TOML: {error}.") from error
    except ValidationError as error:
        raise InvalidDocument(f"{file.name}: {explain(error)}") from error
    except InvalidDocument as error:
        sentence = error.sentence.removeprefix("The checklist cannot be used: ")
        raise InvalidDocument(
            sentence if sentence.startswith(file.name) else f"{file.name}: {sentence}"
        ) from error
    return Template(
        told.id, told.name, told.for_whom, told.about, checklist, told.stakes, told.place, is_own=is_own
    )
