"""The gate: gather the facts of a feature, let decide() judge them, tell the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.actions.committed import (
    Committed,
    changed_suites,
    checklists_in_force,
    committed_by,
    known,
    terms_of,
)
from core.actions.evidence_notes import evidence_notes
from core.actions.held_overrides import held_overrides
from core.actions.held_promises import held_promises
from core.actions.held_waivers import with_waivers
from core.actions.judging import authors_at, judged
from core.actions.live_release import releases_at
from core.actions.measuring import by_week, window_until
from core.actions.other_releases import changed_since, window_of
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.program import program_version
from core.actions.release_facts import release_facts
from core.actions.rollout_facts import RolloutFacts, phase_rows, plan_findings, rollout_facts
from core.actions.still_counted import refuse_expired
from core.actions.workspace import Workspace
from core.criteria.checklist import AttestedItem, Checklist, MeasuredItem, read_checklist
from core.criteria.commitment import Locked, counted_since, strength_since
from core.criteria.judge import AnswerGiven, PersonsAnswer, Row, judge_attested
from core.criteria.left_out import answered_before
from core.criteria.stakes import ACCEPTED_ERROR, Stakes
from core.criteria.verdict import worst
from core.decision.decide import Bar, Decision, Facts, decide
from core.decision.sign_off import STEP, SignOffs, ToSign, sign_off
from core.decision.statement import step_ahead, step_statement
from core.evidence.columns import Kind
from core.evidence.fingerprints import of_document
from core.metrics.measurement import WeekPoint
from core.rollout.releases import Releases
from core.store import alarms, attached_files, attestations, commitments, documents, features, uploads
from core.store.attached_files import AttachedFile
from core.store.attestations import Attestation
from core.store.commitments import Commitment
from core.store.database import Connection
from core.store.features import Feature
from core.store.uploads import Upload


@dataclass(frozen=True)
class Withdrawal:
    """Evidence that was set aside after the lock: what, when, by whom and why."""

    file_name: str
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class GateView:
    """What the Go / no-go page shows: the decision, the locks in force (the newest first), what was
    withdrawn since the first of them, and the weeks of each row."""

    decision: Decision
    commitments: tuple[Commitment, ...]
    withdrawn: tuple[Withdrawal, ...]
    weeks: Mapping[str, tuple[WeekPoint, ...]]


def gate(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> Decision:
    """The decision on a feature as of ``now``: the same evidence and documents give the same answer."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        return decide_on(workspace, connection, features.by_slug(connection, slug), now)


def view_gate(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> GateView:
    """The decision with everything that the page draws around it."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        decision = decide_on(workspace, connection, feature, now)
        locks = commitments.in_force(connection, feature.id, now)
        since = locks[-1].locked_at if locks else None
        weeks = {
            row.item.id: weeks_of(workspace, connection, feature, decision, row.item)
            for row in decision.rows
            if isinstance(row.item, MeasuredItem)
        }
        return GateView(decision, tuple(locks), _withdrawn(connection, feature, since), weeks)


def weeks_of(
    workspace: Workspace, connection: Connection, feature: Feature, decision: Decision, item: MeasuredItem
) -> tuple[WeekPoint, ...]:
    """The weeks of one row of ``decision``, measured as the row itself was."""
    window = window_until(decision.as_of, decision.bar.since.get(item.id), item.window_days)
    if decision.release is not None:
        window = window_of(item, window, decision.release.releases)
    return by_week(workspace, connection, feature, item, window, ACCEPTED_ERROR[decision.bar.stakes])


def _withdrawn(connection: Connection, feature: Feature, since: datetime | None) -> tuple[Withdrawal, ...]:
    return tuple(
        Withdrawal(
            upload.file_name, upload.withdrawn_at, upload.withdrawn_by or "", upload.withdrawn_reason or ""
        )
        for upload in uploads.withdrawn_since(connection, feature.id, since)
        if upload.withdrawn_at is not None
    )


def decide_on(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    now: datetime,
    *,
    asks: int | None = None,
) -> Decision:
    """The decision as part of another action, which has asked who may and has opened the transaction.

    ``asks`` is the person who wants to take the next step: their own signature on it does not count.
    """
    uploaded = uploads.of_feature(connection, feature.id)
    refuse_expired(uploaded, now)
    held = committed_by(connection, feature, now, uploaded)
    as_committed = None
    releases = releases_at(connection, feature, now)
    checklists = checklists_in_force(connection, feature, held.in_force) if held.holds else []
    rows, bar = _held_rows(workspace, connection, feature, held, checklists, releases, now)
    if len(checklists) > 1:
        first = checklists[0]
        since = counted_since([first])
        # A waiver never hides what was first promised.
        first_rows = _rows(workspace, connection, feature, first.checklist, since, releases, now)
        as_committed = worst(row.verdict for row in first_rows if row.counts)
    rollout = rollout_facts(connection, feature, now)
    standing = rollout.standing
    facts = Facts(
        feature=feature.slug,
        rows=rows,
        bar=bar,
        evidence_sha256=_evidence_sha256(uploaded),
        as_committed=as_committed,
        standing=standing,
        phase_rows=phase_rows(workspace, connection, feature, standing, bar, now, releases),
        plan_findings=plan_findings(connection, feature, standing, bar),
        commitments=held.lines,
        suite_changes=changed_suites(terms_of(held.holds), uploaded) if held.holds else (),
        alarms=alarms.open_ones(connection, feature.id, now),
        release=release_facts(workspace, connection, feature, releases, bar.stakes, now),
        evidence_notes=evidence_notes(uploaded, bar.locked_at, now) if bar.locked_at else (),
    )
    hands = _planners(connection, feature, held, rollout) | known({asks})
    if facts.release is not None and held.people_sign_in:
        hands |= facts.release.hands
    offs = _sign_offs(held, decide(facts, now), hands)
    overruled = held_overrides(connection, feature, offs, standing, held.people, now)
    # Neither is part of what a signature says: both come after it.
    promised = held_promises(connection, feature, now) if held.people_sign_in else ()
    return decide(replace(facts, signatures=offs, overrides=overruled, promises=promised), now)


def rows_under(
    workspace: Workspace, connection: Connection, feature: Feature, releases: Releases, now: datetime
) -> list[Row]:
    """The rows of the checklist and of the current phase as they would be if these were the ``releases``."""
    held = committed_by(connection, feature, now, uploads.of_feature(connection, feature.id))
    checklists = checklists_in_force(connection, feature, held.in_force) if held.holds else []
    rows, bar = _held_rows(workspace, connection, feature, held, checklists, releases, now)
    standing = rollout_facts(connection, feature, now).standing
    return [*rows, *phase_rows(workspace, connection, feature, standing, bar, now, releases)]


def _held_rows(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    held: Committed,
    checklists: Sequence[Locked],
    releases: Releases,
    now: datetime,
) -> tuple[list[Row], Bar]:
    """The rows of what is locked, or else of the newest draft."""
    if held.holds is None:
        return _against_draft(workspace, connection, feature, releases, now)
    return _against(workspace, connection, feature, held, checklists, releases, now)


def _sign_offs(held: Committed, unsigned: Decision, hands: frozenset[int]) -> SignOffs:
    """What is to be signed before the next step, with its signatures; ``unsigned`` is what it is about.

    ``hands`` are people who had a hand in the step alone, beside those in its commitment and its evidence.
    """
    holds, waits = held.holds, held.waits
    amendment = held.sign_offs[waits.number] if waits else None
    if holds is None:
        return SignOffs(amendment=amendment, people_sign_in=held.people_sign_in)
    commitment = held.sign_offs[holds.number]
    step, title = step_ahead(unsigned.standing)
    to_sign = ToSign(
        about=STEP,
        step=step,
        commitment=holds.number,
        title=title,
        statement=step_statement(
            unsigned, step, commitment=holds.number, sha256=commitment.sha256, program=program_version()
        ),
        signers=terms_of(holds).signers,
        wrote=commitment.wrote | held.uploaders | _answerers(unsigned.rows) | hands,
    )
    signed = sign_off(to_sign, held.given, held.people, unsigned.as_of)
    return SignOffs(commitment, signed, amendment, held.people_sign_in)


def _planners(
    connection: Connection, feature: Feature, held: Committed, rollout: RolloutFacts
) -> frozenset[int]:
    """Who wrote the plan that holds, where the commitment binds none and so knows nothing of its authors."""
    if held.holds is None or terms_of(held.holds).plan_number is not None or rollout.plan_number is None:
        return frozenset()
    wrote = documents.author_ids(connection, feature.id, documents.PLAN, 0, rollout.plan_number)
    return frozenset(wrote) if held.people_sign_in else frozenset()


def _answerers(rows: Sequence[Row]) -> frozenset[int]:
    """Whose answers the step rests on: what they say is their own work, as an upload is."""
    return known({row.answer.by_id for row in rows if row.answer is not None})


def _against(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    held: Committed,
    checklists: Sequence[Locked],
    releases: Releases,
    now: datetime,
) -> tuple[list[Row], Bar]:
    """The rows of the locked checklist: of each only the evidence after it was locked as it is now."""
    lock, checklist = held.in_force[0], checklists[-1].checklist
    since = counted_since(checklists)
    bar = Bar(
        lock.checklist_number,
        lock.checklist_sha256,
        checklist.stakes,
        lock.locked_at,
        lock.locked_by,
        amendments=len(checklists) - 1,
        commitment=lock.number,
        since=since,
        strength_since=strength_since(checklists),
    )
    rows = _rows(workspace, connection, feature, checklist, since, releases, now)
    return with_waivers(connection, feature, rows, checklist.stakes, now), bar


def _against_draft(
    workspace: Workspace, connection: Connection, feature: Feature, releases: Releases, now: datetime
) -> tuple[list[Row], Bar]:
    """The rows of the newest draft: all evidence counts, and the verdict is marked as a draft's."""
    drafts = documents.history(connection, feature.id, documents.CHECKLIST)
    newest = next((draft for draft in drafts if draft.saved_at <= now), None)
    checklist = read_checklist(newest.body) if newest else Checklist(stakes=Stakes(feature.stakes))
    bar = Bar(
        newest.number if newest else None, newest.sha256 if newest else None, checklist.stakes, None, None
    )
    return _rows(workspace, connection, feature, checklist, {}, releases, now), bar


def _rows(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    checklist: Checklist,
    since: Mapping[str, datetime],
    releases: Releases,
    now: datetime,
) -> list[Row]:
    """Each item judged by what counts for it: evidence ``since`` the moment given for its id, if any, and of
    the live one of the ``releases``, if any."""
    answers = attestations.current(connection, feature.id, until=now)
    files = attached_files.of_feature(connection, feature.id) if answers else {}
    error, authors = ACCEPTED_ERROR[checklist.stakes], authors_at(connection, feature, now)
    rows = []
    for item in checklist.items:
        if isinstance(item, AttestedItem):
            answer = _answer(answers.get((item.id, item.sentence)), files)
            row = judge_attested(item, answer, now)
            rows.append(
                answered_before(row, answer, changed_since(item, answer.at, releases)) if answer else row
            )
        else:
            window = window_until(now, since.get(item.id), item.window_days)
            rows.append(judged(workspace, connection, feature, item, window, error, now, authors, releases))
    return rows


def _answer(given: Attestation | None, files: Mapping[int, Sequence[AttachedFile]]) -> PersonsAnswer | None:
    if given is None:
        return None
    return PersonsAnswer(
        AnswerGiven(given.answer),
        given.why,
        given.link,
        given.answered_by,
        given.answered_at,
        given.answered_by_id,
        tuple(one.sha256 for one in files.get(given.id, ())),
    )


def _evidence_sha256(uploaded: Sequence[Upload]) -> str:
    """What was counted: the live files in the order of publishing, and all that decides how they are read.

    Test cases without results are nothing that could be counted.
    """
    live = [
        [
            upload.sequence,
            upload.kind,
            upload.sha256,
            upload.bundle,
            upload.asked_at.isoformat(),
            dict(upload.answers),
        ]
        for upload in uploaded
        if upload.state == "done" and upload.kind != Kind.CASES
    ]
    return of_document(sorted(live, key=lambda one: one[0]))
