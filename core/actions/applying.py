"""Apply a file: create a feature or change its documents from TOML or JSON kept in version control."""

import json
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.actions.checklists import answer_item, lock_checklist, save_checklist, view_checklist
from core.actions.features import change_feature, create_feature, feature_exists, find_feature
from core.actions.people import Caller
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist, explain, read_checklist
from core.criteria.gallery import template
from core.criteria.judge import AnswerGiven
from core.criteria.stakes import Stakes
from core.errors import InvalidDocument, UnreadableFile, WrongUsage


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FeatureSection(_Section):
    slug: str | None = None
    name: str | None = None
    owner: str | None = None
    stakes: Stakes | None = None


class AttestationSection(_Section):
    item: str
    answer: AnswerGiven
    why: str
    link: str = ""


class AppliedFile(_Section):
    """The sections of an apply file. A checklist without items takes those of its ``template``."""

    feature: FeatureSection = FeatureSection()
    checklist: dict[str, Any] | None = None
    attestations: Annotated[tuple[AttestationSection, ...], Field()] = ()


@dataclass(frozen=True)
class Applied:
    """What came of it: ``did`` says each change in words."""

    slug: str
    did: tuple[str, ...]


def read_apply_file(path: Path) -> AppliedFile:
    """The file's sections (TOML, or JSON where the name ends so), or a sentence that says what is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        body = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
        return AppliedFile.model_validate(body)
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be opened: {error.strerror}.", code="not_found") from error
    except (UnicodeDecodeError, json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error}.", code="bad_document") from error
    except ValidationError as error:
        raise InvalidDocument(
            f"{path.name} cannot be used: {explain(error)}",
            mend="It may hold [feature], [checklist] and [[attestations]].",
        ) from error


def apply(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    wanted: AppliedFile,
    *,
    slug: str | None = None,
    lock: bool = False,
    reason: str = "",
) -> Applied:
    """Create the feature where it is new, save its checklist, give its answers, lock it on request.

    The documents are checked before anything is saved. Applying the same file again changes nothing.
    """
    slug = slug or wanted.feature.slug
    if slug is None:
        raise WrongUsage("Which feature is this for?", mend="Give --feature SLUG or a slug in [feature].")
    did = []
    is_new = not feature_exists(workspace, slug)
    stakes = wanted.feature.stakes or (
        Stakes.MEDIUM if is_new else Stakes(find_feature(workspace, slug).stakes)
    )
    checklist = _checklist(workspace, slug, wanted, stakes, is_new)
    if is_new:
        if not (wanted.feature.name and wanted.feature.owner):
            raise WrongUsage(
                f"The feature “{slug}” is new, so its name and owner are needed.",
                mend='Add [feature] with name = "…" and owner = "…".',
            )
        create_feature(
            workspace,
            caller,
            now,
            name=wanted.feature.name,
            owner=wanted.feature.owner,
            stakes=stakes,
            slug=slug,
        )
        did.append(f"created the feature {slug}")
    elif change_feature(
        workspace, caller, now, slug, name=wanted.feature.name, owner=wanted.feature.owner, stakes=stakes
    ):
        did.append("changed the feature's name, owner or stakes")
    if checklist is not None:
        did += _save(workspace, caller, now, slug, checklist, reason)
    if lock:
        did += _lock(workspace, caller, now, slug, reason)
    did += _answer(workspace, caller, now, slug, wanted.attestations)
    return Applied(slug, tuple(did))


def _answer(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, wanted: tuple[AttestationSection, ...]
) -> list[str]:
    """Give the answers that are new; the same words again would only pretend that somebody looked again."""
    current = view_checklist(workspace, slug).answers
    did = []
    for given in wanted:
        before = current.get(given.item)
        if before and (before.answer, before.why, before.link) == (given.answer.value, given.why, given.link):
            continue
        answer_item(
            workspace, caller, now, slug, given.item, answer=given.answer, why=given.why, link=given.link
        )
        did.append(f"answered {given.item}: {given.answer}")
    return did


def _checklist(
    workspace: Workspace, slug: str, wanted: AppliedFile, stakes: Stakes, is_new: bool
) -> Checklist | None:
    """The checklist to save: the file's, or the present one where only the stakes change."""
    if wanted.checklist is None:
        if is_new or wanted.feature.stakes is None:
            return None
        view = view_checklist(workspace, slug)
        return None if view.number is None else view.checklist.model_copy(update={"stakes": stakes})
    body = {"stakes": stakes.value, **wanted.checklist}
    if not body.get("items") and body.get("template"):
        return template(str(body["template"])).with_stakes(Stakes(body["stakes"]))
    return read_checklist(body)


def _save(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, checklist: Checklist, reason: str
) -> list[str]:
    before = view_checklist(workspace, slug).number
    saved = save_checklist(workspace, caller, now, slug, checklist, based_on=before, reason=reason)
    return [] if saved.number == before else [f"saved the checklist as version {saved.number}"]


def _lock(workspace: Workspace, caller: Caller, now: datetime, slug: str, reason: str) -> list[str]:
    view = view_checklist(workspace, slug)
    if view.number is None:
        raise WrongUsage("There is no checklist to lock.", mend="Add a [checklist] section.")
    if view.commitment is not None and not view.has_unlocked_changes:
        return []
    commitment = lock_checklist(workspace, caller, now, slug, based_on=view.number, reason=reason)
    return [f"locked version {commitment.checklist_number}"]
