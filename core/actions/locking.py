"""Locking the checklist with all that goes with it; a lock after a lock is an amendment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.actions.committed import changed_suites, checklists_in_force, suites_of, terms_of
from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.regression_rules import said_of_regressions
from core.actions.verdicts import note_verdict
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist, MeasuredItem, read_checklist
from core.criteria.commitment import Locked, Signers, Terms, counted_since
from core.criteria.loosening import easier_regressions, fewer_signers, loosenings
from core.criteria.scope_parts import RegressionRule
from core.criteria.wording import item_label
from core.errors import Conflict, WrongUsage
from core.evidence.columns import Kind
from core.rollout.loosening import plan_loosenings
from core.rollout.plan import PhasePlan, read_plan
from core.store import audit, case_sets, commitments, documents, features, people, uploads
from core.store.commitments import Commitment
from core.store.database import Connection
from core.store.documents import DocumentVersion
from core.store.features import Feature
from core.store.uploads import Upload

_LONGEST_REASON = 2_000


@dataclass(frozen=True)
class LockPreview:
    """What a lock of the newest versions would do, before it is done.

    ``is_change`` says whether it would bind anything else than the commitment before it. ``restarts``
    are the labels of the rows whose evidence starts anew. ``approval`` is who must sign the commitment
    itself; ``waits_for_signatures``: until they have, the one before it holds.
    """

    loosens: tuple[str, ...]
    evidence_seen: bool
    waits_for_signatures: bool
    plan_number: int | None
    suites: Mapping[str, str]
    regression_rule: RegressionRule
    signers: Signers
    restarts: tuple[str, ...]
    is_change: bool
    approval: Signers


@dataclass(frozen=True)
class _Prepared:
    """A lock that could be made now: its terms, and the commitments there were before it."""

    terms: Terms
    checklist: DocumentVersion
    read: Checklist
    newest: Commitment | None
    before: Terms | None
    is_change: bool
    waits: bool


def preview_lock(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, *, signers: Signers | None = None
) -> LockPreview:
    """What locking the newest versions would bind, make easier and start anew.

    Raises WrongUsage where the checklist has no items.
    """
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        ready = _prepared(connection, feature, signers=signers, reason="")
        restarts = _restarts(connection, feature, ready.read, now) if ready.before else ()
    terms = ready.terms
    return LockPreview(
        loosens=terms.loosens,
        evidence_seen=terms.evidence_seen,
        waits_for_signatures=ready.waits,
        plan_number=terms.plan_number,
        suites=terms.suites,
        regression_rule=terms.regressions,
        signers=terms.signers,
        restarts=restarts,
        is_change=ready.is_change,
        approval=terms.approval(ready.before),
    )


def lock_checklist(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    based_on: int,
    reason: str = "",
    signers: Signers | None = None,
) -> Commitment:
    """Commit to the newest version: from now on only evidence after this moment counts.

    It binds the checklist, the phase plan, the eval sets and what counts as a regression as they are now,
    and who must sign. A lock after a lock is an amendment: it needs a reason, it stays visible for ever,
    and the verdict is also shown against the bars as they were first committed. One that makes something
    easier after results were seen waits for its signatures wherever people sign in; until then the one
    before it holds.
    ``signers`` None: those of the commitment before, else what the stakes ask for.
    """
    require(workspace, caller, Act.LOCK_CHECKLIST, slug)
    reason = reason.strip()
    if len(reason) > _LONGEST_REASON:
        raise WrongUsage(f"The reason is longer than {_LONGEST_REASON:,} characters.", mend="Say it shorter.")
    if signers is not None and signers.named and len(signers.named) < signers.needed:
        raise WrongUsage(
            f"{signers.needed} people have to sign, and only {len(signers.named)} may.",
            mend="Name more people, or ask for fewer signatures.",
        )
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        ready = _prepared(connection, feature, signers=signers, reason=reason)
        _check(ready, based_on, reason)
        terms = ready.terms
        commitment = commitments.add(
            connection,
            feature_id=feature.id,
            checklist_number=ready.checklist.number,
            checklist_sha256=ready.checklist.sha256,
            stakes=terms.stakes.value,
            locked_by=caller.name,
            reason=reason,
            evidence_seen=terms.evidence_seen,
            now=now,
            locked_by_id=caller.person_id,
            in_force=not ready.waits,
            sha256=terms.sha256,
            terms=terms.body,
        )
        audit.append(
            connection,
            actor=caller.name,
            action="checklist amended" if ready.newest else "checklist locked",
            subject=f"feature/{slug}",
            payload=_told(commitment, terms, is_in_force=not ready.waits),
            now=now,
        )
    note_verdict(workspace, now, slug)
    return commitment


def _told(commitment: Commitment, terms: Terms, *, is_in_force: bool) -> dict[str, object]:
    return {
        "commitment": commitment.number,
        "checklist": terms.checklist_number,
        "sha256": terms.checklist_sha256,
        "stakes": terms.stakes.value,
        "reason": terms.reason,
        "evidence_seen": terms.evidence_seen,
        "plan": terms.plan_number,
        "signers": terms.signers.needed,
        "loosens": list(terms.loosens),
        "terms": terms.sha256,
        "in_force": is_in_force,
    }


def _check(ready: _Prepared, based_on: int, reason: str) -> None:
    newest = ready.checklist
    if newest.number != based_on:
        raise Conflict(
            f"{newest.author} saved version {newest.number} after you opened version {based_on}.",
            newest=newest.number,
            mend="Look at the newer version, then lock it.",
        )
    if not ready.is_change:
        raise WrongUsage(
            "This version is already locked.", mend="Change something first, or leave it as it is."
        )
    if ready.newest is not None and not reason:
        raise WrongUsage(
            "Changing a locked checklist is an amendment, and an amendment needs a reason.",
            mend="Say why the bar changes; everyone who decides will read it.",
        )


def _prepared(connection: Connection, feature: Feature, *, signers: Signers | None, reason: str) -> _Prepared:
    """The lock of what is newest now; raises WrongUsage where there is nothing to lock."""
    checklist = documents.newest(connection, feature.id, documents.CHECKLIST)
    if checklist is None or not (read := read_checklist(checklist.body)).items:
        raise WrongUsage(
            "The checklist has no items, so there is nothing to commit to.", mend="Take a template first."
        )
    plan = documents.newest(connection, feature.id, documents.PLAN)
    rule = said_of_regressions(connection, feature)
    uploaded = uploads.of_feature(connection, feature.id)
    newest = commitments.newest(connection, feature.id)
    holds = next(iter(commitments.in_force(connection, feature.id)), None)
    before = terms_of(holds) if holds else None
    asked = signers or (terms_of(newest).signers if newest else Signers.usual(read.stakes))
    terms = Terms(
        feature=feature.slug,
        number=newest.number + 1 if newest else 1,
        checklist_number=checklist.number,
        checklist_sha256=checklist.sha256,
        stakes=read.stakes,
        plan_number=plan.number if plan else None,
        plan_sha256=plan.sha256 if plan else None,
        suites=suites_of(uploaded),
        regression_rule=rule,
        signers=asked,
        reason=reason,
        evidence_seen=any(one.was_seen for one in uploaded),
        loosens=_loosens(connection, feature, before, read, plan, rule, asked) if before else (),
    )
    if holds is not None and before is not None:
        dropped = _dropped_cases(connection, feature, before, holds, uploaded)
        terms = terms.model_copy(update={"loosens": terms.loosens + dropped})
    return _Prepared(
        terms=terms,
        checklist=checklist,
        read=read,
        newest=newest,
        before=before,
        is_change=newest is None or _binds_more(terms, newest, uploaded),
        waits=before is not None and terms.is_marked and people.anybody_signs_in(connection),
    )


def _binds_more(terms: Terms, newest: Commitment, uploaded: Sequence[Upload]) -> bool:
    """Whether the terms are others than those of the newest commitment; a set more is no change of them."""
    was = terms_of(newest)
    documents_of = (was.checklist_number, was.plan_number) != (terms.checklist_number, terms.plan_number)
    others = (was.signers, was.regressions) != (terms.signers, terms.regressions)
    return documents_of or others or bool(changed_suites(was, uploaded))


def _loosens(
    connection: Connection,
    feature: Feature,
    before: Terms,
    checklist: Checklist,
    plan: DocumentVersion | None,
    rule: RegressionRule,
    signers: Signers,
) -> tuple[str, ...]:
    """What gets easier than under ``before``, the terms that hold now."""
    was = documents.version(connection, feature.id, documents.CHECKLIST, before.checklist_number)
    held, bound = read_checklist(was.body).model_copy(update={"stakes": before.stakes}), PhasePlan()
    if before.plan_number is not None:
        bound = read_plan(documents.version(connection, feature.id, documents.PLAN, before.plan_number).body)
    asked = {one for phase in bound.phases for one in phase.criteria}
    sentences = loosenings(held, checklist, asked)
    if plan is not None:
        sentences += plan_loosenings(bound, read_plan(plan.body))
    sentences += easier_regressions(before.regressions, rule)
    return sentences + fewer_signers(before.signers, signers)


def _dropped_cases(
    connection: Connection, feature: Feature, before: Terms, holds: Commitment, uploaded: Sequence[Upload]
) -> tuple[str, ...]:
    """One sentence for each bound eval set of which cases are gone: without its hardest ones it is easier."""
    now, found = suites_of(uploaded), []
    for name in (name for name, digest in before.suites.items() if now.get(name) != digest):
        mine = [one for one in uploaded if one.kind == Kind.CASES and name in (one.suite, one.file_name)]
        then = {one.id for one in mine if _was_live(one, holds.locked_at)}
        live = {one.id for one in mine if one.state == "done"}
        gone = case_sets.cases_of_uploads(connection, feature.id, then)
        gone -= case_sets.cases_of_uploads(connection, feature.id, live)
        if gone:
            cases = "1 case" if len(gone) == 1 else f"{len(gone):,} cases"
            found.append(f"{cases} of the eval set “{name}” that was locked {_are(len(gone))} dropped.")
    return tuple(found)


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _was_live(one: Upload, moment: datetime) -> bool:
    """Whether its cases counted at the ``moment``."""
    is_in = one.state == "done" or one.withdrawn_at is not None
    since = one.finished_at or one.asked_at
    return is_in and since <= moment and (one.withdrawn_at is None or one.withdrawn_at > moment)


def _restarts(
    connection: Connection, feature: Feature, checklist: Checklist, now: datetime
) -> tuple[str, ...]:
    """The labels of the rows of the checklist that holds whose evidence would start anew."""
    held = checklists_in_force(connection, feature, commitments.in_force(connection, feature.id))
    was, after = counted_since(held), counted_since([*held, Locked(checklist, now)])
    return tuple(
        item_label(item)
        for item in checklist.items
        if isinstance(item, MeasuredItem) and item.id in was and was[item.id] != after[item.id]
    )
