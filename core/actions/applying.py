"""Apply a file: create a feature or change its documents from TOML or JSON kept in version control."""

import json
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.actions.applying_bundle import apply_bundle, wanted_bundle
from core.actions.applying_plan import apply_plan, wanted_plan
from core.actions.applying_scope import apply_scope, wanted_scope
from core.actions.bundle_files import with_files
from core.actions.checklists import (
    ChecklistView,
    answer_item,
    lock_checklist,
    save_checklist,
    view_checklist,
)
from core.actions.features import change_feature, create_feature, feature_exists, find_feature
from core.actions.people import Caller
from core.actions.policy import Act, may, require
from core.actions.usual_limits import USUAL_DAYS, Kept
from core.actions.workspace import Workspace
from core.criteria.changes import changed_items
from core.criteria.checklist import AttestedItem, Checklist, explain, read_checklist
from core.criteria.floors import check_floor
from core.criteria.gallery import template
from core.criteria.judge import AnswerGiven
from core.criteria.stakes import Stakes
from core.errors import InvalidDocument, UnreadableFile, WrongUsage


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class FeatureSection(_Section):
    slug: str | None = None
    name: str | None = None
    owner: str | None = None
    stakes: Stakes | None = None


class AttestationSection(_Section):
    item: str
    answer: AnswerGiven
    why: Annotated[str, Field(min_length=1)]
    link: str = ""

    @field_validator("link")
    @classmethod
    def _is_web_address(cls, link: str) -> str:
        if link and not link.startswith(("https://", "http://")):
            raise ValueError("this must be a web address that starts with https://, or be empty")
        return link


class AppliedFile(_Section):
    """The sections of an apply file.

    A checklist without items takes those of its ``template``, and a plan without phases likewise. A part of
    the bundle may name a ``file`` beside it for its text; ``live = true`` says that the bundle is live.
    """

    feature: FeatureSection = FeatureSection()
    scope: dict[str, Any] | None = None
    checklist: dict[str, Any] | None = None
    plan: dict[str, Any] | None = None
    bundle: dict[str, Any] | None = None
    attestations: tuple[AttestationSection, ...] = ()


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
        if isinstance(body, dict) and "bundle" in body:
            body = {**body, "bundle": with_files(body["bundle"], path.parent)}
        return AppliedFile.model_validate(body)
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be opened: {error.strerror}.", code="not_found") from error
    except (UnicodeDecodeError, json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error}.", code="bad_document") from error
    except ValidationError as error:
        raise InvalidDocument(
            f"{path.name} cannot be used: {explain(error)}",
            mend="It may hold [feature], [scope], [checklist], [plan], [bundle] and [[attestations]].",
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
    """Create the feature where it is new, save its documents, lock on request, say what is live, answer.

    Everything is checked before anything is saved. Applying the same file again changes nothing. A
    document that somebody else changes meanwhile is a :class:`core.errors.Conflict`.
    """
    slug = slug or wanted.feature.slug
    if slug is None:
        raise WrongUsage("Which feature is this for?", mend="Give --feature SLUG or a slug in [feature].")
    # A feature that the caller may not see is no feature: not even its name is told.
    exists = feature_exists(workspace, slug) and may(workspace, caller, Act.SEE, slug)
    require(workspace, caller, Act.CREATE_FEATURE, slug if exists else None)
    seen = view_checklist(workspace, caller, slug) if exists else None
    stakes = wanted.feature.stakes or (
        Stakes(find_feature(workspace, slug).stakes) if seen else Stakes.MEDIUM
    )
    phases = wanted_plan(workspace, caller, slug if seen else None, wanted.plan)
    plan = _plan(
        wanted,
        stakes,
        seen,
        own=workspace.own_checklists,
        lock=lock,
        replans=phases is not None and phases.saves,
    )
    scope = wanted_scope(workspace, caller, slug if seen else None, wanted.scope, reason=reason)
    bundle = wanted_bundle(workspace, caller, now, slug if seen else None, wanted.bundle)
    _check_rights(workspace, caller, slug if seen else None, wanted, plan)
    _check_lock(plan, lock=lock, reason=reason)
    _check_answers(wanted, plan)
    did = _give_feature(workspace, caller, now, slug, wanted.feature, stakes, is_new=seen is None)
    if scope is not None:
        did += apply_scope(workspace, caller, now, slug, scope, reason=reason)
    number = seen.number if seen else None
    if plan.saves:
        saved = save_checklist(workspace, caller, now, slug, plan.checklist, based_on=number, reason=reason)
        number = saved.number
        did += [f"saved the checklist as version {number}", *plan.changes]
    if phases is not None:
        did += apply_plan(workspace, caller, now, slug, phases, reason=reason)
    if plan.locks and number is not None:
        made = lock_checklist(workspace, caller, now, slug, based_on=number, reason=reason)
        waits = "" if made.in_force_at else "; it waits for signatures, what was locked before still holds"
        did.append(f"locked version {number}{waits}")
    if bundle is not None:
        did += apply_bundle(workspace, caller, now, slug, bundle, reason=reason)
    did += _answer(workspace, caller, now, slug, wanted.attestations)
    return Applied(slug, tuple(did))


@dataclass(frozen=True)
class _Plan:
    """What a run will do with the checklist: ``checklist`` is how it stands afterwards.

    ``amends`` says that the lock follows an earlier one; ``committed`` is the checklist that stays
    locked where this run locks none; ``changes`` says in words what an edit changes.
    """

    checklist: Checklist
    committed: Checklist | None
    saves: bool
    locks: bool
    amends: bool
    changes: tuple[str, ...]


def _plan(
    wanted: AppliedFile,
    stakes: Stakes,
    seen: ChecklistView | None,
    *,
    own: Path,
    lock: bool,
    replans: bool,
) -> _Plan:
    """``replans`` says that the file changes the phase plan: where the lock binds one, that amends it."""
    is_first = seen is None or seen.number is None
    before = seen.checklist if seen else Checklist(stakes=stakes)
    after = _checklist(wanted, stakes, before, own, is_first=is_first)
    check_floor(before, after)
    saves = after != before or (is_first and wanted.checklist is not None)
    is_locked = seen is not None and seen.commitment is not None
    binds_plan = seen is not None and seen.terms is not None and seen.terms.plan_number is not None
    is_open = (
        seen is None
        or not is_locked
        or seen.has_unlocked_changes
        or seen.plan_waits
        or (replans and binds_plan)
    )
    locks = lock and (saves or is_open)
    return _Plan(
        checklist=after,
        committed=seen.committed if seen and not locks else None,
        saves=saves,
        locks=locks,
        amends=locks and is_locked,
        changes=() if is_first else tuple(change.rstrip(".") for change in changed_items(before, after)),
    )


def _checklist(
    wanted: AppliedFile, stakes: Stakes, before: Checklist, own: Path, *, is_first: bool
) -> Checklist:
    """The checklist as it will stand: the file's, or the present one, where only the stakes may change."""
    if wanted.checklist is None:
        keeps = is_first or wanted.feature.stakes is None
        return before if keeps else before.model_copy(update={"stakes": stakes})
    body = {"stakes": stakes.value, **wanted.checklist}
    if body.get("template") and not body.get("items"):
        body["items"] = template(str(body["template"]), own).checklist.items
    return read_checklist(body)


def _check_rights(
    workspace: Workspace, caller: Caller, slug: str | None, wanted: AppliedFile, plan: _Plan
) -> None:
    """``slug`` is None for a feature that the file creates: that takes roles for all features."""
    if plan.saves:
        require(workspace, caller, Act.EDIT_CHECKLIST, slug)
    if plan.locks:
        require(workspace, caller, Act.LOCK_CHECKLIST, slug)
    if wanted.attestations:
        require(workspace, caller, Act.ATTEST, slug)
    if wanted.plan is not None:
        require(workspace, caller, Act.EDIT_PLAN, slug)


def _check_lock(plan: _Plan, *, lock: bool, reason: str) -> None:
    if lock and not plan.checklist.items:
        raise WrongUsage(
            "There is no checklist to lock, or it has no items.", mend="Add a [checklist] section with items."
        )
    if plan.amends and not reason.strip():
        raise WrongUsage(
            "Changing a locked checklist is an amendment, and an amendment needs a reason.",
            mend="Give --reason: everyone who decides will read it.",
        )


def _check_answers(wanted: AppliedFile, plan: _Plan) -> None:
    checklists = [plan.checklist, *([plan.committed] if plan.committed else [])]
    for given in wanted.attestations:
        if not any(isinstance(checklist.item(given.item), AttestedItem) for checklist in checklists):
            raise WrongUsage(
                f"The checklist has no question “{given.item}”, which [[attestations]] answers.",
                mend="Name the id of an item whose kind is attested.",
            )


def _give_feature(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    wanted: FeatureSection,
    stakes: Stakes,
    *,
    is_new: bool,
) -> list[str]:
    """Create or change the feature; its own rules are checked there, before this first write of a run."""
    name, owner = wanted.name, wanted.owner
    if not is_new:
        has_changed = change_feature(workspace, caller, now, slug, name=name, owner=owner, stakes=stakes)
        return ["changed the feature's name, owner or stakes"] if has_changed else []
    if name is None or owner is None:
        raise WrongUsage(
            f"The feature “{slug}” is new, so its name and owner are needed.",
            mend='Add [feature] with name = "…" and owner = "…".',
        )
    create_feature(workspace, caller, now, name=name, owner=owner, stakes=stakes, slug=slug)
    kept = f"for {USUAL_DAYS[Kept.TEXTS]} days after they were handed in"
    return [f"created the feature {slug}; texts of its traces are kept {kept}"]


def _answer(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    wanted: tuple[AttestationSection, ...],
) -> list[str]:
    """Give the answers that are new; the same words again would only pretend that somebody looked again.

    What counts as answered is asked after the save, because an answer holds for the question as it
    is worded.
    """
    current = view_checklist(workspace, caller, slug).answers
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
