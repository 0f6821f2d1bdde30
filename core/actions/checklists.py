"""The checklist as people handle it: take a template, edit the draft, answer its questions, lock it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.actions.committed import locked_checklist, terms_of
from core.actions.locking import LockPreview, lock_checklist, preview_lock
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.verdicts import note_verdict
from core.actions.workspace import Workspace
from core.criteria.changes import changed_items
from core.criteria.checklist import AttestedItem, Checklist, read_checklist
from core.criteria.commitment import Terms
from core.criteria.floors import check_floor, missing_items
from core.criteria.gallery import template, with_template
from core.criteria.judge import AnswerGiven
from core.criteria.stakes import FloorPart, Stakes
from core.errors import WrongUsage
from core.store import attestations, audit, commitments, documents, features
from core.store.attestations import Attestation
from core.store.commitments import Commitment
from core.store.documents import DocumentVersion

__all__ = [
    "ChecklistView",
    "LockPreview",
    "add_floor",
    "answer_item",
    "lock_checklist",
    "preview_lock",
    "save_checklist",
    "take_template",
    "view_checklist",
]

_FEWEST_WORDS = 2
"""Fewer are no reason why something does not apply."""


@dataclass(frozen=True)
class ChecklistView:
    """What the Checklist page shows.

    ``number`` is the newest saved version (``None``: nothing saved yet); an edit must name it.
    ``committed`` is the locked checklist that the verdict is judged against, if there is one, and
    ``holds`` its commitment; ``terms`` are those of the newest commitment, which may still wait for
    signatures. ``newest_plan`` is the number of the newest phase plan. ``answers`` are the answers to the
    items as they are worded now, by item id. ``history`` and ``commitments`` have the newest first.
    """

    number: int | None
    checklist: Checklist
    history: tuple[DocumentVersion, ...]
    commitments: tuple[Commitment, ...]
    committed: Checklist | None
    answers: Mapping[str, Attestation]
    holds: Commitment | None = None
    newest_plan: int | None = None

    @property
    def commitment(self) -> Commitment | None:
        """The one that was made last, in force or not."""
        return self.commitments[0] if self.commitments else None

    @property
    def terms(self) -> Terms | None:
        return terms_of(self.commitments[0]) if self.commitments else None

    @property
    def plan_waits(self) -> bool:
        """Whether there is a newer plan than the one that the newest commitment binds."""
        bound = self.terms.plan_number if self.terms else None
        return bound is not None and self.newest_plan is not None and self.newest_plan > bound

    @property
    def has_unlocked_changes(self) -> bool:
        """Whether the newest version differs from the locked one."""
        return self.commitment is not None and self.commitment.checklist_number != self.number


def view_checklist(workspace: Workspace, caller: Caller, slug: str) -> ChecklistView:
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        history = documents.history(connection, feature.id, documents.CHECKLIST)
        locks = commitments.history(connection, feature.id)
        holds = next((lock for lock in locks if lock.in_force_at is not None), None)
        newest = documents.newest(connection, feature.id, documents.CHECKLIST)
        plan = documents.newest(connection, feature.id, documents.PLAN)
        checklist = read_checklist(newest.body) if newest else Checklist(stakes=Stakes(feature.stakes))
        answers = attestations.current(connection, feature.id)
        return ChecklistView(
            number=newest.number if newest else None,
            checklist=checklist,
            history=tuple(history),
            commitments=tuple(locks),
            committed=locked_checklist(connection, feature, holds) if holds else None,
            answers={
                item.id: answers[item.id, item.sentence]
                for item in checklist.items
                if (item.id, item.sentence) in answers
            },
            holds=holds,
            newest_plan=plan.number if plan else None,
        )


def take_template(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, template_id: str, *, based_on: int | None
) -> DocumentVersion:
    """Add a template's items to the checklist; what is there stays, and nothing is asked twice.

    A checklist begins with the feature's own stakes.
    """
    require(workspace, caller, Act.EDIT_CHECKLIST, slug)
    chosen = template(template_id, workspace.own_checklists)
    return save_checklist(
        workspace,
        caller,
        now,
        slug,
        with_template(_begun(workspace, caller, slug), chosen),
        based_on=based_on,
        reason=f"Template “{chosen.name}”",
    )


def add_floor(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    parts: Sequence[FloorPart],
    *,
    based_on: int | None,
) -> DocumentVersion:
    """Add the questions for ``parts`` of the least that these stakes keep, where they lack."""
    require(workspace, caller, Act.EDIT_CHECKLIST, slug)
    begun = _begun(workspace, caller, slug)
    items = (*begun.items, *missing_items(begun, parts))
    return save_checklist(
        workspace,
        caller,
        now,
        slug,
        begun.model_copy(update={"items": items}),
        based_on=based_on,
        reason="The least for these stakes",
    )


def _begun(workspace: Workspace, caller: Caller, slug: str) -> Checklist:
    """The checklist to add to: the newest version, or an empty one with the feature's stakes."""
    view = view_checklist(workspace, caller, slug)
    if view.checklist.items:
        return view.checklist
    with workspace.database.reading() as connection:
        stakes = Stakes(features.by_slug(connection, slug).stakes)
    return Checklist(stakes=stakes)


def save_checklist(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    checklist: Checklist,
    *,
    based_on: int | None,
    reason: str = "",
) -> DocumentVersion:
    """Save a new version of the draft. The same content again makes no new version.

    ``based_on`` is the version the user saw: a newer one by somebody else is a
    :class:`core.errors.Conflict`, and nothing is overwritten. A part of the least that the stakes
    keep is not given up (:func:`core.criteria.floors.check_floor`).
    """
    require(workspace, caller, Act.EDIT_CHECKLIST, slug)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        before = documents.newest(connection, feature.id, documents.CHECKLIST)
        was = read_checklist(before.body) if before else Checklist(stakes=checklist.stakes)
        if before is None or before.number == based_on:
            # On another version the conflict is told first.
            check_floor(was, checklist)
        saved = documents.save(
            connection,
            feature_id=feature.id,
            kind=documents.CHECKLIST,
            body=checklist.model_dump(mode="json", exclude_defaults=False),
            based_on=based_on,
            author=caller.name,
            reason=reason.strip(),
            now=now,
            author_id=caller.person_id,
        )
        if before is None or saved.number != before.number:
            audit.append(
                connection,
                actor=caller.name,
                action="checklist saved",
                subject=f"feature/{slug}",
                payload={
                    "number": saved.number,
                    "sha256": saved.sha256,
                    "reason": reason.strip(),
                    "changes": list(changed_items(was, checklist)),
                },
                now=now,
            )
    note_verdict(workspace, now, slug)
    return saved


def answer_item(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    item_id: str,
    *,
    answer: AnswerGiven,
    why: str,
    link: str = "",
) -> Attestation:
    """Answer an attested item. Answers are never overwritten; the newest one counts."""
    require(workspace, caller, Act.ATTEST, slug)
    why, link = why.strip(), link.strip()
    if not why:
        raise WrongUsage("An answer needs a reason.", mend="Say in a sentence what you looked at.")
    if answer is AnswerGiven.NOT_APPLICABLE and len(why.split()) < _FEWEST_WORDS:
        raise WrongUsage(
            f"“{why[:40]}” does not say why the item does not apply here.",
            mend="Write a sentence: everyone who decides will read it.",
        )
    if link and not link.startswith(("https://", "http://")):
        raise WrongUsage(
            f"“{link[:80]}” is not a web address.", mend="Start it with https:// or leave it empty."
        )
    view = view_checklist(workspace, caller, slug)
    checklists = [view.checklist, *([view.committed] if view.committed else [])]
    items = [checklist.item(item_id) for checklist in checklists]
    asked = next((item for item in items if isinstance(item, AttestedItem)), None)
    if asked is None:
        raise WrongUsage(
            f"The checklist has no question “{item_id}”.", mend="Only attested items can be answered."
        )
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        given = attestations.add(
            connection,
            feature_id=feature.id,
            item_id=item_id,
            sentence=asked.sentence,
            answer=answer.value,
            why=why,
            link=link,
            answered_by=caller.name,
            now=now,
            answered_by_id=caller.person_id,
        )
        audit.append(
            connection,
            actor=caller.name,
            action="item answered",
            subject=f"feature/{slug}",
            payload={
                "item": item_id,
                "sentence": asked.sentence,
                "answer": answer.value,
                "why": why,
                "link": link,
            },
            now=now,
        )
    note_verdict(workspace, now, slug)
    return given
